//! Keys that live outside Postgres: for keyed hashes and for the vault.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use merkle::bundle::Disclosure;
use merkle::canonical;
use merkle::{Hash, Salt};
use sha2::Sha256;
use uuid::Uuid;

use crate::Entropy;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// Why keys could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// A key file could not be read, written or removed.
    #[error("cannot use the key file {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A key file has another length than a key.
    #[error("the key file {path} does not hold {KEY_BYTES} bytes")]
    Length {
        /// The file.
        path: PathBuf,
    },
    /// A subject's name cannot be a file's name.
    #[error("a vault subject holds a character other than a letter, a digit, a point or a hyphen")]
    Subject,
}

/// One key for each person or company whose values are withheld. Destroying it erases them.
pub trait VaultKeys: Send + Sync + 'static {
    /// The subject's key; made durable first when there is none.
    ///
    /// # Errors
    /// See [`KeysError`].
    fn get_or_create(
        &self,
        subject: &str,
        entropy: &dyn Entropy,
    ) -> Result<[u8; KEY_BYTES], KeysError>;

    /// The subject's key, if it was not destroyed.
    ///
    /// # Errors
    /// See [`KeysError`].
    fn get(&self, subject: &str) -> Result<Option<[u8; KEY_BYTES]>, KeysError>;

    /// Destroys the subject's key.
    ///
    /// # Errors
    /// See [`KeysError`].
    fn destroy(&self, subject: &str) -> Result<(), KeysError>;
}

/// Keys as files of a folder that is in no backup of Postgres.
#[derive(Debug)]
pub struct FolderKeys {
    folder: PathBuf,
}

impl FolderKeys {
    /// Uses `folder`, made with mode 0700 when it is not there.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn open(folder: &Path) -> Result<Self, KeysError> {
        use std::os::unix::fs::DirBuilderExt as _;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|source| KeysError::File { path: folder.to_path_buf(), source })?;
        Ok(Self { folder: folder.to_path_buf() })
    }

    fn file(&self, subject: &str) -> Result<PathBuf, KeysError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        if subject.is_empty() || subject.starts_with('.') || !subject.bytes().all(plain) {
            return Err(KeysError::Subject);
        }
        Ok(self.folder.join(format!("{subject}.key")))
    }
}

impl VaultKeys for FolderKeys {
    /// A crash after this leaves a key that nothing uses, which harms nobody; the other order would leave a
    /// value that nobody can read.
    fn get_or_create(
        &self,
        subject: &str,
        entropy: &dyn Entropy,
    ) -> Result<[u8; KEY_BYTES], KeysError> {
        if let Some(key) = self.get(subject)? {
            return Ok(key);
        }
        let path = self.file(subject)?;
        let mut key = [0; KEY_BYTES];
        entropy.fill(&mut key);
        match write_new(&path, &self.folder, &key, entropy) {
            Ok(()) => Ok(key),
            // Another writer made it a moment ago.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.get(subject)?.ok_or(KeysError::Length { path })
            }
            Err(source) => Err(KeysError::File { path, source }),
        }
    }

    fn get(&self, subject: &str) -> Result<Option<[u8; KEY_BYTES]>, KeysError> {
        let path = self.file(subject)?;
        match fs::read(&path) {
            Ok(bytes) => bytes.try_into().map(Some).map_err(|_| KeysError::Length { path }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeysError::File { path, source }),
        }
    }

    fn destroy(&self, subject: &str) -> Result<(), KeysError> {
        let path = self.file(subject)?;
        let overwrite = || -> io::Result<()> {
            let file = fs::OpenOptions::new().write(true).open(&path)?;
            (&file).write_all(&[0; KEY_BYTES])?;
            file.sync_all()?;
            fs::remove_file(&path)?;
            fs::File::open(&self.folder)?.sync_all()
        };
        match overwrite() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(KeysError::File { path, source: error })
            }
            _ => Ok(()),
        }
    }
}

