//! What is kept when a log contradicts itself, and what anybody concludes from it.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use verifier::encoding::{hex, instant, instant_ms, unhex_array};
use verifier::json::{self, JsonError, Rules, Value, object};
use verifier::merkle::{Hash, PROOF_HASHES_MAX, ProofError, sha256, verify_consistency};
use verifier::note::{NoteError, NoteKey, observe};

use crate::ledger::StorageError;

const VERSION: &str = "smart-tenders/evidence@v1";
/// Two notes and a proof.
const EVIDENCE_BYTES_MAX: usize = 256 * 1024;

/// What two notes are said to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// One size, two roots.
    TwoRoots,
    /// A larger tree, and a proof that does not show it to extend the smaller one.
    NotExtended,
}

impl Shows {
    const fn name(self) -> &'static str {
        match self {
            Self::TwoRoots => "two-roots",
            Self::NotExtended => "not-extended",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        [Self::TwoRoots, Self::NotExtended].into_iter().find(|shows| shows.name() == name)
    }
}

/// Two checkpoints that a log signed, as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What they are said to show.
    pub shows: Shows,
    /// The note that the witness had cosigned.
    pub cosigned: String,
    /// The note that it was given.
    pub given: String,
    /// The consistency proof it was given, from the first to the second.
    pub proof: Vec<Hash>,
    /// When, in seconds since 1970, by the witness's clock.
    pub seen: u64,
}

/// Why a file is no evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Too long.
    #[error("the file has more than {EVIDENCE_BYTES_MAX} bytes")]
    TooLong,
    /// Not JSON of the profile.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A member.
    #[error("the member {0:?} is missing, unknown or not as it must be")]
    Member(String),
}

/// What evidence shows, by the key of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Whoever holds the key signed two trees of one size: one of the two was shown to somebody as the log.
    Convicts {
        /// Name of the log.
        origin: String,
        /// Leaves of both.
        size: u64,
        /// The two roots.
        roots: [Hash; 2],
    },
    /// Both were signed, and this proof does not connect them: another one may.
    Undecided {
        /// Name of the log.
        origin: String,
        /// Leaves of the two.
        sizes: [u64; 2],
        /// Why the proof does not hold.
        cause: ProofError,
    },
    /// The two go together.
    Nothing,
    /// One of the notes is not by this key.
    NotSigned(NoteError),
    /// The notes are of two logs.
    OtherLog,
}

