/** Following a node: finding where branches part, and taking headers in pieces. */

import { equal } from "../bytes.ts";
import { hex } from "../encoding.ts";
import { during, must, Refused } from "../refusal.ts";
import { Unreadable } from "../unreadable.ts";
import { Followed, type Reorganisation } from "./follow.ts";
import { decodeHeader, type Header } from "./header.ts";
import type { ChainNode } from "./node.ts";
import type { Chain } from "../policy.ts";

/** Headers asked for at once. */
const CHUNK = 192n;
/** A block near the head may be replaced while it is read. */
const ATTEMPTS = 3;

/** What following a node once brought. */
export type Synced = {
  readonly headers: bigint;
  readonly reorganisations: readonly Reorganisation[];
};

/** Is told how far the chain was followed; what it throws ends the following. */
export type Observer = (reached: bigint, newest: bigint) => void;

/** The chain of `rules` that is only its genesis block, as the node shows it. */
export async function startAt(node: ChainNode, rules: Chain): Promise<Followed> {
  return Followed.genesis(rules, decoded(await node.header(0n)));
}

/** That the node is of the policy's chain, by its own word. */
export async function checkChainId(node: ChainNode, rules: Chain): Promise<void> {
  const chainId = await node.chainId();
  during("anchor", () =>
    must(chainId === rules.chainId, "nodeChain", { chainId: String(chainId) }),
  );
}

/** Follows the node to its newest block. What was checked before something is refused stays. */
export async function sync(
  followed: Followed,
  node: ChainNode,
  observe: Observer,
): Promise<Synced> {
  const found = { headers: 0n, reorganisations: [] as Reorganisation[] };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await follow(followed, node, found, observe);
      return found;
    } catch (error) {
      if (!(error instanceof Refused) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function follow(
  followed: Followed,
  node: ChainNode,
  found: { headers: bigint; readonly reorganisations: Reorganisation[] },
  observe: Observer,
): Promise<void> {
  const newest = await node.blockNumber();
  let reached = await ancestor(followed, node, newest);
  let branch = followed.branch(reached);
  while (reached < newest) {
    const last = reached + CHUNK < newest ? reached + CHUNK : newest;
    const headers = (await node.headers(reached + 1n, last)).map(decoded);
    branch = followed.extend(branch, headers);
    const adopted = followed.adopt(branch);
    branch = adopted.branch;
    if (adopted.replaced !== null) found.reorganisations.push(adopted.replaced);
    found.headers += last - reached;
    reached = last;
    observe(reached, newest);
  }
  if (!equal(followed.head.hash, branch.after.hash)) throw behind(newest, followed);
}

function behind(newest: bigint, { head }: Followed): Unreadable {
  return new Unreadable(
    `the node's chain ends at block ${newest} and is lighter than what was followed to block ` +
      `${head.number}: it is behind, or on a branch that lost; ask it again later, or another`,
  );
}

/** The newest block that is both the node's and ours. */
async function ancestor(followed: Followed, node: ChainNode, newest: bigint): Promise<bigint> {
  const { head, settled } = followed;
  if (newest < settled) throw behind(newest, followed);
  const hashAt = async (number: bigint) => decoded(await node.header(number)).hash;
  const isShared = async (number: bigint) => {
    const ours = followed.hash(number);
    return ours !== undefined && equal(ours, await hashAt(number));
  };
  let [low, high] = [settled, head.number < newest ? head.number : newest];
  if (await isShared(high)) return high;
  if (!(await isShared(low))) {
    const [ours, theirs] = [followed.hash(low) ?? head.hash, await hashAt(low)];
    during("ancestry", () =>
      must(equal(ours, theirs), "otherBlock", {
        number: String(low),
        followed: hex(ours),
        found: hex(theirs),
      }),
    );
  }
  while (high - low > 1n) {
    const middle = low + (high - low) / 2n;
    if (await isShared(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function decoded(rlp: Uint8Array): Header {
  return during("headers", () => decodeHeader(rlp));
}
