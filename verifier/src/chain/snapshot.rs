//! What a Clique chain makes of itself from its genesis block on (EIP-225): who may seal the next
//! block, who voted for whom, how heavy the chain is.

use std::collections::{BTreeSet, VecDeque};

use super::Address;
use super::clique::{self, LinkError, SealError};
use super::header::{FIELDS_MIN, Header};
use crate::merkle::Hash;

/// The nonce of a vote to let somebody in; one of zeros is for putting somebody out.
const NONCE_IN: [u8; 8] = [0xff; 8];
/// By how much the gas limit may differ from the parent's: less than this part of it (EIP-1559).
const GAS_LIMIT_DIVISOR: u64 = 1024;
const GAS_LIMIT_MIN: u64 = 5_000;
/// A full block is twice the target (EIP-1559).
const ELASTICITY: u64 = 2;
/// The base fee moves by an eighth at most (EIP-1559).
const BASE_FEE_DIVISOR: u64 = 8;

/// Why a header cannot be the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FollowError {
    /// It does not follow.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// Nobody who may has sealed it.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// Its gas is not what the block before allows (EIP-1559).
    #[error("block {number}: gas limit, gas used or base fee do not follow from the block before")]
    Gas {
        /// The block.
        number: u64,
    },
    /// The genesis header is not one.
    #[error("the genesis header is not of block 0, or lists no signers in order of address")]
    Genesis,
}

/// One signer's pending wish about an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Vote {
    pub(crate) subject: Address,
    pub(crate) voter: Address,
}

/// A chain up to one of its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The block.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its time, seconds since 1970.
    pub timestamp_s: u64,
    /// Sum of the difficulties from the genesis block on: of two branches, the heavier counts.
    pub total_difficulty: u128,
    pub(crate) gas_limit: u64,
    pub(crate) gas_used: u64,
    pub(crate) base_fee_wei: Option<u64>,
    /// Who may seal the next block.
    pub(crate) signers: BTreeSet<Address>,
    /// Number and sealer of the blocks that matter for who sealed too recently, oldest first.
    pub(crate) recents: VecDeque<(u64, Address)>,
    /// What a vote is for follows from whether its subject is a signer.
    pub(crate) votes: BTreeSet<Vote>,
}

impl Snapshot {
    /// The chain that is only its genesis block.
    ///
    /// # Errors
    /// If the header is not one that lists signers, in order of their addresses.
    pub fn genesis(header: &Header) -> Result<Self, FollowError> {
        let listed = clique::listed_signers(&header.extra_data).ok_or(FollowError::Genesis)?;
        if header.number != 0 || listed.is_empty() || !listed.is_sorted_by(|a, b| a < b) {
            return Err(FollowError::Genesis);
        }
        Ok(Self {
            number: 0,
            hash: header.hash,
            timestamp_s: header.timestamp_s,
            total_difficulty: header.difficulty.into(),
            gas_limit: header.gas_limit,
            gas_used: header.gas_used,
            base_fee_wei: header.base_fee_wei(),
            signers: listed.into_iter().collect(),
            recents: VecDeque::new(),
            votes: BTreeSet::new(),
        })
    }

    /// Who may seal the next block, in order of address.
    #[must_use]
    pub fn signers(&self) -> Vec<Address> {
        self.signers.iter().copied().collect()
    }

    /// Whom some signers want to let in or put out, and how many do; more than half are needed.
    #[must_use]
    pub fn pending(&self) -> Vec<(Address, usize)> {
        let mut tally: Vec<(Address, usize)> = Vec::new();
        for vote in &self.votes {
            match tally.last_mut() {
                Some((subject, count)) if *subject == vote.subject => *count += 1,
                _ => tally.push((vote.subject, 1)),
            }
        }
        tally
    }

    /// Takes the next header, which `sealer` sealed ([`clique::recover_sealer`]).
    ///
    /// # Errors
    /// If it is not a header that may follow; the snapshot stays as it was.
    pub fn append(
        &mut self,
        header: &Header,
        sealer: Option<Address>,
        (period_s, epoch): (u64, u64),
    ) -> Result<Address, FollowError> {
        clique::check_link((self.number, &self.hash, self.timestamp_s), header, period_s)?;
        self.check_gas(header)?;
        let limit = self.recents_limit();
        let is_recent = |address: &Address| {
            self.recents.iter().any(|(at, by)| by == address && at + limit > header.number)
        };
        let sealer = clique::check_header(header, sealer, &self.signers(), epoch, is_recent)
            .map_err(|fault| SealError { number: header.number, fault })?;
        self.total_difficulty += u128::from(header.difficulty);
        (self.number, self.hash, self.timestamp_s) =
            (header.number, header.hash, header.timestamp_s);
        (self.gas_limit, self.gas_used) = (header.gas_limit, header.gas_used);
        self.base_fee_wei = header.base_fee_wei();
        self.recents.push_back((header.number, sealer));
        if header.number.is_multiple_of(epoch) {
            self.votes.clear();
        }
        self.vote(sealer, header.miner, header.nonce == NONCE_IN);
        let limit = self.recents_limit();
        while self.recents.front().is_some_and(|(number, _)| number + limit <= header.number) {
            self.recents.pop_front();
        }
        Ok(sealer)
    }

    /// A signer seals one of so many blocks in a row at most.
    fn recents_limit(&self) -> u64 {
        self.signers.len() as u64 / 2 + 1
    }

    /// A signer has one wish about an account: a new one takes the place of the old one, and one
    /// for what is already so takes it back. Whoever is voted on may have had enough votes since
    /// the number of signers went down: that is looked at now, even if this vote changes nothing.
    fn vote(&mut self, voter: Address, subject: Address, lets_in: bool) {
        let vote = Vote { subject, voter };
        self.votes.remove(&vote);
        let is_signer = self.signers.contains(&subject);
        if lets_in != is_signer {
            self.votes.insert(vote);
        }
        let wishes = self.votes.iter().filter(|vote| vote.subject == subject).count();
        if wishes <= self.signers.len() / 2 {
            return;
        }
        if is_signer {
            self.signers.remove(&subject);
            self.votes.retain(|vote| vote.voter != subject);
        } else {
            self.signers.insert(subject);
        }
        self.votes.retain(|vote| vote.subject != subject);
    }

    /// The rules for gas of EIP-1559, for a chain that has had them from its genesis block on or
    /// has none of them.
    fn check_gas(&self, header: &Header) -> Result<(), FollowError> {
        let wrong = FollowError::Gas { number: header.number };
        let moved = self.gas_limit.abs_diff(header.gas_limit);
        let holds = header.gas_limit >= GAS_LIMIT_MIN
            && moved < self.gas_limit / GAS_LIMIT_DIVISOR
            && header.gas_used <= header.gas_limit
            // Of a chain without fees, what is no number in the place of one is no absent fee.
            && (header.field_count() > FIELDS_MIN) == self.base_fee_wei.is_some()
            && header.base_fee_wei() == self.next_base_fee();
        if holds { Ok(()) } else { Err(wrong) }
    }

    /// The base fee of the next block (EIP-1559).
    fn next_base_fee(&self) -> Option<u64> {
        let fee = self.base_fee_wei?;
        let target = self.gas_limit / ELASTICITY;
        let moved = u128::from(fee) * u128::from(self.gas_used.abs_diff(target))
            / u128::from(target.max(1))
            / u128::from(BASE_FEE_DIVISOR);
        let moved = u64::try_from(moved).ok()?;
        if self.gas_used > target { fee.checked_add(moved.max(1)) } else { fee.checked_sub(moved) }
    }
}
