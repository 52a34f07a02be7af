//! Signs checkpoints, and remembers outside the database the newest head that was signed.
//!
//! The contract knows what is anchored; of what was only signed, a database that is restored to an earlier state
//! knows nothing. Without this file it would be signed a second time, at the same size, with another root.

use std::io;
use std::path::PathBuf;

use merkle::LogKey;
use merkle::checkpoint::CheckpointError;
use merkle::hash::{Hash, hash_from_hex, to_hex};

use crate::durable;

/// The log's key, with the file that remembers what it signed.
#[derive(Debug, Clone)]
pub struct Signer {
    key: LogKey,
    file: Option<PathBuf>,
}

/// Why no checkpoint was signed.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The file could not be read or written.
    #[error(
        "the file `log.signed`, which remembers the newest signed checkpoint, cannot be read or written"
    )]
    File(#[source] io::Error),
    /// The file holds something else than a size and a root.
    #[error(
        "the file `log.signed` does not hold size and root of the newest signed checkpoint: write them into it as \
         the newest published checkpoint has them, in decimal and hexadecimal, with a space between them"
    )]
    Malformed,
    /// Another root was signed at this size.
    #[error(
        "a checkpoint of size {size} was signed before, with another root: the log was restored or changed; \
         restore the entries that were signed, from a newer backup or a replica; nothing was signed"
    )]
    OtherRoot {
        /// Its size.
        size: u64,
    },
    /// The log has fewer entries than were signed.
    #[error(
        "the log ends at {log_size} but a checkpoint of {signed} entries was signed: restore the entries from \
         {log_size} on from a newer backup or a replica before starting again; nothing was signed or anchored"
    )]
    LogBehind {
        /// Entries of the log.
        log_size: u64,
        /// Entries that were signed.
        signed: u64,
    },
    /// The key refused.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Size and root of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignedHead {
    pub(crate) size: u64,
    pub(crate) root: Hash,
}

impl From<LogKey> for Signer {
    /// Remembers nothing: for logs that nobody relies on.
    fn from(key: LogKey) -> Self {
        Self { key, file: None }
    }
}

impl Signer {
    /// Remembers in `file`, which must lie outside the database and must not be restored with it.
    #[must_use]
    pub fn remembering(key: LogKey, file: PathBuf) -> Self {
        Self { key, file: Some(file) }
    }

    pub(crate) fn origin(&self) -> &str {
        self.key.origin()
    }

    /// The newest head that was signed; `None` before the first, or when nothing is remembered.
    pub(crate) fn newest(&self) -> Result<Option<SignedHead>, SignerError> {
        let Some(path) = &self.file else { return Ok(None) };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(SignerError::File(error)),
        };
        let head = text.trim().split_once(' ').and_then(|(size, root)| {
            Some(SignedHead { size: size.parse().ok()?, root: hash_from_hex(root)? })
        });
        head.map(Some).ok_or(SignerError::Malformed)
    }

    /// Signs the checkpoint of a head, unless another one of that size was signed.
    ///
    /// A crash between remembering and signing leaves a size that was never signed; the same entries give the same
    /// root, and only that is signed then.
    pub(crate) fn sign(&self, size: u64, root: &Hash) -> Result<String, SignerError> {
        let newest = self.newest()?;
        if newest.is_some_and(|newest| newest.size == size && newest.root != *root) {
            return Err(SignerError::OtherRoot { size });
        }
        if let Some(path) = &self.file
            && newest.is_none_or(|newest| newest.size < size)
        {
            let head = format!("{size} {}\n", to_hex(root));
            durable::replace(path, head.as_bytes()).map_err(SignerError::File)?;
        }
        Ok(self.key.sign(size, root)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(name: &str) -> (Signer, PathBuf) {
        let key = LogKey::from_seed("log.example/test", &[3; 32]).unwrap();
        let file = std::env::temp_dir().join(format!("signed-{name}-{}", std::process::id()));
        drop(std::fs::remove_file(&file));
        (Signer::remembering(key, file.clone()), file)
    }

    #[test]
    fn a_size_is_signed_with_one_root_only() {
        let (signer, file) = signer("once");
        let first = signer.sign(7, &[1; 32]).unwrap();
        assert_eq!(signer.sign(7, &[1; 32]).unwrap(), first);
        assert!(matches!(signer.sign(7, &[2; 32]), Err(SignerError::OtherRoot { size: 7 })));
        signer.sign(9, &[2; 32]).unwrap();
        signer.sign(8, &[4; 32]).unwrap();
        assert_eq!(signer.newest().unwrap(), Some(SignedHead { size: 9, root: [2; 32] }));
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_file_that_says_something_else_is_not_taken_for_an_empty_one() {
        let (signer, file) = signer("damaged");
        assert_eq!(signer.newest().unwrap(), None);
        for text in ["", "7", "7 0xzz", "x 0x00", &format!("7 {}00", to_hex(&[1; 32]))] {
            std::fs::write(&file, text).unwrap();
            assert!(matches!(signer.sign(9, &[1; 32]), Err(SignerError::Malformed)));
        }
        std::fs::remove_file(file).unwrap();
    }
}
