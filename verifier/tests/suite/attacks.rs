//! Attacks on a bundle that are no single cases: every member changed, giants, another policy.

use crate::world::{self, WITHHOLDING, World, disclosure, ending};
use serde_json::{Value, json};
use verifier::policy::Policy;

/// An entry of the second batch.
const SEQ: u64 = 5;

/// Every place in a JSON value, as RFC 6901 pointers.
fn places(value: &Value, at: &str, out: &mut Vec<String>) {
    out.push(at.to_owned());
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                places(item, &format!("{at}/{i}"), out);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                places(member, &format!("{at}/{}", name.replace('/', "~1")), out);
            }
        }
        _ => {}
    }
}

/// A bundle that uses every member the format has.
fn full_bundle(world: &World) -> Value {
    let mut bundle = world.bundle(WITHHOLDING);
    bundle["disclosures"] = json!([disclosure("/data/contact", &world::contact())]);
    bundle
}

#[test]
fn a_member_replaced_by_anything_else_is_refused() {
    let world = World::new();
    let bundle = full_bundle(&world);
    let mut pointers = Vec::new();
    places(&bundle, "", &mut pointers);
    let mut tried = 0;
    for pointer in pointers.iter().filter(|pointer| *pointer != "/anchor") {
        let honest = bundle.pointer(pointer).unwrap();
        let others =
            [json!(null), json!(""), json!("0"), json!("1"), json!(0), json!([]), json!({})];
        for other in others.iter().filter(|other| *other != honest) {
            if (pointer.as_str(), other) == ("/disclosures", &json!([])) {
                continue;
            }
            let mut forged = bundle.clone();
            *forged.pointer_mut(pointer).unwrap() = other.clone();
            let report = world.verify(&forged);
            assert_eq!(report.outcome.exit_code(), 1, "{pointer} = {other}: {report}");
            tried += 1;
        }
    }
    println!("{tried} replacements at {} places", pointers.len());
}

#[test]
fn a_member_removed_added_or_repeated_is_refused() {
    let world = World::new();
    let bundle = full_bundle(&world);
    let mut pointers = Vec::new();
    places(&bundle, "", &mut pointers);
    for pointer in &pointers {
        let mut forged = bundle.clone();
        match forged.pointer_mut(pointer).unwrap() {
            Value::Object(members) => {
                members.insert("extra".to_owned(), Value::Null);
            }
            Value::Array(items) => items.push(items.last().cloned().unwrap_or(Value::Null)),
            _ => continue,
        }
        assert_eq!(world.verify(&forged).outcome.exit_code(), 1, "more in {pointer}");
    }
    for pointer in &pointers {
        let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
        let mut forged = bundle.clone();
        match forged.pointer_mut(parent).unwrap() {
            Value::Object(members) => {
                members.remove(&name.replace("~1", "/"));
            }
            // The last header and the last disclosure are not needed for the proof.
            Value::Array(_) if ["/disclosures", "/anchor/headers"].contains(&parent) => continue,
            Value::Array(items) => {
                items.remove(name.parse().unwrap());
            }
            _ => unreachable!("a parent has children"),
        }
        assert_eq!(world.verify(&forged).outcome.exit_code(), 1, "without {pointer}");
    }
}

#[test]
fn a_swapped_policy_shows_in_the_fingerprint() {
    let world = World::new();
    let foreign = World::with_sealers([11, 12, 13]);
    let ours = world.verify(&world.bundle(SEQ));
    let theirs = foreign.verify(&foreign.bundle(SEQ));
    assert_eq!((ending(&ours).as_str(), ending(&theirs).as_str()), ("anchored", "anchored"));
    assert_ne!(ours.policy, theirs.policy);
}

#[test]
fn giant_files_and_deep_nesting_end_in_a_refusal() {
    let policy = Policy::parse(world::jcs(&World::new().policy()).as_bytes());
    let policy = policy.unwrap();
    let (spaces, digits) = (vec![b' '; 1024 * 1024], vec![b'0'; 2 * 1024 * 1024]);
    for bytes in [b"[".repeat(1_000_000), b"{\"a\":".repeat(100_000), spaces, digits] {
        let report = verifier::verify_bundle(&bytes, &policy);
        assert_eq!(report.outcome.exit_code(), 1);
    }
}
