/** The log as C2SP `tlog-tiles` has it: paths, hashes and entries (§3). */

import { type Bytes, fromBigEndian } from "../bytes.ts";
import { must } from "../refusal.ts";
import { Unreadable } from "../unreadable.ts";

/** Hashes of a full tile, entries of a full bundle. */
export const TILE_WIDTH = 256n;
const HASH_BYTES = 32;
const TILE_BYTES = 256 * HASH_BYTES;
const BUNDLE_BYTES = 256 * (2 + 65_535);
const NOTE_BYTES = 64 * 1024;

/**
 * The files of a log by their path, which begins with `/log/`; `null` for one that is not there.
 * A file of more than `limit` bytes, or one that cannot be read, is `Unreadable`.
 */
export type LogFiles = (path: string, limit: number) => Promise<Bytes | null>;

/** `x001/x234/067` for 1234067. */
export function indexPath(index: bigint): string {
  const digits = index.toString();
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/\d{3}/g) ?? [];
  return groups.map((group, at) => (at + 1 < groups.length ? `x${group}` : group)).join("/");
}

export async function readCheckpoint(files: LogFiles): Promise<Bytes> {
  const path = "/log/checkpoint";
  return (await files(path, NOTE_BYTES)) ?? missing(path);
}

/** The first `width` hashes of a tile. */
export async function readHashes(
  files: LogFiles,
  level: number,
  index: bigint,
  width: bigint,
): Promise<readonly Bytes[]> {
  const bytes = await readPart(files, String(level), index, width, TILE_BYTES);
  const count = bytes.length / HASH_BYTES;
  const tile = { level: String(level), index: String(index) };
  must(Number.isInteger(count) && BigInt(count) >= width, "tileLength", tile);
  return Array.from({ length: Number(width) }, (_, at) =>
    bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );
}

/** The first `width` entries of an entry bundle. */
export async function readEntries(
  files: LogFiles,
  index: bigint,
  width: bigint,
): Promise<readonly Bytes[]> {
  const bytes = await readPart(files, "entries", index, width, BUNDLE_BYTES);
  const entries = splitBundle(bytes);
  const first = index * TILE_WIDTH;
  must(entries !== null && BigInt(entries.length) >= width, "entryBundle", {
    first: String(first),
    last: String(first + width - 1n),
  });
  return entries.slice(0, Number(width));
}

/** A partial tile may have been replaced by the full one since the checkpoint was signed. */
async function readPart(
  files: LogFiles,
  level: string,
  index: bigint,
  width: bigint,
  limit: number,
): Promise<Bytes> {
  const full = `/log/tile/${level}/${indexPath(index)}`;
  const partial = width < TILE_WIDTH ? await files(`${full}.p/${width}`, limit) : null;
  return partial ?? (await files(full, limit)) ?? missing(full);
}

function missing(path: string): never {
  throw new Unreadable(`the log does not have ${path}`);
}

/** Entries, each with its length as `u16be` before it; `null` if one is cut off. */
function splitBundle(bytes: Bytes): readonly Bytes[] | null {
  const entries: Bytes[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + 2;
    const end = start + Number(fromBigEndian(bytes.subarray(at, start)));
    if (start > bytes.length || end > bytes.length) return null;
    entries.push(bytes.subarray(start, end));
    at = end;
  }
  return entries;
}
