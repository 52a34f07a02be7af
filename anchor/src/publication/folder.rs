//! A folder that a web server serves, or that is copied on.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::Place;

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

/// Writes a file beside `path` that takes its name once all of it is on the disk.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}
