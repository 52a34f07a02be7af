//! What a witness knows of one log: the checkpoint it cosigned last, as a signed note.
//!
//! The file is read again for every request, so that memory and disk can never differ, and is replaced whole: a crash
//! leaves the old one or the new one.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use verifier::note::{Checkpoint, NOTE_BYTES_MAX, NoteKey, verify_checkpoint};

use crate::WitnessKey;
use crate::ledger::StorageError;

/// The checkpoint that was cosigned last.
#[derive(Debug, Clone)]
pub(crate) struct Latest {
    pub checkpoint: Checkpoint,
    /// The note with the log's signature and ours.
    pub note: String,
    /// When it was cosigned, in seconds since 1970.
    pub time: u64,
}

/// The file of a log's last cosigned checkpoint.
#[derive(Debug)]
pub(crate) struct State {
    path: PathBuf,
}

impl State {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join("checkpoint") }
    }

    /// `None` if nothing was ever cosigned.
    pub(crate) fn read(
        &self,
        keys: &[NoteKey],
        own: &WitnessKey,
    ) -> Result<Option<Latest>, StorageError> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StorageError::file(&self.path, source)),
        };
        let mut note = String::new();
        file.take(NOTE_BYTES_MAX as u64 + 1)
            .read_to_string(&mut note)
            .map_err(|source| StorageError::file(&self.path, source))?;
        let damaged = || StorageError::Damaged { path: self.path.clone() };
        let witnesses = std::slice::from_ref(own.verifier());
        let by = |key| verify_checkpoint(&note, key, witnesses, 1).ok();
        let checkpoint = keys.iter().find_map(by).ok_or_else(damaged)?;
        let time = note.lines().find_map(|line| own.time_of(line)).ok_or_else(damaged)?;
        Ok(Some(Latest { checkpoint, note, time }))
    }

    /// Is on the disk when this returns.
    pub(crate) fn replace(&self, note: &str) -> Result<(), StorageError> {
        let file = |source| StorageError::file(&self.path, source);
        let beside = self.path.with_extension("new");
        let mut out = File::create(&beside).map_err(file)?;
        out.write_all(note.as_bytes()).and_then(|()| out.sync_all()).map_err(file)?;
        // A crash here leaves the old checkpoint: nothing was signed that left this machine.
        std::fs::rename(&beside, &self.path).map_err(file)?;
        // The new name is durable once its folder is.
        let folder = self.path.parent().unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(file)
    }
}
