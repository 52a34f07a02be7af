//! Calls: drafted, reviewed and approved as rows, published as an event.

use deadpool_postgres::Transaction;
use domain::review::{self, DraftStatus, ReviewAct, ReviewRejection};
use domain::tender::{
    PublishCall, Tender, TenderCommand, TenderDraft, TenderInput, TenderRejection,
};
use domain::{Aggregate, TenderId};
use eventstore::{Appended, Claim, EventStore};

use crate::append::{Decision, NotAppended, append};
use crate::cited::{self, Unchanged};
use crate::command::Request;
use crate::drafts::{self, Change, Draft, DraftKind};
use crate::execute::{ATTEMPTS_MAX, Application, draft_accepted};
use crate::history::{Loaded, load};
use crate::outcome::{Accepted, ExecuteError, Fault, rejected};

/// The set of procedure numbers.
const PROCEDURE_NUMBER_CLAIM: &str = "procedure-number";
/// The set of plans that a tender carries out.
const PLAN_CLAIM: &str = "tender-of-plan";

impl<S: EventStore> Application<S> {
    pub(crate) async fn save_tender_draft(
        &self,
        request: &Request<'_>,
        tender_id: Option<TenderId>,
        input: &TenderInput,
    ) -> Result<Accepted, ExecuteError> {
        let content = drafts::to_content(&input.read().map_err(rejected)?)?;
        let id = tender_id.map_or_else(|| request.created_id(), |tender_id| tender_id.0);
        let mut client = self.pool().get().await?;
        let db_tx = client.transaction().await?;
        if let Some(subject) = drafts::note_command(&db_tx, request, id).await? {
            return Ok(draft_accepted(request, subject));
        }
        let now = self.now().await?;
        if tender_id.is_none() {
            let author = request.account();
            drafts::insert(&db_tx, DraftKind::Tender, id, author, &content, now).await?;
        } else {
            let draft = self.lock_unpublished(&db_tx, TenderId(id)).await?;
            let act = ReviewAct::Save;
            let saved = review::decide(draft.status, draft.author, act, request.account())
                .map_err(rejected)?;
            let (status, reason) = (saved.status, draft.reason);
            let change = Change { status, approver: None, reason, content: Some(content) };
            drafts::change(&db_tx, id, &change, now).await?;
        }
        db_tx.commit().await?;
        Ok(draft_accepted(request, id))
    }

    /// Submits, returns or approves a call's draft.
    pub(crate) async fn review_call(
        &self,
        request: &Request<'_>,
        tender_id: TenderId,
        act: ReviewAct,
    ) -> Result<Accepted, ExecuteError> {
        let mut client = self.pool().get().await?;
        let db_tx = client.transaction().await?;
        if let Some(subject) = drafts::note_command(&db_tx, request, tender_id.0).await? {
            return Ok(draft_accepted(request, subject));
        }
        let draft = self.lock_unpublished(&db_tx, tender_id).await?;
        let must_be_complete = matches!(act, ReviewAct::Submit | ReviewAct::Approve);
        let moved =
            review::decide(draft.status, draft.author, act, request.account()).map_err(rejected)?;
        if must_be_complete {
            let content: TenderDraft = drafts::from_content(&draft)?;
            content.check(self.rules()).map_err(rejected)?;
            let mut read = Unchanged::new();
            let plan = cited::plan(self.store(), content.plan_id, &mut read).await?;
            let items = cited::items(self.store(), &content.items, &mut read).await?;
            content.cite(plan, &items).map_err(rejected)?;
        }
        let is_approved = moved.status == DraftStatus::Approved;
        let approver = is_approved.then(|| request.account());
        let change = Change { status: moved.status, approver, reason: moved.reason, content: None };
        drafts::change(&db_tx, tender_id.0, &change, self.now().await?).await?;
        db_tx.commit().await?;
        Ok(draft_accepted(request, tender_id.0))
    }

