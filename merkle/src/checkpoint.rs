//! Signed checkpoints (C2SP `tlog-checkpoint`, `signed-note`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use signed_note::{Note, Signer, SignerError, StandardSigner};

use crate::hash::Hash;

/// Algorithm byte of Ed25519 in a note's keys.
const ED25519: u8 = 0x01;

/// The key that signs checkpoints. Its name is the log's origin.
#[derive(Clone)]
pub struct LogKey {
    signer: StandardSigner,
    secret: String,
    verifier: String,
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("LogKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

/// Why a key text or a checkpoint could not be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed-note key, or a name with a space or a plus.
    #[error("not a signed-note signer key")]
    Key(#[source] SignerError),
    /// The note's text is malformed or could not be signed.
    #[error("the checkpoint cannot be signed")]
    Note(#[source] signed_note::NoteError),
    /// The origin is empty or holds a line break.
    #[error("the origin does not fit in a checkpoint")]
    Origin,
}

impl LogKey {
    /// Makes the key of `origin` from 32 random bytes.
    ///
    /// # Errors
    /// [`CheckpointError::Key`] when `origin` is no key name.
    pub fn from_seed(origin: &str, seed: &[u8; 32]) -> Result<Self, CheckpointError> {
        let public = SigningKey::from_bytes(seed).verifying_key().to_bytes();
        let id = signed_note::key_id(origin, &[&[ED25519], public.as_slice()].concat());
        let private = STANDARD.encode([&[ED25519], seed.as_slice()].concat());
        Self::parse(&format!("PRIVATE+KEY+{origin}+{id:08x}+{private}"))
    }

    /// Reads the text form, `PRIVATE+KEY+<name>+<id>+<base64>`; white space around it is ignored.
    ///
    /// # Errors
    /// [`CheckpointError::Key`].
    pub fn parse(secret: &str) -> Result<Self, CheckpointError> {
        let secret = secret.trim();
        let signer = StandardSigner::new(secret).map_err(CheckpointError::Key)?;
        let verifier = verifier_key(secret).ok_or(CheckpointError::Key(SignerError::Format))?;
        Ok(Self { signer, secret: secret.to_owned(), verifier })
    }

    /// The secret text form, for a file that only the service may read.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.secret
    }

    /// The verifier key, `<name>+<id>+<base64>`: what a policy lists.
    #[must_use]
    pub fn verifier(&self) -> &str {
        &self.verifier
    }

    /// The log's origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.signer.name()
    }

    /// A signed checkpoint of the log at `size` with root hash `root`.
    ///
    /// # Errors
    /// [`CheckpointError::Origin`] and [`CheckpointError::Note`]; neither for a key that [`LogKey::parse`] read.
    pub fn sign(&self, size: u64, root: &Hash) -> Result<String, CheckpointError> {
        let root = tlog_tiles::Hash(*root);
        let body = tlog_tiles::Checkpoint::new(self.origin(), size, root, "")
            .map_err(|_| CheckpointError::Origin)?
            .to_bytes();
        let mut note = Note::new(&body, &[]).map_err(CheckpointError::Note)?;
        note.add_sigs(&[&self.signer]).map_err(CheckpointError::Note)?;
        String::from_utf8(note.to_bytes()).map_err(|_| CheckpointError::Origin)
    }
}

fn verifier_key(secret: &str) -> Option<String> {
    let mut parts = secret.splitn(5, '+').skip(2);
    let (name, _id, key) = (parts.next()?, parts.next()?, parts.next()?);
    let seed: [u8; 32] = STANDARD.decode(key).ok()?.get(1..)?.try_into().ok()?;
    Some(signed_note::new_ed25519_verifier_key(
        name,
        &SigningKey::from_bytes(&seed).verifying_key(),
    ))
}

#[cfg(test)]
mod tests {
    use signed_note::{StandardVerifier, VerifierList};

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
