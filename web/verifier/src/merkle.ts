/** Merkle trees of RFC 9162: what is verified here is exact, and nothing is left over. */

import { type Bytes, equal, sha256 } from "./bytes.ts";
import { must } from "./refusal.ts";

export const EMPTY_ROOT = sha256();
const MAX_HASHES = 64;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(entry: Bytes): Bytes {
  return sha256(LEAF, entry);
}

export function nodeHash(left: Bytes, right: Bytes): Bytes {
  return sha256(NODE, left, right);
}

function checkHashes(hashes: readonly Bytes[]): void {
  must(hashes.length <= MAX_HASHES, "proofTooLong", { hashes: String(hashes.length) });
  must(
    hashes.every((hash) => hash.length === 32),
    "hashLength",
  );
}

/** That `leaf` is at `index` of the tree with `size` leaves and `root`: RFC 9162 §2.1.3.2. */
export function verifyInclusion(
  leaf: Bytes,
  index: bigint,
  size: bigint,
  path: readonly Bytes[],
  root: Bytes,
): void {
  checkHashes([leaf, root, ...path]);
  must(index < size, "indexBeyondSize", { index: String(index), size: String(size) });
  let node = index;
  let last = size - 1n;
  let hash = leaf;
  for (const sibling of path) {
    must(last !== 0n, "proofHashesLeft");
    if ((node & 1n) === 1n || node === last) {
      hash = nodeHash(sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  must(last === 0n, "proofHashesMissing");
  must(equal(hash, root), "otherRoot");
}

type Tree = { readonly size: bigint; readonly root: Bytes };

/** That the tree `later` begins with the tree `earlier`: RFC 9162 §2.1.4.2. */
export function verifyConsistency(earlier: Tree, later: Tree, proof: readonly Bytes[]): void {
  checkHashes([earlier.root, later.root, ...proof]);
  must(earlier.size > 0n, "consistencyFromNothing");
  must(earlier.size <= later.size, "indexBeyondSize", {
    index: String(earlier.size),
    size: String(later.size),
  });
  if (earlier.size === later.size) {
    must(proof.length === 0, "proofHashesLeft");
    must(equal(earlier.root, later.root), "otherRoot");
    return;
  }
  let node = earlier.size - 1n;
  let last = later.size - 1n;
  while ((node & 1n) === 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  // A power of two is a whole subtree of the later tree, so its root is not in the proof.
  const [first, ...rest] = node === 0n ? [earlier.root, ...proof] : proof;
  must(first !== undefined, "proofHashesMissing");
  let old = first;
  let hash = first;
  for (const sibling of rest) {
    must(last !== 0n, "proofHashesLeft");
    if ((node & 1n) === 1n || node === last) {
      old = nodeHash(sibling, old);
      hash = nodeHash(sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  must(last === 0n, "proofHashesMissing");
  must(equal(old, earlier.root) && equal(hash, later.root), "otherRoot");
}
