//! The data folder of a system: where everything lies, and what was decided when it was made.

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use ::anchor::Address;
use anyhow::{Context, Result, bail};
use network::{ChainKind, Folders};
use serde::{Deserialize, Serialize};

/// The data folder, as an absolute path.
#[derive(Clone, Debug)]
pub struct Data {
    root: PathBuf,
}

/// What a data folder was made for; it never changes afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The log's name for ever.
    pub origin: String,
    /// The kind of chain it is anchored in.
    pub chain: ChainKind,
}

impl Data {
    pub fn new(root: &Path) -> Result<Self> {
        let root = std::path::absolute(root).context("finding the data folder")?;
        Ok(Self { root })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the folders that are missing; those with secrets are closed to others.
    pub fn create(&self) -> Result<()> {
        std::fs::create_dir_all(&self.root)
            .with_context(|| format!("making {}", self.root.display()))?;
        for folder in [self.run(), self.keys(), self.log()] {
            DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .with_context(|| format!("making {}", folder.display()))?;
        }
        Ok(())
    }

    /// Keeps other processes from starting a second system on this folder while the file is open.
    pub fn lock(&self) -> Result<File> {
        let path = self.run().join("lock");
        let file = File::create(&path).with_context(|| format!("opening {}", path.display()))?;
        if file.try_lock().is_err() {
            bail!(
                "a system is running on {} already: stop it, or use another --data",
                self.root.display()
            );
        }
        Ok(file)
    }

    /// The identity of the folder; `fresh` is written down for a new one.
    pub fn identity(&self, fresh: impl FnOnce() -> Result<Identity>) -> Result<Identity> {
        let path = self.root.join("system.json");
        if let Ok(text) = std::fs::read(&path) {
            return serde_json::from_slice(&text)
                .with_context(|| format!("{} holds something else than it did", path.display()));
        }
        let identity = fresh()?;
        write_json(&path, &identity)?;
        Ok(identity)
    }

    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// Logs of the services.
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub fn postgres(&self) -> PathBuf {
        self.root.join("pg")
    }

    pub fn state_file(&self) -> PathBuf {
        self.run().join("state.json")
    }

    /// Addresses of the contracts, once they are in place: a line each, the one that is used last.
    pub fn contract_file(&self) -> PathBuf {
        self.root.join("contract")
    }

    /// What [`Self::contract_file`] lists; nothing when it is not there.
    pub fn contracts(&self) -> Result<Vec<Address>> {
        let file = self.contract_file();
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        };
        let addresses: Result<Vec<Address>, _> =
            text.lines().map(|line| line.trim().parse()).collect();
        let lines = addresses.ok().filter(|addresses| !addresses.is_empty());
        lines.with_context(|| format!("{} does not hold an address a line", file.display()))
    }

    /// Writes beside and renames, so that readers see the old list or the new one.
    pub fn write_contracts(&self, addresses: &[Address]) -> Result<()> {
        let (file, beside) = (self.contract_file(), self.contract_file().with_extension("new"));
        let lines: Vec<String> = addresses.iter().map(|address| format!("{address:#x}")).collect();
        std::fs::write(&beside, lines.join("\n") + "\n")
            .and_then(|()| std::fs::rename(&beside, &file))
            .with_context(|| format!("writing {}", file.display()))
    }

    pub fn network(&self) -> Result<Folders> {
        Ok(Folders::new(&self.root.join("network"), &self.keys())?)
    }

    /// The operator's socket: in the data folder, unless its path is too long for a socket.
    pub fn operator_socket(&self) -> Result<PathBuf> {
        const SOCKET_PATH_BYTES_MAX: usize = 107;
        let near = self.run().join("operator.sock");
        if near.as_os_str().len() <= SOCKET_PATH_BYTES_MAX {
            return Ok(near);
        }
        let folder = std::env::temp_dir().join(format!("st-{}", network::random_word()?));
        network::create_secret_folder(&folder)?;
        Ok(folder.join("operator.sock"))
    }
}

/// Writes beside and renames, so that readers see the old file or the new one.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    let beside = path.with_extension("new");
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("writing {}", path.display()))
}
