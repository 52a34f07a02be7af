//! Every policy that is one is read, whatever its white space, and no other member.

use crate::world::chain::{Draft, Sealer, hex};
use crate::world::{self, World, jcs, note_key};
use serde_json::{Value, json};
use verifier::policy::Policy;

fn read(edit: impl FnOnce(&mut Value)) -> Result<Policy, verifier::policy::PolicyError> {
    let mut policy = World::new().policy();
    edit(&mut policy);
    Policy::parse(jcs(&policy).as_bytes())
}

fn key(seed: u8) -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[seed; 32])
}

#[test]
fn a_policy_may_be_written_with_white_space_and_keeps_its_fingerprint() {
    let policy = World::new().policy();
    let plain = Policy::parse(jcs(&policy).as_bytes()).unwrap();
    let pretty = serde_json::to_string_pretty(&policy).unwrap();
    let pretty = Policy::parse(pretty.as_bytes()).unwrap();
    assert_eq!(plain.fingerprint, pretty.fingerprint);
    assert_eq!(plain.fingerprint, world::sha256(jcs(&policy).as_bytes()));
}

#[test]
fn every_member_is_needed_and_no_other_known() {
    let policy = World::new().policy();
    for pointer in ["", "/chain", "/chain/signers/0", "/chain/signers/0/signers/0", "/contracts/0"]
    {
        let names: Vec<_> =
            policy.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect();
        for name in names {
            let without = read(|p| {
                p.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(&name);
            });
            assert!(without.is_err(), "without {pointer}/{name}");
            assert!(read(|p| p.pointer_mut(pointer).unwrap()[&name] = json!(-1)).is_err());
        }
        assert!(read(|p| p.pointer_mut(pointer).unwrap()["extra"] = Value::Null).is_err());
    }
}

#[test]
fn what_a_policy_may_say_is_read() {
    let genesis = hex(&Draft::genesis(&Sealer::three([1, 2, 3])));
    assert!(read(|p| p["receiptKey"] = note_key("receipts", 1, &key(60)).into()).is_ok());
    assert!(read(|p| p["witnessQuorum"] = 2.into()).is_ok());
    assert!(read(|p| p["chain"]["genesisHeader"] = genesis.into()).is_ok());
    assert!(Policy::parse(&vec![b' '; 2 * 1024 * 1024]).is_err());
}
