//! Who may do and see what, and how a session is carried.

use domain::Role;
use serde_json::{Value, json};

use crate::lines;
use crate::support::{PASSWORD, World};

const COMMANDS: [(&str, &[Role]); 14] = [
    ("registerUnit", &[Role::PlatformAdmin, Role::CatalogAdmin]),
    ("addCatalogueItem", &[Role::CatalogAdmin]),
    ("registerCompany", &[Role::CompanyAdmin, Role::Citizen]),
    ("approveCompany", &[Role::Approver]),
    ("rejectCompany", &[Role::Approver]),
    ("savePlanDraft", &[Role::Requesting]),
    ("submitPlan", &[Role::Requesting]),
    ("returnPlan", &[Role::Approver]),
    ("approvePlan", &[Role::Approver]),
    ("saveTenderDraft", &[Role::Contracting]),
    ("submitCall", &[Role::Contracting]),
    ("returnCall", &[Role::Approver]),
    ("approveCall", &[Role::Approver]),
    ("publishCall", &[Role::Contracting]),
];

/// An input of the right shape, about something that is not there.
fn input(world: &World, command: &str) -> Value {
    let id = "01620000-0000-7000-8000-000000000001";
    match command {
        "registerUnit" => world.unit(),
        "addCatalogueItem" => world.catalogue_item(),
        "registerCompany" => world.company(0),
        "approveCompany" => json!({"companyId": id}),
        "rejectCompany" => json!({"companyId": id, "reason": "x"}),
        "savePlanDraft" => json!({"plan": world.plan()}),
        "submitPlan" | "approvePlan" => json!({"planId": id}),
        "returnPlan" => json!({"planId": id, "reason": "x"}),
        "saveTenderDraft" => json!({"tender": world.tender(&json!(id))}),
        "returnCall" => json!({"tenderId": id, "reason": "x"}),
        _ => json!({"tenderId": id}),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_is_for_its_roles_only() {
    let world = World::start().await;
    for (command, _) in COMMANDS {
        let (code, _) = world.rejected("", command, input(&world, command)).await;
        assert_eq!(code, "not-authenticated", "{command}");
    }
    for role in [
        Role::Requesting,
        Role::Contracting,
        Role::Approver,
        Role::CatalogAdmin,
        Role::PlatformAdmin,
        Role::Citizen,
        Role::Oic,
    ] {
        let token = world.official(&format!("u-{role}"), &[role]).await;
        for (command, allowed) in COMMANDS {
            let answer = world.command(&token, command, input(&world, command)).await;
            let is_refused = answer["code"] == "role-not-allowed";
            assert_eq!(is_refused, !allowed.contains(&role), "{role} {command}: {answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_are_for_officials() {
    let world = World::start().await;
    let query = "{ planDrafts { nodes { planId status content } } tenderDrafts(first: 1) { nodes { tenderId } } }";
    assert_eq!(world.error("", query).await, "not-authenticated");
    let citizen = world.citizen("ciudadana").await;
    assert_eq!(world.error(&citizen, query).await, "role-not-allowed");
    let requesting = world.official("u-requirente", &[Role::Requesting]).await;
    for _ in 0..3 {
        world.accepted(&requesting, "savePlanDraft", json!({"plan": world.plan()})).await;
    }
    let drafts = world.read(&requesting, query).await;
    assert_eq!(drafts["planDrafts"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(drafts["planDrafts"]["nodes"][0]["content"]["budgetLine"], "33304");
    let query = "{ planDrafts(status: draft, first: 2) { edges { cursor } pageInfo { hasNextPage endCursor } } }";
    let page = world.read(&requesting, query).await;
    assert_eq!(page["planDrafts"]["pageInfo"]["hasNextPage"], true);
    let after = page["planDrafts"]["pageInfo"]["endCursor"].as_str().unwrap();
    let query = format!(
        "{{ planDrafts(first: 2, after: \"{after}\") {{ edges {{ cursor }} pageInfo {{ hasNextPage }} }} }}"
    );
    let page = world.read(&requesting, &query).await;
    assert_eq!(page["planDrafts"]["edges"].as_array().unwrap().len(), 1);
    assert_eq!(page["planDrafts"]["pageInfo"]["hasNextPage"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_for_the_company_and_those_who_decide() {
    let world = World::start().await;
    let owner = world.citizen("empresa").await;
    let other = world.citizen("otra-empresa").await;
    let contracting = world.official("u-convocante", &[Role::Contracting]).await;
    let approver = world.official("u-autoriza", &[Role::Approver]).await;
    let company = world.accepted(&owner, "registerCompany", world.company(0)).await;
    let query = format!(
        "{{ company(companyId: {}, minPosition: {}) {{ legalName contact {{ nombre correo telefono }} }} }}",
        company["subject"], company["minPosition"]
    );
    for token in [&owner, &approver] {
        let shown = world.read(token, &query).await;
        assert_eq!(shown["company"]["contact"]["correo"], "luis.perez@example.mx");
        assert_eq!(shown["company"]["contact"]["telefono"], "+525512341063");
    }
    for token in ["", &other, &contracting] {
        let shown = world.read(token, &query).await;
        assert_eq!(shown["company"]["legalName"], world.text("/companies/0/legalName"));
        assert_eq!(shown["company"]["contact"], Value::Null);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_an_anonymous_answer_nor_a_log_line_holds_a_personal_datum() {
    lines::capture();
    let world = World::start().await;
    let (ocid, position) = world.play().await;
    world.record(&ocid, 2).await;
    let mut said = String::new();
    for page in [
        "companies { nodes { companyId legalName rfc reason contact { nombre apellidoPaterno correo telefono } event { id } } }",
        "plans { nodes { ocid need author approver } }",
        "tenders { nodes { ocid author approver event { id } } }",
    ] {
        said += &world.read("", &format!("{{ {page} }}")).await.to_string();
    }
    for position in 0..position.parse::<u64>().unwrap() {
        let recorded = eventstore::EventStore::read(&*world.store, position, 1).await.unwrap();
        let id = recorded[0].id();
        let query = format!("{{ event(id: \"{id}\") {{ data withheld actor {{ ref }} }} }}");
        said += &world.read("", &query).await.to_string();
        said += &String::from_utf8_lossy(&recorded[0].entry);
    }
    said += &world.get(&format!("/ocds/records/{ocid}?versioned=true")).await.text();
    let lines = lines::text();
    assert!(lines.contains("command.name=\"registerCompany\""), "{lines}");
    said += &lines;
    assert!(said.contains("ACCESO INCLUYENTE") && said.contains("/data/contact"));
    for index in 0..3 {
        for member in ["correo", "telefono", "nombre", "apellidoPaterno"] {
            let datum = world.text(&format!("/companies/{index}/contact/{member}"));
            assert!(!said.contains(&datum), "{datum} of company {index} is public");
        }
    }
    for secret in ["empresa-0", "u-autoriza", "u-requirente", PASSWORD] {
        assert!(!said.contains(secret), "{secret} is public");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_no_sessions_is_refused() {
    let world = World::start().await;
    let body = br#"{"query": "{ me { login } }"}"#;
    for token in ["Bearer 00", "Bearer", "Bearer ", "Basic dTpw", "00"] {
        let headers = [("content-type", "application/json"), ("authorization", token)];
        let answer = world.send("POST", "/graphql", &headers, body).await;
        assert_eq!((answer.status, answer.problem().as_str()), (401, "invalid-session"), "{token}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let token = world.citizen("ciudadana").await;
    assert_eq!(world.read(&token, "{ me { login roles } }").await["me"]["login"], "ciudadana");
    assert_eq!(world.read("", "{ me { login } }").await["me"], Value::Null);
    assert_eq!(world.read(&token, "mutation { logout }").await["logout"], true);
    let headers =
        [("content-type", "application/json"), ("authorization", &*format!("Bearer {token}"))];
    assert_eq!(world.send("POST", "/graphql", &headers, body).await.status, 401);
    assert_eq!(world.read("", "mutation { logout }").await["logout"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_is_taken_from_pages_of_the_same_origin_only() {
    let world = World::start().await;
    world.citizen("ciudadana").await;
    let login = json!({"query": format!("mutation {{ login(login: \"ciudadana\", password: \"{PASSWORD}\") {{ __typename }} }}")});
    let json_type = ("content-type", "application/json");
    let answer = world.send("POST", "/graphql", &[json_type], login.to_string().as_bytes()).await;
    let set = answer.header("set-cookie");
    assert!(set.contains("; HttpOnly; SameSite=Strict") && !set.contains("Secure"), "{set}");
    let cookie = set.split(';').next().unwrap();
    let me = br#"{"query": "{ me { login } }"}"#;
    let origins = [None, Some("http://evil.example"), Some("null"), Some("http://127.0.0.1")];
    for origin in origins {
        let mut headers = vec![json_type, ("cookie", cookie)];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let answer = world.send("POST", "/graphql", &headers, me).await;
        assert_eq!((answer.status, answer.problem().as_str()), (403, "cross-origin"), "{origin:?}");
    }
    let own = [json_type, ("cookie", cookie), ("origin", &*world.url)];
    let answer = world.send("POST", "/graphql", &own, me).await;
    assert_eq!(answer.json()["data"]["me"]["login"], "ciudadana");
    let stale = [json_type, ("cookie", "smart-tenders=00"), ("origin", &*world.url)];
    let answer = world.send("POST", "/graphql", &stale, me).await;
    assert_eq!(answer.json()["data"]["me"], Value::Null);
    let form = [("content-type", "text/plain"), ("cookie", cookie), ("origin", &*world.url)];
    assert_eq!(world.send("POST", "/graphql", &form, me).await.status, 415);
    let logout = br#"{"query": "mutation { logout }"}"#;
    let answer = world.send("POST", "/graphql", &own, logout).await;
    assert!(
        answer.header("set-cookie").ends_with("; Max-Age=0"),
        "{}",
        answer.header("set-cookie")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_the_cookie_belongs_to_the_host_alone() {
    let world =
        World::configured(|config| config.public_url = "https://licita.example".into()).await;
    world.citizen("ciudadana").await;
    let login = json!({"query": format!("mutation {{ login(login: \"ciudadana\", password: \"{PASSWORD}\") {{ __typename }} }}")});
    let headers = [("content-type", "application/json")];
    let answer = world.send("POST", "/graphql", &headers, login.to_string().as_bytes()).await;
    let set = answer.header("set-cookie");
    assert!(
        set.starts_with("__Host-") && set.ends_with("; Secure") && !set.contains("Domain"),
        "{set}"
    );
    assert!(answer.header("strict-transport-security").contains("max-age"));
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_cannot_be_guessed_at_speed() {
    let world = World::configured(|config| config.attempts_per_minute = 3).await;
    let query = "mutation { login(login: \"alguien\", password: \"no es esta clave\") {
                   ... on CommandRejected { code details { key } } } }";
    let mut codes = Vec::new();
    for _ in 0..5 {
        codes.push(world.read("", query).await["login"]["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes[..3], ["login-failed"; 3]);
    assert_eq!(codes[3..], ["too-many-attempts"; 2]);
    let short = "mutation { createAccount(login: \"otra\", password: \"corta\") { ... on CommandRejected { code field } } }";
    assert_eq!(world.read("", short).await["createAccount"]["code"], "too-many-attempts");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_needs_a_login_and_a_long_password() {
    let world = World::start().await;
    let make = |login: &str, password: &str| {
        format!(
            "mutation {{ createAccount(login: \"{login}\", password: \"{password}\") {{ ... on CommandRejected {{ code field }} }} }}"
        )
    };
    world.citizen("ciudadana").await;
    for (login, password, code, field) in [
        ("x", PASSWORD, "login-format", "login"),
        ("ciudadana", PASSWORD, "login-taken", "login"),
        ("nueva", "corta", "password-too-short", "password"),
    ] {
        let answer = world.read("", &make(login, password)).await;
        assert_eq!(answer["createAccount"], json!({"code": code, "field": field}));
    }
}
