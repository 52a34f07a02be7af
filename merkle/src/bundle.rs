//! Puts a bundle together (`docs/proof-format.md` §5); `verifier` takes it apart.

use serde_json::{Value, json};

use crate::canonical::{self, ProfileError};
use crate::commitment::Salt;
use crate::digest::BatchHead;
use crate::hash::{Hash, to_base64url, to_hex};

/// A withheld value that is shown to this bundle's reader.
#[derive(Debug, Clone)]
pub struct Disclosure {
    /// Where its commitment stands.
    pub path: String,
    /// The commitment's salt.
    pub salt: Salt,
    /// The value.
    pub value: Value,
}

/// The entry's place in the log, and the batch it is in.
#[derive(Debug, Clone)]
pub struct Inclusion {
    /// The batch.
    pub batch: BatchHead,
    /// Path of the leaf in the batch tree.
    pub batch_path: Vec<Hash>,
    /// Path of the leaf in the log tree of size `first + count`.
    pub log_path: Vec<Hash>,
    /// The signed checkpoint of that size.
    pub checkpoint: String,
}

/// The consensus of a chain, as a bundle and a policy name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consensus {
    /// EIP-225 proof of authority.
    Clique,
    /// A development chain, in which nothing is sealed by anybody.
    Dev,
}

impl Consensus {
    /// The name in bundles and policies.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clique => "clique",
            Self::Dev => "dev",
        }
    }
}

/// What the chain says of the batch; byte strings are as the node gave them.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// How the chain agrees.
    pub consensus: Consensus,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Hash of block 0.
    pub genesis_hash: Hash,
    /// The contract's address.
    pub contract: [u8; 20],
    /// Nodes of the account proof, from the root.
    pub account_proof: Vec<Vec<u8>>,
    /// Nodes of the storage proof of the batch's digest, from the root.
    pub storage_proof: Vec<Vec<u8>>,
    /// RLP of the anchoring block's header and of its descendants'.
    pub headers: Vec<Vec<u8>>,
}

/// The bundle's bytes: its canonical JSON, without a line break at the end.
///
/// # Errors
/// When a disclosed value is outside the profile.
pub fn to_bytes(
    entry: &[u8],
    disclosures: &[Disclosure],
    inclusion: &Inclusion,
    anchor: Option<&Anchor>,
) -> Result<Vec<u8>, ProfileError> {
    let batch = &inclusion.batch;
    canonical::to_bytes(&json!({
        "v": "smart-tenders/bundle@v1",
        "entry": to_base64url(entry),
        "disclosures": disclosures_value(disclosures),
        "batch": {
            "index": batch.index.to_string(),
            "first": batch.first.to_string(),
            "count": batch.count.to_string(),
            "root": to_hex(&batch.batch_root),
            "path": hexes(&inclusion.batch_path),
        },
        "log": {
            "size": (batch.first + batch.count).to_string(),
            "root": to_hex(&batch.log_root),
            "path": hexes(&inclusion.log_path),
            "checkpoint": inclusion.checkpoint,
        },
        "anchor": anchor.map(anchor_value),
    }))
}

/// Sorted by the bytes of their paths.
pub(crate) fn disclosures_value(disclosures: &[Disclosure]) -> Value {
    let mut disclosures: Vec<&Disclosure> = disclosures.iter().collect();
    disclosures.sort_by(|a, b| a.path.cmp(&b.path));
    let values = disclosures.iter().map(|disclosure| {
        json!({
            "path": disclosure.path,
            "salt": to_base64url(&disclosure.salt.0),
            "value": disclosure.value,
        })
    });
    values.collect()
}

fn anchor_value(anchor: &Anchor) -> Value {
    json!({
        "consensus": anchor.consensus.name(),
        "chainId": anchor.chain_id.to_string(),
        "genesisHash": to_hex(&anchor.genesis_hash),
        "contract": to_hex(&anchor.contract),
        "accountProof": hexes(&anchor.account_proof),
        "storageProof": hexes(&anchor.storage_proof),
        "headers": hexes(&anchor.headers),
    })
}

fn hexes<T: AsRef<[u8]>>(items: &[T]) -> Vec<String> {
    items.iter().map(|item| to_hex(item.as_ref())).collect()
}
