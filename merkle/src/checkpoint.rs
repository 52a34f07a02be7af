//! Signed checkpoints (C2SP `tlog-checkpoint`, `signed-note`).

use crate::hash::Hash;
use crate::note::NoteKey;

pub use crate::note::NoteError as CheckpointError;

/// The use of a key that signs checkpoints.
#[derive(Debug, Clone)]
pub struct Checkpoints;

/// The key that signs checkpoints.
pub type LogKey = NoteKey<Checkpoints>;

impl LogKey {
    /// A signed checkpoint of the log at `size` with root hash `root`.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] and [`CheckpointError::Note`]; neither for a key that [`LogKey::parse`] read.
    pub fn sign(&self, size: u64, root: &Hash) -> Result<String, CheckpointError> {
        let root = tlog_tiles::Hash(*root);
        let checkpoint = tlog_tiles::Checkpoint::new(self.origin(), size, root, "")
            .map_err(|_| CheckpointError::Origin)?;
        self.sign_body(&checkpoint.to_bytes())
    }
}

/// What a checkpoint says; whether its signatures are right is not looked at here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHead {
    /// The log's origin.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root hash at that size.
    pub root: Hash,
}

impl TreeHead {
    /// Reads the text of a signed checkpoint; `None` if it is none.
    #[must_use]
    pub fn of_note(note: &[u8]) -> Option<Self> {
        let end = note.windows(2).position(|pair| pair == b"\n\n")? + 1;
        let head = tlog_tiles::Checkpoint::from_bytes(&note[..end]).ok()?;
        let (origin, size) = (head.origin().to_owned(), head.size());
        Some(Self { origin, size, root: head.hash().0 })
    }
}

#[cfg(test)]
mod tests {
    use signed_note::{Note, StandardVerifier, VerifierList};

    use super::*;

    #[test]
    fn a_checkpoint_is_a_note_that_others_read_and_verify() {
        let key = LogKey::from_seed("log.example/test", &[3; 32]).unwrap();
        let note = key.sign(5, &[9; 32]).unwrap();
        let mut lines = note.lines();
        assert_eq!(lines.next(), Some("log.example/test"));
        assert_eq!(lines.next(), Some("5"));
        let known = StandardVerifier::new(key.verifier()).unwrap();
        let parsed = Note::from_bytes(note.as_bytes()).unwrap();
        let (verified, unverified) =
            parsed.verify(&VerifierList::new(vec![Box::new(known)])).unwrap();
        assert_eq!((verified.len(), unverified.len()), (1, 0));
        assert_eq!(tlog_tiles::Checkpoint::from_bytes(parsed.text()).unwrap().size(), 5);
        let head = TreeHead::of_note(note.as_bytes()).unwrap();
        assert_eq!((head.origin.as_str(), head.size, head.root), ("log.example/test", 5, [9; 32]));
        assert_eq!(TreeHead::of_note(b"log.example/test\n5\n"), None);
    }

    #[test]
    fn the_text_form_of_a_key_is_read_back() {
        let key = LogKey::from_seed("log.example/test", &[3; 32]).unwrap();
        let again = LogKey::parse(&format!("{}\n", key.secret())).unwrap();
        assert_eq!(again.verifier(), key.verifier());
        assert!(LogKey::from_seed("no spaces", &[3; 32]).is_err());
        assert!(LogKey::parse("PRIVATE+KEY+x+00000000+AQ==").is_err());
    }
}
