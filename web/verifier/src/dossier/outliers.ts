/** Whose ballots lie far from the others': |x − median| / max(1.4826 · MAD, 5) > 3.5. */

import type { Json } from "../json/value.ts";
import { type Ballot, cellOf } from "./points.ts";
import { compareTexts, object } from "./said.ts";

/** The ballots with at least one such cell, as an event records them. */
export function findOutliers(
  masks: readonly string[],
  criteria: number,
  ballots: readonly Ballot[],
): readonly Json[] {
  const far = ballots.map(() => 0);
  for (const mask of masks) {
    for (let criterion = 0; criterion < criteria; criterion += 1) {
      const isFar = spreadOf(cellOf(ballots, mask, criterion));
      ballots.forEach(({ scores }, at) => {
        const own = scores.get(mask)?.[criterion];
        if (own !== undefined && isFar(BigInt(own))) far[at] = (far[at] ?? 0) + 1;
      });
    }
  }
  return ballots
    .map(({ pseudonym }, at) => ({ pseudonym, cells: far[at] ?? 0, of: masks.length * criteria }))
    .filter(({ cells }) => cells > 0)
    .sort((a, b) => compareTexts(a.pseudonym, b.pseudonym) || a.cells - b.cells)
    .map(object);
}

/** Tells which scores lie far from sorted ones; the median is in halves, MAD in quarters. */
function spreadOf(sorted: readonly bigint[]): (score: bigint) => boolean {
  const median = twiceMedian(sorted);
  const deviationOf = (score: bigint) =>
    2n * score > median ? 2n * score - median : median - 2n * score;
  const deviations = sorted.map(deviationOf).sort((a, b) => Number(a - b));
  const spread = 14_826n * twiceMedian(deviations);
  // own / 2 > 3.5 · max(spread / 40,000, 5)
  const least = 7n * (spread > 200_000n ? spread : 200_000n);
  return (score) => 40_000n * deviationOf(score) > least;
}

/** Twice the median of sorted numbers, which is whole; 0 of none. */
export function twiceMedian(sorted: readonly bigint[]): bigint {
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0n;
  return sorted.length % 2 === 1 ? 2n * upper : (sorted[middle - 1] ?? 0n) + upper;
}
