//! The tender's state and the two functions that move it.

use crate::aggregate::{Aggregate, aggregate_events};
use crate::event::{CorruptHistory, TenderPublished};
use crate::tender::command::{PublishCall, TenderCommand};
use crate::tender::rejection::TenderRejection;
use crate::time::Timestamp;

aggregate_events!(
    /// What is recorded of a tender.
    TenderEvent of "tender" {
        /// Its call was published.
        Published(TenderPublished),
    }
);

/// A tender.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Tender {
    /// Not published; its draft is a row.
    #[default]
    Unpublished,
    /// Its call is public.
    Published(Box<TenderPublished>),
}

impl Tender {
    /// What was published.
    #[must_use]
    pub fn published(&self) -> Option<&TenderPublished> {
        match self {
            Self::Unpublished => None,
            Self::Published(tender) => Some(tender),
        }
    }
}

impl Aggregate for Tender {
    type Command = TenderCommand;
    type Event = TenderEvent;
    type Rejection = TenderRejection;

    fn decide(
        &self,
        command: TenderCommand,
        now: Timestamp,
    ) -> Result<Vec<TenderEvent>, TenderRejection> {
        match (self, command) {
            (Self::Published(_), TenderCommand::PublishCall(_)) => {
                Err(TenderRejection::AlreadyPublished)
            }
            (Self::Unpublished, TenderCommand::PublishCall(command)) => {
                Ok(vec![TenderEvent::Published(Box::new(publish(*command, now)?))])
            }
        }
    }

    fn evolve(self, event: &TenderEvent) -> Result<Self, CorruptHistory> {
        match (self, event) {
            (Self::Unpublished, TenderEvent::Published(tender)) => {
                Ok(Self::Published(tender.clone()))
            }
            (Self::Published(_), TenderEvent::Published(_)) => Err(CorruptHistory::OutOfOrder {
                aggregate: "tender",
                status: "published",
                event_type: "TenderPublished",
            }),
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
