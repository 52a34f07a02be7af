/** What each public event rests on: without it, whole topics would find nothing to examine. */

import type { Case } from "./case.ts";

/** A type of event, and types of which there must be one before each of it. */
const RESTS_ON: readonly (readonly [type: string, needed: readonly string[]])[] = [
  ["ReleasePublished", ["PlanApproved"]],
  ["TenderPublished", ["PlanApproved"]],
  ["ReceiptClosed", ["TenderPublished"]],
  ["ProposalOpened", ["ReceiptClosed"]],
  ["ProposalsOpened", ["ReceiptClosed"]],
  ["TechnicalSheetOpened", ["ProposalsOpened"]],
  ["EconomicOpened", ["ProposalsOpened", "TechnicalSheetOpened"]],
  ["TenderDeserted", ["ProposalsOpened"]],
  ["PanelDrawScheduled", ["TenderPublished"]],
  ["PanelDrawn", ["PanelDrawScheduled"]],
  ["AssignmentAccepted", ["PanelDrawn"]],
  ["ConflictDeclared", ["PanelDrawn"]],
  ["BallotCommitted", ["AssignmentAccepted"]],
  ["BallotRevealed", ["BallotCommitted"]],
  ["BallotMissed", ["PanelDrawn"]],
  ["EvaluationComputed", ["EconomicOpened", "BallotRevealed"]],
  ["TieBroken", ["EvaluationComputed"]],
  ["RulingIssued", ["EvaluationComputed"]],
  ["AwardIssued", ["RulingIssued"]],
  ["ContractPrepared", ["AwardIssued"]],
  ["GuaranteeLodged", ["ContractPrepared"]],
  ["ContractSigned", ["GuaranteeLodged"]],
  ["ContractActivated", ["ContractSigned"]],
  ["DeliverableSubmitted", ["ContractActivated"]],
  ["DeliverableReturned", ["DeliverableSubmitted"]],
  ["DeliverableAccepted", ["DeliverableSubmitted"]],
  ["PenaltyApplied", ["DeliverableAccepted"]],
  ["InvoiceRegistered", ["DeliverableAccepted"]],
  ["PaymentOrdered", ["InvoiceRegistered"]],
  ["PaymentRecorded", ["PaymentOrdered"]],
  ["ContractCompleted", ["PaymentRecorded"]],
  ["SettlementIssued", ["ContractCompleted"]],
  ["PerformanceRated", ["ContractCompleted"]],
  ["WorkRated", ["DeliverableAccepted"]],
];

/** Checks that what comes first of each type rests on something: then all of the type do. */
export function checkOrder(dossier: Case): void {
  for (const [type, needed] of RESTS_ON) {
    const [event] = dossier.all(type);
    if (event === undefined) continue;
    for (const before of needed) {
      const [first] = dossier.all(before);
      const isThere = first !== undefined && first.position < event.position;
      event.must(isThere, "restsOn", before);
    }
  }
}
