//! Commands that are repeated, raced or cut off, on a real Postgres.

mod support;

use std::sync::Arc;

use application::{
    Command, ExecuteError, Fault, domain_event, drafts, publisher, releases, said_by,
};
use domain::review::DraftStatus;
use domain::{CompanyId, DomainEvent, Ocid, Role};
use eventstore::{AppendRequest, EventStore as _, NewEvent, Recorded, StreamWrite};
use support::{World, caller, rejection};
use uuid::Uuid;

#[tokio::test]
async fn a_repeated_command_gets_its_first_answer() {
    let world = World::create().await;
    let (citizen, id) = (caller(Role::Citizen, 20), Uuid::new_v4());
    let register = || Command::RegisterCompany(Box::new(world.company(0)));
    let application = &world.application;
    let first = application.execute(&citizen, id, register()).await.unwrap();
    let company_id: CompanyId = first.subject.parse().unwrap();
    let (approver, second_id) = (caller(Role::Approver, 3), Uuid::new_v4());
    let approve = || Command::ApproveCompany { company_id };
    let second = application.execute(&approver, second_id, approve()).await.unwrap();
    // By now both would be refused for what they themselves did.
    assert_eq!(application.execute(&citizen, id, register()).await.unwrap(), first);
    assert_eq!(application.execute(&approver, second_id, approve()).await.unwrap(), second);
    assert_eq!(application.store().head().await.unwrap().next_position, 2);
}

#[tokio::test]
async fn an_id_used_for_something_else_is_refused() {
    let world = World::create().await;
    world.registers().await;
    let everything = application::Caller {
        account: caller(Role::Citizen, 20).account,
        roles: vec![Role::Citizen, Role::Requesting],
    };
    let (application, id) = (&world.application, Uuid::new_v4());
    let register = |index| Command::RegisterCompany(Box::new(world.company(index)));
    let save = || Command::SavePlanDraft { plan_id: None, plan: Box::new(world.plan()) };
    application.execute(&everything, id, register(0)).await.unwrap();
    let other = application.execute(&everything, id, register(1)).await;
    assert_eq!(rejection(other).code, "command-id-reused");
    let draft = application.execute(&everything, id, save()).await;
    assert_eq!(rejection(draft).code, "command-id-reused");
    let id = Uuid::new_v4();
    application.execute(&everything, id, save()).await.unwrap();
    let event = application.execute(&everything, id, register(1)).await;
    assert_eq!(rejection(event).code, "command-id-reused");
    // Another caller's ids are another caller's.
    application.execute(&caller(Role::Citizen, 21), id, register(1)).await.unwrap();
}

#[tokio::test]
async fn a_repeated_draft_command_moves_nothing_twice() {
    let world = World::create().await;
    world.registers().await;
    let (application, author) = (&world.application, caller(Role::Requesting, 2));
    let id = Uuid::new_v4();
    let save = || Command::SavePlanDraft { plan_id: None, plan: Box::new(world.plan()) };
    let first = application.execute(&author, id, save()).await.unwrap();
    assert!(first.events.is_empty());
    let plan_id = first.subject.parse().unwrap();
    let submission = Uuid::new_v4();
    let submit = || Command::SubmitPlan { plan_id };
    let submitted = application.execute(&author, submission, submit()).await.unwrap();
    let approver = caller(Role::Approver, 3);
    world.accepted(&approver, Command::ApprovePlan { plan_id }).await;
    assert_eq!(application.execute(&author, id, save()).await.unwrap(), first);
    assert_eq!(application.execute(&author, submission, submit()).await.unwrap(), submitted);
    let kind = drafts::DraftKind::Plan;
    let all = drafts::list(application.pool(), kind, None, None, 10).await.unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].version, 3, "saved, submitted, approved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_registrations_of_one_rfc_exactly_one_wins() {
    let world = Arc::new(World::create().await);
    let tasks: Vec<_> = (0..24_u128)
        .map(|n| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let command = Command::RegisterCompany(Box::new(world.company(0)));
                world.run(&caller(Role::Citizen, 100 + n), command).await
            })
        })
        .collect();
    let mut accepted = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => accepted += 1,
            Err(ExecuteError::Rejected(rejection)) => assert_eq!(rejection.code, "rfc-taken"),
            Err(ExecuteError::Fault(fault)) => panic!("{fault}"),
        }
    }
    assert_eq!(accepted, 1);
    assert_eq!(world.application.store().head().await.unwrap().next_position, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_command_sent_many_times_at_once_happens_once() {
    let world = Arc::new(World::create().await);
    world.registers().await;
    let plan_id = world.submitted_plan().await;
    let id = Uuid::new_v4();
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let command = Command::ApprovePlan { plan_id };
                world.application.execute(&caller(Role::Approver, 3), id, command).await.unwrap()
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(world.application.store().head().await.unwrap().next_position, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_approved_at_once_get_distinct_ocids_without_gaps() {
    let world = Arc::new(World::create().await);
    world.registers().await;
    let mut plans = Vec::new();
    for _ in 0..5 {
        plans.push(world.submitted_plan().await);
    }
    let tasks: Vec<_> = plans
        .into_iter()
        .map(|plan_id| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                let approve = Command::ApprovePlan { plan_id };
                world.accepted(&caller(Role::Approver, 3), approve).await.ocid.unwrap()
            })
        })
        .collect();
    let mut ocids = Vec::new();
    for task in tasks {
        ocids.push(task.await.unwrap().to_string());
    }
    ocids.sort();
    let expected: Vec<String> =
        (1..=5).map(|n| format!("ocds-000000-009000999-2018-{n}")).collect();
    assert_eq!(ocids, expected);
}

