/** A reader for the profile of §1, which JSON.parse is not: it takes the last of two equal names. */

import type { Bytes } from "../bytes.ts";
import { Broken, must } from "../refusal.ts";
import type { Json, JsonObject } from "./value.ts";

/** `profile`: §1. `any`: releases and what holds them, of any finite numbers and characters (§5). */
export type Dialect = "profile" | "any";

const MAX_DEPTH = { profile: 32, any: 64 } as const;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** The text of bytes that are UTF-8; a byte order mark is a character like others. */
export function textOf(bytes: Bytes): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Broken("utf8");
  }
}

/** The value of one JSON text, with white space around it or not. */
export function parseJson(text: string, dialect: Dialect = "profile"): Json {
  return new Reader(text, dialect).whole();
}

class Reader {
  readonly #text: string;
  readonly #dialect: Dialect;
  #at = 0;

  constructor(text: string, dialect: Dialect) {
    this.#text = text;
    this.#dialect = dialect;
  }

  whole(): Json {
    this.#take(SPACE);
    const value = this.#value(0);
    this.#take(SPACE);
    must(this.#at === this.#text.length, "jsonSyntax", this.#place());
    return value;
  }

  #place(): { offset: string } {
    return { offset: String(this.#at) };
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += taken.length;
    return taken;
  }

  /** Whether `character` comes next, after white space; then it is taken. */
  #takes(character: string): boolean {
    this.#take(SPACE);
    const found = this.#text[this.#at] === character;
    if (found) this.#at += 1;
    return found;
  }

  #expect(character: string): void {
    must(this.#takes(character), "jsonSyntax", this.#place());
  }

  #value(depth: number): Json {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #word<T>(word: string, value: T): T {
    must(this.#text.startsWith(word, this.#at), "jsonSyntax", this.#place());
    this.#at += word.length;
    return value;
  }

  #object(depth: number): JsonObject {
    must(depth <= MAX_DEPTH[this.#dialect], "jsonDepth");
    const members = new Map<string, Json>();
    this.#at += 1;
    if (this.#takes("}")) return members;
    do {
      this.#take(SPACE);
      must(this.#text[this.#at] === '"', "jsonSyntax", this.#place());
      const name = this.#string();
      must(!members.has(name), "duplicateMember", { name });
      this.#expect(":");
      this.#take(SPACE);
      members.set(name, this.#value(depth));
    } while (this.#takes(","));
    this.#expect("}");
    return members;
  }

  #array(depth: number): readonly Json[] {
    must(depth <= MAX_DEPTH[this.#dialect], "jsonDepth");
    const items: Json[] = [];
    this.#at += 1;
    if (this.#takes("]")) return items;
    do {
      this.#take(SPACE);
      items.push(this.#value(depth));
    } while (this.#takes(","));
    this.#expect("]");
    return items;
  }

  #string(): string {
    this.#at += 1;
    const parts: string[] = [];
    for (;;) {
      parts.push(this.#take(PLAIN));
      const next = this.#text[this.#at];
      if (next === '"') break;
      must(next === "\\", "jsonSyntax", this.#place());
      parts.push(this.#escape());
    }
    this.#at += 1;
    const text = parts.join("");
    must(text.isWellFormed(), "loneSurrogate", this.#place());
    const isNfc = this.#dialect === "any" || text.normalize("NFC") === text;
    must(isNfc, "notNfc", this.#place());
    return text;
  }

  #escape(): string {
    const kind = this.#text[this.#at + 1] ?? "";
    if (kind === "u") {
      const digits = this.#text.slice(this.#at + 2, this.#at + 6);
      must(/^[0-9a-fA-F]{4}$/.test(digits), "jsonSyntax", this.#place());
      this.#at += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const character = ESCAPES.get(kind);
    must(character !== undefined, "jsonSyntax", this.#place());
    this.#at += 2;
    return character;
  }

  #number(): number {
    const place = this.#place();
    const text = this.#take(NUMBER);
    must(text !== "", "jsonSyntax", place);
    const value = Number(text);
    if (this.#dialect === "profile") {
      const integer = /^-?[0-9]+$/.test(text) && text !== "-0";
      must(integer && Number.isSafeInteger(value), "jsonNumber", { number: text.slice(0, 40) });
      return value;
    }
    must(Number.isFinite(value), "releaseNumber", { number: text.slice(0, 40) });
    return value;
  }
}
