//! Batch tree, log tree and proofs against raw SHA-256 of the same bytes, in one run.
//!
//! `cargo bench -p merkle`. A tree of n entries needs n leaf hashes of the entries and n − 1 node hashes of 65 bytes:
//! the floor is the time that SHA-256 alone takes for exactly these.

use std::hint::black_box;
use std::time::Instant;

use merkle::log_tree::{Question, Tiles, append};
use merkle::{BatchTree, Hash, leaf_hash};
use sha2::{Digest, Sha256};

/// Bytes of a usual entry.
const ENTRY_BYTES: usize = 1_000;
const ROUNDS: u32 = 5;

#[expect(clippy::cast_precision_loss, reason = "figures for a table")]
fn main() {
    println!("\nper entry of {ENTRY_BYTES} bytes, best of {ROUNDS}");
    println!("{:<30} {:>8} {:>12} {:>22}", "", "entries", "µs an entry", "times raw SHA-256");
    for count in [100_usize, 10_000, 100_000] {
        let entries: Vec<Vec<u8>> = (0..count)
            .map(|n| n.to_be_bytes().into_iter().cycle().take(ENTRY_BYTES).collect())
            .collect();
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let raw = best(|| {
            for entry in &entries {
                black_box(Sha256::digest(entry));
                black_box(Sha256::digest([0_u8; 65]));
            }
        });
        let batch = best(|| {
            let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
            black_box(BatchTree::from_leaves(&leaves).map(|tree| tree.root()));
        });
        let log = best(|| {
            let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
            let tiles = append(&Tiles::new(), 0, &leaves).expect("an empty log has no edge");
            black_box(Question::Root { size: count as u64 }.answer(&tiles).expect("all tiles"));
        });
        let tree = BatchTree::from_leaves(&leaves).expect("there are leaves");
        let sample = count.min(1_000);
        let batch_path = best(|| {
            for index in 0..sample {
                black_box(tree.path(index * count / sample));
            }
        }) * count as f64
            / sample as f64;
        let tiles = append(&Tiles::new(), 0, &leaves).expect("an empty log has no edge");
        let log_path = best(|| {
            for index in 0..sample {
                let seq = (index * count / sample) as u64;
                let question = Question::Inclusion { seq, size: count as u64 };
                black_box(question.answer(&tiles).expect("all tiles"));
            }
        }) * count as f64
            / sample as f64;
        for (what, seconds) in [
            ("raw SHA-256", raw),
            ("batch tree, rs_merkle", batch),
            ("log tree, tiles", log),
            ("a path in the batch tree", batch_path),
            ("a path in the log tree", log_path),
        ] {
            let microseconds = seconds * 1e6 / count as f64;
            println!("{what:<30} {count:>8} {microseconds:>12.3} {:>21.2}×", seconds / raw);
        }
    }
}

/// Seconds of the best round.
fn best(run: impl Fn()) -> f64 {
    (0..ROUNDS)
        .map(|_| {
            let started = Instant::now();
            run();
            started.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min)
}