impl Evidence {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let proof = self.proof.iter().map(|hash| hex(hash).into()).collect();
        let value = object([
            ("cosigned", self.cosigned.as_str().into()),
            ("given", self.given.as_str().into()),
            ("proof", Value::Array(proof)),
            ("seen", instant(i128::from(self.seen) * 1000).into()),
            ("shows", self.shows.name().into()),
            ("v", VERSION.into()),
        ]);
        json::canonical_profile(&value).into_bytes()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If it has another form; the notes are not verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if bytes.len() > EVIDENCE_BYTES_MAX {
            return Err(EvidenceError::TooLong);
        }
        let value = json::parse(bytes, Rules::Profile)?;
        let names = ["cosigned", "given", "proof", "seen", "shows", "v"];
        let wrong = |name: &str| EvidenceError::Member(name.to_owned());
        let members = value.as_object().ok_or_else(|| wrong(""))?;
        if let Some(unknown) = members.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(wrong(unknown));
        }
        let text = |name| members.get(name).and_then(Value::as_str).ok_or_else(|| wrong(name));
        if text("v")? != VERSION {
            return Err(wrong("v"));
        }
        let seen = instant_ms(text("seen")?).and_then(|ms| u64::try_from(ms / 1000).ok());
        let hash = |value: &Value| value.as_str().and_then(unhex_array);
        let proof = members.get("proof").and_then(Value::as_array);
        let proof = proof.filter(|proof| proof.len() <= PROOF_HASHES_MAX);
        let proof = proof.and_then(|proof| proof.iter().map(hash).collect());
        Ok(Self {
            shows: Shows::parse(text("shows")?).ok_or_else(|| wrong("shows"))?,
            cosigned: text("cosigned")?.to_owned(),
            given: text("given")?.to_owned(),
            proof: proof.ok_or_else(|| wrong("proof"))?,
            seen: seen.ok_or_else(|| wrong("seen"))?,
        })
    }

    /// What it shows to somebody who knows the log's `key`; what the file says it shows is not asked.
    #[must_use]
    pub fn judge(&self, key: &NoteKey) -> Judgement {
        let keys = std::slice::from_ref(key);
        let (cosigned, given) = match (observe(&self.cosigned, keys), observe(&self.given, keys)) {
            (Ok(cosigned), Ok(given)) => (cosigned.checkpoint, given.checkpoint),
            (Err(error), _) | (_, Err(error)) => return Judgement::NotSigned(error),
        };
        if cosigned.origin != given.origin || cosigned.origin != key.name() {
            return Judgement::OtherLog;
        }
        let origin = cosigned.origin;
        if cosigned.size == given.size {
            let roots = [cosigned.root, given.root];
            return if roots[0] == roots[1] {
                Judgement::Nothing
            } else {
                Judgement::Convicts { origin, size: given.size, roots }
            };
        }
        let old = (cosigned.size, &cosigned.root);
        match verify_consistency(old, (given.size, &given.root), &self.proof) {
            Ok(()) => Judgement::Nothing,
            Err(cause) => {
                Judgement::Undecided { origin, sizes: [cosigned.size, given.size], cause }
            }
        }
    }

    /// Writes it to a file of `folder` that is named after the two notes; what is there is left as it is.
    pub(crate) fn keep(&self, folder: &Path) -> Result<Kept, StorageError> {
        let named = [self.cosigned.as_bytes(), b"\0", self.given.as_bytes()].concat();
        let name = format!("{}-{}.json", self.shows.name(), &hex(&sha256(&named))[2..34]);
        let path = folder.join(name);
        let write = || {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            file.write_all(&self.to_bytes())?;
            file.sync_all()
        };
        match write() {
            Ok(()) => Ok(Kept { path, is_new: true }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Ok(Kept { path, is_new: false })
            }
            Err(source) => Err(StorageError::file(&path, source)),
        }
    }
}

/// Where evidence is.
#[derive(Debug)]
pub(crate) struct Kept {
    pub path: PathBuf,
    pub is_new: bool,
}

impl Judgement {
    /// 1 if it convicts, 3 if more is needed, 0 if the notes go together, 2 if they are not the log's.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Convicts { .. } => 1,
            Self::Undecided { .. } => 3,
            Self::Nothing => 0,
            Self::NotSigned(_) | Self::OtherLog => 2,
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Convicts { origin, size, roots: [one, other] } => write!(
                f,
                "SPLIT VIEW: the key of {origin} signed two logs of {size} entries\n  \
                 one with the root   {}\n  the other with root {}\n\
                 No log is both. Whoever holds that key showed different people different logs, or replaced \
                 entries that were published. The two signatures prove it to anybody who knows the key.",
                hex(one),
                hex(other)
            ),
            Self::Undecided { origin, sizes: [old, new], cause } => write!(
                f,
                "undecided: the key of {origin} signed logs of {old} and of {new} entries, and the proof that \
                 the second extends the first does not hold: {cause}\n\
                 That convicts nobody: anybody can hand in a genuine checkpoint with a wrong proof. Ask the log for \
                 its tiles (`witness follow` makes the proof of them) or recompute both roots from the entries: if no \
                 proof from {old} to {new} exists, the log was rewritten; an honest log always has one."
            ),
            Self::Nothing => f.write_str("nothing: the two checkpoints are of one log"),
            Self::NotSigned(cause) => {
                write!(f, "no evidence against this key: a note is not by it: {cause}")
            }
            Self::OtherLog => {
                f.write_str("no evidence: the two notes are not both of the key's log")
            }
        }
    }
}
