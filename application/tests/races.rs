//! What changes between a decision and its append, made to happen every time.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use application::{
    Accepted, Application, BidAct, Caller, Command, ExecuteError, Fault, ProcedureAct,
};
use domain::{DomainEvent, PlanId, Role, Timestamp};
use eventstore::{
    AppendError, AppendRequest, Appended, ClockError, EventStore, Head, NewEvent, ReadError,
    Recorded, StreamWrite,
};
use merkle::bundle::Disclosure;
use support::play::{Play, REASONS};
use support::watched::WatchedStore;
use support::{World, caller, local, parts, pool, rejection, settings};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// What somebody else does just before an append.
enum Meddling {
    CatalogueGrows,
    ClockMoves(Timestamp),
    /// Nothing happens, but the clock seems to stand here.
    ClockLies(Timestamp),
    /// The clock seems to stand here, until somebody makes it the floor of what comes.
    ClockIsSetBack(Timestamp),
    /// A stream that cannot be written.
    StreamFails(String),
    PlanIsReturned(Box<Return>),
    AnotherActs(Box<Other>),
}

/// Somebody who sends a command first.
struct Other {
    application: Application<WatchedStore>,
    caller: Caller,
    command: Command,
}

/// Somebody who sends a plan back while it is being approved.
struct Return {
    application: Application<WatchedStore>,
    plan_id: PlanId,
    owner: tokio_postgres::Client,
    answer: Mutex<Option<JoinHandle<Result<Accepted, ExecuteError>>>>,
}

impl Return {
    /// Returns when the other command waits for the row, or did not have to.
    async fn begin(&self) {
        let (application, plan_id) = (self.application.clone(), self.plan_id);
        let task = tokio::spawn(async move {
            let command = Command::ReturnPlan { plan_id, reason: "Falta algo".to_owned() };
            application.execute(&caller(Role::Approver, 5), Uuid::new_v4(), command).await
        });
        let waiting = "SELECT count(*) FROM pg_locks AS l
                       JOIN pg_database AS d ON d.datname = current_database()
                       JOIN pg_stat_activity AS a ON a.pid = l.pid AND a.datid = d.oid
                       WHERE NOT l.granted";
        while !task.is_finished() {
            if self.owner.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0 {
                break;
            }
            tokio::task::yield_now().await;
        }
        *self.answer.lock().await = Some(task);
    }
}

/// The real store, with somebody who is always a moment faster, `times` times.
struct MeddledStore {
    store: WatchedStore,
    meddling: Meddling,
    times: AtomicU32,
    appends: AtomicU32,
    ticks: AtomicU32,
}

impl MeddledStore {
    async fn meddle(&self) {
        match &self.meddling {
            Meddling::ClockMoves(to) => self.store.advance_clock(to.as_millis()).await.unwrap(),
            Meddling::ClockLies(_) | Meddling::ClockIsSetBack(_) | Meddling::StreamFails(_) => {}
            Meddling::PlanIsReturned(other) => other.begin().await,
            Meddling::AnotherActs(other) => {
                let command = other.command.clone();
                let done = other.application.execute(&other.caller, Uuid::new_v4(), command);
                Box::pin(done).await.unwrap();
            }
            Meddling::CatalogueGrows => {
                let stream = "catalog-MX-LOCAL";
                let version = self.store.read_stream(stream).await.unwrap().len() as u64;
                self.store.append(item(stream, version)).await.unwrap();
            }
        }
    }
}

impl EventStore for MeddledStore {
    async fn append(&self, request: AppendRequest) -> Result<Appended, AppendError> {
        let is_question = request.writes.is_empty();
        if let Meddling::StreamFails(stream) = &self.meddling
            && request.writes.iter().any(|write| write.stream == *stream)
        {
            return Err(AppendError::Malformed);
        }
        let left = self.times.load(Ordering::SeqCst);
        if !is_question && left > 0 {
            self.times.store(left - 1, Ordering::SeqCst);
            self.meddle().await;
        }
        self.appends.fetch_add(u32::from(!is_question), Ordering::SeqCst);
        self.store.append(request).await
    }

