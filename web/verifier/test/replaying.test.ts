/** The command that replays a log: servers, folders, and nodes that limit or lie. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { Folder, run } from "./support/command.ts";
import {
  answers,
  fileOf,
  logs,
  NodeError,
  recordingOf,
  type Served,
  serve,
} from "./support/recorded.ts";
import { bytes } from "./support/vectors.ts";

const folder = new Folder();
after(() => folder.remove());
const caseOf = (name: string) => logs.find((one) => one.name === name) ?? assert.fail(name);

/** Serves a case; `lie` may change what the node answers. */
async function serving(
  name: string,
  lie: Lie = (_, answer) => answer,
): Promise<Served & { policy: string }> {
  const recording = recordingOf(caseOf(name));
  const honest = answers(recording.node);
  const served = await serve(fileOf(recording), (method, params) =>
    lie(method, honest(method, params), params),
  );
  const policy = folder.file("policy.json", JSON.stringify(recording.policy));
  return { ...served, policy };
}
type Lie = (method: string, answer: unknown, params: readonly unknown[]) => unknown;

async function told(place: string, url: string, policy: string) {
  const common = ["--rpc", url, "--policy", policy, "--patience-seconds", "0"];
  const ran = await run("log", place, ...common, "--json");
  return {
    ...ran,
    report: (ran.stdout === "" ? null : JSON.parse(ran.stdout)) as Record<string, unknown> | null,
  };
}

test("the command replays a served log, with the verdict's exit code and line of JSON", async () => {
  for (const [name, code, verdict, text] of [
    ["honest, of two tiles", 0, "anchored", /^ANCHORED\n(?:.*\n)* +note +the last 4 entries/],
    [
      "an entry changed under its leaf",
      1,
      "refused",
      /^REFUSED by the check "replay": position 258: /,
    ],
    [
      "an entry changed and everything recomputed",
      1,
      "refused",
      /"replay": batch 1: positions 200 to 259/,
    ],
    ["only the genesis block", 3, "not-anchored", /^NOT ANCHORED\n/],
    ["a chain that nobody seals", 3, "development", /^ANCHORED IN A DEVELOPMENT CHAIN/],
  ] as const) {
    const { url, policy, close } = await serving(name);
    const json = await told(url, url, policy);
    assert.deepEqual(
      [json.status, json.report?.["verdict"], json.report?.["exitCode"]],
      [code, verdict, code],
      json.stderr,
    );
    const plain = await run(
      "log",
      `${url}/`,
      "--rpc",
      url,
      "--policy",
      policy,
      "--patience-seconds",
      "0",
    );
    assert.match(plain.stdout, text);
    assert.equal(plain.status, code);
    await close();
  }
});

test("a log that does not answer is no verdict", async () => {
  const { url, policy, close } = await serving("no checkpoint");
  const { status, stdout, stderr } = await told(url, url, policy);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /the log does not have \/log\/checkpoint/);
  await close();
  const nobody = await told(url, url, policy);
  assert.equal(nobody.status, 2);
  assert.match(nobody.stderr, /did not answer/);
});

test("a node may limit how many blocks it looks through at once", async () => {
  const asked: string[] = [];
  const { url, policy, close } = await serving("honest", (method, answer, [filter]) => {
    if (method !== "eth_getLogs") return answer;
    const { fromBlock, toBlock } = filter as { fromBlock: string; toBlock: string };
    asked.push(`${fromBlock}-${toBlock}`);
    return Number(toBlock) - Number(fromBlock) > 1 ? new NodeError() : answer;
  });
  assert.equal((await told(url, url, policy)).status, 0);
  assert.ok(asked.includes("0x2-0x3") || asked.includes("0x1-0x2"), asked.join());
  await close();
  const refusing = await serving("honest", (method, answer) =>
    method === "eth_getLogs" ? new NodeError() : answer,
  );
  const { status, stderr } = await told(refusing.url, refusing.url, refusing.policy);
  assert.equal(status, 2);
  assert.match(stderr, /refused eth_getLogs with code -32005/);
  await refusing.close();
});

test("a state that is replaced while it is read is read again", async () => {
  let lies = 2;
  const { url, policy, close } = await serving("honest", (method, answer) => {
    if (method !== "eth_getProof" || lies === 0) return answer;
    lies -= 1;
    return { ...(answer as object), accountProof: [] };
  });
  assert.equal((await told(url, url, policy)).status, 0);
  await close();
});

test("a checkpoint that comes a moment after its batch is waited for", async () => {
  const recording = recordingOf(caseOf("honest"));
  const early = recordingOf(caseOf("a checkpoint of less than is anchored"));
  let reads = 0;
  const file = (path: string) => {
    reads += path === "/log/checkpoint" ? 1 : 0;
    return fileOf(path === "/log/checkpoint" && reads < 2 ? early : recording)(path);
  };
  const { url, close } = await serve(file, answers(recording.node));
  const policy = folder.file("patient.json", JSON.stringify(recording.policy));
  const ran = await run("log", url, "--rpc", url, "--policy", policy);
  assert.deepEqual([ran.status, reads], [0, 2], ran.stdout);
  await close();
});

test("a log is read from a folder, and no link leads out of it", async () => {
  const recording = recordingOf(caseOf("honest, of two tiles"));
  const root = join(folder.path, "copy");
  for (const [path, file] of Object.entries(recording.log)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes(file ?? ""));
  }
  const { url, policy, close } = await serving("honest, of two tiles");
  for (const place of [root, `file://${root}`]) {
    const { status, report, stderr } = await told(place, url, policy);
    assert.equal(status, 0, stderr);
    assert.deepEqual([report?.["tail"], report?.["sealed"]], ["4", "1"]);
  }
  const entries = join(root, "log/tile/entries/000");
  const outside = folder.file("entries", readFileSync(entries));
  rmSync(entries);
  symlinkSync(outside, entries);
  const linked = await told(root, url, policy);
  assert.equal(linked.status, 2);
  assert.match(linked.stderr, /is not a file in the log's folder/);
  rmSync(entries);
  mkdirSync(entries);
  assert.equal((await told(root, url, policy)).status, 2);
  for (const place of [join(folder.path, "none"), outside, "file://none"]) {
    const { status, stderr } = await told(place, url, policy);
    assert.equal(status, 2);
    assert.match(stderr, /is no folder|absolute path/);
  }
  await close();
});

test("no redirection is followed", async () => {
  const { url, policy, close } = await serving("honest");
  const elsewhere = createServer((_, response) => {
    response.writeHead(302, { location: `${url}/log/checkpoint` });
    response.end();
  });
  elsewhere.unref();
  await new Promise<void>((done) => elsewhere.listen(0, "127.0.0.1", done));
  const { port } = elsewhere.address() as AddressInfo;
  const { status, stderr } = await told(`http://127.0.0.1:${port}`, url, policy);
  assert.equal(status, 2);
  assert.match(stderr, /answered with status 302/);
  elsewhere.close();
  await close();
});

test("what a node answers without end is not read to its end", async () => {
  const { url, policy, close } = await serving("honest", (method, answer) =>
    method === "eth_getLogs" ? "x".repeat(17 * 1024 * 1024) : answer,
  );
  const { status, stderr } = await told(url, url, policy);
  assert.equal(status, 2);
  assert.match(stderr, /answered with more than 16777216 bytes/);
  await close();
});
