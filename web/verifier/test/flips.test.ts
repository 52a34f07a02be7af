/** No changed byte survives, and each is refused by the check the other verifiers name. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyBundle } from "../src/library.ts";
import { bundleCase, bytes, type Flips, load, policy } from "./support/vectors.ts";

/** Every how manieth byte is changed; each with VERIFIER_FLIPS=all, which takes minutes. */
const STRIDE = process.env["VERIFIER_FLIPS"] === "all" ? 1 : 13;

const flips = load<readonly Flips[]>("flips");
const lengths = flips.map(({ bundle }) => bytes(bundleCase(bundle).bundle).length);
const shortest = lengths.indexOf(Math.min(...lengths));

/** The offsets where a change is not refused by the check that is named for it. */
function differences({ bundle, mask, checks }: Flips, stride: number): readonly string[] {
  const one = bundleCase(bundle);
  const [changed, trusted] = [bytes(one.bundle), policy(one.policy)];
  const expected = checks.flatMap(([check, count]) => Array<string>(count).fill(check));
  assert.equal(expected.length, changed.length);
  const found: string[] = [];
  for (let at = 0; at < changed.length; at += stride) {
    const original = changed[at] ?? 0;
    changed[at] = original ^ mask;
    const { outcome } = verifyBundle(changed, trusted);
    changed[at] = original;
    const check = outcome.kind === "refused" ? outcome.check : outcome.kind;
    if (check !== expected[at]) found.push(`${at}: want ${expected[at]}, got ${check}`);
  }
  return found;
}

flips.forEach((one, at) => {
  const stride = at === shortest ? 1 : STRIDE;
  test(`no changed byte of "${one.bundle}" survives, of each ${stride}`, () => {
    assert.deepEqual(differences(one, stride), []);
  });
});

test("a bundle cut anywhere or continued is refused", () => {
  const one = bundleCase(flips[shortest]?.bundle ?? "");
  const [whole, trusted] = [bytes(one.bundle), policy(one.policy)];
  const refuses = (changed: Uint8Array) =>
    verifyBundle(changed, trusted).outcome.kind === "refused";
  assert.ok(!refuses(whole));
  for (let end = 0; end < whole.length; end += 1) assert.ok(refuses(whole.subarray(0, end)));
  for (const tail of ["\n", " ", "\0", "{}"]) {
    assert.ok(refuses(new Uint8Array(Buffer.concat([whole, Buffer.from(tail)]))), tail);
  }
});
