/** A report as one line of JSON, of the same members as the other verifier's. */

import { instantOfSeconds } from "../encoding.ts";
import {
  type AnchorFacts,
  type BreachFinding,
  type EventFacts,
  exitCode,
  type Listing,
  type ReceiptReport,
  type Report,
} from "../verdict.ts";
import { breaches, notExamined, pending, proves, rules } from "../words/en.ts";
import { fill } from "../words/fill.ts";
import type { Evidence } from "../refusal.ts";

export function evidenceText({ rule, values }: Evidence): string {
  return fill(rules[rule], values);
}

function eventJson(event: EventFacts) {
  const { inside, leaf, log, id, at, clock, sealed, withheld, disclosed } = event;
  return {
    at,
    clock,
    disclosed,
    effectiveAt: inside?.effectiveAt ?? null,
    id,
    leaf,
    log,
    sealed,
    seq: String(event.seq),
    signatures: event.signatures,
    signaturesDisclosed: event.signaturesDisclosed,
    signaturesVerified: 0,
    stream: inside?.stream ?? null,
    type: inside?.type ?? "Sealed",
    ver: inside === null ? null : String(inside.ver),
    withheld,
  };
}

export function anchorJson(anchor: AnchorFacts) {
  const { contract, blockHash, headers, sealing } = anchor;
  return {
    block: String(anchor.block),
    blockHash,
    blockTime: instantOfSeconds(anchor.blockTime),
    contract,
    headers,
    sealing,
  };
}

export function reportJson(report: Report): string {
  const { anchor, event, log, outcome, policy } = report;
  const refusal =
    outcome.kind === "refused"
      ? { check: outcome.check, evidence: evidenceText(outcome.evidence) }
      : null;
  const found = {
    exact: "the file's exact bytes",
    inside: "the canonical form of a release in the file",
  };
  const release = report.release && { ...report.release, found: found[report.release.found] };
  return JSON.stringify({
    ancestry: report.ancestry === null ? null : String(report.ancestry),
    anchor: anchor && anchorJson(anchor),
    event: event && eventJson(event),
    exitCode: exitCode(outcome),
    late: "late" in outcome && outcome.late,
    log: log && { ...log, batch: String(log.batch), size: String(log.size) },
    notExamined: report.notExamined.map((what) => notExamined[what]),
    policy,
    refusal,
    release,
    verdict: outcome.kind === "included" ? "not-anchored" : outcome.kind,
  });
}

export function listingText({ disposition, by }: Listing): string {
  return by === null ? disposition : `${disposition} by position ${by}`;
}

/** What the receipt and the other file of a breach prove, each by itself. */
export function breachProofs({ file, seq }: BreachFinding, { event }: ReceiptReport) {
  const own = String(event?.seq ?? "");
  return [
    { file: "receipt", proves: fill(proves.receipt, { seq: own }) },
    { file, proves: fill(proves[file], { seq: String(seq) }) },
  ];
}

function breachJson(finding: BreachFinding, report: ReceiptReport) {
  const { breach } = finding;
  return { breach, evidence: breachProofs(finding, report), says: breaches[breach] };
}

export function receiptJson(report: ReceiptReport): string {
  const { anchor, event, outcome, policy, anchorBy, listing } = report;
  const refusal =
    outcome.kind === "refused"
      ? {
          check: outcome.check,
          evidence: evidenceText(outcome.evidence),
          file: outcome.file,
        }
      : null;
  return JSON.stringify({
    anchor: anchor && anchorJson(anchor),
    anchorBy,
    breaches:
      outcome.kind === "breach" ? outcome.breaches.map((one) => breachJson(one, report)) : [],
    event: event && eventJson(event),
    exitCode: exitCode(outcome),
    listing: listing && listingText(listing),
    notExamined: report.notExamined.map((what) => notExamined[what]),
    pending: report.pending.map((what) => pending[what]),
    policy,
    refusal,
    toleranceSeconds: String(report.toleranceSeconds),
    verdict: outcome.kind,
  });
}
