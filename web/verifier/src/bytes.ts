/** Byte strings, and the hash functions of the format. */

import { sha256 as nobleSha256, sha512 as nobleSha512 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

export type Bytes = Uint8Array;

const encoder = new TextEncoder();

export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

export function concat(...parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function equal(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** The order of byte strings: by the first byte that differs, then the shorter first. */
export function compare(a: Bytes, b: Bytes): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function isZero(bytes: Bytes): boolean {
  return bytes.every((byte) => byte === 0);
}

/** `value` as a big-endian integer of `length` bytes; the value must fit. */
export function bigEndian(value: bigint, length: number): Bytes {
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let at = length - 1; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export function fromBigEndian(bytes: Bytes): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function fromLittleEndian(bytes: Bytes): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

export function sha256(...parts: readonly Bytes[]): Bytes {
  return nobleSha256(concat(...parts));
}

export function sha512(...parts: readonly Bytes[]): Bytes {
  return nobleSha512(concat(...parts));
}

export function keccak256(...parts: readonly Bytes[]): Bytes {
  return keccak_256(concat(...parts));
}
