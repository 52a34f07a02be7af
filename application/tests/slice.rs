//! The whole slice through the one door, on a real Postgres: what is accepted, and what is refused.

mod support;

use application::{Command, drafts, publisher, releases};
use domain::input::QuoteInput;
use domain::review::DraftStatus;
use domain::{CompanyId, PlanId, Role, TenderId};
use eventstore::EventStore as _;
use support::{World, caller, local};
use uuid::Uuid;

#[tokio::test]
async fn the_case_is_played_from_registers_to_a_published_call() {
    let world = World::create().await;
    world.registers().await;
    let approver = caller(Role::Approver, 3);
    for index in 0..3 {
        let company = Command::RegisterCompany(Box::new(world.company(index)));
        let registered = world.accepted(&caller(Role::Citizen, 20 + index as u128), company).await;
        let company_id: CompanyId = registered.subject.parse().unwrap();
        assert_eq!(registered.events[0].event_type, "CompanyRegistered");
        world.accepted(&approver, Command::ApproveCompany { company_id }).await;
    }
    world.at("2018-03-26T10:00:00").await;
    let plan_id = world.submitted_plan().await;
    world.at("2018-03-29T12:00:00").await;
    let decided = world.accepted(&approver, Command::ApprovePlan { plan_id }).await;
    let ocid = decided.ocid.unwrap();
    assert_eq!(ocid.as_str(), "ocds-000000-009000999-2018-1");
    world.at("2018-04-02T09:00:00").await;
    let tender_id = world.approved_call(world.tender(plan_id)).await;
    world.at("2018-04-12T09:00:00").await;
    let publish = Command::PublishCall { tender_id };
    let published = world.accepted(&caller(Role::Contracting, 4), publish).await;
    assert_eq!(published.ocid.as_ref(), Some(&ocid));
    assert_eq!(published.subject, tender_id.to_string());

    let store = world.application.store();
    let events = store.read(0, 100).await.unwrap();
    assert_eq!(published.min_position, events.len() as u64);
    let types: Vec<&str> = events.iter().map(|event| event.content.r#type()).collect();
    assert_eq!(types[..2], ["UnitRegistered", "CatalogItemAdded"]);
    assert_eq!(types[8..], ["PlanApproved", "TenderPublished"]);
    let tender = events[9].open().unwrap();
    assert_eq!(tender.rule_set.as_ref().unwrap().id, "PILOTO-2018");
    assert_eq!(tender.data["registeredAt"], "2018-04-02T14:00:00.000Z");
    assert_eq!(tender.effective_at, local("2018-04-12T09:00:00").as_millis());
    assert_eq!(events[8].open().unwrap().data["marketResearch"]["median"]["centavos"], "185000000");
    let actor = tender.actor.as_ref().unwrap();
    assert_eq!((actor.kind.as_str(), actor.role.as_str()), ("official", "contracting"));
}

#[tokio::test]
async fn a_contact_is_committed_to_and_readable_only_through_the_vault() {
    let world = World::create().await;
    let command = Command::RegisterCompany(Box::new(world.company(0)));
    let registered = world.accepted(&caller(Role::Citizen, 20), command).await;
    let store = world.application.store();
    let event = store.event(registered.events[0].id).await.unwrap().unwrap();
    let entry = String::from_utf8(event.entry.clone()).unwrap();
    assert!(!entry.contains("example.mx") && !entry.contains("Luis"), "{entry}");
    assert!(event.open().unwrap().cm.contains_key("/data/contact"));
    let disclosed = store.disclose(event.id(), "/data/contact").await.unwrap().unwrap();
    assert_eq!(disclosed.value["telefono"], "+525512341063");
}

#[tokio::test]
async fn without_the_role_nothing_happens() {
    let world = World::create().await;
    let unit = Command::RegisterUnit(world.unit());
    let rejection = world.rejected(&caller(Role::Citizen, 1), unit).await;
    assert_eq!(rejection.code, "role-not-allowed");
    assert_eq!(world.application.store().head().await.unwrap().next_position, 0);
}

#[tokio::test]
async fn nobody_decides_on_what_they_wrote() {
    let world = World::create().await;
    world.registers().await;
    let both = application::Caller {
        account: caller(Role::Approver, 2).account,
        roles: vec![Role::Requesting, Role::Contracting, Role::Approver, Role::Citizen],
    };
    let company = Command::RegisterCompany(Box::new(world.company(0)));
    let company_id = world.accepted(&both, company).await.subject.parse().unwrap();
    let rejection = world.rejected(&both, Command::ApproveCompany { company_id }).await;
    assert_eq!(rejection.code, "approver-is-author");

    let plan_id = world.submitted_plan().await;
    let rejection = world.rejected(&both, Command::ApprovePlan { plan_id }).await;
    assert_eq!(rejection.code, "approver-is-author");
    world.accepted(&caller(Role::Approver, 3), Command::ApprovePlan { plan_id }).await;

    let save =
        Command::SaveTenderDraft { tender_id: None, tender: Box::new(world.tender(plan_id)) };
    let tender_id: TenderId = world.accepted(&both, save).await.subject.parse().unwrap();
    world.accepted(&both, Command::SubmitCall { tender_id }).await;
    let rejection = world.rejected(&both, Command::ApproveCall { tender_id }).await;
    assert_eq!(rejection.code, "approver-is-author");
}

#[tokio::test]
async fn a_rejected_company_gives_its_rfc_back() {
    let world = World::create().await;
    let approver = caller(Role::Approver, 3);
    let register = || Command::RegisterCompany(Box::new(world.company(0)));
    let first = world.accepted(&caller(Role::Citizen, 20), register()).await;
    let taken = world.rejected(&caller(Role::Citizen, 21), register()).await;
    assert_eq!((taken.code, taken.field.as_deref()), ("rfc-taken", Some("rfc")));
    let company_id: CompanyId = first.subject.parse().unwrap();
    let reject = Command::RejectCompany { company_id, reason: "Falta el acta".to_owned() };
    world.accepted(&approver, reject).await;
    let second = world.accepted(&caller(Role::Citizen, 21), register()).await;
    assert_ne!(second.subject, first.subject);
    let decided = world.rejected(&approver, Command::ApproveCompany { company_id }).await;
    assert_eq!(decided.code, "company-already-rejected");
    let unknown = CompanyId(Uuid::from_u128(5));
    let unknown = world.rejected(&approver, Command::ApproveCompany { company_id: unknown }).await;
    assert_eq!(unknown.code, "company-unknown");
}

#[tokio::test]
async fn a_draft_is_returned_changed_and_approved() {
    let world = World::create().await;
    world.registers().await;
    let (author, approver) = (caller(Role::Requesting, 2), caller(Role::Approver, 3));
    let plan_id = world.submitted_plan().await;
    let save = |plan| Command::SavePlanDraft { plan_id: Some(plan_id), plan: Box::new(plan) };
    let locked = world.rejected(&author, save(world.plan())).await;
    assert_eq!(locked.code, "draft-not-editable");
    let reason = "Falta justificar la necesidad".to_owned();
    world.accepted(&approver, Command::ReturnPlan { plan_id, reason: reason.clone() }).await;
    let pool = world.application.pool();
    let draft = drafts::find(pool, drafts::DraftKind::Plan, plan_id.0).await.unwrap().unwrap();
    assert_eq!((draft.status, draft.reason), (DraftStatus::Returned, Some(reason)));
    let mut changed = world.plan();
    changed.need = "Mejora continua, justificada".to_owned();
    world.accepted(&author, save(changed)).await;
    let other = caller(Role::Requesting, 9);
    let stranger = world.rejected(&other, Command::SubmitPlan { plan_id }).await;
    assert_eq!(stranger.code, "not-the-author");
    world.accepted(&author, Command::SubmitPlan { plan_id }).await;
    let accepted = world.accepted(&approver, Command::ApprovePlan { plan_id }).await;
    let events = world.application.store().read(accepted.events[0].position, 1).await.unwrap();
    assert_eq!(events[0].open().unwrap().data["need"], "Mejora continua, justificada");
    let draft = drafts::find(pool, drafts::DraftKind::Plan, plan_id.0).await.unwrap().unwrap();
    assert_eq!((draft.status, draft.approver), (DraftStatus::Approved, Some(approver.account)));
    let again = Command::ReturnPlan { plan_id, reason: "tarde".to_owned() };
    assert_eq!(world.rejected(&approver, again).await.code, "plan-already-approved");
}

#[tokio::test]
async fn an_incomplete_draft_is_kept_but_not_submitted() {
    let world = World::create().await;
    world.registers().await;
    let author = caller(Role::Requesting, 2);
    let mut plan = world.plan();
    plan.quotes.truncate(1);
    let save = Command::SavePlanDraft { plan_id: None, plan: Box::new(plan) };
    let plan_id: PlanId = world.accepted(&author, save).await.subject.parse().unwrap();
    let rejection = world.rejected(&author, Command::SubmitPlan { plan_id }).await;
    assert_eq!(rejection.code, "market-research-sources");
    let mut broken = world.plan();
    broken.quotes.push(QuoteInput { source: "\u{202e}".to_owned(), ..broken.quotes[0].clone() });
    let save = Command::SavePlanDraft { plan_id: Some(plan_id), plan: Box::new(broken) };
    let rejection = world.rejected(&author, save).await;
    assert_eq!(rejection.field.as_deref(), Some("quotes[3].source"));
    let unknown = PlanId(Uuid::from_u128(77));
    let rejection = world.rejected(&author, Command::SubmitPlan { plan_id: unknown }).await;
    assert_eq!(rejection.code, "draft-unknown");
}

#[tokio::test]
async fn the_clock_of_the_log_says_when_a_call_may_be_published() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.approved_plan().await;
    let tender_id = world.approved_call(world.tender(plan_id)).await;
    world.at("2018-04-12T09:00:00.001").await;
    let contracting = caller(Role::Contracting, 4);
    let late = world.rejected(&contracting, Command::PublishCall { tender_id }).await;
    assert_eq!(late.code, "receipt-started");
    // There is a way back: the call is returned, changed and approved again.
    let approver = caller(Role::Approver, 3);
    let reason = "Las fechas ya pasaron".to_owned();
    world.accepted(&approver, Command::ReturnCall { tender_id, reason }).await;
    let mut input = world.tender(plan_id);
    input.schedule.receipt_start = local("2018-04-12T10:00:00");
    let save = Command::SaveTenderDraft { tender_id: Some(tender_id), tender: Box::new(input) };
    world.accepted(&contracting, save).await;
    let unapproved = world.rejected(&contracting, Command::PublishCall { tender_id }).await;
    assert_eq!(unapproved.code, "call-not-approved");
    world.accepted(&contracting, Command::SubmitCall { tender_id }).await;
    world.accepted(&approver, Command::ApproveCall { tender_id }).await;
    world.accepted(&contracting, Command::PublishCall { tender_id }).await;
    let twice = world.rejected(&contracting, Command::PublishCall { tender_id }).await;
    assert_eq!(twice.code, "call-already-published");
    let reason = "tarde".to_owned();
    let returned = world.rejected(&approver, Command::ReturnCall { tender_id, reason }).await;
    assert_eq!(returned.code, "call-already-published");
}

