//! A whole process from its plan to its last rating, and another that nobody is awarded: from recorded events to
//! packages.

mod contract;
mod deserted;
mod log;
mod procedure;

use domain::{DomainEvent, Timestamp};
use ocds::{
    canonical,
    extensions::{BASE_URL, merge_rules},
    merge::Record,
    package::{Publication, RecordParts},
    release::{Mapping, Release, Source},
};
use serde_json::Value;

/// The process that is played to its end.
pub const OCID: &str = "ocds-000000-009000999-2018-1";

/// An event as the log gives it.
pub struct Recorded {
    /// The event.
    pub event: DomainEvent,
    id: String,
    position: u64,
    leaf_hash: [u8; 32],
    effective_at: Timestamp,
}

impl Recorded {
    /// What the mapping is given, for the first release of a process.
    pub fn source(&self) -> Source<'_> {
        Source {
            event: &self.event,
            event_id: &self.id,
            position: self.position,
            leaf_hash: self.leaf_hash,
            effective_at: self.effective_at,
            previous: None,
        }
    }
}

/// The recorded events of the process that is played to its end.
pub fn events() -> Vec<Recorded> {
    let mut log = log::Log::of_called_tender(OCID);
    procedure::play(&mut log);
    contract::play(&mut log);
    log.events().iter().map(recorded).collect()
}

/// The recorded events of the process that nobody is awarded.
pub fn events_of_deserted() -> Vec<Recorded> {
    let mut log = log::Log::of_called_tender("ocds-000000-009000999-2018-2");
    deserted::play(&mut log);
    log.events().iter().map(recorded).collect()
}

fn recorded(event: &Value) -> Recorded {
    let text = |name: &str| event[name].as_str().expect("a text").to_owned();
    let domain_event = DomainEvent::from_recorded(&text("type"), 1, &event["data"]);
    Recorded {
        event: domain_event.expect("an event of its shape").expect("an event of ours"),
        id: text("id"),
        position: text("position").parse().expect("a position"),
        // Stands in for the leaf hash of the entry, which the log computes.
        leaf_hash: canonical::sha256(event),
        effective_at: Timestamp::parse(&text("effectiveAt")).expect("an instant"),
    }
}

/// The releases the events make, oldest first.
pub fn releases() -> Vec<Release> {
    releases_of(&events())
}

/// The releases recorded events make, oldest first.
pub fn releases_of(events: &[Recorded]) -> Vec<Release> {
    releases_by(Mapping::NEWEST, events)
}

/// The same, by another version of the mapping.
pub fn releases_by(mapping: Mapping, events: &[Recorded]) -> Vec<Release> {
    let mut releases: Vec<Release> = Vec::new();
    for event in events {
        let previous = releases.last().map(|it| &it.value);
        releases.extend(mapping.release_for(&Source { previous, ..event.source() }));
    }
    releases
}

/// The packages a publisher serves.
pub struct Packages {
    /// All releases.
    pub releases: Value,
    /// The record, with its compiled release.
    pub records: Value,
    /// The same, with its versioned release too.
    pub versioned_records: Value,
}

/// Packages of all releases of a process.
pub fn packages(releases: Vec<Release>) -> Packages {
    let publication = Publication {
        publisher_name: "Smart Tenders (demostración)".to_owned(),
        publisher_uri: Some("https://smart-tenders.example/".to_owned()),
        license: Some("https://creativecommons.org/licenses/by/4.0/".to_owned()),
        publication_policy: Some("https://smart-tenders.example/ocds/policy".to_owned()),
        extensions_base_url: BASE_URL.to_owned(),
    };
    let newest = releases.last().expect("the events make releases");
    let (ocid, date) = (newest.ocid.to_string(), newest.date.to_string());
    let mut record = Record::default();
    for release in &releases {
        record.apply(merge_rules(), &release.value).expect("releases in order");
    }
    let values: Vec<Value> = releases.into_iter().map(|it| it.value).collect();
    let parts = RecordParts {
        ocid: ocid.clone(),
        releases: values.clone(),
        compiled_release: record.compiled_release().expect("consistent releases"),
        versioned_release: None,
    };
    let versioned_release = Some(record.versioned_release().expect("consistent releases"));
    let versioned = RecordParts { versioned_release, ..parts.clone() };
    let base = "https://smart-tenders.example/ocds";
    let record_package =
        |uri: &str, parts| publication.record_package(uri, &date, Vec::from([parts]));
    Packages {
        releases: publication.release_package(&format!("{base}/releases/{ocid}"), &date, values),
        records: record_package(&format!("{base}/records/{ocid}"), parts),
        versioned_records: record_package(
            &format!("{base}/records/{ocid}?versioned=true"),
            versioned,
        ),
    }
}
