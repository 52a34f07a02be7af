//! Texts that are no policy.

use ed25519_dalek::SigningKey;
use serde_json::{Value, json};

use super::HONEST;
use crate::world::chain::{Draft, Sealer, hex};
use crate::world::{self, b64u, jcs, note_key};

#[derive(Default)]
struct Texts(Vec<Value>);

impl Texts {
    fn text(&mut self, name: impl Into<String>, text: &str) {
        self.0.push(json!({"name": name.into(), "policy": b64u(text.as_bytes())}));
    }

    fn edit(&mut self, name: impl Into<String>, edit: impl FnOnce(&mut Value)) {
        let mut policy = HONEST.policy();
        edit(&mut policy);
        self.text(name, &jcs(&policy));
    }
}

/// The vectors: each is refused before anything is checked against it.
pub fn all() -> Value {
    let mut texts = Texts::default();
    keys(&mut texts);
    chains(&mut texts);
    ranges(&mut texts);
    profile(&mut texts);
    texts.0.into()
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// A verifier key for any 32 bytes.
fn raw_key(name: &str, point: [u8; 32]) -> String {
    let material = [&[1], point.as_slice()].concat();
    let id = world::sha256(&[name.as_bytes(), b"\n", &material].concat());
    format!("{name}+{}+{}", &hex(&id[..4])[2..], world::b64(&material))
}

fn keys(texts: &mut Texts) {
    let origin = HONEST.origin;
    let log_key = note_key(origin, 1, &key(50));
    let mut neutral = [0; 32];
    neutral[0] = 1;
    // The least y that no point of the curve has.
    let mut no_point = [0; 32];
    no_point[0] = 2;
    for (name, wrong) in [
        ("of another name", note_key("other", 1, &key(50))),
        ("of a witness's algorithm", note_key(origin, 4, &key(50))),
        ("of an unknown algorithm", note_key(origin, 2, &key(50))),
        ("with a longer key id", log_key.replacen('+', "+0", 1)),
        ("in upper case", log_key.to_uppercase()),
        ("with padding more", format!("{log_key}=")),
        ("of another key id", format!("{origin}+00000000{}", &log_key[origin.len() + 9..])),
        ("without a key", origin.to_owned()),
        ("of no characters", String::new()),
        ("of small order", raw_key(origin, neutral)),
        ("that is no point", raw_key(origin, no_point)),
        ("that is a witness's", note_key(origin, 1, &key(51))),
    ] {
        texts.edit(format!("a logKey {name}"), |policy| policy["logKey"] = wrong.into());
    }
    for (name, member, wrong) in [
        ("a receiptKey that is the logKey", "/receiptKey", note_key("receipts", 1, &key(50))),
        ("a receiptKey that is a witness's", "/receiptKey", note_key("receipts", 1, &key(51))),
        ("a receiptKey of a witness's algorithm", "/receiptKey", note_key(origin, 4, &key(60))),
        ("a witness's key of a log's algorithm", "/witnessKeys/0", note_key("w", 1, &key(53))),
        ("a witness's key that is the logKey", "/witnessKeys/0", note_key("w", 4, &key(50))),
        ("a witness's key that is another's", "/witnessKeys/0", note_key("w", 4, &key(52))),
    ] {
        texts.edit(name, |policy| *policy.pointer_mut(member).unwrap() = wrong.into());
    }
    for quorum in [json!(3), json!(-1), json!("1"), json!(null)] {
        let name = format!("a quorum of {quorum} with two witnesses");
        texts.edit(name, |policy| policy["witnessQuorum"] = quorum);
    }
}

fn chains(texts: &mut Texts) {
    let three = &HONEST.chain.sealers;
    for (name, genesis) in [
        ("that names two signers of three", hex(&Draft::genesis(&three[..2]))),
        ("that names another signer", hex(&Draft::genesis(&Sealer::three([1, 2, 4])))),
        ("that names nobody", hex(&Draft::genesis(&[]))),
        ("of an empty list", "0xc0".to_owned()),
        ("of another block", hex(HONEST.chain.header(crate::world::EPOCH))),
    ] {
        texts.edit(format!("a genesis header {name}"), |policy| {
            policy["chain"]["genesisHeader"] = genesis.into();
        });
    }
    for (name, member, value) in [
        ("signers from block 1", "/chain/signers/0/fromBlock", json!("1")),
        ("no signers", "/chain/signers", json!([])),
        ("a range without signers", "/chain/signers/0/signers", json!([])),
        ("an epoch of 0", "/chain/epoch", json!("0")),
        ("a development chain with a period", "/chain/consensus", json!("dev")),
        ("an unknown consensus", "/chain/consensus", json!("qbft")),
    ] {
        texts.edit(name, |policy| *policy.pointer_mut(member).unwrap() = value);
    }
    texts.edit("signers that are not sorted", |policy| {
        policy["chain"]["signers"][0]["signers"].as_array_mut().unwrap().swap(0, 1);
    });
    texts.edit("a signer twice", |policy| {
        let signers = policy["chain"]["signers"][0]["signers"].as_array_mut().unwrap();
        signers.push(signers[2].clone());
    });
}

fn ranges(texts: &mut Texts) {
    texts.edit("ranges of blocks that overlap", |policy| {
        let ranges = policy["chain"]["signers"].as_array_mut().unwrap();
        ranges.push(ranges[0].clone());
    });
    texts.edit("an empty range of blocks", |policy| {
        let ranges = policy["chain"]["signers"].as_array_mut().unwrap();
        ranges[0]["toBlock"] = "100".into();
        let mut empty = ranges[0].clone();
        empty["fromBlock"] = "200".into();
        empty["toBlock"] = "200".into();
        ranges.push(empty);
    });
    texts.edit("ranges of sizes that overlap", |policy| {
        let ranges = policy["contracts"].as_array_mut().unwrap();
        ranges.push(ranges[0].clone());
    });
    texts.edit("an empty range of sizes", |policy| policy["contracts"][0]["toSize"] = "0".into());
}

fn profile(texts: &mut Texts) {
    let text = jcs(&HONEST.policy());
    let quorum = "\"witnessQuorum\":0";
    for (name, wrong) in [
        ("a float", "\"witnessQuorum\":0.0"),
        ("a name twice", "\"witnessQuorum\":0,\"witnessQuorum\":0"),
        ("a member more", "\"more\":0,\"witnessQuorum\":0"),
    ] {
        texts.text(format!("a policy with {name}"), &text.replacen(quorum, wrong, 1));
    }
    texts.text("a policy without quorum", &text.replacen(&format!(",{quorum}"), "", 1));
    texts.text("a policy of no bytes", "");
    texts.text("a policy that is null", "null");
    texts.text("a policy of another version", &text.replacen("policy@v1", "policy@v2", 1));
}
