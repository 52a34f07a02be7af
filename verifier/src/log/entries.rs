//! What the entries so far fix for the next one.

use std::collections::{HashMap, HashSet};

use super::LogFault;
use crate::encoding::{self, base64url, hex, instant};
use crate::entry::{Clock, Entry, Envelope, OpenEnvelope};
use crate::json::{Value, object};
use crate::members::Members;
use crate::merkle::Hash;

/// What the entries so far fix for the next one.
#[derive(Default)]
pub(super) struct Entries {
    origin: String,
    at_ms: i64,
    effective_at_ms: i64,
    ids: HashSet<[u8; 16]>,
    streams: HashMap<String, (u64, Hash)>,
    sealed: u64,
}

impl Entries {
    /// Nothing was replayed of the log named `origin`.
    pub(super) fn new(origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..Self::default() }
    }

    /// How many entries are sealed.
    pub(super) const fn sealed(&self) -> u64 {
        self.sealed
    }

    pub(super) fn check(&mut self, entry: &Entry, position: u64) -> Result<(), LogFault> {
        let envelope = entry.envelope().map_err(|cause| LogFault::Envelope { position, cause })?;
        let header = envelope.header();
        if header.log != self.origin {
            return Err(LogFault::OtherLog(position));
        }
        if header.seq != position {
            return Err(LogFault::Seq { position, found: header.seq });
        }
        if header.at_ms < self.at_ms {
            return Err(LogFault::AtDecreases(position));
        }
        self.at_ms = header.at_ms;
        let id = encoding::uuid_bytes(&header.id).expect("the envelope's id was read as a UUID");
        if !self.ids.insert(id) {
            return Err(LogFault::RepeatedId(position));
        }
        match envelope {
            Envelope::Open(open) => self.check_open(&open, entry.leaf(), position),
            Envelope::Sealed(_) => {
                self.sealed += 1;
                Ok(())
            }
        }
    }

    fn check_open(
        &mut self,
        open: &OpenEnvelope,
        leaf: Hash,
        position: u64,
    ) -> Result<(), LogFault> {
        if open.header.clock != Clock::Imported {
            if open.effective_at_ms < self.effective_at_ms {
                return Err(LogFault::EffectiveDecreases(position));
            }
            self.effective_at_ms = open.effective_at_ms;
        }
        let before = self.streams.insert(open.stream.clone(), (open.ver, leaf));
        let expected = before.map_or(1, |(ver, _)| ver + 1);
        let stream = || open.stream.clone();
        if open.ver != expected {
            let found = open.ver;
            return Err(LogFault::StreamVersion { position, stream: stream(), found, expected });
        }
        if open.prev != before.map(|(_, leaf)| leaf) {
            return Err(LogFault::StreamPrevious { position, stream: stream() });
        }
        Ok(())
    }

    /// For a state file; the ids as one string, 16 bytes each, in order.
    pub(super) fn to_json(&self) -> Value {
        let mut ids: Vec<_> = self.ids.iter().copied().collect();
        ids.sort_unstable();
        let stream = |(name, (ver, leaf)): (&String, &(u64, Hash))| {
            let members = [("leaf", hex(leaf).into()), ("ver", ver.to_string().into())];
            (name.clone(), object(members))
        };
        object([
            ("at", instant(self.at_ms.into()).into()),
            ("effectiveAt", instant(self.effective_at_ms.into()).into()),
            ("ids", base64url(ids.as_flattened()).into()),
            ("sealed", self.sealed.to_string().into()),
            ("streams", Value::Object(self.streams.iter().map(stream).collect())),
        ])
    }

    /// What [`Self::to_json`] made, for a log whose first `size` entries it is of.
    pub(super) fn from_json(value: &Value, origin: &str, size: u64) -> Option<Self> {
        let names = ["at", "effectiveAt", "ids", "sealed", "streams"];
        let members = Members::exactly(value, "entries", &names).ok()?;
        let instant = |name| members.read(name, "an instant", encoding::instant_ms).ok();
        let bytes = members.read("ids", "base64url", encoding::unbase64url).ok()?;
        let (ids, rest) = bytes.as_chunks::<16>();
        let stream = |(name, value): (&String, &Value)| {
            let members = Members::exactly(value, "stream", &["leaf", "ver"]).ok()?;
            Some((name.clone(), (members.position("ver").ok()?, members.hex("leaf").ok()?)))
        };
        let entries = Self {
            origin: origin.to_owned(),
            at_ms: instant("at")?,
            effective_at_ms: instant("effectiveAt")?,
            ids: ids.iter().copied().collect(),
            streams: members.object("streams").ok()?.iter().map(stream).collect::<Option<_>>()?,
            sealed: members.position("sealed").ok()?,
        };
        (rest.is_empty() && entries.ids.len() as u64 == size).then_some(entries)
    }
}
