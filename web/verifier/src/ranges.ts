/** Half-open ranges of blocks or log sizes; without an end they last until further notice. */

export type Range = { readonly from: bigint; readonly to: bigint | null };

export function inRange({ from, to }: Range, value: bigint): boolean {
  return from <= value && (to === null || value < to);
}

/** Whether every range holds something, and no two hold the same. */
export function areDisjoint(ranges: readonly Range[]): boolean {
  const sorted = ranges.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  return sorted.every(({ from, to }, at) => {
    const next = sorted[at + 1];
    const isSomething = to === null || from < to;
    return isSomething && (next === undefined || (to !== null && to <= next.from));
  });
}
