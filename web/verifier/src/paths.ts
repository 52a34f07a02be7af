/** What an envelope withholds: RFC 6901 pointers to members that are not there (§2). */

import { isArray, isObject, type Json } from "./json/value.ts";
import { must } from "./refusal.ts";

/** Whether a path is of the envelope itself, and not of a signature. */
export function isEntryPart(path: string): boolean {
  return path === "/actor" || path.startsWith("/data/");
}

/**
 * Checks that each path names an absent member of a present object. So none is another's prefix:
 * what is below an absent member is in no present object.
 */
export function checkPaths(paths: readonly string[], envelope: Json): void {
  for (const path of paths) {
    must(isEntryPart(path), "pathStart", { path });
    must(isAbsent(path, envelope), "pathNotAbsent", { path });
  }
}

/** The names a pointer is made of, or `null` if it is none. */
function segments(path: string): readonly string[] | null {
  if (!/^(?:\/(?:[^~/]|~[01])*)+$/u.test(path)) return null;
  return path
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function isAbsent(path: string, envelope: Json): boolean {
  const names = segments(path);
  const last = names?.at(-1);
  if (names === null || last === undefined) return false;
  let holder: Json | undefined = envelope;
  for (const name of names.slice(0, -1)) holder = enter(holder, name);
  return isObject(holder) && !holder.has(last);
}

function enter(holder: Json | undefined, name: string): Json | undefined {
  if (isObject(holder)) return holder.get(name);
  if (isArray(holder) && /^(?:0|[1-9][0-9]{0,9})$/.test(name)) return holder[Number(name)];
  return undefined;
}
