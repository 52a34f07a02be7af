//! The anchoring contract of a log: deployed once, found again.

use std::fmt;
use std::time::Duration;

use ::anchor::{Address, ChainKey, Constructor, Endpoint, deploy_or_reuse};
use anyhow::{Context, Result};
use network::{Chain, ChainKind};

use crate::data::Data;

/// Limit of one call to the chain node.
const RPC_TIMEOUT: Duration = Duration::from_secs(10);

/// The contract as other programs are told of it, in hexadecimal.
pub struct Contract {
    pub address: String,
    pub code_hash: String,
    gas_used: u64,
}

impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.gas_used {
            0 => write!(f, "{} in place", self.address),
            gas => write!(f, "{} deployed with {gas} gas", self.address),
        }
    }
}

/// Uses the contract that is written down, else deploys one and writes it down.
pub async fn deploy(data: &Data, chain: &Chain, origin: &str) -> Result<Contract> {
    let endpoint = Endpoint {
        rpc_url: chain.rpc_url.parse().context("reading the address of the chain node")?,
        timeout: RPC_TIMEOUT,
        consensus: consensus(chain.kind),
    };
    let key = ChainKey::from_file(&chain.anchor_key)
        .with_context(|| format!("reading {}", chain.anchor_key.display()))?;
    let file = data.contract_file();
    let recorded: Option<Address> = match std::fs::read_to_string(&file) {
        Ok(text) => Some(
            text.trim().parse().with_context(|| format!("{} holds no address", file.display()))?,
        ),
        Err(_) => None,
    };
    let constructor = Constructor::first(origin, key.address(), key.address());
    let deployed =
        deploy_or_reuse(&endpoint, &key, &constructor, recorded).await.with_context(|| {
            format!("deploying the contract, or finding that of {}", file.display())
        })?;
    // A crash before this leaves a contract nobody uses; the next start deploys another.
    std::fs::write(&file, format!("{:#x}\n", deployed.address))
        .with_context(|| format!("writing {}", file.display()))?;
    Ok(Contract {
        address: format!("{:#x}", deployed.address),
        code_hash: format!("{:#x}", deployed.code_hash),
        gas_used: deployed.gas_used,
    })
}

/// How the chain agrees, in the words of `anchor`.
pub fn consensus(kind: ChainKind) -> ::anchor::Consensus {
    match kind {
        ChainKind::Clique => ::anchor::Consensus::Clique,
        ChainKind::Anvil => ::anchor::Consensus::Dev,
    }
}
