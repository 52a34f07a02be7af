/** A whole log against its contracts (§9). */

import { verifyCheckpoint } from "../checkpoint.ts";
import { type ChainNode, Contradiction } from "../chain/node.ts";
import { textOf } from "../json/parse.ts";
import { type Hex, hex } from "../encoding.ts";
import type { Policy } from "../policy.ts";
import { type Check, during, type Evidence, must, Refused } from "../refusal.ts";
import type { AnchorFacts } from "../verdict.ts";
import { type Anchored, readAnchored } from "./anchored.ts";
import { type Progress, replay, type TreeHead } from "./replay.ts";
import { type LogFiles, readCheckpoint } from "./tiles.ts";

export type LogOutcome =
  | { readonly kind: "anchored" | "development" | "unanchored" }
  | { readonly kind: "refused"; readonly check: Check; readonly evidence: Evidence };

/** The verdict on a whole log, and what it rests on as far as the checks came. */
export type LogReport = {
  readonly outcome: LogOutcome;
  readonly policy: Hex;
  readonly origin: string;
  readonly checkpoint: { readonly size: bigint; readonly root: Hex } | null;
  readonly batches: number;
  /** How many entries are anchored, and how many come after them. */
  readonly anchored: bigint;
  readonly tail: bigint;
  /** Batches beyond the ranges of the policy. */
  readonly ignored: number;
  readonly sealed: bigint;
  readonly state: AnchorFacts | null;
};

export type Reading = {
  readonly files: LogFiles;
  readonly node: ChainNode;
  /** Waits a moment for a newer checkpoint; `false` once that was long enough. */
  readonly wait: () => Promise<boolean>;
  readonly progress: Progress;
};

/** Replays a log and compares it with what is anchored; throws `Unreadable` if one cannot be read. */
export async function verifyLog(reading: Reading, policy: Policy): Promise<LogReport> {
  const examination = new Examination(reading, policy);
  try {
    await examination.run();
    return examination.report();
  } catch (error) {
    if (error instanceof Refused) {
      return examination.report({ check: error.check, evidence: error.evidence });
    }
    if (!(error instanceof Contradiction)) throw error;
    const values = { number: String(error.number) };
    return examination.report({ check: "replay", evidence: { rule: "nodeContradicts", values } });
  }
}

class Examination {
  readonly #reading: Reading;
  readonly #policy: Policy;
  #anchored: Anchored = { batches: [], size: 0n, ignored: 0, state: null };
  #head: TreeHead | null = null;
  #sealed = 0n;

  constructor(reading: Reading, policy: Policy) {
    this.#reading = reading;
    this.#policy = policy;
  }

  async run(): Promise<void> {
    const { files, node, progress } = this.#reading;
    const { origin } = this.#policy;
    // The contract first: a checkpoint that was read before it could honestly be behind.
    const anchored = await readAnchored(node, this.#policy);
    this.#anchored = anchored;
    const head = await this.#readHead(anchored.size);
    during("replay", () =>
      must(head.size >= anchored.size, "logShortened", {
        size: String(head.size),
        anchored: String(anchored.size),
      }),
    );
    this.#head = head;
    this.#sealed = await duringReplay(replay(files, head, anchored.batches, origin, progress));
  }

  /** The log may publish its checkpoint a moment after the chain has the batch. */
  async #readHead(wanted: bigint): Promise<TreeHead> {
    for (;;) {
      const note = await readCheckpoint(this.#reading.files);
      const head = during("checkpoint", () => verifyCheckpoint(textOf(note), this.#policy));
      if (head.size >= wanted || !(await this.#reading.wait())) return head;
    }
  }

  report(refusal?: { readonly check: Check; readonly evidence: Evidence }): LogReport {
    const { batches, size, ignored, state } = this.#anchored;
    const head = this.#head;
    return {
      outcome: refusal === undefined ? this.#outcome() : { kind: "refused", ...refusal },
      policy: this.#policy.fingerprint,
      origin: this.#policy.origin,
      checkpoint: head && { size: head.size, root: hex(head.root) },
      batches: batches.length,
      anchored: size,
      tail: head === null || head.size < size ? 0n : head.size - size,
      ignored,
      sealed: this.#sealed,
      state,
    };
  }

  #outcome(): LogOutcome {
    if (this.#anchored.batches.length === 0) return { kind: "unanchored" };
    return { kind: this.#policy.chain.consensus === "clique" ? "anchored" : "development" };
  }
}

/** What breaks in a replay fails the check of that name. */
async function duringReplay<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    return during("replay", () => {
      throw error;
    });
  }
}
