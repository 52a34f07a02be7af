//! Points: from the sheets, the prices and the ballots to the totals and their order.
//!
//! Every sub-score is an exact ratio of whole numbers, rounded once, half up to hundredths, when it is
//! published. Whoever computes again from the published inputs gets the same digits.

use std::collections::BTreeSet;

use crate::content::{AggregatedScore, BallotScores, Outliers, ProposalScore, Unsolvent};
use crate::event::TenderPublished;
use crate::id::{Mask, Pseudonym};
use crate::money::Money;
use crate::ratio::half_up;
use crate::vocabulary::{Aggregation, UnsolventCause};

/// The highest score a ballot gives.
pub const SCORE_MAX: u32 = 100;

/// The fewest ballots of which the highest and the lowest may be dropped.
pub const TRIMMED_BALLOTS_MIN: u32 = 5;

/// An opened proposal as it is scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoredProposal {
    /// The proposal.
    pub mask: Mask,
    /// The sum of its technical sheet, in centipoints.
    pub technical: u32,
    /// Its price, VAT excluded.
    pub price: Money,
}

/// A revealed ballot as it is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedBallot {
    /// Whose ballot.
    pub pseudonym: Pseudonym,
    /// Its scores, in any order of the proposals.
    pub proposals: Vec<BallotScores>,
}

/// What comes out, each list by mask or pseudonym.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluated {
    /// The solvent proposals.
    pub scores: Vec<ProposalScore>,
    /// The others.
    pub unsolvent: Vec<Unsolvent>,
    /// Whose ballots lie far from the others'.
    pub outliers: Vec<Outliers>,
}

/// Inputs that no points can be computed from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScoringError {
    /// A proposal occurs twice.
    #[error("proposal {mask} occurs twice")]
    RepeatedProposal {
        /// The proposal.
        mask: Mask,
    },
    /// A proposal has more technical points than there are.
    #[error("proposal {mask} has more technical points than there are")]
    TechnicalAboveWeight {
        /// The proposal.
        mask: Mask,
    },
    /// A price is zero, or in another currency than the budget.
    #[error("the price of proposal {mask} cannot be compared")]
    Price {
        /// The proposal.
        mask: Mask,
    },
    /// A member of the panel has two ballots, or a ballot that does not give every proposal one score
    /// from 0 to [`SCORE_MAX`] a criterion.
    #[error("the ballot of {pseudonym} cannot be counted")]
    Ballot {
        /// Whose ballot.
        pseudonym: Pseudonym,
    },
}

/// Computes all sub-scores, totals and ranks. The order of the proposals and of the ballots is of no
/// consequence.
///
/// # Errors
/// [`ScoringError`] for inputs that the rules of proposals, sheets and ballots do not let through.
pub fn evaluate(
    call: &TenderPublished,
    proposals: &[ScoredProposal],
    ballots: &[CountedBallot],
) -> Result<Evaluated, ScoringError> {
    check_proposals(call, proposals)?;
    check_ballots(call, proposals, ballots)?;
    let mut proposals: Vec<&ScoredProposal> = proposals.iter().collect();
    proposals.sort_unstable_by_key(|proposal| in_order(&proposal.mask));
    let mut solvent = Vec::new();
    let mut unsolvent = Vec::new();
    for proposal in &proposals {
        match unsolvent_cause(call, proposal) {
            None => solvent.push(*proposal),
            Some(cause) => unsolvent.push(Unsolvent { mask: proposal.mask.clone(), cause }),
        }
    }
    let mut scores: Vec<ProposalScore> = solvent
        .iter()
        .map(|proposal| score(call, proposal, lowest_price(&solvent), ballots))
        .collect();
    rank(&mut scores);
    Ok(Evaluated { scores, unsolvent, outliers: outliers(call, &proposals, ballots) })
}

/// What sorts masks in the order they are given in: A, B, …, Z, AA, …
pub(crate) fn in_order(mask: &Mask) -> (usize, &str) {
    (mask.as_str().len(), mask.as_str())
}

