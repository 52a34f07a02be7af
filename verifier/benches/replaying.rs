//! The replay of a whole log by one thread and by several, from a folder and over HTTP, against raw
//! SHA-256 of the same bytes.
//!
//! `make bench`. Log and chain are the test suite's, longer; everything is on this machine, the
//! server of the tiles too, which takes its part of the cores. The ratios are what travels.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run ends by a panic")]
#![expect(clippy::cast_precision_loss, reason = "figures for a table")]

mod support;
#[expect(dead_code, reason = "the suite's world, which a benchmark does not use whole")]
#[path = "../tests/suite/world/mod.rs"]
mod world;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use support::{best, long_world};
use verifier::log::{LogSource, verify_log};
use verifier::policy::Policy;
use world::{World, jcs, server};

const ENTRIES: usize = 30_000;
const TILE: usize = 256;

fn main() {
    let world = long_world(ENTRIES);
    let copy = Folder::of(&world);
    let served = copy.0.clone();
    let files = move |path: &str| std::fs::read(served.join(path.trim_start_matches('/'))).ok();
    let policy = Policy::parse(jcs(&world.policy()).as_bytes()).unwrap();
    let entries = world.entries.clone();
    let bytes: usize = entries.iter().map(Vec::len).sum();
    let url = server::serve(Arc::new(files), Arc::new(server::node(world)));
    let folder = format!("file://{}", copy.0.display());

    let raw = best(|| {
        for entry in &entries {
            std::hint::black_box(verifier::merkle::leaf_hash(entry));
        }
    });
    let cores = std::thread::available_parallelism().unwrap().get();
    let mean = bytes / ENTRIES;
    println!("\nreplay of {ENTRIES} entries, {mean} bytes on average, {cores} cores");
    println!("{:<24} {:>12} {:>20} {:>14}", "", "events/s", "times raw SHA-256", "of 1 thread");
    let line = |what: &str, seconds: f64, alone: f64| {
        let (speed, ratio) = (ENTRIES as f64 / seconds, seconds / raw);
        println!("{what:<24} {speed:>12.0} {ratio:>20.1} {:>14.2}", alone / seconds);
    };
    line("raw SHA-256", raw, raw);
    for (from, api) in [("folder", &folder), ("HTTP", &url)] {
        let replay = |threads| {
            best(|| {
                let threads = NonZero::new(threads).unwrap();
                let source = LogSource { api, rpc: &url, patience: Duration::ZERO, threads };
                let report = verify_log(&source, &policy, &mut |_, _| ()).unwrap();
                assert_eq!(report.outcome.exit_code(), 0, "{report}");
            })
        };
        let alone = replay(1);
        line(&format!("{from}, 1 thread"), alone, alone);
        for threads in [2, 4, 8].into_iter().filter(|threads| *threads <= 2 * cores) {
            line(&format!("{from}, {threads} threads"), replay(threads), alone);
        }
    }
}

/// The log as files.
struct Folder(PathBuf);

impl Folder {
    fn of(world: &World) -> Self {
        let folder = std::env::temp_dir().join(format!("verifier-bench-{}", std::process::id()));
        let folder = Self(folder);
        folder.write(Path::new("log/checkpoint"), world.checkpoint(ENTRIES as u64).as_bytes());
        let one = |entry: &Vec<u8>| {
            [&u16::try_from(entry.len()).unwrap().to_be_bytes(), entry.as_slice()].concat()
        };
        let bundles = world.entries.chunks(TILE);
        folder.tiles("entries", bundles.map(|b| (b.len(), b.iter().flat_map(one).collect())));
        let mut hashes = world.leaves();
        for level in 0.. {
            let tiles = hashes.chunks(TILE);
            folder.tiles(&level.to_string(), tiles.map(|tile| (tile.len(), tile.concat())));
            hashes = hashes.chunks_exact(TILE).map(world::tree::root).collect();
            if hashes.is_empty() {
                return folder;
            }
        }
        folder
    }

    fn tiles(&self, level: &str, tiles: impl Iterator<Item = (usize, Vec<u8>)>) {
        for (index, (width, bytes)) in tiles.enumerate() {
            assert!(index < 1_000, "a path of one group of digits");
            let partial = if width < TILE { format!(".p/{width}") } else { String::new() };
            self.write(Path::new(&format!("log/tile/{level}/{index:03}{partial}")), &bytes);
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) {
        let file = self.0.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}
