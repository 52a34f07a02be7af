/** Attacks on the verifier itself: files that are made to be read in two ways, or not to an end. */

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { bigEndian, concat, keccak256 } from "../src/bytes.ts";
import { checkConfirmations } from "../src/chain/clique.ts";
import { decodeRlp, encodeBytes, encodeList } from "../src/chain/rlp.ts";
import { provenValue } from "../src/chain/trie.ts";
import { hex } from "../src/encoding.ts";
import { parseJson } from "../src/json/parse.ts";
import { canonical, type Json, type JsonObject } from "../src/json/value.ts";
import { Broken, verifyBundle, verifyReceipt, verifyRelease } from "../src/library.ts";
import { mustBePlain } from "../src/release.ts";
import { anchored, bytes, load, policy, type ReceiptCase, utf8 } from "./support/vectors.ts";

assert.ok(anchored !== undefined);
const honest = anchored;
const text = new TextDecoder().decode(bytes(honest.bundle));
const trusted = policy(honest.policy);

/** The check that refuses a bundle of this text. */
function refusedBy(bundle: string | Uint8Array): string | null {
  const { outcome } = verifyBundle(typeof bundle === "string" ? utf8(bundle) : bundle, trusted);
  return outcome.kind === "refused" ? outcome.check : null;
}

type Path = readonly [string, ...string[]];

/** The honest bundle in which the member at `path` is what `change` makes of it. */
function changed(path: Path, change: (value: Json) => Json): string {
  return canonical(withMember(parseJson(text), path, change));
}

function withMember(value: Json, path: Path, change: (value: Json) => Json): JsonObject {
  const [name, next, ...rest] = path;
  const members = new Map(value as JsonObject);
  const member = members.get(name) ?? null;
  members.set(
    name,
    next === undefined ? change(member) : withMember(member, [next, ...rest], change),
  );
  return members;
}

/** The encoding of a list in a list, and so on: each level is a prefix longer than the one in it. */
function nestedLists(levels: number): Uint8Array {
  const prefixes: Uint8Array[] = [];
  let length = 0;
  for (let level = 0; level < levels; level += 1) {
    const size = bigEndian(BigInt(length), Math.ceil(length.toString(16).length / 2));
    const prefix = length <= 55 ? [0xc0 + length] : [0xf7 + size.length, ...size];
    prefixes.push(Uint8Array.from(prefix));
    length += prefix.length;
  }
  return concat(...prefixes.reverse());
}

function rule(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof Broken, String(error));
    return error.evidence.rule;
  }
  return "none";
}

