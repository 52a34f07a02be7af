//! The test cases of EIP-225, as the shared vectors have them.

use serde_json::{Value, json};
use verifier::chain::clique::{SealFault, recover_sealer};
use verifier::chain::snapshot::{FollowError, Snapshot};

use super::forge::decode;
use crate::vectors::{decoded, read_list};
use crate::world::chain::hex;

/// The chain of a vector, or why its last block may not follow.
fn follow(vector: &Value) -> Result<Snapshot, FollowError> {
    let number = |name: &str| vector[name].as_str().unwrap().parse::<u64>().unwrap();
    let headers: Vec<_> =
        vector["headers"].as_array().unwrap().iter().map(|rlp| decode(&decoded(rlp))).collect();
    let cadence = (number("period"), number("epoch"));
    let mut snapshot = Snapshot::genesis(&headers[0]).unwrap();
    for (at, header) in headers.iter().enumerate().skip(1) {
        let appended = snapshot.append(header, recover_sealer(header), cadence);
        let is_last = at + 1 == headers.len();
        assert!(appended.is_ok() || is_last, "{}: block {at}: {appended:?}", vector["name"]);
        appended?;
    }
    Ok(snapshot)
}

#[test]
fn votes_make_the_signers_that_eip_225_says() {
    let vectors = read_list("votes.json");
    for vector in &vectors {
        let name = &vector["name"];
        let followed = follow(vector);
        if let Err(error) = &followed {
            let fault = match error {
                FollowError::Seal(error) if matches!(error.fault, SealFault::Recent(_)) => "recent",
                FollowError::Seal(error) if matches!(error.fault, SealFault::Stranger(_)) => {
                    "stranger"
                }
                other => panic!("{name}: {other}"),
            };
            assert_eq!(vector["fault"], fault, "{name}");
            continue;
        }
        assert_eq!(vector["fault"], Value::Null, "{name}");
        let snapshot = followed.unwrap();
        let signers: Vec<_> = snapshot.signers().iter().map(|signer| hex(signer)).collect();
        let pending: Vec<_> = snapshot
            .pending()
            .iter()
            .map(|(subject, votes)| json!([hex(subject), votes]))
            .collect();
        assert!(vector["signers"].is_null() || vector["signers"] == json!(signers), "{name}");
        assert!(vector["pending"].is_null() || vector["pending"] == json!(pending), "{name}");
    }
    println!("votes.json: {} vectors", vectors.len());
}
