//! What holds: every kind of entry, sizes around powers of two, and the verdicts below anchored.

use serde_json::{Value, json};

use super::{Cases, HONEST};
use crate::world::{self, RELEASE, SEALED, SIMULATED, SIZES, WITHHOLDING, World, disclosure};

pub fn add(cases: &mut Cases) {
    for seq in 0..SIZES[2] {
        let what = match seq {
            WITHHOLDING => "an entry that withholds a value and a signature",
            SEALED => "a sealed entry",
            RELEASE => "the publication of a release",
            SIMULATED => "an entry of a simulated clock",
            _ => "an entry",
        };
        cases.judge(format!("{what} at position {seq}"), &HONEST.bundle(seq), "anchored");
    }
    sizes(cases);
    disclosed(cases);
    delays(cases);
    below_anchored(cases);
    witnesses(cases);
}

/// Every batch of worlds whose sizes are a power of two, one less or one more.
fn sizes(cases: &mut Cases) {
    cases.of(&["A27"]);
    for sizes in [[1, 2, 3], [4, 5, 7], [8, 9, 15], [16, 17, 31], [32, 33, 63], [31, 64, 65]] {
        let world = World::of_sizes(sizes);
        let mut first = 0;
        for size in sizes {
            let name = |seq| format!("position {seq} of a batch from {first} to size {size}");
            cases.judge(name(first), &world.bundle(first), "anchored");
            if size - first > 1 {
                cases.judge(name(size - 1), &world.bundle(size - 1), "anchored");
            }
            first = size;
        }
    }
    cases.of(&[]);
}

fn disclosed(cases: &mut Cases) {
    let mut disclosing = |seq: u64, name: &str, disclosures: Value| {
        let mut bundle = HONEST.bundle(seq);
        bundle["disclosures"] = disclosures;
        cases.judge(name, &bundle, "anchored");
    };
    let contact = disclosure("/data/contact", &world::contact());
    let signature = disclosure("/sig/0", &world::signature());
    disclosing(WITHHOLDING, "a withheld value, disclosed", json!([contact]));
    disclosing(WITHHOLDING, "a withheld signature, disclosed", json!([signature]));
    disclosing(WITHHOLDING, "everything withheld, disclosed", json!([contact, signature]));
    let inner = disclosure("", &world::inner(HONEST.origin, &HONEST.entries));
    let technical = disclosure("/data/technical", &json!("plan"));
    disclosing(SEALED, "a sealed entry, its envelope disclosed", json!([inner]));
    disclosing(
        SEALED,
        "a sealed entry, everything disclosed",
        json!([inner, technical, signature]),
    );
}

fn delays(cases: &mut Cases) {
    // The entry is of second 0.250, its block of second 60.
    let bundle = HONEST.bundle(0);
    for (policy, ending) in [
        ("delay 60, tolerance 0", "anchored"),
        ("delay 59, tolerance 0", "late"),
        ("delay 50, tolerance 10", "anchored"),
        ("delay 0, tolerance 59", "late"),
        ("endless delay and tolerance", "anchored"),
    ] {
        cases.under(policy, format!("anchored after a minute, {policy}"), &bundle, ending);
    }
}

fn below_anchored(cases: &mut Cases) {
    cases.of(&["A51"]);
    let mut bundle = HONEST.bundle(2);
    bundle["anchor"] = Value::Null;
    cases.judge("in the log and not anchored", &bundle, "included");
    cases.under("development", "in the log and in no development chain", &bundle, "included");
    bundle = HONEST.bundle(2);
    cases.under("development", "a sealed chain, where none is expected", &bundle, "anchor");
    bundle["anchor"]["consensus"] = "dev".into();
    cases.under("development", "anchored in a development chain", &bundle, "development");
    cases.judge("a development chain, where a sealed one is expected", &bundle, "anchor");
    bundle["anchor"]["headers"].as_array_mut().unwrap().truncate(1);
    cases.under("development", "one block of a development chain", &bundle, "development");
    bundle["anchor"]["headers"] = json!([]);
    cases.under("development", "no block of a development chain", &bundle, "headers");
    cases.of(&[]);
}

/// The bundle of the release, cosigned by the first so many witnesses.
pub fn cosigned(witnesses: &[usize]) -> Value {
    let mut bundle = HONEST.bundle(RELEASE);
    let mut note = bundle["log"]["checkpoint"].as_str().unwrap().to_owned();
    let text = format!("{}\n", note.split("\n\n").next().unwrap());
    for witness in witnesses {
        let name = ["witness-a", "witness-b"][*witness];
        note += &world::signature_line(name, 4, &HONEST.witnesses[*witness], &text);
    }
    bundle["log"]["checkpoint"] = note.into();
    bundle
}

fn witnesses(cases: &mut Cases) {
    let (none, one, both) = (cosigned(&[]), cosigned(&[0]), cosigned(&[0, 1]));
    cases.judge("cosigned by a witness, none wanted", &one, "anchored");
    cases.under("quorum 1", "cosigned by nobody, one witness wanted", &none, "checkpoint");
    cases.under("quorum 1", "cosigned by the one witness wanted", &one, "anchored");
    cases.under("quorum 1", "cosigned by one witness more than wanted", &both, "anchored");
    cases.under("quorum 2", "cosigned by both witnesses wanted", &both, "anchored");
    cases.under("quorum 2", "cosigned in another order", &cosigned(&[1, 0]), "anchored");
    cases.under("quorum 2", "cosigned by one of two witnesses wanted", &one, "checkpoint");
    let twice = cosigned(&[0, 0]);
    cases.under("quorum 2", "cosigned twice by one witness, two wanted", &twice, "checkpoint");
    cases.judge("cosigned twice by one witness, none wanted", &twice, "checkpoint");
}
