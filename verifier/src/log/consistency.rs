//! Whether a checkpoint extends an older tree, by a proof made of the log's own tiles.
//!
//! The tiles are not trusted: a proof made of wrong ones does not hold.

use super::tiles::{TILE_WIDTH, Tiles};
use super::{LogError, LogFault};
use crate::merkle::{CompactRange, Hash, verify_consistency};
use crate::note::Checkpoint;
use crate::refusal::{At as _, Check};

/// Checks that the tree of `checkpoint` extends the one of `size` leaves and `root`, which is not
/// larger.
pub(super) fn check(
    log: &Tiles,
    (size, root): (u64, &Hash),
    checkpoint: &Checkpoint,
) -> Result<(), LogError> {
    if size == 0 {
        return Ok(());
    }
    let proof = proof_from(log, size, checkpoint.size)?;
    verify_consistency((size, root), (checkpoint.size, &checkpoint.root), &proof)
        .map_err(|_| LogFault::Rewritten { seen: size, size: checkpoint.size })
        .at(Check::Replay)?;
    Ok(())
}

/// The proof from the first `old` leaves, at least one, to `size`, made of the log's tiles.
pub(super) fn proof_from(log: &Tiles, old: u64, size: u64) -> Result<Vec<Hash>, LogError> {
    let hashes = |level, index, width| log.hashes(level, index, width);
    proof(old, &Tree { hashes: &hashes, size })
}

/// How a signed tree relates to a smaller one, by the larger one's tiles.
pub(crate) enum Relation {
    Extends,
    /// The tiles are those of the signed root, and their first leaves have another root than the
    /// smaller tree: one key signed two histories.
    Diverges {
        /// Root of the first leaves in the larger tree.
        prefix: Hash,
        /// The consistency proof from that root to the larger one.
        proof: Vec<Hash>,
    },
    /// The tiles are not those of the signed root, and prove nothing.
    OtherTiles,
}

/// Compares `checkpoint`, whose tiles `log` has, with a tree that is not larger.
pub(crate) fn relation(
    log: &Tiles,
    (size, root): (u64, &Hash),
    checkpoint: &Checkpoint,
) -> Result<Relation, LogError> {
    if size == 0 || (size, root) == (checkpoint.size, &checkpoint.root) {
        return Ok(Relation::Extends);
    }
    if size == checkpoint.size {
        return Ok(Relation::Diverges { prefix: checkpoint.root, proof: Vec::new() });
    }
    let hashes = |level, index, width| log.hashes(level, index, width);
    let tree = Tree { hashes: &hashes, size: checkpoint.size };
    if tree.root(0, checkpoint.size)? != checkpoint.root {
        return Ok(Relation::OtherTiles);
    }
    let prefix = tree.root(0, size)?;
    if prefix == *root {
        return Ok(Relation::Extends);
    }
    Ok(Relation::Diverges { prefix, proof: proof(size, &tree)? })
}

/// The path from the leaf at `index` to the root of the first `size` leaves.
pub(super) fn inclusion(log: &Tiles, index: u64, size: u64) -> Result<Vec<Hash>, LogError> {
    let hashes = |level, index, width| log.hashes(level, index, width);
    let mut path = Vec::new();
    Tree { hashes: &hashes, size }.path(index, (0, size), &mut path)?;
    Ok(path)
}

/// The first so many hashes of a tile, by level and index.
type Hashes<'a> = dyn Fn(u8, u64, u64) -> Result<Vec<Hash>, LogError> + 'a;

struct Tree<'a> {
    hashes: &'a Hashes<'a>,
    size: u64,
}

/// The consistency proof from the first `old` leaves of `tree`, at least one, to all of them.
fn proof(old: u64, tree: &Tree<'_>) -> Result<Vec<Hash>, LogError> {
    let mut proof = Vec::new();
    tree.prove(old, (0, tree.size), true, &mut proof)?;
    Ok(proof)
}

