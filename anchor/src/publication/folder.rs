//! A folder that a web server serves, or that is copied on.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::Place;
use crate::durable;

/// A folder: `checkpoint` and `tile/…` lie in it.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
}

/// Why a file of the folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}", .path.display())]
pub struct FolderError {
    /// The file.
    path: PathBuf,
    /// Why.
    #[source]
    source: io::Error,
}

impl Folder {
    /// The folder at `root`, which is made if it is missing.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }
}

impl Place for Folder {
    type Error = FolderError;

    async fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, FolderError> {
        let path = self.root.join(name);
        let mut bytes = Vec::new();
        match File::open(&path).and_then(|file| file.take(bytes_max as u64).read_to_end(&mut bytes))
        {
            Ok(_) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FolderError { path, source }),
        }
    }

    async fn write(&self, name: &str, content: Vec<u8>, _: bool) -> Result<(), FolderError> {
        let path = self.root.join(name);
        let beside = path.clone();
        let written = tokio::task::spawn_blocking(move || replace(&beside, &content)).await;
        written
            .unwrap_or_else(|cut| Err(io::Error::other(cut)))
            .map_err(|source| FolderError { path, source })
    }
}

/// Puts a file there, and the folders it lies in.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    durable::replace(path, content)
}
