//! Whether disclosures are right, and what a sealed entry hides, §2.1 and §2.2.

use crate::bundle::Disclosure;
use crate::commitment::commitment;
use crate::encoding;
use crate::entry::{Envelope, EnvelopeError, OpenEnvelope, SealedEnvelope};
use crate::merkle::Hash;

/// Why a disclosure was not accepted (check `disclosures`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// Nothing is committed at this path.
    #[error("nothing is committed at {path:?}")]
    NotCommitted {
        /// The path.
        path: String,
    },
    /// The commitment is to something else.
    #[error("salt and value at {path:?} are not what was committed")]
    Mismatch {
        /// The path.
        path: String,
    },
    /// A sealed entry's content was disclosed without its envelope.
    #[error("{path:?} is inside a sealed entry whose envelope is not disclosed")]
    StillSealed {
        /// The path.
        path: String,
    },
    /// The inner envelope breaks a rule of §2.
    #[error("the inner envelope: {0}")]
    Inner(#[from] EnvelopeError),
    /// The inner envelope claims another place or time.
    #[error("the inner envelope has another log, seq, id, at or clock than the sealed entry")]
    InnerPlace,
}

/// Checks every disclosure and returns the inner envelope of a sealed entry, if it is shown.
///
/// # Errors
/// The first disclosure that is not right.
pub fn check(
    envelope: &Envelope,
    disclosures: &[Disclosure],
) -> Result<Option<OpenEnvelope>, DisclosureError> {
    match envelope {
        Envelope::Open(open) => check_open(open, disclosures).map(|()| None),
        Envelope::Sealed(sealed) => check_sealed(sealed, disclosures),
    }
}

fn check_sealed(
    sealed: &SealedEnvelope,
    disclosures: &[Disclosure],
) -> Result<Option<OpenEnvelope>, DisclosureError> {
    // The disclosures are sorted, so the empty path comes first.
    let Some((first, rest)) = disclosures.split_first() else { return Ok(None) };
    if !first.path.is_empty() {
        return Err(DisclosureError::StillSealed { path: first.path.clone() });
    }
    check_one(first, &sealed.commitment)?;
    let inner = OpenEnvelope::read(&first.value)?;
    if inner.header != sealed.header {
        return Err(DisclosureError::InnerPlace);
    }
    check_open(&inner, rest)?;
    Ok(Some(inner))
}

fn check_open(open: &OpenEnvelope, disclosures: &[Disclosure]) -> Result<(), DisclosureError> {
    for disclosure in disclosures {
        let committed = committed_at(open, &disclosure.path)
            .ok_or_else(|| DisclosureError::NotCommitted { path: disclosure.path.clone() })?;
        check_one(disclosure, committed)?;
    }
    Ok(())
}

fn committed_at<'a>(open: &'a OpenEnvelope, path: &str) -> Option<&'a Hash> {
    if let Some(index) = path.strip_prefix("/sig/") {
        return open.signatures.get(usize::try_from(encoding::position(index)?).ok()?);
    }
    open.commitments.iter().find(|(committed, _)| committed == path).map(|(_, hash)| hash)
}

fn check_one(disclosure: &Disclosure, committed: &Hash) -> Result<(), DisclosureError> {
    let computed = commitment(&disclosure.path, &disclosure.salt, &disclosure.value);
    if computed == *committed {
        Ok(())
    } else {
        Err(DisclosureError::Mismatch { path: disclosure.path.clone() })
    }
}
