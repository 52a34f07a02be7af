//! The rules of evaluations, one test each.

mod ballots;
mod drawing;
mod result;
mod seats;

use super::*;
use crate::aggregate::Aggregate;
use crate::aggregate::tests::{Answer, given};
use crate::rejection::Refusal;
use crate::sample::evaluation::{self as sample, Played};
use crate::sample::local;
use proptest::prelude::*;

/// What a played history answers at an hour of the case.
fn when(played: Played, at: &str, command: EvaluationCommand) -> Answer<Evaluation> {
    given(played.0).at(local(at)).when(command)
}

/// The only event of an answer.
fn one(answer: Answer<Evaluation>) -> EvaluationEvent {
    let mut events = answer.then_events();
    assert_eq!(events.len(), 1);
    events.remove(0)
}

#[test]
fn every_refusal_has_words_of_its_own() {
    let now = local("2018-04-13T18:00:00");
    let mask = sample::masks();
    let price = crate::scoring::ScoringError::Price { mask: mask[0].clone() };
    let all = [
        EvaluationRejection::TenderUnknown,
        EvaluationRejection::ReceiptOpen { deadline: now, now },
        EvaluationRejection::DrawAlreadyScheduled,
        EvaluationRejection::SeatsOutOfRange { field: "seats", min: 3, max: 15 },
        EvaluationRejection::SeatsOutOfRange { field: "alternates", min: 0, max: 15 },
        EvaluationRejection::TooFewCandidates { eligible: 1, seats: 3 },
        EvaluationRejection::DrawNotScheduled,
        EvaluationRejection::DrawNotDue { due: now, now },
        EvaluationRejection::DrawNotAnchored,
        EvaluationRejection::CandidatesChanged,
        EvaluationRejection::ContributionChanged,
        EvaluationRejection::PanelAlreadyDrawn,
        EvaluationRejection::PanelNotDrawn,
        EvaluationRejection::NotOnThePanel,
        EvaluationRejection::ConflictOfInterest,
        EvaluationRejection::InterestsUnknown,
        EvaluationRejection::AssignmentAlreadyAccepted,
        EvaluationRejection::AssignmentNotAccepted,
        EvaluationRejection::BallotAlreadyCommitted,
        EvaluationRejection::BallotMissed,
        EvaluationRejection::TenderNotOpened,
        EvaluationRejection::VotingNotStarted { start: now, now },
        EvaluationRejection::VotingEnded { deadline: now, now },
        EvaluationRejection::RevealNotStarted { start: now, now },
        EvaluationRejection::RevealEnded { deadline: now, now },
        EvaluationRejection::NothingCommitted,
        EvaluationRejection::CommitmentMismatch,
        EvaluationRejection::BallotAlreadyRevealed,
        EvaluationRejection::BallotOfAnother { field: "ballot.tenderId" },
        EvaluationRejection::BallotMasks { expected: mask.clone() },
        EvaluationRejection::ScoresCount { index: 0, expected: 3 },
        EvaluationRejection::RevealOpen { deadline: now, now },
        EvaluationRejection::NothingMissed,
        EvaluationRejection::EconomicNotOpened,
        EvaluationRejection::QuorumMissing { revealed: 2, quorum: 3 },
        EvaluationRejection::NotComputable(price),
        EvaluationRejection::EvaluationAlreadyComputed,
        EvaluationRejection::EvaluationMissing,
        EvaluationRejection::NoTie,
        EvaluationRejection::TieAlreadyBroken,
        EvaluationRejection::TiedProposalsMissing { masks: mask.clone() },
        EvaluationRejection::TieUnbroken { masks: mask },
        EvaluationRejection::EvaluationDiffers,
        EvaluationRejection::NobodySolvent,
        EvaluationRejection::TechnicalSigner,
        EvaluationRejection::RulingAlreadyIssued,
    ];
    let words: std::collections::BTreeSet<String> = all.iter().map(Refusal::message_es).collect();
    assert_eq!(words.len(), all.len());
    assert!(words.iter().all(|words| !words.contains("  ") && !words.contains("esta operación")));
}

proptest! {
    #[test]
    fn what_decide_emits_evolve_accepts(
        steps in prop::collection::vec((0_usize..9, 0_usize..6, 0_usize..6), 0..40),
    ) {
        // From any point of the case, any command by anybody at any hour.
        let seated = ["EV-B2N", "EV-R3T", "EV-F3L", "EV-G6S", "EV-X8H", "EV-C5W"];
        let hours = [
            "2018-04-13T18:00:00", "2018-04-13T19:00:00", "2018-04-14T10:00:00",
            "2018-04-15T08:00:00", "2018-04-15T11:59:59", "2018-04-15T12:00:00",
        ];
        let mut state = sample::scheduled().state();
        for (step, who, hour) in steps {
            let text = seated[who];
            let evaluator_id = sample::evaluator(text);
            let command = match step {
                0 => EvaluationCommand::DrawPanel(Box::new(sample::draw_panel())),
                1 | 2 => sample::accept(evaluator_id),
                3 => sample::leave(evaluator_id, "x"),
                4 | 5 => EvaluationCommand::Commit(Box::new(sample::commit_of(text))),
                6 => EvaluationCommand::Reveal(Box::new(
                    sample::reveal_of(text, &sample::VOTES[who % 5]),
                )),
                7 => EvaluationCommand::CloseReveal(Box::new(CloseReveal {
                    call: Some(crate::sample::tender_published()),
                })),
                _ => EvaluationCommand::Compute(Box::new(sample::compute())),
            };
            for event in state.decide(command, local(hours[hour])).unwrap_or_default() {
                state = state.evolve(&event).unwrap();
            }
        }
    }
}
