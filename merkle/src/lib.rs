//! The log's format: what an entry is, how it is hashed, and how what was logged is proven.
//!
//! Implements `docs/proof-format.md` on the writing side: canonical JSON ([`canonical`]), salted commitments
//! ([`commitment`]), entries ([`entry`]), the tree of a batch ([`batch`]), the tree of the whole log over tiles
//! ([`log_tree`]), its parts as files ([`tile_path`]), signed checkpoints ([`checkpoint`]) and their cosignatures
//! ([`cosignature`]), the digest that goes on chain ([`digest`]), bundles ([`bundle`]) and receipts ([`receipt`]).
//!
//! It does no I/O, reads no clock and draws no random number. It deliberately does not verify bundles: that is
//! the work of `verifier`, which shares no code with it.

pub mod batch;
pub mod bundle;
pub mod canonical;
pub mod checkpoint;
pub mod commitment;
pub mod cosignature;
pub mod digest;
pub mod entry;
pub mod hash;
pub mod instant;
pub mod log_tree;
mod note;
pub mod receipt;
pub mod tile_path;

pub use batch::BatchTree;
pub use checkpoint::{LogKey, TreeHead};
pub use commitment::{Commitment, Salt};
pub use cosignature::WitnessKey;
pub use entry::{Actor, Clock, Entry, Envelope, RuleSetRef, SealedEnvelope};
pub use hash::{Hash, leaf_hash, node_hash};
pub use note::NoteKey;
pub use receipt::{Receipt, ReceiptKey};
