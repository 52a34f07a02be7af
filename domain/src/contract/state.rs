//! The contract's state: what each status has, and what can be read from it.

use crate::aggregate::aggregate_events;
use crate::content::{Document, Milestone};
use crate::event::{ContractPrepared, SettlementIssued};
use crate::id::LocalId;
use crate::money::Money;
use crate::time::{Day, Timestamp};
use crate::vocabulary::Party;

aggregate_events!(
    /// What is recorded of a contract.
    ContractEvent of "contract" {
        /// It was prepared for signature.
        Prepared(ContractPrepared),
        /// Its guarantee was lodged.
        GuaranteeLodged(GuaranteeLodged),
        /// One party signed.
        Signed(ContractSigned),
        /// It is in force.
        Activated(ContractActivated),
        /// The supplier delivered.
        DeliverableSubmitted(DeliverableSubmitted),
        /// A deliverable was sent back.
        DeliverableReturned(DeliverableReturned),
        /// A deliverable was accepted.
        DeliverableAccepted(DeliverableAccepted),
        /// A late deliverable costs a penalty.
        PenaltyApplied(PenaltyApplied),
        /// An invoice was registered.
        InvoiceRegistered(InvoiceRegistered),
        /// A payment was ordered.
        PaymentOrdered(PaymentOrdered),
        /// A payment was made.
        PaymentRecorded(PaymentRecorded),
        /// Everything was delivered, accepted and paid.
        Completed(ContractCompleted),
        /// Its accounts were settled.
        SettlementIssued(SettlementIssued),
        /// The buyer rated the performance.
        PerformanceRated(PerformanceRated),
        /// A citizen rated the work.
        WorkRated(WorkRated),
    }
);

/// A contract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Contract {
    /// No contract yet.
    #[default]
    Absent,
    /// Waiting for the guarantee and the signatures.
    Pending(Box<Pending>),
    /// In force.
    Active(Box<Execution>),
    /// Everything was delivered, accepted and paid.
    Completed(Box<Completed>),
}

/// A contract that is not signed by both parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What was prepared.
    pub prepared: ContractPrepared,
    /// The guarantee, once it is lodged.
    pub guarantee: Option<Money>,
    /// Who signed, in that order.
    pub signed: Vec<Party>,
}

/// A contract in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// What was prepared.
    pub prepared: ContractPrepared,
    /// The guarantee.
    pub guarantee: Money,
    /// When the last party signed.
    pub signed_at: Timestamp,
    /// The deliverables, in the order of the contract.
    pub milestones: Vec<MilestoneState>,
}

/// A completed contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// What was done.
    pub execution: Execution,
    /// Its accounts; recorded right after the completion.
    pub settlement: Option<SettlementIssued>,
    /// Whether the buyer rated the performance.
    pub is_rated: bool,
}

/// A deliverable and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MilestoneState {
    /// Its id.
    pub id: LocalId,
    /// What is delivered.
    pub title: String,
    /// Its share of the contract's amount, in per cent.
    pub percent: u32,
    /// Its value, VAT excluded.
    pub amount: Money,
    /// The last day to deliver in time.
    pub due: Day,
    /// Where it stands.
    pub status: MilestoneStatus,
    /// Natural days late at the first delivery; 0 before it.
    pub days_late: u32,
    /// What was delivered last.
    pub documents: Vec<Document>,
    /// Its penalty, once it is applied.
    pub penalty: Option<Money>,
    /// Its invoice, once it is registered.
    pub invoice: Option<Invoice>,
    /// What was paid.
    pub paid: Option<Money>,
}

/// The invoice of a deliverable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    /// Its own id (folio fiscal).
    pub id: String,
    /// How much, VAT excluded.
    pub amount: Money,
    /// The last day to pay in time.
    pub pay_by: Day,
}

