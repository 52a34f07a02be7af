//! A file of the auditor's own, in which a command keeps where it is.
//!
//! A first line with a word for what it is and the SHA-256 of the rest, and the rest as canonical
//! JSON. It is written whole beside the old one and then takes its name, so that an interruption
//! leaves one or the other.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use crate::encoding::hex;
use crate::json::{self, Rules, Value, canonical_profile};
use crate::merkle::sha256;

/// What a file of the auditor's own holds.
pub(crate) enum Content {
    /// There is no file.
    None,
    /// It is not what was written.
    Damaged,
    /// What was written.
    Json(Value),
}

/// Reads a file whose first line starts with `word`.
pub(crate) fn read(path: &Path, word: &str, bytes_max: u64) -> io::Result<Content> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(bytes_max).read_to_end(&mut bytes)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::None),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    Ok(unwrap(&bytes, word).map_or(Content::Damaged, Content::Json))
}

/// Puts `content` in the place of what the file held.
pub(crate) fn write(path: &Path, word: &str, content: &Value) -> io::Result<()> {
    let content = canonical_profile(content);
    let first = format!("{word} {}\n", hex(&sha256(content.as_bytes())));
    replace(path, &[first.as_bytes(), content.as_bytes()])
}

/// The JSON, if the bytes are what was written.
fn unwrap(bytes: &[u8], word: &str) -> Option<Value> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let (first, content) = (&bytes[..end], &bytes[end + 1..]);
    let written = format!("{word} {}", hex(&sha256(content)));
    if first == written.as_bytes() { json::parse(content, Rules::Profile).ok() } else { None }
}

/// Writes a file beside `path` and lets it take the name once all of it is on the disk.
fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    if !cfg!(unix) {
        return Ok(());
    }
    // The new name is durable once its folder is.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
