//! JSON as the proof format reads it: a strict, bounded parser and the JCS writer (RFC 8785).
//!
//! Nothing is repaired. A text that two parsers could read differently (duplicate members, lone
//! surrogates, big integers) is an error, because what is hashed must mean one thing.

mod parse;
mod write;

use std::collections::BTreeMap;

pub use parse::{JsonError, JsonFault, Rules, parse};
pub use write::{UnwritableNumber, canonical, canonical_profile};

/// The members of a JSON object; the canonical order is made when writing.
pub type Object = BTreeMap<String, Value>;

/// The largest integer that every JSON reader keeps exactly: 2^53 − 1.
pub const SAFE_INTEGER_MAX: i64 = 9_007_199_254_740_991;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without fraction or exponent within ±(2^53 − 1).
    Integer(i64),
    /// Any other number; never made by [`Rules::Profile`].
    Float(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object without duplicate names.
    Object(Object),
}

impl Value {
    /// The string, if this is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The elements, if this is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(elements) = self { Some(elements) } else { None }
    }

    /// The members, if this is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The member called `name`, if this is an object that has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.as_object()?.get(name)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

/// An object from pairs of name and value.
#[must_use]
pub fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}
