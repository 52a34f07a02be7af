//! Decides what is cosigned: one log after the other, each in one line of checkpoints.

use std::collections::BTreeMap;
use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tracing::{error, info};
use verifier::encoding::hex;
use verifier::merkle::{ProofError, sha256, verify_consistency};
use verifier::note::{Checkpoint, NoteError, NoteKey, Observed, claim, observe};

use crate::evidence::{Evidence, Kept, Shows};
use crate::history::{self, History};
use crate::request::AddCheckpoint;
use crate::state::{Latest, State};
use crate::{KeyFileError, WitnessKey};

/// Pairs of checkpoints with a proof that does not hold are kept up to here: anybody can hand in wrong proofs, only a
/// log that lies can hand in two roots, and those are always kept.
const NOT_EXTENDED_MAX: usize = 100;

/// How far the clock may be set back so that times stay in the order of the sizes.
const CLOCK_STEP_SECONDS_MAX: u64 = 300;

/// Why a folder is not to be worked with.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Two keys cannot be told apart, or a key is of nobody.
    #[error("{name}: two logs cannot have one key, nor a log and the witness")]
    SharedKey {
        /// Name of the second key.
        name: String,
    },
    /// No log.
    #[error("no log is given: name at least one with --log")]
    NoLog,
    /// Another process.
    #[error("{} is in use by another witness: two would sign two histories", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The disk.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Why nothing could be remembered, so that nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A file.
    #[error("the file {}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The last cosigned checkpoint is not what was written.
    #[error(
        "{} is not a checkpoint signed by a key of this log and by this witness: it is damaged, or of another key; \
         nothing is cosigned until it is put back from a backup, for without it two histories could be signed",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// An earlier request broke off in the middle.
    #[error("an earlier request of this log broke off: start the witness again")]
    BrokenOff,
}

impl StorageError {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

/// Why a checkpoint was not cosigned.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Not a checkpoint, or one with extension lines.
    #[error("the note is not a checkpoint without extension lines")]
    NotACheckpoint,
    /// A log that is not known.
    #[error("the log {origin:?} is not known here")]
    UnknownOrigin {
        /// What it calls itself.
        origin: String,
    },
    /// Not by the log's key.
    #[error("no signature by a key of the log")]
    NotSigned,
    /// The old size is larger than the checkpoint's.
    #[error("the old size {old} is larger than the checkpoint's, {size}")]
    OldBeyondNew {
        /// The old size.
        old: u64,
        /// The checkpoint's.
        size: u64,
    },
    /// The old size is not the one of the last cosigned checkpoint.
    #[error("the last cosigned checkpoint has the size {latest}")]
    OtherSize {
        /// Its size.
        latest: u64,
    },
    /// The log signed another tree of a size that was cosigned.
    #[error("another root of size {size} was cosigned: the log shows two histories")]
    SplitView {
        /// That size.
        size: u64,
        /// The size of the last cosigned checkpoint.
        latest: u64,
    },
    /// The proof does not hold.
    #[error("the log is not shown to extend the last cosigned checkpoint: {0}")]
    NotExtended(ProofError),
    /// Nothing could be remembered.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A checkpoint that was cosigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    /// Its log.
    pub origin: String,
    /// Its size.
    pub size: u64,
    /// The witness's signature line, with its newline.
    pub line: String,
}

/// One log, as far as this witness saw it.
#[derive(Debug)]
struct Log {
    keys: Vec<NoteKey>,
    state: State,
    history: History,
    /// Held for the whole of a request; the latest time that was signed in this process.
    turn: Mutex<u64>,
}

impl Log {
    /// The note of the same size that was cosigned, if there was one.
    fn cosigned_at(
        &self,
        latest: Option<&Latest>,
        given: &Checkpoint,
    ) -> Result<Option<String>, StorageError> {
        let Some(latest) = latest else { return Ok(None) };
        match given.size.cmp(&latest.checkpoint.size) {
            std::cmp::Ordering::Greater => Ok(None),
            std::cmp::Ordering::Equal => Ok(Some(latest.note.clone())),
            std::cmp::Ordering::Less => {
                let found = self.history.find(&given.origin, given.size)?;
                Ok(found.filter(|note| observe(note, &self.keys).is_ok()))
            }
        }
    }

    /// Puts a checkpoint into the history, and the one before it if a crash kept it out.
    fn remember(
        &self,
        latest: Option<&Latest>,
        observed: &Observed<'_>,
    ) -> Result<(), StorageError> {
        let before = latest.and_then(|latest| {
            observe(&latest.note, &self.keys).ok().and_then(|before| history::record(&before))
        });
        let Some(next) = history::record(observed) else { return Ok(()) };
        let origin = &observed.checkpoint.origin;
        let is_signed =
            |record: &history::Record| observe(&history::note(origin, record), &self.keys).is_ok();
        self.history.append(before, next, is_signed)
    }
}

