//! What is decided on the deliverables of a contract in force.

use uuid::Uuid;

use crate::content::Document;
use crate::contract::amount::{part, penalty};
use crate::contract::decide::read_amount;
use crate::contract::rejection::{
    ClosingRejection, ContractRejection, DeliveryRejection, PaymentRejection,
};
use crate::contract::state::{ContractEvent, Execution, Invoice, MilestoneState, MilestoneStatus};
use crate::document::DOCUMENTS_MAX;
use crate::event::{
    ContractCompleted, DeliverableAccepted, DeliverableReturned, DeliverableSubmitted,
    InvoiceRegistered, PaymentOrdered, PaymentRecorded, PenaltyApplied, SettlementIssued,
};
use crate::id::{ContractId, LocalId, Ocid};
use crate::input::MoneyInput;
use crate::money::Money;
use crate::rejection::{InputRejection, in_range};
use crate::text::{self, PROSE_CHARS_MAX, TITLE_CHARS_MAX};
use crate::time::Timestamp;

/// How many natural days an invoice may take to be paid, the day it is registered not counted.
pub const PAYMENT_DAYS: u16 = 20;

type Decision = Result<Vec<ContractEvent>, ContractRejection>;

impl Execution {
    pub(super) fn deliver(
        &self,
        milestone_id: LocalId,
        documents: Vec<Document>,
        now: Timestamp,
    ) -> Decision {
        let milestone = self.milestone(&milestone_id)?;
        let days_late = match milestone.status {
            MilestoneStatus::Expected => now.local_day().days_after(milestone.due),
            // Lateness is measured once: a deliverable that was sent back does not become later.
            MilestoneStatus::Returned => milestone.days_late,
            status @ (MilestoneStatus::Delivered
            | MilestoneStatus::Accepted
            | MilestoneStatus::Invoiced
            | MilestoneStatus::PaymentOrdered
            | MilestoneStatus::Paid) => {
                return Err(DeliveryRejection::NotExpected { status }.into());
            }
        };
        if documents.is_empty() {
            return Err(DeliveryRejection::NoDocuments.into());
        }
        in_range("documents", documents.len() as u64, 1, DOCUMENTS_MAX as u64)?;
        let (contract_id, ocid) = self.ids();
        Ok(vec![ContractEvent::DeliverableSubmitted(Box::new(DeliverableSubmitted {
            contract_id,
            ocid,
            milestone_id,
            days_late,
            documents,
        }))])
    }

    pub(super) fn send_back(&self, milestone_id: LocalId, reason: &str) -> Decision {
        self.delivered(&milestone_id)?;
        let reason = text::line("reason", reason, PROSE_CHARS_MAX)?;
        let (contract_id, ocid) = self.ids();
        Ok(vec![ContractEvent::DeliverableReturned(Box::new(DeliverableReturned {
            contract_id,
            ocid,
            milestone_id,
            reason,
        }))])
    }

    pub(super) fn accept(&self, milestone_id: LocalId) -> Decision {
        self.delivered(&milestone_id)?;
        let (contract_id, ocid) = self.ids();
        Ok(vec![ContractEvent::DeliverableAccepted(Box::new(DeliverableAccepted {
            contract_id,
            ocid,
            milestone_id,
        }))])
    }

    pub(super) fn apply_penalty(&self, milestone_id: LocalId) -> Decision {
        let milestone = self.accepted(&milestone_id)?;
        let days_late = milestone.days_late;
        if days_late == 0 {
            return Err(DeliveryRejection::NotLate.into());
        }
        if milestone.penalty.is_some() {
            return Err(DeliveryRejection::PenaltyAlreadyApplied.into());
        }
        let left = self.guarantee_left();
        if left == 0 {
            return Err(DeliveryRejection::GuaranteeUsedUp { guarantee: self.guarantee }.into());
        }
        let per_mille = self.prepared.penalty_per_day_per_mille;
        let penalty = penalty(milestone.amount, days_late, per_mille).min(u128::from(left));
        // The guarantee may be worth more than one deliverable, and a penalty is a part of its value.
        let centavos = u64::try_from(penalty).unwrap_or(left);
        let amount = part(centavos, milestone.amount);
        let (contract_id, ocid) = self.ids();
        Ok(vec![ContractEvent::PenaltyApplied(Box::new(PenaltyApplied {
            contract_id,
            ocid,
            milestone_id,
            days_late,
            amount,
        }))])
    }

    pub(super) fn register_invoice(
        &self,
        milestone_id: LocalId,
        invoice_id: &str,
        amount: &MoneyInput,
        now: Timestamp,
    ) -> Decision {
        let milestone = self.accepted(&milestone_id)?;
        if milestone.invoice.is_some() {
            return Err(PaymentRejection::InvoiceAlreadyRegistered.into());
        }
        let expected = match milestone.penalty {
            // Of a guarantee that is used up there is no penalty to wait for.
            None if milestone.days_late > 0 && self.guarantee_left() > 0 => {
                return Err(PaymentRejection::PenaltyMissing.into());
            }
            None => milestone.amount,
            Some(penalty) => {
                let rest = milestone.amount.centavos().saturating_sub(penalty.centavos());
                part(rest, milestone.amount)
            }
        };
        let invoice_id = read_invoice_id(invoice_id)?;
        let mut invoices = self.milestones.iter().filter_map(|other| other.invoice.as_ref());
        if invoices.any(|invoice| invoice.id == invoice_id) {
            return Err(PaymentRejection::InvoiceIdTaken { invoice_id }.into());
        }
        let amount = read_amount(amount, self.prepared.amount)?;
        if amount != expected {
            return Err(PaymentRejection::InvoiceAmount { expected, actual: amount }.into());
        }
        let today = now.local_day();
        // Where the calendar ends, it is payable the same day.
        let pay_by = today.plus_days(PAYMENT_DAYS).unwrap_or(today);
        let (contract_id, ocid) = self.ids();
        Ok(vec![ContractEvent::InvoiceRegistered(Box::new(InvoiceRegistered {
            contract_id,
            ocid,
            milestone_id,
            invoice_id,
            amount,
            pay_by,
        }))])
    }

