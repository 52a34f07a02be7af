//! The auditor's own file, in which a replay keeps where it is.
//!
//! See [`crate::own_file`] for its form.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::entries::Entries;
use super::replay::Replayed;
use super::roots::Roots;
use super::tiles::TILE_WIDTH;
use super::tower::Tower;
use crate::encoding::hex;
use crate::json::{Value, object};
use crate::members::Members;
use crate::note::{Checkpoint, verify_checkpoint};
use crate::own_file::{self, Content};
use crate::policy::Policy;

const FIRST_WORD: &str = "smart-tenders/replay-state@v1";
/// Some 20 bytes are kept of each entry, so this is far beyond what a replay can hold.
const STATE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// Why a replay cannot go on from a file, or keep where it is: not a verdict (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be read.
    #[error("reading {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("writing {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not what a replay wrote.
    #[error(
        "{} is damaged or no state of a replay: name another file, or delete it, to replay from the start",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The node shows fewer batches than were compared before.
    #[error(
        "{compared} batches were compared before, the node shows {shown}: it is behind, or the chain was set back; ask it again later, or another"
    )]
    NodeBehind {
        /// Batches compared before.
        compared: usize,
        /// Batches the node shows.
        shown: usize,
    },
    /// The file is of another policy, so what it remembers was checked against other keys.
    #[error(
        "{} is of another policy or log: name another file, or delete it, to replay from the start",
        .path.display()
    )]
    OtherPolicy {
        /// The file.
        path: PathBuf,
    },
}

/// Where a replay keeps what it needs to go on.
#[derive(Debug, Clone, Copy)]
pub struct StateFile<'a> {
    /// The file; a replay whose file does not exist starts at the first entry.
    pub path: &'a Path,
    /// How long a replay goes on before it is written again, at the end of a tile. All of it is
    /// written each time, so it is time that says when: by entries, a log of twice the length would
    /// have four times as much written.
    pub every: Duration,
}

/// What a file remembers.
pub(super) struct Saved {
    pub(super) replayed: Replayed,
    /// The newest checkpoint that was seen.
    pub(super) seen: Checkpoint,
    /// The same with its signatures.
    pub(super) note: String,
}

impl StateFile<'_> {
    /// What the file remembers; `None` if there is no file.
    pub(super) fn read(&self, policy: &Policy) -> Result<Option<Saved>, StateError> {
        let Some(state) = read(self.path, FIRST_WORD, policy)? else { return Ok(None) };
        let damaged = || StateError::Damaged { path: self.path.to_owned() };
        saved(&state, policy).map(Some).ok_or_else(damaged)
    }

    /// Puts what was replayed in the place of what the file remembered.
    pub(super) fn write(
        &self,
        replayed: &Replayed,
        note: &str,
        policy: &Policy,
    ) -> Result<(), StateError> {
        let state = object([
            ("checkpoint", note.into()),
            ("entries", replayed.entries.to_json()),
            ("origin", policy.origin.clone().into()),
            ("policy", hex(&policy.fingerprint).into()),
            ("roots", replayed.roots.to_json()),
            ("tower", replayed.tower.to_json()),
        ]);
        write(self.path, FIRST_WORD, &state)
    }
}

/// The JSON that a file of the auditor's keeps; `None` if there is no file.
///
/// It has the members `origin` and `policy`, which have to be those of `policy`.
pub(crate) fn read(
    path: &Path,
    first_word: &str,
    policy: &Policy,
) -> Result<Option<Value>, StateError> {
    let owned = || path.to_owned();
    let content = own_file::read(path, first_word, STATE_BYTES_MAX);
    let kept = match content.map_err(|source| StateError::Read { path: owned(), source })? {
        Content::None => return Ok(None),
        Content::Damaged => return Err(StateError::Damaged { path: owned() }),
        Content::Json(kept) => kept,
    };
    let of = |name| kept.get(name).and_then(Value::as_str);
    let fingerprint = hex(&policy.fingerprint);
    if (of("policy"), of("origin")) == (Some(&fingerprint), Some(&policy.origin)) {
        Ok(Some(kept))
    } else {
        Err(StateError::OtherPolicy { path: owned() })
    }
}

/// Puts what [`read`] reads in the place of what the file kept.
pub(crate) fn write(path: &Path, first_word: &str, kept: &Value) -> Result<(), StateError> {
    own_file::write(path, first_word, kept)
        .map_err(|source| StateError::Write { path: path.to_owned(), source })
}

fn saved(state: &Value, policy: &Policy) -> Option<Saved> {
    let names = ["checkpoint", "entries", "origin", "policy", "roots", "tower"];
    let members = Members::exactly(state, "state", &names).ok()?;
    let (keys, quorum) = (&policy.witness_keys, policy.witness_quorum);
    let note = members.string("checkpoint").ok()?;
    let seen = verify_checkpoint(note, &policy.log_key, keys, quorum).ok()?;
    let roots = Roots::from_json(members.value("roots").ok()?)?;
    let size = roots.size();
    let entries = Entries::from_json(members.value("entries").ok()?, &policy.origin, size)?;
    let tower = Tower::from_json(members.value("tower").ok()?)?;
    let fits = size.is_multiple_of(TILE_WIDTH) && size <= seen.size;
    let replayed = Replayed { entries, roots, tower };
    fits.then_some(Saved { replayed, seen, note: note.to_owned() })
}
