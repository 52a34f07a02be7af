/** The order of the ruling, and the award that follows from it. */

import { compare } from "../bytes.ts";
import type { Case } from "./case.ts";
import { rankOf } from "./draw.ts";
import type { Event } from "./event.ts";
import { absent, type Found, proven } from "./found.ts";
import { compareMasks, compareTexts, moneyText, type Said } from "./said.ts";

/** Sizes of companies, the smallest first: the smallest one wins a tie. */
const SIZES = ["micro", "pequena", "mediana", "grande"];

export function checkAward(dossier: Case): Found {
  const deserted = dossier.one("TenderDeserted");
  if (deserted !== null) return checkDeserted(dossier, deserted);
  const award = dossier.one("AwardIssued");
  const ruling = dossier.one("RulingIssued");
  if (ruling === null) {
    if (award !== null) throw award.refuse("noRulingBefore");
    return absent("noRuling");
  }
  const order = checkRuling(dossier, ruling);
  if (award === null) return absent("noAward");
  checkFirst(dossier, ruling, award, order[0] ?? "");
  const supplier = award.said.get("supplier").text("legalName");
  const amount = moneyText(award.said.money("amount"));
  return proven("award", { supplier, of: order.length, amount });
}

function checkDeserted(dossier: Case, deserted: Event): Found {
  const award = dossier.one("AwardIssued");
  if (award !== null) throw award.refuse("awardOfDeserted");
  const opened = dossier.one("ProposalsOpened");
  const noneOpened = opened !== null && opened.said.number("opened") === 0;
  const computed = dossier.one("EvaluationComputed");
  const noneSolvent = computed !== null && computed.said.list("scores").length === 0;
  deserted.must(noneOpened || noneSolvent, "hasSolvent");
  return proven("deserted");
}

/** The order of the ruling, if it follows from the points. */
function checkRuling(dossier: Case, ruling: Event): readonly string[] {
  const computed = dossier.needed("EvaluationComputed", ruling);
  const aggregation = dossier.call(ruling).text("aggregation");
  const ranked = computed.said.list("scores").map((score) => ({
    rank: resultOf(score, aggregation).number("rank"),
    mask: score.text("mask"),
  }));
  ranked.sort((a, b) => a.rank - b.rank || compareMasks(a.mask, b.mask));
  const masksWhere = (isFirst: boolean) =>
    ranked.filter(({ rank }) => (rank === 1) === isFirst).map(({ mask }) => mask);
  const order = [...breakTie(dossier, ruling, masksWhere(true)), ...masksWhere(false)];
  ruling.said.get("order").is("otherOrder", order);
  const unsolvent = computed.said.get("unsolvent").value;
  ruling.said.get("unsolvent").is("notSolvent", unsolvent);
  return order;
}

/** The points of a proposal by the call's way of aggregating. */
function resultOf(score: Said, aggregation: string): Said {
  const result = score.list("results").find((each) => each.text("aggregation") === aggregation);
  if (result === undefined) throw score.event.refuse("noResult", aggregation);
  return result;
}

/**
 * The proposals of the first rank, a tie as it was broken: by the companies' size, or by lot among
 * the smallest.
 */
function breakTie(dossier: Case, ruling: Event, first: readonly string[]): readonly string[] {
  if (first.length < 2) {
    const noTie = dossier.one("TieBroken");
    if (noTie !== null) throw noTie.refuse("noTie");
    return first;
  }
  const tie = dossier.needed("TieBroken", ruling);
  const seed = dossier.needed("PanelDrawn", tie).said.hash("seed");
  const offers = dossier.byMask("EconomicOpened");
  const tied = first.map((mask) => {
    const offer = offers.get(mask);
    if (offer === undefined) throw tie.refuse("noOffer", mask);
    const size = SIZES.indexOf(offer.said.get("tenderer").text("size"));
    offer.must(size >= 0, "companySize");
    return { mask, size, rank: rankOf(seed, offer.said.text("proposalId")) };
  });
  tied.sort((a, b) => a.size - b.size || compare(a.rank, b.rank) || compareTexts(a.mask, b.mask));
  const smallest = tied.filter(({ size }) => size === tied[0]?.size).length;
  const method = smallest === 1 ? "companySize" : "draw";
  tie.same("tieMethod", tie.said.text("method"), method);
  const order = tied.map(({ mask }) => mask);
  tie.said.get("order").is("tieOrder", order);
  return order;
}

function checkFirst(dossier: Case, ruling: Event, award: Event, mask: string): void {
  award.must(ruling.position < award.position, "noRulingBefore");
  const { said } = award;
  award.same("otherFirst", said.text("mask"), mask);
  const offer = dossier.byMask("EconomicOpened").get(mask);
  if (offer === undefined) throw award.refuse("noOffer", mask);
  said.get("supplier").is("otherSupplier", offer.said.get("tenderer").value);
  award.same("otherAmount", moneyText(said.money("amount")), moneyText(offer.said.money("price")));
  const call = dossier.call(award);
  const computed = dossier.needed("EvaluationComputed", award);
  const totals = computed.said
    .list("scores")
    .filter((score) => score.text("mask") === mask)
    .map((score) => resultOf(score, call.text("aggregation")).number("total"));
  const total = totals.at(-1);
  if (total === undefined) throw award.refuse("noPointsOfMask", mask);
  award.same("otherTotal", said.number("total"), total);
  award.same("otherSignBy", said.text("signBy"), call.get("call").text("contractingEnd"));
}
