//! Proposals (proposiciones): two sealed envelopes, replaced or taken back until receipt ends.

mod rejection;

pub use rejection::ProposalRejection;

use crate::aggregate::{Aggregate, aggregate_events};
use crate::company::Company;
use crate::content::{Document, EconomicEnvelope, TechnicalEnvelope, Tenderer};
use crate::document::DOCUMENTS_MAX;
use crate::event::{
    CorruptHistory, Offer, ParticipantRegistered, ProposalReplaced, ProposalSubmitted,
    ProposalWithdrawn, TenderPublished,
};
use crate::id::{AccountRef, CompanyId, ProposalId, TenderId};
use crate::input::MoneyInput;
use crate::money::Money;
use crate::participation::{TendererRejection, check_receipt_end, tenderer};
use crate::rejection::in_range;
use crate::time::Timestamp;

/// How often a company submits or replaces in a tender, all its proposals together: one event lists at the opening
/// what became of everything that was sent, and an event has a limit. Taking back is always possible.
pub const OFFERS_MAX: u32 = 5;

/// What may be asked of a proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposalCommand {
    /// Submit it.
    Submit(Box<SubmitProposal>),
    /// Put another in its place.
    Replace(Box<SubmitProposal>),
    /// Take it back.
    Withdraw(Box<WithdrawProposal>),
}

/// Everything a submission or a replacement is decided on.
#[derive(Clone, PartialEq, Eq)]
pub struct SubmitProposal {
    /// The proposal's id.
    pub proposal_id: ProposalId,
    /// The call, if it is published.
    pub tender: Option<TenderPublished>,
    /// The company's participation in the tender, if there is one.
    pub participation: Option<ParticipantRegistered>,
    /// The company that offers.
    pub company: Company,
    /// Who registered the company: the account in the envelope of its `CompanyRegistered`.
    pub registrant: Option<AccountRef>,
    /// Who asks.
    pub caller: AccountRef,
    /// The documents of the technical envelope.
    pub technical: Vec<Document>,
    /// The price, VAT excluded.
    pub price: MoneyInput,
    /// The documents of the economic envelope; may be empty.
    pub economic: Vec<Document>,
}

impl std::fmt::Debug for SubmitProposal {
    /// Says which, and neither whose it is nor what it offers: both are sealed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubmitProposal")
            .field("proposal_id", &self.proposal_id)
            .finish_non_exhaustive()
    }
}

/// Everything a withdrawal is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WithdrawProposal {
    /// The proposal's id.
    pub proposal_id: ProposalId,
    /// The call, if it is published.
    pub tender: Option<TenderPublished>,
    /// The company whose proposal it is.
    pub company: Company,
    /// Who registered the company: the account in the envelope of its `CompanyRegistered`.
    pub registrant: Option<AccountRef>,
    /// Who asks.
    pub caller: AccountRef,
}

aggregate_events!(
    /// What is recorded of a proposal.
    ProposalEvent of "proposal" {
        /// It was submitted.
        Submitted(ProposalSubmitted),
        /// Another stands in its place.
        Replaced(ProposalReplaced),
        /// It was taken back.
        Withdrawn(ProposalWithdrawn),
    }
);

/// A proposal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Proposal {
    /// No proposal yet.
    #[default]
    Absent,
    /// It will be opened.
    Live {
        /// The tender.
        tender_id: TenderId,
        /// Whose it is, where that part of the event is disclosed to the reader.
        company_id: Option<CompanyId>,
    },
    /// It was taken back.
    Withdrawn {
        /// The tender.
        tender_id: TenderId,
    },
}

impl Proposal {
    /// Whether it would be opened.
    #[cfg(test)]
    pub(crate) fn is_live(&self) -> bool {
        match self {
            Self::Live { .. } => true,
            Self::Absent | Self::Withdrawn { .. } => false,
        }
    }

    /// Refuses whoever asks for what is not a live proposal of this tender and company.
    fn check_own(
        &self,
        asked_tender: TenderId,
        asked_company: CompanyId,
    ) -> Result<(), ProposalRejection> {
        match self {
            Self::Absent => Err(ProposalRejection::Unknown),
            Self::Withdrawn { .. } => Err(ProposalRejection::Withdrawn),
            Self::Live { tender_id, company_id } => {
                let is_own = company_id.is_none_or(|company_id| company_id == asked_company);
                // Another's proposal is unknown: that it exists is nobody's business.
                if *tender_id == asked_tender && is_own {
                    Ok(())
                } else {
                    Err(ProposalRejection::Unknown)
                }
            }
        }
    }
}

impl Aggregate for Proposal {
    type Command = ProposalCommand;
    type Event = ProposalEvent;
    type Rejection = ProposalRejection;

