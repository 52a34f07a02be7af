//! The reference case's numbers, and the laws of points.

mod parity;

use super::*;
use crate::sample::evaluation::{VOTES, ballot, masks, proposals, pseudonym};
use crate::sample::tender_published;
use proptest::prelude::*;

const MEMBERS: [&str; 5] = ["EV-7Q2", "EV-K4M", "EV-P9D", "EV-B2N", "EV-X8H"];

fn ballots() -> Vec<CountedBallot> {
    let counted = |(text, votes): (&&str, _)| {
        let pseudonym = pseudonym(text);
        let proposals = ballot(&pseudonym, votes).proposals;
        CountedBallot { pseudonym, proposals }
    };
    MEMBERS.iter().zip(&VOTES).map(counted).collect()
}

/// Mask, technical, economic, and by every way social, total, rank.
type Row<'a> = (&'a str, u32, u32, Vec<(u32, u32, u32)>);

fn rows(scores: &[ProposalScore]) -> Vec<Row<'_>> {
    let row = |score: &'_ ProposalScore| {
        score.results.iter().map(|it| (it.social, it.total, it.rank)).collect()
    };
    scores.iter().map(|it| (it.mask.as_str(), it.technical, it.economic, row(it))).collect()
}

#[test]
fn the_reference_case_has_its_numbers() {
    let evaluated = evaluate(&tender_published(), &proposals(), &ballots()).unwrap();
    let expected: [Row; 3] = [
        ("A", 4350, 2532, vec![(1262, 8144, 3), (1260, 8142, 3), (1088, 7970, 3)]),
        ("B", 4200, 2615, vec![(1724, 8539, 1), (1722, 8537, 1), (1533, 8348, 2)]),
        ("C", 4150, 3000, vec![(1100, 8250, 2), (1100, 8250, 2), (1260, 8410, 1)]),
    ];
    assert_eq!(rows(&evaluated.scores), expected);
    let ways: Vec<Aggregation> =
        evaluated.scores[0].results.iter().map(|result| result.aggregation).collect();
    assert_eq!(ways, Aggregation::ALL);
    assert_eq!(evaluated.unsolvent, []);
    let flagged = Outliers { pseudonym: pseudonym("EV-X8H"), cells: 9, of: 9 };
    assert_eq!(evaluated.outliers, [flagged]);
}

#[test]
fn a_proposal_below_the_minimum_or_above_the_budget_is_not_solvent() {
    let call = tender_published();
    let mut proposals = proposals();
    proposals[0].technical = call.technical_minimum - 1;
    proposals[2].price = Money::mxn(call.budget.centavos() + 1).unwrap();
    let evaluated = evaluate(&call, &proposals, &ballots()).unwrap();
    let unsolvent = [
        Unsolvent { mask: masks()[0].clone(), cause: UnsolventCause::TechnicalMinimum },
        Unsolvent { mask: masks()[2].clone(), cause: UnsolventCause::Budget },
    ];
    assert_eq!(evaluated.unsolvent, unsolvent);
    // The lowest price is that of the solvent ones, here of the only one.
    assert_eq!((evaluated.scores.len(), evaluated.scores[0].economic), (1, 3000));
    assert_eq!(evaluated.outliers[0].of, 9, "cells of all opened proposals are compared");
}

#[test]
fn the_minimum_and_the_budget_themselves_are_solvent() {
    let call = tender_published();
    let mut proposals = proposals();
    proposals[0].technical = call.technical_minimum;
    proposals[0].price = call.budget;
    assert_eq!(evaluate(&call, &proposals, &ballots()).unwrap().unsolvent, []);
}

#[test]
fn when_nobody_is_solvent_there_are_no_scores() {
    let mut proposals = proposals();
    for proposal in &mut proposals {
        proposal.technical = 0;
    }
    let evaluated = evaluate(&tender_published(), &proposals, &ballots()).unwrap();
    assert_eq!((evaluated.scores.len(), evaluated.unsolvent.len()), (0, 3));
}

#[test]
fn fewer_than_five_ballots_are_not_trimmed() {
    let evaluated = evaluate(&tender_published(), &proposals(), &ballots()[..4]).unwrap();
    let ways: Vec<Aggregation> =
        evaluated.scores[0].results.iter().map(|result| result.aggregation).collect();
    assert_eq!(ways, [Aggregation::Median, Aggregation::Mean]);
}