    async fn read(&self, from: u64, limit: u32) -> Result<Vec<Recorded>, ReadError> {
        self.store.read(from, limit).await
    }

    async fn read_stream(&self, stream: &str) -> Result<Vec<Recorded>, ReadError> {
        self.store.read_stream(stream).await
    }

    async fn event(&self, id: Uuid) -> Result<Option<Recorded>, ReadError> {
        self.store.event(id).await
    }

    async fn head(&self) -> Result<Head, ReadError> {
        let mut head = self.store.head().await?;
        if let Meddling::ClockLies(at) | Meddling::ClockIsSetBack(at) = self.meddling {
            head.business_clock = at.as_millis();
        }
        Ok(head)
    }

    async fn advance_clock(&self, to: i64) -> Result<(), ClockError> {
        self.store.advance_clock(to).await
    }

    async fn tick(&self) -> Result<i64, ReadError> {
        self.ticks.fetch_add(1, Ordering::SeqCst);
        match self.meddling {
            Meddling::ClockLies(at) => Ok(at.as_millis()),
            _ => self.store.tick().await,
        }
    }

    async fn holder(&self, kind: &str, value: &str) -> Result<Option<String>, ReadError> {
        self.store.holder(kind, value).await
    }

    async fn disclose(&self, event: Uuid, path: &str) -> Result<Option<Disclosure>, ReadError> {
        self.store.disclose(event, path).await
    }

    fn subscribe(&self) -> watch::Receiver<u64> {
        self.store.subscribe()
    }
}

#[tokio::test]
async fn a_stream_that_was_read_and_changed_is_read_again() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.submitted_plan().await;
    let (application, store) = meddled(&world, Meddling::CatalogueGrows, 2);
    let (approver, command) = (caller(Role::Approver, 3), Command::ApprovePlan { plan_id });
    let accepted = execute(&application, &approver, command).await.unwrap();
    assert_eq!(accepted.events[0].event_type, "PlanApproved");
    assert_eq!(store.appends.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn whoever_is_always_overtaken_is_told_and_changes_nothing() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.submitted_plan().await;
    let (application, _) = meddled(&world, Meddling::CatalogueGrows, u32::MAX);
    let approver = caller(Role::Approver, 3);
    let answer = execute(&application, &approver, Command::ApprovePlan { plan_id }).await;
    assert!(matches!(answer, Err(ExecuteError::Fault(Fault::Contended { attempts: 8 }))));
    assert!(world.application.store().read_stream(&plan_id.stream()).await.unwrap().is_empty());
    // Its number was not used up either.
    let command = Command::ApprovePlan { plan_id };
    let accepted = world.accepted(&approver, command).await;
    assert_eq!(accepted.ocid.unwrap().as_str(), "ocds-000000-009000999-2018-1");
}

#[tokio::test]
async fn a_plan_that_is_being_approved_is_not_sent_back() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.submitted_plan().await;
    let other = Box::new(Return {
        application: world.application.clone(),
        plan_id,
        owner: world.owner().await,
        answer: Mutex::new(None),
    });
    let (application, store) = meddled(&world, Meddling::PlanIsReturned(other), 1);
    let command = Command::ApprovePlan { plan_id };
    execute(&application, &caller(Role::Approver, 3), command).await.unwrap();
    let Meddling::PlanIsReturned(other) = &store.meddling else { unreachable!() };
    let answer = other.answer.lock().await.take().unwrap().await.unwrap();
    assert_eq!(rejection(answer).code, "plan-already-approved");
}

