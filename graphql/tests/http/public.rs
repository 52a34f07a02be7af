//! Everything that anybody can get of the server, without a session.
//!
//! What is asked is derived from what the server says of itself: a query, a field or a path that comes later is asked
//! for too, or the test that lists them fails.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use eventstore::EventStore as _;
use graphql::admin_router;
use serde_json::{Value, json};

use crate::following::{EventStream, Socket};
use crate::support::{World, metrics};

/// Every query there is; those of drafts need a session, and say so.
pub const QUERIES: [&str; 21] = [
    "acts",
    "batches",
    "catalogueItems",
    "companies",
    "company",
    "document",
    "evaluators",
    "event",
    "log",
    "me",
    "plan",
    "planDrafts",
    "plans",
    "procedure",
    "proof",
    "record",
    "releases",
    "tender",
    "tenderDrafts",
    "tenders",
    "units",
];

/// Every path of the REST interface; [`Asked::rest`] asks for each but the extensions, which are files of ours.
pub const PATHS: [&str; 11] = [
    "/batches/events",
    "/documents/{sha256}",
    "/events",
    "/healthz",
    "/log/checkpoint",
    "/log/tile/{*path}",
    "/ocds/extensions/{*path}",
    "/ocds/records/{ocid}",
    "/ocds/releases/{id}",
    "/proofs/{id}",
    "/readyz",
];

/// Every subscription.
pub const SUBSCRIPTIONS: [&str; 2] = ["batchAnchored", "eventRecorded"];

/// The members of a page; its cost is bounded.
const PAGE: u32 = 20;

/// Answers, each with the place it is from: one for each question, and of lists of events one for each event.
pub type Answers = Vec<(String, Value)>;

/// What to ask about.
pub struct Asked<'a> {
    pub world: &'a World,
    pub ocid: String,
    /// Hashes of documents, `0x` and hexadecimal.
    pub documents: Vec<String>,
}

/// The types of the schema by name, each with its fields.
struct Schema(BTreeMap<String, Vec<Value>>);

impl Schema {
    async fn read(world: &World) -> Self {
        let query = "{ __schema { types { name fields { name args { name } type { name ofType {
                       name ofType { name ofType { name } } } } } } } }";
        let answer = world.read("", query).await;
        let types = answer["__schema"]["types"].as_array().unwrap().iter();
        let fields = |it: &Value| it["fields"].as_array().cloned().unwrap_or_default();
        Self(types.map(|it| (it["name"].as_str().unwrap().to_owned(), fields(it))).collect())
    }

    fn names(&self, root: &str) -> Vec<String> {
        let mut names: Vec<String> =
            self.0[root].iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    /// All there is below a field of the root type.
    fn below(&self, root: &str, field: &str) -> (Vec<String>, String) {
        let field = self.0[root].iter().find(|it| it["name"] == field).unwrap();
        let arguments = field["args"].as_array().unwrap().iter();
        let arguments = arguments.map(|it| it["name"].as_str().unwrap().to_owned()).collect();
        (arguments, self.selection(type_name(&field["type"])))
    }

    fn selection(&self, of: &str) -> String {
        let fields = self.0.get(of).filter(|fields| !fields.is_empty());
        let Some(fields) = fields else { return String::new() };
        let mut selection = " { __typename".to_owned();
        // Edges hold the same as nodes.
        for field in fields.iter().filter(|field| field["name"] != "edges") {
            let name = field["name"].as_str().unwrap();
            assert_eq!(field["args"], json!([]), "{of}.{name}");
            selection = format!("{selection} {name}{}", self.selection(type_name(&field["type"])));
        }
        selection + " }"
    }
}

/// The name of a type without the marks of lists and of what is never null.
fn type_name(reference: &Value) -> &str {
    reference["name"].as_str().unwrap_or_else(|| type_name(&reference["ofType"]))
}

