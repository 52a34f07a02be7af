//! Who sealed a block: EIP-225 (Clique) and development chains.

use alloy::consensus::Header;
use alloy::primitives::{Address, B256, Signature, keccak256};

/// Bytes of the seal at the end of `extraData`.
const SEAL_BYTES: usize = 65;
/// Bytes a signer may use before the seal.
const VANITY_BYTES: usize = 32;

/// Why a sealer could not be recovered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// `extraData` has no room for vanity and seal.
    #[error("extraData is shorter than vanity and seal")]
    TooShort,
    /// The seal is no signature.
    #[error("the seal is no signature over the header")]
    NotASignature,
}

/// What a signer of Clique signs: keccak-256 of the header's RLP, `baseFee` included, without the seal.
///
/// # Errors
/// [`SealError::TooShort`].
pub fn sighash(header: &Header) -> Result<B256, SealError> {
    let kept = header.extra_data.len().checked_sub(SEAL_BYTES).ok_or(SealError::TooShort)?;
    if kept < VANITY_BYTES {
        return Err(SealError::TooShort);
    }
    let mut unsealed = header.clone();
    unsealed.extra_data = header.extra_data.slice(..kept);
    Ok(keccak256(alloy_rlp::encode(&unsealed)))
}

/// The signer that sealed a Clique block; `header.miner` is zero there.
///
/// # Errors
/// See [`SealError`].
pub fn sealer(header: &Header) -> Result<Address, SealError> {
    let sighash = sighash(header)?;
    let seal = &header.extra_data[header.extra_data.len() - SEAL_BYTES..];
    Signature::from_raw(seal)
        .and_then(|signature| signature.recover_address_from_prehash(&sighash))
        .map_err(|_| SealError::NotASignature)
}

/// How many distinct signers must stand behind a block of a chain with `signers` of them.
#[must_use]
pub fn quorum(signers: usize) -> usize {
    signers / 2 + 1
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{Bytes, U256};
    use alloy::signers::SignerSync;
    use alloy::signers::local::PrivateKeySigner;

    use super::*;

    fn sealed(key: &PrivateKeySigner) -> Header {
        let mut header = Header {
            number: 7,
            difficulty: U256::from(2),
            base_fee_per_gas: Some(7),
            extra_data: Bytes::from(vec![0; VANITY_BYTES + SEAL_BYTES]),
            ..Header::default()
        };
        let seal = key.sign_hash_sync(&sighash(&header).unwrap()).unwrap();
        let mut extra = vec![0; VANITY_BYTES];
        extra.extend(seal.as_rsy());
        header.extra_data = extra.into();
        header
    }

    #[test]
    fn the_sealer_is_recovered_from_the_seal() {
        let key = PrivateKeySigner::random();
        assert_eq!(sealer(&sealed(&key)), Ok(key.address()));
    }

    #[test]
    fn another_header_has_another_sealer() {
        let key = PrivateKeySigner::random();
        let mut header = sealed(&key);
        header.base_fee_per_gas = Some(8);
        assert_ne!(sealer(&header), Ok(key.address()));
    }

    #[test]
    fn a_header_without_room_for_a_seal_is_refused() {
        let header = Header { extra_data: Bytes::from(vec![0; 96]), ..Header::default() };
        assert_eq!(sealer(&header), Err(SealError::TooShort));
    }

    #[test]
    fn a_quorum_is_more_than_half() {
        assert_eq!([1, 2, 3, 4, 5].map(quorum), [1, 2, 2, 3, 3]);
    }
}