#[tokio::test]
async fn a_call_decided_in_time_and_appended_late_is_refused() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.approved_plan().await;
    let tender_id = world.approved_call(world.tender(plan_id)).await;
    world.at("2018-04-12T09:00:00").await;
    let late = local("2018-04-12T09:00:00.001");
    let (application, store) = meddled(&world, Meddling::ClockMoves(late), 1);
    let command = Command::PublishCall { tender_id };
    let answer = execute(&application, &caller(Role::Contracting, 4), command).await;
    assert_eq!(rejection(answer).code, "receipt-started");
    assert_eq!(store.appends.load(Ordering::SeqCst), 1);
    let events = world.application.store().read_stream(&tender_id.stream()).await.unwrap();
    assert!(events.is_empty());
}

#[tokio::test]
async fn a_proposal_that_waited_behind_the_lock_until_the_deadline_is_late() {
    let play = Play::published().await;
    let take_part = BidAct::RegisterParticipant { declares_no_conflict: true };
    play.try_bid(0, take_part).await.unwrap();
    play.world.at("2018-04-13T17:59:59.999").await;
    let deadline = local("2018-04-13T18:00:00.000");
    let (application, store) = meddled(&play.world, Meddling::ClockMoves(deadline), 1);
    let submit = play.bid(0, BidAct::SubmitProposal(play.proposal(0)));
    let answer = execute(&application, &play.company_account(0), submit).await;
    assert_eq!(rejection(answer).code, "submission-period-ended");
    assert_eq!(store.appends.load(Ordering::SeqCst), 1, "it was decided in time");
    let sealed = play.world.application.store().read(0, 1_000).await.unwrap();
    assert_eq!(sealed.iter().filter(|event| event.is_sealed()).count(), 1, "the participation");
}

#[tokio::test]
async fn receipt_is_closed_with_a_clock_that_never_goes_back_behind_the_deadline() {
    let play = Play::published().await;
    play.world.clock_at("2018-04-13T18:00:00").await;
    let (application, store) = meddled(&play.world, Meddling::CatalogueGrows, 0);
    application.run_timers().await.unwrap();
    assert_eq!(store.ticks.load(Ordering::SeqCst), 1, "receipt is closed");
}

#[tokio::test]
async fn nothing_is_closed_before_its_hour_by_the_logs_own_clock() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    let opened = play.world.application.store().head().await.unwrap().next_position;
    let lie = local("2018-04-15T12:00:00");
    let (application, store) = meddled(&play.world, Meddling::ClockLies(lie), 0);
    assert!(application.run_timers().await.is_err());
    assert!(store.appends.load(Ordering::SeqCst) > 0, "the decision believed the clock");
    assert_eq!(play.world.application.store().head().await.unwrap().next_position, opened);

    let play = Play::published().await;
    let published = play.world.application.store().head().await.unwrap().next_position;
    let lie = local("2018-04-13T18:00:00");
    let (application, store) = meddled(&play.world, Meddling::ClockLies(lie), 0);
    assert!(application.run_timers().await.is_err());
    assert!(store.appends.load(Ordering::SeqCst) > 0, "the decision believed the clock");
    assert_eq!(play.world.application.store().head().await.unwrap().next_position, published);
}

#[tokio::test]
async fn a_timer_that_came_too_early_is_not_forgotten() {
    let play = Play::published().await;
    let lie = Meddling::ClockIsSetBack(local("2018-04-13T18:00:00"));
    let (application, _) = meddled(&play.world, lie, 0);
    application.run_timers().await.unwrap();
    let stream = play.tender_id.stream();
    let events = || play.events(&stream);
    assert!(matches!(events().await[..], [DomainEvent::TenderPublished(_)]));
    play.world.clock_at("2018-04-13T18:00:00").await;
    application.run_timers().await.unwrap();
    assert!(matches!(events().await[..], [_, DomainEvent::ReceiptClosed(_)]));
}

