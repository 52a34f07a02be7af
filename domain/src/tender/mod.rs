//! Tenders (licitaciones): the call, from its draft to its publication, and what follows in its stream:
//! the end of receipt, the two openings, the award.

mod award;
mod check;
mod command;
mod economic;
mod evolve;
mod opening;
mod publication;
mod rejection;
mod stage;
mod state;

pub use award::{DeclareDeserted, IssueAward};
pub use command::{PublishCall, TenderCommand, TenderDraft, TenderInput};
pub use economic::{OpenEconomic, SealedOffer, SealedSheet};
pub use opening::{
    CloseReceipt, OpenTechnical, PROPOSALS_MAX, SealedAct, SealedActKind, live_positions,
};
pub use rejection::{DayRelation, TenderRejection};
pub use stage::StageRejection;
pub use state::{
    ClosedReceipt, EconomicOpening, OpenedProposal, TechnicalOpening, Tender, TenderEvent,
};

#[cfg(test)]
mod tests;
