//! A release, byte for byte or out of a package, is the one the log names.

use crate::world::{RELEASE, RELEASE_JSON, World, ending, jcs};
use serde_json::{Value, json};
use verifier::policy::Policy;
use verifier::release::verify_release;

fn check(file: &str) -> (String, String) {
    check_with(&World::new(), file, RELEASE)
}

fn check_with(world: &World, file: &str, seq: u64) -> (String, String) {
    let policy = Policy::parse(jcs(&world.policy()).as_bytes()).unwrap();
    let bundle = jcs(&world.bundle(seq));
    let report = verify_release(file.as_bytes(), bundle.as_bytes(), &policy);
    (ending(&report), report.release.map_or_else(String::new, |facts| facts.found.to_string()))
}

fn anchored(found: &str) -> (String, String) {
    ("anchored".to_owned(), found.to_owned())
}

fn refused() -> (String, String) {
    ("release".to_owned(), String::new())
}

#[test]
fn the_exact_bytes_are_the_release() {
    assert_eq!(check(RELEASE_JSON), anchored("the file's exact bytes"));
}

#[test]
fn a_release_in_another_spelling_is_the_release() {
    let spelled = RELEASE_JSON
        .replace(':', " : ")
        .replace("2000000.5", "2.0000005E+6")
        .replace("MXN", "\\u004dXN");
    assert_eq!(check(&spelled), anchored("the canonical form of the file"));
}

#[test]
fn a_release_is_found_in_release_and_record_packages() {
    let in_package = anchored("the canonical form of a release in the package");
    let other = r#"{"id":"other","ocid":"x"}"#;
    let package = format!(r#"{{"uri":"u","releases":[{other},{RELEASE_JSON}]}}"#);
    assert_eq!(check(&package), in_package);
    let record = format!(r#"{{"records":[{{"ocid":"x","releases":[{other},{RELEASE_JSON}]}}]}}"#);
    assert_eq!(check(&record), in_package);
}

#[test]
fn a_changed_release_is_refused() {
    for (text, forged) in [
        ("2000000.5", "2000000.6"),
        ("MXN", "USD"),
        ("DGA-2026-1-5", "DGA-2026-1-6"),
        ("\"tender\"", "\"extra\":1,\"tender\""),
    ] {
        let changed = RELEASE_JSON.replacen(text, forged, 1);
        assert_eq!(check(&changed), refused(), "{forged}");
        assert_eq!(check(&format!(r#"{{"releases":[{changed}]}}"#)), refused(), "{forged}");
    }
}

#[test]
fn a_package_with_a_second_release_of_the_same_id_is_refused() {
    let other = RELEASE_JSON.replace("MXN", "USD");
    assert_eq!(check(&format!(r#"{{"releases":[{RELEASE_JSON},{other}]}}"#)), refused());
}

#[test]
fn what_is_no_release_is_refused() {
    let twice = RELEASE_JSON.replacen('{', "{\"ocid\":\"x\",", 1);
    let huge = RELEASE_JSON.replace("2000000.5", "1e22");
    for file in ["", "[]", "{}", "null", r#"{"releases":[]}"#, r#"{"releases":7}"#, &twice, &huge] {
        assert_eq!(check(file), refused(), "{file}");
    }
    let world = World::new();
    assert_eq!(check_with(&world, RELEASE_JSON, RELEASE + 1), refused(), "another event");
}

#[test]
fn the_event_names_ocid_and_id_of_the_release() {
    let world = World::new();
    for name in ["ocid", "releaseId"] {
        let forged = world.edited(RELEASE, |envelope| envelope["data"][name] = "x".into());
        assert_eq!(check_with(&forged, RELEASE_JSON, RELEASE), refused(), "{name}");
    }
    let more = |envelope: &mut Value| envelope["data"]["more"] = json!(1);
    assert_eq!(check_with(&world.edited(RELEASE, more), RELEASE_JSON, RELEASE), refused());
}

#[test]
fn a_refused_bundle_refuses_the_release() {
    let world = World::new();
    let policy = Policy::parse(jcs(&world.policy()).as_bytes()).unwrap();
    let report = verify_release(RELEASE_JSON.as_bytes(), b"{}", &policy);
    assert_eq!(ending(&report), "limits");
}
