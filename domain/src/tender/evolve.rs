//! How each status of a tender takes the next event.

use crate::event::{CorruptHistory, TenderPublished};
use crate::tender::state::{
    ClosedReceipt, EconomicOpening, OpenedProposal, TechnicalOpening, Tender, TenderEvent,
};

/// Adds an event to a tender that has no call yet.
pub(super) fn unpublished(event: &TenderEvent) -> Result<Tender, CorruptHistory> {
    use TenderEvent as E;
    match event {
        E::Published(call) => Ok(Tender::Published(call.clone())),
        E::ReceiptClosed(_)
        | E::ProposalOpened(_)
        | E::ProposalsOpened(_)
        | E::TechnicalSheetOpened(_)
        | E::EconomicOpened(_)
        | E::AwardIssued(_)
        | E::TenderDeserted(_) => Err(out_of_order("unpublished", event)),
    }
}

/// Adds an event to a tender that receives proposals.
pub(super) fn published(
    call: TenderPublished,
    event: &TenderEvent,
) -> Result<Tender, CorruptHistory> {
    use TenderEvent as E;
    match event {
        E::ReceiptClosed(closed) => {
            let (positions, opening) = (closed.positions.clone(), Vec::new());
            Ok(Tender::ReceiptClosed(Box::new(ClosedReceipt { call, positions, opening })))
        }
        E::Published(_)
        | E::ProposalOpened(_)
        | E::ProposalsOpened(_)
        | E::TechnicalSheetOpened(_)
        | E::EconomicOpened(_)
        | E::AwardIssued(_)
        | E::TenderDeserted(_) => Err(out_of_order("published", event)),
    }
}

impl ClosedReceipt {
    /// Adds an event to it.
    pub(super) fn evolve(
        mut self: Box<Self>,
        event: &TenderEvent,
    ) -> Result<Tender, CorruptHistory> {
        use TenderEvent as E;
        match event {
            E::ProposalOpened(proposal) => {
                self.opening.push(OpenedProposal {
                    mask: proposal.mask.clone(),
                    position: proposal.position,
                    documents: proposal.documents.clone(),
                });
                Ok(Tender::ReceiptClosed(self))
            }
            E::ProposalsOpened(_) => Ok(Tender::Opened(Box::new(TechnicalOpening {
                call: self.call,
                proposals: self.opening,
                sheets: Vec::new(),
            }))),
            E::Published(_)
            | E::ReceiptClosed(_)
            | E::TechnicalSheetOpened(_)
            | E::EconomicOpened(_)
            | E::AwardIssued(_)
            | E::TenderDeserted(_) => Err(out_of_order("closed for proposals", event)),
        }
    }
}

impl TechnicalOpening {
    /// Adds an event to it.
    pub(super) fn evolve(
        mut self: Box<Self>,
        event: &TenderEvent,
    ) -> Result<Tender, CorruptHistory> {
        use TenderEvent as E;
        match event {
            E::TechnicalSheetOpened(sheet) => {
                self.sheets.push((**sheet).clone());
                Ok(Tender::Opened(self))
            }
            E::EconomicOpened(offer) => {
                let offers = vec![(**offer).clone()];
                let opening = EconomicOpening { technical: *self, offers };
                Ok(Tender::EconomicOpened(Box::new(opening)))
            }
            E::TenderDeserted(deserted) => {
                let opening = EconomicOpening { technical: *self, offers: Vec::new() };
                let (opening, deserted) = (Box::new(opening), deserted.clone());
                Ok(Tender::Deserted { opening, deserted })
            }
            E::Published(_)
            | E::ReceiptClosed(_)
            | E::ProposalOpened(_)
            | E::ProposalsOpened(_)
            | E::AwardIssued(_) => Err(out_of_order("opened", event)),
        }
    }
}

impl EconomicOpening {
    /// Adds an event to it.
    pub(super) fn evolve(
        mut self: Box<Self>,
        event: &TenderEvent,
    ) -> Result<Tender, CorruptHistory> {
        use TenderEvent as E;
        match event {
            E::EconomicOpened(offer) => {
                self.offers.push((**offer).clone());
                Ok(Tender::EconomicOpened(self))
            }
            E::AwardIssued(award) => Ok(Tender::Awarded { opening: self, award: award.clone() }),
            E::TenderDeserted(deserted) => {
                Ok(Tender::Deserted { opening: self, deserted: deserted.clone() })
            }
            E::Published(_)
            | E::ReceiptClosed(_)
            | E::ProposalOpened(_)
            | E::ProposalsOpened(_)
            | E::TechnicalSheetOpened(_) => Err(out_of_order("economically opened", event)),
        }
    }
}

/// An event that cannot follow in a tender of this status.
pub(super) fn out_of_order(status: &'static str, event: &TenderEvent) -> CorruptHistory {
    use TenderEvent as E;
    let event_type = match event {
        E::Published(_) => "TenderPublished",
        E::ReceiptClosed(_) => "ReceiptClosed",
        E::ProposalOpened(_) => "ProposalOpened",
        E::ProposalsOpened(_) => "ProposalsOpened",
        E::TechnicalSheetOpened(_) => "TechnicalSheetOpened",
        E::EconomicOpened(_) => "EconomicOpened",
        E::AwardIssued(_) => "AwardIssued",
        E::TenderDeserted(_) => "TenderDeserted",
    };
    CorruptHistory::OutOfOrder { aggregate: "tender", status, event_type }
}
