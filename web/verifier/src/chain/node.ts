/** A chain node's JSON-RPC: what it says is evidence to check, not truth. */

import { type Bytes, concat, equal, fromBigEndian, keccak256 } from "../bytes.ts";
import { hex, MAX_POSITION, unhex } from "../encoding.ts";
import { Unreadable } from "../unreadable.ts";
import { encodeBytes, encodeList } from "./rlp.ts";

/** Sends a request's body and answers with the answer's, or throws `Unreadable`. */
export type Transport = (body: string) => Promise<string>;

/** The node answered a call with an error. */
export class NodeRefused extends Unreadable {}

/** An event as a node tells it; topics are 32 bytes each. */
export type NodeEvent = { readonly topics: readonly Bytes[]; readonly data: Bytes };

export type NodeProof = {
  readonly account: readonly Bytes[];
  /** In the order asked for; `value` is what the node says, 32 bytes. */
  readonly slots: readonly { readonly value: Bytes; readonly nodes: readonly Bytes[] }[];
};

const QUANTITIES: ReadonlySet<string> = new Set([
  "difficulty",
  "number",
  "gasLimit",
  "gasUsed",
  "timestamp",
  "baseFeePerGas",
  "blobGasUsed",
  "excessBlobGas",
]);
const FIELDS = [
  "parentHash",
  "sha3Uncles",
  "miner",
  "stateRoot",
  "transactionsRoot",
  "receiptsRoot",
  "logsBloom",
  "difficulty",
  "number",
  "gasLimit",
  "gasUsed",
  "timestamp",
  "extraData",
  "mixHash",
  "nonce",
];
/** Of later forks; some chains for development skip some, and the hash tells. */
const LATER_FIELDS = [
  "baseFeePerGas",
  "withdrawalsRoot",
  "blobGasUsed",
  "excessBlobGas",
  "parentBeaconBlockRoot",
  "requestsHash",
];

type Members = Readonly<Record<string, unknown>>;
type Call = { readonly method: string; readonly params: readonly unknown[] };

const quantity = (number: bigint) => `0x${number.toString(16)}`;

export class ChainNode {
  readonly #send: Transport;

  constructor(send: Transport) {
    this.#send = send;
  }

  async chainId(): Promise<bigint> {
    return this.#quantity("eth_chainId");
  }

  async blockNumber(): Promise<bigint> {
    return this.#quantity("eth_blockNumber");
  }

