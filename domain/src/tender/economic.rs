//! The opening of the technical sheets and the economic envelopes: whose proposals they are.

use crate::content::{EconomicEnvelope, Tenderer};
use crate::event::{EconomicOpened, TechnicalSheetOpened, TechnicalSheetSigned};
use crate::id::{Mask, ProposalId};
use crate::tender::rejection::TenderRejection;
use crate::tender::stage::StageRejection;
use crate::tender::state::{OpenedProposal, TechnicalOpening, Tender, TenderEvent};
use crate::time::Timestamp;

/// What the economic opening is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenEconomic {
    /// The tender's technical sheets; of two for one proposal the later one counts.
    pub sheets: Vec<SealedSheet>,
    /// The economic envelopes of the opened proposals.
    pub offers: Vec<SealedOffer>,
}

/// A technical sheet in its sealed entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSheet {
    /// The entry's position.
    pub position: u64,
    /// The sheet.
    pub sheet: TechnicalSheetSigned,
}

/// The economic envelope in a proposal's sealed entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedOffer {
    /// The entry's position.
    pub position: u64,
    /// The proposal.
    pub proposal_id: ProposalId,
    /// Position of the company's sealed participation.
    pub participation: u64,
    /// The company.
    pub tenderer: Tenderer,
    /// The envelope.
    pub economic: EconomicEnvelope,
}

impl Tender {
    pub(super) fn open_economic(
        &self,
        command: &OpenEconomic,
        now: Timestamp,
    ) -> Result<Vec<TenderEvent>, TenderRejection> {
        let technical = match self {
            Self::Unpublished => return Err(StageRejection::TenderUnknown.into()),
            Self::Published(_) | Self::ReceiptClosed(_) => {
                return Err(StageRejection::TenderNotOpened.into());
            }
            Self::Opened(technical) => technical,
            Self::EconomicOpened(_) | Self::Awarded { .. } => {
                return Err(StageRejection::AlreadyOpened.into());
            }
            Self::Deserted { .. } => return Err(StageRejection::Deserted.into()),
        };
        // The call's reveal ends no later: whoever votes knows no price.
        let due = technical.call.schedule.economic_opening;
        if now < due {
            return Err(StageRejection::OpeningNotDue { due, now }.into());
        }
        Ok(technical.open(command)?)
    }
}

impl TechnicalOpening {
    fn open(&self, command: &OpenEconomic) -> Result<Vec<TenderEvent>, StageRejection> {
        let sheets = for_each_proposal(&self.proposals, |proposal| self.sheet(proposal, command))
            .map_err(|masks| StageRejection::SheetsMissing { masks })?;
        let offers = for_each_proposal(&self.proposals, |proposal| self.offer(proposal, command))
            .map_err(|masks| StageRejection::OfferMissing { masks })?;
        Ok([sheets, offers].concat())
    }

    fn sheet(&self, proposal: &OpenedProposal, command: &OpenEconomic) -> Option<TenderEvent> {
        let tender_id = self.call.tender_id;
        let signed = command
            .sheets
            .iter()
            .filter(|it| it.sheet.tender_id == tender_id && it.sheet.mask == proposal.mask)
            .max_by_key(|it| it.position)?;
        Some(TenderEvent::TechnicalSheetOpened(Box::new(TechnicalSheetOpened {
            tender_id,
            ocid: self.call.ocid.clone(),
            mask: proposal.mask.clone(),
            position: signed.position,
            scores: signed.sheet.scores.clone(),
            justification: signed.sheet.justification.clone(),
        })))
    }

    fn offer(&self, proposal: &OpenedProposal, command: &OpenEconomic) -> Option<TenderEvent> {
        let offer = command.offers.iter().find(|it| it.position == proposal.position)?;
        Some(TenderEvent::EconomicOpened(Box::new(EconomicOpened {
            tender_id: self.call.tender_id,
            ocid: self.call.ocid.clone(),
            mask: proposal.mask.clone(),
            proposal_id: offer.proposal_id,
            position: offer.position,
            participation: offer.participation,
            tenderer: offer.tenderer.clone(),
            price: offer.economic.price,
            documents: offer.economic.documents.clone(),
        })))
    }
}

/// An event for each proposal, in the order of the masks; or the masks that have none.
fn for_each_proposal(
    proposals: &[OpenedProposal],
    event: impl Fn(&OpenedProposal) -> Option<TenderEvent>,
) -> Result<Vec<TenderEvent>, Vec<Mask>> {
    let mut events = Vec::new();
    let mut missing = Vec::new();
    for proposal in proposals {
        match event(proposal) {
            Some(event) => events.push(event),
            None => missing.push(proposal.mask.clone()),
        }
    }
    if missing.is_empty() { Ok(events) } else { Err(missing) }
}
