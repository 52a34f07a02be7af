/** The points, computed again with exact ratios: each is rounded once, to hundredths of a point. */

import type { Json } from "../json/value.ts";
import type { Contradicts } from "../words/dossier-en.ts";
import { readScores, SEATS_MAX } from "./ballots.ts";
import type { Case } from "./case.ts";
import type { Event } from "./event.ts";
import { absent, type Found, proven } from "./found.ts";
import { masksOf } from "./opened.ts";
import { findOutliers, twiceMedian } from "./outliers.ts";
import { halfUp, type Money, object, type Said } from "./said.ts";

/** The fewest ballots that anything is computed from. */
const QUORUM = 3;
/** The fewest ballots of which the highest and the lowest may be dropped. */
const TRIMMED_BALLOTS_MIN = 5;
/** How social scores are aggregated, in the order that is published. */
const WAYS = ["median", "trimmedMean", "mean"] as const;
type Way = (typeof WAYS)[number];

/** A proposal as it is scored; technical points in hundredths. */
export type Proposal = {
  readonly mask: string;
  readonly technical: bigint;
  readonly price: Money;
};

/** A revealed ballot: whose it is, and its scores by mask. */
export type Ballot = {
  readonly pseudonym: string;
  readonly scores: ReadonlyMap<string, readonly number[]>;
};

export function checkPoints(dossier: Case): Found {
  const event = dossier.one("EvaluationComputed");
  if (event === null) return absent("noPoints");
  const call = dossier.call(event);
  const proposals = readProposals(dossier, event);
  const masks = masksOf(dossier);
  const ballots = readBallots(dossier, event, masks, call.list("socialCriteria").length);
  const aggregation = call.text("aggregation");
  event.same("otherAggregation", event.said.text("aggregation"), aggregation);
  const quorum = aggregation === "trimmedMean" ? TRIMMED_BALLOTS_MIN : QUORUM;
  event.must(ballots.length >= quorum, "tooFewBallots");
  const computed = computePoints(masks, call, proposals, ballots);
  compareItems(event, "scores", "otherPoints", computed.scores);
  compareItems(event, "unsolvent", "otherUnsolvent", computed.unsolvent);
  compareItems(event, "outliers", "otherOutliers", computed.outliers);
  return proven("points", { proposals: proposals.length, ballots: ballots.length });
}

/** Compares item by item, so that the first one that differs is named. */
function compareItems(
  event: Event,
  name: string,
  what: Contradicts,
  computed: readonly Json[],
): void {
  const recorded = event.said.list(name);
  recorded.forEach((item, at) => {
    const own = computed[at];
    if (own !== undefined) item.is(what, own);
  });
  event.same(what, recorded.length, computed.length);
}

/** The opened proposals by mask: each with its one sheet and its one price. */
function readProposals(dossier: Case, event: Event): readonly Proposal[] {
  const sheets = dossier.byMask("TechnicalSheetOpened");
  const offers = dossier.byMask("EconomicOpened");
  return masksOf(dossier).map((mask) => {
    const ofMask = (opened: ReadonlyMap<string, Event>) => {
      const found = opened.get(mask);
      if (found === undefined || found.position >= event.position) {
        throw event.refuse("envelopeMissing", mask);
      }
      return found;
    };
    const scores = ofMask(sheets).said.numbers("scores");
    const technical = scores.reduce((sum, score) => sum + BigInt(score), 0n);
    event.must(technical <= 0xffff_ffffn, "sheetTooMuch", mask);
    return { mask, technical, price: ofMask(offers).said.money("price") };
  });
}

/** The revealed ballots, each with a score for every proposal and criterion. */
function readBallots(
  dossier: Case,
  event: Event,
  masks: readonly string[],
  criteria: number,
): readonly Ballot[] {
  const ballots = dossier.all("BallotRevealed").map((revealed) => {
    event.must(revealed.position < event.position, "ballotAfter");
    const scores = readScores(revealed, masks, criteria);
    const pseudonym = revealed.said.get("ballot").text("pseudonym");
    return { pseudonym, scores: new Map(masks.map((mask, at) => [mask, scores[at] ?? []])) };
  });
  event.must(ballots.length > 0, "noBallotBefore");
  event.must(ballots.length <= SEATS_MAX, "moreBallots");
  return ballots;
}

