//! Every event of the log that is ours, as it is recorded.
//!
//! Recorded names and members are frozen: a changed event is a new schema version with an upcaster
//! and a golden file, never an edited struct.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::content::{
    CallDays, Item, MarketResearch, Requirement, Schedule, SocialCriterion, TechnicalCriterion,
    Weights,
};
use crate::id::{
    AccountRef, CatalogueScheme, CompanyId, ItemCode, Ocid, PlanId, TenderId, UnitKey,
};
use crate::money::Money;
use crate::rfc::Rfc;
use crate::time::Timestamp;
use crate::vocabulary::{Aggregation, Category, CompanySize, ProcurementMethod};

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

/// A buying unit entered the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnitRegistered {
    /// Its key.
    pub key: UnitKey,
    /// Its name.
    pub name: String,
    /// The body it buys for.
    pub buyer: String,
}

/// An item entered a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CatalogItemAdded {
    /// The catalogue.
    pub scheme: CatalogueScheme,
    /// The item's code in it.
    pub id: ItemCode,
    /// The code of the broader item it stands under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ItemCode>,
    /// What it is.
    pub description: String,
    /// What is counted, e.g. `Servicio`.
    pub unit: String,
}

/// The person who represents a company; personal data, never in clear in the log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contact {
    /// Given names.
    pub nombre: String,
    /// First family name.
    pub apellido_paterno: String,
    /// Second family name, which not everybody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apellido_materno: Option<String>,
    /// E-mail address.
    pub correo: String,
    /// Telephone in E.164, `+52` and ten digits.
    pub telefono: String,
}

impl std::fmt::Debug for Contact {
    /// Says nothing: whoever prints a command or an event must not print a person.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contact(…)")
    }
}

/// A company asked to be registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompanyRegistered {
    /// Its id.
    pub company_id: CompanyId,
    /// Razón social.
    pub legal_name: String,
    /// Its RFC, of a persona moral.
    pub rfc: Rfc,
    /// Its size.
    pub size: CompanySize,
    /// Its representative: known when the event is made, absent when it is read from the log,
    /// whose envelope commits to it at `/data/contact`.
    #[serde(skip)]
    pub contact: Option<Contact>,
}

/// A company was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompanyApproved {
    /// Its id.
    pub company_id: CompanyId,
}

/// A company was not approved; its RFC is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompanyRejected {
    /// Its id.
    pub company_id: CompanyId,
    /// Why, for the company to read.
    pub reason: String,
}

/// A plan was approved, and its contracting process has an ocid from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanApproved {
    /// Its id.
    pub plan_id: PlanId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The buying unit.
    pub unit_key: UnitKey,
    /// The unit's name at that moment.
    pub unit_name: String,
    /// The body it buys for.
    pub buyer: String,
    /// What is needed and why.
    pub need: String,
    /// The fiscal year.
    pub fiscal_year: u16,
    /// The budget line (partida).
    pub budget_line: String,
    /// The most that may be spent.
    pub amount: Money,
    /// What is planned, item by item; may be empty.
    pub items: Vec<Item>,
    /// What the market asks for it.
    pub market_research: MarketResearch,
    /// Who wrote the plan.
    pub author: AccountRef,
    /// Who approved it; never its author.
    pub approver: AccountRef,
    /// When its draft was begun.
    pub drafted_at: Timestamp,
}

/// A call was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenderPublished {
    /// Its id.
    pub tender_id: TenderId,
    /// The contracting process, its plan's.
    pub ocid: Ocid,
    /// The plan it carries out.
    pub plan_id: PlanId,
    /// The buying unit.
    pub unit_key: UnitKey,
    /// The unit's name at that moment.
    pub unit_name: String,
    /// The body it buys for.
    pub buyer: String,
    /// The procedure's number, e.g. `LA-009000999-E1-2018`.
    pub procedure_number: String,
    /// Its title.
    pub title: String,
    /// What is bought.
    pub description: String,
    /// How suppliers are chosen.
    pub procurement_method: ProcurementMethod,
    /// What sort of thing is bought.
    pub category: Category,
    /// The most that may be paid.
    pub budget: Money,
    /// When its draft was begun (fecha de registro).
    pub registered_at: Timestamp,
    /// What is bought, item by item.
    pub items: Vec<Item>,
    /// What proposals must show.
    pub requirements: Vec<Requirement>,
    /// How many points each block gives.
    pub weights: Weights,
    /// The fewest technical points of a solvent proposal, in centipoints.
    pub technical_minimum: u32,
    /// How the citizens' scores are aggregated.
    pub aggregation: Aggregation,
    /// The criteria of the technical sheet.
    pub technical_criteria: Vec<TechnicalCriterion>,
    /// The criteria of the citizens' panel.
    pub social_criteria: Vec<SocialCriterion>,
    /// The hours.
    pub schedule: Schedule,
    /// The days the call announces.
    pub call: CallDays,
    /// Who wrote the call.
    pub author: AccountRef,
    /// Who approved it; never its author.
    pub approver: AccountRef,
}

/// A release was published; its exact bytes are kept by the publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleasePublished {
    /// The contracting process.
    pub ocid: Ocid,
    /// `{ocid}-{position}`, the position of the event it was made from.
    pub release_id: String,
    /// SHA-256 of the release's bytes, `0x` and lower-case hexadecimal.
    pub sha256: String,
    /// The version of the mapping from events to releases.
    pub mapping: String,
}

/// Nothing happened for a while, and the log says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {}

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
            Self::CompanyRegistered(CompanyRegistered { contact: Some(contact), .. }) => {
                let value = serde_json::to_value(contact).expect("a contact is plain data");
                vec![PrivatePart { path: "/data/contact", value }]
            }
            _ => Vec::new(),
        }
    }
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
