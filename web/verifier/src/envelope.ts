/** Entries and envelopes: the first line, the members, and what is withheld (§1, §2). */

import { type Bytes, utf8 } from "./bytes.ts";
import {
  base64url,
  isEventId,
  isOrigin,
  isUuid,
  unbase64url,
  unhex,
  uninstant,
  unposition,
} from "./encoding.ts";
import { textOf, parseJson } from "./json/parse.ts";
import { canonical, isObject, type Json, type JsonObject } from "./json/value.ts";
import { Members } from "./members.ts";
import { leafHash } from "./merkle.ts";
import { checkPaths, isEntryPart } from "./paths.ts";
import { must } from "./refusal.ts";

export { isEntryPart };

const FIRST_LINE = "smart-tenders/event@v1\n";
const [MIN_BYTES, MAX_BYTES, SEALED_BYTES] = [24, 65_535, 1_024];
const CLOCKS = ["wall", "simulated", "imported"] as const;
const ACTOR_KINDS = ["official", "company", "evaluator", "citizen", "authority", "system"] as const;
const OUTER = ["at", "clock", "cm", "id", "log", "schema", "seq", "type"] as const;
const OPEN = [
  ...OUTER,
  "stream",
  "ver",
  "prev",
  "effectiveAt",
  "causation",
  "correlation",
  "ruleSet",
  "data",
  "sig",
] as const;

/** An entry whose bytes are well formed; what its members say is not looked at yet. */
export type RawEntry = { readonly leaf: Bytes; readonly length: number; readonly value: Json };

/** What every entry shows, sealed or not. */
type Head = {
  readonly log: string;
  readonly seq: bigint;
  readonly id: string;
  readonly at: bigint;
  readonly atText: string;
  readonly clock: (typeof CLOCKS)[number];
};

/** An envelope that can be read. */
export type Envelope = Head & {
  readonly stream: string;
  readonly ver: bigint;
  readonly prev: string | null;
  readonly type: string;
  readonly effectiveAt: string;
  readonly data: JsonObject;
  readonly cm: ReadonlyMap<string, string>;
  readonly sig: readonly string[];
};

/** An entry as it is on the log: with an envelope, or with a seal, the commitment to one. */
export type PublicEntry = Head & {
  readonly leaf: Bytes;
  readonly envelope: Envelope | null;
  readonly seal: string | null;
};

/** The check `leaf`: the first line, the length, the canonical form. */
export function readEntry(bytes: Bytes): RawEntry {
  const length = bytes.length;
  must(length >= MIN_BYTES && length <= MAX_BYTES, "entryLength", { length: String(length) });
  const text = textOf(bytes);
  must(text.startsWith(FIRST_LINE), "firstLine");
  const json = text.slice(FIRST_LINE.length);
  const value = parseJson(json);
  must(canonical(value) === json, "notCanonical");
  return { leaf: leafHash(bytes), length, value };
}

/** The check `profile`: the members of the envelope, and the log it says it is of. */
export function parseEntry(raw: RawEntry, origin: string): PublicEntry {
  const { leaf, length, value } = raw;
  const type = isObject(value) ? value.get("type") : undefined;
  const entry =
    type === "Sealed"
      ? { ...parseSealed(value, length), leaf, envelope: null }
      : openEntry(parseEnvelope(value, "entry"), leaf);
  must(entry.log === origin, "otherLog", { log: entry.log, origin });
  return entry;
}

function openEntry(envelope: Envelope, leaf: Bytes): PublicEntry {
  const { log, seq, id, at, atText, clock } = envelope;
  return { log, seq, id, at, atText, clock, leaf, envelope, seal: null };
}

function readHead(members: Members): Head {
  const field = (name: string) => ({ field: members.field(name) });
  const [log, id, atText] = [members.text("log"), members.text("id"), members.text("at")];
  must(isOrigin(log), "notOrigin", field("log"));
  must(isEventId(id), "notEventId", field("id"));
  const schema = unposition(members.text("schema")) ?? 0n;
  must(schema >= 1n && schema <= 65_535n, "notSchema", field("schema"));
  return {
    log,
    seq: members.position("seq"),
    id,
    at: instant(members, "at"),
    atText,
    clock: members.oneOf("clock", CLOCKS),
  };
}

