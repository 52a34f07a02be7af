//! [`BatchContract`] over JSON-RPC.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::time::Duration;

use alloy::consensus::{Header, TxEip1559};
use alloy::eips::BlockNumberOrTag;
use alloy::primitives::{Address, B256, Bytes, TxKind, U64, U256, keccak256};
use alloy::rpc::json_rpc::{ErrorPayload, RpcError};
use alloy::rpc::types::{EIP1186AccountProofResponse, Filter, Log, TransactionRequest};
use alloy::sol_types::{SolCall, SolError, SolEvent};
use alloy::transports::http::reqwest;
use merkle::bundle::Consensus;
use merkle::digest::{BatchHead, batch_digest};
use merkle::hash::Hash;

use crate::artifact::{BatchAnchor, code_hash};
use crate::consensus::{quorum, sealer};
use crate::contract::{
    AnchoredBatch, BatchContract, BlockRef, ChainTx, Confirmation, ContractError, ContractHead,
    ContractIdentity, Evidence, Outlook, Refusal, Sent,
};
use crate::key::ChainKey;
use crate::proof;
use crate::rpc::{CallError, Rpc};
use crate::transaction::{GasPrice, Stored, base_fee, signed};

/// Gas added to the node's estimate: between estimate and block only the proof's path could change.
const GAS_MARGIN_PERCENT: u64 = 20;

/// A `BatchAnchor` at an address of a chain, driven with one key.
#[derive(Debug, Clone)]
pub struct EthereumContract {
    rpc: Rpc,
    key: ChainKey,
    origin: String,
    identity: ContractIdentity,
}

/// Where the contract is and how to reach it.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// JSON-RPC over HTTP of a node that answers `eth_getProof` for old blocks.
    pub rpc_url: reqwest::Url,
    /// Limit of every single call; 10 s is plenty on a local network.
    pub timeout: Duration,
    /// How the chain agrees. With `clique` the node must offer the `clique` API.
    pub consensus: Consensus,
}

impl EthereumContract {
    /// Connects to the contract of the log `origin` and checks its code.
    ///
    /// # Errors
    /// [`ContractError::OtherContract`] when the address holds anything else.
    pub async fn connect(
        endpoint: &Endpoint,
        address: Address,
        origin: &str,
        key: ChainKey,
    ) -> Result<Self, ContractError> {
        let rpc = Rpc::new(endpoint.rpc_url.clone(), endpoint.timeout);
        let Known { start_size, .. } = recognise(&rpc, address, origin).await?;
        let origin_hash = merkle::digest::origin_hash(origin);
        let chain_id: U64 = rpc.read("eth_chainId", ()).await?;
        let (genesis_hash, _) =
            rpc.header(0).await?.ok_or(ContractError::Missing("genesis block"))?;
        let identity = ContractIdentity {
            address,
            chain_id: chain_id.to(),
            genesis_hash,
            consensus: endpoint.consensus,
            start_size,
            origin_hash,
        };
        Ok(Self { rpc, key, origin: origin.to_owned(), identity })
    }

    /// The digest the contract stores for a batch.
    fn digest(&self, batch: &BatchHead) -> Hash {
        batch_digest(
            &self.origin,
            self.identity.chain_id,
            &self.identity.address.into_array(),
            batch,
        )
    }

    /// The signers as of a block; empty on a chain without consensus.
    async fn signers(&self, block: B256) -> Result<BTreeSet<Address>, ContractError> {
        match self.identity.consensus {
            Consensus::Dev => Ok(BTreeSet::new()),
            Consensus::Clique => self.rpc.read("clique_getSignersAtHash", (block,)).await,
        }
    }

