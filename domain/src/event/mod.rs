//! Every event of the log that is ours, as it is recorded.
//!
//! Recorded names and members are frozen: a changed event is a new schema version with an upcaster
//! and a golden file, never an edited struct.

mod award;
mod call;
mod contract;
mod evaluation;
mod proposal;
mod publication;
mod register;

pub use award::{AwardIssued, RulingIssued, TenderDeserted};
pub use call::{PlanApproved, TenderPublished};
pub use contract::{
    ContractActivated, ContractCompleted, ContractPrepared, ContractSigned, DeliverableAccepted,
    DeliverableReturned, DeliverableSubmitted, GuaranteeLodged, InvoiceRegistered, PaymentOrdered,
    PaymentRecorded, PenaltyApplied, PerformanceRated, SettlementIssued, WorkRated,
};
pub use evaluation::{
    AssignmentAccepted, BallotCommitted, BallotMissed, BallotRevealed, ConflictDeclared,
    EvaluationComputed, PanelDrawScheduled, PanelDrawn, TieBroken,
};
pub use proposal::{
    EconomicOpened, Offer, ParticipantRegistered, ProposalOpened, ProposalReplaced,
    ProposalSubmitted, ProposalWithdrawn, ProposalsOpened, ReceiptClosed, TechnicalSheetOpened,
    TechnicalSheetSigned,
};
pub use publication::{Heartbeat, ReleasePublished};
pub use register::{
    CatalogItemAdded, CompanyApproved, CompanyRegistered, CompanyRejected, Contact,
    EvaluatorAccredited, EvaluatorApplied, UnitRegistered,
};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::content;

/// History that no version of this code could have written: an incident, never a refusal.
#[derive(Debug, thiserror::Error)]
pub enum CorruptHistory {
    /// A type of ours in a version this code does not know.
    #[error("{event_type} is recorded in schema {schema}, which is not known")]
    UnknownSchema {
        /// The event's type.
        event_type: &'static str,
        /// The recorded version.
        schema: u16,
    },
    /// Data that is not of its type's shape.
    #[error("the data of {event_type} is not of its shape")]
    Data {
        /// The event's type.
        event_type: &'static str,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// An event that cannot follow what the stream already holds.
    #[error("{event_type} cannot follow in a stream of {aggregate} that is {status}")]
    OutOfOrder {
        /// The aggregate.
        aggregate: &'static str,
        /// The status before the event.
        status: &'static str,
        /// The event's type.
        event_type: &'static str,
    },
    /// An event of another aggregate.
    #[error("{event_type} is no event of {aggregate}")]
    ForeignEvent {
        /// The aggregate.
        aggregate: &'static str,
        /// The event's type.
        event_type: &'static str,
    },
}

/// A part of an event that is committed to but not written in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrivatePart {
    /// RFC 6901 pointer into the envelope, e.g. `/data/contact`.
    pub path: &'static str,
    /// What is committed to.
    pub value: Value,
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $schema:literal),+ $(,)?) => {
        /// Any event of ours.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum DomainEvent {
            $($(#[$doc])* $name($name)),+
        }

        impl DomainEvent {
            /// Every type with its current schema version.
            pub const TYPES: &'static [(&'static str, u16)] =
                &[$((stringify!($name), $schema)),+];

            /// The envelope's `type`.
            #[must_use]
            pub fn event_type(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name)),+ }
            }

            /// The envelope's `schema`: the version this code writes.
            #[must_use]
            pub fn schema_version(&self) -> u16 {
                match self { $(Self::$name(_) => $schema),+ }
            }

            /// The envelope's `data`, without what is only committed to.
            ///
            /// # Panics
            /// Never: every member is a string, a small integer, a list or an object of those.
            #[must_use]
            pub fn to_data(&self) -> Value {
                match self {
                    $(Self::$name(event) => serde_json::to_value(event)),+
                }
                .expect("an event is plain data")
            }

            /// Reads a recorded event; `None` for a type that is not ours.
            ///
            /// # Errors
            /// [`CorruptHistory`] for a type of ours in an unknown version or shape.
            pub fn from_recorded(
                event_type: &str,
                schema: u16,
                data: &Value,
            ) -> Result<Option<Self>, CorruptHistory> {
                match event_type {
                    $(stringify!($name) => {
                        recorded(stringify!($name), $schema, schema, data)
                            .map(|event| Some(Self::$name(event)))
                    })+
                    _ => Ok(None),
                }
            }
        }

        $(impl From<$name> for DomainEvent {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })+
    };
}

