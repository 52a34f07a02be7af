//! Starts the sealing of signers in an order that cannot end in rival chains.
//!
//! A Clique signer that starts alone seals at once on what it knows. When all signers start
//! together, each may seal a block of its own at the same height, miss the others' (a node that has
//! not yet synchronised drops announced blocks), and then wait for ever, because each has signed
//! recently on its own branch. So signers start without sealing, and this keeper lets them seal
//! when they see each other: the signer whose turn it is last, since its block outweighs the
//! others' and all of them are listening by then. A signer that died and came back seals again once
//! it is in company and has caught up.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use alloy_primitives::Address;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::ipc::{self, RpcError};

/// Wait between two looks at the signers.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a network that stands still waits for signers that are not there.
const ABSENT_WITHIN: Duration = Duration::from_secs(15);

/// A signer as the keeper knows it.
#[derive(Clone, Debug)]
pub struct Sealer {
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

/// Keeps all signers sealing; never ends. `sealers` are sorted by address, as Clique counts turns.
pub async fn keep_sealing(sealers: Vec<Sealer>) {
    let mut still_since = Instant::now();
    loop {
        sleep(LOOK_EVERY).await;
        let seen = look(&sealers).await;
        let moving = seen.iter().any(|signer| signer.seals);
        let done = if moving {
            let done = join(&seen, sealers.len()).await;
            still_since = Instant::now();
            done
        } else {
            start(&sealers, &seen, still_since.elapsed() > ABSENT_WITHIN).await
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
    let connected = seen.iter().all(|signer| signer.company + 1 >= seen.len());
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

async fn seal(sealer: &Sealer) -> Result<(), RpcError> {
    ipc::call(&sealer.socket, "miner_start", json!([])).await.map(drop)
}
