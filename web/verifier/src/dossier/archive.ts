/** The files of a dossier, read with limits and unpacked nowhere but in memory (§12). */

import { Inflate } from "fflate";
import { type Bytes, compare } from "../bytes.ts";
import { type Packed, readDirectory } from "./directory.ts";
import { mustBe, NoDossier } from "./fault.ts";

const MIB = 1024 * 1024;
export const DOSSIER_BYTES_MAX = 128 * MIB;
const UNPACKED_BYTES_MAX = 256 * MIB;
const NAME_BYTES_MAX = 200;
/** The name of the list of everything else. */
export const LIST = "dossier.json";
const FOLDERS: ReadonlyMap<string, number> = new Map([
  ["documents", MIB],
  ["proofs", MIB],
  ["releases", 4 * MIB],
]);
/** Deflate makes at most 1,032 bytes of one: so much is unpacked before a limit is looked at. */
const STEP_BYTES = 4096;

export type Files = ReadonlyMap<string, Bytes>;

export function readArchive(bytes: Bytes): Files {
  mustBe(bytes.length <= DOSSIER_BYTES_MAX, "tooLong", { bytes: String(bytes.length) });
  const files = new Map<string, Bytes>();
  let left = UNPACKED_BYTES_MAX;
  let before: Bytes | null = null;
  for (const packed of readDirectory(bytes)) {
    const name = nameOf(packed.name);
    mustBe(before === null || compare(before, packed.name) < 0, "order", { name });
    before = packed.name;
    const limit = bytesMax(name);
    mustBe(packed.length <= limit, "fileTooLong", { name, limit: String(limit) });
    mustBe(packed.length <= left, "unpacked");
    left -= packed.length;
    files.set(name, unpack(packed, name));
  }
  return files;
}

function nameOf(bytes: Bytes): string {
  const name = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  mustBe(bytesMax(name) > 0, "name", { name: JSON.stringify(name) });
  return name;
}

/** The most bytes of a file of that name; 0 for a name that no file has. */
function bytesMax(name: string): number {
  if (name === LIST) return 8 * MIB;
  const slash = name.indexOf("/");
  const limit = FOLDERS.get(name.slice(0, Math.max(slash, 0)));
  return limit !== undefined && isFileName(name.slice(slash + 1)) ? limit : 0;
}

/** Whether a text can stand as a file's name on any system: nothing hidden, no folder, no `..`. */
export function isFileName(text: string): boolean {
  return (
    text.length <= NAME_BYTES_MAX &&
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) &&
    !text.includes("..")
  );
}

function unpack(packed: Packed, name: string): Bytes {
  const content = packed.isDeflated ? inflate(packed, name) : packed.bytes;
  mustBe(content !== null && crc32(content) === packed.crc, "unpack", { name });
  return content;
}

/** The content, or `null` if it is not of the length that the directory says. */
function inflate({ bytes, length }: Packed, name: string): Bytes | null {
  const content = new Uint8Array(length);
  let at = 0;
  const stream = new Inflate((part) => {
    // Not more than was said is ever kept, whatever a bomb would unpack to.
    if (at + part.length <= length) content.set(part, at);
    at += part.length;
  });
  try {
    for (let from = 0; from < bytes.length && at <= length; from += STEP_BYTES) {
      const next = from + STEP_BYTES;
      stream.push(bytes.subarray(from, next), next >= bytes.length);
    }
  } catch (error) {
    // The library's own errors have a code; anything else is a fault of this program.
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new NoDossier("unpack", { name });
  }
  return at === length ? content : null;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1 ? 0xedb8_8320 : 0) ^ (value >>> 1);
  return value;
});

function crc32(bytes: Bytes): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}
