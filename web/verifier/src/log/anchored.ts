/** What the contracts anchored, proven under a sealed state root (§9, steps 1 and 2). */

import { type Bytes, equal, fromBigEndian, keccak256, utf8 } from "../bytes.ts";
import { batchDigest, checkDigest, digestSlot } from "../chain/contract.ts";
import type { Header } from "../chain/header.ts";
import { type ChainNode, type NodeEvent, NodeRefused } from "../chain/node.ts";
import { MAX_POSITION } from "../encoding.ts";
import type { Contract, Policy } from "../policy.ts";
import { Broken, during, must } from "../refusal.ts";
import type { AnchorFacts } from "../verdict.ts";
import {
  attempted,
  checkChain,
  nameOf,
  newestConfirmed,
  proveHead,
  stateFacts,
} from "./confirmed.ts";
import { type AnchoredBatch, sizeAfter } from "./roots.ts";

/** Blocks asked for at once, and slots proven at once. */
const [EVENT_BLOCKS, SLOTS] = [5_000n, 64];
const TOPIC = keccak256(utf8("BatchAnchored(uint64,uint64,uint64,bytes32,bytes32)"));

/** Everything anchored that the policy recognises. */
export type Anchored = {
  readonly batches: readonly AnchoredBatch[];
  /** How many entries are anchored. */
  readonly size: bigint;
  /** How many batches are beyond the range of their contract. */
  readonly ignored: number;
  /** The state that was examined, and the contract that anchors now. */
  readonly state: AnchorFacts | null;
};

/** Reads and proves what is anchored in the newest block that is confirmed. */
export async function readAnchored(node: ChainNode, policy: Policy): Promise<Anchored> {
  await checkChain(node, policy);
  return attempted(() => readState(node, policy));
}

async function readState(node: ChainNode, policy: Policy): Promise<Anchored> {
  const contracts = policy.contracts.toSorted((a, b) => (a.from < b.from ? -1 : 1));
  let size = contracts[0]?.from ?? 0n;
  const confirmed = await newestConfirmed(node, policy.chain);
  if (confirmed === null) return { batches: [], size, ignored: 0, state: null };
  const batches: AnchoredBatch[] = [];
  let [ignored, state]: [number, AnchorFacts | null] = [0, null];
  for (const contract of contracts) {
    const all = await readContract(node, policy, contract, confirmed.headers[0]);
    during("replay", () => must(contract.from === size, "contractHead", nameOf(contract)));
    // What a contract anchored beyond its range, after its key was lost say, is no part of the log.
    const beyond = all.findIndex((batch) => !holds(contract, sizeAfter(batch)));
    const recognised = beyond < 0 ? all : all.slice(0, beyond);
    ignored += all.length - recognised.length;
    for (const next of recognised) {
      during("replay", () => checkFollows(next, size));
      size = sizeAfter(next);
      batches.push(next);
    }
    state = stateFacts(contract, confirmed);
  }
  return { batches, size, ignored, state };
}

function holds({ from, to }: Contract, size: bigint): boolean {
  return from < size && (to === null || size <= to);
}

function checkFollows({ batch }: AnchoredBatch, size: bigint): void {
  must(batch.first === size, "batchGap", {
    batch: String(batch.index),
    first: String(batch.first),
    expected: String(size),
  });
}

/** All batches of a contract, each by the digest that is proven in the state of `block`. */
async function readContract(
  node: ChainNode,
  policy: Policy,
  contract: Contract,
  block: Header,
): Promise<readonly AnchoredBatch[]> {
  const { storage, count, size, root } = await proveHead(node, contract, block);
  const batches = await readBatches(node, contract, count, block.number);
  await proveDigests(node, policy, { contract, storage, block: block.number }, batches);
  const last = batches.at(-1);
  const fits =
    last === undefined
      ? size === contract.from
      : size === sizeAfter(last) && equal(root, last.logRoot);
  during("replay", () => must(fits, "contractHead", nameOf(contract)));
  return batches;
}

type Place = { readonly contract: Contract; readonly storage: Bytes; readonly block: bigint };

/** That the contract keeps the digest of every batch that its events tell of. */
async function proveDigests(
  node: ChainNode,
  { origin, chain }: Policy,
  { contract, storage, block }: Place,
  batches: readonly AnchoredBatch[],
): Promise<void> {
  const { address } = contract;
  for (let at = 0; at < batches.length; at += SLOTS) {
    const some = batches.slice(at, at + SLOTS);
    const proof = await node.proof(
      address,
      some.map(({ batch }) => digestSlot(batch.index)),
      block,
    );
    some.forEach(({ batch, logRoot }, place) => {
      const digest = batchDigest(origin, chain.chainId, address, batch, logRoot);
      during("replay", () => {
        try {
          checkDigest(storage, batch.index, digest, proof.slots[place]?.nodes ?? []);
        } catch (error) {
          if (!(error instanceof Broken)) throw error;
          throw new Broken("anchoredDigest", { batch: String(batch.index) });
        }
      });
    });
  }
}

/** The contract's events up to `last`, one for each of its batches, in order. */
async function readBatches(
  node: ChainNode,
  contract: Contract,
  wanted: bigint,
  last: bigint,
): Promise<readonly AnchoredBatch[]> {
  const batches: AnchoredBatch[] = [];
  const wrong = { ...nameOf(contract), wanted: String(wanted) };
  let blocks = EVENT_BLOCKS;
  for (let from = 0n; from <= last && BigInt(batches.length) < wanted;) {
    const end = from + blocks - 1n;
    const to = end < last ? end : last;
    const events = await eventsOf(node, contract, from, to, blocks > 1n);
    if (events === null) {
      blocks /= 2n;
      continue;
    }
    for (const event of events) {
      const batch = batchOf(contract, event);
      const found = String(batches.length);
      during("replay", () =>
        must(batch?.batch.index === BigInt(batches.length), "contractEvents", { ...wrong, found }),
      );
      if (batch !== null) batches.push(batch);
    }
    from = to + 1n;
  }
  const found = String(batches.length);
  during("replay", () =>
    must(BigInt(batches.length) === wanted, "contractEvents", { ...wrong, found }),
  );
  return batches;
}

/** `null` if the node wants to be asked for less: each limits answers in its own way. */
async function eventsOf(
  node: ChainNode,
  { address }: Contract,
  from: bigint,
  to: bigint,
  canAskLess: boolean,
): Promise<readonly NodeEvent[] | null> {
  try {
    return await node.events(address, TOPIC, from, to);
  } catch (error) {
    if (error instanceof NodeRefused && canAskLess) return null;
    throw error;
  }
}

/** The batch of an event; `null` if it tells of none. */
function batchOf({ address }: Contract, { topics, data }: NodeEvent): AnchoredBatch | null {
  const index = topics[1];
  if (topics.length !== 2 || index === undefined || data.length !== 4 * 32) return null;
  const [first, count] = [data.subarray(0, 32), data.subarray(32, 64)].map(fromBigEndian);
  const batch = {
    index: fromBigEndian(index),
    first: first ?? 0n,
    count: count ?? 0n,
    root: data.subarray(64, 96),
  };
  const end = batch.first + batch.count;
  if (batch.count === 0n || end > MAX_POSITION || batch.index > MAX_POSITION) return null;
  return { contract: address, batch, logRoot: data.subarray(96) };
}
