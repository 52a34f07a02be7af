//! Proofs, checkpoint and tiles, once a chain stands behind them.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anchor::{
    BatchRules, ChainKey, Consensus, Constructor, Endpoint, EthereumContract, Service,
    deploy_or_reuse,
};
use merkle::LogKey;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::following::{EventStream, Socket};
use crate::support::{ORIGIN, World};

/// The first account of anvil, known to everybody.
const KEY: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

/// A development chain with a block a second, and the anchor service on it.
pub async fn anchored(world: &World) -> Child {
    let program = std::env::var("ANVIL_BIN").unwrap_or_else(|_| {
        let folder = env!("CARGO_MANIFEST_DIR");
        format!("{folder}/../contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil")
    });
    let mut chain = Command::new(program)
        .args([
            "--port",
            "0",
            "--hardfork",
            "london",
            "--gas-limit",
            "4700000",
            "--block-time",
            "1",
        ])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("anvil: npm ci --ignore-scripts in contracts/, or ANVIL_BIN");
    let mut lines = BufReader::new(chain.stdout.take().unwrap()).lines();
    let address = loop {
        let line = lines.next_line().await.unwrap().expect("anvil says where it listens");
        if let Some(address) = line.strip_prefix("Listening on ") {
            break address.to_owned();
        }
    };
    // Read on, so that anvil never waits for somebody to read.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let endpoint = Endpoint {
        rpc_url: format!("http://{address}").parse().unwrap(),
        timeout: Duration::from_secs(5),
        consensus: Consensus::Dev,
    };
    let key = ChainKey::parse(KEY).unwrap();
    let constructor = Constructor::first(ORIGIN, key.address(), key.address());
    let deployed = deploy_or_reuse(&endpoint, &key, &constructor, None).await.unwrap();
    let contract =
        EthereumContract::connect(&endpoint, deployed.address, ORIGIN, key).await.unwrap();
    let log_key = LogKey::from_seed(ORIGIN, &[3; 32]).unwrap();
    let rules = BatchRules {
        batch_age_max: Duration::from_millis(200),
        poll_interval: Duration::from_millis(50),
        ..BatchRules::default()
    };
    let store = Arc::clone(&world.store);
    let service =
        Service::start(store, contract, world.store.pool(), log_key, rules).await.unwrap();
    tokio::spawn(service.run());
    chain
}

