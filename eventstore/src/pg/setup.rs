//! The head row, made once by the owner.

use tokio_postgres::Client;

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
