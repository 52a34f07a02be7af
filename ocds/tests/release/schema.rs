//! The releases of the case against the release schema that every extension in use has patched.
//!
//! No validator, which checks formats and patterns too, but enough to catch a member that no extension declares, one that
//! is missing and a code that is on no list.

use ocds::extensions::release_schema;
use serde_json::{Value, json};

use super::{all, case};

/// What is wrong with `value`, as pointers with a cause.
fn faults(root: &Value, schema: &Value, value: &Value, pointer: &str) -> Vec<String> {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    let mut found = Vec::new();
    if !is_of_type(&schema["type"], value) {
        found.push(format!("{pointer}: type"));
    }
    if schema["enum"].as_array().is_some_and(|codes| !codes.contains(value)) {
        found.push(format!("{pointer}: code"));
    }
    match value {
        Value::Object(members) => {
            for name in schema["required"].as_array().into_iter().flatten() {
                if !members.contains_key(name.as_str().unwrap()) {
                    found.push(format!("{pointer}/{}: missing", name.as_str().unwrap()));
                }
            }
            for (name, value) in members {
                let pointer = format!("{pointer}/{name}");
                match schema["properties"].get(name) {
                    Some(schema) => found.extend(faults(root, schema, value, &pointer)),
                    None => found.push(format!("{pointer}: undeclared")),
                }
            }
        }
        Value::Array(values) => {
            for (place, value) in values.iter().enumerate() {
                found.extend(faults(root, &schema["items"], value, &format!("{pointer}/{place}")));
            }
        }
        _ => {}
    }
    found
}

fn is_of_type(types: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    };
    match types {
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

#[test]
fn every_release_keeps_to_the_schema_and_its_extensions() {
    let schema = release_schema();
    for (_, release) in all() {
        let found = faults(&schema, &schema, &release.value, "");
        assert_eq!(found, Vec::<String>::new(), "{}", release.id);
    }
}

#[test]
fn a_planted_fault_is_found() {
    let schema = release_schema();
    let releases = case::releases();
    let of = |tag: &str| &releases.iter().find(|it| it.value["tag"] == json!([tag])).unwrap().value;
    let plant = |tag: &str, pointer: &str, value: Value| {
        let mut release = of(tag).clone();
        *release.pointer_mut(pointer).unwrap() = value;
        faults(&schema, &schema, &release, "")
    };
    assert_eq!(
        plant("contract", "/contracts/0/status", json!("signed")),
        ["/contracts/0/status: code"]
    );
    assert_eq!(plant("award", "/awards/0/points", json!("85.39")), ["/awards/0/points: type"]);
    let mut contract = of("contract").clone();
    contract["contracts"][0].as_object_mut().unwrap().remove("awardID").unwrap();
    contract["contracts"][0]["sign"] = json!("2018-04-28");
    assert_eq!(
        faults(&schema, &schema, &contract, ""),
        ["/contracts/0/awardID: missing", "/contracts/0/sign: undeclared"]
    );
}
