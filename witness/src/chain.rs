//! Posts cosignatures to the contract `Cosignatures`, from a wallet of the witness's own.

use std::path::Path;
use std::time::Duration;

use alloy::network::EthereumWallet;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::{DynProvider, Provider as _, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol;
use alloy::transports::http::reqwest::{Client, Url};
use verifier::encoding::unbase64_standard;
use verifier::merkle::sha256;
use verifier::note::NoteKey;

use crate::WitnessKey;
use crate::ledger::{StorageError, latest_in};

/// Limit of one call to the chain node.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a chain transaction may take to be in a block.
const MINED_WITHIN: Duration = Duration::from_mins(2);

sol! {
    #![sol(ignore_unlinked)]
    #[sol(rpc)]
    Cosignatures,
    concat!(env!("CARGO_MANIFEST_DIR"), "/../contracts/artifacts/Cosignatures.json")
}

/// Why nothing was posted.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The wallet's key.
    #[error("the file of the wallet's key does not hold a private key in hexadecimal")]
    Wallet,
    /// The folder.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Nothing to post.
    #[error("nothing of this log was cosigned yet")]
    Nothing,
    /// The node, or the contract, which refuses a smaller size and a second root.
    #[error("the chain did not take it")]
    Chain(#[source] alloy::contract::Error),
    /// The chain transaction was sent, and what became of it is not known.
    #[error(
        "the chain transaction was sent and is in no block yet: look for it before posting again"
    )]
    OutcomeUnknown(#[source] alloy::providers::PendingTransactionError),
    /// It was undone.
    #[error("the chain transaction is in a block, and was undone there")]
    Undone,
    /// The HTTP client.
    #[error("the HTTP client cannot be set up")]
    Client,
}

/// A wallet at a chain node.
#[derive(Debug)]
pub struct Wallet {
    provider: DynProvider,
}

impl Wallet {
    /// Opens the wallet whose key, in hexadecimal, is in a file.
    ///
    /// # Errors
    /// If there is no key.
    pub fn open(key_file: &Path, rpc: Url) -> Result<Self, PostError> {
        let text = std::fs::read_to_string(key_file).map_err(|_| PostError::Wallet)?;
        let signer: PrivateKeySigner = text.trim().parse().map_err(|_| PostError::Wallet)?;
        let client = Client::builder().timeout(CALL_TIMEOUT).no_proxy().build();
        let client = client.map_err(|_| PostError::Client)?;
        let wallet = EthereumWallet::from(signer);
        let provider = ProviderBuilder::new().wallet(wallet).connect_reqwest(client, rpc);
        Ok(Self { provider: provider.erased() })
    }

    /// Deploys a contract that anybody may post to.
    ///
    /// # Errors
    /// If the chain does not take it.
    pub async fn deploy(&self) -> Result<Address, PostError> {
        let deployed = Cosignatures::deploy(&self.provider).await.map_err(PostError::Chain)?;
        Ok(*deployed.address())
    }

    /// Posts the cosignature, and waits for its block; returns the hash of the chain transaction.
    ///
    /// # Errors
    /// See [`PostError`].
    pub async fn post(&self, contract: Address, posted: &Posted) -> Result<B256, PostError> {
        let contract = Cosignatures::new(contract, &self.provider);
        let call = contract.post(
            posted.origin_hash.into(),
            posted.size,
            posted.root.into(),
            posted.time,
            Bytes::copy_from_slice(&posted.signature),
        );
        let sent = call.send().await.map_err(PostError::Chain)?;
        let sent = sent.with_timeout(Some(MINED_WITHIN));
        let receipt = sent.get_receipt().await.map_err(PostError::OutcomeUnknown)?;
        if receipt.status() { Ok(receipt.transaction_hash) } else { Err(PostError::Undone) }
    }
}

/// What is posted of a cosigned checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// SHA-256 of the log's origin.
    pub origin_hash: [u8; 32],
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: [u8; 32],
    /// When it was cosigned, in seconds since 1970.
    pub time: u64,
    /// The witness's Ed25519 signature.
    pub signature: [u8; 64],
}

impl Posted {
    /// The last checkpoint that the witness of `folder` cosigned of a log with this key; the witness may be running.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn latest(folder: &Path, own: &WitnessKey, log: &NoteKey) -> Result<Self, PostError> {
        let latest = latest_in(folder, own, log)?.ok_or(PostError::Nothing)?;
        let line = latest.note.lines().find(|line| own.time_of(line).is_some());
        let encoded = line.and_then(|line| line.rsplit_once(' ')).map(|(_, encoded)| encoded);
        let signed = encoded.and_then(unbase64_standard).ok_or(PostError::Nothing)?;
        let signature = signed.last_chunk::<64>().ok_or(PostError::Nothing)?;
        Ok(Self {
            origin_hash: sha256(latest.checkpoint.origin.as_bytes()),
            size: latest.checkpoint.size,
            root: latest.checkpoint.root,
            time: latest.time,
            signature: *signature,
        })
    }
}
