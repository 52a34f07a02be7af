//! Reading an object whose members the format names.

use crate::encoding;
use crate::json::{Object, Value};

/// Why an object is not the one the format describes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// Something else stands where an object must be.
    #[error("{0} is not an object")]
    NotAnObject(&'static str),
    /// A member the format does not know.
    #[error("{object} has an unknown member {name:?}")]
    Unknown {
        /// Which object.
        object: &'static str,
        /// The member's name.
        name: String,
    },
    /// A member is missing.
    #[error("{object} has no member {name:?}")]
    Missing {
        /// Which object.
        object: &'static str,
        /// The member's name.
        name: &'static str,
    },
    /// A member's value is not of the kind the format gives it.
    #[error("{object}.{name} is not {expected}")]
    Kind {
        /// Which object.
        object: &'static str,
        /// The member's name.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

/// An object with the members the format gives it.
pub(crate) struct Members<'a> {
    object: &'static str,
    members: &'a Object,
}

impl<'a> Members<'a> {
    /// Checks that `value` is an object with exactly the members `names`.
    pub(crate) fn exactly(
        value: &'a Value,
        object: &'static str,
        names: &[&'static str],
    ) -> Result<Self, ShapeError> {
        let members = Self::at_least(value, object, names)?;
        if let Some(name) = members.members.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(ShapeError::Unknown { object, name: name.clone() });
        }
        Ok(members)
    }

    /// Checks that `value` is an object with the members `names`, and perhaps others: an event's
    /// data, which may grow.
    pub(crate) fn at_least(
        value: &'a Value,
        object: &'static str,
        names: &[&'static str],
    ) -> Result<Self, ShapeError> {
        let members = value.as_object().ok_or(ShapeError::NotAnObject(object))?;
        if let Some(name) = names.iter().find(|name| !members.contains_key(**name)) {
            return Err(ShapeError::Missing { object, name });
        }
        Ok(Self { object, members })
    }

    /// The member called `name`.
    pub(crate) fn value(&self, name: &'static str) -> Result<&'a Value, ShapeError> {
        self.members.get(name).ok_or(ShapeError::Missing { object: self.object, name })
    }

    /// The error that `name` is not `expected`.
    pub(crate) const fn wrong(&self, name: &'static str, expected: &'static str) -> ShapeError {
        ShapeError::Kind { object: self.object, name, expected }
    }

    /// A string that `read` accepts.
    pub(crate) fn read<T>(
        &self,
        name: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, ShapeError> {
        self.value(name)?.as_str().and_then(read).ok_or_else(|| self.wrong(name, expected))
    }

    pub(crate) fn string(&self, name: &'static str) -> Result<&'a str, ShapeError> {
        self.read(name, "a string", Some)
    }

    pub(crate) fn position(&self, name: &'static str) -> Result<u64, ShapeError> {
        self.read(name, "a position", encoding::position)
    }

    pub(crate) fn hex<const N: usize>(&self, name: &'static str) -> Result<[u8; N], ShapeError> {
        self.read(name, "lower-case hexadecimal of the right length", encoding::unhex_array)
    }

    pub(crate) fn array(&self, name: &'static str) -> Result<&'a [Value], ShapeError> {
        self.value(name)?.as_array().ok_or_else(|| self.wrong(name, "an array"))
    }

    pub(crate) fn object(&self, name: &'static str) -> Result<&'a Object, ShapeError> {
        self.value(name)?.as_object().ok_or_else(|| self.wrong(name, "an object"))
    }

    /// `null`, or a position.
    pub(crate) fn position_or_null(&self, name: &'static str) -> Result<Option<u64>, ShapeError> {
        if self.value(name)? == &Value::Null { Ok(None) } else { self.position(name).map(Some) }
    }

    /// An array of hexadecimal strings of any length.
    pub(crate) fn hex_list(&self, name: &'static str) -> Result<Vec<Vec<u8>>, ShapeError> {
        let read = |item: &Value| encoding::unhex(item.as_str()?);
        let items: Option<_> = self.array(name)?.iter().map(read).collect();
        items.ok_or_else(|| self.wrong(name, "an array of lower-case hexadecimal"))
    }

    /// An array of hashes.
    pub(crate) fn hash_list(&self, name: &'static str) -> Result<Vec<[u8; 32]>, ShapeError> {
        let read = |item: &Value| encoding::unhex_array(item.as_str()?);
        let items: Option<_> = self.array(name)?.iter().map(read).collect();
        items.ok_or_else(|| self.wrong(name, "an array of hashes of 32 bytes"))
    }
}
