//! Reads the generation that is served.

mod processes;

use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use domain::event::{CatalogItemAdded, PlanApproved, UnitRegistered};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::ProjectionError;
use crate::generation::{self, Schema, Serving, from_sql, to_sql};
use crate::rows::{
    CompanyPage, CompanyStatus, Page, PublishedRelease, RELEASE_COLUMNS, RecordRow, TenderPage,
    company_page, page, published_release,
};

/// How often somebody who waits for a position looks again.
const POLL: Duration = Duration::from_millis(15);

/// Reads the read models.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: Pool,
}

impl Reader {
    /// Reads through `pool`.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// What is served and how far it is.
    ///
    /// # Errors
    /// [`ProjectionError::NoGeneration`] before the first start of a runner.
    pub async fn serving(&self) -> Result<Serving, ProjectionError> {
        generation::serving(&self.pool).await?.ok_or(ProjectionError::NoGeneration)
    }

    /// The served generation, once it has applied `min_position` events; waits `wait_max` at most.
    ///
    /// # Errors
    /// [`ProjectionError::NotYet`] when it is not that far in time, [`ProjectionError::NoGeneration`] when by
    /// then there is none.
    pub async fn view(
        &self,
        min_position: u64,
        wait_max: Duration,
    ) -> Result<View, ProjectionError> {
        let started = Instant::now();
        loop {
            let not_yet = match generation::serving(&self.pool).await? {
                Some(serving) if serving.position >= min_position => {
                    let schema = Schema(serving.generation);
                    return Ok(View { pool: self.pool.clone(), schema, serving });
                }
                Some(Serving { position, .. }) => {
                    ProjectionError::NotYet { position, wanted: min_position }
                }
                None => ProjectionError::NoGeneration,
            };
            if started.elapsed() >= wait_max {
                return Err(not_yet);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// One generation at one position or later.
#[derive(Clone, Debug)]
pub struct View {
    pool: Pool,
    schema: Schema,
    serving: Serving,
}

/// Which rows of a table, in which order.
struct Select<'a> {
    table: &'static str,
    columns: &'static str,
    /// Column and value that the rows must have.
    equal: Vec<(&'static str, &'a (dyn ToSql + Sync))>,
    newest_first: bool,
    after: Option<u64>,
    limit: u32,
}

impl View {
    /// The generation, and the position it had reached when it was looked up.
    #[must_use]
    pub fn serving(&self) -> &Serving {
        &self.serving
    }

    /// Buying units, oldest first, `limit` of those behind the cursor `after`.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn units(
        &self,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Page<UnitRegistered>>, ProjectionError> {
        let select = Select {
            table: "units",
            columns: "0::bigint AS effective_at_ms",
            equal: Vec::new(),
            newest_first: false,
            after,
            limit,
        };
        self.pages(select).await
    }

    /// Catalogue items, oldest first, of one scheme or of all.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn catalogue_items(
        &self,
        scheme: Option<&str>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Page<CatalogItemAdded>>, ProjectionError> {
        let select = Select {
            table: "catalogue_items",
            columns: "0::bigint AS effective_at_ms",
            equal: scheme.iter().map(|scheme| ("scheme", scheme as &(dyn ToSql + Sync))).collect(),
            newest_first: false,
            after,
            limit,
        };
        self.pages(select).await
    }

    /// Companies, oldest first, of one status or of all.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn companies(
        &self,
        status: Option<CompanyStatus>,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<CompanyPage>, ProjectionError> {
        let status = status.map(CompanyStatus::as_str);
        let equal = status.iter().map(|status| ("status", status as &(dyn ToSql + Sync)));
        let select = Select { equal: equal.collect(), after, limit, ..COMPANIES };
        self.rows(select).await?.iter().map(company_page).collect()
    }

    /// A company.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn company(&self, company_id: Uuid) -> Result<Option<CompanyPage>, ProjectionError> {
        let select = Select { equal: vec![("company_id", &company_id)], ..COMPANIES };
        self.rows(select).await?.first().map(company_page).transpose()
    }

    /// Approved plans, newest first.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn plans(
        &self,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Page<PlanApproved>>, ProjectionError> {
        self.pages(Select { after, limit, ..PLANS }).await
    }

    /// The approved plan of a contracting process.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn plan(&self, ocid: &str) -> Result<Option<Page<PlanApproved>>, ProjectionError> {
        let select = Select { equal: vec![("ocid", &ocid)], ..PLANS };
        Ok(self.pages(select).await?.into_iter().next())
    }

    /// Published tenders, newest first.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn tenders(
        &self,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<TenderPage>, ProjectionError> {
        self.pages(Select { after, limit, ..TENDERS }).await
    }

    /// The published tender of a contracting process.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn tender(&self, ocid: &str) -> Result<Option<TenderPage>, ProjectionError> {
        let select = Select { equal: vec![("ocid", &ocid)], ..TENDERS };
        Ok(self.pages(select).await?.into_iter().next())
    }

