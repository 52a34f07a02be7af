/** The chains of the shared vectors, and a node that shows one. */

import { decodeRlp, listOf } from "../../src/chain/rlp.ts";
import { bytesOf } from "../../src/chain/rlp.ts";
import { keccak256 } from "../../src/bytes.ts";
import { hex } from "../../src/encoding.ts";
import { type Policy, parsePolicy } from "../../src/policy.ts";
import type { Answer } from "./recorded.ts";
import { bytes, load, policyTexts, utf8 } from "./vectors.ts";

export type Step = {
  readonly from: string;
  readonly headers: readonly string[];
  readonly verdict: string;
  readonly check: string | null;
  readonly block: string;
  readonly hash: string;
  readonly replaced: unknown;
};
export type ChainCase = {
  readonly name: string;
  readonly chain: { readonly genesisHeader: string; readonly chainId: string };
  readonly steps: readonly Step[];
};

export const chains = load<readonly ChainCase[]>("chains");

export function chainCase(name: string): ChainCase {
  const found = chains.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no chain "${name}" among the vectors`);
  return found;
}

/** The text of a policy that is of a chain. */
export function policyText({ chain }: ChainCase): string {
  return JSON.stringify({ ...(policyTexts["honest"] as object), chain });
}

export function policyOf(one: ChainCase): Policy {
  return parsePolicy(utf8(policyText(one)));
}

export function genesisOf({ chain }: ChainCase): Uint8Array {
  return new Uint8Array(Buffer.from(chain.genesisHeader.slice(2), "hex"));
}

/** The headers that a case's step shows, from the genesis header on. */
export function headersAt(one: ChainCase, step: number): Uint8Array[] {
  const { from, headers } = one.steps[step] ?? { from: "0", headers: [] };
  const before = step === 0 ? [genesisOf(one)] : headersAt(one, 0);
  return [...before.slice(0, Number(from) + 1), ...headers.map(bytes)];
}

const NAMES = [
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
  "baseFeePerGas",
];
const QUANTITIES = /^(?:difficulty|number|gasLimit|gasUsed|timestamp|baseFeePerGas)$/;

/** A block as a node shows it, of a header's bytes. */
export function blockOf(rlp: Uint8Array): Record<string, string> {
  const fields = listOf(decodeRlp(rlp)).map((field) => hex(bytesOf(field)));
  const named = fields.map((field, at) => {
    const name = NAMES[at] ?? "withdrawalsRoot";
    const digits = field.slice(2).replace(/^0+/, "") || "0";
    return [name, QUANTITIES.test(name) ? `0x${digits}` : field] as const;
  });
  return { ...Object.fromEntries(named), hash: hex(keccak256(rlp)) };
}

/** A node that shows `headers`, which a test may replace. */
export function nodeOf(shown: { headers: readonly Uint8Array[]; chainId: string }): Answer {
  return (method, params) => {
    switch (method) {
      case "eth_chainId":
        return `0x${BigInt(shown.chainId).toString(16)}`;
      case "eth_blockNumber":
        return `0x${(shown.headers.length - 1).toString(16)}`;
      case "eth_getBlockByNumber": {
        const header = shown.headers[Number(params[0])];
        return header === undefined ? null : blockOf(header);
      }
      default:
        throw new Error(`no such method: ${method}`);
    }
  };
}
