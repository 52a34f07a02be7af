//! Starts the sealing of signers in an order that cannot end in rival chains.
//!
//! A Clique signer that starts alone seals at once on what it knows. When all signers start
//! together, each may seal a block of its own at the same height, miss the others' (a node that has
//! not yet synchronised drops announced blocks), and then wait for ever, because each has signed
//! recently on its own branch. So signers start without sealing, and this keeper lets them seal
//! when they see each other: the signer whose turn it is last, since its block outweighs the
//! others' and all of them are listening by then. A signer that died and came back seals again once
//! it is in company and has caught up.
//!
//! A block that is lost between two signers (its announcer died before it was fetched) can still
//! leave one behind while the others must wait for it. When the chain stands still although a
//! majority is there, the signer that is behind, or on the lighter of two branches, is started again:
//! a new handshake tells it what the others have.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_primitives::Address;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::ipc::{self, RpcError};
use crate::process::Supervised;

/// Wait between two looks at the signers.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a network that stands still waits for signers that are not there.
const ABSENT_WITHIN: Duration = Duration::from_secs(15);
/// How many periods without a block are a standstill, and how long it is at least.
const STILL_PERIODS: u32 = 5;
const STILL_MIN: Duration = Duration::from_secs(10);

/// A signer as the keeper knows it.
#[derive(Clone, Debug)]
pub struct Sealer {
    /// Name of its node and its process.
    pub name: String,
    /// Its Unix socket.
    pub socket: PathBuf,
    /// Its account.
    pub address: Address,
    /// Its identity among the peers.
    pub node_id: String,
}

/// A signer that answers, is unlocked and has other signers as peers.
#[derive(Debug)]
struct Seen<'a> {
    sealer: &'a Sealer,
    seals: bool,
    height: u64,
    company: usize,
}

/// Keeps all signers sealing; never ends. `sealers` are sorted by address, as Clique counts turns;
/// `period` is the time between two blocks.
pub async fn keep_sealing(sealers: Vec<Sealer>, processes: Arc<Vec<Supervised>>, period: Duration) {
    let still = STILL_MIN.max(period * STILL_PERIODS);
    let mut last = (0, Instant::now());
    loop {
        sleep(LOOK_EVERY).await;
        let seen = look(&sealers).await;
        let top = seen.iter().map(|signer| signer.height).max().unwrap_or(0);
        if top != last.0 {
            last = (top, Instant::now());
        }
        let stood = last.1.elapsed();
        let done = if !seen.iter().any(|signer| signer.seals) {
            start(&sealers, &seen, stood > ABSENT_WITHIN).await
        } else if stood > still && seen.len() > sealers.len() / 2 {
            last.1 = Instant::now();
            heal(&seen, &processes).await
        } else {
            join(&seen, sealers.len()).await
        };
        if let Err(error) = done {
            // A signer may die between the look and the call; the next look will tell.
            tracing::debug!(%error, "a signer could not be told to seal");
        }
    }
}

async fn look(sealers: &[Sealer]) -> Vec<Seen<'_>> {
    let mut seen = Vec::new();
    for sealer in sealers {
        if let Ok(signer) = look_at(sealer, sealers).await {
            seen.push(signer);
        }
    }
    seen
}

async fn look_at<'a>(sealer: &'a Sealer, sealers: &[Sealer]) -> Result<Seen<'a>, RpcError> {
    let socket = &sealer.socket;
    // The socket opens before the account is unlocked, and sealing with a locked account is not retried.
    ipc::call(socket, "eth_sign", json!([sealer.address, "0x00"])).await?;
    let seals = ipc::call(socket, "eth_mining", json!([])).await? == Value::Bool(true);
    let height = ipc::number(socket, "eth_blockNumber").await?;
    let peers = ipc::call(socket, "admin_peers", json!([])).await?;
    let is_signer = |peer: &Value| {
        let enode = peer["enode"].as_str().unwrap_or_default();
        peer["protocols"]["eth"].is_object()
            && sealers.iter().any(|sealer| enode.contains(&sealer.node_id))
    };
    let company = peers.as_array().map_or(0, |peers| peers.iter().filter(|p| is_signer(p)).count());
    Ok(Seen { sealer, seals, height, company })
}

