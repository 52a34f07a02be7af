//! From JSON to a policy.

use super::{Chain, Consensus, Contract, Policy, PolicyError, Signer, SignerRange, ranges};
use crate::chain::clique::listed_signers;
use crate::chain::header::Header;
use crate::encoding;
use crate::entry::origin;
use crate::json::Value;
use crate::members::Members;
use crate::merkle::Hash;
use crate::note::{Algorithm, NoteKey};

pub(super) fn policy(value: &Value, fingerprint: Hash) -> Result<Policy, PolicyError> {
    let names = [
        "v",
        "origin",
        "logKey",
        "witnessKeys",
        "witnessQuorum",
        "receiptKey",
        "chain",
        "contracts",
        "maxDelaySeconds",
        "toleranceSeconds",
    ];
    let members = Members::exactly(value, "policy", &names)?;
    members
        .read("v", "smart-tenders/policy@v1", |v| (v == "smart-tenders/policy@v1").then_some(()))?;
    let origin = members.read("origin", "an origin", origin)?;
    let log_key = key("logKey", members.string("logKey")?, Algorithm::Ed25519)?;
    if log_key.name() != origin {
        return Err(PolicyError::KeyUse("logKey"));
    }
    let receipt_key = match members.value("receiptKey")? {
        Value::Null => None,
        _ => Some(key("receiptKey", members.string("receiptKey")?, Algorithm::Ed25519)?),
    };
    if receipt_key.as_ref().is_some_and(|receipt| receipt.same_key(&log_key)) {
        return Err(PolicyError::KeyUse("receiptKey"));
    }
    let used: Vec<&NoteKey> = std::iter::once(&log_key).chain(&receipt_key).collect();
    let (witness_keys, witness_quorum) = witnesses(&members, &used)?;
    Ok(Policy {
        origin,
        log_key,
        witness_keys,
        witness_quorum,
        receipt_key,
        chain: chain(members.value("chain")?)?,
        contracts: contracts(members.array("contracts")?)?,
        max_delay_s: members.position("maxDelaySeconds")?,
        tolerance_s: members.position("toleranceSeconds")?,
        fingerprint,
    })
}

fn key(member: &'static str, text: &str, algorithm: Algorithm) -> Result<NoteKey, PolicyError> {
    let key = NoteKey::parse(text).map_err(|cause| PolicyError::Key { member, cause })?;
    if key.algorithm() == algorithm { Ok(key) } else { Err(PolicyError::KeyUse(member)) }
}

/// The witnesses' keys, none of them used elsewhere or twice, so that a quorum is of many.
fn witnesses(
    members: &Members<'_>,
    used: &[&NoteKey],
) -> Result<(Vec<NoteKey>, usize), PolicyError> {
    const MEMBER: &str = "witnessKeys";
    let mut keys: Vec<NoteKey> = Vec::new();
    for item in members.array(MEMBER)? {
        let text = item.as_str().ok_or_else(|| members.wrong(MEMBER, "an array of strings"))?;
        let witness = key(MEMBER, text, Algorithm::Cosignature)?;
        if used.iter().copied().chain(&keys).any(|other| other.same_key(&witness)) {
            return Err(PolicyError::KeyUse(MEMBER));
        }
        keys.push(witness);
    }
    let quorum = match members.value("witnessQuorum")? {
        Value::Integer(quorum) => usize::try_from(*quorum).ok(),
        _ => None,
    };
    match quorum {
        Some(quorum) if quorum <= keys.len() => Ok((keys, quorum)),
        _ => Err(PolicyError::Quorum),
    }
}

fn chain(value: &Value) -> Result<Chain, PolicyError> {
    let names = ["consensus", "chainId", "genesisHeader", "period", "epoch", "signers"];
    let members = Members::exactly(value, "chain", &names)?;
    let consensus = members.read("consensus", "clique or dev", consensus)?;
    let rlp = members.read("genesisHeader", "hexadecimal", encoding::unhex)?;
    let genesis = Header::decode(&rlp)?;
    let chain = Chain {
        consensus,
        chain_id: members.position("chainId")?,
        genesis_hash: genesis.hash,
        period_s: members.position("period")?,
        epoch: members.position("epoch")?,
        signers: signers(members.array("signers")?)?,
    };
    let cadence_fits = match consensus {
        Consensus::Clique => chain.epoch > 0,
        Consensus::Dev => chain.epoch == 0 && chain.period_s == 0,
    };
    if !cadence_fits {
        return Err(PolicyError::Cadence);
    }
    if consensus == Consensus::Clique {
        let listed = listed_signers(&genesis.extra_data);
        let expected = chain.signers_at(0).map(addresses);
        if genesis.number != 0 || listed.is_none() || listed != expected {
            return Err(PolicyError::GenesisSigners);
        }
    }
    Ok(chain)
}

/// The word of the format for a kind of chain.
pub(crate) fn consensus(text: &str) -> Option<Consensus> {
    match text {
        "clique" => Some(Consensus::Clique),
        "dev" => Some(Consensus::Dev),
        _ => None,
    }
}

fn addresses(signers: &[Signer]) -> Vec<[u8; 20]> {
    signers.iter().map(|signer| signer.address).collect()
}

fn signers(values: &[Value]) -> Result<Vec<SignerRange>, PolicyError> {
    let mut sets = Vec::new();
    for value in values {
        let members = Members::exactly(value, "signer set", &["fromBlock", "toBlock", "signers"])?;
        let mut signers = Vec::new();
        for signer in members.array("signers")? {
            let members = Members::exactly(signer, "signer", &["address", "organisation"])?;
            let address = members.hex("address")?;
            let organisation = members.string("organisation")?.to_owned();
            signers.push(Signer { address, organisation });
        }
        if signers.is_empty() || !signers.is_sorted_by(|a, b| a.address < b.address) {
            return Err(PolicyError::SignerOrder);
        }
        let from_block = members.position("fromBlock")?;
        sets.push(SignerRange {
            from_block,
            to_block: members.position_or_null("toBlock")?,
            signers,
        });
    }
    let ranges: Vec<_> = sets.iter().map(|set| (set.from_block, set.to_block)).collect();
    if ranges::are_disjoint(&ranges) { Ok(sets) } else { Err(PolicyError::Ranges("signers")) }
}

fn contracts(values: &[Value]) -> Result<Vec<Contract>, PolicyError> {
    let mut contracts = Vec::new();
    for value in values {
        let names = ["address", "codeHash", "fromSize", "toSize"];
        let members = Members::exactly(value, "contract", &names)?;
        contracts.push(Contract {
            address: members.hex("address")?,
            code_hash: members.hex("codeHash")?,
            from_size: members.position("fromSize")?,
            to_size: members.position_or_null("toSize")?,
        });
    }
    let ranges: Vec<_> = contracts.iter().map(|c| (c.from_size, c.to_size)).collect();
    if ranges::are_disjoint(&ranges) {
        Ok(contracts)
    } else {
        Err(PolicyError::Ranges("contracts"))
    }
}
