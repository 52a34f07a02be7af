//! `dossier`: everything of one procedure in one file, for whoever wants to check it without asking.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ::anchor::BatchState;
use ::anchor::reader::{BundleAnswer, Reader as AnchorReader};
use anyhow::{Context, Result, bail};
use application::Application;
use domain::{Ocid, OcidPrefix};
use eventstore::{EventStore as _, PgStore};
use projections::{Reader, View};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::data::Data;
use crate::state::DatabaseUrl;
use crate::wiring::Rooms;

/// Events read at a time.
const PAGE: u32 = 500;
/// How long the read models may take to be as far as what is batched.
const WAIT_MAX: Duration = Duration::from_secs(20);
/// Where ids of procedures start when nothing else is known of their prefix.
const PREFIX_BYTES: usize = "ocds-000000".len();

/// Writes everything of one procedure to one file: proofs, documents and releases.
///
/// `verifier dossier FILE --policy policy.json` says what it proves. It shows what is public, and
/// nothing else. It is made at the log's last batch: what came after is left out, and what is not
/// anchored yet is in it and counted. The same log gives the same bytes.
#[derive(Debug, clap::Args)]
pub struct Dossier {
    /// The contracting process, e.g. `ocds-000000-009000999-2018-1`.
    ocid: Ocid,
    /// File to write; replaced if it is there.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    database: DatabaseUrl,
}

impl Dossier {
    pub async fn run(&self, data: &Data) -> Result<()> {
        let rooms = Rooms::connect(data, &self.database.find(data)?).await?;
        let reader = AnchorReader::new(rooms.pool.clone(), Arc::clone(&rooms.store));
        let size = batched(&reader).await?;
        let reads = Reader::new(rooms.pool.clone());
        let view = reads.view(size, WAIT_MAX).await.context("reading the read models")?;
        let prefix = self.ocid.as_str().get(..PREFIX_BYTES).unwrap_or_default();
        let prefix: OcidPrefix = prefix.parse().context("reading the ocid's prefix")?;
        let application = rooms.application(data, prefix)?;
        let events = self.events(&rooms.store, size).await?;
        let mut files = Contents::new(self.ocid.as_str(), size);
        let mut unanchored = 0;
        for event in events.values() {
            let proof = proof(&rooms, &reader, &view, event).await?;
            unanchored += usize::from(!proof.is_anchored);
            files.add_event(event, proof);
            if let Some(release_id) = event.text("ReleasePublished", "releaseId") {
                let release = view.release(release_id).await.context("reading a release")?;
                let release =
                    release.with_context(|| format!("no release {release_id} is kept"))?;
                files.add_release(event, release_id, release.bytes);
            }
        }
        let erased = files.add_documents(&application).await?;
        let counts = files.counts();
        let bytes = files.zip()?;
        let out = self.out.display();
        std::fs::write(&self.out, bytes).with_context(|| format!("writing {out}"))?;
        println!("{counts} in {out}, as of log size {size}");
        if unanchored > 0 {
            println!("{unanchored} events are not anchored yet: write it again in a moment");
        }
        if erased > 0 {
            println!("{erased} documents are named and not kept any more: they are not in it");
        }
        Ok(())
    }

