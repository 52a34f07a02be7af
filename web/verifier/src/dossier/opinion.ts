/** The opinion on a dossier: what is proven, what is not, what was not examined (§12). */

import type { Hex } from "../encoding.ts";
import type { Contradiction } from "./contradiction.ts";
import type { Found } from "./found.ts";

/** The topics in the order of the document, without a space in each. */
export const TOPICS = [
  "proofs",
  "anchoring",
  "streams",
  "scope",
  "hours",
  "documents",
  "releases",
  "receipt",
  "opened set",
  "technical",
  "draw",
  "ballots",
  "sheets",
  "economic",
  "points",
  "award",
  "contract",
  "execution",
] as const;

export type Topic = (typeof TOPICS)[number];

/**
 * `proven`: it was checked from the proofs alone, and holds. `not-proven`: nothing contradicts it,
 * and nothing outside the log stands behind it, or part of it is not shown. `not-examined`: there is
 * nothing to examine, or no way to.
 */
export type Standing = "proven" | "not-proven" | "refused" | "not-examined";

export type Finding =
  | { readonly topic: Topic; readonly standing: "refused"; readonly why: Contradiction }
  | {
      readonly topic: Topic;
      readonly standing: Exclude<Standing, "refused">;
      readonly found: Found;
    };

const STANDINGS = {
  proven: "proven",
  unanchored: "not-proven",
  incomplete: "not-proven",
  absent: "not-examined",
} as const satisfies Record<Found["kind"], Standing>;

export function finding(topic: Topic, found: Found): Finding {
  return { topic, standing: STANDINGS[found.kind], found };
}

/** What nobody should conclude from an opinion. */
export const GAPS = [
  "later",
  "unnamed",
  "unopenable",
  "firstBlock",
  "ancestry",
  "actors",
  "releases",
  "truth",
] as const;
export type Gap = (typeof GAPS)[number] | "erased" | "witnesses";

export type Opinion = {
  readonly policy: Hex;
  readonly ocid: string;
  /** The size of the log the dossier was made at, as it says. */
  readonly size: bigint;
  readonly counts: {
    readonly events: number;
    readonly documents: number;
    readonly releases: number;
  };
  /** Whether some event is of a demonstration or a rehearsal. */
  readonly isSimulated: boolean;
  /** Whether some event says that it happened elsewhere and earlier. */
  readonly isImported: boolean;
  /** Whether witnesses signed every checkpoint. */
  readonly isWitnessed: boolean;
  /** One a topic, in their order. */
  readonly findings: readonly Finding[];
};

export type Verdict = "proven" | "refused" | "incomplete" | "not-anchored";

function isIncomplete({ findings }: Opinion): boolean {
  return findings.some(({ standing, topic }) => standing === "not-proven" && topic !== "anchoring");
}

export function verdictOf(opinion: Opinion): Verdict {
  const has = (wanted: Standing) => opinion.findings.some(({ standing }) => standing === wanted);
  if (has("refused")) return "refused";
  if (!has("not-proven")) return "proven";
  return isIncomplete(opinion) ? "incomplete" : "not-anchored";
}

/** The exit code of an opinion (§12). */
export function opinionExitCode(opinion: Opinion): 0 | 1 | 3 {
  const codes = { proven: 0, refused: 1, incomplete: 3, "not-anchored": 3 } as const;
  return codes[verdictOf(opinion)];
}

export function gapsOf(opinion: Opinion): readonly Gap[] {
  return [
    ...GAPS,
    ...(isIncomplete(opinion) ? (["erased"] as const) : []),
    ...(opinion.isWitnessed ? [] : (["witnesses"] as const)),
  ];
}
