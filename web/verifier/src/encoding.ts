/** The spellings of §1: each value has one, and `null` is the answer to any other. */

import { type Bytes } from "./bytes.ts";

export const MAX_POSITION = 0xffff_ffff_ffff_ffffn;

export type Hex = `0x${string}`;

export function hex(bytes: Bytes): Hex {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** The bytes of `0x` and lower-case hexadecimal of even length. */
export function unhex(text: string): Bytes | null {
  if (text.length % 2 !== 0 || !/^0x[0-9a-f]*$/.test(text)) return null;
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(2 + 2 * at, 4 + 2 * at), 16);
  }
  return bytes;
}

const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = STANDARD.replace("+/", "-_");

const digitsOf = (alphabet: string) => new Map([...alphabet].map((digit, value) => [digit, value]));
const STANDARD_DIGITS = digitsOf(STANDARD);
const URL_SAFE_DIGITS = digitsOf(URL_SAFE);

/** The bytes of unpadded base64 whose unused trailing bits are zero. */
function unpadded(text: string, digits: ReadonlyMap<string, number>): Bytes | null {
  if (text.length % 4 === 1) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let count = 0;
  let length = 0;
  for (const digit of text) {
    const value = digits.get(digit);
    if (value === undefined) return null;
    bits = (bits << 6) | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[length] = bits >> count;
      length += 1;
      bits &= (1 << count) - 1;
    }
  }
  return bits === 0 ? bytes : null;
}

/** The bytes of unpadded base64url. */
export function unbase64url(text: string): Bytes | null {
  return unpadded(text, URL_SAFE_DIGITS);
}

/** The bytes of standard base64 with its padding, as signed notes have it. */
export function unbase64(text: string): Bytes | null {
  if (text.length % 4 !== 0) return null;
  return unpadded(text.replace(/={1,2}$/, ""), STANDARD_DIGITS);
}

export function base64url(bytes: Bytes): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = Math.min(bytes.length - at, 3);
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    for (let digit = 0; digit <= left; digit += 1) {
      text += URL_SAFE[(group >> (18 - 6 * digit)) & 63] ?? "";
    }
  }
  return text;
}

/** A position: canonical decimal from 0 to 2^64 − 1. */
export function unposition(text: string): bigint | null {
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(text)) return null;
  const value = BigInt(text);
  return value <= MAX_POSITION ? value : null;
}

/** The milliseconds since 1970 of an instant; what is not a date that exists is not one. */
export function uninstant(text: string): bigint | null {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/.test(text)) return null;
  const time = Date.parse(text);
  // Date takes 24:00 and 30 February for the day after; written again, they differ.
  if (Number.isNaN(time) || time < 0 || new Date(time).toISOString() !== text) return null;
  return BigInt(time);
}

/** An instant of seconds since 1970, as far as such a date can be written. */
export function instantOfSeconds(seconds: bigint): string {
  const millis = seconds * 1000n;
  return millis <= 253_402_300_799_999n
    ? new Date(Number(millis)).toISOString()
    : `${seconds.toString()} s`;
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(text);
}

/** A UUIDv7 in lower case with hyphens. */
export function isEventId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(text);
}

/** The name of a log: printable ASCII without space or `+`. */
export function isOrigin(text: string): boolean {
  return /^[!-*,-~]{1,128}$/.test(text);
}