    /// Headers from `block` on, until a quorum stands behind it.
    async fn headers(&self, block: BlockRef) -> Result<Headers, ContractError> {
        let signers = self.signers(block.hash).await?;
        let needed = match self.identity.consensus {
            Consensus::Dev => 0,
            Consensus::Clique => quorum(signers.len()),
        };
        let mut seen = BTreeSet::new();
        let mut headers: Vec<Header> = Vec::new();
        let mut parent = None;
        for number in block.number.. {
            let Some((hash, header)) = self.rpc.header(number).await? else { break };
            if parent.is_none() && hash != block.hash {
                return Ok(Headers::Reorganised);
            }
            if parent.is_some_and(|parent| parent != header.parent_hash) {
                // The chain was reorganised between two calls; the next look sees one chain again.
                break;
            }
            if self.identity.consensus == Consensus::Clique {
                let sealer =
                    sealer(&header).map_err(|source| ContractError::Seal { number, source })?;
                if signers.contains(&sealer) {
                    seen.insert(sealer);
                }
            }
            parent = Some(hash);
            headers.push(header);
            if headers.len() > 1 && seen.len() >= needed {
                return Ok(Headers::Enough(headers));
            }
        }
        Ok(Headers::TooFew { signers: seen.len(), needed })
    }

    /// The nonce of the anchorer's next chain transaction, as mined blocks have it.
    async fn nonce(&self) -> Result<u64, ContractError> {
        let account = self.key.address();
        let nonce: U64 =
            self.rpc.read("eth_getTransactionCount", (account, BlockNumberOrTag::Latest)).await?;
        Ok(nonce.to())
    }

    /// Names the contract's error behind a revert.
    fn refusal(&self, data: &Bytes) -> Refusal {
        if let Ok(error) = BatchAnchor::BatchAnchorUnexpectedBatch::abi_decode(data) {
            return Refusal::UnexpectedBatch { expected: error.expected };
        }
        if let Ok(error) = BatchAnchor::BatchAnchorUnexpectedFirst::abi_decode(data) {
            return Refusal::UnexpectedFirst { expected: error.expected };
        }
        if BatchAnchor::BatchAnchorInconsistentLog::abi_decode(data).is_ok() {
            return Refusal::InconsistentLog;
        }
        if BatchAnchor::AccessControlUnauthorizedAccount::abi_decode(data).is_ok() {
            return Refusal::NotAnchorer { account: self.key.address() };
        }
        Refusal::Other
    }

    async fn estimate(&self, batch: u64, input: &Bytes) -> Result<u64, ContractError> {
        let request = TransactionRequest {
            from: Some(self.key.address()),
            to: Some(TxKind::Call(self.identity.address)),
            ..TransactionRequest::default()
        }
        .input(input.clone().into());
        // As of mined blocks: with what is pending, a replacement would come after the one whose place it takes.
        let params = (request, BlockNumberOrTag::Latest);
        let estimated: Result<U64, CallError> = self.rpc.call("eth_estimateGas", params).await;
        match estimated {
            Ok(gas) => Ok(gas.to::<u64>() * (100 + GAS_MARGIN_PERCENT) / 100),
            Err(error) => Err(match error.revert_data() {
                Some(data) => ContractError::Refused { batch, refusal: self.refusal(&data) },
                None => error.into_contract_error("eth_estimateGas"),
            }),
        }
    }
}

/// What the code of a contract of a log says of it.
pub(crate) struct Known {
    pub(crate) predecessor: Address,
    pub(crate) start_size: u64,
    pub(crate) code_hash: B256,
}

/// Checks that `address` holds the contract of the log `origin`.
pub(crate) async fn recognise(
    rpc: &Rpc,
    address: Address,
    origin: &str,
) -> Result<Known, ContractError> {
    let other = ContractError::OtherContract { address };
    let code: Bytes = rpc.read("eth_getCode", (address, BlockNumberOrTag::Latest)).await?;
    if code.is_empty() {
        return Err(other);
    }
    // Asked of code that is not yet known: what it answers is checked by the hash of the whole code.
    let (Ok(predecessor), Ok(start_size)) = (
        view(rpc, address, BatchAnchor::predecessorCall {}).await,
        view(rpc, address, BatchAnchor::startSizeCall {}).await,
    ) else {
        return Err(other);
    };
    let code_hash = code_hash(&merkle::digest::origin_hash(origin), predecessor, start_size);
    if keccak256(&code) != code_hash {
        return Err(other);
    }
    Ok(Known { predecessor, start_size, code_hash })
}