/// Lets signers that came back seal with the others.
async fn join(seen: &[Seen<'_>], count: usize) -> Result<(), RpcError> {
    let top = seen.iter().map(|signer| signer.height).max().unwrap_or(0);
    for signer in seen {
        if !signer.seals && signer.company >= count / 2 && signer.height + 2 > top {
            seal(signer.sealer).await?;
        }
    }
    Ok(())
}

/// Sets a network in motion in which nobody seals.
async fn start(sealers: &[Sealer], seen: &[Seen<'_>], waited: bool) -> Result<(), RpcError> {
    let complete = seen.len() == sealers.len() || (waited && seen.len() > sealers.len() / 2);
    let company = if waited { sealers.len() / 2 } else { seen.len() - seen.len().min(1) };
    let connected = seen.iter().all(|signer| signer.company >= company);
    let Some(top) = seen.iter().map(|signer| signer.height).max() else { return Ok(()) };
    let level = waited || seen.iter().all(|signer| signer.height == top);
    if !(complete && connected && level) {
        return Ok(());
    }
    let turn = usize::try_from((top + 1) % sealers.len() as u64).unwrap_or(0);
    let in_turn = seen.iter().find(|signer| signer.sealer.address == sealers[turn].address);
    let Some(in_turn) = in_turn else { return start_one(seen, top).await };
    for signer in seen.iter().filter(|signer| signer.sealer.address != in_turn.sealer.address) {
        seal(signer.sealer).await?;
    }
    seal(in_turn.sealer).await
}

/// The signer whose turn it is is away: only one of the others may start, or two blocks of equal
/// weight could part the network. The rest join once they have its block.
async fn start_one(seen: &[Seen<'_>], top: u64) -> Result<(), RpcError> {
    for signer in seen.iter().filter(|signer| signer.height == top) {
        let recent = if top == 0 {
            Value::Null
        } else {
            let last = json!([format!("{top:#x}")]);
            ipc::call(&signer.sealer.socket, "clique_getSigner", last).await?
        };
        if recent != json!(signer.sealer.address) {
            seal(signer.sealer).await?;
            sleep(ABSENT_WITHIN).await;
            return Ok(());
        }
    }
    Ok(())
}

/// Starts the signer again that keeps the others waiting: the one behind, or else one of those on
/// another branch than the first, which forgets its own last block before.
async fn heal(seen: &[Seen<'_>], processes: &[Supervised]) -> Result<(), RpcError> {
    let mut heads = Vec::new();
    for signer in seen {
        let latest = json!(["latest", false]);
        let block = ipc::call(&signer.sealer.socket, "eth_getBlockByNumber", latest).await?;
        heads.push((signer.height, block["hash"].clone(), signer.sealer));
    }
    heads.sort_by_key(|(height, _, _)| *height);
    let (Some(low), Some(high)) = (heads.first(), heads.last()) else { return Ok(()) };
    let behind = if low.0 < high.0 {
        low.2
    } else if let Some((height, _, sealer)) = heads.iter().find(|head| head.1 != high.1) {
        let before = json!([format!("{:#x}", height.saturating_sub(1))]);
        ipc::call(&sealer.socket, "debug_setHead", before).await?;
        sealer
    } else {
        return Ok(());
    };
    tracing::warn!(node.name = %behind.name, "the chain stands still: a signer is started again");
    if let Some(process) = processes.iter().find(|process| process.name() == behind.name) {
        process.stop().await;
        process.resume();
    }
    Ok(())
}

async fn seal(sealer: &Sealer) -> Result<(), RpcError> {
    ipc::call(&sealer.socket, "miner_start", json!([])).await.map(drop)
}
