//! The publication of a call.

use crate::event::TenderPublished;
use crate::tender::command::PublishCall;
use crate::tender::rejection::TenderRejection;
use crate::tender::state::{Tender, TenderEvent};
use crate::time::Timestamp;

impl Tender {
    /// Publishes the call.
    pub(super) fn publish(
        &self,
        command: PublishCall,
        now: Timestamp,
    ) -> Result<Vec<TenderEvent>, TenderRejection> {
        match self {
            Self::Unpublished => Ok(vec![TenderEvent::Published(Box::new(publish(command, now)?))]),
            Self::Published(_)
            | Self::ReceiptClosed(_)
            | Self::Opened(_)
            | Self::EconomicOpened(_)
            | Self::Awarded { .. }
            | Self::Deserted { .. } => Err(TenderRejection::AlreadyPublished),
        }
    }
}

fn publish(command: PublishCall, now: Timestamp) -> Result<TenderPublished, TenderRejection> {
    let PublishCall { tender_id, draft, plan, cited, author, approver, registered_at, rules } =
        command;
    if author == approver {
        return Err(TenderRejection::ApproverIsAuthor);
    }
    draft.check(&rules)?;
    let (plan, items) = draft.cite(plan, &cited)?;
    draft.check_publication(&rules, now)?;
    Ok(TenderPublished {
        tender_id,
        ocid: plan.ocid,
        plan_id: plan.plan_id,
        unit_key: plan.unit_key,
        unit_name: plan.unit_name,
        buyer: plan.buyer,
        procedure_number: draft.procedure_number,
        title: draft.title,
        description: draft.description,
        procurement_method: draft.procurement_method,
        category: draft.category,
        budget: draft.budget,
        registered_at,
        items,
        requirements: draft.requirements,
        weights: draft.weights,
        technical_minimum: draft.technical_minimum,
        aggregation: draft.aggregation,
        technical_criteria: draft.technical_criteria,
        social_criteria: draft.social_criteria,
        schedule: draft.schedule,
        call: draft.call,
        author,
        approver,
    })
}
