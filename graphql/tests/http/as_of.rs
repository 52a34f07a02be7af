//! Records as they were: two clocks that differ by years, for the business clock is a simulated one.

use serde_json::{Value, json};

use crate::support::World;

const MEMBERS: &str = "compiledRelease lastReleaseId lastReleaseDate releaseCount";

async fn as_of(world: &World, ocid: &str, instant: &str) -> Value {
    let query = format!("{{ record(ocid: \"{ocid}\", asOf: {{{instant}}}) {{ {MEMBERS} }} }}");
    world.read("", &query).await["record"].clone()
}

/// The `at` of the event that a release was made from.
async fn recorded_at(world: &World, release_id: &Value) -> String {
    let position = release_id.as_str().unwrap().rsplit_once('-').unwrap().1.parse().unwrap();
    let events = eventstore::EventStore::read(&*world.store, position, 1).await.unwrap();
    domain::Timestamp::from_millis(events[0].at()).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_shown_as_it_was_known_and_as_it_was_in_force() {
    let world = World::start().await;
    let (ocid, _) = world.play().await;
    let now = world.record(&ocid, 2).await;
    let planned = as_of(&world, &ocid, "effectiveAt: \"2018-04-01T00:00:00.000Z\"").await;
    assert_eq!(planned["releaseCount"], 1);
    assert_eq!(planned["compiledRelease"]["tag"], json!(["compiled"]));
    assert_eq!(planned["compiledRelease"]["tender"]["status"], "planned");
    assert_eq!(now["compiledRelease"]["tender"]["status"], "active");
    assert_ne!(planned["lastReleaseId"], now["lastReleaseId"]);
    for (instant, count) in [
        ("effectiveAt: \"2018-03-26T14:59:59.999Z\"", None),
        ("effectiveAt: \"2018-03-26T15:00:00.000Z\"", Some(1)),
        ("effectiveAt: \"2018-04-12T13:54:59.999Z\"", Some(1)),
        ("effectiveAt: \"2018-04-12T13:55:00.000Z\"", Some(2)),
        ("effectiveAt: \"2099-01-01T00:00:00.000Z\"", Some(2)),
        // In force for years, and known to nobody: it was recorded just now.
        ("recordedAt: \"2018-12-31T00:00:00.000Z\"", None),
        ("recordedAt: \"2099-01-01T00:00:00.000Z\"", Some(2)),
    ] {
        let record = as_of(&world, &ocid, instant).await;
        assert_eq!(record["releaseCount"], json!(count), "{instant}");
        if count == Some(2) {
            for member in MEMBERS.split(' ') {
                assert_eq!(record[member], now[member], "{instant} {member}");
            }
        }
    }
    let known = recorded_at(&world, &planned["lastReleaseId"]).await;
    assert_eq!(as_of(&world, &ocid, &format!("recordedAt: \"{known}\"")).await, planned);
    let known = recorded_at(&world, &now["lastReleaseId"]).await;
    let whole = as_of(&world, &ocid, &format!("recordedAt: \"{known}\"")).await;
    assert_eq!(whole["lastReleaseId"], now["lastReleaseId"]);
    is_served_over_rest(&world, &ocid, &planned).await;
}

async fn is_served_over_rest(world: &World, ocid: &str, planned: &Value) {
    let path = format!("/ocds/records/{ocid}?effectiveAt=2018-04-01T00:00:00.000Z");
    let answer = world.get(&path).await;
    let package = answer.json();
    let record = &package["records"][0];
    assert_eq!(package["uri"], format!("{}{path}", world.url));
    assert_eq!(record["compiledRelease"], planned["compiledRelease"]);
    assert_eq!(record["releases"].as_array().unwrap().len(), 1);
    assert_eq!(record["releases"][0]["id"], planned["lastReleaseId"]);
    let known = ("if-none-match", answer.header("etag"));
    assert_eq!(world.send("GET", &path, &[known], b"").await.status, 304);
    let versioned = world.get(&format!("{path}&versioned=true")).await.json();
    assert_eq!(versioned["records"][0]["versionedRelease"]["ocid"], ocid);
    for (query, status, slug) in [
        ("recordedAt=2018-12-31T00:00:00.000Z", 404, "not-found"),
        ("effectiveAt=2018-01-01T00:00:00.000Z", 404, "not-found"),
        ("effectiveAt=yesterday", 400, "malformed-request"),
        ("recordedAt=", 400, "malformed-request"),
        (
            "recordedAt=2018-12-31T00:00:00.000Z&effectiveAt=2018-12-31T00:00:00.000Z",
            400,
            "malformed-request",
        ),
    ] {
        let answer = world.get(&format!("/ocds/records/{ocid}?{query}")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (status, slug), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instant_is_of_exactly_one_clock() {
    let world = World::start().await;
    let record = |as_of: &str| {
        format!(
            "{{ record(ocid: \"ocds-000000-009000999-2018-1\", asOf: {{{as_of}}}) {{ ocid }} }}"
        )
    };
    let instant = "\"2018-04-01T00:00:00.000Z\"";
    let both = format!("recordedAt: {instant}, effectiveAt: {instant}");
    for (as_of, code) in [
        ("", "invalid-query"),
        (&*both, "invalid-query"),
        ("recordedAt: null", "invalid-query"),
        ("recordedAt: \"2018-04-01\"", "invalid-format"),
        ("effectiveAt: \"yesterday\"", "invalid-format"),
    ] {
        assert_eq!(world.error("", &record(as_of)).await, code, "{as_of}");
    }
    // Each of them is merged anew: there is an end to how many one query may ask for.
    let one = format!(
        "record(ocid: \"ocds-000000-009000999-2018-1\", asOf: {{recordedAt: {instant}}}) {{ ocid }}"
    );
    let many = |count: u32| {
        let fields: Vec<String> = (0..count).map(|n| format!("a{n}: {one}")).collect();
        format!("{{ {} }}", fields.join(" "))
    };
    assert_eq!(world.read("", &many(2)).await["a1"], Value::Null);
    assert_eq!(world.error("", &many(3)).await, "query-too-complex");
}
