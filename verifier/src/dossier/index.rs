//! The list of a dossier, `dossier.json`, §12.

use std::collections::BTreeSet;

use super::archive::{DossierError, Files, INDEX, is_file_name};
use crate::encoding::{self, hex};
use crate::json::{self, Rules, Value};
use crate::members::{Members, ShapeError};
use crate::merkle::Hash;

/// What a dossier says of itself.
pub(super) struct Index {
    pub ocid: String,
    /// The size of the log it was made at.
    pub size: u64,
    /// Position and event id, sorted by position.
    pub events: Vec<(u64, String)>,
    /// Hash and file name, sorted by hash.
    pub documents: Vec<(Hash, String)>,
    /// Release id and the position of its publication, sorted by id.
    pub releases: Vec<(String, u64)>,
}

impl Index {
    /// Reads the list, and checks that it names all files and no others.
    pub(super) fn read(files: &Files) -> Result<Self, DossierError> {
        let bytes = files.get(INDEX).ok_or_else(|| DossierError::Missing(INDEX.to_owned()))?;
        let value = json::parse(bytes, Rules::Profile)?;
        if json::canonical_profile(&value).as_bytes() != bytes.as_slice() {
            return Err(DossierError::NotCanonical);
        }
        let names = ["v", "ocid", "size", "events", "documents", "releases"];
        let members = Members::exactly(&value, "dossier", &names)?;
        members.read("v", "smart-tenders/dossier@v1", |v| {
            (v == "smart-tenders/dossier@v1").then_some(())
        })?;
        let index = Self {
            ocid: members.string("ocid")?.to_owned(),
            size: members.position("size")?,
            events: read_list(members.array("events")?, read_event)?,
            documents: read_list(members.array("documents")?, read_document)?,
            releases: read_list(members.array("releases")?, read_release)?,
        };
        if let Some((position, _)) = index.events.iter().find(|(it, _)| *it >= index.size) {
            return Err(DossierError::Item(proof_file(*position)));
        }
        index.check_files(files)?;
        Ok(index)
    }

    fn check_files(&self, files: &Files) -> Result<(), DossierError> {
        let proofs = self.events.iter().map(|(position, _)| proof_file(*position));
        let documents = self.documents.iter().map(|(hash, _)| document_file(hash));
        let releases = self.releases.iter().map(|(id, _)| release_file(id));
        let listed: BTreeSet<String> =
            proofs.chain(documents).chain(releases).chain([INDEX.to_owned()]).collect();
        if let Some(missing) = listed.iter().find(|name| !files.contains_key(*name)) {
            return Err(DossierError::Missing(missing.clone()));
        }
        match files.keys().find(|name| !listed.contains(*name)) {
            Some(unlisted) => Err(DossierError::Unlisted(unlisted.clone())),
            None => Ok(()),
        }
    }
}

/// The name of the file with the bundle of a position.
pub(super) fn proof_file(position: u64) -> String {
    format!("proofs/{position}.proof.json")
}

/// The name of the file with a document.
pub(super) fn document_file(hash: &Hash) -> String {
    format!("documents/{}", &hex(hash)[2..])
}

/// The name of the file with a release.
pub(super) fn release_file(release_id: &str) -> String {
    format!("releases/{release_id}.json")
}

/// An item with its file as it is written, and as it follows from the item.
struct Item<T> {
    content: T,
    written: String,
    follows: String,
}

/// Reads a list whose items are strictly sorted by what comes first in them.
fn read_list<K: Ord, T>(
    values: &[Value],
    read: impl Fn(&Value) -> Result<Item<(K, T)>, ShapeError>,
) -> Result<Vec<(K, T)>, DossierError> {
    let mut items: Vec<(K, T)> = Vec::with_capacity(values.len());
    for value in values {
        let Item { content, written, follows } = read(value)?;
        let in_order = items.last().is_none_or(|(last, _)| *last < content.0);
        if !in_order || written != follows {
            return Err(DossierError::Item(written));
        }
        items.push(content);
    }
    Ok(items)
}

fn read_event(value: &Value) -> Result<Item<(u64, String)>, ShapeError> {
    let members = Members::exactly(value, "event", &["position", "id", "file"])?;
    let position = members.position("position")?;
    Ok(Item {
        content: (position, members.string("id")?.to_owned()),
        written: members.string("file")?.to_owned(),
        follows: proof_file(position),
    })
}

fn read_document(value: &Value) -> Result<Item<(Hash, String)>, ShapeError> {
    let members = Members::exactly(value, "document", &["sha256", "file", "name"])?;
    let hash = members.hex("sha256")?;
    Ok(Item {
        content: (hash, members.string("name")?.to_owned()),
        written: members.string("file")?.to_owned(),
        follows: document_file(&hash),
    })
}

fn read_release(value: &Value) -> Result<Item<(String, u64)>, ShapeError> {
    let members = Members::exactly(value, "release", &["releaseId", "file", "proof"])?;
    let id = members.read("releaseId", "an id that can name a file", |id| {
        is_file_name(id).then(|| id.to_owned())
    })?;
    let position = members.read("proof", "proofs/{position}.proof.json", |proof| {
        encoding::position(proof.strip_prefix("proofs/")?.strip_suffix(".proof.json")?)
    })?;
    Ok(Item {
        written: members.string("file")?.to_owned(),
        follows: release_file(&id),
        content: (id, position),
    })
}
