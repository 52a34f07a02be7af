//! What is committed to, what is revealed, and what is missed.

use super::*;
use crate::event::BallotMissed;
use crate::rejection::InputRejection;
use crate::sample::tender_published;
use crate::scoring::SCORE_MAX;

const COMMIT_AT: &str = "2018-04-14T10:00:00";
const REVEAL_AT: &str = "2018-04-15T08:00:00";
const REVEAL_END: &str = "2018-04-15T12:00:00";
/// Another commitment than a sample's, of the same shape.
const OTHER: &str = "_-ZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZZ8";

fn committing(change: impl FnOnce(&mut CommitBallot)) -> EvaluationCommand {
    let mut command = sample::commit_of("EV-B2N");
    change(&mut command);
    EvaluationCommand::Commit(Box::new(command))
}

fn revealing(change: impl FnOnce(&mut Reveal)) -> EvaluationCommand {
    let mut command = sample::reveal_of("EV-B2N", &sample::VOTES[0]);
    change(&mut command);
    EvaluationCommand::Reveal(Box::new(command))
}

fn closing() -> EvaluationCommand {
    EvaluationCommand::CloseReveal(Box::new(CloseReveal { call: Some(tender_published()) }))
}

fn missed(answer: Answer<Evaluation>) -> Vec<(u32, bool)> {
    let missed = |event| {
        let EvaluationEvent::Missed(event) = event else { panic!("not missed") };
        let BallotMissed { seat, committed, .. } = *event;
        (seat, committed)
    };
    answer.then_events().into_iter().map(missed).collect()
}

#[test]
fn a_member_commits_to_a_ballot() {
    let EvaluationEvent::Committed(event) =
        one(when(sample::accepted(), COMMIT_AT, committing(|_| {})))
    else {
        panic!("not committed")
    };
    let commitment = sample::commitment(&sample::pseudonym("EV-B2N"));
    assert_eq!((event.seat, event.commitment), (1, commitment));
}

#[test]
fn ballots_are_committed_in_their_window_only() {
    let schedule = crate::sample::schedule();
    let early = "2018-04-14T09:59:59.999";
    when(sample::accepted(), early, committing(|_| {})).then_rejected(
        EvaluationRejection::VotingNotStarted { start: schedule.commit_start, now: local(early) },
    );
    when(sample::accepted(), "2018-04-14T19:59:59.999", committing(|_| {})).then_events();
    let late = "2018-04-14T20:00:00";
    when(sample::accepted(), late, committing(|_| {})).then_rejected(
        EvaluationRejection::VotingEnded { deadline: schedule.commit_end, now: local(late) },
    );
}

#[test]
fn whoever_commits_holds_a_seat_and_took_it() {
    when(sample::drawn(), COMMIT_AT, committing(|_| {}))
        .then_rejected(EvaluationRejection::AssignmentNotAccepted);
    for other in [None, sample::evaluator(sample::CONFLICTED)] {
        when(sample::accepted(), COMMIT_AT, committing(|it| it.evaluator_id = other))
            .then_rejected(EvaluationRejection::NotOnThePanel);
    }
    when(sample::scheduled(), COMMIT_AT, committing(|_| {}))
        .then_rejected(EvaluationRejection::PanelNotDrawn);
    when(sample::computed(), COMMIT_AT, committing(|_| {}))
        .then_rejected(EvaluationRejection::EvaluationAlreadyComputed);
    when(sample::accepted(), COMMIT_AT, committing(|it| it.call = None))
        .then_rejected(EvaluationRejection::TenderUnknown);
    when(sample::revealed(), COMMIT_AT, committing(|_| {}))
        .then_rejected(EvaluationRejection::BallotAlreadyRevealed);
}

#[test]
fn nothing_is_voted_on_before_the_technical_opening() {
    when(sample::accepted(), COMMIT_AT, committing(|it| it.is_opened = false))
        .then_rejected(EvaluationRejection::TenderNotOpened);
    // Not even a ballot of no scores, which nothing could be computed from.
    let empty = |it: &mut Reveal| {
        it.masks.clear();
        it.ballot.proposals.clear();
    };
    when(sample::committed(), REVEAL_AT, revealing(empty))
        .then_rejected(EvaluationRejection::TenderNotOpened);
}

