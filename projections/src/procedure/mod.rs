//! A contracting process as its page shows it: a pure fold of its public events.
//!
//! What is sealed is not in here before the event that opens it, because the fold sees public events only. Nothing
//! that depends on the hour is in here either: whether receipt is open or a payment overdue is the clock's business.

mod contract;
mod panel;
mod proposals;

pub use contract::{
    Activation, Contract, Delivery, Guarantee, Invoice, Milestone, MilestoneStatus, Payment,
    Penalty, PerformanceRating, Return, Settlement, Signature, WorkRatings,
};
pub use panel::{
    Commitment, Conflict, Draw, DrawAnnouncement, MissedBallot, Panel, PanelSeat, RevealedBallot,
};
pub use proposals::{Opening, Proposal, RevealedOffer, TechnicalSheet};

use domain::content::{Outliers, Tenderer, Unsolvent};
use domain::event::{
    AwardIssued, EvaluationComputed, RulingIssued, TenderDeserted, TenderPublished, TieBroken,
};
use domain::id::{AwardId, LocalId, Mask, TenderId};
use domain::vocabulary::TieBreak;
use domain::{Aggregation, Day, DomainEvent, Money};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An event that cannot follow what was folded before it: an incident, for no decision makes such a history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutOfPlace {
    /// No proposal is known by that mask.
    #[error("no proposal is known as {0}")]
    Mask(Mask),
    /// No panel was announced, or none drawn.
    #[error("there is no panel")]
    Panel,
    /// Nobody has that seat.
    #[error("nobody sits on seat {0}")]
    Seat(u32),
    /// No contract was prepared.
    #[error("there is no contract")]
    Contract,
    /// The contract has no such deliverable.
    #[error("the contract has no deliverable {0}")]
    Milestone(LocalId),
}

/// The event that recorded something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActRef {
    /// Its place in the log.
    pub position: u64,
    /// Its id.
    pub event_id: Uuid,
    /// When it took effect by the business clock, milliseconds since 1970-01-01 UTC.
    pub effective_at_ms: i64,
}

/// How far a process is, by its last decisive event. The panel is drawn, and votes, beside this line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProcedureStatus {
    /// Its plan is approved; nothing is called for yet.
    #[default]
    Planned,
    /// The call is published; the clock says whether proposals are received.
    Published,
    /// Receipt is closed, and nothing opened.
    ReceiptClosed,
    /// The technical envelopes are open.
    Opened,
    /// The economic envelopes are open.
    EconomicOpened,
    /// All sub-scores are computed.
    Evaluated,
    /// The ruling is issued.
    Ruled,
    /// The award is issued.
    Awarded,
    /// Nobody is awarded; nothing follows.
    Deserted,
    /// The contract is in force.
    Contracted,
    /// Everything is delivered, accepted and paid.
    Completed,
}

/// The result of the evaluation; the points stand with the proposals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// What recorded it.
    pub act: ActRef,
    /// How the call aggregates.
    pub aggregation: Aggregation,
    /// Whose ballots lie far from the others'.
    pub outliers: Vec<Outliers>,
}

/// How a tie of the first rank was broken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tie {
    /// What recorded it.
    pub act: ActRef,
    /// How.
    pub method: TieBreak,
    /// The tied proposals, the winner first.
    pub order: Vec<Mask>,
}

/// The ruling (dictamen).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ruling {
    /// What recorded it.
    pub act: ActRef,
    /// The solvent proposals, the best first.
    pub order: Vec<Mask>,
    /// The others, with the cause.
    pub unsolvent: Vec<Unsolvent>,
    /// Why.
    pub reasons: String,
}

/// The award (fallo).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Award {
    /// What recorded it.
    pub act: ActRef,
    /// Its id.
    pub award_id: AwardId,
    /// The winning proposal.
    pub mask: Mask,
    /// The company.
    pub supplier: Tenderer,
    /// The price, VAT excluded.
    pub amount: Money,
    /// Its points, in centipoints.
    pub total: u32,
    /// The last day to sign the contract.
    pub sign_by: Day,
    /// Why.
    pub reasons: String,
}

/// That nobody is awarded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Desertion {
    /// What recorded it.
    pub act: ActRef,
    /// Why.
    pub reasons: String,
}

/// A contracting process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Procedure {
    /// How far it is.
    pub status: ProcedureStatus,
    /// The approval of its plan.
    pub planned: Option<ActRef>,
    /// The publication of its call.
    pub published: Option<ActRef>,
    /// The tender, once it is called.
    pub tender_id: Option<TenderId>,
    /// The end of receipt.
    pub receipt_closed: Option<ActRef>,
    /// The technical opening, which says how many proposals there are.
    pub opening: Option<Opening>,
    /// The opened proposals, in the order of their masks.
    pub proposals: Vec<Proposal>,
    /// The citizens' panel.
    pub panel: Option<Panel>,
    /// The result of the evaluation.
    pub evaluation: Option<Evaluation>,
    /// How a tie of the first rank was broken.
    pub tie: Option<Tie>,
    /// The ruling.
    pub ruling: Option<Ruling>,
    /// The award.
    pub award: Option<Award>,
    /// That nobody is awarded.
    pub desertion: Option<Desertion>,
    /// The contract.
    pub contract: Option<Contract>,
}

