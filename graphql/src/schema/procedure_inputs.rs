//! Inputs of the acts of a procedure, from the opening to the award.

use application::{Command, ProcedureAct, RevealInput};
use async_graphql::InputObject;
use domain::content::BallotScores;
use domain::contract::{ContractTerms, MilestoneInput as Milestone};
use domain::evaluator::ApplyAsEvaluator;
use domain::rejection::InputRejection;
use domain::{EvaluatorId, TenderId};

use super::inputs::{CommandInput, command, count, numbered};
use super::scalars::{DayText, UuidText, format};

fn act(tender: &UuidText, act: ProcedureAct) -> Result<Command, InputRejection> {
    Ok(Command::Procedure { tender_id: TenderId(tender.read("tenderId")?), act })
}

command!(
    /// Somebody who asks to be a citizen evaluator.
    ApplyAsEvaluatorInput {
        /// The name to be known by, e.g. `EV-7Q2`.
        pseudonym: String,
        /// The organisation that puts it forward.
        organisation: String,
        /// Keys of buying units and RFCs of companies one is linked to; kept out of the log.
        interests: Vec<String>,
    }
    it => Command::ApplyAsEvaluator(ApplyAsEvaluator {
        pseudonym: it.pseudonym,
        organisation: it.organisation,
        interests: it.interests,
    })
);

command!(
    /// An evaluator to enter in the register.
    AccreditEvaluatorInput {
        /// Which.
        evaluator_id: UuidText,
    }
    it => Command::AccreditEvaluator {
        evaluator_id: EvaluatorId(it.evaluator_id.read("evaluatorId")?),
    }
);

