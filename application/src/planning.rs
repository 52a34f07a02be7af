//! Plans: drafted and reviewed as rows, approved as an event.

use deadpool_postgres::Transaction;
use domain::plan::{ApprovePlan, Plan, PlanCommand, PlanDraft, PlanInput, PlanRejection};
use domain::review::{self, DraftStatus, ReviewAct, ReviewRejection};
use domain::{AccountRef, Aggregate, Ocid, PlanId, Timestamp};
use eventstore::{Appended, Claim, EventStore};

use crate::append::{Decision, NotAppended, append};
use crate::cited::{self, Unchanged};
use crate::command::Request;
use crate::drafts::{self, Change, Draft, DraftKind};
use crate::execute::{ATTEMPTS_MAX, Application, draft_accepted};
use crate::history::{Loaded, load};
use crate::outcome::{Accepted, ExecuteError, Fault, rejected};

/// The set of ocids.
const OCID_CLAIM: &str = "ocid";

impl<S: EventStore> Application<S> {
    pub(crate) async fn save_plan_draft(
        &self,
        request: &Request<'_>,
        plan_id: Option<PlanId>,
        input: &PlanInput,
    ) -> Result<Accepted, ExecuteError> {
        let content = drafts::to_content(&input.read().map_err(rejected)?)?;
        let id = plan_id.map_or_else(|| request.created_id(), |plan_id| plan_id.0);
        let mut client = self.pool().get().await?;
        let db_tx = client.transaction().await?;
        let now = self.now().await?;
        if plan_id.is_none() {
            if let Some(subject) = drafts::note_command(&db_tx, request, id).await? {
                return Ok(draft_accepted(request, subject));
            }
            let author = request.account();
            drafts::insert(&db_tx, DraftKind::Plan, id, author, &content, now).await?;
        } else {
            let Some(draft) = self.lock_open_plan(&db_tx, PlanId(id)).await? else {
                db_tx.commit().await?;
                return Err(rejected(PlanRejection::AlreadyApproved));
            };
            if let Some(subject) = drafts::note_command(&db_tx, request, id).await? {
                return Ok(draft_accepted(request, subject));
            }
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

    /// Submits or returns a plan's draft.
    pub(crate) async fn review_plan(
        &self,
        request: &Request<'_>,
        plan_id: PlanId,
        act: ReviewAct,
    ) -> Result<Accepted, ExecuteError> {
        let mut client = self.pool().get().await?;
        let db_tx = client.transaction().await?;
        let Some(draft) = self.lock_open_plan(&db_tx, plan_id).await? else {
            db_tx.commit().await?;
            return Err(rejected(PlanRejection::AlreadyApproved));
        };
        if let Some(subject) = drafts::note_command(&db_tx, request, plan_id.0).await? {
            return Ok(draft_accepted(request, subject));
        }
        let is_submitted = act == ReviewAct::Submit;
        let moved =
            review::decide(draft.status, draft.author, act, request.account()).map_err(rejected)?;
        if is_submitted {
            let content: PlanDraft = drafts::from_content(&draft)?;
            content.check(self.rules()).map_err(rejected)?;
            let mut read = Unchanged::new();
            let unit = cited::unit(self.store(), &content.unit_key, &mut read).await?;
            let items = cited::items(self.store(), &content.items, &mut read).await?;
            content.cite(unit, &items).map_err(rejected)?;
        }
        let (status, reason) = (moved.status, moved.reason);
        let change = Change { status, approver: None, reason, content: None };
        drafts::change(&db_tx, plan_id.0, &change, self.now().await?).await?;
        db_tx.commit().await?;
        Ok(draft_accepted(request, plan_id.0))
    }

    /// Approves a plan: the event first, then the row.
    ///
    /// The draft's row stays locked while the log is written, so nobody changes what is approved.
    /// A crash before the append leaves nothing. A crash after it leaves the event and a row that
    /// says `in_review`: the log stands, and whoever touches the plan next, this command repeated
    /// included, brings the row up to it in [`Self::lock_open_plan`].
    pub(crate) async fn approve_plan(
        &self,
        request: &Request<'_>,
        plan_id: PlanId,
    ) -> Result<Accepted, ExecuteError> {
        // The answer needs a connection: nobody waits for a second one while holding the first.
        let approved = self.approve_locked(request, plan_id).await?;
        self.answer(request, &approved).await
    }

    async fn approve_locked(
        &self,
        request: &Request<'_>,
        plan_id: PlanId,
    ) -> Result<Appended, ExecuteError> {
        let mut client = self.pool().get().await?;
        let db_tx = client.transaction().await?;
        let Some(draft) = self.lock_open_plan(&db_tx, plan_id).await? else {
            db_tx.commit().await?;
            return Err(rejected(PlanRejection::AlreadyApproved));
        };
        review::decide(draft.status, draft.author, ReviewAct::Approve, request.account())
            .map_err(rejected)?;
        let content: PlanDraft = drafts::from_content(&draft)?;
        let appended = self.append_approval(&db_tx, request, &draft, content).await?;
        let approver = request.account();
        mark_approved(&db_tx, plan_id, approver, self.now().await?).await?;
        db_tx.commit().await?;
        Ok(appended)
    }

    async fn append_approval(
        &self,
        db_tx: &Transaction<'_>,
        request: &Request<'_>,
        draft: &Draft,
        content: PlanDraft,
    ) -> Result<Appended, ExecuteError> {
        let mut ocid = self.mint_ocid(db_tx, &content).await?;
        for _ in 0..ATTEMPTS_MAX {
            let decision =
                self.decide_approval(request, draft, content.clone(), ocid.clone()).await?;
            match append(self.store(), request.by(), decision).await {
                Ok(appended) => return Ok(appended),
                Err(NotAppended::DecideAgain) => {}
                // A crash lost the counter's step but not the event that used the number.
                Err(NotAppended::ClaimTaken(_)) => ocid = self.mint_ocid(db_tx, &content).await?,
                Err(NotAppended::Final(error)) => return Err(error),
            }
        }
        Err(Fault::Contended { attempts: ATTEMPTS_MAX }.into())
    }

    async fn decide_approval(
        &self,
        request: &Request<'_>,
        draft: &Draft,
        content: PlanDraft,
        ocid: Ocid,
    ) -> Result<Decision, ExecuteError> {
        let plan_id = PlanId(draft.id);
        let plan: Loaded<Plan> = load(self.store(), plan_id.stream()).await?;
        let mut unchanged = Unchanged::new();
        let unit = cited::unit(self.store(), &content.unit_key, &mut unchanged).await?;
        let cited = cited::items(self.store(), &content.items, &mut unchanged).await?;
        let command = PlanCommand::Approve(Box::new(ApprovePlan {
            plan_id,
            ocid: ocid.clone(),
            draft: content,
            unit,
            cited,
            author: draft.author,
            approver: request.account(),
            drafted_at: draft.created_at,
            rules: self.rules().clone(),
        }));
        let events = plan.state.decide(command, self.now().await?).map_err(rejected)?;
        let take = vec![Claim {
            kind: OCID_CLAIM.to_owned(),
            value: ocid.as_str().to_owned(),
            stream: plan.stream.clone(),
        }];
        let rules = Some(self.rules().pinned());
        let decision = Decision::new(plan.stream, plan.version, events);
        Ok(Decision { rules, unchanged, take, ..decision })
    }

    async fn mint_ocid(&self, db_tx: &Transaction<'_>, content: &PlanDraft) -> Result<Ocid, Fault> {
        let (unit, year) = (&content.unit_key, content.fiscal_year);
        let n = drafts::next_ocid_number(db_tx, unit.as_str(), year).await?;
        Ocid::mint(self.ocid_prefix(), unit, year, n).map_err(Fault::Ocid)
    }

    /// The plan's draft, locked, if the plan is not on the log; `None` if it is, and then its row is
    /// brought up to the log: commit, and refuse.
    async fn lock_open_plan(
        &self,
        db_tx: &Transaction<'_>,
        plan_id: PlanId,
    ) -> Result<Option<Draft>, ExecuteError> {
        let draft = drafts::lock(db_tx, DraftKind::Plan, plan_id.0)
            .await?
            .ok_or_else(|| rejected(ReviewRejection::Unknown))?;
        let plan: Loaded<Plan> = load(self.store(), plan_id.stream()).await?;
        let Some(approved) = plan.state.approved() else { return Ok(Some(draft)) };
        if draft.status != DraftStatus::Approved {
            mark_approved(db_tx, plan_id, approved.approver, self.now().await?).await?;
        }
        Ok(None)
    }
}

async fn mark_approved(
    db_tx: &Transaction<'_>,
    plan_id: PlanId,
    approver: AccountRef,
    now: Timestamp,
) -> Result<(), Fault> {
    let status = DraftStatus::Approved;
    let change = Change { status, approver: Some(approver), reason: None, content: None };
    drafts::change(db_tx, plan_id.0, &change, now).await
}
