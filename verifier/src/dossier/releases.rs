//! Whether every release that was published is there, byte for byte.

use super::case::Case;
use super::contradiction::Contradiction;
use super::opinion::Found;
use crate::encoding;
use crate::json::{self, Rules, Value};
use crate::merkle::sha256;

/// Checks the releases.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    let mut published = 0;
    for event in case.all("ReleasePublished") {
        published += 1;
        let record = event.record();
        let release_id = record.text("releaseId")?;
        let (position, bytes) = case
            .releases
            .get(release_id)
            .ok_or_else(|| event.refuse("the release it names is not there", release_id))?;
        event.same("the proof of its release", *position, event.position)?;
        event.require(sha256(bytes) == record.hash("sha256")?, "its release has other bytes")?;
        let release = json::parse(bytes, Rules::Any)
            .map_err(|error| event.refuse("its release is not JSON", error))?;
        let text = |name| release.get(name).and_then(Value::as_str).unwrap_or_default();
        event.same("the id in its release", text("id"), release_id)?;
        event.same("the ocid in its release", text("ocid"), &case.ocid)?;
        // A release is named after the event that it tells.
        let told = release_id.strip_prefix(case.ocid.as_str()).and_then(|it| it.strip_prefix('-'));
        let told = told.and_then(encoding::position).and_then(|position| case.at(position));
        let told = told.filter(|told| told.position < event.position && !told.sealed);
        event.require(told.is_some(), "the event that its release tells is not there before it")?;
    }
    if case.releases.len() > published {
        return Err(Contradiction::of_dossier("a release is there that no event names", ""));
    }
    if published == 0 {
        return Ok(Found::Absent("no release is published so far"));
    }
    Ok(Found::Proven(format!("all {published} releases are there, byte for byte")))
}