/// The logs of a witness, in a folder that is its alone.
#[derive(Debug)]
pub struct Ledger {
    key: WitnessKey,
    logs: BTreeMap<String, Log>,
    evidence: PathBuf,
    _lock: File,
}

impl Ledger {
    /// Opens `folder`, in which `witness init` put a key, for logs with these keys; several may be of one log.
    ///
    /// # Errors
    /// If another process works with it, or what lies there is not of these keys.
    pub fn open(folder: &Path, log_keys: Vec<NoteKey>) -> Result<Self, LedgerError> {
        let key = WitnessKey::read(&key_file(folder))?;
        let lock = lock(folder)?;
        let mut keys: BTreeMap<String, Vec<NoteKey>> = BTreeMap::new();
        let mut seen = vec![key.verifier().clone()];
        for log_key in log_keys {
            let name = log_key.name().to_owned();
            if seen.iter().any(|other| other.same_key(&log_key)) {
                return Err(LedgerError::SharedKey { name });
            }
            seen.push(log_key.clone());
            keys.entry(name).or_default().push(log_key);
        }
        if keys.is_empty() {
            return Err(LedgerError::NoLog);
        }
        let evidence = folder.join("evidence");
        create_folder(&evidence)?;
        let mut logs = BTreeMap::new();
        for (origin, keys) in keys {
            let place = log_folder(folder, &origin);
            create_folder(&place)?;
            let (state, history) = (State::new(&place), History::new(&place));
            state.read(&keys, &key)?;
            logs.insert(origin, Log { keys, state, history, turn: Mutex::new(0) });
        }
        Ok(Self { key, logs, evidence, _lock: lock })
    }

    /// The witness's key.
    #[must_use]
    pub const fn key(&self) -> &WitnessKey {
        &self.key
    }