#[tokio::test]
async fn a_plan_has_one_tender_and_a_number_one_procedure() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.approved_plan().await;
    let first = world.approved_call(world.tender(plan_id)).await;
    let mut other_number = world.tender(plan_id);
    other_number.procedure_number = "LA-009000999-E2-2018".to_owned();
    let same_plan = world.approved_call(other_number).await;
    let other_plan = world.approved_plan().await;
    let same_number = world.approved_call(world.tender(other_plan)).await;
    let contracting = caller(Role::Contracting, 4);
    world.accepted(&contracting, Command::PublishCall { tender_id: first }).await;
    let publish = Command::PublishCall { tender_id: same_plan };
    assert_eq!(world.rejected(&contracting, publish).await.code, "plan-has-tender");
    let publish = Command::PublishCall { tender_id: same_number };
    assert_eq!(world.rejected(&contracting, publish).await.code, "procedure-number-taken");
}

#[tokio::test]
async fn a_call_of_a_plan_that_is_not_approved_is_not_submitted() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.submitted_plan().await;
    let author = caller(Role::Contracting, 4);
    let save =
        Command::SaveTenderDraft { tender_id: None, tender: Box::new(world.tender(plan_id)) };
    let tender_id = world.accepted(&author, save).await.subject.parse().unwrap();
    let rejection = world.rejected(&author, Command::SubmitCall { tender_id }).await;
    assert_eq!(rejection.code, "plan-not-approved");
}

