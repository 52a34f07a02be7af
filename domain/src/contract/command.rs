//! What may be asked of a contract, and the terms it is prepared with.

use serde::{Deserialize, Serialize};

use crate::content::Document;
use crate::event::{AwardIssued, TenderPublished};
use crate::id::{AccountRef, ContractId, LocalId};
use crate::input::MoneyInput;
use crate::time::Day;
use crate::vocabulary::Party;

/// What may be asked of a contract.
///
/// `supplier_account` is whoever registered the supplier: the account in the envelope of its
/// `CompanyRegistered`. It delivers and sends invoices; what is decided on them is for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContractCommand {
    /// Prepare it for signature.
    Prepare(Box<PrepareContract>),
    /// Lodge the guarantee of performance.
    LodgeGuarantee {
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// Who lodges it.
        caller: AccountRef,
        /// How much.
        amount: MoneyInput,
        /// The guarantee's number.
        reference: String,
    },
    /// Sign for one party.
    Sign {
        /// Which.
        party: Party,
        /// Who signs.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
    },
    /// Deliver, for the first time or again.
    Deliver {
        /// Who delivers.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// The deliverable.
        milestone_id: LocalId,
        /// What is delivered.
        documents: Vec<Document>,
    },
    /// Send a deliverable back.
    Return {
        /// Who sends it back.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// The deliverable.
        milestone_id: LocalId,
        /// Why, for the supplier to read.
        reason: String,
    },
    /// Accept a deliverable.
    Accept {
        /// Who accepts it.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// The deliverable.
        milestone_id: LocalId,
    },
    /// Apply the penalty of a late deliverable.
    ApplyPenalty {
        /// Who applies it.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// The deliverable.
        milestone_id: LocalId,
    },
    /// Register the invoice of an accepted deliverable.
    RegisterInvoice {
        /// Who sends it.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// The deliverable.
        milestone_id: LocalId,
        /// The invoice's own id (folio fiscal), a UUID in any case.
        invoice_id: String,
        /// The deliverable's value less its penalty, VAT excluded.
        amount: MoneyInput,
    },
    /// Order the payment of an invoice.
    OrderPayment {
        /// Who orders it.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// The deliverable.
        milestone_id: LocalId,
    },
    /// Record a payment that was made.
    RecordPayment {
        /// Who records it.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// The deliverable.
        milestone_id: LocalId,
        /// How much.
        amount: MoneyInput,
        /// The transfer's number.
        reference: String,
    },
    /// Complete the contract and settle its accounts.
    Complete,
    /// Rate how the supplier performed.
    RatePerformance {
        /// Who rates.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// From 1 to 5.
        stars: u32,
        /// Why.
        comment: String,
    },
    /// Rate the work, as a citizen; that each account does so once is for the caller to see to.
    RateWork {
        /// Who rates.
        caller: AccountRef,
        /// The supplier's account.
        supplier_account: Option<AccountRef>,
        /// From 1 to 5.
        stars: u32,
    },
}

/// Everything the preparation of a contract is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrepareContract {
    /// The contract's id.
    pub contract_id: ContractId,
    /// The award, if it was issued.
    pub award: Option<AwardIssued>,
    /// The award's call.
    pub call: Option<TenderPublished>,
    /// What was written.
    pub terms: ContractTerms,
}

/// The terms of a contract as they are typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractTerms {
    /// The guarantee's share of the amount, in per cent.
    pub guarantee_percent: u32,
    /// What a day of delay costs, in per mille of the late deliverable's value.
    pub penalty_per_day_per_mille: u32,
    /// The deliverables.
    pub milestones: Vec<MilestoneInput>,
}

/// A deliverable as it is typed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MilestoneInput {
    /// Its id.
    pub id: String,
    /// What is delivered.
    pub title: String,
    /// Its share of the amount, in per cent.
    pub percent: u32,
    /// The last day to deliver in time.
    pub due: Day,
}
