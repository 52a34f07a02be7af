/** Whether every document that is named is there, byte for byte. */

import { sha256 } from "../bytes.ts";
import { hex, unhex } from "../encoding.ts";
import { isArray, isObject, type Json, type JsonObject } from "../json/value.ts";
import type { Case } from "./case.ts";
import { Contradiction } from "./contradiction.ts";
import type { Event } from "./event.ts";
import { absent, type Found, incomplete, proven } from "./found.ts";

/** A document as an event names it. */
type Named = { readonly event: Event; readonly name: string; readonly bytes: number };

export function checkDocuments(dossier: Case): Found {
  const named = new Map<string, Named[]>();
  for (const event of dossier.events) {
    for (const value of [event.data, ...event.disclosed.values()]) collect(event, value, named);
  }
  let gone = 0;
  for (const hash of [...named.keys()].sort()) {
    const found = dossier.documents.get(hash);
    // Its bytes may have been erased; its hash stays.
    if (found === undefined) gone += 1;
    const isRight = found === undefined || hex(sha256(found)) === hash;
    for (const { event, name, bytes } of named.get(hash) ?? []) {
      event.must(isRight && (found?.length ?? bytes) === bytes, "otherDocument", name);
    }
  }
  for (const hash of dossier.documents.keys()) {
    if (!named.has(hash)) throw new Contradiction(null, "documentNotNamed", hash);
  }
  const all = named.size;
  if (all === 0) return absent("noDocument");
  return gone > 0 ? incomplete("documentsGone", { gone, all }) : proven("documents", { all });
}

/** Adds every document below a value: an object with a hash and a length. */
function collect(event: Event, value: Json, named: Map<string, Named[]>): void {
  if (isArray(value)) for (const item of value) collect(event, item, named);
  if (!isObject(value)) return;
  if (value.has("sha256") && value.has("bytes")) {
    const [hash, document] = readDocument(event, value);
    named.set(hash, [...(named.get(hash) ?? []), document]);
  }
  for (const member of value.values()) collect(event, member, named);
}

function readDocument(event: Event, value: JsonObject): readonly [hash: string, Named] {
  const [hash, bytes, name] = ["sha256", "bytes", "name"].map((member) => value.get(member));
  const isHash = typeof hash === "string" && unhex(hash)?.length === 32;
  if (!isHash || typeof bytes !== "number" || typeof name !== "string") {
    throw event.refuse("documentShape");
  }
  return [hash, { event, name, bytes }];
}
