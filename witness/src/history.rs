//! Every checkpoint that was cosigned of a log, so that a log that comes back to an old size with another tree is
//! convicted by what it signed then.
//!
//! Records of one length, sorted by size, only ever appended: size, root, key id and signature of the log's line. A
//! crash may leave half a record, or none of the newest; the next one that is appended mends both.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use verifier::encoding::{base64_standard, unbase64_standard};
use verifier::note::Observed;

use crate::ledger::StorageError;

const SIGNED_BYTES: usize = 4 + 64;
const RECORD_BYTES: usize = 8 + 32 + SIGNED_BYTES;

/// The file of one log.
#[derive(Debug)]
pub(crate) struct History {
    path: PathBuf,
}

/// One record, as bytes.
pub(crate) type Record = [u8; RECORD_BYTES];

impl History {
    pub(crate) fn new(folder: &Path) -> Self {
        Self { path: folder.join("history") }
    }

    /// Appends `next`, and `before` first if a crash kept it out; `is_signed` tells a note of the log from what a
    /// crash left of one.
    pub(crate) fn append(
        &self,
        before: Option<Record>,
        next: Record,
        is_signed: impl Fn(&Record) -> bool,
    ) -> Result<(), StorageError> {
        let append = || {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false);
            let file = file.open(&self.path)?;
            let mut count = records(&file)?;
            let mut last = count.checked_sub(1).map(|last| at(&file, last)).transpose()?;
            // Each record is on the disk before the next one begins: only the last can be half a one.
            if last.as_ref().is_some_and(|last| !is_signed(last)) {
                count -= 1;
                last = count.checked_sub(1).map(|last| at(&file, last)).transpose()?;
            }
            for record in before.into_iter().chain([next]) {
                if last.as_ref().is_none_or(|last| size_of(last) < size_of(&record)) {
                    file.write_all_at(&record, count * RECORD_BYTES as u64)?;
                    count += 1;
                }
            }
            file.set_len(count * RECORD_BYTES as u64)?;
            file.sync_data()
        };
        append().map_err(|source| StorageError::file(&self.path, source))
    }

    /// The note of `origin` that was cosigned at exactly `size`.
    pub(crate) fn find(&self, origin: &str, size: u64) -> Result<Option<String>, StorageError> {
        let find = || {
            let file = match File::open(&self.path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            let (mut low, mut high) = (0, records(&file)?);
            while low < high {
                let middle = low + (high - low) / 2;
                let record = at(&file, middle)?;
                match size_of(&record).cmp(&size) {
                    std::cmp::Ordering::Equal => return Ok(Some(note(origin, &record))),
                    std::cmp::Ordering::Less => low = middle + 1,
                    std::cmp::Ordering::Greater => high = middle,
                }
            }
            Ok(None)
        };
        find().map_err(|source| StorageError::file(&self.path, source))
    }
}

/// `None` for a signature that is no Ed25519 one, which none that verified is.
pub(crate) fn record(observed: &Observed<'_>) -> Option<Record> {
    let (_, encoded) = observed.line.rsplit_once(' ')?;
    let signed: [u8; SIGNED_BYTES] = unbase64_standard(encoded)?.try_into().ok()?;
    let size = observed.checkpoint.size.to_be_bytes();
    [size.as_slice(), &observed.checkpoint.root, &signed].concat().try_into().ok()
}

/// The signed note that a record was made of.
pub(crate) fn note(origin: &str, record: &Record) -> String {
    let root = base64_standard(&record[8..40]);
    let signed = base64_standard(&record[40..]);
    let size = size_of(record);
    format!("{origin}\n{size}\n{root}\n\n\u{2014} {origin} {signed}\n")
}

fn size_of(record: &Record) -> u64 {
    u64::from_be_bytes(*record.first_chunk().expect("a record starts with its size"))
}

fn records(file: &File) -> io::Result<u64> {
    Ok(file.metadata()?.len() / RECORD_BYTES as u64)
}

fn at(file: &File, index: u64) -> io::Result<Record> {
    let mut record = [0; RECORD_BYTES];
    file.read_exact_at(&mut record, index * RECORD_BYTES as u64)?;
    Ok(record)
}
