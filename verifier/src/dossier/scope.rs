//! Whether the events are this procedure's, and its public streams without a gap.

use std::collections::BTreeMap;

use super::case::Case;
use super::contradiction::Contradiction;
use super::event::Event;
use super::opinion::Found;
use super::order;
use crate::json::Value;

/// The types of public events by the stream they stand in: its prefix, and the member of the data
/// that it goes on with.
pub(super) const PUBLIC: [(&str, &str, &[&str]); 5] = [
    ("plan-", "planId", &["PlanApproved"]),
    (
        "tender-",
        "tenderId",
        &[
            "TenderPublished",
            "ReceiptClosed",
            "ProposalOpened",
            "ProposalsOpened",
            "TechnicalSheetOpened",
            "EconomicOpened",
            "AwardIssued",
            "TenderDeserted",
        ],
    ),
    (
        "eval-",
        "tenderId",
        &[
            "PanelDrawScheduled",
            "PanelDrawn",
            "AssignmentAccepted",
            "ConflictDeclared",
            "BallotCommitted",
            "BallotRevealed",
            "BallotMissed",
            "EvaluationComputed",
            "TieBroken",
            "RulingIssued",
        ],
    ),
    (
        "contract-",
        "contractId",
        &[
            "ContractPrepared",
            "GuaranteeLodged",
            "ContractSigned",
            "ContractActivated",
            "DeliverableSubmitted",
            "DeliverableReturned",
            "DeliverableAccepted",
            "PenaltyApplied",
            "InvoiceRegistered",
            "PaymentOrdered",
            "PaymentRecorded",
            "ContractCompleted",
            "SettlementIssued",
            "PerformanceRated",
            "WorkRated",
        ],
    ),
    ("releases-", "ocid", &["ReleasePublished"]),
];

/// Events of registers, which are no procedure's; of their streams only what is needed is shown.
const REGISTERS: [(&str, &str, &[&str]); 2] = [
    ("company-", "companyId", &["CompanyRegistered", "CompanyApproved"]),
    ("evaluators", "", &["EvaluatorAccredited"]),
];

const SEALED: [(&str, &str, &[&str]); 3] = [
    ("participation-", "participationId", &["ParticipantRegistered"]),
    ("proposal-", "proposalId", &["ProposalSubmitted", "ProposalReplaced", "ProposalWithdrawn"]),
    ("sheet-", "sheetId", &["TechnicalSheetSigned"]),
];

/// Whether the versions of each public stream are dense, and each event continues the one before.
pub(super) fn streams(case: &Case) -> Result<Found, Contradiction> {
    let mut streams: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in case.events.iter().filter(|event| !event.sealed) {
        if PUBLIC.iter().any(|(prefix, ..)| event.stream().starts_with(prefix)) {
            streams.entry(event.stream()).or_default().push(event);
        }
    }
    for events in streams.values() {
        let mut before = None;
        for event in events {
            event.follows(before)?;
            before = Some(*event);
        }
    }
    if streams.is_empty() {
        return Ok(Found::Absent("there is no public stream"));
    }
    let each: Vec<String> =
        streams.iter().map(|(stream, events)| format!("{stream} {}", events.len())).collect();
    Ok(Found::Proven(format!("complete up to the last version shown: {}", each.join(", "))))
}

/// Whether every event is of this procedure, in the stream of its type, after what it rests on.
pub(super) fn scope(case: &Case) -> Result<Found, Contradiction> {
    let plan = case.one("PlanApproved")?;
    // Without it the dossier would be of any procedure.
    if plan.is_none() {
        let what = "the plan that gave the process its id is not in the dossier";
        return Err(Contradiction::of_dossier(what, &case.ocid));
    }
    let tender = case.one("TenderPublished")?;
    if let Some(tender) = tender {
        let plan_id = tender.record().text("planId")?;
        let of_plan = plan.and_then(|plan| plan.data.get("planId")).and_then(Value::as_str);
        tender.same("the plan it carries out", plan_id, of_plan.unwrap_or("not in the dossier"))?;
    }
    let contract = case.one("ContractPrepared")?;
    for event in &case.events {
        check_stream(event)?;
        check_member(event, "ocid", Some(&case.ocid))?;
        let is_own = PUBLIC.iter().any(|(.., kinds)| kinds.contains(&event.kind()));
        let names = event.sealed || !is_own || event.data.get("ocid").is_some();
        event.require(names, "it names no procedure")?;
        for (name, source) in [("tenderId", tender), ("contractId", contract), ("planId", plan)] {
            let shown = source.and_then(|source| source.data.get(name)).and_then(Value::as_str);
            check_member(event, name, shown)?;
        }
        let ballot = event.data.get("ballot").and_then(|ballot| ballot.get("tenderId"));
        let same = ballot.is_none_or(|of| Some(of) == event.data.get("tenderId"));
        event.require(same, "its ballot is of another tender")?;
    }
    order::check(case)?;
    Ok(Found::Proven(format!(
        "every event is of {}, in the stream of its type, after what it rests on",
        case.ocid
    )))
}

fn check_stream(event: &Event) -> Result<(), Contradiction> {
    if event.envelope.is_none() {
        // The opening says what it is of.
        return Ok(());
    }
    let known: Vec<_> = if event.sealed {
        SEALED.to_vec()
    } else {
        PUBLIC.iter().chain(&REGISTERS).copied().collect()
    };
    let known = known.into_iter().find(|(.., kinds)| kinds.contains(&event.kind()));
    let (prefix, member, _) =
        known.ok_or_else(|| event.refuse("no event of that type is of a procedure", ""))?;
    let rest = event.data.get(member).and_then(Value::as_str).unwrap_or_default();
    event.same("its stream", event.stream(), &format!("{prefix}{rest}"))
}

/// Whether an event's member, if it has it, is the procedure's.
fn check_member(
    event: &Event,
    name: &'static str,
    shown: Option<&str>,
) -> Result<(), Contradiction> {
    match event.data.get(name) {
        None => Ok(()),
        Some(found) if found.as_str().is_some() && found.as_str() == shown => Ok(()),
        Some(_) => Err(event.refuse("it is of another procedure", name)),
    }
}
