//! Sealed entries: what the log shows, and what the vault keeps.

use merkle::bundle::Disclosure;
use merkle::entry::EntryError;
use merkle::{Commitment, Entry, Envelope, Salt, SealedEnvelope};

use crate::types::ReadError;

/// Where a sealed entry commits to its inner envelope.
pub(crate) const PATH: &str = "";

/// Seals `inner`: the outer entry and its bytes, and what goes into the vault.
pub(crate) fn close(
    inner: &Envelope,
    salt: Salt,
) -> Result<(Vec<u8>, Entry, Disclosure), EntryError> {
    // An inner envelope is no larger than an entry: it is disclosed in one bundle with what it withholds.
    inner.to_entry()?;
    let disclosure = Disclosure { path: PATH.to_owned(), salt, value: inner.to_value()? };
    let outer = SealedEnvelope::of(inner, Commitment::to(PATH, &salt, &disclosure.value)?);
    Ok((outer.to_entry()?, Entry::Sealed(outer), disclosure))
}

/// The inner envelope, once the outer entry is found to commit to it.
pub(crate) fn open(outer: &SealedEnvelope, disclosure: Disclosure) -> Result<Envelope, ReadError> {
    let position = outer.seq;
    let commitment = Commitment::to(&disclosure.path, &disclosure.salt, &disclosure.value)
        .map_err(|source| ReadError::Corrupt { position, source: source.into() })?;
    let inner = Envelope::from_value(disclosure.value)
        .map_err(|source| ReadError::Corrupt { position, source })?;
    if commitment == outer.commitment && outer.fits(&inner) {
        Ok(inner)
    } else {
        Err(ReadError::Vault { position })
    }
}
