//! Tenders (licitaciones): the call, from its draft to its publication.

mod check;
mod command;
mod rejection;
mod state;

pub use command::{PublishCall, TenderCommand, TenderDraft, TenderInput};
pub use rejection::{DayRelation, TenderRejection};
pub use state::{Tender, TenderEvent};

#[cfg(test)]
mod tests;
