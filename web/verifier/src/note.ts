/** Signed notes and their keys: C2SP `signed-note` and `tlog-cosignature`, as §3 narrows them. */

import { type Bytes, concat, equal, fromBigEndian, sha256, utf8 } from "./bytes.ts";
import { isStrongKey, verifyStrict } from "./ed25519.ts";
import { hex, unbase64 } from "./encoding.ts";
import { must } from "./refusal.ts";

const MAX_BYTES = 64 * 1024;
const MAX_SIGNATURES = 100;

/** The algorithm byte of a key: Ed25519, or a witness's `cosignature/v1`. */
export const ED25519 = 0x01;
export const COSIGNATURE = 0x04;

export type NoteKey = {
  readonly name: string;
  readonly id: Bytes;
  readonly algorithm: number;
  readonly publicKey: Bytes;
};

/** Reads a C2SP verifier key `<name>+<key id>+<base64>`; `field` is where it stands. */
export function parseKey(text: string, algorithm: number, field: string): NoteKey {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(text);
  const [name, id, encoded] = [parts?.[1], parts?.[2], parts?.[3]];
  const key = encoded === undefined ? null : unbase64(encoded);
  must(name !== undefined && isKeyName(name) && key !== null, "notKey", { field });
  must(key.length === 33 && key[0] === algorithm, "keyAlgorithm", {
    field,
    algorithm: hex(Uint8Array.of(algorithm)),
  });
  must(isStrongKey(key.subarray(1)), "weakKey", { field });
  const ownId = sha256(utf8(`${name}\n`), key).subarray(0, 4);
  must(hex(ownId) === `0x${id ?? ""}`, "keyId", { field });
  return { name, id: ownId, algorithm, publicKey: key.subarray(1) };
}

function isKeyName(name: string): boolean {
  return name !== "" && !/[\s+]/u.test(name);
}

export type Signature = { readonly name: string; readonly id: Bytes; readonly bytes: Bytes };
export type Note = { readonly text: string; readonly signatures: readonly Signature[] };

/** Takes a note apart; nothing is verified yet. */
export function parseNote(note: string): Note {
  must(utf8(note).length <= MAX_BYTES, "noteSize");
  must(!/[\u0000-\u0009\u000b-\u001f]/.test(note), "noteCharacters");
  const end = note.lastIndexOf("\n\n");
  must(end >= 0 && note.endsWith("\n"), "noteForm");
  const lines = note.slice(end + 2, -1).split("\n");
  must(lines.length <= MAX_SIGNATURES, "noteSignatures");
  return { text: note.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

function parseSignature(line: string): Signature {
  const parts = /^\u2014 ([^ ]+) ([^ ]+)$/u.exec(line);
  const [name, encoded] = [parts?.[1], parts?.[2]];
  const bytes = encoded === undefined ? null : unbase64(encoded);
  must(name !== undefined && isKeyName(name) && bytes !== null && bytes.length > 4, "noteForm");
  return { name, id: bytes.subarray(0, 4), bytes: bytes.subarray(4) };
}

/**
 * Verifies every signature of `note`: each by one of `keys`, and none signs twice.
 * The answer is the keys that signed.
 */
export function verifyNote(note: Note, keys: readonly NoteKey[]): ReadonlySet<NoteKey> {
  const signed = new Set<NoteKey>();
  for (const signature of note.signatures) {
    const key = keys.find(({ name, id }) => name === signature.name && equal(id, signature.id));
    must(key !== undefined, "unknownSigner", { name: signature.name });
    must(!signed.has(key), "signedTwice", { name: key.name });
    must(isSignedBy(key, note.text, signature.bytes), "badSignature", { name: key.name });
    signed.add(key);
  }
  return signed;
}

function isSignedBy(key: NoteKey, text: string, signature: Bytes): boolean {
  if (key.algorithm !== COSIGNATURE) return verifyStrict(key.publicKey, utf8(text), signature);
  if (signature.length !== 72) return false;
  const time = fromBigEndian(signature.subarray(0, 8));
  const message = concat(utf8(`cosignature/v1\ntime ${time}\n`), utf8(text));
  return verifyStrict(key.publicKey, message, signature.subarray(8));
}
