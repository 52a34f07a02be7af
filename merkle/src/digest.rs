//! What the contract keeps of a batch.

use sha2::{Digest, Sha256};

use crate::hash::{Hash, sha256};

/// A batch as it is anchored: the range of positions and both roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchHead {
    /// Number of the batch in its contract, from 0.
    pub index: u64,
    /// Position of its first entry.
    pub first: u64,
    /// Number of entries, at least 1.
    pub count: u64,
    /// Root hash of the batch tree.
    pub batch_root: Hash,
    /// Root hash of the log at size `first + count`.
    pub log_root: Hash,
}

/// Names a log on a chain: SHA-256 of its origin.
#[must_use]
pub fn origin_hash(origin: &str) -> Hash {
    sha256(origin.as_bytes())
}

/// The digest that a contract of the log `origin` at `contract` on `chain_id` stores for a batch.
#[must_use]
pub fn batch_digest(origin: &str, chain_id: u64, contract: &[u8; 20], batch: &BatchHead) -> Hash {
    Sha256::new()
        .chain_update(b"smart-tenders/batch@v1\0")
        .chain_update(origin_hash(origin))
        .chain_update(chain_id.to_be_bytes())
        .chain_update(contract)
        .chain_update(batch.index.to_be_bytes())
        .chain_update(batch.first.to_be_bytes())
        .chain_update(batch.count.to_be_bytes())
        .chain_update(batch.batch_root)
        .chain_update(batch.log_root)
        .finalize()
        .into()
}
