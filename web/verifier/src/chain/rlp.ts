/** RLP, decoded strictly: every value has one encoding. */

import { type Bytes, bigEndian, concat, fromBigEndian } from "../bytes.ts";
import { must } from "../refusal.ts";

/** A decoded item; `raw` is its own encoding. */
export type Item = { readonly raw: Bytes; readonly content: Bytes | readonly Item[] };

// Headers and trie nodes are shallow; deeper lists are an attack on the stack.
const MAX_DEPTH = 16;

export function decodeRlp(bytes: Bytes): Item {
  const item = decodeAt(bytes, 0, 0);
  must(item.raw.length === bytes.length, "rlpForm");
  return item;
}

export function bytesOf(item: Item | undefined): Bytes {
  must(item?.content instanceof Uint8Array, "rlpForm");
  return item.content;
}

export function listOf(item: Item | undefined): readonly Item[] {
  must(item !== undefined && !(item.content instanceof Uint8Array), "rlpForm");
  return item.content;
}

/** An integer of at most `length` bytes, without leading zeros. */
export function integerOf(item: Item | undefined, length: number): bigint {
  const bytes = bytesOf(item);
  must(bytes.length <= length && bytes[0] !== 0, "rlpForm");
  return fromBigEndian(bytes);
}

function decodeAt(bytes: Bytes, start: number, depth: number): Item {
  const first = bytes[start];
  must(first !== undefined && depth <= MAX_DEPTH, "rlpForm");
  if (first < 0x80) {
    const raw = bytes.subarray(start, start + 1);
    return { raw, content: raw };
  }
  const isList = first >= 0xc0;
  const { from, length } = payload(bytes, start, first - (isList ? 0xc0 : 0x80));
  const end = from + length;
  must(end <= bytes.length, "rlpForm");
  const raw = bytes.subarray(start, end);
  const inside = bytes.subarray(from, end);
  if (!isList) {
    must(length !== 1 || (inside[0] ?? 0) >= 0x80, "rlpForm");
    return { raw, content: inside };
  }
  const items: Item[] = [];
  for (let at = 0; at < inside.length; at += items.at(-1)?.raw.length ?? 1) {
    items.push(decodeAt(inside, at, depth + 1));
  }
  return { raw, content: items };
}

function payload(bytes: Bytes, start: number, code: number): { from: number; length: number } {
  if (code <= 55) return { from: start + 1, length: code };
  const from = start + 1 + (code - 55);
  const size = bytes.subarray(start + 1, from);
  must(size.length === code - 55 && size[0] !== 0, "rlpForm");
  const length = fromBigEndian(size);
  // The shorter form must have been used where it can be.
  must(length > 55n && length <= BigInt(bytes.length), "rlpForm");
  return { from, length: Number(length) };
}

export function encodeBytes(bytes: Bytes): Bytes {
  if (bytes.length === 1 && (bytes[0] ?? 0) < 0x80) return bytes;
  return concat(prefix(0x80, bytes.length), bytes);
}

/** A list of items that are encoded already. */
export function encodeList(items: readonly Bytes[]): Bytes {
  const inside = concat(...items);
  return concat(prefix(0xc0, inside.length), inside);
}

function prefix(base: number, length: number): Bytes {
  if (length <= 55) return Uint8Array.of(base + length);
  const size = bigEndian(BigInt(length), Math.ceil(length.toString(16).length / 2));
  return concat(Uint8Array.of(base + 55 + size.length), size);
}
