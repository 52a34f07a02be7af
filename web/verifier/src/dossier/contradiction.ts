/** What a check of a dossier says that refuses. */

import type { Check, Evidence } from "../refusal.ts";
import type { Contradicts } from "../words/dossier-en.ts";

/** The values a contradiction is about. */
export type Detail =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "differs"; readonly recorded: string; readonly shown: string }
  /** A proof that is refused, or a release that is no JSON. */
  | {
      readonly kind: "broken";
      readonly file: string;
      readonly check: Check | null;
      readonly evidence: Evidence;
    };

/** A record that contradicts what the others show, or that lacks what it needs. */
export class Contradiction extends Error {
  /** The event that is refused; `null` if it is the dossier itself. */
  readonly event: { readonly position: bigint; readonly type: string } | null;
  readonly what: Contradicts;
  readonly detail: Detail;

  constructor(event: Contradiction["event"], what: Contradicts, detail: Detail | string = "") {
    super(what);
    this.event = event;
    this.what = what;
    this.detail =
      typeof detail !== "string" ? detail : detail === "" ? { kind: "none" } : textDetail(detail);
  }
}

function textDetail(text: string): Detail {
  return { kind: "text", text };
}
