//! A14: whoever holds the anchorer's key cannot replace a log root that was anchored.

use anchor::{BatchContract, ContractError, Refusal};
use merkle::digest::BatchHead;
use serde_json::{Value, json};

use crate::support::chain::quantity;
use crate::support::{Rig, chain_key};

#[tokio::test(flavor = "multi_thread")]
async fn a_log_root_that_does_not_extend_the_anchored_one_is_reverted_by_the_contract() {
    let rig = Rig::new().await;
    let mut service = rig.service().await;
    rig.anchor_batch(&mut service, 3).await;
    let contract = rig.contract_with(chain_key()).await;
    let anchored = contract.head().await.unwrap();
    for (name, proof) in [("no proof", vec![]), ("an invented proof", vec![[7; 32], [8; 32]])] {
        let forged =
            BatchHead { index: 1, first: 3, count: 2, batch_root: [1; 32], log_root: [2; 32] };
        let error = contract.sign(&forged, &proof, None).await.unwrap_err();
        let ContractError::Refused { batch: 1, refusal } = error else { panic!("{error}") };
        assert_eq!(refusal, Refusal::InconsistentLog, "{name}");
        // Sent all the same, with gas enough: it is mined and changes nothing.
        let call = call_data(&forged, &proof);
        let chain_tx = json!([{"from": chain_key().address().to_string(),
            "to": rig.contract().to_string(), "data": call, "gas": "0x7a120"}]);
        let hash = rig.anvil.call("eth_sendTransaction", chain_tx).await;
        rig.anvil.mine(1).await;
        let receipt: Value = rig.anvil.call("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!(quantity(&receipt["status"]), 0, "{name}");
        assert_eq!(contract.head().await.unwrap(), anchored, "{name}");
    }
    // The service goes on as if nothing had been.
    rig.anchor_batch(&mut service, 2).await;
    rig.assert_one_root_per_range().await;
}

fn call_data(head: &BatchHead, proof: &[[u8; 32]]) -> String {
    use alloy::sol;
    use alloy::sol_types::SolCall;
    sol! {
        function anchor(uint64 batchIndex, uint64 first, uint64 count, bytes32 batchRoot, bytes32 newLogRoot, bytes32[] calldata consistencyProof) external;
    }
    let call = anchorCall {
        batchIndex: head.index,
        first: head.first,
        count: head.count,
        batchRoot: head.batch_root.into(),
        newLogRoot: head.log_root.into(),
        consistencyProof: proof.iter().map(|hash| (*hash).into()).collect(),
    };
    merkle::hash::to_hex(&call.abi_encode())
}
