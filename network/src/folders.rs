//! Where a network keeps its files.
//!
//! Below the data folder: `description.json` (what the chain was made from), `genesis.json`,
//! `ports.json`, `keys/`, `logs/` and a folder for each node. Keys that others use too lie in a
//! folder of their own. Sockets lie in a short folder, because a path of a Unix socket has at most
//! 107 bytes.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::keys::{create_secret_folder, random_word};
use crate::ports::Ports;
use crate::running::NetworkError;

/// Longest path of a Unix socket, in bytes; the system's limit is 108 with the ending zero.
const SOCKET_PATH_BYTES_MAX: usize = 107;
/// Longest file name in the socket folder: a node's name and `.ipc`.
const SOCKET_NAME_BYTES_MAX: usize = 30;

/// The folders of one network.
#[derive(Clone, Debug)]
pub struct Folders {
    data: PathBuf,
    keys: PathBuf,
    sockets: PathBuf,
}

impl Folders {
    /// A network in `data` whose anchoring key lies in `keys`.
    ///
    /// # Errors
    /// If the paths cannot be made absolute, or the system gives no random bytes.
    pub fn new(data: &Path, keys: &Path) -> Result<Self, NetworkError> {
        let data = std::path::absolute(data)?;
        let near = data.join("sockets");
        let room = SOCKET_PATH_BYTES_MAX - SOCKET_NAME_BYTES_MAX - 1;
        let sockets = if near.as_os_str().len() <= room {
            near
        } else {
            std::env::temp_dir().join(format!("st-{}", random_word()?))
        };
        Ok(Self { data, keys: std::path::absolute(keys)?, sockets })
    }

    /// The network's own data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The folder of the sockets.
    #[must_use]
    pub fn sockets(&self) -> &Path {
        &self.sockets
    }

    /// The anchoring key.
    #[must_use]
    pub fn anchor_key(&self) -> PathBuf {
        self.keys.join("anchor.key")
    }

    /// The file that tells other processes where the control socket of a running network is.
    #[must_use]
    pub fn control_file(&self) -> PathBuf {
        self.data.join("control.json")
    }

    /// Makes the folders that are missing, closed to other users.
    pub(crate) fn create(&self) -> Result<(), NetworkError> {
        for folder in [
            &self.data,
            &self.keys,
            &self.sockets,
            &self.data.join("keys"),
            &self.data.join("logs"),
        ] {
            create_secret_folder(folder)?;
        }
        Ok(())
    }

    /// Removes the folder of the sockets.
    pub(crate) fn remove_sockets(&self) {
        // A folder that stays behind does no harm: the next run writes over its sockets.
        let _ = std::fs::remove_dir_all(&self.sockets);
    }

    /// A key of the network's own.
    pub(crate) fn key(&self, name: &str) -> PathBuf {
        self.data.join("keys").join(name)
    }

    /// The data folder of one node.
    pub(crate) fn node(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    /// The log file of one node; a log over 64 MiB is set aside first.
    pub(crate) fn log(&self, name: &str) -> Result<PathBuf, NetworkError> {
        const LOG_BYTES_MAX: u64 = 64 << 20;
        let path = self.data.join("logs").join(format!("{name}.log"));
        if std::fs::metadata(&path).is_ok_and(|file| file.len() > LOG_BYTES_MAX) {
            std::fs::rename(&path, path.with_extension("log.1"))?;
        }
        Ok(path)
    }

    pub(crate) fn ports(&self) -> Result<Ports, NetworkError> {
        Ok(self.read("ports.json")?.unwrap_or_default())
    }

    pub(crate) fn write_ports(&self, ports: &Ports) -> Result<(), NetworkError> {
        self.write("ports.json", ports)
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, NetworkError> {
        match std::fs::read(self.data.join(name)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes beside and renames, so that a crash leaves the old file or the new one.
    pub(crate) fn write<T: Serialize>(&self, name: &str, value: &T) -> Result<(), NetworkError> {
        let path = self.data.join(name);
        let beside = path.with_extension("json.new");
        std::fs::write(&beside, serde_json::to_vec_pretty(value)?)?;
        std::fs::rename(beside, path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_of_a_deep_folder_lie_in_a_short_one() {
        let deep = PathBuf::from(format!("/{}", "d".repeat(100)));
        let folders = Folders::new(&deep, &deep).unwrap();
        assert!(folders.sockets().as_os_str().len() < 77, "{}", folders.sockets().display());
        let short = Folders::new(Path::new("/d"), Path::new("/k")).unwrap();
        assert_eq!(short.sockets(), Path::new("/d/sockets"));
    }
}
