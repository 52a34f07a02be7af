/** JSON values. Objects are maps, so that no member name means anything to the language. */

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Json>;

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** The canonical form of a value: RFC 8785. */
export function canonical(value: Json): string {
  if (isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (isObject(value)) {
    // The order of JavaScript strings is that of their UTF-16 code units.
    const names = [...value.keys()].sort();
    const members = names.map(
      (name) => `${JSON.stringify(name)}:${canonical(value.get(name) ?? null)}`,
    );
    return `{${members.join(",")}}`;
  }
  // RFC 8785 takes strings, and numbers without an exponent, from the language this is written in.
  return JSON.stringify(value);
}
