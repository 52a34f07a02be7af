//! Contracts: prepared from an award, signed, carried out, paid, closed.

use domain::company::Company;
use domain::contract::{
    ClosingRejection, Contract, ContractCommand, ContractRejection, ContractTerms,
    PaymentRejection, PrepareContract, TermsRejection,
};
use domain::rejection::InputRejection;
use domain::{AccountRef, Aggregate, ContractId, LocalId, Party, Role, Timestamp};
use eventstore::EventStore;

use crate::acts::ContractAct;
use crate::append::Decision;
use crate::bids::claim;
use crate::command::Request;
use crate::documents::read_documents;
use crate::execute::Application;
use crate::history::{Loaded, load};
use crate::opening::Procedure;
use crate::outcome::{ExecuteError, Fault, rejected};

/// The set of contracts: one an award.
pub(crate) const AWARD_CLAIM: &str = "contract-of-award";
/// The set of invoices (folios fiscales).
pub(crate) const INVOICE_CLAIM: &str = "invoice";
/// The set of citizens' ratings: one an account and contract.
pub(crate) const RATING_CLAIM: &str = "work-rating";

impl<S: EventStore> Application<S> {
    pub(crate) async fn decide_contract(
        &self,
        request: &Request<'_>,
        contract_id: ContractId,
        act: &ContractAct,
    ) -> Result<Decision, ExecuteError> {
        let contract: Loaded<Contract> = load(self.store(), contract_id.stream()).await?;
        let supplier = self.supplier(&contract.state).await?;
        let supplier_account = supplier.as_ref().and_then(|company| company.begun_by);
        let mut take = Vec::new();
        match act {
            ContractAct::RegisterInvoice { invoice_id, .. } => {
                let key = invoice_id.trim().to_lowercase();
                take.push(claim(INVOICE_CLAIM, &key, &contract.stream));
            }
            ContractAct::RateWork { .. } => {
                let key = format!("{contract_id}/{}", request.account());
                take.push(claim(RATING_CLAIM, &key, &contract.stream));
            }
            _ => {}
        }
        let command = contract_command(request, supplier_account, act)?;
        let now = self.now().await?;
        let events = contract.state.decide(command, now).map_err(rejected)?;
        if let ContractAct::SubmitDeliverable { documents, .. } = act {
            self.keep_documents(&contract.stream, documents).await?;
        }
        let unchanged = supplier.map(|company| (company.stream, company.version));
        let unchanged = unchanged.into_iter().collect();
        Ok(Decision { unchanged, take, ..Decision::new(contract.stream, contract.version, events) })
    }

    /// The supplier; the account that registered it acts for it.
    async fn supplier(&self, contract: &Contract) -> Result<Option<Loaded<Company>>, Fault> {
        let Some(prepared) = contract.prepared() else { return Ok(None) };
        load(self.store(), prepared.supplier.company_id.stream()).await.map(Some)
    }
}

fn contract_command(
    request: &Request<'_>,
    supplier_account: Option<AccountRef>,
    act: &ContractAct,
) -> Result<ContractCommand, ExecuteError> {
    use ContractAct as A;
    use ContractCommand as C;
    let caller = request.account();
    Ok(match act {
        A::LodgeGuarantee { amount, reference } => {
            let (amount, reference) = (amount.clone(), reference.clone());
            C::LodgeGuarantee { supplier_account, caller, amount, reference }
        }
        A::SignContract => {
            let is_buyer = request.role == Role::Contracting;
            let party = if is_buyer { Party::Buyer } else { Party::Supplier };
            C::Sign { party, caller, supplier_account }
        }
        A::SubmitDeliverable { milestone_id, documents } => {
            let milestone_id = read_milestone(milestone_id)?;
            let documents = read_documents("documents", documents)?;
            C::Deliver { caller, supplier_account, milestone_id, documents }
        }
        A::ReturnDeliverable { milestone_id, reason } => {
            let milestone_id = read_milestone(milestone_id)?;
            C::Return { caller, supplier_account, milestone_id, reason: reason.clone() }
        }
        A::AcceptDeliverable { milestone_id } => {
            let milestone_id = read_milestone(milestone_id)?;
            C::Accept { caller, supplier_account, milestone_id }
        }
        A::ApplyPenalty { milestone_id } => {
            let milestone_id = read_milestone(milestone_id)?;
            C::ApplyPenalty { caller, supplier_account, milestone_id }
        }
        A::RegisterInvoice { milestone_id, invoice_id, amount } => C::RegisterInvoice {
            caller,
            supplier_account,
            milestone_id: read_milestone(milestone_id)?,
            invoice_id: invoice_id.clone(),
            amount: amount.clone(),
        },
        A::OrderPayment { milestone_id } => {
            let milestone_id = read_milestone(milestone_id)?;
            C::OrderPayment { caller, supplier_account, milestone_id }
        }
        A::RecordPayment { milestone_id, amount, reference } => C::RecordPayment {
            caller,
            supplier_account,
            milestone_id: read_milestone(milestone_id)?,
            amount: amount.clone(),
            reference: reference.clone(),
        },
        A::CompleteContract => C::Complete,
        A::RatePerformance { stars, comment } => {
            let (stars, comment) = (*stars, comment.clone());
            C::RatePerformance { caller, supplier_account, stars, comment }
        }
        A::RateWork { stars } => C::RateWork { caller, supplier_account, stars: *stars },
    })
}

pub(crate) fn prepare_contract(
    request: &Request<'_>,
    procedure: Procedure,
    terms: &ContractTerms,
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let contract_id = ContractId(request.created_id());
    let award = procedure.tender.state.award().cloned();
    let key = award.as_ref().map(|award| award.award_id.to_string());
    let command = ContractCommand::Prepare(Box::new(PrepareContract {
        contract_id,
        award,
        call: procedure.tender.state.published().cloned(),
        terms: terms.clone(),
    }));
    let events = Contract::default().decide(command, now).map_err(rejected)?;
    let stream = contract_id.stream();
    let take = key.iter().map(|key| claim(AWARD_CLAIM, key, &stream)).collect();
    Ok(Decision { take, ..procedure.beside(stream, events) })
}

/// The refusal of a claim that is taken.
pub(crate) fn claim_taken(kind: &str, act: Option<&ContractAct>) -> Option<ContractRejection> {
    match (kind, act) {
        (AWARD_CLAIM, _) => Some(TermsRejection::AwardHasContract.into()),
        (INVOICE_CLAIM, Some(ContractAct::RegisterInvoice { invoice_id, .. })) => {
            Some(PaymentRejection::InvoiceIdTaken { invoice_id: invoice_id.clone() }.into())
        }
        (RATING_CLAIM, _) => Some(ClosingRejection::WorkAlreadyRated.into()),
        _ => None,
    }
}

fn read_milestone(text: &str) -> Result<LocalId, ExecuteError> {
    text.trim().parse().map_err(|_| {
        rejected(InputRejection::Format {
            field: "milestoneId".to_owned(),
            expected: "el identificador de un entregable, como D1",
        })
    })
}
