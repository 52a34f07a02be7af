//! What a refusal says to programs: its slug, the member to correct, what was compared.

use crate::rejection::{Refusal, listed};

use super::message;
use super::rejection::EvaluationRejection;

impl Refusal for EvaluationRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::TenderUnknown => "tender-unknown",
            Self::ReceiptOpen { .. } => "receipt-open",
            Self::DrawAlreadyScheduled => "draw-already-scheduled",
            Self::SeatsOutOfRange { .. } => "seats-out-of-range",
            Self::TooFewCandidates { .. } => "too-few-candidates",
            Self::DrawNotScheduled => "draw-not-scheduled",
            Self::DrawNotDue { .. } => "draw-not-due",
            Self::DrawNotAnchored => "draw-not-anchored",
            Self::CandidatesChanged => "candidates-changed",
            Self::ContributionChanged => "contribution-changed",
            Self::PanelAlreadyDrawn => "panel-already-drawn",
            Self::PanelNotDrawn => "panel-not-drawn",
            Self::NotOnThePanel => "not-on-the-panel",
            Self::ConflictOfInterest => "conflict-of-interest",
            Self::InterestsUnknown => "interests-unknown",
            Self::AssignmentAlreadyAccepted => "assignment-already-accepted",
            Self::AssignmentNotAccepted => "assignment-not-accepted",
            Self::BallotAlreadyCommitted => "ballot-already-committed",
            Self::BallotMissed => "ballot-missed",
            Self::TenderNotOpened => "tender-not-opened",
            Self::VotingNotStarted { .. } => "voting-not-started",
            Self::VotingEnded { .. } => "voting-ended",
            Self::RevealNotStarted { .. } => "reveal-not-started",
            Self::RevealEnded { .. } => "reveal-ended",
            Self::NothingCommitted => "nothing-committed",
            Self::CommitmentMismatch => "commitment-mismatch",
            Self::BallotAlreadyRevealed => "ballot-already-revealed",
            Self::BallotOfAnother { .. } => "ballot-of-another",
            Self::BallotMasks { .. } => "ballot-masks",
            Self::ScoresCount { .. } => "scores-count",
            Self::RevealOpen { .. } => "reveal-open",
            Self::NothingMissed => "nothing-missed",
            Self::EconomicNotOpened => "economic-not-opened",
            Self::QuorumMissing { .. } => "quorum-missing",
            Self::NotComputable(_) => "evaluation-not-computable",
            Self::EvaluationAlreadyComputed => "evaluation-already-computed",
            Self::EvaluationMissing => "evaluation-missing",
            Self::NoTie => "no-tie",
            Self::TieAlreadyBroken => "tie-already-broken",
            Self::TiedProposalsMissing { .. } => "tied-proposals-missing",
            Self::TieUnbroken { .. } => "tie-unbroken",
            Self::EvaluationDiffers => "evaluation-differs",
            Self::NobodySolvent => "nobody-solvent",
            Self::TechnicalSigner => "technical-signer",
            Self::RulingAlreadyIssued => "ruling-already-issued",
        }
    }

    fn message_es(&self) -> String {
        message::in_spanish(self)
    }

    fn field(&self) -> Option<String> {
        let field = match self {
            Self::Input(input) => return input.field(),
            Self::SeatsOutOfRange { field, .. } | Self::BallotOfAnother { field } => field,
            Self::TenderUnknown => "tenderId",
            Self::TooFewCandidates { .. } => "seats",
            Self::CommitmentMismatch => "ballot",
            Self::BallotMasks { .. } => "ballot.proposals",
            Self::ScoresCount { index, .. } => {
                return Some(format!("ballot.proposals[{index}].scores"));
            }
            _ => return None,
        };
        Some(field.to_owned())
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::ReceiptOpen { deadline, now }
            | Self::VotingEnded { deadline, now }
            | Self::RevealEnded { deadline, now }
            | Self::RevealOpen { deadline, now } => {
                vec![("deadline", deadline.to_string()), ("now", now.to_string())]
            }
            Self::DrawNotDue { due, now } => {
                vec![("due", due.to_string()), ("now", now.to_string())]
            }
            Self::VotingNotStarted { start, now } | Self::RevealNotStarted { start, now } => {
                vec![("start", start.to_string()), ("now", now.to_string())]
            }
            Self::SeatsOutOfRange { min, max, .. } => {
                vec![("min", min.to_string()), ("max", max.to_string())]
            }
            Self::TooFewCandidates { eligible, seats } => {
                vec![("eligible", eligible.to_string()), ("seats", seats.to_string())]
            }
            Self::BallotMasks { expected } => vec![("expected", listed(expected))],
            Self::ScoresCount { expected, .. } => vec![("expected", expected.to_string())],
            Self::QuorumMissing { revealed, quorum } => {
                vec![("revealed", revealed.to_string()), ("quorum", quorum.to_string())]
            }
            Self::NotComputable(cause) => vec![("cause", cause.to_string())],
            Self::TiedProposalsMissing { masks } | Self::TieUnbroken { masks } => {
                vec![("masks", listed(masks))]
            }
            _ => Vec::new(),
        }
    }
}