#[test]
fn a_call_without_social_points_needs_no_ballot() {
    let mut call = tender_published();
    call.social_criteria.clear();
    call.weights.social = 0;
    call.weights.technical = 7000;
    let evaluated = evaluate(&call, &proposals(), &[]).unwrap();
    assert_eq!(evaluated.scores[2].results[0].total, 4150 + 3000);
}

#[test]
fn masks_sort_by_their_place_and_not_by_their_letters() {
    let mut proposals = proposals();
    proposals[0].mask = "AA".parse().unwrap();
    let mut ballots = ballots();
    for ballot in &mut ballots {
        ballot.proposals[0].mask = proposals[0].mask.clone();
    }
    let scores = evaluate(&tender_published(), &proposals, &ballots).unwrap().scores;
    let masks: Vec<&str> = scores.iter().map(|score| score.mask.as_str()).collect();
    assert_eq!(masks, ["B", "C", "AA"]);
}

#[test]
fn proposals_that_cannot_be_compared_are_an_error() {
    let call = tender_published();
    let with = |change: fn(&mut Vec<ScoredProposal>)| {
        let mut proposals = proposals();
        change(&mut proposals);
        evaluate(&call, &proposals, &ballots()).unwrap_err()
    };
    let mask = masks()[0].clone();
    assert_eq!(
        with(|it| it[1].mask = it[0].mask.clone()),
        ScoringError::RepeatedProposal { mask: mask.clone() }
    );
    assert_eq!(
        with(|it| it[0].technical = 5001),
        ScoringError::TechnicalAboveWeight { mask: mask.clone() }
    );
    let price = ScoringError::Price { mask };
    assert_eq!(with(|it| it[0].price = Money::mxn(0).unwrap()), price);
    let usd = |it: &mut Vec<ScoredProposal>| {
        let usd = crate::money::Currency::try_from("USD".to_owned()).unwrap();
        it[0].price = Money::new(1, usd).unwrap();
    };
    assert_eq!(with(usd), price);
}

#[test]
fn a_ballot_that_cannot_be_counted_is_an_error() {
    let with = |change: fn(&mut Vec<CountedBallot>)| {
        let mut ballots = ballots();
        change(&mut ballots);
        evaluate(&tender_published(), &proposals(), &ballots).unwrap_err()
    };
    let of = |text| ScoringError::Ballot { pseudonym: pseudonym(text) };
    assert_eq!(with(|it| it[1].proposals[0].scores[2] = 101), of("EV-K4M"));
    assert_eq!(with(|it| it[1].proposals[0].scores.truncate(2)), of("EV-K4M"));
    assert_eq!(with(|it| it[1].proposals.truncate(2)), of("EV-K4M"));
    assert_eq!(with(|it| it[1].proposals[0].mask = it[1].proposals[1].mask.clone()), of("EV-K4M"));
    assert_eq!(with(|it| it[1].pseudonym = it[0].pseudonym.clone()), of("EV-7Q2"));
}

#[test]
fn a_score_is_far_beyond_three_and_a_half_deviations_only() {
    // With no spread the deviation counts as 5: 17.5 away is the limit, and 17 and 18 lie around it.
    assert_eq!(far_cells(&[50, 50, 50, 50, 67]), [false; 5]);
    assert_eq!(far_cells(&[50, 50, 50, 50, 68]), [false, false, false, false, true]);
    // A median of 50.5 in an even panel: 68 is 17.5 away, 69 is more.
    assert_eq!(far_cells(&[50, 50, 51, 68]), [false; 4]);
    assert_eq!(far_cells(&[50, 50, 51, 69]), [false, false, false, true]);
    // MAD 10: 3.5 · 14.826 = 51.891.
    assert_eq!(far_cells(&[30, 40, 50, 60, 2]), [false; 5]);
    assert_eq!(far_cells(&[20, 30, 30, 40, 92]), [false, false, false, false, true]);
    assert_eq!(far_cells(&[]), [false; 0]);
}

