//! Records: every published release is checked against the log and merged into its record.

use domain::event::ReleasePublished;
use domain::{DomainEvent, Timestamp};
use eventstore::EventStore;
use merkle::Clock;
use merkle::hash::{sha256, to_hex};
use ocds::canonical::to_canonical;
use ocds::extensions::merge_rules;
use ocds::merge::Record;
use ocds::release::{Mapping, Source};
use serde_json::Value;

use crate::ProjectionError;
use crate::apply::{Change, Check};
use crate::generation::to_sql;

/// Where a record stands before a release is merged into it.
#[derive(Default)]
struct Standing {
    record: Record,
    last_release_id: Option<String>,
    release_count: i64,
}

pub(crate) async fn release_published<S: EventStore>(
    change: &Change<'_>,
    store: &S,
    event: &ReleasePublished,
    check: Check,
) -> Result<(), ProjectionError> {
    let bytes = stored_bytes(change, &event.release_id).await?;
    let release = checked_release(&event.release_id, change.position, &event.sha256, &bytes)?;
    let standing = standing(change, event.ocid.as_str()).await?;
    if check == Check::Mapping {
        check_mapping(change, store, event, standing.last_release_id.as_deref()).await?;
    }
    let merge_error =
        |source| ProjectionError::Merge { release_id: event.release_id.clone(), source };
    let Standing { mut record, release_count, .. } = standing;
    record.apply(merge_rules(), &release).map_err(merge_error)?;
    let compiled = to_canonical(&record.compiled_release().map_err(merge_error)?);
    let date = release["date"].as_str().unwrap_or_default();
    write_release(change, event, date).await?;
    write_record(change, event, &record, &compiled, date, release_count + 1).await
}

/// The bytes the publisher stored.
async fn stored_bytes(change: &Change<'_>, release_id: &str) -> Result<Vec<u8>, ProjectionError> {
    let statement =
        change.db_tx.prepare_cached("SELECT bytes FROM app.releases WHERE release_id = $1").await?;
    let row = change.db_tx.query_opt(&statement, &[&release_id]).await?;
    row.map(|row| row.get("bytes")).ok_or_else(|| ProjectionError::ReleaseMissing {
        release_id: release_id.to_owned(),
        position: change.position,
    })
}

/// What a release says, once the hash of its bytes is found to be the one on the log at `position`.
pub(crate) fn checked_release(
    release_id: &str,
    position: u64,
    recorded: &str,
    bytes: &[u8],
) -> Result<Value, ProjectionError> {
    let actual = to_hex(&sha256(bytes));
    if actual != recorded {
        let (release_id, recorded) = (release_id.to_owned(), recorded.to_owned());
        return Err(ProjectionError::ReleaseHash { release_id, position, recorded, actual });
    }
    read_release(release_id, bytes)
}

fn read_release(release_id: &str, bytes: &[u8]) -> Result<Value, ProjectionError> {
    serde_json::from_slice(bytes).map_err(|source| {
        let release_id = release_id.to_owned();
        ProjectionError::ReleaseJson { release_id, source }
    })
}

