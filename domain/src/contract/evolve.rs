//! How one recorded event moves a contract.

use crate::contract::state::{
    Completed, Contract, ContractEvent, Execution, Invoice, MilestoneState, MilestoneStatus,
    Pending,
};
use crate::event::CorruptHistory;
use crate::id::LocalId;
use crate::vocabulary::Party;

/// Adds one recorded event to the state.
pub(super) fn evolve(
    contract: Contract,
    event: &ContractEvent,
) -> Result<Contract, CorruptHistory> {
    use Contract as S;
    use ContractEvent as E;
    let out_of_order = CorruptHistory::OutOfOrder {
        aggregate: "contract",
        status: contract.status(),
        event_type: event_type(event),
    };
    let next = match (contract, event) {
        (S::Absent, E::Prepared(prepared)) => Some(S::Pending(Box::new(Pending {
            prepared: (**prepared).clone(),
            guarantee: None,
            signed: Vec::new(),
        }))),
        (S::Pending(pending), event) => pending.after(event),
        (S::Active(execution), E::Completed(_)) => Some(S::Completed(Box::new(Completed {
            execution: *execution,
            settlement: None,
            is_rated: false,
        }))),
        (S::Active(execution), event) => execution.after(event).map(S::Active),
        (S::Completed(completed), event) => completed.after(event).map(S::Completed),
        (
            S::Absent,
            E::GuaranteeLodged(_)
            | E::Signed(_)
            | E::Activated(_)
            | E::DeliverableSubmitted(_)
            | E::DeliverableReturned(_)
            | E::DeliverableAccepted(_)
            | E::PenaltyApplied(_)
            | E::InvoiceRegistered(_)
            | E::PaymentOrdered(_)
            | E::PaymentRecorded(_)
            | E::Completed(_)
            | E::SettlementIssued(_)
            | E::PerformanceRated(_)
            | E::WorkRated(_),
        ) => None,
    };
    next.ok_or(out_of_order)
}

impl Pending {
    fn after(mut self: Box<Self>, event: &ContractEvent) -> Option<Contract> {
        use ContractEvent as E;
        match event {
            E::GuaranteeLodged(lodged) if self.guarantee.is_none() => {
                self.guarantee = Some(lodged.amount);
                Some(Contract::Pending(self))
            }
            E::Signed(signature) if !self.signed.contains(&signature.party) => {
                self.signed.push(signature.party);
                Some(Contract::Pending(self))
            }
            E::Activated(activated) if self.signed.len() == Party::ALL.len() => {
                let milestones = self.prepared.milestones.iter().map(Into::into).collect();
                Some(Contract::Active(Box::new(Execution {
                    guarantee: self.guarantee?,
                    prepared: self.prepared,
                    signed_at: activated.signed_at,
                    milestones,
                })))
            }
            E::Prepared(_)
            | E::GuaranteeLodged(_)
            | E::Signed(_)
            | E::Activated(_)
            | E::DeliverableSubmitted(_)
            | E::DeliverableReturned(_)
            | E::DeliverableAccepted(_)
            | E::PenaltyApplied(_)
            | E::InvoiceRegistered(_)
            | E::PaymentOrdered(_)
            | E::PaymentRecorded(_)
            | E::Completed(_)
            | E::SettlementIssued(_)
            | E::PerformanceRated(_)
            | E::WorkRated(_) => None,
        }
    }
}

