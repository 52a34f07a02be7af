//! What happens to a command: authorised, decided, appended, answered.

use std::sync::Arc;

use deadpool_postgres::Pool;
use domain::review::ReviewAct;
use domain::{OcidPrefix, PinnedRuleSet, RuleSet, Timestamp};
use eventstore::{Appended, ClockError, Entropy, EventStore, Keyring};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::append::{Decision, NotAppended, accepted, append, first_answer};
use crate::authority::{Caller, authorise};
use crate::command::{Command, Request};
use crate::drafts;
use crate::outcome::{Accepted, ExecuteError, Fault, Rejection};
use crate::panel::Beacon;
use crate::receipts::Receipts;
use crate::refusals;
use crate::registers;
use crate::timers::Timers;

/// How often a command is decided anew when others wrote the same streams first.
pub(crate) const ATTEMPTS_MAX: u32 = 8;

/// What the application is set up with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The prefix of every ocid; `ocds-000000` is for demonstrations only.
    pub ocid_prefix: OcidPrefix,
    /// The rules that plans and calls are checked against and pin.
    pub rules: RuleSet,
}

/// What the application needs besides the log and its database.
pub struct Parts {
    /// Where ids of sealed streams, masks and the draw's numbers come from.
    pub entropy: Arc<dyn Entropy>,
    /// What documents are encrypted with.
    pub keyring: Keyring,
    /// How receipts are signed.
    pub receipts: Receipts,
    /// Which block anchored an event.
    pub beacon: Arc<dyn Beacon>,
}

/// The one door for commands. Cheap to clone.
pub struct Application<S> {
    store: Arc<S>,
    pool: Pool,
    settings: Arc<Settings>,
    parts: Arc<Parts>,
    /// Held while timers run, so that they run in order.
    timers: Arc<Mutex<Timers>>,
}

impl<S> Clone for Application<S> {
    fn clone(&self) -> Self {
        Self {
            store: Arc::clone(&self.store),
            pool: self.pool.clone(),
            settings: Arc::clone(&self.settings),
            parts: Arc::clone(&self.parts),
            timers: Arc::clone(&self.timers),
        }
    }
}

