//! The tender's state and the two functions that move it.

use crate::aggregate::{Aggregate, aggregate_events};
use crate::content::Document;
use crate::event::{
    AwardIssued, CorruptHistory, EconomicOpened, TechnicalSheetOpened, TenderDeserted,
    TenderPublished,
};
use crate::id::Mask;
use crate::tender::command::TenderCommand;
use crate::tender::evolve;
use crate::tender::rejection::TenderRejection;
use crate::time::Timestamp;

aggregate_events!(
    /// What is recorded of a tender.
    TenderEvent of "tender" {
        /// Its call was published.
        Published(TenderPublished),
        /// Receipt ended.
        ReceiptClosed(ReceiptClosed),
        /// A technical envelope was opened.
        ProposalOpened(ProposalOpened),
        /// The technical envelopes are open.
        ProposalsOpened(ProposalsOpened),
        /// A technical sheet was opened.
        TechnicalSheetOpened(TechnicalSheetOpened),
        /// An economic envelope was opened.
        EconomicOpened(EconomicOpened),
        /// It was awarded.
        AwardIssued(AwardIssued),
        /// Nobody is awarded.
        TenderDeserted(TenderDeserted),
    }
);

/// A proposal whose technical envelope is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedProposal {
    /// The letter it is known by until the prices are opened.
    pub mask: Mask,
    /// Position of its sealed entry.
    pub position: u64,
    /// The documents of its technical envelope.
    pub documents: Vec<Document>,
}

/// A tender that takes no more proposals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedReceipt {
    /// The call.
    pub call: TenderPublished,
    /// Positions of the proposals that were live, in order, where they are disclosed to the reader.
    pub positions: Option<Vec<u64>>,
    /// Envelopes of an opening that is under way: its events are appended as one.
    pub(super) opening: Vec<OpenedProposal>,
}

/// A tender whose technical envelopes are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TechnicalOpening {
    /// The call.
    pub call: TenderPublished,
    /// The proposals, in the order of their masks.
    pub proposals: Vec<OpenedProposal>,
    /// The technical sheets that are open.
    pub sheets: Vec<TechnicalSheetOpened>,
}

/// A tender whose economic envelopes are open, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EconomicOpening {
    /// What the technical opening left.
    pub technical: TechnicalOpening,
    /// Companies and prices, in the order of the masks.
    pub offers: Vec<EconomicOpened>,
}

/// A tender.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Tender {
    /// Not published; its draft is a row.
    #[default]
    Unpublished,
    /// Its call is public.
    Published(Box<TenderPublished>),
    /// It takes no more proposals.
    ReceiptClosed(Box<ClosedReceipt>),
    /// Its technical envelopes are open.
    Opened(Box<TechnicalOpening>),
    /// Its economic envelopes are open.
    EconomicOpened(Box<EconomicOpening>),
    /// It has a winner.
    Awarded {
        /// What was opened.
        opening: Box<EconomicOpening>,
        /// The award.
        award: Box<AwardIssued>,
    },
    /// It ended without a winner.
    Deserted {
        /// What was opened.
        opening: Box<EconomicOpening>,
        /// Why.
        deserted: Box<TenderDeserted>,
    },
}

impl Tender {
    /// What was published.
    #[must_use]
    pub fn published(&self) -> Option<&TenderPublished> {
        match self {
            Self::Unpublished => None,
            Self::Published(call) => Some(call),
            Self::ReceiptClosed(receipt) => Some(&receipt.call),
            Self::Opened(technical) => Some(&technical.call),
            Self::EconomicOpened(opening)
            | Self::Awarded { opening, .. }
            | Self::Deserted { opening, .. } => Some(&opening.technical.call),
        }
    }

    /// Whether the end of receipt is recorded.
    #[cfg(test)]
    pub(crate) fn is_receipt_closed(&self) -> bool {
        match self {
            Self::Unpublished | Self::Published(_) => false,
            Self::ReceiptClosed(_)
            | Self::Opened(_)
            | Self::EconomicOpened(_)
            | Self::Awarded { .. }
            | Self::Deserted { .. } => true,
        }
    }

    /// The proposals whose technical envelopes are open, in the order of their masks.
    #[must_use]
    pub fn opened(&self) -> &[OpenedProposal] {
        self.technical().map_or(&[], |technical| &technical.proposals)
    }

    /// The technical sheets that are open, in the order of the masks.
    #[must_use]
    pub fn sheets(&self) -> &[TechnicalSheetOpened] {
        self.technical().map_or(&[], |technical| &technical.sheets)
    }

    /// Companies and prices, in the order of the masks.
    #[must_use]
    pub fn offers(&self) -> &[EconomicOpened] {
        match self {
            Self::Unpublished | Self::Published(_) | Self::ReceiptClosed(_) | Self::Opened(_) => {
                &[]
            }
            Self::EconomicOpened(opening)
            | Self::Awarded { opening, .. }
            | Self::Deserted { opening, .. } => &opening.offers,
        }
    }

    /// The award.
    #[must_use]
    pub fn award(&self) -> Option<&AwardIssued> {
        match self {
            Self::Unpublished
            | Self::Published(_)
            | Self::ReceiptClosed(_)
            | Self::Opened(_)
            | Self::EconomicOpened(_)
            | Self::Deserted { .. } => None,
            Self::Awarded { award, .. } => Some(award),
        }
    }

    /// Whether it ended without a winner.
    #[cfg(test)]
    pub(crate) fn is_deserted(&self) -> bool {
        match self {
            Self::Unpublished
            | Self::Published(_)
            | Self::ReceiptClosed(_)
            | Self::Opened(_)
            | Self::EconomicOpened(_)
            | Self::Awarded { .. } => false,
            Self::Deserted { .. } => true,
        }
    }

    /// What the technical opening left.
    pub(super) fn technical(&self) -> Option<&TechnicalOpening> {
        match self {
            Self::Unpublished | Self::Published(_) | Self::ReceiptClosed(_) => None,
            Self::Opened(technical) => Some(technical),
            Self::EconomicOpened(opening)
            | Self::Awarded { opening, .. }
            | Self::Deserted { opening, .. } => Some(&opening.technical),
        }
    }
}

impl Aggregate for Tender {
    type Command = TenderCommand;
    type Event = TenderEvent;
    type Rejection = TenderRejection;

    fn decide(
        &self,
        command: TenderCommand,
        now: Timestamp,
    ) -> Result<Vec<TenderEvent>, TenderRejection> {
        use TenderCommand as C;
        match command {
            C::PublishCall(command) => self.publish(*command, now),
            C::CloseReceipt(command) => self.close_receipt(command, now),
            C::OpenTechnical(command) => self.open_technical(*command, now),
            C::OpenEconomic(command) => self.open_economic(&command, now),
            C::IssueAward(command) => self.issue_award(*command, now),
            C::DeclareDeserted(command) => self.declare_deserted(*command),
        }
    }

    fn evolve(self, event: &TenderEvent) -> Result<Self, CorruptHistory> {
        match self {
            Self::Unpublished => evolve::unpublished(event),
            Self::Published(call) => evolve::published(*call, event),
            Self::ReceiptClosed(receipt) => receipt.evolve(event),
            Self::Opened(technical) => technical.evolve(event),
            Self::EconomicOpened(opening) => opening.evolve(event),
            Self::Awarded { .. } => Err(evolve::out_of_order("awarded", event)),
            Self::Deserted { .. } => Err(evolve::out_of_order("deserted", event)),
        }
    }
}
