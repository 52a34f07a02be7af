//! The citizens' panel: its draw, its seats, its ballots.

use domain::content::{Ballot, Seat};
use domain::event::{
    BallotCommitted, BallotMissed, BallotRevealed, ConflictDeclared, PanelDrawScheduled, PanelDrawn,
};
use domain::id::{EvaluatorId, Pseudonym};
use serde::{Deserialize, Serialize};

use super::{ActRef, OutOfPlace};

/// A panel, from the announcement of its draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Panel {
    /// The announcement.
    pub announcement: DrawAnnouncement,
    /// The draw.
    pub draw: Option<Draw>,
    /// Who sits now, by seat.
    pub seats: Vec<PanelSeat>,
    /// Who left because of a conflict of interest.
    pub conflicts: Vec<Conflict>,
}

/// The announcement of a draw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DrawAnnouncement {
    /// What recorded it.
    pub act: ActRef,
    /// How many seats.
    pub seats: u32,
    /// How many alternates at most.
    pub alternates: u32,
    /// How many candidates there are.
    pub candidates: u32,
    /// Hex SHA-256 of the candidates' list.
    pub list_hash: String,
    /// Hex SHA-256 of the operator's number.
    pub contribution_hash: String,
}

/// A draw with all its inputs: anybody can draw again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draw {
    /// What recorded it.
    pub act: ActRef,
    /// The candidates, sorted.
    pub candidates: Vec<Pseudonym>,
    /// The operator's number, hex.
    pub contribution: String,
    /// Number of the block that anchored the announcement.
    pub block_number: u64,
    /// Its hash, hex.
    pub block_hash: String,
    /// The seed, hex.
    pub seed: String,
    /// Who was drawn, in order of rank.
    pub panel: Vec<Seat>,
    /// Who enters when somebody leaves, in order of rank.
    pub alternates: Vec<Seat>,
}

/// A seat and who holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PanelSeat {
    /// Its number, from 1.
    pub seat: u32,
    /// Who.
    pub evaluator_id: EvaluatorId,
    /// The name it is known by.
    pub pseudonym: Pseudonym,
    /// That it took the seat.
    pub accepted: Option<ActRef>,
    /// The commitment that counts, the last one.
    pub committed: Option<Commitment>,
    /// Its ballot.
    pub revealed: Option<RevealedBallot>,
    /// That there is no ballot.
    pub missed: Option<MissedBallot>,
}

/// A commitment to a ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commitment {
    /// What recorded it.
    pub act: ActRef,
    /// Commitment (proof format §2.1) to the ballot at the path `/data/ballot`.
    pub commitment: String,
}

/// A revealed ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevealedBallot {
    /// What recorded it.
    pub act: ActRef,
    /// What was committed to.
    pub ballot: Ballot,
    /// The commitment's salt, unpadded base64url of 32 bytes.
    pub salt: String,
}

/// That a ballot was not revealed in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MissedBallot {
    /// What recorded it.
    pub act: ActRef,
    /// Whether there was a commitment.
    pub committed: bool,
}

/// That somebody left its seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// What recorded it.
    pub act: ActRef,
    /// The seat, from 1.
    pub seat: u32,
    /// Who left.
    pub pseudonym: Pseudonym,
    /// Who entered; nobody when there was no alternate left.
    pub replacement: Option<Pseudonym>,
    /// Why.
    pub reason: String,
}

impl PanelSeat {
    /// A seat whose holder has done nothing yet.
    fn held(seat: u32, holder: &Seat) -> Self {
        Self {
            seat,
            evaluator_id: holder.evaluator_id,
            pseudonym: holder.pseudonym.clone(),
            accepted: None,
            committed: None,
            revealed: None,
            missed: None,
        }
    }
}

impl Panel {
    pub(super) fn announced(event: &PanelDrawScheduled, act: ActRef) -> Self {
        let announcement = DrawAnnouncement {
            act,
            seats: event.seats,
            alternates: event.alternates,
            candidates: event.candidates,
            list_hash: event.list_hash.clone(),
            contribution_hash: event.contribution_hash.clone(),
        };
        Self { announcement, draw: None, seats: Vec::new(), conflicts: Vec::new() }
    }

    pub(super) fn draw(&mut self, event: &PanelDrawn, act: ActRef) {
        self.seats = event.panel.iter().map(|seat| PanelSeat::held(seat.seat, seat)).collect();
        self.draw = Some(Draw {
            act,
            candidates: event.candidates.clone(),
            contribution: event.contribution.clone(),
            block_number: event.block_number,
            block_hash: event.block_hash.clone(),
            seed: event.seed.clone(),
            panel: event.panel.clone(),
            alternates: event.alternates.clone(),
        });
    }

    pub(super) fn seat(&mut self, number: u32) -> Result<&mut PanelSeat, OutOfPlace> {
        let seat = self.seats.iter_mut().find(|seat| seat.seat == number);
        seat.ok_or(OutOfPlace::Seat(number))
    }

    /// Whoever enters starts anew: an acceptance is a person's, not a seat's.
    pub(super) fn leave(
        &mut self,
        event: &ConflictDeclared,
        act: ActRef,
    ) -> Result<(), OutOfPlace> {
        let number = event.seat;
        let seat = self.seat(number)?;
        match &event.replacement {
            Some(replacement) => *seat = PanelSeat::held(number, replacement),
            None => self.seats.retain(|seat| seat.seat != number),
        }
        self.conflicts.push(Conflict {
            act,
            seat: number,
            pseudonym: event.pseudonym.clone(),
            replacement: event.replacement.as_ref().map(|it| it.pseudonym.clone()),
            reason: event.reason.clone(),
        });
        Ok(())
    }

    pub(super) fn commit(
        &mut self,
        event: &BallotCommitted,
        act: ActRef,
    ) -> Result<(), OutOfPlace> {
        let commitment = event.commitment.clone();
        self.seat(event.seat)?.committed = Some(Commitment { act, commitment });
        Ok(())
    }

    pub(super) fn reveal(&mut self, event: &BallotRevealed, act: ActRef) -> Result<(), OutOfPlace> {
        let (ballot, salt) = (event.ballot.clone(), event.salt.clone());
        self.seat(event.seat)?.revealed = Some(RevealedBallot { act, ballot, salt });
        Ok(())
    }

    pub(super) fn miss(&mut self, event: &BallotMissed, act: ActRef) -> Result<(), OutOfPlace> {
        let committed = event.committed;
        self.seat(event.seat)?.missed = Some(MissedBallot { act, committed });
        Ok(())
    }
}
