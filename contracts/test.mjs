// Runs the Solidity tests with the pinned forge: `node test.mjs [arguments of forge test]`.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const platform = `${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
const manifest = createRequire(import.meta.url).resolve(`@foundry-rs/forge-${platform}/package.json`);
const { status } = spawnSync(join(dirname(manifest), "bin", "forge"), ["test", ...process.argv.slice(2)], {
  cwd: dirname(fileURLToPath(import.meta.url)),
  stdio: "inherit",
});
process.exit(status ?? 1);
