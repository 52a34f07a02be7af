/** The draw of the panel, drawn again. */

import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as hash } from "@noble/hashes/sha2.js";
import { type Bytes, compare, equal, sha256, utf8 } from "../bytes.ts";
import { hex } from "../encoding.ts";
import { canonical, type Json } from "../json/value.ts";
import type { Case } from "./case.ts";
import type { Block, Event } from "./event.ts";
import { absent, type Found, proven } from "./found.ts";
import { compareTexts, object } from "./said.ts";

/** An accredited evaluator who could be drawn. */
type Candidate = {
  readonly pseudonym: string;
  readonly evaluatorId: string;
  readonly organisation: string;
};

export function checkDraw(dossier: Case): Found {
  const scheduled = dossier.one("PanelDrawScheduled");
  if (scheduled === null) return absent("noDraw");
  const drawn = dossier.one("PanelDrawn");
  if (drawn === null) return absent("notDrawn");
  drawn.must(scheduled.position < drawn.position, "drawnBefore");
  const candidates = readCandidates(dossier, scheduled, drawn);
  const contribution = drawn.said.hash("contribution");
  const committed = scheduled.said.hash("contributionHash");
  drawn.must(equal(sha256(contribution), committed), "otherContribution");
  const block = anchoringBlock(dossier, scheduled);
  drawn.same("blockNumber", drawn.said.position("blockNumber"), block.number);
  drawn.same("blockHash", hex(drawn.said.hash("blockHash")), block.hash);
  const seed = hashOf(
    object({
      v: "smart-tenders/draw@v1",
      tender: drawn.said.text("tenderId"),
      listHash: scheduled.said.text("listHash"),
      contribution: hex(contribution),
      blockHash: block.hash,
    }),
  );
  drawn.same("seed", hex(drawn.said.hash("seed")), hex(seed));
  const [panel, alternates] = drawAgain(seed, candidates, scheduled.said.number("seats"));
  const most = scheduled.said.number("alternates");
  drawn.said.get("panel").is("otherPanel", places(panel));
  drawn.said.get("alternates").is("otherAlternates", places(alternates.slice(0, most)));
  return proven("draw", { seats: panel.length, block: block.number });
}

function hashOf(value: Json): Bytes {
  return sha256(utf8(canonical(value)));
}

/** The candidates, each as it was accredited. */
function readCandidates(dossier: Case, scheduled: Event, drawn: Event): readonly Candidate[] {
  const pseudonyms = drawn.said.texts("candidates");
  const isSorted = pseudonyms.every(
    (name, at) => at === 0 || compareTexts(pseudonyms[at - 1] ?? "", name) < 0,
  );
  drawn.must(isSorted, "candidatesOrder");
  drawn.must(equal(hashOf(pseudonyms), scheduled.said.hash("listHash")), "otherCandidates");
  scheduled.same("candidatesCount", scheduled.said.number("candidates"), pseudonyms.length);
  const accredited = new Map<string, Candidate>();
  for (const event of dossier.all("EvaluatorAccredited")) {
    const candidate = {
      pseudonym: event.said.text("pseudonym"),
      evaluatorId: event.said.text("evaluatorId"),
      organisation: event.said.text("organisation"),
    };
    // Who is accredited later could be chosen by what the draw will be.
    event.must(event.position < scheduled.position, "accreditedAfter");
    event.must(!accredited.has(candidate.pseudonym), "earlierOfName");
    accredited.set(candidate.pseudonym, candidate);
  }
  return pseudonyms.map((name) => {
    const candidate = accredited.get(name);
    if (candidate === undefined) throw drawn.refuse("notAccredited", name);
    return candidate;
  });
}

/**
 * The block that the announcement's proof shows, if no other proof shows that it was anchored
 * before: the operator could otherwise wait for a block that suits it.
 */
function anchoringBlock(dossier: Case, scheduled: Event): Block {
  const own = scheduled.block;
  if (own === null) throw scheduled.refuse("noBlock");
  const earlier = dossier.events
    .flatMap(({ block }) => (block === null ? [] : [block]))
    .filter(({ size, number }) => size >= own.size && number < own.number)
    .map(({ number }) => number);
  const [first] = earlier.sort((a, b) => (a < b ? -1 : 1));
  if (first !== undefined) throw scheduled.refuse("earlierBlock", String(first));
  return own;
}

/** The rank of a name or an id in the draws of a seed; the lowest is first. */
export function rankOf(seed: Bytes, key: string): Bytes {
  return hmac(hash, seed, utf8(key));
}

/**
 * Who sits and who stands by, in order of rank; at most ⌈seats / organisations⌉ + 1 of one
 * organisation as long as there are others.
 */
function drawAgain(
  seed: Bytes,
  candidates: readonly Candidate[],
  seats: number,
): readonly [panel: readonly Candidate[], alternates: readonly Candidate[]] {
  const ranked = candidates
    .map((candidate) => ({ candidate, rank: rankOf(seed, candidate.pseudonym) }))
    .sort((a, b) => compare(a.rank, b.rank))
    .map(({ candidate }) => candidate);
  const seated = new Map(ranked.map(({ organisation }) => [organisation, 0]));
  const most = Math.ceil(seats / Math.max(seated.size, 1)) + 1;
  const taken = new Set<Candidate>();
  for (const candidate of ranked) {
    const own = seated.get(candidate.organisation) ?? 0;
    if (taken.size >= seats || own >= most) continue;
    seated.set(candidate.organisation, own + 1);
    taken.add(candidate);
  }
  for (const candidate of ranked) {
    if (taken.size < seats) taken.add(candidate);
  }
  return [
    ranked.filter((candidate) => taken.has(candidate)),
    ranked.filter((candidate) => !taken.has(candidate)),
  ];
}

/** Seats as an event records them, from 1. */
function places(candidates: readonly Candidate[]): Json {
  return candidates.map(({ evaluatorId, pseudonym }, at) =>
    object({ seat: at + 1, evaluatorId, pseudonym }),
  );
}
