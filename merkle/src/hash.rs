//! SHA-256 with the domain separation of RFC 9162 §2.1.1.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// Hash of a leaf: `SHA-256(0x00 || entry)`.
///
/// ```
/// // The leaf hash of the empty string, from the test vectors of RFC 6962.
/// let hash = merkle::leaf_hash(b"");
/// assert_eq!(&merkle::hash::to_hex(&hash)[..10], "0x6e340b9c");
/// ```
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new_with_prefix([0x00]).chain_update(entry).finalize().into()
}

/// Hash of an interior node: `SHA-256(0x01 || left || right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([0x01]).chain_update(left).chain_update(right).finalize().into()
}

/// Root hash of the empty tree: `SHA-256("")`.
#[must_use]
pub fn empty_root() -> Hash {
    Sha256::digest(b"").into()
}

/// Plain SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// `0x` and lower-case hexadecimal.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads 32 bytes from `0x` and 64 lower-case hexadecimal digits.
///
/// ```
/// use merkle::hash::{hash_from_hex, to_hex};
/// assert_eq!(hash_from_hex(&to_hex(&[0xa7; 32])), Some([0xa7; 32]));
/// assert_eq!(hash_from_hex(&to_hex(&[0xa7; 31])), None);
/// assert_eq!(hash_from_hex(&to_hex(&[0xa7; 32]).to_uppercase()), None);
/// ```
#[must_use]
pub fn hash_from_hex(text: &str) -> Option<Hash> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    let mut hash = [0; 32];
    if digits.len() != 2 * hash.len() {
        return None;
    }
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(hash)
}

/// Standard base64, as in the requests of C2SP `tlog-witness`.
#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Unpadded base64url.
#[must_use]
pub fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads 32 bytes from unpadded, canonical base64url.
#[must_use]
pub fn hash_from_base64url(text: &str) -> Option<Hash> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
