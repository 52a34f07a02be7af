//! The storage layout and the digest of `BatchAnchor`, §4.

use alloy_primitives::keccak256;
use sha2::{Digest as _, Sha256};

use super::Address;
use crate::merkle::Hash;

const DOMAIN: &[u8] = b"smart-tenders/batch@v1\0";

/// A slot or a value of a contract's storage.
pub type Word = [u8; 32];

/// The slot of `batches` and `size`.
pub const HEAD_SLOT: Word = [0; 32];
/// The slot of the log root.
pub const ROOT_SLOT: Word = word(1);

/// A run of entries that is anchored together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Index in its contract, from 0.
    pub index: u64,
    /// Position of the first entry.
    pub first: u64,
    /// How many entries.
    pub count: u64,
    /// Root of the tree of its leaves.
    pub root: Hash,
}

impl Batch {
    /// The size of the log right after the batch; `None` beyond 2^64.
    #[must_use]
    pub const fn log_size(&self) -> Option<u64> {
        self.first.checked_add(self.count)
    }

    /// What the contract keeps of the batch.
    #[must_use]
    pub fn digest(&self, origin: &str, chain_id: u64, contract: &Address, log_root: &Hash) -> Word {
        let mut hasher = Sha256::new();
        hasher.update(DOMAIN);
        hasher.update(Sha256::digest(origin));
        hasher.update(chain_id.to_be_bytes());
        hasher.update(contract);
        for number in [self.index, self.first, self.count] {
            hasher.update(number.to_be_bytes());
        }
        hasher.update(self.root);
        hasher.update(log_root);
        hasher.finalize().into()
    }
}

/// `number` as a big-endian word.
#[must_use]
pub const fn word(number: u64) -> Word {
    let mut word = [0; 32];
    let bytes = number.to_be_bytes();
    let mut i = 0;
    while i < 8 {
        word[24 + i] = bytes[i];
        i += 1;
    }
    word
}

/// The slot of the digest of batch `index`: keccak256(u256be index || u256be 2).
#[must_use]
pub fn digest_slot(index: u64) -> Word {
    keccak256([word(index), word(2)].concat()).0
}

/// The content of slot 0 for so many batches and entries.
#[must_use]
pub fn head_word(batches: u64, size: u64) -> Word {
    let mut head = word(batches);
    head[16..24].copy_from_slice(&size.to_be_bytes());
    head
}