    /// Publishes an approved call.
    ///
    /// The draft's row stays locked while the log is written, so nobody sends back what is being
    /// published. Nothing else is written: a crash before the append leaves an approved draft, one
    /// after it a published tender, and the row of a published tender is refused by every command.
    pub(crate) async fn publish_call(
        &self,
        request: &Request<'_>,
        tender_id: TenderId,
    ) -> Result<Accepted, ExecuteError> {
        // The answer needs a connection: nobody waits for a second one while holding the first.
        let published = self.append_publication(request, tender_id).await?;
        self.answer(request, &published).await
    }

    async fn append_publication(
        &self,
        request: &Request<'_>,
        tender_id: TenderId,
    ) -> Result<Appended, ExecuteError> {
        let mut client = self.pool().get().await?;
        let db_tx = client.transaction().await?;
        let draft = self.lock_unpublished(&db_tx, tender_id).await?;
        let content: TenderDraft = drafts::from_content(&draft)?;
        for _ in 0..ATTEMPTS_MAX {
            let decision = self.decide_publication(&draft, content.clone()).await?;
            match append(self.store(), request.by(), decision).await {
                Ok(appended) => return Ok(appended),
                Err(NotAppended::DecideAgain) => {}
                Err(NotAppended::ClaimTaken(kind)) if kind == PLAN_CLAIM => {
                    return Err(rejected(TenderRejection::PlanHasTender));
                }
                Err(NotAppended::ClaimTaken(_)) => {
                    let number = content.procedure_number;
                    return Err(rejected(TenderRejection::ProcedureNumberTaken { number }));
                }
                Err(NotAppended::Final(error)) => return Err(error),
            }
        }
        Err(Fault::Contended { attempts: ATTEMPTS_MAX }.into())
    }

    async fn decide_publication(
        &self,
        draft: &Draft,
        content: TenderDraft,
    ) -> Result<Decision, ExecuteError> {
        let tender_id = TenderId(draft.id);
        let (DraftStatus::Approved, Some(approver)) = (draft.status, draft.approver) else {
            return Err(rejected(TenderRejection::CallNotApproved));
        };
        let tender: Loaded<Tender> = load(self.store(), tender_id.stream()).await?;
        let mut unchanged = Unchanged::new();
        let plan = cited::plan(self.store(), content.plan_id, &mut unchanged).await?;
        let cited = cited::items(self.store(), &content.items, &mut unchanged).await?;
        let claim = |kind: &str, value: String| Claim {
            kind: kind.to_owned(),
            value,
            stream: tender.stream.clone(),
        };
        let take = vec![
            claim(PLAN_CLAIM, content.plan_id.to_string()),
            claim(PROCEDURE_NUMBER_CLAIM, content.procedure_number.clone()),
        ];
        let not_after = Some(content.publishable_until(self.rules()));
        let command = TenderCommand::PublishCall(Box::new(PublishCall {
            tender_id,
            draft: content,
            plan,
            cited,
            author: draft.author,
            approver,
            registered_at: draft.created_at,
            rules: self.rules().clone(),
        }));
        let events = tender.state.decide(command, self.now().await?).map_err(rejected)?;
        let rules = Some(self.rules().pinned());
        let decision = Decision::new(tender.stream, tender.version, events);
        Ok(Decision { rules, unchanged, not_after, take, ..decision })
    }

    /// The call's draft, locked, if it is not published.
    async fn lock_unpublished(
        &self,
        db_tx: &Transaction<'_>,
        tender_id: TenderId,
    ) -> Result<Draft, ExecuteError> {
        let draft = drafts::lock(db_tx, DraftKind::Tender, tender_id.0)
            .await?
            .ok_or_else(|| rejected(ReviewRejection::Unknown))?;
        let tender: Loaded<Tender> = load(self.store(), tender_id.stream()).await?;
        match tender.state.published() {
            None => Ok(draft),
            Some(_) => Err(rejected(TenderRejection::AlreadyPublished)),
        }
    }
}
