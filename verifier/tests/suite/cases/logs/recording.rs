//! A published log and what a node says of it, as files.

use alloy_primitives::{U256, keccak256};
use alloy_trie::TrieAccount;
use serde_json::{Map, Value, json};

use crate::world::chain::{CODE_HASH, Draft, digest_slot, hex, trie, word};
use crate::world::server::{block, log};
use crate::world::tree::root;
use crate::world::{Hash, World, b64u, sha256};

/// The blocks of the recorded chain: the newest is one descendant of the state that counts.
const NEWEST: u64 = 4;

/// A batch as its event tells it.
#[derive(Clone)]
pub struct Batch {
    pub index: u64,
    pub first: u64,
    pub count: u64,
    pub root: Hash,
    pub log_root: Hash,
}

/// What a contract keeps, and the events it wrote.
#[derive(Clone)]
pub struct Contract {
    pub address: [u8; 20],
    pub head: Hash,
    pub root: Hash,
    pub batches: Vec<Batch>,
}

impl Contract {
    /// A contract that anchored the log of `world` from size `from` on, in batches of those sizes.
    pub fn new(world: &World, address: [u8; 20], from: u64, sizes: &[u64]) -> Self {
        let leaves = world.leaves();
        let to = |size: u64| usize::try_from(size).unwrap();
        let mut first = from;
        let batches: Vec<_> = (0..)
            .zip(sizes)
            .map(|(index, size)| {
                let batch = Batch {
                    index,
                    first,
                    count: size - first,
                    root: root(&leaves[to(first)..to(*size)]),
                    log_root: root(&leaves[..to(*size)]),
                };
                first = *size;
                batch
            })
            .collect();
        let head = head(batches.len() as u64, first);
        Self { address, head, root: root(&leaves[..to(first)]), batches }
    }

    fn digest(&self, world: &World, batch: &Batch) -> Hash {
        let numbers = [batch.index, batch.first, batch.count].map(u64::to_be_bytes);
        let parts: [&[u8]; 7] = [
            b"smart-tenders/batch@v1\0",
            &sha256(world.origin.as_bytes()),
            &world.chain.id.to_be_bytes(),
            &self.address,
            numbers.as_flattened(),
            &batch.root,
            &batch.log_root,
        ];
        sha256(&parts.concat())
    }

    /// Slots and values, with some of other things the contract keeps.
    fn storage(&self, world: &World) -> Vec<(Hash, Hash)> {
        let digests = self.batches.iter().map(|batch| {
            // An event may lie about its index; the slot is the one of its place.
            (digest_slot(batch.index), self.digest(world, batch))
        });
        let roles = (0..4u8).map(|role| (keccak256([role]).0, word(1)));
        let kept = [(word(0), self.head), (word(1), self.root)].into_iter().chain(digests);
        kept.chain(roles).filter(|(_, value)| *value != [0; 32]).collect()
    }

    fn tried(&self, world: &World, slot: &Hash) -> (Hash, Vec<Vec<u8>>) {
        let encoded = |value: &Hash| alloy_rlp::encode(U256::from_be_bytes(*value));
        let pairs: Vec<_> = self
            .storage(world)
            .iter()
            .map(|(slot, value)| (slot.to_vec(), encoded(value)))
            .collect();
        trie(&pairs, slot)
    }

    fn events(&self) -> Vec<Value> {
        let topic = keccak256("BatchAnchored(uint64,uint64,uint64,bytes32,bytes32)");
        let event = |batch: &Batch| {
            let data = [word(batch.first), word(batch.count), batch.root, batch.log_root].concat();
            json!({"address": hex(&self.address), "blockNumber": "0x2", "data": hex(&data),
                "topics": [hex(topic.as_slice()), hex(&word(batch.index))]})
        };
        self.batches.iter().map(event).collect()
    }
}

/// The content of slot 0.
pub fn head(batches: u64, size: u64) -> Hash {
    let mut head = word(batches);
    head[16..24].copy_from_slice(&size.to_be_bytes());
    head
}

