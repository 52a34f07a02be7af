//! Shared vectors of Merkle proofs: ours, and those of transparency-dev where they are at hand.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use verifier::encoding::{position, unhex_array};
use verifier::merkle::{Hash, verify_consistency, verify_inclusion};

fn own(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn hash(value: &Value) -> Hash {
    unhex_array(value.as_str().unwrap()).unwrap()
}

fn size(value: &Value) -> u64 {
    position(value.as_str().unwrap()).unwrap()
}

fn proof(vector: &Value) -> Vec<Hash> {
    vector["proof"].as_array().unwrap().iter().map(hash).collect()
}

/// How many vectors there are, and how many of them must fail.
fn counts(vectors: &[Value]) -> (usize, usize) {
    (vectors.len(), vectors.iter().filter(|vector| vector["valid"] == false).count())
}

#[test]
fn our_inclusion_vectors_hold_and_fail_as_they_should() {
    let vectors = own(include_str!("../../vectors/inclusion.json"));
    for vector in &vectors {
        let (leaf, root) = (hash(&vector["leaf"]), hash(&vector["root"]));
        let (index, size) = (size(&vector["index"]), size(&vector["size"]));
        let outcome = verify_inclusion(&leaf, index, size, &proof(vector), &root);
        assert_eq!(outcome.is_ok(), vector["valid"] == true, "{vector}: {outcome:?}");
    }
    let (all, must_fail) = counts(&vectors);
    println!("{all} inclusion vectors, {must_fail} must fail");
}

#[test]
fn our_consistency_vectors_hold_and_fail_as_they_should() {
    let vectors = own(include_str!("../../vectors/consistency.json"));
    for vector in &vectors {
        let old = (size(&vector["oldSize"]), &hash(&vector["oldRoot"]));
        let new = (size(&vector["newSize"]), &hash(&vector["newRoot"]));
        let outcome = verify_consistency(old, new, &proof(vector));
        assert_eq!(outcome.is_ok(), vector["valid"] == true, "{vector}: {outcome:?}");
    }
    let (all, must_fail) = counts(&vectors);
    println!("{all} consistency vectors, {must_fail} must fail");
}

/// `testdata` of github.com/transparency-dev/merkle, if `MERKLE_VECTORS` says where it is.
fn foreign(kind: &str) -> Vec<Value> {
    let Some(folder) = std::env::var_os("MERKLE_VECTORS") else {
        println!("extra vectors not run: MERKLE_VECTORS is not set");
        return Vec::new();
    };
    let mut files = Vec::new();
    find(&Path::new(&folder).join(kind), &mut files);
    assert!(!files.is_empty(), "MERKLE_VECTORS has no {kind}");
    files
        .iter()
        .map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
        .collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}

/// A root of the foreign vectors; where two equal sizes are compared it is any text.
fn foreign_root(value: &Value) -> Option<Hash> {
    let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).ok()?;
    Some(bytes.clone().try_into().unwrap_or_else(|_| verifier::merkle::sha256(&bytes)))
}

/// A hash of the foreign vectors; some have another length on purpose.
fn foreign_hash(value: &Value) -> Option<Hash> {
    STANDARD.decode(value.as_str().unwrap_or_default()).ok()?.try_into().ok()
}

fn foreign_proof(vector: &Value) -> Option<Vec<Hash>> {
    vector["proof"]
        .as_array()
        .map_or(Some(Vec::new()), |hashes| hashes.iter().map(foreign_hash).collect())
}

fn judge(kind: &str, vectors: &[Value], holds: impl Fn(&Value) -> Option<bool>) {
    for vector in vectors {
        let held = holds(vector).unwrap_or(false);
        assert_eq!(held, vector["wantErr"] == false, "{kind}: {vector}");
    }
    let must_fail = vectors.iter().filter(|vector| vector["wantErr"] == true).count();
    if !vectors.is_empty() {
        println!("extra: {} {kind} vectors of transparency-dev, {must_fail} fail", vectors.len());
    }
}

#[test]
fn foreign_inclusion_vectors_hold_and_fail_as_they_should() {
    judge("inclusion", &foreign("inclusion"), |vector| {
        let (leaf, root) = (foreign_hash(&vector["leafHash"])?, foreign_hash(&vector["root"])?);
        let (index, size) = (vector["leafIdx"].as_u64()?, vector["treeSize"].as_u64()?);
        Some(verify_inclusion(&leaf, index, size, &foreign_proof(vector)?, &root).is_ok())
    });
}

#[test]
fn foreign_consistency_vectors_hold_and_fail_as_they_should() {
    judge("consistency", &foreign("consistency"), |vector| {
        let roots = (foreign_root(&vector["root1"])?, foreign_root(&vector["root2"])?);
        let sizes = (vector["size1"].as_u64()?, vector["size2"].as_u64()?);
        let proof = foreign_proof(vector)?;
        Some(verify_consistency((sizes.0, &roots.0), (sizes.1, &roots.1), &proof).is_ok())
    });
}

#[test]
fn foreign_subtree_inclusion_vectors_hold_and_fail_as_they_should() {
    // A subtree is a tree of its own: the leaf's index counts from its start.
    judge("subtreeinclusion", &foreign("subtreeinclusion"), |vector| {
        let (leaf, root) = (foreign_hash(&vector["leafHash"])?, foreign_hash(&vector["root"])?);
        let number = |name: &str| vector[name].as_u64();
        let (index, start, end) = (number("leafIdx")?, number("start")?, number("end")?);
        let size = end.checked_sub(start).filter(|size| *size > 0)?;
        if !start.is_multiple_of(size.checked_next_power_of_two()?) {
            return None;
        }
        let proof = foreign_proof(vector)?;
        Some(verify_inclusion(&leaf, index.checked_sub(start)?, size, &proof, &root).is_ok())
    });
}

#[test]
fn foreign_subtree_consistency_vectors_hold_and_fail_as_they_should() {
    // A subtree from 0 is an older tree. The vectors have no other that is valid, save empty ones,
    // which the proof format does not have.
    let (empty, vectors): (Vec<_>, Vec<_>) = foreign("subtreeconsistency")
        .into_iter()
        .partition(|vector| vector["start"] == vector["end"] && vector["wantErr"] == false);
    println!("extra: {} vectors of empty subtrees left out", empty.len());
    judge("subtreeconsistency", &vectors, |vector| {
        let roots = (foreign_root(&vector["root1"])?, foreign_root(&vector["root2"])?);
        let sizes = (vector["end"].as_u64()?, vector["size"].as_u64()?);
        if vector["start"].as_u64()? != 0 {
            return None;
        }
        let proof = foreign_proof(vector)?;
        Some(verify_consistency((sizes.0, &roots.0), (sizes.1, &roots.1), &proof).is_ok())
    });
}
