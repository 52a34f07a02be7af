//! Which act of a procedure is decided where.

use domain::rejection::InputRejection;
use domain::{Mask, TenderId};
use eventstore::EventStore;

use crate::acts::ProcedureAct;
use crate::append::Decision;
use crate::award;
use crate::command::Request;
use crate::contracts::prepare_contract;
use crate::execute::Application;
use crate::opening::sign_sheet;
use crate::outcome::{ExecuteError, rejected};

impl<S: EventStore> Application<S> {
    pub(crate) async fn decide_procedure(
        &self,
        request: &Request<'_>,
        tender_id: TenderId,
        act: &ProcedureAct,
    ) -> Result<Decision, ExecuteError> {
        use ProcedureAct as A;
        let it = self.procedure(tender_id).await?;
        let now = self.now().await?;
        let rules = self.pinned(it.tender.state.published().is_some());
        let decision = match act {
            A::OpenTechnical => self.open_technical(it, tender_id, now).await,
            A::SignTechnicalSheet { mask, scores, justification } => {
                let sheet = (read_mask(mask)?, scores.clone(), justification.as_str());
                sign_sheet(request, it, sheet, now)
            }
            A::ScheduleDraw { seats, alternates } => {
                self.schedule_draw(it, (*seats, *alternates), now).await
            }
            A::DrawPanel => self.draw_panel(it, now).await,
            A::AcceptAssignment => self.accept_assignment(request, it, tender_id, now).await,
            A::DeclareConflict { reason } => self.declare_conflict(request, it, reason, now).await,
            A::CommitBallot { commitment } => {
                self.commit_ballot(request, it, tender_id, commitment, now).await
            }
            A::RevealBallot(input) => self.reveal_ballot(request, it, tender_id, input, now).await,
            A::OpenEconomic => self.open_economic(it, tender_id, now).await,
            A::ComputeEvaluation => award::compute_evaluation(it, now),
            A::BreakTie => award::break_tie(it, now),
            A::IssueRuling { reasons } => {
                self.issue_ruling(request, it, tender_id, reasons, now).await
            }
            A::IssueAward { reasons } => {
                self.issue_award(request, it, tender_id, reasons, now).await
            }
            A::DeclareDeserted { reasons } => {
                self.declare_deserted(request, it, tender_id, reasons, now).await
            }
            A::PrepareContract(terms) => prepare_contract(request, it, terms, now),
        }?;
        Ok(Decision { rules, ..decision })
    }
}

fn read_mask(text: &str) -> Result<Mask, ExecuteError> {
    text.trim().parse().map_err(|_| {
        rejected(InputRejection::Format {
            field: "mask".to_owned(),
            expected: "la letra de una proposición, como A",
        })
    })
}
