//! The shared vectors: the committed files are what the cases make, and this verifier agrees.
//!
//! `BLESS=1 cargo test -p verifier vectors` writes the files anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use verifier::policy::Policy;
use verifier::receipt::{Evidence, ReceiptOutcome, verify_receipt};
use verifier::release::verify_release;
use verifier::verdict::{Outcome, Report};
use verifier::verify_bundle;

use crate::cases::receipts::{Ending, ReceiptCase};
use crate::cases::{
    self, Case, asked, chains, dossiers, flips, logs, no_policies, policies, receipts, releases,
    votes,
};
use crate::recorded::answer;
use crate::world::server::serve;
use crate::world::{b64u, jcs};

/// The files whose vectors have names.
const VECTOR_FILES: [&str; 8] = [
    "bundles.json",
    "releases.json",
    "receipts.json",
    "asked.json",
    "no-policies.json",
    "votes.json",
    "chains.json",
    "logs.json",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn blessing() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// The committed file, or the one just made if `BLESS` says so.
fn committed_or_blessed(name: &str, made: &str) -> String {
    let path = folder().join(name);
    if blessing() {
        std::fs::write(&path, made).unwrap();
    }
    std::fs::read_to_string(&path).unwrap()
}

/// A list with one vector a line, or an object with one member a line.
fn lines(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(jcs).collect();
            format!("[\n{}\n]\n", items.join(",\n"))
        }
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| format!("{}:{}", json!(name), jcs(value));
            let members: Vec<_> = members.iter().map(member).collect();
            format!("{{\n{}\n}}\n", members.join(",\n"))
        }
        other => unreachable!("{other} is no file of vectors"),
    }
}

fn bundle_vector(case: &Case) -> Value {
    let mut vector = json!({
        "name": case.name, "policy": case.policy, "bundle": b64u(&case.bundle),
        "verdict": case.verdict(), "check": case.check(), "late": case.ending == "late",
        "attack": case.attacks,
    });
    if let Some(release) = &case.release {
        vector["release"] = b64u(release).into();
    }
    vector
}

fn receipt_vector(case: &ReceiptCase) -> Value {
    let (verdict, breach, check) = match case.ending {
        Ending::Anchored => ("anchored", None, None),
        Ending::Acknowledged => ("acknowledged", None, None),
        Ending::Breach(breach) => ("breach", Some(breach), None),
        Ending::Refused(check) => ("refused", None, Some(check)),
    };
    json!({
        "name": case.name, "policy": case.policy, "receipt": b64u(&case.receipt),
        "proof": case.proof.as_deref().map(b64u), "opening": case.opening.as_deref().map(b64u),
        "verdict": verdict, "breach": breach, "check": check,
    })
}

fn made() -> Vec<(&'static str, Value)> {
    let bundles = cases::bundles();
    let mut files = vec![
        ("policies.json", json!(policies::all())),
        ("no-policies.json", no_policies::all()),
        ("bundles.json", bundles.iter().map(bundle_vector).collect()),
        ("releases.json", releases::all().iter().map(bundle_vector).collect()),
        ("receipts.json", receipts::all().iter().map(receipt_vector).collect()),
        ("asked.json", asked::all()),
        ("votes.json", votes::all()),
        ("chains.json", chains::all()),
        ("recordings.json", logs::recordings()),
        ("logs.json", logs::all()),
    ];
    if blessing() {
        files.push(("flips.json", flips::all(&bundles)));
    }
    files
}

#[test]
fn the_committed_vectors_are_the_cases() {
    for (name, value) in made() {
        check_committed(name, &value);
    }
}

#[test]
fn the_committed_vectors_of_dossiers_are_what_the_tests_judge() {
    let name = "dossiers.json";
    let committed = if folder().join(name).exists() { read_list(name) } else { Vec::new() };
    let vectors = dossiers::vectors(&committed);
    println!("{name}: {} vectors", vectors.len());
    check_committed(name, &Value::Array(vectors));
}

