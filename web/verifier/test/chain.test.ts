/** Chains: EIP-225's own cases, and branches that the other verifier judges too. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hex } from "../src/encoding.ts";
import { Followed, type Reorganisation } from "../src/chain/follow.ts";
import { decodeHeader } from "../src/chain/header.ts";
import { append, genesis, pendingVotes, type Snapshot } from "../src/chain/snapshot.ts";
import { ChainNode } from "../src/chain/node.ts";
import { checkChainId, startAt, sync } from "../src/chain/sync.ts";
import { parsePolicy } from "../src/policy.ts";
import { type Evidence, Refused } from "../src/refusal.ts";
import { Unreadable } from "../src/unreadable.ts";
import { chainCase, chains, genesisOf, policyOf, type Step } from "./support/chains.ts";
import { type Answer, respond } from "./support/recorded.ts";
import { bytes, load, project, utf8 } from "./support/vectors.ts";

type VoteCase = {
  readonly name: string;
  readonly epoch: string;
  readonly period: string;
  readonly headers: readonly string[];
  readonly signers: readonly string[] | null;
  readonly pending: readonly (readonly [string, number])[] | null;
  readonly fault: "recent" | "stranger" | null;
};
function refusalOf(error: unknown): { check: string; evidence: Evidence } {
  assert.ok(error instanceof Refused, String(error));
  return error;
}

/** The chain of a case, or by which rule its last block may not follow. */
function follow({ headers, period, epoch, name }: VoteCase): Snapshot | string {
  const [first, ...rest] = headers.map((header) => decodeHeader(bytes(header)));
  assert.ok(first !== undefined);
  let snapshot = genesis(first);
  for (const [at, header] of rest.entries()) {
    try {
      const cadence = { period: BigInt(period), epoch: BigInt(epoch) };
      snapshot = append(snapshot, header, cadence).after;
    } catch (error) {
      assert.equal(at + 1, rest.length, `${name}: block ${header.number}`);
      return refusalOf(error).evidence.rule;
    }
  }
  return snapshot;
}

test("votes make the signers that EIP-225 says", () => {
  const cases = load<readonly VoteCase[]>("votes");
  assert.ok(cases.length >= 30);
  for (const one of cases) {
    const { name, signers, pending, fault } = one;
    const after = follow(one);
    if (typeof after === "string") {
      const faults = { sealedLately: "recent", notASigner: "stranger" } as Record<string, string>;
      assert.equal(faults[after] ?? after, fault, name);
      continue;
    }
    assert.equal(fault, null, name);
    if (signers !== null) assert.deepEqual(after.signers, signers, name);
    if (pending !== null) assert.deepEqual(pendingVotes(after), pending, name);
  }
});

function told(replaced: Reorganisation | null): unknown {
  if (replaced === null) return null;
  const { ancestor, replaced: count, confirmed } = replaced;
  return { ancestor: String(ancestor), replaced: String(count), confirmed };
}

/** What becomes of a branch, in the words of the vectors. */
function show(followed: Followed, { from, headers }: Step) {
  const head = () => ({ block: String(followed.head.number), hash: hex(followed.head.hash) });
  try {
    const decoded = headers.map((header) => decodeHeader(bytes(header)));
    const branch = followed.extend(followed.branch(BigInt(from)), decoded);
    const { replaced } = followed.adopt(branch);
    const isHead = hex(followed.head.hash) === hex(branch.after.hash);
    const verdict = isHead ? "followed" : "behind";
    return { verdict, check: null, replaced: told(replaced), ...head() };
  } catch (error) {
    // Bytes that are no header are of the check `headers`, by whoever decodes them.
    const check = error instanceof Refused ? error.check : "headers";
    return { verdict: "refused", check, replaced: null, ...head() };
  }
}

test("every branch of the vectors is followed or refused as the other verifier says", () => {
  const found: string[] = [];
  for (const one of chains) {
    const { name, steps } = one;
    const followed = Followed.genesis(policyOf(one).chain, decodeHeader(genesisOf(one)));
    for (const [at, step] of steps.entries()) {
      const { verdict, check, replaced, block, hash } = step;
      const [want, got] = [{ verdict, check, replaced, block, hash }, show(followed, step)];
      try {
        assert.deepEqual(got, want);
      } catch {
        found.push(`${name}, ${at}: want ${JSON.stringify(want)}, got ${JSON.stringify(got)}`);
      }
    }
  }
  assert.deepEqual(found, []);
  assert.ok(chains.length > 90, String(chains.length));
});

