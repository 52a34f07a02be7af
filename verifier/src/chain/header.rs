//! Block headers from their RLP.

use alloy_primitives::keccak256;
use alloy_rlp::{Encodable as _, Header as RlpHeader};

use super::Address;
use crate::merkle::Hash;

/// The fields every header has; London adds the base fee.
pub(super) const FIELDS_MIN: usize = 15;
/// The fields a header of the latest forks has.
const FIELDS_MAX: usize = 21;
const EXTRA_DATA: usize = 12;

/// keccak256(rlp([])), the `uncleHash` of a block without uncles.
pub const EMPTY_UNCLES: Hash = [
    0x1d, 0xcc, 0x4d, 0xe8, 0xde, 0xc7, 0x5d, 0x7a, 0xab, 0x85, 0xb5, 0x67, 0xb6, 0xcc, 0xd4, 0x1a,
    0xd3, 0x12, 0x45, 0x1b, 0x94, 0x8a, 0x74, 0x13, 0xf0, 0xa1, 0x42, 0xfd, 0x40, 0xd4, 0x93, 0x47,
];

/// Why bytes are not a block header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not one canonical RLP list of strings.
    #[error("not the canonical RLP of a header")]
    Rlp,
    /// Too few or too many fields.
    #[error("{0} fields, a header has 15 to 21")]
    Fields(usize),
    /// A field of the wrong length.
    #[error("field {field} has the wrong length")]
    Length {
        /// Index of the field, from 0.
        field: usize,
    },
    /// A field that is not a canonical integer below 2^64.
    #[error("field {field} is not an integer below 2^64")]
    Integer {
        /// Index of the field, from 0.
        field: usize,
    },
}

/// A block header, decoded from the bytes its hash covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// keccak256 of the RLP.
    pub hash: Hash,
    /// Hash of the block before.
    pub parent_hash: Hash,
    /// Hash of the list of uncles.
    pub uncles_hash: Hash,
    /// Beneficiary; in Clique, the subject of a vote or zero.
    pub miner: Address,
    /// Root of the state after the block.
    pub state_root: Hash,
    /// Difficulty.
    pub difficulty: u64,
    /// Block number.
    pub number: u64,
    /// Seconds since 1970.
    pub timestamp_s: u64,
    /// Extra data; in Clique, vanity, signers at an epoch, and the seal.
    pub extra_data: Vec<u8>,
    /// Mix digest.
    pub mix_digest: Hash,
    /// Nonce.
    pub nonce: [u8; 8],
    /// Root of the trie of the block's transactions.
    pub transactions_root: Hash,
    /// Root of the trie of the block's receipts.
    pub receipts_root: Hash,
    /// What the block's logs may be of (yellow paper, 4.3.1).
    pub logs_bloom: [u8; 256],
    /// Most gas the block may use.
    pub gas_limit: u64,
    /// Gas the block used.
    pub gas_used: u64,
    fields: Vec<Vec<u8>>,
}

impl Header {
    /// Decodes one header that fills `rlp`.
    ///
    /// # Errors
    /// If it is not the canonical RLP of a header.
    pub fn decode(rlp: &[u8]) -> Result<Self, HeaderError> {
        let mut rest = rlp;
        let mut payload = RlpHeader::decode_bytes(&mut rest, true).map_err(|_| HeaderError::Rlp)?;
        if !rest.is_empty() {
            return Err(HeaderError::Rlp);
        }
        let mut fields = Vec::with_capacity(FIELDS_MAX);
        while !payload.is_empty() {
            let field =
                RlpHeader::decode_bytes(&mut payload, false).map_err(|_| HeaderError::Rlp)?;
            fields.push(field.to_vec());
            if fields.len() > FIELDS_MAX {
                return Err(HeaderError::Fields(fields.len()));
            }
        }
        if fields.len() < FIELDS_MIN {
            return Err(HeaderError::Fields(fields.len()));
        }
        Ok(Self {
            hash: keccak256(rlp).0,
            parent_hash: array(&fields, 0)?,
            uncles_hash: array(&fields, 1)?,
            miner: array(&fields, 2)?,
            state_root: array(&fields, 3)?,
            difficulty: integer(&fields, 7)?,
            number: integer(&fields, 8)?,
            timestamp_s: integer(&fields, 11)?,
            extra_data: fields[EXTRA_DATA].clone(),
            mix_digest: array(&fields, 13)?,
            nonce: array(&fields, 14)?,
            transactions_root: array(&fields, 4)?,
            receipts_root: array(&fields, 5)?,
            logs_bloom: array(&fields, 6)?,
            gas_limit: integer(&fields, 9)?,
            gas_used: integer(&fields, 10)?,
            fields,
        })
    }

    /// How many fields the header has; Clique has 15, or 16 from London on.
    #[must_use]
    pub const fn field_count(&self) -> usize {
        self.fields.len()
    }

    /// Price of a unit of gas in wei (EIP-1559); `None` before London.
    #[must_use]
    pub fn base_fee_wei(&self) -> Option<u64> {
        self.fields.get(FIELDS_MIN).and_then(|_| integer(&self.fields, FIELDS_MIN).ok())
    }

    /// The bytes the header's hash covers.
    #[must_use]
    pub fn rlp(&self) -> Vec<u8> {
        self.rlp_with_extra_data(&self.extra_data)
    }

    /// keccak256 of the header's RLP whose `extraData` is `extra_data`.
    pub(super) fn hash_with_extra_data(&self, extra_data: &[u8]) -> Hash {
        keccak256(self.rlp_with_extra_data(extra_data)).0
    }

    fn rlp_with_extra_data(&self, extra_data: &[u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        for (i, field) in self.fields.iter().enumerate() {
            if i == EXTRA_DATA { extra_data } else { field.as_slice() }.encode(&mut payload);
        }
        let mut rlp = Vec::new();
        RlpHeader { list: true, payload_length: payload.len() }.encode(&mut rlp);
        rlp.extend_from_slice(&payload);
        rlp
    }
}

fn array<const N: usize>(fields: &[Vec<u8>], field: usize) -> Result<[u8; N], HeaderError> {
    fields[field].as_slice().try_into().map_err(|_| HeaderError::Length { field })
}

fn integer(fields: &[Vec<u8>], field: usize) -> Result<u64, HeaderError> {
    let bytes = &fields[field];
    if bytes.len() > 8 || bytes.first() == Some(&0) {
        return Err(HeaderError::Integer { field });
    }
    Ok(bytes.iter().fold(0, |n, byte| (n << 8) | u64::from(*byte)))
}