events!(
    /// A buying unit entered the register.
    UnitRegistered = 1,
    /// An item entered a catalogue.
    CatalogItemAdded = 1,
    /// A company asked to be registered.
    CompanyRegistered = 1,
    /// A company was approved.
    CompanyApproved = 1,
    /// A company was not approved.
    CompanyRejected = 1,
    /// A plan was approved.
    PlanApproved = 1,
    /// A call was published.
    TenderPublished = 1,
    /// Somebody asked to be a citizen evaluator.
    EvaluatorApplied = 1,
    /// An evaluator entered the register.
    EvaluatorAccredited = 1,
    /// A company took part in a tender; sealed.
    ParticipantRegistered = 1,
    /// A proposal was submitted; sealed.
    ProposalSubmitted = 1,
    /// A proposal was replaced; sealed.
    ProposalReplaced = 1,
    /// A proposal was taken back; sealed.
    ProposalWithdrawn = 1,
    /// Receipt ended.
    ReceiptClosed = 1,
    /// A technical envelope was opened.
    ProposalOpened = 1,
    /// The technical envelopes were opened.
    ProposalsOpened = 1,
    /// A technical sheet was signed; sealed.
    TechnicalSheetSigned = 1,
    /// A technical sheet was opened.
    TechnicalSheetOpened = 1,
    /// An economic envelope was opened.
    EconomicOpened = 1,
    /// A draw was announced.
    PanelDrawScheduled = 1,
    /// A panel was drawn.
    PanelDrawn = 1,
    /// A member of the panel took its seat.
    AssignmentAccepted = 1,
    /// A member of the panel left its seat.
    ConflictDeclared = 1,
    /// A ballot was committed to.
    BallotCommitted = 1,
    /// A ballot was revealed.
    BallotRevealed = 1,
    /// A ballot was not revealed in time.
    BallotMissed = 1,
    /// All sub-scores were computed.
    EvaluationComputed = 1,
    /// A tie was broken.
    TieBroken = 1,
    /// The ruling was issued.
    RulingIssued = 1,
    /// The award was issued.
    AwardIssued = 1,
    /// Nobody is awarded.
    TenderDeserted = 1,
    /// A contract was prepared.
    ContractPrepared = 1,
    /// The guarantee was lodged.
    GuaranteeLodged = 1,
    /// One party signed.
    ContractSigned = 1,
    /// The contract is in force.
    ContractActivated = 1,
    /// The supplier delivered.
    DeliverableSubmitted = 1,
    /// A deliverable was sent back.
    DeliverableReturned = 1,
    /// A deliverable was accepted.
    DeliverableAccepted = 1,
    /// A late deliverable costs a penalty.
    PenaltyApplied = 1,
    /// An invoice was registered.
    InvoiceRegistered = 1,
    /// A payment was ordered.
    PaymentOrdered = 1,
    /// A payment was made.
    PaymentRecorded = 1,
    /// The contract was completed.
    ContractCompleted = 1,
    /// The accounts were settled.
    SettlementIssued = 1,
    /// The buyer rated the performance.
    PerformanceRated = 1,
    /// A citizen rated the work.
    WorkRated = 1,
    /// A release was published.
    ReleasePublished = 1,
    /// Nothing happened for a while.
    Heartbeat = 1,
);

impl DomainEvent {
    /// What the envelope commits to instead of saying it.
    ///
    /// # Panics
    /// Never: see [`Self::to_data`].
    #[must_use]
    pub fn private_parts(&self) -> Vec<PrivatePart> {
        match self {
            Self::CompanyRegistered(event) => part("/data/contact", event.contact.as_ref()),
            Self::EvaluatorApplied(event) => part("/data/interests", event.interests.as_ref()),
            Self::ReceiptClosed(event) => {
                let decimals = |all: &Vec<u64>| -> Vec<String> {
                    all.iter().map(ToString::to_string).collect()
                };
                part("/data/positions", event.positions.as_ref().map(decimals).as_ref())
            }
            Self::ProposalSubmitted(event) => event.offer.parts(),
            Self::ProposalReplaced(event) => event.offer.parts(),
            _ => Vec::new(),
        }
    }

    /// Whether the whole event is sealed when it is recorded.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        matches!(
            self,
            Self::ParticipantRegistered(_)
                | Self::ProposalSubmitted(_)
                | Self::ProposalReplaced(_)
                | Self::ProposalWithdrawn(_)
                | Self::TechnicalSheetSigned(_)
        )
    }

    /// Whether its actor is withheld even from whoever reads the inner envelope: at the technical opening
    /// that would tell whose proposal it is.
    #[must_use]
    pub fn withholds_actor(&self) -> bool {
        matches!(
            self,
            Self::ProposalSubmitted(_) | Self::ProposalReplaced(_) | Self::ProposalWithdrawn(_)
        )
    }

    /// Adds a part that was committed to and is disclosed to the reader.
    ///
    /// # Errors
    /// [`CorruptHistory::Data`] when it is not of its shape.
    pub fn disclose(mut self, path: &str, value: &Value) -> Result<Self, CorruptHistory> {
        let event_type = self.event_type();
        let corrupt = |source| CorruptHistory::Data { event_type, source };
        match (&mut self, path) {
            (Self::CompanyRegistered(event), "/data/contact") => {
                event.contact = Some(Contact::deserialize(value).map_err(corrupt)?);
            }
            (Self::EvaluatorApplied(event), "/data/interests") => {
                event.interests = Some(Vec::deserialize(value).map_err(corrupt)?);
            }
            (Self::ReceiptClosed(event), "/data/positions") => {
                event.positions = Some(content::decimals(value).map_err(corrupt)?);
            }
            (
                Self::ProposalSubmitted(ProposalSubmitted { offer, .. })
                | Self::ProposalReplaced(ProposalReplaced { offer, .. }),
                _,
            ) => {
                offer.disclose(path, value).map_err(corrupt)?;
            }
            _ => {}
        }
        Ok(self)
    }
}

/// A part, if it is known.
fn part(path: &'static str, value: Option<&impl Serialize>) -> Vec<PrivatePart> {
    let value = value.map(|value| serde_json::to_value(value).expect("a part is plain data"));
    value.map(|value| PrivatePart { path, value }).into_iter().collect()
}

fn recorded<T: DeserializeOwned>(
    event_type: &'static str,
    known: u16,
    schema: u16,
    data: &Value,
) -> Result<T, CorruptHistory> {
    if schema != known {
        return Err(CorruptHistory::UnknownSchema { event_type, schema });
    }
    T::deserialize(data).map_err(|source| CorruptHistory::Data { event_type, source })
}