    pub(super) fn order_payment(&self, milestone_id: LocalId) -> Decision {
        let (milestone, invoice) = self.invoiced(&milestone_id)?;
        if milestone.status >= MilestoneStatus::PaymentOrdered {
            return Err(PaymentRejection::PaymentAlreadyOrdered.into());
        }
        let amount = invoice.amount;
        let (contract_id, ocid) = self.ids();
        Ok(vec![ContractEvent::PaymentOrdered(Box::new(PaymentOrdered {
            contract_id,
            ocid,
            milestone_id,
            amount,
        }))])
    }

    pub(super) fn record_payment(
        &self,
        milestone_id: LocalId,
        amount: &MoneyInput,
        reference: &str,
    ) -> Decision {
        let (milestone, invoice) = self.invoiced(&milestone_id)?;
        if milestone.paid.is_some() {
            return Err(PaymentRejection::PaymentAlreadyRecorded.into());
        }
        if milestone.status < MilestoneStatus::PaymentOrdered {
            return Err(PaymentRejection::PaymentNotOrdered.into());
        }
        let expected = invoice.amount;
        let amount = read_amount(amount, self.prepared.amount)?;
        if amount != expected {
            return Err(PaymentRejection::PaymentAmount { expected, actual: amount }.into());
        }
        let reference = text::line("reference", reference, TITLE_CHARS_MAX)?;
        let (contract_id, ocid) = self.ids();
        Ok(vec![ContractEvent::PaymentRecorded(Box::new(PaymentRecorded {
            contract_id,
            ocid,
            milestone_id,
            amount,
            reference,
        }))])
    }

    pub(super) fn complete(&self) -> Decision {
        let open = self.milestones.iter().filter(|it| it.status != MilestoneStatus::Paid);
        let milestone_ids: Vec<LocalId> = open.map(|milestone| milestone.id.clone()).collect();
        if !milestone_ids.is_empty() {
            return Err(ClosingRejection::MilestonesOpen { milestone_ids }.into());
        }
        let amount = self.prepared.amount;
        let paid = self.milestones.iter().filter_map(|milestone| milestone.paid);
        let (contract_id, ocid) = self.ids();
        let settlement = SettlementIssued {
            contract_id,
            ocid: ocid.clone(),
            amount,
            penalties: self.penalties(),
            paid: part(paid.map(|paid| paid.centavos()).sum(), amount),
        };
        Ok(vec![
            ContractEvent::Completed(Box::new(ContractCompleted { contract_id, ocid })),
            ContractEvent::SettlementIssued(Box::new(settlement)),
        ])
    }

    fn ids(&self) -> (ContractId, Ocid) {
        (self.prepared.contract_id, self.prepared.ocid.clone())
    }

    /// All penalties so far.
    fn penalties(&self) -> Money {
        let penalties = self.milestones.iter().filter_map(|milestone| milestone.penalty);
        part(penalties.map(|penalty| penalty.centavos()).sum(), self.prepared.amount)
    }

    /// What further penalties may amount to, in centavos.
    fn guarantee_left(&self) -> u64 {
        self.guarantee.centavos().saturating_sub(self.penalties().centavos())
    }

    fn milestone(&self, id: &LocalId) -> Result<&MilestoneState, ContractRejection> {
        let milestone = self.milestones.iter().find(|milestone| milestone.id == *id);
        milestone.ok_or_else(|| ContractRejection::UnknownMilestone { milestone_id: id.clone() })
    }

    /// A deliverable that waits for a decision.
    fn delivered(&self, id: &LocalId) -> Result<&MilestoneState, ContractRejection> {
        let milestone = self.milestone(id)?;
        match milestone.status {
            MilestoneStatus::Delivered => Ok(milestone),
            status => Err(DeliveryRejection::NothingDelivered { status }.into()),
        }
    }

    /// A deliverable that was accepted, whatever followed.
    fn accepted(&self, id: &LocalId) -> Result<&MilestoneState, ContractRejection> {
        let milestone = self.milestone(id)?;
        let status = milestone.status;
        if status < MilestoneStatus::Accepted {
            return Err(DeliveryRejection::NotAccepted { status }.into());
        }
        Ok(milestone)
    }

    /// A deliverable with its invoice.
    fn invoiced(&self, id: &LocalId) -> Result<(&MilestoneState, &Invoice), ContractRejection> {
        let milestone = self.milestone(id)?;
        let invoice = milestone.invoice.as_ref().ok_or(PaymentRejection::InvoiceMissing)?;
        Ok((milestone, invoice))
    }
}

/// Reads a folio fiscal: a UUID with hyphens, in any case; recorded in lower case.
fn read_invoice_id(text: &str) -> Result<String, InputRejection> {
    let text = text.trim();
    match Uuid::try_parse(text) {
        Ok(id) if text.len() == 36 => Ok(id.to_string()),
        _ => Err(InputRejection::Format {
            field: "invoiceId".to_owned(),
            expected: "el folio fiscal de la factura, 32 cifras hexadecimales con guiones",
        }),
    }
}