/// Where a deliverable stands; each status comes after the one before, but a returned
/// deliverable is delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MilestoneStatus {
    /// Not delivered.
    Expected,
    /// Sent back; to be delivered again.
    Returned,
    /// Waiting for a decision.
    Delivered,
    /// Accepted.
    Accepted,
    /// Its invoice is registered.
    Invoiced,
    /// Its payment is ordered.
    PaymentOrdered,
    /// Paid.
    Paid,
}

impl MilestoneStatus {
    /// The status by its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expected => "expected",
            Self::Returned => "returned",
            Self::Delivered => "delivered",
            Self::Accepted => "accepted",
            Self::Invoiced => "invoiced",
            Self::PaymentOrdered => "paymentOrdered",
            Self::Paid => "paid",
        }
    }
}

impl From<&Milestone> for MilestoneState {
    fn from(milestone: &Milestone) -> Self {
        Self {
            id: milestone.id.clone(),
            title: milestone.title.clone(),
            percent: milestone.percent,
            amount: milestone.amount,
            due: milestone.due,
            status: MilestoneStatus::Expected,
            days_late: 0,
            documents: Vec::new(),
            penalty: None,
            invoice: None,
            paid: None,
        }
    }
}

impl Contract {
    /// What was prepared.
    #[must_use]
    pub fn prepared(&self) -> Option<&ContractPrepared> {
        match self {
            Self::Absent => None,
            Self::Pending(pending) => Some(&pending.prepared),
            Self::Active(execution) => Some(&execution.prepared),
            Self::Completed(completed) => Some(&completed.execution.prepared),
        }
    }

    /// The status by its name: `absent`, `pending`, `active` or `completed`.
    #[must_use]
    pub fn status(&self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Pending(_) => "pending",
            Self::Active(_) => "active",
            Self::Completed(_) => "completed",
        }
    }

    /// Whether a deliverable was accepted, whatever followed.
    pub(super) fn has_accepted(&self) -> bool {
        let milestones = match self {
            Self::Absent | Self::Pending(_) => return false,
            Self::Active(execution) => &execution.milestones,
            Self::Completed(completed) => &completed.execution.milestones,
        };
        milestones.iter().any(|milestone| milestone.status >= MilestoneStatus::Accepted)
    }

    /// The deliverables, in the order of the contract.
    #[cfg(test)]
    pub(crate) fn milestones(&self) -> Vec<MilestoneState> {
        match self {
            Self::Absent => Vec::new(),
            Self::Pending(pending) => pending.prepared.milestones.iter().map(Into::into).collect(),
            Self::Active(execution) => execution.milestones.clone(),
            Self::Completed(completed) => completed.execution.milestones.clone(),
        }
    }

    /// The guarantee, once it is lodged.
    #[cfg(test)]
    pub(crate) fn guarantee(&self) -> Option<Money> {
        match self {
            Self::Absent => None,
            Self::Pending(pending) => pending.guarantee,
            Self::Active(execution) => Some(execution.guarantee),
            Self::Completed(completed) => Some(completed.execution.guarantee),
        }
    }

    /// Whether a party signed.
    #[cfg(test)]
    pub(crate) fn is_signed_by(&self, party: Party) -> bool {
        match self {
            Self::Absent => false,
            Self::Pending(pending) => pending.signed.contains(&party),
            Self::Active(_) | Self::Completed(_) => true,
        }
    }

    /// When the last party signed.
    #[cfg(test)]
    pub(crate) fn signed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Absent | Self::Pending(_) => None,
            Self::Active(execution) => Some(execution.signed_at),
            Self::Completed(completed) => Some(completed.execution.signed_at),
        }
    }

    /// The accounts of the completed contract.
    #[cfg(test)]
    pub(crate) fn settlement(&self) -> Option<&SettlementIssued> {
        match self {
            Self::Absent | Self::Pending(_) | Self::Active(_) => None,
            Self::Completed(completed) => completed.settlement.as_ref(),
        }
    }
}
