//! Why the service stopped, left in the database for whoever asks the API.

use deadpool_postgres::Pool;

use crate::memory::MemoryError;

/// Leaves the reason of a stop; nobody waits for it, so a database that is away is no further failure.
///
/// # Errors
/// [`MemoryError`].
pub async fn note_stop(pool: &Pool, reason: &str) -> Result<(), MemoryError> {
    let client = pool.get().await?;
    client
        .execute(
            r"
            INSERT INTO anchor.stops (id, reason, stopped_at) VALUES (1, $1, now())
            ON CONFLICT ON CONSTRAINT stops_pkey
            DO UPDATE SET reason = excluded.reason, stopped_at = excluded.stopped_at
            ",
            &[&reason],
        )
        .await?;
    Ok(())
}

/// Forgets it: the service runs.
///
/// # Errors
/// [`MemoryError`].
pub async fn clear_stop(pool: &Pool) -> Result<(), MemoryError> {
    let client = pool.get().await?;
    client.execute("DELETE FROM anchor.stops WHERE id = 1", &[]).await?;
    Ok(())
}
