//! The verifier from outside: proofs of a world built by other definitions, and attacks on them.
#![expect(clippy::unwrap_used, reason = "what cannot be built here fails the test that wants it")]

mod attacks;
mod cases;
mod command;
mod dossier_files;
mod dossiers;
mod flips;
mod folders;
mod fuzz;
mod killed;
mod laws;
mod light;
mod merkle_vectors;
mod parallel;
mod patches;
mod policies;
mod receipts;
mod recorded;
mod releases;
mod resumed;
mod third_verifier;
mod vectors;
mod verdicts;
mod watch_command;
mod watched;
mod whole_log;
mod world;