/// Makes the release out of its event again: it must come out with the hash that is on the log.
async fn check_mapping<S: EventStore>(
    change: &Change<'_>,
    store: &S,
    event: &ReleasePublished,
    previous: Option<&str>,
) -> Result<(), ProjectionError> {
    let position = change.position;
    let release_id = event.release_id.clone();
    let Some(mapping) = Mapping::parse(&event.mapping) else {
        let mapping = event.mapping.clone();
        return Err(ProjectionError::UnknownMapping { release_id, mapping });
    };
    let causation = change.envelope.causation;
    let source = match causation {
        Some(id) => store.event(id).await?,
        None => None,
    };
    let Some(source) = source else {
        return Err(ProjectionError::NoSource { release_id, causation });
    };
    // A sealed entry is no release's source.
    let Some(envelope) = source.open() else {
        return Err(ProjectionError::NoSource { release_id, causation });
    };
    let data = Value::Object(envelope.data.clone());
    let cause =
        DomainEvent::from_recorded(&envelope.r#type, envelope.schema, &data).map_err(|error| {
            ProjectionError::CorruptEvent { position: source.position, source: error }
        })?;
    // An import's release is dated by the log: what its source states is not known to be true.
    let happened_at = match envelope.clock {
        Clock::Imported => envelope.at,
        Clock::Wall | Clock::Simulated => envelope.effective_at,
    };
    let previous = match previous {
        // Its hash was found to be the one on the log when it was merged.
        Some(release_id) => {
            Some(read_release(release_id, &stored_bytes(change, release_id).await?)?)
        }
        None => None,
    };
    let release = cause.as_ref().and_then(|cause| {
        mapping.release_for(&Source {
            event: cause,
            event_id: &envelope.id.to_string(),
            position: source.position,
            leaf_hash: source.leaf,
            effective_at: Timestamp::from_millis(happened_at).ok()?,
            previous: previous.as_ref(),
        })
    });
    let Some(release) = release.filter(|release| release.id == event.release_id) else {
        return Err(ProjectionError::NoSource { release_id, causation });
    };
    let actual = release.sha256_hex();
    if actual == event.sha256 {
        Ok(())
    } else {
        let recorded = event.sha256.clone();
        Err(ProjectionError::ReleaseDiffers { release_id, position, recorded, actual })
    }
}

async fn standing(change: &Change<'_>, ocid: &str) -> Result<Standing, ProjectionError> {
    let sql = format!(
        "SELECT merge_state, last_release_id, release_count FROM {}.records WHERE ocid = $1",
        change.schema
    );
    let statement = change.db_tx.prepare_cached(&sql).await?;
    let Some(row) = change.db_tx.query_opt(&statement, &[&ocid]).await? else {
        return Ok(Standing::default());
    };
    let record = serde_json::from_str(row.get("merge_state"))
        .map_err(|source| ProjectionError::Row { table: "records", source })?;
    Ok(Standing {
        record,
        last_release_id: row.get("last_release_id"),
        release_count: row.get("release_count"),
    })
}

async fn write_release(
    change: &Change<'_>,
    event: &ReleasePublished,
    date: &str,
) -> Result<(), ProjectionError> {
    let sql = format!(
        "INSERT INTO {}.releases (release_id, ocid, release_date, sha256, position, event_id)
         VALUES ($1, $2, $3, $4, $5, $6)",
        change.schema
    );
    let statement = change.db_tx.prepare_cached(&sql).await?;
    change
        .db_tx
        .execute(
            &statement,
            &[
                &event.release_id,
                &event.ocid.as_str(),
                &date,
                &event.sha256,
                &to_sql(change.position),
                &change.envelope.id,
            ],
        )
        .await?;
    Ok(())
}

async fn write_record(
    change: &Change<'_>,
    event: &ReleasePublished,
    record: &Record,
    compiled_release: &str,
    date: &str,
    release_count: i64,
) -> Result<(), ProjectionError> {
    let sql = format!(
        "INSERT INTO {}.records (ocid, merge_state, compiled_release, last_release_id, last_release_date,
                                 release_count, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (ocid) DO UPDATE
         SET merge_state = excluded.merge_state, compiled_release = excluded.compiled_release,
             last_release_id = excluded.last_release_id,
             last_release_date = excluded.last_release_date,
             release_count = excluded.release_count, position = excluded.position",
        change.schema
    );
    let merge_state = serde_json::to_string(record)
        .map_err(|source| ProjectionError::Row { table: "records", source })?;
    let statement = change.db_tx.prepare_cached(&sql).await?;
    change
        .db_tx
        .execute(
            &statement,
            &[
                &event.ocid.as_str(),
                &merge_state,
                &compiled_release,
                &event.release_id,
                &date,
                &release_count,
                &to_sql(change.position),
            ],
        )
        .await?;
    Ok(())
}
