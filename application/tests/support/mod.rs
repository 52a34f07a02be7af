//! A real database, a log on it, and the reference case as commands.
#![allow(dead_code, reason = "each test file uses its own part of these helpers")]
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

pub mod play;
pub mod watched;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use application::{
    Accepted, Account, AccountSettings, Accounts, Application, Beacon, BlockAnswer, Caller,
    Command, ExecuteError, Parts, Receipts, Rejection, Settings,
};
use deadpool_postgres::{Manager, Pool};
use domain::catalogue::AddCatalogueItem;
use domain::company::RegisterCompany;
use domain::content::{CallDays, Schedule};
use domain::event::Contact;
use domain::input::{ItemInput, MoneyInput, QuoteInput};
use domain::plan::PlanInput;
use domain::tender::TenderInput;
use domain::unit::RegisterUnit;
use domain::{AccountRef, CompanySize, PlanId, Role, RuleSet, TenderId, Timestamp};
use eventstore::{
    AppendRequest, Claim, EventStore as _, Keyring, LogSetup, MemoryKeys, NewEvent, PgStore,
    StreamWrite, SystemEntropy, VaultKeys as _, initialise,
};
use merkle::receipt::ReceiptKey;
use private_postgres::TestDatabase;
use serde_json::{Value, json};
use tokio_postgres::NoTls;
use uuid::Uuid;
use watched::WatchedStore;

pub const ORIGIN: &str = "log.example/application";

/// The system under test with the hands of its users.
pub struct World {
    pub application: Application<WatchedStore>,
    pub database: TestDatabase,
    pub case: Value,
}

impl World {
    /// An empty log whose business clock stands before the reference case begins.
    pub async fn create() -> Self {
        let case = include_str!("../../../demo/case/case.json");
        Self::with_case(serde_json::from_str(case).unwrap()).await
    }

    /// An empty log whose business clock stands before the case begins.
    pub async fn with_case(case: Value) -> Self {
        let database = TestDatabase::create().await;
        let owner = client(&database.owner_url).await;
        let start = local("2018-03-26T09:00:00").as_millis();
        let setup = LogSetup { origin: ORIGIN.into(), epoch: 1, simulated_clock: Some(start) };
        initialise(&owner, &setup).await.unwrap();
        let (url, parts) = (&database.service_url, parts());
        let keyring = parts.keyring.clone();
        let store = PgStore::connect(url, keyring, Box::new(SystemEntropy)).await.unwrap();
        let store = WatchedStore::new(store);
        let application = Application::new(Arc::new(store), pool(url), settings(), parts);
        Self { application, database, case }
    }

    /// Another process of the service on the same log.
    pub async fn beside(&self, parts: Parts) -> Application<WatchedStore> {
        let (url, settings) = (&self.database.service_url, settings());
        let keyring = parts.keyring.clone();
        let store = PgStore::connect(url, keyring, Box::new(SystemEntropy)).await.unwrap();
        let store = WatchedStore::new(store);
        Application::new(Arc::new(store), pool(url), settings, parts)
    }

    /// Moves the clock and nothing else: no timer runs.
    pub async fn clock_at(&self, text: &str) {
        self.application.store().advance_clock(local(text).as_millis()).await.unwrap();
    }

    pub async fn at(&self, text: &str) {
        self.application.advance_clock(local(text)).await.unwrap();
    }

    pub async fn run(&self, caller: &Caller, command: Command) -> Result<Accepted, ExecuteError> {
        self.application.execute(caller, Uuid::new_v4(), command).await
    }

    pub async fn accepted(&self, caller: &Caller, command: Command) -> Accepted {
        self.run(caller, command).await.expect("accepted")
    }

    pub async fn rejected(&self, caller: &Caller, command: Command) -> Rejection {
        rejection(self.run(caller, command).await)
    }

    pub fn text(&self, pointer: &str) -> String {
        self.case.pointer(pointer).unwrap().as_str().unwrap().to_owned()
    }

