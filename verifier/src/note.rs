//! Signed notes and checkpoints: C2SP `signed-note`, `tlog-checkpoint` and `tlog-cosignature`.

use ed25519_dalek::{Signature, VerifyingKey};

use crate::encoding;
use crate::merkle::Hash;

/// More bytes than any checkpoint needs, and the most that are read.
pub const NOTE_BYTES_MAX: usize = 64 * 1024;
const SIGNATURES_MAX: usize = 100;
/// The latest time of a cosignature, in seconds since 1970 (`tlog-cosignature`).
pub const COSIGNATURE_TIME_MAX: u64 = i64::MAX as u64;

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// 0x01: the note's text, by the log or the receipt service.
    Ed25519,
    /// 0x04: `cosignature/v1`, a time and the note's text, by a witness.
    Cosignature,
}

/// A verifier key: a name, an algorithm and an Ed25519 public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteKey {
    name: String,
    id: [u8; 4],
    algorithm: Algorithm,
    key: VerifyingKey,
}

/// Why a text is not a verifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not `<name>+<hex key id>+<base64>`.
    #[error("not <name>+<hex key id>+<base64 of algorithm and key>")]
    Form,
    /// Neither 0x01 nor 0x04.
    #[error("an unknown algorithm {0:#04x}")]
    Algorithm(u8),
    /// The key id is not the one of this name and key.
    #[error("the key id is not the one of this name and key")]
    Id,
    /// Not a point of the curve, or one of small order.
    #[error("not a usable Ed25519 public key")]
    Point,
}

/// Why a note was not accepted (checks `checkpoint` and `receipt`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Too long, control characters, no blank line, or a malformed signature line.
    #[error("not a signed note")]
    Form,
    /// A signature by a key the policy does not list.
    #[error("a signature line by {name:?} with a key that the policy does not list")]
    UnknownKey {
        /// The key's name in the note.
        name: String,
    },
    /// A note that one key signs is signed by another.
    #[error("the signature line by {name:?} is not of the policy's receiptKey")]
    OtherKey {
        /// The key's name in the note.
        name: String,
    },
    /// A note that one key signs has more lines than that.
    #[error("the note has {0} signature lines, not exactly one")]
    SignatureLines(usize),
    /// One key signed twice.
    #[error("two signature lines by the same key of {name:?}")]
    RepeatedKey {
        /// The key's name.
        name: String,
    },
    /// A signature does not verify.
    #[error("the signature by {name:?} does not verify")]
    BadSignature {
        /// The key's name.
        name: String,
    },
    /// The log did not sign.
    #[error("no signature by the log's key")]
    NotSignedByLog,
    /// Too few witnesses signed.
    #[error("{found} witnesses signed, the policy wants {wanted}")]
    TooFewWitnesses {
        /// How many signed.
        found: usize,
        /// How many must.
        wanted: usize,
    },
    /// The text is not `<origin>\n<size>\n<root>\n`.
    #[error("the note is not a checkpoint")]
    NotACheckpoint,
}

impl NoteKey {
    /// Reads `<name>+<8 hex digits>+<base64 of the algorithm byte and the public key>`.
    ///
    /// # Errors
    /// If the form is wrong or the key unusable.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let id: [u8; 4] = encoding::unhex_array(&format!("0x{id}")).ok_or(KeyError::Form)?;
        let material = encoding::unbase64_standard(key).ok_or(KeyError::Form)?;
        let (algorithm_byte, point) = material.split_first().ok_or(KeyError::Form)?;
        let algorithm = match algorithm_byte {
            1 => Algorithm::Ed25519,
            4 => Algorithm::Cosignature,
            other => return Err(KeyError::Algorithm(*other)),
        };
        let point: &[u8; 32] = point.try_into().map_err(|_| KeyError::Form)?;
        let key = VerifyingKey::from_bytes(point).map_err(|_| KeyError::Point)?;
        if key.is_weak() {
            return Err(KeyError::Point);
        }
        if name.is_empty() || name.chars().any(char::is_whitespace) {
            return Err(KeyError::Form);
        }
        let hashed = [name.as_bytes(), b"\n", &material].concat();
        if crate::merkle::sha256(&hashed)[..4] != id {
            return Err(KeyError::Id);
        }
        Ok(Self { name: name.to_owned(), id, algorithm, key })
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the key signs.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether this is the same public key as `other`, under whatever name.
    #[must_use]
    pub fn same_key(&self, other: &Self) -> bool {
        self.key == other.key
    }

    fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let (message, signature) = match (self.algorithm, signature.split_at_checked(8)) {
            (Algorithm::Cosignature, Some((time, signature))) => {
                let Ok(time) = time.try_into().map(u64::from_be_bytes) else { return false };
                if time > COSIGNATURE_TIME_MAX {
                    return false;
                }
                (cosigned_message(time, text).into_bytes(), signature)
            }
            _ => (text.as_bytes().to_vec(), signature),
        };
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(&message, &signature).is_ok())
    }
}

/// A checkpoint whose signatures were checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's origin.
    pub origin: String,
    /// Leaves in the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// How many witnesses signed it.
    pub witnesses: usize,
}

