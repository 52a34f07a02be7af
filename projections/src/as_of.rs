//! A record as it was: of the releases of a process, those that were known, or in force, at an instant.
//!
//! Two clocks, two questions. What was *known* is asked of the log's wall clock: an event that was recorded later was
//! not known. What was *in force* is asked of the business clock, which for an import is the date that its source
//! states. Either time is that of the event a release was made from, never that of the release.

use domain::Timestamp;
use eventstore::{EventStore, ReadError};
use ocds::canonical::to_canonical;
use ocds::extensions::merge_rules;
use ocds::merge::Record;
use tokio_postgres::Row;

use crate::ProjectionError;
use crate::reader::View;
use crate::records::checked_release;
use crate::rows::{PublishedRelease, RELEASE_COLUMNS, RecordRow, published_release};

/// The most releases that one answer is merged from, or holds.
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
    /// What an event's row in `acts` is asked, and the bound it must not be above.
    async fn condition(self, store: &impl EventStore) -> Result<(&'static str, i64), ReadError> {
        match self {
            Self::EffectiveAt(instant) => Ok(("source.effective_at_ms", instant.as_millis())),
            Self::RecordedAt(instant) => {
                let known = recorded_until(store, instant).await?;
                Ok(("source.position", i64::try_from(known).unwrap_or(i64::MAX) - 1))
            }
        }
    }
}

/// How many events had been recorded by an instant: the wall clock of the log never goes back, so that half of what
/// is left can be ruled out at a time.
async fn recorded_until(store: &impl EventStore, instant: Timestamp) -> Result<u64, ReadError> {
    let (mut least, mut most) = (0, store.head().await?.next_position);
    while least < most {
        let middle = least.midpoint(most);
        let event = store.read(middle, 1).await?;
        let was_known = event.first().is_some_and(|event| event.at() <= instant.as_millis());
        (least, most) = if was_known { (middle + 1, most) } else { (least, middle) };
    }
    Ok(least)
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

    /// The event of a release is found by the position in the release's id.
    async fn releases_as_of(
        &self,
        store: &impl EventStore,
        ocid: &str,
        as_of: AsOf,
    ) -> Result<Vec<PublishedRelease>, ProjectionError> {
        let (asked, bound) = as_of.condition(store).await?;
        // A release without its event is found, and then refused, at any instant.
        let select = format!(
            "SELECT {RELEASE_COLUMNS}, {asked} AS asked
             FROM {{schema}}.releases AS published LEFT JOIN {{schema}}.acts AS source
             ON source.position = substring(release_id FROM '-([0-9]{{1,18}})$')::bigint
             WHERE published.ocid = $1 AND ({asked} <= $2) IS NOT FALSE
             ORDER BY published.position
             LIMIT {limit}",
            limit = RELEASES_MAX + 1,
        );
        let rows = self.select(&select, &[&ocid, &bound]).await?;
        if rows.len() > RELEASES_MAX {
            return Err(ProjectionError::TooManyReleases { ocid: ocid.to_owned() });
        }
        let with_source = |row: &Row| {
            if row.get::<_, Option<i64>>("asked").is_none() {
                let release_id = row.get("release_id");
                return Err(ProjectionError::NoSource { release_id, causation: None });
            }
            published_release(row)
        };
        rows.iter().map(with_source).collect()
    }
}

fn apply(record: &mut Record, release: &PublishedRelease) -> Result<(), ProjectionError> {
    let PublishedRelease { release_id, position, sha256, bytes, .. } = release;
    let value = checked_release(release_id, *position, sha256, bytes)?;
    record
        .apply(merge_rules(), &value)
        .map_err(|source| ProjectionError::Merge { release_id: release_id.clone(), source })
}
