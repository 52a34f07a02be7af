//! The contract: guarantee, signatures, deliverables, payments, ratings.

use domain::content::{self, Document, Tenderer};
use domain::event::{
    ContractActivated, ContractPrepared, DeliverableAccepted, DeliverableReturned,
    DeliverableSubmitted, GuaranteeLodged, InvoiceRegistered, PaymentOrdered, PaymentRecorded,
    PenaltyApplied, PerformanceRated, SettlementIssued,
};
use domain::id::{AwardId, ContractId, LocalId, UnitKey};
use domain::vocabulary::Party;
use domain::{Day, Money, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ActRef, OutOfPlace};

/// A contract, from its preparation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// What prepared it.
    pub act: ActRef,
    /// Its id.
    pub contract_id: ContractId,
    /// The award.
    pub award_id: AwardId,
    /// The buying unit.
    pub unit_key: UnitKey,
    /// Its title.
    pub title: String,
    /// The company.
    pub supplier: Tenderer,
    /// The amount, VAT excluded.
    pub amount: Money,
    /// The last day to sign.
    pub sign_by: Day,
    /// The guarantee's share of the amount, in per cent.
    pub guarantee_percent: u32,
    /// What a day of delay costs, in per mille of the late deliverable's value.
    pub penalty_per_day_per_mille: u32,
    /// The guarantee of performance.
    pub guarantee: Option<Guarantee>,
    /// Who signed, in order.
    pub signatures: Vec<Signature>,
    /// That it is in force.
    pub activated: Option<Activation>,
    /// The deliverables.
    pub milestones: Vec<Milestone>,
    /// That everything was delivered, accepted and paid.
    pub completed: Option<ActRef>,
    /// The accounts.
    pub settlement: Option<Settlement>,
    /// How the buyer rated the supplier.
    pub performance: Option<PerformanceRating>,
    /// How citizens rated the work.
    pub work: WorkRatings,
}

/// A guarantee of performance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guarantee {
    /// What recorded it.
    pub act: ActRef,
    /// How much.
    pub amount: Money,
    /// Its number.
    pub reference: String,
}

/// The signature of one party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signature {
    /// What recorded it.
    pub act: ActRef,
    /// Which party.
    pub party: Party,
}

/// That a contract is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Activation {
    /// What recorded it.
    pub act: ActRef,
    /// When the last party signed.
    pub signed_at: Timestamp,
}

/// How far a deliverable is, by its last event; a penalty moves it nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MilestoneStatus {
    /// Nothing was delivered.
    Pending,
    /// It waits for a decision.
    Delivered,
    /// It was sent back.
    Returned,
    /// It was accepted.
    Accepted,
    /// Its invoice is registered.
    Invoiced,
    /// Its payment is ordered.
    Ordered,
    /// It is paid.
    Paid,
}

/// A deliverable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Milestone {
    /// Its id.
    pub id: LocalId,
    /// What is delivered.
    pub title: String,
    /// Its share of the amount, in per cent.
    pub percent: u32,
    /// Its value, VAT excluded.
    pub amount: Money,
    /// The last day to deliver in time.
    pub due: Day,
    /// How far it is.
    pub status: MilestoneStatus,
    /// Natural days late, measured at the first delivery.
    pub days_late: Option<u32>,
    /// What was delivered, in order.
    pub deliveries: Vec<Delivery>,
    /// What was sent back, in order.
    pub returns: Vec<Return>,
    /// That it was accepted.
    pub accepted: Option<ActRef>,
    /// What the delay costs.
    pub penalty: Option<Penalty>,
    /// Its invoice.
    pub invoice: Option<Invoice>,
    /// That its payment was ordered.
    pub ordered: Option<ActRef>,
    /// Its payment.
    pub payment: Option<Payment>,
}

/// A delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// What recorded it.
    pub act: ActRef,
    /// What was delivered.
    pub documents: Vec<Document>,
}

/// That a delivery was sent back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Return {
    /// What recorded it.
    pub act: ActRef,
    /// Why.
    pub reason: String,
}

/// What a delay costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Penalty {
    /// What recorded it.
    pub act: ActRef,
    /// Natural days late.
    pub days_late: u32,
    /// How much.
    pub amount: Money,
}

/// An invoice (CFDI).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invoice {
    /// What recorded it.
    pub act: ActRef,
    /// Its own id (folio fiscal).
    pub invoice_id: String,
    /// How much, VAT excluded.
    pub amount: Money,
    /// The last day to pay in time.
    pub pay_by: Day,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// What recorded it.
    pub act: ActRef,
    /// How much.
    pub amount: Money,
    /// The transfer's number.
    pub reference: String,
}

/// The accounts of a completed contract (finiquito).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settlement {
    /// What recorded it.
    pub act: ActRef,
    /// The contract's amount.
    pub amount: Money,
    /// All penalties.
    pub penalties: Money,
    /// All payments.
    pub paid: Money,
}

/// How the buyer rated the supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PerformanceRating {
    /// What recorded it.
    pub act: ActRef,
    /// From 1 to 5.
    pub stars: u32,
    /// Why.
    pub comment: String,
}

/// How citizens rated the work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkRatings {
    /// How many ratings.
    pub count: u32,
    /// All their stars.
    pub stars: u64,
}

impl WorkRatings {
    /// The mean of the stars in hundredths, half up; `None` before the first rating.
    #[must_use]
    pub fn average_hundredths(&self) -> Option<u32> {
        let count = u64::from(self.count);
        let doubled = (200 * self.stars).checked_div(count)?;
        u32::try_from(doubled.div_ceil(2)).ok()
    }

