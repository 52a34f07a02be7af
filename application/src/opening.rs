//! The openings: of the technical envelopes, and of technical sheets and economic envelopes.

use domain::evaluation::{Evaluation, EvaluationCommand};
use domain::event::{ParticipantRegistered, ReceiptClosed};
use domain::sheet::{Sheet, SheetCommand, SignSheet};
use domain::tender::{
    OpenEconomic, OpenTechnical, SealedOffer, SealedSheet, Tender, TenderCommand, live_positions,
};
use domain::{Aggregate, DomainEvent, Mask, ProposalId, SheetId, TenderId, Timestamp};
use eventstore::EventStore;

use crate::append::Decision;
use crate::bids::claim;
use crate::command::Request;
use crate::execute::Application;
use crate::history::{Loaded, known_event, load};
use crate::outcome::{ExecuteError, Fault, rejected};
use crate::sealed::{self, SealedEntry};

/// The set of technical sheets: one a tender and mask.
pub(crate) const SHEET_CLAIM: &str = "sheet";

/// A procedure as its public streams tell it.
pub(crate) struct Procedure {
    pub tender: Loaded<Tender>,
    pub evaluation: Loaded<Evaluation>,
}

impl Procedure {
    /// A decision on the tender, which read the evaluation.
    pub(crate) fn decide_tender(
        self,
        command: TenderCommand,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let events = self.tender.state.decide(command, now).map_err(rejected)?;
        let unchanged = vec![(self.evaluation.stream, self.evaluation.version)];
        let (stream, version) = (self.tender.stream, self.tender.version);
        Ok(Decision { unchanged, ..Decision::new(stream, version, events) })
    }

    /// A decision on the evaluation, which read the tender.
    pub(crate) fn decide_evaluation(
        self,
        command: EvaluationCommand,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let events = self.evaluation.state.decide(command, now).map_err(rejected)?;
        let unchanged = vec![(self.tender.stream, self.tender.version)];
        let (stream, version) = (self.evaluation.stream, self.evaluation.version);
        Ok(Decision { unchanged, ..Decision::new(stream, version, events) })
    }

    /// A decision that begins a stream of its own and read both.
    pub(crate) fn beside(
        self,
        stream: String,
        events: impl IntoIterator<Item = impl Into<DomainEvent>>,
    ) -> Decision {
        let evaluation = (self.evaluation.stream, self.evaluation.version);
        let unchanged = vec![(self.tender.stream, self.tender.version), evaluation];
        Decision { unchanged, ..Decision::new(stream, 0, events) }
    }
}

impl<S: EventStore> Application<S> {
    pub(crate) async fn procedure(&self, tender_id: TenderId) -> Result<Procedure, Fault> {
        Ok(Procedure {
            tender: load(self.store(), tender_id.stream()).await?,
            evaluation: load(self.store(), tender_id.evaluation_stream()).await?,
        })
    }

    /// The timer's decision when receipt ends.
    ///
    /// The clock's floor is raised first: whatever is appended from then on has a later date and is refused as late,
    /// so that the proposals which are found now are all there will ever be.
    pub(crate) async fn close_receipt(
        &self,
        tender_id: TenderId,
    ) -> Result<Decision, ExecuteError> {
        let now = self.tick().await?;
        let tender: Loaded<Tender> = load(self.store(), tender_id.stream()).await?;
        let entries = self.sealed_entries(tender_id, &tender).await?;
        let positions = live_positions(&sealed::acts(&entries));
        let not_before = tender.state.published().map(|call| call.schedule.receipt_end);
        let command = TenderCommand::CloseReceipt(domain::tender::CloseReceipt { positions });
        let events = tender.state.decide(command, now).map_err(rejected)?;
        let decision = Decision::new(tender.stream, tender.version, events);
        Ok(Decision { not_before, rules: self.pinned(true), ..decision })
    }

    pub(crate) async fn open_technical(
        &self,
        procedure: Procedure,
        tender_id: TenderId,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let entries = self.sealed_entries(tender_id, &procedure.tender).await?;
        let mut acts = sealed::acts(&entries);
        for position in self.closed_positions(&procedure.tender).await? {
            if !acts.iter().any(|act| act.position == position) {
                acts.push(sealed::unreadable(position));
            }
        }
        acts.sort_by_key(|act| act.position);
        // One that cannot be read any more has its place in the order too, and gets no mask.
        let order = self.draw_order(live_positions(&acts).len());
        let command = TenderCommand::OpenTechnical(Box::new(OpenTechnical { acts, order }));
        procedure.decide_tender(command, now)
    }