/// Whole or not at all: written beside, made durable, then given its name, which fails if the name is taken.
///
/// What stands beside has a name of its own, so that two who make the same key at once do not write the same file.
fn write_new(path: &Path, folder: &Path, key: &[u8], entropy: &dyn Entropy) -> io::Result<()> {
    let mut suffix = [0; 8];
    entropy.fill(&mut suffix);
    let beside = path.with_extension(format!("new-{:016x}", u64::from_be_bytes(suffix)));
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    (&file).write_all(key)?;
    file.sync_all()?;
    let linked = fs::hard_link(&beside, path);
    fs::remove_file(&beside)?;
    linked?;
    fs::File::open(folder)?.sync_all()
}

/// Keys in memory, for the in-memory store.
#[derive(Debug, Default)]
pub struct MemoryKeys(Mutex<HashMap<String, [u8; KEY_BYTES]>>);

impl VaultKeys for MemoryKeys {
    fn get_or_create(
        &self,
        subject: &str,
        entropy: &dyn Entropy,
    ) -> Result<[u8; KEY_BYTES], KeysError> {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(*keys.entry(subject.to_owned()).or_insert_with(|| {
            let mut key = [0; KEY_BYTES];
            entropy.fill(&mut key);
            key
        }))
    }

    fn get(&self, subject: &str) -> Result<Option<[u8; KEY_BYTES]>, KeysError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(subject).copied())
    }

    fn destroy(&self, subject: &str) -> Result<(), KeysError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(subject);
        Ok(())
    }
}

/// Everything secret that the store works with.
#[derive(Clone)]
pub struct Keyring {
    hash_key: [u8; KEY_BYTES],
    vault: Arc<dyn VaultKeys>,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Keyring(…)")
    }
}

impl Keyring {
    /// `hash_key` keys the hashes of claims and command bodies; it must stay the same for the log's whole life.
    #[must_use]
    pub fn new(hash_key: [u8; KEY_BYTES], vault: Arc<dyn VaultKeys>) -> Self {
        Self { hash_key, vault }
    }

    pub(crate) fn claim_hash(&self, kind: &str, value: &str) -> Hash {
        self.keyed(&[b"claim", kind.as_bytes(), value.as_bytes()])
    }

    pub(crate) fn body_hash(&self, body: &[u8]) -> Hash {
        self.keyed(&[b"command", body])
    }

    fn keyed(&self, parts: &[&[u8]]) -> Hash {
        let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&self.hash_key)
            .expect("HMAC takes a key of any length");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Encrypts `plain` under the subject's key, for other rooms: destroying the key erases it.
    ///
    /// `context` says what it is and where it belongs; only the same context opens it again.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn seal_bytes(
        &self,
        subject: &str,
        context: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KeysError> {
        self.encrypt(subject, &elsewhere(context), plain, entropy)
    }

