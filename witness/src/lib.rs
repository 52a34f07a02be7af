//! A witness: another party that cosigns the checkpoints of a log, each only after it saw that it extends the last one.
//!
//! Whoever demands cosignatures of a checkpoint cannot be shown another log than everybody else, unless the witnesses
//! take part in it. This room implements C2SP `tlog-witness` and `tlog-cosignature` (Ed25519, `cosignature/v1`):
//!
//! * [`Ledger`] holds the last checkpoint that was cosigned of each log, and decides; what it signs is on the disk before
//!   the signature leaves;
//! * [`Evidence`] is what it keeps when a log contradicts itself, and [`Evidence::judge`] what anybody concludes from it;
//! * [`server`] takes checkpoints over HTTP, [`follow`](mod@follow) fetches them from a log that does not send any.
//!
//! With the feature `chain`, `witness post` puts cosignatures into `contracts/src/Cosignatures.sol`.
//!
//! It is run by somebody else than the log, so it needs no room of the log's: proofs, notes and tiles are read by
//! `verifier`, the auditor's library, as strictly as an auditor reads them.
//!
//! # What it deliberately does not do
//!
//! * It does not read entries: that a log is append-only is all that a cosignature says.
//! * It cosigns no checkpoint with extension lines: the format of these logs has none (`docs/proof-format.md` §3).
//! * It does not forget: without its folder a witness would cosign a second history.

#[cfg(feature = "chain")]
pub mod chain;
mod evidence;
pub mod follow;
mod history;
mod key;
mod ledger;
mod request;
pub mod server;
mod state;

pub use evidence::{Evidence, EvidenceError, Judgement, Shows};
pub use key::{KeyFileError, WitnessKey, log_key};
pub use ledger::{Cosigned, Ledger, LedgerError, Refusal, StorageError, key_file};
pub use request::{AddCheckpoint, PROOF_LINES_MAX, REQUEST_BYTES_MAX, RequestError};
