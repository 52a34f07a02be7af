/** What the technical opening says of every sealed proposal. */

import type { Case } from "./case.ts";
import type { Event } from "./event.ts";
import { absent, type Found, incomplete, part, proven } from "./found.ts";
import { compareMasks, type Said } from "./said.ts";

/** The types of entries in the streams of proposals. */
const ACTS = ["ProposalSubmitted", "ProposalReplaced", "ProposalWithdrawn"];
const WITHDRAWN = "ProposalWithdrawn";

type Listings = ReadonlyMap<bigint, Said>;
type Entries = ReadonlyMap<bigint, Event>;

/** Whether the opening says of each entry what its stream shows, under one mask each. */
export function checkOpened(dossier: Case): Found {
  const opened = dossier.one("ProposalsOpened");
  if (opened === null) return absent("notOpened");
  const listings = readListings(opened);
  const entries = new Map<bigint, Event>();
  let gone = 0;
  let unopenable = 0;
  for (const [position, listing] of listings) {
    const disposition = listing.text("disposition");
    const entry = dossier.at(position);
    // What was opened is shown; what never was may have been erased.
    if (disposition !== "opened" && (entry?.envelope ?? null) === null) {
      if (entry?.isSealed !== true) throw opened.refuse("listedMissing", String(position));
      gone += disposition === "unopenable" ? 0 : 1;
      entries.set(position, entry);
    } else {
      entries.set(position, dossier.sealed(opened, position, ACTS));
    }
    unopenable += disposition === "unopenable" ? 1 : 0;
  }
  for (const { isSealed, type, position } of dossier.events) {
    const isLeftOut = isSealed && ACTS.includes(type) && !listings.has(position);
    opened.must(!isLeftOut, "leftOut", String(position));
  }
  const proposals = checkStreams(entries, listings);
  const masks = checkMasks(dossier, opened, listings);
  const values = { entries: entries.size, proposals, masks };
  const called = unopenable === 0 ? [] : [part("openedUnopenable", { unopenable })];
  return gone === 0
    ? proven("opened", values, ...called, part("openedAll"))
    : incomplete("opened", values, ...called, part("openedGone", { gone }));
}

/** What the opening says of each position, by position. */
function readListings(opened: Event): Listings {
  const listings = new Map<bigint, Said>();
  for (const listing of opened.said.list("proposals")) {
    const position = listing.position("position");
    opened.must(!listings.has(position), "listedTwice", String(position));
    listings.set(position, listing);
  }
  return new Map([...listings].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Whether each proposal's entries follow each other without a gap, and became what is said of them;
 * the answer is how many proposals are shown.
 */
function checkStreams(entries: Entries, listings: Listings): number {
  const byLeaf = new Map([...entries.values()].map((entry) => [entry.leaf, entry] as const));
  const next = new Map<string, Event>();
  const first = new Set<string>();
  const streams = new Set<string>();
  for (const entry of entries.values()) {
    if (entry.envelope === null) continue;
    const { prev } = entry.envelope;
    streams.add(entry.stream);
    if (prev === null) {
      entry.must(!first.has(entry.stream), "submittedBefore");
      first.add(entry.stream);
      continue;
    }
    const before = byLeaf.get(prev);
    if (before === undefined) throw entry.refuse("streamMissing");
    // Of what is not shown the leaf is all there is to compare.
    if (before.envelope !== null) {
      entry.follows(before);
      entry.same("otherContinued", entry.stream, before.stream);
    }
    entry.must(!next.has(prev), "continuedTwice");
    next.set(prev, entry);
  }
  for (const [position, entry] of entries) {
    const listing = listings.get(position);
    if (listing !== undefined) checkListing(entry, listing, next.get(entry.leaf), entries);
  }
  return streams.size;
}

/** Whether an entry became what is said of it, `next` being what is shown to continue its stream. */
function checkListing(
  entry: Event,
  listing: Said,
  next: Event | undefined,
  entries: Entries,
): void {
  const said = listing.text("disposition");
  const isWithdrawal = entry.type === WITHDRAWN;
  if (next === undefined && !isWithdrawal) {
    const hasEnded = said === "replaced" || said === "withdrawn";
    // Nobody can tell any more what an entry was that is not shown.
    if (hasEnded && isHiddenAfter(entry, listing.position("by"), entries)) return;
    if (!hasEnded && entry.envelope === null) return;
  }
  const became = isWithdrawal ? "withdrawal" : becomes(next);
  if (said === "unopenable" && became === "opened") {
    entry.must(!entry.disclosed.has("/data/technical"), "openedUnopenable");
  } else {
    entry.same("becameOther", said, became);
  }
  if (next !== undefined && !isWithdrawal) {
    entry.same("otherNext", listing.position("by"), next.position);
  }
}

function becomes(next: Event | undefined): string {
  if (next === undefined) return "opened";
  return next.type === WITHDRAWN ? "withdrawn" : "replaced";
}

function isHiddenAfter(entry: Event, by: bigint, entries: Entries): boolean {
  return entry.position < by && entries.get(by)?.envelope === null;
}

/** Whether the masks are A, B, C, … and each is the mask of one opened entry; how many there are. */
function checkMasks(dossier: Case, opened: Event, listings: Listings): number {
  const openings = dossier.byMask("ProposalOpened");
  const masks: string[] = [];
  for (const [position, listing] of listings) {
    if (listing.text("disposition") !== "opened") continue;
    const mask = listing.text("mask");
    const event = openings.get(mask);
    if (event === undefined) throw opened.refuse("maskUnopened", mask);
    event.same("maskEntry", event.said.position("position"), position);
    masks.push(mask);
  }
  masks.sort(compareMasks).forEach((mask, place) => opened.same("maskGap", mask, maskAt(place)));
  opened.same("openedCount", opened.said.number("opened"), masks.length);
  const events = dossier.all("ProposalOpened").length;
  opened.same("envelopeCount", events, masks.length);
  return masks.length;
}

/** The mask at a place from 0: A, B, …, Z, AA, AB, … */
function maskAt(place: number): string {
  const letter = (number: number) => String.fromCharCode(65 + (number % 26));
  return place < 26 ? letter(place) : letter(Math.floor(place / 26) - 1) + letter(place - 26);
}

/** The masks that were opened, in order. */
export function masksOf(dossier: Case): readonly string[] {
  const masks = dossier.all("ProposalOpened").map(({ said }) => said.text("mask"));
  return masks.sort(compareMasks);
}
