//! Merge rules, compiled once from a release schema into a tree that is walked beside the release.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The deepest nesting of a schema that is followed; OCDS 1.1.5 with its extensions needs 9.
const DEPTH_MAX: usize = 24;

/// Why no merge rules could be compiled from a schema.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SchemaError {
    /// The schema has no object `properties`.
    #[error("the schema has no properties")]
    NoProperties,
    /// A `$ref` is not a pointer to something inside the schema.
    #[error("the reference {reference} points to nothing in the schema")]
    UnknownReference {
        /// The value of `$ref`.
        reference: String,
    },
    /// Definitions refer to each other without an end.
    #[error("the schema nests deeper than {DEPTH_MAX} levels")]
    TooDeep,
}

/// How the values at one path are merged (OCDS 1.1, "Merging").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Strategy {
    /// Objects by member, arrays of objects by `id`, everything else by replacement.
    #[default]
    Merge,
    /// `omitWhenMerged`: never part of a merged release.
    Omit,
    /// `wholeListMerge`, or an array whose members have no `id` or are not objects: replaced as a whole.
    Whole,
}

/// Merge rules of one path and of all paths below it; array members share the path of their array.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    pub(crate) strategy: Strategy,
    pub(crate) members: BTreeMap<String, Rules>,
}

impl Rules {
    /// Compiles the rules of a release schema (draft 4, local `$ref` only, not dereferenced).
    ///
    /// Source: OCDS 1.1 "Merging"; `mergeStrategy` is the spelling of OCDS 1.0.
    ///
    /// # Errors
    /// A [`SchemaError`] when the schema has no properties, refers outside of itself or never ends.
    pub fn from_schema(schema: &Value) -> Result<Self, SchemaError> {
        let properties = object(schema, "properties").ok_or(SchemaError::NoProperties)?;
        Ok(Self { strategy: Strategy::Merge, members: members(schema, properties, 0)? })
    }

    /// The rule of the member `name`, `None` where the schema says nothing.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        self.members.get(name)
    }

    fn is_empty(&self) -> bool {
        self.strategy == Strategy::Merge && self.members.is_empty()
    }
}

fn members(
    schema: &Value,
    properties: &Map<String, Value>,
    depth: usize,
) -> Result<BTreeMap<String, Rules>, SchemaError> {
    if depth > DEPTH_MAX {
        return Err(SchemaError::TooDeep);
    }
    let mut members = BTreeMap::new();
    for (name, property) in properties {
        let rules = rules_of(schema, resolve(schema, property)?, depth)?;
        if !rules.is_empty() {
            members.insert(name.clone(), rules);
        }
    }
    Ok(members)
}

/// The order of the tests is the order of precedence of the standard.
fn rules_of(schema: &Value, property: &Value, depth: usize) -> Result<Rules, SchemaError> {
    let whole = || Rules { strategy: Strategy::Whole, members: BTreeMap::new() };
    let below = |properties| {
        Ok(Rules { strategy: Strategy::Merge, members: members(schema, properties, depth + 1)? })
    };
    if asks(property, "omitWhenMerged", "ocdsOmit") {
        return Ok(Rules { strategy: Strategy::Omit, members: BTreeMap::new() });
    }
    let is_array = has_type(property, "array");
    if is_array && asks(property, "wholeListMerge", "ocdsVersion") {
        return Ok(whole());
    }
    if let Some(properties) =
        object(property, "properties").filter(|_| has_type(property, "object"))
    {
        return below(properties);
    }
    let Some(items) = property.get("items").filter(|_| is_array) else {
        return Ok(Rules::default());
    };
    let items = resolve(schema, items)?;
    if has_other_type(items, "object") {
        return Ok(whole());
    }
    match object(items, "properties") {
        Some(properties) if has_type(items, "object") => {
            if properties.contains_key("id") {
                below(properties)
            } else {
                Ok(whole())
            }
        }
        _ => Ok(Rules::default()),
    }
}

fn asks(property: &Value, keyword: &str, strategy_1_0: &str) -> bool {
    property.get(keyword).and_then(Value::as_bool).unwrap_or(false)
        || property.get("mergeStrategy").and_then(Value::as_str) == Some(strategy_1_0)
}

fn object<'a>(value: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    value.get(name).and_then(Value::as_object)
}

fn types(property: &Value) -> impl Iterator<Item = &str> {
    let names = match property.get("type") {
        Some(Value::Array(names)) => names.as_slice(),
        Some(name) => std::slice::from_ref(name),
        None => &[],
    };
    names.iter().filter_map(Value::as_str)
}

fn has_type(property: &Value, name: &str) -> bool {
    types(property).any(|it| it == name)
}

fn has_other_type(property: &Value, name: &str) -> bool {
    types(property).any(|it| it != name)
}

/// Follows `$ref`, which replaces everything beside it (JSON Schema draft 4).
fn resolve<'a>(schema: &'a Value, property: &'a Value) -> Result<&'a Value, SchemaError> {
    let mut property = property;
    for _ in 0..DEPTH_MAX {
        let Some(reference) = property.get("$ref").and_then(Value::as_str) else {
            return Ok(property);
        };
        property = reference
            .strip_prefix('#')
            .and_then(|pointer| schema.pointer(pointer))
            .ok_or_else(|| SchemaError::UnknownReference { reference: reference.to_owned() })?;
    }
    Err(SchemaError::TooDeep)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_to_nothing_is_refused() {
        let schema = json!({"properties": {"a": {"$ref": "#/definitions/None"}}});
        assert_eq!(
            Rules::from_schema(&schema),
            Err(SchemaError::UnknownReference { reference: "#/definitions/None".to_owned() })
        );
    }

    #[test]
    fn definitions_without_an_end_are_refused() {
        let schema = json!({
            "properties": {"a": {"$ref": "#/definitions/A"}},
            "definitions": {"A": {"type": "object", "properties": {"a": {"$ref": "#/definitions/A"}}}}
        });
        assert_eq!(Rules::from_schema(&schema), Err(SchemaError::TooDeep));
    }

    #[test]
    fn omission_precedes_whole_lists_which_precede_what_is_below() {
        let schema = json!({"properties": {
            "omitted": {"type": "array", "omitWhenMerged": true, "wholeListMerge": true},
            "whole": {"type": "array", "wholeListMerge": true, "items": {"type": "object",
                "properties": {"id": {}, "x": {"omitWhenMerged": true}}}},
            "strings": {"type": ["array", "null"], "items": {"type": "string"}},
            "anonymous": {"type": "array", "items": {"type": "object", "properties": {"x": {}}}},
            "merged": {"type": "array", "items": {"type": "object",
                "properties": {"id": {}, "x": {"omitWhenMerged": true}}}},
        }});
        let rules = Rules::from_schema(&schema).unwrap();
        assert_eq!(rules.members["omitted"].strategy, Strategy::Omit);
        assert_eq!(rules.members["whole"].strategy, Strategy::Whole);
        assert_eq!(rules.members["whole"].members.len(), 0);
        assert_eq!(rules.members["strings"].strategy, Strategy::Whole);
        assert_eq!(rules.members["anonymous"].strategy, Strategy::Whole);
        assert_eq!(rules.members["merged"].strategy, Strategy::Merge);
        assert_eq!(rules.members["merged"].members["x"].strategy, Strategy::Omit);
    }
}
