//! How a release was found, byte for byte, in another spelling or out of a package, is said.

use crate::world::{RELEASE, RELEASE_JSON, World, ending, jcs};
use verifier::policy::Policy;
use verifier::release::verify_release;

fn check(file: &str) -> (String, String) {
    let world = World::new();
    let policy = Policy::parse(jcs(&world.policy()).as_bytes()).unwrap();
    let bundle = jcs(&world.bundle(RELEASE));
    let report = verify_release(file.as_bytes(), bundle.as_bytes(), &policy);
    (ending(&report), report.release.map_or_else(String::new, |facts| facts.found.to_string()))
}

fn anchored(found: &str) -> (String, String) {
    ("anchored".to_owned(), found.to_owned())
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
