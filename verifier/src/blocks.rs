//! What a run of headers proves about the state of a contract: shared by bundles and whole logs.

use std::collections::BTreeSet;

use crate::chain::clique;
use crate::chain::header::Header;
use crate::chain::trie;
use crate::merkle::Hash;
use crate::policy::{Chain, Consensus, Contract, Policy};
use crate::refusal::{At as _, Cause, Check, Refusal, require};

/// Who stands behind a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealing {
    /// Different signers among the block and its descendants.
    pub sealers: usize,
    /// Organisations behind those signers.
    pub sealer_organisations: usize,
    /// Signers the policy has at this height.
    pub signers: usize,
    /// Organisations behind all of them.
    pub organisations: usize,
}

/// Decodes headers.
pub(crate) fn decode(rlps: &[Vec<u8>]) -> Result<Vec<Header>, Refusal> {
    let header = |(index, rlp): (usize, &Vec<u8>)| {
        Header::decode(rlp).map_err(|cause| Cause::Header { index, cause }).at(Check::Headers)
    };
    rlps.iter().enumerate().map(header).collect()
}

/// The storage root of `contract` under `state_root`, if its code is the policy's.
pub(crate) fn storage_root(
    contract: &Contract,
    state_root: &Hash,
    proof: &[Vec<u8>],
) -> Result<Hash, Refusal> {
    let account = trie::account(state_root, &contract.address, proof).at(Check::Storage)?;
    require(account.code_hash == contract.code_hash, Check::Storage, || {
        Cause::OtherCode(account.code_hash)
    })?;
    Ok(account.storage_root)
}

/// Links, seals and confirmations of `headers`; `None` for a chain that nobody seals.
pub(crate) fn sealing(headers: &[Header], chain: &Chain) -> Result<Option<Sealing>, Refusal> {
    clique::check_links(headers, chain.period_s).at(Check::Headers)?;
    if chain.consensus == Consensus::Dev {
        return Ok(None);
    }
    let sealers = clique::check_seals(headers, chain).at(Check::Seals)?;
    let signers = chain.signers_at(headers[0].number).unwrap_or_default();
    let distinct: BTreeSet<_> = sealers.iter().collect();
    let (found, wanted) = (distinct.len(), signers.len() / 2 + 1);
    require(found >= wanted && headers.len() > 1, Check::Confirmations, || Cause::Unconfirmed {
        found,
        wanted,
        headers: headers.len(),
    })?;
    let behind: Vec<_> =
        signers.iter().filter(|signer| distinct.contains(&signer.address)).cloned().collect();
    Ok(Some(Sealing {
        sealers: found,
        sealer_organisations: Policy::organisations(&behind),
        signers: signers.len(),
        organisations: Policy::organisations(signers),
    }))
}
