//! How a contract answers what is asked of it.

use crate::aggregate::Aggregate;
use crate::contract::amount::{part, share_rounded_up};
use crate::contract::command::ContractCommand;
use crate::contract::evolve;
use crate::contract::preparation::prepare;
use crate::contract::rejection::{
    ClosingRejection, ContractRejection, SignatureRejection, TermsRejection,
};
use crate::contract::state::{Completed, Contract, ContractEvent, Execution, Pending};
use crate::event::{
    ContractActivated, ContractPrepared, ContractSigned, CorruptHistory, GuaranteeLodged,
    PerformanceRated, WorkRated,
};
use crate::id::AccountRef;
use crate::input::MoneyInput;
use crate::money::Money;
use crate::rejection::{InputRejection, in_range};
use crate::text::{self, PROSE_CHARS_MAX, TITLE_CHARS_MAX};
use crate::time::Timestamp;
use crate::vocabulary::Party;

impl Aggregate for Contract {
    type Command = ContractCommand;
    type Event = ContractEvent;
    type Rejection = ContractRejection;

    fn decide(
        &self,
        command: ContractCommand,
        now: Timestamp,
    ) -> Result<Vec<ContractEvent>, ContractRejection> {
        use ContractCommand as C;
        match command {
            C::Prepare(_) if self.prepared().is_some() => {
                Err(TermsRejection::AlreadyPrepared.into())
            }
            C::Prepare(command) => {
                Ok(vec![ContractEvent::Prepared(Box::new(prepare(*command, now)?))])
            }
            C::LodgeGuarantee { supplier_account, caller, amount, reference } => {
                self.known()?;
                check_supplier(caller, supplier_account)?;
                self.lodge(&amount, &reference)
            }
            C::Sign { party, caller, supplier_account } => {
                self.known()?;
                check_signer(party, caller, supplier_account)?;
                self.sign(party, now)
            }
            C::Deliver { caller, supplier_account, milestone_id, documents } => {
                self.known()?;
                check_supplier(caller, supplier_account)?;
                self.execution()?.deliver(milestone_id, documents, now)
            }
            C::Return { caller, supplier_account, milestone_id, reason } => {
                self.known()?;
                check_other(caller, supplier_account)?;
                self.execution()?.send_back(milestone_id, &reason)
            }
            C::Accept { caller, supplier_account, milestone_id } => {
                self.known()?;
                check_other(caller, supplier_account)?;
                self.execution()?.accept(milestone_id)
            }
            C::ApplyPenalty { caller, supplier_account, milestone_id } => {
                self.known()?;
                check_other(caller, supplier_account)?;
                self.execution()?.apply_penalty(milestone_id)
            }
            C::RegisterInvoice { caller, supplier_account, milestone_id, invoice_id, amount } => {
                self.known()?;
                check_supplier(caller, supplier_account)?;
                self.execution()?.register_invoice(milestone_id, &invoice_id, &amount, now)
            }
            C::OrderPayment { caller, supplier_account, milestone_id } => {
                self.known()?;
                check_other(caller, supplier_account)?;
                self.execution()?.order_payment(milestone_id)
            }
            C::RecordPayment { caller, supplier_account, milestone_id, amount, reference } => {
                self.known()?;
                check_other(caller, supplier_account)?;
                self.execution()?.record_payment(milestone_id, &amount, &reference)
            }
            C::Complete => match self {
                Self::Completed(_) => Err(ClosingRejection::AlreadyCompleted.into()),
                Self::Absent | Self::Pending(_) | Self::Active(_) => self.execution()?.complete(),
            },
            C::RatePerformance { caller, supplier_account, stars, comment } => {
                self.known()?;
                check_other(caller, supplier_account)?;
                self.rate_performance(stars, &comment)
            }
            C::RateWork { caller, supplier_account, stars } => {
                self.known()?;
                check_other(caller, supplier_account)?;
                self.rate_work(stars)
            }
        }
    }

    fn evolve(self, event: &ContractEvent) -> Result<Self, CorruptHistory> {
        evolve::evolve(self, event)
    }
}

impl Contract {
    fn known(&self) -> Result<&ContractPrepared, ContractRejection> {
        self.prepared().ok_or(ContractRejection::Unknown)
    }

    fn execution(&self) -> Result<&Execution, ContractRejection> {
        match self {
            Self::Absent => Err(ContractRejection::Unknown),
            Self::Pending(_) => Err(ContractRejection::NotYetActive),
            Self::Active(execution) => Ok(execution),
            Self::Completed(_) => Err(ContractRejection::NoLongerActive),
        }
    }

    fn lodge(
        &self,
        amount: &MoneyInput,
        reference: &str,
    ) -> Result<Vec<ContractEvent>, ContractRejection> {
        match self {
            Self::Absent => Err(ContractRejection::Unknown),
            Self::Pending(pending) if pending.guarantee.is_none() => {
                Ok(vec![lodge(&pending.prepared, amount, reference)?])
            }
            Self::Pending(_) | Self::Active(_) | Self::Completed(_) => {
                Err(SignatureRejection::GuaranteeAlreadyLodged.into())
            }
        }
    }

