//! The zip file of a dossier, read with limits and unpacked nowhere but in memory.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::bundle::BUNDLE_BYTES_MAX;
use crate::json::JsonError;
use crate::members::ShapeError;

/// The largest dossier, in bytes.
pub const DOSSIER_BYTES_MAX: usize = 128 * 1024 * 1024;
/// The most files of a dossier.
const FILES_MAX: usize = 20_000;
/// The most bytes of all files together: what a zip bomb runs into.
const UNPACKED_BYTES_MAX: usize = 256 * 1024 * 1024;
/// The longest name in a folder, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// The name of the list of everything else.
pub(super) const INDEX: &str = "dossier.json";

/// Why a file is not a dossier. Nothing is concluded from it, neither for nor against.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    /// Too long.
    #[error("the dossier has {0} bytes, more than 128 MiB")]
    TooLong(usize),
    /// Not a zip file, or one that is compressed or encrypted in another way.
    #[error("no zip file that can be read")]
    Zip(#[from] ZipError),
    /// Bytes before the zip file, a comment, a gap before its end, files that overlap, or two of one
    /// name.
    #[error(
        "the zip file has bytes in front, a comment, a gap before its end, files that overlap, or \
         two of one name"
    )]
    Layout,
    /// Too many files.
    #[error("the dossier has {0} files, more than 20000")]
    TooManyFiles(usize),
    /// A name that no file of a dossier has: absolute, with `..`, or in another folder.
    #[error("no file of a dossier is called {0:?}")]
    Name(String),
    /// The files are not sorted by name.
    #[error("{0:?} is not in the order of names")]
    Order(String),
    /// A file is longer than its kind may be.
    #[error("{name:?} has more than {limit} bytes")]
    FileTooLong {
        /// The file.
        name: String,
        /// The limit.
        limit: usize,
    },
    /// All files together are too long.
    #[error("the files have more than 256 MiB together")]
    Unpacked,
    /// A file cannot be unpacked.
    #[error("{name:?} cannot be unpacked")]
    Unpack {
        /// The file.
        name: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The list is not JSON of the profile.
    #[error("dossier.json: {0}")]
    Json(#[from] JsonError),
    /// The list is not its own canonical form.
    #[error("dossier.json is not exactly its own canonical form")]
    NotCanonical,
    /// The list has other members than the format names.
    #[error("dossier.json: {0}")]
    Shape(#[from] ShapeError),
    /// An item of the list is out of order, or a name does not follow from its item.
    #[error("dossier.json: the item of {0:?} is out of order, or its names do not follow from it")]
    Item(String),
    /// The list names a file that is not there.
    #[error("{0:?} is listed and not in the dossier")]
    Missing(String),
    /// A file is not in the list.
    #[error("{0:?} is in the dossier and not listed")]
    Unlisted(String),
}

/// The files of a dossier by name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Reads all files.
pub(super) fn read(bytes: &[u8]) -> Result<Files, DossierError> {
    if bytes.len() > DOSSIER_BYTES_MAX {
        return Err(DossierError::TooLong(bytes.len()));
    }
    let directory = check_end(bytes)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    if archive.offset() != 0
        || archive.central_directory_start() != directory
        || !archive.comment().is_empty()
        || archive.has_duplicate_names()
        || archive.has_overlapping_entries()?
    {
        return Err(DossierError::Layout);
    }
    let mut files = Files::new();
    let mut left = UNPACKED_BYTES_MAX;
    for place in 0..archive.len() {
        let (name, content) = read_file(&mut archive, place, left)?;
        left -= content.len();
        if files.last_key_value().is_some_and(|(last, _)| *last >= name) {
            return Err(DossierError::Order(name));
        }
        files.insert(name, content);
    }
    Ok(files)
}

/// Checks the end record before anything that it leads to is read, and returns where its directory
/// starts: the directory ends where the record starts, and the record ends the file, so that a reader
/// has no other one to look for. Whatever else looks like an end record is some document's content.
fn check_end(bytes: &[u8]) -> Result<u64, DossierError> {
    const END: &[u8] = b"PK\x05\x06";
    const END_BYTES: usize = 22;
    const ZIP64_LOCATOR: &[u8] = b"PK\x06\x07";
    const ZIP64_LOCATOR_BYTES: usize = 20;
    let start = bytes.len().checked_sub(END_BYTES);
    let start = start.ok_or(ZipError::InvalidArchive("too short".into()))?;
    let (before, end) = bytes.split_at(start);
    if !end.starts_with(END) {
        let comment = bytes.len().saturating_sub(END_BYTES + usize::from(u16::MAX));
        let commented = bytes[comment..].windows(END.len()).any(|it| it == END);
        let missing = ZipError::InvalidArchive("no end record".into());
        return Err(if commented { DossierError::Layout } else { missing.into() });
    }
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([end[at], end[at + 1]]));
    let u32_at =
        |at: usize| u64::from(u32::from_le_bytes([end[at], end[at + 1], end[at + 2], end[at + 3]]));
    let (disks, files_here, files) = (u16_at(4) + u16_at(6), u16_at(8), u16_at(10));
    let (size, directory, comment) = (u32_at(12), u32_at(16), u16_at(20));
    if files > FILES_MAX {
        return Err(DossierError::TooManyFiles(files));
    }
    let is_zip64 = before
        .len()
        .checked_sub(ZIP64_LOCATOR_BYTES)
        .is_some_and(|at| before[at..].starts_with(ZIP64_LOCATOR));
    let plain = disks == 0 && files_here == files && comment == 0 && !is_zip64;
    if !plain || directory + size != before.len() as u64 {
        return Err(DossierError::Layout);
    }
    Ok(directory)
}

fn read_file(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    place: usize,
    left: usize,
) -> Result<(String, Vec<u8>), DossierError> {
    let file = archive.by_index(place)?;
    let raw = file.name_raw();
    let name = String::from_utf8(raw.to_vec())
        .map_err(|_| DossierError::Name(String::from_utf8_lossy(raw).into_owned()))?;
    let limit = bytes_max(&name).ok_or_else(|| DossierError::Name(name.clone()))?;
    let most = limit.min(left);
    let mut content = Vec::new();
    // What a header says of a file's size is not believed.
    let unpacked = file.take(most as u64 + 1).read_to_end(&mut content);
    unpacked.map_err(|source| DossierError::Unpack { name: name.clone(), source })?;
    if content.len() > limit {
        return Err(DossierError::FileTooLong { name, limit });
    }
    if content.len() > left {
        return Err(DossierError::Unpacked);
    }
    Ok((name, content))
}

/// The most bytes of a file of that name; `None` for a name that no file has.
fn bytes_max(name: &str) -> Option<usize> {
    const MIB: usize = 1024 * 1024;
    if name == INDEX {
        return Some(8 * MIB);
    }
    let (folder, file) = name.split_once('/')?;
    let limit = match folder {
        "documents" => MIB,
        "proofs" => BUNDLE_BYTES_MAX,
        "releases" => 4 * MIB,
        _ => return None,
    };
    is_file_name(file).then_some(limit)
}

/// Whether a text can stand as a file's name on any system: nothing hidden, no folder, no `..`.
pub(super) fn is_file_name(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.len() <= NAME_BYTES_MAX
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(known)
        && !text.contains("..")
}
