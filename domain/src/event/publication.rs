//! What the system says of itself.

use serde::{Deserialize, Serialize};

use crate::id::Ocid;

/// A release was published; its exact bytes are kept by the publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReleasePublished {
    /// The contracting process.
    pub ocid: Ocid,
    /// `{ocid}-{position}`, the position of the event it was made from.
    pub release_id: String,
    /// SHA-256 of the release's bytes, `0x` and lower-case hexadecimal.
    pub sha256: String,
    /// The version of the mapping from events to releases.
    pub mapping: String,
}

/// Nothing happened for a while, and the log says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {}
