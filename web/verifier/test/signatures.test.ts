/** Signatures that a lenient verifier takes for right. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import { bigEndian, concat, fromLittleEndian, sha512 } from "../src/bytes.ts";
import { isStrongKey, verifyStrict } from "../src/ed25519.ts";
import { utf8 } from "./support/vectors.ts";

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
const message = utf8("what is signed");
const secret = new Uint8Array(32).fill(7);
const key = ed25519.getPublicKey(secret);
const signature = ed25519.sign(message, secret);
const IDENTITY = Point.ZERO.toBytes();

const littleEndian = (value: bigint) => bigEndian(value, 32).reverse();
const challenge = (r: Uint8Array, a: Uint8Array) => fromLittleEndian(sha512(r, a, message)) % ORDER;

/** A point of order eight: what is left of a point when its part of prime order is taken away. */
function torsionPoint() {
  for (let y = 2; ; y += 1) {
    try {
      const point = Point.fromBytes(littleEndian(BigInt(y)));
      const torsion = point.multiplyUnsafe(ORDER - 1n).add(point);
      if (!torsion.multiplyUnsafe(4n).is0()) return torsion;
    } catch {
      // Half of all numbers are no y of a point.
    }
  }
}

test("an honest signature is right, and of no other message, key or bytes", () => {
  assert.ok(verifyStrict(key, message, signature));
  assert.ok(!verifyStrict(key, utf8("something else"), signature));
  assert.ok(!verifyStrict(ed25519.getPublicKey(new Uint8Array(32).fill(8)), message, signature));
  assert.ok(!verifyStrict(key, message, signature.subarray(1)));
  for (let at = 0; at < signature.length; at += 7) {
    const changed = signature.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.ok(!verifyStrict(key, message, changed), `byte ${at}`);
  }
});

test("S plus the order of the curve is the same S, and refused", () => {
  const s = fromLittleEndian(signature.subarray(32)) + ORDER;
  assert.ok(!verifyStrict(key, message, concat(signature.subarray(0, 32), littleEndian(s))));
});

test("a key of small order, for which anybody can sign, is refused", () => {
  // Nothing times the challenge is nothing, so R is S times the base, whatever the message.
  const forged = concat(Point.BASE.multiplyUnsafe(5n).toBytes(), littleEndian(5n));
  assert.ok(ed25519.verify(forged, message, IDENTITY, { zip215: true }), "the equation holds");
  assert.ok(!verifyStrict(IDENTITY, message, forged));
  for (const weak of [IDENTITY, torsionPoint().toBytes()]) assert.ok(!isStrongKey(weak));
  assert.ok(isStrongKey(key));
});

test("an R of small order is refused, although the equation holds", () => {
  const { scalar } = ed25519.utils.getExtendedPublicKey(secret);
  const s = (challenge(IDENTITY, key) * scalar) % ORDER;
  const forged = concat(IDENTITY, littleEndian(s));
  assert.ok(ed25519.verify(forged, message, key), "the equation holds");
  assert.ok(!verifyStrict(key, message, forged));
});

test("a key with a part of small order is not helped by the cofactor", () => {
  const { scalar } = ed25519.utils.getExtendedPublicKey(secret);
  const mixed = Point.fromBytes(key).add(torsionPoint()).toBytes();
  for (let nonce = 5n; ; nonce += 1n) {
    const r = Point.BASE.multiplyUnsafe(nonce).toBytes();
    const k = challenge(r, mixed);
    // By chance one in eight is right without the cofactor too.
    if (k % 8n === 0n) continue;
    const forged = concat(r, littleEndian((nonce + k * scalar) % ORDER));
    assert.ok(ed25519.verify(forged, message, mixed), "the cofactored equation holds");
    assert.ok(!verifyStrict(mixed, message, forged));
    return;
  }
});
