/** The shared vectors: this verifier says what the others say, by the same check. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
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
  published,
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

/** A hash of the published vectors, which write base64; some have another length on purpose. */
function foreign(text: string | null): Uint8Array {
  return new Uint8Array(Buffer.from(text ?? "", "base64"));
}

/** A root of theirs; where two equal sizes are compared it is any text. */
function foreignRoot(text: string | null): Uint8Array {
  const root = foreign(text);
  return root.length === 32 ? root : new Uint8Array(createHash("sha256").update(root).digest());
}

type Foreign<Name extends string> = Record<Name | "desc", string> & {
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
};

test("published inclusion proofs hold and fail as they should", () => {
  const cases = published<Foreign<"leafIdx" | "treeSize" | "leafHash" | "root">>("inclusion");
  for (const { leafIdx, treeSize, leafHash, root, proof, desc, wantErr } of cases) {
    const place = [BigInt(leafIdx), BigInt(treeSize)] as const;
    const path = (proof ?? []).map(foreign);
    const held = holds(() => verifyInclusion(foreign(leafHash), ...place, path, foreign(root)));
    assert.equal(held, !wantErr, `${desc}: ${leafIdx} of ${treeSize}`);
  }
  assert.deepEqual([cases.length, cases.filter(({ wantErr }) => wantErr).length], [98, 92]);
});

test("published consistency proofs hold and fail as they should", () => {
  const cases = published<Foreign<"size1" | "size2" | "root1" | "root2">>("consistency");
  for (const { size1, size2, root1, root2, proof, desc, wantErr } of cases) {
    const earlier = { size: BigInt(size1), root: foreignRoot(root1) };
    const later = { size: BigInt(size2), root: foreignRoot(root2) };
    const held = holds(() => verifyConsistency(earlier, later, (proof ?? []).map(foreign)));
    // Two trees of nothing: valid in this release of theirs, an error in their later ones.
    assert.equal(held, !wantErr && size2 !== "0", `${desc}: ${size1} to ${size2}`);
  }
  assert.deepEqual([cases.length, cases.filter(({ wantErr }) => wantErr).length], [97, 90]);
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
