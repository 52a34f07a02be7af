//! OCDS, proofs, health and documentation over plain HTTP.

use domain::Role;
use graphql::{admin_router, install_metrics};
use merkle::hash::{sha256, to_hex};
use serde_json::{Value, json};

use crate::support::{World, metrics};

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_served_whole_and_not_twice() {
    let world = World::start().await;
    let (ocid, _) = world.play().await;
    let shown = world.record(&ocid, 2).await;
    let path = format!("/ocds/records/{ocid}");
    let answer = world.get(&path).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let package = answer.json();
    assert_eq!(package["version"], "1.1");
    assert_eq!(package["uri"], format!("{}{path}", world.url));
    assert_eq!(package["publishedDate"], shown["lastReleaseDate"]);
    let record = &package["records"][0];
    assert_eq!(record["compiledRelease"], shown["compiledRelease"]);
    assert_eq!(record["releases"].as_array().unwrap().len(), 2);
    assert_eq!(record["versionedRelease"], Value::Null);
    assert_eq!(answer.header("last-modified"), "Thu, 12 Apr 2018 13:55:00 GMT");
    for condition in [
        ("if-none-match", answer.header("etag")),
        ("if-none-match", "*"),
        ("if-modified-since", "Thu, 12 Apr 2018 13:55:00 GMT"),
    ] {
        let again = world.send("GET", &path, &[condition], b"").await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{condition:?}");
        assert_eq!(again.header("etag"), answer.header("etag"));
    }
    let older = ("if-modified-since", "Thu, 12 Apr 2018 13:54:59 GMT");
    assert_eq!(world.send("GET", &path, &[older], b"").await.status, 200);
    let versioned = world.get(&format!("{path}?versioned=true")).await.json();
    assert_eq!(versioned["records"][0]["versionedRelease"]["ocid"], ocid);
    for (path, status, slug) in [
        ("/ocds/records/ocds-000000-009000999-2018-9", 404, "not-found"),
        ("/ocds/records/x", 400, "malformed-request"),
        ("/ocds/records/%00", 400, "malformed-request"),
        ("/ocds/records/%FF", 400, "malformed-request"),
        ("/ocds/records/ocds-000000-009000999-2018-1?versioned=7", 400, "malformed-request"),
        ("/ocds/records/", 404, "not-found"),
    ] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, slug), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_too_many_releases_links_them() {
    let world = World::start().await;
    let (ocid, _) = world.play().await;
    let shown = world.record(&ocid, 2).await;
    let (owner, connection) =
        tokio_postgres::connect(&world.database.owner_url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    // As if there were more; those that are there are linked.
    owner.execute("UPDATE read_1.records SET release_count = 2001", &[]).await.unwrap();
    let package = world.get(&format!("/ocds/records/{ocid}")).await.json();
    let record = &package["records"][0];
    assert_eq!(record["compiledRelease"], shown["compiledRelease"]);
    assert_eq!(record["releases"].as_array().unwrap().len(), 2);
    let last = &record["releases"][1];
    assert_eq!(last["date"], shown["lastReleaseDate"]);
    let url = last["url"].as_str().unwrap().strip_prefix(&world.url).unwrap();
    let (path, id) = url.split_once('#').unwrap();
    assert_eq!(shown["lastReleaseId"], id);
    assert_eq!(world.get(path).await.json()["id"], id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_is_served_as_the_bytes_that_are_on_the_log() {
    let world = World::start().await;
    let (ocid, _) = world.play().await;
    let shown = world.record(&ocid, 2).await;
    let id = shown["lastReleaseId"].as_str().unwrap();
    let answer = world.get(&format!("/ocds/releases/{id}")).await;
    let query = format!("{{ releases(ocid: \"{ocid}\") {{ nodes {{ releaseId sha256 }} }} }}");
    let recorded = world.read("", &query).await["releases"]["nodes"][1].clone();
    let sha256 = recorded["sha256"].as_str().unwrap().strip_prefix("0x").unwrap();
    assert_eq!(answer.header("etag"), format!("\"{sha256}\""));
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(ocds::canonical::to_canonical(&answer.json()), answer.text());
    let known = ("if-none-match", answer.header("etag"));
    assert_eq!(world.send("GET", &format!("/ocds/releases/{id}"), &[known], b"").await.status, 304);
    let none = world.get("/ocds/releases/ocds-000000-009000999-2018-1-9999").await;
    assert_eq!((none.status, none.problem().as_str()), (404, "not-found"));
    for path in [&*format!("/proofs/{id}"), "/log/checkpoint", "/log/tile/0/000"] {
        let answer = world.get(path).await;
        let expected =
            if path.starts_with("/proofs") { (409, "not-yet-batched") } else { (404, "not-found") };
        assert_eq!((answer.status, answer.problem().as_str()), expected, "{path}");
    }
    assert_eq!(world.get(&format!("/proofs/{id}")).await.header("retry-after"), "5");
    for id in ["x", "01620000-0000-7000-8000-000000000001", "ocds-000000-009000999-2018-1-9999"] {
        assert_eq!(world.get(&format!("/proofs/{id}")).await.status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_extensions_are_served_where_packages_name_them() {
    let world = World::start().await;
    let version = ocds::extensions::VERSION;
    for file in ocds::extensions::FILES {
        let answer = world.get(&format!("/ocds/extensions/{version}/{}", file.path)).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, file.text), "{}", file.path);
    }
    assert_eq!(world.get("/ocds/extensions/v1.2.0/../../x").await.status, 404);
}

/// Records an event and waits until the read models show it.
async fn follow_one_event(world: &World) {
    let operator = world.official("u-catalogos", &[Role::CatalogAdmin]).await;
    let unit = world.accepted(&operator, "registerUnit", world.unit()).await;
    let position = &unit["minPosition"];
    world.read("", &format!("{{ units(minPosition: {position}) {{ nodes {{ key }} }} }}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_system_says_whether_it_is_ready() {
    let world = World::start().await;
    assert_eq!(world.get("/healthz").await.text(), "ok\n");
    follow_one_event(&world).await;
    let answer = world.get("/readyz").await;
    assert_eq!((answer.status, &answer.json()["ready"]), (200, &json!(true)));
    assert_eq!(answer.json()["projectionLag"], "0");
    assert_eq!(answer.json()["logSize"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_anchor_is_told_with_its_reason_and_leaves_the_system_ready() {
    let world = World::start().await;
    follow_one_event(&world).await;
    assert_eq!(world.get("/readyz").await.json()["anchorFailure"], Value::Null);
    let reason = "the log ends at 3 but 7 entries are anchored";
    anchor::note_stop(&world.pool, reason).await.unwrap();
    let answer = world.get("/readyz").await;
    assert_eq!((answer.status, &answer.json()["anchorFailure"]), (200, &json!(reason)));
    anchor::clear_stop(&world.pool).await.unwrap();
    assert_eq!(world.get("/readyz").await.json()["anchorFailure"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_projection_makes_the_system_not_ready() {
    let world = World::start().await;
    follow_one_event(&world).await;
    let client = world.pool.get().await.unwrap();
    client
        .execute("UPDATE projections.generations SET failure = 'release x is damaged'", &[])
        .await
        .unwrap();
    let answer = world.get("/readyz").await;
    assert_eq!(
        (answer.status, &answer.json()["projectionFailure"]),
        (503, &json!("release x is damaged"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers_that_protect_its_reader() {
    let world = World::start().await;
    for path in ["/healthz", "/graphiql", "/api-docs/", "/nowhere", "/ocds/records/x"] {
        let answer = world.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert!(answer.header("content-security-policy").starts_with("default-src 'self'"));
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    let nowhere = world.get("/nowhere").await;
    assert_eq!((nowhere.status, nowhere.problem().as_str()), (404, "not-found"));
    let wrong = world.send("DELETE", "/ocds/records/x", &[], b"").await;
    assert_eq!((wrong.status, wrong.problem().as_str()), (405, "method-not-allowed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_needs_no_other_site() {
    let world = World::start().await;
    for path in ["/graphiql", "/api-docs/"] {
        let page = world.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.header("content-type").starts_with("text/html"));
        for elsewhere in ["src=\"http", "href=\"http", "src=\"//", "cdn"] {
            assert!(!page.text().contains(elsewhere), "{path} loads {elsewhere}");
        }
    }
    let described = world.get("/api-docs/openapi.json").await.json();
    let committed: Value = serde_json::from_str(&graphql::openapi()).unwrap();
    assert_eq!(described, committed);
    assert!(described["paths"].get("/proofs/{id}").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browsers_verifier_is_saved_with_its_published_hash() {
    let world = World::start().await;
    let page = world.get("/verificador.html").await;
    assert_eq!(page.status, 200, "make setup builds it");
    let published = include_str!("../../../docs/web-verifier.sha256");
    let hash = published.split_whitespace().next().unwrap();
    assert_eq!(to_hex(&sha256(page.text().as_bytes())), format!("0x{hash}"));
    assert_eq!(page.header("etag"), format!("\"{hash}\""));
    assert!(page.header("content-disposition").starts_with("attachment"));
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_on_the_operators_listener_only() {
    let metrics = metrics();
    assert!(install_metrics().is_err());
    let mut world = World::start().await;
    assert_eq!(world.get("/metrics").await.status, 404);
    let operator = world.official("u-catalogos", &[Role::CatalogAdmin]).await;
    world.accepted(&operator, "registerUnit", world.unit()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, admin_router(metrics)).await });
    world.url = url;
    let text = world.get("/metrics").await.text();
    assert!(
        text.contains("commands_total{command=\"answer\"")
            || text.contains("command=\"registerUnit\""),
        "{text}"
    );
    assert!(text.contains("http_requests_total{path=\"/graphql\",status=\"200\"}"), "{text}");
}