#[test]
fn a_commitment_is_32_bytes_in_canonical_base64url() {
    let ends_in_a_used_bit = format!("{}B", "A".repeat(42));
    let wrong = [String::new(), "A".repeat(42), "A".repeat(44), ends_in_a_used_bit, "+".repeat(43)];
    for text in wrong {
        let rejection = InputRejection::Format {
            field: "commitment".to_owned(),
            expected: "32 bytes en base64url: 43 letras, dígitos, guiones o guiones bajos",
        };
        when(sample::accepted(), COMMIT_AT, committing(|it| it.commitment = text))
            .then_rejected(rejection.into());
    }
}

#[test]
fn only_the_last_commitment_lives() {
    let replace = committing(|it| it.commitment = OTHER.to_owned());
    let played = sample::committed().play("2018-04-14T19:00:00", replace);
    // The ballot and salt of the older commitment are right, and void.
    when(played.clone(), REVEAL_AT, revealing(|_| {}))
        .then_rejected(EvaluationRejection::CommitmentMismatch);
    when(played, REVEAL_AT, revealing(|it| it.computed = OTHER.to_owned())).then_events();
}

#[test]
fn a_member_reveals_the_ballot_it_committed_to() {
    let EvaluationEvent::Revealed(event) =
        one(when(sample::committed(), REVEAL_AT, revealing(|_| {})))
    else {
        panic!("not revealed")
    };
    let pseudonym = sample::pseudonym("EV-B2N");
    assert_eq!((event.seat, event.ballot), (1, sample::ballot(&pseudonym, &sample::VOTES[0])));
    assert_eq!(event.salt, "A".repeat(43));
}

#[test]
fn ballots_are_revealed_in_their_window_only() {
    let schedule = crate::sample::schedule();
    let early = "2018-04-15T07:59:59.999";
    when(sample::committed(), early, revealing(|_| {})).then_rejected(
        EvaluationRejection::RevealNotStarted { start: schedule.reveal_start, now: local(early) },
    );
    when(sample::committed(), "2018-04-15T11:59:59.999", revealing(|_| {})).then_events();
    when(sample::committed(), REVEAL_END, revealing(|_| {})).then_rejected(
        EvaluationRejection::RevealEnded { deadline: schedule.reveal_end, now: local(REVEAL_END) },
    );
}

#[test]
fn whoever_reveals_committed_and_did_not_reveal() {
    when(sample::accepted(), REVEAL_AT, revealing(|_| {}))
        .then_rejected(EvaluationRejection::NothingCommitted);
    when(sample::revealed(), REVEAL_AT, revealing(|_| {}))
        .then_rejected(EvaluationRejection::BallotAlreadyRevealed);
    when(sample::committed(), REVEAL_AT, revealing(|it| it.evaluator_id = None))
        .then_rejected(EvaluationRejection::NotOnThePanel);
    when(sample::scheduled(), REVEAL_AT, revealing(|_| {}))
        .then_rejected(EvaluationRejection::PanelNotDrawn);
    when(sample::committed(), REVEAL_AT, revealing(|it| it.call = None))
        .then_rejected(EvaluationRejection::TenderUnknown);
}

#[test]
fn a_ballot_is_of_its_tender_and_of_its_member() {
    let tender = |it: &mut Reveal| {
        it.ballot.tender_id = crate::id::TenderId(uuid::Uuid::from_u128(9));
    };
    when(sample::committed(), REVEAL_AT, revealing(tender))
        .then_rejected(EvaluationRejection::BallotOfAnother { field: "ballot.tenderId" });
    let copied = |it: &mut Reveal| it.ballot.pseudonym = sample::pseudonym("EV-C5W");
    when(sample::committed(), REVEAL_AT, revealing(copied))
        .then_rejected(EvaluationRejection::BallotOfAnother { field: "ballot.pseudonym" });
}

#[test]
fn a_ballot_scores_every_proposal_once_in_order() {
    let changes: [fn(&mut Reveal); 4] = [
        |it| it.ballot.proposals.reverse(),
        |it| it.ballot.proposals.truncate(2),
        |it| it.ballot.proposals[1].mask = it.ballot.proposals[0].mask.clone(),
        |it| it.ballot.proposals.push(it.ballot.proposals[0].clone()),
    ];
    for change in changes {
        when(sample::committed(), REVEAL_AT, revealing(change))
            .then_rejected(EvaluationRejection::BallotMasks { expected: sample::masks() });
    }
}

