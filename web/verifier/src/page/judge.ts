/** What the files given show: which verification fits them, and its result as the page tells it. */

import { instantOfSeconds } from "../encoding.ts";
import { parsePolicy, type Policy } from "../policy.ts";
import { verifyReceipt } from "../receipt.ts";
import { Broken, type Check, type Evidence } from "../refusal.ts";
import { verifyRelease } from "../release.ts";
import type { AnchorFacts, EventFacts, Listing, ReceiptReport, Report, Step } from "../verdict.ts";
import { verifyBundle } from "../verify.ts";
import { rules } from "../words/es.ts";
import { fill } from "../words/fill.ts";
import * as words from "../words/page.ts";
import type { Files } from "./files.ts";

export type Tone = "good" | "warn" | "bad";
export type Fact = readonly [label: string, text: string];

/** A result, ready to be shown. */
export type Judgement = {
  readonly verdict: keyof typeof words.verdicts;
  readonly tone: Tone;
  readonly reasons: readonly string[];
  readonly steps: readonly Step[];
  readonly failed: { readonly check: Check; readonly evidence: string } | null;
  readonly facts: readonly Fact[];
  readonly open: readonly string[];
  readonly notExamined: readonly string[];
  readonly notices: readonly string[];
};

/** The result, or the sentence that says what is missing. */
export function judge(files: Files): Judgement | string {
  const { policy: policyFile, proof, release, receipt, opening } = files;
  if (policyFile === undefined) return words.sentences.choosePolicy;
  const policy = readPolicy(policyFile.bytes);
  if (typeof policy === "string") return policy;
  if (receipt !== undefined) {
    const evidence = {
      ...(proof && { proof: proof.bytes }),
      ...(opening && { opening: opening.bytes }),
    };
    const report = verifyReceipt(receipt.bytes, evidence, policy);
    return judgeReceipt(report, release === undefined ? [] : ["release"]);
  }
  // Without a receipt the proof of an opening is a proof like any other.
  const bundle = proof ?? opening;
  if (release !== undefined && bundle === undefined) return words.sentences.releaseNeedsProof;
  if (bundle === undefined) return words.sentences.chooseProof;
  const report =
    release === undefined
      ? verifyBundle(bundle.bytes, policy)
      : verifyRelease(release.bytes, bundle.bytes, policy);
  return judgeReport(report, proof !== undefined && opening !== undefined ? ["opening"] : []);
}

/** The policy, or the sentence that says why it is none. */
export function readPolicy(bytes: Uint8Array): Policy | string {
  try {
    return parsePolicy(bytes);
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    return fill(words.sentences.noPolicy, { evidence: evidenceText(error.evidence) });
  }
}

function evidenceText({ rule, values }: Evidence): string {
  return fill(rules[rule], values);
}

function judgeReport(report: Report, unused: readonly words.Kind[]): Judgement {
  const { outcome, log } = report;
  const failed =
    outcome.kind === "refused"
      ? { check: outcome.check, evidence: evidenceText(outcome.evidence) }
      : null;
  const reasons =
    failed === null
      ? []
      : [fill(words.sentences.refusedBy, { ...failed, check: words.checks[failed.check][0] })];
  const isLate = outcome.kind === "anchored" && outcome.late;
  const tones = {
    anchored: "good",
    development: "warn",
    included: "warn",
    refused: "bad",
  } as const;
  const logFacts: readonly Fact[] =
    log === null
      ? []
      : [
          [
            words.facts.batch,
            fill(words.facts.batchOf, { batch: String(log.batch), size: String(log.size) }),
          ],
          [words.facts.root, log.root],
        ];
  return {
    verdict: isLate ? "late" : outcome.kind,
    tone: isLate ? "warn" : tones[outcome.kind],
    reasons,
    steps: report.steps,
    failed,
    facts: [
      ...eventFacts(report.event),
      ...logFacts,
      ...anchorFacts(report.anchor),
      [words.facts.policy, report.policy],
    ],
    open: [],
    notExamined: report.notExamined.map((what) => words.notExamined[what]),
    notices: notices(report.event, unused),
  };
}

