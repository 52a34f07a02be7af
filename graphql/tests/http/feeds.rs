//! Live feeds: nothing is missed, nothing comes twice, and nobody takes more than there is.

use std::time::Duration;

use domain::Role;
use futures::SinkExt as _;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio_tungstenite::tungstenite::Message;

use crate::following::{EventStream, Socket};
use crate::support::World;

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "graphql-transport-ws");

/// Records a heartbeat.
async fn beat(world: &World) {
    application::heartbeat::beat(&*world.store).await.unwrap();
}

/// Records `count` heartbeats, one after the other, while the test goes on.
fn beating(world: &World, count: u32) -> tokio::task::JoinHandle<()> {
    let store = world.store.clone();
    tokio::spawn(async move {
        for _ in 0..count {
            application::heartbeat::beat(&*store).await.unwrap();
        }
    })
}

fn positions(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|position| position.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_connects_again_misses_nothing_and_gets_nothing_twice() {
    let world = World::start().await;
    beat(&world).await;
    let writer = beating(&world, 200);
    let mut seen = vec!["0".to_owned()];
    while seen.len() < 201 {
        let after = seen.last().unwrap();
        let subscription = format!("eventRecorded(after: \"{after}\") {{ position }}");
        let mut socket = Socket::follow(&world, &subscription).await;
        for _ in 0..23.min(201 - seen.len()) {
            let event = socket.next("eventRecorded").await;
            seen.push(event["position"].as_str().unwrap().to_owned());
        }
        // The connection is cut, with more on its way.
    }
    assert_eq!(seen, positions(0..201));
    writer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_feeds_share_of_the_log_hides_nothing_of_it() {
    let world = World::start().await;
    beating(&world, 3).await.unwrap();
    // They share the end of the log; then nobody follows for longer than they remember.
    for after in ["-1", "1"] {
        let mut stream = EventStream::open(&world, &format!("/events?after={after}"), None).await;
        while stream.next().await.unwrap().id != "2" {}
    }
    beating(&world, 400).await.unwrap();
    for after in [390, 250, -1, 100, 2, 140, 401] {
        let mut stream = EventStream::open(&world, &format!("/events?after={after}"), None).await;
        for position in after + 1..403 {
            assert_eq!(stream.next().await.unwrap().id, position.to_string(), "after {after}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_goes_on_behind_the_last_id() {
    let world = World::start().await;
    let writer = beating(&world, 120);
    let mut seen: Vec<String> = Vec::new();
    while seen.len() < 120 {
        let last = seen.last().map(String::as_str);
        // The address is still the first one, as in a browser.
        let mut stream = EventStream::open(&world, "/events?after=-1", last).await;
        for _ in 0..17.min(120 - seen.len()) {
            let sent = stream.next().await.unwrap();
            assert_eq!(
                (sent.event.as_str(), &sent.data["position"]),
                ("eventRecorded", &json!(sent.id))
            );
            seen.push(sent.id);
        }
    }
    assert_eq!(seen, positions(0..120));
    writer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_begins_with_where_it_begins() {
    let world = World::start().await;
    let mut batches = EventStream::open(&world, "/batches/events", None).await;
    assert_eq!(batches.begin().await, "-1");
    let mut stream = EventStream::open(&world, "/events?types=UnitRegistered", None).await;
    assert_eq!(stream.begin().await, "-1");
    beating(&world, 3).await.unwrap();
    for (path, last, begin) in [
        ("/events", None, "2"),
        ("/events?types=UnitRegistered", None, "2"),
        ("/events?after=0", None, "0"),
        ("/events?after=0", Some("1"), "1"),
        ("/events", Some("-1"), "-1"),
        ("/batches/events", None, "-1"),
        ("/batches/events?after=1", None, "1"),
    ] {
        let mut stream = EventStream::open(&world, path, last).await;
        assert_eq!(stream.begin().await, begin, "{path} {last:?}");
    }
    // What was recorded between two connections, before anything came.
    let begun = EventStream::open(&world, "/events", None).await.begin().await;
    beat(&world).await;
    let mut again = EventStream::open(&world, "/events", Some(&begun)).await;
    assert_eq!(again.next().await.unwrap().id, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_after_only_what_is_new_comes() {
    let world = World::start().await;
    beat(&world).await;
    let mut socket = Socket::follow(&world, "eventRecorded { position }").await;
    // The subscription has begun when the second one's error is answered.
    socket.subscribe("2", "subscription { eventRecorded(after: \"x\") { position } }").await;
    assert_eq!(socket.answer().await["id"], "2");
    assert_eq!(socket.answer().await["type"], "complete");
    let mut stream = EventStream::open(&world, "/events", None).await;
    beat(&world).await;
    assert_eq!(socket.next("eventRecorded").await["position"], "1");
    assert_eq!(stream.next().await.unwrap().id, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_shows_the_event_as_graphql_does() {
    let world = World::start().await;
    let token = world.official("u-catalogos", &[Role::CatalogAdmin]).await;
    let unit = world.accepted(&token, "registerUnit", world.unit()).await;
    let sent = EventStream::open(&world, "/events?after=-1", None).await.next().await.unwrap();
    let type_of = |name: &str| format!("{{ __type(name: \"{name}\") {{ fields {{ name }} }} }}");
    let fields = world.read("", &type_of("Event")).await["__type"]["fields"].clone();
    let names = fields.as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap());
    let names: Vec<&str> = names.filter(|name| *name != "anchor").collect();
    let selected = names.join(" ");
    let selected = selected.replace("actor", "actor { kind ref role }");
    let selected = selected.replace("ruleSet", "ruleSet { id hash }");
    let id = &unit["events"][0]["id"];
    let shown = world.read("", &format!("{{ event(id: {id}) {{ {selected} }} }}")).await;
    assert_eq!(sent.data, shown["event"]);
    assert_eq!(sent.data.as_object().unwrap().len(), names.len());
    assert_eq!(sent.data["effectiveAt"], "2018-03-26T15:00:00.000Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_of_some_types_leaves_the_others_out() {
    let world = World::start().await;
    let token = world.official("u-catalogos", &[Role::CatalogAdmin]).await;
    let types = "types: [\"UnitRegistered\", \"CatalogItemAdded\"]";
    let subscription = format!("eventRecorded(after: \"-1\", {types}) {{ position type }}");
    let mut socket = Socket::follow(&world, &subscription).await;
    let mut stream =
        EventStream::open(&world, "/events?after=-1&types=CatalogItemAdded", None).await;
    beating(&world, 40).await.unwrap();
    world.accepted(&token, "registerUnit", world.unit()).await;
    beating(&world, 40).await.unwrap();
    world.accepted(&token, "addCatalogueItem", world.catalogue_item()).await;
    let unit = socket.next("eventRecorded").await;
    assert_eq!(unit, json!({"position": "40", "type": "UnitRegistered"}));
    let item = socket.next("eventRecorded").await;
    assert_eq!(item, json!({"position": "81", "type": "CatalogItemAdded"}));
    let sent = stream.next().await.unwrap();
    assert_eq!((sent.id.as_str(), &sent.data["type"]), ("81", &item["type"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_of_its_shape_is_refused_by_name() {
    let world = World::start().await;
    beat(&world).await;
    let mut socket = Socket::open(&world).await;
    for (field, code) in [
        ("eventRecorded(after: \"x\") { id }", "invalid-format"),
        ("eventRecorded(after: \"01\") { id }", "invalid-format"),
        ("eventRecorded(after: \"1\") { id }", "out-of-range"),
        ("eventRecorded(after: \"18446744073709551615\") { id }", "out-of-range"),
        ("eventRecorded(types: [\"Nothing\"]) { id }", "invalid-format"),
        ("eventRecorded(types: []) { id }", "empty-field"),
        ("batchAnchored(after: \"-2\") { first }", "invalid-format"),
        ("batchAnchored(after: \"1\") { first }", "out-of-range"),
        ("nothing { id }", "invalid-query"),
    ] {
        socket.subscribe("1", &format!("subscription {{ {field} }}")).await;
        assert_eq!(socket.error().await, code, "{field}");
    }
    for query in ["{ log { origin } }", "mutation { logout }"] {
        socket.subscribe("1", query).await;
        assert_eq!(socket.error().await, "not-a-subscription", "{query}");
    }
    for path in [
        "/events?after=x",
        "/events?after=1",
        "/events?after=",
        "/events?types=Nothing",
        "/events?types=",
        "/events?types=Heartbeat,",
        "/batches/events?after=x",
        "/batches/events?after=1",
    ] {
        let answer = world.get(path).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "malformed-request"),
            "{path}"
        );
    }
    let answer = world.send("GET", "/events?after=0", &[("last-event-id", "x")], b"").await;
    assert_eq!((answer.status, answer.problem().as_str()), (400, "malformed-request"));
    assert!(answer.text().contains("Last-Event-ID"), "{}", answer.text());
    let posted = world.error("", "subscription { eventRecorded { id } }").await;
    assert_eq!(posted, "invalid-query");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_places_taken_is_an_answer_to_ask_again() {
    let world = World::configured(|config| config.feeds_max = 2).await;
    let socket = Socket::open(&world).await;
    let _stream = EventStream::open(&world, "/events", None).await;
    for path in ["/events", "/batches/events"] {
        let answer = world.get(path).await;
        assert_eq!((answer.status, answer.problem().as_str()), (503, "too-many-feeds"));
        assert_eq!(answer.header("retry-after"), "5");
    }
    let refused = Socket::connect(&world, &[PROTOCOL]).await.err().unwrap();
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    drop(socket);
    // The server notices when it reads.
    let mut refused = 0;
    while let Err(response) = Socket::connect(&world, &[PROTOCOL]).await {
        assert_eq!(response.status(), 503);
        refused += 1;
        assert!(refused < 1_000, "the place was never free again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_carries_eight_subscriptions() {
    let world = World::start().await;
    let mut socket = Socket::open(&world).await;
    let query = "subscription { eventRecorded { position } }";
    for id in 0..9 {
        socket.subscribe(&id.to_string(), query).await;
    }
    assert_eq!(socket.error().await, "too-many-feeds");
    socket.send(&json!({"type": "complete", "id": "0"})).await;
    assert_eq!(socket.answer().await["type"], "complete");
    socket.subscribe("9", query).await;
    beat(&world).await;
    let mut told = Vec::new();
    for _ in 0..8 {
        told.push(socket.answer().await["id"].as_str().unwrap().to_owned());
    }
    told.sort_unstable();
    assert_eq!(told, positions(1..10).into_iter().filter(|id| id != "8").collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_is_of_exactly_one_field() {
    let world = World::start().await;
    let mut socket = Socket::open(&world).await;
    let fragment = "fragment one on Subscription { eventRecorded { id } }";
    for query in [
        "subscription { a: eventRecorded { id } b: eventRecorded { id } }",
        "subscription { eventRecorded { id } eventRecorded { id } }",
        "subscription { ... { a: eventRecorded { id } b: eventRecorded { id } } }",
        &format!("subscription {{ ...one }} {fragment}"),
        &format!("subscription {{ ...one batchAnchored {{ first }} }} {fragment}"),
        "subscription One { eventRecorded { id } }
         subscription Two { a: eventRecorded { id } b: eventRecorded { id } }",
    ] {
        socket.subscribe("1", query).await;
        assert_eq!(socket.error().await, "one-field-a-subscription", "{query}");
    }
    socket.subscribe("1", "subscription { a: eventRecorded { id } }").await;
    // It has begun when the error of the one behind it is answered.
    socket.subscribe("2", "subscription { nothing }").await;
    assert_eq!(socket.error().await, "invalid-query");
    beat(&world).await;
    assert!(socket.next("a").await["id"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_server_stops_every_feed_ends() {
    let world = World::start().await;
    let mut socket = Socket::follow(&world, "eventRecorded { position }").await;
    let mut stream = EventStream::open(&world, "/events", None).await;
    let mut batches = EventStream::open(&world, "/batches/events", None).await;
    world.state.close_feeds();
    let frame = socket.closed().await.unwrap();
    assert_eq!(u16::from(frame.code), 1001);
    assert_eq!(stream.next().await, None);
    assert_eq!(batches.next().await, None);
    world.state.feeds_closed().await;
    let answer = world.get("/events").await;
    assert_eq!((answer.status, answer.problem().as_str()), (503, "too-many-feeds"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_outlives_the_time_a_request_may_take() {
    let world = World::configured(|config| {
        config.request_timeout = Duration::from_millis(1_500);
        config.feed_keep_alive = Duration::from_secs(1);
    })
    .await;
    let mut socket = Socket::follow(&world, "eventRecorded { position }").await;
    let mut stream = EventStream::open(&world, "/events", None).await;
    tokio::join!(stream.comments(3), socket.pings(3));
    beat(&world).await;
    assert_eq!(socket.next("eventRecorded").await["position"], "0");
    assert_eq!(stream.next().await.unwrap().id, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_begins_or_falls_silent_loses_its_place() {
    let world = World::configured(|config| config.feed_keep_alive = Duration::from_secs(1)).await;
    let mut idle = Socket::connect(&world, &[PROTOCOL]).await.unwrap();
    assert_eq!(u16::from(idle.closed().await.unwrap().code), 4408);
    // Reads, but answers no ping.
    let mut silent = Socket::open(&world).await;
    let mut bytes = Vec::new();
    silent.0.get_mut().read_to_end(&mut bytes).await.unwrap();
    world.state.close_feeds();
    world.state.feeds_closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_slowly_keeps_its_place() {
    let world = World::configured(|config| config.feed_keep_alive = Duration::from_secs(1)).await;
    // More than all buffers in between hold.
    let request = recording("noise", 20_000, None);
    eventstore::EventStore::append(&*world.store, request).await.unwrap();
    let entries: Vec<String> = (0..8).map(|n| format!("e{n}: entry")).collect();
    let all = format!("eventRecorded(after: \"-1\") {{ {} }}", entries.join(" "));
    let mut socket = Socket::follow(&world, &all).await;
    // Longer than the interval, shorter than what is taken for a client that takes nothing.
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_millis(1_400)).await;
        for _ in 0..1_000 {
            socket.next("eventRecorded").await;
        }
    }
    socket.pings(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sites_page_opens_no_socket_with_our_cookie() {
    let world = World::start().await;
    let cookie = ("cookie", "smart-tenders=x");
    let elsewhere = ("origin", "https://evil.example");
    let ours = ("origin", world.url.as_str());
    for (headers, status) in [
        (vec![PROTOCOL, cookie, elsewhere], Some(403)),
        (vec![PROTOCOL, cookie], Some(403)),
        (vec![PROTOCOL, cookie, ours], None),
        (vec![PROTOCOL, elsewhere], None),
        (vec![PROTOCOL, ("authorization", "Bearer x")], Some(401)),
        (vec![], Some(400)),
        (vec![("sec-websocket-protocol", "graphql-ws")], Some(400)),
        (vec![PROTOCOL, ("sec-websocket-version", "12")], Some(400)),
    ] {
        let refused = Socket::connect(&world, &headers).await.err();
        let refused = refused.map(|response| response.status().as_u16());
        assert_eq!(refused, status, "{headers:?}");
    }
    let mut socket = Socket::open(&world).await;
    socket.0.send(Message::text("{")).await.unwrap();
    assert_eq!(u16::from(socket.closed().await.unwrap().code), 1002);
    let policy = world.get("/graphiql").await.header("content-security-policy").to_owned();
    let own = world.url.replace("http://", "ws://");
    assert!(policy.ends_with(&format!("; connect-src 'self' {own}")), "{policy}");
}

/// A request of `count` events on a stream of their own.
fn recording(stream: &str, count: usize, seal: Option<&str>) -> eventstore::AppendRequest {
    let id = uuid::Uuid::new_v4();
    let event = eventstore::NewEvent {
        event_type: "Heartbeat".into(),
        schema: 1,
        actor: Some(merkle::Actor {
            kind: "system".into(),
            r#ref: "test".into(),
            role: "system".into(),
        }),
        causation: None,
        rule_set: None,
        data: serde_json::Map::new(),
        withheld: vec![],
    };
    let write = eventstore::StreamWrite {
        stream: stream.into(),
        expected: 0,
        events: vec![event; count],
        seal: seal.map(str::to_owned),
    };
    eventstore::AppendRequest {
        command_id: id,
        body: id.as_bytes().to_vec(),
        correlation: id,
        writes: vec![write],
        unchanged: vec![],
        not_before: None,
        not_after: None,
        take: vec![],
        release: vec![],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_event_is_announced_by_its_place_and_time_only() {
    let world = World::start().await;
    let request = recording("secret-1", 1, Some("secret-1"));
    eventstore::EventStore::append(&*world.store, request).await.unwrap();
    let mut stream = EventStream::open(&world, "/events?after=-1&types=Sealed", None).await;
    let sent = stream.next().await.unwrap();
    assert_eq!((&sent.data["type"], &sent.data["data"]), (&json!("Sealed"), &Value::Null));
    assert!(!sent.data.to_string().contains("secret-1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_nothing_loses_its_place() {
    let world = World::configured(|config| {
        config.feeds_max = 2;
        config.feed_keep_alive = Duration::from_secs(1);
    })
    .await;
    // More than all buffers in between hold.
    let request = recording("noise", 20_000, None);
    eventstore::EventStore::append(&*world.store, request).await.unwrap();
    let entries: Vec<String> = (0..8).map(|n| format!("e{n}: entry")).collect();
    let all = format!("eventRecorded(after: \"-1\") {{ {} }}", entries.join(" "));
    let _socket = Socket::follow(&world, &all).await;
    let _stream = EventStream::open(&world, "/events?after=-1", None).await;
    assert_eq!(world.get("/events").await.status, 503);
    let both_again = async {
        let mut streams = Vec::new();
        while streams.len() < 2 {
            streams.extend(EventStream::try_open(&world, "/events", None).await);
        }
    };
    tokio::time::timeout(Duration::from_mins(1), both_again).await.unwrap();
}