#[tokio::test]
async fn a_call_that_fits_into_no_entry_is_refused_and_not_a_fault() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.approved_plan().await;
    let mut huge = world.tender(plan_id);
    let requirement = huge.requirements[0].clone();
    huge.requirements = (0..400)
        .map(|n| domain::input::RequirementInput {
            id: format!("R{n}"),
            title: "ñ".repeat(200),
            ..requirement.clone()
        })
        .collect();
    let tender_id = world.approved_call(huge).await;
    let publish = Command::PublishCall { tender_id };
    let rejection = world.rejected(&caller(Role::Contracting, 4), publish).await;
    assert_eq!(rejection.code, "content-too-large");
}

#[tokio::test]
async fn the_clock_only_moves_forward() {
    let world = World::create().await;
    world.at("2018-04-12T09:00:00").await;
    let back = world.application.advance_clock(local("2018-04-12T08:59:59")).await;
    let rejection = support::rejection(back);
    assert_eq!(rejection.code, "clock-backwards");
    assert!(rejection.details.contains(&("now".to_owned(), "2018-04-12T14:00:00.000Z".to_owned())));
    assert_eq!(world.application.now().await.unwrap(), local("2018-04-12T09:00:00"));
}

#[tokio::test]
async fn drafts_are_listed_in_pages_by_status() {
    let world = World::create().await;
    world.registers().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(world.submitted_plan().await.0);
    }
    ids.sort();
    let pool = world.application.pool();
    let status = Some(DraftStatus::InReview);
    let plan = drafts::DraftKind::Plan;
    let page = drafts::list(pool, plan, status, None, 2).await.unwrap();
    assert_eq!(page.iter().map(|draft| draft.id).collect::<Vec<_>>(), ids[..2]);
    let rest = drafts::list(pool, plan, status, Some(ids[1]), 2).await.unwrap();
    assert_eq!(rest.iter().map(|draft| draft.id).collect::<Vec<_>>(), ids[2..]);
    let approved = drafts::list(pool, plan, Some(DraftStatus::Approved), None, 2).await.unwrap();
    assert!(approved.is_empty());
}

