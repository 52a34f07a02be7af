/** The command that follows a node: what it keeps, and nodes that lie. */

import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { chainCase, headersAt, nodeOf, policyText } from "./support/chains.ts";
import { Folder, run } from "./support/command.ts";
import { type Answer, NodeError, type Served, serve } from "./support/recorded.ts";
import { bundleCase, bytes, load, policyTexts, type ReleaseCase } from "./support/vectors.ts";

const folder = new Folder();
after(() => folder.remove());

type Shown = { headers: readonly Uint8Array[]; chainId: string };

/** Serves what is shown, each answer of which `lie` may change. */
async function serving(
  shown: Shown,
  lie: (method: string, answer: unknown) => unknown = (_, answer) => answer,
): Promise<Served> {
  const honest = nodeOf(shown);
  const answer: Answer = (method, params) => lie(method, honest(method, params));
  return serve(() => null, answer);
}

type Told = {
  readonly verdict: string;
  readonly block: string;
  readonly checked: string | null;
  readonly refusal: { readonly check: string; readonly evidence: string } | null;
  readonly reorganisations: readonly unknown[];
};

async function follow(url: string, policy: string, ...more: readonly string[]) {
  const ran = await run("chain", "--rpc", url, "--policy", policy, "--json", ...more);
  return { ...ran, told: (ran.stdout === "" ? null : JSON.parse(ran.stdout)) as Told | null };
}

const branches = chainCase("branches, lighter, as heavy and heavier");
const policy = folder.file("branches.json", policyText(branches));
const honest = () => ({ headers: headersAt(branches, 0), chainId: branches.chain.chainId });

test("a chain is followed, kept, and followed on with what is new", async () => {
  const shown = honest();
  const all = shown.headers;
  shown.headers = all.slice(0, 9);
  const node = await serving(shown);
  const kept = join(folder.path, "followed");
  const first = await follow(node.url, policy, "--chain", kept);
  assert.equal(first.status, 0, first.stderr);
  assert.deepEqual(
    [first.told?.verdict, first.told?.block, first.told?.checked],
    ["followed", "8", "8"],
  );
  shown.headers = all;
  const second = await follow(node.url, policy, "--chain", kept);
  assert.deepEqual([second.told?.block, second.told?.checked], ["12", "4"]);
  const third = await follow(node.url, policy, "--chain", kept);
  assert.deepEqual([third.status, third.told?.block, third.told?.checked], [0, "12", "0"]);
  const text = await run("chain", "--rpc", node.url, "--policy", policy);
  assert.match(text.stdout, /^FOLLOWED from the genesis block, 12 headers new\n/);
  assert.match(text.stdout, /confirmed +block 11\n/);
  await node.close();
});

test("a heavier branch is followed, and a lighter or equal one gives no verdict", async () => {
  const shown = honest();
  const node = await serving(shown);
  const kept = join(folder.path, "branches");
  await follow(node.url, policy, "--chain", kept);
  for (const step of [1, 2]) {
    shown.headers = headersAt(branches, step);
    const { status, stdout, stderr } = await follow(node.url, policy, "--chain", kept);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /lighter than what was followed to block 12/);
  }
  shown.headers = headersAt(branches, 3);
  const { status, told } = await follow(node.url, policy, "--chain", kept);
  assert.equal(status, 0);
  const replaced = { ancestor: "7", replaced: "5", replacedConfirmed: true };
  assert.deepEqual([told?.block, told?.reorganisations], ["14", [replaced]]);
  shown.headers = shown.headers.slice(0, 5);
  assert.equal((await follow(node.url, policy, "--chain", kept)).status, 2);
  await node.close();
});

