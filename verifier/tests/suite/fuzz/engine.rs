//! The loop: mutate a seed, look at the property, and name the first input that breaks it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::mutate::Mutator;
use crate::world::b64u;

/// No input of some kilobytes may take so long, on a machine that does other things too.
const SLOW: Duration = Duration::from_secs(10);
/// What a target runs unless `VERIFIER_FUZZ_SECONDS` says otherwise.
const RUN_MS: u64 = 2_000;

/// What the property says of an input: whether it was accepted, or what is wrong with that.
pub type Judgement = Result<bool, String>;

/// An input that breaks a property.
#[derive(Debug)]
pub struct Finding {
    pub input: Vec<u8>,
    pub wrong: String,
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// A seed that differs from run to run; it is printed.
fn any_seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    setting("VERIFIER_FUZZ_SEED").unwrap_or_else(|| RandomState::new().hash_one(0))
}

/// Fails with the input if one breaks `property`.
pub fn holds(name: &str, mutator: Mutator, property: impl Fn(&[u8]) -> Judgement) {
    let run = Duration::from_millis(
        setting("VERIFIER_FUZZ_SECONDS").map_or(RUN_MS, |seconds| seconds * 1000),
    );
    let seed = any_seed();
    if let Err(Finding { input, wrong }) = search(name, mutator, seed, run, property) {
        let text = String::from_utf8_lossy(&input);
        panic!("{name}, VERIFIER_FUZZ_SEED={seed}: {wrong}\nbase64url: {}\n{text}", b64u(&input));
    }
}

/// Looks for an input that breaks `property`; a panic breaks every property.
pub fn search(
    name: &str,
    mut mutator: Mutator,
    seed: u64,
    run: Duration,
    property: impl Fn(&[u8]) -> Judgement,
) -> Result<(), Finding> {
    mutator.reseed(seed);
    let (start, mut tried, mut accepted) = (Instant::now(), 0u64, 0u64);
    while start.elapsed() < run {
        let input = mutator.next();
        let one = Instant::now();
        let judged = catch_unwind(AssertUnwindSafe(|| property(&input)));
        let wrong = match judged {
            Ok(Ok(_)) if one.elapsed() > SLOW => format!("took {:?}", one.elapsed()),
            Ok(Ok(was_accepted)) => {
                tried += 1;
                accepted += u64::from(was_accepted);
                continue;
            }
            Ok(Err(wrong)) => wrong,
            Err(_) => "a panic".to_owned(),
        };
        return Err(Finding { input, wrong });
    }
    println!("{name}: {tried} inputs, {accepted} accepted, VERIFIER_FUZZ_SEED={seed}");
    assert!(tried > 20, "{name}: only {tried} inputs in {run:?}");
    Ok(())
}

#[test]
fn the_engine_finds_planted_faults() {
    let seeds = vec![br#"{"a":"0x0102","b":[1,2]}"#.to_vec()];
    let find = |mutator: Mutator, property: fn(&[u8]) -> Judgement| {
        search("planted", mutator, 7, Duration::from_secs(20), property).unwrap_err()
    };
    let bytes = || Mutator::bytes(seeds.clone());
    let json = || Mutator::json(seeds.clone());
    assert_eq!(
        find(bytes(), |input| {
            assert!(input.len() < 30, "too long");
            Ok(true)
        })
        .wrong,
        "a panic"
    );
    let twice = |input: &[u8]| {
        let twice = String::from_utf8_lossy(input).matches("\"a\"").count() > 1;
        if twice { Err("a name twice".to_owned()) } else { Ok(true) }
    };
    assert_eq!(find(bytes(), twice).wrong, "a name twice");
    // Inside a string that is hexadecimal, in a text that is still canonical.
    let inner = |input: &[u8]| {
        let text = String::from_utf8_lossy(input);
        if text.starts_with("{\"a\":\"0x01ff") { Err("found".to_owned()) } else { Ok(true) }
    };
    assert_eq!(find(json(), inner).wrong, "found");
}
