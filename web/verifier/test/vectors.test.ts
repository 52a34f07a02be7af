/** The shared vectors: this verifier says what the others say, by the same check. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Broken,
  parsePolicy,
  verifyBundle,
  verifyConsistency,
  verifyInclusion,
  verifyReceipt,
  verifyRelease,
} from "../src/library.ts";
import { unhex } from "../src/encoding.ts";
import {
  bundles,
  bytes,
  load,
  type NoPolicy,
  policy,
  type ReceiptCase,
  type ReleaseCase,
} from "./support/vectors.ts";

function hash(text: string): Uint8Array {
  const found = unhex(text);
  assert.ok(found !== null, text);
  return found;
}

/** Whether `verify` holds; a broken rule is the only way not to. */
function holds(verify: () => void): boolean {
  try {
    verify();
    return true;
  } catch (error) {
    assert.ok(error instanceof Broken, String(error));
    return false;
  }
}

test("inclusion proofs hold and fail as they should", () => {
  type Case = Record<"index" | "size" | "leaf" | "root" | "what", string> & {
    proof: readonly string[];
    valid: boolean;
  };
  for (const one of load<readonly Case[]>("inclusion")) {
    const { index, size, leaf, root, proof, valid, what } = one;
    const [path, place] = [proof.map(hash), [BigInt(index), BigInt(size)] as const];
    const held = holds(() => verifyInclusion(hash(leaf), ...place, path, hash(root)));
    assert.equal(held, valid, `${what}: ${index} of ${size}`);
  }
});

test("consistency proofs hold and fail as they should", () => {
  type Case = Record<"oldSize" | "newSize" | "oldRoot" | "newRoot" | "what", string> & {
    proof: readonly string[];
    valid: boolean;
  };
  for (const one of load<readonly Case[]>("consistency")) {
    const earlier = { size: BigInt(one.oldSize), root: hash(one.oldRoot) };
    const later = { size: BigInt(one.newSize), root: hash(one.newRoot) };
    const held = holds(() => verifyConsistency(earlier, later, one.proof.map(hash)));
    assert.equal(held, one.valid, `${one.what}: ${one.oldSize} to ${one.newSize}`);
  }
});

/** Verdict, check and lateness of every case that differ from what is expected. */
function differences<T extends { name: string }>(
  cases: readonly T[],
  expected: (one: T) => unknown,
  actual: (one: T) => unknown,
): readonly string[] {
  assert.ok(cases.length > 0);
  return cases.flatMap((one) => {
    const [want, got] = [JSON.stringify(expected(one)), JSON.stringify(actual(one))];
    return want === got ? [] : [`${one.name}: want ${want}, got ${got}`];
  });
}

type Ending = { kind: string; check?: string; late?: boolean };
const ending = (outcome: Ending) => [outcome.kind, outcome.check ?? null, outcome.late ?? false];

test("every bundle ends with the verdict and the check of the others", () => {
  const found = differences(
    bundles,
    ({ verdict, check, late }) => [verdict, check, late],
    (one) => ending(verifyBundle(bytes(one.bundle), policy(one.policy)).outcome),
  );
  assert.deepEqual(found, []);
});

test("every release ends with the verdict and the check of the others", () => {
  const found = differences(
    load<readonly ReleaseCase[]>("releases"),
    ({ verdict, check, late }) => [verdict, check, late],
    ({ release, bundle, policy: name }) =>
      ending(verifyRelease(bytes(release), bytes(bundle), policy(name)).outcome),
  );
  assert.deepEqual(found, []);
});

test("every receipt ends with the verdict, the breach and the check of the others", () => {
  const found = differences(
    load<readonly ReceiptCase[]>("receipts"),
    ({ verdict, breach, check }) => [verdict, breach, check],
    ({ receipt, proof, opening, policy: name }) => {
      const evidence = {
        ...(proof !== null && { proof: bytes(proof) }),
        ...(opening !== null && { opening: bytes(opening) }),
      };
      const { outcome } = verifyReceipt(bytes(receipt), evidence, policy(name));
      const breach = outcome.kind === "breach" ? outcome.breaches[0].breach : null;
      return [outcome.kind, breach, outcome.kind === "refused" ? outcome.check : null];
    },
  );
  assert.deepEqual(found, []);
});

test("what is no policy is not taken for one", () => {
  const cases = load<readonly NoPolicy[]>("no-policies");
  assert.ok(cases.length > 0);
  for (const { name, policy: text } of cases) {
    assert.throws(() => parsePolicy(bytes(text)), Broken, name);
  }
});
