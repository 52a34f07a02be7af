//! The anchoring contracts of a log: the first is deployed once, all are found again.

use ::anchor::{ChainKey, Constructor, contract_of_log, deploy_or_reuse};
use anyhow::{Context, Result};
use network::Chain;

use crate::commands::contract::endpoint;
use crate::data::Data;
use crate::state::ListedContract;

/// The contracts of a log, the one that is used last, and whether it was deployed just now.
pub struct Contracts {
    pub listed: Vec<ListedContract>,
    gas_used: u64,
}

impl Contracts {
    /// The address of the one that is used.
    pub fn address(&self) -> &str {
        self.listed.last().map_or("", |contract| &contract.address)
    }

    /// What an operator reads of it.
    pub fn report(&self) -> String {
        match self.gas_used {
            0 => format!("{} in place", self.address()),
            gas => format!("{} deployed with {gas} gas", self.address()),
        }
    }
}

/// Uses the contracts that are written down, else deploys one and writes it down.
pub async fn deploy(data: &Data, chain: &Chain, origin: &str) -> Result<Contracts> {
    let endpoint = endpoint(&chain.rpc_url, chain.kind)?;
    let mut addresses = data.contracts()?;
    let mut gas_used = 0;
    if addresses.is_empty() {
        let key = ChainKey::from_file(&chain.anchor_key)
            .with_context(|| format!("reading {}", chain.anchor_key.display()))?;
        let constructor = Constructor::first(origin, key.address(), key.address());
        let deployed = deploy_or_reuse(&endpoint, &key, &constructor, None)
            .await
            .context("deploying the contract")?;
        gas_used = deployed.gas_used;
        addresses.push(deployed.address);
        // A crash before this leaves a contract nobody uses; the next start deploys another.
        data.write_contracts(&addresses)?;
    }
    let mut listed = Vec::new();
    for address in addresses {
        let contract = contract_of_log(&endpoint, address, origin)
            .await
            .with_context(|| format!("finding a contract of {}", data.contract_file().display()))?;
        listed.push(ListedContract {
            address: format!("{:#x}", contract.address),
            code_hash: format!("{:#x}", contract.code_hash),
            from_size: contract.start_size,
        });
    }
    Ok(Contracts { listed, gas_used })
}
