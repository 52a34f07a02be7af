//! Serves what the service remembers: bundles, batches, checkpoint and tiles. It never writes.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use deadpool_postgres::Pool;
use eventstore::EventStore;
use merkle::BatchTree;
use merkle::bundle::{self, Anchor, Consensus, Disclosure, Inclusion};
use merkle::canonical::ProfileError;
use merkle::hash::Hash;
use merkle::log_tree::{Question, TILE_WIDTH, TileId};
use tokio_postgres::Row;

use crate::error::AnchorError;
use crate::log::LogError;
use crate::memory::{
    BATCH_COLUMNS, BatchRow, BatchState, MemoryError, batch_row, read_tiles, to_sql,
};

const HASH_BYTES: usize = 32;

/// Columns of [`batch_view`].
static VIEW_COLUMNS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{BATCH_COLUMNS}, contract, \
         (extract(epoch FROM confirmed_at) * 1000)::bigint AS confirmed_at_ms"
    )
});

/// The proof of an entry, or why there is none yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BundleAnswer {
    /// The entry is in no batch yet, or there is no such entry: ask again later.
    NotYetBatched,
    /// Fewer witnesses cosigned the checkpoint of its batch than the operator wants: ask again later.
    NotYetCosigned,
    /// The bundle's exact bytes (`docs/proof-format.md` §5); its `anchor` is null until the batch is confirmed.
    Bundle(Vec<u8>),
}

/// A batch as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchView {
    /// Index in its contract, from 0.
    pub index: u64,
    /// Position of its first entry.
    pub first: u64,
    /// Number of entries.
    pub count: u64,
    /// Root of the batch tree.
    pub batch_root: Hash,
    /// Root of the log at size `first + count`.
    pub log_root: Hash,
    /// Signed checkpoint of that size, with the cosignatures there are.
    pub checkpoint: String,
    /// How far it is.
    pub state: BatchState,
    /// Address of the contract, 20 bytes.
    pub contract: [u8; 20],
    /// Hash of the chain transaction, once it is signed.
    pub chain_tx_hash: Option<Hash>,
    /// Number and hash of its block, once it is mined.
    pub block: Option<(u64, Hash)>,
    /// When it was found confirmed, milliseconds since 1970-01-01 UTC.
    pub confirmed_at_ms: Option<i64>,
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    /// The memory or the log could not be read, or do not fit each other.
    #[error(transparent)]
    Anchor(#[from] AnchorError),
    /// A disclosed value is outside the profile.
    #[error("a disclosed value does not fit the proof format")]
    Disclosure(#[from] ProfileError),
}

impl<T: Into<MemoryError>> From<T> for ReaderError {
    fn from(error: T) -> Self {
        Self::Anchor(AnchorError::Memory(error.into()))
    }
}

/// Reads the schema `anchor`, and entries from the event store.
#[derive(Debug)]
pub struct Reader<S> {
    pool: Pool,
    store: Arc<S>,
}

impl<S> Clone for Reader<S> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), store: Arc::clone(&self.store) }
    }
}

impl<S: EventStore> Reader<S> {
    /// Reads through `pool`.
    #[must_use]
    pub fn new(pool: Pool, store: Arc<S>) -> Self {
        Self { pool, store }
    }

