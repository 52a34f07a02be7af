//! What a company does in a tender: takes part, proposes, replaces, takes back. All of it is sealed.

use domain::company::Company;
use domain::event::ParticipantRegistered;
use domain::participation::{
    Participation, ParticipationCommand, ParticipationRejection, RegisterParticipant,
    TENDERERS_MAX, TendererRejection, tenderer,
};
use domain::proposal::{
    OFFERS_MAX, Proposal, ProposalCommand, ProposalRejection, SubmitProposal, WithdrawProposal,
};
use domain::tender::Tender;
use domain::{Aggregate, CompanyId, ParticipationId, ProposalId, TenderId, Timestamp};
use eventstore::{Claim, EventStore};

use crate::acts::{BidAct, ProposalInput};
use crate::append::Decision;
use crate::command::Request;
use crate::documents::read_documents;
use crate::execute::Application;
use crate::history::{Loaded, load, load_known};
use crate::outcome::{ExecuteError, Fault, rejected};

/// The set of a company's participations: one a tender.
pub(crate) const PARTICIPATION_CLAIM: &str = "participation";
/// The set of live proposals: one a company and tender.
pub(crate) const PROPOSAL_CLAIM: &str = "proposal";
/// The numbers of a tender's participations, from 1.
const PARTICIPATION_NUMBER: &str = "participation-number";
/// The numbers of what a company submitted in a tender or put in its place, from 1.
const OFFER_NUMBER: &str = "offer-number";

/// A tender and a company that bids in it.
struct Bid {
    tender: Loaded<Tender>,
    company: Loaded<Company>,
    /// Names the two in a claim.
    key: String,
}

impl<S: EventStore> Application<S> {
    pub(crate) async fn decide_bid(
        &self,
        request: &Request<'_>,
        (tender_id, company_id): (TenderId, CompanyId),
        act: &BidAct,
    ) -> Result<Decision, ExecuteError> {
        let bid = Bid {
            tender: load(self.store(), tender_id.stream()).await?,
            company: load(self.store(), company_id.stream()).await?,
            key: format!("{tender_id}/{company_id}"),
        };
        let published = bid.tender.state.published();
        let receipt_end = published
            .ok_or_else(|| rejected(TendererRejection::TenderUnknown))?
            .schedule
            .receipt_end;
        // Whoever does not act for the company learns nothing of what it did, be it by a refusal or by the time it
        // takes.
        tenderer(&bid.company.state, bid.company.begun_by, request.account()).map_err(rejected)?;
        let now = self.now().await?;
        let decision = match act {
            BidAct::RegisterParticipant { declares_no_conflict } => {
                self.register_participant(request, &bid, *declares_no_conflict, now).await?
            }
            BidAct::SubmitProposal(input) => self.submit(request, &bid, input, now).await?,
            BidAct::ReplaceProposal(input) => self.replace(request, &bid, input, now).await?,
            BidAct::WithdrawProposal => self.withdraw(request, &bid, now).await?,
        };
        let company = (bid.company.stream, bid.company.version);
        let unchanged = vec![(bid.tender.stream, bid.tender.version), company];
        // Checked again under the lock: an append that waited until the deadline is late.
        let not_after = Some(receipt_end);
        Ok(Decision { rules: self.pinned(true), unchanged, not_after, ..decision })
    }

    async fn register_participant(
        &self,
        request: &Request<'_>,
        bid: &Bid,
        declares_no_conflict: bool,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let participation_id = ParticipationId(request.drawn);
        let command = ParticipationCommand::Register(Box::new(RegisterParticipant {
            participation_id,
            tender: bid.tender.state.published().cloned(),
            company: bid.company.state.clone(),
            registrant: bid.company.begun_by,
            caller: request.account(),
            declares_no_conflict,
        }));
        let events = Participation::default().decide(command, now).map_err(rejected)?;
        let (stream, tender) = (participation_id.stream(), &bid.tender.stream);
        let number = self.next_number(PARTICIPATION_NUMBER, tender, &stream, TENDERERS_MAX).await?;
        let number = number.ok_or_else(|| rejected(ParticipationRejection::NoPlaceLeft))?;
        let take = vec![claim(PARTICIPATION_CLAIM, &bid.key, &stream), number];
        Ok(Decision { take, ..Decision::new(stream, 0, events) })
    }

    async fn submit(
        &self,
        request: &Request<'_>,
        bid: &Bid,
        input: &ProposalInput,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let proposal_id = ProposalId(request.drawn);
        let stream = proposal_id.stream();
        let submit = self.offer(request, bid, proposal_id, input).await?;
        let command = ProposalCommand::Submit(Box::new(submit));
        let events = Proposal::default().decide(command, now).map_err(rejected)?;
        if self.store().holder(PROPOSAL_CLAIM, &bid.key).await?.is_some() {
            return Err(rejected(ProposalRejection::AlreadySubmitted));
        }
        let number = self.offer_number(bid, &stream).await?;
        self.keep_envelopes(&stream, input).await?;
        let take = vec![claim(PROPOSAL_CLAIM, &bid.key, &stream), number];
        Ok(Decision { take, ..Decision::new(stream, 0, events) })
    }

