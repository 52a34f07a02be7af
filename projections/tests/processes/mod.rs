//! Processes as they are read back, what they made public, and the change from the first shape to the second.

use std::time::Duration;

use eventstore::EventStore as _;
use projections::procedure::ProcedureStatus;
use projections::{EvaluatorStatus, NAME, ProjectionError, Reader, View, rebuild};

use crate::runner;
use crate::support::case::document;
use crate::support::{ORIGIN, World, ocid};

async fn view(world: &World) -> View {
    let position = runner(world, 100).catch_up().await.unwrap();
    Reader::new(world.store.pool().clone()).view(position, Duration::ZERO).await.unwrap()
}

/// What a release before this shape left behind.
async fn serve_the_first_shape(world: &World) {
    let create = "SELECT projections.create_read_models_v1($1)";
    world.owner.execute(create, &[&ORIGIN]).await.unwrap();
    let serve = "UPDATE projections.generations SET state = 'serving'";
    world.owner.execute(serve, &[]).await.unwrap();
}

#[tokio::test]
async fn a_process_is_read_back_with_its_acts_in_order() {
    let world = World::new().await;
    world.play(2).await;
    let view = view(&world).await;
    let first = view.procedure(&ocid(1)).await.unwrap().unwrap();
    assert_eq!(first.procedure.status, ProcedureStatus::Completed);
    let second = view.procedure(&ocid(2)).await.unwrap().unwrap();
    assert_eq!(second.procedure.status, ProcedureStatus::Opened);
    assert_eq!(second.procedure.published.unwrap().effective_at_ms, crate::support::START);
    assert_eq!(view.procedure(&ocid(3)).await.unwrap(), None);
    let acts = view.acts(&ocid(2), None, 100).await.unwrap();
    let types: Vec<_> = acts.iter().map(|act| act.event_type.as_str()).collect();
    let expected = [
        "PlanApproved",
        "ReleasePublished",
        "TenderPublished",
        "ReleasePublished",
        "ReceiptClosed",
        "ProposalOpened",
        "ProposalOpened",
        "ProposalsOpened",
    ];
    assert_eq!(types, expected);
    assert_eq!(acts[7].position, second.position);
    assert_eq!(acts[7].data["opened"], 2);
    assert_eq!(acts[7].actor.as_ref().unwrap().role, "system");
    let rest = view.acts(&ocid(2), Some(acts[5].position), 1).await.unwrap();
    assert_eq!(rest, acts[6..7]);
}

#[tokio::test]
async fn nothing_sealed_is_an_act_of_any_process() {
    let world = World::new().await;
    world.play(2).await;
    runner(&world, 100).catch_up().await.unwrap();
    let events = world.store.read(0, 1_000).await.unwrap();
    let sealed: Vec<_> =
        events.iter().filter(|it| it.is_sealed()).map(|it| it.position.cast_signed()).collect();
    assert_eq!(sealed.len(), 18);
    let found = "SELECT count(*) FROM read_1.acts WHERE position = ANY($1)";
    let found: i64 = world.owner.query_one(found, &[&sealed]).await.unwrap().get(0);
    assert_eq!(found, 0);
}

#[tokio::test]
async fn each_opening_discloses_what_it_opens_and_nothing_more() {
    let world = World::new().await;
    world.play(0).await;
    let mut case = world.case(1);
    case.seal_proposals().await;
    case.close_receipt().await;
    let positions = |case: &crate::support::case::Case<'_, _>| {
        let sealed = case.sealed.clone();
        [sealed.participations, sealed.proposals, sealed.sheets, vec![sealed.receipt_closed]]
            .concat()
    };
    let sealed = view(&world).await;
    for position in positions(&case) {
        assert!(sealed.disclosed(position).await.unwrap().is_empty());
    }
    case.open_technical().await;
    case.seal_sheets().await;
    let opened = view(&world).await;
    let mut disclosed = Vec::new();
    for position in positions(&case) {
        disclosed.push(opened.disclosed(position).await.unwrap().join(" "));
    }
    // Companies; A's first and second, B's, C's and its withdrawal; sheets; the end of receipt.
    let technical = " /data/technical";
    assert_eq!(disclosed[..3], ["", "", ""]);
    assert_eq!(opened.disclosed(case.sealed.participations[0]).await.unwrap().len(), 0);
    assert_eq!(disclosed[3..8], ["", technical, technical, "", ""]);
    assert_eq!(opened.disclosed(case.sealed.proposals[0]).await.unwrap(), [""]);
    assert_eq!(opened.disclosed(case.sealed.proposals[4]).await.unwrap(), [""]);
    assert_eq!(opened.disclosed(case.sealed.sheets[0]).await.unwrap().len(), 0);
    assert_eq!(disclosed[10], "/data/positions");
    case.open_economic().await;
    let named = view(&world).await;
    let all = ["", "/actor", "/data/company", "/data/economic", "/data/technical"];
    assert_eq!(named.disclosed(case.sealed.proposals[1]).await.unwrap(), all);
    assert_eq!(named.disclosed(case.sealed.proposals[3]).await.unwrap(), [""]);
    assert_eq!(named.disclosed(case.sealed.participations[0]).await.unwrap(), [""]);
    // C took its proposal back: that it took part at all stays sealed.
    assert_eq!(named.disclosed(case.sealed.participations[2]).await.unwrap().len(), 0);
    assert_eq!(named.disclosed(case.sealed.sheets[1]).await.unwrap(), [""]);
}