#[test]
fn a_half_is_rounded_up() {
    assert_eq!([half_up(1, 2), half_up(3, 2), half_up(49, 100), half_up(0, 7)], [1, 2, 0, 0]);
}

fn any_ballots(members: usize) -> impl Strategy<Value = Vec<CountedBallot>> {
    let votes = prop::array::uniform3(prop::array::uniform3(0..=SCORE_MAX));
    prop::collection::vec(votes, members).prop_map(|all| {
        let counted = |(place, votes): (usize, &[[u32; 3]; 3])| {
            let pseudonym = pseudonym(&format!("EV-{place:03}"));
            let proposals = ballot(&pseudonym, votes).proposals;
            CountedBallot { pseudonym, proposals }
        };
        all.iter().enumerate().map(counted).collect()
    })
}

fn any_proposals() -> impl Strategy<Value = Vec<ScoredProposal>> {
    prop::array::uniform3((0_u32..=5000, 1_u64..=300_000_000)).prop_map(|all| {
        let of = |(mask, (technical, price)): (Mask, (u32, u64))| ScoredProposal {
            mask,
            technical,
            price: Money::mxn(price).unwrap(),
        };
        masks().into_iter().zip(all).map(of).collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_ballots_and_proposals_does_not_matter(
        (ballots, shuffled) in (3_usize..9).prop_flat_map(any_ballots)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        (proposals, mixed) in any_proposals()
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let call = tender_published();
        let mut shuffled = shuffled;
        for ballot in &mut shuffled {
            ballot.proposals.reverse();
        }
        prop_assert_eq!(evaluate(&call, &proposals, &ballots), evaluate(&call, &mixed, &shuffled));
    }

    #[test]
    fn prices_in_another_unit_give_the_same_points(
        proposals in any_proposals(),
        ballots in any_ballots(5),
        factor in 1_u64..1000,
    ) {
        let call = tender_published();
        let mut scaled_call = call.clone();
        scaled_call.budget = Money::mxn(call.budget.centavos() * factor).unwrap();
        let mut scaled = proposals.clone();
        for proposal in &mut scaled {
            proposal.price = Money::mxn(proposal.price.centavos() * factor).unwrap();
        }
        prop_assert_eq!(
            evaluate(&call, &proposals, &ballots),
            evaluate(&scaled_call, &scaled, &ballots)
        );
    }

    #[test]
    fn no_total_exceeds_a_hundred_points_and_ranks_follow_totals(
        proposals in any_proposals(),
        ballots in (3_usize..9).prop_flat_map(any_ballots),
    ) {
        let evaluated = evaluate(&tender_published(), &proposals, &ballots).unwrap();
        prop_assert_eq!(evaluated.scores.len() + evaluated.unsolvent.len(), 3);
        for a in &evaluated.scores {
            prop_assert!(a.economic <= 3000);
            for (way, result) in a.results.iter().enumerate() {
                prop_assert!(result.social <= 2000 && result.total <= 10000);
                for b in &evaluated.scores {
                    let other = &b.results[way];
                    prop_assert_eq!(result.total > other.total, result.rank < other.rank);
                }
            }
        }
    }

    #[test]
    fn a_lone_colluding_ballot_of_five_moves_no_median_beyond_the_others(
        ballots in any_ballots(5),
    ) {
        let call = tender_published();
        for mask in masks() {
            // The social points as the honest four would give them if they all agreed on their lowest
            // or on their highest score.
            let with = |choose: fn(Vec<u32>) -> u32| {
                let sum: u32 = call.social_criteria.iter().enumerate().map(|(index, criterion)| {
                    criterion.weight_percent * choose(cells(&mask, index, &ballots[..4]))
                }).sum();
                points(u128::from(call.weights.social * sum), 10_000)
            };
            let lowest = with(|scores| scores.into_iter().min().unwrap());
            let highest = with(|scores| scores.into_iter().max().unwrap());
            let points = social(&call, &mask, &ballots, Aggregation::Median).unwrap();
            prop_assert!((lowest..=highest).contains(&points));
            let trimmed = social(&call, &mask, &ballots, Aggregation::TrimmedMean).unwrap();
            prop_assert!((lowest..=highest).contains(&trimmed));
        }
    }
}
