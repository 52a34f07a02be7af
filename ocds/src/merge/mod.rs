//! The OCDS merge: releases of one contracting process become a compiled or a versioned release.
//!
//! The rules come from a release schema ([`Rules`]); the state moves by one release at a time and can be stored
//! and taken up again. What is printed equals what the standard's reference implementation prints
//! from all releases at once.

mod leaf;
mod rules;
mod tree;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

pub use leaf::{History, Newest};
pub use rules::{Rules, SchemaError};
use tree::{Leaf, Members, Stamp};

/// Why releases could not be merged. The state is as it was before the call.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum MergeError {
    /// A release is not a JSON object.
    #[error("the release is not an object")]
    NotAnObject,
    /// A release that is to be ordered has no `date`, or one that is not a string.
    #[error("the release has no date that is a string")]
    NoDate,
    /// The release is older than the newest one that was merged.
    #[error("the release of {date} is older than the one before it, of {previous}")]
    OutOfOrder {
        /// `date` of the refused release.
        date: String,
        /// `date` of the newest release that was merged.
        previous: String,
    },
    /// A path was a value, an object and an array in different releases, so that nothing can be printed.
    #[error("releases disagree whether {pointer} is a value, an object or an array")]
    Inconsistent {
        /// JSON pointer of the path; array members count as their array.
        pointer: String,
    },
}

impl MergeError {
    fn inconsistent(pointer: &str) -> Self {
        Self::Inconsistent { pointer: pointer.to_owned() }
    }
}

/// A compiled release that moves by one release: the newest value of every path.
pub type Compiled = Merged<Newest>;

/// A versioned release that moves by one release: every value of every path.
pub type Versioned = Merged<History>;

/// The state of one merge. Serialise it to go on later; its form is private to this crate's version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merged<L> {
    ocid: Value,
    members: Members<L>,
    /// Of all releases for a versioned release, else of the last one only.
    stamps: Vec<Stamp>,
}

impl<L> Default for Merged<L> {
    fn default() -> Self {
        Self { ocid: Value::Null, members: Members::new(), stamps: Vec::new() }
    }
}

impl Compiled {
    /// Merges the next release; releases come in the order of their `date`.
    ///
    /// # Errors
    /// A [`MergeError`] when the release is not an object, cannot be ordered or is too old.
    pub fn apply(&mut self, rules: &Rules, release: &Value) -> Result<(), MergeError> {
        let (stamp, release) = self.next(release)?;
        if self.stamps.is_empty() {
            tree::set(&mut self.members, "tag", &json!(["compiled"]), 0);
        }
        let id = format!("{}-{}", plain(&self.ocid), plain(&stamp.date));
        tree::set(&mut self.members, "id", &Value::String(id), 0);
        tree::set(&mut self.members, "date", &stamp.date, 0);
        tree::merge_members(&mut self.members, release, Some(rules), 0, &UNMERGED);
        self.stamps.clear();
        self.stamps.push(stamp);
        Ok(())
    }

    /// Prints the compiled release: tag `compiled`, id `{ocid}-{date}`, date of the newest release.
    ///
    /// # Errors
    /// [`MergeError::Inconsistent`] when releases gave a path different shapes.
    pub fn release(&self) -> Result<Value, MergeError> {
        self.print()
    }
}

impl Versioned {
    /// Merges the next release; releases come in the order of their `date`.
    ///
    /// # Errors
    /// A [`MergeError`] when the release is not an object, cannot be ordered or is too old.
    pub fn apply(&mut self, rules: &Rules, release: &Value) -> Result<(), MergeError> {
        let (stamp, release) = self.next(release)?;
        let number = self.stamps.len();
        tree::merge_members(&mut self.members, release, Some(rules), number, &UNMERGED);
        self.stamps.push(stamp);
        Ok(())
    }

    /// Prints the versioned release: every value with the id, date and tag of the release that gave it.
    ///
    /// # Errors
    /// [`MergeError::Inconsistent`] when releases gave a path different shapes.
    pub fn release(&self) -> Result<Value, MergeError> {
        self.print()
    }
}

