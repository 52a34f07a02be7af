/** The tiles above level 0, compared with the roots of those below (§9, step 6). */

import { type Bytes, equal } from "../bytes.ts";
import { must } from "../refusal.ts";
import { treeRoot } from "./compact.ts";
import { type LogFiles, readHashes, TILE_WIDTH } from "./tiles.ts";

/** The tile of a level that is not full yet. */
type Unfinished = { index: bigint; hashes: Bytes[] };

export class Tower {
  readonly #files: LogFiles;
  /** Of level 1 and those above. */
  readonly #levels: Unfinished[] = [];

  constructor(files: LogFiles) {
    this.#files = files;
  }

  /** Takes the next full tile of `level`; it is one hash of the level above. */
  async push(hashes: readonly Bytes[], level = 0): Promise<void> {
    const above = (this.#levels[level] ??= { index: 0n, hashes: [] });
    above.hashes.push(treeRoot(hashes));
    if (BigInt(above.hashes.length) < TILE_WIDTH) return;
    const full = above.hashes;
    await this.#compare(level + 1, above.index, full);
    above.index += 1n;
    above.hashes = [];
    await this.push(full, level + 1);
  }

  /** Compares the partial tiles of the right edge. */
  async finish(): Promise<void> {
    for (const [below, { index, hashes }] of this.#levels.entries()) {
      if (hashes.length > 0) await this.#compare(below + 1, index, hashes);
    }
  }

  async #compare(level: number, index: bigint, computed: readonly Bytes[]): Promise<void> {
    const there = await readHashes(this.#files, level, index, BigInt(computed.length));
    const offset = computed.findIndex((hash, at) => !equal(hash, there[at] ?? new Uint8Array()));
    must(offset < 0, "tileHash", {
      level: String(level),
      index: String(index),
      offset: String(offset),
    });
  }
}
