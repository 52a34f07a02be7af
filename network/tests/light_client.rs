//! The auditor's light client on a real network: real votes, real epochs, and what geth says of them.

#![expect(clippy::unwrap_used, reason = "a failing step of a test is the failure of the test")]

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use network::{ChainKind, Description, Folders, Places, Running, random_word};
use serde_json::{Value, json};
use verifier::chain::Address;
use verifier::light::{LightClient, LightError};
use verifier::policy::{Chain, Consensus, Signer, SignerRange};
use verifier::refusal::{Cause, Check};

/// Short, so that the test meets several.
const EPOCH_BLOCKS: u64 = 8;

fn ask(socket: &Path, method: &str, params: &Value) -> Value {
    let mut stream = UnixStream::connect(socket).unwrap();
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    stream.write_all(call.to_string().as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut part = vec![0; 65_536];
    loop {
        let read = stream.read(&mut part).unwrap();
        answer.extend_from_slice(&part[..read]);
        if let Ok(answer) = serde_json::from_slice::<Value>(&answer) {
            assert_eq!(answer.get("error"), None, "{method}: {answer}");
            return answer["result"].clone();
        }
        assert!(read > 0, "{method} was answered in part");
    }
}

fn range(from_block: u64, to_block: Option<u64>, addresses: &[Address]) -> SignerRange {
    let mut addresses = addresses.to_vec();
    addresses.sort_unstable();
    let organisation = String::new();
    let signer = |address| Signer { address, organisation: organisation.clone() };
    SignerRange { from_block, to_block, signers: addresses.into_iter().map(signer).collect() }
}

fn refused(client: &mut LightClient) -> (Check, Cause) {
    match client.sync(&mut |_, _| ()) {
        Err(LightError::Refused(refusal)) => (refusal.check, *refusal.cause),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn real_votes_make_the_signers_that_geth_says_and_the_policy_has_to_know() {
    let folder = std::env::temp_dir().join(format!("network-{}", random_word().unwrap()));
    let folders = Folders::new(&folder.join("network"), &folder.join("keys")).unwrap();
    let text = include_str!("../../ops/network/local.toml");
    let local = Description::parse(text).unwrap();
    let description = Description { period_seconds: 1, epoch_blocks: EPOCH_BLOCKS, ..local };
    let places = Places { contracts: Some("../contracts".into()), ..Places::from_env() };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let kind = ChainKind::Clique;
    let running = Running::up(kind, &description, &folders, &places, now).await.unwrap();
    let chain = running.chain().clone();
    tokio::task::spawn_blocking(move || follow_votes(&chain, &folders)).await.unwrap();
    running.stop().await;
    std::fs::remove_dir_all(folder).unwrap();
}

fn follow_votes(chain: &network::Chain, folders: &Folders) {
    let three: Vec<Address> = chain.signers.iter().map(|signer| signer.address.0.0).collect();
    let mut rules = Chain {
        consensus: Consensus::Clique,
        chain_id: chain.chain_id,
        genesis_hash: chain.genesis_hash().0,
        period_s: chain.period_seconds,
        epoch: chain.epoch_blocks,
        signers: vec![range(0, None, &three)],
    };
    let mut client = LightClient::open(&chain.rpc_url, &rules, None).unwrap();
    client.sync(&mut |_, _| ()).unwrap();
    assert_eq!(client.followed().signers().len(), 1);

    // Two of three let somebody in.
    let fourth: Address = [0xab; 20];
    let socket = |name: &str| folders.sockets().join(format!("{name}.ipc"));
    for name in ["signer1", "signer2"] {
        let params = json!([verifier::encoding::hex(&fourth), true]);
        ask(&socket(name), "clique_propose", &params);
    }
    let archive = socket("archive1");
    let signers = || ask(&archive, "clique_getSigners", &json!([])).as_array().unwrap().len();
    let deadline = Instant::now() + Duration::from_mins(1);
    while signers() < 4 {
        assert!(Instant::now() < deadline, "nobody was let in");
        std::thread::sleep(Duration::from_millis(300));
    }
    let at_vote = ask(&archive, "eth_blockNumber", &json!([]));
    let height = |value: &Value| u64::from_str_radix(&value.as_str().unwrap()[2..], 16).unwrap();
    while height(&ask(&archive, "eth_blockNumber", &json!([]))) < height(&at_vote) + EPOCH_BLOCKS {
        assert!(Instant::now() < deadline, "the chain stands still");
        std::thread::sleep(Duration::from_millis(300));
    }

    let (check, cause) = refused(&mut client);
    let Cause::Signers { number, voted, .. } = &cause else { panic!("{cause}") };
    assert_eq!((check, voted.len(), voted.contains(&fourth)), (Check::Seals, 4, true), "{cause}");
    let four = [three.as_slice(), &[fourth]].concat();
    rules.signers = vec![range(0, Some(*number), &three), range(*number, None, &four)];
    let mut client = LightClient::open(&chain.rpc_url, &rules, None).unwrap();
    client.sync(&mut |_, _| ()).unwrap();

    // Signers, weight and hash of every block are what geth says.
    let followed = client.followed();
    let (_, now) = followed.signers().pop().unwrap();
    let now: Value = now.iter().map(|signer| verifier::encoding::hex(signer)).collect();
    assert_eq!(ask(&archive, "clique_getSigners", &json!([])), now);
    assert!(followed.head().number >= 2 * EPOCH_BLOCKS, "several epochs were met");
    for number in 0..=followed.head().number {
        let quantity = format!("{number:#x}");
        let block = ask(&archive, "eth_getBlockByNumber", &json!([quantity, false]));
        let hash = verifier::encoding::hex(&followed.hash(number).unwrap());
        assert_eq!(block["hash"], hash.as_str(), "block {number}");
        let total = followed.total_difficulty(number).map(|total| format!("{total:#x}"));
        assert_eq!(block["totalDifficulty"].as_str(), total.as_deref(), "block {number}");
    }
}
