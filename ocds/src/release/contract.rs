//! The contract from its preparation to its ratings → tags `contract`, `contractUpdate`, `contractTermination`.

use domain::{
    Party,
    content::Milestone,
    event::{
        ContractActivated, ContractPrepared, ContractSigned, GuaranteeLodged, PerformanceRated,
        SettlementIssued, WorkRated,
    },
};
use serde_json::Value;

use super::{
    Mapping, Moment,
    parts::{company, end_of_day, one, value},
    process::Process,
    values::{Object, decimal},
};

pub(super) fn preparation(event: &ContractPrepared, process: Process, moment: &Moment) -> Object {
    let milestones: Value = event.milestones.iter().map(milestone).collect();
    let mut contract = Object::new()
        .with("title", event.title.as_str())
        .with("status", "pending")
        .with("value", value(&event.amount))
        .with("signByDay", event.sign_by.to_string())
        .with("guaranteePercent", event.guarantee_percent)
        .with("penaltyPerDay", event.penalty_per_day_per_mille)
        .with("implementation", Object::new().with("milestones", milestones));
    let last = event.milestones.iter().map(|milestone| milestone.due).max();
    if let Some(last) = last.filter(|_| moment.mapping >= Mapping::Second) {
        contract = contract.with("period", Object::new().with("endDate", end_of_day(last)));
    }
    process
        .joined(company(&event.supplier, &["tenderer", "supplier"]))
        .contracted(&event.contract_id.to_string(), &event.award_id.to_string())
        .with_contract(contract)
}

pub(super) fn guarantee(event: &GuaranteeLodged, process: Process, moment: &Moment) -> Object {
    let guarantee = Object::new()
        .with("id", event.reference.as_str())
        .with("date", moment.at.as_str())
        .with("obligations", "fulfillment")
        .with("value", value(&event.amount));
    process.with_contract(Object::new().with("guarantees", one(guarantee)))
}

pub(super) fn signature(event: &ContractSigned, process: Process) -> Object {
    let role = match event.party {
        Party::Buyer => "procuringEntity",
        Party::Supplier => "supplier",
    };
    let signatory = process.reference(role);
    process.with_contract(Object::new().with("signatories", one(signatory)))
}

/// The period begins with the last signature; its end stands since the preparation.
pub(super) fn activation(event: &ContractActivated, process: Process, moment: &Moment) -> Object {
    let signed_at = event.signed_at.to_string();
    let mut contract =
        Object::new().with("status", "active").with("dateSigned", signed_at.as_str());
    if moment.mapping >= Mapping::Second {
        contract = contract.with("period", Object::new().with("startDate", signed_at));
    }
    process.with_contract(contract)
}

pub(super) fn completion(process: Process, moment: &Moment) -> Object {
    let implementation = Object::new().with("endDate", moment.at.as_str());
    let contract =
        Object::new().with("status", "terminated").with("implementation", implementation);
    process.with_contract(contract)
}

pub(super) fn settlement(event: &SettlementIssued, process: Process, moment: &Moment) -> Object {
    let mut implementation = Object::new().with("finalValue", value(&event.paid));
    if event.paid != event.amount {
        let penalties = decimal(event.penalties.centavos());
        let currency = event.penalties.currency();
        let details = format!("Penas convencionales: {penalties} {}", currency.as_str());
        implementation = implementation.with("finalValueDetails", details);
    }
    let settlement = Object::new()
        .with("date", moment.at.as_str())
        .with("contractValue", value(&event.amount))
        .with("penalties", value(&event.penalties))
        .with("paid", value(&event.paid));
    let contract =
        Object::new().with("implementation", implementation).with("settlement", settlement);
    process.with_contract(contract)
}

pub(super) fn performance(event: &PerformanceRated, process: Process, moment: &Moment) -> Object {
    let rating = Object::new()
        .with("date", moment.at.as_str())
        .with("stars", event.stars)
        .with("comment", event.comment.as_str());
    process.with_contract(Object::new().with("performanceRating", rating))
}

/// A citizen's rating has no name of its own and tells nobody's: it is known by its place on the log.
pub(super) fn rating(event: &WorkRated, process: Process, moment: &Moment) -> Object {
    let rating = Object::new()
        .with("id", moment.position.as_str())
        .with("date", moment.at.as_str())
        .with("stars", event.stars);
    process.with_contract(Object::new().with("workRatings", one(rating)))
}

fn milestone(milestone: &Milestone) -> Value {
    Object::new()
        .with("id", milestone.id.as_str())
        .with("title", milestone.title.as_str())
        .with("type", "delivery")
        .with("status", "scheduled")
        .with("dueDate", end_of_day(milestone.due))
        .with("dueDay", milestone.due.to_string())
        .with("percent", milestone.percent)
        .with("value", value(&milestone.amount))
        .into()
}