#[tokio::test]
async fn a_timer_that_fails_keeps_no_other_from_running_and_is_tried_again() {
    let play = Play::published().await;
    let other = play.another_tender().await;
    let (first, second) = (play.tender_id.min(other).stream(), play.tender_id.max(other).stream());
    play.world.clock_at("2018-04-13T18:00:00").await;
    let (application, _) = meddled(&play.world, Meddling::StreamFails(first.clone()), 0);
    assert!(application.run_timers().await.is_err());
    assert_eq!(play.events(&first).await.len(), 1);
    assert_eq!(play.events(&second).await.len(), 2, "closed all the same");
    play.world.application.run_timers().await.unwrap();
    assert_eq!(play.events(&first).await.len(), 2);
}

#[tokio::test]
async fn a_ballot_that_waited_behind_the_lock_until_the_deadline_is_late() {
    let play = Play::published().await;
    play.opened_and_drawn().await;
    let (_, evaluator) = play.seats().await.remove(0);
    let tender_id = play.tender_id;
    let commit = ProcedureAct::CommitBallot { commitment: play.commitment(0).await };
    let reveal = ProcedureAct::RevealBallot(Box::new(play.reveal(0).await));
    for (in_time, deadline, act, code) in [
        ("2018-04-14T19:59:59.999", "2018-04-14T20:00:00", commit.clone(), "voting-ended"),
        ("2018-04-15T11:59:59.999", "2018-04-15T12:00:00", reveal, "reveal-ended"),
    ] {
        if code == "reveal-ended" {
            play.world.clock_at("2018-04-15T08:00:00").await;
        } else {
            play.world.clock_at("2018-04-14T10:00:00").await;
            play.done(&evaluator, commit.clone()).await;
        }
        play.world.clock_at(in_time).await;
        let (application, store) = meddled(&play.world, Meddling::ClockMoves(local(deadline)), 1);
        let command = Command::Procedure { tender_id, act };
        let answer = execute(&application, &evaluator, command).await;
        assert_eq!(rejection(answer).code, code);
        assert_eq!(store.appends.load(Ordering::SeqCst), 1, "it was decided in time");
    }
}

#[tokio::test]
async fn of_two_who_open_or_award_at_once_one_is_told_that_it_is_done() {
    let play = Play::published().await;
    let contracting = caller(Role::Contracting, 4);
    let (application, tender_id) = (&play.world.application, play.tender_id);
    let overtaken = async |act: ProcedureAct| {
        let command = Command::Procedure { tender_id, act };
        let other = Other {
            application: application.clone(),
            caller: contracting.clone(),
            command: command.clone(),
        };
        let (second, _) = meddled(&play.world, Meddling::AnotherActs(Box::new(other)), 1);
        rejection(execute(&second, &contracting, command).await).code
    };
    play.all_propose().await;
    play.world.at("2018-04-13T18:30:00").await;
    assert_eq!(overtaken(ProcedureAct::OpenTechnical).await, "already-opened");
    assert_eq!(play.masks().await.len(), 3, "opened once");
    play.drawn_and_scored().await;
    play.evaluated().await;
    let reasons = || REASONS.to_owned();
    play.done(&contracting, ProcedureAct::IssueRuling { reasons: reasons() }).await;
    play.world.at("2018-04-15T13:00:00").await;
    let award = ProcedureAct::IssueAward { reasons: reasons() };
    assert_eq!(overtaken(award).await, "already-awarded");
    let events = play.events(&tender_id.stream()).await;
    let awards = events.iter().filter(|it| matches!(it, DomainEvent::AwardIssued(_))).count();
    assert_eq!(awards, 1);
}

#[tokio::test]
async fn of_two_proposals_of_a_company_at_once_one_is_taken() {
    let play = Play::published().await;
    let caller = play.company_account(0);
    for (act, code) in [
        (
            BidAct::RegisterParticipant { declares_no_conflict: true },
            "participant-already-registered",
        ),
        (BidAct::SubmitProposal(play.proposal(0)), "proposal-already-submitted"),
        (BidAct::WithdrawProposal, "proposal-unknown"),
    ] {
        let command = play.bid(0, act);
        let other = Other {
            application: play.world.application.clone(),
            caller: caller.clone(),
            command: command.clone(),
        };
        let (second, _) = meddled(&play.world, Meddling::AnotherActs(Box::new(other)), 1);
        assert_eq!(rejection(execute(&second, &caller, command).await).code, code);
    }
}

