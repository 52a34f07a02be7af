/** A report for whoever reads a terminal. */

import { instantOfSeconds } from "../encoding.ts";
import type { AnchorFacts, EventFacts, ReceiptReport, Report, Unexamined } from "../verdict.ts";
import { breaches, notExamined, pending } from "../words/en.ts";
import { breachProofs, evidenceText, listingText } from "./json.ts";

export type Line = readonly [label: string, text: string];

const CLOCKS = {
  wall: "live",
  simulated: "SIMULATED: a demonstration or rehearsal",
  imported: "IMPORTED: recorded later than it happened",
} as const;

function eventLines(event: EventFacts | null): readonly Line[] {
  if (event === null) return [];
  const { inside } = event;
  const what =
    inside === null ? "sealed" : `${inside.type}, ${inside.stream} version ${inside.ver}`;
  return [
    ["log", event.log],
    ["position", String(event.seq)],
    ["event", event.id],
    ["what", what],
    ["recorded", event.at],
    ...(inside === null ? [] : [["effective", inside.effectiveAt] as const]),
    ["clock", CLOCKS[event.clock]],
    ["withheld", `${event.withheld} values, ${event.disclosed} disclosed`],
    [
      "signatures",
      `${event.signatures} committed, ${event.signaturesDisclosed} disclosed, 0 verified`,
    ],
    ["leaf", event.leaf],
  ];
}

export function anchorLines(anchor: AnchorFacts | null): readonly Line[] {
  if (anchor === null) return [];
  const { sealing } = anchor;
  const sealed =
    sealing === null
      ? "nobody: a development chain"
      : `${sealing.sealers} of ${sealing.signers} signers in ${anchor.headers} blocks, of ` +
        `${sealing.sealerOrganisations} organisations (${sealing.organisations} in all)`;
  return [
    ["contract", anchor.contract],
    ["block", `${anchor.block} of ${instantOfSeconds(anchor.blockTime)}`],
    ["block hash", anchor.blockHash],
    ["sealed by", sealed],
  ];
}

function unexaminedLines(list: readonly Unexamined[]): readonly Line[] {
  return list.map((what) => ["not examined", notExamined[what]] as const);
}

export function page(title: string, lines: readonly Line[]): string {
  return [title, ...lines.map(([label, text]) => `  ${label.padEnd(12)} ${text}`)].join("\n");
}

function title({ outcome }: Report): string {
  switch (outcome.kind) {
    case "anchored":
      return outcome.late ? "ANCHORED, LATE" : "ANCHORED";
    case "development":
      return "ANCHORED IN A DEVELOPMENT CHAIN, SEALED BY NOBODY";
    case "included":
      return "INCLUDED, NOT ANCHORED";
    case "refused":
      return `REFUSED by the check "${outcome.check}": ${evidenceText(outcome.evidence)}`;
    default:
      return outcome satisfies never;
  }
}

export function reportText(report: Report): string {
  const { log, release } = report;
  const logLines: readonly Line[] =
    log === null
      ? []
      : [
          ["batch", `${log.batch} of its contract, log size ${log.size}`],
          ["log root", log.root],
          ["witnesses", String(log.witnesses)],
        ];
  const releaseLines: readonly Line[] =
    release === null
      ? []
      : [
          ["release", release.releaseId],
          ["sha256", release.sha256],
        ];
  return page(title(report), [
    ...eventLines(report.event),
    ...logLines,
    ...anchorLines(report.anchor),
    ...(report.ancestry === null
      ? []
      : [["ancestry", `from the genesis block, as followed to block ${report.ancestry}`] as const]),
    ...releaseLines,
    ["policy", report.policy],
    ...unexaminedLines(report.notExamined),
  ]);
}

function receiptTitle({ outcome }: ReceiptReport): string {
  switch (outcome.kind) {
    case "anchored":
      return "ANCHORED";
    case "acknowledged":
      return "ACKNOWLEDGED, NOT SHOWN TO BE ANCHORED";
    case "breach":
      return `BREACH: ${outcome.breaches.map(({ breach }) => breaches[breach]).join("; ")}`;
    case "refused":
      return (
        `REFUSED by the check "${outcome.check}" of the ${outcome.file}: ` +
        evidenceText(outcome.evidence)
      );
    default:
      return outcome satisfies never;
  }
}

function provenLines(report: ReceiptReport): readonly Line[] {
  const { outcome } = report;
  if (outcome.kind !== "breach") return [];
  const proofs = outcome.breaches.flatMap((finding) => breachProofs(finding, report));
  return proofs.map(({ file, proves }) => ["proven by", `${file}: ${proves}`] as const);
}

export function receiptText(report: ReceiptReport): string {
  const { anchorBy, toleranceSeconds, listing } = report;
  return page(receiptTitle(report), [
    ...eventLines(report.event),
    ...(anchorBy === null
      ? []
      : [["promised", `anchored by ${anchorBy}, tolerance ${toleranceSeconds} s`] as const]),
    ...anchorLines(report.anchor),
    ...(listing === null ? [] : [["opening", listingText(listing)] as const]),
    ...provenLines(report),
    ["policy", report.policy],
    ...report.pending.map((what) => ["open", pending[what]] as const),
    ...unexaminedLines(report.notExamined),
  ]);
}
