//! The citizens' panel, known by pseudonyms.

use async_graphql::{ComplexObject, SimpleObject};
use domain::content as d;
use projections::procedure as p;

use super::proposals::Document;
use super::{ActRef, few};
use crate::schema::parts::{each, int};
use crate::schema::scalars::{Position, UuidText};

/// How many cells of one ballot lie far from the median.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Outliers {
    /// Whose ballot.
    pseudonym: String,
    /// Cells that are flagged.
    cells: i32,
    /// Cells of a ballot.
    of: i32,
}

impl From<d::Outliers> for Outliers {
    fn from(it: d::Outliers) -> Self {
        Self { pseudonym: it.pseudonym.into(), cells: int(it.cells), of: int(it.of) }
    }
}

/// The announcement of a draw.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct DrawAnnouncement {
    /// What recorded it.
    act: ActRef,
    /// How many seats.
    seats: i32,
    /// How many alternates at most.
    alternates: i32,
    /// How many candidates there are.
    candidates: i32,
    /// Hex SHA-256 of the candidates' list.
    list_hash: String,
    /// Hex SHA-256 of the operator's number.
    contribution_hash: String,
}

impl From<p::DrawAnnouncement> for DrawAnnouncement {
    fn from(it: p::DrawAnnouncement) -> Self {
        Self {
            act: it.act.into(),
            seats: int(it.seats),
            alternates: int(it.alternates),
            candidates: int(it.candidates),
            list_hash: it.list_hash,
            contribution_hash: it.contribution_hash,
        }
    }
}

/// Who was drawn.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Seat {
    /// The seat, from 1; of an alternate its place in the order of entering.
    seat: i32,
    /// Who.
    evaluator_id: UuidText,
    /// The name it is known by.
    pseudonym: String,
}

impl From<d::Seat> for Seat {
    fn from(it: d::Seat) -> Self {
        Self {
            seat: int(it.seat),
            evaluator_id: it.evaluator_id.0.into(),
            pseudonym: it.pseudonym.into(),
        }
    }
}

/// A draw with all its inputs: anybody can draw again.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Draw {
    /// What recorded it.
    act: ActRef,
    /// The candidates' pseudonyms, sorted.
    candidates: Vec<String>,
    /// The operator's number, hex.
    contribution: String,
    /// Number of the block that anchored the announcement.
    block_number: Position,
    /// Its hash, hex.
    block_hash: String,
    /// The seed, hex.
    seed: String,
    /// Who was drawn, in order of rank.
    panel: Vec<Seat>,
    /// Who enters when somebody leaves, in order of rank.
    alternates: Vec<Seat>,
}

impl From<p::Draw> for Draw {
    fn from(it: p::Draw) -> Self {
        Self {
            act: it.act.into(),
            candidates: each(it.candidates),
            contribution: it.contribution,
            block_number: it.block_number.into(),
            block_hash: it.block_hash,
            seed: it.seed,
            panel: each(it.panel),
            alternates: each(it.alternates),
        }
    }
}

/// A commitment to a ballot.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct BallotCommitment {
    /// What recorded it.
    act: ActRef,
    /// Commitment (proof format §2.1) to the ballot at the path `/data/ballot`.
    commitment: String,
}

impl From<p::Commitment> for BallotCommitment {
    fn from(it: p::Commitment) -> Self {
        Self { act: it.act.into(), commitment: it.commitment }
    }
}

/// The scores of one proposal on a ballot.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct BallotScores {
    /// The proposal.
    mask: String,
    /// From 0 to 100, in the order of the call's social criteria.
    scores: Vec<i32>,
}

impl From<d::BallotScores> for BallotScores {
    fn from(it: d::BallotScores) -> Self {
        Self { mask: it.mask.into(), scores: it.scores.into_iter().map(int).collect() }
    }
}

