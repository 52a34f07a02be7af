//! The rules of Clique (EIP-225) for a run of headers.

use alloy_primitives::keccak256;
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

use super::Address;
use super::header::{EMPTY_UNCLES, Header};
use crate::merkle::Hash;
use crate::policy::Chain;

const VANITY_BYTES: usize = 32;
const SEAL_BYTES: usize = 65;
const ADDRESS_BYTES: usize = 20;

/// Why headers do not follow each other (check `headers`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// There is no header.
    #[error("there is no header")]
    Empty,
    /// The numbers have a gap.
    #[error("block {number} does not follow the block before it in number")]
    Number {
        /// The later block.
        number: u64,
    },
    /// The later block was built on another.
    #[error("block {number} names another parent than the header before it")]
    Parent {
        /// The later block.
        number: u64,
    },
    /// The blocks are too close in time.
    #[error("block {number} is less than a period after the block before it")]
    Period {
        /// The later block.
        number: u64,
    },
}

/// Why a header is not one a signer of the policy sealed (check `seals`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("block {number}: {fault}")]
pub struct SealError {
    /// The block.
    pub number: u64,
    /// What is wrong with it.
    pub fault: SealFault,
}

/// What can be wrong with a sealed header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// Clique headers have 15 fields, 16 from London on.
    #[error("a Clique header has 15 or 16 fields")]
    Fields,
    /// The policy names no signers at this height.
    #[error("the policy names no signers at this height")]
    NoSigners,
    /// `extraData` has the wrong length.
    #[error("extraData is not vanity and seal, with the signers between them at an epoch block")]
    ExtraData,
    /// An epoch block lists other signers than the policy.
    #[error("the epoch block lists other signers than the policy")]
    EpochSigners,
    /// An epoch block votes.
    #[error("an epoch block carries a vote")]
    EpochVote,
    /// `nonce` is neither zero nor all ones.
    #[error("the nonce is neither zero nor all ones")]
    Nonce,
    /// `mixDigest` is not zero.
    #[error("the mix digest is not zero")]
    MixDigest,
    /// There are uncles.
    #[error("the uncle hash is not that of the empty list")]
    Uncles,
    /// No key made this seal.
    #[error("the seal is not a signature")]
    Seal,
    /// The seal is by somebody else.
    #[error("sealed by {}, who is not a signer in the policy", crate::encoding::hex(.0))]
    Stranger(Address),
    /// The signer sealed too recently.
    #[error("{} sealed one of the blocks just before", crate::encoding::hex(.0))]
    Recent(Address),
    /// The difficulty is not the one of the signer's turn.
    #[error("the difficulty is {found}, the signer's turn makes it {expected}")]
    Difficulty {
        /// What the header says.
        found: u64,
        /// 2 in turn, 1 out of turn.
        expected: u64,
    },
}

/// Checks that `headers` follow each other without a gap, at least `period_s` seconds apart.
///
/// # Errors
/// Names the first block that does not follow.
pub fn check_links(headers: &[Header], period_s: u64) -> Result<(), LinkError> {
    if headers.is_empty() {
        return Err(LinkError::Empty);
    }
    headers.windows(2).try_for_each(|pair| {
        let parent = (pair[0].number, &pair[0].hash, pair[0].timestamp_s);
        check_link(parent, &pair[1], period_s)
    })
}

/// Checks that `child` follows the block of this number, hash and time.
pub(super) fn check_link(
    (number, hash, timestamp_s): (u64, &Hash, u64),
    child: &Header,
    period_s: u64,
) -> Result<(), LinkError> {
    if number.checked_add(1) != Some(child.number) {
        return Err(LinkError::Number { number: child.number });
    }
    if child.parent_hash != *hash {
        return Err(LinkError::Parent { number: child.number });
    }
    let soonest = timestamp_s.checked_add(period_s);
    if soonest.is_none_or(|soonest| child.timestamp_s < soonest) {
        return Err(LinkError::Period { number: child.number });
    }
    Ok(())
}