test("what is settled is known after a start, and not replaced", async () => {
  const settled = chainCase("what is settled");
  const own = folder.file("settled.json", policyText(settled));
  const shown = { headers: headersAt(settled, 0), chainId: settled.chain.chainId };
  const node = await serving(shown);
  const kept = join(folder.path, "settled");
  const first = await follow(node.url, own, "--chain", kept);
  assert.equal(first.told?.block, "1034", first.stderr);
  const hashes = readFileSync(join(kept, "hashes"));
  assert.equal(hashes.length, 32 * 11);
  // An interruption left more hashes than the settled chain has.
  writeFileSync(join(kept, "hashes"), Buffer.concat([hashes, Buffer.alloc(40, 7)]));
  // The branch leaves the chain after block 9, and block 10 is settled.
  shown.headers = headersAt(settled, 1);
  const { status, told } = await follow(node.url, own, "--chain", kept);
  assert.deepEqual([status, told?.verdict, told?.refusal?.check], [1, "refused", "ancestry"]);
  shown.headers = headersAt(settled, 0);
  assert.equal((await follow(node.url, own, "--chain", kept)).told?.checked, "0");
  await node.close();
});

test("a node that lies is refused by the check it breaks, or not read", async () => {
  const swapped = (headers: readonly Uint8Array[]) =>
    headers.map((header, at) => headers[at === 5 ? 6 : at === 6 ? 5 : at] ?? header);
  const stranger = headersAt(chainCase("of ABC ABD seal"), 0);
  const strangers = folder.file("three.json", policyText(chainCase("of ABC ABD seal")));
  const block = (answer: unknown) => answer as Record<string, unknown>;
  for (const [name, ending, lie, headers, by] of [
    ["swapped headers", "headers", null, swapped(honest().headers), policy],
    ["a stranger", "seals", null, stranger, strangers],
    [
      "another chain id",
      2,
      (method: string, answer: unknown) => (method === "eth_chainId" ? "0x1" : answer),
      null,
      policy,
    ],
    ["another genesis block", 2, null, headersAt(chainCase("of A AAA seal"), 0), policy],
    [
      "a header without its hash",
      2,
      (_: string, answer: unknown) =>
        block(answer)["hash"] ? { ...block(answer), gasUsed: "0x1" } : answer,
      null,
      policy,
    ],
    [
      "no block",
      2,
      (method: string, answer: unknown) => (method === "eth_getBlockByNumber" ? null : answer),
      null,
      policy,
    ],
    [
      "an error",
      2,
      (method: string, answer: unknown) =>
        method === "eth_blockNumber" ? new NodeError() : answer,
      null,
      policy,
    ],
    [
      "a number that is none",
      2,
      (method: string, answer: unknown) => (method === "eth_blockNumber" ? 12 : answer),
      null,
      policy,
    ],
  ] as const) {
    const shown = { ...honest(), ...(headers && { headers }) };
    const node = await serving(shown, lie ?? undefined);
    const { status, told, stderr } = await follow(node.url, by);
    if (ending === 2) {
      assert.deepEqual([status, told], [2, null], `${name}: ${stderr}`);
    } else {
      assert.deepEqual([status, told?.refusal?.check], [1, ending], name);
    }
    await node.close();
  }
});

test("what was checked before something is refused is kept", async () => {
  const long = chainCase("what is settled");
  const own = folder.file("long.json", policyText(long));
  const headers = headersAt(long, 0).slice(0, 300);
  const shown = {
    headers: headers.map((header, at) => headers[at === 250 ? 249 : at] ?? header),
    chainId: "1337",
  };
  const node = await serving(shown);
  const kept = join(folder.path, "partly");
  const { status, told } = await follow(node.url, own, "--chain", kept);
  assert.deepEqual([status, told?.refusal?.check, told?.block], [1, "headers", "192"]);
  shown.headers = headers;
  assert.equal((await follow(node.url, own, "--chain", kept)).told?.checked, "107");
  await node.close();
});

