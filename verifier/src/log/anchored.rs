//! What the contracts have anchored, proven under a sealed state root.

use alloy_primitives::keccak256;

use super::evidence::StateProof;
use super::{LogError, LogFault};
use crate::blocks::{self, Sealing};
use crate::chain::Address;
use crate::chain::contract::{Batch, HEAD_SLOT, ROOT_SLOT, digest_slot, head_word};
use crate::chain::header::Header;
use crate::chain::trie;
use crate::merkle::Hash;
use crate::policy::{Consensus, Contract, Policy};
use crate::refusal::{At as _, Cause, Check, Refusal, require};
use crate::rpc::{Event, Node, RpcError};
use crate::verdict::AnchorFacts;

/// Blocks asked for at once.
const EVENT_BLOCKS_MAX: u64 = 5_000;
/// Slots proven at once.
const SLOTS_MAX: usize = 64;
/// A block near the head may be replaced while it is being read.
const ATTEMPTS: usize = 3;

/// A batch in a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnchoredBatch {
    /// The contract.
    pub contract: Address,
    /// The batch.
    pub batch: Batch,
    /// The size of the log right after it.
    pub size: u64,
    /// The root of the log at that size.
    pub log_root: Hash,
}

/// Everything anchored that the policy recognises.
pub(super) struct Anchored {
    pub(super) batches: Vec<AnchoredBatch>,
    /// Entries anchored.
    pub(super) size: u64,
    /// Batches beyond the range the policy gives their contract.
    pub(super) ignored: usize,
    /// The state that was examined.
    pub(super) state: Option<AnchorFacts>,
    /// The same, for others.
    pub(super) proof: Option<StateProof>,
}

/// Reads and proves what is anchored in the newest block that is confirmed.
pub(super) fn read(node: &Node, policy: &Policy) -> Result<Anchored, LogError> {
    check_chain(node, policy)?;
    attempt(|| read_state(node, policy))
}

/// How many entries `contract` has anchored in the newest block that is confirmed, and that
/// block; `None` if only the genesis block is.
pub(crate) fn newest_size(
    rpc: &str,
    policy: &Policy,
    contract: &Contract,
) -> Result<Option<(u64, AnchorFacts)>, LogError> {
    let node = Node::new(rpc);
    check_chain(&node, policy)?;
    attempt(|| {
        let Some(confirmed) = newest_confirmed(&node, policy)? else { return Ok(None) };
        let head = prove_head(&node, contract, &confirmed.headers[0])?;
        Ok(Some((head.size, confirmed.facts(contract))))
    })
}

/// How many entries `contract` had anchored in the block before `child`.
pub(crate) fn size_before(rpc: &str, contract: &Contract, child: &Header) -> Result<u64, LogError> {
    let node = Node::new(rpc);
    let parent = [node.header(child.number.saturating_sub(1))?];
    let parent = blocks::decode(&parent)?.remove(0);
    // What the child names is behind the same seals as the child.
    require(parent.hash == child.parent_hash, Check::Headers, || {
        LogFault::BlockHash { number: parent.number }.into()
    })?;
    prove_head(&node, contract, &parent).map(|head| head.size)
}

fn check_chain(node: &Node, policy: &Policy) -> Result<(), LogError> {
    let chain_id = node.chain_id()?;
    require(chain_id == policy.chain.chain_id, Check::Anchor, || Cause::OtherChainId(chain_id))?;
    let genesis = keccak256(node.header(0)?).0;
    require(genesis == policy.chain.genesis_hash, Check::Anchor, || Cause::OtherGenesis(genesis))?;
    Ok(())
}

fn attempt<T>(read: impl Fn() -> Result<T, LogError>) -> Result<T, LogError> {
    let mut outcome = read();
    for _ in 1..ATTEMPTS {
        if !matches!(outcome, Err(LogError::Refused(_))) {
            break;
        }
        outcome = read();
    }
    outcome
}

/// A block and the descendants that confirm it.
struct Confirmed {
    rlps: Vec<Vec<u8>>,
    headers: Vec<Header>,
    sealing: Option<Sealing>,
}

