//! A Clique chain of three signers and the state tries of its blocks.

use alloy_primitives::{B256, U256, keccak256};
use alloy_rlp::Encodable as _;
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{HashBuilder, Nibbles, TrieAccount};
use k256::ecdsa::SigningKey;
use serde_json::{Value, json};

use super::{BLOCKS, EPOCH, Hash, PERIOD_S, START_S, sha256};

pub const CODE_HASH: Hash = [0xc0; 32];
pub const CONTRACT: [u8; 20] = [0xba; 20];
pub const LAST_BLOCK: u64 = 30;

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[derive(Clone)]
pub struct Sealer {
    pub key: SigningKey,
    pub address: [u8; 20],
}

impl Sealer {
    pub fn new(seed: u8) -> Self {
        let key = SigningKey::from_slice(&[seed; 32]).unwrap();
        let point = key.verifying_key().to_encoded_point(false);
        let address = keccak256(&point.as_bytes()[1..])[12..].try_into().unwrap();
        Self { key, address }
    }

    /// Sorted by address, as Clique takes turns.
    pub fn sorted<const N: usize>(seeds: [u8; N]) -> Vec<Self> {
        let mut sealers = seeds.map(Self::new).to_vec();
        sealers.sort_by_key(|sealer| sealer.address);
        sealers
    }

    pub fn three(seeds: [u8; 3]) -> Vec<Self> {
        Self::sorted(seeds)
    }
}

/// A header before it is sealed; tests change fields and seal again.
#[derive(Clone)]
pub struct Draft {
    pub parent: Hash,
    pub uncles: Hash,
    pub miner: [u8; 20],
    pub state: Hash,
    pub difficulty: u64,
    pub number: u64,
    pub time: u64,
    pub listed: Vec<[u8; 20]>,
    pub mix: Hash,
    pub nonce: [u8; 8],
    pub withdrawals: bool,
    pub gas_limit: u64,
    pub gas_used: u64,
    pub base_fee: u64,
    /// Of a chain that never had a base fee.
    pub before_london: bool,
}

impl Draft {
    pub fn new(number: u64, parent: Hash, state: Hash) -> Self {
        Self {
            parent,
            uncles: keccak256([0xc0]).0,
            miner: [0; 20],
            state,
            difficulty: 2,
            number,
            time: START_S + number * PERIOD_S,
            listed: Vec::new(),
            mix: [0; 32],
            nonce: [0; 8],
            withdrawals: false,
            gas_limit: 4_700_000,
            gas_used: 0,
            base_fee: 7,
            before_london: false,
        }
    }

    fn rlp(&self, seal: &[u8]) -> Vec<u8> {
        let extra = [[b'v'; 32].as_slice(), &self.listed.concat(), seal].concat();
        let mut payload = Vec::new();
        self.parent.as_slice().encode(&mut payload);
        self.uncles.as_slice().encode(&mut payload);
        self.miner.as_slice().encode(&mut payload);
        self.state.as_slice().encode(&mut payload);
        [1; 32].as_slice().encode(&mut payload);
        [2; 32].as_slice().encode(&mut payload);
        [0; 256].as_slice().encode(&mut payload);
        self.difficulty.encode(&mut payload);
        self.number.encode(&mut payload);
        self.gas_limit.encode(&mut payload);
        self.gas_used.encode(&mut payload);
        self.time.encode(&mut payload);
        extra.as_slice().encode(&mut payload);
        self.mix.as_slice().encode(&mut payload);
        self.nonce.as_slice().encode(&mut payload);
        if !self.before_london {
            self.base_fee.encode(&mut payload);
        }
        if self.withdrawals {
            [3; 32].as_slice().encode(&mut payload);
        }
        let mut rlp = Vec::new();
        alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut rlp);
        [rlp, payload].concat()
    }

    pub fn sealed(&self, sealer: &Sealer) -> Vec<u8> {
        let hash = keccak256(self.rlp(&[]));
        let (signature, recovery) = sealer.key.sign_prehash_recoverable(hash.as_slice()).unwrap();
        let seal = [signature.to_bytes().as_slice(), &[recovery.to_byte()]].concat();
        self.rlp(&seal)
    }

    /// The header with a seal that is made already.
    pub fn with_seal(&self, seal: &[u8; 65]) -> Vec<u8> {
        self.rlp(seal)
    }

    /// The seal of a header of the world: mix digest, nonce and base fee follow it.
    pub fn seal_of(header: &[u8]) -> [u8; 65] {
        let end = header.len() - 33 - 9 - 1;
        header[end - 65..end].try_into().unwrap()
    }

    pub fn genesis(sealers: &[Sealer]) -> Vec<u8> {
        Self::genesis_of(sealers, [9; 32])
    }

    /// The genesis header of a state.
    pub fn genesis_of(sealers: &[Sealer], state: Hash) -> Vec<u8> {
        let mut genesis = Self::new(0, [0; 32], state);
        genesis.listed = sealers.iter().map(|sealer| sealer.address).collect();
        genesis.difficulty = 1;
        genesis.rlp(&[0; 65])
    }
}

