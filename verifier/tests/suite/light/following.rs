//! Following a node: branches, what is settled, what is kept, and nodes that lie.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use verifier::light::{ChainReport, LightClient, LightError, StoreError, UNSETTLED_BLOCKS};
use verifier::policy::Chain;
use verifier::refusal::{Cause, Check};

use super::forge::{EPOCH, Forge, range};
use crate::world::chain::Draft;
use crate::world::server::{block, number, serve};

const SETTLED: u64 = UNSETTLED_BLOCKS as u64;

/// A node whose chain a test may replace.
#[derive(Clone)]
struct Node {
    headers: Arc<Mutex<Vec<Vec<u8>>>>,
    url: String,
}

impl Node {
    fn new(forge: &Forge) -> Self {
        let headers = Arc::new(Mutex::new(forge.headers.clone()));
        let shown = headers.clone();
        let node = move |method: &str, params: &Value| -> Value {
            let headers = shown.lock().unwrap();
            match method {
                "eth_chainId" => json!("0x539"),
                "eth_blockNumber" => format!("{:#x}", headers.len() - 1).into(),
                "eth_getBlockByNumber" => {
                    let header = headers.get(usize::try_from(number(&params[0])).unwrap());
                    header.map_or(Value::Null, |rlp| block(rlp))
                }
                other => panic!("{other}"),
            }
        };
        let url = serve(Arc::new(|_: &str| None), Arc::new(node));
        Self { headers, url }
    }

    fn show(&self, forge: &Forge) {
        self.headers.lock().unwrap().clone_from(&forge.headers);
    }

    fn client(&self, rules: &Chain, folder: Option<&PathBuf>) -> LightClient {
        LightClient::open(&self.url, rules, folder.map(PathBuf::as_path)).unwrap()
    }
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("light").join(name);
    fs::remove_dir_all(&folder).ok();
    folder
}

fn grown(last: u64) -> Forge {
    let mut forge = Forge::new("ABC", EPOCH);
    forge.grow(last);
    forge
}

fn rules(forge: &Forge) -> Chain {
    forge.rules(&forge.signers)
}

fn sync(client: &mut LightClient) -> Result<verifier::light::Synced, LightError> {
    client.sync(&mut |_, _| ())
}

