//! Contracting processes, what they made public, and the register of evaluators: since the second shape.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::View;
use crate::ProjectionError;
use crate::generation::{NAME, to_sql};
use crate::rows::{
    ActRow, DocumentRow, EvaluatorRow, ProcedureRow, act, document, evaluator, procedure,
};

impl View {
    /// What the events of a contracting process come to.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn procedure(&self, ocid: &str) -> Result<Option<ProcedureRow>, ProjectionError> {
        let select = "SELECT ocid, state, position FROM {schema}.procedures WHERE ocid = $1";
        self.select(select, &[&ocid]).await?.first().map(procedure).transpose()
    }

    /// The public events of a contracting process, oldest first, `limit` of those behind the cursor `after`.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn acts(
        &self,
        ocid: &str,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<ActRow>, ProjectionError> {
        let select = "SELECT position, event_id, type, stream, actor_kind, actor_role, actor_ref,
                             effective_at_ms, data
                      FROM {schema}.acts
                      WHERE ocid = $1 AND position > $2
                      ORDER BY position
                      LIMIT $3";
        let parameters: [&(dyn ToSql + Sync); 3] = [&ocid, &behind(after), &i64::from(limit)];
        Ok(self.select(select, &parameters).await?.iter().map(act).collect())
    }

    /// The document with this hash, `0x` and lower-case hexadecimal, if an event made it public.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn document(&self, sha256: &str) -> Result<Option<DocumentRow>, ProjectionError> {
        let select = "SELECT sha256, ocid, name, media_type, bytes, position
                      FROM {schema}.documents
                      WHERE sha256 = $1";
        Ok(self.select(select, &[&sha256]).await?.first().map(document))
    }

    /// Paths of what events made public of the entry at `position`, which withholds it; in order.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn disclosed(&self, position: u64) -> Result<Vec<String>, ProjectionError> {
        let select = "SELECT path FROM {schema}.disclosures WHERE position = $1 ORDER BY path";
        let rows = self.select(select, &[&to_sql(position)]).await?;
        Ok(rows.iter().map(|row| row.get("path")).collect())
    }

    /// Citizen evaluators in the order of their applications, `limit` of those behind the cursor `after`.
    ///
    /// # Errors
    /// See [`ProjectionError`].
    pub async fn evaluators(
        &self,
        after: Option<u64>,
        limit: u32,
    ) -> Result<Vec<EvaluatorRow>, ProjectionError> {
        let select = "SELECT evaluator_id, pseudonym, organisation, status, applied_at_ms,
                             accredited_at_ms, position, event_id
                      FROM {schema}.evaluators
                      WHERE position > $1
                      ORDER BY position
                      LIMIT $2";
        let rows = self.select(select, &[&behind(after), &i64::from(limit)]).await?;
        Ok(rows.iter().map(evaluator).collect())
    }

    /// Reads tables that only this shape has; a generation of an older one is served while it is built.
    pub(crate) async fn select(
        &self,
        select: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, ProjectionError> {
        if self.serving.name != NAME {
            let found = self.serving.name.clone();
            return Err(ProjectionError::OlderShape { found, expected: NAME });
        }
        let sql = select.replace("{schema}", &self.schema.to_string());
        let client = self.pool.get().await?;
        let statement = client.prepare_cached(&sql).await?;
        Ok(client.query(&statement, parameters).await?)
    }
}

/// Positions are from 0, so that everything is behind -1.
fn behind(after: Option<u64>) -> i64 {
    after.map_or(-1, to_sql)
}