/// Root of a secure trie, and the proof of one key in it.
pub fn trie(pairs: &[(Vec<u8>, Vec<u8>)], target: &[u8]) -> (Hash, Vec<Vec<u8>>) {
    let mut hashed: Vec<(B256, &Vec<u8>)> =
        pairs.iter().map(|(key, value)| (keccak256(key), value)).collect();
    hashed.sort();
    let target = Nibbles::unpack(keccak256(target));
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(vec![target]));
    for (key, value) in hashed {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    let root = builder.root().0;
    let nodes = builder.take_proof_nodes().into_nodes_sorted();
    (root, nodes.into_iter().map(|(_, node)| node.to_vec()).collect())
}

pub fn word(number: u64) -> Hash {
    B256::from(U256::from(number)).0
}

pub fn digest_slot(index: u64) -> Hash {
    keccak256([word(index), word(2)].concat()).0
}

fn rlp_of_word(word: &Hash) -> Vec<u8> {
    alloy_rlp::encode(U256::from_be_bytes(*word))
}

/// What the contract keeps of each batch.
fn digests(origin: &str, chain_id: u64, sizes: [u64; 3], roots: &[(Hash, Hash); 3]) -> Vec<Hash> {
    let mut first = 0u64;
    let digests = (0u64..).zip(roots.iter().zip(sizes)).map(|(index, ((batch, log), size))| {
        let mut bytes = b"smart-tenders/batch@v1\0".to_vec();
        bytes.extend(sha256(origin.as_bytes()));
        bytes.extend(chain_id.to_be_bytes());
        bytes.extend(CONTRACT);
        for number in [index, first, size - first] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(batch);
        bytes.extend(log);
        first = size;
        sha256(&bytes)
    });
    digests.collect()
}

#[derive(Clone)]
pub struct Chain {
    pub id: u64,
    pub contract: [u8; 20],
    pub sealers: Vec<Sealer>,
    pub genesis: Vec<u8>,
    /// The log's sizes after each batch.
    pub sizes: [u64; 3],
    /// Batch root and log root of each batch.
    pub roots: [(Hash, Hash); 3],
    /// Digest of each batch.
    pub digests: Vec<Hash>,
    /// Headers of the blocks from the first one on.
    headers: Vec<Vec<u8>>,
}

impl Chain {
    pub fn new(
        origin: &str,
        chain_id: u64,
        sealers: Vec<Sealer>,
        sizes: [u64; 3],
        roots: [(Hash, Hash); 3],
    ) -> Self {
        let contract = CONTRACT;
        let digests = digests(origin, chain_id, sizes, &roots);
        let genesis = Draft::genesis(&sealers);
        let headers = Vec::new();
        let mut chain =
            Self { id: chain_id, contract, sealers, genesis, sizes, roots, digests, headers };
        let mut parent = keccak256(&chain.genesis).0;
        for number in 1..=LAST_BLOCK {
            let draft = chain.draft(number, parent);
            let header = draft.sealed(chain.in_turn(number));
            parent = keccak256(&header).0;
            chain.headers.push(header);
        }
        chain
    }

    /// The digests of the same batches in a chain of another id.
    pub fn digests_in(&self, origin: &str, chain_id: u64) -> Vec<Hash> {
        digests(origin, chain_id, self.sizes, &self.roots)
    }

