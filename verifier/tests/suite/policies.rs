//! Only a policy that says what it means is read.

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
fn keys_are_of_their_kind_and_each_is_used_once() {
    let origin = "tenders.example/log";
    let log_key = note_key(origin, 1, &key(50));
    assert!(read(|p| p["receiptKey"] = note_key("receipts", 1, &key(60)).into()).is_ok());
    for wrong in [
        note_key("other", 1, &key(50)),
        note_key(origin, 4, &key(50)),
        note_key(origin, 2, &key(50)),
        log_key.replacen('+', "+0", 1),
        log_key.to_uppercase(),
        format!("{log_key}="),
        format!("{origin}+00000000{}", &log_key[origin.len() + 9..]),
        origin.to_owned(),
        String::new(),
    ] {
        assert!(read(|p| p["logKey"] = wrong.clone().into()).is_err(), "{wrong}");
    }
    assert!(read(|p| p["receiptKey"] = note_key("receipts", 1, &key(50)).into()).is_err());
    assert!(read(|p| p["receiptKey"] = note_key("receipts", 1, &key(51)).into()).is_err());
    assert!(read(|p| p["witnessKeys"][0] = note_key("w", 1, &key(51)).into()).is_err());
    assert!(read(|p| p["witnessKeys"][0] = note_key("w", 4, &key(50)).into()).is_err());
    assert!(read(|p| p["witnessKeys"][0] = note_key("w", 4, &key(52)).into()).is_err());
}

#[test]
fn a_key_of_small_order_is_refused() {
    let material = [&[1u8, 1], [0u8; 31].as_slice()].concat();
    let name = "tenders.example/log";
    let id = world::sha256(&[name.as_bytes(), b"\n", &material].concat());
    let weak = format!("{name}+{}+{}", &hex(&id[..4])[2..], world::b64(&material));
    assert!(read(|p| p["logKey"] = weak.into()).is_err());
}

#[test]
fn a_quorum_is_of_the_listed_witnesses() {
    assert!(read(|p| p["witnessQuorum"] = 2.into()).is_ok());
    assert!(read(|p| p["witnessQuorum"] = 3.into()).is_err());
    assert!(read(|p| p["witnessQuorum"] = (-1).into()).is_err());
    assert!(read(|p| p["witnessQuorum"] = "1".into()).is_err());
}

#[test]
fn the_genesis_header_names_the_signers_of_block_0() {
    let genesis = |sealers: &[Sealer]| hex(&Draft::genesis(sealers));
    let three = Sealer::three([1, 2, 3]);
    assert!(read(|p| p["chain"]["genesisHeader"] = genesis(&three).into()).is_ok());
    assert!(read(|p| p["chain"]["genesisHeader"] = genesis(&three[..2]).into()).is_err());
    assert!(
        read(|p| p["chain"]["genesisHeader"] = genesis(&Sealer::three([1, 2, 4])).into()).is_err()
    );
    assert!(read(|p| p["chain"]["genesisHeader"] = "0xc0".into()).is_err());
    assert!(read(|p| p["chain"]["signers"][0]["fromBlock"] = "1".into()).is_err());
    assert!(read(|p| p["chain"]["signers"] = json!([])).is_err());
}

#[test]
fn signers_are_sorted_and_ranges_apart() {
    assert!(
        read(|p| {
            p["chain"]["signers"][0]["signers"].as_array_mut().unwrap().swap(0, 1);
        })
        .is_err()
    );
    assert!(
        read(|p| {
            let again = p["chain"]["signers"][0].clone();
            p["chain"]["signers"].as_array_mut().unwrap().push(again);
        })
        .is_err()
    );
    assert!(
        read(|p| {
            let again = p["contracts"][0].clone();
            p["contracts"].as_array_mut().unwrap().push(again);
        })
        .is_err()
    );
    assert!(read(|p| p["contracts"][0]["toSize"] = "0".into()).is_err());
}

#[test]
fn period_and_epoch_fit_the_consensus() {
    assert!(read(|p| p["chain"]["epoch"] = "0".into()).is_err());
    assert!(read(|p| p["chain"]["consensus"] = "dev".into()).is_err());
    assert!(read(|p| p["chain"]["consensus"] = "qbft".into()).is_err());
}

#[test]
fn a_policy_outside_the_profile_is_refused() {
    let text = jcs(&World::new().policy());
    let quorum = "\"witnessQuorum\":0";
    for wrong in ["\"witnessQuorum\":0.0", "\"witnessQuorum\":0,\"witnessQuorum\":0"] {
        assert!(Policy::parse(text.replacen(quorum, wrong, 1).as_bytes()).is_err(), "{wrong}");
    }
    assert!(Policy::parse(&vec![b' '; 2 * 1024 * 1024]).is_err());
    assert!(Policy::parse(b"").is_err());
}
