//! A log with a history, and its read models as text.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]
#![allow(dead_code, reason = "each test file uses its own part of these helpers")]

pub mod case;

use std::collections::HashMap;
use std::sync::Arc;

use domain::{DomainEvent, Timestamp};
use eventstore::{
    AppendRequest, EventStore, Keyring, LogSetup, MemoryKeys, NewEvent, PgStore, Recorded,
    StreamWrite, SystemEntropy, initialise,
};
use merkle::Actor;
use ocds::release::{Mapping, Release, Source, ocid_of};
use private_postgres::TestDatabase;
use projections::TABLES;
use serde_json::{Value, json};
use uuid::Uuid;

use case::Case;

pub const ORIGIN: &str = "log.example/test";
/// Stores a release's bytes as the publisher does.
pub const STORE_RELEASE: &str =
    "INSERT INTO app.releases (release_id, ocid, position, date_ms, bytes, sha256, mapping)
     VALUES ($1, $2, $3, $4, $5, sha256($5), '1')";
/// 2018-03-26T16:00:00.000Z
pub const START: i64 = 1_522_080_000_000;

pub struct World {
    pub store: Arc<PgStore>,
    pub owner: tokio_postgres::Client,
    /// What releases are made by.
    pub mapping: Mapping,
}

impl World {
    pub async fn new() -> Self {
        let database = TestDatabase::create().await;
        let owner = connect(&database.owner_url).await;
        let setup = LogSetup { origin: ORIGIN.into(), epoch: 1, simulated_clock: Some(START) };
        initialise(&owner, &setup).await.unwrap();
        let keyring = Keyring::new([7; 32], Arc::new(MemoryKeys::default()));
        let store = PgStore::connect(&database.service_url, keyring, Box::new(SystemEntropy));
        Self { store: Arc::new(store.await.unwrap()), owner, mapping: Mapping::NEWEST }
    }

    pub async fn append(&self, stream: &str, events: Vec<NewEvent>) -> Vec<Recorded> {
        self.write(stream, events, None).await
    }

    /// Appends sealed entries, under the key of the stream.
    pub async fn append_sealed(&self, stream: &str, events: Vec<NewEvent>) -> Vec<Recorded> {
        self.write(stream, events, Some(stream.into())).await
    }

    async fn write(
        &self,
        stream: &str,
        events: Vec<NewEvent>,
        seal: Option<String>,
    ) -> Vec<Recorded> {
        let expected = self.store.read_stream(stream).await.unwrap().len() as u64;
        let command_id = Uuid::new_v4();
        let request = AppendRequest {
            command_id,
            body: command_id.as_bytes().to_vec(),
            correlation: command_id,
            writes: vec![StreamWrite { stream: stream.into(), expected, events, seal }],
            unchanged: vec![],
            not_before: None,
            not_after: None,
            take: vec![],
            release: vec![],
        };
        self.store.append(request).await.unwrap().events
    }

    /// Two units, two items, three companies and `processes` processes, each planned and called; the first is
    /// carried through to its end, the second to its technical opening.
    pub async fn play(&self, processes: u32) {
        for key in ["009000999", "00900099A"] {
            let data = json!({"key": key, "name": format!("Unidad {key}"), "buyer": "Comprador"});
            self.append(&format!("unit-{key}"), vec![event("UnitRegistered", &data)]).await;
        }
        for id in ["33300001-ACC", "33300002"] {
            let data =
                json!({"scheme": "MX-LOCAL", "id": id, "description": "x", "unit": "Servicio"});
            self.append("catalog-MX-LOCAL", vec![event("CatalogItemAdded", &data)]).await;
        }
        for (number, decision) in
            [(1, None), (2, Some("CompanyApproved")), (3, Some("CompanyRejected"))]
        {
            let id = Uuid::from_u128(number).to_string();
            let data = json!({"companyId": id, "legalName": "EMPRESA", "rfc": "CMP140312QX5", "size": "micro"});
            let stream = format!("company-{id}");
            self.append(&stream, vec![event("CompanyRegistered", &data)]).await;
            let data = match decision {
                None => continue,
                Some("CompanyApproved") => json!({"companyId": id}),
                Some(_) => json!({"companyId": id, "reason": "Falta el acta"}),
            };
            self.append(&stream, vec![event(decision.unwrap(), &data)]).await;
        }
        let mut publisher = Publisher::default();
        let mut calls = Vec::new();
        for number in 1..=processes {
            let planned = self.append(&format!("plan-{}", id(1, number)), vec![plan(number)]).await;
            publisher.publish(self, &planned[0]).await;
            if number % 2 == 0 {
                self.append("heartbeat", vec![event("Heartbeat", &json!({}))]).await;
            }
            calls.push((format!("tender-{}", id(2, number)), tender(number)));
        }
        for (stream, call) in calls {
            let called = self.append(&stream, vec![call]).await;
            publisher.publish(self, &called[0]).await;
        }
        if processes > 0 {
            case::evaluators(&*self.store).await;
            self.case(1).play().await;
        }
        if processes > 1 {
            let mut case = self.case(2);
            case.seal_proposals().await;
            case.close_receipt().await;
            case.open_technical().await;
        }
    }