/// Checks that `note` is a checkpoint signed by the log and at least `quorum` witnesses, and by
/// nobody else.
///
/// # Errors
/// The first thing wrong.
pub fn verify_checkpoint(
    note: &str,
    log_key: &NoteKey,
    witness_keys: &[NoteKey],
    quorum: usize,
) -> Result<Checkpoint, NoteError> {
    let (text, lines) = split(note).ok_or(NoteError::Form)?;
    let mut seen: Vec<&NoteKey> = Vec::new();
    for line in lines {
        let (name, id, signature) = signature_line(line).ok_or(NoteError::Form)?;
        let known = std::iter::once(log_key).chain(witness_keys);
        let key = known
            .into_iter()
            .find(|key| key.name == name && key.id == id)
            .ok_or_else(|| NoteError::UnknownKey { name: name.to_owned() })?;
        if seen.contains(&key) {
            return Err(NoteError::RepeatedKey { name: name.to_owned() });
        }
        if !key.verifies(text, &signature) {
            return Err(NoteError::BadSignature { name: name.to_owned() });
        }
        seen.push(key);
    }
    if !seen.contains(&log_key) {
        return Err(NoteError::NotSignedByLog);
    }
    let witnesses = seen.len() - 1;
    if witnesses < quorum {
        return Err(NoteError::TooFewWitnesses { found: witnesses, wanted: quorum });
    }
    let (origin, size, root) = body(text).ok_or(NoteError::NotACheckpoint)?;
    Ok(Checkpoint { origin, size, root, witnesses })
}

/// A checkpoint by one of a log's keys, and what of its note that key made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed<'a> {
    /// What the log says; nobody counted the witnesses.
    pub checkpoint: Checkpoint,
    /// The signed text, with its newline.
    pub text: &'a str,
    /// The first signature line that verifies, without its newline.
    pub line: &'a str,
}

impl Observed<'_> {
    /// The note with the log's signature line and no other.
    #[must_use]
    pub fn note(&self) -> String {
        format!("{}\n{}\n", self.text, self.line)
    }
}

/// Reads `note` as a witness does: one signature by one of the log's `keys` has to verify, lines by other keys are
/// not looked at (`tlog-witness`).
///
/// # Errors
/// If it is no checkpoint, or none of `keys` signed it.
pub fn observe<'a>(note: &'a str, keys: &[NoteKey]) -> Result<Observed<'a>, NoteError> {
    let (text, lines) = split(note).ok_or(NoteError::Form)?;
    let (origin, size, root) = body(text).ok_or(NoteError::NotACheckpoint)?;
    let mut signed = None;
    for line in lines {
        let (name, id, signature) = signature_line(line).ok_or(NoteError::Form)?;
        let mut own = keys.iter().filter(|key| key.name == name && key.id == id);
        if signed.is_none() && own.any(|key| key.verifies(text, &signature)) {
            signed = Some(line);
        }
    }
    let line = signed.ok_or(NoteError::NotSignedByLog)?;
    Ok(Observed { checkpoint: Checkpoint { origin, size, root, witnesses: 0 }, text, line })
}

/// Origin and size that a checkpoint names, whoever signed it.
#[must_use]
pub fn claim(note: &str) -> Option<(String, u64)> {
    split(note).and_then(|(text, _)| body(text)).map(|(origin, size, _)| (origin, size))
}

/// What a witness signs at `time`, in seconds since 1970, for a checkpoint's `text` (`cosignature/v1`).
#[must_use]
pub fn cosigned_message(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// Checks that `note` has one signature line, by `key`, and returns the signed text.
///
/// # Errors
/// The first thing wrong.
pub fn verify_signed<'a>(note: &'a str, key: &NoteKey) -> Result<&'a str, NoteError> {
    let (text, lines) = split(note).ok_or(NoteError::Form)?;
    let [line] = lines.as_slice() else { return Err(NoteError::SignatureLines(lines.len())) };
    let (name, id, signature) = signature_line(line).ok_or(NoteError::Form)?;
    if key.name != name || key.id != id {
        return Err(NoteError::OtherKey { name: name.to_owned() });
    }
    if !key.verifies(text, &signature) {
        return Err(NoteError::BadSignature { name: name.to_owned() });
    }
    Ok(text)
}

/// The signed text, with its newline, and the signature lines.
fn split(note: &str) -> Option<(&str, Vec<&str>)> {
    let control = |byte: u8| byte < 0x20 && byte != b'\n';
    if note.len() > NOTE_BYTES_MAX || note.bytes().any(control) {
        return None;
    }
    let blank = note.rfind("\n\n")?;
    let lines: Vec<&str> = note[blank + 2..].strip_suffix('\n')?.split('\n').collect();
    if lines.len() > SIGNATURES_MAX { None } else { Some((&note[..=blank], lines)) }
}

/// `— <name> <base64 of key id and signature>`.
fn signature_line(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let decoded = encoding::unbase64_standard(encoded)?;
    let (id, signature) = decoded.split_first_chunk::<4>()?;
    Some((name, *id, signature.to_vec()))
}

fn body(text: &str) -> Option<(String, u64, Hash)> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
    if lines.next().is_some() || origin.is_empty() {
        return None;
    }
    let root = encoding::unbase64_standard(root)?.try_into().ok()?;
    Some((origin.to_owned(), encoding::position(size)?, root))
}
