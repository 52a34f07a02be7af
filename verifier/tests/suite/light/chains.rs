//! The chains of the shared vectors, each branch as a node may show it.

use alloy_primitives::keccak256;
use serde_json::{Value, json};
use verifier::chain::header::Header;
use verifier::light::Followed;
use verifier::policy::Policy;

use crate::cases::HONEST;
use crate::vectors::{decoded, read_list};
use crate::world::chain::hex;

fn policy(chain: &Value) -> Policy {
    let mut policy = HONEST.policy();
    policy["chain"] = chain.clone();
    Policy::parse(policy.to_string().as_bytes()).unwrap()
}

/// What becomes of a branch, in the words of the vectors.
fn show(followed: &mut Followed, step: &Value) -> Value {
    let from = step["from"].as_str().unwrap().parse().unwrap();
    let rlps: Vec<_> = step["headers"].as_array().unwrap().iter().map(decoded).collect();
    let Ok(headers) = rlps.iter().map(|rlp| Header::decode(rlp)).collect::<Result<Vec<_>, _>>()
    else {
        return json!({"verdict": "refused", "check": "headers", "replaced": null});
    };
    let mut branch = match followed.branch(from) {
        Ok(branch) => branch,
        Err(refusal) => {
            return json!({"verdict": "refused", "check": refusal.check.to_string()});
        }
    };
    if let Err(refusal) = followed.extend(&mut branch, headers) {
        return json!({"verdict": "refused", "check": refusal.check.to_string()});
    }
    let replaced = followed.adopt(&mut branch).map(|found| {
        json!({"ancestor": found.ancestor.to_string(), "replaced": found.replaced.to_string(),
            "confirmed": found.replaced_confirmed})
    });
    let newest = rlps.last().map_or(followed.head().hash, |rlp| keccak256(rlp).0);
    let verdict = if followed.head().hash == newest { "followed" } else { "behind" };
    json!({"verdict": verdict, "check": null, "replaced": replaced})
}

#[test]
fn every_branch_of_the_vectors_is_followed_or_refused_as_it_says() {
    let (mut steps, mut wrong) = (0, Vec::new());
    for vector in read_list("chains.json") {
        let policy = policy(&vector["chain"]);
        let genesis = vector["chain"]["genesisHeader"].as_str().unwrap();
        let genesis = Header::decode(&alloy_primitives::hex::decode(genesis).unwrap()).unwrap();
        let mut followed = Followed::genesis(&policy.chain, &genesis).unwrap();
        for (at, step) in vector["steps"].as_array().unwrap().iter().enumerate() {
            let mut found = show(&mut followed, step);
            let head = followed.head();
            found["block"] = head.number.to_string().into();
            found["hash"] = hex(&head.hash).into();
            for member in ["verdict", "check", "replaced", "block", "hash"] {
                if step[member] != found[member] {
                    let (name, wanted) = (&vector["name"], &step[member]);
                    wrong.push(format!("{name}, step {at}: {wanted} is wanted, {found} found"));
                }
            }
            steps += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("chains.json: {steps} branches");
}
