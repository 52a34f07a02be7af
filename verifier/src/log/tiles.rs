//! The log as C2SP `tlog-tiles` serves it.

use super::folder::Folder;
use super::{LogError, LogFault};
use crate::http::Client;
use crate::merkle::Hash;
use crate::refusal::{At as _, Check};

/// Hashes in a full tile, entries in a full bundle.
pub(super) const TILE_WIDTH: u64 = 256;
/// The longest entry bundle: 256 entries of 65,535 bytes and their lengths.
const BUNDLE_BYTES_MAX: usize = 256 * (2 + 65_535);
const TILE_BYTES_MAX: usize = 256 * 32;

/// A log's tiles, at an address or in a folder.
pub(crate) struct Tiles {
    source: Source,
}

enum Source {
    Server(Client),
    Folder(Folder),
}

impl Tiles {
    pub(crate) fn at(address: &str) -> Result<Self, LogError> {
        let source = match Folder::at(address)? {
            Some(folder) => Source::Folder(folder),
            None => Source::Server(Client::new(address)),
        };
        Ok(Self { source })
    }

    fn get(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, LogError> {
        match &self.source {
            Source::Server(server) => Ok(server.get(path, bytes_max)?),
            Source::Folder(folder) => Ok(folder.get(path, bytes_max)?),
        }
    }

    pub(crate) fn checkpoint(&self, bytes_max: usize) -> Result<Vec<u8>, LogError> {
        let path = "/log/checkpoint";
        let note = self.get(path, bytes_max)?;
        note.ok_or_else(|| LogError::NotServed { path: path.to_owned() })
    }

    /// The first `width` hashes of a tile.
    pub(super) fn hashes(&self, level: u8, index: u64, width: u64) -> Result<Vec<Hash>, LogError> {
        let bytes = self.part(&level.to_string(), index, width, TILE_BYTES_MAX)?;
        let (hashes, rest) = bytes.as_chunks::<32>();
        let enough = hashes.len() as u64 >= width && rest.is_empty();
        let hashes = hashes.iter().take(usize::try_from(width).unwrap_or(0)).copied().collect();
        let fault = LogFault::TileLength { level, index };
        if enough { Ok(hashes) } else { Err(fault).at(Check::Replay).map_err(LogError::from) }
    }

    /// The first `width` entries of an entry bundle.
    pub(super) fn entries(&self, index: u64, width: u64) -> Result<Vec<Vec<u8>>, LogError> {
        let bytes = self.part("entries", index, width, BUNDLE_BYTES_MAX)?;
        let first = index * TILE_WIDTH;
        let fault = LogFault::EntryBundle { first, last: first + width - 1 };
        Ok(split_bundle(&bytes, width).ok_or(fault).at(Check::Replay)?)
    }

    /// A partial tile may have been replaced by the full one since the checkpoint was signed.
    fn part(
        &self,
        level: &str,
        index: u64,
        width: u64,
        bytes_max: usize,
    ) -> Result<Vec<u8>, LogError> {
        let full = format!("/log/tile/{level}/{}", index_path(index));
        if width < TILE_WIDTH {
            let partial = format!("{full}.p/{width}");
            if let Some(bytes) = self.get(&partial, bytes_max)? {
                return Ok(bytes);
            }
        }
        self.get(&full, bytes_max)?.ok_or(LogError::NotServed { path: full })
    }
}

/// `x001/x234/067` for 1234067.
fn index_path(index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    path
}

/// At least `width` entries, each with its length as `u16be`, and nothing after the last one.
fn split_bundle(mut bytes: &[u8], width: u64) -> Option<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (entry, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        if (entries.len() as u64) < width {
            entries.push(entry.to_vec());
        }
        bytes = rest;
    }
    (bytes.is_empty() && entries.len() as u64 == width).then_some(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tile_paths_are_in_groups_of_three_digits() {
        assert_eq!(index_path(0), "000");
        assert_eq!(index_path(67), "067");
        assert_eq!(index_path(1_234_067), "x001/x234/067");
    }

    #[test]
    fn an_entry_bundle_is_split_exactly() {
        assert_eq!(split_bundle(b"\0\x01a\0\x02bc", 2), Some(vec![b"a".to_vec(), b"bc".to_vec()]));
        assert_eq!(split_bundle(b"\0\x01a\0\x02bc", 1), Some(vec![b"a".to_vec()]));
        for wrong in [b"\0\x01a\0".as_slice(), b"\0\x02a", b"\0", b""] {
            assert_eq!(split_bundle(wrong, 1), None);
        }
    }
}
