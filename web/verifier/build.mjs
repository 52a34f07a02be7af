// Builds the verifier of the command line and the page, one file each, that need nothing beside them.
//
//   node build.mjs            build/verifier.mjs, build/verifier.html and its SHA-256
//   node build.mjs --bless    and docs/web-verifier.sha256
//   node build.mjs --tests    build/test/*.mjs

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const published = join(here, "../../docs/web-verifier.sha256");

/** The bundled script; it is not minified, for whoever reads what they are about to believe. */
async function script(entry, options) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    write: false,
    charset: "utf8",
    format: "esm",
    target: "es2022",
    // The licences of what is built in stay where they are.
    legalComments: "inline",
    ...options,
  });
  return result.outputFiles[0].text;
}

const sha256 = (text, encoding) => createHash("sha256").update(text).digest(encoding);

/** The page: its policy allows exactly this script and this style, and no connection at all. */
export async function buildPage() {
  const read = (name) => readFileSync(join(here, "src/page", name), "utf8");
  const code = await script("src/page/main.ts", { platform: "browser" });
  if (/<\/script|<!--/i.test(code)) throw new Error("the script would end or hide in the page");
  const style = read("style.css");
  const parts = {
    csp: [
      "default-src 'none'",
      `script-src 'sha256-${sha256(code, "base64")}'`,
      `style-src 'sha256-${sha256(style, "base64")}'`,
      "base-uri 'none'",
      "form-action 'none'",
    ].join("; "),
    style,
    script: code,
  };
  return read("index.html").replaceAll(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
}

/** A line as sha256sum writes and reads it. */
export async function pageHash() {
  return `${sha256(await buildPage(), "hex")}  verifier.html\n`;
}

async function buildTests() {
  rmSync(join(here, "build/test"), { recursive: true, force: true });
  await build({
    absWorkingDir: here,
    entryPoints: readdirSync(join(here, "test"))
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => `test/${name}`),
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "es2022",
    outdir: "build/test",
    outExtension: { ".js": ".mjs" },
    logLevel: "warning",
  });
}

/** Not again when nothing changed: whoever builds the page in looks at its time. */
function write(file, text) {
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
}

async function main(option) {
  mkdirSync(join(here, "build"), { recursive: true });
  if (option === "--tests") await buildTests();
  const command = await script("src/cli/main.ts", { platform: "node" });
  const hash = await pageHash();
  write(join(here, "build/verifier.mjs"), command);
  write(join(here, "build/verifier.html"), await buildPage());
  write(join(here, "build/verifier.html.sha256"), hash);
  if (option === "--bless") write(published, hash);
  process.stdout.write(hash);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(process.argv[2]);
