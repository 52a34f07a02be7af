/** The replay of a log: one pass over its entries, in order (§9, steps 4 to 6). */

import { type Bytes, equal } from "../bytes.ts";
import { hex } from "../encoding.ts";
import { must } from "../refusal.ts";
import { atPosition, Entries, readPlaced } from "./entries.ts";
import { type AnchoredBatch, Roots } from "./roots.ts";
import { type LogFiles, readEntries, readHashes, TILE_WIDTH } from "./tiles.ts";
import { Tower } from "./tower.ts";

/** Tiles that are read before they are needed. */
const AHEAD = 4n;

/** The size and root that the log signed. */
export type TreeHead = { readonly size: bigint; readonly root: Bytes };

/** Is told how far the replay is; what it throws ends it. */
export type Progress = (replayed: bigint, all: bigint) => void;

type Tile = { readonly hashes: readonly Bytes[]; readonly entries: readonly Bytes[] };

/** Replays the entries of `head`; the answer is how many are sealed. */
export async function replay(
  files: LogFiles,
  head: TreeHead,
  batches: readonly AnchoredBatch[],
  origin: string,
  progress: Progress,
): Promise<bigint> {
  const [entries, roots, tower] = [new Entries(), new Roots(batches), new Tower(files)];
  for await (const tile of tiles(files, head.size)) {
    for (const [at, bytes] of tile.entries.entries()) {
      const leaf = tile.hashes[at] ?? new Uint8Array();
      const position = roots.size;
      atPosition(position, () => entries.check(readPlaced(bytes, leaf, origin), position));
      roots.append(leaf);
    }
    if (BigInt(tile.hashes.length) === TILE_WIDTH) await tower.push(tile.hashes);
    progress(roots.size, head.size);
  }
  await tower.finish();
  const computed = roots.root();
  must(equal(computed, head.root), "replayedRoot", {
    size: String(head.size),
    computed: hex(computed),
  });
  return entries.sealed;
}

/** The tiles of level 0 with their entries, in order; some are on their way before they are due. */
async function* tiles(files: LogFiles, size: bigint): AsyncGenerator<Tile> {
  const count = (size + TILE_WIDTH - 1n) / TILE_WIDTH;
  const coming: Promise<Tile>[] = [];
  for (let due = 0n, next = 0n; due < count; due += 1n) {
    for (; next < count && next < due + AHEAD; next += 1n) {
      const tile = readTile(files, next, size);
      // It is refused when it is due, and not before.
      tile.catch(() => undefined);
      coming.push(tile);
    }
    const tile = coming.shift();
    if (tile !== undefined) yield await tile;
  }
}

async function readTile(files: LogFiles, index: bigint, size: bigint): Promise<Tile> {
  const left = size - index * TILE_WIDTH;
  const width = left < TILE_WIDTH ? left : TILE_WIDTH;
  const hashes = await readHashes(files, 0, index, width);
  return { hashes, entries: await readEntries(files, index, width) };
}
