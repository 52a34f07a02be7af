//! Exact ratios, rounded once.

/// A ratio rounded half up to a whole number.
pub(crate) fn half_up(numerator: u128, denominator: u128) -> u128 {
    (2 * numerator + denominator) / (2 * denominator)
}
