/** Commitments and what is disclosed of them (§2.1). */

import { type Bytes, bigEndian, compare, sha256, utf8 } from "./bytes.ts";
import { base64url, unbase64url } from "./encoding.ts";
import { isEntryPart, parseInner, type Envelope, type PublicEntry } from "./envelope.ts";
import { canonical, type Json } from "./json/value.ts";
import { Members } from "./members.ts";
import { must } from "./refusal.ts";

export type Disclosure = { readonly path: string; readonly salt: Bytes; readonly value: Json };

const TAG = utf8("smart-tenders/commit@v1\0");

/** The commitment to `value` at `path`. */
export function commitment({ path, salt, value }: Disclosure): string {
  const [encodedPath, encoded] = [utf8(path), utf8(canonical(value))];
  return base64url(
    sha256(
      TAG,
      bigEndian(BigInt(encodedPath.length), 4),
      encodedPath,
      salt,
      bigEndian(BigInt(encoded.length), 8),
      encoded,
    ),
  );
}

/** Reads the disclosures of a bundle or receipt file: sorted by the bytes of path, none twice. */
export function readDisclosures(file: Members): readonly Disclosure[] {
  const disclosures = file.items("disclosures", (item, field) => {
    const members = new Members(item, field, ["path", "salt", "value"]);
    const salt = unbase64url(members.text("salt"));
    must(salt?.length === 32, "notSalt", { field: members.field("salt") });
    return { path: members.text("path"), salt, value: members.value("value") };
  });
  disclosures.forEach(({ path }, at) => {
    const before = disclosures[at - 1];
    const sorted = before === undefined || compare(utf8(before.path), utf8(path)) < 0;
    must(sorted, "disclosureOrder", { path });
  });
  return disclosures;
}

/** What disclosures show of an entry. */
export type Disclosed = {
  /** The envelope that can be read: an open one, or a sealed one's that is disclosed. */
  readonly envelope: Envelope | null;
  /** Values by their paths. */
  readonly values: ReadonlyMap<string, Json>;
  /** How many disclosures there are, and how many of them are of signatures. */
  readonly count: number;
  readonly signatures: number;
};

/** Checks every disclosure against the commitments of `entry` and of the envelope inside it. */
export function openDisclosures(entry: PublicEntry, disclosures: readonly Disclosure[]): Disclosed {
  let envelope = entry.envelope;
  let rest = disclosures;
  const [first] = disclosures;
  if (entry.seal !== null && first?.path === "") {
    must(commitment(first) === entry.seal, "otherCommitment", { path: '""' });
    envelope = parseInner(first.value, entry);
    rest = disclosures.slice(1);
  }
  for (const disclosure of rest) {
    const expected = envelope === null ? undefined : committedAt(envelope, disclosure.path);
    must(expected !== undefined, "nothingCommitted", { path: JSON.stringify(disclosure.path) });
    must(commitment(disclosure) === expected, "otherCommitment", {
      path: JSON.stringify(disclosure.path),
    });
  }
  return {
    envelope,
    values: new Map(rest.map(({ path, value }) => [path, value])),
    count: disclosures.length,
    signatures: rest.filter(({ path }) => !isEntryPart(path)).length,
  };
}

function committedAt(envelope: Envelope, path: string): string | undefined {
  const index = /^\/sig\/(0|[1-9][0-9]{0,9})$/.exec(path)?.[1];
  return index === undefined ? envelope.cm.get(path) : envelope.sig[Number(index)];
}
