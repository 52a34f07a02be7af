/** Reads the members of an object by name and form; each failure names the member. */

import type { Bytes } from "./bytes.ts";
import { unbase64url, unhex, unposition } from "./encoding.ts";
import { must } from "./refusal.ts";
import { isArray, isObject, type Json, type JsonObject } from "./json/value.ts";

export class Members {
  readonly #object: JsonObject;
  readonly #where: string;

  /** `value` must be an object of exactly the members `names`; `where` is its own name. */
  constructor(value: Json | undefined, where: string, names: readonly string[]) {
    must(isObject(value), "notObject", { field: where === "" ? "/" : where });
    this.#object = value;
    this.#where = where;
    for (const name of value.keys()) {
      must(names.includes(name), "unknownMember", { field: this.field(name) });
    }
    for (const name of names) must(value.has(name), "missingMember", { field: this.field(name) });
  }

  /** The full name of a member, for whoever has to mend it. */
  field(name: string): string {
    return this.#where === "" ? name : `${this.#where}.${name}`;
  }

  value(name: string): Json {
    return this.#object.get(name) ?? null;
  }

  isNull(name: string): boolean {
    return this.value(name) === null;
  }

  text(name: string): string {
    const value = this.value(name);
    must(typeof value === "string", "notString", { field: this.field(name) });
    return value;
  }

  oneOf<const T extends string>(name: string, choices: readonly T[]): T {
    const value = this.text(name);
    const choice = choices.find((known) => known === value);
    must(choice !== undefined, "notOneOf", {
      field: this.field(name),
      choices: choices.join(", "),
    });
    return choice;
  }

  position(name: string): bigint {
    const value = unposition(this.text(name));
    must(value !== null, "notPosition", { field: this.field(name) });
    return value;
  }

  positionOrNull(name: string): bigint | null {
    return this.isNull(name) ? null : this.position(name);
  }

  /** Lower-case hexadecimal, of `length` bytes if that is given. */
  hex(name: string, length?: number): Bytes {
    return hexOf(this.value(name), this.field(name), length);
  }

  base64url(name: string): Bytes {
    const bytes = unbase64url(this.text(name));
    must(bytes !== null, "notBase64url", { field: this.field(name) });
    return bytes;
  }

  /** The items of an array, each read by `read` with its own name. */
  items<T>(name: string, read: (item: Json, field: string) => T): readonly T[] {
    const value = this.value(name);
    must(isArray(value), "notArray", { field: this.field(name) });
    return value.map((item, at) => read(item, `${this.field(name)}[${at}]`));
  }
}

export function hexOf(value: Json, field: string, length?: number): Bytes {
  const bytes = typeof value === "string" ? unhex(value) : null;
  must(bytes !== null, "notHex", { field });
  must(length === undefined || bytes.length === length, "notHexLength", {
    field,
    length: String(length),
  });
  return bytes;
}

export function textOf(value: Json, field: string): string {
  must(typeof value === "string", "notString", { field });
  return value;
}
