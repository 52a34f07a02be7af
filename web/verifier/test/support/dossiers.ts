/** The shared vectors of dossiers, `verifier/vectors/dossiers.json`. */

import { bytes, load } from "./vectors.ts";

export type Topic = readonly [topic: string, standing: string, position: string | null];

export type DossierCase = {
  readonly name: string;
  readonly policy: string;
  readonly base: string | null;
  readonly archive: readonly (string | number)[];
  readonly opinion: string;
  readonly topics: readonly Topic[];
};

export const dossiers = load<readonly DossierCase[]>("dossiers");

const known = new Map<string, Uint8Array>();

/** The zip file of a case. */
export function archiveOf({ name, base, archive }: DossierCase): Uint8Array {
  const made = known.get(name) ?? patched(base === null ? new Uint8Array() : baseOf(base), archive);
  if (base === null) known.set(name, made);
  return made;
}

function baseOf(name: string): Uint8Array {
  return archiveOf(dossierCase(name));
}

export function dossierCase(name: string): DossierCase {
  const found = dossiers.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no dossier "${name}" among the vectors`);
  return found;
}

/** A text is bytes, two numbers are a copy of what there is so far: where it starts, its length. */
function patched(base: Uint8Array, parts: DossierCase["archive"]): Uint8Array {
  let all = new Uint8Array(2 * base.length + 1024);
  all.set(base);
  let end = base.length;
  const add = (part: Uint8Array) => {
    if (end + part.length > all.length) {
      const longer = new Uint8Array(2 * (end + part.length));
      longer.set(all);
      all = longer;
    }
    all.set(part, end);
    end += part.length;
  };
  let start: number | null = null;
  for (const part of parts) {
    if (typeof part === "string") add(bytes(part));
    else if (start === null) start = part;
    else {
      add(all.subarray(start, start + part));
      start = null;
    }
  }
  return all.slice(base.length, end);
}
