//! What is too much, or not of its shape, is refused by name.

use std::time::Duration;

use graphql::read_pool;
use serde_json::{Value, json};

use crate::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_too_deep_or_too_dear_is_refused() {
    let world = World::start().await;
    let deep = "{ __schema { types { fields { type { ofType { ofType { ofType { ofType { ofType { ofType \
                { ofType { ofType { name } } } } } } } } } } } } log { origin } }";
    assert_eq!(world.error("", deep).await, "query-too-deep");
    let page = "title description buyer unitName ocid tenderId planId procedureNumber registeredAt \
                publishedAt closesAt author approver category event { id position type stream }";
    let dear = |first: u32| format!("{{ tenders(first: {first}) {{ nodes {{ {page} }} }} }}");
    assert_eq!(world.error("", &dear(100)).await, "query-too-complex");
    assert_eq!(world.read("", &dear(50)).await["tenders"]["nodes"], json!([]));
    let alias = |n: u32| format!("a{n}: units(first: 100) {{ nodes {{ key }} }}");
    let aliases = (0..60).map(alias).collect::<Vec<_>>().join(" ");
    assert_eq!(world.error("", &format!("{{ {aliases} }}")).await, "query-too-complex");
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_may_ask_for_the_whole_schema() {
    let world = World::start().await;
    let of_type = "kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
                   ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType \
                   { kind name } } } } } } } } }";
    let query = format!(
        "query IntrospectionQuery {{ __schema {{ queryType {{ name }} mutationType {{ name }} types {{ kind name
           description fields(includeDeprecated: true) {{ name description args {{ name type {{ {of_type} }}
           defaultValue }} type {{ {of_type} }} isDeprecated }} inputFields {{ name type {{ {of_type} }} }}
           enumValues {{ name }} possibleTypes {{ {of_type} }} }} }} }}"
    );
    let schema = world.read("", &query).await;
    assert!(schema["__schema"]["types"].as_array().unwrap().len() > 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_has_100_members_at_most_and_a_cursor_of_its_own() {
    let world = World::start().await;
    for query in [
        "{ units(first: 101) { nodes { key } } }",
        "{ tenders(first: 0) { nodes { ocid } } }",
        "{ plans(first: -1) { nodes { ocid } } }",
        "{ batches(first: 1000) { nodes { first } } }",
    ] {
        assert_eq!(world.error("", query).await, "out-of-range", "{query}");
    }
    for query in [
        "{ units(after: \"x\") { nodes { key } } }",
        "{ tender(ocid: \"ocds-1\") { title } }",
        "{ record(ocid: \"\") { ocid } }",
        "{ event(id: \"7\") { id } }",
        "{ proof(eventId: \"ABC\") { bundle } }",
        "{ company(companyId: \"1\") { rfc } }",
        "{ catalogueItems(scheme: \"mx\") { nodes { id } } }",
        "{ catalogueItems(scheme: \"\\u0000\") { nodes { id } } }",
        "{ tender(ocid: \"\\u0000\") { title } }",
    ] {
        assert_eq!(world.error("", query).await, "invalid-format", "{query}");
    }
    let none = "{ document(sha256: \"\\u0000\") { name } }";
    assert_eq!(world.read("", none).await["document"], Value::Null);
    for path in [
        "/ocds/releases/%00",
        "/ocds/releases/ocds-000000-009000999-2018-1-%00",
        "/proofs/%00",
        "/documents/%00",
    ] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (404, "not-found"), "{path}");
    }
    let answer = world.ask("", "{ event(id: \"7\") { id } }", Value::Null).await;
    assert_eq!(answer["errors"][0]["extensions"]["field"], "id");
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("UUID"));
    assert_eq!(world.error("", "{ nothing }").await, "invalid-query");
    assert_eq!(world.error("", "{ log {").await, "invalid-query");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_json_object_of_256_kib_is_taken() {
    let world = World::start().await;
    let json_type = [("content-type", "application/json")];
    let post = |body: Vec<u8>| {
        let world = &world;
        async move { world.send("POST", "/graphql", &json_type, &body).await }
    };
    let large = json!({"query": "{ log { origin } }", "variables": {"x": "y".repeat(256 * 1024)}});
    let answer = post(large.to_string().into_bytes()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "payload-too-large"));
    for body in ["", "[]", "[{\"query\": \"{ log { origin } }\"}]", "{", "\u{1}", "{\"query\": 1}"]
    {
        let answer = post(body.as_bytes().to_vec()).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "malformed-request"),
            "{body}"
        );
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let body = b"{\"query\": \"{ log { origin } }\"}";
        let answer = world.send("POST", "/graphql", &[("content-type", content_type)], body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (415, "unsupported-media-type"));
    }
    let answer = world.get("/graphql").await;
    assert_eq!((answer.status, answer.problem().as_str()), (405, "method-not-allowed"));
    assert_eq!(answer.header("allow"), "POST");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_sends_every_document_that_an_act_may_bring() {
    let world = World::start().await;
    let token = world.citizen("u-empresa").await;
    let document =
        json!({"name": "a.txt", "mediaType": "text/plain", "content": "QUFB".repeat(21_845)});
    let envelope = vec![document; 20];
    let query =
        "mutation($input: SubmitProposalInput!) { submitProposal(input: $input) { __typename } }";
    let body = |more: usize| {
        let id = uuid::Uuid::new_v4();
        let price = json!({"centavos": "100", "currency": "MXN"});
        let input = json!({"commandId": id, "tenderId": id, "companyId": id, "price": price,
            "technical": envelope, "economic": envelope});
        json!({"query": query, "variables": {"input": input, "more": "x".repeat(more)}}).to_string()
    };
    let bearer = format!("Bearer {token}");
    let json_type = ("content-type", "application/json");
    let session = [json_type, ("authorization", &*bearer)];
    let answer = world.send("POST", "/graphql", &session, body(0).as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["data"]["submitProposal"]["__typename"], "CommandRejected");
    // One byte more than it may have: of what is much larger the answer is not always read.
    let more = 4 * 1024 * 1024 + 1 - body(0).len();
    let answer = world.send("POST", "/graphql", &session, body(more).as_bytes()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "payload-too-large"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_cut_off() {
    let database = private_postgres::TestDatabase::create().await;
    let pool = read_pool(&database.service_url, 1, Duration::from_millis(50)).unwrap();
    let client = pool.get().await.unwrap();
    let cut = client.query("SELECT pg_sleep(30)", &[]).await.unwrap_err();
    assert_eq!(cut.code(), Some(&tokio_postgres::error::SqlState::QUERY_CANCELED));
}

/// Nobody connects any more and every connection is cut: what comes back once it may connect again.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_an_answer_to_ask_again_and_not_a_fault() {
    let world = World::start().await;
    let token = world.official("u-catalogos", &[domain::Role::CatalogAdmin]).await;
    let (cluster, name) = world.database.owner_url.split_once("dbname=").unwrap();
    let elsewhere = format!("{cluster}dbname=postgres");
    let (admin, connection) =
        tokio_postgres::connect(&elsewhere, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let cut =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    admin.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await.unwrap();
    admin.batch_execute(&cut).await.unwrap();
    assert_eq!(world.error("", "{ units { nodes { key } } }").await, "unavailable");
    let body = json!({"query": "{ me { login } }"}).to_string();
    let authorization = format!("Bearer {token}");
    let headers = [("content-type", "application/json"), ("authorization", &authorization)];
    let answer = world.send("POST", "/graphql", &headers, body.as_bytes()).await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    let answer = world.get("/log/checkpoint").await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "unavailable"));
    admin.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await.unwrap();
    let mut answer = world.send("POST", "/graphql", &headers, body.as_bytes()).await;
    // A connection of the pool may learn only now that it was cut.
    for _ in 0..20 {
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.problem(), "unavailable");
        answer = world.send("POST", "/graphql", &headers, body.as_bytes()).await;
    }
    assert_eq!(answer.json()["data"]["me"]["login"], "u-catalogos");
}
