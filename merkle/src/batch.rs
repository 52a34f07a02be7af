//! The Merkle tree of one batch, equal to RFC 9162 §2.1.1 for every size.

use rs_merkle::{Hasher, MerkleTree};

use crate::hash::{Hash, node_hash};

/// Leaves come hashed already. Both methods are ours: the library's own `concat_and_hash` has no prefix, and
/// with only `hash` replaced every tree of two leaves or more would be wrong.
#[derive(Clone)]
struct Rfc9162;

impl Hasher for Rfc9162 {
    type Hash = Hash;

    fn hash(data: &[u8]) -> Hash {
        crate::leaf_hash(data)
    }

    fn concat_and_hash(left: &Hash, right: Option<&Hash>) -> Hash {
        // A node without a sibling moves up as it is.
        right.map_or(*left, |right| node_hash(left, right))
    }
}

/// The tree of one batch; made anew for each batch, never appended to.
pub struct BatchTree(MerkleTree<Rfc9162>);

impl BatchTree {
    /// Builds the tree; `None` when there are no leaves, for a batch is never empty.
    #[must_use]
    pub fn from_leaves(leaves: &[Hash]) -> Option<Self> {
        (!leaves.is_empty()).then(|| Self(MerkleTree::from_leaves(leaves)))
    }

    /// The root hash.
    ///
    /// # Panics
    /// Never: the tree has a leaf.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.0.root().expect("a tree with a leaf has a root")
    }

    /// The inclusion path of the leaf at `leaf_index`, from the leaf up; `None` beyond the last leaf.
    #[must_use]
    pub fn path(&self, leaf_index: usize) -> Option<Vec<Hash>> {
        (leaf_index < self.0.leaves_len())
            .then(|| self.0.proof(&[leaf_index]).proof_hashes().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use tlog_tiles::tlog;

    use super::*;

    /// RFC 9162 §2.1.1, word for word.
    fn tree_hash(leaves: &[Hash]) -> Hash {
        if let [leaf] = leaves {
            return *leaf;
        }
        let split = leaves.len().next_power_of_two() / 2;
        node_hash(&tree_hash(&leaves[..split]), &tree_hash(&leaves[split..]))
    }

    #[test]
    fn root_and_paths_are_those_of_rfc_9162_for_every_size() {
        let leaves: Vec<Hash> = (0u32..260).map(|n| crate::leaf_hash(&n.to_be_bytes())).collect();
        for size in 1..=leaves.len() {
            let tree = BatchTree::from_leaves(&leaves[..size]).unwrap();
            assert_eq!(tree.root(), tree_hash(&leaves[..size]), "size {size}");
            for (index, leaf) in leaves[..size].iter().enumerate() {
                let path: Vec<_> = tree.path(index).unwrap().into_iter().map(tlog::Hash).collect();
                tlog::check_record(
                    &path,
                    size as u64,
                    tlog::Hash(tree.root()),
                    index as u64,
                    tlog::Hash(*leaf),
                )
                .unwrap();
            }
            assert_eq!(tree.path(size), None);
        }
        assert!(BatchTree::from_leaves(&[]).is_none());
    }
}
