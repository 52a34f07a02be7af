//! A published log in a folder: the same paths as below its address, one file each.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// How a log's address begins that is a folder of this machine.
const SCHEME: &str = "file://";

/// Why a folder gave no usable part of a log.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The address does not name a folder.
    #[error("{address} is not file:// and the absolute path of a folder, as in file:///srv/copy")]
    Address {
        /// The address.
        address: String,
    },
    /// The folder or a file in it cannot be read.
    #[error("reading {}", .path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A link leads out of the folder, or to something that is no file.
    #[error("{} is not a file in the log's folder", .path.display())]
    NotInside {
        /// The file.
        path: PathBuf,
    },
    /// The file is longer than any such part of a log.
    #[error("{} is longer than the {bytes_max} bytes it may have", .path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its limit.
        bytes_max: usize,
    },
}

/// A folder with `log/checkpoint` and `log/tile/` in it.
pub(super) struct Folder {
    /// Without links, so that what lies in it can be told from what does not.
    root: PathBuf,
}

impl Folder {
    /// The folder of an address that begins with `file://`; `None` for any other address.
    pub(super) fn at(address: &str) -> Result<Option<Self>, FolderError> {
        let Some(path) = address.strip_prefix(SCHEME) else { return Ok(None) };
        let path = Path::new(path);
        if !path.is_absolute() {
            return Err(FolderError::Address { address: address.to_owned() });
        }
        let root = fs::canonicalize(path).map_err(unread(path))?;
        if root.is_dir() {
            Ok(Some(Self { root }))
        } else {
            Err(FolderError::Address { address: address.to_owned() })
        }
    }

    /// The bytes of the file at `path`, which begins with a slash; `None` if there is none.
    ///
    /// A copy may be anybody's, with links in it: nothing is read that is not a file in the folder.
    pub(super) fn get(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, FolderError> {
        let path = self.root.join(path.trim_start_matches('/'));
        let file = match fs::canonicalize(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file.map_err(unread(&path))?,
        };
        // Only then opened: to open what is no file, a pipe say, may wait for ever.
        if !file.starts_with(&self.root) || !file.is_file() {
            return Err(FolderError::NotInside { path });
        }
        let mut bytes = Vec::new();
        let limit = bytes_max as u64 + 1;
        let read = File::open(&file).and_then(|file| file.take(limit).read_to_end(&mut bytes));
        read.map_err(unread(&path))?;
        if bytes.len() > bytes_max {
            return Err(FolderError::TooLong { path, bytes_max });
        }
        Ok(Some(bytes))
    }
}

fn unread(path: &Path) -> impl Fn(io::Error) -> FolderError + '_ {
    |source| FolderError::Read { path: path.to_owned(), source }
}
