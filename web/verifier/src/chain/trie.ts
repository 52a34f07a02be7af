/** Merkle-Patricia proofs that a key has a value, or none (EIP-1186). */

import { type Bytes, equal, keccak256 } from "../bytes.ts";
import { must } from "../refusal.ts";
import { bytesOf, decodeRlp, type Item, listOf } from "./rlp.ts";

const MAX_NODES = 65;

/** The root of a trie of nothing: the hash of the RLP of an empty string. */
const EMPTY_NODE = Uint8Array.of(0x80);
const EMPTY_ROOT = keccak256(EMPTY_NODE);

/** The value that `proof` shows at the hash of `key` under `root`; every node is needed. */
export function provenValue(root: Bytes, key: Bytes, proof: readonly Bytes[]): Bytes {
  const value = provenLookup(root, key, proof);
  must(value !== null, "trieOtherKey");
  return value;
}

/** What `proof` shows at the hash of `key` under `root`: a value, or `null` for none. */
export function provenLookup(root: Bytes, key: Bytes, proof: readonly Bytes[]): Bytes | null {
  must(proof.length <= MAX_NODES, "trieNodes");
  if (equal(root, EMPTY_ROOT)) {
    must(
      proof.every((node, at) => at === 0 && equal(node, EMPTY_NODE)),
      "trieNodes",
    );
    return null;
  }
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
  | { readonly value: Bytes | null }
  | { readonly value?: undefined; readonly child: Item; readonly depth: number };

/** One step down from `node` by the nibbles from `depth` on. */
function take(node: readonly Item[], nibbles: readonly number[], depth: number): Step {
  if (node.length === 17) {
    const nibble = nibbles[depth];
    const child = nibble === undefined ? undefined : node[nibble];
    must(child !== undefined, "trieNode");
    if (child.content instanceof Uint8Array && child.content.length === 0) return { value: null };
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
  if (own.some((nibble, at) => nibble !== nibbles[depth + at])) return { value: null };
  if (flag >= 2) {
    must(next === nibbles.length, "trieOtherKey");
    return { value: bytesOf(node[1]) };
  }
  const child = node[1];
  must(own.length > 0 && child !== undefined, "trieNode");
  return { child, depth: next };
}
