//! Headers and Merkle-Patricia proofs.

use std::collections::BTreeSet;

use verifier::chain::contract::digest_slot;
use verifier::chain::header::Header;
use verifier::chain::{clique, trie};
use verifier::encoding::{position, unhex_array};

use super::engine::holds;
use super::mutate::Mutator;
use super::{lists, policy};

#[test]
fn a_mutated_header_is_another_block_that_nobody_sealed() {
    let chain = policy("honest").chain;
    let headers: BTreeSet<Vec<u8>> = lists("headers").into_keys().flatten().collect();
    let hashes: BTreeSet<_> =
        headers.iter().map(|header| Header::decode(header).unwrap().hash).collect();
    holds("header", Mutator::bytes(headers.iter().cloned().collect()), |input| {
        let Ok(header) = Header::decode(input) else { return Ok(false) };
        if headers.contains(input) {
            return Ok(true);
        }
        if hashes.contains(&header.hash) {
            return Err("other bytes of the same hash".to_owned());
        }
        match clique::check_seals(&[header], &chain) {
            Ok(sealers) => Err(format!("sealed by {sealers:?}")),
            Err(_) => Ok(true),
        }
    });
}

/// The nodes of a proof as one input: each behind its length.
fn joined(nodes: &[Vec<u8>]) -> Vec<u8> {
    let framed = |node: &Vec<u8>| {
        [&u16::try_from(node.len()).unwrap().to_be_bytes(), node.as_slice()].concat()
    };
    nodes.iter().flat_map(framed).collect()
}

fn split(mut input: &[u8]) -> Vec<Vec<u8>> {
    let mut nodes = Vec::new();
    while let Some((length, rest)) = input.split_first_chunk::<2>() {
        let end = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        nodes.push(rest[..end].to_vec());
        input = &rest[end..];
    }
    nodes
}

#[test]
fn a_mutated_proof_of_state_proves_nothing_else() {
    let policy = policy("honest");
    let address = policy.contracts[0].address;
    let (accounts, storages) = (lists("accountProof"), lists("storageProof"));
    let (proof, bundle) = accounts.first_key_value().unwrap();
    let header = bundle["anchor"]["headers"][0].as_str().unwrap();
    let state = Header::decode(&verifier::encoding::unhex(header).unwrap()).unwrap().state_root;
    let account = trie::account(&state, &address, proof).unwrap();
    let slot = digest_slot(position(bundle["batch"]["index"].as_str().unwrap()).unwrap());
    let root = unhex_array(bundle["log"]["root"].as_str().unwrap()).unwrap();
    let batch =
        verifier::bundle::Bundle::parse(crate::world::jcs(bundle).as_bytes()).unwrap().batch;
    let digest = batch.digest(&policy.origin, policy.chain.chain_id, &address, &root);
    let storage = bundle["anchor"]["storageProof"].as_array().unwrap();
    let storage: Vec<_> = storage
        .iter()
        .map(|node| verifier::encoding::unhex(node.as_str().unwrap()).unwrap())
        .collect();
    trie::storage(&account.storage_root, &slot, &digest, &storage).unwrap();

    let seeds: Vec<_> = accounts.keys().chain(storages.keys()).map(|nodes| joined(nodes)).collect();
    holds("trie", Mutator::bytes(seeds), |input| {
        let nodes = split(input);
        if trie::account(&state, &address, &nodes).is_ok_and(|found| found != account) {
            return Err("another account under the same root".to_owned());
        }
        if trie::storage(&account.storage_root, &slot, &digest, &nodes).is_ok() && nodes != storage
        {
            return Err("another proof of the same digest".to_owned());
        }
        let mut other = digest;
        other[31] ^= 1;
        if trie::storage(&account.storage_root, &slot, &other, &nodes).is_ok() {
            return Err("a digest that is not there".to_owned());
        }
        Ok(nodes == storage || nodes == *proof)
    });
}
