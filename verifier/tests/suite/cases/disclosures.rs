//! Values that were withheld, guessed, swapped or moved, and inner envelopes of another place.

use serde_json::{Value, json};

use super::{Cases, HONEST};
use crate::world::{self, SEALED, WITHHOLDING, disclosure};

pub fn add(cases: &mut Cases) {
    open(cases);
    order(cases);
    sealed(cases);
    inner(cases);
}

fn with(cases: &mut Cases, seq: u64, name: &str, disclosures: Value, ending: &'static str) {
    let mut bundle = HONEST.bundle(seq);
    bundle["disclosures"] = disclosures;
    cases.judge(name, &bundle, ending);
}

fn open(cases: &mut Cases) {
    let right = disclosure("/data/contact", &world::contact());
    let mut wrong = |attacks, name: &str, disclosure: Value| {
        cases.of(attacks);
        with(cases, WITHHOLDING, name, json!([disclosure]), "disclosures");
    };
    let other = disclosure("/data/contact", &json!({"correo": "eva@example.mx", "nombre": "Eva"}));
    wrong(&["A45"], "an erased value disclosed with another", other);
    let mut edited = right.clone();
    edited["salt"] = world::b64u(&[0; 32]).into();
    wrong(&["A44"], "the right value guessed with another salt", edited);
    let mut edited = right.clone();
    edited["path"] = "/sig/0".into();
    wrong(&["A46"], "one salt and value for the path of another", edited.clone());
    edited["path"] = "/data/phone".into();
    wrong(&["A46"], "a salt and value for a path without commitment", edited);
    for path in ["", "/sig/1", "/sig/00", "/sig/-1", "/sig/", "/sig/18446744073709551616"] {
        let signature = disclosure(path, &world::signature());
        wrong(&["A46"], &format!("a signature disclosed at {path:?}"), signature);
    }
    cases.of(&[]);
}

fn order(cases: &mut Cases) {
    let right = disclosure("/data/contact", &world::contact());
    let signature = disclosure("/sig/0", &world::signature());
    let mut limits = |name: &str, disclosures: Value| {
        with(cases, WITHHOLDING, name, disclosures, "limits");
    };
    limits("a path disclosed twice", json!([right, right]));
    limits("disclosures not sorted by path", json!([signature, right]));
    let mut edited = right.clone();
    edited["salt"] = world::b64u(&[0; 31]).into();
    limits("a salt of 31 bytes", json!([edited]));
    let mut edited = right;
    edited["more"] = Value::Null;
    limits("a disclosure with a member more", json!([edited]));
}

fn sealed(cases: &mut Cases) {
    let honest = world::inner(HONEST.origin, &HONEST.entries);
    let technical = disclosure("/data/technical", &json!("plan"));
    cases.of(&["A45"]);
    let mut wrong = |name: &str, disclosures: Value| {
        with(cases, SEALED, name, disclosures, "disclosures");
    };
    wrong("a sealed value disclosed without its envelope", json!([technical]));
    let mut other = honest.clone();
    other["data"]["title"] = "Otra".into();
    wrong("another envelope than the sealed one", json!([disclosure("", &other)]));
    let value = disclosure("/data/technical", &json!("x"));
    wrong("another value in the sealed envelope", json!([disclosure("", &honest), value]));
    cases.of(&[]);
}

/// Envelopes that were committed to and belong elsewhere: only their disclosure shows it.
fn inner(cases: &mut Cases) {
    for (member, value) in [
        ("log", json!("other.example/log")),
        ("seq", json!("5")),
        ("id", json!("019b8e00-0000-7000-8000-000000000999")),
        ("at", json!("2026-01-05T15:00:04.251Z")),
        ("clock", json!("simulated")),
        ("type", json!("Sealed")),
        ("ver", json!("0")),
        ("extra", json!(null)),
    ] {
        let mut inner = world::inner(HONEST.origin, &HONEST.entries);
        inner[member] = value;
        let commitment = world::commit("", &inner);
        let forged = HONEST.edited(SEALED, |envelope| envelope["cm"] = json!({"": commitment}));
        let mut bundle = forged.bundle(SEALED);
        cases.of(&[]);
        cases.judge(format!("a sealed envelope of another {member}, hidden"), &bundle, "anchored");
        bundle["disclosures"] = json!([disclosure("", &inner)]);
        cases.of(&["A20", "A21"]);
        let name = format!("a sealed envelope of another {member}, disclosed");
        cases.judge(name, &bundle, "disclosures");
    }
    cases.of(&[]);
}