  /** The header of a block; its hash is the one the node gives the block. */
  async header(number: bigint): Promise<Bytes> {
    const call = { method: "eth_getBlockByNumber", params: [quantity(number), false] };
    return ownHeader(await this.#call(call), number);
  }

  /** The headers of the blocks from `first` to `last`, asked for at once. */
  async headers(first: bigint, last: bigint): Promise<readonly Bytes[]> {
    const numbers = Array.from({ length: Number(last - first) + 1 }, (_, at) => first + BigInt(at));
    const method = "eth_getBlockByNumber";
    const calls = numbers.map((number) => ({ method, params: [quantity(number), false] }));
    const blocks = await this.#callMany(method, calls);
    return numbers.map((number, at) => ownHeader(blocks[at], number));
  }

  /** The events `topic` of a contract in the blocks from `from` to `to`. */
  async events(
    address: Bytes,
    topic: Bytes,
    from: bigint,
    to: bigint,
  ): Promise<readonly NodeEvent[]> {
    const method = "eth_getLogs";
    const blocks = { fromBlock: quantity(from), toBlock: quantity(to) };
    const filter = { address: hex(address), ...blocks, topics: [hex(topic)] };
    const events = listOf(await this.#call({ method, params: [filter] }), method);
    return events.map((event) => {
      const { topics, data } = membersOf(event, method);
      return { topics: bytesList(topics, method, 32), data: bytesOf(data, method) };
    });
  }

  /** Proofs of an account and of some of its slots in the state after block `number`. */
  async proof(address: Bytes, slots: readonly Bytes[], number: bigint): Promise<NodeProof> {
    const method = "eth_getProof";
    const params = [hex(address), slots.map(hex), quantity(number)];
    const { accountProof, storageProof } = membersOf(await this.#call({ method, params }), method);
    const found = listOf(storageProof, method).map((slot) => {
      const { value, proof } = membersOf(slot, method);
      const bytes = quantityBytes(value) ?? malformed(method);
      if (bytes.length > 32) malformed(method);
      const word = concat(new Uint8Array(32 - bytes.length), bytes);
      return { value: word, nodes: bytesList(proof, method) };
    });
    if (found.length !== slots.length) malformed(method);
    return { account: bytesList(accountProof, method), slots: found };
  }

  async #quantity(method: string): Promise<bigint> {
    const bytes = quantityBytes(await this.#call({ method, params: [] })) ?? malformed(method);
    const value = fromBigEndian(bytes);
    return value <= MAX_POSITION ? value : malformed(method);
  }

  async #call(call: Call): Promise<unknown> {
    const request = { jsonrpc: "2.0", id: 1, ...call };
    const answer = parse(await this.#send(JSON.stringify(request)), call.method);
    return resultOf(membersOf(answer, call.method), call.method);
  }

  async #callMany(method: string, calls: readonly Call[]): Promise<readonly unknown[]> {
    const requests = calls.map((call, id) => ({ jsonrpc: "2.0", id, ...call }));
    const answers = parse(await this.#send(JSON.stringify(requests)), method);
    // A node refuses a whole request with one answer.
    if (!Array.isArray(answers)) return [resultOf(membersOf(answers, method), method)];
    const results = new Map<unknown, unknown>();
    for (const answer of answers as readonly unknown[]) {
      const members = membersOf(answer, method);
      results.set(members["id"], resultOf(members, method));
    }
    return calls.map((_, id) => (results.has(id) ? results.get(id) : malformed(method)));
  }
}

function malformed(method: string): never {
  throw new Unreadable(`the chain node's answer to ${method} is not one`);
}

function parse(text: string, method: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return malformed(method);
  }
}

function membersOf(value: unknown, method: string): Members {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Members) : malformed(method);
}

function resultOf(answer: Members, method: string): unknown {
  const { error, result } = answer;
  if (error === undefined || error === null) return result ?? malformed(method);
  const code = typeof error === "object" && "code" in error ? String(error.code) : "none";
  throw new NodeRefused(`the chain node refused ${method} with code ${code}`);
}

function listOf(value: unknown, method: string): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : malformed(method);
}

function bytesOf(value: unknown, method: string): Bytes {
  return (typeof value === "string" ? unhex(value) : null) ?? malformed(method);
}

function bytesList(value: unknown, method: string, length?: number): readonly Bytes[] {
  return listOf(value, method).map((item) => {
    const bytes = bytesOf(item, method);
    return length === undefined || bytes.length === length ? bytes : malformed(method);
  });
}

/** The bytes of a quantity, without leading zeros. */
function quantityBytes(value: unknown): Bytes | null {
  if (typeof value !== "string" || !value.startsWith("0x")) return null;
  const digits = value.slice(2);
  const bytes = unhex(`0x${digits.length % 2 === 0 ? "" : "0"}${digits}`);
  const start = bytes?.findIndex((byte) => byte !== 0) ?? 0;
  return bytes?.subarray(start < 0 ? bytes.length : start) ?? null;
}

/** The RLP of the header of `block`: a node that gives it another hash contradicts itself. */
function ownHeader(block: unknown, number: bigint): Bytes {
  const method = "eth_getBlockByNumber";
  const members = membersOf(block, method);
  const isThere = (name: string) => members[name] !== undefined && members[name] !== null;
  const fields = [...FIELDS, ...LATER_FIELDS.filter(isThere)].map((name) => {
    const value = members[name];
    const bytes = QUANTITIES.has(name) ? quantityBytes(value) : bytesOf(value, method);
    return encodeBytes(bytes ?? malformed(method));
  });
  const rlp = encodeList(fields);
  if (equal(keccak256(rlp), bytesOf(members["hash"], method))) return rlp;
  throw new Contradiction(number);
}

/** The header of a block has not the hash that the node gives the block. */
export class Contradiction extends Unreadable {
  readonly number: bigint;

  constructor(number: bigint) {
    super(`the node's header of block ${number} does not have the hash it gives the block`);
    this.number = number;
  }
}
