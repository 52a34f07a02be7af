//! Whose ballots lie far from the others': |x − median| / max(1.4826 · MAD, 5) > 3.5.

use super::points::{Ballots, cell, number};
use crate::json::{Value, object};

/// The ballots with at least one such cell, as an event records them.
pub(super) fn find(masks: &[&str], criteria: usize, ballots: &Ballots<'_>) -> Vec<Value> {
    let mut found: Vec<(&str, u128)> = Vec::new();
    for (pseudonym, scores) in ballots {
        let mut far = 0;
        for mask in masks {
            for criterion in 0..criteria {
                let own = scores.get(mask).and_then(|scores| scores.get(criterion));
                let is_far = own.is_some_and(|own| is_far(*own, &cell(ballots, mask, criterion)));
                far += u128::from(is_far);
            }
        }
        if far > 0 {
            found.push((pseudonym, far));
        }
    }
    found.sort_unstable();
    let of = (masks.len() * criteria) as u128;
    let value = |(pseudonym, cells): (&str, u128)| {
        object([("pseudonym", pseudonym.into()), ("cells", number(cells)), ("of", number(of))])
    };
    found.into_iter().map(value).collect()
}

/// Whether a score lies far from the median of sorted ones. All in integers: deviations in halves,
/// their median in quarters, 1.4826 in ten thousandths.
fn is_far(score: u32, sorted: &[u32]) -> bool {
    let median = twice_median(sorted);
    let mut deviations: Vec<u32> = sorted.iter().map(|it| (2 * it).abs_diff(median)).collect();
    deviations.sort_unstable();
    let own = u64::from((2 * score).abs_diff(median));
    let spread = 14_826 * u64::from(twice_median(&deviations));
    // own / 2 > 3.5 · max(spread / 40,000, 5)
    40_000 * own > 7 * spread.max(200_000)
}

/// Twice the median of sorted numbers, which is whole; 0 of none.
pub(super) fn twice_median(sorted: &[u32]) -> u32 {
    match (sorted.len() / 2, sorted.len() % 2) {
        (0, 0) => 0,
        (middle, 0) => sorted[middle - 1] + sorted[middle],
        (middle, _) => 2 * sorted[middle],
    }
}
