//! The Merkle tree of the whole log, kept as tiles of height 8 (C2SP `tlog-tiles`).
//!
//! Tiles are somewhere else (a table, a folder): this module says which ones it needs and computes from them.

use std::collections::BTreeMap;

use tlog_tiles::tile::Tile;
use tlog_tiles::tlog::{self, HashReader};

use crate::hash::{Hash, empty_root};

/// Height of a tile: 256 hashes.
pub const TILE_HEIGHT: u8 = 8;
/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;
const HASH_BYTES: usize = 32;

/// Place of a tile: its level (0: leaf hashes) and its index in the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 for leaf hashes, each further level holds the roots of the full tiles below.
    pub level: u8,
    /// From 0.
    pub index: u64,
}

/// Tiles with their hashes, 32 bytes each, from 1 to 256 of them.
pub type Tiles = BTreeMap<TileId, Vec<u8>>;

/// Why a proof could not be computed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum LogTreeError {
    /// A tile that the computation needs is absent or too short.
    #[error("tile {index} of level {level} is missing or too short")]
    MissingTile {
        /// Its level.
        level: u8,
        /// Its index.
        index: u64,
    },
    /// The question makes no sense: a leaf beyond the tree, a tree larger than its successor, or size 0.
    #[error("no such proof: {smaller} against size {size}")]
    OutOfRange {
        /// The leaf's index or the smaller size.
        smaller: u64,
        /// The tree's size.
        size: u64,
    },
}

/// Something that can be computed from tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// The root hash at a size.
    Root {
        /// Number of leaves.
        size: u64,
    },
    /// The inclusion path (RFC 9162 §2.1.3.1) of a leaf.
    Inclusion {
        /// Index of the leaf.
        seq: u64,
        /// Number of leaves of the tree.
        size: u64,
    },
    /// The consistency proof (RFC 9162 §2.1.4.1) between two sizes, both at least 1.
    Consistency {
        /// The earlier size.
        old_size: u64,
        /// The later size.
        size: u64,
    },
}

impl Question {
    /// The tiles the answer is computed from, and how many hashes of each.
    ///
    /// # Errors
    /// [`LogTreeError::OutOfRange`].
    pub fn tiles(self) -> Result<BTreeMap<TileId, usize>, LogTreeError> {
        let needed = Needed::default();
        match self.ask(&needed) {
            // The collecting reader answers nothing, which is how the question ends after it was asked.
            Ok(_) | Err(tlog::Error::InvalidTile) => Ok(needed.0.into_inner()),
            Err(_) => Err(self.out_of_range()),
        }
    }

    /// The answer: one hash for a root, the proof's hashes otherwise.
    ///
    /// # Errors
    /// See [`LogTreeError`].
    pub fn answer(self, tiles: &Tiles) -> Result<Vec<Hash>, LogTreeError> {
        for (id, width) in self.tiles()? {
            if tiles.get(&id).is_none_or(|tile| tile.len() < width * HASH_BYTES) {
                return Err(LogTreeError::MissingTile { level: id.level, index: id.index });
            }
        }
        let hashes = self.ask(&Stored(tiles)).map_err(|_| self.out_of_range())?;
        Ok(hashes.into_iter().map(|hash| hash.0).collect())
    }

    fn ask<R: HashReader>(self, reader: &R) -> Result<Vec<tlog::Hash>, tlog::Error> {
        match self {
            Self::Root { size: 0 } => Ok(vec![tlog::Hash(empty_root())]),
            Self::Root { size } => Ok(vec![tlog::tree_hash(size, reader)?]),
            Self::Inclusion { seq, size } => tlog::prove_record(size, seq, reader),
            Self::Consistency { old_size, size } => tlog::prove_tree(size, old_size, reader),
        }
    }

    fn out_of_range(self) -> LogTreeError {
        match self {
            Self::Root { size } => LogTreeError::OutOfRange { smaller: size, size },
            Self::Inclusion { seq, size } => LogTreeError::OutOfRange { smaller: seq, size },
            Self::Consistency { old_size, size } => {
                LogTreeError::OutOfRange { smaller: old_size, size }
            }
        }
    }
}

/// Writes down which tiles a question needs.
#[derive(Default)]
struct Needed(std::cell::RefCell<BTreeMap<TileId, usize>>);

impl HashReader for Needed {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        let mut needed = self.0.borrow_mut();
        for &index in indexes {
            let tile = Tile::from_index(TILE_HEIGHT, index);
            let width = needed.entry(id_of(&tile)).or_default();
            *width = (*width).max(tile.width() as usize);
        }
        Err(tlog::Error::InvalidTile)
    }
}

struct Stored<'a>(&'a Tiles);

impl HashReader for Stored<'_> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        indexes
            .iter()
            .map(|&index| {
                let tile = Tile::from_index(TILE_HEIGHT, index);
                let hashes = self.0.get(&id_of(&tile)).ok_or(tlog::Error::InvalidTile)?;
                tile.hash_at_index(hashes, index)
            })
            .collect()
    }
}

fn id_of(tile: &Tile) -> TileId {
    TileId { level: tile.level(), index: tile.level_index() }
}

