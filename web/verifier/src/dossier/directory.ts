/**
 * Where the files of a zip file lie (§12). Everything has one place and says one thing, so that no
 * other program sees other files than this one.
 */

import { type Bytes, equal } from "../bytes.ts";
import { mustBe } from "./fault.ts";

const FILES_MAX = 20_000;
const [END, END_BYTES] = [0x0605_4b50, 22];
const [RECORD, RECORD_BYTES] = [0x0201_4b50, 46];
const [HEADER, HEADER_BYTES] = [0x0403_4b50, 30];
const [LOCATOR, LOCATOR_BYTES] = [0x0706_4b50, 20];
/** Bits that change nothing: how hard a packer tried, and that names are UTF-8. */
const HARMLESS_FLAGS = 0x0806;

/** One file as the directory tells of it, and its bytes as they are packed. */
export type Packed = {
  readonly name: Bytes;
  readonly isDeflated: boolean;
  readonly crc: number;
  /** Of the unpacked content, as the directory says. */
  readonly length: number;
  readonly bytes: Bytes;
};

/** The files in the order of the directory. */
export function readDirectory(bytes: Bytes): readonly Packed[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { directory, end, count } = readEnd(view);
  const files: Packed[] = [];
  let [record, header] = [directory, 0];
  while (record < end) {
    const file = readFile(bytes, view, record, end, header, directory);
    files.push(file.packed);
    [record, header] = [file.nextRecord, file.nextHeader];
  }
  mustBe(files.length === count && header === directory, "layout");
  return files;
}

function readEnd(view: DataView) {
  const end = view.byteLength - END_BYTES;
  // The record ends the file, so that a reader has no other one to look for.
  mustBe(end >= 0 && view.getUint32(end, true) === END, "zip");
  const count = view.getUint16(end + 10, true);
  mustBe(count <= FILES_MAX, "tooManyFiles", { files: String(count) });
  const disks = view.getUint32(end + 4, true);
  const [size, directory] = [view.getUint32(end + 12, true), view.getUint32(end + 16, true)];
  const isPlain =
    disks === 0 &&
    view.getUint16(end + 8, true) === count &&
    view.getUint16(end + 20, true) === 0 &&
    directory + size === end;
  mustBe(isPlain, "layout");
  const locator = end - LOCATOR_BYTES;
  mustBe(locator < 0 || view.getUint32(locator, true) !== LOCATOR, "layout");
  return { directory, end, count };
}

function readFile(
  bytes: Bytes,
  view: DataView,
  record: number,
  end: number,
  header: number,
  directory: number,
) {
  mustBe(record + RECORD_BYTES <= end, "layout");
  mustBe(header + HEADER_BYTES <= directory, "layout");
  const of = (at: number) => view.getUint16(record + at, true);
  const isRecord = view.getUint32(record, true) === RECORD;
  mustBe(isRecord && view.getUint32(header, true) === HEADER, "layout");
  // From the version that is needed to the length of what is extra, both say the same.
  const said = bytes.subarray(record + 6, record + 32);
  mustBe(equal(said, bytes.subarray(header + 4, header + HEADER_BYTES)), "layout");
  const [flags, method, nameBytes, extra, comment, disk] = [8, 10, 28, 30, 32, 34].map(of);
  mustBe(((flags ?? 0) & ~HARMLESS_FLAGS) === 0 && (method === 0 || method === 8), "method");
  mustBe(extra === 0 && comment === 0 && disk === 0, "layout");
  mustBe(view.getUint32(record + 42, true) === header, "layout");
  const [packed, length] = [view.getUint32(record + 20, true), view.getUint32(record + 24, true)];
  mustBe(method === 8 || packed === length, "layout");
  const start = header + HEADER_BYTES + (nameBytes ?? 0);
  const nextRecord = record + RECORD_BYTES + (nameBytes ?? 0);
  mustBe(nextRecord <= end && start + packed <= directory, "layout");
  const name = bytes.subarray(record + RECORD_BYTES, nextRecord);
  mustBe(equal(name, bytes.subarray(header + HEADER_BYTES, start)), "layout");
  const crc = view.getUint32(record + 16, true);
  const content = bytes.subarray(start, start + packed);
  return {
    packed: { name, isDeflated: method === 8, crc, length, bytes: content },
    nextRecord,
    nextHeader: start + packed,
  };
}
