/** Writes zip files, right ones and others. */

import { crc32, deflateRawSync } from "node:zlib";

/** A file of a zip file, and what its headers say wrongly. */
export type ZipFile = {
  readonly name: string;
  readonly content: Uint8Array;
  readonly isDeflated?: boolean;
  /** The length that is said. */
  readonly length?: number;
  /** The checksum that is said. */
  readonly crc?: number;
  /** The packed bytes, if they are others. */
  readonly packed?: Uint8Array;
};

export function zip(files: readonly ZipFile[]): Uint8Array {
  const records: Buffer[] = [];
  const contents: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    const { name, content, isDeflated = false, length = content.length } = file;
    const crc = file.crc ?? crc32(content);
    const packed = file.packed ?? (isDeflated ? deflateRawSync(content) : content);
    const said = Buffer.alloc(26);
    said.writeUInt16LE(20, 0);
    said.writeUInt16LE(isDeflated ? 8 : 0, 4);
    said.writeUInt32LE(crc, 10);
    said.writeUInt32LE(packed.length, 14);
    said.writeUInt32LE(length, 18);
    said.writeUInt16LE(Buffer.byteLength(name), 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(at, 10);
    const record = [Buffer.from("PK\x01\x02\x14\x00"), said, rest, Buffer.from(name)];
    const header = [Buffer.from("PK\x03\x04"), said, Buffer.from(name), Buffer.from(packed)];
    records.push(Buffer.concat(record));
    contents.push(Buffer.concat(header));
    at += contents.at(-1)?.length ?? 0;
  }
  const directory = Buffer.concat(records);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...contents, directory, end]));
}