test("a kept chain with other signers than the policy's is refused before it is gone on with", () => {
  const one = chainCase("of ABC ABAB seal");
  const { chain: rules } = policyOf(one);
  const kept = Followed.genesis(rules, decodeHeader(genesisOf(one))).keep();
  const later = { ...kept, settled: { ...kept.settled, number: 9n } };
  assert.equal(Followed.kept(rules, later).settled, 9n);
  const [range] = rules.signers;
  assert.ok(range !== undefined);
  const fewer = { from: 9n, to: null, signers: range.signers.slice(1) };
  const other = { ...rules, signers: [{ ...range, to: 9n }, fewer] };
  assert.throws(
    () => Followed.kept(other, later),
    (error) => refusalOf(error).check === "seals",
  );
});

test("a block is confirmed by a descendant, even where one signer is enough", () => {
  const one = chainCase("of A AAA seal");
  const followed = Followed.genesis(policyOf(one).chain, decodeHeader(genesisOf(one)));
  assert.equal(followed.newestConfirmed(), undefined);
  const [step] = one.steps;
  assert.ok(step !== undefined);
  assert.equal(show(followed, step).block, "3");
  assert.equal(followed.newestConfirmed()?.header.number, 2n);
});

type Geth = {
  readonly policy: unknown;
  readonly newest: string;
  readonly asked: readonly (readonly [method: string, params: unknown, answer: unknown])[];
};
const geth = JSON.parse(
  readFileSync(new URL("../../verifier/tests/suite/light/geth/answers.json", project), "utf8"),
) as Geth;

/** Follows what a real geth answered, one answer changed. */
async function followGeth(change: (call: string, answer: unknown) => unknown): Promise<Followed> {
  const key = (method: string, params: unknown) => `${method} ${JSON.stringify(params)}`;
  const recorded = new Map(
    geth.asked.map(([method, params, answer]) => [key(method, params), answer]),
  );
  recorded.set(key("eth_blockNumber", []), geth.newest);
  const answer: Answer = (method, params) => {
    const call = key(method, params);
    return change(call, structuredClone(recorded.get(call)));
  };
  const node = new ChainNode((body) => Promise.resolve(respond(answer, body)));
  const { chain } = parsePolicy(utf8(JSON.stringify(geth.policy)));
  await checkChainId(node, chain);
  const followed = await startAt(node, chain);
  await sync(followed, node, () => undefined);
  return followed;
}

test("a chain that a real geth sealed is followed to its newest block", async () => {
  const followed = await followGeth((_, answer) => answer);
  const last = geth.asked.find(
    ([method, params]) =>
      method === "eth_getBlockByNumber" && JSON.stringify(params) === '["0x11",false]',
  );
  assert.equal(followed.head.number, 17n);
  assert.equal(hex(followed.head.hash), (last?.[2] as { hash: string }).hash);
});

test("nothing of a real geth's blocks can be changed", async () => {
  const call = 'eth_getBlockByNumber ["0x5",false]';
  const [, , block] =
    geth.asked.find(([, params]) => JSON.stringify(params) === '["0x5",false]') ?? [];
  let lies = 0;
  for (const [name, value] of Object.entries(block as Record<string, unknown>)) {
    // Neither is of the header: sizes, transactions and the sum of difficulties are not looked at.
    if (typeof value !== "string" || ["size", "totalDifficulty"].includes(name)) continue;
    const digit = value.endsWith("1") ? "2" : "1";
    for (const lie of [`${value.slice(0, -1)}${digit}`, null, 7]) {
      const lying = (asked: string, answer: unknown) =>
        asked === call ? { ...(answer as object), [name]: lie } : answer;
      await assert.rejects(followGeth(lying), Unreadable, `${name}: ${lie}`);
      lies += 1;
    }
  }
  assert.ok(lies >= 48, String(lies));
});
