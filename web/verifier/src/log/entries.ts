/** What the entries so far fix for the next one (§9, step 4). */

import { type Bytes, equal } from "../bytes.ts";
import { base64url } from "../encoding.ts";
import { type Envelope, parseEntry, type PublicEntry, readEntry } from "../envelope.ts";
import { leafHash } from "../merkle.ts";
import { Broken, must } from "../refusal.ts";

/** An entry by itself: it has its leaf, and is one of the log `origin`. */
export function readPlaced(bytes: Bytes, leaf: Bytes, origin: string): PublicEntry {
  // Bytes with another hash are told so, whatever else is wrong with them.
  must(equal(leafHash(bytes), leaf), "otherLeaf");
  return parseEntry(readEntry(bytes), origin);
}

type Newest = { readonly ver: bigint; readonly leaf: string };

export class Entries {
  #at = 0n;
  #effectiveAt = "";
  #sealed = 0n;
  readonly #ids = new Set<string>();
  readonly #streams = new Map<string, Newest>();

  /** How many entries are sealed. */
  get sealed(): bigint {
    return this.#sealed;
  }

  check(entry: PublicEntry, position: bigint): void {
    const { seq, at, id, leaf, envelope } = entry;
    must(seq === position, "otherSeq", { found: String(seq) });
    must(at >= this.#at, "atDecreases");
    this.#at = at;
    must(!this.#ids.has(id), "repeatedId");
    this.#ids.add(id);
    if (envelope === null) this.#sealed += 1n;
    else this.#checkOpen(envelope, leaf);
  }

  #checkOpen({ clock, effectiveAt, stream, ver, prev }: Envelope, leaf: Bytes): void {
    if (clock !== "imported") {
      // Instants have one spelling, so they are sorted as their texts are.
      must(effectiveAt >= this.#effectiveAt, "effectiveDecreases");
      this.#effectiveAt = effectiveAt;
    }
    const before = this.#streams.get(stream);
    const expected = (before?.ver ?? 0n) + 1n;
    const found = { stream, found: String(ver), expected: String(expected) };
    must(ver === expected, "streamVersion", found);
    must(prev === (before?.leaf ?? null), "streamPrevious", { stream });
    this.#streams.set(stream, { ver, leaf: base64url(leaf) });
  }
}

/** Runs the checks of the entry at `position`: a rule that is broken in them is broken there. */
export function atPosition<T>(position: bigint, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Broken)) throw error;
    const { rule, values } = error.evidence;
    throw new Broken(rule, { ...values, position: String(position) });
  }
}
