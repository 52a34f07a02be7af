//! The mapping from events to releases, by golden files.
//!
//! `BLESS=1 cargo test -p ocds --test release` writes the files anew; that is right only for a new mapping version.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../examples/case/mod.rs"]
mod case;

use std::{fs, path::PathBuf};

use domain::{DomainEvent, Timestamp, event::Heartbeat};
use ocds::{
    canonical::to_canonical,
    extensions::merge_rules,
    merge::{Record, compiled_release},
    release::{MAPPING_VERSION, Source, ocid_of, release_for},
};
use serde_json::{Value, json};

fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(format!("v{MAPPING_VERSION}-{name}"));
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

#[test]
fn the_releases_of_the_case_are_the_golden_ones() {
    let releases = case::releases();
    let [planning, tender] = releases.as_slice() else { panic!("two events make a release") };
    golden("planning.json", &pretty(&planning.value));
    golden("tender.json", &pretty(&tender.value));
    let hashes: Vec<String> =
        releases.iter().map(|it| format!("{} {}\n", it.sha256_hex(), it.id)).collect();
    golden("sha256.txt", &hashes.concat());
}

#[test]
fn the_compiled_release_of_the_case_is_the_golden_one() {
    let mut record = Record::default();
    for release in case::releases() {
        record.apply(merge_rules(), &release.value).unwrap();
    }
    let compiled = record.compiled_release().unwrap();
    golden("compiled.json", &pretty(&compiled));
    assert_eq!(compiled["tender"]["id"], "LA-009000999-E1-2018");
    assert_eq!(compiled["tender"]["status"], "active");
    assert_eq!(compiled["planning"]["budget"]["amount"]["amount"], 2_000_000);
    assert!(compiled.get("proof").is_none(), "a proof belongs to one release");
    golden("versioned.json", &pretty(&record.versioned_release().unwrap()));
}

#[test]
fn a_release_is_its_canonical_bytes() {
    for release in case::releases() {
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
        previous_date: None,
    };
    assert_eq!(release_for(&source), None);
}

#[test]
fn a_release_is_later_than_the_one_before_it() {
    let events = case::events();
    let event = &events[1];
    let at = |previous: Option<&str>| {
        let previous_date = previous.map(|it| Timestamp::parse(it).unwrap());
        release_for(&Source { previous_date, ..event.source() }).unwrap().date.to_string()
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
    for release in case::releases() {
        check(&release.value, "");
    }
}

#[test]
fn no_account_of_an_official_is_published() {
    for (event, release) in case::events().iter().zip(case::releases()) {
        let data = event.event.to_data();
        let text = release.value.to_string();
        for member in ["author", "approver"] {
            assert!(!text.contains(data[member].as_str().unwrap()), "{member}");
        }
    }
}

#[test]
fn merging_at_once_and_one_by_one_agree_on_the_case() {
    let releases: Vec<Value> = case::releases().into_iter().map(|it| it.value).collect();
    let mut record = Record::default();
    for release in &releases {
        record.apply(merge_rules(), release).unwrap();
    }
    assert_eq!(record.compiled_release(), compiled_release(merge_rules(), &releases));
}

#[test]
fn a_package_names_the_extensions_its_releases_use() {
    let packages = case::packages();
    for package in [&packages.releases, &packages.records, &packages.versioned_records] {
        assert_eq!(package["version"], "1.1");
        assert_eq!(package["publishedDate"], "2018-04-12T14:00:00.000Z");
        let extensions = package["extensions"].as_array().unwrap();
        assert!(extensions.iter().any(|it| it.as_str().unwrap().contains("/smartTenders_proofs/")));
    }
    assert_eq!(packages.releases["releases"].as_array().unwrap().len(), 2);
    let record = &packages.records["records"][0];
    assert_eq!(record["ocid"], "ocds-000000-009000999-2018-1");
    assert_eq!(record["compiledRelease"]["tag"], json!(["compiled"]));
    assert!(record.get("versionedRelease").is_none());
    let versioned = &packages.versioned_records["records"][0]["versionedRelease"];
    assert!(versioned["tender"]["id"].is_array());
}
