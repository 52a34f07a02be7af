/** The vectors that all verifiers share, `verifier/vectors/`. */

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parsePolicy, type Policy } from "../../src/library.ts";

// Tests run from build/test/.
export const project = new URL("../../", import.meta.url);
const folder = new URL("../../verifier/vectors/", project);

export type BundleCase = {
  readonly name: string;
  readonly policy: string;
  readonly bundle: string;
  readonly verdict: string;
  readonly check: string | null;
  readonly late: boolean;
};
export type ReleaseCase = BundleCase & { readonly release: string };
export type ReceiptCase = {
  readonly name: string;
  readonly policy: string;
  readonly receipt: string;
  readonly proof: string | null;
  readonly opening: string | null;
  readonly verdict: string;
  readonly breach: string | null;
  readonly check: string | null;
};
export type Flips = {
  readonly bundle: string;
  readonly mask: number;
  readonly checks: readonly (readonly [check: string, count: number])[];
};
export type NoPolicy = { readonly name: string; readonly policy: string };

export function load<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")) as T;
}

/** The published vectors of transparency-dev, of one kind, which set-up fetched with a crate. */
export function published<T>(kind: "inclusion" | "consistency"): readonly T[] {
  const manifest = new URL("public/Cargo.toml", folder).pathname;
  const options = ["--locked", "--format-version=1", `--manifest-path=${manifest}`];
  const metadata = execFileSync("cargo", ["metadata", ...options], { maxBuffer: 1 << 28 });
  type Package = { readonly name: string; readonly manifest_path: string };
  const { packages } = JSON.parse(metadata.toString()) as { packages: readonly Package[] };
  const source = packages.find(({ name }) => name === "sigstore-merkle");
  if (source === undefined) throw new Error("the crate with the published vectors is not there");
  const vectors = join(dirname(source.manifest_path), "test-data/merkle/testdata", kind);
  return readdirSync(vectors, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".json"))
    .map((file) => {
      const text = readFileSync(join(vectors, file), "utf8");
      // Sizes reach 2^64 - 1, which JSON.parse would round.
      return JSON.parse(text.replace(/: (\d+)/g, ': "$1"')) as T;
    });
}

export function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64url"));
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export const policyTexts = load<Record<string, unknown>>("policies");
const policies = new Map<string, Policy>();

export function policy(name: string): Policy {
  const known = policies.get(name) ?? parsePolicy(utf8(JSON.stringify(policyTexts[name])));
  policies.set(name, known);
  return known;
}

export const bundles = load<readonly BundleCase[]>("bundles");

/** The bundle case of this name. */
export function bundleCase(name: string): BundleCase {
  const found = bundles.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no bundle "${name}" among the vectors`);
  return found;
}

/** The first case that is anchored in time. */
export const anchored = bundles.find(({ verdict, late }) => verdict === "anchored" && !late);