    /// The procedure's public events below `size`, and those of registers and sealed streams that they rest on.
    async fn events(&self, store: &PgStore, size: u64) -> Result<BTreeMap<u64, Event>> {
        let mut own = BTreeMap::new();
        let mut registers = Vec::new();
        let mut next = 0;
        while next < size {
            let page = store.read(next, PAGE).await.context("reading the log")?;
            let Some(last) = page.last() else { bail!("the log ends before its last batch") };
            next = last.position + 1;
            for recorded in page.into_iter().filter(|recorded| recorded.position < size) {
                let Some(envelope) = recorded.open() else { continue };
                let event = Event {
                    position: recorded.position,
                    id: recorded.id(),
                    kind: envelope.r#type.clone(),
                    data: envelope.data.clone(),
                };
                if event.data.get("ocid").and_then(Value::as_str) == Some(self.ocid.as_str()) {
                    own.insert(event.position, event);
                } else if REGISTERS.iter().any(|(kind, _)| *kind == event.kind) {
                    registers.push(event);
                }
            }
        }
        if own.is_empty() {
            bail!("no batched event is of {}: is the id right?", self.ocid);
        }
        let named = Named::of(own.values());
        registers.retain(|event| named.has(event));
        for position in named.sealed {
            let page = store.read(position, 1).await.context("reading a sealed entry")?;
            let sealed = page.first().filter(|recorded| recorded.position == position);
            let sealed = sealed.with_context(|| format!("position {position} is not there"))?;
            let (kind, data) = ("Sealed".to_owned(), Map::new());
            registers.push(Event { position, id: sealed.id(), kind, data });
        }
        own.extend(registers.into_iter().map(|event| (event.position, event)));
        Ok(own)
    }
}

/// Events of registers that a procedure rests on, and the member that says of whom they are.
const REGISTERS: [(&str, &str); 3] = [
    ("CompanyRegistered", "companyId"),
    ("CompanyApproved", "companyId"),
    ("EvaluatorAccredited", "pseudonym"),
];

/// An event of the dossier.
struct Event {
    position: u64,
    id: Uuid,
    kind: String,
    data: Map<String, Value>,
}

impl Event {
    /// A member of an event of a type.
    fn text(&self, kind: &str, member: &str) -> Option<&str> {
        self.data.get(member).filter(|_| self.kind == kind).and_then(Value::as_str)
    }

    fn proof_file(&self) -> String {
        format!("proofs/{}.proof.json", self.position)
    }
}

/// What a procedure's public events name outside its public streams.
#[derive(Default)]
struct Named {
    /// Companies that offered, and candidates of the draw.
    members: BTreeSet<String>,
    sealed: BTreeSet<u64>,
}

impl Named {
    fn of<'a>(events: impl Iterator<Item = &'a Event>) -> Self {
        let mut named = Self::default();
        for Event { kind, data, .. } in events {
            match kind.as_str() {
                "ProposalsOpened" => {
                    let proposals = data.get("proposals").and_then(Value::as_array);
                    proposals
                        .into_iter()
                        .flatten()
                        .for_each(|it| named.position(it.get("position")));
                }
                "ProposalOpened" | "TechnicalSheetOpened" => named.position(data.get("position")),
                "EconomicOpened" => {
                    named.position(data.get("position"));
                    named.position(data.get("participation"));
                    named.member(data.get("tenderer").and_then(|it| it.get("companyId")));
                }
                "PanelDrawn" => {
                    let candidates = data.get("candidates").and_then(Value::as_array);
                    candidates.into_iter().flatten().for_each(|it| named.member(Some(it)));
                }
                _ => {}
            }
        }
        named
    }

    fn position(&mut self, value: Option<&Value>) {
        let position = value.and_then(Value::as_str).and_then(|text| text.parse().ok());
        self.sealed.extend::<Option<u64>>(position);
    }

    fn member(&mut self, value: Option<&Value>) {
        self.members.extend(value.and_then(Value::as_str).map(str::to_owned));
    }

    fn has(&self, event: &Event) -> bool {
        let named = |(kind, member): &(&str, &str)| {
            event.text(kind, member).is_some_and(|it| self.members.contains(it))
        };
        REGISTERS.iter().any(named)
    }
}

/// How many events are in a batch.
async fn batched(reader: &AnchorReader<PgStore>) -> Result<u64> {
    let checkpoint = reader.checkpoint().await.context("reading the checkpoint")?;
    let checkpoint = checkpoint.context("nothing is published yet: try again in a moment")?;
    let size = checkpoint.lines().nth(1).and_then(|size| size.parse().ok());
    size.context("the checkpoint has no size")
}

