//! The mapping from events to releases, by golden files.
//!
//! `BLESS=1 cargo test -p ocds --test release` writes the files anew; that is right only for a new mapping version and for
//! events that make a release for the first time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../../examples/case/mod.rs"]
mod case;
mod schema;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use case::Recorded;
use domain::{DomainEvent, Timestamp, event::Heartbeat};
use ocds::{
    canonical::to_canonical,
    extensions::merge_rules,
    merge::{Record, compiled_release, versioned_release},
    release::{Mapping, Release, Source, ocid_of},
};
use serde_json::{Value, json};

/// What is sealed, what is a register's, and what the system says of itself.
const WITHOUT_RELEASE: [&str; 15] = [
    "UnitRegistered",
    "CatalogItemAdded",
    "CompanyRegistered",
    "CompanyApproved",
    "CompanyRejected",
    "EvaluatorApplied",
    "EvaluatorAccredited",
    "ParticipantRegistered",
    "ProposalSubmitted",
    "ProposalReplaced",
    "ProposalWithdrawn",
    "ReceiptClosed",
    "TechnicalSheetSigned",
    "ReleasePublished",
    "Heartbeat",
];

/// The releases of both processes, each beside its event.
fn all() -> Vec<(Recorded, Release)> {
    all_by(Mapping::NEWEST)
}

fn all_by(mapping: Mapping) -> Vec<(Recorded, Release)> {
    [case::events(), case::events_of_deserted()]
        .into_iter()
        .flat_map(|events| {
            let releases = case::releases_by(mapping, &events);
            assert_eq!(events.len(), releases.len(), "every event makes a release");
            events.into_iter().zip(releases)
        })
        .collect()
}

/// What a version prints as the one before it has no file of its own.
fn golden(mapping: Mapping, name: &str, text: &str) {
    let path = |mapping: Mapping| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(format!("v{}-{name}", mapping.as_str()))
    };
    let first = fs::read_to_string(path(Mapping::First));
    if mapping > Mapping::First && first.is_ok_and(|first| first == text) {
        assert!(!path(mapping).exists(), "{name} is the one of the version before");
        return;
    }
    let path = path(mapping);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, text).unwrap();
    }
    assert_eq!(text, fs::read_to_string(&path).unwrap(), "{}", path.display());
}

fn pretty(value: &Value) -> String {
    // Read back from the canonical form, so that the file's members are sorted whatever the map is.
    let sorted: std::collections::BTreeMap<String, Value> =
        serde_json::from_str(&to_canonical(value)).unwrap();
    serde_json::to_string_pretty(&sorted).unwrap() + "\n"
}

