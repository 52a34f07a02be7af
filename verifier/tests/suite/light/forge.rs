//! Chains of Clique headers as a test wants them.

use std::collections::BTreeMap;

use alloy_primitives::keccak256;
use verifier::chain::Address;
use verifier::chain::clique::recover_sealer;
use verifier::chain::header::Header;
use verifier::policy::{Chain, Consensus, Signer, SignerRange};

use crate::world::chain::{Draft, Sealer};
use crate::world::{Hash, PERIOD_S};

pub const EPOCH: u64 = 30_000;

/// Signers by letter, and a chain that they seal.
#[derive(Clone)]
pub struct Forge {
    people: BTreeMap<char, Sealer>,
    /// Who may seal the next block; tests say so where votes have changed it.
    pub signers: Vec<Address>,
    pub epoch: u64,
    pub headers: Vec<Vec<u8>>,
}

impl Forge {
    /// The genesis block that names `signers`.
    pub fn new(signers: &str, epoch: u64) -> Self {
        let people: BTreeMap<char, Sealer> =
            ('A'..='F').map(|name| (name, Sealer::new(name as u8))).collect();
        let mut sealers: Vec<Sealer> = signers.chars().map(|name| people[&name].clone()).collect();
        sealers.sort_by_key(|sealer| sealer.address);
        let headers = vec![Draft::genesis(&sealers)];
        let signers = sealers.iter().map(|sealer| sealer.address).collect();
        Self { people, signers, epoch, headers }
    }

    pub fn address(&self, name: char) -> Address {
        self.people[&name].address
    }

    pub fn addresses(&self, names: &str) -> Vec<Address> {
        let mut addresses: Vec<Address> = names.chars().map(|name| self.address(name)).collect();
        addresses.sort_unstable();
        addresses
    }

    fn hash(&self) -> Hash {
        keccak256(self.headers.last().unwrap()).0
    }

    /// The next header as `name` would honestly seal it, before it does.
    pub fn draft(&self, name: char) -> Draft {
        let number = self.headers.len() as u64;
        let mut draft = Draft::new(number, self.hash(), [9; 32]);
        let turn = self.signers.get(usize::try_from(number).unwrap() % self.signers.len().max(1));
        draft.difficulty = if turn == Some(&self.address(name)) { 2 } else { 1 };
        if number.is_multiple_of(self.epoch) {
            draft.listed.clone_from(&self.signers);
        }
        draft
    }

    pub fn seal(&mut self, name: char, draft: &Draft) {
        self.headers.push(draft.sealed(&self.people[&name]));
    }

    /// Honest blocks up to block `last`: in turn, or by who has not sealed for longest.
    pub fn grow(&mut self, last: u64) {
        while self.headers.len() as u64 <= last {
            let name = self.next();
            let draft = self.draft(name);
            self.seal(name, &draft);
        }
    }

    /// Who honestly seals the next block.
    pub fn next(&self) -> char {
        let number = self.headers.len();
        let newest = self.headers[1..].iter().rev().map(|rlp| recover_sealer(&decode(rlp)));
        let newest: Vec<_> = newest.take(self.signers.len()).flatten().collect();
        let age = |address: &Address| newest.iter().position(|sealer| sealer == address);
        let turn = self.signers[number % self.signers.len()];
        let allowed = age(&turn).is_none_or(|age| age >= self.signers.len() / 2);
        let oldest = self.signers.iter().max_by_key(|address| age(address).unwrap_or(usize::MAX));
        let address = if allowed { turn } else { *oldest.unwrap() };
        *self.people.iter().find(|(_, sealer)| sealer.address == address).unwrap().0
    }

    /// The rules of a policy that knows `signers` from block 0 on.
    pub fn rules(&self, signers: &[Address]) -> Chain {
        Chain {
            consensus: Consensus::Clique,
            chain_id: 1337,
            genesis_hash: keccak256(&self.headers[0]).0,
            period_s: PERIOD_S,
            epoch: self.epoch,
            signers: vec![range(0, None, signers)],
        }
    }
}

pub fn range(from_block: u64, to_block: Option<u64>, signers: &[Address]) -> SignerRange {
    let signer = |address: &Address| Signer { address: *address, organisation: "one".to_owned() };
    SignerRange { from_block, to_block, signers: signers.iter().map(signer).collect() }
}

pub fn decode(rlp: &[u8]) -> Header {
    Header::decode(rlp).unwrap()
}
