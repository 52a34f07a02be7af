//! What several releases are made of: organisations, items, documents, amounts.

use std::collections::BTreeSet;

use domain::{
    CompanySize, Day, Money,
    content::{Document, Item, Tenderer},
};
use serde_json::{Value, json};

use super::values::{Object, hundredths};

/// The buyer and the buying unit of a process.
pub(super) struct Buying<'a> {
    pub(super) unit_key: &'a str,
    pub(super) unit_name: &'a str,
    pub(super) buyer: &'a str,
}

impl Buying<'_> {
    /// A unit buys for one body, which has no key of its own in the register.
    fn buyer_id(&self) -> String {
        format!("{}-buyer", self.unit_key)
    }

    pub(super) fn buyer(&self) -> Object {
        Object::new().with("id", self.buyer_id()).with("name", self.buyer)
    }

    pub(super) fn unit(&self) -> Object {
        Object::new().with("id", self.unit_key).with("name", self.unit_name)
    }

    /// Both parties with all the roles they have so far: a later release replaces the list as a whole.
    pub(super) fn parties(&self, unit_roles: &[&str]) -> Value {
        json!([
            Value::from(self.buyer().with("roles", json!(["buyer"]))),
            Value::from(self.unit().with("roles", json!(unit_roles))),
        ])
    }
}

pub(super) fn items(items: &[Item]) -> Value {
    items.iter().map(item).collect()
}

fn item(item: &Item) -> Value {
    let classification = Object::new()
        .with("scheme", item.scheme.as_str())
        .with("id", item.item.as_str())
        .with("description", item.description.as_str());
    Object::new()
        .with("id", item.id.as_str())
        .with("description", item.description.as_str())
        .with("classification", classification)
        .with("quantity", item.quantity)
        .with("unit", Object::new().with("name", item.unit.as_str()))
        .into()
}

pub(super) fn value(money: &Money) -> Object {
    Object::new()
        .with("amount", hundredths(money.centavos()))
        .with("currency", money.currency().as_str())
}

/// The scheme of RFCs in the list of organisation registers (org-id.guide).
const RFC_SCHEME: &str = "MX-RFC";

/// A company, with all the roles it has so far.
pub(super) fn company(tenderer: &Tenderer, roles: &[&str]) -> Object {
    let rfc = tenderer.rfc.as_str();
    let identifier = Object::new()
        .with("scheme", RFC_SCHEME)
        .with("id", rfc)
        .with("legalName", tenderer.legal_name.as_str());
    company_reference(tenderer)
        .with("identifier", identifier)
        .with("size", size(tenderer.size))
        .with("roles", json!(roles))
}

/// The company where a release refers to it.
pub(super) fn company_reference(tenderer: &Tenderer) -> Object {
    let id = format!("{RFC_SCHEME}-{}", tenderer.rfc.as_str());
    Object::new().with("id", id).with("name", tenderer.legal_name.as_str())
}

/// Codelist `companySize`.
fn size(size: CompanySize) -> &'static str {
    match size {
        CompanySize::Micro => "micro",
        CompanySize::Pequena => "small",
        CompanySize::Mediana => "medium",
        CompanySize::Grande => "large",
    }
}

/// Documents by their hash; where they are served is not for a release to say, whose bytes are the same everywhere.
///
/// One hash is one document, whatever it is called the second time.
pub(super) fn documents(documents: &[Document], document_type: &str) -> Value {
    let mut seen = BTreeSet::new();
    documents
        .iter()
        .filter(|document| seen.insert(document.sha256.as_str()))
        .map(|document| {
            let object = Object::new()
                .with("id", document.sha256.as_str())
                .with("documentType", document_type)
                .with("title", document.name.as_str())
                .with("format", document.media_type.as_str());
            Value::from(object)
        })
        .collect()
}

/// The instant OCDS asks for where the law knows a day only: the last second of its date in UTC.
///
/// The day itself stands beside it; an instant of the day's zone would depend on the time zone database.
pub(super) fn end_of_day(day: Day) -> String {
    format!("{day}T23:59:59.000Z")
}

/// A list of one object.
pub(super) fn one(object: Object) -> Value {
    Value::Array(vec![object.into()])
}