#[test]
fn a_ballot_has_one_score_a_criterion_from_0_to_100() {
    let count = EvaluationRejection::ScoresCount { index: 2, expected: 3 };
    assert_eq!(count.field().as_deref(), Some("ballot.proposals[2].scores"));
    let short = |it: &mut Reveal| it.ballot.proposals[2].scores.truncate(2);
    when(sample::committed(), REVEAL_AT, revealing(short)).then_rejected(count);
    let above = |it: &mut Reveal| it.ballot.proposals[1].scores[2] = SCORE_MAX + 1;
    let out =
        |field: &str| InputRejection::OutOfRange { field: field.to_owned(), min: 0, max: 100 };
    when(sample::committed(), REVEAL_AT, revealing(above))
        .then_rejected(out("ballot.proposals[1].scores[2]").into());
    let certain = |it: &mut Reveal| it.ballot.delivery_probability_percent = 101;
    when(sample::committed(), REVEAL_AT, revealing(certain))
        .then_rejected(out("ballot.deliveryProbabilityPercent").into());
}

#[test]
fn a_justification_is_a_document_as_it_would_be_recorded() {
    let code = |change: fn(&mut Reveal)| {
        let state = sample::committed().state();
        state.decide(revealing(change), local(REVEAL_AT)).unwrap_err().code()
    };
    // Nothing is corrected: what was committed to is what is recorded.
    let blank = |it: &mut Reveal| it.ballot.justification.name.push(' ');
    assert_eq!(code(blank), "invalid-format");
    let decomposed = |it: &mut Reveal| it.ballot.justification.name = "razo\u{301}n.txt".to_owned();
    assert_eq!(code(decomposed), "invalid-format");
    assert_eq!(code(|it| it.ballot.justification.sha256.push('0')), "invalid-format");
    assert_eq!(code(|it| it.ballot.justification.bytes = 0), "out-of-range");
    assert_eq!(code(|it| it.salt.push('A')), "invalid-format");
}

#[test]
fn ballots_that_were_not_revealed_are_recorded_by_seat() {
    let reveal = revealing(|_| {});
    let played = sample::committed().play(REVEAL_AT, reveal);
    assert_eq!(
        missed(when(played, REVEAL_END, closing())),
        [(2, true), (3, true), (4, true), (5, true)]
    );
    let played =
        sample::drawn().play("2018-04-13T20:00:00", sample::accept(sample::evaluator("EV-B2N")));
    // Whether a seat was taken or not, nothing was committed to.
    let all: Vec<(u32, bool)> = (1..=5).map(|seat| (seat, false)).collect();
    assert_eq!(missed(when(played, REVEAL_END, closing())), all);
}

#[test]
fn the_reveal_closes_at_its_end_and_misses_nobody_twice() {
    let early = "2018-04-15T11:59:59.999";
    when(sample::committed(), early, closing()).then_rejected(EvaluationRejection::RevealOpen {
        deadline: local(REVEAL_END),
        now: local(early),
    });
    let closed = sample::committed().play(REVEAL_END, closing());
    for played in [closed, sample::revealed(), sample::ruled()] {
        when(played, REVEAL_END, closing()).then_rejected(EvaluationRejection::NothingMissed);
    }
    for played in [Played::default(), sample::scheduled()] {
        when(played, REVEAL_END, closing()).then_rejected(EvaluationRejection::PanelNotDrawn);
    }
    let unknown = EvaluationCommand::CloseReveal(Box::new(CloseReveal { call: None }));
    when(sample::committed(), REVEAL_END, unknown)
        .then_rejected(EvaluationRejection::TenderUnknown);
}

#[test]
fn a_seat_that_missed_its_reveal_is_out() {
    let played = sample::committed().play(REVEAL_END, closing());
    let evaluator_id = sample::evaluator("EV-B2N");
    let commands = [sample::accept(evaluator_id), sample::leave(evaluator_id, "x")];
    for command in commands {
        when(played.clone(), REVEAL_END, command).then_rejected(EvaluationRejection::BallotMissed);
    }
    // A clock that jumped back opens nothing.
    when(played.clone(), COMMIT_AT, committing(|_| {}))
        .then_rejected(EvaluationRejection::BallotMissed);
    when(played, REVEAL_AT, revealing(|_| {})).then_rejected(EvaluationRejection::BallotMissed);
}

#[test]
fn a_history_in_which_a_ballot_comes_from_nowhere_is_corrupt() {
    let revealed = sample::revealed().0;
    let last = revealed.last().unwrap();
    for before in [sample::accepted().0, sample::scheduled().0, revealed.clone()] {
        assert!(Evaluation::replay(before.iter().chain([last])).is_err());
    }
    let mut elsewhere = sample::committed().0;
    let Some(EvaluationEvent::Committed(event)) = elsewhere.last_mut() else { panic!() };
    event.seat = 6;
    assert!(Evaluation::replay(&elsewhere).is_err());
}
