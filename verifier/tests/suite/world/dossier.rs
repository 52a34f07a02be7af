//! A dossier of a world: its log's events with what is disclosed of them, as one zip file.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use alloy_primitives::keccak256;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::chain::{Sealer, hex};
use super::tree::leaf;
use super::{
    BLOCKS, Hash, START_S, World, b64u, commit, disclosure, entry, id, instant, jcs, sealed, sha256,
};

pub const ORIGIN: &str = "tenders.example/log";

/// What is about to be recorded; a test may change it, and everything that follows is made of it.
pub struct Act {
    pub data: Value,
    /// Values that are committed to, by path.
    pub withheld: Vec<(&'static str, Value)>,
    /// Paths of them that the dossier discloses.
    pub shown: Vec<&'static str>,
    /// The business clock.
    pub at: String,
    /// What that is worth.
    pub clock: &'static str,
    pub stream: String,
    pub kind: String,
    /// Whether it is recorded at all.
    pub is_recorded: bool,
    /// Whether the dossier has it.
    pub is_included: bool,
    /// The stream and version that it continues, if not its own stream's newest; version 0 is none.
    pub continues: Option<(String, usize)>,
}

impl Act {
    fn new(
        stream: &str,
        kind: &str,
        at: &str,
        data: Value,
        withheld: Vec<(&'static str, Value)>,
    ) -> Self {
        Self {
            data,
            shown: withheld.iter().map(|(path, _)| *path).collect(),
            withheld,
            at: at.to_owned(),
            clock: "simulated",
            stream: stream.to_owned(),
            kind: kind.to_owned(),
            is_recorded: true,
            is_included: true,
            continues: None,
        }
    }
}

/// Called with the type of each act and how many of the type came before.
pub type Edit<'a> = &'a dyn Fn(&str, usize, &mut Act);

/// A log that is being written.
pub struct Writer<'a> {
    edit: Edit<'a>,
    pub entries: Vec<Vec<u8>>,
    /// The leaves of each stream, by version from 1 on.
    streams: BTreeMap<String, Vec<Hash>>,
    counts: BTreeMap<String, usize>,
    /// Disclosures of the positions that the dossier has.
    pub shown: BTreeMap<u64, Vec<Value>>,
    pub documents: BTreeMap<Hash, (String, Vec<u8>)>,
    pub releases: BTreeMap<String, (u64, Vec<u8>)>,
}

impl<'a> Writer<'a> {
    pub fn new(edit: Edit<'a>) -> Self {
        Self {
            edit,
            entries: Vec::new(),
            streams: BTreeMap::new(),
            counts: BTreeMap::new(),
            shown: BTreeMap::new(),
            documents: BTreeMap::new(),
            releases: BTreeMap::new(),
        }
    }

    pub fn position(&self) -> u64 {
        self.entries.len() as u64
    }

    /// A document whose content is its name.
    pub fn document(&mut self, name: &str) -> Value {
        let hash = sha256(name.as_bytes());
        self.documents.insert(hash, (name.to_owned(), name.as_bytes().to_vec()));
        json!({"name": name, "mediaType": "text/plain", "sha256": hex(&hash), "bytes": name.len()})
    }

    /// Records a public event and returns its position.
    pub fn open(&mut self, stream: &str, kind: &str, at: &str, data: Value) -> u64 {
        self.withholding(stream, kind, at, data, vec![])
    }

