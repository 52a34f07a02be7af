//! The proof bundle, §5: read so strictly that it has one spelling.

use crate::chain::Address;
use crate::chain::contract::Batch;
use crate::encoding;
use crate::json::{self, JsonError, Rules, Value};
use crate::members::{Members, ShapeError};
use crate::merkle::Hash;
use crate::policy::{Consensus, read};

/// The largest bundle, in bytes.
pub const BUNDLE_BYTES_MAX: usize = 1024 * 1024;

/// Why a file is not a bundle (check `limits`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Too long.
    #[error("the bundle has {0} bytes, more than 1 MiB")]
    TooLong(usize),
    /// Not JSON of the profile.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not exactly its own canonical form.
    #[error("the bundle is not exactly its own canonical form")]
    NotCanonical,
    /// Members are missing, unknown or of the wrong kind.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The disclosures are not sorted by path, or a path occurs twice.
    #[error("the disclosures are not strictly sorted by path")]
    DisclosureOrder,
}

/// A value that was withheld, with what its commitment needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Disclosure {
    /// The path of its commitment.
    pub path: String,
    /// The salt.
    pub salt: [u8; 32],
    /// The value.
    pub value: Value,
}

/// Where the entry is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPart {
    /// Leaves in the log right after the batch.
    pub size: u64,
    /// Root at that size.
    pub root: Hash,
    /// Inclusion proof.
    pub path: Vec<Hash>,
    /// The signed checkpoint at that size.
    pub checkpoint: String,
}

/// Where the batch is in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// How blocks come into being.
    pub consensus: Consensus,
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Hash of the genesis block.
    pub genesis_hash: Hash,
    /// The contract.
    pub contract: Address,
    /// Merkle-Patricia proof of its account.
    pub account_proof: Vec<Vec<u8>>,
    /// Merkle-Patricia proof of the digest's slot.
    pub storage_proof: Vec<Vec<u8>>,
    /// RLP of the anchoring block's header and of its descendants'.
    pub headers: Vec<Vec<u8>>,
}

/// A proof bundle whose form was checked, and nothing else.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// The stored bytes of the entry.
    pub entry: Vec<u8>,
    /// Withheld values that are shown.
    pub disclosures: Vec<Disclosure>,
    /// The batch.
    pub batch: Batch,
    /// Inclusion proof in the batch.
    pub batch_path: Vec<Hash>,
    /// The log.
    pub log: LogPart,
    /// The chain, if the batch is anchored.
    pub anchor: Option<Anchor>,
}

impl Bundle {
    /// Reads a bundle.
    ///
    /// # Errors
    /// If the file is anything but exactly a bundle's canonical form.
    pub fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() > BUNDLE_BYTES_MAX {
            return Err(BundleError::TooLong(bytes.len()));
        }
        let value = json::parse(bytes, Rules::Profile)?;
        if json::canonical_profile(&value).as_bytes() != bytes {
            return Err(BundleError::NotCanonical);
        }
        let names = ["v", "entry", "disclosures", "batch", "log", "anchor"];
        let members = Members::exactly(&value, "bundle", &names)?;
        members.read("v", "smart-tenders/bundle@v1", |v| {
            (v == "smart-tenders/bundle@v1").then_some(())
        })?;
        let (batch, batch_path) = read_batch(members.value("batch")?)?;
        Ok(Self {
            entry: members.read("entry", "base64url", encoding::unbase64url)?,
            disclosures: read_disclosures(members.array("disclosures")?)?
                .ok_or(BundleError::DisclosureOrder)?,
            batch,
            batch_path,
            log: read_log(members.value("log")?)?,
            anchor: match members.value("anchor")? {
                Value::Null => None,
                anchor => Some(read_anchor(anchor)?),
            },
        })
    }
}

/// Reads a list of disclosures; `None` if they are not strictly sorted by path.
pub(crate) fn read_disclosures(values: &[Value]) -> Result<Option<Vec<Disclosure>>, ShapeError> {
    let mut disclosures = Vec::with_capacity(values.len());
    for value in values {
        let members = Members::exactly(value, "disclosure", &["path", "salt", "value"])?;
        disclosures.push(Disclosure {
            path: members.string("path")?.to_owned(),
            salt: members.read("salt", "32 bytes of base64url", encoding::unbase64url_array)?,
            value: members.value("value")?.clone(),
        });
    }
    let sorted = disclosures.is_sorted_by(|a, b| a.path < b.path);
    Ok(sorted.then_some(disclosures))
}

fn read_batch(value: &Value) -> Result<(Batch, Vec<Hash>), ShapeError> {
    let names = ["index", "first", "count", "root", "path"];
    let members = Members::exactly(value, "batch", &names)?;
    let batch = Batch {
        index: members.position("index")?,
        first: members.position("first")?,
        count: members.position("count")?,
        root: members.hex("root")?,
    };
    Ok((batch, members.hash_list("path")?))
}

fn read_log(value: &Value) -> Result<LogPart, ShapeError> {
    let members = Members::exactly(value, "log", &["size", "root", "path", "checkpoint"])?;
    Ok(LogPart {
        size: members.position("size")?,
        root: members.hex("root")?,
        path: members.hash_list("path")?,
        checkpoint: members.string("checkpoint")?.to_owned(),
    })
}

fn read_anchor(value: &Value) -> Result<Anchor, ShapeError> {
    let names = [
        "consensus",
        "chainId",
        "genesisHash",
        "contract",
        "accountProof",
        "storageProof",
        "headers",
    ];
    let members = Members::exactly(value, "anchor", &names)?;
    Ok(Anchor {
        consensus: members.read("consensus", "clique or dev", read::consensus)?,
        chain_id: members.position("chainId")?,
        genesis_hash: members.hex("genesisHash")?,
        contract: members.hex("contract")?,
        account_proof: members.hex_list("accountProof")?,
        storage_proof: members.hex_list("storageProof")?,
        headers: members.hex_list("headers")?,
    })
}
