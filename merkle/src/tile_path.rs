//! The paths of tiles (C2SP tlog-tiles): `<L>/<N>[.p/<W>]`, `<N>` in groups of three digits.

use std::fmt;

use crate::log_tree::{TILE_HEIGHT, TILE_WIDTH};

/// Entries and hashes in a full tile.
const FULL: u16 = 256;
const LEVEL_MAX: u8 = 63;
const GROUP_DIGITS: usize = 3;
/// Seven groups hold every index of 64 bits.
const GROUPS_MAX: usize = 7;

/// A tile of a log, full or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TilePath {
    /// Hashes of a level.
    Hashes {
        /// From 0, the leaf hashes, to 63.
        level: u8,
        /// Index of the tile in its level.
        index: u64,
        /// Hashes in it, 1 to 256.
        width: u16,
    },
    /// Entries themselves.
    Entries {
        /// Index of the bundle.
        index: u64,
        /// Entries in it, 1 to 256.
        width: u16,
    },
}

impl TilePath {
    /// The tiles that a log of `size` entries has and one of `before` had not, or had shorter.
    #[must_use]
    pub fn between(before: u64, size: u64) -> Vec<Self> {
        let mut tiles = Vec::new();
        for level in 0.. {
            let shift = u32::from(level) * u32::from(TILE_HEIGHT);
            let hashes = |size: u64| size.checked_shr(shift).unwrap_or(0);
            if hashes(size) == 0 {
                break;
            }
            let mut number = hashes(before) / TILE_WIDTH * TILE_WIDTH;
            while hashes(before) < hashes(size) && number < hashes(size) {
                let width =
                    u16::try_from(hashes(size) - number).map_or(FULL, |rest| rest.min(FULL));
                let index = number / TILE_WIDTH;
                if level == 0 {
                    tiles.push(Self::Entries { index, width });
                }
                tiles.push(Self::Hashes { level, index, width });
                number += TILE_WIDTH;
            }
        }
        tiles
    }

    /// Reads what stands behind `/log/tile/`; there is one way to write each path.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let (index, width) = index_and_width(rest)?;
        if level == "entries" {
            return Some(Self::Entries { index, width });
        }
        let level = canonical(level).filter(|it| *it <= LEVEL_MAX)?;
        Some(Self::Hashes { level, index, width })
    }
}

/// What [`TilePath::parse`] reads.
impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match *self {
            Self::Hashes { level, index, width } => {
                write!(f, "{level}/")?;
                (index, width)
            }
            Self::Entries { index, width } => {
                write!(f, "entries/")?;
                (index, width)
            }
        };
        let digits = format!("{index:03}");
        let padding = (GROUP_DIGITS - digits.len() % GROUP_DIGITS) % GROUP_DIGITS;
        let digits = format!("{}{digits}", "0".repeat(padding));
        let (groups, last) = digits.split_at(digits.len() - GROUP_DIGITS);
        for at in (0..groups.len()).step_by(GROUP_DIGITS) {
            write!(f, "x{}/", &groups[at..at + GROUP_DIGITS])?;
        }
        write!(f, "{last}")?;
        if width < FULL { write!(f, ".p/{width}") } else { Ok(()) }
    }
}

fn index_and_width(text: &str) -> Option<(u64, u16)> {
    let (index, width) = match text.split_once(".p/") {
        Some((index, width)) => (index, canonical(width).filter(|it| (1..FULL).contains(it))?),
        None => (text, FULL),
    };
    Some((index_of(index)?, width))
}

/// `x001/x234/067` is 1234067: every group but the last has an `x`, and the first is not `x000`.
fn index_of(text: &str) -> Option<u64> {
    let mut groups = text.split('/').rev();
    let mut digits = three_digits(groups.next()?)?.to_owned();
    for group in groups {
        digits.insert_str(0, three_digits(group.strip_prefix('x')?)?);
    }
    let is_shortest = digits.len() == GROUP_DIGITS || !digits.starts_with("000");
    if !is_shortest || digits.len() > GROUP_DIGITS * GROUPS_MAX {
        return None;
    }
    digits.parse().ok()
}

fn three_digits(group: &str) -> Option<&str> {
    let is_group = group.len() == GROUP_DIGITS && group.bytes().all(|byte| byte.is_ascii_digit());
    is_group.then_some(group)
}

fn canonical<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse().ok().filter(|number: &T| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_c2sp_writes_them() {
        let hashes = |level, index, width| Some(TilePath::Hashes { level, index, width });
        assert_eq!(TilePath::parse("0/000"), hashes(0, 0, 256));
        assert_eq!(TilePath::parse("0/x001/x234/067"), hashes(0, 1_234_067, 256));
        assert_eq!(TilePath::parse("3/x001/234.p/7"), hashes(3, 1_234, 7));
        let entries = TilePath::Entries { index: 273, width: 112 };
        assert_eq!(TilePath::parse("entries/273.p/112"), Some(entries));
    }

    #[test]
    fn what_is_written_is_read_back() {
        for index in [0, 7, 999, 1_000, 1_234_067, 999_999, 1_000_000, u64::MAX] {
            for width in [1, 255, 256] {
                let entries = TilePath::Entries { index, width };
                assert_eq!(TilePath::parse(&entries.to_string()), Some(entries));
                let hashes = TilePath::Hashes { level: 3, index, width };
                assert_eq!(TilePath::parse(&hashes.to_string()), Some(hashes));
            }
        }
    }

    #[test]
    fn the_tiles_between_two_sizes_are_those_that_grew() {
        let between = |before, size| {
            let tiles = TilePath::between(before, size);
            tiles.iter().map(TilePath::to_string).collect::<Vec<_>>()
        };
        assert_eq!(between(0, 0), Vec::<String>::new());
        assert_eq!(between(5, 5), Vec::<String>::new());
        assert_eq!(between(0, 3), ["entries/000.p/3", "0/000.p/3"]);
        assert_eq!(between(3, 256), ["entries/000", "0/000", "1/000.p/1"]);
        let grown = ["entries/001.p/3", "0/001.p/3"];
        assert_eq!(between(256, 259), grown, "the level above did not grow");
        let grown =
            ["entries/000", "0/000", "entries/001", "0/001", "entries/002.p/1", "0/002.p/1"];
        assert_eq!(between(255, 513), [&grown[..], &["1/000.p/2"]].concat());
        let large = between(65_535, 65_536);
        assert_eq!(large, ["entries/255", "0/255", "1/000", "2/000.p/1"]);
    }

    #[test]
    fn other_ways_to_write_a_path_are_refused() {
        for path in [
            "",
            "0",
            "0/",
            "0/0",
            "0/00",
            "0/0000",
            "0/1234",
            "00/000",
            "64/000",
            "-1/000",
            "+1/000",
            "0/001/234",
            "0/x001",
            "0/x000/001",
            "0/x000/x000/001",
            "0/x1/234",
            "0/X001/234",
            "0/000.p",
            "0/000.p/",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/07",
            "0/000.p/+7",
            "0/000.p/7/",
            "0/000/",
            "entries/",
            "entries/x001/",
            "entries/0a0",
            "0/٠٠٠",
            "0/x999/x999/x999/x999/x999/x999/999",
            "0/x001/x000/x000/x000/x000/x000/x000/000",
            "../000",
            "0/../000",
        ] {
            assert_eq!(TilePath::parse(path), None, "{path}");
        }
    }
}
