//! The head row: made once by the owner; its simulated clock is moved by the operator.

use deadpool_postgres::Pool;
use tokio_postgres::Client;

use crate::types::{ClockError, StoreFault};

/// What a new log is called and which clock its business runs on.
#[derive(Debug, Clone)]
pub struct LogSetup {
    /// Origin: the log's name for ever.
    pub origin: String,
    /// Tells this log from one restored from a backup; any number that is new.
    pub epoch: i64,
    /// First instant of a simulated business clock, milliseconds since 1970-01-01 UTC; `None`: the wall clock.
    pub simulated_clock: Option<i64>,
}

/// Why a log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The database holds another log.
    #[error("this database holds the log {found}, not {expected}")]
    OtherLog {
        /// Origin of the log that is there.
        found: String,
        /// Origin that was asked for.
        expected: String,
    },
    /// The origin cannot be a log's name.
    #[error("the origin {0:?} is not 1 to 128 printable ASCII characters without space or plus")]
    Origin(String),
    /// Postgres refused.
    #[error("the log's head row cannot be made")]
    Database(#[from] tokio_postgres::Error),
}

/// Makes the head row of a new log, or checks that the log that is there has this origin.
///
/// `owner` must be connected as the owner: the service may not insert here.
///
/// # Errors
/// See [`SetupError`].
pub async fn initialise(owner: &Client, setup: &LogSetup) -> Result<(), SetupError> {
    if !merkle::entry::is_origin(&setup.origin) {
        return Err(SetupError::Origin(setup.origin.clone()));
    }
    let clock = setup.simulated_clock;
    owner
        .execute(
            "INSERT INTO log.head (origin, epoch, next_position, last_at_ms, last_effective_at_ms,
                                   simulated_clock_ms)
             VALUES ($1, $2, 0, 0, coalesce($3, 0::bigint), $3)
             ON CONFLICT DO NOTHING",
            &[&setup.origin, &setup.epoch, &clock],
        )
        .await?;
    let found: String =
        owner.query_one("SELECT origin FROM log.head WHERE id = 1", &[]).await?.get("origin");
    if found == setup.origin {
        Ok(())
    } else {
        Err(SetupError::OtherLog { found, expected: setup.origin.clone() })
    }
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
