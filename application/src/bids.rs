//! What a company does in a tender: takes part, proposes, replaces, takes back. All of it is sealed.

use domain::company::Company;
use domain::event::ParticipantRegistered;
use domain::participation::{
    Participation, ParticipationCommand, RegisterParticipant, TendererRejection, tenderer,
};
use domain::proposal::{
    Proposal, ProposalCommand, ProposalRejection, SubmitProposal, WithdrawProposal,
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
                register_participant(request, &bid, *declares_no_conflict, now)?
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
        self.keep_envelopes(&stream, input).await?;
        let take = vec![claim(PROPOSAL_CLAIM, &bid.key, &stream)];
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
        self.keep_envelopes(&proposal.stream, input).await?;
        Ok(Decision::new(proposal.stream, proposal.version, events))
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

fn register_participant(
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
    let stream = participation_id.stream();
    let take = vec![claim(PARTICIPATION_CLAIM, &bid.key, &stream)];
    Ok(Decision { take, ..Decision::new(stream, 0, events) })
}

pub(crate) fn claim(kind: &str, value: &str, stream: &str) -> Claim {
    Claim { kind: kind.to_owned(), value: value.to_owned(), stream: stream.to_owned() }
}
