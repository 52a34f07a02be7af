//! Where the programs that are not ours lie: geth, bootnode and anvil.

use std::path::{Path, PathBuf};

/// The geth release that still seals Clique.
pub const GETH_VERSION: &str = "1.13.15";

/// A program that is not on this machine.
#[derive(Debug, thiserror::Error)]
#[error("{program} is not installed: run `make setup`, or set {variable} to its path")]
pub struct ToolMissing {
    /// Name of the program.
    pub program: &'static str,
    /// The variable that would name it.
    pub variable: &'static str,
}

/// Places to look in, in order; see [`Places::from_env`].
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Paths given by hand, by variable name.
    pub given: Vec<(&'static str, PathBuf)>,
    /// Folder `smart-tenders` in the user's cache, filled by `make setup`.
    pub cache: Option<PathBuf>,
    /// The folders of `PATH`.
    pub path: Vec<PathBuf>,
    /// The folder `contracts` of a checkout, whose npm packages hold anvil.
    pub contracts: Option<PathBuf>,
}

impl Places {
    /// Reads `GETH_BIN`, `BOOTNODE_BIN`, `ANVIL_BIN`, `XDG_CACHE_HOME`, `HOME` and `PATH`.
    #[must_use]
    pub fn from_env() -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let given = ["GETH_BIN", "BOOTNODE_BIN", "ANVIL_BIN"]
            .into_iter()
            .filter_map(|name| set(name).map(|value| (name, PathBuf::from(value))))
            .collect();
        let home = || set("HOME").map(|home| PathBuf::from(home).join(".cache"));
        let cache = set("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
        let path = set("PATH").map(|path| std::env::split_paths(&path).collect());
        Self {
            given,
            cache: cache.map(|cache| cache.join("smart-tenders")),
            path: path.unwrap_or_default(),
            contracts: Some(PathBuf::from("contracts")),
        }
    }

    /// The geth that seals Clique.
    ///
    /// # Errors
    /// [`ToolMissing`] with what to do.
    pub fn geth(&self) -> Result<PathBuf, ToolMissing> {
        self.find("geth", "GETH_BIN", &[format!("geth-{GETH_VERSION}/geth")])
    }

    /// The bootnode of the same release.
    ///
    /// # Errors
    /// [`ToolMissing`] with what to do.
    pub fn bootnode(&self) -> Result<PathBuf, ToolMissing> {
        self.find("bootnode", "BOOTNODE_BIN", &[format!("geth-{GETH_VERSION}/bootnode")])
    }

    /// The development chain.
    ///
    /// # Errors
    /// [`ToolMissing`] with what to do.
    pub fn anvil(&self) -> Result<PathBuf, ToolMissing> {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let package = format!("node_modules/@foundry-rs/anvil-linux-{architecture}/bin/anvil");
        if !self.given.iter().any(|(name, _)| *name == "ANVIL_BIN")
            && let Some(found) =
                self.contracts.iter().map(|folder| folder.join(&package)).find(is_file)
        {
            return Ok(found);
        }
        self.find("anvil", "ANVIL_BIN", &[format!("npm/{package}"), package])
    }

    fn find(
        &self,
        program: &'static str,
        variable: &'static str,
        cached: &[String],
    ) -> Result<PathBuf, ToolMissing> {
        if let Some((_, path)) = self.given.iter().find(|(name, _)| *name == variable) {
            return Some(path.clone()).filter(is_file).ok_or(ToolMissing { program, variable });
        }
        let in_cache = self.cache.iter().flat_map(|cache| cached.iter().map(|end| cache.join(end)));
        let in_path = self.path.iter().map(|folder| folder.join(program));
        in_cache.chain(in_path).find(is_file).ok_or(ToolMissing { program, variable })
    }
}

#[expect(clippy::ptr_arg, reason = "given to `find` and `filter`, whose items are PathBuf")]
fn is_file(path: &PathBuf) -> bool {
    Path::is_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_says_what_to_do() {
        let error = Places::default().geth().unwrap_err().to_string();
        assert_eq!(error, "geth is not installed: run `make setup`, or set GETH_BIN to its path");
    }

    #[test]
    fn a_path_given_by_hand_is_not_replaced_by_another() {
        let places = Places {
            given: vec![("GETH_BIN", "/nowhere/geth".into())],
            path: vec!["/bin".into()],
            ..Places::default()
        };
        assert!(places.geth().is_err());
    }
}
