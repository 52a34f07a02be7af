//! A panel: who holds which seat, and how far its ballot is.

use crate::content::{Ballot, Seat};
use crate::event::{CorruptHistory, PanelDrawScheduled, PanelDrawn};
use crate::hash::from_hex;
use crate::id::EvaluatorId;
use crate::scoring::CountedBallot;

use super::state::EvaluationEvent as Event;

/// A drawn panel with its ballots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panel {
    pub(super) scheduled: PanelDrawScheduled,
    pub(super) drawn: PanelDrawn,
    pub(super) seed: [u8; 32],
    /// By seat; a seat that nobody is left to take is absent.
    pub(super) members: Vec<Member>,
    /// How many alternates have entered.
    entered: usize,
}

/// Who holds a seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) seat: Seat,
    pub(super) standing: Standing,
}

/// How far the holder of a seat is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Standing {
    /// Drawn, or entered for somebody who left.
    Drawn,
    /// It took its seat.
    Accepted,
    /// It committed to a ballot.
    Committed(String),
    /// It revealed its ballot.
    Revealed(Box<Ballot>),
    /// It did not reveal in time.
    Missed,
}

impl Panel {
    pub(super) fn new(
        scheduled: PanelDrawScheduled,
        drawn: PanelDrawn,
    ) -> Result<Self, CorruptHistory> {
        let seed = from_hex(&drawn.seed).ok_or_else(|| CorruptHistory::Data {
            event_type: "PanelDrawn",
            source: serde::de::Error::custom("the seed is not 32 bytes in hexadecimal"),
        })?;
        let seats = drawn.panel.iter().cloned();
        let members = seats.map(|seat| Member { seat, standing: Standing::Drawn }).collect();
        Ok(Self { scheduled, drawn, seed, members, entered: 0 })
    }

    /// Who holds a seat by this id.
    pub(super) fn member_of(&self, evaluator_id: EvaluatorId) -> Option<&Member> {
        self.members.iter().find(|member| member.seat.evaluator_id == evaluator_id)
    }

    /// The alternate who enters next, if one is left; its number is its place among the alternates.
    pub(super) fn next_alternate(&self) -> Option<&Seat> {
        self.drawn.alternates.get(self.entered)
    }

    /// The ballots that were revealed, by seat.
    pub(super) fn ballots(&self) -> Vec<CountedBallot> {
        let counted = |member: &Member| match &member.standing {
            Standing::Revealed(ballot) => Some(CountedBallot {
                pseudonym: ballot.pseudonym.clone(),
                proposals: ballot.proposals.clone(),
            }),
            Standing::Drawn | Standing::Accepted | Standing::Committed(_) | Standing::Missed => {
                None
            }
        };
        self.members.iter().filter_map(counted).collect()
    }

    /// Adds what a member did. `event` is one of a member's.
    pub(super) fn evolve(mut self, event: &Event) -> Result<Self, CorruptHistory> {
        let (number, step) = match event {
            Event::Accepted(it) => (it.seat, Step::To(Standing::Accepted)),
            Event::Committed(it) => (it.seat, Step::To(Standing::Committed(it.commitment.clone()))),
            Event::Revealed(it) => {
                (it.seat, Step::To(Standing::Revealed(Box::new(it.ballot.clone()))))
            }
            Event::Missed(it) => (it.seat, Step::To(Standing::Missed)),
            Event::ConflictDeclared(it) => (it.seat, Step::Leave(it.replacement.clone())),
            Event::DrawScheduled(_)
            | Event::Drawn(_)
            | Event::Computed(_)
            | Event::TieBroken(_)
            | Event::RulingIssued(_) => return Err(event.out_of_order("with a panel")),
        };
        let place = self.members.iter().position(|member| member.seat.seat == number);
        let Some(place) = place else { return Err(event.out_of_order("without that seat")) };
        let standing = &self.members[place].standing;
        match step {
            Step::To(next) if standing.may_become(&next) => self.members[place].standing = next,
            Step::Leave(None) if standing.may_leave() => {
                self.members.remove(place);
            }
            Step::Leave(Some(seat)) if standing.may_leave() && seat.seat == number => {
                self.entered += 1;
                self.members[place] = Member { seat, standing: Standing::Drawn };
            }
            Step::To(_) | Step::Leave(_) => return Err(event.out_of_order(standing.as_str())),
        }
        Ok(self)
    }
}

/// What an event does to a seat.
enum Step {
    To(Standing),
    Leave(Option<Seat>),
}

impl Standing {
    fn may_become(&self, next: &Self) -> bool {
        matches!(
            (self, next),
            (Self::Drawn, Self::Accepted)
                | (Self::Accepted | Self::Committed(_), Self::Committed(_))
                | (Self::Committed(_), Self::Revealed(_))
                | (Self::Drawn | Self::Accepted | Self::Committed(_), Self::Missed)
        )
    }

    fn may_leave(&self) -> bool {
        matches!(self, Self::Drawn | Self::Accepted)
    }

    fn as_str(&self) -> &'static str {
        match self {
            Self::Drawn => "drawn",
            Self::Accepted => "accepted",
            Self::Committed(_) => "committed",
            Self::Revealed(_) => "revealed",
            Self::Missed => "missed",
        }
    }
}
