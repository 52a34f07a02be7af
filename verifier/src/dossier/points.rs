//! The points, computed again with exact ratios: each sub-score is rounded half up to hundredths of
//! a point once, when it is published.

use std::collections::BTreeMap;

use super::ballots::{SEATS_MAX, check_scores};
use super::case::Case;
use super::contradiction::Contradiction;
use super::event::Event;
use super::opening::masks;
use super::opinion::Found;
use super::outliers;
use super::record::{Money, Record, half_up};
use crate::json::{Value, object};

/// The fewest ballots that anything is computed from.
const QUORUM: usize = 3;
/// The fewest ballots of which the highest and the lowest may be dropped.
const TRIMMED_BALLOTS_MIN: usize = 5;
/// How social scores are aggregated, in the order that is published.
const WAYS: [&str; 3] = ["median", "trimmedMean", "mean"];

/// A proposal as it is scored.
pub(super) struct Proposal<'a> {
    pub mask: &'a str,
    /// Hundredths of a point.
    pub technical: u32,
    pub price: Money<'a>,
}

/// The revealed ballots: whose, and the scores by mask.
pub(super) type Ballots<'a> = Vec<(&'a str, BTreeMap<&'a str, Vec<u32>>)>;

/// What is computed, as an event records it.
struct Computed {
    scores: Vec<Value>,
    unsolvent: Vec<Value>,
    outliers: Vec<Value>,
}

/// Checks the points.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    let Some(event) = case.one("EvaluationComputed")? else {
        return Ok(Found::Absent("no points are computed so far"));
    };
    let call = case.call(event)?;
    let proposals = proposals(case, event)?;
    let (masks, criteria) = (masks(case)?, call.list("socialCriteria")?.len());
    let ballots = ballots(case, event, &masks, criteria)?;
    let aggregation = call.text("aggregation")?;
    event.same("how it aggregates", event.record().text("aggregation")?, aggregation)?;
    check_quorum(event, aggregation, ballots.len())?;
    let computed = compute(&masks, call, &proposals, &ballots)?;
    compare(event, "scores", "the points are others", &computed.scores)?;
    compare(
        event,
        "unsolvent",
        "the proposals that are not solvent are others",
        &computed.unsolvent,
    )?;
    compare(event, "outliers", "the outliers are others", &computed.outliers)?;
    let (proposals, ballots) = (proposals.len(), ballots.len());
    Ok(Found::Proven(format!(
        "computed again to the same hundredths, {proposals} proposals and {ballots} ballots"
    )))
}

/// Compares item by item, so that the first one that differs is named.
fn compare(
    event: &Event,
    name: &'static str,
    what: &'static str,
    computed: &[Value],
) -> Result<(), Contradiction> {
    let recorded = event.record().list(name)?;
    for (recorded, computed) in recorded.iter().zip(computed) {
        recorded.is(what, computed)?;
    }
    event.same(what, recorded.len(), computed.len())
}

/// The opened proposals by mask: each with its one sheet and its one price.
fn proposals<'a>(case: &'a Case, event: &Event) -> Result<Vec<Proposal<'a>>, Contradiction> {
    let sheets = case.by_mask("TechnicalSheetOpened")?;
    let offers = case.by_mask("EconomicOpened")?;
    let mut proposals = Vec::new();
    for mask in masks(case)? {
        let of_mask = |opened: &BTreeMap<&str, &'a Event>| {
            let found = opened.get(mask).copied().filter(|it| it.position < event.position);
            found.ok_or_else(|| event.refuse("an envelope is not opened before it", mask))
        };
        let sheet = of_mask(&sheets)?.record().numbers("scores")?;
        let technical = sheet.iter().try_fold(0_u32, |sum, score| sum.checked_add(*score));
        let technical =
            technical.ok_or_else(|| event.refuse("a sheet has too many points", mask))?;
        let price = of_mask(&offers)?.record().money("price")?;
        proposals.push(Proposal { mask, technical, price });
    }
    Ok(proposals)
}

/// The revealed ballots, each with a score for every proposal and criterion: what is computed below
/// rests on that.
fn ballots<'a>(
    case: &'a Case,
    event: &Event,
    masks: &[&'a str],
    criteria: usize,
) -> Result<Ballots<'a>, Contradiction> {
    let mut ballots = Vec::new();
    for revealed in case.all("BallotRevealed") {
        event.require(revealed.position < event.position, "a ballot is revealed after it")?;
        let scores = check_scores(revealed, masks, criteria)?;
        let pseudonym = revealed.record().get("ballot")?.text("pseudonym")?;
        ballots.push((pseudonym, masks.iter().copied().zip(scores).collect()));
    }
    event.require(!ballots.is_empty(), "no ballot is revealed before it")?;
    event.require(ballots.len() <= SEATS_MAX, "there are more ballots than seats")?;
    Ok(ballots)
}

