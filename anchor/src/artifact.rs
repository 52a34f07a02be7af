//! The committed contract: its interface, and the code that must stand at its address.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::sol;
use alloy::sol_types::SolValue;
use merkle::hash::Hash;
use serde::Deserialize;

sol! {
    #![sol(all_derives = true)]
    /// The interface of `contracts/src/BatchAnchor.sol`.
    interface BatchAnchor {
        event BatchAnchored(uint64 indexed batchIndex, uint64 first, uint64 count, bytes32 batchRoot, bytes32 logRoot);
        event LogStarted(bytes32 indexed originHash, address indexed predecessor, uint64 size, bytes32 root);
        error BatchAnchorUnexpectedBatch(uint64 expected, uint64 actual);
        error BatchAnchorUnexpectedFirst(uint64 expected, uint64 actual);
        error BatchAnchorInconsistentLog(uint64 oldSize, uint64 newSize);
        error AccessControlUnauthorizedAccount(address account, bytes32 neededRole);
        function anchor(uint64 batchIndex, uint64 first, uint64 count, bytes32 batchRoot, bytes32 newLogRoot, bytes32[] calldata consistencyProof) external;
        function originHash() external view returns (bytes32);
        event RoleGranted(bytes32 indexed role, address indexed account, address indexed sender);
        event RoleRevoked(bytes32 indexed role, address indexed account, address indexed sender);
        function grantRole(bytes32 role, address account) external;
        function revokeRole(bytes32 role, address account) external;
        function predecessor() external view returns (address);
        function startSize() external view returns (uint64);
    }
}

/// What the constructor is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constructor {
    /// SHA-256 of the log's origin.
    pub origin_hash: Hash,
    /// The contract this one succeeds; zero for the first.
    pub predecessor: Address,
    /// Size of the log at which it starts, a batch boundary; 0 exactly without a predecessor.
    pub size: u64,
    /// Log root at that size.
    pub root: Hash,
    /// Who may grant and revoke the anchorer's role.
    pub owner: Address,
    /// Who may anchor.
    pub anchorer: Address,
}

impl Constructor {
    /// The first contract of a log: it starts empty.
    #[must_use]
    pub fn first(origin: &str, owner: Address, anchorer: Address) -> Self {
        Self {
            origin_hash: merkle::digest::origin_hash(origin),
            predecessor: Address::ZERO,
            size: 0,
            root: merkle::hash::empty_root(),
            owner,
            anchorer,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    bytecode: Bytes,
    deployed_bytecode: Bytes,
    immutables: BTreeMap<String, Vec<Place>>,
}

#[derive(Deserialize)]
struct Place {
    start: usize,
    length: usize,
}

fn artifact() -> Artifact {
    serde_json::from_str(include_str!("../../contracts/artifacts/BatchAnchor.json"))
        .expect("the committed artifact is what contracts/build.mjs writes")
}

/// The data of the chain transaction that deploys the contract.
pub(crate) fn creation_code(constructor: &Constructor) -> Bytes {
    let arguments = (
        B256::from(constructor.origin_hash),
        constructor.predecessor,
        constructor.size,
        B256::from(constructor.root),
        constructor.owner,
        constructor.anchorer,
    );
    let mut code = artifact().bytecode.to_vec();
    code.extend(arguments.abi_encode_params());
    code.into()
}

/// keccak-256 of the code a contract of this log has: what a policy lists as `codeHash`.
///
/// # Panics
/// When the committed artifact names an immutable value this crate does not know.
#[must_use]
pub fn code_hash(origin_hash: &Hash, predecessor: Address, start_size: u64) -> B256 {
    let artifact = artifact();
    let mut code = artifact.deployed_bytecode.to_vec();
    for (name, places) in &artifact.immutables {
        let value = match name.as_str() {
            "_originHash" => B256::from(*origin_hash),
            "_predecessor" => predecessor.into_word(),
            "_startSize" => U256::from(start_size).into(),
            other => panic!("the artifact has the unknown immutable {other}"),
        };
        for place in places {
            code[place.start..place.start + place.length].copy_from_slice(value.as_slice());
        }
    }
    keccak256(code)
}

#[cfg(test)]
mod tests {
    use alloy::sol_types::{SolCall, SolError, SolEvent};

    use super::*;

    #[test]
    fn the_interface_is_that_of_the_committed_artifact() {
        let json: serde_json::Value =
            serde_json::from_str(include_str!("../../contracts/artifacts/BatchAnchor.json"))
                .unwrap();
        let signature = |item: &serde_json::Value| {
            let types: Vec<&str> = item["inputs"]
                .as_array()
                .map(|inputs| inputs.iter().map(|input| input["type"].as_str().unwrap()).collect())
                .unwrap_or_default();
            format!("{}({})", item["name"].as_str().unwrap_or_default(), types.join(","))
        };
        let known: Vec<String> = json["abi"].as_array().unwrap().iter().map(signature).collect();
        for ours in [
            BatchAnchor::BatchAnchored::SIGNATURE,
            BatchAnchor::LogStarted::SIGNATURE,
            BatchAnchor::BatchAnchorUnexpectedBatch::SIGNATURE,
            BatchAnchor::BatchAnchorUnexpectedFirst::SIGNATURE,
            BatchAnchor::BatchAnchorInconsistentLog::SIGNATURE,
            BatchAnchor::AccessControlUnauthorizedAccount::SIGNATURE,
            BatchAnchor::RoleGranted::SIGNATURE,
            BatchAnchor::RoleRevoked::SIGNATURE,
            BatchAnchor::grantRoleCall::SIGNATURE,
            BatchAnchor::revokeRoleCall::SIGNATURE,
            BatchAnchor::anchorCall::SIGNATURE,
            BatchAnchor::originHashCall::SIGNATURE,
            BatchAnchor::predecessorCall::SIGNATURE,
            BatchAnchor::startSizeCall::SIGNATURE,
        ] {
            assert!(known.iter().any(|signature| signature == ours), "{ours}");
        }
    }

    #[test]
    fn the_storage_layout_is_that_of_the_proof_format() {
        let json: serde_json::Value =
            serde_json::from_str(include_str!("../../contracts/artifacts/BatchAnchor.json"))
                .unwrap();
        let layout: Vec<_> = json["storageLayout"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                (
                    item["label"].as_str().unwrap(),
                    item["slot"].as_str().unwrap(),
                    item["offset"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            layout[..4],
            [("_batches", "0", 0), ("_size", "0", 8), ("_logRoot", "1", 0), ("_digests", "2", 0)]
        );
    }

    #[test]
    fn digests_are_those_of_the_vectors_the_contract_is_tested_with() {
        let json: serde_json::Value =
            serde_json::from_str(include_str!("../../contracts/vectors/digest.json")).unwrap();
        let vectors = json["vectors"].as_array().unwrap();
        assert_eq!(json["count"].as_str().unwrap(), vectors.len().to_string());
        for vector in vectors {
            let text = |name: &str| vector[name].as_str().unwrap();
            let number = |name: &str| text(name).parse::<u64>().unwrap();
            let hash = |name: &str| text(name).parse::<B256>().unwrap().0;
            let head = merkle::digest::BatchHead {
                index: number("index"),
                first: number("first"),
                count: number("count"),
                batch_root: hash("batchRoot"),
                log_root: hash("logRoot"),
            };
            let contract: Address = text("contract").parse().unwrap();
            let digest = merkle::digest::batch_digest(
                text("origin"),
                number("chainId"),
                &contract.into_array(),
                &head,
            );
            assert_eq!(digest, hash("digest"));
        }
    }
}
