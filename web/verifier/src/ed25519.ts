/** Ed25519, verified strictly: RFC 8032 without its freedoms. */

import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { type Bytes, fromLittleEndian, sha512 } from "./bytes.ts";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

function decodePoint(bytes: Bytes) {
  try {
    return Point.fromBytes(bytes);
  } catch {
    return null;
  }
}

/** Whether `key` is a point that is not of small order. */
export function isStrongKey(key: Bytes): boolean {
  return decodePoint(key)?.isSmallOrder() === false;
}

/**
 * Whether `signature` is by `key` over `message`. The library's own `verify` multiplies by the
 * cofactor and takes an R of small order, by which one signature can fit several messages.
 */
export function verifyStrict(key: Bytes, message: Bytes, signature: Bytes): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  const encodedR = signature.subarray(0, 32);
  const s = fromLittleEndian(signature.subarray(32));
  if (s >= ORDER) return false;
  const a = decodePoint(key);
  const r = decodePoint(encodedR);
  if (a === null || r === null || a.isSmallOrder() || r.isSmallOrder()) return false;
  const k = fromLittleEndian(sha512(encodedR, key, message)) % ORDER;
  // s·B − k·A is R, without the cofactor.
  return mulAddUnsafe(Point, [Point.BASE, a.negate()], [s, k]).equals(r);
}
