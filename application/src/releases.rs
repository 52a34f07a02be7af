//! Published releases: their exact bytes, stored once.

use deadpool_postgres::Pool;
use domain::event::ReleasePublished;
use domain::{DomainEvent, Ocid, Timestamp};
use eventstore::EventStore;
use merkle::hash::to_hex;
use serde_json::Value;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::history::domain_event;
use crate::outcome::Fault;

/// A release as it was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRelease {
    /// `{ocid}-{position}`.
    pub release_id: String,
    /// The contracting process.
    pub ocid: String,
    /// Position of the event it was made from.
    pub position: u64,
    /// Its date.
    pub date: Timestamp,
    /// Its exact bytes, canonical JSON.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes.
    pub sha256: Vec<u8>,
    /// Version of the mapping that made it.
    pub mapping: String,
}

impl StoredRelease {
    /// The hash as `ReleasePublished` records it: `0x` and lower-case hexadecimal.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        to_hex(&self.sha256)
    }
}

/// One release.
///
/// # Errors
/// [`Fault`] when the database fails.
pub async fn find(pool: &Pool, release_id: &str) -> Result<Option<StoredRelease>, Fault> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "SELECT release_id, ocid, position, date_ms, bytes, sha256, mapping
             FROM app.releases
             WHERE release_id = $1",
        )
        .await?;
    client.query_opt(&statement, &[&release_id]).await?.as_ref().map(read).transpose()
}

/// The releases of a process, oldest first, from position `from` on, `limit` (1–100) at most.
///
/// # Errors
/// [`Fault`] when the database fails.
pub async fn of_process(
    pool: &Pool,
    ocid: &str,
    from: u64,
    limit: u32,
) -> Result<Vec<StoredRelease>, Fault> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "SELECT release_id, ocid, position, date_ms, bytes, sha256, mapping
             FROM app.releases
             WHERE ocid = $1 AND position >= $2
             ORDER BY position
             LIMIT $3",
        )
        .await?;
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let limit = i64::from(limit.clamp(1, 100));
    client.query(&statement, &[&ocid, &from, &limit]).await?.iter().map(read).collect()
}

/// The event that recorded a release, by its id and what it says; its proof is the release's.
///
/// # Errors
/// [`Fault`] when the log cannot be read.
pub async fn publication(
    store: &impl EventStore,
    ocid: &Ocid,
    release_id: &str,
) -> Result<Option<(Uuid, ReleasePublished)>, Fault> {
    for recorded in store.read_stream(&ocid.releases_stream()).await? {
        match domain_event(&recorded)? {
            Some(DomainEvent::ReleasePublished(event)) if event.release_id == release_id => {
                return Ok(Some((recorded.id(), event)));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// By which version of the mapping the release of the event at `position` was made, if it is stored.
pub(crate) async fn mapping_at(
    pool: &Pool,
    ocid: &Ocid,
    position: u64,
) -> Result<Option<String>, Fault> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached("SELECT mapping FROM app.releases WHERE ocid = $1 AND position = $2")
        .await?;
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    let row = client.query_opt(&statement, &[&ocid.as_str(), &position]).await?;
    Ok(row.map(|row| row.get("mapping")))
}

/// The newest release before this position of the same process.
pub(crate) async fn before(
    pool: &Pool,
    ocid: &Ocid,
    position: u64,
) -> Result<Option<Value>, Fault> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "SELECT bytes
             FROM app.releases
             WHERE ocid = $1 AND position < $2
             ORDER BY position DESC
             LIMIT 1",
        )
        .await?;
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    let row = client.query_opt(&statement, &[&ocid.as_str(), &position]).await?;
    row.map(|row| serde_json::from_slice(row.get("bytes")))
        .transpose()
        .map_err(|_| Fault::Stored("release"))
}

/// Stores a release, or compares it with the one that is stored.
pub(crate) async fn store_once(pool: &Pool, release: &StoredRelease) -> Result<(), Fault> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "INSERT INTO app.releases (release_id, ocid, position, date_ms, bytes, sha256, mapping)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT DO NOTHING",
        )
        .await?;
    let StoredRelease { release_id, ocid, position, date, bytes, sha256, mapping } = release;
    let position = i64::try_from(*position).map_err(|_| Fault::Stored("position"))?;
    let date_ms = date.as_millis();
    let is_new = client
        .execute(&statement, &[release_id, ocid, &position, &date_ms, bytes, sha256, mapping])
        .await?
        == 1;
    drop(client);
    if is_new || find(pool, release_id).await?.as_ref() == Some(release) {
        return Ok(());
    }
    Err(Fault::Diverged { release_id: release_id.clone() })
}

fn read(row: &Row) -> Result<StoredRelease, Fault> {
    Ok(StoredRelease {
        release_id: row.get("release_id"),
        ocid: row.get("ocid"),
        position: row.get::<_, i64>("position").unsigned_abs(),
        date: Timestamp::from_millis(row.get("date_ms"))
            .map_err(|_| Fault::Stored("date of a release"))?,
        bytes: row.get("bytes"),
        sha256: row.get("sha256"),
        mapping: row.get("mapping"),
    })
}