    /// The unit and the catalogue item of the case.
    pub async fn registers(&self) {
        let operator = caller(Role::CatalogAdmin, 1);
        self.accepted(&operator, Command::RegisterUnit(self.unit())).await;
        self.accepted(&operator, Command::AddCatalogueItem(self.catalogue_item())).await;
    }

    pub fn unit(&self) -> RegisterUnit {
        serde_json::from_value(self.case["unit"].clone()).unwrap()
    }

    pub fn catalogue_item(&self) -> AddCatalogueItem {
        serde_json::from_value(self.case["catalogueItem"].clone()).unwrap()
    }

    pub fn company(&self, index: usize) -> RegisterCompany {
        let company = &self.case["companies"][index];
        let contact: Contact = serde_json::from_value(company["contact"].clone()).unwrap();
        RegisterCompany {
            legal_name: company["legalName"].as_str().unwrap().to_owned(),
            rfc: company["rfc"].as_str().unwrap().to_owned(),
            confirm_rfc: false,
            // The generated cases call a company without a preference `ninguna`.
            size: company["size"].as_str().unwrap().parse().unwrap_or(CompanySize::Grande),
            contact,
        }
    }

    pub fn plan(&self) -> PlanInput {
        let plan = &self.case["plan"];
        let quotes = plan["quotes"].as_array().unwrap().iter().map(|quote| QuoteInput {
            source: quote["source"].as_str().unwrap().to_owned(),
            amount: mxn(quote["centavos"].as_str().unwrap()),
        });
        PlanInput {
            unit_key: self.text("/unit/key"),
            need: self.text("/plan/need"),
            fiscal_year: 2018,
            budget_line: self.text("/plan/budgetLine"),
            amount: mxn(plan["amountCentavos"].as_str().unwrap()),
            items: vec![self.item()],
            quotes: quotes.collect(),
        }
    }

    pub fn item(&self) -> ItemInput {
        ItemInput {
            id: "1".to_owned(),
            scheme: self.text("/catalogueItem/scheme"),
            item: self.text("/catalogueItem/id"),
            quantity: 1,
        }
    }

