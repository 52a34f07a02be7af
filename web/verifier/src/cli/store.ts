/**
 * The folder in which a followed chain is kept: `chain.json` with the settled chain and the headers
 * after it, `hashes` with the hash of every settled block. The verifier in Rust keeps the same.
 *
 * An interruption leaves more hashes than the settled chain has; whoever goes on writes over them.
 */

import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { type Bytes, concat, equal } from "../bytes.ts";
import { Followed } from "../chain/follow.ts";
import { readKept, writeKept } from "../chain/kept.ts";
import type { Chain } from "../policy.ts";
import { Broken } from "../refusal.ts";
import { Unreadable } from "../unreadable.ts";

const HASH = 32;

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** What `work` does to `folder`; the system's errors are `Unreadable`. */
function using<T>(folder: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new Unreadable(`${folder}: ${error.message}`);
  }
}

/** The chain that `folder` keeps, or `null` if it keeps none; nothing is written. */
export function readChain(folder: string, rules: Chain): Followed | null {
  return using(folder, () => {
    const state = readState(folder);
    return state === null ? null : restored(folder, rules, state);
  });
}

function readState(folder: string): Bytes | null {
  try {
    return readFileSync(join(folder, "chain.json"));
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function restored(folder: string, rules: Chain, state: Bytes): Followed {
  try {
    const kept = readKept(rules, state);
    const read = readFileSync(join(folder, "hashes"));
    const count = Number(kept.settled.number) + 1;
    const hashes = Array.from({ length: count }, (_, at) =>
      read.subarray(at * HASH, (at + 1) * HASH),
    );
    const [first, last] = [hashes[0], hashes.at(-1)];
    const fits =
      read.length >= count * HASH &&
      first !== undefined &&
      last !== undefined &&
      equal(first, rules.genesisHash) &&
      equal(last, kept.settled.hash);
    if (fits) return Followed.kept(rules, { ...kept, hashes });
  } catch (error) {
    if (!(error instanceof Broken) && !isMissing(error)) throw error;
  }
  throw new Unreadable(
    `${folder} is damaged or of another chain: name another folder, or delete it, to follow from ` +
      "the genesis block",
  );
}

/** The folder, for one program of this kind at a time. */
export class Store {
  readonly #folder: string;
  readonly #rules: Chain;
  /** How many hashes are on the disk. */
  #written = 0;

  private constructor(folder: string, rules: Chain) {
    this.#folder = folder;
    this.#rules = rules;
  }

  /** Opens `folder`, making it if it is missing, and reads the chain it keeps. */
  static open(folder: string, rules: Chain): { store: Store; followed: Followed | null } {
    return using(folder, () => {
      mkdirSync(folder, { recursive: true });
      lock(folder);
      const store = new Store(folder, rules);
      const followed = readChain(folder, rules);
      store.#written = followed?.keep().hashes.length ?? 0;
      return { store, followed };
    });
  }

  /** Keeps the chain; the hashes are on the disk before the state that needs them. */
  keep(followed: Followed): void {
    const kept = followed.keep();
    using(this.#folder, () => {
      const hashes = join(this.#folder, "hashes");
      const file = openSync(hashes, this.#written === 0 ? "w" : "r+");
      writeSync(file, concat(...kept.hashes.slice(this.#written)), 0, null, this.#written * HASH);
      fsyncSync(file);
      closeSync(file);
      truncateSync(hashes, kept.hashes.length * HASH);
      this.#written = kept.hashes.length;
      const state = join(this.#folder, "chain.json");
      writeFileSync(`${state}.new`, writeKept(this.#rules, kept), { flush: true });
      renameSync(`${state}.new`, state);
    });
  }

  close(): void {
    rmSync(join(this.#folder, "writer"), { force: true });
  }
}

/** Node cannot take the lock of the verifier in Rust; this one is for programs of this kind. */
function lock(folder: string): void {
  const path = join(folder, "writer");
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    if (isRunning(Number(readFileSync(path, "utf8")))) {
      throw new Unreadable(
        `${folder} is in use by another program: stop it, or name another folder`,
      );
    }
    writeFileSync(path, String(process.pid));
  }
}

function isRunning(pid: number): boolean {
  try {
    return Number.isInteger(pid) && pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
