//! A real Postgres, a real chain node and a service on both.
#![allow(dead_code, reason = "each test file uses its own part of these helpers")]

pub mod backup;
pub mod chain;
pub mod proxy;
pub mod sealed;
pub mod serving;

use std::sync::Arc;
use std::time::Duration;

use anchor::reader::Reader;
use anchor::{
    Address, AnchorError, BatchContract, BatchRules, ChainKey, Consensus, Constructor, Deployed,
    Endpoint, EthereumContract, Service, Step, Url, deploy_or_reuse,
};
use eventstore::{
    AppendRequest, EventStore, Keyring, LogSetup, MemoryKeys, NewEvent, PgStore, StreamWrite,
    SystemEntropy, initialise,
};
use merkle::{Actor, LogKey};
use private_postgres::TestDatabase;
use serde_json::json;
use uuid::Uuid;

use chain::Anvil;

pub const ORIGIN: &str = "log.example/test";
/// The first account of anvil, known to everybody: it anchors.
pub const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
/// Its second account, for whoever else wants to anchor.
pub const OTHER_KEY: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
/// Its third account: it owns the contract.
pub const OWNER_KEY: &str = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a";

pub type TestService = Service<PgStore, EthereumContract>;

/// Everything a service needs to run, and to run again after it was dropped.
pub struct Rig {
    pub anvil: Anvil,
    pub database: TestDatabase,
    pub store: Arc<PgStore>,
    pub deployed: Deployed,
    pub rules: BatchRules,
}

/// Rules under which nothing happens unless it is asked for.
pub fn patient() -> BatchRules {
    BatchRules {
        batch_count_max: 100_000,
        batch_age_max: Duration::from_hours(1),
        poll_interval: Duration::from_millis(10),
        resend_after: Duration::from_hours(1),
        replace_after: Duration::from_hours(1),
        ..BatchRules::default()
    }
}

pub fn chain_key() -> ChainKey {
    ChainKey::parse(KEY).unwrap()
}

pub fn other_key() -> ChainKey {
    ChainKey::parse(OTHER_KEY).unwrap()
}

pub fn owner_key() -> ChainKey {
    ChainKey::parse(OWNER_KEY).unwrap()
}

pub fn log_key() -> LogKey {
    LogKey::from_seed(ORIGIN, &[3; 32]).unwrap()
}

pub fn endpoint(url: &str) -> Endpoint {
    Endpoint {
        rpc_url: url.parse::<Url>().unwrap(),
        timeout: Duration::from_secs(5),
        consensus: Consensus::Dev,
    }
}

/// An empty log in a database of its own.
pub async fn log() -> (TestDatabase, Arc<PgStore>) {
    let database = TestDatabase::create().await;
    let owner = connect(&database.owner_url).await;
    let setup = LogSetup { origin: ORIGIN.into(), epoch: 1, simulated_clock: None };
    initialise(&owner, &setup).await.unwrap();
    let store = open(&database).await;
    (database, store)
}

pub async fn open(database: &TestDatabase) -> Arc<PgStore> {
    open_url(&database.service_url).await
}

pub async fn open_url(service_url: &str) -> Arc<PgStore> {
    let keyring = Keyring::new([7; 32], Arc::new(MemoryKeys::default()));
    let store = PgStore::connect(service_url, keyring, Box::new(SystemEntropy)).await;
    Arc::new(store.unwrap())
}

pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub async fn deploy(anvil: &Anvil) -> Deployed {
    let key = chain_key();
    let constructor = Constructor::first(ORIGIN, owner_key().address(), key.address());
    let endpoint = endpoint(&anvil.url);
    let deployment = deploy_or_reuse(&endpoint, &key, &constructor, None);
    while_mining(anvil, deployment).await.unwrap()
}

