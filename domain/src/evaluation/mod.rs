//! The evaluation of a tender: its citizens' panel, the ballots, the result, the ruling.

mod ballots;
mod command;
mod drawing;
mod link;
mod message;
mod panel;
mod refusal;
mod rejection;
mod result;
mod state;

pub use command::{
    BreakTie, CloseReveal, CommitBallot, Compute, DrawPanel, EvaluationCommand, IssueRuling,
    Reveal, ScheduleDraw, TiedProposal,
};
pub use link::{Link, Participant};
pub use panel::Panel;
pub use rejection::EvaluationRejection;
pub use state::{Evaluation, EvaluationEvent, Outcome};

use crate::event::TenderPublished;
use crate::scoring::TRIMMED_BALLOTS_MIN;
use crate::vocabulary::Aggregation;

/// The fewest revealed ballots an evaluation is computed from, and the fewest seats of a panel; a trimmed
/// mean needs [`TRIMMED_BALLOTS_MIN`].
pub const PANEL_QUORUM: u32 = 3;

/// The most seats of a panel, and the most alternates.
pub const SEATS_MAX: u32 = 15;

/// The fewest ballots that the call's way of aggregating works on.
fn quorum(call: &TenderPublished) -> u32 {
    match call.aggregation {
        Aggregation::Median | Aggregation::Mean => PANEL_QUORUM,
        Aggregation::TrimmedMean => PANEL_QUORUM.max(TRIMMED_BALLOTS_MIN),
    }
}

#[cfg(test)]
mod tests;
