//! The citizens' panel, its ballots, and what is computed from them.

use serde::{Deserialize, Serialize};

use crate::content::{Ballot, Outliers, ProposalScore, Seat, Unsolvent};
use crate::id::{EvaluatorId, Mask, Ocid, Pseudonym, TenderId};
use crate::vocabulary::{Aggregation, TieBreak};

/// A draw was announced: among whom, for how many seats. Its outcome is settled by a block that nobody
/// knows yet, the one that anchors this event, and by a number that the operator committed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PanelDrawScheduled {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// How many seats.
    pub seats: u32,
    /// How many alternates at most.
    pub alternates: u32,
    /// How many candidates there are.
    pub candidates: u32,
    /// Hex SHA-256 of the candidates' list, see [`crate::draw::list_hash`].
    pub list_hash: String,
    /// Hex SHA-256 of the operator's number of 32 bytes, which the draw reveals.
    pub contribution_hash: String,
}

/// A panel was drawn; anybody can draw it again, see [`crate::draw`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PanelDrawn {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The candidates, sorted.
    pub candidates: Vec<Pseudonym>,
    /// The operator's number, hex.
    pub contribution: String,
    /// Number of the block that anchored the draw's announcement, in decimal.
    #[serde(with = "crate::content::decimal")]
    pub block_number: u64,
    /// Its hash, hex.
    pub block_hash: String,
    /// The draw's seed, hex.
    pub seed: String,
    /// Who sits, in order of rank; seats count from 1.
    pub panel: Vec<Seat>,
    /// Who enters when somebody leaves, in order of rank.
    pub alternates: Vec<Seat>,
}

/// A member of the panel took its seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AssignmentAccepted {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The seat, from 1.
    pub seat: u32,
    /// Who.
    pub evaluator_id: EvaluatorId,
    /// The name it is known by.
    pub pseudonym: Pseudonym,
}

/// A member of the panel left its seat because of a conflict of interest; the next alternate enters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConflictDeclared {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The seat, from 1.
    pub seat: u32,
    /// Who leaves.
    pub pseudonym: Pseudonym,
    /// Who enters; nobody when there is no alternate left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Seat>,
    /// Why, for everybody to read.
    pub reason: String,
}

/// A ballot was committed to; the earlier one of the same seat, if there is one, is void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BallotCommitted {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The seat, from 1.
    pub seat: u32,
    /// Who.
    pub pseudonym: Pseudonym,
    /// Commitment (proof format §2.1) to the ballot at the path `/data/ballot`.
    pub commitment: String,
}

/// A ballot was revealed: it is the one that was committed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BallotRevealed {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The seat, from 1.
    pub seat: u32,
    /// What was committed to.
    pub ballot: Ballot,
    /// The commitment's salt, unpadded base64url of 32 bytes.
    pub salt: String,
}

/// A ballot was not revealed in time, by the timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BallotMissed {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// The seat, from 1.
    pub seat: u32,
    /// Who.
    pub pseudonym: Pseudonym,
    /// Whether there was a commitment.
    pub committed: bool,
}

/// All sub-scores were computed; anybody can compute them again, see [`crate::scoring`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluationComputed {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// How the call aggregates.
    pub aggregation: Aggregation,
    /// The solvent proposals, by mask.
    pub scores: Vec<ProposalScore>,
    /// The others, by mask.
    pub unsolvent: Vec<Unsolvent>,
    /// Whose ballots lie far from the others', and in how many cells; nobody's ballot is dropped for it.
    pub outliers: Vec<Outliers>,
}

/// A tie of the first rank was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TieBroken {
    /// The tender.
    pub tender_id: TenderId,
    /// The contracting process.
    pub ocid: Ocid,
    /// How.
    pub method: TieBreak,
    /// The tied proposals, the winner first.
    pub order: Vec<Mask>,
}
