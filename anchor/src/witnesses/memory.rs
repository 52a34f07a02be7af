//! Cosignatures in the schema `anchor`. All SQL that writes them is here.

use deadpool_postgres::Pool;
use merkle::WitnessKey;
use merkle::log_tree::{TileId, Tiles};

use super::WitnessRules;
use crate::memory::{MemoryError, number, read_tiles, to_sql};

/// A batch's checkpoint as the log signed it.
#[derive(Debug)]
pub(super) struct Checkpoint {
    contract: Vec<u8>,
    batch_index: i64,
    pub size: u64,
    pub note: String,
}

#[derive(Debug)]
pub(super) struct Memory {
    pool: Pool,
}

impl Memory {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Publishes the cosignatures of these witnesses from now on, and of no others.
    pub(super) async fn remember(&self, rules: &WitnessRules) -> Result<(), MemoryError> {
        let mut client = self.pool.get().await?;
        let keys: Vec<&str> = rules.witnesses.iter().map(|it| it.key.verifier()).collect();
        let quorum = i32::try_from(rules.quorum).map_err(|_| MemoryError::Damaged("quorum"))?;
        let db_tx = client.transaction().await?;
        db_tx
            .execute(
                "UPDATE anchor.witnesses SET is_in_use = false WHERE verifier_key <> ALL ($1)",
                &[&keys],
            )
            .await?;
        db_tx
            .execute(
                r"
                INSERT INTO anchor.witnesses (verifier_key, is_in_use)
                SELECT verifier_key, true FROM unnest($1::text[]) AS given (verifier_key)
                ON CONFLICT ON CONSTRAINT witnesses_pkey DO UPDATE SET is_in_use = true
                ",
                &[&keys],
            )
            .await?;
        db_tx
            .execute("UPDATE anchor.witness_rule SET quorum = $1 WHERE id = 1", &[&quorum])
            .await?;
        db_tx.commit().await?;
        Ok(())
    }

    /// Size of the largest checkpoint that a witness cosigned; 0 for none.
    pub(super) async fn cosigned_size(&self, key: &WitnessKey) -> Result<u64, MemoryError> {
        let client = self.pool.get().await?;
        let row = client
            .query_one(
                r"
                SELECT coalesce(max(first_position + entry_count), 0) AS size
                FROM anchor.cosignatures
                JOIN anchor.batches USING (contract, batch_index)
                WHERE verifier_key = $1
                ",
                &[&key.verifier()],
            )
            .await?;
        number(&row, "size")
    }

    /// Entries that are in batches.
    pub(super) async fn newest_size(&self) -> Result<u64, MemoryError> {
        let client = self.pool.get().await?;
        let row = client
            .query_opt(
                r"
                SELECT first_position + entry_count AS size
                FROM anchor.batches ORDER BY first_position DESC LIMIT 1
                ",
                &[],
            )
            .await?;
        row.map_or(Ok(0), |row| number(&row, "size"))
    }

    /// The first checkpoint of at least `size` entries that a witness has not cosigned.
    pub(super) async fn next_uncosigned(
        &self,
        key: &WitnessKey,
        size: u64,
    ) -> Result<Option<Checkpoint>, MemoryError> {
        let client = self.pool.get().await?;
        // Batches have no gaps: the one that ends at `size` or after it is the last that starts before it.
        let row = client
            .query_opt(
                r"
                SELECT contract, batch_index, first_position + entry_count AS size, checkpoint
                FROM anchor.batches AS batch
                WHERE first_position >= (
                        SELECT coalesce(max(first_position), 0) FROM anchor.batches WHERE first_position < $2
                    )
                    AND first_position + entry_count >= $2
                    AND NOT EXISTS (
                        SELECT FROM anchor.cosignatures AS cosignature
                        WHERE cosignature.contract = batch.contract
                            AND cosignature.batch_index = batch.batch_index
                            AND cosignature.verifier_key = $1
                    )
                ORDER BY first_position
                LIMIT 1
                ",
                &[&key.verifier(), &to_sql(size)?],
            )
            .await?;
        row.map(|row| {
            Ok(Checkpoint {
                contract: row.try_get("contract")?,
                batch_index: row.try_get("batch_index")?,
                size: number(&row, "size")?,
                note: row.try_get("checkpoint")?,
            })
        })
        .transpose()
    }

    pub(super) async fn tiles(&self, ids: &[TileId]) -> Result<Tiles, MemoryError> {
        read_tiles(&**self.pool.get().await?, ids).await
    }

    /// Keeps a verified line; the first one stays.
    pub(super) async fn keep(
        &self,
        checkpoint: &Checkpoint,
        key: &WitnessKey,
        line: &str,
    ) -> Result<(), MemoryError> {
        let client = self.pool.get().await?;
        client
            .execute(
                r"
                INSERT INTO anchor.cosignatures (contract, batch_index, verifier_key, line, received_at)
                VALUES ($1, $2, $3, $4, now())
                ON CONFLICT ON CONSTRAINT cosignatures_pkey DO NOTHING
                ",
                &[&checkpoint.contract, &checkpoint.batch_index, &key.verifier(), &line],
            )
            .await?;
        Ok(())
    }
}

/// The keys whose cosignatures are published, sorted, and the quorum.
pub(super) async fn published(pool: &Pool) -> Result<(Vec<String>, u32), MemoryError> {
    let client = pool.get().await?;
    let sql = "SELECT verifier_key FROM anchor.witnesses WHERE is_in_use ORDER BY verifier_key COLLATE \"C\"";
    let rows = client.query(sql, &[]).await?;
    let keys = rows.iter().map(|row| row.try_get("verifier_key")).collect::<Result<_, _>>()?;
    let row = client.query_one("SELECT quorum FROM anchor.witness_rule WHERE id = 1", &[]).await?;
    let quorum = u32::try_from(row.try_get::<_, i32>("quorum")?);
    Ok((keys, quorum.map_err(|_| MemoryError::Damaged("quorum"))?))
}