    /// Names of the logs.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.logs.keys().map(String::as_str)
    }

    /// The last checkpoint that was cosigned of a log, with both signatures; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn latest(&self, origin: &str) -> Result<Option<(Checkpoint, String)>, StorageError> {
        let Some(log) = self.logs.get(origin) else { return Ok(None) };
        let latest = log.state.read(&log.keys, &self.key)?;
        Ok(latest.map(|latest| (latest.checkpoint, latest.note)))
    }

    /// How many files of evidence there are.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn evidence_count(&self) -> Result<usize, StorageError> {
        self.count("")
    }

    /// Cosigns a checkpoint at `now`, in seconds since 1970, if it extends the last one.
    ///
    /// When this returns, what was signed is on the disk: after a crash the same request gets a cosignature again.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn add(&self, request: &AddCheckpoint, now: u64) -> Result<Cosigned, Refusal> {
        let (origin, _) = claim(&request.note).ok_or(Refusal::NotACheckpoint)?;
        let Some(log) = self.logs.get(&origin) else {
            return Err(Refusal::UnknownOrigin { origin });
        };
        let observed = observe(&request.note, &log.keys).map_err(|error| match error {
            NoteError::NotSignedByLog => Refusal::NotSigned,
            _ => Refusal::NotACheckpoint,
        })?;
        // A panic in the middle of an earlier request leaves the disk as it is, which nobody then knows.
        let mut turn = log.turn.lock().map_err(|_: PoisonError<_>| StorageError::BrokenOff)?;
        let latest = log.state.read(&log.keys, &self.key)?;
        self.check(log, latest.as_ref(), &observed, request, now)?;
        let before = latest.as_ref().map_or(0, |latest| latest.time).max(*turn);
        let time = steady(before, now);
        let line = self.key.cosign(observed.text, time);
        let checkpoint = &observed.checkpoint;
        if latest.as_ref().is_none_or(|latest| latest.checkpoint.size < checkpoint.size) {
            // A crash before this leaves the old checkpoint, and nobody has the new signature.
            log.state.replace(&format!("{}{line}", observed.note()))?;
            // A crash before this leaves it out of the history; the next request puts it there.
            log.remember(latest.as_ref(), &observed)?;
        }
        *turn = time;
        Ok(Cosigned { origin, size: checkpoint.size, line })
    }

    fn check(
        &self,
        log: &Log,
        latest: Option<&Latest>,
        observed: &Observed<'_>,
        request: &AddCheckpoint,
        now: u64,
    ) -> Result<(), Refusal> {
        let (old, given) = (request.old_size, &observed.checkpoint);
        let size = latest.map_or(0, |latest| latest.checkpoint.size);
        let mut contradicts = false;
        // First of all, whatever else is wrong with the request: two roots of one size are never to be lost.
        if let Some(cosigned) = log.cosigned_at(latest, given)? {
            let before = observe(&cosigned, &log.keys).map_err(|_| Refusal::NotACheckpoint)?;
            if before.checkpoint.root != given.root {
                self.keep(Shows::TwoRoots, before.note(), observed, request, now)?;
                contradicts = true;
            }
        }
        if old > given.size {
            return Err(Refusal::OldBeyondNew { old, size: given.size });
        }
        if contradicts {
            return Err(Refusal::SplitView { size: given.size, latest: size });
        }
        if old != size {
            return Err(Refusal::OtherSize { latest: size });
        }
        let Some(latest) = latest else {
            // The first one is taken as it is; of nothing there is one root only.
            let is_empty = given.size == 0 && given.root != sha256(b"");
            let wrong = ProofError::RootMismatch { computed: sha256(b"") };
            return if is_empty { Err(Refusal::NotExtended(wrong)) } else { Ok(()) };
        };
        if size == 0 {
            return Ok(());
        }
        let before = (size, &latest.checkpoint.root);
        let extends = verify_consistency(before, (given.size, &given.root), &request.proof);
        extends.map_err(|cause| {
            let before = observe(&latest.note, &log.keys).map(|before| before.note());
            let kept =
                before.map(|before| self.keep(Shows::NotExtended, before, observed, request, now));
            match kept {
                Ok(Err(error)) => Refusal::Storage(error),
                _ => Refusal::NotExtended(cause),
            }
        })
    }

    fn keep(
        &self,
        shows: Shows,
        cosigned: String,
        observed: &Observed<'_>,
        request: &AddCheckpoint,
        now: u64,
    ) -> Result<(), StorageError> {
        let origin = &observed.checkpoint.origin;
        if shows == Shows::NotExtended && self.count("not-extended")? >= NOT_EXTENDED_MAX {
            info!(log.origin = %origin, "a proof did not hold; its evidence was not kept, there is too much of it");
            return Ok(());
        }
        let (given, proof) = (observed.note(), request.proof.clone());
        let evidence = Evidence { shows, cosigned, given, proof, seen: now };
        let Kept { path, is_new } = evidence.keep(&self.evidence)?;
        if is_new {
            let file = path.display();
            error!(log.origin = %origin, evidence.file = %file, "the log contradicts itself: see `witness evidence`");
        }
        Ok(())
    }

    fn count(&self, prefix: &str) -> Result<usize, StorageError> {
        let file = |source| StorageError::file(&self.evidence, source);
        let entries = std::fs::read_dir(&self.evidence).map_err(file)?;
        let named = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(named.filter(|name| name.starts_with(prefix)).count())
    }
}

/// A clock that is set back a little does not take the time of cosignatures back with it. One that is set back by more
/// was wrong before, and logs take no cosignature of the future.
const fn steady(before: u64, now: u64) -> u64 {
    let back = before.saturating_sub(now);
    if back <= CLOCK_STEP_SECONDS_MAX { now + back } else { now }
}

/// Where the key of a witness lies.
#[must_use]
pub fn key_file(folder: &Path) -> PathBuf {
    folder.join("witness.key")
}

/// Where what is known of a log lies; an origin may hold what no file name can.
fn log_folder(folder: &Path, origin: &str) -> PathBuf {
    folder.join("logs").join(&origin_hash(origin)[2..])
}

/// The last checkpoint of a log that was cosigned in `folder`, where a witness may be running.
#[cfg(feature = "chain")]
pub(crate) fn latest_in(
    folder: &Path,
    own: &WitnessKey,
    log: &NoteKey,
) -> Result<Option<Latest>, StorageError> {
    State::new(&log_folder(folder, log.name())).read(std::slice::from_ref(log), own)
}

/// The hexadecimal SHA-256 of a log's origin, with `0x`.
pub(crate) fn origin_hash(origin: &str) -> String {
    hex(&sha256(origin.as_bytes()))
}

/// Makes a folder that others cannot look into.
pub(crate) fn create_folder(path: &Path) -> Result<(), StorageError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| StorageError::file(path, source))
}

fn lock(folder: &Path) -> Result<File, LedgerError> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(|source| StorageError::file(&path, source))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(LedgerError::Locked { path: folder.to_owned() }),
    }
}
