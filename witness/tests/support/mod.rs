//! Logs whose trees are computed by the recursive definitions of RFC 9162, and a folder for a witness.
#![allow(dead_code, reason = "each test file uses its own part of these helpers")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use ed25519_dalek::{Signer as _, SigningKey};
use verifier::encoding::{base64_standard, hex};
use verifier::merkle::{Hash, leaf_hash, node_hash, sha256};
use verifier::note::NoteKey;
use witness::{AddCheckpoint, Ledger, WitnessKey, key_file};

pub const ORIGIN: &str = "tenders.example/log";
pub const NOW: u64 = 1_800_000_000;

/// A log that can say anything, because it has its key.
pub struct Log {
    pub origin: String,
    pub key: SigningKey,
    pub leaves: Vec<Hash>,
}

impl Log {
    /// The log of `count` entries that `history` tells apart from others of the same key.
    pub fn new(history: &str, count: u64) -> Self {
        let leaf = |n: u64| leaf_hash(format!("{history} {n}").as_bytes());
        let leaves = (0..count).map(leaf).collect();
        Self { origin: ORIGIN.into(), key: SigningKey::from_bytes(&[3; 32]), leaves }
    }

    /// The first `shared` entries, and then other ones up to `count`.
    pub fn rewritten(&self, shared: usize, count: u64) -> Self {
        let mut other = Self::new("rewritten", count);
        other.leaves[..shared].copy_from_slice(&self.leaves[..shared]);
        other
    }

    pub fn verifier_text(&self) -> String {
        let material = [&[1], self.key.verifying_key().as_bytes().as_slice()].concat();
        format!("{}+{}+{}", self.origin, &hex(&self.id())[2..], base64_standard(&material))
    }

    pub fn verifier(&self) -> NoteKey {
        NoteKey::parse(&self.verifier_text()).unwrap()
    }

    fn id(&self) -> [u8; 4] {
        let public = self.key.verifying_key().to_bytes();
        let hash = sha256(&[self.origin.as_bytes(), b"\n\x01", &public].concat());
        *hash.first_chunk().unwrap()
    }

    pub fn note(&self, size: u64) -> String {
        let root = root(&self.leaves[..usize::try_from(size).unwrap()]);
        self.sign(&format!("{}\n{size}\n{}\n", self.origin, base64_standard(&root)))
    }

    pub fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let signed = base64_standard(&[self.id().as_slice(), &signature].concat());
        format!("{text}\n\u{2014} {} {signed}\n", self.origin)
    }

    pub fn request(&self, old_size: u64, size: u64) -> AddCheckpoint {
        let (old, new) = (usize::try_from(old_size).unwrap(), usize::try_from(size).unwrap());
        let proof = if old == 0 { Vec::new() } else { consistency(&self.leaves[..new], old, true) };
        AddCheckpoint { old_size, proof, note: self.note(size) }
    }
}

pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&root(left), &root(right))
        }
    }
}

fn consistency(leaves: &[Hash], old: usize, whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let half = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(half);
    let (mut path, sibling) = if old <= half {
        (consistency(left, old, whole), root(right))
    } else {
        (consistency(right, old - half, false), root(left))
    };
    path.push(sibling);
    path
}

/// A folder with a witness's key, which goes away with the test.
pub struct Place(pub PathBuf);

impl Place {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        WitnessKey::create(&key_file(&folder), "witness.example/w1").unwrap();
        Self(folder)
    }

    /// Opens it for the one log of these tests.
    pub fn open(&self) -> Ledger {
        Ledger::open(&self.0, vec![Log::new("", 0).verifier()]).unwrap()
    }

    /// Names of the files of evidence, in order.
    pub fn evidence(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.0.join("evidence")).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files
    }

    /// Where the state of the one log lies.
    pub fn state(&self) -> PathBuf {
        let hash = hex(&sha256(ORIGIN.as_bytes()));
        self.0.join("logs").join(&hash[2..])
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}
