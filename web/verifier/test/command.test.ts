/** The command line, run as anybody runs it. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { archiveOf, dossiers, type Topic } from "./support/dossiers.ts";
import {
  type BundleCase,
  bundles,
  bytes,
  load,
  policyTexts,
  project,
  type ReceiptCase,
  type ReleaseCase,
} from "./support/vectors.ts";

const program = fileURLToPath(new URL("build/verifier.mjs", project));
const folder = mkdtempSync(join(tmpdir(), "verifier-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const policyFile = (name: string) => file("policy.json", JSON.stringify(policyTexts[name]));

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

function bundleArgs({ bundle, policy }: BundleCase): readonly string[] {
  return ["bundle", file("bundle.json", bytes(bundle)), "--policy", policyFile(policy)];
}

test("each verdict has its exit code, its first line and its line of JSON", () => {
  for (const [verdict, code, title, json] of [
    ["anchored", 0, /^ANCHORED\n/, "anchored"],
    ["refused", 1, /^REFUSED by the check "/, "refused"],
    ["included", 3, /^INCLUDED, NOT ANCHORED\n/, "not-anchored"],
    ["development", 3, /^ANCHORED IN A DEVELOPMENT CHAIN/, "development"],
  ] as const) {
    const one = bundles.find((each) => each.verdict === verdict && !each.late);
    assert.ok(one !== undefined, verdict);
    const text = run(...bundleArgs(one));
    assert.equal(text.status, code, text.stderr);
    assert.match(text.stdout, title);
    const line = run(...bundleArgs(one), "--json");
    assert.equal(line.status, code);
    const report = JSON.parse(line.stdout) as Record<string, unknown>;
    assert.equal(report["verdict"], json);
    assert.equal(report["exitCode"], code);
    assert.match(String(report["policy"]), /^0x[0-9a-f]{64}$/);
  }
});

test("a refusal names the check and the evidence", () => {
  const one = bundles.find(({ check }) => check === "storage");
  assert.ok(one !== undefined);
  const report = JSON.parse(run(...bundleArgs(one), "--json").stdout) as {
    refusal: { check: string; evidence: string };
  };
  assert.equal(report.refusal.check, "storage");
  assert.match(report.refusal.evidence, /\w+ \w+/);
  assert.doesNotMatch(report.refusal.evidence, /[{}]/);
});

test("a release and a receipt are judged with the files beside them", () => {
  const release = load<readonly ReleaseCase[]>("releases").find(
    ({ verdict }) => verdict === "anchored",
  );
  assert.ok(release !== undefined);
  const published = run(
    "release",
    file("release.json", bytes(release.release)),
    "--proof",
    file("proof.json", bytes(release.bundle)),
    "--policy",
    policyFile(release.policy),
  );
  assert.equal(published.status, 0, published.stdout);
  const receipt = load<readonly ReceiptCase[]>("receipts").find(
    ({ verdict, opening }) => verdict === "breach" && opening !== null,
  );
  assert.ok(receipt !== undefined);
  const breach = run(
    "receipt",
    file("receipt.json", bytes(receipt.receipt)),
    "--opening",
    file("opening.json", bytes(receipt.opening ?? "")),
    "--policy",
    policyFile(receipt.policy),
  );
  assert.equal(breach.status, 1);
  assert.match(breach.stdout, /^BREACH: .+\n(?:.*\n)* {2}proven by +opening: /);
});

test("a dossier is judged on one page or one line", () => {
  for (const [opinion, code, title] of [
    ["proven", 0, /^PROVEN, everything that is there\n/],
    ["refused", 1, /^REFUSED\n/],
    ["incomplete", 3, /^NOT REFUSED, NOT ALL SHOWN\n/],
    ["not-anchored", 3, /^COMPLETE, NOT \(ALL\) ANCHORED IN A SEALED CHAIN\n/],
  ] as const) {
    const one = dossiers.find((each) => each.opinion === opinion);
    assert.ok(one !== undefined, opinion);
    const archive = file("dossier.zip", archiveOf(one));
    const args = ["dossier", archive, "--policy", policyFile(one.policy)];
    const text = run(...args);
    assert.equal(text.status, code, text.stderr);
    assert.match(text.stdout, title);
    assert.ok(text.stdout.split("\n").length <= 46, text.stdout);
    const report = JSON.parse(run(...args, "--json").stdout) as Record<string, unknown>;
    assert.deepEqual([report["verdict"], report["exitCode"]], [opinion, code]);
    const findings = report["findings"] as readonly Record<string, string>[];
    assert.deepEqual(
      findings.flatMap(({ topic, standing }) => (standing === "proven" ? [] : [topic])),
      one.topics.map(([topic]) => topic),
    );
    for (const { says = "" } of findings) assert.doesNotMatch(says, /\{\w+\}/);
  }
  const isEarly = ([topic, standing]: Topic) => topic === "hours" && standing === "refused";
  const one = dossiers.find(({ topics }) => topics.some(isEarly));
  assert.ok(one !== undefined);
  const text = run("dossier", file("x.zip", archiveOf(one)), "--policy", policyFile(one.policy));
  const position = one.topics.find(isEarly)?.[2] ?? "";
  const line = new RegExp(`\nNOT PROVEN\n(?:.*\n)*  ✘ hours +position ${position}, \\w+: `);
  assert.match(text.stdout, line);
});

test("what is no command, no policy or no file is told apart from a refusal", () => {
  const [one] = bundles;
  assert.ok(one !== undefined);
  const [kind, path, option, policy] = bundleArgs(one) as readonly [string, string, string, string];
  for (const [args, complaint] of [
    [[], /no command/],
    [["record", path], /no command "record"/],
    [["dossier", path, option, policy], /is no dossier: no zip file/],
    [["dossier", path, option, policy, "--proof", path], /takes no --proof/],
    [[kind, path], /--policy is missing/],
    [[kind, path, path, option, policy], /takes one FILE/],
    [[kind, path, option, policy, "--proof", path], /takes no --proof/],
    [["release", path, option, policy], /--proof is missing/],
    [[kind, path, option, policy, "--fast"], /--fast/],
    [[kind, join(folder, "none"), option, policy], /none/],
    [[kind, path, option, path], /is no policy: /],
  ] as const) {
    const { status, stdout, stderr } = run(...args);
    assert.equal(status, 2, args.join(" "));
    assert.equal(stdout, "");
    assert.match(stderr, complaint);
    assert.doesNotMatch(stderr, /^\s+at /m);
  }
  const help = run("--help");
  assert.equal(help.status, 0);
  assert.match(help.stdout, /Examples:/);
});