enum Headers {
    Reorganised,
    TooFew { signers: usize, needed: usize },
    Enough(Vec<Header>),
}

/// Calls a view of a contract at the newest block.
async fn view<C: SolCall + Send>(
    rpc: &Rpc,
    address: Address,
    call: C,
) -> Result<C::Return, ContractError> {
    let request =
        TransactionRequest { to: Some(TxKind::Call(address)), ..TransactionRequest::default() }
            .input(Bytes::from(call.abi_encode()).into());
    let output: Bytes = rpc.read("eth_call", (request, BlockNumberOrTag::Latest)).await?;
    C::abi_decode_returns(&output).map_err(|_| ContractError::OtherContract { address })
}

impl BatchContract for EthereumContract {
    async fn head(&self) -> Result<ContractHead, ContractError> {
        // One call for both slots: two could read two blocks.
        let slots = [B256::ZERO, B256::with_last_byte(1)];
        let state: EIP1186AccountProofResponse = self
            .rpc
            .read("eth_getProof", (self.identity.address, slots, BlockNumberOrTag::Latest))
            .await?;
        let [packed, root] = state.storage_proof.as_slice() else {
            return Err(ContractError::Missing("storage of the contract"));
        };
        if root.value.is_zero() {
            // Never zero in a contract that was constructed: the chain was rewound to before it was.
            return Err(ContractError::OtherContract { address: self.identity.address });
        }
        let mask = U256::from(u64::MAX);
        Ok(ContractHead {
            batches: (packed.value & mask).to(),
            size: ((packed.value >> 64_u32) & mask).to(),
            log_root: root.value.to_be_bytes(),
        })
    }

    async fn find(
        &self,
        batch_index: u64,
        from_block: u64,
    ) -> Result<Option<AnchoredBatch>, ContractError> {
        let filter = Filter::new()
            .address(self.identity.address)
            .event_signature(BatchAnchor::BatchAnchored::SIGNATURE_HASH)
            .topic1(U256::from(batch_index))
            .from_block(from_block)
            .to_block(BlockNumberOrTag::Latest);
        let logs: Vec<Log> = self.rpc.read("eth_getLogs", (filter,)).await?;
        let Some(log) = logs.iter().find(|log| !log.removed) else { return Ok(None) };
        let malformed = || ContractError::Missing("readable event of the batch");
        let event = BatchAnchor::BatchAnchored::decode_log(&log.inner).map_err(|_| malformed())?;
        let (Some(number), Some(hash)) = (log.block_number, log.block_hash) else {
            return Err(malformed());
        };
        let head = BatchHead {
            index: event.batchIndex,
            first: event.first,
            count: event.count,
            batch_root: event.batchRoot.0,
            log_root: event.logRoot.0,
        };
        Ok(Some(AnchoredBatch { head, block: BlockRef { number, hash } }))
    }

    async fn outlook(&self, chain_tx: &ChainTx) -> Result<Outlook, ContractError> {
        let Some(stored) = Stored::read(&chain_tx.raw) else { return Ok(Outlook::OtherAccount) };
        if stored.sender != self.key.address() {
            return Ok(Outlook::OtherAccount);
        }
        let nonce = self.nonce().await?;
        Ok(match chain_tx.nonce.cmp(&nonce) {
            Ordering::Less => Outlook::NonceUsed,
            Ordering::Greater => Outlook::NonceGap,
            Ordering::Equal if stored.price.max_wei < base_fee(&self.rpc).await? => {
                Outlook::TooCheap
            }
            Ordering::Equal => Outlook::Minable,
        })
    }