impl Tree<'_> {
    /// RFC 9162 §2.1.4.1 for the first `old` of the leaves `from..to`.
    fn prove(
        &self,
        old: u64,
        (from, to): (u64, u64),
        is_whole: bool,
        proof: &mut Vec<Hash>,
    ) -> Result<(), LogError> {
        if old == to - from {
            if !is_whole {
                proof.push(self.root(from, to)?);
            }
            return Ok(());
        }
        let middle = from + split(to - from);
        if old <= middle - from {
            self.prove(old, (from, middle), is_whole, proof)?;
            proof.push(self.root(middle, to)?);
        } else {
            self.prove(old - (middle - from), (middle, to), false, proof)?;
            proof.push(self.root(from, middle)?);
        }
        Ok(())
    }

    /// RFC 9162 §2.1.3.1 for the leaf at `index` of the leaves `from..to`.
    fn path(
        &self,
        index: u64,
        (from, to): (u64, u64),
        path: &mut Vec<Hash>,
    ) -> Result<(), LogError> {
        if to - from == 1 {
            return Ok(());
        }
        let middle = from + split(to - from);
        if index < middle {
            self.path(index, (from, middle), path)?;
            path.push(self.root(middle, to)?);
        } else {
            self.path(index, (middle, to), path)?;
            path.push(self.root(from, middle)?);
        }
        Ok(())
    }

    /// The root of the leaves `from..to`, which are a subtree of the log's.
    fn root(&self, from: u64, to: u64) -> Result<Hash, LogError> {
        if (to - from).is_power_of_two() {
            return self.complete(from, to - from);
        }
        let middle = from + split(to - from);
        let (left, right) = (self.root(from, middle)?, self.root(middle, to)?);
        Ok(crate::merkle::node_hash(&left, &right))
    }

    /// The root of a complete subtree, from the highest tiles that have hashes below it.
    fn complete(&self, from: u64, leaves: u64) -> Result<Hash, LogError> {
        let level = leaves.ilog2() / TILE_WIDTH.ilog2();
        let span = TILE_WIDTH.pow(level);
        let (first, count) = (from / span, leaves / span);
        let (index, offset) = (first / TILE_WIDTH, first % TILE_WIDTH);
        let width = TILE_WIDTH.min(self.size / span - index * TILE_WIDTH);
        // A level is at most 7, an offset below 256.
        let level = u8::try_from(level).expect("64 / 8 levels");
        let hashes = (self.hashes)(level, index, width)?;
        let mut range = CompactRange::default();
        let below = hashes.iter().skip(usize::try_from(offset).expect("a tile has 256 hashes"));
        for hash in below.take(usize::try_from(count).expect("at most 128")) {
            range.append(*hash);
        }
        Ok(range.root())
    }
}

/// The largest power of two below `leaves`, which are at least two.
const fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{leaf_hash, verify_inclusion};

    /// Every level of the tiles of a log with so many entries.
    fn levels(size: u64) -> Vec<Vec<Hash>> {
        let mut levels = vec![(0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect::<Vec<_>>()];
        while let Some(below) = levels.last().filter(|below| below.len() >= 256) {
            let above = below.chunks_exact(256).map(|tile| range(tile).root()).collect();
            levels.push(above);
        }
        levels
    }

    fn range(leaves: &[Hash]) -> CompactRange {
        let mut range = CompactRange::default();
        for leaf in leaves {
            range.append(*leaf);
        }
        range
    }

    #[test]
    fn tiles_prove_where_a_leaf_is_and_the_root_of_every_older_tree() {
        for size in [1, 2, 3, 255, 256, 257, 720, 65_800] {
            let levels = levels(size);
            let served = |level: u8, index: u64, width: u64| {
                let first = usize::try_from(index * 256).unwrap();
                let tile = &levels[usize::from(level)][first..];
                Ok(tile[..usize::try_from(width).unwrap()].to_vec())
            };
            let tree = Tree { hashes: &served, size };
            let root = range(&levels[0]).root();
            for index in [0, 1, 254, 255, 256, 500, size - 1].into_iter().filter(|i| *i < size) {
                let at = usize::try_from(index).unwrap();
                let mut path = Vec::new();
                tree.path(index, (0, size), &mut path).unwrap();
                let leaf = &levels[0][at];
                assert_eq!(verify_inclusion(leaf, index, size, &path, &root), Ok(()));
                assert_eq!(tree.root(0, index + 1).unwrap(), range(&levels[0][..=at]).root());
            }
        }
    }

    #[test]
    fn tiles_prove_every_older_tree_and_no_other() {
        for size in [1, 2, 3, 255, 256, 257, 720, 65_536, 65_800] {
            let levels = levels(size);
            let leaves = &levels[0];
            let served = |level: u8, index: u64, width: u64| {
                let first = usize::try_from(index * 256).unwrap();
                let tile = &levels[usize::from(level)][first..];
                assert!(width == 256 || tile.len() as u64 == width, "a partial tile is the last");
                Ok(tile[..usize::try_from(width).unwrap()].to_vec())
            };
            let tree = Tree { hashes: &served, size };
            let root = range(leaves).root();
            let older = [1, 2, 255, 256, 257, 512, 700, 65_535, 65_536, 65_537, size];
            for old in older.into_iter().filter(|old| *old <= size) {
                let proof = proof(old, &tree).unwrap();
                let old_root = range(&leaves[..usize::try_from(old).unwrap()]).root();
                let check = |old_root| verify_consistency((old, old_root), (size, &root), &proof);
                assert_eq!(check(&old_root), Ok(()), "{old} of {size}");
                assert!(check(&[0; 32]).is_err(), "{old} of {size}");
            }
        }
    }
}
