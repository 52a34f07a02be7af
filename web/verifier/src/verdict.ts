/** What a verification found: the outcome, what was checked on the way, and what was not. */

import type { Hex } from "./encoding.ts";
import type { Check, Evidence } from "./refusal.ts";

export type EventFacts = {
  readonly log: string;
  readonly seq: bigint;
  readonly id: string;
  readonly leaf: Hex;
  readonly at: string;
  readonly clock: "wall" | "simulated" | "imported";
  readonly sealed: boolean;
  /** What only an envelope tells that is open or disclosed. */
  readonly inside: {
    readonly stream: string;
    readonly ver: bigint;
    readonly type: string;
    readonly effectiveAt: string;
  } | null;
  readonly withheld: number;
  readonly disclosed: number;
  readonly signatures: number;
  readonly signaturesDisclosed: number;
};

export type LogFacts = {
  readonly batch: bigint;
  readonly size: bigint;
  readonly root: Hex;
  readonly witnesses: number;
};

export type Sealing = {
  readonly sealers: number;
  readonly sealerOrganisations: number;
  readonly signers: number;
  readonly organisations: number;
};

export type AnchorFacts = {
  readonly contract: Hex;
  readonly block: bigint;
  readonly blockHash: Hex;
  /** Seconds since 1970. */
  readonly blockTime: bigint;
  readonly headers: number;
  /** `null` in a development chain, where nobody seals. */
  readonly sealing: Sealing | null;
};

export type ReleaseFacts = {
  readonly ocid: string;
  readonly releaseId: string;
  readonly sha256: Hex;
  /** Whether the file is the release, byte for byte, or holds it. */
  readonly found: "exact" | "inside";
};

/** A check that was passed, with what it was about, for whoever wants to follow. */
export type Step = { readonly check: Check; readonly values: Readonly<Record<string, string>> };

/** What no bundle or receipt shows. */
export type Unexamined = "ancestry" | "truth" | "witnesses" | "signatures" | "receiptKey";

export type Outcome =
  | { readonly kind: "anchored"; readonly late: boolean }
  | { readonly kind: "development"; readonly late: boolean }
  | { readonly kind: "included" }
  | { readonly kind: "refused"; readonly check: Check; readonly evidence: Evidence };

export type Report = {
  readonly policy: Hex;
  readonly outcome: Outcome;
  readonly steps: readonly Step[];
  readonly event: EventFacts | null;
  readonly log: LogFacts | null;
  readonly anchor: AnchorFacts | null;
  /** The block to which the chain was followed that the anchoring block is in. */
  readonly ancestry: bigint | null;
  readonly release: ReleaseFacts | null;
  readonly notExamined: readonly Unexamined[];
};

export type Breach =
  | "another-entry"
  | "left-out"
  | "contradicted"
  | "withdrawal-ignored"
  | "late-anchoring"
  | "not-anchored-in-time";

/** A breach, and the file that proves it together with the receipt. */
export type BreachFinding = {
  readonly breach: Breach;
  readonly file: "proof" | "opening" | "chain";
  /** The position of the event that this file is of, or that the chain has not. */
  readonly seq: bigint;
};

/** What an opening says of a proposal; `by` is what replaced or withdrew it. */
export type Listing = { readonly disposition: string; readonly by: bigint | null };

/** What a receipt leaves open, and who could tell. */
export type Pending =
  | "proof"
  | "unanchoredProof"
  | "firstBlock"
  | "laterBlock"
  | "giveProof"
  | "notDue"
  | "unsealedChain"
  | "unanchoredOpening";

export type ReceiptOutcome =
  | { readonly kind: "anchored" }
  | { readonly kind: "acknowledged" }
  | { readonly kind: "breach"; readonly breaches: readonly [BreachFinding, ...BreachFinding[]] }
  | {
      readonly kind: "refused";
      readonly file: "receipt" | "proof" | "opening" | "chain";
      readonly check: Check;
      readonly evidence: Evidence;
    };

export type ReceiptReport = {
  readonly policy: Hex;
  readonly outcome: ReceiptOutcome;
  readonly steps: readonly Step[];
  readonly event: EventFacts | null;
  readonly anchorBy: string | null;
  readonly toleranceSeconds: bigint;
  readonly anchor: AnchorFacts | null;
  /** What the opening says, if it is no breach. */
  readonly listing: Listing | null;
  readonly pending: readonly Pending[];
  readonly notExamined: readonly Unexamined[];
};

/** The exit code of an outcome (§7, §11). */
export function exitCode(outcome: Outcome | ReceiptOutcome): 0 | 1 | 3 {
  switch (outcome.kind) {
    case "anchored":
      return 0;
    case "refused":
    case "breach":
      return 1;
    case "included":
    case "development":
    case "acknowledged":
      return 3;
    default:
      return outcome satisfies never;
  }
}
