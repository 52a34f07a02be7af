/** What a Clique chain makes of itself: who may seal the next block, and who wishes what (§13). */

import type { Bytes } from "../bytes.ts";
import { type Hex, hex, unhex } from "../encoding.ts";
import { during, must } from "../refusal.ts";
import { checkSeal, namedSigners } from "./clique.ts";
import { checkGas, type Gas } from "./gas.ts";
import { checkChild, type Header } from "./header.ts";

/** The wish of a signer about an account; what it is for follows from whether that is a signer. */
export type Vote = { readonly subject: Hex; readonly voter: Hex };

/** A block that matters for who sealed too recently. */
export type Recent = { readonly number: bigint; readonly sealer: Hex };

/** A chain up to one of its blocks. Addresses are in hexadecimal, whose order is that of bytes. */
export type Snapshot = Gas & {
  readonly number: bigint;
  readonly hash: Bytes;
  readonly time: bigint;
  readonly totalDifficulty: bigint;
  /** Who may seal the next block, sorted. */
  readonly signers: readonly Hex[];
  /** Oldest first. */
  readonly recents: readonly Recent[];
  readonly votes: readonly Vote[];
};

export type Cadence = { readonly period: bigint; readonly epoch: bigint };

/** The chain that is only its genesis block. */
export function genesis(header: Header): Snapshot {
  must(header.number === 0n, "genesisNumber", { number: String(header.number) });
  return {
    ...placeOf(header),
    totalDifficulty: header.difficulty,
    signers: namedSigners(header.extra).map(hex),
    recents: [],
    votes: [],
  };
}

function placeOf({ number, hash, time, gasLimit, gasUsed, baseFee }: Header) {
  return { number, hash, time, gasLimit, gasUsed, baseFee };
}

/** A signer seals one of so many consecutive blocks at most. */
function recentsLimit(signers: readonly Hex[]): bigint {
  return BigInt(Math.floor(signers.length / 2) + 1);
}

/** The chain with one block more, and who sealed that. */
export function append(
  before: Snapshot,
  header: Header,
  { period, epoch }: Cadence,
): { readonly after: Snapshot; readonly sealer: Hex } {
  during("headers", () => {
    checkChild(before, header, period);
    checkGas(before, header);
  });
  const listed = before.signers.map((text) => ({ text, address: unhex(text) ?? header.miner }));
  const limit = recentsLimit(before.signers);
  const isRecent = ({ text }: { readonly text: Hex }) =>
    before.recents.some((one) => one.sealer === text && one.number + limit > header.number);
  const { text: sealer } = during("seals", () => checkSeal(header, listed, epoch, isRecent));
  const isEpoch = header.number % epoch === 0n;
  const voted = vote(
    { signers: before.signers, votes: isEpoch ? [] : before.votes },
    header,
    sealer,
  );
  const newest = [...before.recents, { number: header.number, sealer }];
  const kept = recentsLimit(voted.signers);
  const after = {
    ...placeOf(header),
    ...voted,
    totalDifficulty: before.totalDifficulty + header.difficulty,
    recents: newest.filter(({ number }) => number + kept > header.number),
  };
  return { after, sealer };
}

type Assembly = Pick<Snapshot, "signers" | "votes">;

/**
 * A signer has one wish about an account, and one for what is already so takes it back. Whoever is
 * voted on may have had enough votes since signers went: that is seen now, whatever the new wish.
 */
function vote({ signers, votes }: Assembly, header: Header, voter: Hex): Assembly {
  const subject = hex(header.miner);
  const letsIn = header.nonce.every((byte) => byte === 0xff);
  const isSigner = signers.includes(subject);
  const others = votes.filter((one) => one.subject !== subject || one.voter !== voter);
  const wishes = letsIn === isSigner ? others : [...others, { subject, voter }];
  const count = wishes.filter((one) => one.subject === subject).length;
  if (count <= Math.floor(signers.length / 2)) return { signers, votes: wishes };
  // The wishes about who changed are void, and those of who was put out.
  const left = wishes.filter(
    (one) => one.subject !== subject && (!isSigner || one.voter !== subject),
  );
  return isSigner
    ? { signers: signers.filter((signer) => signer !== subject), votes: left }
    : { signers: [...signers, subject].sort(), votes: left };
}

/** Whom some signers wish to let in or put out, and how many do, in order of address. */
export function pendingVotes({
  votes,
}: Snapshot): readonly (readonly [subject: Hex, votes: number])[] {
  const counts = new Map<Hex, number>();
  for (const { subject } of votes) counts.set(subject, (counts.get(subject) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
