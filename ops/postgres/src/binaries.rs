//! Where the server's programs are.

use std::path::{Path, PathBuf};

use crate::ClusterError;

/// The folder that holds `initdb` and `postgres`, and the server's major version.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// Folder with `initdb` and `postgres`.
    pub folder: PathBuf,
    /// Major version, 15 or newer.
    pub major: u32,
}

/// The oldest major version whose behaviour the log's tests were run on.
const MAJOR_MIN: u32 = 15;

/// Finds a server: `preferred` first (usually `$PG_BINDIR`), then the newest one of the system, then `PATH`.
///
/// # Errors
/// [`ClusterError::NoServer`] when there is none of version 15 or newer.
pub fn find_binaries(preferred: Option<&Path>) -> Result<Binaries, ClusterError> {
    preferred
        .map(Path::to_path_buf)
        .into_iter()
        .chain(system_folders())
        .chain(cached_folder())
        .chain(path_folders())
        .find_map(|folder| {
            let major = major_of(&folder)?;
            (major >= MAJOR_MIN).then_some(Binaries { folder, major })
        })
        .ok_or(ClusterError::NoServer { major_min: MAJOR_MIN })
}

fn system_folders() -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir("/usr/lib/postgresql") else { return Vec::new() };
    let mut versions: Vec<u32> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions
        .into_iter()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
        .collect()
}

/// What the set-up fetched for a machine without a system server.
fn cached_folder() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    Some(cache.join("smart-tenders/postgres/native/bin"))
}

fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

fn major_of(folder: &Path) -> Option<u32> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let output =
        std::process::Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version =
        text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    version.split('.').next()?.parse().ok()
}