/// `TieBroken` → `tie-broken`; the two oldest go by their tags.
fn file_name(event_type: &str) -> String {
    match event_type {
        "PlanApproved" => return "planning".to_owned(),
        "TenderPublished" => return "tender".to_owned(),
        _ => {}
    }
    let mut name = String::new();
    for letter in event_type.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

#[test]
fn the_releases_of_the_case_are_the_golden_ones() {
    releases_are_golden(Mapping::NEWEST);
}

#[test]
fn an_older_mapping_prints_what_it_printed() {
    releases_are_golden(Mapping::First);
    compiled_is_golden(Mapping::First);
    for mapping in Mapping::ALL {
        assert_eq!(Mapping::parse(mapping.as_str()), Some(mapping));
    }
    assert_eq!(Mapping::parse("3"), None);
}

fn releases_are_golden(mapping: Mapping) {
    let mut seen = BTreeSet::new();
    let mut hashes = Vec::new();
    for (event, release) in all_by(mapping) {
        let event_type = event.event.event_type();
        hashes.push(format!("{} {}\n", release.sha256_hex(), release.id));
        let is_called = matches!(event_type, "PlanApproved" | "TenderPublished");
        let prefix = match release.ocid.as_str() {
            case::OCID => "",
            _ if is_called => continue,
            _ => "deserted-",
        };
        if seen.insert((prefix, event_type)) {
            let name = format!("{prefix}{}.json", file_name(event_type));
            golden(mapping, &name, &pretty(&release.value));
        }
    }
    golden(mapping, "sha256.txt", &hashes.concat());
}

#[test]
fn every_type_of_event_makes_a_release_here_or_never_does() {
    let all = all();
    let with: BTreeSet<&str> = all.iter().map(|(event, _)| event.event.event_type()).collect();
    let without = BTreeSet::from(WITHOUT_RELEASE);
    assert!(with.is_disjoint(&without));
    let types: BTreeSet<&str> = DomainEvent::TYPES.iter().map(|(name, _)| *name).collect();
    assert_eq!(with.union(&without).copied().collect::<BTreeSet<_>>(), types);
}

/// The compiled release of the case, which is the golden one, as its versioned release is.
fn compiled_is_golden(mapping: Mapping) -> Value {
    let mut record = Record::default();
    for release in case::releases_by(mapping, &case::events()) {
        record.apply(merge_rules(), &release.value).unwrap();
    }
    let compiled = record.compiled_release().unwrap();
    golden(mapping, "compiled.json", &pretty(&compiled));
    golden(mapping, "versioned.json", &pretty(&record.versioned_release().unwrap()));
    compiled
}

#[test]
fn the_compiled_release_of_the_case_is_the_golden_one() {
    let compiled = compiled_is_golden(Mapping::NEWEST);
    assert_eq!(compiled["tender"]["id"], "LA-009000999-E1-2018");
    assert_eq!(compiled["tender"]["status"], "complete");
    assert_eq!(compiled["planning"]["budget"]["amount"]["amount"], 2_000_000);
    assert_eq!(compiled["awards"][0]["value"]["amount"], 1_790_000);
    assert_eq!(compiled["contracts"][0]["status"], "terminated");
    let implementation = &compiled["contracts"][0]["implementation"];
    assert_eq!(implementation["transactions"][1]["value"]["amount"], 701_680);
    assert_eq!(implementation["finalValue"]["amount"], 1_775_680);
    let milestones = implementation["milestones"].as_array().unwrap();
    assert!(milestones.iter().all(|it| it["status"] == "met"), "{milestones:?}");
    let delivered = |at: usize| milestones[at]["deliveries"].as_array().unwrap().len();
    assert_eq!((delivered(0), delivered(1)), (1, 2), "{milestones:?}");
    let period = &compiled["contracts"][0]["period"];
    assert_eq!(period["startDate"], compiled["contracts"][0]["dateSigned"]);
    assert_eq!(period["endDate"], "2018-07-20T23:59:59.000Z");
    assert!(compiled.get("proof").is_none(), "a proof belongs to one release");
}

#[test]
fn a_release_is_its_canonical_bytes() {
    for (_, release) in all() {
        let bytes = release.bytes();
        let read: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(read, release.value);
        assert_eq!(to_canonical(&read).into_bytes(), bytes);
        assert_eq!(release.sha256_hex().len(), 66);
    }
}

#[test]
fn other_events_make_no_release() {
    let event = DomainEvent::from(Heartbeat {});
    assert_eq!(ocid_of(&event), None);
    let source = Source {
        event: &event,
        event_id: "01627251-7f80-7000-8000-000000000041",
        position: 41,
        leaf_hash: [0; 32],
        effective_at: Timestamp::parse("2018-04-12T14:00:00.000Z").unwrap(),
        previous: None,
    };
    assert_eq!(Mapping::NEWEST.release_for(&source), None);
}

#[test]
fn the_end_of_receipt_and_a_publication_make_no_release() {
    let closed = json!({"tenderId": "5b1f7a52-3d77-4d0e-8a43-6f0f8f0c0002", "ocid": case::OCID,
        "deadline": "2018-04-13T23:00:00.000Z"});
    let published = json!({"ocid": case::OCID, "releaseId": "1", "sha256": "0x", "mapping": "1"});
    for (event_type, data) in [("ReceiptClosed", closed), ("ReleasePublished", published)] {
        let event = DomainEvent::from_recorded(event_type, 1, &data).unwrap().unwrap();
        assert_eq!(ocid_of(&event), None, "{event_type}");
    }
}

#[test]
fn an_event_that_follows_no_release_it_needs_makes_none() {
    for (event, release) in all() {
        let is_first = matches!(event.event.event_type(), "PlanApproved" | "TenderPublished");
        assert_eq!(
            Mapping::NEWEST.release_for(&event.source()).is_some(),
            is_first,
            "{}",
            release.id
        );
    }
    let all = all();
    let of = |name: &str| all.iter().find(|(it, _)| it.event.event_type() == name).unwrap();
    let (award, (signature, _)) = (&of("AwardIssued").1.value, of("ContractSigned"));
    assert_eq!(
        Mapping::NEWEST.release_for(&Source { previous: Some(award), ..signature.source() }),
        None
    );
}

#[test]
fn every_release_names_its_procedure_its_buyer_and_its_contract() {
    for (event, release) in all().iter().filter(|(it, _)| it.event.event_type() != "PlanApproved") {
        let value = &release.value;
        assert_eq!(value["tender"]["id"], "LA-009000999-E1-2018", "{}", release.id);
        let parties = value["parties"].as_array().unwrap();
        assert!(parties.iter().any(|it| it["id"] == value["buyer"]["id"]), "{}", release.id);
        if event.event.to_data().get("contractId").is_some() {
            assert_eq!(value["contracts"][0]["id"], event.event.to_data()["contractId"]);
            assert_eq!(value["contracts"][0]["awardID"], "5b1f7a52-3d77-4d0e-8a43-6f0f8f0c0003");
            let suppliers = parties
                .iter()
                .filter(|it| it["roles"].as_array().unwrap().contains(&json!("supplier")));
            assert_eq!(suppliers.count(), 1, "{}", release.id);
        }
    }
}

#[test]
fn a_party_loses_no_role() {
    let mut roles: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    for (_, release) in all() {
        for party in release.value["parties"].as_array().unwrap() {
            let key = (release.ocid.to_string(), party["id"].as_str().unwrap().to_owned());
            let now = party["roles"].as_array().unwrap().clone();
            let before = roles.insert(key, now.clone()).unwrap_or_default();
            assert!(before.iter().all(|it| now.contains(it)), "{}: {before:?} {now:?}", release.id);
        }
    }
    let of = |id: &str| json!(roles[&(case::OCID.to_owned(), id.to_owned())]);
    assert_eq!(of("009000999-buyer"), json!(["buyer", "payer"]));
    assert_eq!(of("MX-RFC-AIM160905H25"), json!(["tenderer", "supplier", "payee"]));
}

#[test]
fn no_tenderer_and_no_price_is_published_before_its_opening() {
    let mut seen = false;
    for (event, release) in case::events().iter().zip(case::releases()) {
        seen |= event.event.event_type() == "EconomicOpened";
        let text = release.value.to_string();
        let tells = ["AIM160905H25", "ACCESO INCLUYENTE", "1790000", "S.A. DE C.V."];
        assert!(seen || tells.iter().all(|it| !text.contains(it)), "{}", release.id);
    }
    assert!(seen);
}

#[test]
fn a_document_is_named_by_its_hash_once_and_says_not_where_it_is() {
    let events = case::events();
    let releases = case::releases();
    let place = events.iter().position(|it| it.event.event_type() == "ProposalOpened").unwrap();
    let mut data = events[place].event.to_data();
    let document = data["documents"][0].clone();
    data["documents"] = json!([document, document]);
    let event = DomainEvent::from_recorded("ProposalOpened", 1, &data).unwrap().unwrap();
    let previous = Some(&releases[place - 1].value);
    let source = Source { event: &event, previous, ..events[place].source() };
    let release = Mapping::NEWEST.release_for(&source).unwrap();
    assert_eq!(
        release.value["bids"]["details"][0]["documents"],
        json!([{"id": document["sha256"], "documentType": "submissionDocuments",
                "title": "propuesta-tecnica.txt", "format": "text/plain"}])
    );
}

#[test]
fn a_release_is_later_than_the_one_before_it() {
    let events = case::events();
    let event = &events[1];
    let at = |previous: Option<&str>| {
        let previous = previous.map(|it| json!({"date": it}));
        let source = Source { previous: previous.as_ref(), ..event.source() };
        Mapping::NEWEST.release_for(&source).unwrap().date.to_string()
    };
    assert_eq!(at(None), "2018-04-12T14:00:00.000Z");
    assert_eq!(at(Some("2018-04-12T13:59:59.999Z")), "2018-04-12T14:00:00.000Z");
    assert_eq!(at(Some("2018-04-12T14:00:00.000Z")), "2018-04-12T14:00:00.001Z");
    assert_eq!(at(Some("2018-04-12T14:00:00.999Z")), "2018-04-12T14:00:01.000Z");
}

#[test]
fn nothing_empty_and_no_array_member_without_an_id_is_published() {
    fn check(value: &Value, pointer: &str) {
        match value {
            Value::Null => panic!("{pointer} is null"),
            Value::String(text) => assert!(!text.is_empty(), "{pointer} is empty"),
            Value::Array(values) => {
                assert!(!values.is_empty(), "{pointer} is empty");
                for (place, value) in values.iter().enumerate() {
                    if value.is_object() {
                        assert!(value["id"].is_string(), "{pointer}/{place} has no id");
                    }
                    check(value, &format!("{pointer}/{place}"));
                }
            }
            Value::Object(object) => {
                assert!(!object.is_empty(), "{pointer} is empty");
                for (name, value) in object {
                    check(value, &format!("{pointer}/{name}"));
                }
            }
            Value::Bool(_) | Value::Number(_) => {}
        }
    }
    for (_, release) in all() {
        check(&release.value, &release.id);
    }
}

#[test]
fn no_account_of_an_official_is_published() {
    let events = case::events();
    let accounts: Vec<Value> = ["author", "approver"]
        .iter()
        .flat_map(|member| {
            events.iter().filter_map(move |it| it.event.to_data().get(member).cloned())
        })
        .collect();
    assert!(!accounts.is_empty());
    for release in case::releases() {
        let text = release.value.to_string();
        for account in &accounts {
            assert!(!text.contains(account.as_str().unwrap()), "{}", release.id);
        }
    }
}

#[test]
fn merging_at_once_and_one_by_one_agree_on_the_case() {
    for events in [case::events(), case::events_of_deserted()] {
        let releases: Vec<Value> =
            case::releases_of(&events).into_iter().map(|it| it.value).collect();
        let mut record = Record::default();
        for (place, release) in releases.iter().enumerate() {
            record.apply(merge_rules(), release).unwrap();
            let all = &releases[..=place];
            assert_eq!(record.compiled_release(), compiled_release(merge_rules(), all));
        }
        assert_eq!(record.versioned_release(), versioned_release(merge_rules(), &releases));
    }
}

#[test]
fn a_package_names_the_extensions_its_releases_use() {
    let releases = case::releases();
    let count = releases.len();
    let packages = case::packages(releases);
    for package in [&packages.releases, &packages.records, &packages.versioned_records] {
        assert_eq!(package["version"], "1.1");
        assert_eq!(package["publishedDate"], "2018-08-12T15:07:00.000Z");
        let extensions = package["extensions"].as_array().unwrap();
        assert!(extensions.iter().any(|it| it.as_str().unwrap().contains("/smartTenders_proofs/")));
    }
    assert_eq!(packages.releases["releases"].as_array().unwrap().len(), count);
    let record = &packages.records["records"][0];
    assert_eq!(record["ocid"], case::OCID);
    assert_eq!(record["compiledRelease"]["tag"], json!(["compiled"]));
    assert!(record.get("versionedRelease").is_none());
    let versioned = &packages.versioned_records["records"][0]["versionedRelease"];
    assert!(versioned["tender"]["id"].is_array());
}