/// Members of a release that no walk merges: the tag by rule, the ocid because it has no versions.
const UNMERGED: [&str; 2] = ["ocid", "tag"];

impl<L: Leaf> Merged<L> {
    /// Checks the next release before anything is changed.
    fn next<'a>(
        &mut self,
        release: &'a Value,
    ) -> Result<(Stamp, &'a Map<String, Value>), MergeError> {
        let members = release.as_object().ok_or(MergeError::NotAnObject)?;
        if let Some(previous) = self.stamps.last() {
            let previous = previous.date.as_str().ok_or(MergeError::NoDate)?;
            let date = release["date"].as_str().ok_or(MergeError::NoDate)?;
            if date < previous {
                let (date, previous) = (date.to_owned(), previous.to_owned());
                return Err(MergeError::OutOfOrder { date, previous });
            }
        }
        self.ocid.clone_from(&release["ocid"]);
        let of = |name: &str| release[name].clone();
        Ok((Stamp { id: of("id"), date: of("date"), tag: of("tag") }, members))
    }

    fn print(&self) -> Result<Value, MergeError> {
        let mut release = tree::print_members(&self.members, &self.stamps, &mut String::new())?;
        if !self.ocid.is_null() {
            release.insert("ocid".to_owned(), self.ocid.clone());
        }
        Ok(Value::Object(release))
    }
}

/// Both merges of one contracting process, moved together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    compiled: Compiled,
    versioned: Versioned,
}

impl Record {
    /// Moves the record by one release; releases come in the order of their `date`.
    ///
    /// # Errors
    /// A [`MergeError`] when the release is not an object, cannot be ordered or is too old.
    pub fn apply(&mut self, rules: &Rules, release: &Value) -> Result<(), MergeError> {
        self.compiled.apply(rules, release)?;
        self.versioned.apply(rules, release)
    }

    /// The record's `compiledRelease`.
    ///
    /// # Errors
    /// [`MergeError::Inconsistent`] when releases gave a path different shapes.
    pub fn compiled_release(&self) -> Result<Value, MergeError> {
        self.compiled.release()
    }

    /// The record's `versionedRelease`.
    ///
    /// # Errors
    /// [`MergeError::Inconsistent`] when releases gave a path different shapes.
    pub fn versioned_release(&self) -> Result<Value, MergeError> {
        self.versioned.release()
    }
}

/// Sorts releases by `date`, as text, and merges them into a compiled release.
///
/// # Errors
/// A [`MergeError`] when the releases cannot be ordered or are inconsistent.
pub fn compiled_release(rules: &Rules, releases: &[Value]) -> Result<Value, MergeError> {
    let mut state = Compiled::default();
    for release in sorted(releases)? {
        state.apply(rules, release)?;
    }
    state.release()
}

/// Sorts releases by `date`, as text, and merges them into a versioned release.
///
/// # Errors
/// A [`MergeError`] when the releases cannot be ordered or are inconsistent.
pub fn versioned_release(rules: &Rules, releases: &[Value]) -> Result<Value, MergeError> {
    let mut state = Versioned::default();
    for release in sorted(releases)? {
        state.apply(rules, release)?;
    }
    state.release()
}

/// In the order of `date`; equal dates stay as they were given. A single release needs no date.
fn sorted(releases: &[Value]) -> Result<Vec<&Value>, MergeError> {
    let mut sorted: Vec<&Value> = releases.iter().collect();
    if releases.len() > 1 {
        if !releases.iter().all(Value::is_object) {
            return Err(MergeError::NotAnObject);
        }
        if !releases.iter().all(|it| it["date"].is_string()) {
            return Err(MergeError::NoDate);
        }
        sorted.sort_by(|one, two| one["date"].as_str().cmp(&two["date"].as_str()));
    }
    Ok(sorted)
}

/// A value as it stands inside of an id.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        other => other.to_string(),
    }
}
