//! Whether a release is the one a `ReleasePublished` event names, §5.

use std::fmt;

use crate::entry::OpenEnvelope;
use crate::json::{self, JsonError, Rules, UnwritableNumber, Value};
use crate::members::{Members, ShapeError};
use crate::merkle::{Hash, sha256};
use crate::policy::Policy;
use crate::refusal::{At as _, Check, Refusal};
use crate::verdict::{Outcome, Report};
use crate::verify::verify_event;

/// The largest release or package that is read, in bytes.
pub const RELEASE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why a file does not hold the event's release (check `release`).
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReleaseError {
    /// Too long.
    #[error("the file has {0} bytes, more than 64 MiB")]
    TooLong(usize),
    /// The event is sealed or of another type.
    #[error("the bundle is not of a ReleasePublished event")]
    OtherEvent,
    /// The event's data are not those of its type.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The file is not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A number cannot be written in canonical form.
    #[error(transparent)]
    Number(#[from] UnwritableNumber),
    /// The file has no release with this id.
    #[error("the file holds no release {release_id:?}")]
    NotFound {
        /// The id the event names.
        release_id: String,
    },
    /// The release with this id has another content.
    #[error("the release's SHA-256 is {}, the event's is another", crate::encoding::hex(.computed))]
    OtherContent {
        /// Of the release in the file.
        computed: Hash,
    },
    /// The release is of another process or has another id.
    #[error("the release has another {0} than the event")]
    OtherMember(&'static str),
}

/// How the release was found in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The file is the release, byte for byte.
    ExactBytes,
    /// The file is the release, in another spelling.
    CanonicalForm,
    /// The release is one of a package's.
    InPackage,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ExactBytes => "the file's exact bytes",
            Self::CanonicalForm => "the canonical form of the file",
            Self::InPackage => "the canonical form of a release in the package",
        })
    }
}

/// The release that was compared.
#[derive(Debug, Clone)]
pub struct ReleaseFacts {
    /// Its contracting process.
    pub ocid: String,
    /// Its id.
    pub release_id: String,
    /// SHA-256 of its exact bytes.
    pub sha256: Hash,
    /// How it was found.
    pub found: Found,
}

/// Checks a bundle, and that `file` is or holds the release its event names.
#[must_use]
pub fn verify_release(file: &[u8], bundle: &[u8], policy: &Policy) -> Report {
    let (mut report, envelope) = verify_event(bundle, policy);
    if matches!(report.outcome, Outcome::Refused(_)) {
        return report;
    }
    match compare(file, envelope.as_ref()) {
        Ok(facts) => report.release = Some(facts),
        Err(refusal) => report.outcome = Outcome::Refused(refusal),
    }
    report
}

fn compare(file: &[u8], envelope: Option<&OpenEnvelope>) -> Result<ReleaseFacts, Refusal> {
    find(file, envelope).at(Check::Release)
}

fn find(file: &[u8], envelope: Option<&OpenEnvelope>) -> Result<ReleaseFacts, ReleaseError> {
    let open = envelope.filter(|open| open.kind == "ReleasePublished");
    let data = Value::Object(open.ok_or(ReleaseError::OtherEvent)?.data.clone());
    let members = Members::exactly(&data, "data", &["ocid", "releaseId", "sha256", "mapping"])?;
    let ocid = members.string("ocid")?;
    let release_id = members.string("releaseId")?;
    let wanted: Hash = members.hex("sha256")?;
    if file.len() > RELEASE_BYTES_MAX {
        return Err(ReleaseError::TooLong(file.len()));
    }
    let document = json::parse(file, Rules::Any)?;
    let facts = |found| ReleaseFacts {
        ocid: ocid.to_owned(),
        release_id: release_id.to_owned(),
        sha256: wanted,
        found,
    };
    if sha256(file) == wanted {
        return same_names(&document, ocid, release_id).map(|()| facts(Found::ExactBytes));
    }
    let (candidates, found) = candidates(&document, release_id);
    if candidates.is_empty() {
        return Err(ReleaseError::NotFound { release_id: release_id.to_owned() });
    }
    // A package that holds two releases of one id holds a wrong one, whichever comes first.
    for release in candidates {
        let computed = sha256(json::canonical(release)?.as_bytes());
        if computed != wanted {
            return Err(ReleaseError::OtherContent { computed });
        }
        same_names(release, ocid, release_id)?;
    }
    Ok(facts(found))
}

fn same_names(release: &Value, ocid: &str, release_id: &str) -> Result<(), ReleaseError> {
    for (name, wanted) in [("ocid", ocid), ("id", release_id)] {
        if release.get(name).and_then(Value::as_str) != Some(wanted) {
            return Err(ReleaseError::OtherMember(name));
        }
    }
    Ok(())
}

/// The releases with this id: the document itself, or those of a release or record package.
fn candidates<'a>(document: &'a Value, release_id: &str) -> (Vec<&'a Value>, Found) {
    fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
        value.get(name).and_then(Value::as_array).unwrap_or_default()
    }
    let has_id = |release: &&Value| release.get("id").and_then(Value::as_str) == Some(release_id);
    if has_id(&document) {
        return (vec![document], Found::CanonicalForm);
    }
    let in_records = list(document, "records").iter().flat_map(|record| list(record, "releases"));
    let all = list(document, "releases").iter().chain(in_records);
    (all.filter(has_id).collect(), Found::InPackage)
}