fn check_committed(name: &str, value: &Value) {
    let made = lines(value);
    let committed = committed_or_blessed(name, &made);
    for (number, (committed, made)) in committed.lines().zip(made.lines()).enumerate() {
        let shown = |line: &str| line.chars().take(300).collect::<String>();
        let place = format!("{name}, line {}", number + 1);
        assert_eq!(shown(committed), shown(made), "{place}");
        assert!(committed == made, "{place}: the ends of the lines differ: {made:.300}");
    }
    assert!(committed == made, "{name} has {} bytes, not {}", committed.len(), made.len());
}

/// A committed file.
pub fn read(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

/// The vectors of a committed file.
pub fn read_list(name: &str) -> Vec<Value> {
    read(name).as_array().unwrap().clone()
}

/// The bytes of a vector's member.
pub fn decoded(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

/// The committed policies, as this verifier reads them.
fn read_policies() -> BTreeMap<String, Policy> {
    let policies = read("policies.json");
    let parse = |(name, policy): (&String, &Value)| {
        (name.clone(), Policy::parse(policy.to_string().as_bytes()).unwrap())
    };
    policies.as_object().unwrap().iter().map(parse).collect()
}

/// Verdict, check and lateness in the words of the vectors.
fn found(report: &Report) -> Value {
    let (verdict, check, late) = match &report.outcome {
        Outcome::Anchored { late } => ("anchored", None, *late),
        Outcome::Unsealed { late } => ("development", None, *late),
        Outcome::NotAnchored => ("included", None, false),
        Outcome::Refused(refusal) => ("refused", Some(refusal.check.to_string()), false),
    };
    let code = match verdict {
        "anchored" => 0,
        "refused" => 1,
        _ => 3,
    };
    assert_eq!(report.outcome.exit_code(), code, "the exit code of {verdict}");
    json!({"verdict": verdict, "check": check, "late": late})
}

/// Fails with every vector whose `members` are not the ones that `judge` finds.
fn all_hold(name: &str, members: &[&str], judge: impl Fn(&Value) -> Value) {
    let vectors = read_list(name);
    assert!(!vectors.is_empty(), "{name} is empty");
    let mut wrong = Vec::new();
    for vector in &vectors {
        let found = judge(vector);
        if members.iter().any(|member| vector[*member] != found[*member]) {
            let wanted: Value = members.iter().map(|member| vector[*member].clone()).collect();
            wrong.push(format!("{}: {wanted} is wanted, {found} found", vector["name"]));
        }
    }
    assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    println!("{name}: {} vectors", vectors.len());
}

#[test]
fn every_bundle_of_the_vectors_ends_as_it_says() {
    let policies = read_policies();
    all_hold("bundles.json", &["verdict", "check", "late"], |vector| {
        let policy = &policies[vector["policy"].as_str().unwrap()];
        found(&verify_bundle(&decoded(&vector["bundle"]), policy))
    });
}

#[test]
fn every_release_of_the_vectors_ends_as_it_says() {
    let policies = read_policies();
    all_hold("releases.json", &["verdict", "check", "late"], |vector| {
        let policy = &policies[vector["policy"].as_str().unwrap()];
        let (release, bundle) = (decoded(&vector["release"]), decoded(&vector["bundle"]));
        found(&verify_release(&release, &bundle, policy))
    });
}

#[test]
fn every_receipt_of_the_vectors_ends_as_it_says() {
    all_hold("receipts.json", &["verdict", "check", "breach"], |vector| heard(vector, None));
}

#[test]
fn every_receipt_that_a_node_is_asked_about_ends_as_it_says() {
    all_hold("asked.json", &["verdict", "check", "breach"], |vector| {
        let node = vector["node"].clone();
        let answers = move |method: &str, params: &Value| answer(&node, method, params);
        let url = serve(Arc::new(|_: &str| None), Arc::new(answers));
        heard(vector, Some(&url))
    });
}

/// What is said of a receipt, with the files and the node there are.
fn heard(vector: &Value, rpc: Option<&str>) -> Value {
    static POLICIES: LazyLock<BTreeMap<String, Policy>> = LazyLock::new(read_policies);
    let policy = &POLICIES[vector["policy"].as_str().unwrap()];
    let optional = |name: &str| vector[name].is_string().then(|| decoded(&vector[name]));
    let (proof, opening) = (optional("proof"), optional("opening"));
    let evidence = Evidence { proof: proof.as_deref(), opening: opening.as_deref(), rpc };
    let report = verify_receipt(&decoded(&vector["receipt"]), &evidence, policy).unwrap();
    let check = match &report.outcome {
        ReceiptOutcome::Refused { refusal, .. } => Some(refusal.check.to_string()),
        _ => None,
    };
    let breach = report.breaches.first().map(verifier::receipt::Breach::word);
    json!({"verdict": report.outcome.word(), "check": check, "breach": breach})
}

#[test]
fn no_policy_of_the_vectors_that_is_none_is_read() {
    let texts = read_list("no-policies.json");
    for vector in &texts {
        assert!(Policy::parse(&decoded(&vector["policy"])).is_err(), "{}", vector["name"]);
    }
    println!("no-policies.json: {} vectors", texts.len());
}

/// One check a byte.
fn expanded(runs: &Value) -> Vec<String> {
    let run = |run: &Value| {
        let count = usize::try_from(run[1].as_u64().unwrap()).unwrap();
        std::iter::repeat_n(run[0].as_str().unwrap().to_owned(), count)
    };
    runs.as_array().unwrap().iter().flat_map(run).collect()
}

#[test]
fn a_bundle_of_the_vectors_with_any_byte_changed_is_refused_by_the_check_it_says() {
    let policies = read_policies();
    let bundles = read_list("bundles.json");
    // With VERIFIER_FLIPS=all every byte, as when the vectors are made.
    let all = std::env::var_os("VERIFIER_FLIPS").is_some_and(|which| which == "all");
    let step = if all { 1 } else { 7 };
    let judge = |vector: &Value| {
        let bundle = bundles.iter().find(|bundle| bundle["name"] == vector["bundle"]).unwrap();
        let policy = &policies[bundle["policy"].as_str().unwrap()];
        let mask = u8::try_from(vector["mask"].as_u64().unwrap()).unwrap();
        let (bytes, checks) = (decoded(&bundle["bundle"]), expanded(&vector["checks"]));
        assert_eq!(bytes.len(), checks.len(), "{} xor {mask}", vector["bundle"]);
        assert!(!checks.contains(&"none".to_owned()), "a change survived");
        for at in (0..bytes.len()).step_by(step) {
            let check = flips::check(&bytes, at, mask, policy);
            assert_eq!(check, checks[at], "{}, byte {at} xor {mask}", vector["bundle"]);
        }
    };
    let flips = read_list("flips.json");
    std::thread::scope(|scope| {
        for vector in &flips {
            scope.spawn(|| judge(vector));
        }
    });
}

#[test]
fn names_of_vectors_are_unique_and_every_attack_that_a_bundle_can_show_has_one() {
    let mut attacks = std::collections::BTreeSet::new();
    for file in VECTOR_FILES {
        let mut names = std::collections::BTreeSet::new();
        for vector in read_list(file) {
            assert!(names.insert(vector["name"].clone().to_string()), "{file}: {}", vector["name"]);
            for attack in vector["attack"].as_array().into_iter().flatten() {
                attacks.insert(attack.as_str().unwrap().to_owned());
            }
        }
    }
    let missing: Vec<_> = (18..=36)
        .chain(43..=49)
        .chain([51])
        .map(|number| format!("A{number}"))
        .filter(|attack| !attacks.contains(attack))
        .collect();
    assert!(missing.is_empty(), "no vector for {missing:?}");
}
