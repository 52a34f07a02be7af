//! From a recorded event to at most one immutable release, by one of the versions of the [`Mapping`].
//!
//! The only module that knows the events of `domain`. What a version prints is frozen: a release whose bytes were
//! published has to come out of the same event for ever, so a change of any of it is a new version.

mod award;
mod contract;
mod evaluation;
mod implementation;
mod opening;
mod parts;
mod planning;
mod process;
mod tender;
mod values;

use domain::{DomainEvent, Ocid, Timestamp};
use serde_json::{Value, json};

use crate::canonical;
use process::Process;
use values::Object;

/// A version of the mapping, the oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mapping {
    /// `1`.
    First,
    /// `2`: with the date of every delivery, and the contract's period.
    Second,
}

impl Mapping {
    /// Every version, the oldest first.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];
    /// What new releases are made by.
    pub const NEWEST: Self = Self::Second;

    /// As `ReleasePublished` records it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::First => "1",
            Self::Second => "2",
        }
    }

    /// Reads what `ReleasePublished` records; `None` for a version of later code.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mapping| mapping.as_str() == text)
    }

    /// The release an event makes by this version, `None` where it makes none.
    ///
    /// `None` too for an event that follows no release that names its procedure, or its contract: no log of ours holds
    /// one.
    #[must_use]
    pub fn release_for(self, source: &Source<'_>) -> Option<Release> {
        use DomainEvent as E;
        let ocid = ocid_of(source.event)?.clone();
        let (tag, content) = match source.event {
            E::PlanApproved(event) => ("planning", planning::content(event)),
            E::TenderPublished(event) => ("tender", tender::content(event)),
            event => update(event, source, self)?,
        };
        let id = release_id(&ocid, source.position);
        let date = release_date(source.effective_at, source.previous.and_then(date_of));
        let proof = Object::new()
            .with("eventId", source.event_id)
            .with("position", source.position.to_string())
            .with("leafHash", values::hex(&source.leaf_hash));
        let value = content
            .with("ocid", ocid.as_str())
            .with("id", id.as_str())
            .with("date", date.to_string())
            .with("tag", json!([tag]))
            .with("initiationType", "tender")
            .with("language", "es")
            .with("proof", proof);
        Some(Release { ocid, id, date, value: value.into() })
    }
}

/// A recorded event with all that its release says of it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The event.
    pub event: &'a DomainEvent,
    /// The event's id, a UUID in lower case.
    pub event_id: &'a str,
    /// The event's position in the whole log, counted from 0.
    pub position: u64,
    /// The leaf hash of the event's entry.
    pub leaf_hash: [u8; 32],
    /// When it happened: the entry's `effectiveAt`, or its `at` where its clock is `imported`.
    pub effective_at: Timestamp,
    /// The newest release of the same ocid, `None` for the first.
    ///
    /// Its date is the earliest this release may follow. And it names what most events do not: the buyer and the
    /// supplier, the procedure's number, the contract's award. Every release repeats them, so that each can be read
    /// alone and the one before it is enough to make the next.
    pub previous: Option<&'a Value>,
}

/// An immutable release.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The contracting process.
    pub ocid: Ocid,
    /// `{ocid}-{position}`.
    pub id: String,
    /// Later than every earlier release of the ocid.
    pub date: Timestamp,
    /// The release itself.
    pub value: Value,
}

impl Release {
    /// The release's exact bytes: its canonical form (RFC 8785), UTF-8.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        canonical::to_canonical(&self.value).into_bytes()
    }

    /// SHA-256 of [`Self::bytes`] as `ReleasePublished` records it: `0x` and lower-case hexadecimal.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        values::hex(&canonical::sha256(&self.value))
    }
}

/// The contracting process whose release an event makes, `None` where it makes none.
///
/// It is what a publisher needs to know before [`Mapping::release_for`], to find the release before.
#[must_use]
pub fn ocid_of(event: &DomainEvent) -> Option<&Ocid> {
    use DomainEvent as E;
    match event {
        E::PlanApproved(event) => Some(&event.ocid),
        E::TenderPublished(event) => Some(&event.ocid),
        E::ProposalOpened(event) => Some(&event.ocid),
        E::ProposalsOpened(event) => Some(&event.ocid),
        E::TechnicalSheetOpened(event) => Some(&event.ocid),
        E::EconomicOpened(event) => Some(&event.ocid),
        E::PanelDrawScheduled(event) => Some(&event.ocid),
        E::PanelDrawn(event) => Some(&event.ocid),
        E::AssignmentAccepted(event) => Some(&event.ocid),
        E::ConflictDeclared(event) => Some(&event.ocid),
        E::BallotCommitted(event) => Some(&event.ocid),
        E::BallotRevealed(event) => Some(&event.ocid),
        E::BallotMissed(event) => Some(&event.ocid),
        E::EvaluationComputed(event) => Some(&event.ocid),
        E::TieBroken(event) => Some(&event.ocid),
        E::RulingIssued(event) => Some(&event.ocid),
        E::AwardIssued(event) => Some(&event.ocid),
        E::TenderDeserted(event) => Some(&event.ocid),
        E::ContractPrepared(event) => Some(&event.ocid),
        E::GuaranteeLodged(event) => Some(&event.ocid),
        E::ContractSigned(event) => Some(&event.ocid),
        E::ContractActivated(event) => Some(&event.ocid),
        E::DeliverableSubmitted(event) => Some(&event.ocid),
        E::DeliverableReturned(event) => Some(&event.ocid),
        E::DeliverableAccepted(event) => Some(&event.ocid),
        E::PenaltyApplied(event) => Some(&event.ocid),
        E::InvoiceRegistered(event) => Some(&event.ocid),
        E::PaymentOrdered(event) => Some(&event.ocid),
        E::PaymentRecorded(event) => Some(&event.ocid),
        E::ContractCompleted(event) => Some(&event.ocid),
        E::SettlementIssued(event) => Some(&event.ocid),
        E::PerformanceRated(event) => Some(&event.ocid),
        E::WorkRated(event) => Some(&event.ocid),
        // Registers, what is sealed, and what the system says of itself.
        E::UnitRegistered(_)
        | E::CatalogItemAdded(_)
        | E::CompanyRegistered(_)
        | E::CompanyApproved(_)
        | E::CompanyRejected(_)
        | E::EvaluatorApplied(_)
        | E::EvaluatorAccredited(_)
        | E::ParticipantRegistered(_)
        | E::ProposalSubmitted(_)
        | E::ProposalReplaced(_)
        | E::ProposalWithdrawn(_)
        | E::ReceiptClosed(_)
        | E::TechnicalSheetSigned(_)
        | E::ReleasePublished(_)
        | E::Heartbeat(_) => None,
    }
}