#[tokio::test]
async fn a_counter_that_a_crash_set_back_does_not_repeat_an_ocid() {
    let world = World::create().await;
    world.registers().await;
    world.approved_plan().await;
    world.approved_plan().await;
    // What a crash between the append and the commit of the row leaves.
    world.owner().await.execute("UPDATE app.ocid_counters SET last_n = 1", &[]).await.unwrap();
    let plan_id = world.submitted_plan().await;
    let approve = Command::ApprovePlan { plan_id };
    let accepted = world.accepted(&caller(Role::Approver, 3), approve).await;
    assert_eq!(accepted.ocid.unwrap().as_str(), "ocds-000000-009000999-2018-3");
}

#[tokio::test]
async fn a_row_that_a_crash_left_behind_is_brought_up_to_the_log() {
    let world = World::create().await;
    world.registers().await;
    let (application, approver) = (&world.application, caller(Role::Approver, 3));
    let (plan_id, id) = (world.submitted_plan().await, Uuid::new_v4());
    let approve = || Command::ApprovePlan { plan_id };
    let first = application.execute(&approver, id, approve()).await.unwrap();
    let crash = "UPDATE app.drafts SET status = 'in_review', approver = NULL";
    let owner = world.owner().await;
    for repeated in [true, false] {
        owner.execute(crash, &[]).await.unwrap();
        if repeated {
            assert_eq!(application.execute(&approver, id, approve()).await.unwrap(), first);
        } else {
            let reason = "no".to_owned();
            let late = Command::ReturnPlan { plan_id, reason };
            assert_eq!(world.rejected(&approver, late).await.code, "plan-already-approved");
        }
        let kind = drafts::DraftKind::Plan;
        let draft = drafts::find(application.pool(), kind, plan_id.0).await.unwrap().unwrap();
        assert_eq!(draft.status, DraftStatus::Approved);
        assert_eq!(draft.approver, Some(approver.account));
    }
}

#[tokio::test]
async fn a_publisher_killed_between_bytes_and_append_does_the_same_again() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.approved_plan().await;
    let (store, pool) = (world.application.store(), world.application.pool());
    publisher::publish_pending(store, pool).await.unwrap();
    let published = store.head().await.unwrap().next_position;
    let before = release_rows(&world).await;

    // Bytes and event are there, the position is not.
    let owner = world.owner().await;
    owner.execute("UPDATE app.publisher SET next_position = 0", &[]).await.unwrap();
    publisher::publish_pending(store, pool).await.unwrap();
    assert_eq!(store.head().await.unwrap().next_position, published);
    assert_eq!(release_rows(&world).await, before);

    // The event is there, the bytes were lost with a database that was restored.
    owner.execute("UPDATE app.publisher SET next_position = 0", &[]).await.unwrap();
    owner.execute("DELETE FROM app.releases", &[]).await.unwrap();
    publisher::publish_pending(store, pool).await.unwrap();
    assert_eq!(store.head().await.unwrap().next_position, published);
    assert_eq!(release_rows(&world).await, before);

    // The bytes are there, the event is not: stopped exactly before the append.
    let tender_id = world.approved_call(world.tender(plan_id)).await;
    let publish = Command::PublishCall { tender_id };
    let accepted = world.accepted(&caller(Role::Contracting, 4), publish).await;
    let ocid: Ocid = accepted.ocid.unwrap();
    owner.batch_execute("REVOKE INSERT ON log.events FROM smart_tenders_service").await.unwrap();
    let stopped = publisher::publish_pending(store, pool).await;
    assert!(matches!(stopped, Err(Fault::Append(_))), "{stopped:?}");
    let release_id = format!("{ocid}-{}", accepted.events[0].position);
    let stored = releases::find(pool, &release_id).await.unwrap().unwrap();
    assert!(releases::publication(store, &ocid, &release_id).await.unwrap().is_none());
    owner.batch_execute("GRANT INSERT ON log.events TO smart_tenders_service").await.unwrap();
    publisher::publish_pending(store, pool).await.unwrap();
    assert_eq!(releases::find(pool, &release_id).await.unwrap().unwrap(), stored);
    assert!(releases::publication(store, &ocid, &release_id).await.unwrap().is_some());
    assert_eq!(publisher::check(store, pool).await.unwrap(), 2);
}

