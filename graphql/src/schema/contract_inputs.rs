//! Inputs of the acts on a contract.

use application::{Command, ContractAct};
use async_graphql::InputObject;
use domain::ContractId;
use domain::rejection::InputRejection;

use super::bid_inputs::{DocumentInput, documents};
use super::inputs::{CommandInput, MoneyInput, command, count};
use super::scalars::UuidText;

fn act(contract: &UuidText, act: ContractAct) -> Result<Command, InputRejection> {
    Ok(Command::Contract { contract_id: ContractId(contract.read("contractId")?), act })
}

command!(
    /// A guarantee of performance to lodge.
    LodgeGuaranteeInput {
        /// The contract.
        contract_id: UuidText,
        /// How much.
        amount: MoneyInput,
        /// The guarantee's number.
        reference: String,
    }
    it => act(&it.contract_id, ContractAct::LodgeGuarantee {
        amount: it.amount.into(),
        reference: it.reference,
    })?
);

command!(
    /// A contract to sign, for the party that the account's role stands for.
    SignContractInput {
        /// The contract.
        contract_id: UuidText,
    }
    it => act(&it.contract_id, ContractAct::SignContract)?
);

command!(
    /// A deliverable (entregable) to hand in.
    SubmitDeliverableInput {
        /// The contract.
        contract_id: UuidText,
        /// The deliverable.
        milestone_id: String,
        /// What is handed in.
        documents: Vec<DocumentInput>,
    }
    it => act(&it.contract_id, ContractAct::SubmitDeliverable {
        milestone_id: it.milestone_id,
        documents: documents("documents", it.documents)?,
    })?
);

command!(
    /// A deliverable to send back.
    ReturnDeliverableInput {
        /// The contract.
        contract_id: UuidText,
        /// The deliverable.
        milestone_id: String,
        /// Why.
        reason: String,
    }
    it => act(&it.contract_id, ContractAct::ReturnDeliverable {
        milestone_id: it.milestone_id,
        reason: it.reason,
    })?
);

command!(
    /// A deliverable to accept.
    AcceptDeliverableInput {
        /// The contract.
        contract_id: UuidText,
        /// The deliverable.
        milestone_id: String,
    }
    it => act(&it.contract_id, ContractAct::AcceptDeliverable { milestone_id: it.milestone_id })?
);

command!(
    /// A late deliverable to charge for.
    ApplyPenaltyInput {
        /// The contract.
        contract_id: UuidText,
        /// The deliverable.
        milestone_id: String,
    }
    it => act(&it.contract_id, ContractAct::ApplyPenalty { milestone_id: it.milestone_id })?
);

command!(
    /// An invoice (CFDI) of an accepted deliverable.
    RegisterInvoiceInput {
        /// The contract.
        contract_id: UuidText,
        /// The deliverable.
        milestone_id: String,
        /// The invoice's own id (folio fiscal).
        invoice_id: String,
        /// The deliverable's value less its penalty, VAT excluded.
        amount: MoneyInput,
    }
    it => act(&it.contract_id, ContractAct::RegisterInvoice {
        milestone_id: it.milestone_id,
        invoice_id: it.invoice_id,
        amount: it.amount.into(),
    })?
);

command!(
    /// A payment to order.
    OrderPaymentInput {
        /// The contract.
        contract_id: UuidText,
        /// The deliverable.
        milestone_id: String,
    }
    it => act(&it.contract_id, ContractAct::OrderPayment { milestone_id: it.milestone_id })?
);

command!(
    /// A payment that was made.
    RecordPaymentInput {
        /// The contract.
        contract_id: UuidText,
        /// The deliverable.
        milestone_id: String,
        /// How much.
        amount: MoneyInput,
        /// The transfer's number.
        reference: String,
    }
    it => act(&it.contract_id, ContractAct::RecordPayment {
        milestone_id: it.milestone_id,
        amount: it.amount.into(),
        reference: it.reference,
    })?
);

command!(
    /// A contract to close, with its accounts.
    CompleteContractInput {
        /// The contract.
        contract_id: UuidText,
    }
    it => act(&it.contract_id, ContractAct::CompleteContract)?
);

command!(
    /// How the supplier performed, in the buyer's view.
    RatePerformanceInput {
        /// The contract.
        contract_id: UuidText,
        /// From 1 to 5.
        stars: i32,
        /// Why.
        comment: String,
    }
    it => act(&it.contract_id, ContractAct::RatePerformance {
        stars: count("stars", it.stars)?,
        comment: it.comment,
    })?
);

command!(
    /// How the work is, in a citizen's view.
    RateWorkInput {
        /// The contract.
        contract_id: UuidText,
        /// From 1 to 5.
        stars: i32,
    }
    it => act(&it.contract_id, ContractAct::RateWork { stars: count("stars", it.stars)? })?
);
