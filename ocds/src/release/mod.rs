//! From a recorded event to at most one immutable release: version [`MAPPING_VERSION`] of the mapping.
//!
//! The only module that knows the events of `domain`. What it prints is frozen: a release whose bytes were published
//! has to come out of the same event for ever, so a change of any of it is a new version beside this one.

mod planning;
mod tender;
mod values;

use domain::{DomainEvent, Money, Ocid, Timestamp, content::Item};
use serde_json::{Value, json};

use crate::canonical;
use values::Object;

/// The version of this mapping, as `ReleasePublished` records it.
pub const MAPPING_VERSION: &str = "1";

/// A recorded event with all that its release says of it.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The event.
    pub event: &'a DomainEvent,
    /// The event's id, a UUID in lower case.
    pub event_id: &'a str,
    /// The event's position in the whole log, counted from 0.
    pub position: u64,
    /// The leaf hash of the event's entry.
    pub leaf_hash: [u8; 32],
    /// When it happened: the entry's `effectiveAt`, or its `at` where its clock is `imported`.
    pub effective_at: Timestamp,
    /// The date of the newest release of the same ocid, `None` for the first.
    pub previous_date: Option<Timestamp>,
}

/// An immutable release.
#[derive(Clone, Debug, PartialEq)]
pub struct Release {
    /// The contracting process.
    pub ocid: Ocid,
    /// `{ocid}-{position}`.
    pub id: String,
    /// Later than every earlier release of the ocid.
    pub date: Timestamp,
    /// The release itself.
    pub value: Value,
}

impl Release {
    /// The release's exact bytes: its canonical form (RFC 8785), UTF-8.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        canonical::to_canonical(&self.value).into_bytes()
    }

    /// SHA-256 of [`Self::bytes`] as `ReleasePublished` records it: `0x` and lower-case hexadecimal.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        values::hex(&canonical::sha256(&self.value))
    }
}

/// The contracting process whose release an event makes, `None` where it makes none.
///
/// It is what a publisher needs to know before [`release_for`], to find the date of the release before.
#[must_use]
pub fn ocid_of(event: &DomainEvent) -> Option<&Ocid> {
    use DomainEvent as E;
    match event {
        E::PlanApproved(event) => Some(&event.ocid),
        E::TenderPublished(event) => Some(&event.ocid),
        _ => None,
    }
}

/// The release an event makes, `None` where it makes none.
#[must_use]
pub fn release_for(source: &Source<'_>) -> Option<Release> {
    use DomainEvent as E;
    let ocid = ocid_of(source.event)?.clone();
    let (tag, content) = match source.event {
        E::PlanApproved(event) => ("planning", planning::content(event)),
        E::TenderPublished(event) => ("tender", tender::content(event)),
        _ => return None,
    };
    let id = format!("{ocid}-{}", source.position);
    let date = release_date(source.effective_at, source.previous_date);
    let proof = Object::new()
        .with("eventId", source.event_id)
        .with("position", source.position.to_string())
        .with("leafHash", values::hex(&source.leaf_hash));
    let value = content
        .with("ocid", ocid.as_str())
        .with("id", id.as_str())
        .with("date", date.to_string())
        .with("tag", json!([tag]))
        .with("initiationType", "tender")
        .with("language", "es")
        .with("proof", proof);
    Some(Release { ocid, id, date, value: value.into() })
}

/// At least one millisecond after the previous release: whoever merges sorts by date.
fn release_date(effective_at: Timestamp, previous: Option<Timestamp>) -> Timestamp {
    let Some(previous) = previous.filter(|&previous| effective_at <= previous) else {
        return effective_at;
    };
    // Only in the last millisecond of the year 9999 is there no later instant to raise it to.
    Timestamp::from_millis(previous.as_millis() + 1).unwrap_or(previous)
}

/// The buyer and the buying unit of a process.
struct Buying<'a> {
    unit_key: &'a str,
    unit_name: &'a str,
    buyer: &'a str,
}

impl Buying<'_> {
    /// A unit buys for one body, which has no key of its own in the register.
    fn buyer_id(&self) -> String {
        format!("{}-buyer", self.unit_key)
    }

    fn buyer(&self) -> Object {
        Object::new().with("id", self.buyer_id()).with("name", self.buyer)
    }

    fn unit(&self) -> Object {
        Object::new().with("id", self.unit_key).with("name", self.unit_name)
    }

    /// Both parties with all the roles they have so far: a later release replaces the list as a whole.
    fn parties(&self, unit_roles: &[&str]) -> Value {
        json!([
            Value::from(self.buyer().with("roles", json!(["buyer"]))),
            Value::from(self.unit().with("roles", json!(unit_roles))),
        ])
    }
}

fn items(items: &[Item]) -> Value {
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

fn value(money: &Money) -> Object {
    Object::new()
        .with("amount", values::hundredths(money.centavos()))
        .with("currency", money.currency().as_str())
}