#[tokio::test]
async fn a_release_that_older_code_stored_is_published_as_it_is() {
    let world = World::create().await;
    world.registers().await;
    world.approved_plan().await;
    let (store, pool, owner) =
        (world.application.store(), world.application.pool(), world.owner().await);
    owner.batch_execute("REVOKE INSERT ON log.events FROM smart_tenders_service").await.unwrap();
    assert!(publisher::publish_pending(store, pool).await.is_err());
    // It was stopped before the log named what it had stored.
    owner
        .batch_execute(
            "UPDATE app.releases SET mapping = '1';
             GRANT INSERT ON log.events TO smart_tenders_service",
        )
        .await
        .unwrap();
    publisher::publish_pending(store, pool).await.unwrap();
    let last = store.read(3, 1).await.unwrap().remove(0);
    let Ok(Some(DomainEvent::ReleasePublished(event))) = domain_event(&last) else {
        panic!("{last:?}")
    };
    assert_eq!(event.mapping, "1");
    assert_eq!(publisher::check(store, pool).await.unwrap(), 1);

    // Its bytes are lost with a database that was restored: they are made as the log says.
    let before = release_rows(&world).await;
    owner
        .batch_execute("DELETE FROM app.releases; UPDATE app.publisher SET next_position = 0")
        .await
        .unwrap();
    assert_eq!(publisher::publish_pending(store, pool).await.unwrap(), 4);
    assert_eq!(release_rows(&world).await, before);
}

#[tokio::test]
async fn a_release_that_would_differ_is_an_incident() {
    let world = World::create().await;
    world.registers().await;
    world.approved_plan().await;
    let (store, pool) = (world.application.store(), world.application.pool());
    publisher::publish_pending(store, pool).await.unwrap();
    let owner = world.owner().await;
    owner
        .batch_execute(
            "UPDATE app.releases SET bytes = '{}'::bytea, sha256 = sha256('{}'::bytea);
             UPDATE app.publisher SET next_position = 0",
        )
        .await
        .unwrap();
    let answer = publisher::publish_pending(store, pool).await;
    assert!(matches!(answer, Err(Fault::Diverged { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_running_publisher_follows_the_log_and_stops_when_told() {
    let world = World::create().await;
    world.registers().await;
    let application = world.application.clone();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(async move {
        publisher::run(application.store(), application.pool(), async {
            let _ = stopped.await;
        })
        .await
    });
    world.approved_plan().await;
    // Three events and the publication of the plan's release.
    let mut announced = world.application.store().subscribe();
    announced.wait_for(|next| *next == 4).await.unwrap();
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    let events = world.application.store().read(3, 1).await.unwrap();
    assert_eq!(events[0].content.r#type(), "ReleasePublished");
}

#[tokio::test]
async fn what_is_sealed_makes_no_release() {
    let world = World::create().await;
    world.registers().await;
    world.approved_plan().await;
    let (store, pool) = (world.application.store(), world.application.pool());
    publisher::publish_pending(store, pool).await.unwrap();
    let before = release_rows(&world).await;
    let recorded = store.read(2, 1).await.unwrap().remove(0);
    let sealed = store.append(sealed_again(&recorded)).await.unwrap().events.remove(0);
    assert_eq!(publisher::publish_pending(store, pool).await.unwrap(), sealed.position + 1);
    assert_eq!(release_rows(&world).await, before);
    assert_eq!(publisher::check(store, pool).await.unwrap(), 1);
    assert_eq!(domain_event(&sealed).unwrap(), None);
    let inner = store.unseal(&sealed).await.unwrap().unwrap();
    assert_eq!(said_by(&inner).unwrap(), domain_event(&recorded).unwrap());
}

/// The same event once more, sealed.
fn sealed_again(recorded: &Recorded) -> AppendRequest {
    let envelope = recorded.open().expect("what the test repeats is open");
    let event = NewEvent {
        event_type: envelope.r#type.clone(),
        schema: envelope.schema,
        actor: envelope.actor.clone(),
        causation: None,
        rule_set: envelope.rule_set.clone(),
        data: envelope.data.clone(),
        withheld: Vec::new(),
    };
    let seal = Some("plan-sealed".to_owned());
    AppendRequest {
        command_id: Uuid::new_v4(),
        body: Vec::new(),
        correlation: Uuid::new_v4(),
        writes: vec![StreamWrite {
            stream: "plan-sealed".to_owned(),
            expected: 0,
            events: vec![event],
            seal,
        }],
        unchanged: Vec::new(),
        not_before: None,
        not_after: None,
        take: Vec::new(),
        release: Vec::new(),
    }
}

#[tokio::test]
async fn the_service_cannot_change_a_published_release() {
    let world = World::create().await;
    let client = world.application.pool().get().await.unwrap();
    for attack in ["UPDATE app.releases SET mapping = '2'", "DELETE FROM app.releases"] {
        let error = client.execute(attack, &[]).await.unwrap_err();
        let code = error.code().unwrap();
        assert_eq!(*code, tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE, "{attack}");
    }
}

async fn release_rows(world: &World) -> Vec<releases::StoredRelease> {
    let ocid = "ocds-000000-009000999-2018-1";
    releases::of_process(world.application.pool(), ocid, 0, 10).await.expect("the database answers")
}