fn check_proposals(
    call: &TenderPublished,
    proposals: &[ScoredProposal],
) -> Result<(), ScoringError> {
    let mut masks = BTreeSet::new();
    for ScoredProposal { mask, technical, price } in proposals {
        if !masks.insert(mask) {
            return Err(ScoringError::RepeatedProposal { mask: mask.clone() });
        }
        if *technical > call.weights.technical {
            return Err(ScoringError::TechnicalAboveWeight { mask: mask.clone() });
        }
        if price.centavos() == 0 || price.currency() != call.budget.currency() {
            return Err(ScoringError::Price { mask: mask.clone() });
        }
    }
    Ok(())
}

fn check_ballots(
    call: &TenderPublished,
    proposals: &[ScoredProposal],
    ballots: &[CountedBallot],
) -> Result<(), ScoringError> {
    let criteria = call.social_criteria.len();
    let mut members = BTreeSet::new();
    for CountedBallot { pseudonym, proposals: cells } in ballots {
        let gives_scores = |mask: &Mask| {
            let mut of_mask = cells.iter().filter(|cell| cell.mask == *mask);
            of_mask.next().is_some_and(|BallotScores { scores, .. }| {
                scores.len() == criteria && scores.iter().all(|score| *score <= SCORE_MAX)
            }) && of_mask.next().is_none()
        };
        let is_whole = cells.len() == proposals.len()
            && proposals.iter().all(|proposal| gives_scores(&proposal.mask));
        if !members.insert(pseudonym) || !is_whole {
            return Err(ScoringError::Ballot { pseudonym: pseudonym.clone() });
        }
    }
    Ok(())
}

/// Why a proposal is not solvent; the technical cause comes first.
fn unsolvent_cause(call: &TenderPublished, proposal: &ScoredProposal) -> Option<UnsolventCause> {
    if proposal.technical < call.technical_minimum {
        Some(UnsolventCause::TechnicalMinimum)
    } else if proposal.price.centavos() > call.budget.centavos() {
        Some(UnsolventCause::Budget)
    } else {
        None
    }
}

fn lowest_price(solvent: &[&ScoredProposal]) -> u64 {
    solvent.iter().map(|proposal| proposal.price.centavos()).min().unwrap_or_default()
}

/// The points of one solvent proposal; the ranks are still to be given.
fn score(
    call: &TenderPublished,
    proposal: &ScoredProposal,
    lowest: u64,
    ballots: &[CountedBallot],
) -> ProposalScore {
    let economic = points(
        u128::from(call.weights.economic) * u128::from(lowest),
        u128::from(proposal.price.centavos()),
    );
    let results = Aggregation::ALL
        .iter()
        .filter_map(|&aggregation| {
            let social = social(call, &proposal.mask, ballots, aggregation)?;
            let total = proposal.technical.saturating_add(economic).saturating_add(social);
            Some(AggregatedScore { aggregation, social, total, rank: 0 })
        })
        .collect();
    ProposalScore { mask: proposal.mask.clone(), technical: proposal.technical, economic, results }
}

/// The social points by one way of aggregating; `None` when there are too few ballots for it.
fn social(
    call: &TenderPublished,
    mask: &Mask,
    ballots: &[CountedBallot],
    aggregation: Aggregation,
) -> Option<u32> {
    if aggregation == Aggregation::TrimmedMean && ballots.len() < TRIMMED_BALLOTS_MIN as usize {
        return None;
    }
    // Every criterion has as many scores as there are ballots, so that the denominators are equal.
    let mut sum = 0;
    let mut denominator = 1;
    for (index, criterion) in call.social_criteria.iter().enumerate() {
        let part = aggregate(cells(mask, index, ballots), aggregation)?;
        sum += u128::from(criterion.weight_percent) * part.0;
        denominator = part.1;
    }
    Some(points(u128::from(call.weights.social) * sum, 100 * 100 * denominator))
}

