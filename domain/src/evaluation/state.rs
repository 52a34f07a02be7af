//! The evaluation's state and the two functions that move it.

use crate::aggregate::{Aggregate, aggregate_events};
use crate::content::Seat;
use crate::event::{
    CorruptHistory, EvaluationComputed, PanelDrawScheduled, RulingIssued, TieBroken,
};
use crate::id::EvaluatorId;
use crate::scoring::CountedBallot;
use crate::time::Timestamp;

use super::command::EvaluationCommand as Command;
use super::panel::Panel;
use super::rejection::EvaluationRejection;

aggregate_events!(
    /// What is recorded of an evaluation.
    EvaluationEvent of "evaluation" {
        /// A draw was announced.
        DrawScheduled(PanelDrawScheduled),
        /// The panel was drawn.
        Drawn(PanelDrawn),
        /// A member took its seat.
        Accepted(AssignmentAccepted),
        /// A member left its seat.
        ConflictDeclared(ConflictDeclared),
        /// A ballot was committed to.
        Committed(BallotCommitted),
        /// A ballot was revealed.
        Revealed(BallotRevealed),
        /// A ballot was not revealed in time.
        Missed(BallotMissed),
        /// The points were computed.
        Computed(EvaluationComputed),
        /// A tie was broken.
        TieBroken(TieBroken),
        /// The ruling was issued.
        RulingIssued(RulingIssued),
    }
);

/// The evaluation of a tender.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Evaluation {
    /// Nothing was announced.
    #[default]
    Unscheduled,
    /// A draw was announced.
    Scheduled(Box<PanelDrawScheduled>),
    /// The panel sits.
    Drawn(Box<Panel>),
    /// The points were computed.
    Computed(Box<Outcome>),
    /// The ruling was issued.
    Ruled(Box<Outcome>, Box<RulingIssued>),
}

/// What an evaluation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub(super) panel: Panel,
    pub(super) computed: EvaluationComputed,
    pub(super) tie: Option<TieBroken>,
}

impl Evaluation {
    /// What was announced.
    #[must_use]
    pub fn scheduled(&self) -> Option<&PanelDrawScheduled> {
        match self {
            Self::Unscheduled => None,
            Self::Scheduled(scheduled) => Some(scheduled),
            Self::Drawn(_) | Self::Computed(_) | Self::Ruled(..) => {
                self.panel().map(|panel| &panel.scheduled)
            }
        }
    }

    /// What was drawn.
    #[cfg(test)]
    pub(crate) fn drawn(&self) -> Option<&crate::event::PanelDrawn> {
        self.panel().map(|panel| &panel.drawn)
    }

    /// Who holds the seats now, by seat.
    #[must_use]
    pub fn seats(&self) -> Vec<&Seat> {
        let members = self.panel().into_iter().flat_map(|panel| &panel.members);
        members.map(|member| &member.seat).collect()
    }

    /// The seat an evaluator holds now.
    #[must_use]
    pub fn seat_of(&self, evaluator_id: EvaluatorId) -> Option<&Seat> {
        self.panel()?.member_of(evaluator_id).map(|member| &member.seat)
    }

    /// The revealed ballots, by seat.
    #[must_use]
    pub fn ballots(&self) -> Vec<CountedBallot> {
        self.panel().map(Panel::ballots).unwrap_or_default()
    }

    /// The points, once they are computed.
    #[must_use]
    pub fn computed(&self) -> Option<&EvaluationComputed> {
        self.outcome().map(|outcome| &outcome.computed)
    }

    /// How a tie was broken, if it was.
    #[cfg(test)]
    pub(crate) fn tie_broken(&self) -> Option<&TieBroken> {
        self.outcome()?.tie.as_ref()
    }

    /// The ruling.
    #[must_use]
    pub fn ruling(&self) -> Option<&RulingIssued> {
        match self {
            Self::Ruled(_, ruling) => Some(ruling),
            Self::Unscheduled | Self::Scheduled(_) | Self::Drawn(_) | Self::Computed(_) => None,
        }
    }

    pub(super) fn panel(&self) -> Option<&Panel> {
        match self {
            Self::Unscheduled | Self::Scheduled(_) => None,
            Self::Drawn(panel) => Some(panel),
            Self::Computed(outcome) | Self::Ruled(outcome, _) => Some(&outcome.panel),
        }
    }

    pub(super) fn outcome(&self) -> Option<&Outcome> {
        match self {
            Self::Unscheduled | Self::Scheduled(_) | Self::Drawn(_) => None,
            Self::Computed(outcome) | Self::Ruled(outcome, _) => Some(outcome),
        }
    }

    fn status(&self) -> &'static str {
        match self {
            Self::Unscheduled => "unscheduled",
            Self::Scheduled(_) => "scheduled",
            Self::Drawn(_) => "drawn",
            Self::Computed(_) => "computed",
            Self::Ruled(..) => "ruled",
        }
    }
}

impl Aggregate for Evaluation {
    type Command = Command;
    type Event = EvaluationEvent;
    type Rejection = EvaluationRejection;

