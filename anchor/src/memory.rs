//! What the service remembers in the schema `anchor`. All SQL that writes there is here,
//! but for the cosignatures of witnesses.

use std::time::Duration;

use alloy::primitives::{B256, Bytes};
use deadpool_postgres::{ClientWrapper, Object, Pool};
use merkle::digest::BatchHead;
use merkle::hash::Hash;
use merkle::log_tree::{TileId, Tiles};
use tokio_postgres::Row;

use crate::contract::{BlockRef, ChainTx, ContractIdentity, Evidence};

/// Key of the advisory lock that one service holds for its whole life: the bytes of `anchor`.
const LEASE: i64 = 0x616e_6368_6f72;
/// How often the lease is asked for before another service is taken to be alive.
const LEASE_ATTEMPTS: u32 = 30;
/// Wait between two of these.
const LEASE_POLL: Duration = Duration::from_millis(100);

/// How far a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchState {
    /// Cut: boundary, roots, tiles and checkpoint are stored.
    Pending,
    /// Its chain transaction is stored, and was sent or is about to be.
    Submitted,
    /// In a block.
    Mined,
    /// A quorum of signers stands behind its block.
    Confirmed,
}

impl BatchState {
    /// The name in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Submitted => "submitted",
            Self::Mined => "mined",
            Self::Confirmed => "confirmed",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::Pending, Self::Submitted, Self::Mined, Self::Confirmed]
            .into_iter()
            .find(|state| state.name() == name)
    }
}

/// A batch as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRow {
    /// Range and roots.
    pub head: BatchHead,
    /// How far it is.
    pub state: BatchState,
    /// The signed checkpoint at size `first + count`.
    pub checkpoint: String,
    /// The chain transaction, once it is signed.
    pub chain_tx: Option<ChainTx>,
    /// The block it is in, once it is mined.
    pub block: Option<BlockRef>,
}

/// Why the memory could not be used.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// Postgres refused or was not there; the lease is gone with the connection.
    #[error("the anchor's database failed")]
    Database(#[from] tokio_postgres::Error),
    /// No connection could be had.
    #[error("no connection to the anchor's database")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// Another service holds the lease.
    #[error("another anchor service is running on this database: stop it first")]
    LeaseTaken,
    /// The contract was succeeded.
    #[error(
        "another contract has succeeded this one: start the anchor with the address of the successor, the last \
         line of the file `contract` in the data folder"
    )]
    Succeeded,
    /// The successor starts in the middle of a batch.
    #[error(
        "the contract starts at {start_size}, in the middle of a batch of its predecessor: deploy a successor that \
         starts where a batch ends, as `smart-tenders contract succeed` does"
    )]
    NoBoundary {
        /// Size of the log at which the contract starts.
        start_size: u64,
    },
    /// A stored value has the wrong shape.
    #[error("a row of schema anchor is damaged: {0}")]
    Damaged(&'static str),
    /// The contract is remembered on another chain.
    #[error(
        "the contract is remembered on another chain: the chain was reset, so deploy a contract \
         anew and start with an empty schema anchor"
    )]
    OtherChain,
}

pub(crate) const BATCH_COLUMNS: &str = "batch_index, first_position, entry_count, batch_root, log_root, \
     checkpoint, state, chain_tx, chain_tx_hash, chain_tx_nonce, block_number, block_hash";

/// The memory of one contract, behind the one connection that holds the lease: when it breaks, lease and writes
/// end together.
pub(crate) struct Memory {
    client: ClientWrapper,
    contract: Vec<u8>,
}

impl Memory {
    /// Takes the lease and remembers the contract.
    pub(crate) async fn open(
        pool: &Pool,
        identity: &ContractIdentity,
    ) -> Result<Self, MemoryError> {
        // Out of the pool for good: a connection that goes back to it would keep the lease.
        let client = Object::take(pool.get().await?);
        take_lease(&client).await?;
        let memory = Self { client, contract: identity.address.to_vec() };
        memory.remember_contract(identity).await?;
        memory.succeed(to_sql(identity.start_size)?).await?;
        Ok(memory)
    }