/// Mines until `work` is done.
pub async fn while_mining<T>(anvil: &Anvil, work: impl Future<Output = T>) -> T {
    let mining = async {
        loop {
            anvil.mine(1).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        done = work => done,
        () = mining => unreachable!("it mines for ever"),
    }
}

/// Appends `count` events in one request.
pub async fn append(store: &PgStore, count: usize) {
    append_of(store, "ThingHappened", count).await;
}

/// Appends `count` events of a type in one request.
pub async fn append_of(store: &PgStore, event_type: &str, count: usize) {
    let command_id = Uuid::new_v4();
    let stream = format!("test-{command_id}");
    let actor = Actor { kind: "system".into(), r#ref: "test".into(), role: "system".into() };
    let event = |n: usize| NewEvent {
        event_type: event_type.into(),
        schema: 1,
        actor: Some(actor.clone()),
        causation: None,
        rule_set: None,
        data: json!({"n": n.to_string()}).as_object().unwrap().clone(),
        withheld: vec![],
    };
    let request = AppendRequest {
        command_id,
        body: command_id.as_bytes().to_vec(),
        correlation: command_id,
        writes: vec![StreamWrite {
            stream,
            expected: 0,
            events: (0..count).map(event).collect(),
            seal: None,
        }],
        unchanged: vec![],
        not_before: None,
        not_after: None,
        take: vec![],
        release: vec![],
    };
    store.append(request).await.unwrap();
}

impl Rig {
    /// An empty log and a fresh contract.
    pub async fn new() -> Self {
        let (database, store) = log().await;
        let anvil = Anvil::start().await;
        let deployed = deploy(&anvil).await;
        Self { anvil, database, store, deployed, rules: patient() }
    }

    /// Starts a service, as after a crash of the one before it.
    pub async fn service(&self) -> TestService {
        self.try_service().await.unwrap()
    }

    pub async fn try_service(&self) -> Result<TestService, AnchorError> {
        self.service_over(&self.anvil.url, &self.store, Duration::from_secs(5)).await
    }

    pub async fn service_over(
        &self,
        url: &str,
        store: &Arc<PgStore>,
        timeout: Duration,
    ) -> Result<TestService, AnchorError> {
        let endpoint = Endpoint { timeout, ..endpoint(url) };
        let address = self.deployed.address;
        let contract = EthereumContract::connect(&endpoint, address, ORIGIN, chain_key()).await?;
        Service::start(Arc::clone(store), contract, store.pool(), log_key(), self.rules).await
    }

    /// The contract of this rig, driven with `key`.
    pub async fn contract_with(&self, key: ChainKey) -> EthereumContract {
        let endpoint = endpoint(&self.anvil.url);
        EthereumContract::connect(&endpoint, self.deployed.address, ORIGIN, key).await.unwrap()
    }

    /// The bytes of the chain transaction that the memory keeps for a batch.
    pub async fn stored_chain_tx(&self, batch_index: i64) -> String {
        let owner = connect(&self.database.owner_url).await;
        let sql = "SELECT chain_tx FROM anchor.batches WHERE batch_index = $1";
        let row = owner.query_one(sql, &[&batch_index]).await.unwrap();
        merkle::hash::to_hex(&row.get::<_, Vec<u8>>(0))
    }

    /// Starts a service on this rig's log and another contract, or on a contract that is wrapped.
    pub async fn service_of<C: BatchContract>(
        &self,
        contract: C,
    ) -> Result<Service<PgStore, C>, AnchorError> {
        let store = Arc::clone(&self.store);
        Service::start(store, contract, self.store.pool(), log_key(), self.rules).await
    }

    pub async fn assert_one_root_per_range(&self) {
        let contract = self.contract_with(chain_key()).await;
        assert_one_root_per_range(&contract, &self.store).await;
    }

    pub fn reader(&self) -> Reader<PgStore> {
        Reader::new(self.store.pool().clone(), Arc::clone(&self.store))
    }

    pub fn contract(&self) -> Address {
        self.deployed.address
    }

    /// Appends, closes, anchors and confirms one batch.
    pub async fn anchor_batch(&self, service: &mut TestService, count: usize) {
        append(&self.store, count).await;
        service.flush_handle().flush();
        self.until(service, |step| matches!(step, Step::Confirmed { .. })).await;
    }

    /// Whoever stole the key anchors batch 1: their log starts with our three entries, as the contract demands,
    /// and goes on with an invention. Returns their database.
    pub async fn anchor_as_thief(&self) -> TestDatabase {
        let (database, store) = backup::restored(&self.database, 3, 1).await;
        append(&store, 2).await;
        let mut thief =
            self.service_over(&self.anvil.url, &store, Duration::from_secs(5)).await.unwrap();
        thief.flush_handle().flush();
        self.until(&mut thief, |step| step == Step::Confirmed { index: 1 }).await;
        database
    }

    /// Steps and mines until a step of the wanted kind; returns every step on the way.
    pub async fn until<C: BatchContract>(
        &self,
        service: &mut Service<PgStore, C>,
        wanted: impl Fn(Step) -> bool,
    ) -> Vec<Step> {
        let mut steps = Vec::new();
        for _ in 0..200 {
            let step = service.step().await.unwrap();
            if step != Step::Idle {
                steps.push(step);
            }
            if wanted(step) {
                return steps;
            }
            if matches!(step, Step::Sent { .. } | Step::Mined { .. } | Step::Idle) {
                self.anvil.mine(1).await;
            }
        }
        panic!("the step never came: {steps:?}");
    }
}

/// What the memory says of the batches is what the contract has: one root per range, no gap, to the end of the log.
pub async fn assert_one_root_per_range(contract: &EthereumContract, store: &Arc<PgStore>) {
    let reader = Reader::new(store.pool().clone(), Arc::clone(store));
    let head = contract.head().await.unwrap();
    let views = reader.batches(0, 1_000).await.unwrap();
    assert_eq!(views.len() as u64, head.batches);
    let mut end = 0;
    for (view, index) in views.iter().zip(0..) {
        let anchored = contract.find(index, 0).await.unwrap().unwrap();
        assert_eq!(anchored.head.first, end);
        assert_eq!((view.index, view.first, view.count), (index, end, anchored.head.count));
        assert_eq!(view.log_root, anchored.head.log_root);
        assert_eq!(view.batch_root, anchored.head.batch_root);
        assert_eq!(view.block.map(|(_, hash)| hash), Some(anchored.block.hash.0));
        end += view.count;
    }
    assert_eq!(end, head.size);
    assert_eq!(end, store.head().await.unwrap().next_position);
    assert_eq!(views.last().map(|view| view.log_root), Some(head.log_root));
}