    /// The same with values that are committed to, and disclosed.
    pub fn withholding(
        &mut self,
        stream: &str,
        kind: &str,
        at: &str,
        data: Value,
        withheld: Vec<(&'static str, Value)>,
    ) -> u64 {
        self.record(Act::new(stream, kind, at, data, withheld), false)
    }

    /// Records a sealed event.
    pub fn seal(
        &mut self,
        stream: &str,
        kind: &str,
        at: &str,
        data: Value,
        withheld: Vec<(&'static str, Value)>,
    ) -> u64 {
        self.record(Act::new(stream, kind, at, data, withheld), true)
    }

    /// Records a public event only if a test says so.
    pub fn aside(&mut self, stream: &str, kind: &str, at: &str, data: Value) {
        let act = Act::new(stream, kind, at, data, vec![]);
        self.record(Act { is_recorded: false, ..act }, false);
    }

    fn record(&mut self, mut act: Act, is_sealed: bool) -> u64 {
        if is_sealed {
            act.shown.insert(0, "");
        }
        let kind = act.kind.clone();
        let count = self.counts.entry(kind.clone()).or_default();
        (self.edit)(&kind, *count, &mut act);
        *count += 1;
        let position = self.position();
        if act.is_recorded {
            self.write(position, &act, is_sealed);
        }
        position
    }

    fn write(&mut self, position: u64, act: &Act, is_sealed: bool) {
        let leaves = |stream: &String| self.streams.get(stream).map_or(&[][..], Vec::as_slice);
        let (before, version) = match &act.continues {
            Some((stream, version)) => (leaves(stream), *version),
            None => (leaves(&act.stream), leaves(&act.stream).len()),
        };
        let prev = version.checked_sub(1).map(|place| b64u(&before[place]));
        let cm: serde_json::Map<_, _> = act
            .withheld
            .iter()
            .map(|(path, value)| ((*path).to_owned(), commit(path, value).into()))
            .collect();
        let envelope = json!({
            "log": ORIGIN, "seq": position.to_string(), "id": id(position), "stream": act.stream,
            "ver": (version + 1).to_string(), "prev": prev,
            "type": act.kind, "schema": "1", "at": instant(START_S + position / 2),
            "effectiveAt": act.at, "clock": act.clock,
            "actor": {"kind": "official", "ref": "a-1", "role": "contracting"},
            "causation": null, "correlation": "019b8e00-0000-4000-8000-000000000000",
            "ruleSet": null, "data": act.data, "cm": cm, "sig": []
        });
        let bytes = entry(&if is_sealed { sealed(&envelope) } else { envelope.clone() });
        self.streams.entry(act.stream.clone()).or_default().push(leaf(&bytes));
        self.entries.push(bytes);
        if act.is_included {
            let whole = act.shown.contains(&"").then(|| disclosure("", &envelope));
            let parts = act.withheld.iter().filter(|(path, _)| act.shown.contains(path));
            let parts = parts.map(|(path, value)| disclosure(path, value));
            let mut shown: Vec<Value> = whole.into_iter().chain(parts).collect();
            shown.sort_by_key(|it| it["path"].as_str().unwrap().to_owned());
            self.shown.insert(position, shown);
        }
    }

    /// Whether an entry before `size`, or what is disclosed of one, says `text`.
    fn names(&self, size: u64, text: &str) -> bool {
        let entries = &self.entries[..usize::try_from(size).unwrap()];
        let mut shown = self.shown.range(..size).flat_map(|(_, shown)| shown);
        entries.iter().any(|entry| String::from_utf8_lossy(entry).contains(text))
            || shown.any(|it| it.to_string().contains(text))
    }

    /// The block hash that anchors what is written so far, whatever comes later.
    pub fn block_hash(&self) -> Hash {
        let size = self.position();
        let world = self.world([size, size + 1, size + 2]);
        keccak256(world.chain.header(BLOCKS[0])).0
    }

    /// The log in three batches; what is not written yet is filled up.
    pub fn world(&self, sizes: [u64; 3]) -> World {
        let mut entries = self.entries.clone();
        entries.resize(entries.len().max(usize::try_from(sizes[2]).unwrap()), b"later".to_vec());
        World::in_batches(ORIGIN, entries, Sealer::three([1, 2, 3]), 2026, sizes)
    }
}

/// A dossier before it is written: tests change its files and its list.
#[derive(Clone)]
pub struct Dossier {
    pub policy: Value,
    pub index: Value,
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Dossier {
    /// Everything that was written before `size`, in batches of these sizes.
    pub fn new(writer: &Writer<'_>, ocid: &str, sizes: [u64; 3], size: u64) -> Self {
        Self::anchored(writer, ocid, sizes, size, |_| true)
    }

    /// The same with the anchors of some events only: most rules do not look at blocks, and to make
    /// and check them is what takes time.
    pub fn anchored(
        writer: &Writer<'_>,
        ocid: &str,
        sizes: [u64; 3],
        size: u64,
        has_anchor: impl Fn(&[u8]) -> bool,
    ) -> Self {
        let world = writer.world(sizes);
        let anchors = [0, 1, 2].map(|batch| world.chain.anchor(batch, BLOCKS[batch], 3));
        let mut files = BTreeMap::new();
        let mut events = Vec::new();
        for (position, shown) in writer.shown.range(..size) {
            let entry = &world.entries[usize::try_from(*position).unwrap()];
            let anchor = &anchors[world.batch_of(*position)];
            let anchor = if has_anchor(entry) { anchor } else { &Value::Null };
            let mut bundle = world.bundle_with(*position, anchor);
            bundle["disclosures"] = shown.clone().into();
            let file = format!("proofs/{position}.proof.json");
            events
                .push(json!({"position": position.to_string(), "id": id(*position), "file": file}));
            files.insert(file, jcs(&bundle).into_bytes());
        }
        let mut documents = Vec::new();
        for (hash, (name, bytes)) in &writer.documents {
            if !writer.names(size, &hex(hash)) {
                continue;
            }
            let file = format!("documents/{}", &hex(hash)[2..]);
            documents.push(json!({"sha256": hex(hash), "file": file, "name": name}));
            files.insert(file, bytes.clone());
        }
        let mut releases = Vec::new();
        for (release_id, (position, bytes)) in &writer.releases {
            if *position < size {
                let file = format!("releases/{release_id}.json");
                let proof = format!("proofs/{position}.proof.json");
                releases.push(json!({"releaseId": release_id, "file": file, "proof": proof}));
                files.insert(file, bytes.clone());
            }
        }
        let index = json!({
            "v": "smart-tenders/dossier@v1", "ocid": ocid, "size": size.to_string(),
            "events": events, "documents": documents, "releases": releases,
        });
        Self { policy: world.policy(), index, files }
    }

    /// Takes an item of a list and its file out.
    pub fn remove(&mut self, list: &str, file: &str) {
        self.index[list].as_array_mut().unwrap().retain(|item| item["file"] != file);
        assert!(self.files.remove(file).is_some(), "{file}");
    }

    /// Edits a bundle.
    pub fn edit_bundles(&mut self, edit: impl Fn(&mut Value)) {
        for (name, bytes) in &mut self.files {
            if name.starts_with("proofs/") {
                let mut bundle = serde_json::from_slice(bytes).unwrap();
                edit(&mut bundle);
                *bytes = jcs(&bundle).into_bytes();
            }
        }
    }

    /// All files by name.
    pub fn all(&self) -> Vec<(String, Vec<u8>)> {
        let mut all = self.files.clone();
        all.insert("dossier.json".to_owned(), jcs(&self.index).into_bytes());
        all.into_iter().collect()
    }

    pub fn bytes(&self) -> Vec<u8> {
        zip(&self.all(), CompressionMethod::Deflated)
    }
}

/// A zip file of these files in this order.
pub fn zip(files: &[(String, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in files {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
