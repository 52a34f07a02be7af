/** The file that proves one event, taken apart (§5, check 1). */

import type { Bytes } from "./bytes.ts";
import type { Batch } from "./chain/contract.ts";
import { type Disclosure, readDisclosures } from "./disclosure.ts";
import { parseJson, textOf } from "./json/parse.ts";
import { canonical, type Json } from "./json/value.ts";
import { hexOf, Members } from "./members.ts";
import { type Consensus, CONSENSUS } from "./policy.ts";
import { must } from "./refusal.ts";

const MAX_BYTES = 1024 * 1024;

export type Anchor = {
  readonly consensus: Consensus;
  readonly chainId: bigint;
  readonly genesisHash: Bytes;
  readonly contract: Bytes;
  readonly accountProof: readonly Bytes[];
  readonly storageProof: readonly Bytes[];
  readonly headers: readonly Bytes[];
};

export type LogPart = {
  readonly size: bigint;
  readonly root: Bytes;
  readonly path: readonly Bytes[];
  readonly checkpoint: string;
};

export type Bundle = {
  readonly entry: Bytes;
  readonly disclosures: readonly Disclosure[];
  readonly batch: Batch & { readonly path: readonly Bytes[] };
  readonly log: LogPart;
  readonly anchor: Anchor | null;
};

/** The value of a file that is exactly its own canonical form. */
export function parseCanonical(bytes: Bytes): Json {
  must(bytes.length <= MAX_BYTES, "fileSize", { limit: String(MAX_BYTES) });
  const text = textOf(bytes);
  const value = parseJson(text);
  must(canonical(value) === text, "notCanonical");
  return value;
}

export function parseBundle(bytes: Bytes): Bundle {
  const value = parseCanonical(bytes);
  const members = new Members(value, "", ["v", "entry", "disclosures", "batch", "log", "anchor"]);
  members.oneOf("v", ["smart-tenders/bundle@v1"]);
  return {
    entry: members.base64url("entry"),
    disclosures: readDisclosures(members),
    batch: readBatch(members.value("batch")),
    log: readLog(members.value("log")),
    anchor: members.isNull("anchor") ? null : readAnchor(members.value("anchor")),
  };
}

const hash = (item: Json, field: string) => hexOf(item, field, 32);
const anyHex = (item: Json, field: string) => hexOf(item, field);

function readBatch(value: Json) {
  const members = new Members(value, "batch", ["index", "first", "count", "root", "path"]);
  return {
    index: members.position("index"),
    first: members.position("first"),
    count: members.position("count"),
    root: members.hex("root", 32),
    path: members.items("path", hash),
  };
}

function readLog(value: Json): LogPart {
  const members = new Members(value, "log", ["size", "root", "path", "checkpoint"]);
  return {
    size: members.position("size"),
    root: members.hex("root", 32),
    path: members.items("path", hash),
    checkpoint: members.text("checkpoint"),
  };
}

function readAnchor(value: Json): Anchor {
  const members = new Members(value, "anchor", [
    "consensus",
    "chainId",
    "genesisHash",
    "contract",
    "accountProof",
    "storageProof",
    "headers",
  ]);
  const headers = members.items("headers", anyHex);
  return {
    consensus: members.oneOf("consensus", CONSENSUS),
    chainId: members.position("chainId"),
    genesisHash: members.hex("genesisHash", 32),
    contract: members.hex("contract", 20),
    accountProof: members.items("accountProof", anyHex),
    storageProof: members.items("storageProof", anyHex),
    headers,
  };
}
