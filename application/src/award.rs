//! From the computed scores to the award.

use domain::evaluation::{
    BreakTie, Compute, EvaluationCommand, EvaluationRejection, IssueRuling, TiedProposal,
};
use domain::event::EvaluationComputed;
use domain::scoring::ScoredProposal;
use domain::tender::{DeclareDeserted, IssueAward, TenderCommand};
use domain::{AccountRef, AwardId, DomainEvent, TenderId, Timestamp};
use eventstore::EventStore;

use crate::append::Decision;
use crate::command::Request;
use crate::execute::Application;
use crate::opening::Procedure;
use crate::outcome::{ExecuteError, Fault, rejected};

impl<S: EventStore> Application<S> {
    pub(crate) async fn issue_ruling(
        &self,
        request: &Request<'_>,
        procedure: Procedure,
        tender_id: TenderId,
        reasons: &str,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let command = EvaluationCommand::IssueRuling(Box::new(IssueRuling {
            reasons: reasons.to_owned(),
            caller: request.account(),
            technical_signers: self.technical_signers(tender_id, &procedure).await?,
            recomputed: recompute(&procedure)?,
        }));
        procedure.decide_evaluation(command, now)
    }

    pub(crate) async fn issue_award(
        &self,
        request: &Request<'_>,
        procedure: Procedure,
        tender_id: TenderId,
        reasons: &str,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let command = TenderCommand::IssueAward(Box::new(IssueAward {
            award_id: AwardId(request.created_id()),
            ruling: procedure.evaluation.state.ruling().cloned(),
            evaluation: procedure.evaluation.state.computed().cloned(),
            reasons: reasons.to_owned(),
            caller: request.account(),
            technical_signers: self.technical_signers(tender_id, &procedure).await?,
        }));
        procedure.decide_tender(command, now)
    }

    pub(crate) async fn declare_deserted(
        &self,
        request: &Request<'_>,
        procedure: Procedure,
        tender_id: TenderId,
        reasons: &str,
        now: Timestamp,
    ) -> Result<Decision, ExecuteError> {
        let command = TenderCommand::DeclareDeserted(Box::new(DeclareDeserted {
            evaluation: procedure.evaluation.state.computed().cloned(),
            reasons: reasons.to_owned(),
            caller: request.account(),
            technical_signers: self.technical_signers(tender_id, &procedure).await?,
        }));
        procedure.decide_tender(command, now)
    }

    /// Who signed a technical sheet of the tender; they neither rule, nor award, nor declare deserted.
    async fn technical_signers(
        &self,
        tender_id: TenderId,
        procedure: &Procedure,
    ) -> Result<Vec<AccountRef>, Fault> {
        let entries = self.sealed_entries(tender_id, &procedure.tender).await?;
        let is_sheet = |event: &DomainEvent| matches!(event, DomainEvent::TechnicalSheetSigned(_));
        let sheets = entries.iter().filter(|entry| is_sheet(&entry.event));
        Ok(sheets.filter_map(|entry| entry.actor).collect())
    }
}

pub(crate) fn compute_evaluation(
    procedure: Procedure,
    now: Timestamp,
) -> Result<Decision, ExecuteError> {
    let command = EvaluationCommand::Compute(Box::new(Compute {
        call: procedure.tender.state.published().cloned(),
        proposals: scored(&procedure),
    }));
    procedure.decide_evaluation(command, now)
}

pub(crate) fn break_tie(procedure: Procedure, now: Timestamp) -> Result<Decision, ExecuteError> {
    let offers = procedure.tender.state.offers().iter();
    let proposals = offers
        .map(|offer| TiedProposal {
            mask: offer.mask.clone(),
            proposal_id: offer.proposal_id,
            size: offer.tenderer.size,
        })
        .collect();
    let command = EvaluationCommand::BreakTie(Box::new(BreakTie { proposals }));
    procedure.decide_evaluation(command, now)
}

/// The opened proposals as they are scored; none before the economic opening.
fn scored(procedure: &Procedure) -> Vec<ScoredProposal> {
    let tender = &procedure.tender.state;
    tender
        .offers()
        .iter()
        .filter_map(|offer| {
            let sheet = tender.sheets().iter().find(|sheet| sheet.mask == offer.mask)?;
            let technical = sheet.scores.iter().sum();
            Some(ScoredProposal { mask: offer.mask.clone(), technical, price: offer.price })
        })
        .collect()
}

/// The scores once more, from what is on the log now.
fn recompute(procedure: &Procedure) -> Result<EvaluationComputed, ExecuteError> {
    let call = procedure.tender.state.published();
    let call = call.ok_or_else(|| rejected(EvaluationRejection::TenderUnknown))?;
    if procedure.evaluation.state.computed().is_none() {
        return Err(rejected(EvaluationRejection::EvaluationMissing));
    }
    let computed = procedure.evaluation.state.compute(call, &scored(procedure));
    computed.map_err(|error| rejected(EvaluationRejection::NotComputable(error)))
}
