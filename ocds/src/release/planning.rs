//! `PlanApproved` → tag `planning`.

use domain::event::PlanApproved;
use serde_json::Value;

use super::{
    parts::{Buying, items, value},
    values::Object,
};

/// The unit needs what it plans, and will carry out the procedure.
const UNIT_ROLES: [&str; 2] = ["procuringEntity", "requestingUnit"];

pub(super) fn content(event: &PlanApproved) -> Object {
    let buying = Buying {
        unit_key: event.unit_key.as_str(),
        unit_name: &event.unit_name,
        buyer: &event.buyer,
    };
    let description =
        format!("Partida {}, ejercicio fiscal {}", event.budget_line, event.fiscal_year);
    let budget = Object::new()
        .with("id", event.budget_line.as_str())
        .with("description", description)
        .with("amount", value(&event.amount));
    let planning = Object::new()
        .with("rationale", event.need.as_str())
        .with("budget", budget)
        .with("items", items(&event.items))
        .with("marketResearch", market_research(event));
    // The procedure has no number yet; until it has, the ocid stands in for it (the id is versioned). Planned items
    // stay out of `tender.items`: a merge could never remove one that the call leaves out.
    let tender = Object::new()
        .with("id", event.ocid.as_str())
        .with("status", "planned")
        .with("procuringEntity", buying.unit());
    Object::new()
        .with("parties", buying.parties(&UNIT_ROLES))
        .with("buyer", buying.buyer())
        .with("planning", planning)
        .with("tender", tender)
}

fn market_research(event: &PlanApproved) -> Object {
    let research = &event.market_research;
    let quotes: Value = research
        .quotes
        .iter()
        .enumerate()
        .map(|(place, quote)| {
            // Quotes of an approved plan never change, so that their place names them.
            let id = (place + 1).to_string();
            let quote = Object::new()
                .with("id", id)
                .with("source", quote.source.as_str())
                .with("value", value(&quote.amount));
            Value::from(quote)
        })
        .collect();
    Object::new().with("quotes", quotes).with("median", value(&research.median))
}
