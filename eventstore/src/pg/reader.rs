//! Reads of schema `log`, always by position.

use deadpool_postgres::Pool;
use merkle::{Clock, Hash};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::types::{Head, ReadError, Recorded, StoreFault};

pub(super) async fn range(pool: &Pool, from: u64, limit: u32) -> Result<Vec<Recorded>, ReadError> {
    let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "SELECT position, entry, leaf
             FROM log.events
             WHERE position >= $1
             ORDER BY position
             LIMIT $2",
        )
        .await?;
    let rows = client.query(&statement, &[&from, &i64::from(limit)]).await?;
    rows.iter().map(recorded).collect()
}

pub(super) async fn stream(pool: &Pool, stream: &str) -> Result<Vec<Recorded>, ReadError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "SELECT position, entry, leaf
             FROM log.events
             WHERE stream_id = $1
             ORDER BY stream_version",
        )
        .await?;
    client.query(&statement, &[&stream]).await?.iter().map(recorded).collect()
}

pub(super) async fn event(pool: &Pool, id: Uuid) -> Result<Option<Recorded>, ReadError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached("SELECT position, entry, leaf FROM log.events WHERE event_id = $1")
        .await?;
    client.query_opt(&statement, &[&id]).await?.as_ref().map(recorded).transpose()
}

/// The business clock of a log on the wall clock is the database's clock, as it is under the append lock.
pub(super) async fn head(pool: &Pool) -> Result<Head, ReadError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "SELECT origin, next_position, last_at_ms, simulated_clock_ms, last_effective_at_ms,
                    floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms
             FROM log.head
             WHERE id = 1",
        )
        .await?;
    let row = client.query_opt(&statement, &[]).await?.ok_or(StoreFault::NotInitialised)?;
    let simulated: Option<i64> = row.get("simulated_clock_ms");
    let business_clock = simulated.unwrap_or_else(|| row.get("now_ms"));
    Ok(Head {
        origin: row.get("origin"),
        next_position: row.get::<_, i64>("next_position").unsigned_abs(),
        last_at: row.get("last_at_ms"),
        business_clock: business_clock.max(row.get("last_effective_at_ms")),
        clock: if simulated.is_some() { Clock::Simulated } else { Clock::Wall },
    })
}

pub(super) async fn vault(
    pool: &Pool,
    event: Uuid,
    path: &str,
) -> Result<Option<(String, Vec<u8>)>, ReadError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached("SELECT subject, sealed FROM log.vault WHERE event_id = $1 AND path = $2")
        .await?;
    let row = client.query_opt(&statement, &[&event, &path]).await?;
    Ok(row.map(|row| (row.get("subject"), row.get("sealed"))))
}

pub(super) async fn holder(pool: &Pool, claim: &Hash) -> Result<Option<String>, ReadError> {
    let client = pool.get().await?;
    let statement =
        client.prepare_cached("SELECT stream_id FROM log.claims WHERE claim_hash = $1").await?;
    let row = client.query_opt(&statement, &[&claim.as_slice()]).await?;
    Ok(row.map(|row| row.get("stream_id")))
}

fn recorded(row: &Row) -> Result<Recorded, ReadError> {
    let position: i64 = row.get("position");
    let damaged = || ReadError::Row { position };
    let leaf = row.get::<_, &[u8]>("leaf").try_into().map_err(|_| damaged())?;
    let position = u64::try_from(position).map_err(|_| damaged())?;
    Recorded::from_stored(position, row.get("entry"), leaf)
}
