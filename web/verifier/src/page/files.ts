/** The files that were given, each in its place; what a file is, it says itself. */

import { unbase64url } from "../encoding.ts";
import { parseJson, textOf } from "../json/parse.ts";
import { isObject, type Json } from "../json/value.ts";
import { Broken } from "../refusal.ts";
import type { Kind } from "../words/page.ts";

export type Given = { readonly name: string; readonly bytes: Uint8Array };
export type Files = Partial<Record<Kind, Given>>;

/** What a zip file begins with; no JSON does. */
const ZIP = [0x50, 0x4b, 0x03, 0x04];

function parse(bytes: Uint8Array): Json | undefined {
  try {
    return parseJson(textOf(bytes), "any");
  } catch (error) {
    if (error instanceof Broken) return undefined;
    throw error;
  }
}

/**
 * Which place a dropped file belongs to, by its `v`. A proof of an opening can also be the proof
 * of a receipt's own event, but nobody has that one in mind who drops both.
 */
export function kindOf(bytes: Uint8Array): Kind | null {
  if (ZIP.every((byte, at) => bytes[at] === byte)) return "dossier";
  const value = parse(bytes);
  if (!isObject(value)) return null;
  switch (value.get("v")) {
    case "smart-tenders/policy@v1":
      return "policy";
    case "smart-tenders/receipt-file@v1":
      return "receipt";
    case "smart-tenders/bundle@v1":
      return isOpening(value.get("entry")) ? "opening" : "proof";
    default:
      return "release";
  }
}

function isOpening(entry: Json | undefined): boolean {
  const bytes = typeof entry === "string" ? unbase64url(entry) : null;
  if (bytes === null) return false;
  const line = bytes.indexOf(10);
  const envelope = parse(bytes.subarray(line + 1));
  return isObject(envelope) && envelope.get("type") === "ProposalsOpened";
}
