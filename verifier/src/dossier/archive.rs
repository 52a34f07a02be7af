//! The zip file of a dossier, read with limits and unpacked nowhere but in memory.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use zip::ZipArchive;
use zip::result::ZipError;

use super::layout;
use crate::bundle::BUNDLE_BYTES_MAX;
use crate::json::JsonError;
use crate::members::ShapeError;

/// The largest dossier, in bytes.
pub const DOSSIER_BYTES_MAX: usize = 128 * 1024 * 1024;
/// The most files of a dossier.
pub(super) const FILES_MAX: usize = 20_000;
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
    /// Bytes before the zip file or in between, a comment, something extra, files that overlap, two of
    /// one name, or a directory that says something else than its files.
    #[error(
        "the zip file has bytes in front or in between, a comment, something extra, files that \
         overlap, two of one name, or a directory that says something else than its files"
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
    layout::check(bytes)?;
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    if archive.has_duplicate_names() {
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
    let (most, size) = (limit.min(left), file.size());
    let mut content = Vec::new();
    // What the directory says of a file's size is not believed before it was seen.
    let unpacked = file.take(most as u64 + 1).read_to_end(&mut content);
    unpacked.map_err(|source| DossierError::Unpack { name: name.clone(), source })?;
    if content.len() > limit {
        return Err(DossierError::FileTooLong { name, limit });
    }
    if content.len() > left {
        return Err(DossierError::Unpacked);
    }
    if content.len() as u64 != size {
        return Err(DossierError::Layout);
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