impl Asked<'_> {
    /// All answers, once the read models have followed the log.
    pub async fn everything(&self) -> Answers {
        let mut answers = self.graphql().await;
        answers.extend(self.rest().await);
        answers.extend(self.feeds().await);
        answers.extend(self.entries().await);
        answers
    }

    /// Number of events.
    pub async fn size(&self) -> u64 {
        self.world.store.head().await.unwrap().next_position
    }

    async fn event_ids(&self) -> Vec<String> {
        let events = self.world.store.read(0, 1_000).await.unwrap();
        events.iter().map(|event| event.id().to_string()).collect()
    }

    /// The values to ask for, of an argument that says what is asked for.
    async fn values(&self, argument: &str) -> Option<Vec<String>> {
        match argument {
            "ocid" => Some(vec![self.ocid.clone()]),
            "sha256" => Some(self.documents.clone()),
            "id" | "eventId" => Some(self.event_ids().await),
            "companyId" => {
                let query = "{ companies { nodes { companyId } } }";
                let companies = self.world.read("", query).await["companies"]["nodes"].clone();
                let id = |it: &Value| it["companyId"].as_str().unwrap().to_owned();
                Some(companies.as_array().unwrap().iter().map(id).collect())
            }
            "first" | "after" | "minPosition" | "asOf" | "scheme" | "status" => None,
            other => panic!("an argument that nobody gives a value: {other}"),
        }
    }

    async fn graphql(&self) -> Answers {
        let schema = Schema::read(self.world).await;
        assert_eq!(schema.names("Query"), QUERIES);
        let mut answers = Vec::new();
        for name in QUERIES {
            let (arguments, selection) = schema.below("Query", name);
            let mut given = Vec::new();
            let mut things = None;
            for argument in &arguments {
                if let Some(values) = self.values(argument).await {
                    things = Some((argument.clone(), values));
                }
            }
            if arguments.contains(&"minPosition".to_owned()) {
                given.push(format!("minPosition: \"{}\"", self.size().await));
            }
            let (thing, values) = things.unwrap_or((String::new(), vec![String::new()]));
            for value in values {
                let mut given = given.clone();
                if !thing.is_empty() {
                    given.push(format!("{thing}: \"{value}\""));
                }
                let is_list = arguments.contains(&"first".to_owned());
                answers.extend(self.pages(name, is_list, &given, &selection).await);
            }
        }
        answers
    }

    /// The answer to a query; of a list all pages, each member by itself.
    async fn pages(&self, name: &str, is_list: bool, given: &[String], selection: &str) -> Answers {
        let mut answers = Vec::new();
        let mut after = String::new();
        loop {
            let mut given = given.to_vec();
            if is_list {
                given.push(format!("first: {PAGE}{after}"));
            }
            let arguments =
                if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) };
            let query = format!("{{ {name}{arguments}{selection} }}");
            let answer = self.world.ask("", &query, Value::Null).await;
            let code = &answer["errors"][0]["extensions"]["code"];
            let is_for_officials = name.ends_with("Drafts");
            assert_eq!(code == "not-authenticated", is_for_officials, "{name}: {answer}");
            assert_eq!(answer.get("errors").is_some(), is_for_officials, "{name}: {answer}");
            let mut found = answer["data"][name].clone();
            let members = found.get_mut("nodes").map(Value::take);
            for member in members.iter().filter_map(Value::as_array).flatten() {
                answers.push((name.to_owned(), member.clone()));
            }
            answers.push((name.to_owned(), found.clone()));
            if found["pageInfo"]["hasNextPage"] != true {
                return answers;
            }
            after = format!(", after: {}", found["pageInfo"]["endCursor"]);
        }
    }

    async fn rest(&self) -> Answers {
        let described = self.world.get("/api-docs/openapi.json").await.json();
        let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
        assert_eq!(paths, PATHS);
        let mut paths: Vec<String> =
            ["/healthz", "/readyz", "/log/checkpoint"].map(str::to_owned).into();
        paths.extend(["", "?versioned=true"].map(|it| format!("/ocds/records/{}{it}", self.ocid)));
        paths.extend(self.documents.iter().map(|hash| format!("/documents/{hash}")));
        paths.extend(self.event_ids().await.iter().map(|id| format!("/proofs/{id}")));
        let query = format!("{{ releases(ocid: \"{}\") {{ nodes {{ releaseId }} }} }}", self.ocid);
        let releases = self.world.read("", &query).await["releases"]["nodes"].clone();
        for release in releases.as_array().unwrap() {
            let id = release["releaseId"].as_str().unwrap();
            paths.extend([format!("/ocds/releases/{id}"), format!("/proofs/{id}")]);
        }
        let mut answers = Vec::new();
        for path in paths {
            let answer = self.world.get(&path).await;
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            let body = serde_json::from_str(&body).unwrap_or(Value::String(body));
            let place = path.split('/').nth(1).unwrap().to_owned();
            answers.push((place, json!({"status": answer.status, "body": body})));
        }
        answers
    }

    /// All events, as server-sent events and by subscription. Batches are followed where there are some.
    async fn feeds(&self) -> Answers {
        let schema = Schema::read(self.world).await;
        assert_eq!(schema.names("Subscription"), SUBSCRIPTIONS);
        let (_, selection) = schema.below("Subscription", "eventRecorded");
        let all = format!("eventRecorded(after: \"-1\") {selection}");
        let mut socket = Socket::follow(self.world, &all).await;
        let mut stream = EventStream::open(self.world, "/events?after=-1", None).await;
        let mut answers = Vec::new();
        for _ in 0..self.size().await {
            answers.push(("subscription".to_owned(), socket.next("eventRecorded").await));
            answers.push(("/events".to_owned(), stream.next().await.unwrap().data));
        }
        answers
    }

    /// The entries themselves.
    async fn entries(&self) -> Answers {
        let events = self.world.store.read(0, 1_000).await.unwrap();
        let text = |bytes: &[u8]| json!(String::from_utf8_lossy(bytes));
        events.iter().map(|event| ("entry".to_owned(), text(&event.entry))).collect()
    }

    /// Batches, their tiles, and the bundles of all events, once everything is anchored.
    pub async fn anchored(&self) -> Answers {
        let size = self.size().await;
        let mut answers = Vec::new();
        let mut stream = EventStream::open(self.world, "/batches/events?after=-1", None).await;
        let schema = Schema::read(self.world).await;
        let (_, selection) = schema.below("Subscription", "batchAnchored");
        let all = format!("batchAnchored(after: \"-1\") {selection}");
        let mut socket = Socket::follow(self.world, &all).await;
        let mut end = 0;
        while end < size {
            let batch = stream.next().await.unwrap().data;
            let number = |member: &str| batch[member].as_str().unwrap().parse::<u64>().unwrap();
            end = number("first") + number("count");
            answers.push(("/batches/events".to_owned(), batch));
            answers.push(("subscription".to_owned(), socket.next("batchAnchored").await));
        }
        let hashes = self.world.get(&format!("/log/tile/0/000.p/{end}")).await;
        answers.push(("tile".to_owned(), json!(String::from_utf8_lossy(&hashes.body))));
        let entries = self.world.get(&format!("/log/tile/entries/000.p/{end}")).await;
        let mut rest = &entries.body[..];
        while let Some((length, behind)) = rest.split_first_chunk::<2>() {
            let (entry, behind) = behind.split_at(usize::from(u16::from_be_bytes(*length)));
            answers.push(("tile".to_owned(), json!(String::from_utf8_lossy(entry))));
            rest = behind;
        }
        answers.extend(self.rest().await);
        answers
    }

    /// What only the operator sees: the metrics.
    pub async fn metrics(&self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, admin_router(metrics())).await });
        self.world.send_to("GET", &format!("http://{address}/metrics"), &[], b"").await.text()
    }
}

/// An answer as text, with its entry in the clear.
pub fn readable(answer: &Value) -> String {
    let entry = answer["entry"].as_str().or(answer["body"]["entry"].as_str()).unwrap_or_default();
    let entry = URL_SAFE_NO_PAD.decode(entry).unwrap_or_default();
    format!("{answer} {}", String::from_utf8_lossy(&entry))
}