suite("bundles", () => {
  test("the honest one is anchored, so that what follows is refused for its change", () => {
    assert.equal(refusedBy(text), null);
    assert.equal(refusedBy(changed(["v"], (v) => v)), null);
  });

  test("a file of more than 1 MiB is not read", () => {
    assert.equal(refusedBy(new Uint8Array(1024 * 1024 + 1).fill(0x20)), "limits");
    const padded = changed(
      ["log", "checkpoint"],
      (note) => `${String(note)}${"x".repeat(2 ** 20)}`,
    );
    assert.equal(refusedBy(padded), "limits");
  });

  test("a hundred thousand levels are refused and do not exhaust the stack", () => {
    for (const level of ["[", '{"a":']) assert.equal(refusedBy(level.repeat(100_000)), "limits");
    const lists = nestedLists(50_000);
    assert.equal(
      rule(() => decodeRlp(lists)),
      "rlpForm",
    );
    assert.equal(refusedBy(changed(["anchor", "headers"], () => [hex(lists)])), "headers");
  });

  test("sizes of 2^64 and beyond are no positions, and sums do not wrap around", () => {
    for (const size of ["18446744073709551616", "340282366920938463463374607431768211456", "-1"]) {
      assert.equal(refusedBy(changed(["log", "size"], () => size)), "limits");
    }
    const huge = "18446744073709551615";
    assert.equal(refusedBy(changed(["batch", "count"], () => huge)), "batch path");
    assert.equal(refusedBy(changed(["log", "size"], () => huge)), "log path");
  });

  test("a hash too many, too few or too long is not overlooked", () => {
    for (const part of ["batch", "log"] as const) {
      const path: Path = [part, "path"];
      const more = (at: "first" | "last") => (hashes: Json) => {
        const list = hashes as readonly string[];
        const hash = list[0] ?? "";
        return at === "first" ? [hash, ...list] : [...list, hash];
      };
      for (const at of ["first", "last"] as const) {
        assert.equal(refusedBy(changed(path, more(at))), `${part} path`);
      }
      const fewer = changed(path, (hashes) => (hashes as readonly Json[]).slice(1));
      assert.equal(refusedBy(fewer), `${part} path`);
      const long = changed(path, (hashes) => {
        const [first, ...rest] = hashes as readonly string[];
        return [`${first}00`, ...rest];
      });
      assert.equal(refusedBy(long), "limits");
    }
  });

  test("names that mean something to the language are members like others", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const extra = withMember(parseJson(text), [name], () => null);
      assert.equal(refusedBy(canonical(extra)), "limits");
      // None of them is there because every object of the language has it.
      const without = new Map(parseJson(text) as JsonObject);
      without.delete("v");
      without.set(name, "smart-tenders/bundle@v1");
      assert.equal(refusedBy(canonical(without)), "limits");
    }
    assert.equal(
      rule(() => parseJson('{"__proto__":1,"__proto__":2}')),
      "duplicateMember",
    );
    const value = parseJson('{"__proto__":{"polluted":true}}');
    assert.equal(canonical(value), '{"__proto__":{"polluted":true}}');
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  });

  test("a member that is missing is not taken for null, an anchor least of all", () => {
    const names = [...(parseJson(text) as JsonObject).keys()];
    assert.ok(names.includes("anchor"));
    for (const name of names) {
      const without = new Map(parseJson(text) as JsonObject);
      without.delete(name);
      assert.equal(refusedBy(canonical(without)), "limits", name);
    }
  });

  test("a second member of a name, white space or another order is refused", () => {
    assert.equal(refusedBy(text.replace("{", '{"anchor":null,')), "limits");
    assert.equal(refusedBy(text.replace(":", ": ")), "limits");
    assert.equal(refusedBy(`\ufeff${text}`), "limits");
    const [first, ...others] = [...(parseJson(text) as JsonObject)].sort();
    const spelled = [...others, first]
      .map((member) => `${JSON.stringify(member?.[0])}:${canonical(member?.[1] ?? null)}`)
      .join(",");
    assert.equal(refusedBy(`{${spelled}}`), "limits");
  });
});

suite("JSON", () => {
  test("numbers have one spelling, and only integers that are exact are numbers", () => {
    for (const good of ["0", "-1", "9007199254740991", "-9007199254740991"]) {
      assert.equal(canonical(parseJson(good)), good);
    }
    for (const bad of ["1.0", "1e2", "-0", "9007199254740992", "1e400", "0.5"]) {
      assert.equal(
        rule(() => parseJson(bad)),
        "jsonNumber",
        bad,
      );
    }
    for (const bad of ["01", "+1", ".5", "1.", "0x1", "NaN", "Infinity", "-", "1 2"]) {
      assert.notEqual(
        rule(() => parseJson(bad)),
        "none",
        bad,
      );
    }
  });

  test("amounts of releases have the one spelling of JCS, or are refused", () => {
    for (const [written, spelled] of [
      ["1.50", "1.5"],
      ["100e1", "1000"],
      ["-0", "0"],
      ["0.000001", "0.000001"],
    ] as const) {
      assert.equal(canonical(parseJson(written, "any")), spelled);
    }
    for (const bad of ["1e21", "1e-7", "1e400"]) {
      assert.equal(
        rule(() => mustBePlain(parseJson(bad, "any"))),
        "releaseNumber",
        bad,
      );
    }
  });

  test("half a surrogate pair, and text that is not in NFC, are refused", () => {
    for (const bad of ['"\\ud800"', '"\\udc00\\ud800"', '{"\\ud800":1}']) {
      assert.equal(
        rule(() => parseJson(bad)),
        "loneSurrogate",
        bad,
      );
    }
    assert.equal(parseJson('"\\ud83d\\ude00"'), "\u{1f600}");
    for (const bad of ['"e\\u0301"', '"e\u0301"', '{"e\u0301":1}']) {
      assert.equal(
        rule(() => parseJson(bad)),
        "notNfc",
        bad,
      );
    }
  });

  test("bytes that are not UTF-8 are refused, even where they are never looked at", () => {
    const bad = concat(utf8('{"v":"'), Uint8Array.of(0xc0, 0xaf), utf8('"}'));
    assert.equal(refusedBy(bad), "limits");
    assert.equal(refusedBy(concat(utf8(text), Uint8Array.of(0xff))), "limits");
  });

  test("32 levels are read and 33 are not", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    assert.equal(canonical(parseJson(nested(32))), nested(32));
    assert.equal(
      rule(() => parseJson(nested(33))),
      "jsonDepth",
    );
  });

  test("what JSON.parse refuses is refused too", () => {
    for (const bad of ["", " ", "{", '{"a"}', "[1,]", '{"a":1,}', "'a'", "nul", '"\n"', '"\\x"']) {
      assert.throws(() => JSON.parse(bad));
      assert.equal(
        rule(() => parseJson(bad)),
        "jsonSyntax",
        bad,
      );
    }
  });
});

