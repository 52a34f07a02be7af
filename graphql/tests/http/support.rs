//! The server, its users, and the reference case as inputs.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use application::{
    AccountSettings, Accounts, Application, Beacon, BlockAnswer, Parts, Receipts, Settings,
    publisher,
};
use deadpool_postgres::Pool;
use domain::{Role, RuleSet, Timestamp};
use eventstore::{Keyring, LogSetup, MemoryKeys, PgStore, SystemEntropy, initialise};
use graphql::{ServeConfig, State, install_metrics, read_pool, router};
use merkle::receipt::ReceiptKey;
use metrics_exporter_prometheus::PrometheusHandle;
use ocds::package::Publication;
use private_postgres::TestDatabase;
use projections::Runner;
use serde_json::{Value, json};
use ureq::Agent;
use uuid::Uuid;

pub const ORIGIN: &str = "log.example/graphql";
pub const PASSWORD: &str = "una contraseña larga";

/// A running server with the hands of its users.
pub struct World {
    pub url: String,
    pub database: TestDatabase,
    pub store: Arc<PgStore>,
    pub application: Application<PgStore>,
    pub accounts: Accounts,
    pub pool: Pool,
    pub state: State,
    case: Value,
    agent: Agent,
}

/// What the server answered.
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The slug of a problem document.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        problem["type"].as_str().unwrap().strip_prefix("/problems/").unwrap().to_owned()
    }
}

/// A beacon for which every event is anchored in the same block.
#[derive(Debug)]
struct FixedBlock;

impl Beacon for FixedBlock {
    fn block_of(&self, _position: u64) -> BlockAnswer<'_> {
        Box::pin(async { Ok(Some((9, [9; 32]))) })
    }
}

impl World {
    pub async fn start() -> Self {
        Self::configured(|_| {}).await
    }

