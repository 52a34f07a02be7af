/** Merkle-Patricia proofs that a key has a value (EIP-1186). */

import { type Bytes, equal, keccak256 } from "../bytes.ts";
import { must } from "../refusal.ts";
import { bytesOf, decodeRlp, type Item, listOf } from "./rlp.ts";

const MAX_NODES = 65;

/** The value that `proof` shows at the hash of `key` under `root`; every node is needed. */
export function provenValue(root: Bytes, key: Bytes, proof: readonly Bytes[]): Bytes {
  must(proof.length <= MAX_NODES, "trieNodes");
  const nibbles = [...keccak256(key)].flatMap((byte) => [byte >> 4, byte & 15]);
  let used = 0;
  let depth = 0;
  let node = follow(root);
  for (;;) {
    const step = take(node, nibbles, depth);
    if (step.value !== undefined) {
      must(used === proof.length, "trieNodes");
      return step.value;
    }
    depth = step.depth;
    node = resolve(step.child);
  }

  /** The next node of the proof, which must be the one with this hash. */
  function follow(hash: Bytes): readonly Item[] {
    const bytes = proof[used];
    must(bytes !== undefined && equal(keccak256(bytes), hash), "trieHash");
    used += 1;
    return listOf(decodeRlp(bytes));
  }

  /** A child is named by its hash, or stands in its parent if it is shorter than one. */
  function resolve(child: Item): readonly Item[] {
    if (child.content instanceof Uint8Array) {
      must(child.content.length === 32, "trieNode");
      return follow(child.content);
    }
    must(child.raw.length < 32, "trieNode");
    return child.content;
  }
}

type Step =
  | { readonly value: Bytes }
  | { readonly value?: undefined; readonly child: Item; readonly depth: number };

/** One step down from `node` by the nibbles from `depth` on. */
function take(node: readonly Item[], nibbles: readonly number[], depth: number): Step {
  if (node.length === 17) {
    const nibble = nibbles[depth];
    const child = nibble === undefined ? undefined : node[nibble];
    must(child !== undefined, "trieNode");
    return { child, depth: depth + 1 };
  }
  must(node.length === 2, "trieNode");
  const path = bytesOf(node[0]);
  const flag = (path[0] ?? 0xff) >> 4;
  must(flag <= 3, "trieNode");
  const isOdd = (flag & 1) === 1;
  must(isOdd || ((path[0] ?? 0) & 15) === 0, "trieNode");
  const own = [...path].flatMap((byte) => [byte >> 4, byte & 15]).slice(isOdd ? 1 : 2);
  const next = depth + own.length;
  must(
    own.every((nibble, at) => nibble === nibbles[depth + at]),
    "trieOtherKey",
  );
  if (flag >= 2) {
    must(next === nibbles.length, "trieOtherKey");
    return { value: bytesOf(node[1]) };
  }
  const child = node[1];
  must(own.length > 0 && child !== undefined, "trieNode");
  return { child, depth: next };
}
