//! Shared vectors of Merkle proofs: ours, and those of transparency-dev.
//!
//! The 195 published ones come with a crate that `vectors/public` names. A later commit of theirs, without a release
//! and so in no registry, has 518 with subtrees: `MERKLE_VECTORS` names a copy's `testdata`, as an extra.

use std::path::{Path, PathBuf};
use std::process::Command;

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

/// The vectors of one kind in the copy that `MERKLE_VECTORS` names.
fn extra(kind: &str) -> Vec<Value> {
    let Some(folder) = std::env::var_os("MERKLE_VECTORS") else {
        println!("extra {kind} vectors not run: MERKLE_VECTORS is not set");
        return Vec::new();
    };
    read(&Path::new(&folder).join(kind))
}

/// The published vectors of one kind, which set-up fetched.
fn published(kind: &str) -> Vec<Value> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/public/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version=1", "--manifest-path"])
        .arg(&manifest)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let source = packages.iter().find(|package| package["name"] == "sigstore-merkle").unwrap();
    let manifest = Path::new(source["manifest_path"].as_str().unwrap());
    read(&manifest.with_file_name("test-data/merkle/testdata").join(kind))
}

fn read(folder: &Path) -> Vec<Value> {
    let mut files = Vec::new();
    find(folder, &mut files);
    assert!(!files.is_empty(), "{} has no vectors", folder.display());
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

/// How many vectors there were and how many of them had to fail; each did as it should.
fn judge(vectors: &[Value], holds: impl Fn(&Value) -> Option<bool>) -> (usize, usize) {
    for vector in vectors {
        let held = holds(vector).unwrap_or(false);
        assert_eq!(held, vector["wantErr"] == false, "{vector}");
    }
    let must_fail = vectors.iter().filter(|vector| vector["wantErr"] == true).count();
    (vectors.len(), must_fail)
}

fn included(vector: &Value) -> Option<bool> {
    let (leaf, root) = (foreign_hash(&vector["leafHash"])?, foreign_hash(&vector["root"])?);
    let (index, size) = (vector["leafIdx"].as_u64()?, vector["treeSize"].as_u64()?);
    Some(verify_inclusion(&leaf, index, size, &foreign_proof(vector)?, &root).is_ok())
}

fn consistent(vector: &Value) -> Option<bool> {
    let roots = (foreign_root(&vector["root1"])?, foreign_root(&vector["root2"])?);
    let sizes = (vector["size1"].as_u64()?, vector["size2"].as_u64()?);
    let proof = foreign_proof(vector)?;
    Some(verify_consistency((sizes.0, &roots.0), (sizes.1, &roots.1), &proof).is_ok())
}

#[test]
fn published_vectors_hold_and_fail_as_they_should() {
    assert_eq!(judge(&published("inclusion"), included), (98, 92));
    // Two trees of nothing with one root that is none: valid in this release, an error in their later ones.
    let (nothing, vectors): (Vec<_>, Vec<_>) = published("consistency")
        .into_iter()
        .partition(|vector| vector["size2"] == 0 && vector["wantErr"] == false);
    assert_eq!(judge(&vectors, consistent), (96, 90));
    assert_eq!(nothing.iter().map(consistent).collect::<Vec<_>>(), [Some(false)]);
}

#[test]
fn extra_vectors_hold_and_fail_as_they_should() {
    judge(&extra("inclusion"), included);
    judge(&extra("consistency"), consistent);
}

#[test]
fn extra_subtree_inclusion_vectors_hold_and_fail_as_they_should() {
    // A subtree is a tree of its own: the leaf's index counts from its start.
    judge(&extra("subtreeinclusion"), |vector| {
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
fn extra_subtree_consistency_vectors_hold_and_fail_as_they_should() {
    // A subtree from 0 is an older tree. The vectors have no other that is valid, save empty ones,
    // which the proof format does not have.
    let (empty, vectors): (Vec<_>, Vec<_>) = extra("subtreeconsistency")
        .into_iter()
        .partition(|vector| vector["start"] == vector["end"] && vector["wantErr"] == false);
    println!("{} vectors of empty subtrees left out", empty.len());
    judge(&vectors, |vector| {
        let roots = (foreign_root(&vector["root1"])?, foreign_root(&vector["root2"])?);
        let sizes = (vector["end"].as_u64()?, vector["size"].as_u64()?);
        if vector["start"].as_u64()? != 0 {
            return None;
        }
        let proof = foreign_proof(vector)?;
        Some(verify_consistency((sizes.0, &roots.0), (sizes.1, &roots.1), &proof).is_ok())
    });
}