    pub async fn configured(change: impl FnOnce(&mut ServeConfig)) -> Self {
        let database = TestDatabase::create().await;
        let (owner, connection) =
            tokio_postgres::connect(&database.owner_url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let start = Some(local("2018-03-26T09:00:00").as_millis());
        let setup = LogSetup { origin: ORIGIN.into(), epoch: 1, simulated_clock: start };
        initialise(&owner, &setup).await.unwrap();
        let keyring = Keyring::new([7; 32], Arc::new(MemoryKeys::default()));
        let url = &database.service_url;
        let store = PgStore::connect(url, keyring.clone(), Box::new(SystemEntropy)).await.unwrap();
        let store = Arc::new(store);
        let pool = read_pool(url, 8, Duration::from_secs(5)).unwrap();
        let settings = Settings {
            ocid_prefix: "ocds-000000".parse().unwrap(),
            rules: RuleSet::piloto_2018().clone(),
        };
        let parts = Parts {
            entropy: Arc::new(SystemEntropy),
            keyring,
            receipts: Receipts {
                key: ReceiptKey::from_seed(ORIGIN, &[5; 32]).unwrap(),
                anchor_delay_max: Duration::from_mins(5),
            },
            beacon: Arc::new(FixedBlock),
        };
        let application = Application::new(store.clone(), pool.clone(), settings, parts);
        let accounts = Accounts::new(pool.clone(), Arc::new(SystemEntropy), cheap()).unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut config = ServeConfig::new(url.clone(), publication());
        config.attempts_per_minute = 1_000;
        change(&mut config);
        let state = State::new(store.clone(), application.clone(), accounts.clone(), &pool, config);
        let service = router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        let runner = Runner::new(store.clone(), pool.clone(), 100);
        tokio::spawn(runner.run(std::future::pending()));
        let (publishing, publishing_pool) = (store.clone(), pool.clone());
        tokio::spawn(async move {
            publisher::run(&*publishing, &publishing_pool, std::future::pending()).await
        });
        let case = serde_json::from_str(include_str!("../../../demo/case/case.json")).unwrap();
        let agent =
            Agent::config_builder().http_status_as_error(false).proxy(None).max_redirects(0);
        let agent = agent.build().into();
        Self { url, database, store, application, accounts, pool, state, case, agent }
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        self.send_to(method, &format!("{}{path}", self.url), headers, body).await
    }

    /// Asks another listener than that of the public.
    pub async fn send_to(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_vec()).unwrap();
        let agent = self.agent.clone();
        tokio::task::spawn_blocking(move || {
            let mut response = agent.run(request).unwrap();
            Answer {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                body: response.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap(),
            }
        })
        .await
        .unwrap()
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], &[]).await
    }

    /// Posts to /graphql; the whole answer.
    pub async fn ask(&self, token: &str, query: &str, variables: Value) -> Value {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("content-type", "application/json")];
        if !token.is_empty() {
            headers.push(("authorization", &bearer));
        }
        let body = json!({"query": query, "variables": variables}).to_string();
        let answer = self.send("POST", "/graphql", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    /// Asks, and expects no error.
    pub async fn read(&self, token: &str, query: &str) -> Value {
        let answer = self.ask(token, query, Value::Null).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].clone()
    }

    /// The slug of the only error.
    pub async fn error(&self, token: &str, query: &str) -> String {
        let answer = self.ask(token, query, Value::Null).await;
        let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("no error: {answer}"));
        errors[0]["extensions"]["code"].as_str().unwrap().to_owned()
    }

    /// Sends a command and answers its `CommandResult`.
    pub async fn command(&self, token: &str, name: &str, input: Value) -> Value {
        self.command_as(token, name, Uuid::new_v4(), input).await
    }

    pub async fn command_as(&self, token: &str, name: &str, id: Uuid, mut input: Value) -> Value {
        if input.get("commandId").is_none() {
            input["commandId"] = json!(id);
        }
        let mut type_name = name[..1].to_uppercase() + &name[1..];
        type_name.push_str("Input");
        let query = format!(
            "mutation($input: {type_name}!) {{ answer: {name}(input: $input) {{ __typename
               ... on CommandAccepted {{ commandId subject ocid minPosition events {{ id position type stream }} }}
               ... on CommandRejected {{ code message field details {{ key value }} }} }} }}"
        );
        let answer = self.ask(token, &query, json!({"input": input})).await;
        assert!(answer.get("errors").is_none(), "{name}: {answer}");
        answer["data"]["answer"].clone()
    }

    pub async fn accepted(&self, token: &str, name: &str, input: Value) -> Value {
        let answer = self.command(token, name, input).await;
        assert_eq!(answer["__typename"], "CommandAccepted", "{name}: {answer}");
        answer
    }

    /// The code and the field of a refusal.
    pub async fn rejected(&self, token: &str, name: &str, input: Value) -> (String, String) {
        let answer = self.command(token, name, input).await;
        assert_eq!(answer["__typename"], "CommandRejected", "{name}: {answer}");
        assert!(!answer["message"].as_str().unwrap().is_empty());
        let text = |member: &str| answer[member].as_str().unwrap_or_default().to_owned();
        (text("code"), text("field"))
    }

    /// An account made by the operator, logged in through GraphQL.
    pub async fn official(&self, login: &str, roles: &[Role]) -> String {
        self.accounts.create(login, PASSWORD, roles).await.unwrap();
        self.log_in(login).await
    }

    /// An account that somebody made, logged in.
    pub async fn citizen(&self, login: &str) -> String {
        let query = format!(
            "mutation {{ createAccount(login: \"{login}\", password: \"{PASSWORD}\") {{
               ... on Account {{ login roles }} ... on CommandRejected {{ code }} }} }}"
        );
        let made = self.read("", &query).await;
        assert_eq!(made["createAccount"]["roles"], json!(["citizen"]), "{made}");
        self.log_in(login).await
    }

    pub async fn log_in(&self, login: &str) -> String {
        let query = format!(
            "mutation {{ login(login: \"{login}\", password: \"{PASSWORD}\") {{
               ... on Session {{ token }} ... on CommandRejected {{ code }} }} }}"
        );
        let session = self.read("", &query).await;
        session["login"]["token"].as_str().unwrap_or_else(|| panic!("{session}")).to_owned()
    }

    pub async fn at(&self, text: &str) {
        self.application.advance_clock(local(text)).await.unwrap();
    }

    pub fn text(&self, pointer: &str) -> String {
        self.case.pointer(pointer).unwrap().as_str().unwrap().to_owned()
    }

    pub fn unit(&self) -> Value {
        self.case["unit"].clone()
    }

    pub fn catalogue_item(&self) -> Value {
        self.case["catalogueItem"].clone()
    }

    pub fn company(&self, index: usize) -> Value {
        let company = &self.case["companies"][index];
        let mut input = json!({});
        for member in ["legalName", "rfc", "size", "contact"] {
            input[member] = company[member].clone();
        }
        input
    }

    pub fn plan(&self) -> Value {
        let quotes = self.case["plan"]["quotes"].as_array().unwrap().iter();
        let quotes: Vec<Value> = quotes
            .map(|quote| json!({"source": quote["source"], "amount": mxn(&quote["centavos"])}))
            .collect();
        json!({
            "unitKey": self.case["unit"]["key"],
            "need": self.case["plan"]["need"],
            "fiscalYear": 2018,
            "budgetLine": self.case["plan"]["budgetLine"],
            "amount": mxn(&self.case["plan"]["amountCentavos"]),
            "items": [self.item()],
            "quotes": quotes,
        })
    }

    fn item(&self) -> Value {
        let item = &self.case["catalogueItem"];
        json!({"id": "1", "scheme": item["scheme"], "item": item["id"], "quantity": 1})
    }

    pub fn tender(&self, plan_id: &Value) -> Value {
        let tender = &self.case["tender"];
        let mut input = json!({
            "planId": plan_id,
            "budget": mxn(&tender["budgetCentavos"]),
            "items": [self.item()],
            "call": tender["call"],
        });
        for member in [
            "procedureNumber",
            "title",
            "description",
            "procurementMethod",
            "category",
            "requirements",
            "weights",
            "technicalMinimum",
            "aggregation",
            "technicalCriteria",
            "socialCriteria",
        ] {
            input[member] = tender[member].clone();
        }
        for member in [
            "receiptStart",
            "receiptEnd",
            "technicalOpening",
            "panelDraw",
            "commitStart",
            "commitEnd",
            "revealStart",
            "revealEnd",
            "economicOpening",
            "awardAt",
        ] {
            let at = local(tender[member].as_str().unwrap());
            input["schedule"][member] = json!(at.to_string());
        }
        input
    }

    /// Plays the whole slice; answers the ocid and the position of the last event.
    pub async fn play(&self) -> (String, String) {
        let operator = self.official("u-catalogos", &[Role::CatalogAdmin]).await;
        self.accepted(&operator, "registerUnit", self.unit()).await;
        self.accepted(&operator, "addCatalogueItem", self.catalogue_item()).await;
        let approver = self.official("u-autoriza", &[Role::Approver]).await;
        for index in 0..3 {
            let citizen = self.citizen(&format!("empresa-{index}")).await;
            let company = self.accepted(&citizen, "registerCompany", self.company(index)).await;
            let approve = json!({"companyId": company["subject"]});
            self.accepted(&approver, "approveCompany", approve).await;
        }
        let requesting = self.official("u-requirente", &[Role::Requesting]).await;
        let saved = self.accepted(&requesting, "savePlanDraft", json!({"plan": self.plan()})).await;
        let plan = json!({"planId": saved["subject"]});
        self.accepted(&requesting, "submitPlan", plan.clone()).await;
        let planned = self.accepted(&approver, "approvePlan", plan).await;
        // Published now, it is at the same place of the log whenever the slice is played.
        self.record(planned["ocid"].as_str().unwrap(), 1).await;
        self.at("2018-04-02T09:00:00").await;
        let contracting = self.official("u-convocante", &[Role::Contracting]).await;
        let draft = json!({"tender": self.tender(&saved["subject"])});
        let saved = self.accepted(&contracting, "saveTenderDraft", draft).await;
        let call = json!({"tenderId": saved["subject"]});
        self.accepted(&contracting, "submitCall", call.clone()).await;
        self.accepted(&approver, "approveCall", call.clone()).await;
        self.at("2018-04-12T08:55:00").await;
        let published = self.accepted(&contracting, "publishCall", call).await;
        assert_eq!(published["ocid"], planned["ocid"]);
        let ocid = published["ocid"].as_str().unwrap().to_owned();
        (ocid, published["minPosition"].as_str().unwrap().to_owned())
    }

    /// Waits until both releases of a process are on the log and in its record.
    pub async fn record(&self, ocid: &str, releases: i64) -> Value {
        let query = format!(
            "{{ record(ocid: \"{ocid}\") {{ ocid compiledRelease lastReleaseId lastReleaseDate releaseCount
               projection {{ generation position }} }} }}"
        );
        for _ in 0..500 {
            let record = self.read("", &query).await["record"].clone();
            if record["releaseCount"] == releases {
                return record;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{ocid} never had {releases} releases")
    }
}

/// The metrics of this process, which are collected once.
pub fn metrics() -> PrometheusHandle {
    static METRICS: LazyLock<PrometheusHandle> = LazyLock::new(|| install_metrics().unwrap());
    METRICS.clone()
}

/// Hashing at its real cost is tested where it is done.
fn cheap() -> AccountSettings {
    AccountSettings {
        password_cost: argon2::Params::new(64, 1, 1, None).unwrap(),
        ..AccountSettings::default()
    }
}

pub fn local(text: &str) -> Timestamp {
    Timestamp::from_local(text).unwrap()
}

fn mxn(centavos: &Value) -> Value {
    json!({"centavos": centavos, "currency": "MXN"})
}

fn publication() -> Publication {
    Publication {
        publisher_name: "Smart Tenders (demostración)".into(),
        publisher_uri: None,
        license: None,
        publication_policy: None,
        extensions_base_url: ocds::extensions::BASE_URL.into(),
    }
}