async fn confirmed_card(world: &World, ocid: &str) -> Value {
    let query = format!(
        "{{ tender(ocid: \"{ocid}\") {{ event {{ id position }}
           anchor {{ batchIndex state blockNumber blockHash chainTx }} }} }}"
    );
    for _ in 0..600 {
        let tender = world.read("", &query).await["tender"].clone();
        if tender["anchor"]["state"] == "confirmed" {
            return tender;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the tender was never anchored")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_anchored_is_served_with_its_block_its_proof_and_its_tiles() {
    let quick = |config: &mut graphql::ServeConfig| {
        config.batch_poll_interval = Duration::from_millis(100);
    };
    let world = World::configured(quick).await;
    let (ocid, _) = world.play().await;
    let record = world.record(&ocid, 2).await;
    let mut stream = EventStream::open(&world, "/batches/events", None).await;
    let _chain = anchored(&world).await;
    let card = confirmed_card(&world, &ocid).await;
    assert_eq!(card["anchor"]["blockHash"].as_str().unwrap().len(), 66);
    assert_eq!(card["anchor"]["chainTx"].as_str().unwrap().len(), 66);
    proofs_are_served(&world, &card, &record).await;
    tiles_are_served(&world).await;
    batches_are_listed(&world).await;
    batches_are_announced(&world, &mut stream).await;
}

async fn proofs_are_served(world: &World, card: &Value, record: &Value) {
    let event = card["event"]["id"].as_str().unwrap();
    let answer = world.get(&format!("/proofs/{event}")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let bundle = answer.json();
    assert_eq!(bundle["v"], "smart-tenders/bundle@v1");
    assert_eq!(bundle["batch"]["index"], card["anchor"]["batchIndex"]);
    assert_eq!(bundle["anchor"]["consensus"], "dev");
    let query = format!("{{ proof(eventId: \"{event}\") {{ bundle anchor {{ blockHash }} }} }}");
    let proof = world.read("", &query).await["proof"].clone();
    assert_eq!(proof["bundle"], answer.text());
    assert_eq!(proof["anchor"]["blockHash"], card["anchor"]["blockHash"]);
    let known = ("if-none-match", answer.header("etag"));
    assert_eq!(world.send("GET", &format!("/proofs/{event}"), &[known], b"").await.status, 304);
    let release = record["lastReleaseId"].as_str().unwrap();
    assert_eq!(
        world.get(&format!("/proofs/{release}")).await.json()["v"],
        "smart-tenders/bundle@v1"
    );
}

/// The stream was open before the first batch was; the subscriber asks for all of them, and then for what is behind.
async fn batches_are_announced(world: &World, stream: &mut EventStream) {
    let all = "batchAnchored(after: \"-1\") { batchIndex first count state blockHash confirmedAt }";
    let mut socket = Socket::follow(world, all).await;
    let sent = stream.next().await.unwrap();
    let batch = socket.next("batchAnchored").await;
    assert_eq!((sent.event.as_str(), sent.id.as_str()), ("batchAnchored", "0"));
    for (member, value) in batch.as_object().unwrap() {
        assert_eq!(&sent.data[member], value, "{member}");
    }
    assert_eq!(batch["state"], "confirmed");
    application::heartbeat::beat(&*world.store).await.unwrap();
    let behind = stream.next().await.unwrap();
    let first: u64 = behind.id.parse().unwrap();
    assert!(first > 0 && behind.data["first"] == behind.id, "{behind:?}");
    let mut again = EventStream::open(world, "/batches/events?after=-1", Some("0")).await;
    assert_eq!(again.next().await.unwrap(), behind);
    let fields = world.read("", "{ __type(name: \"Batch\") { fields { name } } }").await;
    let fields = fields["__type"]["fields"].as_array().unwrap().len();
    assert_eq!(sent.data.as_object().unwrap().len(), fields);
}

async fn tiles_are_served(world: &World) {
    let checkpoint = world.get("/log/checkpoint").await;
    let text = checkpoint.text();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(ORIGIN));
    let size: usize = lines.next().unwrap().parse().unwrap();
    assert!(checkpoint.header("content-type").starts_with("text/plain"));
    assert!((2..256).contains(&size), "{size}");
    for width in [1, 2, size] {
        let tile = world.get(&format!("/log/tile/0/000.p/{width}")).await;
        assert_eq!((tile.status, tile.body.len()), (200, 32 * width));
        assert_eq!(tile.header("content-type"), "application/octet-stream");
        let entries = world.get(&format!("/log/tile/entries/000.p/{width}")).await;
        let mut rest = &entries.body[..];
        for position in 0..width {
            let length = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
            let entry = &rest[2..2 + length];
            assert_eq!(merkle::leaf_hash(entry), tile.body[32 * position..][..32]);
            rest = &rest[2 + length..];
        }
        assert!(rest.is_empty());
    }
    for path in
        ["0/000", "0/001", "0/x001/000", "1/000", "63/000", "entries/000", "entries/x001/234"]
    {
        assert_eq!(world.get(&format!("/log/tile/{path}")).await.status, 404, "{path}");
    }
    for path in [
        "0/0",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "64/000",
        "00/000",
        "0/x000/000",
        "entries",
        "x/000",
    ] {
        let answer = world.get(&format!("/log/tile/{path}")).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (400, "malformed-request"),
            "{path}"
        );
    }
}

async fn batches_are_listed(world: &World) {
    let query =
        "{ batches(first: 1) { nodes { batchIndex first count state logRoot contract confirmedAt }
                   pageInfo { endCursor } } }";
    let batches = world.read("", query).await["batches"].clone();
    assert_eq!(batches["nodes"][0]["first"], "0");
    assert_eq!(batches["nodes"][0]["state"], "confirmed");
    let query =
        "{ tenders { nodes { anchor { state } } } companies { nodes { anchor { batchIndex } } } }";
    let lists = world.read("", query).await;
    assert_eq!(lists["companies"]["nodes"].as_array().unwrap().len(), 3);
    assert_eq!(lists["companies"]["nodes"][2]["anchor"]["batchIndex"], "0");
}
