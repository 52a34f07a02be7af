//! The log's clocks in the head row: their floor, and the simulated one, which an operator moves.

use deadpool_postgres::Pool;

use super::batch::locked;
use super::statements::{CLOCK, LOCK_HEAD};
use crate::types::{ClockError, ReadError, StoreFault};

/// Takes the append lock as a batch does, and leaves the clocks that it read behind as the floor.
///
/// A crash before the commit leaves the old floor, and nobody was told the instant.
pub(super) async fn tick(pool: &Pool) -> Result<i64, ReadError> {
    let mut client = pool.get().await?;
    let db_tx = client.transaction().await?;
    let lock_head = db_tx.prepare_cached(LOCK_HEAD).await?;
    let head = db_tx.query_opt(&lock_head, &[]).await?.ok_or(StoreFault::NotInitialised)?;
    let clock = db_tx.prepare_cached(CLOCK).await?;
    let locked = locked(&head, &db_tx.query_one(&clock, &[]).await?);
    let raise = db_tx
        .prepare_cached(
            "UPDATE log.head
             SET last_at_ms = $1, last_effective_at_ms = $2
             WHERE id = 1",
        )
        .await?;
    db_tx.execute(&raise, &[&locked.at, &locked.effective_at]).await?;
    db_tx.commit().await?;
    Ok(locked.effective_at)
}

/// Takes the append lock, so that no batch sees the clock move.
pub(super) async fn advance_clock(pool: &Pool, to: i64) -> Result<(), ClockError> {
    merkle::instant::format(to).ok_or(ClockError::OutOfRange { to })?;
    let client = pool.get().await.map_err(StoreFault::from)?;
    let statement = client
        .prepare_cached(
            "UPDATE log.head
             SET simulated_clock_ms = $1
             WHERE id = 1 AND simulated_clock_ms <= $1",
        )
        .await?;
    if client.execute(&statement, &[&to]).await? == 1 {
        return Ok(());
    }
    let row = client.query_opt("SELECT simulated_clock_ms FROM log.head WHERE id = 1", &[]).await?;
    let row = row.ok_or(StoreFault::NotInitialised)?;
    match row.get::<_, Option<i64>>("simulated_clock_ms") {
        Some(now) => Err(ClockError::Backwards { now, to }),
        None => Err(ClockError::NotSimulated),
    }
}
