//! The paths of tiles (C2SP tlog-tiles): `<L>/<N>[.p/<W>]`, `<N>` in groups of three digits.

/// Entries and hashes in a full tile.
pub(crate) const FULL: u16 = 256;
const LEVEL_MAX: u8 = 63;
const GROUP_DIGITS: usize = 3;
/// Seven groups hold every index of 64 bits.
const GROUPS_MAX: usize = 7;

/// Which tile is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TilePath {
    /// Hashes of a level.
    Hashes { level: u8, index: u64, width: u16 },
    /// Entries themselves.
    Entries { index: u64, width: u16 },
}

impl TilePath {
    /// Reads what stands behind `/log/tile/`; there is one way to write each path.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.split_once('/')?;
        let (index, width) = index_and_width(rest)?;
        if level == "entries" {
            return Some(Self::Entries { index, width });
        }
        let level = canonical(level).filter(|it| *it <= LEVEL_MAX)?;
        Some(Self::Hashes { level, index, width })
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
