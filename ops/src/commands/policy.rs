//! `policy`: what an auditor may decide to trust, as this system would write it.

use std::path::PathBuf;
use std::time::Duration;

use ::anchor::witnesses::published_witnesses;
use anyhow::{Context, Result};
use network::ChainKind;
use serde_json::{Value, json};

use crate::data::{Data, write_json};
use crate::keys;
use crate::state::State;
use crate::wiring::Rooms;

/// Longest time from recording to anchoring that is not called late; what receipts promise.
pub const DELAY_MAX: Duration = Duration::from_mins(5);
/// How much the clocks of log and signers may differ, in seconds.
const TOLERANCE_SECONDS: u32 = 15;

/// Writes the policy an auditor checks proofs with: keys, chain, signers, contract.
///
/// An auditor must get it from somewhere else than the proofs, and compare what it says.
#[derive(Debug, clap::Args)]
pub struct Policy {
    /// File to write. Default: standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Policy {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let state = State::read(data)?;
        let rooms = Rooms::connect(data, &state.database_url).await?;
        let witnesses = published_witnesses(&rooms.pool).await.context("reading the witnesses")?;
        let policy = policy(data, &state, &witnesses)?;
        if let Some(path) = &self.out {
            return write_json(path, &policy);
        }
        let text = serde_json::to_string_pretty(&policy).context("writing the policy")?;
        println!("{text}");
        Ok(())
    }
}

/// Each contract up to where its successor starts. One without a batch of this log in it is not listed.
fn contracts(state: &State) -> Vec<Value> {
    let ends = state.contracts.iter().skip(1).map(|next| Some(next.from_size)).chain([None]);
    let listed = state.contracts.iter().zip(ends);
    listed
        .filter(|(contract, end)| *end != Some(contract.from_size))
        .map(|(contract, end)| {
            json!({
                "address": contract.address,
                "codeHash": contract.code_hash,
                "fromSize": contract.from_size.to_string(),
                "toSize": end.map(|size| size.to_string()),
            })
        })
        .collect()
}

/// The policy of a running system (`docs/proof-format.md` §6), with the keys and the quorum of its witnesses.
pub fn policy(data: &Data, state: &State, witnesses: &(Vec<String>, u32)) -> Result<Value> {
    let log_key = keys::log_key(data)?;
    let receipt_key = keys::receipt_key(data)?;
    let chain = &state.network;
    let signers: Vec<Value> = chain
        .signers
        .iter()
        .map(|signer| {
            let address = format!("{:#x}", signer.address);
            json!({"address": address, "organisation": signer.organisation})
        })
        .collect();
    let ranges = match chain.kind {
        ChainKind::Clique => json!([{"fromBlock": "0", "toBlock": null, "signers": signers}]),
        ChainKind::Anvil => json!([]),
    };
    Ok(json!({
        "v": "smart-tenders/policy@v1",
        "origin": state.origin,
        "logKey": log_key.verifier(),
        "witnessKeys": witnesses.0,
        "witnessQuorum": witnesses.1,
        "receiptKey": receipt_key.verifier(),
        "chain": {
            "consensus": chain.kind.consensus(),
            "chainId": chain.chain_id.to_string(),
            "genesisHeader": chain.genesis_header,
            "period": chain.period_seconds.to_string(),
            "epoch": chain.epoch_blocks.to_string(),
            "signers": ranges,
        },
        "contracts": contracts(state),
        "maxDelaySeconds": DELAY_MAX.as_secs().to_string(),
        "toleranceSeconds": TOLERANCE_SECONDS.to_string(),
    }))
}
