//! The anchorer's key: the only key in the product that signs chain transactions.

use std::io;
use std::path::Path;

use alloy::primitives::Address;
use alloy::signers::local::{LocalSignerError, PrivateKeySigner};

/// A secp256k1 key, read from a file that holds it as 32 bytes of hexadecimal.
#[derive(Clone)]
pub struct ChainKey(pub(crate) PrivateKeySigner);

impl std::fmt::Debug for ChainKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("ChainKey").field(&self.address()).finish()
    }
}

/// Why a key could not be read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read.
    #[error("the key file cannot be read")]
    Unreadable(#[source] io::Error),
    /// Not 32 bytes of hexadecimal, or not a private key.
    #[error("not a private key in hexadecimal")]
    Malformed(#[source] LocalSignerError),
}

impl ChainKey {
    /// Reads a key; white space around it and `0x` before it are ignored.
    ///
    /// # Errors
    /// [`KeyError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        text.trim().parse().map(Self).map_err(KeyError::Malformed)
    }

    /// Reads the key in a file.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        Self::parse(&std::fs::read_to_string(path).map_err(KeyError::Unreadable)?)
    }

    /// The account of the key, which must be funded.
    #[must_use]
    pub fn address(&self) -> Address {
        self.0.address()
    }
}
