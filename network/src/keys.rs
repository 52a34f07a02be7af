//! Keys of nodes and accounts, and the files they lie in.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use alloy_primitives::{Address, hex, keccak256};
use k256::ecdsa::SigningKey;

/// A key file that cannot be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file or its folder is out of reach.
    #[error("the key file {path} cannot be read or written")]
    File {
        /// Path of the file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The content is not 64 hexadecimal digits of a number below the order of the curve.
    #[error("the key file {path} holds no secp256k1 key")]
    Content {
        /// Path of the file.
        path: String,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// A secp256k1 key: of an account, or of a node in the peer-to-peer network.
#[derive(Clone, Debug)]
pub struct Key(SigningKey);

impl Key {
    /// Reads the key from `path`, or makes one and writes it there, readable by its owner only.
    ///
    /// The file holds 64 hexadecimal digits and a line end, as geth reads it.
    ///
    /// # Errors
    /// [`KeyError`] for a file that cannot be reached or holds something else.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text)
                .ok_or_else(|| KeyError::Content { path: path.display().to_string() }),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::create(path),
            Err(source) => Err(KeyError::File { path: path.display().to_string(), source }),
        }
    }

    fn create(path: &Path) -> Result<Self, KeyError> {
        let key = loop {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes).map_err(|_| KeyError::Random)?;
            // All but 2^-128 of the 32-byte strings are keys.
            if let Ok(key) = SigningKey::from_slice(&bytes) {
                break key;
            }
        };
        write_secret(path, &format!("{}\n", hex::encode(key.to_bytes())))?;
        Ok(Self(key))
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = hex::decode(text.trim()).ok()?;
        SigningKey::from_slice(&bytes).ok().map(Self)
    }

    /// The Ethereum address of the key.
    #[must_use]
    pub fn address(&self) -> Address {
        Address::from_slice(&keccak256(self.public())[12..])
    }

    /// The node id in an `enode` address: the uncompressed public key without its first byte.
    #[must_use]
    pub fn node_id(&self) -> String {
        hex::encode(self.public())
    }

    fn public(&self) -> [u8; 64] {
        let point = self.0.verifying_key().to_encoded_point(false);
        let mut public = [0; 64];
        public.copy_from_slice(&point.as_bytes()[1..]);
        public
    }
}

/// Makes `folder` and its parents, `folder` itself closed to everybody but its owner.
///
/// # Errors
/// [`KeyError::File`] with what the system said.
pub fn create_secret_folder(folder: &Path) -> Result<(), KeyError> {
    let failed = |source| KeyError::File { path: folder.display().to_string(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)
}

/// Writes a new file that only its owner can read; an existing one is never overwritten.
///
/// # Errors
/// [`KeyError::File`] with what the system said.
pub fn write_secret(path: &Path, text: &str) -> Result<(), KeyError> {
    let failed = |source| KeyError::File { path: path.display().to_string(), source };
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)
}

/// 32 random hexadecimal digits: a password, or a name nobody else has.
///
/// # Errors
/// [`KeyError::Random`].
pub fn random_word() -> Result<String, KeyError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_that_of_the_well_known_test_key() {
        // The first account of the mnemonic "test test … junk".
        let text = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80\n";
        let key = Key::parse(text).unwrap();
        assert_eq!(key.address().to_string(), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    }

    #[test]
    fn a_key_is_made_once_and_then_read() {
        let folder = std::env::temp_dir().join(format!("keys-{}", random_word().unwrap()));
        create_secret_folder(&folder).unwrap();
        let path = folder.join("a.key");
        let made = Key::load_or_create(&path).unwrap();
        assert_eq!(Key::load_or_create(&path).unwrap().address(), made.address());
        std::fs::write(&path, "no key").unwrap();
        assert!(matches!(Key::load_or_create(&path), Err(KeyError::Content { .. })));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
