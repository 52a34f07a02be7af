//! A small log and a small chain, built by definitions the verifier does not share.

pub mod chain;
pub mod dossier;
pub mod receipt;
pub mod server;
pub mod story;
pub mod tree;

use std::num::NonZero;
use std::sync::LazyLock;

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use chain::{Chain, Sealer, hex};
use tree::{leaf, path, root};

pub type Hash = [u8; 32];

/// How many threads read a log.
pub const ONE: NonZero<usize> = NonZero::<usize>::MIN;
pub const FOUR: NonZero<usize> = NonZero::new(4).unwrap();

/// 2026-01-05T15:00:00.000Z in seconds.
pub const START_S: u64 = 1_767_625_200;
/// The log's sizes after each batch.
pub const SIZES: [u64; 3] = [3, 8, 15];
/// The block that anchored each batch.
pub const BLOCKS: [u64; 3] = [12, 17, 22];
pub const EPOCH: u64 = 20;
pub const PERIOD_S: u64 = 5;

/// Positions with something special about them.
pub const WITHHOLDING: u64 = 1;
pub const SEALED: u64 = 4;
pub const RELEASE: u64 = 6;
pub const SIMULATED: u64 = 9;

/// The release whose hash is in the log: amounts are JSON numbers.
pub const RELEASE_JSON: &str = r#"{"id":"ocds-000000-DGA-2026-1-5","ocid":"ocds-000000-DGA-2026-1","tender":{"value":{"amount":2000000.5,"currency":"MXN"}}}"#;

#[derive(Clone)]
pub struct World {
    pub origin: &'static str,
    pub log_key: SigningKey,
    pub witnesses: Vec<SigningKey>,
    pub entries: Vec<Vec<u8>>,
    pub chain: Chain,
}