fn refused(outcome: Result<verifier::light::Synced, LightError>) -> (Check, Cause) {
    match outcome {
        Err(LightError::Refused(refusal)) => (refusal.check, *refusal.cause),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_chain_is_followed_and_kept_and_followed_on() {
    let (mut forge, folder) = (grown(400), folder("kept"));
    let (node, rules) = (Node::new(&forge), rules(&forge));
    let mut client = node.client(&rules, Some(&folder));
    assert_eq!(sync(&mut client).unwrap().headers, 400);
    assert_eq!(client.followed().head().total_difficulty, 1 + 2 * 400);
    assert_eq!(client.followed().newest_confirmed().unwrap().header.number, 399);
    drop(client);
    forge.grow(410);
    node.show(&forge);
    let mut client = node.client(&rules, Some(&folder));
    assert_eq!(client.followed().head().number, 400);
    assert_eq!(sync(&mut client).unwrap().headers, 10);
    for (number, header) in (0..).zip(&forge.headers) {
        let hash = alloy_primitives::keccak256(header).0;
        assert_eq!(client.followed().hash(number), Some(hash), "block {number}");
    }
    assert_eq!(client.followed().hash(411), None);
}

#[test]
fn a_heavier_branch_is_followed_and_a_lighter_one_is_not() {
    let mut honest = grown(20);
    let (node, rules) = (Node::new(&honest), rules(&honest));
    let mut client = node.client(&rules, None);
    sync(&mut client).unwrap();
    let mut rival = grown(20);
    rival.headers.truncate(15);
    let turn = rival.next();
    let recent = |name: char| rival.signers[14 % 3] == rival.address(name);
    let out_of_turn = ['A', 'B', 'C'].into_iter().find(|name| *name != turn && !recent(*name));
    let draft = rival.draft(out_of_turn.unwrap());
    rival.seal(out_of_turn.unwrap(), &draft);
    // As long and lighter, then longer and as heavy.
    for newest in [20, 21] {
        rival.grow(newest);
        node.show(&rival);
        let outcome = sync(&mut client);
        let behind = matches!(outcome, Err(LightError::NodeBehind { followed: 20, .. }));
        assert!(behind, "{newest}: {outcome:?}");
    }
    rival.grow(22);
    node.show(&rival);
    let synced = sync(&mut client).unwrap();
    let [found] = synced.reorganisations.as_slice() else { panic!("{synced:?}") };
    assert_eq!((found.ancestor, found.replaced, found.replaced_confirmed), (14, 6, true));
    // A node that is behind says nothing new.
    honest.headers.truncate(10);
    node.show(&honest);
    assert!(matches!(sync(&mut client), Err(LightError::NodeBehind { node: 9, followed: 22 })));
}

#[test]
fn what_is_settled_is_not_replaced_however_heavy_the_branch() {
    let honest = grown(SETTLED + 10);
    let (node, rules, folder) = (Node::new(&honest), rules(&honest), folder("settled"));
    let mut client = node.client(&rules, Some(&folder));
    sync(&mut client).unwrap();
    let mut rival = honest.clone();
    rival.headers.truncate(5);
    let draft = Draft { state: [8; 32], ..rival.draft(rival.next()) };
    rival.seal(rival.next(), &draft);
    rival.grow(SETTLED + 20);
    node.show(&rival);
    let (check, cause) = refused(sync(&mut client));
    assert_eq!(check, Check::Ancestry);
    assert!(matches!(cause, Cause::OtherBlock { number: 10, .. }), "{cause}");
    drop(client);
    // And what was settled is known after a start, of which an interruption left too many hashes.
    let file = folder.join("hashes");
    let hashes = fs::read(&file).unwrap();
    assert_eq!(hashes.len(), 32 * 11);
    fs::write(&file, [hashes, vec![7; 40]].concat()).unwrap();
    let mut client = node.client(&rules, Some(&folder));
    assert_eq!(client.followed().hash(4), Some(alloy_primitives::keccak256(&honest.headers[4]).0));
    refused(sync(&mut client));
    node.show(&honest);
    assert_eq!(sync(&mut client).unwrap().headers, 0);
}

/// A chain whose signers let D in at block 5.
fn voted() -> Forge {
    let mut forge = grown(3);
    for _ in 4..=5 {
        let mut draft = forge.draft(forge.next());
        draft.miner = forge.address('D');
        draft.nonce = [0xff; 8];
        forge.seal(forge.next(), &draft);
    }
    forge.signers = forge.addresses("ABCD");
    forge
}

#[test]
fn whom_the_chain_let_in_has_to_be_in_the_policy() {
    let mut forge = voted();
    let changed = forge.headers.len() as u64;
    let mut only_three = forge.rules(&forge.addresses("ABC"));
    forge.grow(changed);
    let node = Node::new(&forge);
    let (check, cause) = refused(sync(&mut node.client(&only_three, None)));
    assert_eq!(check, Check::Seals);
    assert!(matches!(&cause, Cause::Signers { number, .. } if *number == changed), "{cause}");
    only_three.signers = vec![
        range(0, Some(changed), &forge.addresses("ABC")),
        range(changed, None, &forge.addresses("ABCD")),
    ];
    let mut client = node.client(&only_three, None);
    sync(&mut client).unwrap();
    let signers = client.followed().signers();
    assert_eq!(signers, [(0, forge.addresses("ABC")), (changed, forge.addresses("ABCD"))]);
    // A policy that says it of one block too early is not this chain's.
    only_three.signers = vec![
        range(0, Some(changed - 1), &forge.addresses("ABC")),
        range(changed - 1, None, &forge.addresses("ABCD")),
    ];
    refused(sync(&mut node.client(&only_three, None)));
}

#[test]
fn a_policy_with_other_signers_of_settled_blocks_is_refused_at_the_start() {
    let forge = grown(SETTLED + 5);
    let (node, rules, folder) = (Node::new(&forge), rules(&forge), folder("policy"));
    sync(&mut node.client(&rules, Some(&folder))).unwrap();
    let mut other = rules;
    other.signers =
        vec![range(0, Some(3), &forge.signers), range(3, None, &forge.addresses("ABD"))];
    let opened = LightClient::open(&node.url, &other, Some(&folder));
    assert!(matches!(opened, Err(LightError::Refused(refusal)) if refusal.check == Check::Seals));
}

#[test]
fn another_chain_is_refused_before_it_is_followed() {
    let forge = grown(5);
    let (node, rules) = (Node::new(&forge), rules(&forge));
    let other = Chain { genesis_hash: [1; 32], ..rules.clone() };
    let opened = LightClient::open(&node.url, &other, None);
    assert!(matches!(opened, Err(LightError::Refused(refusal)) if refusal.check == Check::Anchor));
    let other = Chain { chain_id: 1, ..rules };
    let opened = LightClient::open(&node.url, &other, None);
    assert!(matches!(opened, Err(LightError::Refused(refusal)) if refusal.check == Check::Anchor));
}

#[test]
fn a_header_in_another_ones_place_is_refused() {
    let forge = grown(12);
    let (node, rules) = (Node::new(&forge), rules(&forge));
    node.headers.lock().unwrap().swap(6, 7);
    let (check, cause) = refused(sync(&mut node.client(&rules, None)));
    assert_eq!(check, Check::Headers, "{cause}");
}

#[test]
fn a_folder_is_one_programs_and_one_chains() {
    let forge = grown(8);
    let (node, rules, folder) = (Node::new(&forge), rules(&forge), folder("folder"));
    let open = |rules: &Chain| LightClient::open(&node.url, rules, Some(&folder));
    let mut client = open(&rules).unwrap();
    sync(&mut client).unwrap();
    assert!(matches!(open(&rules), Err(LightError::Store(StoreError::InUse { .. }))));
    drop(client);
    let other = Chain { genesis_hash: [1; 32], ..rules.clone() };
    assert!(matches!(open(&other), Err(LightError::Store(StoreError::Damaged { .. }))));
    let file = folder.join("chain.json");
    let mut kept = fs::read(&file).unwrap();
    let last = kept.len() - 9;
    kept[last] ^= 1;
    fs::write(&file, kept).unwrap();
    assert!(matches!(open(&rules), Err(LightError::Store(StoreError::Damaged { .. }))));
}

#[test]
fn a_report_says_where_the_chain_is() {
    let forge = grown(8);
    let (node, rules) = (Node::new(&forge), rules(&forge));
    let mut client = node.client(&rules, None);
    let synced = sync(&mut client).unwrap();
    let policy = crate::world::World::new().policy();
    let policy = verifier::policy::Policy::parse(policy.to_string().as_bytes()).unwrap();
    let report = ChainReport::new(client.followed(), Ok(synced), &policy);
    assert!(report.to_string().starts_with("FOLLOWED from the genesis block, 8 headers new\n"));
    let json: Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!((&json["block"], &json["confirmedBlock"]), (&json!("8"), &json!("7")));
}
