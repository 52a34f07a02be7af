//! From zero: a new generation beside the serving one, compared, switched in one transaction.

use deadpool_postgres::{Client, Pool, Transaction};
use eventstore::EventStore;
use tokio_postgres::Row;

use crate::ProjectionError;
use crate::apply::{Check, apply_all};
use crate::generation::{self, Lease, NAME, Schema, from_sql, to_sql};

/// The tables of a generation.
pub const TABLES: [&str; 12] = [
    "units",
    "catalogue_items",
    "companies",
    "plans",
    "tenders",
    "releases",
    "records",
    "acts",
    "procedures",
    "documents",
    "disclosures",
    "evaluators",
];

/// What a rebuild found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildReport {
    /// The generation that is served from now on.
    pub generation: u64,
    /// Number of events it was built from.
    pub position: u64,
    /// Releases that were made from their events again and came out with the hash on the log.
    pub releases_recomputed: u64,
    /// Rows that were found equal in both generations, per table; empty when nothing was compared.
    pub rows_compared: Vec<(&'static str, u64)>,
}

/// Builds the read models from zero, compares them with the served ones and serves them.
///
/// The served generation goes on being read and followed until the switch, and is kept until the next one. It
/// is compared row by row at the very position at which it is replaced; one of another shape has no rows to compare.
///
/// # Errors
/// [`ProjectionError::ReleaseDiffers`], [`ProjectionError::ReleaseHash`] and
/// [`ProjectionError::RebuildDiffers`] say what does not fit; in every case the served generation stays.
pub async fn rebuild<S: EventStore>(
    store: &S,
    pool: &Pool,
    batch_size_max: u32,
) -> Result<RebuildReport, ProjectionError> {
    let serving = generation::serving(pool).await?.ok_or(ProjectionError::NoGeneration)?;
    let build = Build { store, pool, batch_size_max: batch_size_max.max(1) };
    let is_comparable = serving.name == NAME;
    build.run(is_comparable.then_some(serving.generation)).await
}

/// Builds the read models from zero and serves them instead of whatever was there, which is dropped.
///
/// # Errors
/// As for [`rebuild`], but nothing is compared.
pub async fn drop_and_rebuild<S: EventStore>(
    store: &S,
    pool: &Pool,
    batch_size_max: u32,
) -> Result<RebuildReport, ProjectionError> {
    let report = replace(store, pool, batch_size_max).await?;
    drop_retired(pool, None).await?;
    Ok(report)
}

/// Builds and serves without comparing: for a new shape, or when the served rows are not to be trusted.
pub(crate) async fn replace<S: EventStore>(
    store: &S,
    pool: &Pool,
    batch_size_max: u32,
) -> Result<RebuildReport, ProjectionError> {
    Build { store, pool, batch_size_max: batch_size_max.max(1) }.run(None).await
}

struct Build<'a, S> {
    store: &'a S,
    pool: &'a Pool,
    batch_size_max: u32,
}

