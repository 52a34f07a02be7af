// Runs the pinned forge here: `node forge.mjs test`, `node forge.mjs fmt --check src test`.
// The platform's package is depended on directly: the wrapper package would download what npm left out.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
const manifest = createRequire(import.meta.url).resolve(`@foundry-rs/forge-${platform}/package.json`);
const { status } = spawnSync(join(dirname(manifest), "bin", "forge"), process.argv.slice(2), {
  cwd: dirname(fileURLToPath(import.meta.url)),
  stdio: "inherit",
});
process.exit(status ?? 1);
