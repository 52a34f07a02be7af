//! Generations: which one is served, who may write it, how far it is.

use std::fmt;

use deadpool_postgres::{Pool, Transaction};

use crate::ProjectionError;

/// Name of the read models' shape; a changed shape is a new name, built beside the old.
pub const NAME: &str = "read_models_v2";

/// The schema of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schema(pub(crate) u64);

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "read_{}", self.0)
    }
}

/// The generation that is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Serving {
    /// Its number, from 1.
    pub generation: u64,
    /// Its shape, see [`NAME`].
    pub name: String,
    /// Origin of the log it was built from.
    pub origin: String,
    /// Position of the next event to apply = number of events applied.
    pub position: u64,
    /// Why its runner stopped, if it did.
    pub failure: Option<String>,
}

/// The right to move a generation, until somebody else takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) generation: u64,
    pub(crate) epoch: i64,
    pub(crate) position: u64,
}

impl Lease {
    pub(crate) fn schema(self) -> Schema {
        Schema(self.generation)
    }

    /// Moves the checkpoint inside `db_tx`, or finds that somebody else has the generation.
    ///
    /// It comes first in its transaction: its row lock keeps a switch out until the rows are there too.
    pub(crate) async fn advance(
        self,
        db_tx: &Transaction<'_>,
        to: u64,
    ) -> Result<(), ProjectionError> {
        let statement = db_tx
            .prepare_cached(
                "UPDATE projections.generations
                 SET projection_position = $1
                 WHERE generation = $2 AND projection_position = $3 AND epoch = $4
                     AND state <> 'retired'",
            )
            .await?;
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
            [&to_sql(to), &to_sql(self.generation), &to_sql(self.position), &self.epoch];
        if db_tx.execute(&statement, &parameters).await? == 1 {
            return Ok(());
        }
        let row = db_tx
            .query_opt(
                "SELECT state FROM projections.generations WHERE generation = $1",
                &[&to_sql(self.generation)],
            )
            .await?;
        let generation = self.generation;
        match row.as_ref().map(|row| row.get::<_, &str>("state")) {
            None | Some("retired") => Err(ProjectionError::Superseded { generation }),
            Some(_) => Err(ProjectionError::Fenced { generation }),
        }
    }
}

/// The generation that is served, if any.
pub(crate) async fn serving(pool: &Pool) -> Result<Option<Serving>, ProjectionError> {
    let client = pool.get().await?;
    let statement = client
        .prepare_cached(
            "SELECT generation, name, origin, projection_position, failure
             FROM projections.generations
             WHERE state = 'serving'",
        )
        .await?;
    let row = client.query_opt(&statement, &[]).await?;
    Ok(row.map(|row| Serving {
        generation: from_sql(row.get("generation")),
        name: row.get("name"),
        origin: row.get("origin"),
        position: from_sql(row.get("projection_position")),
        failure: row.get("failure"),
    }))
}

/// Makes an empty generation and serves it, unless one is served already.
pub(crate) async fn serve_first(pool: &Pool, origin: &str) -> Result<(), ProjectionError> {
    let mut client = pool.get().await?;
    let db_tx = client.transaction().await?;
    db_tx.batch_execute("LOCK TABLE projections.generations IN SHARE ROW EXCLUSIVE MODE").await?;
    let served = db_tx
        .query_opt("SELECT 1 FROM projections.generations WHERE state = 'serving'", &[])
        .await?;
    if served.is_none() {
        let generation = create(&db_tx, origin).await?;
        serve(&db_tx, generation).await?;
    }
    Ok(db_tx.commit().await?)
}

/// Makes an empty generation that is being built.
pub(crate) async fn create(db_tx: &Transaction<'_>, origin: &str) -> Result<u64, ProjectionError> {
    let row = db_tx
        .query_one("SELECT projections.create_read_models_v2($1) AS generation", &[&origin])
        .await?;
    Ok(from_sql(row.get("generation")))
}

/// Takes a generation over: every other runner of it is fenced from here on.
pub(crate) async fn take_over(pool: &Pool, generation: u64) -> Result<Lease, ProjectionError> {
    let client = pool.get().await?;
    let row = client
        .query_opt(
            "UPDATE projections.generations
             SET epoch = epoch + 1, failure = NULL
             WHERE generation = $1 AND state <> 'retired'
             RETURNING epoch, projection_position",
            &[&to_sql(generation)],
        )
        .await?
        .ok_or(ProjectionError::Superseded { generation })?;
    Ok(Lease {
        generation,
        epoch: row.get("epoch"),
        position: from_sql(row.get("projection_position")),
    })
}

/// Serves `generation` instead of the one that is served.
pub(crate) async fn serve(db_tx: &Transaction<'_>, generation: u64) -> Result<(), ProjectionError> {
    db_tx
        .execute(
            "UPDATE projections.generations SET state = 'retired', epoch = epoch + 1
             WHERE state = 'serving'",
            &[],
        )
        .await?;
    db_tx
        .execute(
            "UPDATE projections.generations SET state = 'serving', epoch = epoch + 1
             WHERE generation = $1",
            &[&to_sql(generation)],
        )
        .await?;
    Ok(())
}

/// Writes down why the runner of `lease` stops, for whoever asks whether the system is ready.
pub(crate) async fn record_failure(
    pool: &Pool,
    lease: Lease,
    failure: &str,
) -> Result<(), ProjectionError> {
    let client = pool.get().await?;
    client
        .execute(
            "UPDATE projections.generations SET failure = $1 WHERE generation = $2 AND epoch = $3",
            &[&failure, &to_sql(lease.generation), &lease.epoch],
        )
        .await?;
    Ok(())
}

/// Positions and generations are `bigint`; no log will have 2^63 events.
pub(crate) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A CHECK keeps these columns from being negative.
pub(crate) fn from_sql(number: i64) -> u64 {
    number.unsigned_abs()
}
