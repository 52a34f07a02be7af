//! JSON, held against another parser.

use serde_json::Value as Theirs;
use verifier::json::{JsonFault, Rules, Value, canonical, canonical_profile, parse};

use super::engine::{Judgement, holds};
use super::mutate::Mutator;
use super::{BUNDLES, files};
use crate::world::RELEASE_JSON;

/// Whether both parsers read the same; theirs rounds some doubles in their last digit.
fn same(ours: &Value, theirs: &Theirs) -> bool {
    match (ours, theirs) {
        (Value::Null, Theirs::Null) => true,
        (Value::Bool(ours), Theirs::Bool(theirs)) => ours == theirs,
        (Value::Integer(ours), Theirs::Number(theirs)) => theirs.as_i64() == Some(*ours),
        (Value::Float(ours), Theirs::Number(theirs)) => {
            theirs.as_f64().is_some_and(|theirs| (ours - theirs).abs() <= ours.abs() * 1e-14)
        }
        (Value::String(ours), Theirs::String(theirs)) => ours == theirs,
        (Value::Array(ours), Theirs::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(a, b)| same(a, b))
        }
        (Value::Object(ours), Theirs::Object(theirs)) => {
            let found = |(name, value)| theirs.get(name).is_some_and(|theirs| same(value, theirs));
            ours.len() == theirs.len() && ours.iter().all(found)
        }
        _ => false,
    }
}

fn compare(input: &[u8]) -> Judgement {
    let theirs = serde_json::from_slice::<Theirs>(input);
    let ours = parse(input, Rules::Any);
    match (&ours, &theirs) {
        (Ok(ours), Ok(theirs)) if !same(ours, theirs) => return Err(format!("{ours:?}")),
        (Ok(_), Err(theirs)) => return Err(format!("read, and serde_json says {theirs}")),
        (Err(ours), Ok(_)) => {
            let stricter = [JsonFault::DuplicateName, JsonFault::TooDeep];
            if !stricter.contains(&ours.fault) {
                return Err(format!("serde_json reads it, and we say {ours}"));
            }
        }
        _ => {}
    }
    if let Ok(strict) = parse(input, Rules::Profile) {
        if ours.as_ref() != Ok(&strict) {
            return Err("the profile reads something else than all of JSON".to_owned());
        }
        let written = canonical_profile(&strict);
        if parse(written.as_bytes(), Rules::Profile) != Ok(strict) {
            return Err(format!("the canonical form {written} is something else"));
        }
    }
    let Ok(value) = ours else { return Ok(false) };
    let Ok(once) = canonical(&value) else { return Ok(true) };
    let again = parse(once.as_bytes(), Rules::Any).ok().and_then(|value| canonical(&value).ok());
    if again.as_ref() == Some(&once) { Ok(true) } else { Err(format!("{once} became {again:?}")) }
}

#[test]
fn mutated_json_is_read_as_another_parser_reads_it() {
    let mut seeds: Vec<Vec<u8>> = [
        RELEASE_JSON,
        r#"{"a":[1,-1,0,1.5,-2e3,1E-2,9007199254740991],"\u00e9\ud83d\ude00":"\"\\\/\b\f\n\r\t"}"#,
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
        " { \"x\" : [ null , true , false ] } ",
        r#""\u0000\u001f\ud800""#,
        "1e308",
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    seeds.extend(files(&BUNDLES, "bundle", "anchored").into_iter().take(3));
    holds("json", Mutator::bytes(seeds), compare);
}
