//! Commands and what they do, as the roles send and see them.

use domain::Role;
use eventstore::{AppendRequest, EventStore as _, NewEvent, StreamWrite};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{ORIGIN, World};

#[tokio::test(flavor = "multi_thread")]
async fn the_slice_is_played_and_read_back() {
    let world = World::start().await;
    let (ocid, position) = world.play().await;
    assert_eq!(ocid, "ocds-000000-009000999-2018-1");
    let card = world
        .read(
            "",
            &format!(
                "{{ tender(ocid: \"{ocid}\", minPosition: \"{position}\") {{ title budget {{ centavos currency }}
                   unitName description registeredAt publishedAt closesAt phase items {{ description quantity }}
                   requirements {{ id mandatory }} weights {{ technical economic social }}
                   schedule {{ receiptEnd }} call {{ contractingEnd }}
                   event {{ id position type stream }} anchor {{ blockHash }} }}
                   log {{ origin nextPosition businessClock clock }} }}"
            ),
        )
        .await;
    let tender = &card["tender"];
    assert_eq!(tender["title"], "SERVICIOS PARA LA MEJORA CONTINUA DE ACCESIBILIDAD");
    assert_eq!(tender["budget"], json!({"centavos": "200000000", "currency": "MXN"}));
    assert_eq!(tender["registeredAt"], "2018-04-02T14:00:00.000Z");
    assert_eq!(tender["closesAt"], "2018-04-13T23:00:00.000Z");
    assert_eq!(tender["phase"], "announced");
    assert_eq!(tender["event"]["type"], "TenderPublished");
    assert_eq!(tender["anchor"], Value::Null);
    assert_eq!(card["log"]["origin"], ORIGIN);
    assert_eq!(card["log"]["clock"], "simulated");
    world.at("2018-04-12T09:00:00").await;
    let phase = world.read("", &format!("{{ tender(ocid: \"{ocid}\") {{ phase }} }}")).await;
    assert_eq!(phase["tender"]["phase"], "receiving");

    let record = world.record(&ocid, 2).await;
    assert_eq!(record["compiledRelease"]["tender"]["title"], tender["title"]);
    assert_eq!(record["compiledRelease"]["tag"], json!(["compiled"]));
    assert_eq!(record["projection"]["generation"], "1");
    let releases = world
        .read(
            "",
            &format!(
                "{{ releases(ocid: \"{ocid}\", first: 1) {{ pageInfo {{ hasNextPage endCursor }}
                   nodes {{ releaseId sha256 release event {{ type }} }} projection {{ position }} }} }}"
            ),
        )
        .await;
    assert_eq!(releases["releases"]["nodes"][0]["release"]["tag"], json!(["planning"]));
    assert_eq!(releases["releases"]["pageInfo"]["hasNextPage"], true);
    let after = releases["releases"]["pageInfo"]["endCursor"].as_str().unwrap();
    let query = format!(
        "{{ releases(ocid: \"{ocid}\", first: 1, after: \"{after}\") {{ pageInfo {{ hasNextPage }}
           nodes {{ releaseId }} }} }}"
    );
    let second = world.read("", &query).await;
    assert_eq!(second["releases"]["nodes"][0]["releaseId"], record["lastReleaseId"]);
    assert_eq!(second["releases"]["pageInfo"]["hasNextPage"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registers_and_plans_are_listed_page_by_page() {
    let world = World::start().await;
    let (ocid, position) = world.play().await;
    world
        .read("", &format!("{{ units(minPosition: \"{position}\") {{ nodes {{ key }} }} }}"))
        .await;
    let query = format!(
        "{{ units(minPosition: \"{position}\") {{ nodes {{ key name buyer event {{ stream }} }} }}
           catalogueItems(scheme: \"MX-LOCAL\") {{ nodes {{ id parent description unit }} }}
           approved: companies(status: approved, first: 2) {{ edges {{ cursor node {{ legalName rfc size status }} }}
             pageInfo {{ hasNextPage }} }}
           waiting: companies(status: registered) {{ nodes {{ rfc }} }}
           plans {{ nodes {{ ocid need amount {{ centavos }} marketResearch {{ median {{ centavos }} quotes {{ source }} }} }} }}
           plan(ocid: \"{ocid}\") {{ planId budgetLine }}
           tenders {{ nodes {{ ocid }} pageInfo {{ hasPreviousPage hasNextPage }} }} }}"
    );
    let lists = world.read("", &query).await;
    assert_eq!(lists["units"]["nodes"][0]["event"]["stream"], "unit-009000999");
    assert_eq!(lists["catalogueItems"]["nodes"][0]["id"], "33300001-ACC");
    assert_eq!(lists["approved"]["edges"].as_array().unwrap().len(), 2);
    assert_eq!(lists["approved"]["pageInfo"]["hasNextPage"], true);
    assert_eq!(lists["waiting"]["nodes"], json!([]));
    assert_eq!(lists["plans"]["nodes"][0]["marketResearch"]["median"]["centavos"], "185000000");
    assert_eq!(lists["tenders"]["nodes"], json!([{"ocid": ocid}]));
    let after = lists["approved"]["edges"][1]["cursor"].as_str().unwrap();
    let query = format!("{{ companies(after: \"{after}\") {{ nodes {{ rfc }} }} }}");
    let rest = world.read("", &query).await;
    assert_eq!(rest["companies"]["nodes"], json!([{"rfc": world.text("/companies/2/rfc")}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_data_that_names_the_field_and_the_rule() {
    let world = World::start().await;
    let operator = world.official("u-catalogos", &[Role::CatalogAdmin]).await;
    let requesting = world.official("u-requirente", &[Role::Requesting, Role::Approver]).await;
    let refused = |code: &str, field: &str| (code.to_owned(), field.to_owned());
    let unit =
        world.rejected(&operator, "registerUnit", json!({"key": "x", "name": "U", "buyer": "B"}));
    assert_eq!(unit.await, refused("invalid-format", "key"));
    world.accepted(&operator, "registerUnit", world.unit()).await;
    world.accepted(&operator, "addCatalogueItem", world.catalogue_item()).await;
    let mut malformed = world.unit();
    malformed["commandId"] = json!("not-a-uuid");
    let malformed = world.rejected(&operator, "registerUnit", malformed);
    assert_eq!(malformed.await, refused("invalid-format", "commandId"));
    let company = world.rejected(&requesting, "approveCompany", json!({"companyId": "7"}));
    assert_eq!(company.await, refused("invalid-format", "companyId"));
    let mut plan = world.plan();
    plan["items"][0]["quantity"] = json!(-1);
    let negative = world.rejected(&requesting, "savePlanDraft", json!({"plan": plan}));
    assert_eq!(negative.await, refused("out-of-range", "items[0].quantity"));
    let mut plan = world.plan();
    plan["amount"]["centavos"] = json!("1.5");
    let fraction = world.rejected(&requesting, "savePlanDraft", json!({"plan": plan}));
    assert_eq!(fraction.await, refused("invalid-format", "amount.centavos"));
    let saved = world.accepted(&requesting, "savePlanDraft", json!({"plan": world.plan()})).await;
    assert_eq!((&saved["events"], &saved["minPosition"]), (&json!([]), &json!("0")));
    let plan = json!({"planId": saved["subject"]});
    world.accepted(&requesting, "submitPlan", plan.clone()).await;
    let own = world.rejected(&requesting, "approvePlan", plan).await;
    assert_eq!(own.0, "approver-is-author");
    let mut tender = world.tender(&saved["subject"]);
    tender["schedule"]["receiptEnd"] = json!("2018-04-31T00:00:00.000Z");
    let contracting = world.official("u-convocante", &[Role::Contracting]).await;
    let no_day = world.rejected(&contracting, "saveTenderDraft", json!({"tender": tender}));
    assert_eq!(no_day.await, refused("invalid-format", "schedule.receiptEnd"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_command_is_answered_as_the_first_time() {
    let world = World::start().await;
    let operator = world.official("u-catalogos", &[Role::CatalogAdmin]).await;
    let id = Uuid::from_u128(0x4242);
    let first = world.command_as(&operator, "registerUnit", id, world.unit()).await;
    let again = world.command_as(&operator, "registerUnit", id, world.unit()).await;
    assert_eq!(first, again);
    let other = json!({"key": "00900099A", "name": "Otra", "buyer": "Otro"});
    let other = world.command_as(&operator, "registerUnit", id, other).await;
    assert_eq!(other["code"], "command-id-reused");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_shown_as_it_is_recorded() {
    let world = World::start().await;
    let operator = world.official("u-catalogos", &[Role::CatalogAdmin]).await;
    let unit = world.accepted(&operator, "registerUnit", world.unit()).await;
    let id = unit["events"][0]["id"].as_str().unwrap();
    let query = format!(
        "{{ event(id: \"{id}\") {{ id position stream version type schema at effectiveAt clock
           actor {{ kind ref role }} causation correlation ruleSet {{ id }} data withheld leaf entry anchor {{ state }} }}
           proof(eventId: \"{id}\") {{ bundle anchor {{ state }} }}
           none: event(id: \"01620000-0000-7000-8000-000000000001\") {{ id }} }}"
    );
    let shown = world.read("", &query).await;
    assert_eq!(shown["event"]["data"], world.unit());
    assert_eq!(shown["event"]["actor"]["role"], "catalog_admin");
    assert_eq!(shown["event"]["leaf"].as_str().unwrap().len(), 66);
    assert_eq!(shown["proof"], json!({"bundle": null, "anchor": null}));
    assert_eq!(shown["none"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_event_shows_its_place_and_time_only() {
    let world = World::start().await;
    let id = sealed_event(&world).await;
    let query = format!(
        "{{ event(id: \"{id}\") {{ id position stream version type schema at effectiveAt clock
           actor {{ kind }} causation correlation ruleSet {{ id }} data withheld leaf }} }}"
    );
    let shown = &world.read("", &query).await["event"];
    for member in
        ["stream", "version", "effectiveAt", "actor", "causation", "correlation", "ruleSet", "data"]
    {
        assert_eq!(shown[member], Value::Null, "{member}");
    }
    assert_eq!((&shown["type"], &shown["schema"]), (&json!("Sealed"), &json!(1)));
    assert_eq!((&shown["id"], &shown["withheld"]), (&json!(id), &json!([""])));
    assert_eq!((&shown["position"], &shown["clock"]), (&json!("0"), &json!("simulated")));
    assert!(shown["at"].is_string() && shown["leaf"].is_string());
}

/// Records something sealed; returns its id.
async fn sealed_event(world: &World) -> String {
    let data = world.unit();
    let event = NewEvent {
        event_type: "UnitRegistered".into(),
        schema: 1,
        actor: Some(merkle::Actor { kind: "system".into(), r#ref: "a".into(), role: "b".into() }),
        causation: None,
        rule_set: None,
        data: data.as_object().unwrap().clone(),
        withheld: vec![],
    };
    let (stream, seal) = ("sealed-1".into(), Some("sealed-1".into()));
    let request = AppendRequest {
        command_id: Uuid::new_v4(),
        body: vec![],
        correlation: Uuid::new_v4(),
        writes: vec![StreamWrite { stream, expected: 0, events: vec![event], seal }],
        unchanged: vec![],
        not_before: None,
        not_after: None,
        take: vec![],
        release: vec![],
    };
    world.store.append(request).await.unwrap().events[0].id().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_waits_for_its_position_but_not_for_ever() {
    let world = World::configured(|config| {
        config.wait_max = std::time::Duration::from_millis(100);
    })
    .await;
    while world.get("/readyz").await.status != 200 {
        tokio::task::yield_now().await;
    }
    let code = world.error("", "{ units(minPosition: \"99\") { nodes { key } } }").await;
    assert_eq!(code, "not-yet-projected");
    assert_eq!(
        world.error("", "{ units(minPosition: \"-1\") { nodes { key } } }").await,
        "invalid-format"
    );
}