    pub(crate) async fn open_economic(
        &self,
        procedure: Procedure,
        tender_id: TenderId,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let entries = self.sealed_entries(tender_id, &procedure.tender).await?;
        let command = TenderCommand::OpenEconomic(Box::new(OpenEconomic {
            sheets: sheets(&entries),
            offers: offers(&entries),
        }));
        procedure.decide_tender(command, now)
    }

    pub(crate) async fn sealed_entries(
        &self,
        tender_id: TenderId,
        tender: &Loaded<Tender>,
    ) -> Result<Vec<SealedEntry>, Fault> {
        match tender.begun_at {
            Some(from) => sealed::entries_of(self.store(), tender_id, from).await,
            None => Ok(Vec::new()),
        }
    }

    /// Positions of the proposals that were live when receipt closed.
    async fn closed_positions(&self, tender: &Loaded<Tender>) -> Result<Vec<u64>, Fault> {
        for recorded in self.store().read_stream(&tender.stream).await? {
            if let Some(DomainEvent::ReceiptClosed(ReceiptClosed { positions, .. })) =
                known_event(self.store(), &recorded).await?
            {
                return Ok(positions.unwrap_or_default());
            }
        }
        Ok(Vec::new())
    }

    /// A permutation of `0..count`, drawn at random.
    fn draw_order(&self, count: usize) -> Vec<usize> {
        let mut keyed: Vec<([u8; 16], usize)> = (0..count)
            .map(|place| {
                let mut key = [0; 16];
                self.parts().entropy.fill(&mut key);
                (key, place)
            })
            .collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, place)| place).collect()
    }
}

/// A technical sheet, sealed in a stream of its own.
pub(crate) fn sign_sheet(
    request: &Request<'_>,
    procedure: Procedure,
    sheet: (Mask, Vec<u32>, &str),
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let (mask, scores, justification) = sheet;
    let sheet_id = SheetId(request.drawn);
    let key = format!("{}/{mask}", procedure.tender.stream);
    let not_after = procedure.tender.state.published().map(|call| call.schedule.reveal_start);
    let command = SheetCommand::Sign(Box::new(SignSheet {
        sheet_id,
        tender: procedure.tender.state.clone(),
        mask,
        scores,
        justification: justification.to_owned(),
    }));
    let events = Sheet::default().decide(command, now).map_err(rejected)?;
    let stream = sheet_id.stream();
    let take = vec![claim(SHEET_CLAIM, &key, &stream)];
    Ok(Decision { not_after, take, ..procedure.beside(stream, events) })
}

fn sheets(entries: &[SealedEntry]) -> Vec<SealedSheet> {
    let sheet = |entry: &SealedEntry| match &entry.event {
        DomainEvent::TechnicalSheetSigned(sheet) => {
            Some(SealedSheet { position: entry.position, sheet: sheet.clone() })
        }
        _ => None,
    };
    entries.iter().filter_map(sheet).collect()
}

/// Every version of a proposal whose parts can all be read, with its company's participation.
fn offers(entries: &[SealedEntry]) -> Vec<SealedOffer> {
    let offer = |entry: &SealedEntry| -> Option<SealedOffer> {
        let (proposal_id, offer): (ProposalId, _) = match &entry.event {
            DomainEvent::ProposalSubmitted(it) => (it.proposal_id, &it.offer),
            DomainEvent::ProposalReplaced(it) => (it.proposal_id, &it.offer),
            _ => return None,
        };
        let tenderer = offer.company.clone()?;
        let of_company = |entry: &&SealedEntry| {
            matches!(&entry.event, DomainEvent::ParticipantRegistered(ParticipantRegistered { tenderer: it, .. })
                if it.company_id == tenderer.company_id)
        };
        Some(SealedOffer {
            position: entry.position,
            proposal_id,
            participation: entries.iter().find(of_company)?.position,
            economic: offer.economic.clone()?,
            tenderer,
        })
    };
    entries.iter().filter_map(offer).collect()
}
