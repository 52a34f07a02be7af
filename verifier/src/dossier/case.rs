//! Everything a dossier shows, found by type, position or seat.

use std::collections::BTreeMap;

use super::archive::Files;
use super::contradiction::Contradiction;
use super::event::Event;
use super::index::{Index, document_file, proof_file, release_file};
use super::opinion::Found;
use super::record::Record;
use crate::merkle::Hash;
use crate::policy::Policy;

/// A dossier whose proofs were checked.
pub(super) struct Case {
    pub ocid: String,
    /// By position.
    pub events: Vec<Event>,
    /// Places of the public events by type. What is sealed never counts as one.
    kinds: BTreeMap<String, Vec<usize>>,
    pub documents: BTreeMap<Hash, Vec<u8>>,
    /// By id: the position of the publication, and the bytes.
    pub releases: BTreeMap<String, (u64, Vec<u8>)>,
}

impl Case {
    /// What is wrong with an event without what it rests on.
    pub(super) const NOT_BEFORE: &str = "what it rests on is not in the dossier before it";

    /// Checks every bundle, and that it is the one its item says.
    pub(super) fn gather(
        index: Index,
        files: &mut Files,
        policy: &Policy,
    ) -> Result<Self, Contradiction> {
        let mut events = Vec::with_capacity(index.events.len());
        for (position, id) in index.events {
            let file = proof_file(position);
            let bytes = files.remove(&file).unwrap_or_default();
            let event = Event::verify(&bytes, policy).map_err(|refusal| {
                Contradiction::of_dossier("a proof is refused", format_args!("{file}, {refusal}"))
            })?;
            if (event.position, &event.id) != (position, &id) {
                return Err(Contradiction::of_dossier("a proof is of another event", file));
            }
            events.push(event);
        }
        let mut take = |name: String| files.remove(&name).unwrap_or_default();
        let documents = index.documents.into_iter();
        let documents = documents.map(|(hash, _)| (hash, take(document_file(&hash)))).collect();
        let releases = index.releases.into_iter().map(|(id, position)| {
            let bytes = take(release_file(&id));
            (id, (position, bytes))
        });
        let releases = releases.collect();
        let mut kinds = BTreeMap::<String, Vec<usize>>::new();
        for (place, event) in events.iter().enumerate().filter(|(_, event)| !event.sealed) {
            kinds.entry(event.kind().to_owned()).or_default().push(place);
        }
        Ok(Self { ocid: index.ocid, events, kinds, documents, releases })
    }

    /// The public events of a type, by position.
    pub(super) fn all<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Event> + use<'a> {
        self.kinds.get(kind).into_iter().flatten().map(|place| &self.events[*place])
    }

    /// The one public event of a type; none if there is none.
    pub(super) fn one(&self, kind: &'static str) -> Result<Option<&Event>, Contradiction> {
        let mut all = self.all(kind);
        let first = all.next();
        match all.next() {
            Some(second) => Err(second.refuse("there is an earlier one", "")),
            None => Ok(first),
        }
    }

    /// The one public event of a type, which `event` rests on.
    pub(super) fn needed(
        &self,
        kind: &'static str,
        event: &Event,
    ) -> Result<&Event, Contradiction> {
        let found = self.one(kind)?;
        let earlier = found.filter(|it| it.position < event.position);
        earlier.ok_or_else(|| event.refuse(Self::NOT_BEFORE, kind))
    }

    /// The call, which `event` rests on.
    pub(super) fn call(&self, event: &Event) -> Result<Record<'_>, Contradiction> {
        self.needed("TenderPublished", event).map(Event::record)
    }

    /// The event at a position.
    pub(super) fn at(&self, position: u64) -> Option<&Event> {
        let place = self.events.binary_search_by_key(&position, |event| event.position);
        place.ok().map(|place| &self.events[place])
    }

    /// The sealed entry that `event` opens: of a type, of the same tender, recorded before it.
    pub(super) fn sealed(
        &self,
        event: &Event,
        position: u64,
        kinds: &[&str],
    ) -> Result<&Event, Contradiction> {
        let entry = self.at(position).filter(|entry| entry.sealed && position < event.position);
        let entry = entry.ok_or_else(|| {
            event.refuse("the sealed entry it opens is not in the dossier before it", position)
        })?;
        if entry.envelope.is_none() {
            return Err(event.refuse("the sealed entry it opens is not disclosed", position));
        }
        let of_tender = entry.data.get("tenderId").is_some()
            && entry.data.get("tenderId") == event.data.get("tenderId");
        if !kinds.contains(&entry.kind()) || !of_tender {
            return Err(event.refuse(
                "the sealed entry it opens is of another kind or tender",
                format_args!("position {position}, {}", entry.kind()),
            ));
        }
        Ok(entry)
    }

    /// The public events of a type by the mask they name, one each.
    pub(super) fn by_mask(&self, kind: &str) -> Result<BTreeMap<&str, &Event>, Contradiction> {
        let mut found = BTreeMap::new();
        for event in self.all(kind) {
            let mask = event.record().text("mask")?;
            if found.insert(mask, event).is_some() {
                return Err(event.refuse("there is an earlier one of its mask", mask));
            }
        }
        Ok(found)
    }
}

/// Whether a chain stands behind every event.
#[expect(clippy::unnecessary_wraps, reason = "a topic's check, like those that refuse")]
pub(super) fn anchoring(case: &Case) -> Result<Found, Contradiction> {
    let missing = case.events.iter().filter(|event| event.block.is_none()).count();
    let unsealed = case.events.iter().any(|event| event.block.is_some() && !event.is_sealed_chain);
    let late = case.events.iter().filter(|event| event.late).count();
    let all = case.events.len();
    if missing > 0 {
        let says = format!("{missing} of {all} events are in the log and not anchored");
        return Ok(Found::Unanchored(says));
    }
    if unsealed {
        let says = "the chain is a development chain, where nothing is sealed by anybody";
        return Ok(Found::Unanchored(says.to_owned()));
    }
    let last = case.events.iter().filter_map(|event| event.block).map(|block| block.number).max();
    let Some(last) = last else { return Ok(Found::Absent("there is no event")) };
    let late = if late == 0 { String::new() } else { format!(", {late} later than promised") };
    Ok(Found::Proven(format!("all {all} events are in blocks up to {last}{late}")))
}
