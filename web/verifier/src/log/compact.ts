/** The root of a tree that grows by one leaf at a time, in the space of its right edge. */

import type { Bytes } from "../bytes.ts";
import { EMPTY_ROOT, nodeHash } from "../merkle.ts";

export class CompactTree {
  #size = 0n;
  /** Roots of the full subtrees, from the largest to the smallest. */
  readonly #subtrees: Bytes[] = [];

  get size(): bigint {
    return this.#size;
  }

  append(leaf: Bytes): void {
    let hash = leaf;
    // Two subtrees of one size are one of the next.
    for (let rest = this.#size; (rest & 1n) === 1n; rest >>= 1n) {
      hash = nodeHash(this.#subtrees.pop() ?? EMPTY_ROOT, hash);
    }
    this.#subtrees.push(hash);
    this.#size += 1n;
  }

  /** The Merkle Tree Hash of RFC 9162 §2.1.1. */
  root(): Bytes {
    if (this.#size === 0n) return EMPTY_ROOT;
    return this.#subtrees.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** The root of the tree of `leaves`. */
export function treeRoot(leaves: readonly Bytes[]): Bytes {
  const tree = new CompactTree();
  for (const leaf of leaves) tree.append(leaf);
  return tree.root();
}
