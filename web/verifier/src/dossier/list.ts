/** The list of a dossier, `dossier.json` (§12). */

import { type Bytes, compare, utf8 } from "../bytes.ts";
import { hex, unposition } from "../encoding.ts";
import { parseJson, textOf } from "../json/parse.ts";
import { canonical, type Json } from "../json/value.ts";
import { Members } from "../members.ts";
import { must } from "../refusal.ts";
import { type Files, isFileName, LIST } from "./archive.ts";
import { mustBe, ofList } from "./fault.ts";

/** What a dossier says of itself. */
export type List = {
  readonly ocid: string;
  /** The size of the log it was made at. */
  readonly size: bigint;
  readonly events: readonly { readonly position: bigint; readonly id: string }[];
  /** Hashes in hexadecimal. */
  readonly documents: readonly string[];
  /** The position is that of the publication. */
  readonly releases: readonly { readonly id: string; readonly position: bigint }[];
};

export const proofFile = (position: bigint) => `proofs/${position}.proof.json`;
export const documentFile = (hash: string) => `documents/${hash.slice(2)}`;
export const releaseFile = (id: string) => `releases/${id}.json`;

/** Reads the list, and checks that it names all files and no others. */
export function readList(files: Files): List {
  const bytes = files.get(LIST);
  mustBe(bytes !== undefined, "missing", { name: LIST });
  const list = ofList(() => parseList(bytes));
  const late = list.events.find(({ position }) => position >= list.size);
  mustBe(late === undefined, "item", { name: proofFile(late?.position ?? 0n) });
  checkFiles(list, files);
  return list;
}

function parseList(bytes: Bytes): List {
  const text = textOf(bytes);
  const value = parseJson(text);
  must(canonical(value) === text, "notCanonical");
  const members = new Members(value, "", ["v", "ocid", "size", "events", "documents", "releases"]);
  members.oneOf("v", ["smart-tenders/dossier@v1"]);
  return {
    ocid: members.text("ocid"),
    size: members.position("size"),
    events: items(members, "events", readEvent),
    documents: items(members, "documents", readDocument),
    releases: items(members, "releases", readRelease),
  };
}

/** An item: what sorts it, the file it names, and the file that follows from what it says. */
type Item<T> = {
  readonly content: T;
  readonly key: Bytes | bigint;
  readonly written: string;
  readonly follows: string;
};

/** The items of an array, strictly sorted by their keys. */
function items<T>(
  members: Members,
  name: string,
  read: (item: Json, field: string) => Item<T>,
): readonly T[] {
  const all = members.items(name, read);
  all.forEach(({ key, written, follows }, at) => {
    const before = all[at - 1];
    const inOrder = before === undefined || isBefore(before.key, key);
    mustBe(inOrder && written === follows, "item", { name: written });
  });
  return all.map(({ content }) => content);
}

function isBefore(a: Bytes | bigint, b: Bytes | bigint): boolean {
  if (typeof a === "bigint" || typeof b === "bigint") return a < b;
  return compare(a, b) < 0;
}

function readEvent(item: Json, field: string): Item<List["events"][number]> {
  const members = new Members(item, field, ["position", "id", "file"]);
  const position = members.position("position");
  const content = { position, id: members.text("id") };
  return { content, key: position, written: members.text("file"), follows: proofFile(position) };
}

function readDocument(item: Json, field: string): Item<string> {
  const members = new Members(item, field, ["sha256", "file", "name"]);
  const key = members.hex("sha256", 32);
  members.text("name");
  const content = hex(key);
  return { content, key, written: members.text("file"), follows: documentFile(content) };
}

function readRelease(item: Json, field: string): Item<List["releases"][number]> {
  const members = new Members(item, field, ["releaseId", "file", "proof"]);
  const id = members.text("releaseId");
  const digits = /^proofs\/([0-9]+)\.proof\.json$/.exec(members.text("proof"))?.[1];
  const position = unposition(digits ?? "");
  mustBe(isFileName(id) && position !== null, "item", { name: id });
  const content = { id, position };
  return { content, key: utf8(id), written: members.text("file"), follows: releaseFile(id) };
}

function checkFiles({ events, documents, releases }: List, files: Files): void {
  const listed = new Set([
    LIST,
    ...events.map(({ position }) => proofFile(position)),
    ...documents.map(documentFile),
    ...releases.map(({ id }) => releaseFile(id)),
  ]);
  for (const name of listed) mustBe(files.has(name), "missing", { name });
  for (const name of files.keys()) mustBe(listed.has(name), "unlisted", { name });
}