function judgeReceipt(report: ReceiptReport, unused: readonly words.Kind[]): Judgement {
  const { outcome, anchorBy, listing } = report;
  const verdicts = {
    anchored: ["receiptAnchored", "good"],
    acknowledged: ["acknowledged", "warn"],
    breach: ["breach", "bad"],
    refused: ["refused", "bad"],
  } as const;
  const [verdict, tone] = verdicts[outcome.kind];
  const promised: readonly Fact[] =
    anchorBy === null
      ? []
      : [
          [
            words.facts.anchorBy,
            fill(words.facts.anchorByOf, {
              anchorBy,
              tolerance: String(report.toleranceSeconds),
            }),
          ],
        ];
  const listed: readonly Fact[] =
    listing === null ? [] : [[words.facts.listing, listingText(listing)]];
  return {
    verdict,
    tone,
    reasons: receiptReasons(report),
    steps: report.steps.map(inSpanish),
    failed:
      outcome.kind === "refused"
        ? { check: outcome.check, evidence: evidenceText(outcome.evidence) }
        : null,
    facts: [
      ...eventFacts(report.event),
      ...promised,
      ...anchorFacts(report.anchor),
      ...listed,
      [words.facts.policy, report.policy],
    ],
    open: report.pending.map((what) => words.pending[what]),
    notExamined: report.notExamined.map((what) => words.notExamined[what]),
    notices: notices(report.event, unused),
  };
}

function listingText({ disposition, by }: Listing): string {
  const listing = words.listings[disposition] ?? disposition;
  return by === null ? listing : fill(words.facts.listingBy, { listing, by: String(by) });
}

function receiptReasons({ outcome, event }: ReceiptReport): readonly string[] {
  switch (outcome.kind) {
    case "refused": {
      const values = {
        check: words.checks[outcome.check][0],
        file: words.parties[outcome.file],
        evidence: evidenceText(outcome.evidence),
      };
      return [fill(words.sentences.refusedFile, values)];
    }
    case "breach":
      return outcome.breaches.flatMap(({ breach, file, seq }) => [
        words.breaches[breach],
        fill(words.proves.receipt, { seq: String(event?.seq ?? "") }),
        fill(words.proves[file], { seq: String(seq) }),
      ]);
    case "anchored":
    case "acknowledged":
      return [];
    default:
      return outcome satisfies never;
  }
}

/** What nobody may overlook: a clock that is not the wall's, and files that were not used. */
function notices(event: EventFacts | null, unused: readonly words.Kind[]): readonly string[] {
  const clock =
    event === null || event.clock === "wall"
      ? []
      : [fill(words.sentences.clock, { clock: words.clocks[event.clock] })];
  const ignored = unused.map((kind) => fill(words.sentences.ignored, { kind: words.kinds[kind] }));
  return [...clock, ...ignored];
}

function inSpanish(step: Step): Step {
  const { listing } = step.values;
  if (listing === undefined) return step;
  const said = words.listings[listing] ?? words.sentences.none;
  return { ...step, values: { ...step.values, listing: said } };
}

function eventFacts(event: EventFacts | null): readonly Fact[] {
  if (event === null) return [];
  const { inside } = event;
  const what =
    inside === null
      ? words.facts.sealed
      : `${inside.type}, ${inside.stream}, ${words.facts.version} ${inside.ver}`;
  return [
    [words.facts.log, event.log],
    [words.facts.seq, String(event.seq)],
    [words.facts.id, event.id],
    [words.facts.what, what],
    [words.facts.at, event.at],
    ...(inside === null ? [] : [[words.facts.effectiveAt, inside.effectiveAt] as const]),
    [words.facts.clock, words.clocks[event.clock]],
    [words.facts.leaf, event.leaf],
  ];
}

function anchorFacts(anchor: AnchorFacts | null): readonly Fact[] {
  if (anchor === null) return [];
  const { sealing } = anchor;
  const time = instantOfSeconds(anchor.blockTime);
  const sealed =
    sealing === null
      ? words.facts.nobody
      : fill(words.facts.sealingOf, {
          sealers: String(sealing.sealers),
          signers: String(sealing.signers),
          sealerOrganisations: String(sealing.sealerOrganisations),
          organisations: String(sealing.organisations),
        });
  return [
    [words.facts.contract, anchor.contract],
    [words.facts.block, fill(words.facts.blockOf, { block: String(anchor.block), time })],
    [words.facts.blockHash, anchor.blockHash],
    [words.facts.sealing, sealed],
  ];
}