    async fn sign(
        &self,
        batch: &BatchHead,
        consistency_proof: &[Hash],
        replaces: Option<&ChainTx>,
    ) -> Result<ChainTx, ContractError> {
        let call = BatchAnchor::anchorCall {
            batchIndex: batch.index,
            first: batch.first,
            count: batch.count,
            batchRoot: batch.batch_root.into(),
            newLogRoot: batch.log_root.into(),
            consistencyProof: consistency_proof.iter().map(|hash| B256::from(*hash)).collect(),
        };
        let input = Bytes::from(call.abi_encode());
        let gas_limit = self.estimate(batch.index, &input).await?;
        let nonce = self.nonce().await?;
        // Of another account or nonce, it takes nobody's place and need not pay more.
        let before = replaces
            .and_then(|chain_tx| Stored::read(&chain_tx.raw))
            .filter(|stored| stored.sender == self.key.address() && stored.nonce == nonce);
        let price = GasPrice::usual(base_fee(&self.rpc).await?);
        let price = before.map_or(price, |stored| price.at_least(stored.price.raised()));
        let unsigned = TxEip1559 {
            chain_id: self.identity.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: price.max_wei,
            max_priority_fee_per_gas: price.tip_wei,
            to: TxKind::Call(self.identity.address),
            value: U256::ZERO,
            access_list: alloy::eips::eip2930::AccessList::default(),
            input,
        };
        signed(&self.key, unsigned)
    }

    async fn send(&self, batch_index: u64, chain_tx: &ChainTx) -> Result<Sent, ContractError> {
        let sent: Result<B256, CallError> =
            self.rpc.call("eth_sendRawTransaction", (&chain_tx.raw,)).await;
        match sent {
            Ok(_) => Ok(Sent::Pending),
            Err(CallError::Failed(RpcError::ErrorResp(payload))) => self.answer(payload),
            // Cut off or late: the node may have it or not.
            Err(_) => Err(ContractError::OutcomeUnknown { batch: batch_index }),
        }
    }

    async fn is_canonical(&self, block: BlockRef) -> Result<bool, ContractError> {
        Ok(self.rpc.header(block.number).await?.is_some_and(|(hash, _)| hash == block.hash))
    }

    async fn confirmation(
        &self,
        batch: &BatchHead,
        block: BlockRef,
    ) -> Result<Confirmation, ContractError> {
        let headers = match self.headers(block).await? {
            Headers::Reorganised => return Ok(Confirmation::Reorganised),
            Headers::TooFew { signers, needed } => {
                return Ok(Confirmation::Waiting { signers, needed });
            }
            Headers::Enough(headers) => headers,
        };
        let slot = proof::digest_slot(batch.index);
        let state: EIP1186AccountProofResponse = self
            .rpc
            .read(
                "eth_getProof",
                (self.identity.address, [slot], BlockNumberOrTag::Number(block.number)),
            )
            .await?;
        let digest = self.digest(batch);
        let wrong = ContractError::Proof { batch: batch.index, block: block.number };
        if !proof::holds(headers[0].state_root, self.identity.address, &digest, slot, &state) {
            return Err(wrong);
        }
        let storage_proof = state.storage_proof.into_iter().next().map(|proof| proof.proof);
        Ok(Confirmation::Confirmed(Evidence {
            headers: headers.iter().map(|header| alloy_rlp::encode(header).into()).collect(),
            account_proof: state.account_proof,
            storage_proof: storage_proof.ok_or(wrong)?,
        }))
    }

    fn identity(&self) -> &ContractIdentity {
        &self.identity
    }
}

impl EthereumContract {
    /// Sorts the node's answer to a chain transaction. JSON-RPC has one code for all of them, so the texts of geth
    /// and anvil are what there is to tell them apart.
    fn answer(&self, payload: ErrorPayload) -> Result<Sent, ContractError> {
        let message = payload.message.to_lowercase();
        let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
        if says(&["already known", "already imported"]) {
            return Ok(Sent::Pending);
        }
        if says(&["nonce too low"]) {
            return Ok(Sent::NonceUsed);
        }
        if says(&["underpriced", "less than block base fee", "below the base fee"]) {
            return Ok(Sent::Underpriced);
        }
        if says(&["insufficient funds"]) {
            return Err(ContractError::InsufficientFunds { account: self.key.address() });
        }
        let source = RpcError::ErrorResp(payload);
        Err(ContractError::Unavailable { method: "eth_sendRawTransaction", source })
    }
}