    /// What [`Keyring::seal_bytes`] encrypted; `None` when the key was destroyed, or the bytes are of another subject
    /// or context, or changed.
    ///
    /// # Errors
    /// See [`KeysError`].
    pub fn open_bytes(
        &self,
        subject: &str,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, KeysError> {
        self.decrypt(subject, &elsewhere(context), sealed)
    }

    /// Encrypts salt and value, bound to the event and the path.
    pub(crate) fn seal(
        &self,
        subject: &str,
        event: Uuid,
        disclosure: &Disclosure,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KeysError> {
        let value = canonical::to_bytes(&disclosure.value).expect("the value was committed to");
        let plain = [disclosure.salt.0.as_slice(), &value].concat();
        self.encrypt(subject, &place(event, &disclosure.path), &plain, entropy)
    }

    /// What [`Keyring::seal`] encrypted, or `None` when the key was destroyed or the bytes are not ours.
    pub(crate) fn open(
        &self,
        subject: &str,
        event: Uuid,
        path: &str,
        sealed: &[u8],
    ) -> Result<Option<Disclosure>, KeysError> {
        let plain = self.decrypt(subject, &place(event, path), sealed)?;
        Ok(plain.and_then(|plain| {
            let (salt, value) = plain.split_first_chunk::<32>()?;
            let value = canonical::from_bytes(value).ok()?;
            Some(Disclosure { path: path.to_owned(), salt: Salt(*salt), value })
        }))
    }

    fn encrypt(
        &self,
        subject: &str,
        place: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KeysError> {
        let key = self.vault.get_or_create(subject, entropy)?;
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce);
        let sealed = XChaCha20Poly1305::new(&key.into())
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: place })
            .expect("what fits in memory can be encrypted");
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn decrypt(
        &self,
        subject: &str,
        place: &[u8],
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, KeysError> {
        let Some(key) = self.vault.get(subject)? else { return Ok(None) };
        let Some((nonce, sealed)) = sealed.split_at_checked(NONCE_BYTES) else { return Ok(None) };
        let payload = Payload { msg: sealed, aad: place };
        Ok(XChaCha20Poly1305::new(&key.into()).decrypt(XNonce::from_slice(nonce), payload).ok())
    }
}

/// The place of a value in the vault.
fn place(event: Uuid, path: &str) -> Vec<u8> {
    [event.as_bytes().as_slice(), path.as_bytes()].concat()
}

/// A place outside the vault. Byte 8 of an event id has its high bit set and that of this prefix has not, so that what
/// another room stores can never stand in for a value of the vault, nor the other way round.
fn elsewhere(context: &[u8]) -> Vec<u8> {
    [b"smart-tenders/sealed-bytes@v1\0".as_slice(), context].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    fn keyring() -> (Keyring, Arc<MemoryKeys>) {
        let vault = Arc::new(MemoryKeys::default());
        (Keyring::new([7; 32], vault.clone()), vault)
    }

    #[test]
    fn bytes_open_in_their_context_only_and_never_after_their_key_is_destroyed() {
        let (keyring, vault) = keyring();
        let sealed = keyring.seal_bytes("one", b"document/1", b"text", &SystemEntropy).unwrap();
        keyring.seal_bytes("two", b"document/1", b"text", &SystemEntropy).unwrap();
        let open = |subject, context: &[u8], sealed: &[u8]| {
            keyring.open_bytes(subject, context, sealed).unwrap()
        };
        assert_eq!(open("one", b"document/1", &sealed).unwrap(), b"text");
        assert!(open("one", b"document/2", &sealed).is_none());
        assert!(open("two", b"document/1", &sealed).is_none());
        assert!(open("one", b"document/1", &sealed[..10]).is_none());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(open("one", b"document/1", &changed).is_none(), "byte {index}");
        }
        vault.destroy("one").unwrap();
        assert!(open("one", b"document/1", &sealed).is_none());
    }

    #[test]
    fn of_many_who_make_a_key_at_once_all_get_the_one_that_is_kept() {
        let folder = std::env::temp_dir().join(format!("keys-{}", std::process::id()));
        let keys = FolderKeys::open(&folder).unwrap();
        for subject in 0..20 {
            let subject = format!("subject-{subject}");
            let (keys, subject, barrier) = (&keys, &subject, &std::sync::Barrier::new(4));
            let made: Vec<_> = std::thread::scope(|scope| {
                let make = || {
                    barrier.wait();
                    keys.get_or_create(subject, &SystemEntropy).unwrap()
                };
                let makers = [(); 4].map(|()| scope.spawn(make));
                makers.into_iter().map(|maker| maker.join().unwrap()).collect()
            });
            let kept = keys.get(subject).unwrap().unwrap();
            assert!(made.iter().all(|key| *key == kept), "{subject}");
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn bytes_of_another_room_cannot_stand_in_for_a_value_of_the_vault() {
        let (keyring, _) = keyring();
        let event = SystemEntropy.event_id(1_522_080_000_000);
        let context = place(event, "/data/contact");
        let plain = [[0; 32].as_slice(), b"{}"].concat();
        let sealed = keyring.seal_bytes("one", &context, &plain, &SystemEntropy).unwrap();
        assert!(keyring.open("one", event, "/data/contact", &sealed).unwrap().is_none());
    }
}
