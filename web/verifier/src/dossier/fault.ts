/** Why a file is no dossier: nothing is concluded from it, neither for nor against. */

import { Broken, type Evidence } from "../refusal.ts";
import type { Fault } from "../words/dossier-en.ts";

export class NoDossier extends Error {
  readonly fault: Fault;
  readonly values: Readonly<Record<string, string>>;
  /** The rule of the list that is broken, if it is one of JSON. */
  readonly evidence: Evidence | null;

  constructor(
    fault: Fault,
    values: Readonly<Record<string, string>> = {},
    evidence: Evidence | null = null,
  ) {
    super(fault);
    this.fault = fault;
    this.values = values;
    this.evidence = evidence;
  }
}

/** It is no dossier unless `holds`. */
export function mustBe(
  holds: boolean,
  fault: Fault,
  values: Readonly<Record<string, string>> = {},
): asserts holds {
  if (!holds) throw new NoDossier(fault, values);
}

/** Reads the list: what is broken in it makes the file no dossier. */
export function ofList<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Broken) throw new NoDossier("list", {}, error.evidence);
    throw error;
  }
}