    /// The bundle of the entry at `position` with the given disclosures, which the caller may show.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn bundle_for(
        &self,
        position: u64,
        disclosures: &[Disclosure],
    ) -> Result<BundleAnswer, ReaderError> {
        let client = self.pool.get().await?;
        let sql = format!(
            "SELECT {BATCH_COLUMNS}, contract, headers, account_proof, storage_proof, \
                    chain_id, genesis_hash, consensus, has_quorum \
             FROM anchor.cosigned_batches JOIN anchor.contracts ON address = contract \
             WHERE first_position <= $1 \
             ORDER BY first_position DESC LIMIT 1"
        );
        // A position beyond what Postgres counts to is in no batch.
        let Ok(at) = to_sql(position) else { return Ok(BundleAnswer::NotYetBatched) };
        let Some(row) = client.query_opt(&sql, &[&at]).await? else {
            return Ok(BundleAnswer::NotYetBatched);
        };
        let batch = batch_row(&row)?;
        if position - batch.head.first >= batch.head.count {
            return Ok(BundleAnswer::NotYetBatched);
        }
        // A policy that demands the quorum would refuse it; without one every batch has it.
        if !row.try_get::<_, bool>("has_quorum")? {
            return Ok(BundleAnswer::NotYetCosigned);
        }
        let anchor = match batch.state {
            BatchState::Confirmed => Some(anchor(&row)?),
            _ => None,
        };
        let entries = self.store.read(position, 1).await.map_err(AnchorError::from)?;
        let Some(recorded) = entries.into_iter().find(|entry| entry.position == position) else {
            return Err(AnchorError::from(LogError::Gap { position }).into());
        };
        let inclusion = self.inclusion(&client, position, batch).await?;
        let bytes = bundle::to_bytes(&recorded.entry, disclosures, &inclusion, anchor.as_ref())?;
        Ok(BundleAnswer::Bundle(bytes))
    }

    async fn inclusion(
        &self,
        client: &tokio_postgres::Client,
        position: u64,
        batch: BatchRow,
    ) -> Result<Inclusion, ReaderError> {
        let head = batch.head;
        let size = head.first + head.count;
        let question = Question::Inclusion { seq: position, size };
        let needed: Vec<_> = question.tiles().map_err(AnchorError::from)?.into_keys().collect();
        let log_path =
            question.answer(&read_tiles(client, &needed).await?).map_err(AnchorError::from)?;
        let leaves = batch_leaves(client, head.first, size).await?;
        let leaf_index = usize::try_from(position - head.first)
            .map_err(|_| MemoryError::Damaged("length of a batch"))?;
        let batch_path = BatchTree::from_leaves(&leaves)
            .and_then(|tree| tree.path(leaf_index))
            .ok_or(MemoryError::Damaged("leaves of a batch"))?;
        Ok(Inclusion { batch: head, batch_path, log_path, checkpoint: batch.checkpoint })
    }

    /// Batches that start at position `after` or later, at most `limit`, in order of position.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn batches(&self, after: u64, limit: u32) -> Result<Vec<BatchView>, ReaderError> {
        self.views("first_position >= $1 ORDER BY first_position LIMIT $2", after, limit).await
    }

    /// First position of the newest confirmed batch; `None` while none is confirmed.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn newest_confirmed(&self) -> Result<Option<u64>, ReaderError> {
        let newest = "state = 'confirmed' AND first_position >= $1 \
                      ORDER BY first_position DESC LIMIT $2";
        Ok(self.views(newest, 0, 1).await?.first().map(|batch| batch.first))
    }

    /// The batch that holds `position`; `None` when there is none yet.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn batch_of(&self, position: u64) -> Result<Option<BatchView>, ReaderError> {
        Ok(self.batches_of(&[position]).await?.remove(&position))
    }

    /// The batches that hold `positions`, in one query; without those that are in none yet.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn batches_of(
        &self,
        positions: &[u64],
    ) -> Result<BTreeMap<u64, BatchView>, ReaderError> {
        let client = self.pool.get().await?;
        // How long a batch is is asked of the newest candidate only: a position behind the last batch would else be
        // looked for in all of them.
        let sql = format!(
            "SELECT asked.position AS asked, batch.*
             FROM unnest($1::bigint[]) AS asked (position)
             CROSS JOIN LATERAL (
                 SELECT {columns} FROM anchor.cosigned_batches
                 WHERE first_position <= asked.position
                 ORDER BY first_position DESC
                 LIMIT 1
             ) AS batch
             WHERE batch.first_position + batch.entry_count > asked.position",
            columns = *VIEW_COLUMNS
        );
        // A position beyond what Postgres counts to is in no batch.
        let asked: Vec<i64> = positions.iter().filter_map(|it| to_sql(*it).ok()).collect();
        let rows = client.query(&sql, &[&asked]).await?;
        rows.iter()
            .map(|row| Ok((crate::memory::number(row, "asked")?, batch_view(row)?)))
            .collect()
    }

    async fn views(
        &self,
        condition: &'static str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<BatchView>, ReaderError> {
        let client = self.pool.get().await?;
        let sql = format!(
            "SELECT {columns} FROM anchor.cosigned_batches WHERE {condition}",
            columns = *VIEW_COLUMNS
        );
        let Ok(position) = to_sql(position) else { return Ok(Vec::new()) };
        let rows = client.query(&sql, &[&position, &i64::from(limit)]).await?;
        rows.iter().map(batch_view).collect()
    }

    /// The newest checkpoint that is published, with the cosignatures of the witnesses in use; `None` before the first
    /// batch that has its quorum.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn checkpoint(&self) -> Result<Option<String>, ReaderError> {
        let client = self.pool.get().await?;
        let row = client
            .query_opt(
                "SELECT checkpoint FROM anchor.cosigned_batches WHERE has_quorum \
                 ORDER BY first_position DESC LIMIT 1",
                &[],
            )
            .await?;
        Ok(row.map(|row| row.try_get("checkpoint")).transpose()?)
    }

    /// The root of the log at `size`, which is at most that of the checkpoint.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn root(&self, size: u64) -> Result<Hash, ReaderError> {
        let client = self.pool.get().await?;
        let question = Question::Root { size };
        let needed: Vec<_> = question.tiles().map_err(AnchorError::from)?.into_keys().collect();
        let tiles = read_tiles(&client, &needed).await?;
        let answer = question.answer(&tiles).map_err(AnchorError::from)?;
        Ok(*answer.first().ok_or(MemoryError::Damaged("tiles"))?)
    }

    /// Why the service stopped; `None` while it runs, or when it was told to stop.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn last_stop(&self) -> Result<Option<String>, ReaderError> {
        let client = self.pool.get().await?;
        let row = client.query_opt("SELECT reason FROM anchor.stops WHERE id = 1", &[]).await?;
        Ok(row.map(|row| row.try_get("reason")).transpose()?)
    }

    /// The first `width` hashes (1 to 256) of a tile; `None` when there are not so many yet.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn tile(
        &self,
        level: u8,
        index: u64,
        width: u16,
    ) -> Result<Option<Vec<u8>>, ReaderError> {
        if to_sql(index).is_err() || width == 0 {
            return Ok(None);
        }
        let client = self.pool.get().await?;
        let id = TileId { level, index };
        let tiles = read_tiles(&client, &[id]).await?;
        Ok(tiles
            .get(&id)
            .and_then(|hashes| hashes.get(..usize::from(width) * HASH_BYTES))
            .map(<[u8]>::to_vec))
    }

    /// The first `width` entries (1 to 256) of an entry bundle, each with its length before it as two bytes, big
    /// end first; `None` when not so many are batched yet.
    ///
    /// # Errors
    /// See [`ReaderError`].
    pub async fn entries_tile(
        &self,
        index: u64,
        width: u16,
    ) -> Result<Option<Vec<u8>>, ReaderError> {
        // Entries are published with the checkpoint that covers them.
        let Some(first) = index.checked_mul(TILE_WIDTH) else { return Ok(None) };
        if self.tile(0, index, width).await?.is_none() {
            return Ok(None);
        }
        let entries = self.store.read(first, u32::from(width)).await.map_err(AnchorError::from)?;
        let mut bytes = Vec::new();
        for (recorded, position) in entries.iter().zip(first..) {
            let length = u16::try_from(recorded.entry.len());
            let Ok(length) = length else {
                return Err(AnchorError::from(LogError::Changed { position }).into());
            };
            bytes.extend(length.to_be_bytes());
            bytes.extend(&recorded.entry);
        }
        Ok((entries.len() == usize::from(width)).then_some(bytes))
    }
}