#[tokio::test]
async fn each_release_has_bytes_and_an_event_of_its_own() {
    let world = World::create().await;
    world.registers().await;
    let plan_id = world.approved_plan().await;
    let tender_id = world.approved_call(world.tender(plan_id)).await;
    let publish = Command::PublishCall { tender_id };
    let accepted = world.accepted(&caller(Role::Contracting, 4), publish).await;
    let (store, pool) = (world.application.store(), world.application.pool());
    publisher::publish_pending(store, pool).await.unwrap();
    let ocid = accepted.ocid.unwrap();
    let releases = releases::of_process(pool, ocid.as_str(), 0, 10).await.unwrap();
    assert_eq!(releases.len(), 2);
    let (plan, tender) = (&releases[0], &releases[1]);
    assert!(plan.date < tender.date, "dates increase even within one instant");
    assert_eq!(tender.release_id, format!("{ocid}-{}", accepted.events[0].position));
    let (event_id, event) =
        releases::publication(store, &ocid, &tender.release_id).await.unwrap().unwrap();
    assert_eq!(event.sha256, tender.sha256_hex());
    let recorded = store.event(event_id).await.unwrap().unwrap();
    assert_eq!(recorded.open().unwrap().causation, Some(accepted.events[0].id));
    assert_eq!(recorded.open().unwrap().actor.as_ref().unwrap().kind, "system");
    assert_eq!(publisher::check(store, pool).await.unwrap(), 2);
}