impl<S: EventStore> Build<'_, S> {
    /// `compared_with`: the served generation that must be equal.
    async fn run(&self, compared_with: Option<u64>) -> Result<RebuildReport, ProjectionError> {
        let origin = self.store.head().await?.origin;
        let mut client = self.pool.get().await?;
        let db_tx = client.transaction().await?;
        // Of a rebuild that was killed, or of one that now finds its generation gone: the last one wins.
        drop_generations(&db_tx, "building", None).await?;
        let generation = generation::create(&db_tx, &origin).await?;
        db_tx.commit().await?;
        let built = self.build_and_serve(&mut client, generation, compared_with).await;
        if built.is_err() {
            // Whoever looks for the cause looks at the error and the log; half a generation shows nothing.
            client
                .execute("SELECT projections.drop_generation($1)", &[&to_sql(generation)])
                .await?;
        } else if let Some(replaced) = compared_with {
            drop_retired(self.pool, Some(replaced)).await?;
        }
        built
    }

    async fn build_and_serve(
        &self,
        client: &mut Client,
        generation: u64,
        compared_with: Option<u64>,
    ) -> Result<RebuildReport, ProjectionError> {
        let mut lease = generation::take_over(self.pool, generation).await?;
        let target = self.target(compared_with).await?;
        while lease.position < target {
            let db_tx = client.transaction().await?;
            lease = self.apply_next(&db_tx, lease, target).await?;
            db_tx.commit().await?;
        }
        let db_tx = client.transaction().await?;
        let target = lock_served(&db_tx).await?.unwrap_or(target).max(target);
        while lease.position < target {
            lease = self.apply_next(&db_tx, lease, target).await?;
        }
        let rows_compared = match compared_with {
            Some(served) => compare(&db_tx, Schema(served), lease.schema()).await?,
            None => Vec::new(),
        };
        let releases_recomputed = count(&db_tx, lease.schema(), "releases").await?;
        generation::serve(&db_tx, generation).await?;
        db_tx.commit().await?;
        let position = lease.position;
        Ok(RebuildReport { generation, position, releases_recomputed, rows_compared })
    }

    /// Never beyond the generation it is compared with; otherwise to the end of the log.
    async fn target(&self, compared_with: Option<u64>) -> Result<u64, ProjectionError> {
        let Some(served) = compared_with else { return Ok(self.store.head().await?.next_position) };
        match generation::serving(self.pool).await? {
            Some(serving) if serving.generation == served => Ok(serving.position),
            _ => Err(ProjectionError::Superseded { generation: served }),
        }
    }

    async fn apply_next(
        &self,
        db_tx: &Transaction<'_>,
        lease: Lease,
        target: u64,
    ) -> Result<Lease, ProjectionError> {
        let left = u32::try_from(target - lease.position).unwrap_or(u32::MAX);
        let events = self.store.read(lease.position, left.min(self.batch_size_max)).await?;
        if events.is_empty() {
            return Err(ProjectionError::Gap { position: lease.position });
        }
        apply_all(db_tx, self.store, lease, &events, Check::Mapping).await
    }
}

/// Keeps the served generation where it is until the switch; answers its position.
async fn lock_served(db_tx: &Transaction<'_>) -> Result<Option<u64>, ProjectionError> {
    let row = db_tx
        .query_opt(
            "SELECT projection_position FROM projections.generations
             WHERE state = 'serving'
             FOR UPDATE",
            &[],
        )
        .await?;
    Ok(row.map(|row| from_sql(row.get("projection_position"))))
}

async fn compare(
    db_tx: &Transaction<'_>,
    served: Schema,
    rebuilt: Schema,
) -> Result<Vec<(&'static str, u64)>, ProjectionError> {
    let mut rows_compared = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        let sql = format!(
            "SELECT (SELECT count(*)
                     FROM (TABLE {served}.{table} EXCEPT TABLE {rebuilt}.{table}) AS gone) AS served_only,
                    (SELECT count(*)
                     FROM (TABLE {rebuilt}.{table} EXCEPT TABLE {served}.{table}) AS new) AS rebuilt_only"
        );
        let row: Row = db_tx.query_one(&sql, &[]).await?;
        let served_only = from_sql(row.get("served_only"));
        let rebuilt_only = from_sql(row.get("rebuilt_only"));
        if served_only + rebuilt_only > 0 {
            return Err(ProjectionError::RebuildDiffers { table, served_only, rebuilt_only });
        }
        rows_compared.push((table, count(db_tx, rebuilt, table).await?));
    }
    Ok(rows_compared)
}

async fn count(
    db_tx: &Transaction<'_>,
    schema: Schema,
    table: &str,
) -> Result<u64, ProjectionError> {
    let sql = format!("SELECT count(*) AS rows FROM {schema}.{table}");
    Ok(from_sql(db_tx.query_one(&sql, &[]).await?.get("rows")))
}

/// Drops every generation that is served no more but `kept`, which somebody may still be reading.
async fn drop_retired(pool: &Pool, kept: Option<u64>) -> Result<(), ProjectionError> {
    let mut client = pool.get().await?;
    let db_tx = client.transaction().await?;
    drop_generations(&db_tx, "retired", kept).await?;
    Ok(db_tx.commit().await?)
}

async fn drop_generations(
    db_tx: &Transaction<'_>,
    state: &str,
    kept: Option<u64>,
) -> Result<(), ProjectionError> {
    let kept = kept.map_or(0, to_sql);
    db_tx
        .execute(
            "SELECT projections.drop_generation(generation)
             FROM projections.generations
             WHERE state = $1 AND generation <> $2",
            &[&state, &kept],
        )
        .await?;
    Ok(())
}