/// The scores of one cell, one a ballot.
fn cells(mask: &Mask, criterion: usize, ballots: &[CountedBallot]) -> Vec<u32> {
    ballots
        .iter()
        .filter_map(|ballot| ballot.proposals.iter().find(|cell| cell.mask == *mask))
        .filter_map(|cell| cell.scores.get(criterion).copied())
        .collect()
}

/// One number of many, as numerator and denominator; `None` of none.
fn aggregate(mut scores: Vec<u32>, aggregation: Aggregation) -> Option<(u128, u128)> {
    scores.sort_unstable();
    let mean = |scores: &[u32]| {
        let sum: u128 = scores.iter().map(|score| u128::from(*score)).sum();
        (!scores.is_empty()).then_some((sum, scores.len() as u128))
    };
    match aggregation {
        Aggregation::Median => Some((u128::from(twice_the_median(&scores)?), 2)),
        Aggregation::Mean => mean(&scores),
        Aggregation::TrimmedMean => mean(scores.get(1..scores.len().checked_sub(1)?)?),
    }
}

/// Twice the median of sorted numbers, which is whole.
fn twice_the_median(sorted: &[u32]) -> Option<u32> {
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle)?;
    if sorted.len() % 2 == 1 { Some(2 * upper) } else { Some(sorted[middle - 1] + upper) }
}

/// Centipoints, half up.
fn points(numerator: u128, denominator: u128) -> u32 {
    u32::try_from(half_up(numerator, denominator)).unwrap_or(u32::MAX)
}

/// Gives every total its rank among the totals of the same way of aggregating.
fn rank(scores: &mut [ProposalScore]) {
    let ways = scores.first().map_or(0, |score| score.results.len());
    for way in 0..ways {
        let totals: Vec<u32> = scores.iter().map(|score| score.results[way].total).collect();
        for score in &mut *scores {
            let result = &mut score.results[way];
            let higher = totals.iter().filter(|total| **total > result.total).count();
            result.rank = u32::try_from(higher + 1).unwrap_or(u32::MAX);
        }
    }
}

/// Counts, ballot by ballot, the cells that lie far from the median of their criterion.
fn outliers(
    call: &TenderPublished,
    proposals: &[&ScoredProposal],
    ballots: &[CountedBallot],
) -> Vec<Outliers> {
    let mut flagged = vec![0; ballots.len()];
    let mut of = 0;
    for proposal in proposals {
        for criterion in 0..call.social_criteria.len() {
            of += 1;
            let far = far_cells(&cells(&proposal.mask, criterion, ballots));
            flagged.iter_mut().zip(far).for_each(|(count, is_far)| *count += u32::from(is_far));
        }
    }
    let mut outliers: Vec<Outliers> = ballots
        .iter()
        .zip(flagged)
        .filter(|(_, cells)| *cells > 0)
        .map(|(ballot, cells)| Outliers { pseudonym: ballot.pseudonym.clone(), cells, of })
        .collect();
    outliers.sort_unstable_by(|a, b| a.pseudonym.cmp(&b.pseudonym));
    outliers
}

/// Which scores have `|x − median| / max(1.4826·MAD, 5) > 3.5` (Iglewicz and Hoaglin's modified z).
fn far_cells(scores: &[u32]) -> Vec<bool> {
    let mut sorted = scores.to_vec();
    sorted.sort_unstable();
    let Some(twice_median) = twice_the_median(&sorted) else { return Vec::new() };
    let twice_deviations: Vec<u32> =
        scores.iter().map(|score| (2 * score).abs_diff(twice_median)).collect();
    let mut sorted = twice_deviations.clone();
    sorted.sort_unstable();
    // Both sides times 4 · 100,000: a median is in halves, and so is the median of deviations in halves.
    let four_mads = u64::from(twice_the_median(&sorted).unwrap_or_default());
    let limit = 35 * u64::max(14_826 * four_mads, 4 * 50_000);
    twice_deviations.iter().map(|deviation| 2 * 100_000 * u64::from(*deviation) > limit).collect()
}

#[cfg(test)]
mod tests;