fn hexes(nodes: &[Vec<u8>]) -> Value {
    nodes.iter().map(|node| Value::from(hex(node))).collect()
}

/// The files of a log with its checkpoint at `size`, by path.
pub fn files(world: &World, size: u64) -> Value {
    let served = log(world, size);
    let mut paths = vec!["/log/checkpoint".to_owned()];
    let mut hashes = size;
    for level in ["0", "1", "entries"] {
        if level == "1" {
            hashes /= 256;
        }
        let width = if level == "entries" { size } else { hashes };
        let (full, rest) = (width / 256, width % 256);
        paths.extend((0..full).map(|index| format!("/log/tile/{level}/{index:03}")));
        if rest > 0 {
            paths.push(format!("/log/tile/{level}/{full:03}.p/{rest}"));
        }
    }
    let file = |path: String| {
        let bytes = served(&path).unwrap();
        (path, b64u(&bytes).into())
    };
    Value::Object(paths.into_iter().map(file).collect())
}

/// Headers of blocks that all have the same state: genesis block, state and its descendant.
fn headers(world: &World, state: Hash) -> Vec<Vec<u8>> {
    let mut headers = vec![Draft::genesis(&world.chain.sealers)];
    for number in 1..=NEWEST {
        let parent = keccak256(headers.last().unwrap()).0;
        headers.push(Draft::new(number, parent, state).sealed(world.chain.in_turn(number)));
    }
    headers
}

/// The log of `world` at `size`, the chain's answers, and the policy that names `ranges`.
pub fn record(
    world: &World,
    size: u64,
    contracts: &[Contract],
    ranges: &[(u64, Option<u64>)],
) -> Value {
    let account = |contract: &Contract| TrieAccount {
        nonce: 1,
        balance: U256::ZERO,
        storage_root: contract.tried(world, &[0; 32]).0.into(),
        code_hash: CODE_HASH.into(),
    };
    let mut accounts: Vec<_> = contracts
        .iter()
        .map(|contract| (contract.address.to_vec(), alloy_rlp::encode(account(contract))))
        .collect();
    accounts.extend((0..4u8).map(|i| (vec![i; 20], alloy_rlp::encode(TrieAccount::default()))));
    let state = trie(&accounts, &[0; 20]).0;
    let headers = headers(world, state);
    let blocks: Map<_, _> = [0, NEWEST - 1, NEWEST]
        .map(|number| (format!("{number:#x}"), block(&headers[usize::try_from(number).unwrap()])))
        .into_iter()
        .collect();
    let proofs: Map<_, _> = contracts
        .iter()
        .map(|contract| {
            let mut slots = contract.storage(world);
            for slot in [word(0), word(1)] {
                if slots.iter().all(|(known, _)| *known != slot) {
                    slots.push((slot, [0; 32]));
                }
            }
            let slots: Map<_, _> = slots
                .iter()
                .map(|(slot, value)| {
                    let value = format!("{:#x}", U256::from_be_bytes(*value));
                    let proof = hexes(&contract.tried(world, slot).1);
                    (hex(slot), json!({"value": value, "proof": proof}))
                })
                .collect();
            let account = hexes(&trie(&accounts, &contract.address).1);
            (hex(&contract.address), json!({"accountProof": account, "slots": slots}))
        })
        .collect();
    let mut policy = world.policy();
    policy["contracts"] = contracts
        .iter()
        .zip(ranges)
        .map(|(contract, (from, to))| {
            json!({"address": hex(&contract.address), "codeHash": hex(&CODE_HASH),
                "fromSize": from.to_string(), "toSize": to.map(|to| to.to_string())})
        })
        .collect();
    json!({
        "policy": policy,
        "log": files(world, size),
        "node": {
            "chainId": format!("{:#x}", world.chain.id), "newest": format!("{NEWEST:#x}"),
            "blocks": blocks, "proofs": proofs,
            "logs": contracts.iter().flat_map(Contract::events).collect::<Vec<_>>(),
        },
    })
}
