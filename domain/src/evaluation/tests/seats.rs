//! Who takes a seat and who leaves it.

use super::*;
use crate::event::ConflictDeclared;
use crate::rejection::InputRejection;

const AT: &str = "2018-04-13T19:30:00";

fn accept(text: &str) -> EvaluationCommand {
    sample::accept(sample::evaluator(text))
}

fn leave(text: &str) -> EvaluationCommand {
    sample::leave(sample::evaluator(text), " Trabajó para la unidad compradora ")
}

fn left(answer: Answer<Evaluation>) -> ConflictDeclared {
    let EvaluationEvent::ConflictDeclared(event) = one(answer) else { panic!("nobody left") };
    *event
}

#[test]
fn a_member_takes_its_seat() {
    let EvaluationEvent::Accepted(event) = one(when(sample::drawn(), AT, accept("EV-G6S"))) else {
        panic!("not accepted")
    };
    assert_eq!((event.seat, event.pseudonym.as_str()), (4, "EV-G6S"));
    assert_eq!(Some(event.evaluator_id), sample::evaluator("EV-G6S"));
}

#[test]
fn whoever_is_linked_to_somebody_who_takes_part_takes_no_seat_and_commits_to_nothing() {
    let (linked, unknown) =
        (EvaluationRejection::ConflictOfInterest, EvaluationRejection::InterestsUnknown);
    for (link, expected) in [(Link::Linked, linked), (Link::Unknown, unknown)] {
        let evaluator_id = sample::evaluator("EV-G6S");
        let accept = EvaluationCommand::Accept { evaluator_id, link };
        when(sample::drawn(), AT, accept).then_rejected(expected.clone());
        let commit = CommitBallot { link, ..sample::commit_of("EV-G6S") };
        let commit = EvaluationCommand::Commit(Box::new(commit));
        when(sample::accepted(), "2018-04-14T10:00:00", commit).then_rejected(expected);
    }
    // The way out is open.
    left(when(sample::drawn(), AT, leave("EV-G6S")));
    left(when(sample::accepted(), AT, leave("EV-G6S")));
}

#[test]
fn a_conflicted_candidate_is_drawn_and_the_alternate_takes_the_seat() {
    let played = sample::drawn();
    assert_eq!(played.seated()[1], sample::CONFLICTED);
    let event = left(when(played.clone(), AT, leave(sample::CONFLICTED)));
    assert_eq!((event.seat, event.pseudonym.as_str()), (2, sample::CONFLICTED));
    assert_eq!(event.reason, "Trabajó para la unidad compradora");
    let replacement = event.replacement.unwrap();
    assert_eq!((replacement.seat, replacement.pseudonym.as_str()), (2, "EV-C5W"));
    let played = played.play(AT, leave(sample::CONFLICTED));
    assert_eq!(played.seated(), ["EV-B2N", "EV-C5W", "EV-F3L", "EV-G6S", "EV-X8H"]);
    let state = played.state();
    assert_eq!(state.seat_of(sample::evaluator(sample::CONFLICTED).unwrap()), None);
    assert_eq!(state.seat_of(replacement.evaluator_id), Some(&replacement));
    when(played, AT, accept("EV-C5W")).then_events();
}

#[test]
fn whoever_left_for_a_conflict_does_not_come_back() {
    let played = sample::drawn().play(AT, leave(sample::CONFLICTED));
    for command in [accept(sample::CONFLICTED), leave(sample::CONFLICTED)] {
        when(played.clone(), AT, command).then_rejected(EvaluationRejection::NotOnThePanel);
    }
}

#[test]
fn alternates_enter_in_their_order_until_none_is_left() {
    let mut played = sample::drawn();
    for next in ["EV-C5W", "EV-D8J", "EV-M4Z", "EV-H9V", "EV-7Q2"] {
        let holder = played.seated()[0].clone();
        played = played.play(AT, leave(&holder));
        assert_eq!(played.seated()[0], next);
    }
    let event = left(when(played.clone(), AT, leave("EV-7Q2")));
    assert_eq!(event.replacement, None);
    let played = played.play(AT, leave("EV-7Q2"));
    assert_eq!(played.seated(), ["EV-R3T", "EV-F3L", "EV-G6S", "EV-X8H"]);
}

#[test]
fn a_member_may_leave_after_it_took_its_seat_and_before_its_ballot() {
    let event = left(when(sample::accepted(), AT, leave("EV-B2N")));
    assert_eq!(event.replacement.unwrap().pseudonym.as_str(), "EV-D8J");
    for played in [sample::committed(), sample::revealed()] {
        when(played, AT, leave("EV-B2N"))
            .then_rejected(EvaluationRejection::BallotAlreadyCommitted);
    }
}

#[test]
fn nobody_leaves_a_seat_for_an_alternate_who_could_not_vote() {
    left(when(sample::accepted(), "2018-04-14T19:59:59.999", leave("EV-B2N")));
    let late = "2018-04-14T20:00:00";
    let ended = EvaluationRejection::VotingEnded { deadline: local(late), now: local(late) };
    for played in [sample::drawn(), sample::accepted()] {
        when(played, late, leave("EV-B2N")).then_rejected(ended.clone());
    }
    let unknown = EvaluationCommand::DeclareConflict {
        call: None,
        evaluator_id: sample::evaluator("EV-B2N"),
        reason: "x".to_owned(),
    };
    when(sample::drawn(), AT, unknown).then_rejected(EvaluationRejection::TenderUnknown);
}

#[test]
fn a_conflict_is_explained() {
    let command = sample::leave(sample::evaluator("EV-B2N"), " ");
    let empty = InputRejection::Empty { field: "reason".to_owned() };
    when(sample::drawn(), AT, command).then_rejected(empty.into());
}

#[test]
fn nobody_else_takes_or_leaves_a_seat() {
    let nobody = sample::accept(None);
    // An alternate holds no seat before it enters.
    for command in [nobody, accept("EV-C5W"), leave("EV-C5W"), accept("EV-P9D")] {
        when(sample::drawn(), AT, command).then_rejected(EvaluationRejection::NotOnThePanel);
    }
}

#[test]
fn there_are_no_seats_before_the_draw_and_none_after_the_points() {
    for played in [Played::default(), sample::scheduled()] {
        for command in [accept("EV-B2N"), leave("EV-B2N")] {
            when(played.clone(), AT, command).then_rejected(EvaluationRejection::PanelNotDrawn);
        }
    }
    for command in [accept("EV-B2N"), leave("EV-B2N")] {
        when(sample::computed(), AT, command)
            .then_rejected(EvaluationRejection::EvaluationAlreadyComputed);
    }
}

#[test]
fn a_seat_is_taken_once() {
    for played in [sample::accepted(), sample::committed(), sample::revealed()] {
        when(played, AT, accept("EV-B2N"))
            .then_rejected(EvaluationRejection::AssignmentAlreadyAccepted);
    }
}

#[test]
fn a_history_in_which_a_replacement_sits_elsewhere_is_corrupt() {
    let mut history = sample::drawn().play(AT, leave(sample::CONFLICTED)).0;
    let Some(EvaluationEvent::ConflictDeclared(event)) = history.last_mut() else { panic!() };
    event.replacement.as_mut().unwrap().seat = 3;
    assert!(Evaluation::replay(&history).is_err());
}
