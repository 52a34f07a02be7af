/** Block headers: what every chain's have, and how they follow each other (check 11). */

import { type Bytes, equal, fromBigEndian, keccak256 } from "../bytes.ts";
import { hex } from "../encoding.ts";
import { Broken, must } from "../refusal.ts";
import { bytesOf, decodeRlp, integerOf, type Item, listOf } from "./rlp.ts";

export type Header = {
  readonly rlp: Bytes;
  readonly fields: readonly Item[];
  readonly hash: Bytes;
  readonly parentHash: Bytes;
  readonly uncleHash: Bytes;
  readonly miner: Bytes;
  readonly stateRoot: Bytes;
  readonly difficulty: bigint;
  readonly number: bigint;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  /** `null` if there is none, or none that is a number. */
  readonly baseFee: bigint | null;
  readonly time: bigint;
  readonly extra: Bytes;
  readonly mixDigest: Bytes;
  readonly nonce: Bytes;
};

/** Those of every header, and those of a header of the latest forks. */
const [FIELDS_MIN, FIELDS_MAX] = [15, 21];

function sized(item: Item | undefined, length: number): Bytes {
  const bytes = bytesOf(item);
  must(bytes.length === length, "rlpForm");
  return bytes;
}

/** Decodes a header; of a chain that is not Clique's it may have more fields than are known here. */
export function decodeHeader(bytes: Bytes): Header {
  const fields = listOf(decodeRlp(bytes));
  const isHeader = fields.length >= FIELDS_MIN && fields.length <= FIELDS_MAX;
  must(isHeader, "headerFields", { fields: String(fields.length) });
  fields.forEach(bytesOf);
  const [parent, uncles, miner, state, transactions, receipts, bloom, difficulty] = fields;
  const [number, gasLimit, gasUsed, time, extra, mixDigest, nonce] = fields.slice(8);
  sized(transactions, 32);
  sized(receipts, 32);
  sized(bloom, 256);
  return {
    rlp: bytes,
    fields,
    hash: keccak256(bytes),
    parentHash: sized(parent, 32),
    uncleHash: sized(uncles, 32),
    miner: sized(miner, 20),
    stateRoot: sized(state, 32),
    difficulty: integerOf(difficulty, 8),
    number: integerOf(number, 8),
    gasLimit: integerOf(gasLimit, 8),
    gasUsed: integerOf(gasUsed, 8),
    baseFee: baseFeeOf(fields[FIELDS_MIN]),
    time: integerOf(time, 8),
    extra: bytesOf(extra),
    mixDigest: sized(mixDigest, 32),
    nonce: sized(nonce, 8),
  };
}

/** Of other chains the field may be something else, and only following looks at it. */
function baseFeeOf(item: Item | undefined): bigint | null {
  const bytes = item === undefined ? null : bytesOf(item);
  return bytes === null || bytes.length > 8 || bytes[0] === 0 ? null : fromBigEndian(bytes);
}

/** Decodes the headers of a bundle, of which there is at least one. */
export function decodeHeaders(encoded: readonly Bytes[]): readonly [Header, ...Header[]] {
  const [first, ...rest] = encoded.map((bytes, at) => {
    try {
      return decodeHeader(bytes);
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      throw new Broken("headerForm", { header: String(at) });
    }
  });
  must(first !== undefined, "noHeaders");
  return [first, ...rest];
}

/** That each header is the child of the one before it, at least `period` seconds later. */
export function checkDescent(headers: readonly Header[], period: bigint): void {
  headers.slice(1).forEach((child, at) => {
    const parent = headers[at];
    if (parent !== undefined) checkChild(parent, child, period);
  });
}

/** That `child` is of the block after `parent`. */
export function checkChild(
  parent: Pick<Header, "hash" | "number" | "time">,
  child: Header,
  period: bigint,
): void {
  const number = { number: String(child.number) };
  must(equal(child.parentHash, parent.hash), "otherParent", {
    ...number,
    parent: hex(child.parentHash),
  });
  must(child.number === parent.number + 1n, "numberNotNext", number);
  must(child.time >= parent.time + period, "tooSoon", number);
}
