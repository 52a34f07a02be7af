/** Whole logs: the recorded ones end as the other verifier says, and their parts by themselves. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "../src/bytes.ts";
import { ChainNode } from "../src/chain/node.ts";
import { type LogReport, verifyLog } from "../src/log/examine.ts";
import { CompactTree } from "../src/log/compact.ts";
import { indexPath, type LogFiles, readEntries, readHashes } from "../src/log/tiles.ts";
import { parsePolicy } from "../src/library.ts";
import { Broken } from "../src/refusal.ts";
import { Unreadable } from "../src/unreadable.ts";
import { answers, fileOf, type LogCase, logs, recordingOf, respond } from "./support/recorded.ts";
import { utf8 } from "./support/vectors.ts";

type Ending = Pick<LogCase, "verdict" | "check" | "at" | "counts">;

/** Files as a server or folder would give them: none beyond the limit. */
function limited(file: (path: string) => Uint8Array | null): LogFiles {
  return (path, limit) => {
    const found = file(path);
    if (found !== null && found.length > limit) throw new Unreadable(path);
    return Promise.resolve(found);
  };
}

function ending({ outcome, batches, anchored, ignored, tail }: LogReport): Ending {
  if (outcome.kind === "refused") {
    const { check, evidence } = outcome;
    const { position, batch } = evidence.values;
    const at = position !== undefined ? { position } : batch !== undefined ? { batch } : null;
    return { verdict: "refused", check, at, counts: null };
  }
  const verdict = outcome.kind === "unanchored" ? "not-anchored" : outcome.kind;
  const counts = { batches, anchored: String(anchored), ignored, tail: String(tail) };
  return { verdict, check: null, at: null, counts };
}

async function replayed(one: LogCase): Promise<Ending> {
  const recording = recordingOf(one);
  const answer = answers(recording.node);
  const node = new ChainNode((body) => Promise.resolve(respond(answer, body)));
  const reading = {
    files: limited(fileOf(recording)),
    node,
    wait: () => Promise.resolve(false),
    progress: () => undefined,
  };
  try {
    const policy = parsePolicy(utf8(JSON.stringify(recording.policy)));
    return ending(await verifyLog(reading, policy));
  } catch (error) {
    assert.ok(error instanceof Unreadable, String(error));
    return { verdict: "unreadable", check: null, at: null, counts: null };
  }
}

test("every recorded log ends as the other verifier says, and names the same place", async () => {
  const found: string[] = [];
  for (const one of logs) {
    const { verdict, check, at, counts } = one;
    const [want, got] = [{ verdict, check, at, counts }, await replayed(one)];
    try {
      assert.deepEqual(got, want);
    } catch {
      found.push(`${one.name}: want ${JSON.stringify(want)}, got ${JSON.stringify(got)}`);
    }
  }
  assert.deepEqual(found, []);
  assert.ok(logs.length > 90, String(logs.length));
});

test("an event with a topic more is none of a batch", async () => {
  const honest = logs.find(({ name }) => name === "honest");
  assert.ok(honest !== undefined);
  const topic = `0x${"00".repeat(32)}`;
  const found = await replayed({ ...honest, patches: [["/node/logs/1/topics/2", topic]] });
  assert.deepEqual([found.verdict, found.check], ["refused", "replay"]);
});

test("tile paths are in groups of three digits", () => {
  assert.equal(indexPath(0n), "000");
  assert.equal(indexPath(67n), "067");
  assert.equal(indexPath(1_000n), "x001/000");
  assert.equal(indexPath(1_234_067n), "x001/x234/067");
});

test("a tree that grows has the root of its definition at each size", () => {
  const leaves = Array.from({ length: 70 }, (_, at) => sha256(utf8(String(at))));
  const root = (some: readonly Uint8Array[]): Uint8Array => {
    const [first] = some;
    if (first === undefined) return sha256();
    if (some.length === 1) return first;
    // The largest power of two below the number of leaves: RFC 9162 §2.1.1.
    const half = 2 ** Math.floor(Math.log2(some.length - 1));
    return sha256(Uint8Array.of(1), root(some.slice(0, half)), root(some.slice(half)));
  };
  const tree = new CompactTree();
  for (const [size, leaf] of leaves.entries()) {
    assert.deepEqual(tree.root(), root(leaves.slice(0, size)), String(size));
    tree.append(leaf);
  }
});

test("an entry bundle is split exactly, and a tile is whole hashes", async () => {
  const part = (text: string) => () => Promise.resolve(Buffer.from(text, "latin1"));
  const entries = async (text: string, width: bigint) =>
    (await readEntries(part(text), 0n, width)).map((entry) => Buffer.from(entry).toString());
  assert.deepEqual(await entries("\0\x01a\0\x02bc", 2n), ["a", "bc"]);
  assert.deepEqual(await entries("\0\x01a\0\x02bc", 1n), ["a"]);
  for (const wrong of ["\0\x01a\0", "\0\x02a", "\0", ""]) {
    await assert.rejects(entries(wrong, 1n), Broken, JSON.stringify(wrong));
  }
  for (const length of [0, 31, 32, 63, 65]) {
    await assert.rejects(readHashes(part("x".repeat(length)), 0, 0n, 2n), Broken, String(length));
  }
  assert.equal((await readHashes(part("x".repeat(96)), 0, 0n, 2n)).length, 2);
});