impl<S> std::fmt::Debug for Application<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Application").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<S: EventStore> Application<S> {
    /// An application on a log and on the schema `app` behind `pool`, which must be connected as the
    /// service's role.
    ///
    /// `pool` must not be the one that `store` reads with: a command that moves a draft holds one
    /// connection of `pool` while the log is read and written, so one pool for both could wait for
    /// itself. Of `pool` itself no command holds more than one.
    #[must_use]
    pub fn new(store: Arc<S>, pool: Pool, settings: Settings, parts: Parts) -> Self {
        let (settings, parts) = (Arc::new(settings), Arc::new(parts));
        Self { store, pool, settings, parts, timers: Arc::default() }
    }

    /// Carries out a command, or says why not.
    ///
    /// The same id with the same command by the same caller gets the first answer again, whatever
    /// happened since; with another command it is refused as `command-id-reused`.
    ///
    /// # Errors
    /// [`ExecuteError::Rejected`] when a rule says no: nothing happened. [`ExecuteError::Fault`] when
    /// something is broken: repeat the command with the same id.
    pub async fn execute(
        &self,
        caller: &Caller,
        command_id: Uuid,
        command: Command,
    ) -> Result<Accepted, ExecuteError> {
        let role = authorise(caller, command.name())?;
        let drawn = self.draw_id();
        let request = Request::new(caller, role, command_id, drawn, &command);
        match self.carry_out(&request).await {
            // Repeated, a command often contradicts what its first time did.
            Err(ExecuteError::Rejected(rejection)) => match self.earlier(&request).await? {
                Some(accepted) => Ok(accepted),
                None => Err(rejection.into()),
            },
            outcome => outcome,
        }
    }

    /// Moves the simulated business clock forward; whatever falls due on the way happens first, at its own hour.
    ///
    /// # Errors
    /// `clock-not-simulated` and `clock-backwards` as rejections; faults as [`Self::execute`].
    pub async fn advance_clock(&self, to: Timestamp) -> Result<Timestamp, ExecuteError> {
        while let Some(hour) = self.next_timer(to).await? {
            // A timer whose hour has passed already runs at the hour it is.
            self.move_clock(hour.max(self.now().await?).min(to)).await?;
            self.run_timers().await?;
        }
        self.move_clock(to).await
    }

    async fn move_clock(&self, to: Timestamp) -> Result<Timestamp, ExecuteError> {
        match self.store.advance_clock(to.as_millis()).await {
            Ok(()) => Ok(self.now().await?),
            Err(ClockError::NotSimulated) => Err(Rejection::plain(
                "clock-not-simulated",
                "Este sistema usa la hora real: el reloj no se puede mover.",
                None,
            )
            .into()),
            Err(ClockError::Backwards { now, to }) => {
                let mut rejection = Rejection::plain(
                    "clock-backwards",
                    "El reloj simulado solo avanza: indique un instante posterior.",
                    Some("to"),
                );
                for (key, millis) in [("now", now), ("to", to)] {
                    if let Ok(instant) = Timestamp::from_millis(millis) {
                        rejection.details.push((key.to_owned(), instant.to_string()));
                    }
                }
                Err(rejection.into())
            }
            Err(other) => Err(Fault::Clock(other).into()),
        }
    }

    /// The business clock, which deadlines are measured with.
    ///
    /// # Errors
    /// [`Fault`] when the log cannot be read.
    pub async fn now(&self) -> Result<Timestamp, Fault> {
        let head = self.store.head().await?;
        Timestamp::from_millis(head.business_clock).map_err(|_| Fault::Stored("business clock"))
    }

    /// The log.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Connections to the schema `app`.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// The business clock, below which nothing will ever be recorded from here on.
    pub(crate) async fn tick(&self) -> Result<Timestamp, Fault> {
        let now = self.store.tick().await?;
        Timestamp::from_millis(now).map_err(|_| Fault::Stored("business clock"))
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn timers(&self) -> &Mutex<Timers> {
        &self.timers
    }

    /// The rules that judged an act, once there is a call that they judged.
    pub(crate) fn pinned(&self, has_call: bool) -> Option<PinnedRuleSet> {
        has_call.then(|| self.settings.rules.pinned())
    }

    fn draw_id(&self) -> Uuid {
        let mut random = [0; 16];
        self.parts.entropy.fill(&mut random);
        uuid::Builder::from_random_bytes(random).into_uuid()
    }

    pub(crate) fn rules(&self) -> &RuleSet {
        &self.settings.rules
    }

    pub(crate) fn ocid_prefix(&self) -> &OcidPrefix {
        &self.settings.ocid_prefix
    }

    async fn carry_out(&self, request: &Request<'_>) -> Result<Accepted, ExecuteError> {
        match request.command {
            Command::RegisterUnit(_)
            | Command::AddCatalogueItem(_)
            | Command::RegisterCompany(_)
            | Command::ApproveCompany { .. }
            | Command::RejectCompany { .. }
            | Command::ApplyAsEvaluator(_)
            | Command::AccreditEvaluator { .. }
            | Command::Bid { .. }
            | Command::Procedure { .. }
            | Command::Contract { .. } => self.record(request).await,
            Command::ApprovePlan { plan_id } => {
                self.refuse_draft_command_id(request).await?;
                self.approve_plan(request, *plan_id).await
            }
            Command::PublishCall { tender_id } => {
                self.refuse_draft_command_id(request).await?;
                self.publish_call(request, *tender_id).await
            }
            Command::SavePlanDraft { .. }
            | Command::SubmitPlan { .. }
            | Command::ReturnPlan { .. }
            | Command::SaveTenderDraft { .. }
            | Command::SubmitCall { .. }
            | Command::ReturnCall { .. }
            | Command::ApproveCall { .. } => self.move_draft(request).await,
        }
    }

    /// A command that is decided on what the log says alone.
    async fn record(&self, request: &Request<'_>) -> Result<Accepted, ExecuteError> {
        self.refuse_draft_command_id(request).await?;
        for _ in 0..ATTEMPTS_MAX {
            let decision = self.decide(request).await?;
            match append(self.store(), request.by(), decision).await {
                Ok(appended) => return self.answer(request, &appended).await,
                Err(NotAppended::DecideAgain) => {}
                Err(NotAppended::ClaimTaken(kind)) => {
                    return Err(refusals::claim_taken(request, kind));
                }
                Err(NotAppended::Final(error)) => return Err(error),
            }
        }
        Err(Fault::Contended { attempts: ATTEMPTS_MAX }.into())
    }

    async fn decide(&self, request: &Request<'_>) -> Result<Decision, ExecuteError> {
        let (store, now) = (self.store(), self.now().await?);
        match request.command {
            Command::RegisterUnit(input) => registers::register_unit(store, input, now).await,
            Command::AddCatalogueItem(input) => {
                registers::add_catalogue_item(store, input, now).await
            }
            Command::RegisterCompany(input) => {
                registers::register_company(store, request, input, now).await
            }
            Command::ApproveCompany { company_id } => {
                registers::approve_company(store, request, *company_id, now).await
            }
            Command::RejectCompany { company_id, reason } => {
                registers::reject_company(store, request, *company_id, reason, now).await
            }
            Command::ApplyAsEvaluator(input) => {
                registers::apply_as_evaluator(store, request, input, now).await
            }
            Command::AccreditEvaluator { evaluator_id } => {
                registers::accredit_evaluator(store, request, *evaluator_id, now).await
            }
            Command::Bid { tender_id, company_id, act } => {
                self.decide_bid(request, (*tender_id, *company_id), act).await
            }
            Command::Procedure { tender_id, act } => {
                self.decide_procedure(request, *tender_id, act).await
            }
            Command::Contract { contract_id, act } => {
                self.decide_contract(request, *contract_id, act).await
            }
            other => unreachable!("{} moves a draft", other.name()),
        }
    }

    async fn move_draft(&self, request: &Request<'_>) -> Result<Accepted, ExecuteError> {
        // An id that is on the log has another body there, and is refused for it.
        first_answer(self.store(), request).await?;
        match request.command {
            Command::SavePlanDraft { plan_id, plan } => {
                self.save_plan_draft(request, *plan_id, plan).await
            }
            Command::SubmitPlan { plan_id } => {
                self.review_plan(request, *plan_id, ReviewAct::Submit).await
            }
            Command::ReturnPlan { plan_id, reason } => {
                let act = ReviewAct::Return { reason: reason.clone() };
                self.review_plan(request, *plan_id, act).await
            }
            Command::SaveTenderDraft { tender_id, tender } => {
                self.save_tender_draft(request, *tender_id, tender).await
            }
            Command::SubmitCall { tender_id } => {
                self.review_call(request, *tender_id, ReviewAct::Submit).await
            }
            Command::ReturnCall { tender_id, reason } => {
                let act = ReviewAct::Return { reason: reason.clone() };
                self.review_call(request, *tender_id, act).await
            }
            Command::ApproveCall { tender_id } => {
                self.review_call(request, *tender_id, ReviewAct::Approve).await
            }
            other => unreachable!("{} moves no draft", other.name()),
        }
    }

    async fn refuse_draft_command_id(&self, request: &Request<'_>) -> Result<(), ExecuteError> {
        // A draft command has another body, so an id that is there is refused for it.
        drafts::first_answer(self.pool(), request).await.map(drop)
    }

    /// The first answer to a command that was carried out before, wherever it is kept.
    async fn earlier(&self, request: &Request<'_>) -> Result<Option<Accepted>, ExecuteError> {
        if let Some(subject) = drafts::first_answer(self.pool(), request).await? {
            return Ok(Some(draft_accepted(request, subject)));
        }
        match first_answer(self.store(), request).await? {
            Some(appended) => self.answer(request, &appended).await.map(Some),
            None => Ok(None),
        }
    }

    /// The answer to a command that is on the log, with its receipt.
    pub(crate) async fn answer(
        &self,
        request: &Request<'_>,
        appended: &Appended,
    ) -> Result<Accepted, ExecuteError> {
        let answer = accepted(self.store(), request.command_id, appended).await?;
        let first = appended.events.first().ok_or(Fault::Stored("answer"))?;
        Ok(Accepted { receipt: Some(self.receipt(first).await?), ..answer })
    }
}

/// The answer to a command that moved a draft.
pub(crate) fn draft_accepted(request: &Request<'_>, subject: Uuid) -> Accepted {
    Accepted {
        command_id: request.command_id,
        events: Vec::new(),
        subject: subject.to_string(),
        ocid: None,
        min_position: 0,
        receipt: None,
    }
}
