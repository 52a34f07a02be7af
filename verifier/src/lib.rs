//! The auditor's verifier: checks proofs of a public-procurement log without trusting whoever
//! runs it.
//!
//! # What it does
//!
//! It implements `docs/proof-format.md`, every section of it:
//!
//! * [`verify_bundle`]: one event was recorded at a position of the log, no later than a block (§7);
//! * [`release::verify_release`]: the same, and a file is or holds the OCDS release that the event
//!   names (§5);
//! * [`receipt::verify_receipt`]: the log acknowledged an entry, and kept or broke what it promised
//!   (§10, §11);
//! * [`dossier::verify_dossier`]: everything of one procedure fits together, and what can be computed
//!   from it again was computed rightly (§12);
//! * [`log::verify_log`]: the whole log, read from outside, is what the contract anchored (§9);
//! * [`monitor::Monitor`]: the same, round after round, with an alarm of whatever is wrong;
//! * [`light::LightClient`]: the chain, followed from its genesis block, and what it proves (§13).
//!
//! A proof has one spelling, so everything is read strictly: [`json`] refuses what two parsers
//! could read differently, [`encoding`] what could be written otherwise, [`merkle`] proofs with one
//! hash too many. [`chain`] recovers the sealers of Clique headers (EIP-225) and proves storage
//! under their state root (EIP-1186). All input is bounded in size and time.
//!
//! ```
//! use verifier::policy::Policy;
//!
//! let refused = Policy::parse(br#"{"v":"smart-tenders/policy@v1"}"#);
//! assert!(refused.is_err(), "a policy names everything it trusts");
//! ```
//!
//! # What it deliberately does not do
//!
//! * It shares no code with the system whose proofs it checks: no other crate of this repository,
//!   no `rs_merkle` (whose `verify` accepts trailing hashes), no database.
//! * It never takes trust from a bundle: keys, contracts, signers and genesis come from a
//!   [`policy::Policy`], and the storage slot is computed.
//! * A bundle alone does not show that its blocks descend from the genesis block; the signatures an
//!   event commits to are not verified, and nothing tells whether what an event says is true. Every
//!   verdict says so.
//! * It writes no file but the state of a replay or of a followed chain and what shows an alarm,
//!   where the auditor names them, and never repairs an input.

mod blocks;
pub mod bundle;
pub mod chain;
pub mod commitment;
pub mod disclosure;
pub mod dossier;
pub mod encoding;
pub mod entry;
pub mod http;
pub mod json;
pub mod light;
pub mod log;
mod members;
pub mod merkle;
pub mod monitor;
pub mod note;
mod own_file;
pub mod policy;
pub mod receipt;
pub mod refusal;
pub mod release;
pub mod rpc;
pub mod verdict;
mod verify;

pub use blocks::Sealing;
pub use members::ShapeError;
pub use verify::verify_bundle;
