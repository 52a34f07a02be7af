//! The points, ties and the ruling.

use super::*;
use crate::content::Outliers;
use crate::event::{RulingIssued, TieBroken};
use crate::id::{Mask, ProposalId};
use crate::rejection::InputRejection;
use crate::sample::tender_published;
use crate::vocabulary::{CompanySize, TieBreak, UnsolventCause};
use uuid::Uuid;

const AT: &str = "2018-04-15T12:30:00";

fn computing(change: impl FnOnce(&mut Compute)) -> EvaluationCommand {
    let mut command = sample::compute();
    change(&mut command);
    EvaluationCommand::Compute(Box::new(command))
}

fn ruling_on(played: &Played, change: impl FnOnce(&mut IssueRuling)) -> EvaluationCommand {
    let mut command = sample::issue_ruling(played);
    change(&mut command);
    EvaluationCommand::IssueRuling(Box::new(command))
}

/// A, B and C with these sizes; their ids are their places.
fn sized(sizes: [CompanySize; 3]) -> BreakTie {
    let proposal = |(place, size): (u128, CompanySize)| TiedProposal {
        mask: Mask::at(usize::try_from(place).unwrap()).unwrap(),
        proposal_id: ProposalId(Uuid::from_u128(place)),
        size,
    };
    BreakTie { proposals: (0..).zip(sizes).map(proposal).collect() }
}

fn breaking(command: BreakTie) -> EvaluationCommand {
    EvaluationCommand::BreakTie(Box::new(command))
}

/// A and C tie in the first rank, B is behind.
fn tied() -> Played {
    let votes: Vec<_> = sample::votes_by_seat()
        .into_iter()
        .map(|(text, _)| (text, [[50, 50, 50], [10, 10, 10], [50, 50, 50]]))
        .collect();
    let equal = computing(|it| {
        for proposal in &mut it.proposals {
            proposal.technical = 4000;
            proposal.price = crate::money::Money::mxn(100).unwrap();
        }
    });
    sample::revealed_with(&votes).play(AT, equal)
}

fn broken(answer: Answer<Evaluation>) -> TieBroken {
    let EvaluationEvent::TieBroken(event) = one(answer) else { panic!("not broken") };
    *event
}

fn ruled(answer: Answer<Evaluation>) -> RulingIssued {
    let EvaluationEvent::RulingIssued(event) = one(answer) else { panic!("no ruling") };
    *event
}

fn letters(masks: &[Mask]) -> String {
    masks.iter().map(Mask::as_str).collect()
}

#[test]
fn the_case_is_computed_from_what_was_revealed() {
    let EvaluationEvent::Computed(event) = one(when(sample::revealed(), AT, computing(|_| {})))
    else {
        panic!("not computed")
    };
    let totals: Vec<(&str, u32, u32)> = event
        .scores
        .iter()
        .map(|score| (score.mask.as_str(), score.results[0].total, score.results[0].rank))
        .collect();
    assert_eq!(totals, [("A", 8144, 3), ("B", 8539, 1), ("C", 8250, 2)]);
    let flagged = Outliers { pseudonym: sample::pseudonym(sample::COLLUDING), cells: 9, of: 9 };
    assert_eq!(event.outliers, [flagged]);
    assert_eq!(sample::computed().state().computed(), Some(&*event));
}

#[test]
fn whoever_checks_computes_the_same() {
    let state = sample::ruled().state();
    let again = state.compute(&tender_published(), &sample::proposals());
    assert_eq!(again.as_ref().ok(), state.computed());
}

#[test]
fn nothing_is_computed_before_the_prices_are_open() {
    when(sample::revealed(), AT, computing(|it| it.proposals.clear()))
        .then_rejected(EvaluationRejection::EconomicNotOpened);
    when(sample::revealed(), AT, computing(|it| it.call = None))
        .then_rejected(EvaluationRejection::TenderUnknown);
}

#[test]
fn nothing_is_computed_while_a_ballot_may_come() {
    let (at, deadline) = ("2018-04-15T11:59:59.999", local("2018-04-15T12:00:00"));
    let four = &sample::votes_by_seat()[..4];
    when(sample::revealed_with(four), at, computing(|_| {}))
        .then_rejected(EvaluationRejection::RevealOpen { deadline, now: local(at) });
}

