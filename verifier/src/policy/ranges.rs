//! Half-open ranges.

/// Whether the ranges are all non-empty and no two overlap.
pub(super) fn are_disjoint(ranges: &[(u64, Option<u64>)]) -> bool {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable_by_key(|(from, _)| *from);
    let not_empty = |(from, to): &(u64, Option<u64>)| to.is_none_or(|end| *from < end);
    let apart = |pair: &[(u64, Option<u64>)]| pair[0].1.is_some_and(|end| end <= pair[1].0);
    sorted.iter().all(not_empty) && sorted.windows(2).all(apart)
}

#[cfg(test)]
mod tests {
    use super::are_disjoint;

    #[test]
    fn ranges_touch_but_do_not_overlap() {
        assert!(are_disjoint(&[]));
        assert!(are_disjoint(&[(5, None), (0, Some(5))]));
        assert!(!are_disjoint(&[(4, None), (0, Some(5))]));
        assert!(!are_disjoint(&[(0, None), (5, Some(6))]));
        assert!(!are_disjoint(&[(3, Some(3))]));
    }
}
