//! Whether every document that is named is there, byte for byte.

use std::collections::BTreeMap;

use super::case::Case;
use super::contradiction::Contradiction;
use super::event::Event;
use super::opinion::Found;
use crate::encoding::{self, hex};
use crate::json::Value;
use crate::merkle::{Hash, sha256};

/// A document as an event names it.
struct Named<'a> {
    event: &'a Event,
    name: &'a str,
    bytes: i64,
}

/// Checks the documents.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    let mut named = BTreeMap::new();
    for event in &case.events {
        collect(event, &event.data, &mut named)?;
        // The path "" is the inner envelope, whose data were looked at.
        for value in event.disclosed.iter().filter(|(path, _)| !path.is_empty()) {
            collect(event, value.1, &mut named)?;
        }
    }
    let mut gone = 0;
    for (hash, documents) in &named {
        // Its bytes may have been erased; its hash stays.
        let Some(found) = case.documents.get(hash) else {
            gone += 1;
            continue;
        };
        for document in documents {
            let Named { event, name, bytes } = document;
            let same = sha256(found) == *hash && i64::try_from(found.len()) == Ok(*bytes);
            if !same {
                return Err(event.refuse("a document it names has another content", name));
            }
        }
    }
    if let Some(hash) = case.documents.keys().find(|hash| !named.contains_key(*hash)) {
        return Err(Contradiction::of_dossier(
            "a document is there that no event names",
            hex(hash),
        ));
    }
    if named.is_empty() {
        return Ok(Found::Absent("no document is named so far"));
    }
    let all = named.len();
    if gone > 0 {
        return Ok(Found::Incomplete(format!("{gone} of {all} documents are named and not there")));
    }
    Ok(Found::Proven(format!("all {all} documents are there, byte for byte")))
}

/// Adds every document below a value: an object with a hash and a length.
fn collect<'a>(
    event: &'a Event,
    value: &'a Value,
    named: &mut BTreeMap<Hash, Vec<Named<'a>>>,
) -> Result<(), Contradiction> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| collect(event, item, named)),
        Value::Object(members) => {
            if members.contains_key("sha256") && members.contains_key("bytes") {
                let document = document(event, value);
                let (hash, document) =
                    document.ok_or_else(|| event.refuse("it names no document rightly", ""))?;
                named.entry(hash).or_default().push(document);
            }
            members.values().try_for_each(|member| collect(event, member, named))
        }
        _ => Ok(()),
    }
}

fn document<'a>(event: &'a Event, value: &'a Value) -> Option<(Hash, Named<'a>)> {
    let hash = encoding::unhex_array(value.get("sha256")?.as_str()?)?;
    let Value::Integer(bytes) = value.get("bytes")? else { return None };
    let name = value.get("name")?.as_str()?;
    Some((hash, Named { event, name, bytes: *bytes }))
}