    pub fn tender(&self, plan_id: PlanId) -> TenderInput {
        let tender = &self.case["tender"];
        let mut input = json!({
            "planId": plan_id,
            "budget": {"centavos": tender["budgetCentavos"], "currency": "MXN"},
            "items": [self.item()],
            "schedule": self.schedule(),
            "call": serde_json::from_value::<CallDays>(tender["call"].clone()).unwrap(),
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
        serde_json::from_value(input).unwrap()
    }

    pub fn schedule(&self) -> Schedule {
        let at = |member: &str| local(self.case["tender"][member].as_str().unwrap());
        Schedule {
            receipt_start: at("receiptStart"),
            receipt_end: at("receiptEnd"),
            technical_opening: at("technicalOpening"),
            panel_draw: at("panelDraw"),
            commit_start: at("commitStart"),
            commit_end: at("commitEnd"),
            reveal_start: at("revealStart"),
            reveal_end: at("revealEnd"),
            economic_opening: at("economicOpening"),
            award_at: at("awardAt"),
        }
    }

    /// A plan in review; its author is account 2.
    pub async fn submitted_plan(&self) -> PlanId {
        let author = caller(Role::Requesting, 2);
        let save = Command::SavePlanDraft { plan_id: None, plan: Box::new(self.plan()) };
        let saved = self.accepted(&author, save).await;
        let plan_id: PlanId = saved.subject.parse().unwrap();
        self.accepted(&author, Command::SubmitPlan { plan_id }).await;
        plan_id
    }

    /// An approved plan; its approver is account 3.
    pub async fn approved_plan(&self) -> PlanId {
        let plan_id = self.submitted_plan().await;
        self.accepted(&caller(Role::Approver, 3), Command::ApprovePlan { plan_id }).await;
        plan_id
    }

    /// A call in review; its author is account 4.
    pub async fn submitted_call(&self, input: TenderInput) -> TenderId {
        let author = caller(Role::Contracting, 4);
        let save = Command::SaveTenderDraft { tender_id: None, tender: Box::new(input) };
        let saved = self.accepted(&author, save).await;
        let tender_id: TenderId = saved.subject.parse().unwrap();
        self.accepted(&author, Command::SubmitCall { tender_id }).await;
        tender_id
    }

    /// An approved call; its approver is account 3.
    pub async fn approved_call(&self, input: TenderInput) -> TenderId {
        let tender_id = self.submitted_call(input).await;
        self.accepted(&caller(Role::Approver, 3), Command::ApproveCall { tender_id }).await;
        tender_id
    }

    pub fn accounts(&self, settings: AccountSettings) -> Accounts {
        Accounts::new(pool(&self.database.service_url), Arc::new(SystemEntropy), settings).unwrap()
    }

    pub async fn owner(&self) -> tokio_postgres::Client {
        client(&self.database.owner_url).await
    }
}

/// The keys of vault and documents; one set a process is enough, for subjects are drawn at random.
static KEYS: LazyLock<Arc<MemoryKeys>> = LazyLock::new(Arc::default);

/// A beacon for which every event is anchored in the same block.
#[derive(Debug)]
pub struct FixedBlock;

impl Beacon for FixedBlock {
    fn block_of(&self, _position: u64) -> BlockAnswer<'_> {
        Box::pin(async { Ok(Some((9, [9; 32]))) })
    }
}

/// Destroys the key of a stream, as an operator can.
pub fn destroy_key(stream: &str) {
    KEYS.destroy(stream).unwrap();
}

pub fn settings() -> Settings {
    Settings { ocid_prefix: "ocds-000000".parse().unwrap(), rules: RuleSet::piloto_2018().clone() }
}

pub fn parts() -> Parts {
    Parts {
        entropy: Arc::new(SystemEntropy),
        keyring: Keyring::new([7; 32], KEYS.clone()),
        receipts: Receipts {
            key: ReceiptKey::from_seed(ORIGIN, &[5; 32]).unwrap(),
            anchor_delay_max: Duration::from_mins(5),
        },
        beacon: Arc::new(FixedBlock),
    }
}

pub fn caller(role: Role, n: u128) -> Caller {
    Caller { account: AccountRef(Uuid::from_u128(n)), roles: vec![role] }
}

pub fn rejection<T: std::fmt::Debug>(answer: Result<T, ExecuteError>) -> Rejection {
    match answer {
        Err(ExecuteError::Rejected(rejection)) => rejection,
        other => panic!("not rejected: {other:?}"),
    }
}

/// An event that says nothing, at the beginning of a stream that takes claims.
pub fn heartbeat(stream: &str, take: Vec<Claim>) -> AppendRequest {
    let event = NewEvent {
        event_type: "Heartbeat".to_owned(),
        schema: 1,
        actor: Some(merkle::Actor {
            kind: "system".to_owned(),
            r#ref: Uuid::nil().to_string(),
            role: "system".to_owned(),
        }),
        causation: None,
        rule_set: None,
        data: serde_json::Map::new(),
        withheld: Vec::new(),
    };
    let stream = stream.to_owned();
    AppendRequest {
        command_id: Uuid::new_v4(),
        body: Vec::new(),
        correlation: Uuid::new_v4(),
        writes: vec![StreamWrite { stream, expected: 0, events: vec![event], seal: None }],
        unchanged: Vec::new(),
        not_before: None,
        not_after: None,
        take,
        release: Vec::new(),
    }
}

pub fn account_names(account: &Account) -> Vec<&'static str> {
    account.roles.iter().map(|role| role.as_str()).collect()
}

pub fn local(text: &str) -> Timestamp {
    Timestamp::from_local(text).unwrap()
}

pub fn mxn(centavos: &str) -> MoneyInput {
    MoneyInput { centavos: centavos.to_owned(), currency: "MXN".to_owned() }
}

pub fn pool(url: &str) -> Pool {
    pool_of(url, 8)
}

/// A pool of so many connections.
pub fn pool_of(url: &str, connections: usize) -> Pool {
    let manager = Manager::new(url.parse().unwrap(), NoTls);
    Pool::builder(manager).max_size(connections).build().unwrap()
}

async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
