//! A record as it was: of the releases of a process, those that were known, or in force, at an instant.
//!
//! Two clocks, two questions. What was *known* is asked of the log's wall clock: an event that was recorded later was
//! not known. What was *in force* is asked of the business clock, which for an import is the date that its source
//! states. Either time is that of the event a release was made from, never that of the release.

use domain::Timestamp;
use eventstore::EventStore;
use merkle::Envelope;
use merkle::hash::{sha256, to_hex};
use ocds::canonical::to_canonical;
use ocds::extensions::merge_rules;
use ocds::merge::Record;
use serde_json::Value;

use crate::ProjectionError;
use crate::reader::View;
use crate::rows::{PublishedRelease, RecordRow};

/// Releases read at a time.
const PAGE: u32 = 100;
/// Releases that one record is merged from: each answer merges them anew.
pub const RELEASES_MAX: usize = 2_000;

/// The instant of a record, and by which clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// As it was known: events recorded at or before this instant of the wall clock.
    RecordedAt(Timestamp),
    /// As it was in force: events effective at or before this instant of the business clock.
    EffectiveAt(Timestamp),
}

impl AsOf {
    fn holds(self, source: &Envelope) -> bool {
        match self {
            Self::RecordedAt(instant) => source.at <= instant.as_millis(),
            Self::EffectiveAt(instant) => source.effective_at <= instant.as_millis(),
        }
    }
}

/// A record with the releases that it was merged from.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordAsOf {
    /// The record; its count, last release and position are those of the releases that went in.
    pub record: RecordRow,
    /// The releases that went in, in the order of the log.
    pub releases: Vec<PublishedRelease>,
}

impl View {
    /// The record of a contracting process as it was; `None` when nothing of it was known, or in force, by then.
    ///
    /// It is merged anew from the stored bytes of its releases, whose hashes are compared with those on the log.
    ///
    /// # Errors
    /// [`ProjectionError::TooManyReleases`] beyond [`RELEASES_MAX`]; see [`ProjectionError`].
    pub async fn record_as_of(
        &self,
        store: &impl EventStore,
        ocid: &str,
        as_of: AsOf,
    ) -> Result<Option<RecordAsOf>, ProjectionError> {
        let releases = self.releases_as_of(store, ocid, as_of).await?;
        let Some(last) = releases.last() else { return Ok(None) };
        let mut merged = Record::default();
        for release in &releases {
            apply(&mut merged, release)?;
        }
        let release_id = || last.release_id.clone();
        let compiled = merged
            .compiled_release()
            .map_err(|source| ProjectionError::Merge { release_id: release_id(), source })?;
        let merge_state = serde_json::to_string(&merged)
            .map_err(|source| ProjectionError::Row { table: "records", source })?;
        let record = RecordRow {
            ocid: ocid.to_owned(),
            compiled_release: to_canonical(&compiled),
            last_release_id: release_id(),
            last_release_date: last.date.clone(),
            release_count: releases.len() as u64,
            position: last.position,
            merge_state,
        };
        Ok(Some(RecordAsOf { record, releases }))
    }

    async fn releases_as_of(
        &self,
        store: &impl EventStore,
        ocid: &str,
        as_of: AsOf,
    ) -> Result<Vec<PublishedRelease>, ProjectionError> {
        let mut releases = Vec::new();
        let mut after = None;
        let mut seen = 0;
        loop {
            let page = self.releases(ocid, after, PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            seen += page.len();
            if seen > RELEASES_MAX {
                return Err(ProjectionError::TooManyReleases { ocid: ocid.to_owned() });
            }
            after = page.last().map(|release| release.position);
            for release in page {
                if as_of.holds(&source_of(store, &release).await?) {
                    releases.push(release);
                } else if matches!(as_of, AsOf::RecordedAt(_)) {
                    // The wall clock of the log never goes back: nothing behind it was known either.
                    return Ok(releases);
                }
            }
            if is_last {
                return Ok(releases);
            }
        }
    }
}

/// The event that a release was made from, as its `ReleasePublished` names it.
async fn source_of(
    store: &impl EventStore,
    release: &PublishedRelease,
) -> Result<Envelope, ProjectionError> {
    let published = store.event(release.event_id).await?;
    let causation = published.and_then(|event| event.open()?.causation);
    let source = match causation {
        Some(id) => store.event(id).await?,
        None => None,
    };
    source.and_then(|source| source.open().cloned()).ok_or_else(|| ProjectionError::NoSource {
        release_id: release.release_id.clone(),
        causation,
    })
}

fn apply(record: &mut Record, release: &PublishedRelease) -> Result<(), ProjectionError> {
    let release_id = || release.release_id.clone();
    let actual = to_hex(&sha256(&release.bytes));
    if actual != release.sha256 {
        return Err(ProjectionError::ReleaseHash {
            release_id: release_id(),
            position: release.position,
            recorded: release.sha256.clone(),
            actual,
        });
    }
    let value: Value = serde_json::from_slice(&release.bytes)
        .map_err(|source| ProjectionError::ReleaseJson { release_id: release_id(), source })?;
    record
        .apply(merge_rules(), &value)
        .map_err(|source| ProjectionError::Merge { release_id: release_id(), source })
}
