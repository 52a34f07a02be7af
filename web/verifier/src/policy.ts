/** What the auditor decides to trust (§6). */

import { type Bytes, sha256, utf8 } from "./bytes.ts";
import { areSorted, checkNamedSigners, type SignerRange, signersAt } from "./chain/clique.ts";
import { decodeHeader, type Header } from "./chain/header.ts";
import { type Hex, hex, isOrigin } from "./encoding.ts";
import { parseJson, textOf } from "./json/parse.ts";
import { canonical, type Json } from "./json/value.ts";
import { hexOf, Members, textOf as stringOf } from "./members.ts";
import { COSIGNATURE, ED25519, type NoteKey, parseKey } from "./note.ts";
import { areDisjoint, type Range } from "./ranges.ts";
import { must } from "./refusal.ts";

export const CONSENSUS = ["clique", "dev"] as const;
export type Consensus = (typeof CONSENSUS)[number];
const MAX_BYTES = 1024 * 1024;

export type Contract = Range & { readonly address: Bytes; readonly codeHash: Bytes };

export type Chain = {
  readonly consensus: Consensus;
  readonly chainId: bigint;
  readonly genesisHash: Bytes;
  readonly period: bigint;
  readonly epoch: bigint;
  readonly signers: readonly SignerRange[];
};

export type Policy = {
  readonly fingerprint: Hex;
  readonly origin: string;
  readonly logKey: NoteKey;
  readonly witnessKeys: readonly NoteKey[];
  readonly witnessQuorum: number;
  readonly receiptKey: NoteKey | null;
  readonly chain: Chain;
  readonly contracts: readonly Contract[];
  readonly maxDelaySeconds: bigint;
  readonly toleranceSeconds: bigint;
};

/** Reads a policy; throws `Broken` with the member and the rule if it is none. */
export function parsePolicy(bytes: Bytes): Policy {
  must(bytes.length <= MAX_BYTES, "fileSize", { limit: String(MAX_BYTES) });
  const value = parseJson(textOf(bytes));
  const members = new Members(value, "", [
    "v",
    "origin",
    "logKey",
    "witnessKeys",
    "witnessQuorum",
    "receiptKey",
    "chain",
    "contracts",
    "maxDelaySeconds",
    "toleranceSeconds",
  ]);
  members.oneOf("v", ["smart-tenders/policy@v1"]);
  const origin = members.text("origin");
  must(isOrigin(origin), "notOrigin", { field: "origin" });
  return {
    fingerprint: hex(sha256(utf8(canonical(value)))),
    origin,
    ...readKeys(members, origin),
    chain: readChain(members.value("chain")),
    contracts: readContracts(members),
    maxDelaySeconds: members.position("maxDelaySeconds"),
    toleranceSeconds: members.position("toleranceSeconds"),
  };
}

function readKeys(members: Members, origin: string) {
  const logKey = parseKey(members.text("logKey"), ED25519, "logKey");
  must(logKey.name === origin, "keyName", { field: "logKey" });
  const witnessKeys = members.items("witnessKeys", (item, field) =>
    parseKey(stringOf(item, field), COSIGNATURE, field),
  );
  const receiptKey = members.isNull("receiptKey")
    ? null
    : parseKey(members.text("receiptKey"), ED25519, "receiptKey");
  const all = [logKey, ...witnessKeys, ...(receiptKey === null ? [] : [receiptKey])];
  must(new Set(all.map(({ publicKey }) => hex(publicKey))).size === all.length, "keyTwice");
  const witnessQuorum = members.value("witnessQuorum");
  must(
    typeof witnessQuorum === "number" && witnessQuorum >= 0 && witnessQuorum <= witnessKeys.length,
    "witnessQuorum",
  );
  return { logKey, witnessKeys, witnessQuorum, receiptKey };
}

function readChain(value: Json): Chain {
  const members = new Members(value, "chain", [
    "consensus",
    "chainId",
    "genesisHeader",
    "period",
    "epoch",
    "signers",
  ]);
  const genesis = decodeHeader(members.hex("genesisHeader"));
  must(genesis.number === 0n, "genesisNumber", { number: String(genesis.number) });
  const chain: Chain = {
    consensus: members.oneOf("consensus", CONSENSUS),
    chainId: members.position("chainId"),
    genesisHash: genesis.hash,
    period: members.position("period"),
    epoch: members.position("epoch"),
    signers: members.items("signers", readSignerRange),
  };
  must(areDisjoint(chain.signers), "rangesOverlap", { field: "chain.signers" });
  checkConsensus(chain, genesis);
  return chain;
}

function checkConsensus(chain: Chain, genesis: Header): void {
  switch (chain.consensus) {
    case "clique":
      must(chain.epoch >= 1n, "epochZero");
      checkNamedSigners(genesis.extra, signersAt(chain.signers, 0n), 0n);
      return;
    case "dev":
      must(chain.epoch === 0n && chain.period === 0n, "devTiming");
      return;
    default:
      chain.consensus satisfies never;
  }
}

function readSignerRange(value: Json, field: string): SignerRange {
  const members = new Members(value, field, ["fromBlock", "toBlock", "signers"]);
  const signers = members.items("signers", (item, itemField) => {
    const signer = new Members(item, itemField, ["address", "organisation"]);
    return {
      address: hexOf(signer.value("address"), signer.field("address"), 20),
      organisation: signer.text("organisation"),
    };
  });
  must(signers.length > 0 && areSorted(signers), "signersSorted", { field });
  return { from: members.position("fromBlock"), to: members.positionOrNull("toBlock"), signers };
}

function readContracts(policy: Members): readonly Contract[] {
  const contracts = policy.items("contracts", (item, field) => {
    const members = new Members(item, field, ["address", "codeHash", "fromSize", "toSize"]);
    return {
      address: members.hex("address", 20),
      codeHash: members.hex("codeHash", 32),
      from: members.position("fromSize"),
      to: members.positionOrNull("toSize"),
    };
  });
  must(areDisjoint(contracts), "rangesOverlap", { field: "contracts" });
  return contracts;
}

/** The contract a batch that ends at `size` belongs to: `fromSize` < size ≤ `toSize`. */
export function contractFor(policy: Policy, size: bigint): Contract | undefined {
  return policy.contracts.find(({ from, to }) => from < size && (to === null || size <= to));
}
