/** What a check of a dossier found that refused nothing. */

import type { Says } from "../words/dossier-says-en.ts";

/**
 * `proven`: it holds. `unanchored`: nothing outside the log stands behind it. `incomplete`: what is
 * there holds, and something is not shown (any more). `absent`: it is not there so far.
 */
export type Found = {
  readonly kind: "proven" | "unanchored" | "incomplete" | "absent";
  /** The parts of the sentence. */
  readonly says: readonly Part[];
};

type Part = { readonly says: Says; readonly values: Readonly<Record<string, string>> };
type Values = Readonly<Record<string, string | number | bigint>>;

export function part(says: Says, values: Values = {}): Part {
  const texts = Object.entries(values).map(([name, value]) => [name, String(value)] as const);
  return { says, values: Object.fromEntries(texts) };
}

export function proven(says: Says, values: Values = {}, ...more: readonly Part[]): Found {
  return { kind: "proven", says: [part(says, values), ...more] };
}

export function unanchored(says: Says, values: Values = {}): Found {
  return { kind: "unanchored", says: [part(says, values)] };
}

export function incomplete(says: Says, values: Values = {}, ...more: readonly Part[]): Found {
  return { kind: "incomplete", says: [part(says, values), ...more] };
}

export function absent(says: Says): Found {
  return { kind: "absent", says: [part(says)] };
}