/// Leaf hashes of the positions from `first` to `size`, out of the tiles of level 0.
async fn batch_leaves(
    client: &tokio_postgres::Client,
    first: u64,
    size: u64,
) -> Result<Vec<Hash>, MemoryError> {
    let ids: Vec<TileId> = (first / TILE_WIDTH..=(size - 1) / TILE_WIDTH)
        .map(|index| TileId { level: 0, index })
        .collect();
    let tiles = read_tiles(client, &ids).await?;
    (first..size)
        .map(|position| {
            let tile = tiles.get(&TileId { level: 0, index: position / TILE_WIDTH });
            let at = usize::try_from(position % TILE_WIDTH).expect("less than 256") * HASH_BYTES;
            tile.and_then(|hashes| hashes.get(at..at + HASH_BYTES)?.try_into().ok())
                .ok_or(MemoryError::Damaged("tile of level 0"))
        })
        .collect()
}

fn batch_view(row: &Row) -> Result<BatchView, ReaderError> {
    let batch = batch_row(row)?;
    Ok(BatchView {
        index: batch.head.index,
        first: batch.head.first,
        count: batch.head.count,
        batch_root: batch.head.batch_root,
        log_root: batch.head.log_root,
        checkpoint: batch.checkpoint,
        state: batch.state,
        contract: address(row)?,
        chain_tx_hash: batch.chain_tx.map(|chain_tx| chain_tx.hash.0),
        block: batch.block.map(|block| (block.number, block.hash.0)),
        confirmed_at_ms: row.try_get("confirmed_at_ms")?,
    })
}

fn anchor(row: &Row) -> Result<Anchor, MemoryError> {
    let consensus = match row.try_get("consensus")? {
        "clique" => Consensus::Clique,
        "dev" => Consensus::Dev,
        _ => return Err(MemoryError::Damaged("consensus")),
    };
    Ok(Anchor {
        consensus,
        chain_id: crate::memory::number(row, "chain_id")?,
        genesis_hash: crate::memory::hash(row, "genesis_hash")?,
        contract: address(row)?,
        account_proof: row.try_get("account_proof")?,
        storage_proof: row.try_get("storage_proof")?,
        headers: row.try_get("headers")?,
    })
}

fn address(row: &Row) -> Result<[u8; 20], MemoryError> {
    row.try_get::<_, &[u8]>("contract")?.try_into().map_err(|_| MemoryError::Damaged("contract"))
}

/// The contract that was used last; `None` before the first.
///
/// # Errors
/// See [`ReaderError`].
pub async fn recorded_contract(pool: &Pool) -> Result<Option<[u8; 20]>, ReaderError> {
    let client = pool.get().await?;
    let sql = "SELECT address AS contract FROM anchor.contracts \
               ORDER BY start_size DESC, remembered_at DESC LIMIT 1";
    let row = client.query_opt(sql, &[]).await?;
    Ok(row.as_ref().map(address).transpose()?)
}