    pub(super) fn add(&mut self, stars: u32) {
        self.count += 1;
        self.stars += u64::from(stars);
    }
}

impl From<&content::Milestone> for Milestone {
    fn from(milestone: &content::Milestone) -> Self {
        Self {
            id: milestone.id.clone(),
            title: milestone.title.clone(),
            percent: milestone.percent,
            amount: milestone.amount,
            due: milestone.due,
            status: MilestoneStatus::Pending,
            days_late: None,
            deliveries: Vec::new(),
            returns: Vec::new(),
            accepted: None,
            penalty: None,
            invoice: None,
            ordered: None,
            payment: None,
        }
    }
}

impl Contract {
    pub(super) fn prepared(event: &ContractPrepared, act: ActRef) -> Self {
        Self {
            act,
            contract_id: event.contract_id,
            award_id: event.award_id,
            unit_key: event.unit_key.clone(),
            title: event.title.clone(),
            supplier: event.supplier.clone(),
            amount: event.amount,
            sign_by: event.sign_by,
            guarantee_percent: event.guarantee_percent,
            penalty_per_day_per_mille: event.penalty_per_day_per_mille,
            guarantee: None,
            signatures: Vec::new(),
            activated: None,
            milestones: event.milestones.iter().map(Milestone::from).collect(),
            completed: None,
            settlement: None,
            performance: None,
            work: WorkRatings::default(),
        }
    }

    fn milestone(&mut self, id: &LocalId) -> Result<&mut Milestone, OutOfPlace> {
        let milestone = self.milestones.iter_mut().find(|milestone| milestone.id == *id);
        milestone.ok_or_else(|| OutOfPlace::Milestone(id.clone()))
    }

    pub(super) fn lodge(&mut self, event: &GuaranteeLodged, act: ActRef) {
        let (amount, reference) = (event.amount, event.reference.clone());
        self.guarantee = Some(Guarantee { act, amount, reference });
    }

    pub(super) fn sign(&mut self, party: Party, act: ActRef) {
        self.signatures.push(Signature { act, party });
    }

    pub(super) fn activate(&mut self, event: &ContractActivated, act: ActRef) {
        self.activated = Some(Activation { act, signed_at: event.signed_at });
    }

    pub(super) fn deliver(
        &mut self,
        event: &DeliverableSubmitted,
        act: ActRef,
    ) -> Result<(), OutOfPlace> {
        let milestone = self.milestone(&event.milestone_id)?;
        milestone.status = MilestoneStatus::Delivered;
        milestone.days_late.get_or_insert(event.days_late);
        milestone.deliveries.push(Delivery { act, documents: event.documents.clone() });
        Ok(())
    }

    pub(super) fn send_back(
        &mut self,
        event: &DeliverableReturned,
        act: ActRef,
    ) -> Result<(), OutOfPlace> {
        let milestone = self.milestone(&event.milestone_id)?;
        milestone.status = MilestoneStatus::Returned;
        milestone.returns.push(Return { act, reason: event.reason.clone() });
        Ok(())
    }

    pub(super) fn accept(
        &mut self,
        event: &DeliverableAccepted,
        act: ActRef,
    ) -> Result<(), OutOfPlace> {
        let milestone = self.milestone(&event.milestone_id)?;
        milestone.status = MilestoneStatus::Accepted;
        milestone.accepted = Some(act);
        Ok(())
    }

    pub(super) fn penalise(
        &mut self,
        event: &PenaltyApplied,
        act: ActRef,
    ) -> Result<(), OutOfPlace> {
        let (days_late, amount) = (event.days_late, event.amount);
        self.milestone(&event.milestone_id)?.penalty = Some(Penalty { act, days_late, amount });
        Ok(())
    }

    pub(super) fn invoice(
        &mut self,
        event: &InvoiceRegistered,
        act: ActRef,
    ) -> Result<(), OutOfPlace> {
        let milestone = self.milestone(&event.milestone_id)?;
        milestone.status = MilestoneStatus::Invoiced;
        milestone.invoice = Some(Invoice {
            act,
            invoice_id: event.invoice_id.clone(),
            amount: event.amount,
            pay_by: event.pay_by,
        });
        Ok(())
    }

    pub(super) fn order(&mut self, event: &PaymentOrdered, act: ActRef) -> Result<(), OutOfPlace> {
        let milestone = self.milestone(&event.milestone_id)?;
        milestone.status = MilestoneStatus::Ordered;
        milestone.ordered = Some(act);
        Ok(())
    }

    pub(super) fn pay(&mut self, event: &PaymentRecorded, act: ActRef) -> Result<(), OutOfPlace> {
        let milestone = self.milestone(&event.milestone_id)?;
        milestone.status = MilestoneStatus::Paid;
        let (amount, reference) = (event.amount, event.reference.clone());
        milestone.payment = Some(Payment { act, amount, reference });
        Ok(())
    }

    pub(super) fn settle(&mut self, event: &SettlementIssued, act: ActRef) {
        let (amount, penalties, paid) = (event.amount, event.penalties, event.paid);
        self.settlement = Some(Settlement { act, amount, penalties, paid });
    }

    pub(super) fn rate_performance(&mut self, event: &PerformanceRated, act: ActRef) {
        let (stars, comment) = (event.stars, event.comment.clone());
        self.performance = Some(PerformanceRating { act, stars, comment });
    }
}