    fn decide(
        &self,
        command: Command,
        now: Timestamp,
    ) -> Result<Vec<EvaluationEvent>, EvaluationRejection> {
        match command {
            Command::ScheduleDraw(command) => self.schedule_draw(*command, now),
            Command::DrawPanel(command) => self.draw_panel(*command, now),
            Command::Accept { evaluator_id, link } => self.accept(evaluator_id, link),
            Command::DeclareConflict { call, evaluator_id, reason } => {
                self.declare_conflict(call.map(|call| *call), evaluator_id, &reason, now)
            }
            Command::Commit(command) => self.commit(*command, now),
            Command::Reveal(command) => self.reveal(*command, now),
            Command::CloseReveal(command) => self.close_reveal(*command, now),
            Command::Compute(command) => self.compute_points(*command, now),
            Command::BreakTie(command) => self.break_tie(*command),
            Command::IssueRuling(command) => self.issue_ruling(*command),
        }
    }

    fn evolve(self, event: &EvaluationEvent) -> Result<Self, CorruptHistory> {
        use EvaluationEvent as E;
        match (self, event) {
            (Self::Unscheduled, E::DrawScheduled(scheduled)) => {
                Ok(Self::Scheduled(scheduled.clone()))
            }
            (Self::Scheduled(scheduled), E::Drawn(drawn)) => {
                Ok(Self::Drawn(Box::new(Panel::new(*scheduled, (**drawn).clone())?)))
            }
            (
                Self::Drawn(panel),
                E::Accepted(_)
                | E::ConflictDeclared(_)
                | E::Committed(_)
                | E::Revealed(_)
                | E::Missed(_),
            ) => Ok(Self::Drawn(Box::new(panel.evolve(event)?))),
            (Self::Drawn(panel), E::Computed(computed)) => {
                let computed = (**computed).clone();
                Ok(Self::Computed(Box::new(Outcome { panel: *panel, computed, tie: None })))
            }
            // The timer may record the end of the reveal after the points.
            (Self::Computed(outcome), E::Missed(_)) => {
                Ok(Self::Computed(Box::new(outcome.evolve_panel(event)?)))
            }
            (Self::Ruled(outcome, ruling), E::Missed(_)) => {
                Ok(Self::Ruled(Box::new(outcome.evolve_panel(event)?), ruling))
            }
            (Self::Computed(outcome), E::TieBroken(tie)) if outcome.tie.is_none() => {
                let tie = Some((**tie).clone());
                Ok(Self::Computed(Box::new(Outcome { tie, ..*outcome })))
            }
            (Self::Computed(outcome), E::RulingIssued(ruling)) => {
                Ok(Self::Ruled(outcome, ruling.clone()))
            }
            (
                state @ (Self::Scheduled(_) | Self::Drawn(_) | Self::Computed(_) | Self::Ruled(..)),
                E::DrawScheduled(_),
            )
            | (
                state @ (Self::Unscheduled | Self::Drawn(_) | Self::Computed(_) | Self::Ruled(..)),
                E::Drawn(_),
            )
            | (
                state @ (Self::Unscheduled
                | Self::Scheduled(_)
                | Self::Computed(_)
                | Self::Ruled(..)),
                E::Accepted(_)
                | E::ConflictDeclared(_)
                | E::Committed(_)
                | E::Revealed(_)
                | E::Computed(_),
            )
            | (state @ (Self::Unscheduled | Self::Scheduled(_)), E::Missed(_))
            | (
                state @ (Self::Unscheduled | Self::Scheduled(_) | Self::Drawn(_) | Self::Ruled(..)),
                E::RulingIssued(_),
            )
            | (
                state @ (Self::Unscheduled
                | Self::Scheduled(_)
                | Self::Drawn(_)
                | Self::Computed(_)
                | Self::Ruled(..)),
                E::TieBroken(_),
            ) => Err(event.out_of_order(state.status())),
        }
    }
}

impl Outcome {
    fn evolve_panel(self, event: &EvaluationEvent) -> Result<Self, CorruptHistory> {
        Ok(Self { panel: self.panel.evolve(event)?, ..self })
    }
}

impl EvaluationEvent {
    pub(super) fn out_of_order(&self, status: &'static str) -> CorruptHistory {
        let event_type = match self {
            Self::DrawScheduled(_) => "PanelDrawScheduled",
            Self::Drawn(_) => "PanelDrawn",
            Self::Accepted(_) => "AssignmentAccepted",
            Self::ConflictDeclared(_) => "ConflictDeclared",
            Self::Committed(_) => "BallotCommitted",
            Self::Revealed(_) => "BallotRevealed",
            Self::Missed(_) => "BallotMissed",
            Self::Computed(_) => "EvaluationComputed",
            Self::TieBroken(_) => "TieBroken",
            Self::RulingIssued(_) => "RulingIssued",
        };
        CorruptHistory::OutOfOrder { aggregate: "evaluation", status, event_type }
    }
}
