//! What the entries so far fix for the next one.

use std::collections::{HashMap, HashSet};

use super::LogFault;
use crate::encoding::{self, base64url, hex, instant};
use crate::entry::{Clock, Envelope, Header, OpenEnvelope, SealedEnvelope};
use crate::json::{Value, object};
use crate::members::Members;
use crate::merkle::Hash;

/// What of an entry depends on those before it.
pub(super) struct Place {
    header: Header,
    leaf: Hash,
    /// `None` if the entry is sealed.
    open: Option<Open>,
}

struct Open {
    stream: String,
    ver: u64,
    prev: Option<Hash>,
    effective_at_ms: i64,
}

impl Place {
    pub(super) fn new(envelope: Envelope, leaf: Hash) -> Self {
        match envelope {
            Envelope::Open(envelope) => {
                let OpenEnvelope { header, stream, ver, prev, effective_at_ms, .. } = *envelope;
                Self { header, leaf, open: Some(Open { stream, ver, prev, effective_at_ms }) }
            }
            Envelope::Sealed(SealedEnvelope { header, .. }) => Self { header, leaf, open: None },
        }
    }

    pub(super) const fn leaf(&self) -> Hash {
        self.leaf
    }
}

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

    /// When the last entry was recorded, milliseconds since 1970; `None` if there is none.
    pub(super) fn at_ms(&self) -> Option<i64> {
        (!self.ids.is_empty()).then_some(self.at_ms)
    }

    pub(super) fn check(&mut self, place: Place, position: u64) -> Result<(), LogFault> {
        let Place { header, leaf, open } = place;
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
        let Some(open) = open else {
            self.sealed += 1;
            return Ok(());
        };
        self.check_open(open, header.clock, leaf, position)
    }

    fn check_open(
        &mut self,
        open: Open,
        clock: Clock,
        leaf: Hash,
        position: u64,
    ) -> Result<(), LogFault> {
        if clock != Clock::Imported {
            if open.effective_at_ms < self.effective_at_ms {
                return Err(LogFault::EffectiveDecreases(position));
            }
            self.effective_at_ms = open.effective_at_ms;
        }
        let Open { stream, ver, prev, .. } = open;
        let before = self.streams.insert(stream.clone(), (ver, leaf));
        let expected = before.map_or(1, |(ver, _)| ver + 1);
        if ver != expected {
            return Err(LogFault::StreamVersion { position, stream, found: ver, expected });
        }
        if prev != before.map(|(_, leaf)| leaf) {
            return Err(LogFault::StreamPrevious { position, stream });
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