#[tokio::test]
async fn two_companies_that_register_at_once_both_take_part() {
    let play = Play::published().await;
    let command =
        |index| play.bid(index, BidAct::RegisterParticipant { declares_no_conflict: true });
    let other = Other {
        application: play.world.application.clone(),
        caller: play.company_account(1),
        command: command(1),
    };
    let (second, store) = meddled(&play.world, Meddling::AnotherActs(Box::new(other)), 1);
    execute(&second, &play.company_account(0), command(0)).await.unwrap();
    assert_eq!(store.appends.load(Ordering::SeqCst), 2, "the number was taken, the next is free");
}

#[tokio::test]
async fn an_evaluator_accredited_just_before_the_announcement_is_announced() {
    let play = Play::published().await;
    let contracting = caller(Role::Contracting, 4);
    play.world.at("2018-04-13T19:00:00").await;
    let other = Other {
        application: play.world.application.clone(),
        caller: caller(Role::Oic, 5),
        command: play.waiting(70, "EV-NUEVA").await,
    };
    let (application, store) = meddled(&play.world, Meddling::AnotherActs(Box::new(other)), 1);
    let act = ProcedureAct::ScheduleDraw { seats: 5, alternates: 8 };
    let schedule = Command::Procedure { tender_id: play.tender_id, act };
    execute(&application, &contracting, schedule).await.unwrap();
    assert_eq!(store.appends.load(Ordering::SeqCst), 2, "it was decided anew");
    play.done(&contracting, ProcedureAct::DrawPanel).await;
    let events = play.events(&play.tender_id.evaluation_stream()).await;
    let Some(DomainEvent::PanelDrawn(drawn)) = events.last() else { panic!("{events:?}") };
    assert_eq!(drawn.panel.len() + drawn.alternates.len(), 13);
}

fn meddled(
    world: &World,
    meddling: Meddling,
    times: u32,
) -> (Application<MeddledStore>, Arc<MeddledStore>) {
    let store = Arc::new(MeddledStore {
        store: world.application.store().clone(),
        meddling,
        times: AtomicU32::new(times),
        appends: AtomicU32::new(0),
        ticks: AtomicU32::new(0),
    });
    let pool = pool(&world.database.service_url);
    (Application::new(Arc::clone(&store), pool, settings(), parts()), store)
}

async fn execute(
    application: &Application<MeddledStore>,
    caller: &Caller,
    command: Command,
) -> Result<Accepted, ExecuteError> {
    application.execute(caller, Uuid::new_v4(), command).await
}

fn item(stream: &str, version: u64) -> AppendRequest {
    let data = serde_json::json!({
        "scheme": "MX-LOCAL",
        "id": format!("OTHER-{version}"),
        "description": "Otra partida",
        "unit": "Pieza"
    });
    let event = DomainEvent::from_recorded("CatalogItemAdded", 1, &data).unwrap().unwrap();
    let command_id = Uuid::new_v4();
    AppendRequest {
        command_id,
        body: command_id.as_bytes().to_vec(),
        correlation: command_id,
        writes: vec![StreamWrite {
            stream: stream.to_owned(),
            expected: version,
            events: vec![NewEvent {
                event_type: event.event_type().to_owned(),
                schema: event.schema_version(),
                actor: Some(merkle::Actor {
                    kind: "official".to_owned(),
                    r#ref: Uuid::nil().to_string(),
                    role: "catalog_admin".to_owned(),
                }),
                causation: None,
                rule_set: None,
                data: data.as_object().unwrap().clone(),
                withheld: Vec::new(),
            }],
            seal: None,
        }],
        unchanged: Vec::new(),
        not_before: None,
        not_after: None,
        take: Vec::new(),
        release: Vec::new(),
    }
}
