//! The order of the ruling, and the award that follows from it.

use super::case::Case;
use super::contradiction::Contradiction;
use super::draw;
use super::event::Event;
use super::opinion::Found;
use super::record::{Record, mask_order};
use crate::json::Value;

/// Sizes of companies, the smallest first: the smallest one wins a tie.
const SIZES: [&str; 4] = ["micro", "pequena", "mediana", "grande"];

/// Checks ties, ruling, award, and that nobody is awarded if nobody is.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    if let Some(deserted) = case.one("TenderDeserted")? {
        return check_deserted(case, deserted);
    }
    let award = case.one("AwardIssued")?;
    let Some(ruling) = case.one("RulingIssued")? else {
        return match award {
            Some(award) => Err(award.refuse("there is no ruling before it", "")),
            None => Ok(Found::Absent("there is no ruling so far")),
        };
    };
    let order = check_ruling(case, ruling)?;
    let Some(award) = award else {
        return Ok(Found::Absent("the ruling's order follows from the points; no award so far"));
    };
    check_award(case, ruling, award, order.first().copied().unwrap_or_default())?;
    let money = award.record().money("amount")?;
    let supplier = award.record().get("supplier")?.text("legalName")?;
    Ok(Found::Proven(format!("to {supplier}, first of {} by the points, {money}", order.len())))
}

fn check_deserted(case: &Case, deserted: &Event) -> Result<Found, Contradiction> {
    if let Some(award) = case.one("AwardIssued")? {
        return Err(award.refuse("the tender was declared deserted", ""));
    }
    let none_opened = match case.one("ProposalsOpened")? {
        Some(opened) => opened.record().number("opened")? == 0,
        None => false,
    };
    let none_solvent = match case.one("EvaluationComputed")? {
        Some(computed) => computed.record().list("scores")?.is_empty(),
        None => false,
    };
    deserted.require(none_opened || none_solvent, "there is a solvent proposal")?;
    Ok(Found::Proven("nobody is awarded, because there is no solvent proposal".to_owned()))
}

/// The order of the ruling, if it follows from the points.
fn check_ruling<'a>(case: &'a Case, ruling: &Event) -> Result<Vec<&'a str>, Contradiction> {
    let computed = case.needed("EvaluationComputed", ruling)?;
    let aggregation = case.call(ruling)?.text("aggregation")?;
    let mut ranked: Vec<(u32, &str)> = Vec::new();
    for score in computed.record().list("scores")? {
        ranked.push((result(score, aggregation)?.number("rank")?, score.text("mask")?));
    }
    ranked.sort_by_key(|(rank, mask)| (*rank, mask_order(mask)));
    let first: Vec<&str> =
        ranked.iter().filter(|(rank, _)| *rank == 1).map(|(_, mask)| *mask).collect();
    let broken = broken(case, ruling, &first)?;
    let rest = ranked.iter().filter(|(rank, _)| *rank != 1).map(|(_, mask)| *mask);
    let order: Vec<&str> = broken.into_iter().chain(rest).collect();
    let shown = Value::Array(order.iter().map(|mask| Value::from(*mask)).collect());
    ruling.record().get("order")?.is("its order does not follow from the points", &shown)?;
    let unsolvent = computed.record().get("unsolvent")?.value;
    ruling.record().get("unsolvent")?.is("who is not solvent", unsolvent)?;
    Ok(order)
}

/// The points of a proposal by the call's way of aggregating.
fn result<'a>(score: Record<'a>, aggregation: &str) -> Result<Record<'a>, Contradiction> {
    let refuse = || score.event.refuse("no points by the call's way of aggregating", aggregation);
    for result in score.list("results")? {
        if result.text("aggregation")? == aggregation {
            return Ok(result);
        }
    }
    Err(refuse())
}

/// The proposals of the first rank, a tie as it was broken: by the companies' size, or by lot among
/// the smallest.
fn broken<'a>(
    case: &'a Case,
    ruling: &Event,
    first: &[&'a str],
) -> Result<Vec<&'a str>, Contradiction> {
    let tie = case.one("TieBroken")?;
    if first.len() < 2 {
        return match tie {
            Some(tie) => Err(tie.refuse("there was no tie", "")),
            None => Ok(first.to_vec()),
        };
    }
    let tie = case.needed("TieBroken", ruling).map(|_| tie)?;
    let tie = tie.ok_or_else(|| ruling.refuse("a tie was not broken before it", ""))?;
    let seed = case.needed("PanelDrawn", tie)?.record().hash("seed")?;
    let offers = case.by_mask("EconomicOpened")?;
    let mut tied = Vec::new();
    for mask in first {
        let offer = offers.get(mask);
        let offer = offer.ok_or_else(|| tie.refuse("no economic envelope of a mask", mask))?;
        let size = offer.record().get("tenderer")?.text("size")?;
        let size = SIZES.iter().position(|it| *it == size);
        let size = size.ok_or_else(|| offer.refuse("its company's size is not one", ""))?;
        tied.push((size, draw::rank(&seed, offer.record().text("proposalId")?), *mask));
    }
    tied.sort_unstable();
    let smallest = tied.iter().filter(|(size, ..)| *size == tied[0].0).count();
    let method = if smallest == 1 { "companySize" } else { "draw" };
    tie.same("how the tie is broken", tie.record().text("method")?, method)?;
    let order: Vec<&str> = tied.into_iter().map(|(.., mask)| mask).collect();
    let shown = Value::Array(order.iter().map(|mask| Value::from(*mask)).collect());
    tie.record().get("order")?.is("the tie's order is another", &shown)?;
    Ok(order)
}

fn check_award(
    case: &Case,
    ruling: &Event,
    award: &Event,
    mask: &str,
) -> Result<(), Contradiction> {
    award.require(ruling.position < award.position, "there is no ruling before it")?;
    let record = award.record();
    award.same("who is first", record.text("mask")?, mask)?;
    let offers = case.by_mask("EconomicOpened")?;
    let offer =
        offers.get(mask).ok_or_else(|| award.refuse("no economic envelope of its mask", mask))?;
    let tenderer = offer.record().get("tenderer")?.value;
    record.get("supplier")?.is("the company is not the first one's", tenderer)?;
    award.same("the amount", record.money("amount")?, offer.record().money("price")?)?;
    let call = case.call(award)?;
    let computed = case.needed("EvaluationComputed", award)?;
    let scores = computed.record().list("scores")?;
    let mut total = None;
    for score in scores {
        if score.text("mask")? == mask {
            total = Some(result(score, call.text("aggregation")?)?.number("total")?);
        }
    }
    let total = total.ok_or_else(|| award.refuse("it has no points", mask))?;
    award.same("its points", record.number("total")?, total)?;
    let sign_by = call.get("call")?.text("contractingEnd")?;
    award.same("the last day to sign", record.text("signBy")?, sign_by)
}
