//! Canonical JSON: RFC 8785 over the profile of `docs/proof-format.md` §1.
//!
//! No floats, so that a number has one spelling; no duplicate names; NFC; bounded depth.

use serde_json::{Map, Number, Value};
use unicode_normalization::is_nfc;

/// Largest integer that a JSON number may be: 2^53 − 1. What can be larger is written as a string.
pub const INTEGER_MAX: i64 = (1 << 53) - 1;
/// How deep arrays and objects may lie in each other.
pub const DEPTH_MAX: usize = 32;

/// Why a value is outside the profile.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ProfileError {
    /// A float, or an integer outside ±(2^53 − 1).
    #[error("the number {0} is outside the profile: write it as a decimal string")]
    Number(Number),
    /// A string or a member name that is not in Unicode NFC.
    #[error("the text {0:?} is not in Unicode normalization form C")]
    NotNfc(Box<str>),
    /// Too deep.
    #[error("arrays and objects lie more than {DEPTH_MAX} levels deep")]
    TooDeep,
}

/// Why bytes are not canonical JSON of the profile.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// Not JSON.
    #[error("not JSON")]
    Json(#[from] serde_json::Error),
    /// JSON, but outside the profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// Inside the profile, but not spelt canonically, or with a member name twice.
    #[error("not in canonical form")]
    NotCanonical,
}

/// The one spelling of `value`.
///
/// # Errors
/// When `value` is outside the profile.
///
/// ```
/// let value = serde_json::json!({"b": 1, "a": ["ñ", null, true]});
/// let text = merkle::canonical::to_bytes(&value).unwrap();
/// assert_eq!(text, r#"{"a":["ñ",null,true],"b":1}"#.as_bytes());
/// ```
pub fn to_bytes(value: &Value) -> Result<Vec<u8>, ProfileError> {
    let mut out = Vec::new();
    write(value, 0, &mut out)?;
    Ok(out)
}

/// Reads bytes that must be the one spelling of what they say.
///
/// # Errors
/// See [`ParseError`].
pub fn from_bytes(bytes: &[u8]) -> Result<Value, ParseError> {
    // Of a name that stands twice only the last is kept, so that the spelling of the value is another one.
    let value = serde_json::from_slice(bytes)?;
    if to_bytes(&value)? == bytes { Ok(value) } else { Err(ParseError::NotCanonical) }
}

fn write(value: &Value, depth: usize, out: &mut Vec<u8>) -> Result<(), ProfileError> {
    match value {
        Value::Null => out.extend(b"null"),
        Value::Bool(true) => out.extend(b"true"),
        Value::Bool(false) => out.extend(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_text(text, out)?,
        Value::Array(items) => write_array(items, deeper(depth)?, out)?,
        Value::Object(members) => write_object(members, deeper(depth)?, out)?,
    }
    Ok(())
}

fn deeper(depth: usize) -> Result<usize, ProfileError> {
    if depth < DEPTH_MAX { Ok(depth + 1) } else { Err(ProfileError::TooDeep) }
}

fn write_number(number: &Number, out: &mut Vec<u8>) -> Result<(), ProfileError> {
    let integer = number
        .as_i64()
        .filter(|integer| (-INTEGER_MAX..=INTEGER_MAX).contains(integer))
        .ok_or_else(|| ProfileError::Number(number.clone()))?;
    out.extend(integer.to_string().into_bytes());
    Ok(())
}

/// `serde_json` escapes exactly what RFC 8785 §3.2.2.2 escapes, in the same spelling.
fn write_text(text: &str, out: &mut Vec<u8>) -> Result<(), ProfileError> {
    if !is_nfc(text) {
        return Err(ProfileError::NotNfc(text.into()));
    }
    out.extend(Value::from(text).to_string().into_bytes());
    Ok(())
}

fn write_array(items: &[Value], depth: usize, out: &mut Vec<u8>) -> Result<(), ProfileError> {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, depth, out)?;
    }
    out.push(b']');
    Ok(())
}

fn write_object(
    members: &Map<String, Value>,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), ProfileError> {
    let mut members: Vec<(&String, &Value)> = members.iter().collect();
    // RFC 8785 sorts by UTF-16 code units, which differs from byte order above U+FFFF.
    members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push(b'{');
    for (index, (name, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(name, out)?;
        out.push(b':');
        write(value, depth, out)?;
    }
    out.push(b'}');
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_sorted_by_utf_16_code_units() {
        // U+1F600 is D83D DE00 in UTF-16, before U+FB33; in UTF-8 it sorts after it.
        let text =
            to_bytes(&json!({"\u{20ac}": 1, "\u{1f600}": 2, "\u{ff0c}": 3, "1": 4})).unwrap();
        assert_eq!(text, "{\"1\":4,\"\u{20ac}\":1,\"\u{1f600}\":2,\"\u{ff0c}\":3}".as_bytes());
    }

    #[test]
    fn what_breaks_the_profile_is_refused() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1e3}"#,
            r#"{"a":-0}"#,
            r#"{"a":9007199254740992}"#,
            r#"{"a":18446744073709551615}"#,
            r#"{"a":"\ud800"}"#,
            "{\"a\":\"e\u{301}\"}",
            r#"{"b":1,"a":2}"#,
            r#"{"a": 1}"#,
            r#"{"a":"\u0041"}"#,
            r#"{"a":"\/"}"#,
            r#"{"a":1}x"#,
            "",
        ] {
            assert!(from_bytes(text.as_bytes()).is_err(), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(33), "]".repeat(33));
        assert!(from_bytes(deep.as_bytes()).is_err());
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-INTEGER_MAX..=INTEGER_MAX).prop_map(Value::from),
            "[\\x00-\\x7f]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,4}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(value in values()) {
            prop_assert_eq!(from_bytes(&to_bytes(&value).unwrap()).unwrap(), value);
        }
    }
}