/// A bundle, with the values it discloses.
struct Proof {
    bytes: Vec<u8>,
    disclosed: Vec<Value>,
    is_anchored: bool,
}

async fn proof(
    rooms: &Rooms,
    reader: &AnchorReader<PgStore>,
    view: &View,
    event: &Event,
) -> Result<Proof> {
    let position = event.position;
    let disclosures = view.disclosures(&*rooms.store, event.id, position).await;
    let disclosures = disclosures.context("reading what is public of an event")?;
    let batch = reader.batch_of(position).await.context("looking for a batch")?;
    let is_anchored = batch.is_some_and(|batch| batch.state == BatchState::Confirmed);
    let answer = reader.bundle_for(position, &disclosures).await.context("making a proof")?;
    let bytes = match answer {
        BundleAnswer::Bundle(bytes) => bytes,
        BundleAnswer::NotYetCosigned => {
            bail!(
                "too few witnesses cosigned the batch of position {position} so far: try again later"
            )
        }
        BundleAnswer::NotYetBatched => bail!("the batch of position {position} went away"),
    };
    let disclosed = disclosures.into_iter().map(|disclosure| disclosure.value).collect();
    Ok(Proof { bytes, disclosed, is_anchored })
}

/// The files of a dossier, and its list.
struct Contents {
    ocid: String,
    size: u64,
    files: BTreeMap<String, Vec<u8>>,
    events: Vec<Value>,
    releases: BTreeMap<String, Value>,
    /// Names of the documents, by hash.
    documents: BTreeMap<String, String>,
}

impl Contents {
    fn new(ocid: &str, size: u64) -> Self {
        Self {
            ocid: ocid.to_owned(),
            size,
            files: BTreeMap::new(),
            events: Vec::new(),
            releases: BTreeMap::new(),
            documents: BTreeMap::new(),
        }
    }

    /// Adds an event's proof; events are added by position.
    fn add_event(&mut self, event: &Event, proof: Proof) {
        event.data.values().chain(&proof.disclosed).for_each(|value| self.name_documents(value));
        let (position, file) = (event.position.to_string(), event.proof_file());
        self.events.push(json!({"position": position, "id": event.id.to_string(), "file": file}));
        self.files.insert(file, proof.bytes);
    }

    fn add_release(&mut self, event: &Event, release_id: &str, bytes: Vec<u8>) {
        let file = format!("releases/{release_id}.json");
        let item = json!({"releaseId": release_id, "file": file, "proof": event.proof_file()});
        self.releases.insert(release_id.to_owned(), item);
        self.files.insert(file, bytes);
    }

    /// Remembers every document below a value: an object with a hash and a length.
    fn name_documents(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.name_documents(item)),
            Value::Object(members) => {
                let text = |name| members.get(name).and_then(Value::as_str).map(str::to_owned);
                let document = text("sha256").zip(text("name"));
                if let Some((sha256, name)) = document.filter(|_| members.contains_key("bytes")) {
                    self.documents.entry(sha256).or_insert(name);
                }
                members.values().for_each(|member| self.name_documents(member));
            }
            _ => {}
        }
    }

    /// Adds the documents that were named; returns how many are not kept any more.
    async fn add_documents(&mut self, application: &Application<PgStore>) -> Result<usize> {
        let mut kept = BTreeMap::new();
        let named = std::mem::take(&mut self.documents);
        let count = named.len();
        for (sha256, name) in named {
            let hash = unhex(&sha256).with_context(|| format!("{sha256} is no hash"))?;
            let document = application.document(&hash).await.context("reading a document")?;
            if let Some(bytes) = document {
                self.files.insert(document_file(&sha256), bytes);
                kept.insert(sha256, name);
            }
        }
        self.documents = kept;
        Ok(count - self.documents.len())
    }

    fn counts(&self) -> String {
        let (events, documents) = (self.events.len(), self.documents.len());
        format!("{events} events, {documents} documents, {} releases", self.releases.len())
    }

    fn zip(mut self) -> Result<Vec<u8>> {
        let document = |(sha256, name): (&String, &String)| json!({"sha256": sha256, "file": document_file(sha256), "name": name});
        let documents: Vec<Value> = self.documents.iter().map(document).collect();
        let index = json!({
            "v": "smart-tenders/dossier@v1",
            "ocid": self.ocid,
            "size": self.size.to_string(),
            "events": self.events,
            "documents": documents,
            "releases": self.releases.into_values().collect::<Vec<_>>(),
        });
        let index = merkle::canonical::to_bytes(&index).context("writing dossier.json")?;
        self.files.insert("dossier.json".to_owned(), index);
        zip(&self.files).context("packing the files")
    }
}

