//! Parts of amounts, in exact integers.

use crate::money::Money;
use crate::ratio::half_up;

/// A share of an amount in per cent, half up to the centavo.
pub(super) fn share(amount: Money, percent: u32) -> u64 {
    let centavos = half_up(u128::from(amount.centavos()) * u128::from(percent), 100);
    u64::try_from(centavos).unwrap_or(u64::MAX)
}

/// A share of an amount in per cent, rounded up: what is at least asked for.
pub(super) fn share_rounded_up(amount: Money, percent: u32) -> u64 {
    let centavos = (u128::from(amount.centavos()) * u128::from(percent)).div_ceil(100);
    u64::try_from(centavos).unwrap_or(u64::MAX)
}

/// What a delay costs, half up to the centavo; of a long one more than any amount.
pub(super) fn penalty(value: Money, days_late: u32, per_day_per_mille: u32) -> u128 {
    let per_mille = u128::from(days_late) * u128::from(per_day_per_mille);
    half_up(u128::from(value.centavos()) * per_mille, 1_000)
}

/// An amount that is a part of `whole`, and never more than it.
pub(super) fn part(centavos: u64, whole: Money) -> Money {
    let centavos = centavos.min(whole.centavos());
    Money::new(centavos, whole.currency()).expect("a part is not above the whole")
}
