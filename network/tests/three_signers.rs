//! A real network of three signers on this machine, and a real anvil.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use network::{
    Answer, ChainKind, Control, Description, Folders, NetworkError, NodeStatus, Places, Request,
    Running, ask, random_word,
};

/// A folder that goes away with the test, but for a failing one, whose logs tell why.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("network-{}", random_word().unwrap())))
    }

    fn folders(&self) -> Folders {
        Folders::new(&self.0.join("network"), &self.0.join("keys")).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

fn description() -> Description {
    let text = include_str!("../../ops/network/local.toml");
    Description { period_seconds: 1, ..Description::parse(text).unwrap() }
}

fn places() -> Places {
    Places { contracts: Some("../contracts".into()), ..Places::from_env() }
}

async fn up(kind: ChainKind, folders: &Folders) -> Running {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    Running::up(kind, &description(), folders, &places(), now).await.unwrap()
}

/// Waits until `wanted` of the nodes' state; the only waiting is for the network itself.
async fn until(running: &Running, wanted: impl Fn(&[NodeStatus]) -> bool) -> Vec<NodeStatus> {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let nodes = running.status().await;
        if wanted(&nodes) {
            return nodes;
        }
        assert!(Instant::now() < deadline, "the network did not get there: {nodes:#?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn node<'a>(nodes: &'a [NodeStatus], name: &str) -> &'a NodeStatus {
    nodes.iter().find(|node| node.name == name).unwrap()
}

fn kill(pid: u32) {
    let done = std::process::Command::new("kill").arg("-9").arg(pid.to_string()).status();
    assert!(done.unwrap().success());
}

fn runs(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[tokio::test]
async fn three_signers_seal_in_turn_survive_a_kill_and_end_without_a_trace() {
    let scratch = Scratch::new();
    let folders = scratch.folders();
    let running = up(ChainKind::Clique, &folders).await;
    let chain = running.chain().clone();
    assert_eq!(chain.signers.len(), 3);
    assert_eq!(chain.kind.consensus(), "clique");

    let clique = running.clique().unwrap();
    until(&running, |nodes| node(nodes, "archive1").block >= Some(5)).await;
    let mut sealers = BTreeSet::new();
    for number in 1..=5 {
        sealers.insert(clique.sealer(number).await.unwrap());
    }
    let signers: BTreeSet<_> = chain.signers.iter().map(|signer| signer.address).collect();
    assert!(sealers.len() >= 2 && sealers.is_subset(&signers), "{sealers:?}");

    let before = running.status().await;
    let killed = node(&before, "signer2").pid.unwrap();
    kill(killed);
    let after = until(&running, |nodes| {
        let signer = node(nodes, "signer2");
        let height = node(nodes, "archive1").block;
        signer.restarts == 1 && signer.peers >= Some(2) && signer.block >= height.max(Some(6))
    })
    .await;
    assert_ne!(node(&after, "signer2").pid, Some(killed));

    running.stop().await;
    for left in after.iter().filter_map(|node| node.pid) {
        assert!(!runs(left), "process {left} is left");
    }
    assert!(!folders.sockets().exists());
}

#[tokio::test]
async fn a_second_start_goes_on_with_the_same_chain_and_one_signer_less_does_not_stop_it() {
    let scratch = Scratch::new();
    let folders = scratch.folders();
    let running = up(ChainKind::Clique, &folders).await;
    let chain = running.chain().clone();
    let height = running.clique().unwrap().height().await.unwrap();
    running.stop().await;

    let running = Arc::new(up(ChainKind::Clique, &folders).await);
    assert_eq!(running.chain().genesis_header, chain.genesis_header);
    assert_eq!(running.chain().signers, chain.signers);
    assert!(running.clique().unwrap().height().await.unwrap() > height);

    let control = Control::open(Arc::clone(&running), &folders).unwrap();
    let stop = Request::Stop { node: "signer1".to_owned() };
    let Answer::Nodes(nodes) = ask(&folders, &stop).await.unwrap() else { panic!("refused") };
    assert_eq!(node(&nodes, "signer1").pid, None);
    let height = node(&nodes, "archive1").block.unwrap();
    until(&running, |nodes| node(nodes, "archive1").block >= Some(height + 3)).await;
    let start = Request::Start { node: "signer1".to_owned() };
    ask(&folders, &start).await.unwrap();
    until(&running, |nodes| node(nodes, "signer1").block >= Some(height + 3)).await;
    let unknown = Request::Start { node: "signer9".to_owned() };
    assert!(matches!(ask(&folders, &unknown).await.unwrap(), Answer::Unknown(_)));

    ask(&folders, &Request::Down).await.unwrap();
    control.down_requested().await;
    drop(control);
    running.stop().await;
    let error = ask(&folders, &Request::Status).await.unwrap_err();
    assert!(matches!(error, NetworkError::NotRunning { .. }));
}

#[tokio::test]
async fn a_folder_of_another_network_is_refused() {
    let scratch = Scratch::new();
    let folders = scratch.folders();
    std::fs::create_dir_all(folders.data()).unwrap();
    let other = Description { chain_id: 7, ..description() };
    let text = serde_json::to_vec(&other).unwrap();
    std::fs::write(folders.data().join("description.json"), text).unwrap();
    let up = Running::up(ChainKind::Clique, &description(), &folders, &places(), 0).await;
    assert!(matches!(up, Err(NetworkError::DescriptionChanged { .. })));
}

#[tokio::test]
async fn anvil_keeps_its_chain_over_a_restart() {
    let scratch = Scratch::new();
    let folders = scratch.folders();
    let running = up(ChainKind::Anvil, &folders).await;
    let chain = running.chain().clone();
    assert_eq!(chain.kind.consensus(), "dev");
    assert!(chain.signers.is_empty());
    until(&running, |nodes| nodes[0].block >= Some(3)).await;
    running.stop().await;
    let running = up(ChainKind::Anvil, &folders).await;
    assert_eq!(running.chain().genesis_header, chain.genesis_header);
    let nodes = until(&running, |nodes| nodes[0].block >= Some(3)).await;
    running.stop().await;
    assert!(!runs(nodes[0].pid.unwrap()));
}
