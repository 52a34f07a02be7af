/** Why something is refused: by which check, and by which rule of `docs/proof-format.md`. */

import type { Rule } from "./words/en.ts";

/** The checks of a bundle (§7), in their order; then others (§5, §9, §11, §13). */
export const BUNDLE_CHECKS = [
  "limits",
  "leaf",
  "profile",
  "disclosures",
  "signatures",
  "batch path",
  "log path",
  "checkpoint",
  "anchor",
  "storage",
  "headers",
  "seals",
  "confirmations",
  "times",
] as const;

export type Check =
  (typeof BUNDLE_CHECKS)[number] | "ancestry" | "release" | "receipt" | "opening" | "replay";

/** A broken rule and what it was broken with; the words for it are in `words/`. */
export type Evidence = { readonly rule: Rule; readonly values: Readonly<Record<string, string>> };

/** A rule is broken; which check that fails is said by whoever asked. */
export class Broken extends Error {
  readonly evidence: Evidence;

  constructor(rule: Rule, values: Readonly<Record<string, string>> = {}) {
    super(rule);
    this.evidence = { rule, values };
  }
}

/** A check failed, and with it everything. */
export class Refused extends Error {
  readonly check: Check;
  readonly evidence: Evidence;

  constructor(check: Check, evidence: Evidence) {
    super(`${check}: ${evidence.rule}`);
    this.check = check;
    this.evidence = evidence;
  }
}

/** Runs one check: a rule that is broken in it fails this check. */
export function during<T>(check: Check, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Broken) throw new Refused(check, error.evidence);
    throw error;
  }
}

/** Breaks `rule` unless `holds`. */
export function must(
  holds: boolean,
  rule: Rule,
  values: Readonly<Record<string, string>> = {},
): asserts holds {
  if (!holds) throw new Broken(rule, values);
}
