//! What each public event rests on: without it, the topic that examines it would find nothing.

use super::case::Case;
use super::contradiction::Contradiction;

/// A type of event, and a type of which there must be one before each of it. An event without what
/// it rests on would otherwise count as one that is only not examined.
const RESTS_ON: [(&str, &str); 36] = [
    ("ReleasePublished", "PlanApproved"),
    ("TenderPublished", "PlanApproved"),
    ("ReceiptClosed", "TenderPublished"),
    ("ProposalOpened", "ReceiptClosed"),
    ("ProposalsOpened", "ReceiptClosed"),
    ("TechnicalSheetOpened", "ProposalsOpened"),
    ("EconomicOpened", "ProposalsOpened"),
    ("EconomicOpened", "TechnicalSheetOpened"),
    ("TenderDeserted", "ProposalsOpened"),
    // The draw may be announced before the end of receipt is recorded, once its hour has come.
    ("PanelDrawScheduled", "TenderPublished"),
    ("PanelDrawn", "PanelDrawScheduled"),
    ("AssignmentAccepted", "PanelDrawn"),
    ("ConflictDeclared", "PanelDrawn"),
    ("BallotCommitted", "AssignmentAccepted"),
    ("BallotRevealed", "BallotCommitted"),
    ("BallotMissed", "PanelDrawn"),
    ("EvaluationComputed", "EconomicOpened"),
    ("EvaluationComputed", "BallotRevealed"),
    ("TieBroken", "EvaluationComputed"),
    ("RulingIssued", "EvaluationComputed"),
    ("AwardIssued", "RulingIssued"),
    ("ContractPrepared", "AwardIssued"),
    ("GuaranteeLodged", "ContractPrepared"),
    ("ContractSigned", "GuaranteeLodged"),
    ("ContractActivated", "ContractSigned"),
    ("DeliverableSubmitted", "ContractActivated"),
    ("DeliverableReturned", "DeliverableSubmitted"),
    ("DeliverableAccepted", "DeliverableSubmitted"),
    ("PenaltyApplied", "DeliverableAccepted"),
    ("InvoiceRegistered", "DeliverableAccepted"),
    ("PaymentOrdered", "InvoiceRegistered"),
    ("PaymentRecorded", "PaymentOrdered"),
    ("ContractCompleted", "PaymentRecorded"),
    ("SettlementIssued", "ContractCompleted"),
    ("PerformanceRated", "ContractCompleted"),
    ("WorkRated", "DeliverableAccepted"),
];

/// Whether everything that an event rests on is there before it.
pub(super) fn check(case: &Case) -> Result<(), Contradiction> {
    for (kind, needed) in RESTS_ON {
        // Both are by position: what comes before the first one comes before all.
        let Some(event) = case.all(kind).next() else { continue };
        let there = case.all(needed).next().is_some_and(|it| it.position < event.position);
        if !there {
            return Err(event.refuse(Case::NOT_BEFORE, needed));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::scope::PUBLIC;
    use super::*;

    #[test]
    fn every_public_event_but_the_first_rests_on_another() {
        let kinds: Vec<&str> = PUBLIC.iter().flat_map(|(.., kinds)| *kinds).copied().collect();
        for kind in &kinds {
            let rests = RESTS_ON.iter().any(|(it, _)| it == kind);
            assert_eq!(rests, *kind != "PlanApproved", "{kind}");
        }
        assert!(
            RESTS_ON.iter().all(|(kind, needed)| kinds.contains(kind) && kinds.contains(needed))
        );
    }
}