impl Execution {
    fn after(mut self: Box<Self>, event: &ContractEvent) -> Option<Box<Self>> {
        use ContractEvent as E;
        use MilestoneStatus as M;
        match event {
            E::DeliverableSubmitted(delivered) => {
                let from = [M::Expected, M::Returned];
                let milestone = self.step(&delivered.milestone_id, &from, M::Delivered)?;
                milestone.days_late = delivered.days_late;
                milestone.documents.clone_from(&delivered.documents);
            }
            E::DeliverableReturned(returned) => {
                self.step(&returned.milestone_id, &[M::Delivered], M::Returned)?;
            }
            E::DeliverableAccepted(accepted) => {
                self.step(&accepted.milestone_id, &[M::Delivered], M::Accepted)?;
            }
            E::PenaltyApplied(penalty) => {
                let milestone = self.step(&penalty.milestone_id, &[M::Accepted], M::Accepted)?;
                if milestone.penalty.replace(penalty.amount).is_some() {
                    return None;
                }
            }
            E::InvoiceRegistered(invoice) => {
                let milestone = self.step(&invoice.milestone_id, &[M::Accepted], M::Invoiced)?;
                milestone.invoice = Some(Invoice {
                    id: invoice.invoice_id.clone(),
                    amount: invoice.amount,
                    pay_by: invoice.pay_by,
                });
            }
            E::PaymentOrdered(order) => {
                self.step(&order.milestone_id, &[M::Invoiced], M::PaymentOrdered)?;
            }
            E::PaymentRecorded(payment) => {
                let milestone = self.step(&payment.milestone_id, &[M::PaymentOrdered], M::Paid)?;
                milestone.paid = Some(payment.amount);
            }
            // Ratings of the work are counted elsewhere.
            E::WorkRated(_) => {}
            E::Prepared(_)
            | E::GuaranteeLodged(_)
            | E::Signed(_)
            | E::Activated(_)
            | E::Completed(_)
            | E::SettlementIssued(_)
            | E::PerformanceRated(_) => return None,
        }
        Some(self)
    }

    /// Moves a deliverable from one of some statuses to the next; `None` if it is in another.
    fn step(
        &mut self,
        id: &LocalId,
        from: &[MilestoneStatus],
        to: MilestoneStatus,
    ) -> Option<&mut MilestoneState> {
        let milestone = self.milestones.iter_mut().find(|milestone| milestone.id == *id)?;
        if !from.contains(&milestone.status) {
            return None;
        }
        milestone.status = to;
        Some(milestone)
    }
}

impl Completed {
    fn after(mut self: Box<Self>, event: &ContractEvent) -> Option<Box<Self>> {
        use ContractEvent as E;
        match event {
            E::SettlementIssued(settlement) if self.settlement.is_none() => {
                self.settlement = Some((**settlement).clone());
                Some(self)
            }
            E::PerformanceRated(_) if !self.is_rated => {
                self.is_rated = true;
                Some(self)
            }
            E::WorkRated(_) => Some(self),
            E::Prepared(_)
            | E::GuaranteeLodged(_)
            | E::Signed(_)
            | E::Activated(_)
            | E::DeliverableSubmitted(_)
            | E::DeliverableReturned(_)
            | E::DeliverableAccepted(_)
            | E::PenaltyApplied(_)
            | E::InvoiceRegistered(_)
            | E::PaymentOrdered(_)
            | E::PaymentRecorded(_)
            | E::Completed(_)
            | E::SettlementIssued(_)
            | E::PerformanceRated(_) => None,
        }
    }
}

fn event_type(event: &ContractEvent) -> &'static str {
    use ContractEvent as E;
    match event {
        E::Prepared(_) => "ContractPrepared",
        E::GuaranteeLodged(_) => "GuaranteeLodged",
        E::Signed(_) => "ContractSigned",
        E::Activated(_) => "ContractActivated",
        E::DeliverableSubmitted(_) => "DeliverableSubmitted",
        E::DeliverableReturned(_) => "DeliverableReturned",
        E::DeliverableAccepted(_) => "DeliverableAccepted",
        E::PenaltyApplied(_) => "PenaltyApplied",
        E::InvoiceRegistered(_) => "InvoiceRegistered",
        E::PaymentOrdered(_) => "PaymentOrdered",
        E::PaymentRecorded(_) => "PaymentRecorded",
        E::Completed(_) => "ContractCompleted",
        E::SettlementIssued(_) => "SettlementIssued",
        E::PerformanceRated(_) => "PerformanceRated",
        E::WorkRated(_) => "WorkRated",
    }
}
