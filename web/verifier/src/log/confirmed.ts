/** The newest state of the chain that counts, and what slots 0 and 1 of a contract say in it (§9). */

import { type Bytes, bigEndian, equal, fromBigEndian, keccak256 } from "../bytes.ts";
import { checkConfirmations, checkSeals, sealingOf, signersAt } from "../chain/clique.ts";
import { provenStorageRoot, provenWord } from "../chain/contract.ts";
import { checkDescent, decodeHeaders, type Header } from "../chain/header.ts";
import type { ChainNode } from "../chain/node.ts";
import { checkChainId } from "../chain/sync.ts";
import { hex } from "../encoding.ts";
import type { Chain, Contract, Policy } from "../policy.ts";
import { during, must, Refused } from "../refusal.ts";
import type { AnchorFacts, Sealing } from "../verdict.ts";

/** A block near the head may be replaced while it is read. */
const ATTEMPTS = 3;
const [HEAD_SLOT, ROOT_SLOT] = [bigEndian(0n, 32), bigEndian(1n, 32)];

export type Confirmed = {
  readonly headers: readonly [Header, ...Header[]];
  readonly sealing: Sealing | null;
};

/** That the node is of the policy's chain. */
export async function checkChain(node: ChainNode, { chain }: Policy): Promise<void> {
  await checkChainId(node, chain);
  const genesis = keccak256(await node.header(0n));
  during("anchor", () =>
    must(equal(genesis, chain.genesisHash), "otherGenesis", { hash: hex(genesis) }),
  );
}

/** What `read` finds, some times over if it is refused. */
export async function attempted<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Refused) || attempt === ATTEMPTS) throw error;
    }
  }
}

export const nameOf = ({ address }: Contract) => ({ contract: hex(address) });

export function stateFacts({ address }: Contract, { headers, sealing }: Confirmed): AnchorFacts {
  const [block] = headers;
  return {
    contract: hex(address),
    block: block.number,
    blockHash: hex(block.hash),
    blockTime: block.time,
    headers: headers.length,
    sealing,
  };
}

/** The newest block with enough descendants; `null` if that is the genesis block. */
export async function newestConfirmed(node: ChainNode, chain: Chain): Promise<Confirmed | null> {
  const newest = await node.blockNumber();
  const number = newest - descendants(chain, newest);
  if (number <= 0n) return null;
  const encoded: Bytes[] = [];
  for (let next = number; next <= newest; next += 1n) encoded.push(await node.header(next));
  const headers = during("headers", () => decodeHeaders(encoded));
  during("headers", () => checkDescent(headers, chain.period));
  return { headers, sealing: chain.consensus === "dev" ? null : checkSealing(headers, chain) };
}

function descendants({ consensus, signers }: Chain, newest: bigint): bigint {
  if (consensus === "dev") return 0n;
  const count = during("seals", () => signersAt(signers, newest)).length;
  return BigInt(Math.max(Math.floor(count / 2), 1));
}

function checkSealing(headers: Confirmed["headers"], chain: Chain): Sealing {
  const sealers = during("seals", () => checkSeals(headers, chain.signers, chain.epoch));
  const signers = during("seals", () => signersAt(chain.signers, headers[0].number));
  during("confirmations", () => checkConfirmations(sealers, signers));
  return sealingOf(sealers, signers);
}

/** What slots 0 and 1 say of batches, entries and log root in the state of `block`. */
export async function proveHead(node: ChainNode, { address, codeHash }: Contract, block: Header) {
  const proof = await node.proof(address, [HEAD_SLOT, ROOT_SLOT], block.number);
  const { storage, head, root } = during("storage", () => {
    const storage = provenStorageRoot(block.stateRoot, address, codeHash, proof.account);
    const [head, root] = [HEAD_SLOT, ROOT_SLOT].map((slot, at) => {
      const word = provenWord(storage, slot, proof.slots[at]?.nodes ?? []);
      const value = proof.slots[at]?.value ?? HEAD_SLOT;
      must(equal(word, value), "slotValue", { value: hex(value) });
      return word;
    });
    return { storage, head: head ?? HEAD_SLOT, root: root ?? ROOT_SLOT };
  });
  const isHead = fromBigEndian(head.subarray(0, 16)) === 0n;
  during("replay", () => must(isHead, "contractHead", { contract: hex(address) }));
  const [size, count] = [head.subarray(16, 24), head.subarray(24)].map(fromBigEndian);
  return { storage, count: count ?? 0n, size: size ?? 0n, root };
}