/// A revealed ballot, with all that the commitment is computed from.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct RevealedBallot {
    /// What recorded it.
    act: ActRef,
    /// The tender.
    tender_id: UuidText,
    /// Whose ballot it is.
    pseudonym: String,
    /// Every opened proposal, in the order of the masks.
    proposals: Vec<BallotScores>,
    /// Why.
    justification: Document,
    /// How likely the winner is to deliver in time, in per cent.
    delivery_probability_percent: i32,
    /// The commitment's salt, unpadded base64url.
    salt: String,
}

impl From<p::RevealedBallot> for RevealedBallot {
    fn from(it: p::RevealedBallot) -> Self {
        let d::Ballot {
            tender_id,
            pseudonym,
            proposals,
            justification,
            delivery_probability_percent,
        } = it.ballot;
        Self {
            act: it.act.into(),
            tender_id: tender_id.0.into(),
            pseudonym: pseudonym.into(),
            proposals: each(proposals),
            justification: justification.into(),
            delivery_probability_percent: int(delivery_probability_percent),
            salt: it.salt,
        }
    }
}

/// That a ballot was not revealed in time.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct MissedBallot {
    /// What recorded it.
    act: ActRef,
    /// Whether there was a commitment.
    committed: bool,
}

impl From<p::MissedBallot> for MissedBallot {
    fn from(it: p::MissedBallot) -> Self {
        Self { act: it.act.into(), committed: it.committed }
    }
}

/// A seat and who holds it now.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct PanelSeat {
    /// Its number, from 1.
    seat: i32,
    /// Who.
    evaluator_id: UuidText,
    /// The name it is known by.
    pseudonym: String,
    /// That it took the seat.
    accepted: Option<ActRef>,
    /// The commitment that counts, the last one.
    committed: Option<BallotCommitment>,
    /// Its ballot.
    revealed: Option<RevealedBallot>,
    /// That there is no ballot.
    missed: Option<MissedBallot>,
}

impl From<p::PanelSeat> for PanelSeat {
    fn from(it: p::PanelSeat) -> Self {
        Self {
            seat: int(it.seat),
            evaluator_id: it.evaluator_id.0.into(),
            pseudonym: it.pseudonym.into(),
            accepted: it.accepted.map(ActRef::from),
            committed: it.committed.map(BallotCommitment::from),
            revealed: it.revealed.map(RevealedBallot::from),
            missed: it.missed.map(MissedBallot::from),
        }
    }
}

/// That somebody left its seat because of a conflict of interest.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Conflict {
    /// What recorded it.
    act: ActRef,
    /// The seat, from 1.
    seat: i32,
    /// Who left.
    pseudonym: String,
    /// Who entered; null when there was no alternate left.
    replacement: Option<String>,
    /// Why.
    reason: String,
}

impl From<p::Conflict> for Conflict {
    fn from(it: p::Conflict) -> Self {
        Self {
            act: it.act.into(),
            seat: int(it.seat),
            pseudonym: it.pseudonym.into(),
            replacement: it.replacement.map(String::from),
            reason: it.reason,
        }
    }
}

/// A citizens' panel.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Panel {
    /// The announcement of the draw.
    announcement: DrawAnnouncement,
    /// The draw.
    draw: Option<Draw>,
    /// Who left because of a conflict of interest.
    conflicts: Vec<Conflict>,
    #[graphql(skip)]
    held: Vec<p::PanelSeat>,
}

#[ComplexObject]
impl Panel {
    /// Who sits now, by seat; empty before the draw.
    #[graphql(complexity = "few(child_complexity)")]
    async fn seats(&self) -> Vec<PanelSeat> {
        each(self.held.clone())
    }
}

impl From<p::Panel> for Panel {
    fn from(it: p::Panel) -> Self {
        Self {
            announcement: it.announcement.into(),
            draw: it.draw.map(Draw::from),
            conflicts: each(it.conflicts),
            held: it.seats,
        }
    }
}
