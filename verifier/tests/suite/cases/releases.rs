//! Releases, byte for byte, in another spelling or out of a package, and what is none.

use serde_json::{Value, json};

use super::{Case, HONEST};
use crate::world::{RELEASE, RELEASE_JSON, World, jcs};

fn case(
    name: &str,
    policy: &'static str,
    bundle: &Value,
    release: &str,
    ending: &'static str,
) -> Case {
    let (name, bundle) = (name.to_owned(), jcs(bundle).into_bytes());
    let release = Some(release.as_bytes().to_vec());
    Case { name, policy, bundle, release, ending, attacks: &[] }
}

/// Every case of a release.
pub fn all() -> Vec<Case> {
    [found(), changed(), not_releases(), other_events(), other_bundles()].concat()
}

fn honest(name: &str, release: &str, ending: &'static str) -> Case {
    case(name, "honest", &HONEST.bundle(RELEASE), release, ending)
}

fn found() -> Vec<Case> {
    let spelled = RELEASE_JSON
        .replace(':', " : ")
        .replace("2000000.5", "2.0000005E+6")
        .replace("MXN", "\\u004dXN");
    let other = r#"{"id":"other","ocid":"x"}"#;
    let nested = format!(r#"{{"records":[{{"ocid":"x","releases":[{other},{RELEASE_JSON}]}}]}}"#);
    vec![
        honest("the exact bytes", RELEASE_JSON, "anchored"),
        honest("another spelling", &spelled, "anchored"),
        honest(
            "a release package",
            &format!(r#"{{"uri":"u","releases":[{other},{RELEASE_JSON}]}}"#),
            "anchored",
        ),
        honest("a record package", &nested, "anchored"),
        honest(
            "a package with other characters, numbers and levels than the profile's",
            &format!(
                r#"{{"publisher":{{"name":"México"}},"n":1e-30,"x":{}{},"releases":[{RELEASE_JSON}]}}"#,
                "[".repeat(60),
                "]".repeat(60)
            ),
            "anchored",
        ),
        honest(
            "a package that holds the release twice",
            &format!(r#"{{"releases":[{RELEASE_JSON},{RELEASE_JSON}]}}"#),
            "anchored",
        ),
    ]
}

fn changed() -> Vec<Case> {
    let mut cases = Vec::new();
    for (text, forged) in [
        ("2000000.5", "2000000.6"),
        ("MXN", "USD"),
        ("DGA-2026-1-5", "DGA-2026-1-6"),
        ("\"tender\"", "\"extra\":1,\"tender\""),
    ] {
        let changed = RELEASE_JSON.replacen(text, forged, 1);
        cases.push(honest(&format!("{text} became {forged}"), &changed, "release"));
        let package = format!(r#"{{"releases":[{changed}]}}"#);
        let name = format!("{text} became {forged}, in a package");
        cases.push(honest(&name, &package, "release"));
    }
    let other = RELEASE_JSON.replace("MXN", "USD");
    let package = format!(r#"{{"releases":[{RELEASE_JSON},{other}]}}"#);
    cases.push(honest("a package with another release of the id", &package, "release"));
    let package =
        format!(r#"{{"releases":[{RELEASE_JSON}],"records":[{{"releases":[{other}]}}]}}"#);
    cases.push(honest("another release of the id among the records", &package, "release"));
    cases
}

fn not_releases() -> Vec<Case> {
    let twice = RELEASE_JSON.replacen('{', "{\"ocid\":\"x\",", 1);
    let huge = RELEASE_JSON.replace("2000000.5", "1e22");
    let deep =
        format!(r#"{{"x":{}{},"releases":[{RELEASE_JSON}]}}"#, "[".repeat(64), "]".repeat(64));
    [
        ("an empty file", ""),
        ("an array", "[]"),
        ("an object without members", "{}"),
        ("null", "null"),
        ("a package without releases", r#"{"releases":[]}"#),
        ("a package whose releases are a number", r#"{"releases":7}"#),
        ("a release with a name twice", &twice),
        ("a release with a number that needs an exponent", &huge),
        ("a package of too many levels", &deep),
    ]
    .map(|(name, release)| honest(name, release, "release"))
    .into()
}

fn other_events() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut published = |name: &str, edit: &dyn Fn(&mut Value)| {
        let bundle = HONEST.edited(RELEASE, |envelope| edit(&mut envelope["data"])).bundle(RELEASE);
        cases.push(case(name, "honest", &bundle, RELEASE_JSON, "release"));
    };
    published("an event of another ocid", &|data| data["ocid"] = "x".into());
    published("an event of another release id", &|data| data["releaseId"] = "x".into());
    published("an event of another hash", &|data| data["sha256"] = "0x00".into());
    published("an event with a member more", &|data| data["more"] = json!(1));
    let bundle = HONEST.bundle(RELEASE + 1);
    cases.push(case("an event of another type", "honest", &bundle, RELEASE_JSON, "release"));
    cases
}

/// The bundle is checked first, and its verdict is the release's.
fn other_bundles() -> Vec<Case> {
    let world: &World = &HONEST;
    let mut bundle = world.bundle(RELEASE);
    let late = case("published late", "delay 0, tolerance 59", &bundle, RELEASE_JSON, "late");
    bundle["anchor"]["consensus"] = "dev".into();
    let dev = case("a development chain", "development", &bundle, RELEASE_JSON, "development");
    bundle["anchor"] = Value::Null;
    let included = case("not anchored", "honest", &bundle, RELEASE_JSON, "included");
    let refused = case("a bundle that is none", "honest", &json!({}), RELEASE_JSON, "limits");
    vec![late, dev, included, refused]
}