pub fn b64u(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

pub fn b64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub fn sha256(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// RFC 8785 for values whose names are ASCII and whose numbers are integers.
pub fn jcs(value: &Value) -> String {
    match value {
        Value::Array(items) => {
            format!("[{}]", items.iter().map(jcs).collect::<Vec<_>>().join(","))
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|a, b| a.0.cmp(b.0));
            let member =
                |(name, value): (&String, &Value)| format!("{}:{}", json!(name), jcs(value));
            format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

pub fn salt(path: &str) -> Hash {
    sha256(path.as_bytes())
}

pub fn commit(path: &str, value: &Value) -> String {
    let value = jcs(value);
    let mut bytes = b"smart-tenders/commit@v1\0".to_vec();
    bytes.extend(u32::try_from(path.len()).unwrap().to_be_bytes());
    bytes.extend(path.as_bytes());
    bytes.extend(salt(path));
    bytes.extend((value.len() as u64).to_be_bytes());
    bytes.extend(value.as_bytes());
    b64u(&sha256(&bytes))
}

pub fn disclosure(path: &str, value: &Value) -> Value {
    json!({"path": path, "salt": b64u(&salt(path)), "value": value})
}

pub fn contact() -> Value {
    json!({"correo": "ana@example.mx", "nombre": "Ana"})
}

pub fn signature() -> Value {
    json!({"alg": "test", "signature": "00"})
}

pub fn entry(envelope: &Value) -> Vec<u8> {
    [b"smart-tenders/event@v1\n", jcs(envelope).as_bytes()].concat()
}

pub fn instant(seconds: u64) -> String {
    let of_day = seconds % 86_400;
    let day = 5 + (seconds - START_S + START_S % 86_400) / 86_400;
    format!("2026-01-{day:02}T{:02}:{:02}:{:02}.250Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

pub fn id(seq: u64) -> String {
    format!("019b8e00-0000-7000-8000-{seq:012x}")
}

/// An envelope of an ordinary event; streams `even` and `odd` take turns.
pub fn envelope(origin: &str, seq: u64, before: &[Vec<u8>]) -> Value {
    let stream = if seq.is_multiple_of(2) { "tender-even" } else { "tender-odd" };
    // The sealed entry has no part in the public streams.
    let earlier: Vec<_> =
        (0..seq).filter(|other| other % 2 == seq % 2 && *other != SEALED).collect();
    let prev = earlier.last().map(|seq| b64u(&leaf(&before[usize::try_from(*seq).unwrap()])));
    let at = instant(START_S + seq);
    json!({
        "log": origin, "seq": seq.to_string(), "id": id(seq), "stream": stream,
        "ver": (earlier.len() + 1).to_string(), "prev": prev, "type": "TenderPublished",
        "schema": "1", "at": at, "effectiveAt": at, "clock": "wall",
        "actor": {"kind": "official", "ref": "a-1", "role": "contracting"},
        "causation": null, "correlation": "019b8e00-0000-4000-8000-000000000000",
        "ruleSet": {"id": "PILOTO-2018", "hash": hex(&[7; 32])},
        "data": {"title": format!("Licitación {seq}")}, "cm": {}, "sig": []
    })
}

pub fn inner(origin: &str, before: &[Vec<u8>]) -> Value {
    let mut inner = envelope(origin, SEALED, before);
    inner["stream"] = "proposal-1".into();
    inner["ver"] = "1".into();
    inner["prev"] = Value::Null;
    inner["type"] = "ProposalSubmitted".into();
    inner["cm"] = json!({"/data/technical": commit("/data/technical", &json!("plan"))});
    inner["sig"] = json!([commit("/sig/0", &signature())]);
    inner
}

pub fn sealed(inner: &Value) -> Value {
    let mut outer = json!({"type": "Sealed", "pad": "", "cm": {"": commit("", inner)}});
    for name in ["at", "clock", "id", "log", "schema", "seq"] {
        outer[name] = inner[name].clone();
    }
    outer["pad"] = "0".repeat(1024 - entry(&outer).len()).into();
    outer
}

pub fn entries(origin: &str, count: u64) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    for seq in 0..count {
        let mut event = envelope(origin, seq, &entries);
        match seq {
            WITHHOLDING => {
                event["cm"] = json!({"/data/contact": commit("/data/contact", &contact())});
                event["sig"] = json!([commit("/sig/0", &signature())]);
            }
            SEALED => event = sealed(&inner(origin, &entries)),
            RELEASE => {
                event["type"] = "ReleasePublished".into();
                event["data"] = json!({
                    "ocid": "ocds-000000-DGA-2026-1", "releaseId": "ocds-000000-DGA-2026-1-5",
                    "sha256": hex(&sha256(RELEASE_JSON.as_bytes())), "mapping": "1"
                });
            }
            SIMULATED => event["clock"] = "simulated".into(),
            _ => {}
        }
        entries.push(entry(&event));
    }
    entries
}

pub fn note_key(name: &str, algorithm: u8, key: &SigningKey) -> String {
    let material = [&[algorithm], key.verifying_key().as_bytes().as_slice()].concat();
    let id = sha256(&[name.as_bytes(), b"\n", &material].concat());
    format!("{name}+{}+{}", &hex(&id[..4])[2..], b64(&material))
}

pub fn signature_line(name: &str, algorithm: u8, key: &SigningKey, text: &str) -> String {
    signature_line_at(START_S, name, algorithm, key, text)
}

/// The same with the time that a witness says.
pub fn signature_line_at(
    time: u64,
    name: &str,
    algorithm: u8,
    key: &SigningKey,
    text: &str,
) -> String {
    let material = [&[algorithm], key.verifying_key().as_bytes().as_slice()].concat();
    let id = sha256(&[name.as_bytes(), b"\n", &material].concat());
    let signed = if algorithm == 4 {
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        [time.to_be_bytes().as_slice(), &key.sign(message.as_bytes()).to_bytes()].concat()
    } else {
        key.sign(text.as_bytes()).to_bytes().to_vec()
    };
    format!("\u{2014} {name} {}\n", b64(&[&id[..4], &signed].concat()))
}

pub fn checkpoint_text(origin: &str, size: u64, root: &Hash) -> String {
    format!("{origin}\n{size}\n{}\n", b64(root))
}

impl World {
    /// The honest world.
    pub fn new() -> Self {
        Self::with_sealers([1, 2, 3])
    }

    /// The same log in a chain with other signers.
    pub fn with_sealers(seeds: [u8; 3]) -> Self {
        let origin = "tenders.example/log";
        Self::from_entries(origin, entries(origin, SIZES[2]), Sealer::three(seeds), 2026)
    }

    /// The same log in a chain of five signers.
    pub fn with_five_sealers() -> Self {
        let origin = "tenders.example/log";
        Self::from_entries(origin, entries(origin, SIZES[2]), Sealer::sorted([1, 2, 3, 4, 5]), 2026)
    }

    /// A log of other sizes.
    pub fn of_sizes(sizes: [u64; 3]) -> Self {
        let origin = "tenders.example/log";
        let sealers = Sealer::three([1, 2, 3]);
        Self::in_batches(origin, entries(origin, sizes[2]), sealers, 2026, sizes)
    }

    /// The same log in the first chain, by its id, in which the digest of batch 1 starts with zero.
    pub fn with_leading_zero() -> Self {
        let honest = Self::new();
        let starts_with_zero = |id: &u64| honest.chain.digests_in(honest.origin, *id)[1][0] == 0;
        let id = (1..100_000).find(starts_with_zero).unwrap();
        Self::from_entries(honest.origin, honest.entries, honest.chain.sealers, id)
    }

    /// A log of several tiles, longer than what is anchored.
    pub fn long() -> Self {
        static LONG: LazyLock<World> = LazyLock::new(|| {
            let origin = "tenders.example/log";
            let sealers = Sealer::three([1, 2, 3]);
            World::in_batches(origin, entries(origin, 720), sealers, 2026, [3, 300, 700])
        });
        LONG.clone()
    }

    pub fn from_entries(
        origin: &'static str,
        entries: Vec<Vec<u8>>,
        sealers: Vec<Sealer>,
        chain_id: u64,
    ) -> Self {
        Self::in_batches(origin, entries, sealers, chain_id, SIZES)
    }

    pub fn in_batches(
        origin: &'static str,
        entries: Vec<Vec<u8>>,
        sealers: Vec<Sealer>,
        chain_id: u64,
        sizes: [u64; 3],
    ) -> Self {
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf(entry)).collect();
        let mut first = 0;
        let roots = sizes.map(|size| {
            let range = usize::try_from(first).unwrap()..usize::try_from(size).unwrap();
            first = size;
            (root(&leaves[range]), root(&leaves[..usize::try_from(size).unwrap()]))
        });
        let chain = Chain::new(origin, chain_id, sealers, sizes, roots);
        let key = |seed| SigningKey::from_bytes(&[seed; 32]);
        Self { origin, log_key: key(50), witnesses: vec![key(51), key(52)], entries, chain }
    }

    /// The same log after somebody edited the entry at `seq` and recomputed everything of the log.
    pub fn edited(&self, seq: u64, edit: impl FnOnce(&mut Value)) -> Self {
        let mut entries = self.entries.clone();
        let bytes = &mut entries[usize::try_from(seq).unwrap()];
        let mut envelope: Value = serde_json::from_slice(&bytes[23..]).unwrap();
        edit(&mut envelope);
        *bytes = entry(&envelope);
        self.with_entries(entries)
    }

    /// The same as [`Self::edited`], and every later entry of the stream names its new predecessor.
    pub fn rewritten(&self, seq: u64, edit: impl FnOnce(&mut Value)) -> Self {
        let mut entries = self.edited(seq, edit).entries;
        let mut last = std::collections::HashMap::<String, Hash>::new();
        for bytes in &mut entries {
            let mut envelope: Value = serde_json::from_slice(&bytes[23..]).unwrap();
            let Some(stream) = envelope["stream"].as_str().map(str::to_owned) else { continue };
            if let Some(previous) = last.get(&stream) {
                envelope["prev"] = b64u(previous).into();
            }
            *bytes = entry(&envelope);
            last.insert(stream, leaf(bytes));
        }
        self.with_entries(entries)
    }

    /// The same chain of events with other entries, everything recomputed.
    pub fn with_entries(&self, entries: Vec<Vec<u8>>) -> Self {
        let (chain, sealers) = (&self.chain, self.chain.sealers.clone());
        Self::in_batches(self.origin, entries, sealers, chain.id, chain.sizes)
    }

    /// The same log, anchored in other batches.
    pub fn rebatched(&self, sizes: [u64; 3]) -> Self {
        let (chain, sealers) = (&self.chain, self.chain.sealers.clone());
        Self::in_batches(self.origin, self.entries.clone(), sealers, chain.id, sizes)
    }

    pub fn leaves(&self) -> Vec<Hash> {
        self.entries.iter().map(|entry| leaf(entry)).collect()
    }

    pub fn checkpoint(&self, size: u64) -> String {
        let root = root(&self.leaves()[..usize::try_from(size).unwrap()]);
        self.sign(&checkpoint_text(self.origin, size, &root))
    }

    pub fn sign(&self, text: &str) -> String {
        format!("{text}\n{}", signature_line(self.origin, 1, &self.log_key, text))
    }

    /// The index of the batch that holds the entry at `seq`.
    pub fn batch_of(&self, seq: u64) -> usize {
        self.chain.sizes.iter().position(|size| seq < *size).unwrap()
    }

    /// The bundle of the entry at `seq`, without disclosures.
    pub fn bundle(&self, seq: u64) -> Value {
        let batch = self.batch_of(seq);
        self.bundle_with(seq, &self.chain.anchor(batch, BLOCKS[batch], 3))
    }

    /// The same with an anchor that is made already, or none.
    pub fn bundle_with(&self, seq: u64, anchor: &Value) -> Value {
        let batch = self.batch_of(seq);
        let first = if batch == 0 { 0 } else { self.chain.sizes[batch - 1] };
        let size = self.chain.sizes[batch];
        let leaves = self.leaves();
        let at = |n: u64| usize::try_from(n).unwrap();
        let (in_batch, in_log) = (&leaves[at(first)..at(size)], &leaves[..at(size)]);
        let hexes = |hashes: Vec<Hash>| hashes.iter().map(|hash| hex(hash)).collect::<Vec<_>>();
        json!({
            "v": "smart-tenders/bundle@v1",
            "entry": b64u(&self.entries[at(seq)]),
            "disclosures": [],
            "batch": {
                "index": batch.to_string(), "first": first.to_string(),
                "count": (size - first).to_string(), "root": hex(&root(in_batch)),
                "path": hexes(path(in_batch, at(seq - first))),
            },
            "log": {
                "size": size.to_string(), "root": hex(&root(in_log)),
                "path": hexes(path(in_log, at(seq))),
                "checkpoint": self.checkpoint(size),
            },
            "anchor": anchor,
        })
    }

    pub fn policy(&self) -> Value {
        json!({
            "v": "smart-tenders/policy@v1",
            "origin": self.origin,
            "logKey": note_key(self.origin, 1, &self.log_key),
            "witnessKeys": [
                note_key("witness-a", 4, &self.witnesses[0]),
                note_key("witness-b", 4, &self.witnesses[1]),
            ],
            "witnessQuorum": 0,
            "receiptKey": null,
            "chain": self.chain.policy(),
            "contracts": [{
                "address": hex(&self.chain.contract), "codeHash": hex(&chain::CODE_HASH),
                "fromSize": "0", "toSize": null,
            }],
            "maxDelaySeconds": "600", "toleranceSeconds": "15",
        })
    }

    pub fn verify(&self, bundle: &Value) -> verifier::verdict::Report {
        verify(bundle, &self.policy())
    }
}

pub fn verify(bundle: &Value, policy: &Value) -> verifier::verdict::Report {
    let policy = verifier::policy::Policy::parse(jcs(policy).as_bytes()).expect("a policy");
    verifier::verify_bundle(jcs(bundle).as_bytes(), &policy)
}

/// The check that refused, or the verdict's word.
pub fn ending(report: &verifier::verdict::Report) -> String {
    match &report.outcome {
        verifier::verdict::Outcome::Refused(refusal) => refusal.check.to_string(),
        outcome => outcome.word().to_owned(),
    }
}