/// The same files give the same bytes: sorted, with a fixed time.
fn zip(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::DEFAULT)
        .unix_permissions(0o644);
    for (name, bytes) in files {
        writer.start_file(name.as_str(), options)?;
        writer.write_all(bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

fn document_file(sha256: &str) -> String {
    format!("documents/{}", sha256.trim_start_matches("0x"))
}

/// The 32 bytes of `0x` and lower-case hexadecimal.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits =
        text.strip_prefix("0x").filter(|digits| digits.len() == 64 && digits.is_ascii())?;
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(position: u64, kind: &str, data: Value) -> Event {
        let Value::Object(data) = data else { panic!("data is an object") };
        Event { position, id: Uuid::nil(), kind: kind.to_owned(), data }
    }

    #[test]
    fn what_the_openings_and_the_draw_name_belongs_to_it() {
        let events = [
            event(
                1,
                "ProposalsOpened",
                json!({"proposals": [{"position": "5"}, {"position": "7"}]}),
            ),
            event(2, "TechnicalSheetOpened", json!({"position": "9"})),
            event(
                3,
                "EconomicOpened",
                json!({"position": "7", "participation": "4", "tenderer": {"companyId": "c"}}),
            ),
            event(4, "PanelDrawn", json!({"candidates": ["EV-AAA"]})),
        ];
        let named = Named::of(events.iter());
        assert_eq!(named.sealed, BTreeSet::from([4, 5, 7, 9]));
        assert!(named.has(&event(5, "CompanyApproved", json!({"companyId": "c"}))));
        assert!(named.has(&event(5, "EvaluatorAccredited", json!({"pseudonym": "EV-AAA"}))));
        assert!(!named.has(&event(5, "CompanyApproved", json!({"companyId": "d"}))));
    }

    #[test]
    fn the_same_files_are_the_same_bytes_at_any_time() {
        let files = BTreeMap::from([("dossier.json".to_owned(), b"{}".to_vec())]);
        let bytes = zip(&files).unwrap();
        assert_eq!(bytes, zip(&files).unwrap());
        // 1980-01-01T00:00:00, as MS-DOS writes it, in the header of the first file.
        assert_eq!(bytes[10..14], [0, 0, 0x21, 0]);
    }

    #[test]
    fn documents_are_found_wherever_they_are_named() {
        let hash = format!("0x{}", "ab".repeat(32));
        let document =
            json!({"name": "a.md", "sha256": hash, "bytes": 3, "mediaType": "text/plain"});
        let mut files = Contents::new("ocds-000000-009000999-2018-1", 1);
        files.name_documents(&json!({"ballot": {"justification": document}}));
        files.name_documents(&json!({"sha256": "0x00", "mapping": "1"}));
        assert_eq!(files.documents, BTreeMap::from([(hash.clone(), "a.md".to_owned())]));
        assert_eq!(unhex(&hash), Some([0xab; 32]));
        assert_eq!(document_file(&hash), format!("documents/{}", &hash[2..]));
    }
}
