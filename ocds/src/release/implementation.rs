//! Deliverables and payments → tags `implementation` and `implementationUpdate`.

use std::collections::BTreeSet;

use domain::{
    event::{
        DeliverableAccepted, DeliverableReturned, DeliverableSubmitted, InvoiceRegistered,
        PaymentOrdered, PaymentRecorded, PenaltyApplied,
    },
    id::LocalId,
};
use serde_json::Value;

use super::{
    Mapping, Moment,
    parts::{documents, end_of_day, one, value},
    process::Process,
    values::{Object, decimal},
};

pub(super) fn delivery(event: &DeliverableSubmitted, process: Process, moment: &Moment) -> Object {
    let related: BTreeSet<&str> = event.documents.iter().map(|it| it.sha256.as_str()).collect();
    let related = related.into_iter().map(Value::from);
    let mut milestone = Object::new()
        .with("id", event.milestone_id.as_str())
        .with("status", "scheduled")
        .with("dateModified", moment.at.as_str())
        .with("daysLate", event.days_late)
        .with("relatedDocuments", related.collect::<Value>());
    if moment.mapping >= Mapping::Second {
        // Each is kept: `dateMet` says when the last one was accepted, not when it came.
        let delivery =
            Object::new().with("id", moment.position.as_str()).with("date", moment.at.as_str());
        milestone = milestone.with("deliveries", one(delivery));
    }
    // Documents of a milestone are deprecated since OCDS 1.1.
    let implementation = Object::new()
        .with("milestones", one(milestone))
        .with("documents", documents(&event.documents, "physicalProgressReport"));
    process.with_implementation(implementation)
}

/// What was sent back was found wanting; each time is kept, so that nothing has to be taken back later.
pub(super) fn refusal(event: &DeliverableReturned, process: Process, moment: &Moment) -> Object {
    let refusal = Object::new()
        .with("id", moment.position.as_str())
        .with("date", moment.at.as_str())
        .with("rationale", event.reason.as_str());
    let milestone = Object::new()
        .with("id", event.milestone_id.as_str())
        .with("status", "partiallyMet")
        .with("dateModified", moment.at.as_str())
        .with("returns", one(refusal));
    with_milestone(process, milestone)
}

pub(super) fn acceptance(event: &DeliverableAccepted, process: Process, moment: &Moment) -> Object {
    with_milestone(process, met(event.milestone_id.as_str(), moment))
}

/// A deliverable has one penalty at most, which goes by its name.
pub(super) fn penalty(event: &PenaltyApplied, process: Process) -> Object {
    let (amount, currency) = (decimal(event.amount.centavos()), event.amount.currency());
    let days = if event.days_late == 1 { "día" } else { "días" };
    let imposed =
        format!("{amount} {} por {} {days} de atraso", currency.as_str(), event.days_late);
    let failure = Object::new()
        .with("id", event.milestone_id.as_str())
        .with("category", "Entrega tardía")
        .with("events", 1)
        .with("penaltyImposed", imposed)
        .with("penaltyValue", value(&event.amount))
        .with("daysLate", event.days_late)
        .with("relatedMilestone", event.milestone_id.as_str());
    process.with_implementation(Object::new().with("performanceFailures", one(failure)))
}

/// An invoice makes a payment due, which is a milestone of its own.
pub(super) fn invoice(event: &InvoiceRegistered, process: Process, moment: &Moment) -> Object {
    let milestone = Object::new()
        .with("id", payment_id(&event.milestone_id))
        .with("title", format!("Pago de {}", event.milestone_id))
        .with("type", "payment")
        .with("status", "scheduled")
        .with("dueDate", end_of_day(event.pay_by))
        .with("dueDay", event.pay_by.to_string())
        .with("dateModified", moment.at.as_str())
        .with("value", value(&event.amount))
        .with("invoiceId", event.invoice_id.as_str())
        .with("relatedMilestone", event.milestone_id.as_str());
    with_milestone(process, milestone)
}

pub(super) fn order(event: &PaymentOrdered, process: Process, moment: &Moment) -> Object {
    let milestone = Object::new()
        .with("id", payment_id(&event.milestone_id))
        .with("status", "scheduled")
        .with("dateModified", moment.at.as_str())
        .with("orderedDate", moment.at.as_str())
        .with("value", value(&event.amount));
    with_milestone(process, milestone)
}

pub(super) fn payment(event: &PaymentRecorded, process: Process, moment: &Moment) -> Object {
    let process = process.granted("buyer", "payer").granted("supplier", "payee");
    let milestone_id = event.milestone_id.as_str();
    let transaction = Object::new()
        // The transfer's number alone might come twice; a deliverable is paid once.
        .with("id", format!("{milestone_id}/{}", event.reference))
        .with("date", moment.at.as_str())
        .with("value", value(&event.amount))
        .with("payer", process.reference("payer"))
        .with("payee", process.reference("payee"))
        .with("relatedImplementationMilestone", Object::new().with("id", milestone_id));
    let implementation = Object::new()
        .with("transactions", one(transaction))
        .with("milestones", one(met(&payment_id(&event.milestone_id), moment)));
    process.with_implementation(implementation)
}

fn with_milestone(process: Process, milestone: Object) -> Object {
    process.with_implementation(Object::new().with("milestones", one(milestone)))
}

fn met(id: &str, moment: &Moment) -> Object {
    Object::new()
        .with("id", id)
        .with("status", "met")
        .with("dateMet", moment.at.as_str())
        .with("dateModified", moment.at.as_str())
}

/// No deliverable's id has a slash.
fn payment_id(milestone_id: &LocalId) -> String {
    format!("{milestone_id}/payment")
}
