//! Proofs, bundles and headers a second, each against its peers and the hashes or signatures that no
//! verifier can do without; and how many bytes a proof has.
//!
//! `make bench`. Everything in one process, but for the Go libraries, which get the same proofs in
//! the same run; where there is no Go they are left out, and it is said.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run ends by a panic")]
#![expect(clippy::cast_precision_loss, reason = "figures for a table")]

#[expect(dead_code, reason = "the suite's forge, which a benchmark does not use whole")]
#[path = "../tests/suite/light/forge.rs"]
mod forge;
mod support;
#[expect(dead_code, reason = "the suite's world, which a benchmark does not use whole")]
#[path = "../tests/suite/world/mod.rs"]
mod world;

use std::hint::black_box;
use std::io::Write as _;
use std::process::{Command, Stdio};

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use support::{best, long_world};
use verifier::chain::clique::recover_sealer;
use verifier::chain::header::Header;
use verifier::light::Followed;
use verifier::merkle::{Hash, leaf_hash, verify_inclusion};
use verifier::policy::Policy;
use verifier::verify_bundle;
use world::{World, b64, jcs};

const LEAVES: u64 = 100_000;
const PROOFS: u64 = 2_000;
const HEADERS: u64 = 4_000;
/// A log's sizes for which a bundle's bytes are told.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

fn main() {
    proofs();
    let worlds = SIZES.map(long_world);
    bundles(&worlds[1]);
    bytes(&worlds);
    headers();
}

struct Proof {
    index: u64,
    entry: Vec<u8>,
    path: Vec<Hash>,
}

/// Inclusion proofs of entries of 1,000 bytes in a tree of [`LEAVES`].
fn proofs() {
    let entry = |index: u64| index.to_be_bytes().repeat(125);
    let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    (0..LEAVES).for_each(|index| tree.push(entry(index)));
    let indices = (0..PROOFS).map(|n| usize::try_from(n * LEAVES / PROOFS).unwrap());
    let theirs: Vec<_> = indices.map(|index| (index, tree.prove_inclusion(index))).collect();
    let ours: Vec<Proof> = theirs
        .iter()
        .map(|(index, proof)| Proof {
            index: *index as u64,
            entry: entry(*index as u64),
            path: proof.as_bytes().as_chunks::<32>().0.to_vec(),
        })
        .collect();
    let root = tree.root();
    let root_hash: Hash = (*root.as_bytes()).into();

    let floor = best(|| {
        for proof in &ours {
            black_box(leaf_hash(&proof.entry));
            for hash in &proof.path {
                black_box(
                    Sha256::new()
                        .chain_update([1])
                        .chain_update(hash)
                        .chain_update(hash)
                        .finalize(),
                );
            }
        }
    });
    let verifier = best(|| {
        for Proof { index, entry, path } in &ours {
            verify_inclusion(&leaf_hash(entry), *index, LEAVES, path, &root_hash).unwrap();
        }
    });
    let ct_merkle = best(|| {
        for ((index, proof), ours) in theirs.iter().zip(&ours) {
            root.verify_inclusion(&ours.entry, *index as u64, proof).unwrap();
        }
    });
    let hashes = ours.iter().map(|proof| proof.path.len()).sum::<usize>() as f64 / PROOFS as f64;
    println!(
        "\ninclusion proofs of entries of 1,000 bytes in a tree of {LEAVES}, {hashes:.1} hashes each"
    );
    println!("{:<28} {:>12} {:>20}", "", "proofs/s", "times raw SHA-256");
    let per_second = |seconds: f64| PROOFS as f64 / seconds;
    let mut rows = vec![
        ("raw SHA-256".to_owned(), per_second(floor)),
        ("verifier".to_owned(), per_second(verifier)),
        ("ct-merkle".to_owned(), per_second(ct_merkle)),
    ];
    rows.extend(go(&ours, &root_hash));
    for (what, speed) in rows {
        println!("{what:<28} {speed:>12.0} {:>20.2}", per_second(floor) / speed);
    }
}

