//! Contracts (contratos): from an award to its signature, its deliverables and its payments.

mod amount;
mod command;
mod decide;
mod evolve;
mod execution;
mod preparation;
mod rejection;
mod state;

pub use command::{ContractCommand, ContractTerms, MilestoneInput, PrepareContract};
pub use execution::PAYMENT_DAYS;
pub use preparation::{GUARANTEE_PERCENT_MIN, PENALTY_PER_MILLE_MAX};
pub use rejection::{
    ClosingRejection, ContractRejection, DeliveryRejection, PaymentRejection, SignatureRejection,
    TermsRejection,
};
pub use state::{
    Completed, Contract, ContractEvent, Execution, Invoice, MilestoneState, MilestoneStatus,
    Pending,
};

#[cfg(test)]
mod tests;
