//! A37 and A38 on a real Clique network: blocks that anchored batches, with a quorum of signers behind them, are gone.
//!
//! The auditor's verifier, which shares no code with this room, says what it sees before and after.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anchor::reader::{BatchView, BundleAnswer, Reader};
use anchor::{
    BatchRules, BatchState, ChainKey, Constructor, Deployed, EthereumContract, Service, Step,
    contract_of_log, deploy_or_reuse,
};
use eventstore::PgStore;
use network::Running;
use support::sealed::{Scratch, endpoint_of, policy, three_signers};
use support::serving::serve_log;
use support::{ORIGIN, TestService, append, assert_one_root_per_range, log, log_key};
use verifier::log::{LogReport, LogSource, verify_log};
use verifier::policy::Policy;

const SIGNERS: [&str; 3] = ["signer1", "signer2", "signer3"];
const ARCHIVE: &str = "archive1";
const PATIENCE: Duration = Duration::from_mins(3);

/// How many blocks the whole network loses. A block takes a second, so that hundreds of them are lost only when the
/// variable says so.
fn rewound_blocks() -> u64 {
    std::env::var("REWOUND_BLOCKS").map_or(20, |text| text.parse().unwrap())
}

struct World {
    running: Running,
    scratch: Scratch,
    store: Arc<PgStore>,
    deployed: Deployed,
    policy: Policy,
}