/// What the Go libraries make of the same proofs.
fn go(proofs: &[Proof], root: &Hash) -> Vec<(String, f64)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/interop/tessera");
    let mut command = Command::new("go");
    command.args(["run", "./proving"]).current_dir(folder);
    let Ok(mut program) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
        println!("no Go here: its libraries are left out");
        return Vec::new();
    };
    let path = |proof: &Proof| proof.path.iter().map(|hash| b64(hash)).collect::<Vec<_>>();
    let proof = |proof: &Proof| json!({"Index": proof.index, "Entry": b64(&proof.entry), "Path": path(proof)});
    let proofs: Vec<Value> = proofs.iter().map(proof).collect();
    let tree = json!({"Size": LEAVES, "Root": b64(root), "Proofs": proofs});
    write!(program.stdin.take().unwrap(), "{tree}").unwrap();
    let output = program.wait_with_output().unwrap();
    assert!(output.status.success(), "go run ./proving in {folder}");
    let line = |line: &str| {
        let (name, speed) = line.split_once('\t').unwrap();
        (name.to_owned(), speed.parse().unwrap())
    };
    String::from_utf8(output.stdout).unwrap().lines().map(line).collect()
}

/// Whole bundles against the signatures in them alone.
fn bundles(world: &World) {
    let policy = Policy::parse(jcs(&world.policy()).as_bytes()).unwrap();
    let bundle = jcs(&world.bundle(world.entries.len() as u64 / 2));
    let verify = || verify_bundle(bundle.as_bytes(), &policy);
    assert_eq!(verify().outcome.exit_code(), 0);
    let blocks: Vec<Header> = headers_of(&serde_json::from_str(&bundle).unwrap());
    let floor = best(|| {
        for header in &blocks {
            black_box(recover_sealer(header));
        }
    });
    let whole = best(|| {
        black_box(verify());
    });
    println!("\na bundle of a log of {} entries, {} bytes", world.entries.len(), bundle.len());
    println!("{:<28} {:>12} {:>20}", "", "bundles/s", "times its seals");
    println!(
        "{:<28} {:>12.0} {:>20.2}",
        format!("its {} seals alone", blocks.len()),
        1.0 / floor,
        1.0
    );
    println!("{:<28} {:>12.0} {:>20.2}", "verifier bundle", 1.0 / whole, whole / floor);
}

fn headers_of(bundle: &Value) -> Vec<Header> {
    let headers = bundle["anchor"]["headers"].as_array().unwrap();
    let bytes = |text: &Value| verifier::encoding::unhex(text.as_str().unwrap()).unwrap();
    headers.iter().map(|rlp| Header::decode(&bytes(rlp)).unwrap()).collect()
}

/// How the bytes of a bundle grow with the log; all but the hashes of both paths stays.
fn bytes(worlds: &[World]) {
    println!("\nbytes of a bundle, by what it is made of");
    println!(
        "{:<12} {:>10} {:>10} {:>14} {:>10}",
        "log size", "bundle", "entry", "both paths", "anchor"
    );
    for world in worlds {
        let bundle = world.bundle(world.entries.len() as u64 / 2);
        let length = |value: &Value| jcs(value).len();
        let paths = length(&bundle["batch"]["path"]) + length(&bundle["log"]["path"]);
        let (entry, anchor) = (length(&bundle["entry"]), length(&bundle["anchor"]));
        let size = world.entries.len();
        println!("{size:<12} {:>10} {entry:>10} {paths:>14} {anchor:>10}", length(&bundle));
    }
}

/// A chain followed in memory, against the recovery of its sealers by one thread.
fn headers() {
    let mut forge = forge::Forge::new("ABC", forge::EPOCH);
    forge.grow(HEADERS);
    let rules = forge.rules(&forge.signers);
    let decode = || forge.headers.iter().map(|rlp| Header::decode(rlp).unwrap());
    let floor = best(|| {
        for header in decode().skip(1) {
            black_box(recover_sealer(&header).unwrap());
        }
    });
    let follow = best(|| {
        let mut headers = decode();
        let mut chain = Followed::genesis(&rules, &headers.next().unwrap()).unwrap();
        let mut branch = chain.branch(0).unwrap();
        chain.extend(&mut branch, headers.collect()).unwrap();
        chain.adopt(&mut branch);
        assert_eq!(chain.head().number, HEADERS);
    });
    let cores = std::thread::available_parallelism().unwrap();
    println!("\n{HEADERS} headers followed from the genesis block, {cores} cores");
    println!("{:<28} {:>12} {:>20}", "", "headers/s", "times their seals");
    for (what, seconds) in [("their seals, one thread", floor), ("followed", follow)] {
        println!("{what:<28} {:>12.0} {:>20.2}", HEADERS as f64 / seconds, seconds / floor);
    }
}
