//! The Merkle tree of RFC 9162 §2.1, strictly: proofs hold exactly the hashes they need.

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The most hashes a proof in a tree of up to 2^64 leaves can have.
pub const PROOF_HASHES_MAX: usize = 64;

/// Why a proof was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf in a tree of this size.
    #[error("index {index} is not below the size {size}")]
    IndexOutOfRange {
        /// 0-based index of the leaf.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// Consistency runs from a smaller tree that is not empty to a larger or equal one.
    #[error("sizes {old} and {new} cannot be compared")]
    Sizes {
        /// Leaves in the older tree.
        old: u64,
        /// Leaves in the newer tree.
        new: u64,
    },
    /// Too few or too many hashes for this index and size.
    #[error("the proof has {found} hashes, not the number this index and size need")]
    Length {
        /// How many it has.
        found: usize,
    },
    /// The recomputed root is another.
    #[error("the recomputed root is {}", crate::encoding::hex(.computed))]
    RootMismatch {
        /// What the proof leads to.
        computed: Hash,
    },
    /// The recomputed root of the older tree is another.
    #[error("the recomputed older root is {}", crate::encoding::hex(.computed))]
    OldRootMismatch {
        /// What the proof leads to.
        computed: Hash,
    },
}

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// The hash of a leaf: SHA-256(0x00 || entry).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 || left || right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Checks that `leaf` is at `index` of the tree with `size` leaves and `root` (§2.1.3.2).
///
/// # Errors
/// If it is not proven; a proof with one hash too many or too few is not accepted either.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexOutOfRange { index, size });
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    if proof.len() > PROOF_HASHES_MAX {
        return Err(wrong_length);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut computed = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            computed = node_hash(sibling, &computed);
            skip_to_right_child(&mut node, &mut last);
        } else {
            computed = node_hash(&computed, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if computed == *root { Ok(()) } else { Err(ProofError::RootMismatch { computed }) }
}

/// Checks that the tree `new` extends the tree `old`, each a size and a root (§2.1.4.2).
///
/// # Errors
/// If it is not proven; a proof from size 0 is an error.
pub fn verify_consistency(
    old: (u64, &Hash),
    new: (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == 0 || old_size > new_size {
        return Err(ProofError::Sizes { old: old_size, new: new_size });
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    if proof.len() > PROOF_HASHES_MAX || (old_size == new_size && !proof.is_empty()) {
        return Err(wrong_length);
    }
    if old_size == new_size {
        let same = old_root == new_root;
        return if same { Ok(()) } else { Err(ProofError::RootMismatch { computed: *old_root }) };
    }
    // A complete subtree needs no hash of its own: the older root is it.
    let mut hashes = old_size.is_power_of_two().then_some(old_root).into_iter().chain(proof);
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let mut computed_old = *hashes.next().ok_or(wrong_length)?;
    let mut computed_new = computed_old;
    for hash in hashes {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            computed_old = node_hash(hash, &computed_old);
            computed_new = node_hash(hash, &computed_new);
            skip_to_right_child(&mut node, &mut last);
        } else {
            computed_new = node_hash(&computed_new, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if computed_old != *old_root {
        return Err(ProofError::OldRootMismatch { computed: computed_old });
    }
    if computed_new == *new_root {
        Ok(())
    } else {
        Err(ProofError::RootMismatch { computed: computed_new })
    }
}

/// On the right edge, levels where the node has no sibling are passed over.
const fn skip_to_right_child(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}

/// The right edge of a growing tree: one hash for each complete subtree, largest first.
#[derive(Debug, Clone, Default)]
pub struct CompactRange {
    size: u64,
    subtrees: Vec<Hash>,
}

impl CompactRange {
    /// Leaves appended so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// One hash for each complete subtree, largest first.
    #[must_use]
    pub fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }

    /// The range of `size` leaves with these [`Self::subtrees`]; `None` if their number is not the
    /// one of that size.
    #[must_use]
    pub fn from_parts(size: u64, subtrees: Vec<Hash>) -> Option<Self> {
        (subtrees.len() as u64 == u64::from(size.count_ones())).then_some(Self { size, subtrees })
    }

    /// Appends the hash of the next leaf.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.subtrees.push(node);
        self.size += 1;
    }

    /// The Merkle Tree Hash of everything appended.
    #[must_use]
    pub fn root(&self) -> Hash {
        let fold = |right: Hash, left: &Hash| node_hash(left, &right);
        let mut right_to_left = self.subtrees.iter().rev();
        let Some(last) = right_to_left.next() else { return sha256(b"") };
        right_to_left.fold(*last, fold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Root and proofs by the recursive definitions of RFC 9162, which the checks do not use.
    fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => sha256(b""),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node_hash(&root(left), &root(right))
            }
        }
    }

    const fn split(n: usize) -> usize {
        n.next_power_of_two() / 2
    }

    fn inclusion(leaves: &[Hash], index: usize) -> Vec<Hash> {
        if leaves.len() < 2 {
            return Vec::new();
        }
        let k = split(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut path, sibling) = if index < k {
            (inclusion(left, index), root(right))
        } else {
            (inclusion(right, index - k), root(left))
        };
        path.push(sibling);
        path
    }

    fn consistency(leaves: &[Hash], old: usize, whole: bool) -> Vec<Hash> {
        if old == leaves.len() {
            return if whole { Vec::new() } else { vec![root(leaves)] };
        }
        let k = split(leaves.len());
        let (left, right) = leaves.split_at(k);
        let (mut path, sibling) = if old <= k {
            (consistency(left, old, whole), root(right))
        } else {
            (consistency(right, old - k, false), root(left))
        };
        path.push(sibling);
        path
    }

    fn leaves(n: u8) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&[i])).collect()
    }

    #[test]
    fn every_inclusion_proof_verifies_at_its_own_index_and_size_only() {
        for size in 1..=33u8 {
            let tree = leaves(size);
            let top = root(&tree);
            for index in 0..size {
                let proof = inclusion(&tree, index.into());
                let leaf = &tree[usize::from(index)];
                let check = |i: u8, n: u8| verify_inclusion(leaf, i.into(), n.into(), &proof, &top);
                assert_eq!(check(index, size), Ok(()));
                for other in (0..=size).filter(|other| *other != index) {
                    assert!(check(other, size).is_err(), "{index} as {other} of {size}");
                }
            }
        }
    }

    #[test]
    fn every_consistency_proof_verifies() {
        for new in 1..=33u8 {
            let tree = leaves(new);
            for old in 1..=new {
                let old_root = root(&tree[..old.into()]);
                let proof = consistency(&tree, old.into(), true);
                let check = |proof: &[Hash]| {
                    verify_consistency((old.into(), &old_root), (new.into(), &root(&tree)), proof)
                };
                assert_eq!(check(&proof), Ok(()), "{old} to {new}");
                let longer = [proof.as_slice(), &[[0; 32]]].concat();
                assert!(check(&longer).is_err());
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(check(shorter).is_err());
                }
            }
        }
    }

    #[test]
    fn a_consistency_proof_from_size_zero_is_an_error() {
        let top = leaf_hash(b"x");
        let empty = sha256(b"");
        assert_eq!(
            verify_consistency((0, &empty), (1, &top), &[]),
            Err(ProofError::Sizes { old: 0, new: 1 })
        );
    }

    #[test]
    fn a_huge_size_needs_exactly_64_hashes_and_more_are_refused() {
        let leaf = leaf_hash(b"x");
        for hashes in [0, 1, 63, 65, 1000] {
            let proof = vec![[0; 32]; hashes];
            let outcome = verify_inclusion(&leaf, 0, u64::MAX, &proof, &leaf);
            assert_eq!(outcome, Err(ProofError::Length { found: hashes }));
        }
        let outcome = verify_inclusion(&leaf, 0, u64::MAX, &[[0; 32]; 64], &leaf);
        assert!(matches!(outcome, Err(ProofError::RootMismatch { .. })));
    }

    #[test]
    fn a_compact_range_has_the_root_of_the_whole_tree() {
        let mut range = CompactRange::default();
        assert_eq!(range.root(), root(&[]));
        for size in 1..=70u8 {
            range.append(leaf_hash(&[size - 1]));
            assert_eq!(range.root(), root(&leaves(size)), "size {size}");
        }
    }
}
