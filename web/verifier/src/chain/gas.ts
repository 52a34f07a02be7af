/** What the gas of a block allows the next one (EIP-1559; §13, `headers`). */

import { must } from "../refusal.ts";
import type { Header } from "./header.ts";

const GAS_LIMIT_MIN = 5_000n;
const [LIMIT_DIVISOR, ELASTICITY, FEE_DIVISOR] = [1_024n, 2n, 8n];
// A header without a base fee has 15 fields.
const FIELDS_BEFORE_FEE = 15;

export type Gas = Pick<Header, "gasLimit" | "gasUsed" | "baseFee">;

const difference = (a: bigint, b: bigint) => (a > b ? a - b : b - a);

/** That the gas of `child` is what its parent's allows. */
export function checkGas(parent: Gas, child: Header): void {
  const number = { number: String(child.number) };
  must(child.gasLimit >= GAS_LIMIT_MIN, "gasLimit", number);
  const moved = difference(child.gasLimit, parent.gasLimit);
  must(moved < parent.gasLimit / LIMIT_DIVISOR, "gasLimit", number);
  must(child.gasUsed <= child.gasLimit, "gasUsed", number);
  const hasFee = child.fields.length > FIELDS_BEFORE_FEE;
  must(hasFee === (parent.baseFee !== null), "baseFee", number);
  must(child.baseFee === nextBaseFee(parent), "baseFee", number);
}

/** The base fee of the block after one with this gas; `null` in a chain without. */
function nextBaseFee({ gasLimit, gasUsed, baseFee }: Gas): bigint | null {
  if (baseFee === null) return null;
  const target = gasLimit / ELASTICITY;
  const moved = (baseFee * difference(gasUsed, target)) / target / FEE_DIVISOR;
  if (gasUsed <= target) return baseFee - moved;
  return baseFee + (moved > 1n ? moved : 1n);
}
