/** The page is the same bytes whoever builds it, and can reach nobody. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { project } from "./support/vectors.ts";

type Build = { buildPage(): Promise<string>; pageHash(): Promise<string> };
const load = async () => (await import(new URL("build.mjs", project).href)) as Build;

test("two builds are the same bytes, and those whose hash is published", async () => {
  const { buildPage, pageHash } = await load();
  assert.equal(await buildPage(), await buildPage());
  const published = readFileSync(new URL("../../docs/web-verifier.sha256", project), "utf8");
  assert.equal(await pageHash(), published, "node build.mjs --bless writes the new hash");
});

test("the other verifier knows the page, and no other", async (t) => {
  const program = fileURLToPath(new URL("../../target/debug/verifier", project));
  if (!existsSync(program)) return t.skip("cargo build -p verifier");
  const run = (file: string) => spawnSync(program, ["page", fileURLToPath(new URL(file, project))]);
  assert.equal(run("build/verifier.html").status, 0);
  assert.equal(run("build.mjs").status, 1);
  assert.equal(run("nowhere.html").status, 2);
});

test("the page allows its own script and style, and nothing else", async () => {
  const page = await (await load()).buildPage();
  const part = (name: string) =>
    page.slice(page.indexOf(">", page.indexOf(`<${name}`)) + 1, page.lastIndexOf(`</${name}>`));
  const hash = (name: string) =>
    `'sha256-${createHash("sha256").update(part(name)).digest("base64")}'`;
  const csp = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.split("; ");
  assert.deepEqual(csp, [
    "default-src 'none'",
    `script-src ${hash("script")}`,
    `style-src ${hash("style")}`,
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  const markup = page.replace(part("script"), "");
  assert.doesNotMatch(markup, /<(?:link|img|iframe)|\ssrc=|@import|url\(/);
});
