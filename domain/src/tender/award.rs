//! The end of a tender: the award (fallo), or that it is deserted.

use crate::event::{AwardIssued, EvaluationComputed, RulingIssued, TenderDeserted};
use crate::id::{AccountRef, AwardId, Mask};
use crate::tender::rejection::TenderRejection;
use crate::tender::stage::StageRejection;
use crate::tender::state::{EconomicOpening, Tender, TenderEvent};
use crate::text::{self, PROSE_CHARS_MAX};
use crate::time::Timestamp;

/// What the award is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueAward {
    /// The id the award will have.
    pub award_id: AwardId,
    /// The tender's ruling, if it is issued.
    pub ruling: Option<RulingIssued>,
    /// The tender's evaluation, if it is computed.
    pub evaluation: Option<EvaluationComputed>,
    /// Why.
    pub reasons: String,
    /// Who awards.
    pub caller: AccountRef,
    /// Who signed the tender's technical sheets.
    pub technical_signers: Vec<AccountRef>,
}

/// What it is decided on that nobody is awarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclareDeserted {
    /// The tender's evaluation, if it is computed.
    pub evaluation: Option<EvaluationComputed>,
    /// Why.
    pub reasons: String,
    /// Who declares it.
    pub caller: AccountRef,
    /// Who signed the tender's technical sheets.
    pub technical_signers: Vec<AccountRef>,
}

impl Tender {
    pub(super) fn issue_award(
        &self,
        command: IssueAward,
        now: Timestamp,
    ) -> Result<Vec<TenderEvent>, TenderRejection> {
        let opening = self.undecided()?;
        let due = opening.technical.call.schedule.award_at;
        if now < due {
            return Err(StageRejection::AwardNotDue { due, now }.into());
        }
        let sign_by = opening.technical.call.call.contracting_end;
        // The last day is a whole day, as it is for the signature.
        if now.local_day() > sign_by {
            return Err(StageRejection::ContractingEnded { sign_by, now }.into());
        }
        if command.technical_signers.contains(&command.caller) {
            return Err(StageRejection::TechnicalSigner.into());
        }
        let award = opening.award(command)?;
        Ok(vec![TenderEvent::AwardIssued(Box::new(award))])
    }

    pub(super) fn declare_deserted(
        &self,
        command: DeclareDeserted,
    ) -> Result<Vec<TenderEvent>, TenderRejection> {
        let call = &self.undecided()?.technical.call;
        if command.technical_signers.contains(&command.caller) {
            return Err(StageRejection::TechnicalSigner.into());
        }
        let evaluation = command
            .evaluation
            .filter(|evaluation| evaluation.tender_id == call.tender_id)
            .ok_or(StageRejection::EvaluationMissing)?;
        if !evaluation.scores.is_empty() {
            let masks = evaluation.scores.into_iter().map(|score| score.mask).collect();
            return Err(StageRejection::SolventProposals { masks }.into());
        }
        let reasons = text::line("reasons", &command.reasons, PROSE_CHARS_MAX)?;
        let (tender_id, ocid) = (call.tender_id, call.ocid.clone());
        let deserted = TenderDeserted { tender_id, ocid, reasons };
        Ok(vec![TenderEvent::TenderDeserted(Box::new(deserted))])
    }

    /// The tender with all envelopes open, if nobody has decided on it yet.
    fn undecided(&self) -> Result<&EconomicOpening, StageRejection> {
        match self {
            Self::Unpublished => Err(StageRejection::TenderUnknown),
            Self::Published(_) | Self::ReceiptClosed(_) | Self::Opened(_) => {
                Err(StageRejection::EconomicNotOpened)
            }
            Self::EconomicOpened(opening) => Ok(opening),
            Self::Awarded { .. } => Err(StageRejection::AlreadyAwarded),
            Self::Deserted { .. } => Err(StageRejection::Deserted),
        }
    }
}

impl EconomicOpening {
    /// The award to the first of the ruling.
    fn award(&self, command: IssueAward) -> Result<AwardIssued, TenderRejection> {
        let IssueAward { award_id, ruling, evaluation, reasons, .. } = command;
        let call = &self.technical.call;
        let mask = ruling
            .filter(|ruling| ruling.tender_id == call.tender_id)
            .and_then(|ruling| ruling.order.into_iter().next())
            .ok_or(StageRejection::RulingMissing)?;
        let total = evaluation
            .filter(|evaluation| evaluation.tender_id == call.tender_id)
            .and_then(|evaluation| self.total(&evaluation, &mask))
            .ok_or(StageRejection::EvaluationMissing)?;
        let offer = self
            .offers
            .iter()
            .find(|offer| offer.mask == mask)
            .ok_or_else(|| StageRejection::OfferMissing { masks: vec![mask.clone()] })?;
        let reasons = text::line("reasons", &reasons, PROSE_CHARS_MAX)?;
        Ok(AwardIssued {
            award_id,
            tender_id: call.tender_id,
            ocid: call.ocid.clone(),
            mask,
            supplier: offer.tenderer.clone(),
            amount: offer.price,
            total,
            sign_by: call.call.contracting_end,
            reasons,
        })
    }

    /// The points of a proposal by the call's way of aggregating, in centipoints.
    fn total(&self, evaluation: &EvaluationComputed, mask: &Mask) -> Option<u32> {
        let score = evaluation.scores.iter().find(|score| score.mask == *mask)?;
        let aggregation = self.technical.call.aggregation;
        let result = score.results.iter().find(|result| result.aggregation == aggregation)?;
        Some(result.total)
    }
}