    async fn remember_contract(&self, identity: &ContractIdentity) -> Result<(), MemoryError> {
        let chain_id = to_sql(identity.chain_id)?;
        let genesis_hash = identity.genesis_hash.to_vec();
        self.client
            .execute(
                r"
                INSERT INTO anchor.contracts (address, chain_id, genesis_hash, consensus, start_size)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT ON CONSTRAINT contracts_pkey DO NOTHING
                ",
                &[
                    &self.contract,
                    &chain_id,
                    &genesis_hash,
                    &identity.consensus.name(),
                    &to_sql(identity.start_size)?,
                ],
            )
            .await?;
        let row = self
            .client
            .query_one(
                "SELECT chain_id, genesis_hash FROM anchor.contracts WHERE address = $1",
                &[&self.contract],
            )
            .await?;
        let same = row.try_get::<_, i64>("chain_id")? == chain_id
            && row.try_get::<_, Vec<u8>>("genesis_hash")? == genesis_hash;
        same.then_some(()).ok_or(MemoryError::OtherChain)
    }

    /// Takes over what predecessors were to anchor from `start_size` on, as it was cut and signed: one range, one
    /// root. What they had sent is worth nothing here, for it calls another contract.
    async fn succeed(&self, start_size: i64) -> Result<(), MemoryError> {
        let row = self
            .client
            .query_one(
                r"
                SELECT
                    EXISTS (
                        SELECT FROM anchor.contracts AS own JOIN anchor.contracts AS other
                        ON (other.start_size, other.remembered_at) > (own.start_size, own.remembered_at)
                        WHERE own.address = $2
                    ) AS succeeded,
                    EXISTS (
                        SELECT FROM anchor.batches
                        WHERE first_position < $1 AND first_position + entry_count > $1
                    ) AS straddled
                ",
                &[&start_size, &self.contract],
            )
            .await?;
        if row.try_get("succeeded")? {
            return Err(MemoryError::Succeeded);
        }
        if row.try_get("straddled")? {
            return Err(MemoryError::NoBoundary { start_size: start_size.unsigned_abs() });
        }
        // Once this contract has a batch of its own there is nothing left: positions are in one batch only.
        self.client
            .execute(
                r"
                UPDATE anchor.batches AS batch
                SET contract = $1, batch_index = moved.batch_index, state = 'pending', chain_tx = NULL,
                    chain_tx_hash = NULL, chain_tx_nonce = NULL, block_number = NULL, block_hash = NULL,
                    headers = NULL, account_proof = NULL, storage_proof = NULL, confirmed_at = NULL
                FROM (
                    SELECT first_position, row_number() OVER (ORDER BY first_position) - 1 AS batch_index
                    FROM anchor.batches
                    WHERE contract <> $1 AND first_position >= $2
                ) AS moved
                WHERE batch.first_position = moved.first_position
                ",
                &[&self.contract, &start_size],
            )
            .await?;
        Ok(())
    }

    /// The batch with the highest index.
    pub(crate) async fn last(&self) -> Result<Option<BatchRow>, MemoryError> {
        self.one("ORDER BY batch_index DESC LIMIT 1").await
    }

    /// The highest batch that is in a block.
    pub(crate) async fn last_in_block(&self) -> Result<Option<BatchRow>, MemoryError> {
        self.one("AND block_hash IS NOT NULL ORDER BY batch_index DESC LIMIT 1").await
    }

    /// The lowest batch that is in no block.
    pub(crate) async fn first_unmined(&self) -> Result<Option<BatchRow>, MemoryError> {
        self.one("AND state IN ('pending', 'submitted') ORDER BY batch_index LIMIT 1").await
    }

    /// The lowest batch whose block waits for confirmation.
    pub(crate) async fn first_mined(&self) -> Result<Option<BatchRow>, MemoryError> {
        self.one("AND state = 'mined' ORDER BY batch_index LIMIT 1").await
    }

    /// A batch by its index.
    pub(crate) async fn batch(&self, index: u64) -> Result<Option<BatchRow>, MemoryError> {
        let sql = format!(
            "SELECT {BATCH_COLUMNS} FROM anchor.batches WHERE contract = $1 AND batch_index = $2"
        );
        let row = self.client.query_opt(&sql, &[&self.contract, &to_sql(index)?]).await?;
        row.as_ref().map(batch_row).transpose()
    }

    async fn one(&self, rest: &'static str) -> Result<Option<BatchRow>, MemoryError> {
        let sql = format!("SELECT {BATCH_COLUMNS} FROM anchor.batches WHERE contract = $1 {rest}");
        let row = self.client.query_opt(&sql, &[&self.contract]).await?;
        row.as_ref().map(batch_row).transpose()
    }