/// Whether there are as many ballots as the call's way of aggregating needs.
fn check_quorum(event: &Event, aggregation: &str, ballots: usize) -> Result<(), Contradiction> {
    let quorum = if aggregation == WAYS[1] { TRIMMED_BALLOTS_MIN } else { QUORUM };
    event.require(ballots >= quorum, "too few ballots are revealed before it")
}

/// The scores of one criterion for one proposal, one a ballot, sorted.
pub(super) fn cell(ballots: &Ballots<'_>, mask: &str, criterion: usize) -> Vec<u32> {
    let score = |scores: &BTreeMap<&str, Vec<u32>>| scores.get(mask)?.get(criterion).copied();
    let mut cell: Vec<u32> = ballots.iter().filter_map(|(_, scores)| score(scores)).collect();
    cell.sort_unstable();
    cell
}

fn compute(
    masks: &[&str],
    call: Record<'_>,
    proposals: &[Proposal<'_>],
    ballots: &Ballots<'_>,
) -> Result<Computed, Contradiction> {
    let minimum = call.number("technicalMinimum")?;
    let budget = call.money("budget")?;
    let mut solvent = Vec::new();
    let mut unsolvent = Vec::new();
    for proposal in proposals {
        let comparable = proposal.price.centavos > 0 && proposal.price.currency == budget.currency;
        call.event.require(comparable, "a price cannot be compared with its budget")?;
        let cause = if proposal.technical < minimum {
            "technicalMinimum"
        } else if proposal.price.centavos > budget.centavos {
            "budget"
        } else {
            solvent.push(proposal);
            continue;
        };
        unsolvent.push(object([("mask", proposal.mask.into()), ("cause", cause.into())]));
    }
    let lowest = solvent.iter().map(|it| it.price.centavos).min().unwrap_or_default();
    let mut points = Vec::new();
    for proposal in solvent {
        points.push(Points::of(call, proposal, lowest, ballots)?);
    }
    let criteria = call.list("socialCriteria")?.len();
    Ok(Computed {
        scores: points.iter().map(|it| it.to_value(&points)).collect(),
        unsolvent,
        outliers: outliers::find(masks, criteria, ballots),
    })
}

/// The points of one solvent proposal, in hundredths.
struct Points<'a> {
    mask: &'a str,
    technical: u128,
    economic: u128,
    /// Social and total points by each way of aggregating that there are ballots enough for.
    ways: Vec<(&'static str, u128, u128)>,
}

impl<'a> Points<'a> {
    fn of(
        call: Record<'_>,
        proposal: &Proposal<'a>,
        lowest: u64,
        ballots: &Ballots<'_>,
    ) -> Result<Self, Contradiction> {
        let weights = call.get("weights")?;
        let economic = half_up(
            u128::from(weights.number("economic")?) * u128::from(lowest),
            u128::from(proposal.price.centavos),
        );
        let technical = u128::from(proposal.technical);
        let criteria = call.list("socialCriteria")?;
        let mut ways = Vec::new();
        for way in WAYS {
            let (mut sum, mut parts) = (0, 1);
            for (place, criterion) in criteria.iter().enumerate() {
                let weight = u128::from(criterion.number("weightPercent")?);
                let Some((top, of)) = aggregate(way, &cell(ballots, proposal.mask, place)) else {
                    // With too few ballots for one criterion there are too few for all.
                    parts = 0;
                    break;
                };
                sum += weight * top;
                parts = of;
            }
            if parts > 0 {
                let social = u128::from(weights.number("social")?) * sum;
                let social = half_up(social, 100 * 100 * parts);
                ways.push((way, social, technical + economic + social));
            }
        }
        Ok(Self { mask: proposal.mask, technical, economic, ways })
    }

    /// As an event records them, with the ranks among all.
    fn to_value(&self, all: &[Self]) -> Value {
        let results = self.ways.iter().enumerate().map(|(place, (way, social, total))| {
            let better = all.iter().filter(|other| other.ways[place].2 > *total).count();
            object([
                ("aggregation", (*way).into()),
                ("social", number(*social)),
                ("total", number(*total)),
                ("rank", number(better as u128 + 1)),
            ])
        });
        object([
            ("mask", self.mask.into()),
            ("technical", number(self.technical)),
            ("economic", number(self.economic)),
            ("results", Value::Array(results.collect())),
        ])
    }
}

pub(super) fn number(number: u128) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// One score of sorted ones, as a ratio; none if there are too few.
fn aggregate(way: &str, sorted: &[u32]) -> Option<(u128, u128)> {
    let mean = |scores: &[u32]| {
        let sum: u128 = scores.iter().map(|score| u128::from(*score)).sum();
        (sum, scores.len() as u128)
    };
    match way {
        _ if sorted.is_empty() => None,
        "median" => Some((u128::from(outliers::twice_median(sorted)), 2)),
        "mean" => Some(mean(sorted)),
        _ if sorted.len() < TRIMMED_BALLOTS_MIN => None,
        _ => Some(mean(&sorted[1..sorted.len() - 1])),
    }
}

#[cfg(test)]
mod tests;