impl Procedure {
    /// Adds one public event of the process; contains no rule.
    ///
    /// # Errors
    /// [`OutOfPlace`] when the event speaks of something that was never there.
    pub fn fold(&mut self, event: &DomainEvent, act: ActRef) -> Result<(), OutOfPlace> {
        use DomainEvent as E;
        match event {
            E::PlanApproved(_) => self.planned = Some(act),
            E::TenderPublished(event) => self.publish(event, act),
            E::ReceiptClosed(_) => {
                self.status = ProcedureStatus::ReceiptClosed;
                self.receipt_closed = Some(act);
            }
            E::ProposalOpened(event) => self.open_proposal(event, act),
            E::ProposalsOpened(event) => self.open(event, act),
            E::TechnicalSheetOpened(event) => self.open_sheet(event, act)?,
            E::EconomicOpened(event) => self.open_offer(event, act)?,
            E::PanelDrawScheduled(event) => self.panel = Some(Panel::announced(event, act)),
            E::PanelDrawn(event) => self.panel()?.draw(event, act),
            E::AssignmentAccepted(event) => self.panel()?.seat(event.seat)?.accepted = Some(act),
            E::ConflictDeclared(event) => self.panel()?.leave(event, act)?,
            E::BallotCommitted(event) => self.panel()?.commit(event, act)?,
            E::BallotRevealed(event) => self.panel()?.reveal(event, act)?,
            E::BallotMissed(event) => self.panel()?.miss(event, act)?,
            E::EvaluationComputed(event) => self.evaluate(event, act)?,
            E::TieBroken(event) => self.break_tie(event, act),
            E::RulingIssued(event) => self.rule(event, act),
            E::AwardIssued(event) => self.award(event, act),
            E::TenderDeserted(event) => self.desert(event, act),
            E::ContractPrepared(event) => self.contract = Some(Contract::prepared(event, act)),
            E::GuaranteeLodged(event) => self.contract()?.lodge(event, act),
            E::ContractSigned(event) => self.contract()?.sign(event.party, act),
            E::ContractActivated(event) => {
                self.contract()?.activate(event, act);
                self.status = ProcedureStatus::Contracted;
            }
            E::DeliverableSubmitted(event) => self.contract()?.deliver(event, act)?,
            E::DeliverableReturned(event) => self.contract()?.send_back(event, act)?,
            E::DeliverableAccepted(event) => self.contract()?.accept(event, act)?,
            E::PenaltyApplied(event) => self.contract()?.penalise(event, act)?,
            E::InvoiceRegistered(event) => self.contract()?.invoice(event, act)?,
            E::PaymentOrdered(event) => self.contract()?.order(event, act)?,
            E::PaymentRecorded(event) => self.contract()?.pay(event, act)?,
            E::ContractCompleted(_) => {
                self.contract()?.completed = Some(act);
                self.status = ProcedureStatus::Completed;
            }
            E::SettlementIssued(event) => self.contract()?.settle(event, act),
            E::PerformanceRated(event) => self.contract()?.rate_performance(event, act),
            E::WorkRated(event) => self.contract()?.work.add(event.stars),
            // Registers, publications, and what is recorded sealed only.
            E::UnitRegistered(_)
            | E::CatalogItemAdded(_)
            | E::CompanyRegistered(_)
            | E::CompanyApproved(_)
            | E::CompanyRejected(_)
            | E::EvaluatorApplied(_)
            | E::EvaluatorAccredited(_)
            | E::ParticipantRegistered(_)
            | E::ProposalSubmitted(_)
            | E::ProposalReplaced(_)
            | E::ProposalWithdrawn(_)
            | E::TechnicalSheetSigned(_)
            | E::ReleasePublished(_)
            | E::Heartbeat(_) => {}
        }
        Ok(())
    }

    fn panel(&mut self) -> Result<&mut Panel, OutOfPlace> {
        self.panel.as_mut().ok_or(OutOfPlace::Panel)
    }

    fn contract(&mut self) -> Result<&mut Contract, OutOfPlace> {
        self.contract.as_mut().ok_or(OutOfPlace::Contract)
    }

    fn publish(&mut self, event: &TenderPublished, act: ActRef) {
        self.status = ProcedureStatus::Published;
        self.published = Some(act);
        self.tender_id = Some(event.tender_id);
    }

    fn evaluate(&mut self, event: &EvaluationComputed, act: ActRef) -> Result<(), OutOfPlace> {
        for score in &event.scores {
            self.proposal(&score.mask)?.score = Some(score.clone());
        }
        for unsolvent in &event.unsolvent {
            self.proposal(&unsolvent.mask)?.unsolvent = Some(unsolvent.cause);
        }
        let (aggregation, outliers) = (event.aggregation, event.outliers.clone());
        self.evaluation = Some(Evaluation { act, aggregation, outliers });
        self.status = ProcedureStatus::Evaluated;
        Ok(())
    }

    fn break_tie(&mut self, event: &TieBroken, act: ActRef) {
        self.tie = Some(Tie { act, method: event.method, order: event.order.clone() });
    }

    fn rule(&mut self, event: &RulingIssued, act: ActRef) {
        self.ruling = Some(Ruling {
            act,
            order: event.order.clone(),
            unsolvent: event.unsolvent.clone(),
            reasons: event.reasons.clone(),
        });
        self.status = ProcedureStatus::Ruled;
    }

    fn award(&mut self, event: &AwardIssued, act: ActRef) {
        self.award = Some(Award {
            act,
            award_id: event.award_id,
            mask: event.mask.clone(),
            supplier: event.supplier.clone(),
            amount: event.amount,
            total: event.total,
            sign_by: event.sign_by,
            reasons: event.reasons.clone(),
        });
        self.status = ProcedureStatus::Awarded;
    }

    fn desert(&mut self, event: &TenderDeserted, act: ActRef) {
        self.desertion = Some(Desertion { act, reasons: event.reasons.clone() });
        self.status = ProcedureStatus::Deserted;
    }
}