    /// Stores a batch that was cut, with its tiles, in one transaction.
    pub(crate) async fn insert(
        &mut self,
        head: &BatchHead,
        checkpoint: &str,
        tiles: &Tiles,
    ) -> Result<(), MemoryError> {
        let db_tx = self.client.transaction().await?;
        db_tx
            .execute(
                r"
                INSERT INTO anchor.batches
                    (contract, batch_index, first_position, entry_count, batch_root, log_root, checkpoint, state)
                VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending')
                ",
                &[
                    &self.contract,
                    &to_sql(head.index)?,
                    &to_sql(head.first)?,
                    &to_sql(head.count)?,
                    &head.batch_root.as_slice(),
                    &head.log_root.as_slice(),
                    &checkpoint,
                ],
            )
            .await?;
        upsert_tiles(&db_tx, tiles).await?;
        db_tx.commit().await?;
        Ok(())
    }

    /// Writes tiles that are derived from entries anew.
    pub(crate) async fn put_tiles(&mut self, tiles: &Tiles) -> Result<(), MemoryError> {
        let db_tx = self.client.transaction().await?;
        upsert_tiles(&db_tx, tiles).await?;
        db_tx.commit().await?;
        Ok(())
    }

    /// Those of the tiles that there are.
    pub(crate) async fn tiles(&self, ids: &[TileId]) -> Result<Tiles, MemoryError> {
        read_tiles(&self.client, ids).await
    }

    /// Stores a signed chain transaction, which may be sent afterwards and not before.
    pub(crate) async fn submit(&self, index: u64, chain_tx: &ChainTx) -> Result<(), MemoryError> {
        self.client
            .execute(
                r"
                UPDATE anchor.batches
                SET state = 'submitted', chain_tx = $3, chain_tx_hash = $4, chain_tx_nonce = $5
                WHERE contract = $1 AND batch_index = $2 AND state IN ('pending', 'submitted')
                ",
                &[
                    &self.contract,
                    &to_sql(index)?,
                    &chain_tx.raw.as_ref(),
                    &chain_tx.hash.as_slice(),
                    &to_sql(chain_tx.nonce)?,
                ],
            )
            .await?;
        Ok(())
    }

    /// Remembers the block a batch is in.
    pub(crate) async fn mine(&self, index: u64, block: BlockRef) -> Result<(), MemoryError> {
        self.client
            .execute(
                r"
                UPDATE anchor.batches
                SET state = 'mined', block_number = $3, block_hash = $4
                WHERE contract = $1 AND batch_index = $2 AND state IN ('pending', 'submitted')
                ",
                &[&self.contract, &to_sql(index)?, &to_sql(block.number)?, &block.hash.as_slice()],
            )
            .await?;
        Ok(())
    }

    /// Keeps what bundles need.
    pub(crate) async fn confirm(&self, index: u64, evidence: &Evidence) -> Result<(), MemoryError> {
        let slices = |items: &[Bytes]| items.iter().map(|item| item.to_vec()).collect::<Vec<_>>();
        self.client
            .execute(
                r"
                UPDATE anchor.batches
                SET state = 'confirmed', headers = $3, account_proof = $4, storage_proof = $5, confirmed_at = now()
                WHERE contract = $1 AND batch_index = $2 AND state = 'mined'
                ",
                &[
                    &self.contract,
                    &to_sql(index)?,
                    &slices(&evidence.headers),
                    &slices(&evidence.account_proof),
                    &slices(&evidence.storage_proof),
                ],
            )
            .await?;
        Ok(())
    }

    /// Takes batches out of blocks that are gone; their chain transactions are sent again as they are.
    pub(crate) async fn rewind(&self, from: u64) -> Result<(), MemoryError> {
        self.client
            .execute(
                r"
                UPDATE anchor.batches
                SET state = CASE WHEN chain_tx IS NULL THEN 'pending' ELSE 'submitted' END,
                    block_number = NULL, block_hash = NULL, headers = NULL, account_proof = NULL,
                    storage_proof = NULL, confirmed_at = NULL
                WHERE contract = $1 AND batch_index >= $2 AND state IN ('mined', 'confirmed')
                ",
                &[&self.contract, &to_sql(from)?],
            )
            .await?;
        Ok(())
    }
}

