//! Reading the members of an envelope.

use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::EntryError;
use crate::instant;

/// Takes members out one by one, so that what is left over is unknown.
pub(super) struct Members(Map<String, Value>);

impl Members {
    /// Of a value that must be an object.
    pub(super) fn of(value: Value) -> Result<Self, EntryError> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(EntryError::Member("envelope")),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Nothing may be left over.
    pub(super) fn end(self) -> Result<(), EntryError> {
        if self.0.is_empty() { Ok(()) } else { Err(EntryError::Member("envelope")) }
    }

    fn take(&mut self, name: &'static str) -> Result<Value, EntryError> {
        self.0.remove(name).ok_or(EntryError::Member(name))
    }

    pub(super) fn parsed<T: for<'de> Deserialize<'de>>(
        &mut self,
        name: &'static str,
    ) -> Result<T, EntryError> {
        serde_json::from_value(self.take(name)?).map_err(|_| EntryError::Member(name))
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<String, EntryError> {
        self.parsed(name)
    }

    pub(super) fn position(&mut self, name: &'static str) -> Result<u64, EntryError> {
        let text = self.text(name)?;
        let number: u64 = text.parse().map_err(|_| EntryError::Member(name))?;
        if number.to_string() == text { Ok(number) } else { Err(EntryError::Member(name)) }
    }

    pub(super) fn uuid(&mut self, name: &'static str) -> Result<Uuid, EntryError> {
        canonical_uuid(&self.text(name)?).ok_or(EntryError::Member(name))
    }

    pub(super) fn instant(&mut self, name: &'static str) -> Result<i64, EntryError> {
        instant::parse(&self.text(name)?).ok_or(EntryError::Member(name))
    }

    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, EntryError> {
        self.parsed::<Option<String>>(name)?
            .map(|text| read(&text).ok_or(EntryError::Member(name)))
            .transpose()
    }
}

pub(super) fn canonical_uuid(text: &str) -> Option<Uuid> {
    Uuid::parse_str(text).ok().filter(|id| id.to_string() == text)
}
