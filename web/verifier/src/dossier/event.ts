/** The events of a dossier, once their proofs were checked. */

import type { Bytes } from "../bytes.ts";
import { base64url, type Hex, uninstant } from "../encoding.ts";
import type { Envelope, PublicEntry } from "../envelope.ts";
import type { Json, JsonObject } from "../json/value.ts";
import type { Policy } from "../policy.ts";
import { examineBundle } from "../verify.ts";
import type { Contradicts } from "../words/dossier-en.ts";
import { Contradiction, type Detail } from "./contradiction.ts";
import { Said } from "./said.ts";

/** The block that a bundle shows, and the log's size that it anchors. */
export type Block = { readonly size: bigint; readonly number: bigint; readonly hash: Hex };

type Shown = {
  readonly entry: PublicEntry;
  readonly envelope: Envelope | null;
  readonly disclosed: ReadonlyMap<string, Json>;
  readonly block: Block | null;
  readonly isSealedChain: boolean;
  readonly isLate: boolean;
  readonly witnesses: number;
};

const NOTHING: JsonObject = new Map();

/** An event whose bundle was right. */
export class Event {
  readonly position: bigint;
  readonly id: string;
  /** The leaf, as `prev` names it. */
  readonly leaf: string;
  readonly isSealed: boolean;
  readonly clock: PublicEntry["clock"];
  /** What the log shows, or what was disclosed of a sealed entry. */
  readonly envelope: Envelope | null;
  /** Without members if it is not shown. */
  readonly data: JsonObject;
  /** Disclosed values by path, the whole envelope's excepted. */
  readonly disclosed: ReadonlyMap<string, Json>;
  readonly block: Block | null;
  /** Whether somebody seals the chain of the block. */
  readonly isSealedChain: boolean;
  readonly isLate: boolean;
  readonly witnesses: number;

  constructor({ entry, envelope, disclosed, block, isSealedChain, isLate, witnesses }: Shown) {
    this.position = entry.seq;
    this.id = entry.id;
    this.leaf = base64url(entry.leaf);
    this.isSealed = entry.seal !== null;
    this.clock = entry.clock;
    this.envelope = envelope;
    this.data = envelope?.data ?? NOTHING;
    this.disclosed = disclosed;
    this.block = block;
    this.isSealedChain = isSealedChain;
    this.isLate = isLate;
    this.witnesses = witnesses;
  }

  /** The type, or `Sealed` if it is not shown. */
  get type(): string {
    return this.envelope?.type ?? "Sealed";
  }

  /** The stream, empty if it is not shown. */
  get stream(): string {
    return this.envelope?.stream ?? "";
  }

  /** The business clock in milliseconds since 1970; 0 if it is not shown. */
  get effectiveAt(): bigint {
    return uninstant(this.envelope?.effectiveAt ?? "") ?? 0n;
  }

  get said(): Said {
    return new Said(this, this.data);
  }

  /** A withheld value that the bundle discloses. */
  shown(path: string): Said {
    const value = this.disclosed.get(path);
    if (value === undefined) throw this.refuse("notDisclosed", path);
    return new Said(this, value);
  }

  refuse(what: Contradicts, detail: Detail | string = ""): Contradiction {
    return new Contradiction({ position: this.position, type: this.type }, what, detail);
  }

  /** A contradiction unless `holds`. */
  must(holds: boolean, what: Contradicts, detail: Detail | string = ""): void {
    if (!holds) throw this.refuse(what, detail);
  }

  /** A contradiction unless both are the same. */
  same<T extends string | number | bigint | boolean>(
    what: Contradicts,
    recorded: T,
    shown: T,
  ): void {
    this.must(recorded === shown, what, {
      kind: "differs",
      recorded: String(recorded),
      shown: String(shown),
    });
  }

  /** Checks that it is the next one of its stream after `before`. */
  follows(before: Event | null): void {
    if (this.envelope === null) return;
    this.same("streamGap", this.envelope.ver, (before?.envelope?.ver ?? 0n) + 1n);
    this.must(this.envelope.prev === (before?.leaf ?? null), "streamBreak");
  }
}

/** Checks the bundle `bytes` of a file. */
export function verifyEvent(bytes: Bytes, policy: Policy, file: string): Event {
  const { report, entry, disclosed } = examineBundle(bytes, policy);
  const { outcome, log, anchor } = report;
  if (outcome.kind === "refused") {
    const { check, evidence } = outcome;
    throw new Contradiction(null, "proofRefused", { kind: "broken", file, check, evidence });
  }
  if (entry === null || disclosed === null || log === null) {
    throw new Error("a bundle that is not refused is of an event and a log");
  }
  return new Event({
    entry,
    envelope: disclosed.envelope,
    disclosed: disclosed.values,
    block: anchor && { size: log.size, number: anchor.block, hash: anchor.blockHash },
    isSealedChain: outcome.kind === "anchored",
    isLate: "late" in outcome && outcome.late,
    witnesses: log.witnesses,
  });
}