macro_rules! plain_acts {
    ($($(#[$doc:meta])* $name:ident => $act:expr;)+) => {$(
        command!(
            $(#[$doc])*
            $name {
                /// The tender.
                tender_id: UuidText,
            }
            it => act(&it.tender_id, $act)?
        );
    )+};
}

plain_acts!(
    /// Technical envelopes to open.
    OpenTechnicalInput => ProcedureAct::OpenTechnical;
    /// A panel to draw.
    DrawPanelInput => ProcedureAct::DrawPanel;
    /// A seat to take.
    AcceptAssignmentInput => ProcedureAct::AcceptAssignment;
    /// Technical sheets and economic envelopes to open.
    OpenEconomicInput => ProcedureAct::OpenEconomic;
    /// Scores to compute.
    ComputeEvaluationInput => ProcedureAct::ComputeEvaluation;
    /// A tie of the first rank to break.
    BreakTieInput => ProcedureAct::BreakTie;
);

macro_rules! reasoned_acts {
    ($($(#[$doc:meta])* $name:ident => $act:ident;)+) => {$(
        command!(
            $(#[$doc])*
            $name {
                /// The tender.
                tender_id: UuidText,
                /// Why, for everybody to read.
                reasons: String,
            }
            it => act(&it.tender_id, ProcedureAct::$act { reasons: it.reasons })?
        );
    )+};
}

reasoned_acts!(
    /// A ruling (dictamen) to issue.
    IssueRulingInput => IssueRuling;
    /// An award (fallo) to issue.
    IssueAwardInput => IssueAward;
    /// A tender in which nobody is awarded.
    DeclareDesertedInput => DeclareDeserted;
);

command!(
    /// A technical sheet; sealed until the last ballot is revealed.
    SignTechnicalSheetInput {
        /// The tender.
        tender_id: UuidText,
        /// The letter of the proposal.
        mask: String,
        /// Centipoints, in the order of the call's technical criteria.
        scores: Vec<i32>,
        /// Why.
        justification: String,
    }
    it => {
        let scores = numbered(it.scores, |index, score| count(&format!("scores[{index}]"), score))?;
        let (mask, justification) = (it.mask, it.justification);
        act(&it.tender_id, ProcedureAct::SignTechnicalSheet { mask, scores, justification })?
    }
);

command!(
    /// A draw to announce.
    ScheduleDrawInput {
        /// The tender.
        tender_id: UuidText,
        /// How many seats.
        seats: i32,
        /// How many alternates at most.
        alternates: i32,
    }
    it => {
        let (seats, alternates) = (count("seats", it.seats)?, count("alternates", it.alternates)?);
        act(&it.tender_id, ProcedureAct::ScheduleDraw { seats, alternates })?
    }
);

command!(
    /// A seat to leave because of a conflict of interest.
    DeclareConflictInput {
        /// The tender.
        tender_id: UuidText,
        /// Why, for everybody to read.
        reason: String,
    }
    it => act(&it.tender_id, ProcedureAct::DeclareConflict { reason: it.reason })?
);

command!(
    /// A ballot to commit to.
    ///
    /// The commitment is that of the proof format, §2.1, at the path `/data/ballot`, to the object
    /// `{tenderId, pseudonym, proposals: [{mask, scores}], justification: {name: "justificacion.txt",
    /// mediaType: "text/plain", sha256, bytes}, deliveryProbabilityPercent}`.
    ///
    /// `sha256`, 0x and hex, and `bytes` are those of the justification in UTF-8 as the server will keep it: without
    /// blanks around it, in the normal form NFC, one line of 30 to 4,000 characters, none of them a control character
    /// or invisible. For `" Entregó antes y ofrece más garantía. "`, with or without the blanks around it, they are
    /// `0x42f0cd88e876603add202660d318ff9b3749be540bd2bfa18f4570f1df43dc24` and 39.
    CommitBallotInput {
        /// The tender.
        tender_id: UuidText,
        /// The commitment, unpadded base64url of 32 bytes.
        commitment: String,
    }
    it => act(&it.tender_id, ProcedureAct::CommitBallot { commitment: it.commitment })?
);

/// The scores of one proposal.
#[derive(InputObject, Debug)]
pub(crate) struct BallotScoresInput {
    /// The letter of the proposal.
    mask: String,
    /// From 0 to 100, in the order of the call's social criteria.
    scores: Vec<i32>,
}

command!(
    /// A ballot to reveal: the one that was committed to last.
    RevealBallotInput {
        /// The tender.
        tender_id: UuidText,
        /// Every proposal, in the order of the letters.
        proposals: Vec<BallotScoresInput>,
        /// Why: one line of 30 to 4,000 characters, none of them a control character or invisible. Before it is hashed
        /// it is trimmed and brought into the normal form NFC, as it was for the commitment (see `CommitBallotInput`).
        justification: String,
        /// How likely the winner is to deliver in time, in per cent.
        delivery_probability_percent: i32,
        /// The commitment's salt, unpadded base64url of 32 bytes.
        salt: String,
    }
    it => {
        let proposals = numbered(it.proposals, |index, proposal| {
            let at = format!("proposals[{index}]");
            let expected = "la letra de una proposición, como A";
            let mask = proposal.mask.parse();
            let mask = mask.map_err(|_| format(&format!("{at}.mask"), expected))?;
            let score = |place, score| count(&format!("{at}.scores[{place}]"), score);
            Ok(BallotScores { mask, scores: numbered(proposal.scores, score)? })
        })?;
        let percent = it.delivery_probability_percent;
        act(&it.tender_id, ProcedureAct::RevealBallot(Box::new(RevealInput {
            proposals,
            justification: it.justification,
            delivery_probability_percent: count("deliveryProbabilityPercent", percent)?,
            salt: it.salt,
        })))?
    }
);

/// A deliverable of a contract.
#[derive(InputObject, Debug)]
pub(crate) struct MilestoneInput {
    /// Its id, e.g. `D1`.
    id: String,
    /// What is delivered.
    title: String,
    /// Its share of the amount, in per cent.
    percent: i32,
    /// The last day to deliver in time.
    due: DayText,
}

command!(
    /// A contract to prepare for signature.
    PrepareContractInput {
        /// The tender.
        tender_id: UuidText,
        /// The guarantee's share of the amount, in per cent.
        guarantee_percent: i32,
        /// What a day of delay costs, in per mille of the late deliverable's value.
        penalty_per_day_per_mille: i32,
        /// The deliverables; together 100 per cent.
        milestones: Vec<MilestoneInput>,
    }
    it => {
        let milestones = numbered(it.milestones, |index, milestone| Ok(Milestone {
            id: milestone.id,
            title: milestone.title,
            percent: count(&format!("milestones[{index}].percent"), milestone.percent)?,
            due: milestone.due.read(&format!("milestones[{index}].due"))?,
        }))?;
        let penalty = count("penaltyPerDayPerMille", it.penalty_per_day_per_mille)?;
        act(&it.tender_id, ProcedureAct::PrepareContract(Box::new(ContractTerms {
            guarantee_percent: count("guaranteePercent", it.guarantee_percent)?,
            penalty_per_day_per_mille: penalty,
            milestones,
        })))?
    }
);