/** The scores of one criterion for one proposal, one a ballot, sorted. */
export function cellOf(ballots: readonly Ballot[], mask: string, criterion: number): bigint[] {
  const scores = ballots.flatMap((ballot) => ballot.scores.get(mask)?.[criterion] ?? []);
  return scores.sort((a, b) => a - b).map(BigInt);
}

/** What is computed, as an event records it. */
export function computePoints(
  masks: readonly string[],
  call: Said,
  proposals: readonly Proposal[],
  ballots: readonly Ballot[],
) {
  const minimum = BigInt(call.number("technicalMinimum"));
  const budget = call.money("budget");
  const solvent: Proposal[] = [];
  const unsolvent: Json[] = [];
  for (const proposal of proposals) {
    const { mask, price, technical } = proposal;
    const isComparable = price.centavos > 0n && price.currency === budget.currency;
    call.event.must(isComparable, "priceIncomparable");
    if (technical < minimum) unsolvent.push(object({ mask, cause: "technicalMinimum" }));
    else if (price.centavos > budget.centavos) unsolvent.push(object({ mask, cause: "budget" }));
    else solvent.push(proposal);
  }
  const prices = solvent.map(({ price }) => price.centavos);
  const lowest = prices.reduce((a, b) => (a < b ? a : b), prices[0] ?? 0n);
  const points = solvent.map((proposal) => pointsOf(call, proposal, lowest, ballots));
  const criteria = call.list("socialCriteria").length;
  return {
    scores: points.map((own) => pointsJson(own, points)),
    unsolvent,
    outliers: findOutliers(masks, criteria, ballots),
  };
}

/** The points of one solvent proposal, in hundredths. */
type Points = {
  readonly mask: string;
  readonly technical: bigint;
  readonly economic: bigint;
  /** By each way of aggregating that there are ballots enough for. */
  readonly results: readonly Result[];
};
type Result = { readonly way: Way; readonly social: bigint; readonly total: bigint };

function pointsOf(
  call: Said,
  { mask, technical, price }: Proposal,
  lowest: bigint,
  ballots: readonly Ballot[],
): Points {
  const weights = call.get("weights");
  const economic = halfUp(BigInt(weights.number("economic")) * lowest, price.centavos);
  const criteria = call.list("socialCriteria");
  const results = WAYS.flatMap((way) => {
    const sum = socialSum(criteria, way, mask, ballots);
    if (sum === null) return [];
    const weighted = BigInt(weights.number("social")) * sum.top;
    const social = halfUp(weighted, 100n * 100n * sum.of);
    return [{ way, social, total: technical + economic + social }];
  });
  return { mask, technical, economic, results };
}

type Ratio = { readonly top: bigint; readonly of: bigint };

/** The weighted sum of the aggregated scores; `null` if there are too few ballots. */
function socialSum(
  criteria: readonly Said[],
  way: Way,
  mask: string,
  ballots: readonly Ballot[],
): Ratio | null {
  let sum: Ratio = { top: 0n, of: 1n };
  for (const [place, criterion] of criteria.entries()) {
    const weight = BigInt(criterion.number("weightPercent"));
    const score = aggregate(way, cellOf(ballots, mask, place));
    if (score === null) return null;
    // All criteria have as many ballots, and so one denominator.
    sum = { top: sum.top + weight * score.top, of: score.of };
  }
  return sum;
}

/** One score of sorted ones, as a ratio; `null` if there are too few. */
export function aggregate(way: Way, sorted: readonly bigint[]): Ratio | null {
  if (sorted.length === 0) return null;
  const mean = (scores: readonly bigint[]) => ({
    top: scores.reduce((sum, score) => sum + score, 0n),
    of: BigInt(scores.length),
  });
  switch (way) {
    case "median":
      return { top: twiceMedian(sorted), of: 2n };
    case "trimmedMean":
      return sorted.length < TRIMMED_BALLOTS_MIN ? null : mean(sorted.slice(1, -1));
    case "mean":
      return mean(sorted);
    default:
      return way satisfies never;
  }
}

/** As an event records them, with the ranks among all. */
function pointsJson({ mask, technical, economic, results }: Points, all: readonly Points[]): Json {
  const ranked = results.map(({ way, social, total }, place) => {
    const better = all.filter((other) => (other.results[place]?.total ?? 0n) > total);
    return object({
      aggregation: way,
      social: Number(social),
      total: Number(total),
      rank: better.length + 1,
    });
  });
  return object({
    mask,
    technical: Number(technical),
    economic: Number(economic),
    results: ranked,
  });
}
