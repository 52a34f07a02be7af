//! Whose ballots lie far from the others': |x − median| / max(1.4826 · MAD, 5) > 3.5.

use super::points::{Ballots, cell, number};
use crate::json::{Value, object};

/// The ballots with at least one such cell, as an event records them.
pub(super) fn find(masks: &[&str], criteria: usize, ballots: &Ballots<'_>) -> Vec<Value> {
    let mut far = vec![0_u128; ballots.len()];
    for mask in masks {
        for criterion in 0..criteria {
            let spread = Spread::of(&cell(ballots, mask, criterion));
            for (far, (_, scores)) in far.iter_mut().zip(ballots) {
                let own = scores.get(mask).and_then(|scores| scores.get(criterion));
                *far += u128::from(own.is_some_and(|own| spread.is_far(*own)));
            }
        }
    }
    let all = ballots.iter().map(|(pseudonym, _)| *pseudonym).zip(far);
    let mut found: Vec<(&str, u128)> = all.filter(|(_, far)| *far > 0).collect();
    found.sort_unstable();
    let of = (masks.len() * criteria) as u128;
    let value = |(pseudonym, cells): (&str, u128)| {
        object([("pseudonym", pseudonym.into()), ("cells", number(cells)), ("of", number(of))])
    };
    found.into_iter().map(value).collect()
}

/// Where the scores of one cell lie, all in integers: the median in halves, the median of the
/// deviations from it in quarters.
struct Spread {
    median: u32,
    deviation: u32,
}

impl Spread {
    /// The spread of sorted scores from 0 to 100.
    fn of(sorted: &[u32]) -> Self {
        let median = twice_median(sorted);
        let mut deviations: Vec<u32> = sorted.iter().map(|it| (2 * it).abs_diff(median)).collect();
        deviations.sort_unstable();
        Self { median, deviation: twice_median(&deviations) }
    }

    /// Whether a score lies far from the median; 1.4826 is in ten thousandths.
    fn is_far(&self, score: u32) -> bool {
        let own = u64::from((2 * score).abs_diff(self.median));
        let spread = 14_826 * u64::from(self.deviation);
        // own / 2 > 3.5 · max(spread / 40,000, 5)
        40_000 * own > 7 * spread.max(200_000)
    }
}

/// Twice the median of sorted numbers, which is whole; 0 of none.
pub(super) fn twice_median(sorted: &[u32]) -> u32 {
    match (sorted.len() / 2, sorted.len() % 2) {
        (0, 0) => 0,
        (middle, 0) => sorted[middle - 1] + sorted[middle],
        (middle, _) => 2 * sorted[middle],
    }
}