    /// The rest of a process that is called.
    pub fn case(&self, number: u32) -> Case<'_, PgStore> {
        Case::new(&self.store, &ocid(number), id(2, number).parse().unwrap())
    }

    /// Every row of every table of the generation that is served.
    pub async fn rows(&self) -> Vec<String> {
        let served = "SELECT generation FROM projections.generations WHERE state = 'serving'";
        let generation: i64 = self.owner.query_one(served, &[]).await.unwrap().get(0);
        let mut rows = Vec::new();
        for table in TABLES {
            let sql = format!(
                "SELECT row_to_json(r)::text FROM read_{generation}.{table} AS r ORDER BY 1"
            );
            for row in self.owner.query(&sql, &[]).await.unwrap() {
                rows.push(format!("{table} {}", row.get::<_, String>(0)));
            }
        }
        rows
    }

    /// Drops what is served, so that the next runner begins anew.
    pub async fn forget(&self) {
        self.owner
            .execute(
                "SELECT projections.drop_generation(generation) FROM projections.generations",
                &[],
            )
            .await
            .unwrap();
    }
}

/// Publishes as `application` does: the bytes first, then the event.
#[derive(Default)]
pub struct Publisher {
    last_release: HashMap<String, Value>,
}

impl Publisher {
    pub async fn publish(&mut self, world: &World, source: &Recorded) {
        let release = self.release(source, world.mapping);
        world
            .owner
            .execute(
                STORE_RELEASE,
                &[
                    &release.id,
                    &release.ocid.as_str(),
                    &i64::try_from(source.position).unwrap(),
                    &release.date.as_millis(),
                    &release.bytes(),
                ],
            )
            .await
            .unwrap();
        let mut published = event(
            "ReleasePublished",
            &json!({"ocid": release.ocid.as_str(), "releaseId": release.id,
                   "sha256": release.sha256_hex(), "mapping": world.mapping.as_str()}),
        );
        published.causation = Some(source.id());
        world.append(&release.ocid.releases_stream(), vec![published]).await;
    }

    fn release(&mut self, source: &Recorded, mapping: Mapping) -> Release {
        let envelope = source.open().unwrap();
        let data = Value::Object(envelope.data.clone());
        let cause = DomainEvent::from_recorded(&envelope.r#type, envelope.schema, &data);
        let cause = cause.unwrap().unwrap();
        let ocid = ocid_of(&cause).unwrap().to_string();
        let source = Source {
            event: &cause,
            event_id: &envelope.id.to_string(),
            position: source.position,
            leaf_hash: source.leaf,
            effective_at: Timestamp::from_millis(envelope.effective_at).unwrap(),
            previous: self.last_release.get(&ocid),
        };
        let release = mapping.release_for(&source).unwrap();
        self.last_release.insert(ocid, release.value.clone());
        release
    }
}

pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub fn event(event_type: &str, data: &Value) -> NewEvent {
    NewEvent {
        event_type: event_type.into(),
        schema: 1,
        actor: Some(Actor { kind: "system".into(), r#ref: "test".into(), role: "system".into() }),
        causation: None,
        rule_set: None,
        data: data.as_object().unwrap().clone(),
        withheld: vec![],
    }
}

pub fn ocid(number: u32) -> String {
    format!("ocds-000000-009000999-2018-{number}")
}

fn id(kind: u128, number: u32) -> String {
    Uuid::from_u128((kind << 32) + u128::from(number)).to_string()
}

pub fn plan(number: u32) -> NewEvent {
    let mut data = golden(include_str!("../../../domain/tests/golden/PlanApproved.v1.json"));
    data["ocid"] = ocid(number).into();
    data["planId"] = id(1, number).into();
    event("PlanApproved", &data)
}

pub fn tender(number: u32) -> NewEvent {
    let mut data = golden(include_str!("../../../domain/tests/golden/TenderPublished.v1.json"));
    data["ocid"] = ocid(number).into();
    data["planId"] = id(1, number).into();
    data["tenderId"] = id(2, number).into();
    data["title"] = format!("LICITACIÓN {number}").into();
    event("TenderPublished", &data)
}

fn golden(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
