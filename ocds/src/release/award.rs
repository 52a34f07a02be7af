//! The ruling → tag `tenderUpdate`; the award → tag `award`; nobody awarded → tag `tenderUpdate`.

use domain::event::{AwardIssued, RulingIssued, TenderDeserted};

use super::{
    Moment,
    evaluation::{masks, points, qualification, unsolvent},
    parts::{company, company_reference, one, value},
    process::Process,
    values::Object,
};

pub(super) fn ruling(event: &RulingIssued, process: Process, moment: &Moment) -> Object {
    let ruling = Object::new()
        .with("date", moment.at.as_str())
        .with("order", masks(&event.order))
        .with("unsolventBids", unsolvent(&event.unsolvent))
        .with("rationale", event.reasons.as_str());
    process
        .with_evaluation(Object::new().with("ruling", ruling))
        .with("bids", qualification(event.order.iter(), &event.unsolvent))
}

/// The award repeats the supplier in full: `roles` of a later release take the place of those before.
pub(super) fn award(event: &AwardIssued, process: Process, moment: &Moment) -> Object {
    let award = Object::new()
        .with("id", event.award_id.to_string())
        .with("status", "active")
        .with("date", moment.at.as_str())
        .with("value", value(&event.amount))
        .with("suppliers", one(company_reference(&event.supplier)))
        .with("relatedBid", event.mask.as_str())
        .with("points", points(event.total))
        .with("rationale", event.reasons.as_str())
        .with("signByDay", event.sign_by.to_string());
    process
        .joined(company(&event.supplier, &["tenderer", "supplier"]))
        .with_tender(Object::new())
        .with("awards", one(award))
}

pub(super) fn desertion(event: &TenderDeserted, process: Process) -> Object {
    let tender = Object::new()
        .with("status", "unsuccessful")
        .with("statusRationale", event.reasons.as_str());
    process.with_tender(tender)
}