impl World {
    fn nodes() -> impl Iterator<Item = &'static str> {
        SIGNERS.into_iter().chain([ARCHIVE])
    }

    fn folder(&self, node: &str) -> PathBuf {
        self.scratch.folders().data().join(node)
    }

    fn copy_of(&self, node: &str) -> PathBuf {
        self.scratch.0.join(format!("copy-{node}"))
    }

    async fn stop(&self) {
        for node in Self::nodes() {
            self.running.stop_node(node).await.unwrap();
        }
    }

    fn start(&self, nodes: impl Iterator<Item = &'static str>) {
        for node in nodes {
            self.running.start_node(node).unwrap();
        }
    }

    /// Puts the chain of a stopped node back to what it was when it was copied.
    fn restore(&self, node: &str) {
        std::fs::remove_dir_all(self.folder(node)).unwrap();
        copy(&self.copy_of(node), &self.folder(node));
    }

    async fn height(&self, node: &str) -> Option<u64> {
        let nodes = self.running.status().await;
        nodes.into_iter().find(|status| status.name == node)?.block
    }

    async fn reach(&self, node: &str, height: u64) {
        let started = Instant::now();
        let patience = PATIENCE + Duration::from_secs(2 * rewound_blocks());
        while self.height(node).await.is_none_or(|now| now < height) {
            assert!(started.elapsed() < patience, "{node} did not reach block {height}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn contract(&self) -> EthereumContract {
        let chain = self.running.chain();
        let key = ChainKey::from_file(&chain.anchor_key).unwrap();
        let endpoint = endpoint_of(chain);
        EthereumContract::connect(&endpoint, self.deployed.address, ORIGIN, key).await.unwrap()
    }

    async fn service(&self) -> TestService {
        let rules = BatchRules {
            resend_after: Duration::from_secs(2),
            replace_after: Duration::from_secs(8),
            ..support::patient()
        };
        let (store, contract) = (Arc::clone(&self.store), self.contract().await);
        Service::start(store, contract, self.store.pool(), log_key(), rules).await.unwrap()
    }

    fn reader(&self) -> Reader<PgStore> {
        Reader::new(self.store.pool().clone(), Arc::clone(&self.store))
    }

    async fn bundle(&self, position: u64) -> Vec<u8> {
        match self.reader().bundle_for(position, &[]).await.unwrap() {
            BundleAnswer::Bundle(bytes) => bytes,
            other => panic!("no bundle of {position}: {other:?}"),
        }
    }

    fn verdict(&self, bundle: &[u8]) -> &'static str {
        verifier::verify_bundle(bundle, &self.policy).outcome.word()
    }

    /// The whole log, replayed from outside against the chain as it is now.
    async fn replay(&self) -> LogReport {
        let api = serve_log(self.reader()).await;
        let (rpc, policy) = (self.running.chain().rpc_url.clone(), self.policy.clone());
        let replay = move || {
            let source = LogSource {
                api: &api,
                rpc: &rpc,
                patience: Duration::from_secs(5),
                threads: std::num::NonZero::<usize>::MIN,
            };
            verify_log(&source, &policy, &mut |_, _| {}).unwrap()
        };
        tokio::task::spawn_blocking(replay).await.unwrap()
    }

    /// Steps until the batch is confirmed; a node that is away is waited for.
    async fn confirm(&self, service: &mut TestService, index: u64) -> Vec<Step> {
        let started = Instant::now();
        let mut steps = Vec::new();
        while steps.last() != Some(&Step::Confirmed { index }) {
            assert!(started.elapsed() < PATIENCE, "batch {index} is not confirmed: {steps:?}");
            match service.step().await {
                Ok(Step::Idle) => {}
                Ok(step) => {
                    steps.push(step);
                    continue;
                }
                Err(error) => assert!(error.is_transient(), "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        println!("batch {index}: {steps:?} in {} s", started.elapsed().as_secs());
        steps
    }

    async fn anchor_batch(&self, service: &mut TestService, index: u64, count: usize) {
        append(&self.store, count).await;
        service.flush_handle().flush();
        self.confirm(service, index).await;
    }
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

async fn world() -> World {
    let (running, scratch) = three_signers().await;
    let chain = running.chain().clone();
    let endpoint = endpoint_of(&chain);
    let key = ChainKey::from_file(&chain.anchor_key).unwrap();
    let constructor = Constructor::first(ORIGIN, key.address(), key.address());
    let deployed = deploy_or_reuse(&endpoint, &key, &constructor, None).await.unwrap();
    let contract = contract_of_log(&endpoint, deployed.address, ORIGIN).await.unwrap();
    let policy = policy(&chain, &[contract]);
    let (_database, store) = log().await;
    World { running, scratch, store, deployed, policy }
}

/// Nothing was cut anew, and what was stored is sent before anything else is signed, unless some node still had it.
/// Returns whether a replacement had to be signed later, because no sealer had heard of the first.
fn assert_resent(steps: &[Step], from: u64) -> bool {
    assert_eq!(steps.first(), Some(&Step::Rewound { from }), "{steps:?}");
    assert!(!steps.iter().any(|step| matches!(step, Step::Closed { .. })), "{steps:?}");
    let signed = |step: &Step| matches!(step, Step::Signed { .. });
    assert!(!steps.get(1).is_some_and(signed), "{steps:?}");
    steps.iter().any(signed)
}

/// The same batches by the same chain transactions, unless one was replaced, in other blocks.
fn assert_anchored_again(before: &[BatchView], after: &[BatchView], replaced: bool) {
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(after) {
        assert_eq!(before.log_root, after.log_root);
        assert_eq!(before.checkpoint, after.checkpoint);
        assert!(replaced || before.chain_tx_hash == after.chain_tx_hash, "not the same bytes");
        assert_eq!(after.state, BatchState::Confirmed);
        assert_ne!(before.block, after.block);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_a_quorum_had_sealed_and_lost_are_anchored_again_with_the_same_bytes() {
    let world = world().await;
    let mut service = world.service().await;
    world.anchor_batch(&mut service, 0, 3).await;
    world.stop().await;
    for node in World::nodes() {
        copy(&world.folder(node), &world.copy_of(node));
    }
    world.start(World::nodes());
    world.anchor_batch(&mut service, 1, 4).await;
    let copied = world.reader().batch_of(0).await.unwrap().unwrap().block.unwrap().0;
    a_reorganisation_takes_a_confirmed_batch_away(&world, &mut service).await;
    the_whole_network_loses_its_newest_blocks(&world, &mut service, copied).await;
    world.running.stop().await;
}

/// A37: the signers lose a confirmed batch and seal on; the node that is asked follows the heavier branch.
async fn a_reorganisation_takes_a_confirmed_batch_away(world: &World, service: &mut TestService) {
    let before = vec![world.reader().batch_of(3).await.unwrap().unwrap()];
    let old = world.bundle(3).await;
    assert_eq!(world.verdict(&old), "anchored");
    world.stop().await;
    for signer in SIGNERS {
        world.restore(signer);
    }
    let height = before[0].block.unwrap().0;
    world.start(SIGNERS.into_iter());
    // Heavier than the lost branch, whatever the difficulty of the first blocks.
    world.reach("signer1", height + 12).await;
    world.start([ARCHIVE].into_iter());
    world.reach(ARCHIVE, height + 12).await;
    let steps = world.confirm(service, 1).await;
    let replaced = assert_resent(&steps, 1);
    let after = vec![world.reader().batch_of(3).await.unwrap().unwrap()];
    assert_anchored_again(&before, &after, replaced);
    assert_one_root_per_range(&world.contract().await, &world.store).await;
    // Offline nobody can know that a quorum sealed another branch later; the root it proves is the same.
    assert_eq!(world.verdict(&old), "anchored");
    assert_eq!(world.verdict(&world.bundle(3).await), "anchored");
    let report = world.replay().await;
    assert_eq!((report.outcome.word(), report.anchored), ("anchored", 7), "{report:?}");
}

/// A38: all nodes are killed at once and come back with an old chain, on which the signers go on.
async fn the_whole_network_loses_its_newest_blocks(
    world: &World,
    service: &mut TestService,
    copied: u64,
) {
    world.anchor_batch(service, 2, 5).await;
    let lost = rewound_blocks();
    world.reach(ARCHIVE, copied + lost).await;
    world.anchor_batch(service, 3, 2).await;
    let before = world.reader().batches(3, 10).await.unwrap();
    let bundles = [world.bundle(3).await, world.bundle(7).await, world.bundle(12).await];
    let top = world.height(ARCHIVE).await.unwrap();
    println!("block {top}: {} blocks are lost", top - copied);
    for node in world.running.status().await {
        let pid = node.pid.unwrap().to_string();
        assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    }
    world.stop().await;
    for node in World::nodes() {
        world.restore(node);
    }
    world.start(World::nodes());
    // A rival chain, as long as what was lost, before anything is anchored in it.
    world.reach(ARCHIVE, copied + lost.min(top - copied)).await;
    let report = world.replay().await;
    assert_eq!((report.outcome.word(), report.anchored), ("anchored", 3), "{report:?}");
    let steps = world.confirm(service, 3).await;
    let replaced = assert_resent(&steps, 1);
    let after = world.reader().batches(3, 10).await.unwrap();
    assert_anchored_again(&before, &after, replaced);
    assert_one_root_per_range(&world.contract().await, &world.store).await;
    for (old, position) in bundles.iter().zip([3, 7, 12]) {
        assert_eq!(world.verdict(old), "anchored");
        let new = world.bundle(position).await;
        assert_ne!(*old, new);
        assert_eq!(world.verdict(&new), "anchored");
    }
    let report = world.replay().await;
    assert_eq!((report.outcome.word(), report.anchored), ("anchored", 14), "{report:?}");
}