impl Confirmed {
    fn facts(&self, contract: &Contract) -> AnchorFacts {
        let block = &self.headers[0];
        AnchorFacts {
            contract: contract.address,
            block: block.number,
            block_hash: block.hash,
            block_ms: i128::from(block.timestamp_s) * 1000,
            headers: self.headers.len(),
            sealing: self.sealing.clone(),
        }
    }
}

/// The newest block with enough descendants; `None` if that is the genesis block.
fn newest_confirmed(node: &Node, policy: &Policy) -> Result<Option<Confirmed>, LogError> {
    let head = node.block_number()?;
    let descendants = match policy.chain.consensus {
        Consensus::Clique => policy.chain.signers_at(head).map_or(1, |s| (s.len() / 2).max(1)),
        Consensus::Dev => 0,
    };
    let number = head.saturating_sub(descendants as u64);
    if number == 0 {
        return Ok(None);
    }
    let rlps: Vec<_> = (number..=head).map(|n| node.header(n)).collect::<Result<_, _>>()?;
    let headers = blocks::decode(&rlps)?;
    let sealing = blocks::sealing(&headers, &policy.chain)?;
    Ok(Some(Confirmed { rlps, headers, sealing }))
}

/// What slots 0 and 1 of a contract hold.
struct Head {
    storage: Hash,
    batches: u64,
    size: u64,
    root: Hash,
    /// Proof of the account.
    account: Vec<Vec<u8>>,
    /// Proof of slot 0.
    proof: Vec<Vec<u8>>,
}

/// Proves slots 0 and 1 of `contract` in the state after `block`.
fn prove_head(node: &Node, contract: &Contract, block: &Header) -> Result<Head, LogError> {
    let address = contract.address;
    let proof = node.proof(&address, &[HEAD_SLOT, ROOT_SLOT], block.number)?;
    let storage = blocks::storage_root(contract, &block.state_root, &proof.account)?;
    let [(head, head_proof), (root, root_proof)] = proof.slots.as_slice() else {
        return Err(RpcError::Malformed { method: "eth_getProof" }.into());
    };
    trie::storage(&storage, &HEAD_SLOT, head, head_proof).at(Check::Storage)?;
    trie::storage(&storage, &ROOT_SLOT, root, root_proof).at(Check::Storage)?;
    let (batches, size) = (low_word(head, 24), low_word(head, 16));
    require(*head == head_word(batches, size), Check::Replay, || {
        LogFault::ContractHead { contract: address }.into()
    })?;
    let (root, head_proof) = (*root, head_proof.clone());
    Ok(Head { storage, batches, size, root, account: proof.account, proof: head_proof })
}

fn read_state(node: &Node, policy: &Policy) -> Result<Anchored, LogError> {
    let mut contracts: Vec<&Contract> = policy.contracts.iter().collect();
    contracts.sort_by_key(|contract| contract.from_size);
    let mut anchored = Anchored {
        batches: Vec::new(),
        size: contracts.first().map_or(0, |contract| contract.from_size),
        ignored: 0,
        state: None,
        proof: None,
    };
    let Some(confirmed) = newest_confirmed(node, policy)? else { return Ok(anchored) };
    for contract in contracts {
        let head = read_contract(node, policy, contract, &confirmed.headers[0], &mut anchored)?;
        anchored.state = Some(confirmed.facts(contract));
        let headers = confirmed.rlps.clone();
        anchored.proof = Some(StateProof { headers, account: head.account, slot: head.proof });
    }
    Ok(anchored)
}

fn read_contract(
    node: &Node,
    policy: &Policy,
    contract: &Contract,
    block: &Header,
    anchored: &mut Anchored,
) -> Result<Head, LogError> {
    let address = contract.address;
    let head = prove_head(node, contract, block)?;
    let Head { storage, batches, size, root, .. } = head;
    let wrong_head = || Cause::from(LogFault::ContractHead { contract: address });

    let all = events(node, &address, batches, block.number)?;
    prove_digests(node, policy, &storage, &all, block.number)?;
    // What a contract anchored beyond its range, after its key was lost say, is no part of the log.
    let recognised = all.iter().take_while(|batch| contract.holds(batch.size)).count();
    anchored.ignored += all.len() - recognised;
    let (last_size, last_root) =
        all.last().map_or((contract.from_size, root), |last| (last.size, last.log_root));
    require(last_size == size && last_root == root, Check::Replay, wrong_head)?;
    require(contract.from_size == anchored.size, Check::Replay, wrong_head)?;
    for batch in all.into_iter().take(recognised) {
        let (index, first) = (batch.batch.index, batch.batch.first);
        require(first == anchored.size, Check::Replay, || {
            LogFault::BatchGap { index, first, expected: anchored.size }.into()
        })?;
        anchored.size = batch.size;
        anchored.batches.push(batch);
    }
    Ok(head)
}