/// The tiles that a log of `size` leaves goes on from: the unfinished one of each level.
#[must_use]
pub fn edge(size: u64) -> Vec<TileId> {
    let mut edge = Vec::new();
    let mut hashes = size;
    let mut level = 0;
    while hashes > 0 {
        if !hashes.is_multiple_of(TILE_WIDTH) {
            edge.push(TileId { level, index: hashes / TILE_WIDTH });
        }
        hashes /= TILE_WIDTH;
        level += 1;
    }
    edge
}

/// Appends `leaves` to a log of `size` leaves whose [`edge`] is in `tiles`; returns the tiles that are new or
/// longer than before.
///
/// # Errors
/// [`LogTreeError::MissingTile`] when the edge is not in `tiles`, or is not exactly as long as `size` says.
pub fn append(tiles: &Tiles, size: u64, leaves: &[Hash]) -> Result<Tiles, LogTreeError> {
    let mut changed = Tiles::new();
    for id in edge(size) {
        let width = (size >> (u32::from(TILE_HEIGHT) * u32::from(id.level))) % TILE_WIDTH;
        let tile = tiles
            .get(&id)
            .filter(|tile| tile.len() as u64 == width * HASH_BYTES as u64)
            .ok_or(LogTreeError::MissingTile { level: id.level, index: id.index })?;
        changed.insert(id, tile.clone());
    }
    for (seq, leaf) in (size..).zip(leaves) {
        push(&mut changed, 0, seq, *leaf);
    }
    // An edge tile of an upper level that nothing was pushed to did not change.
    changed.retain(|id, tile| tiles.get(id) != Some(tile));
    Ok(changed)
}

/// Puts the hash number `number` of `level` where it belongs; a tile that it fills gives its root to the level above.
fn push(tiles: &mut Tiles, level: u8, number: u64, hash: Hash) {
    let index = number / TILE_WIDTH;
    let tile = tiles.entry(TileId { level, index }).or_default();
    tile.extend(hash);
    if number % TILE_WIDTH == TILE_WIDTH - 1 {
        let root = Tile::subtree_hash(tile).0;
        push(tiles, level + 1, index, root);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(count: u32) -> Vec<Hash> {
        (0..count).map(|n| crate::leaf_hash(&n.to_be_bytes())).collect()
    }

    fn grown_by(leaves: &[Hash], step: usize) -> Tiles {
        let mut tiles = Tiles::new();
        for (number, chunk) in leaves.chunks(step).enumerate() {
            let changed = append(&tiles, (number * step) as u64, chunk).unwrap();
            tiles.extend(changed);
        }
        tiles
    }

    #[test]
    fn tiles_do_not_depend_on_how_the_log_was_cut_into_batches() {
        let leaves = leaves(70_000);
        let whole = grown_by(&leaves, 70_000);
        for step in [1, 7, 255, 256, 257, 65_536] {
            assert!(grown_by(&leaves, step) == whole, "step {step}");
        }
        assert_eq!(whole[&TileId { level: 2, index: 0 }].len(), HASH_BYTES);
    }

    #[test]
    fn the_root_is_that_of_one_tree_over_all_leaves() {
        let leaves = leaves(600);
        let tiles = grown_by(&leaves, 600);
        for size in 1..=600 {
            let batch = crate::BatchTree::from_leaves(&leaves[..size]).unwrap();
            let root = Question::Root { size: size as u64 }.answer(&tiles).unwrap();
            assert_eq!(root, [batch.root()], "size {size}");
        }
        assert_eq!(Question::Root { size: 0 }.answer(&Tiles::new()).unwrap(), [empty_root()]);
    }

    #[test]
    fn proofs_hold_at_and_around_powers_of_two() {
        let leaves = leaves(1_030);
        let tiles = grown_by(&leaves, 100);
        let root = |size| tlog::Hash(Question::Root { size }.answer(&tiles).unwrap()[0]);
        let wrap = |hashes: Vec<Hash>| hashes.into_iter().map(tlog::Hash).collect::<Vec<_>>();
        let sizes = [1, 2, 3, 4, 5, 255, 256, 257, 511, 512, 513, 1_023, 1_024, 1_025, 1_030];
        for size in sizes {
            for seq in [0, 1, size / 2, size - 1].into_iter().filter(|seq| *seq < size) {
                let path = wrap(Question::Inclusion { seq, size }.answer(&tiles).unwrap());
                let leaf = tlog::Hash(leaves[usize::try_from(seq).unwrap()]);
                tlog::check_record(&path, size, root(size), seq, leaf).unwrap();
            }
            for old_size in sizes.into_iter().filter(|old_size| *old_size <= size) {
                let question = Question::Consistency { old_size, size };
                let proof = wrap(question.answer(&tiles).unwrap());
                tlog::check_tree(&proof, size, root(size), old_size, root(old_size)).unwrap();
            }
        }
    }

    #[test]
    fn a_missing_or_short_tile_is_named() {
        let tiles = grown_by(&leaves(300), 300);
        let short = Tiles::from([(TileId { level: 0, index: 0 }, vec![0; 64])]);
        let missing = LogTreeError::MissingTile { level: 0, index: 0 };
        assert_eq!(Question::Inclusion { seq: 5, size: 300 }.answer(&short), Err(missing));
        let edge = LogTreeError::MissingTile { level: 0, index: 1 };
        assert_eq!(append(&short, 300, &leaves(1)), Err(edge));
        assert!(matches!(
            Question::Inclusion { seq: 300, size: 300 }.answer(&tiles),
            Err(LogTreeError::OutOfRange { smaller: 300, size: 300 })
        ));
    }
}
