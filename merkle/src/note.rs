//! Signed notes (C2SP `signed-note`): the key that checkpoints and receipts are signed with, each with its own.

use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use signed_note::{Note, Signer, SignerError, StandardSigner};

/// Algorithm byte of Ed25519 in a note's keys.
const ED25519: u8 = 0x01;

/// Why a key text could not be used, or a note not be signed.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// Not a signed-note key, or a name with a space or a plus.
    #[error("not a signed-note signer key")]
    Key(#[source] SignerError),
    /// The note's text is malformed or could not be signed.
    #[error("the note cannot be signed")]
    Note(#[source] signed_note::NoteError),
    /// What is to be signed is of another log than the key, or its origin does not fit in a note.
    #[error("the origin does not fit in the note")]
    Origin,
    /// An instant is outside the years 1970 to 9999.
    #[error("an instant does not fit in the note")]
    Instant,
}

/// An Ed25519 key of a log for one use, `U`, so that none can be misused for the notes of another. Its name is the
/// log's origin.
#[derive(Clone)]
pub struct NoteKey<U> {
    signer: StandardSigner,
    secret: String,
    verifier: String,
    signs: PhantomData<U>,
}

impl<U> fmt::Debug for NoteKey<U> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NoteKey").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl<U> NoteKey<U> {
    /// Makes the key of `origin` from 32 random bytes.
    ///
    /// # Errors
    /// [`NoteError::Key`] when `origin` is no key name.
    pub fn from_seed(origin: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let public = SigningKey::from_bytes(seed).verifying_key().to_bytes();
        let id = signed_note::key_id(origin, &[&[ED25519], public.as_slice()].concat());
        let private = STANDARD.encode([&[ED25519], seed.as_slice()].concat());
        Self::parse(&format!("PRIVATE+KEY+{origin}+{id:08x}+{private}"))
    }

    /// Reads the text form, `PRIVATE+KEY+<name>+<id>+<base64>`; white space around it is ignored.
    ///
    /// # Errors
    /// [`NoteError::Key`].
    pub fn parse(secret: &str) -> Result<Self, NoteError> {
        let secret = secret.trim();
        let signer = StandardSigner::new(secret).map_err(NoteError::Key)?;
        let verifier = verifier_key(secret).ok_or(NoteError::Key(SignerError::Format))?;
        Ok(Self { signer, secret: secret.to_owned(), verifier, signs: PhantomData })
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

    /// The note with this body; Ed25519 draws no random number, so that the same body makes the same note.
    pub(crate) fn sign_body(&self, body: &[u8]) -> Result<String, NoteError> {
        let mut note = Note::new(body, &[]).map_err(NoteError::Note)?;
        note.add_sigs(&[&self.signer]).map_err(NoteError::Note)?;
        String::from_utf8(note.to_bytes()).map_err(|_| NoteError::Origin)
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