/// Checks that the contract keeps the digest of every batch its events tell of.
fn prove_digests(
    node: &Node,
    policy: &Policy,
    storage: &Hash,
    batches: &[AnchoredBatch],
    number: u64,
) -> Result<(), LogError> {
    for chunk in batches.chunks(SLOTS_MAX) {
        let slots: Vec<_> = chunk.iter().map(|batch| digest_slot(batch.batch.index)).collect();
        let contract = chunk[0].contract;
        let proof = node.proof(&contract, &slots, number)?;
        for ((batch, slot), (_, nodes)) in chunk.iter().zip(&slots).zip(&proof.slots) {
            let chain_id = policy.chain.chain_id;
            let digest = batch.batch.digest(&policy.origin, chain_id, &contract, &batch.log_root);
            trie::storage(storage, slot, &digest, nodes)
                .map_err(|_| LogFault::Digest { contract, index: batch.batch.index })
                .at(Check::Replay)?;
        }
    }
    Ok(())
}

/// The contract's events up to a block, one for each of its batches, in order.
fn events(
    node: &Node,
    contract: &Address,
    wanted: u64,
    last_block: u64,
) -> Result<Vec<AnchoredBatch>, LogError> {
    let topic = keccak256("BatchAnchored(uint64,uint64,uint64,bytes32,bytes32)").0;
    let mut batches = Vec::new();
    let (mut from, mut blocks) = (0, EVENT_BLOCKS_MAX);
    while from <= last_block && (batches.len() as u64) < wanted {
        let to = last_block.min(from.saturating_add(blocks - 1));
        let found = match node.events(contract, &topic, from, to) {
            Err(RpcError::Refused { .. }) if blocks > 1 => {
                // Nodes limit how much they answer at once, each in its own way.
                blocks /= 2;
                continue;
            }
            found => found?,
        };
        for event in found {
            let index = batches.len() as u64;
            let batch = read_event(contract, &event).filter(|batch| batch.batch.index == index);
            batches.push(batch.ok_or_else(|| wrong_events(contract, batches.len(), wanted))?);
        }
        from = to + 1;
    }
    if batches.len() as u64 == wanted {
        Ok(batches)
    } else {
        Err(wrong_events(contract, batches.len(), wanted).into())
    }
}

fn wrong_events(contract: &Address, found: usize, wanted: u64) -> Refusal {
    let cause = LogFault::Events { contract: *contract, found, wanted }.into();
    Refusal { check: Check::Replay, cause: Box::new(cause) }
}

/// `BatchAnchored(uint64 indexed batchIndex, uint64 first, uint64 count, bytes32, bytes32)`.
fn read_event(contract: &Address, event: &Event) -> Option<AnchoredBatch> {
    let [_, index] = event.topics.as_slice() else { return None };
    let (words, rest) = event.data.as_chunks::<32>();
    let ([first, count, root, log_root], []) = (words, rest) else { return None };
    let batch =
        Batch { index: uint64(index)?, first: uint64(first)?, count: uint64(count)?, root: *root };
    let size = batch.log_size().filter(|_| batch.count > 0)?;
    Some(AnchoredBatch { contract: *contract, batch, size, log_root: *log_root })
}

fn uint64(word: &[u8; 32]) -> Option<u64> {
    let number = low_word(word, 24);
    (*word == head_word(number, 0)).then_some(number)
}

/// The eight bytes of a word from `offset`, which is at most 24.
fn low_word(word: &[u8; 32], offset: usize) -> u64 {
    word[offset..offset + 8].iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
