//! The announcement of a draw, and the draw.

use super::*;
use crate::draw;
use crate::event::{PanelDrawScheduled, PanelDrawn};
use crate::hash::from_hex;
use crate::sample::{TENDER, tender_published};

const SCHEDULE_AT: &str = "2018-04-13T18:00:00";
const DRAW_AT: &str = "2018-04-13T19:00:00";

fn scheduling(change: impl FnOnce(&mut ScheduleDraw)) -> EvaluationCommand {
    let mut command = sample::schedule_draw();
    change(&mut command);
    EvaluationCommand::ScheduleDraw(Box::new(command))
}

fn drawing(change: impl FnOnce(&mut DrawPanel)) -> EvaluationCommand {
    let mut command = sample::draw_panel();
    change(&mut command);
    EvaluationCommand::DrawPanel(Box::new(command))
}

/// Somebody who works for the buying unit.
fn interested(candidate: &mut draw::Candidate) {
    candidate.interests = Some(vec!["009000999".to_owned()]);
}

fn scheduled(answer: Answer<Evaluation>) -> PanelDrawScheduled {
    let EvaluationEvent::DrawScheduled(event) = one(answer) else { panic!("not scheduled") };
    *event
}

fn drawn(answer: Answer<Evaluation>) -> PanelDrawn {
    let EvaluationEvent::Drawn(event) = one(answer) else { panic!("not drawn") };
    *event
}

#[test]
fn a_draw_is_announced_among_a_fixed_list_with_a_fixed_number() {
    let event = scheduled(when(Played::default(), SCHEDULE_AT, scheduling(|_| {})));
    assert_eq!(
        (event.tender_id, event.seats, event.alternates, event.candidates),
        (TENDER, 5, 5, 12)
    );
    // Computed by a program of its own.
    let list_hash = "0x47e39df67e8d739f88c5de86650261a08416c4eb523d5bf7ff7c3e271746465a";
    assert_eq!(event.list_hash, list_hash);
    assert_eq!(event.contribution_hash, draw::contribution_hash(&sample::CONTRIBUTION));
}

#[test]
fn whoever_is_linked_to_the_unit_that_buys_is_no_candidate() {
    let command = scheduling(|it| interested(&mut it.candidates[0]));
    let event = scheduled(when(Played::default(), SCHEDULE_AT, command));
    assert_eq!(event.candidates, 11);
    let left: Vec<_> =
        sample::candidates().into_iter().skip(1).map(|candidate| candidate.pseudonym).collect();
    assert_eq!(event.list_hash, draw::list_hash(&left));
}

#[test]
fn whoevers_interests_are_lost_is_no_candidate() {
    let command = scheduling(|it| it.candidates[0].interests = None);
    assert_eq!(scheduled(when(Played::default(), SCHEDULE_AT, command)).candidates, 11);
}

#[test]
fn interests_that_are_lost_after_the_announcement_do_not_stop_the_draw() {
    let event = drawn(when(sample::scheduled(), DRAW_AT, drawing(|_| {})));
    let lost = drawing(|it| it.candidates[3].interests = None);
    assert_eq!(drawn(when(sample::scheduled(), DRAW_AT, lost)), event);
    // Nor do those of somebody who was no candidate.
    let command = scheduling(|it| interested(&mut it.candidates[3]));
    let without = Played::default().play(SCHEDULE_AT, command);
    let lost = drawing(|it| it.candidates[3].interests = None);
    assert_eq!(drawn(when(without, DRAW_AT, lost)).candidates.len(), 11);
}

#[test]
fn a_draw_needs_a_published_call() {
    let rejection = EvaluationRejection::TenderUnknown;
    when(Played::default(), SCHEDULE_AT, scheduling(|it| it.call = None)).then_rejected(rejection);
}

#[test]
fn the_list_closes_after_the_proposals() {
    let (deadline, now) = (local(SCHEDULE_AT), local("2018-04-13T17:59:59.999"));
    when(Played::default(), "2018-04-13T17:59:59.999", scheduling(|_| {}))
        .then_rejected(EvaluationRejection::ReceiptOpen { deadline, now });
}

#[test]
fn a_draw_is_announced_once() {
    for played in [sample::scheduled(), sample::drawn(), sample::computed(), sample::ruled()] {
        when(played, DRAW_AT, scheduling(|_| {}))
            .then_rejected(EvaluationRejection::DrawAlreadyScheduled);
    }
}

#[test]
fn a_panel_has_from_three_to_fifteen_seats() {
    let out = |field, min| EvaluationRejection::SeatsOutOfRange { field, min, max: 15 };
    for seats in [2, 16] {
        when(Played::default(), SCHEDULE_AT, scheduling(|it| it.seats = seats))
            .then_rejected(out("seats", 3));
    }
    when(Played::default(), SCHEDULE_AT, scheduling(|it| it.alternates = 16))
        .then_rejected(out("alternates", 0));
    scheduled(when(Played::default(), SCHEDULE_AT, scheduling(|it| it.seats = 3)));
}

#[test]
fn a_trimmed_mean_needs_five_seats() {
    let trimmed = |it: &mut ScheduleDraw| {
        it.seats = 4;
        it.call.as_mut().unwrap().aggregation = Aggregation::TrimmedMean;
    };
    when(Played::default(), SCHEDULE_AT, scheduling(trimmed))
        .then_rejected(EvaluationRejection::SeatsOutOfRange { field: "seats", min: 5, max: 15 });
}