    /// The record of a contracting process.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn record(&self, ocid: &str) -> Result<Option<RecordRow>, ProjectionError> {
        let sql = format!(
            "SELECT ocid, merge_state, compiled_release, last_release_id, last_release_date,
                    release_count, position
             FROM {}.records
             WHERE ocid = $1",
            self.schema
        );
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(&sql).await?;
        let row = client.query_opt(&statement, &[&ocid]).await?;
        Ok(row.map(|row| RecordRow {
            ocid: row.get("ocid"),
            compiled_release: row.get("compiled_release"),
            last_release_id: row.get("last_release_id"),
            last_release_date: row.get("last_release_date"),
            release_count: from_sql(row.get("release_count")),
            position: from_sql(row.get("position")),
            merge_state: row.get("merge_state"),
        }))
    }

    /// Releases of a contracting process, oldest first.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn releases(
        &self,
        ocid: &str,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<PublishedRelease>, ProjectionError> {
        let after = after.map_or(-1, to_sql);
        self.published("ocid = $1 AND position > $2", &[&ocid, &after], limit).await
    }

    /// Ids and dates of the releases of a contracting process that were published up to `position`, oldest first.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn release_dates(
        &self,
        ocid: &str,
        position: u64,
    ) -> Result<Vec<(String, String)>, ProjectionError> {
        let sql = format!(
            "SELECT release_id, release_date
             FROM {}.releases
             WHERE ocid = $1 AND position <= $2
             ORDER BY position",
            self.schema
        );
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(&sql).await?;
        let rows = client.query(&statement, &[&ocid, &to_sql(position)]).await?;
        Ok(rows.iter().map(|row| (row.get("release_id"), row.get("release_date"))).collect())
    }

    /// A release by its id.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn release(
        &self,
        release_id: &str,
    ) -> Result<Option<PublishedRelease>, ProjectionError> {
        Ok(self.published("release_id = $1", &[&release_id], 1).await?.into_iter().next())
    }

    async fn published(
        &self,
        condition: &str,
        parameters: &[&(dyn ToSql + Sync)],
        limit: u32,
    ) -> Result<Vec<PublishedRelease>, ProjectionError> {
        let sql = format!(
            "SELECT {RELEASE_COLUMNS}
             FROM {}.releases AS published
             WHERE {condition}
             ORDER BY position
             LIMIT {limit}",
            self.schema
        );
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(&sql).await?;
        let rows = client.query(&statement, parameters).await?;
        rows.iter().map(published_release).collect()
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        select: Select<'_>,
    ) -> Result<Vec<Page<T>>, ProjectionError> {
        let table = select.table;
        self.rows(select).await?.iter().map(|row| page(table, row)).collect()
    }

    async fn rows(&self, select: Select<'_>) -> Result<Vec<Row>, ProjectionError> {
        let Select { table, columns, equal, newest_first, after, limit } = select;
        let (compare, order, first) =
            if newest_first { ("<", "DESC", i64::MAX) } else { (">", "ASC", -1) };
        let after = after.map_or(first, to_sql);
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![&after];
        let mut condition = format!("position {compare} $1");
        for (column, value) in equal {
            parameters.push(value);
            condition = format!("{condition} AND {column} = ${}", parameters.len());
        }
        let sql = format!(
            "SELECT position, event_id, data, {columns}
             FROM {}.{table}
             WHERE {condition}
             ORDER BY position {order}
             LIMIT {limit}",
            self.schema
        );
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(&sql).await?;
        Ok(client.query(&statement, &parameters).await?)
    }
}

const COMPANIES: Select<'static> = Select {
    table: "companies",
    columns: "registered_at_ms AS effective_at_ms, status, reason, registrant, decided_at_ms",
    equal: Vec::new(),
    newest_first: false,
    after: None,
    limit: 1,
};

const PLANS: Select<'static> = Select {
    table: "plans",
    columns: "approved_at_ms AS effective_at_ms",
    equal: Vec::new(),
    newest_first: true,
    after: None,
    limit: 1,
};

const TENDERS: Select<'static> = Select {
    table: "tenders",
    columns: "published_at_ms AS effective_at_ms",
    equal: Vec::new(),
    newest_first: true,
    after: None,
    limit: 1,
};
