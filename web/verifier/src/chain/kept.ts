/** A followed chain in the words of its file, which both verifiers read and write. */

import { type Bytes, equal, sha256, utf8 } from "../bytes.ts";
import { hex, type Hex } from "../encoding.ts";
import { parseJson, textOf } from "../json/parse.ts";
import { canonical, isArray, type Json } from "../json/value.ts";
import { hexOf, Members, textOf as stringOf } from "../members.ts";
import type { Chain } from "../policy.ts";
import { must } from "../refusal.ts";
import type { Kept, SignerSet } from "./follow.ts";
import { decodeHeader } from "./header.ts";
import type { Snapshot } from "./snapshot.ts";

const WORD = "smart-tenders/chain-state@v1";
const SNAPSHOT = [
  "baseFeeWei",
  "gasLimit",
  "gasUsed",
  "hash",
  "number",
  "recents",
  "signers",
  "timestamp",
  "totalDifficulty",
  "votes",
];

const object = (members: Readonly<Record<string, Json>>): Json => new Map(Object.entries(members));

/** The file: a word and the SHA-256 of the rest, and the rest as canonical JSON. */
export function writeKept({ genesisHash }: Chain, kept: Omit<Kept, "hashes">): string {
  const json = canonical(
    object({
      genesisHash: hex(genesisHash),
      settled: snapshotJson(kept.settled),
      signers: kept.signers.map(({ from, signers }) =>
        object({ fromBlock: String(from), signers }),
      ),
      unsettled: kept.unsettled.map(({ rlp }) => hex(rlp)),
    }),
  );
  return `${WORD} ${hex(sha256(utf8(json)))}\n${json}`;
}

function snapshotJson(snapshot: Snapshot): Json {
  const { baseFee, gasLimit, gasUsed, hash, number, recents, signers, votes } = snapshot;
  const pairs = votes.map(({ subject, voter }) => [subject, voter] as const);
  return object({
    baseFeeWei: baseFee === null ? null : String(baseFee),
    gasLimit: String(gasLimit),
    gasUsed: String(gasUsed),
    hash: hex(hash),
    number: String(number),
    recents: recents.map((recent) => [String(recent.number), recent.sealer]),
    signers,
    timestamp: String(snapshot.time),
    totalDifficulty: String(snapshot.totalDifficulty),
    votes: pairs.sort((a, b) => (a.join() < b.join() ? -1 : 1)),
  });
}

/** Reads the file; `Broken` if it is not what was written, or of another chain. */
export function readKept({ genesisHash }: Chain, bytes: Bytes): Omit<Kept, "hashes"> {
  const text = textOf(bytes);
  const end = text.indexOf("\n");
  const json = text.slice(end + 1);
  must(text.slice(0, end) === `${WORD} ${hex(sha256(utf8(json)))}`, "notKept");
  const members = new Members(parseJson(json), "", [
    "genesisHash",
    "settled",
    "signers",
    "unsettled",
  ]);
  must(equal(members.hex("genesisHash", 32), genesisHash), "notKept");
  const unsettled = members.items("unsettled", (item, field) => decodeHeader(hexOf(item, field)));
  return {
    settled: readSnapshot(members.value("settled")),
    signers: readSigners(members),
    unsettled,
  };
}

function readSigners(members: Members): readonly SignerSet[] {
  const sets = members.items("signers", (item, field) => {
    const set = new Members(item, field, ["fromBlock", "signers"]);
    return { from: set.position("fromBlock"), signers: set.items("signers", address) };
  });
  const isSorted = sets.every(({ from }, at) =>
    at === 0 ? from === 0n : from > (sets[at - 1]?.from ?? 0n),
  );
  must(isSorted && sets.length > 0, "notKept");
  return sets;
}

function address(item: Json, field: string): Hex {
  return hex(hexOf(item, field, 20));
}

function readSnapshot(value: Json): Snapshot {
  const members = new Members(value, "settled", SNAPSHOT);
  const total = members.text("totalDifficulty");
  must(/^[0-9]{1,39}$/.test(total), "notKept");
  return {
    number: members.position("number"),
    hash: members.hex("hash", 32),
    time: members.position("timestamp"),
    totalDifficulty: BigInt(total),
    gasLimit: members.position("gasLimit"),
    gasUsed: members.position("gasUsed"),
    baseFee: members.positionOrNull("baseFeeWei"),
    signers: members.items("signers", address),
    recents: members.items("recents", (item, field) => {
      const [number, sealer] = pair(item);
      const position = /^[0-9]{1,20}$/.exec(stringOf(number, field))?.[0] ?? "";
      must(position !== "", "notKept");
      return { number: BigInt(position), sealer: address(sealer, field) };
    }),
    votes: members.items("votes", (item, field) => {
      const [subject, voter] = pair(item);
      return { subject: address(subject, field), voter: address(voter, field) };
    }),
  };
}

function pair(item: Json): readonly [Json, Json] {
  must(isArray(item) && item.length === 2, "notKept");
  return [item[0] ?? null, item[1] ?? null];
}
