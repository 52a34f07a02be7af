//! Every event version ever written still reads, and the current ones still write the same bytes.
//!
//! The files are `tests/golden/{type}.v{schema}.json`. A new version adds a file; none is edited.

use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::event::{
    CompanyApproved, CompanyRegistered, CompanyRejected, Contact, CorruptHistory, DomainEvent,
    Heartbeat, ReleasePublished,
};
use crate::id::CompanyId;
use crate::rfc::Rfc;
use crate::sample;
use crate::vocabulary::CompanySize;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn current() -> Vec<DomainEvent> {
    let company_id: CompanyId = "01620000-0000-7000-8000-000000000003".parse().unwrap();
    let mut all = vec![
        sample::unit().into(),
        sample::catalogue_item().into(),
        CompanyRegistered {
            company_id,
            legal_name: "ACCESO INCLUYENTE MÉXICO, S.C. DE R.L.".to_owned(),
            rfc: Rfc::parse("AIM160905H25", false).unwrap(),
            size: CompanySize::Micro,
            contact: Some(Contact {
                nombre: "María".to_owned(),
                apellido_paterno: "Núñez".to_owned(),
                apellido_materno: None,
                correo: "maria.nunez@example.mx".to_owned(),
                telefono: "+525512341414".to_owned(),
            }),
        }
        .into(),
        CompanyApproved { company_id }.into(),
        CompanyRejected { company_id, reason: "Falta el acta constitutiva".to_owned() }.into(),
        sample::plan_approved().into(),
        sample::tender_published().into(),
        ReleasePublished {
            ocid: "ocds-000000-009000999-2018-1".parse().unwrap(),
            release_id: "ocds-000000-009000999-2018-1-9".to_owned(),
            sha256: "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
            mapping: "1".to_owned(),
        }
        .into(),
        Heartbeat {}.into(),
    ];
    all.extend(sample::contract::golden_contract());
    all.extend(sample::evaluation::golden_evaluation());
    all.extend(sample::procedure::golden_procedure());
    all
}

#[test]
fn every_current_event_writes_what_its_golden_file_says() {
    for event in current() {
        let name = format!("{}.v{}.json", event.event_type(), event.schema_version());
        let path = folder().join(&name);
        let actual = event.to_data();
        if std::env::var_os("BLESS").is_some() {
            let text = serde_json::to_string_pretty(&actual).unwrap() + "\n";
            std::fs::write(&path, text).unwrap();
        }
        let golden: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(actual, golden, "{name}");
    }
}

#[test]
fn every_event_type_has_a_golden_file() {
    let types: BTreeSet<&str> = DomainEvent::TYPES.iter().map(|(name, _)| *name).collect();
    let covered: BTreeSet<&str> = current().iter().map(DomainEvent::event_type).collect();
    assert_eq!(types, covered);
}

#[test]
fn every_golden_file_reads_back() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let (event_type, schema) = name.split_once(".v").unwrap();
        let data: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let event = DomainEvent::from_recorded(event_type, schema.parse().unwrap(), &data);
        let event = event.unwrap().expect("a type of ours");
        assert_eq!(event.to_data(), data, "{name}");
    }
}

#[test]
fn the_contact_is_committed_to_and_never_in_the_data_or_in_a_print() {
    for event in current() {
        for text in [event.to_data().to_string(), format!("{event:?}")] {
            assert!(!text.contains("example.mx") && !text.contains("Núñez"), "{text}");
        }
    }
    let parts = current()[2].private_parts();
    assert_eq!(parts.len(), 1);
    assert_eq!(parts[0].path, "/data/contact");
    assert_eq!(parts[0].value["apellidoPaterno"], "Núñez");
    assert!(parts[0].value.get("apellidoMaterno").is_none(), "no empty values");
}

#[test]
fn a_type_of_others_is_none_and_an_unknown_version_is_corrupt() {
    let data = serde_json::json!({});
    assert!(matches!(DomainEvent::from_recorded("Sealed", 1, &data), Ok(None)));
    let unknown = DomainEvent::from_recorded("Heartbeat", 2, &data);
    assert!(matches!(unknown, Err(CorruptHistory::UnknownSchema { schema: 2, .. })));
    let extra = DomainEvent::from_recorded("Heartbeat", 1, &serde_json::json!({"x": 1}));
    assert!(matches!(extra, Err(CorruptHistory::Data { .. })));
}
