//! The witness's key: made once, in a file that only its owner can read.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signer as _, SigningKey};
use verifier::encoding::{base64_standard, hex, unbase64_standard};
use verifier::merkle::sha256;
use verifier::note::{COSIGNATURE_TIME_MAX, KeyError, NoteKey, cosigned_message};

/// Algorithm byte of `cosignature/v1` with Ed25519.
const COSIGNATURE: u8 = 0x04;
/// Longer than any key's text form.
const KEY_BYTES_MAX: u64 = 4096;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The name cannot stand in a note.
    #[error(
        "{name:?} is no name of a witness: use a schema-less URL without white space or a plus, like witness.example/w1"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The file exists: a key that signed once is never replaced.
    #[error("{} is there already: a witness keeps its key, and this one was left as it is", .path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("the key file {}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Others can read the file.
    #[error("{} can be read by others than its owner: run chmod 600 on it", .path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("{} holds no key of a witness", .path.display())]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random numbers.
    #[error("the system gives no random numbers")]
    Random,
}

/// An Ed25519 key that signs nothing but `cosignature/v1`.
#[derive(Clone)]
pub struct WitnessKey {
    signing: SigningKey,
    verifier: NoteKey,
    text: String,
    id: [u8; 4],
}

impl fmt::Debug for WitnessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("WitnessKey").field("verifier", &self.text).finish_non_exhaustive()
    }
}

impl WitnessKey {
    /// The key of a witness called `name` from 32 random bytes.
    ///
    /// # Errors
    /// If `name` cannot stand in a note.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyFileError> {
        let signing = SigningKey::from_bytes(seed);
        let material = [&[COSIGNATURE], signing.verifying_key().as_bytes().as_slice()].concat();
        let hash = sha256(&[name.as_bytes(), b"\n", &material].concat());
        let id = [hash[0], hash[1], hash[2], hash[3]];
        let text = format!("{name}+{}+{}", &hex(&id)[2..], base64_standard(&material));
        let is_clean = !name.contains('+') && !name.chars().any(char::is_control);
        let verifier = NoteKey::parse(&text).ok().filter(|_| is_clean);
        let verifier = verifier.ok_or_else(|| KeyFileError::Name { name: name.to_owned() })?;
        Ok(Self { signing, verifier, text, id })
    }

    /// Makes a key and writes it to a new file of mode 0600.
    ///
    /// # Errors
    /// If the file exists, whatever it holds, or cannot be written.
    pub fn create(path: &Path, name: &str) -> Result<Self, KeyFileError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| KeyFileError::Random)?;
        let key = Self::from_seed(name, &seed)?;
        let file = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => KeyFileError::Exists { path: path.to_owned() },
            _ => KeyFileError::File { path: path.to_owned(), source },
        };
        let mut options = OpenOptions::new();
        let mut out = options.write(true).create_new(true).mode(0o600).open(path).map_err(file)?;
        let material = base64_standard(&[&[COSIGNATURE], seed.as_slice()].concat());
        let text = format!("PRIVATE+KEY+{name}+{}+{material}\n", &hex(&key.id)[2..]);
        out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(file)?;
        Ok(key)
    }

    /// Reads what [`Self::create`] wrote.
    ///
    /// # Errors
    /// If it is not that, or others can read it.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let file = |source| KeyFileError::File { path: path.to_owned(), source };
        let opened = File::open(path).map_err(file)?;
        if opened.metadata().map_err(file)?.permissions().mode() & 0o077 != 0 {
            return Err(KeyFileError::Open { path: path.to_owned() });
        }
        let mut text = String::new();
        opened.take(KEY_BYTES_MAX).read_to_string(&mut text).map_err(file)?;
        Self::parse(text.trim_end()).ok_or_else(|| KeyFileError::Form { path: path.to_owned() })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("PRIVATE+KEY+")?.splitn(3, '+');
        let (name, id, material) = (parts.next()?, parts.next()?, parts.next()?);
        let material = unbase64_standard(material)?;
        let (COSIGNATURE, seed) = material.split_first().map(|(byte, seed)| (*byte, seed))? else {
            return None;
        };
        let key = Self::from_seed(name, seed.try_into().ok()?).ok()?;
        (hex(&key.id)[2..] == *id).then_some(key)
    }

    /// The verifier key that logs and policies list: `<name>+<id>+<base64>` with algorithm 0x04.
    #[must_use]
    pub fn verifier_text(&self) -> &str {
        &self.text
    }

    /// The same, read.
    #[must_use]
    pub const fn verifier(&self) -> &NoteKey {
        &self.verifier
    }

    /// The signature line, with its newline, for a checkpoint's text at `time`, in seconds since 1970.
    pub(crate) fn cosign(&self, text: &str, time: u64) -> String {
        let time = time.min(COSIGNATURE_TIME_MAX);
        let signature = self.signing.sign(cosigned_message(time, text).as_bytes());
        let signed = [&self.id[..], &time.to_be_bytes(), &signature.to_bytes()].concat();
        format!("\u{2014} {} {}\n", self.verifier.name(), base64_standard(&signed))
    }

    /// The time of a line of this key; not verified.
    pub(crate) fn time_of(&self, line: &str) -> Option<u64> {
        let (name, encoded) = line.trim_end().strip_prefix("\u{2014} ")?.split_once(' ')?;
        let bytes = unbase64_standard(encoded)?;
        let (id, rest) = bytes.split_first_chunk::<4>()?;
        let time = rest.first_chunk::<8>()?;
        (name == self.verifier.name() && *id == self.id).then(|| u64::from_be_bytes(*time))
    }
}

/// Reads the verifier key of a log, `<origin>+<id>+<base64>` with algorithm 0x01.
///
/// # Errors
/// If it is none, or of a witness.
pub fn log_key(text: &str) -> Result<NoteKey, KeyError> {
    let key = NoteKey::parse(text)?;
    match key.algorithm() {
        verifier::note::Algorithm::Ed25519 => Ok(key),
        verifier::note::Algorithm::Cosignature => Err(KeyError::Algorithm(COSIGNATURE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of a verifier key's id by hand: SHA-256 of name, newline, 0x04 and key.
    #[test]
    fn the_key_id_is_the_one_of_tlog_cosignature() {
        let key = WitnessKey::from_seed("witness.example/w1", &[7; 32]).unwrap();
        let public = SigningKey::from_bytes(&[7; 32]).verifying_key().to_bytes();
        let hash = sha256(&[b"witness.example/w1\n\x04".as_slice(), &public].concat());
        let id = &hex(&hash[..4])[2..];
        assert_eq!(key.verifier_text().split('+').nth(1), Some(id));
    }

    #[test]
    fn names_that_cannot_stand_in_a_note_are_refused() {
        for name in ["", "two words", "a+b", "line\nfeed"] {
            let refused = WitnessKey::from_seed(name, &[7; 32]);
            assert!(matches!(refused, Err(KeyFileError::Name { .. })), "{name:?}");
        }
    }

    #[test]
    fn the_time_of_a_line_is_read_back() {
        let key = WitnessKey::from_seed("w", &[7; 32]).unwrap();
        let other = WitnessKey::from_seed("w", &[8; 32]).unwrap();
        let line = key.cosign("a\n1\nb\n", 1_700_000_000);
        assert_eq!(key.time_of(&line), Some(1_700_000_000));
        assert_eq!(other.time_of(&line), None);
    }
}
