//! Proposals: their technical envelopes, later their sheets, companies, prices and points.

use domain::Money;
use domain::content::{Disposition, Document, ProposalScore, Tenderer};
use domain::event::{EconomicOpened, ProposalOpened, ProposalsOpened, TechnicalSheetOpened};
use domain::id::{Mask, ProposalId};
use domain::vocabulary::UnsolventCause;
use serde::{Deserialize, Serialize};

use super::{ActRef, OutOfPlace, Procedure, ProcedureStatus};

/// The technical opening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opening {
    /// What recorded it.
    pub act: ActRef,
    /// How many proposals were opened.
    pub opened: u32,
    /// What became of every sealed entry of the tender's proposals, by position.
    pub dispositions: Vec<Disposition>,
}

/// An opened proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// The letter it is known by.
    pub mask: Mask,
    /// What opened its technical envelope.
    pub act: ActRef,
    /// Position of the sealed entry.
    pub entry: u64,
    /// The documents of its technical envelope.
    pub documents: Vec<Document>,
    /// How the area that specified scored it.
    pub sheet: Option<TechnicalSheet>,
    /// Whose it is and what it costs.
    pub offer: Option<RevealedOffer>,
    /// Its points, if it is solvent.
    pub score: Option<ProposalScore>,
    /// Why it is not solvent, if it is not.
    pub unsolvent: Option<UnsolventCause>,
}

/// An opened technical sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TechnicalSheet {
    /// What opened it.
    pub act: ActRef,
    /// Position of the sealed entry.
    pub entry: u64,
    /// Centipoints, in the order of the call's technical criteria.
    pub scores: Vec<u32>,
    /// Why.
    pub justification: String,
}

/// An opened economic envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevealedOffer {
    /// What opened it.
    pub act: ActRef,
    /// The proposal.
    pub proposal_id: ProposalId,
    /// Position of the company's sealed participation.
    pub participation: u64,
    /// The company.
    pub tenderer: Tenderer,
    /// The price, VAT excluded.
    pub price: Money,
    /// The documents of its economic envelope.
    pub documents: Vec<Document>,
}

impl Procedure {
    /// The proposal that is known as `mask`.
    pub(super) fn proposal(&mut self, mask: &Mask) -> Result<&mut Proposal, OutOfPlace> {
        let proposal = self.proposals.iter_mut().find(|proposal| proposal.mask == *mask);
        proposal.ok_or_else(|| OutOfPlace::Mask(mask.clone()))
    }

    pub(super) fn open_proposal(&mut self, event: &ProposalOpened, act: ActRef) {
        self.proposals.push(Proposal {
            mask: event.mask.clone(),
            act,
            entry: event.position,
            documents: event.documents.clone(),
            sheet: None,
            offer: None,
            score: None,
            unsolvent: None,
        });
    }

    pub(super) fn open(&mut self, event: &ProposalsOpened, act: ActRef) {
        let dispositions = event.proposals.clone();
        self.opening = Some(Opening { act, opened: event.opened, dispositions });
        self.status = ProcedureStatus::Opened;
    }

    pub(super) fn open_sheet(
        &mut self,
        event: &TechnicalSheetOpened,
        act: ActRef,
    ) -> Result<(), OutOfPlace> {
        self.proposal(&event.mask)?.sheet = Some(TechnicalSheet {
            act,
            entry: event.position,
            scores: event.scores.clone(),
            justification: event.justification.clone(),
        });
        Ok(())
    }

    pub(super) fn open_offer(
        &mut self,
        event: &EconomicOpened,
        act: ActRef,
    ) -> Result<(), OutOfPlace> {
        self.proposal(&event.mask)?.offer = Some(RevealedOffer {
            act,
            proposal_id: event.proposal_id,
            participation: event.participation,
            tenderer: event.tenderer.clone(),
            price: event.price,
            documents: event.documents.clone(),
        });
        self.status = ProcedureStatus::EconomicOpened;
        Ok(())
    }
}
