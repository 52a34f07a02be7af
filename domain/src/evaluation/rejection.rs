//! How an evaluation is refused, and what to do about it.

use crate::id::Mask;
use crate::rejection::InputRejection;
use crate::scoring::ScoringError;
use crate::time::Timestamp;

/// How a command to an evaluation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// The call is not published, or it is another tender's.
    #[error("the tender is not published")]
    TenderUnknown,
    /// Proposals are still received: the list of candidates closes after them.
    #[error("proposals are received until {deadline}")]
    ReceiptOpen {
        /// Until when.
        deadline: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// The draw was announced before.
    #[error("the draw was announced already")]
    DrawAlreadyScheduled,
    /// A panel of too few or too many seats, or too many alternates.
    #[error("{field} is outside {min} to {max}")]
    SeatsOutOfRange {
        /// The member.
        field: &'static str,
        /// The least.
        min: u32,
        /// The most.
        max: u32,
    },
    /// Fewer candidates than seats.
    #[error("there are {eligible} candidates for {seats} seats")]
    TooFewCandidates {
        /// How many may be drawn.
        eligible: usize,
        /// How many seats.
        seats: u32,
    },
    /// The draw was not announced.
    #[error("the draw was not announced")]
    DrawNotScheduled,
    /// The hour of the draw is still to come.
    #[error("the draw is due at {due}")]
    DrawNotDue {
        /// The hour.
        due: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// The announcement is in no confirmed block.
    #[error("the announcement of the draw is in no confirmed block")]
    DrawNotAnchored,
    /// Not the candidates that were announced.
    #[error("the candidates are not those that were announced")]
    CandidatesChanged,
    /// Not the number that was committed to.
    #[error("the operator's number is not the one that was committed to")]
    ContributionChanged,
    /// The panel was drawn before.
    #[error("the panel was drawn already")]
    PanelAlreadyDrawn,
    /// The panel was not drawn.
    #[error("the panel was not drawn")]
    PanelNotDrawn,
    /// Whoever asks holds no seat.
    #[error("the caller holds no seat")]
    NotOnThePanel,
    /// Whoever asks is linked to somebody who takes part; to whom is not said.
    #[error("the caller is linked to a company that takes part")]
    ConflictOfInterest,
    /// What whoever asks declared is lost, so that a conflict cannot be ruled out.
    #[error("the caller's interests cannot be read any more")]
    InterestsUnknown,
    /// The seat was taken before.
    #[error("the seat was taken already")]
    AssignmentAlreadyAccepted,
    /// The seat was not taken.
    #[error("the seat was not taken")]
    AssignmentNotAccepted,
    /// The seat has a ballot, so that it cannot be left.
    #[error("the seat has a ballot")]
    BallotAlreadyCommitted,
    /// The seat's ballot was not revealed in time.
    #[error("the seat's ballot was not revealed in time")]
    BallotMissed,
    /// There are no opened proposals to score.
    #[error("the technical envelopes are not open")]
    TenderNotOpened,
    /// Ballots are committed from an hour that is still to come.
    #[error("ballots are committed from {start}")]
    VotingNotStarted {
        /// From when.
        start: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// Ballots were committed until an hour that has come.
    #[error("ballots were committed until {deadline}")]
    VotingEnded {
        /// Until when.
        deadline: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// Ballots are revealed from an hour that is still to come.
    #[error("ballots are revealed from {start}")]
    RevealNotStarted {
        /// From when.
        start: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// Ballots were revealed until an hour that has come.
    #[error("ballots were revealed until {deadline}")]
    RevealEnded {
        /// Until when.
        deadline: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// The seat has no commitment.
    #[error("nothing was committed to")]
    NothingCommitted,
    /// The ballot and its salt do not make the live commitment.
    #[error("the ballot is not the one that was committed to last")]
    CommitmentMismatch,
    /// The ballot was revealed before.
    #[error("the ballot was revealed already")]
    BallotAlreadyRevealed,
    /// The ballot names another tender or another member of the panel.
    #[error("{field} is another's")]
    BallotOfAnother {
        /// The member.
        field: &'static str,
    },
    /// The ballot does not score every opened proposal once, in the order of the masks.
    #[error("the ballot does not score every proposal in order")]
    BallotMasks {
        /// The proposals, in order.
        expected: Vec<Mask>,
    },
    /// A proposal does not have one score a criterion.
    #[error("proposal {index} of the ballot does not have {expected} scores")]
    ScoresCount {
        /// The proposal's place on the ballot, from 0.
        index: usize,
        /// How many criteria there are.
        expected: usize,
    },
    /// Ballots may still be revealed.
    #[error("ballots are revealed until {deadline}")]
    RevealOpen {
        /// Until when.
        deadline: Timestamp,
        /// The hour of the command.
        now: Timestamp,
    },
    /// Every ballot was revealed, or recorded as missed.
    #[error("no ballot is missed")]
    NothingMissed,
    /// No price was opened.
    #[error("the economic envelopes are not open")]
    EconomicNotOpened,
    /// Too few ballots were revealed.
    #[error("{revealed} ballots were revealed of {quorum} that are needed")]
    QuorumMissing {
        /// How many were revealed.
        revealed: usize,
        /// How many are needed.
        quorum: u32,
    },
    /// The points cannot be computed from what was opened and revealed.
    #[error("the points cannot be computed")]
    NotComputable(#[source] ScoringError),
    /// The points were computed before.
    #[error("the evaluation was computed already")]
    EvaluationAlreadyComputed,
    /// The points were not computed.
    #[error("the evaluation was not computed")]
    EvaluationMissing,
    /// One proposal alone has the first rank, or none has.
    #[error("there is no tie of the first rank")]
    NoTie,
    /// The tie was broken before.
    #[error("the tie was broken already")]
    TieAlreadyBroken,
    /// Not everything that is needed to break the tie was brought.
    #[error("tied proposals are missing")]
    TiedProposalsMissing {
        /// Those that are missing.
        masks: Vec<Mask>,
    },
    /// Several proposals have the first rank.
    #[error("several proposals have the first rank")]
    TieUnbroken {
        /// Those proposals.
        masks: Vec<Mask>,
    },
    /// What is computed again is not what was recorded.
    #[error("the recorded evaluation is not what is computed again")]
    EvaluationDiffers,
    /// No proposal is solvent: there is no order to rule on.
    #[error("no proposal is solvent")]
    NobodySolvent,
    /// Whoever signed a technical sheet does not rule.
    #[error("the caller signed a technical sheet")]
    TechnicalSigner,
    /// The ruling was issued before.
    #[error("the ruling was issued already")]
    RulingAlreadyIssued,
}
