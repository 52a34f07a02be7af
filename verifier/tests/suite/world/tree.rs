//! The Merkle tree by the recursive definitions of RFC 9162 §2.1.1 and §2.1.3.1.

use super::{Hash, sha256};

pub fn leaf(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry].concat())
}

pub fn node(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left.as_slice(), right].concat())
}

fn split(n: usize) -> usize {
    n.next_power_of_two() / 2
}

pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

pub fn path(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut hashes, sibling) = if index < k {
        (path(left, index), root(right))
    } else {
        (path(right, index - k), root(left))
    };
    hashes.push(sibling);
    hashes
}