/// The id of the release of the event at `position`.
#[must_use]
pub fn release_id(ocid: &Ocid, position: u64) -> String {
    format!("{ocid}-{position}")
}

/// When and where an event is, as a release says it.
struct Moment {
    /// When it happened, which is not always the release's date.
    at: String,
    /// Its position, which names what has no name of its own.
    position: String,
    /// What it is said by.
    mapping: Mapping,
}

/// The tag and the content of a release that follows another.
fn update(
    event: &DomainEvent,
    source: &Source<'_>,
    mapping: Mapping,
) -> Option<(&'static str, Object)> {
    use DomainEvent as E;
    let process = Process::of(source.previous?)?;
    let (at, position) = (source.effective_at.to_string(), source.position.to_string());
    let moment = Moment { at, position, mapping };
    let moment = &moment;
    let tender = |content| Some(("tenderUpdate", content));
    match event {
        E::ProposalOpened(event) => tender(opening::technical(event, process)),
        E::ProposalsOpened(event) => tender(opening::act(event, process, moment)),
        E::EconomicOpened(event) => tender(opening::economic(event, process)),
        E::TechnicalSheetOpened(event) => tender(evaluation::sheet(event, process)),
        E::PanelDrawScheduled(event) => tender(evaluation::draw(event, process, moment)),
        E::PanelDrawn(event) => tender(evaluation::panel(event, process, moment)),
        E::AssignmentAccepted(event) => tender(evaluation::acceptance(event, process)),
        E::ConflictDeclared(event) => tender(evaluation::conflict(event, process)),
        E::BallotCommitted(event) => tender(evaluation::commitment(event, process, moment)),
        E::BallotRevealed(event) => tender(evaluation::ballot(event, process, moment)),
        E::BallotMissed(event) => tender(evaluation::missed_ballot(event, process)),
        E::EvaluationComputed(event) => tender(evaluation::scores(event, process, moment)),
        E::TieBroken(event) => tender(evaluation::tie(event, process, moment)),
        E::RulingIssued(event) => tender(award::ruling(event, process, moment)),
        E::TenderDeserted(event) => tender(award::desertion(event, process)),
        E::AwardIssued(event) => Some(("award", award::award(event, process, moment))),
        E::ContractPrepared(event) => {
            Some(("contract", contract::preparation(event, process, moment)))
        }
        event => execution(event, process, moment),
    }
}

/// The tag and the content of a release about a contract that is prepared.
///
/// `implementation` is the tag of a release that adds something to the execution, a payment due or made;
/// `implementationUpdate` of one that says how something stands that the contract's release named.
fn execution(
    event: &DomainEvent,
    process: Process,
    moment: &Moment,
) -> Option<(&'static str, Object)> {
    use DomainEvent as E;
    if !process.has_contract() {
        return None;
    }
    let contract = |content| Some(("contractUpdate", content));
    let first = |content| Some(("implementation", content));
    let update = |content| Some(("implementationUpdate", content));
    match event {
        E::GuaranteeLodged(event) => contract(contract::guarantee(event, process, moment)),
        E::ContractSigned(event) => contract(contract::signature(event, process)),
        E::ContractActivated(event) => contract(contract::activation(event, process, moment)),
        E::DeliverableSubmitted(event) => update(implementation::delivery(event, process, moment)),
        E::DeliverableReturned(event) => update(implementation::refusal(event, process, moment)),
        E::DeliverableAccepted(event) => update(implementation::acceptance(event, process, moment)),
        E::PenaltyApplied(event) => update(implementation::penalty(event, process)),
        E::InvoiceRegistered(event) => first(implementation::invoice(event, process, moment)),
        E::PaymentOrdered(event) => update(implementation::order(event, process, moment)),
        E::PaymentRecorded(event) => first(implementation::payment(event, process, moment)),
        E::ContractCompleted(_) => {
            Some(("contractTermination", contract::completion(process, moment)))
        }
        E::SettlementIssued(event) => update(contract::settlement(event, process, moment)),
        E::PerformanceRated(event) => contract(contract::performance(event, process, moment)),
        E::WorkRated(event) => contract(contract::rating(event, process, moment)),
        _ => None,
    }
}

fn date_of(release: &Value) -> Option<Timestamp> {
    Timestamp::parse(release.get("date")?.as_str()?).ok()
}

/// At least one millisecond after the previous release: whoever merges sorts by date.
fn release_date(effective_at: Timestamp, previous: Option<Timestamp>) -> Timestamp {
    let Some(previous) = previous.filter(|&previous| effective_at <= previous) else {
        return effective_at;
    };
    // Only in the last millisecond of the year 9999 is there no later instant to raise it to.
    Timestamp::from_millis(previous.as_millis() + 1).unwrap_or(previous)
}
