//! What an honest bundle proves, and what its verdict says.

use crate::world::{self, RELEASE, SEALED, SIMULATED, WITHHOLDING, World, disclosure, ending};
use serde_json::{Value, json};

#[test]
fn a_verdict_names_the_policy_the_signers_and_what_was_not_examined() {
    let world = World::new();
    let report = world.verify(&world.bundle(0));
    let text = report.to_string();
    assert!(text.starts_with("ANCHORED\n"), "{text}");
    assert!(text.contains("3 of 3 signers in 3 blocks, of 2 organisations (2 in all)"), "{text}");
    assert!(text.contains("not examined the ancestry of the anchoring block"), "{text}");
    assert!(text.contains("no witness signed"), "{text}");
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    let fingerprint = world::chain::hex(&world::sha256(world::jcs(&world.policy()).as_bytes()));
    assert_eq!(json["policy"], fingerprint);
    assert_eq!(json["verdict"], "anchored");
    assert_eq!(json["event"]["seq"], "0");
    assert_eq!(json["anchor"]["sealing"]["sealers"], 3);
}

#[test]
fn a_simulated_clock_is_said() {
    let world = World::new();
    let report = world.verify(&world.bundle(SIMULATED));
    assert!(report.to_string().contains("SIMULATED"), "{report}");
}

#[test]
fn disclosed_values_and_signatures_are_counted() {
    let world = World::new();
    let mut bundle = world.bundle(WITHHOLDING);
    bundle["disclosures"] = json!([
        disclosure("/data/contact", &world::contact()),
        disclosure("/sig/0", &world::signature()),
    ]);
    let report = world.verify(&bundle);
    assert_eq!(ending(&report), "anchored", "{report}");
    let event = report.event.unwrap();
    assert_eq!((event.withheld, event.disclosed), (1, 1));
    assert_eq!((event.signatures, event.signatures_disclosed), (1, 1));
}

#[test]
fn a_sealed_entry_is_proven_without_and_with_its_content() {
    let world = World::new();
    let mut bundle = world.bundle(SEALED);
    let report = world.verify(&bundle);
    assert_eq!(ending(&report), "anchored", "{report}");
    assert!(report.to_string().contains("sealed, its content is not disclosed"), "{report}");

    let inner = world::inner(world.origin, &world.entries);
    bundle["disclosures"] = json!([
        disclosure("", &inner),
        disclosure("/data/technical", &json!("plan")),
        disclosure("/sig/0", &world::signature()),
    ]);
    let report = world.verify(&bundle);
    assert_eq!(ending(&report), "anchored", "{report}");
    assert_eq!(report.event.unwrap().name.unwrap().2, "ProposalSubmitted");
}

#[test]
fn an_anchor_after_the_promised_delay_is_late() {
    let world = World::new();
    let late = |delay: u64, tolerance: u64| {
        let mut policy = world.policy();
        policy["maxDelaySeconds"] = delay.to_string().into();
        policy["toleranceSeconds"] = tolerance.to_string().into();
        let report = world::verify(&world.bundle(0), &policy);
        assert_eq!((ending(&report).as_str(), report.outcome.exit_code()), ("anchored", 0));
        report.to_string().contains("LATE")
    };
    // The entry is of second 0.250, its block of second 60.
    assert!(!late(60, 0));
    assert!(late(59, 0));
    assert!(!late(50, 10));
    assert!(late(0, 59));
}

#[test]
fn witnesses_count_towards_the_quorum() {
    let world = World::new();
    let mut policy = world.policy();
    policy["witnessQuorum"] = 1.into();
    let mut bundle = world.bundle(RELEASE);
    assert_eq!(ending(&world::verify(&bundle, &policy)), "checkpoint");
    let note = bundle["log"]["checkpoint"].as_str().unwrap().to_owned();
    let text = format!("{}\n", note.split("\n\n").next().unwrap());
    let line = world::signature_line("witness-a", 4, &world.witnesses[0], &text);
    bundle["log"]["checkpoint"] = format!("{note}{line}").into();
    let report = world::verify(&bundle, &policy);
    assert_eq!(ending(&report), "anchored", "{report}");
    assert_eq!(report.log.unwrap().witnesses, 1);

    bundle["log"]["checkpoint"] = format!("{note}{line}{line}").into();
    policy["witnessQuorum"] = 2.into();
    assert_eq!(ending(&world::verify(&bundle, &policy)), "checkpoint", "one witness twice");
}

#[test]
fn a_cosignature_says_a_time_that_there_is() {
    let world = World::new();
    let mut bundle = world.bundle(RELEASE);
    let note = bundle["log"]["checkpoint"].as_str().unwrap().to_owned();
    let text = format!("{}\n", note.split("\n\n").next().unwrap());
    for (time, wanted) in [(0, "anchored"), (1 << 62, "anchored"), (1 << 63, "checkpoint")] {
        let key = &world.witnesses[0];
        let line = world::signature_line_at(time, "witness-a", 4, key, &text);
        bundle["log"]["checkpoint"] = format!("{note}{line}").into();
        assert_eq!(ending(&world::verify(&bundle, &world.policy())), wanted, "{time}");
    }
}
