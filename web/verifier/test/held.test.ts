/** Receipts that are held against a chain node: each ends as the other verifier says. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { ChainNode } from "../src/chain/node.ts";
import { verifyReceiptWith } from "../src/held.ts";
import { unexamined, verifyReceipt } from "../src/receipt.ts";
import { receiptJson } from "../src/cli/json.ts";
import type { ReceiptReport } from "../src/verdict.ts";
import { Folder, run } from "./support/command.ts";
import { answers, type RecordedNode, respond, serve } from "./support/recorded.ts";
import { bytes, load, policy, policyTexts, type ReceiptCase } from "./support/vectors.ts";

type AskedCase = ReceiptCase & { readonly node: RecordedNode | null };

async function heard(one: AskedCase): Promise<ReceiptReport> {
  const answer = (method: string, params: readonly unknown[]) => {
    if (one.node === null) throw new Error("nobody is to be asked");
    return answers(one.node)(method, params);
  };
  const node = new ChainNode((body) => Promise.resolve(respond(answer, body)));
  const proof = one.proof === null ? {} : { proof: bytes(one.proof) };
  return verifyReceiptWith(node, bytes(one.receipt), proof, policy(one.policy));
}

test("every receipt that a node is asked about ends as the other verifier says", async () => {
  const cases = load<readonly AskedCase[]>("asked");
  const found: string[] = [];
  for (const one of cases) {
    const report = await heard(one);
    const { outcome } = report;
    const check = outcome.kind === "refused" ? outcome.check : null;
    const breach = outcome.kind === "breach" ? outcome.breaches[0].breach : null;
    const ending = [outcome.kind, breach, check];
    const wanted = [one.verdict, one.breach, one.check];
    if (ending.join() !== wanted.join()) found.push(`${one.name}: ${ending.join()}`);
    assert.doesNotMatch(receiptJson(report), /\{\w+\}|undefined/);
  }
  assert.deepEqual(found, []);
  assert.ok(cases.length >= 17);
});

test("what a node showed is said, and what it leaves open", async () => {
  const said = new Map<string, readonly string[]>();
  for (const one of load<readonly AskedCase[]>("asked")) {
    said.set(one.name, (await heard(one)).pending);
  }
  for (const [name, pending] of [
    ["the block before had it", ["laterBlock"]],
    ["the last second of the tolerance", ["notDue"]],
    ["something is anchored there", ["giveProof"]],
    ["the chain is its genesis block", ["notDue"]],
    ["the promise passed in a development chain", ["unsealedChain"]],
    ["the promise passed in the chain", []],
    ["the block before had not the position", []],
  ] as const) {
    assert.deepEqual(said.get(name), pending, name);
  }
});

test("that the ancestry of the node's block was not examined is said", async () => {
  for (const one of load<readonly AskedCase[]>("asked")) {
    const { outcome, anchor, notExamined } = await heard(one);
    if (outcome.kind === "refused") continue;
    assert.equal(notExamined.includes("ancestry"), anchor !== null, one.name);
  }
});

test("that signatures were counted and not verified is said of a receipt too", () => {
  const [one] = load<readonly ReceiptCase[]>("receipts");
  assert.ok(one !== undefined);
  const { event } = verifyReceipt(bytes(one.receipt), {}, policy(one.policy));
  assert.ok(event !== null);
  const of = (signatures: number) => unexamined(true, { ...event, signatures });
  assert.deepEqual(of(0), ["receiptKey", "ancestry", "truth"]);
  assert.deepEqual(of(1), ["receiptKey", "ancestry", "signatures", "truth"]);
});

test("the command asks the node that is named, and says so if it does not answer", async () => {
  const one = load<readonly AskedCase[]>("asked").find(
    ({ name }) => name === "the promise passed in the chain",
  );
  assert.ok(one?.node != null);
  const folder = new Folder();
  const receipt = folder.file("acuse.json", bytes(one.receipt));
  const known = folder.file("policy.json", JSON.stringify(policyTexts[one.policy]));
  const { url, close } = await serve(() => null, answers(one.node));
  const args = ["receipt", receipt, "--policy", known, "--rpc", url];
  const asked = await run(...args);
  assert.equal(asked.status, 1, asked.stderr);
  assert.match(asked.stdout, /^BREACH: not anchored in time\n/);
  assert.match(asked.stdout, /position 8 was not anchored/);
  await close();
  const silent = await run(...args);
  assert.deepEqual([silent.status, silent.stdout], [2, ""]);
  folder.remove();
});