    fn sign(&self, party: Party, now: Timestamp) -> Result<Vec<ContractEvent>, ContractRejection> {
        match self {
            Self::Absent => Err(ContractRejection::Unknown),
            Self::Pending(pending) => Ok(sign(pending, party, now)?),
            Self::Active(_) | Self::Completed(_) => {
                Err(SignatureRejection::AlreadySigned { party }.into())
            }
        }
    }

    fn rate_performance(
        &self,
        stars: u32,
        comment: &str,
    ) -> Result<Vec<ContractEvent>, ContractRejection> {
        match self {
            Self::Absent => Err(ContractRejection::Unknown),
            Self::Pending(_) | Self::Active(_) => Err(ClosingRejection::NotCompleted.into()),
            Self::Completed(completed) if completed.is_rated => {
                Err(ClosingRejection::PerformanceAlreadyRated.into())
            }
            Self::Completed(completed) => {
                check_stars(stars)?;
                let Completed { execution: Execution { prepared, .. }, .. } = completed.as_ref();
                Ok(vec![ContractEvent::PerformanceRated(Box::new(PerformanceRated {
                    contract_id: prepared.contract_id,
                    ocid: prepared.ocid.clone(),
                    stars,
                    comment: text::line("comment", comment, PROSE_CHARS_MAX)?,
                }))])
            }
        }
    }

    fn rate_work(&self, stars: u32) -> Result<Vec<ContractEvent>, ContractRejection> {
        let prepared = self.known()?;
        if !self.has_accepted() {
            return Err(ClosingRejection::NothingAccepted.into());
        }
        check_stars(stars)?;
        Ok(vec![ContractEvent::WorkRated(Box::new(WorkRated {
            contract_id: prepared.contract_id,
            ocid: prepared.ocid.clone(),
            stars,
        }))])
    }
}

fn lodge(
    prepared: &ContractPrepared,
    amount: &MoneyInput,
    reference: &str,
) -> Result<ContractEvent, ContractRejection> {
    let amount = read_amount(amount, prepared.amount)?;
    let minimum = share_rounded_up(prepared.amount, prepared.guarantee_percent);
    if amount.centavos() < minimum {
        let minimum = part(minimum, prepared.amount);
        return Err(SignatureRejection::GuaranteeTooSmall { minimum }.into());
    }
    Ok(ContractEvent::GuaranteeLodged(Box::new(GuaranteeLodged {
        contract_id: prepared.contract_id,
        ocid: prepared.ocid.clone(),
        amount,
        reference: text::line("reference", reference, TITLE_CHARS_MAX)?,
    })))
}

fn sign(
    pending: &Pending,
    party: Party,
    now: Timestamp,
) -> Result<Vec<ContractEvent>, SignatureRejection> {
    let Pending { prepared, guarantee, signed } = pending;
    if signed.contains(&party) {
        return Err(SignatureRejection::AlreadySigned { party });
    }
    let sign_by = prepared.sign_by;
    // The last day is a whole day: its last millisecond is in time.
    if now.local_day() > sign_by {
        return Err(SignatureRejection::PeriodEnded { sign_by, now });
    }
    if guarantee.is_none() {
        return Err(SignatureRejection::GuaranteeMissing);
    }
    let (contract_id, ocid) = (prepared.contract_id, prepared.ocid.clone());
    let signature = ContractSigned { contract_id, ocid: ocid.clone(), party };
    let mut events = vec![ContractEvent::Signed(Box::new(signature))];
    if !signed.is_empty() {
        let activated = ContractActivated { contract_id, ocid, signed_at: now };
        events.push(ContractEvent::Activated(Box::new(activated)));
    }
    Ok(events)
}

fn check_supplier(
    caller: AccountRef,
    supplier_account: Option<AccountRef>,
) -> Result<(), ContractRejection> {
    if supplier_account == Some(caller) {
        Ok(())
    } else {
        Err(ContractRejection::NotTheSuppliersAccount)
    }
}

/// Refuses the supplier's account where its own work is decided on.
fn check_other(
    caller: AccountRef,
    supplier_account: Option<AccountRef>,
) -> Result<(), ContractRejection> {
    if supplier_account == Some(caller) {
        Err(ContractRejection::SuppliersOwnAccount)
    } else {
        Ok(())
    }
}

fn check_signer(
    party: Party,
    caller: AccountRef,
    supplier_account: Option<AccountRef>,
) -> Result<(), ContractRejection> {
    match party {
        Party::Supplier => check_supplier(caller, supplier_account),
        // One account never signs for both.
        Party::Buyer if supplier_account == Some(caller) => {
            Err(SignatureRejection::NotTheBuyersAccount.into())
        }
        Party::Buyer => Ok(()),
    }
}

fn check_stars(stars: u32) -> Result<(), InputRejection> {
    in_range("stars", u64::from(stars), 1, 5)
}

/// Reads an amount that has to be in the contract's currency.
pub(super) fn read_amount(
    amount: &MoneyInput,
    contract_amount: Money,
) -> Result<Money, ContractRejection> {
    let amount = amount.read("amount")?;
    let currency = contract_amount.currency();
    if amount.currency() == currency {
        Ok(amount)
    } else {
        Err(ContractRejection::Currency { currency })
    }
}