/// The confirmed batch of a contract with the highest index below `below`; reads without the lease.
pub(crate) async fn last_confirmed_below(
    pool: &Pool,
    identity: &ContractIdentity,
    below: u64,
) -> Result<Option<BatchRow>, MemoryError> {
    let client = pool.get().await?;
    let sql = format!(
        "SELECT {BATCH_COLUMNS} FROM anchor.batches \
         WHERE contract = $1 AND state = 'confirmed' AND batch_index < $2 \
         ORDER BY batch_index DESC LIMIT 1"
    );
    let contract = identity.address.to_vec();
    let row = client.query_opt(&sql, &[&contract, &to_sql(below)?]).await?;
    row.as_ref().map(batch_row).transpose()
}

/// Waits a little: Postgres may still be closing the connection of a service that has just gone.
async fn take_lease(client: &tokio_postgres::Client) -> Result<(), MemoryError> {
    for _ in 0..LEASE_ATTEMPTS {
        let row = client.query_one("SELECT pg_try_advisory_lock($1) AS taken", &[&LEASE]).await?;
        if row.try_get::<_, bool>("taken")? {
            return Ok(());
        }
        tokio::time::sleep(LEASE_POLL).await;
    }
    Err(MemoryError::LeaseTaken)
}

async fn upsert_tiles(
    db_tx: &deadpool_postgres::tokio_postgres::Transaction<'_>,
    tiles: &Tiles,
) -> Result<(), MemoryError> {
    let statement = db_tx
        .prepare(
            r"
            INSERT INTO anchor.tiles (level, tile_index, hashes) VALUES ($1, $2, $3)
            ON CONFLICT ON CONSTRAINT tiles_pkey DO UPDATE SET hashes = excluded.hashes
            ",
        )
        .await?;
    for (id, hashes) in tiles {
        db_tx.execute(&statement, &[&i16::from(id.level), &to_sql(id.index)?, hashes]).await?;
    }
    Ok(())
}

pub(crate) async fn read_tiles(
    client: &tokio_postgres::Client,
    ids: &[TileId],
) -> Result<Tiles, MemoryError> {
    let levels: Vec<i16> = ids.iter().map(|id| i16::from(id.level)).collect();
    let indexes: Vec<i64> = ids.iter().map(|id| to_sql(id.index)).collect::<Result<_, _>>()?;
    let rows = client
        .query(
            r"
            SELECT level, tile_index, hashes
            FROM anchor.tiles
            JOIN unnest($1::smallint[], $2::bigint[]) AS wanted (level, tile_index) USING (level, tile_index)
            ",
            &[&levels, &indexes],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let level = u8::try_from(row.try_get::<_, i16>("level")?)
                .map_err(|_| MemoryError::Damaged("level of a tile"))?;
            Ok((TileId { level, index: number(row, "tile_index")? }, row.try_get("hashes")?))
        })
        .collect()
}

pub(crate) fn batch_row(row: &Row) -> Result<BatchRow, MemoryError> {
    let state = BatchState::parse(row.try_get("state")?);
    let chain_tx = match row.try_get::<_, Option<Vec<u8>>>("chain_tx")? {
        None => None,
        Some(raw) => Some(ChainTx {
            raw: raw.into(),
            hash: B256::from(hash(row, "chain_tx_hash")?),
            nonce: number(row, "chain_tx_nonce")?,
        }),
    };
    let block = match row.try_get::<_, Option<i64>>("block_number")? {
        None => None,
        Some(_) => Some(BlockRef {
            number: number(row, "block_number")?,
            hash: B256::from(hash(row, "block_hash")?),
        }),
    };
    Ok(BatchRow {
        head: BatchHead {
            index: number(row, "batch_index")?,
            first: number(row, "first_position")?,
            count: number(row, "entry_count")?,
            batch_root: hash(row, "batch_root")?,
            log_root: hash(row, "log_root")?,
        },
        state: state.ok_or(MemoryError::Damaged("state of a batch"))?,
        checkpoint: row.try_get("checkpoint")?,
        chain_tx,
        block,
    })
}

/// Positions and indices end at 2^63 - 1 in Postgres; no log gets there.
pub(crate) fn to_sql(number: u64) -> Result<i64, MemoryError> {
    i64::try_from(number).map_err(|_| MemoryError::Damaged("number beyond 2^63"))
}

pub(crate) fn number(row: &Row, column: &'static str) -> Result<u64, MemoryError> {
    u64::try_from(row.try_get::<_, i64>(column)?).map_err(|_| MemoryError::Damaged(column))
}

pub(crate) fn hash(row: &Row, column: &'static str) -> Result<Hash, MemoryError> {
    row.try_get::<_, &[u8]>(column)?.try_into().map_err(|_| MemoryError::Damaged(column))
}