#[test]
fn three_ballots_are_a_quorum() {
    let end = "2018-04-15T12:00:00";
    when(sample::revealed_with(&sample::votes_by_seat()[..3]), end, computing(|_| {}))
        .then_events();
    when(sample::revealed_with(&sample::votes_by_seat()[..2]), end, computing(|_| {}))
        .then_rejected(EvaluationRejection::QuorumMissing { revealed: 2, quorum: 3 });
    when(Played::default(), end, computing(|_| {}))
        .then_rejected(EvaluationRejection::QuorumMissing { revealed: 0, quorum: 3 });
    let trimmed =
        |it: &mut Compute| it.call.as_mut().unwrap().aggregation = Aggregation::TrimmedMean;
    when(sample::revealed_with(&sample::votes_by_seat()[..4]), end, computing(trimmed))
        .then_rejected(EvaluationRejection::QuorumMissing { revealed: 4, quorum: 5 });
}

#[test]
fn the_points_are_computed_once() {
    for played in [sample::computed(), sample::ruled()] {
        when(played, AT, computing(|_| {}))
            .then_rejected(EvaluationRejection::EvaluationAlreadyComputed);
    }
}

#[test]
fn proposals_that_the_ballots_do_not_name_are_not_computed() {
    let cause = crate::scoring::ScoringError::Ballot { pseudonym: sample::pseudonym("EV-B2N") };
    when(sample::revealed(), AT, computing(|it| it.proposals.truncate(2)))
        .then_rejected(EvaluationRejection::NotComputable(cause));
}

#[test]
fn a_ballot_missed_after_the_points_is_recorded_too() {
    let four = sample::revealed_with(&sample::votes_by_seat()[..4]);
    let played = four.play(AT, computing(|_| {}));
    let close =
        EvaluationCommand::CloseReveal(Box::new(CloseReveal { call: Some(tender_published()) }));
    let EvaluationEvent::Missed(event) = one(when(played.clone(), AT, close.clone())) else {
        panic!("not missed")
    };
    assert_eq!((event.seat, event.committed), (5, true));
    let ruling = ruling_on(&played, |_| {});
    one(when(played.play(AT, ruling), AT, close));
}

#[test]
fn the_smaller_company_wins_a_tie() {
    use CompanySize::{Grande, Mediana, Micro};
    let event = broken(when(tied(), AT, breaking(sized([Grande, Micro, Mediana]))));
    assert_eq!((event.method, letters(&event.order)), (TieBreak::CompanySize, "CA".to_owned()));
}

#[test]
fn companies_of_one_size_draw_by_lot_with_the_panels_seed() {
    let size = CompanySize::Pequena;
    let event = broken(when(tied(), AT, breaking(sized([size, CompanySize::Micro, size]))));
    // HMAC-SHA256 with the seed of the panel's draw, of the proposals' ids.
    let seed = crate::hash::from_hex(&sample::drawn().state().drawn().unwrap().seed).unwrap();
    let lot = |place| crate::draw::rank(&seed, &Uuid::from_u128(place).to_string());
    let expected = if lot(0) < lot(2) { "AC" } else { "CA" };
    assert_eq!((event.method, letters(&event.order).as_str()), (TieBreak::Draw, expected));
}

#[test]
fn a_tie_is_broken_with_all_who_tie_whatever_their_order() {
    use CompanySize::{Grande, Micro};
    let mut without = sized([Micro, Micro, Grande]);
    without.proposals.remove(2);
    when(tied(), AT, breaking(without)).then_rejected(EvaluationRejection::TiedProposalsMissing {
        masks: vec![sample::masks()[2].clone()],
    });
    let mut reversed = sized([Micro; 3]);
    reversed.proposals.reverse();
    let event = broken(when(tied(), AT, breaking(reversed)));
    assert_eq!(event, broken(when(tied(), AT, breaking(sized([Micro; 3])))));
}

#[test]
fn only_a_tie_is_broken_and_only_once() {
    let command = || breaking(sized([CompanySize::Micro; 3]));
    when(sample::revealed(), AT, command()).then_rejected(EvaluationRejection::EvaluationMissing);
    when(sample::computed(), AT, command()).then_rejected(EvaluationRejection::NoTie);
    let played = tied().play(AT, command());
    when(played.clone(), AT, command()).then_rejected(EvaluationRejection::TieAlreadyBroken);
    assert!(played.state().tie_broken().is_some());
    let twice = [played.0.clone(), vec![played.0.last().unwrap().clone()]].concat();
    assert!(Evaluation::replay(&twice).is_err());
}