#[tokio::test]
async fn a_document_is_public_from_the_event_that_opens_it() {
    let world = World::new().await;
    world.play(0).await;
    let mut case = world.case(1);
    case.seal_proposals().await;
    case.close_receipt().await;
    let technical = document("técnica 0 propuesta corregida");
    let economic = document("económica 0");
    let sealed = view(&world).await;
    assert_eq!(sealed.document(&technical.sha256).await.unwrap(), None);
    case.open_technical().await;
    let opened = view(&world).await;
    let row = opened.document(&technical.sha256).await.unwrap().unwrap();
    assert_eq!((row.name, row.bytes), (technical.name, u64::from(technical.bytes)));
    assert_eq!(opened.document(&economic.sha256).await.unwrap(), None);
    // What was replaced or taken back is opened by nobody.
    for text in ["técnica 0 propuesta", "técnica 2 propuesta"] {
        assert_eq!(opened.document(&document(text).sha256).await.unwrap(), None, "{text}");
    }
    case.seal_sheets().await;
    case.open_economic().await;
    case.draw().await;
    case.vote().await;
    case.sign().await;
    case.perform("D1").await;
    let view = view(&world).await;
    for text in ["económica 0", "justificación 1", "D1 primera", "D1 segunda"] {
        assert!(view.document(&document(text).sha256).await.unwrap().is_some(), "{text}");
    }
}

#[tokio::test]
async fn evaluators_are_listed_by_what_they_are_known_by() {
    let world = World::new().await;
    world.play(1).await;
    let view = view(&world).await;
    let all = view.evaluators(None, 10).await.unwrap();
    let shown: Vec<_> = all.iter().map(|it| (it.pseudonym.as_str(), it.status)).collect();
    let accredited = EvaluatorStatus::Accredited;
    let expected = [
        ("EV-001", accredited),
        ("EV-002", accredited),
        ("EV-003", accredited),
        ("EV-004", EvaluatorStatus::Applied),
    ];
    assert_eq!(shown, expected);
    assert_eq!(view.evaluators(Some(all[2].position), 10).await.unwrap(), all[3..]);
}

#[tokio::test]
async fn a_runner_that_finds_the_first_shape_builds_the_second_beside_it_and_switches() {
    let world = World::new().await;
    world.play(2).await;
    runner(&world, 7).catch_up().await.unwrap();
    let expected = world.rows().await;
    world.forget().await;
    serve_the_first_shape(&world).await;
    let reader = Reader::new(world.store.pool().clone());
    let older = reader.view(0, Duration::ZERO).await.unwrap();
    assert_eq!(older.serving().name, "read_models_v1");
    assert_eq!(older.units(None, 10).await.unwrap().len(), 0);
    let missing = older.procedure(&ocid(1)).await;
    assert!(matches!(missing, Err(ProjectionError::OlderShape { .. })), "{missing:?}");
    runner(&world, 7).catch_up().await.unwrap();
    let serving = reader.serving().await.unwrap();
    assert_eq!((serving.generation, serving.name.as_str()), (2, NAME));
    assert_eq!(world.rows().await, expected);
    // Whoever is still reading the old generation may finish.
    assert_eq!(older.units(None, 10).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_rebuild_of_the_first_shape_has_nothing_to_compare() {
    let world = World::new().await;
    world.play(1).await;
    serve_the_first_shape(&world).await;
    let report = rebuild(&*world.store, world.store.pool(), 7).await.unwrap();
    assert_eq!((report.generation, report.rows_compared.len()), (2, 0));
    let served = Reader::new(world.store.pool().clone()).serving().await.unwrap();
    assert_eq!(served.name, NAME);
    let report = rebuild(&*world.store, world.store.pool(), 1_000).await.unwrap();
    assert_eq!(report.rows_compared.len(), projections::TABLES.len());
    let acts = report.rows_compared.iter().find(|(table, _)| *table == "acts").unwrap();
    assert!(acts.1 > 50, "{acts:?}");
}
