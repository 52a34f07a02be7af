/** Reading what events say; whatever is not of its shape refuses the event. */

import { type Bytes, compare, utf8 } from "../bytes.ts";
import { unhex, uninstant, unposition } from "../encoding.ts";
import { canonical, isArray, isObject, type Json } from "../json/value.ts";
import type { Contradicts } from "../words/dossier-en.ts";
import type { Event } from "./event.ts";

/** No amount is larger. */
const CENTAVOS_MAX = 1_000_000_000_000_000n;
const UINT32_MAX = 0xffff_ffff;

export type Money = { readonly centavos: bigint; readonly currency: string };

export function moneyText({ centavos, currency }: Money): string {
  return `${centavos / 100n}.${String(centavos % 100n).padStart(2, "0")} ${currency}`;
}

/** A value that an event says or discloses. */
export class Said {
  readonly event: Event;
  readonly value: Json;

  constructor(event: Event, value: Json) {
    this.event = event;
    this.value = value;
  }

  #read<T>(name: string, read: (value: Json) => T | null): T {
    const value = isObject(this.value) ? this.value.get(name) : undefined;
    const found = value === undefined ? null : read(value);
    if (found === null) throw this.event.refuse("memberShape", name);
    return found;
  }

  get(name: string): Said {
    return this.#read(name, (value) => new Said(this.event, value));
  }

  text(name: string): string {
    return this.#read(name, asText);
  }

  flag(name: string): boolean {
    return this.#read(name, (value) => (typeof value === "boolean" ? value : null));
  }

  /** A whole number below 2^32. */
  number(name: string): number {
    return this.#read(name, asNumber);
  }

  position(name: string): bigint {
    return this.#read(name, (value) => unposition(asText(value) ?? ""));
  }

  /** Milliseconds since 1970. */
  instant(name: string): bigint {
    return this.#read(name, (value) => uninstant(asText(value) ?? ""));
  }

  hash(name: string): Bytes {
    return this.#read(name, (value) => {
      const bytes = unhex(asText(value) ?? "");
      return bytes?.length === 32 ? bytes : null;
    });
  }

  money(name: string): Money {
    return this.#read(name, (value) => {
      if (!isObject(value)) return null;
      const centavos = unposition(asText(value.get("centavos")) ?? "");
      const currency = asText(value.get("currency"));
      if (centavos === null || currency === null || centavos > CENTAVOS_MAX) return null;
      return { centavos, currency };
    });
  }

  list(name: string): readonly Said[] {
    const items = this.#read(name, (value) => (isArray(value) ? value : null));
    return items.map((value) => new Said(this.event, value));
  }

  numbers(name: string): readonly number[] {
    return this.#read(name, (value) => allOf(value, asNumber));
  }

  texts(name: string): readonly string[] {
    return this.#read(name, (value) => allOf(value, asText));
  }

  /** A contradiction unless the value is `shown`. */
  is(what: Contradicts, shown: Json): void {
    this.event.same(what, canonical(this.value), canonical(shown));
  }
}

export function asText(value: Json | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function asNumber(value: Json): number | null {
  const isNumber = typeof value === "number" && value >= 0 && value <= UINT32_MAX;
  return isNumber ? value : null;
}

function allOf<T>(value: Json, read: (item: Json) => T | null): readonly T[] | null {
  if (!isArray(value)) return null;
  const items = value.map(read);
  return items.every((item) => item !== null) ? items : null;
}

/** The order of texts by their bytes. */
export function compareTexts(a: string, b: string): number {
  return compare(utf8(a), utf8(b));
}

/** The order in which masks are given: A, B, …, Z, AA, … */
export function compareMasks(a: string, b: string): number {
  return utf8(a).length - utf8(b).length || compareTexts(a, b);
}

/** A ratio rounded half up to a whole number. */
export function halfUp(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

/** An object of the profile. */
export function object(members: Readonly<Record<string, Json>>): Json {
  return new Map(Object.entries(members));
}
