//! What happens to a command: authorised, decided on loaded streams, appended with its conditions,
//! answered once. Besides: drafts, accounts, the publisher of releases, and heartbeats.
//!
//! Whatever is decided is decided by `domain`; whatever is recorded is recorded by `eventstore`. This
//! room brings the two together and keeps in the schema `app` what is no event: drafts that are not
//! public yet, accounts, sessions, and the exact bytes of published releases.
//!
//! What it does not do: it draws no conclusions from read models, limits no rates, speaks no HTTP, and
//! reads no clock but the log's. It implements the roles of the governance document, and the release
//! publication of the OCDS profile.

mod accounts;
mod acts;
mod append;
mod authority;
mod award;
mod bids;
mod calls;
mod cited;
mod command;
mod contracts;
mod documents;
pub mod drafts;
mod execute;
pub mod heartbeat;
mod history;
mod opening;
mod outcome;
mod panel;
mod planning;
mod procedure;
pub mod publisher;
mod receipts;
mod refusals;
mod registers;
pub mod releases;
mod sealed;
mod subject;
pub mod timers;

pub use accounts::{
    Account, AccountSettings, Accounts, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, SYSTEM, Session,
};
pub use acts::{BidAct, ContractAct, DocumentInput, ProcedureAct, ProposalInput, RevealInput};
pub use authority::{Caller, authorise, roles_for};
pub use command::{Command, public_name};
pub use execute::{Application, Parts, Settings};
pub use history::{domain_event, happened_at, said_by};
pub use outcome::{Accepted, EventRef, ExecuteError, Fault, Rejection};
pub use panel::{Beacon, BeaconError, Block, BlockAnswer};
pub use receipts::{Receipts, SignedReceipt};