    fn decide(
        &self,
        command: ProposalCommand,
        now: Timestamp,
    ) -> Result<Vec<ProposalEvent>, ProposalRejection> {
        use {ProposalCommand as C, ProposalEvent as E};
        match (self, command) {
            (Self::Absent, C::Submit(command)) => {
                let proposal_id = command.proposal_id;
                let (tender_id, offer, _) = read_offer(*command, now)?;
                let event = ProposalSubmitted { proposal_id, tender_id, offer };
                Ok(vec![E::Submitted(Box::new(event))])
            }
            (Self::Live { .. }, C::Submit(_)) => Err(ProposalRejection::AlreadySubmitted),
            (Self::Withdrawn { .. }, C::Submit(_)) => Err(ProposalRejection::Withdrawn),
            (Self::Absent | Self::Live { .. } | Self::Withdrawn { .. }, C::Replace(command)) => {
                let proposal_id = command.proposal_id;
                let (tender_id, offer, company_id) = read_offer(*command, now)?;
                self.check_own(tender_id, company_id)?;
                let event = ProposalReplaced { proposal_id, tender_id, offer };
                Ok(vec![E::Replaced(Box::new(event))])
            }
            (Self::Absent | Self::Live { .. } | Self::Withdrawn { .. }, C::Withdraw(command)) => {
                let WithdrawProposal { proposal_id, tender, company, registrant, caller } =
                    *command;
                let (tender, tenderer) = admit(tender, &company, registrant, caller, now)?;
                self.check_own(tender.tender_id, tenderer.company_id)?;
                let event = ProposalWithdrawn { proposal_id, tender_id: tender.tender_id };
                Ok(vec![E::Withdrawn(Box::new(event))])
            }
        }
    }

    fn evolve(self, event: &ProposalEvent) -> Result<Self, CorruptHistory> {
        use ProposalEvent as E;
        let (status, event_type) = match (self, event) {
            (Self::Absent, E::Submitted(event)) => {
                let company_id = event.offer.company.as_ref().map(|company| company.company_id);
                return Ok(Self::Live { tender_id: event.tender_id, company_id });
            }
            // Whose it is was said by the first: a replacement is of the same company.
            (live @ Self::Live { .. }, E::Replaced(_)) => return Ok(live),
            (Self::Live { tender_id, .. }, E::Withdrawn(_)) => {
                return Ok(Self::Withdrawn { tender_id });
            }
            (Self::Absent, E::Replaced(_)) => ("absent", "ProposalReplaced"),
            (Self::Absent, E::Withdrawn(_)) => ("absent", "ProposalWithdrawn"),
            (Self::Live { .. }, E::Submitted(_)) => ("live", "ProposalSubmitted"),
            (Self::Withdrawn { .. }, E::Submitted(_)) => ("withdrawn", "ProposalSubmitted"),
            (Self::Withdrawn { .. }, E::Replaced(_)) => ("withdrawn", "ProposalReplaced"),
            (Self::Withdrawn { .. }, E::Withdrawn(_)) => ("withdrawn", "ProposalWithdrawn"),
        };
        Err(CorruptHistory::OutOfOrder { aggregate: "proposal", status, event_type })
    }
}

/// The tender, and the company in it, if it may send something now.
fn admit(
    tender: Option<TenderPublished>,
    company: &Company,
    registrant: Option<AccountRef>,
    caller: AccountRef,
    now: Timestamp,
) -> Result<(TenderPublished, Tenderer), ProposalRejection> {
    let tender = tender.ok_or(TendererRejection::TenderUnknown)?;
    let tenderer = tenderer(company, registrant, caller)?;
    let start = tender.schedule.receipt_start;
    if now < start {
        return Err(ProposalRejection::SubmissionNotStarted { start, now });
    }
    check_receipt_end(&tender, now)?;
    Ok((tender, tenderer))
}

/// What is offered, to which tender, by which company.
fn read_offer(
    command: SubmitProposal,
    now: Timestamp,
) -> Result<(TenderId, Offer, CompanyId), ProposalRejection> {
    let SubmitProposal { tender, participation, company, registrant, caller, .. } = command;
    let (tender, tenderer) = admit(tender, &company, registrant, caller, now)?;
    let (tender_id, company_id) = (tender.tender_id, tenderer.company_id);
    let takes_part = participation.is_some_and(|participant| {
        participant.tender_id == tender_id && participant.tenderer.company_id == company_id
    });
    if !takes_part {
        return Err(ProposalRejection::ParticipantNotRegistered);
    }
    if command.technical.is_empty() {
        return Err(ProposalRejection::NoTechnicalDocuments);
    }
    let max = DOCUMENTS_MAX as u64;
    in_range("technical", command.technical.len() as u64, 1, max)?;
    in_range("economic", command.economic.len() as u64, 0, max)?;
    let price = read_price(&command.price, &tender)?;
    let offer = Offer {
        company: Some(tenderer),
        technical: Some(TechnicalEnvelope { documents: command.technical }),
        economic: Some(EconomicEnvelope { price, documents: command.economic }),
    };
    Ok((tender_id, offer, company_id))
}

/// A price above the budget is taken: the proposal will not be solvent, and that is said in public.
fn read_price(price: &MoneyInput, tender: &TenderPublished) -> Result<Money, ProposalRejection> {
    let price = price.read("price")?;
    let currency = tender.budget.currency();
    if price.currency() != currency {
        return Err(ProposalRejection::Currency { currency });
    }
    if price.centavos() == 0 {
        return Err(ProposalRejection::ZeroPrice);
    }
    Ok(price)
}

#[cfg(test)]
mod tests;