    async fn replace(
        &self,
        request: &Request<'_>,
        bid: &Bid,
        input: &ProposalInput,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let (proposal_id, proposal) = self.live_proposal(bid).await?;
        let submit = self.offer(request, bid, proposal_id, input).await?;
        let command = ProposalCommand::Replace(Box::new(submit));
        let events = proposal.state.decide(command, now).map_err(rejected)?;
        let take = vec![self.offer_number(bid, &proposal.stream).await?];
        self.keep_envelopes(&proposal.stream, input).await?;
        Ok(Decision { take, ..Decision::new(proposal.stream, proposal.version, events) })
    }

    async fn withdraw(
        &self,
        request: &Request<'_>,
        bid: &Bid,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let (proposal_id, proposal) = self.live_proposal(bid).await?;
        let command = ProposalCommand::Withdraw(Box::new(WithdrawProposal {
            proposal_id,
            tender: bid.tender.state.published().cloned(),
            company: bid.company.state.clone(),
            registrant: bid.company.begun_by,
            caller: request.account(),
        }));
        let events = proposal.state.decide(command, now).map_err(rejected)?;
        let release = vec![claim(PROPOSAL_CLAIM, &bid.key, &proposal.stream)];
        Ok(Decision { release, ..Decision::new(proposal.stream, proposal.version, events) })
    }

    /// The claim of the company's next offer in the tender.
    async fn offer_number(&self, bid: &Bid, stream: &str) -> Result<Claim, ExecuteError> {
        let number = self.next_number(OFFER_NUMBER, &bid.key, stream, OFFERS_MAX).await?;
        number.ok_or_else(|| rejected(ProposalRejection::NoOfferLeft))
    }

    /// The claim of the next of the numbers from 1 to `max`; `None` when all are taken.
    ///
    /// They are taken in order and never given back, so that half of what is left can be ruled out at a time. Who
    /// takes the same number a moment earlier makes the other decide again.
    async fn next_number(
        &self,
        kind: &str,
        key: &str,
        stream: &str,
        max: u32,
    ) -> Result<Option<Claim>, Fault> {
        let (mut least, mut most) = (1, max + 1);
        while least < most {
            let middle = least.midpoint(most);
            let holder = self.store().holder(kind, &format!("{key}/{middle}")).await?;
            (least, most) = if holder.is_some() { (middle + 1, most) } else { (least, middle) };
        }
        Ok((least <= max).then(|| claim(kind, &format!("{key}/{least}"), stream)))
    }

    async fn keep_envelopes(&self, stream: &str, input: &ProposalInput) -> Result<(), Fault> {
        self.keep_documents(stream, &input.technical).await?;
        self.keep_documents(stream, &input.economic).await
    }

    /// Everything a proposal is decided on.
    async fn offer(
        &self,
        request: &Request<'_>,
        bid: &Bid,
        proposal_id: ProposalId,
        input: &ProposalInput,
    ) -> Result<SubmitProposal, ExecuteError> {
        Ok(SubmitProposal {
            proposal_id,
            tender: bid.tender.state.published().cloned(),
            participation: self.participation(bid).await?,
            company: bid.company.state.clone(),
            registrant: bid.company.begun_by,
            caller: request.account(),
            technical: read_documents("technical", &input.technical)?,
            price: input.price.clone(),
            economic: read_documents("economic", &input.economic)?,
        })
    }

    async fn participation(&self, bid: &Bid) -> Result<Option<ParticipantRegistered>, Fault> {
        let Some(stream) = self.store().holder(PARTICIPATION_CLAIM, &bid.key).await? else {
            return Ok(None);
        };
        let loaded: Loaded<Participation> = load_known(self.store(), stream).await?;
        Ok(loaded.state.registered().cloned())
    }

    /// The company's live proposal.
    async fn live_proposal(
        &self,
        bid: &Bid,
    ) -> Result<(ProposalId, Loaded<Proposal>), ExecuteError> {
        let holder = self.store().holder(PROPOSAL_CLAIM, &bid.key).await?;
        let stream = holder.ok_or_else(|| rejected(ProposalRejection::Unknown))?;
        let id = stream.strip_prefix("proposal-").and_then(|id| id.parse().ok());
        let id = id.ok_or(Fault::Stored("holder of a proposal"))?;
        Ok((id, load_known(self.store(), stream).await?))
    }
}

/// Whether a claim is of a number that another took a moment earlier: the next one may be free.
pub(crate) fn is_number(kind: &str) -> bool {
    [PARTICIPATION_NUMBER, OFFER_NUMBER].contains(&kind)
}

pub(crate) fn claim(kind: &str, value: &str, stream: &str) -> Claim {
    Claim { kind: kind.to_owned(), value: value.to_owned(), stream: stream.to_owned() }
}
