/** The roots of batch and log, compared at the end of each batch (§9, step 5). */

import { type Bytes, equal } from "../bytes.ts";
import type { Batch } from "../chain/contract.ts";
import { must } from "../refusal.ts";
import { CompactTree } from "./compact.ts";

/** A batch that a contract anchored, and the root of the log right after it. */
export type AnchoredBatch = {
  readonly contract: Bytes;
  readonly batch: Batch;
  readonly logRoot: Bytes;
};

/** The size of the log right after a batch. */
export function sizeAfter({ batch }: AnchoredBatch): bigint {
  return batch.first + batch.count;
}

export class Roots {
  readonly #log = new CompactTree();
  #batch = new CompactTree();
  readonly #batches: readonly AnchoredBatch[];
  #compared = 0;

  constructor(batches: readonly AnchoredBatch[]) {
    this.#batches = batches;
  }

  /** How many leaves were appended. */
  get size(): bigint {
    return this.#log.size;
  }

  root(): Bytes {
    return this.#log.root();
  }

  append(leaf: Bytes): void {
    const position = this.size;
    this.#log.append(leaf);
    const next = this.#batches[this.#compared];
    if (next === undefined) return;
    if (position >= next.batch.first) this.#batch.append(leaf);
    if (this.size === sizeAfter(next)) this.#compare(next);
  }

  #compare({ batch, logRoot }: AnchoredBatch): void {
    const { index, first, count, root } = batch;
    const place = {
      batch: String(index),
      first: String(first),
      last: String(first + count - 1n),
    };
    must(equal(this.#batch.root(), root), "batchRoot", place);
    must(equal(this.root(), logRoot), "logRoot", place);
    this.#compared += 1;
    this.#batch = new CompactTree();
  }
}