/// Checks every seal and returns the sealer of each header.
///
/// # Errors
/// Names the first block whose seal breaks a rule of §7, check `seals`.
pub fn check_seals(headers: &[Header], chain: &Chain) -> Result<Vec<Address>, SealError> {
    let mut sealers = Vec::with_capacity(headers.len());
    for header in headers {
        let sealer = check_seal(header, &sealers, chain)
            .map_err(|fault| SealError { number: header.number, fault })?;
        sealers.push(sealer);
    }
    Ok(sealers)
}

fn check_seal(header: &Header, before: &[Address], chain: &Chain) -> Result<Address, SealFault> {
    let signers = chain.signers_at(header.number).ok_or(SealFault::NoSigners)?;
    let signers: Vec<Address> = signers.iter().map(|signer| signer.address).collect();
    let recent =
        |sealer: &Address| before.iter().rev().take(signers.len() / 2).any(|b| b == sealer);
    check_header(header, recover_sealer(header), &signers, chain.epoch, recent)
}

/// Checks a header by itself, sealed by `sealer`, against the signers at its height in order of
/// address, and against those that sealed too recently; returns the sealer.
pub(super) fn check_header(
    header: &Header,
    sealer: Option<Address>,
    signers: &[Address],
    epoch: u64,
    is_recent: impl Fn(&Address) -> bool,
) -> Result<Address, SealFault> {
    check_fields(header, signers, epoch)?;
    let sealer = sealer.ok_or(SealFault::Seal)?;
    let index = signers.iter().position(|signer| *signer == sealer);
    let index = index.ok_or(SealFault::Stranger(sealer))?;
    if is_recent(&sealer) {
        return Err(SealFault::Recent(sealer));
    }
    let in_turn = header.number % signers.len() as u64 == index as u64;
    let expected = if in_turn { 2 } else { 1 };
    if header.difficulty != expected {
        return Err(SealFault::Difficulty { found: header.difficulty, expected });
    }
    Ok(sealer)
}

fn check_fields(header: &Header, signers: &[Address], epoch: u64) -> Result<(), SealFault> {
    if header.field_count() > 16 {
        return Err(SealFault::Fields);
    }
    let at_epoch = header.number.is_multiple_of(epoch);
    match listed_signers(&header.extra_data) {
        Some(listed) if at_epoch && listed == signers => {}
        Some(_) if at_epoch => return Err(SealFault::EpochSigners),
        Some(listed) if listed.is_empty() => {}
        _ => return Err(SealFault::ExtraData),
    }
    if header.nonce != [0; 8] && header.nonce != [0xff; 8] {
        return Err(SealFault::Nonce);
    }
    if at_epoch && (header.nonce != [0; 8] || header.miner != [0; 20]) {
        return Err(SealFault::EpochVote);
    }
    if header.mix_digest != [0; 32] {
        return Err(SealFault::MixDigest);
    }
    if header.uncles_hash == EMPTY_UNCLES { Ok(()) } else { Err(SealFault::Uncles) }
}

/// The addresses between vanity and seal; `None` if the length is not 32 + 20·N + 65.
#[must_use]
pub fn listed_signers(extra_data: &[u8]) -> Option<Vec<Address>> {
    let listed = extra_data.get(VANITY_BYTES..extra_data.len().checked_sub(SEAL_BYTES)?)?;
    let mut chunks = listed.chunks_exact(ADDRESS_BYTES);
    let addresses = chunks.by_ref().filter_map(|chunk| chunk.try_into().ok()).collect();
    if chunks.remainder().is_empty() { Some(addresses) } else { None }
}

/// The address whose key sealed `header`; `None` if the seal is not a low-S signature.
#[must_use]
pub fn recover_sealer(header: &Header) -> Option<Address> {
    let (sealed, seal) = header.extra_data.split_last_chunk::<SEAL_BYTES>()?;
    let signature = Signature::from_slice(&seal[..64]).ok()?;
    let recovery = RecoveryId::from_byte(seal[64]).filter(|id| !id.is_x_reduced())?;
    let hash = header.hash_with_extra_data(sealed);
    let key = VerifyingKey::recover_from_prehash(&hash, &signature, recovery).ok()?;
    let point = key.to_encoded_point(false);
    let digest = keccak256(&point.as_bytes()[1..]);
    digest[12..].try_into().ok()
}