function instant(members: Members, name: string): bigint {
  const time = uninstant(members.text(name));
  must(time !== null, "notInstant", { field: members.field(name) });
  return time;
}

function parseSealed(value: Json, length: number): Head & { seal: string } {
  const members = new Members(value, "entry", [...OUTER, "pad"]);
  must(length === SEALED_BYTES, "sealedLength", { length: String(length) });
  must(/^0*$/.test(members.text("pad")), "sealedPad");
  const cm = new Members(members.value("cm"), "entry.cm", [""]);
  return { ...readHead(members), seal: readCommitment(cm.value(""), 'entry.cm[""]') };
}

/** The envelope inside a sealed entry: it repeats what the outer one says. */
export function parseInner(value: Json, outer: PublicEntry): Envelope {
  const inner = parseEnvelope(value, "inner");
  for (const name of ["log", "seq", "id", "atText", "clock"] as const) {
    must(inner[name] === outer[name], "innerDiffers", { field: name.replace("Text", "") });
  }
  return inner;
}

/** Reads an envelope of the table in §2. */
export function parseEnvelope(value: Json, where: string): Envelope {
  const withheldActor =
    isObject(value) && isObject(value.get("cm")) && (value.get("cm") as JsonObject).has("/actor");
  const members = new Members(value, where, withheldActor ? OPEN : [...OPEN, "actor"]);
  const head = readHead(members);
  const stream = members.text("stream");
  must(/^[a-z][A-Za-z0-9._-]{0,127}$/.test(stream), "notStream", {
    field: members.field("stream"),
  });
  const type = members.text("type");
  must(/^[A-Z][A-Za-z0-9]{0,63}$/.test(type) && type !== "Sealed", "notType", {
    field: members.field("type"),
  });
  const effectiveAt = members.text("effectiveAt");
  instant(members, "effectiveAt");
  if (!withheldActor) checkActor(members);
  checkOrigins(members);
  const data = members.value("data");
  must(isObject(data), "notObject", { field: members.field("data") });
  const cm = readCommitments(members);
  checkPaths([...cm.keys()], value);
  const sig = members.items("sig", readCommitment);
  return { ...head, ...readPlace(members), stream, type, effectiveAt, data, cm, sig };
}

function readPlace(members: Members): { ver: bigint; prev: string | null } {
  const ver = members.position("ver");
  must(ver >= 1n, "notPosition", { field: members.field("ver") });
  const prev = members.isNull("prev")
    ? null
    : readCommitment(members.value("prev"), members.field("prev"));
  must((prev === null) === (ver === 1n), "prevOfFirst", { field: members.field("prev") });
  return { ver, prev };
}

function checkActor(members: Members): void {
  const actor = new Members(members.value("actor"), members.field("actor"), [
    "kind",
    "ref",
    "role",
  ]);
  actor.oneOf("kind", ACTOR_KINDS);
  for (const name of ["ref", "role"]) checkShort(actor, name);
}

function checkShort(members: Members, name: string): void {
  const length = utf8(members.text(name)).length;
  must(length >= 1 && length <= 128, "notShort", { field: members.field(name) });
}

function checkOrigins(members: Members): void {
  if (!members.isNull("causation")) {
    must(isEventId(members.text("causation")), "notEventId", { field: members.field("causation") });
  }
  must(isUuid(members.text("correlation")), "notUuid", { field: members.field("correlation") });
  if (!members.isNull("ruleSet")) {
    const rules = new Members(members.value("ruleSet"), members.field("ruleSet"), ["id", "hash"]);
    checkShort(rules, "id");
    must(unhex(rules.text("hash"))?.length === 32, "notHexLength", {
      field: rules.field("hash"),
      length: "32",
    });
  }
}

function readCommitments(members: Members): ReadonlyMap<string, string> {
  const cm = members.value("cm");
  must(isObject(cm), "notObject", { field: members.field("cm") });
  const read = ([path, value]: readonly [string, Json]) =>
    [path, readCommitment(value, `${members.field("cm")}[${JSON.stringify(path)}]`)] as const;
  return new Map([...cm].map(read));
}

/** 32 bytes in base64url: a commitment, or the leaf of the entry before. */
function readCommitment(value: Json, field: string): string {
  const bytes = typeof value === "string" ? unbase64url(value) : null;
  must(bytes?.length === 32, "notCommitment", { field });
  return base64url(bytes);
}
