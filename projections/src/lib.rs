//! Read models: what pages, lists and records show, built from the log and nothing else.
//!
//! A [`Runner`] follows the log by position and moves a generation's rows and its `projection_position` in one
//! transaction; an older runner fences itself. A generation is a schema of its own: [`rebuild`] builds one from
//! zero beside the serving one, recomputes every release, compares every row and switches in one transaction.
//! A [`Reader`] reads the generation that is served.
//!
//! No read model is the source of a fact: all of them may be dropped at any moment. This crate never appends to
//! the log, never opens the vault, and makes no release: it checks the bytes that were published against the
//! hash on the log (`docs/proof-format.md` §5) and merges them (OCDS 1.1 "Merging").

mod apply;
mod as_of;
mod disclosures;
mod error;
mod generation;
pub mod procedure;
mod process;
mod reader;
mod rebuild;
mod records;
mod rows;
mod runner;

pub use as_of::{AsOf, RELEASES_MAX, RecordAsOf};
pub use error::ProjectionError;
pub use generation::{NAME, Serving};
pub use process::ocid_of;
pub use reader::{Reader, View};
pub use rebuild::{RebuildReport, TABLES, drop_and_rebuild, rebuild};
pub use rows::{
    ActRow, CompanyPage, CompanyStatus, DocumentRow, EvaluatorRow, EvaluatorStatus, Page,
    ProcedureRow, PublishedRelease, RecordRow, TenderPage,
};
pub use runner::{Runner, Step};