test("a folder is one chain's, one policy's and one program's", async () => {
  const shown = honest();
  const node = await serving(shown);
  const kept = join(folder.path, "owned");
  await follow(node.url, policy, "--chain", kept);
  const other = folder.file("other.json", policyText(chainCase("of ABC ABAB seal")));
  const refused = async (by: string, complaint: RegExp) => {
    const { status, stdout, stderr } = await follow(node.url, by, "--chain", kept);
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, complaint);
  };
  await refused(
    folder.file("dev.json", JSON.stringify(policyTexts["development"])),
    /nobody seals it/,
  );
  const state = join(kept, "chain.json");
  const written = readFileSync(state);
  for (const at of [3, written.length - 9, written.length - 1]) {
    const changed = Buffer.from(written);
    changed[at] = (changed[at] ?? 0) ^ 1;
    writeFileSync(state, changed);
    await refused(policy, /is damaged or of another chain/);
  }
  writeFileSync(state, written);
  writeFileSync(join(kept, "hashes"), Buffer.alloc(31));
  await refused(policy, /is damaged/);
  writeFileSync(join(kept, "writer"), String(process.pid));
  await refused(policy, /is in use/);
  // Of a program that was killed, nobody waits for the end.
  writeFileSync(join(kept, "writer"), "999999999");
  await refused(other, /is damaged or of another chain/);
  await node.close();
});

test("a bundle's block is looked up in the chain that was followed", async () => {
  const bundle = bundleCase("an entry at position 5");
  const trusted = folder.file("honest.json", JSON.stringify(policyTexts[bundle.policy]));
  const proof = folder.file("bundle.json", bytes(bundle.bundle));
  const judged = async (chain: string) => {
    const ran = await run("bundle", proof, "--policy", trusted, "--chain", chain, "--json");
    return { ...ran, report: JSON.parse(ran.stdout) as Record<string, unknown> };
  };
  const followed = async (name: string, headers: readonly Uint8Array[]) => {
    const node = await serving({ headers, chainId: "2026" });
    const kept = join(folder.path, name);
    const { status, stderr } = await follow(node.url, trusted, "--chain", kept);
    assert.equal(status, 0, stderr);
    await node.close();
    return kept;
  };
  const headers = headersAt(chainCase("the chain of the bundles"), 0);
  const whole = await followed("whole", headers);
  const found = await judged(whole);
  assert.deepEqual([found.status, found.report["ancestry"]], [0, "30"]);
  assert.doesNotMatch(String(found.report["notExamined"]), /ancestry/);
  const text = await run("bundle", proof, "--policy", trusted, "--chain", whole);
  assert.match(text.stdout, /ancestry +from the genesis block, as followed to block 30\n/);
  const newer = await judged(await followed("short", headers.slice(0, 6)));
  assert.deepEqual([newer.status, newer.report["ancestry"]], [0, null]);
  assert.match(String(newer.report["notExamined"]), /ancestry/);
  const rewritten = chainCase("the chain of the bundles, rewritten by its signers");
  const other = await judged(await followed("rewritten", headersAt(rewritten, 0)));
  assert.equal(other.status, 1);
  assert.equal((other.report["refusal"] as { check: string }).check, "ancestry");
  const release = load<readonly ReleaseCase[]>("releases").find(
    ({ verdict }) => verdict === "anchored",
  );
  assert.ok(release !== undefined);
  const args = [
    "--proof",
    folder.file("release-proof.json", bytes(release.bundle)),
    "--policy",
    trusted,
  ];
  const published = await run(
    "release",
    folder.file("release.json", bytes(release.release)),
    ...args,
    "--chain",
    join(folder.path, "rewritten"),
  );
  assert.match(published.stdout, /^REFUSED by the check "ancestry"/);
  const none = await run(
    "bundle",
    proof,
    "--policy",
    trusted,
    "--chain",
    join(folder.path, "none"),
  );
  assert.equal(none.status, 2);
  assert.match(none.stderr, /keeps no chain/);
});

test("a server may close a connection that nothing is asked on", async () => {
  let asked = 0;
  const closing = await serve(
    () => null,
    (method, params) => {
      asked += 1;
      // The first time it is closed with the question on its way.
      if (asked === 2) closing.closeConnections();
      return nodeOf(honest())(method, params);
    },
  );
  assert.equal((await follow(closing.url, policy)).told?.block, "12");
  await closing.close();
});