#[test]
fn there_are_at_least_as_many_candidates_as_seats() {
    let few = |it: &mut ScheduleDraw| {
        it.candidates.truncate(5);
        interested(&mut it.candidates[4]);
    };
    when(Played::default(), SCHEDULE_AT, scheduling(few))
        .then_rejected(EvaluationRejection::TooFewCandidates { eligible: 4, seats: 5 });
}

#[test]
fn the_panel_is_the_one_that_another_program_draws() {
    let event = drawn(when(sample::scheduled(), DRAW_AT, drawing(|_| {})));
    let seed = "0xdf3ab473ce83a1ea780d3640fdbd389227fcb6445680eaf837000a887c670d1c";
    assert_eq!((event.seed.as_str(), event.block_number), (seed, 812));
    let names = |seats: &[crate::content::Seat]| -> Vec<String> {
        seats.iter().map(|seat| format!("{} {}", seat.seat, seat.pseudonym)).collect()
    };
    assert_eq!(names(&event.panel), ["1 EV-B2N", "2 EV-R3T", "3 EV-F3L", "4 EV-G6S", "5 EV-X8H"]);
    let alternates = ["1 EV-C5W", "2 EV-D8J", "3 EV-M4Z", "4 EV-H9V", "5 EV-7Q2"];
    assert_eq!(names(&event.alternates), alternates);
}

#[test]
fn anybody_draws_again_from_what_is_public() {
    let event = drawn(when(sample::scheduled(), DRAW_AT, drawing(|_| {})));
    let contribution = from_hex(&event.contribution).unwrap();
    let block_hash = from_hex(&event.block_hash).unwrap();
    let list_hash = draw::list_hash(&event.candidates);
    let seed = draw::seed(event.tender_id, &list_hash, &contribution, &block_hash);
    // The register says who each candidate is; nobody's interests are public.
    let public: Vec<draw::Candidate> = sample::candidates()
        .into_iter()
        .map(|it| draw::Candidate { interests: None, ..it })
        .collect();
    let again = draw::draw(&seed, &public, 5, 5);
    assert_eq!((again.panel, again.alternates), (event.panel, event.alternates));
}

#[test]
fn nothing_is_drawn_that_was_not_announced() {
    when(Played::default(), DRAW_AT, drawing(|_| {}))
        .then_rejected(EvaluationRejection::DrawNotScheduled);
}

#[test]
fn nothing_is_drawn_for_another_tender() {
    let other = |it: &mut DrawPanel| {
        it.call.as_mut().unwrap().tender_id = crate::id::TenderId(uuid::Uuid::from_u128(9));
    };
    when(sample::scheduled(), DRAW_AT, drawing(other))
        .then_rejected(EvaluationRejection::TenderUnknown);
    when(sample::scheduled(), DRAW_AT, drawing(|it| it.call = None))
        .then_rejected(EvaluationRejection::TenderUnknown);
}

#[test]
fn a_panel_is_drawn_from_its_hour_on() {
    let (due, now) = (local(DRAW_AT), local("2018-04-13T18:59:59.999"));
    when(sample::scheduled(), "2018-04-13T18:59:59.999", drawing(|_| {}))
        .then_rejected(EvaluationRejection::DrawNotDue { due, now });
}

#[test]
fn no_panel_is_drawn_that_nobody_could_vote_on() {
    let deadline = local("2018-04-14T20:00:00");
    when(sample::scheduled(), "2018-04-14T20:00:00", drawing(|_| {}))
        .then_rejected(EvaluationRejection::VotingEnded { deadline, now: deadline });
}

#[test]
fn a_panel_waits_for_the_block_that_anchors_its_announcement() {
    when(sample::scheduled(), DRAW_AT, drawing(|it| it.block = None))
        .then_rejected(EvaluationRejection::DrawNotAnchored);
}

#[test]
fn neither_the_list_nor_the_number_changes_after_the_announcement() {
    let interest = |it: &mut DrawPanel| interested(&mut it.candidates[3]);
    for command in [drawing(|it| it.candidates.truncate(11)), drawing(interest)] {
        when(sample::scheduled(), DRAW_AT, command)
            .then_rejected(EvaluationRejection::CandidatesChanged);
    }
    when(sample::scheduled(), DRAW_AT, drawing(|it| it.contribution[31] ^= 1))
        .then_rejected(EvaluationRejection::ContributionChanged);
}

#[test]
fn a_panel_is_drawn_once() {
    for played in [sample::drawn(), sample::computed(), sample::ruled()] {
        when(played, DRAW_AT, drawing(|it| it.block = Some((813, [3; 32]))))
            .then_rejected(EvaluationRejection::PanelAlreadyDrawn);
    }
}

#[test]
fn a_recorded_seed_that_is_no_seed_is_corrupt() {
    let mut history = sample::drawn().0;
    let Some(EvaluationEvent::Drawn(event)) = history.last_mut() else { panic!("not drawn") };
    event.seed.push('0');
    assert!(Evaluation::replay(&history).is_err());
}

#[test]
fn what_was_announced_and_drawn_is_remembered() {
    let call = tender_published();
    let state = sample::ruled().state();
    assert_eq!(state.scheduled().map(|event| event.tender_id), Some(call.tender_id));
    assert_eq!(state.drawn().map(|event| event.block_number), Some(812));
    assert_eq!(Evaluation::default().scheduled(), None);
    assert_eq!(sample::scheduled().state().drawn(), None);
}

#[test]
fn neither_the_number_nor_anybodys_interests_are_printed() {
    let printed = format!("{:?}", sample::schedule_draw());
    assert!(printed.contains("EV-7Q2") && !printed.contains("TWD110728KB1"));
    assert!(!printed.contains("contribution") && !printed.contains("7, 7, 7"));
}