    pub fn in_turn(&self, number: u64) -> &Sealer {
        &self.sealers[usize::try_from(number).unwrap() % self.sealers.len()]
    }

    /// An honest header for a height, not sealed yet.
    pub fn draft(&self, number: u64, parent: Hash) -> Draft {
        let mut draft = Draft::new(number, parent, self.state(number, &[]).0);
        if number.is_multiple_of(EPOCH) {
            draft.listed = self.sealers.iter().map(|sealer| sealer.address).collect();
        }
        draft
    }

    pub fn header(&self, number: u64) -> &[u8] {
        if number == 0 {
            return &self.genesis;
        }
        &self.headers[usize::try_from(number - 1).unwrap()]
    }

    /// The storage after a block: slots and values.
    pub fn storage(&self, number: u64) -> Vec<(Hash, Hash)> {
        let anchored = BLOCKS.iter().filter(|block| **block <= number).count();
        if anchored == 0 {
            return Vec::new();
        }
        let mut head = word(anchored as u64);
        head[16..24].copy_from_slice(&self.sizes[anchored - 1].to_be_bytes());
        let mut slots = vec![(word(0), head), (word(1), self.roots[anchored - 1].1)];
        for (index, digest) in (0..).zip(&self.digests[..anchored]) {
            slots.push((digest_slot(index), *digest));
        }
        // Role members of the access control, in slots of their own.
        slots.extend((0..4u8).map(|i| (keccak256([i]).0, word(1))));
        slots
    }

    /// Storage root and proof of a slot after a block.
    pub fn slot_proof(&self, number: u64, slot: &[u8]) -> (Hash, Vec<Vec<u8>>) {
        let pairs: Vec<_> = self
            .storage(number)
            .iter()
            .map(|(slot, value)| (slot.to_vec(), rlp_of_word(value)))
            .collect();
        trie(&pairs, slot)
    }

    /// State root and proof of an account after a block.
    pub fn state(&self, number: u64, address: &[u8]) -> (Hash, Vec<Vec<u8>>) {
        let contract = TrieAccount {
            nonce: 1,
            balance: U256::ZERO,
            storage_root: self.slot_proof(number, &[0; 32]).0.into(),
            code_hash: CODE_HASH.into(),
        };
        let mut accounts = vec![(self.contract.to_vec(), alloy_rlp::encode(contract))];
        // A look-alike with the same storage and other code.
        let look_alike = TrieAccount { code_hash: [0xc1; 32].into(), ..contract };
        accounts.push((vec![0xbb; 20], alloy_rlp::encode(look_alike)));
        for i in 0..4u8 {
            let person = TrieAccount { balance: U256::from(number + 1), ..TrieAccount::default() };
            accounts.push((vec![i; 20], alloy_rlp::encode(person)));
        }
        trie(&accounts, address)
    }

    pub fn anchor(&self, batch: usize, block: u64, headers: u64) -> Value {
        let hexes = |nodes: Vec<Vec<u8>>| nodes.iter().map(|node| hex(node)).collect::<Vec<_>>();
        let run: Vec<_> = (block..block + headers).map(|n| hex(self.header(n))).collect();
        json!({
            "consensus": "clique",
            "chainId": self.id.to_string(),
            "genesisHash": hex(keccak256(&self.genesis).as_slice()),
            "contract": hex(&self.contract),
            "accountProof": hexes(self.state(block, &self.contract).1),
            "storageProof": hexes(self.slot_proof(block, &digest_slot(batch as u64)).1),
            "headers": run,
        })
    }

    pub fn policy(&self) -> Value {
        let signers: Vec<_> = self
            .sealers
            .iter()
            .enumerate()
            .map(|(i, sealer)| {
                json!({"address": hex(&sealer.address), "organisation": format!("Org {}", i / 2)})
            })
            .collect();
        json!({
            "consensus": "clique", "chainId": self.id.to_string(),
            "genesisHeader": hex(&self.genesis),
            "period": PERIOD_S.to_string(), "epoch": EPOCH.to_string(),
            "signers": [{"fromBlock": "0", "toBlock": null, "signers": signers}],
        })
    }
}