#[test]
fn the_ruling_orders_the_solvent_proposals_by_rank() {
    let played = sample::computed();
    let command = ruling_on(&played, |_| {});
    let event = ruled(when(played, AT, command));
    assert_eq!((letters(&event.order), event.unsolvent.len()), ("BCA".to_owned(), 0));
    assert_eq!(sample::ruled().state().ruling(), Some(&event));
}

#[test]
fn the_ruling_ranks_by_the_calls_way_and_no_other() {
    let mean = computing(|it| it.call.as_mut().unwrap().aggregation = Aggregation::Mean);
    let played = sample::revealed().play(AT, mean);
    let command = ruling_on(&played, |_| {});
    assert_eq!(letters(&ruled(when(played, AT, command)).order), "CBA");
}

#[test]
fn the_ruling_names_who_is_not_solvent_and_why() {
    let played = sample::revealed().play(AT, computing(|it| it.proposals[1].technical = 3749));
    let command = ruling_on(&played, |_| {});
    let event = ruled(when(played, AT, command));
    assert_eq!(letters(&event.order), "CA");
    assert_eq!(event.unsolvent[0].cause, UnsolventCause::TechnicalMinimum);
}

#[test]
fn a_tie_is_broken_before_the_ruling() {
    let played = tied();
    let masks = vec![sample::masks()[0].clone(), sample::masks()[2].clone()];
    let command = ruling_on(&played, |_| {});
    when(played.clone(), AT, command.clone())
        .then_rejected(EvaluationRejection::TieUnbroken { masks });
    let sizes = [CompanySize::Grande, CompanySize::Micro, CompanySize::Micro];
    let played = played.play(AT, breaking(sized(sizes)));
    assert_eq!(letters(&ruled(when(played, AT, command)).order), "CAB");
}

#[test]
fn lower_ties_stand_by_mask() {
    let votes: Vec<_> = sample::votes_by_seat()
        .into_iter()
        .map(|(text, _)| (text, [[10, 10, 10], [10, 10, 10], [50, 50, 50]]))
        .collect();
    let equal = computing(|it| {
        it.proposals.reverse();
        for proposal in &mut it.proposals {
            proposal.technical = 4000;
            proposal.price = crate::money::Money::mxn(100).unwrap();
        }
    });
    let played = sample::revealed_with(&votes).play(AT, equal);
    let command = ruling_on(&played, |_| {});
    assert_eq!(letters(&ruled(when(played, AT, command)).order), "CAB");
}

#[test]
fn whoever_signed_a_technical_sheet_does_not_rule() {
    let played = sample::computed();
    let command = ruling_on(&played, |it| it.technical_signers.push(it.caller));
    when(played, AT, command).then_rejected(EvaluationRejection::TechnicalSigner);
}

#[test]
fn nobody_rules_on_points_that_are_not_computed_again() {
    let played = sample::computed();
    let command = ruling_on(&played, |it| it.recomputed.scores[0].economic += 1);
    when(played, AT, command).then_rejected(EvaluationRejection::EvaluationDiffers);
    let command = ruling_on(&sample::computed(), |_| {});
    when(sample::revealed(), AT, command).then_rejected(EvaluationRejection::EvaluationMissing);
}

#[test]
fn there_is_no_ruling_when_nobody_is_solvent() {
    let nobody = computing(|it| it.proposals.iter_mut().for_each(|it| it.technical = 0));
    let played = sample::revealed().play(AT, nobody);
    let command = ruling_on(&played, |_| {});
    when(played.clone(), AT, command).then_rejected(EvaluationRejection::NobodySolvent);
    when(played, AT, breaking(sized([CompanySize::Micro; 3])))
        .then_rejected(EvaluationRejection::NoTie);
}

#[test]
fn a_ruling_gives_reasons() {
    let played = sample::computed();
    let command = ruling_on(&played, |it| it.reasons = " ".to_owned());
    let empty = InputRejection::Empty { field: "reasons".to_owned() };
    when(played, AT, command).then_rejected(empty.into());
}

#[test]
fn a_ruling_is_issued_once() {
    let played = sample::ruled();
    let command = ruling_on(&played, |_| {});
    when(played.clone(), AT, command).then_rejected(EvaluationRejection::RulingAlreadyIssued);
    let twice = [played.0.clone(), vec![played.0.last().unwrap().clone()]].concat();
    assert!(Evaluation::replay(&twice).is_err());
}
