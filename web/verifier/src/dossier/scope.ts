/** Whether the events are this procedure's, and its public streams without a gap. */

import { canonical, isObject } from "../json/value.ts";
import type { Case } from "./case.ts";
import { Contradiction } from "./contradiction.ts";
import type { Event } from "./event.ts";
import { absent, type Found, proven } from "./found.ts";
import { checkOrder } from "./order.ts";
import { asText, compareTexts } from "./said.ts";

/** Where events of some types stand: what the stream begins with, and the member it goes on with. */
type Place = {
  readonly prefix: string;
  readonly member: string;
  readonly types: readonly string[];
};

const PUBLIC: readonly Place[] = [
  { prefix: "plan-", member: "planId", types: ["PlanApproved"] },
  {
    prefix: "tender-",
    member: "tenderId",
    types: [
      "TenderPublished",
      "ReceiptClosed",
      "ProposalOpened",
      "ProposalsOpened",
      "TechnicalSheetOpened",
      "EconomicOpened",
      "AwardIssued",
      "TenderDeserted",
    ],
  },
  {
    prefix: "eval-",
    member: "tenderId",
    types: [
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
  },
  {
    prefix: "contract-",
    member: "contractId",
    types: [
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
  },
  { prefix: "releases-", member: "ocid", types: ["ReleasePublished"] },
];

/** Registers are no procedure's: of their streams only what is needed is there. */
const REGISTERS: readonly Place[] = [
  { prefix: "company-", member: "companyId", types: ["CompanyRegistered", "CompanyApproved"] },
  { prefix: "evaluators", member: "", types: ["EvaluatorAccredited"] },
];

const SEALED: readonly Place[] = [
  { prefix: "participation-", member: "participationId", types: ["ParticipantRegistered"] },
  {
    prefix: "proposal-",
    member: "proposalId",
    types: ["ProposalSubmitted", "ProposalReplaced", "ProposalWithdrawn"],
  },
  { prefix: "sheet-", member: "sheetId", types: ["TechnicalSheetSigned"] },
];

/** Whether the versions of each public stream are dense, and each event continues the one before. */
export function checkStreams(dossier: Case): Found {
  const streams = new Map<string, Event[]>();
  for (const event of dossier.public()) {
    if (!PUBLIC.some(({ prefix }) => event.stream.startsWith(prefix))) continue;
    streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
  }
  if (streams.size === 0) return absent("noStream");
  const sorted = [...streams].sort(([a], [b]) => compareTexts(a, b));
  for (const [, events] of sorted) {
    events.forEach((event, at) => event.follows(events[at - 1] ?? null));
  }
  const each = sorted.map(([stream, events]) => `${stream} ${events.length}`);
  return proven("streams", { streams: each.join(", ") });
}

/** Whether every event is of this procedure, in the stream of its type, after what it rests on. */
export function checkScope(dossier: Case): Found {
  const plan = dossier.one("PlanApproved");
  // Without it the dossier would be of any procedure.
  if (plan === null) throw new Contradiction(null, "noPlan", dossier.ocid);
  const tender = dossier.one("TenderPublished");
  if (tender !== null) {
    const planId = asText(plan.data.get("planId")) ?? "";
    tender.same("otherPlan", tender.said.text("planId"), planId);
  }
  const contract = dossier.one("ContractPrepared");
  for (const event of dossier.events) {
    checkStream(event);
    checkMember(event, "ocid", dossier.ocid);
    const isOwn = PUBLIC.some(({ types }) => types.includes(event.type));
    event.must(event.isSealed || !isOwn || event.data.has("ocid"), "namesNoProcedure");
    checkMember(event, "tenderId", idOf(tender, "tenderId"));
    checkMember(event, "contractId", idOf(contract, "contractId"));
    checkMember(event, "planId", idOf(plan, "planId"));
    checkBallot(event);
  }
  checkOrder(dossier);
  return proven("scope", { ocid: dossier.ocid });
}

function idOf(event: Event | null, name: string): string | null {
  return asText(event?.data.get(name));
}

function checkStream(event: Event): void {
  // Of what is not shown, the opening says what it is of.
  if (event.envelope === null) return;
  const places = event.isSealed ? SEALED : [...PUBLIC, ...REGISTERS];
  const place = places.find(({ types }) => types.includes(event.type));
  if (place === undefined) throw event.refuse("unknownType");
  const rest = asText(event.data.get(place.member)) ?? "";
  event.same("otherStream", event.stream, `${place.prefix}${rest}`);
}

/** Whether an event's member, if it has it, is the procedure's. */
function checkMember(event: Event, name: string, shown: string | null): void {
  const found = event.data.get(name);
  if (found === undefined) return;
  event.must(typeof found === "string" && found === shown, "otherProcedure", name);
}

function checkBallot(event: Event): void {
  const ballot = event.data.get("ballot");
  const ofBallot = isObject(ballot) ? ballot.get("tenderId") : undefined;
  if (ofBallot === undefined) return;
  const own = event.data.get("tenderId");
  event.must(own !== undefined && canonical(own) === canonical(ofBallot), "ballotOfOther");
}