suite("RLP", () => {
  test("every value has one encoding", () => {
    for (const bad of [
      [0x81, 0x05],
      [0xb8, 0x01, 0x80],
      [0xb9, 0x00, 0x38, ...Array<number>(56).fill(1)],
      [0xf8, 0x00],
      [0x82, 0x01],
      [0x01, 0x01],
      [0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      [],
    ]) {
      assert.equal(
        rule(() => decodeRlp(Uint8Array.from(bad))),
        "rlpForm",
        String(bad),
      );
    }
    const long = encodeList([Uint8Array.from(Array<number>(300).fill(1))]);
    assert.deepEqual(decodeRlp(long).raw, long);
  });
});

suite("tries", () => {
  /** A trie of one leaf: the value at the hash of `key`. */
  function leafOf(key: Uint8Array, value: Uint8Array): Uint8Array {
    const path = concat(Uint8Array.of(0x20), keccak256(key));
    return encodeList([encodeBytes(path), encodeBytes(value)]);
  }

  test("the value of another key is not taken for that of the one asked for", () => {
    const [key, other, value] = [utf8("key"), utf8("other"), utf8("value")];
    const leaf = leafOf(key, value);
    assert.deepEqual(provenValue(keccak256(leaf), key, [leaf]), value);
    assert.equal(
      rule(() => provenValue(keccak256(leaf), other, [leaf])),
      "trieOtherKey",
    );
  });
});

suite("confirmations", () => {
  test("a block that nothing was built on is not confirmed, even where one signer is enough", () => {
    const signer = { address: new Uint8Array(20), organisation: "the only one" };
    assert.equal(checkConfirmations([signer, signer], [signer]), 1);
    assert.equal(
      rule(() => checkConfirmations([signer], [signer])),
      "tooFewSealers",
    );
  });
});

suite("receipts and releases", () => {
  const garbage = [utf8(""), utf8("null"), utf8("[]"), utf8("{}"), new Uint8Array(9).fill(0xff)];

  test("a receipt that is none is refused by its limits", () => {
    const receipt = load<readonly ReceiptCase[]>("receipts")[0];
    assert.ok(receipt !== undefined);
    for (const file of garbage) {
      const { outcome } = verifyReceipt(file, {}, policy(receipt.policy));
      assert.equal(outcome.kind === "refused" && outcome.check, "limits");
    }
  });

  test("a release that is none is refused by the event's kind or its own", () => {
    for (const file of garbage) {
      const { outcome } = verifyRelease(file, bytes(honest.bundle), trusted);
      assert.equal(outcome.kind === "refused" && outcome.check, "release");
    }
  });
});
