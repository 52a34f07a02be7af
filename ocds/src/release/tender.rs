//! `TenderPublished` → tag `tender`.

use domain::{
    Aggregation, Day, ProcurementMethod, Timestamp,
    content::{CallDays, Requirement, Schedule},
    event::TenderPublished,
};
use serde_json::{Value, json};

use super::{
    parts::{Buying, items, value},
    values::{Object, decimal, hundredths},
};

/// All the roles of the unit from here on.
const UNIT_ROLES: [&str; 4] =
    ["procuringEntity", "requestingUnit", "contractingUnit", "technicalUnit"];

pub(super) fn content(event: &TenderPublished) -> Object {
    let buying = Buying {
        unit_key: event.unit_key.as_str(),
        unit_name: &event.unit_name,
        buyer: &event.buyer,
    };
    let schedule = &event.schedule;
    let tender = Object::new()
        .with("id", event.procedure_number.as_str())
        .with("title", event.title.as_str())
        .with("description", event.description.as_str())
        .with("status", "active")
        .with("procuringEntity", buying.unit())
        .with("items", items(&event.items))
        .with("value", value(&event.budget))
        .with("procurementMethod", event.procurement_method.as_str())
        .with("procurementMethodDetails", method_details(event.procurement_method))
        .with("mainProcurementCategory", event.category.as_str())
        .with("awardCriteria", "ratedCriteria")
        .with("awardCriteriaDetails", criteria_details(event))
        .with("submissionMethod", json!(["electronicSubmission"]))
        .with("tenderPeriod", period(schedule.receipt_start, schedule.receipt_end))
        .with("awardPeriod", period(schedule.technical_opening, schedule.award_at))
        .with("criteria", event.requirements.iter().map(criterion).collect::<Value>())
        .with("evaluation", evaluation(event));
    Object::new()
        .with("parties", buying.parties(&UNIT_ROLES))
        .with("buyer", buying.buyer())
        .with("tender", tender)
}

fn method_details(method: ProcurementMethod) -> &'static str {
    match method {
        ProcurementMethod::Open => "Licitación pública",
        ProcurementMethod::Selective => "Invitación a cuando menos tres personas",
        ProcurementMethod::Limited => "Adjudicación directa con cotizaciones",
        ProcurementMethod::Direct => "Adjudicación directa",
    }
}

fn criteria_details(event: &TenderPublished) -> String {
    let weights = &event.weights;
    let aggregation = match event.aggregation {
        Aggregation::Median => "mediana",
        Aggregation::TrimmedMean => "media recortada",
        Aggregation::Mean => "media",
    };
    format!(
        "Puntos: técnico {}, económico {}, social {}. Mínimo técnico: {}. \
         Agregación de la evaluación ciudadana: {aggregation}.",
        decimal(weights.technical.into()),
        decimal(weights.economic.into()),
        decimal(weights.social.into()),
        decimal(event.technical_minimum.into()),
    )
}

fn criterion(requirement: &Requirement) -> Value {
    Object::new()
        .with("id", requirement.id.as_str())
        .with("title", requirement.title.as_str())
        .with("mandatory", requirement.mandatory)
        .into()
}

fn evaluation(event: &TenderPublished) -> Object {
    let points = |centipoints: u32| hundredths(centipoints.into());
    let weights = Object::new()
        .with("technical", points(event.weights.technical))
        .with("economic", points(event.weights.economic))
        .with("social", points(event.weights.social));
    let technical = event.technical_criteria.iter().map(|criterion| {
        let object = Object::new()
            .with("id", criterion.id.as_str())
            .with("title", criterion.title.as_str())
            .with("maximum", points(criterion.maximum));
        Value::from(object)
    });
    let social = event.social_criteria.iter().map(|criterion| {
        let object = Object::new()
            .with("id", criterion.id.as_str())
            .with("title", criterion.title.as_str())
            .with("weight", criterion.weight_percent);
        Value::from(object)
    });
    Object::new()
        .with("weights", weights)
        .with("technicalMinimum", points(event.technical_minimum))
        .with("technicalCriteria", technical.collect::<Value>())
        .with("socialCriteria", social.collect::<Value>())
        .with("socialAggregation", event.aggregation.as_str())
        .with("schedule", evaluation_schedule(&event.schedule))
        .with("announcedDays", announced_days(&event.call))
}

fn evaluation_schedule(schedule: &Schedule) -> Object {
    Object::new()
        .with("technicalOpeningDate", schedule.technical_opening.to_string())
        .with("panelDrawDate", schedule.panel_draw.to_string())
        .with("commitPeriod", period(schedule.commit_start, schedule.commit_end))
        .with("revealPeriod", period(schedule.reveal_start, schedule.reveal_end))
        .with("economicOpeningDate", schedule.economic_opening.to_string())
        .with("awardDate", schedule.award_at.to_string())
}

/// Days stay days: an instant for them would depend on the time zone database.
fn announced_days(call: &CallDays) -> Object {
    let days = |first: Day, last: Day| {
        Object::new().with("firstDay", first.to_string()).with("lastDay", last.to_string())
    };
    Object::new()
        .with("tender", days(call.tender_start, call.tender_end))
        .with("award", days(call.award_start, call.award_end))
        .with("contracting", days(call.contracting_start, call.contracting_end))
}

fn period(start: Timestamp, end: Timestamp) -> Object {
    Object::new().with("startDate", start.to_string()).with("endDate", end.to_string())
}
