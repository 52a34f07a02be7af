//! What is decided under the lock, in memory and without I/O but for making vault keys durable.
//!
//! [`Known`] is the part of the log that a batch of requests touches. Each request is decided on it and, when
//! accepted, changes it, so that the next request of the batch sees it. A refusal costs its own caller only.

use std::collections::{BTreeMap, HashMap, HashSet};

use merkle::bundle::Disclosure;
use merkle::{Clock, Commitment, Entry, Envelope, Hash, leaf_hash};
use uuid::Uuid;

use crate::types::{AppendError, AppendRequest, Claim, NewEvent, Recorded, StreamWrite};
use crate::{Entropy, Keyring, seal};

/// The head row under the lock, and the batch's one reading of the clock.
#[derive(Debug, Clone)]
pub(crate) struct Locked {
    pub origin: String,
    pub next_position: u64,
    /// Wall clock of this batch, never before the last one's.
    pub at: i64,
    /// Business clock of this batch, never before the last one's.
    pub effective_at: i64,
    pub clock: Clock,
}

/// The state that requests are decided on.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub streams: HashMap<String, Stream>,
    pub claims: HashMap<Hash, String>,
    pub commands: HashMap<Uuid, KnownCommand>,
}

/// Where a stream stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stream {
    pub version: u64,
    pub last_leaf: Hash,
    /// For its whole life.
    pub is_sealed: bool,
}

/// An event with its place in its stream, which a sealed entry does not show.
#[derive(Debug)]
pub(crate) struct Placed {
    pub stream: String,
    pub version: u64,
    pub recorded: Recorded,
}

/// A command id that was used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownCommand {
    pub body_hash: Hash,
    pub first_position: u64,
    pub event_count: u32,
}

/// What the accepted requests of a batch write, besides [`Known`].
#[derive(Debug, Default)]
pub(crate) struct Writes {
    pub events: Vec<Placed>,
    pub commands: Vec<(Uuid, KnownCommand)>,
    pub streams: BTreeMap<String, Stream>,
    pub claims: Vec<ClaimChange>,
    pub vault: Vec<VaultRow>,
}

#[derive(Debug)]
pub(crate) struct ClaimChange {
    pub hash: Hash,
    /// `None`: released.
    pub stream: Option<String>,
}

#[derive(Debug)]
pub(crate) struct VaultRow {
    pub event_id: Uuid,
    pub path: String,
    pub subject: String,
    pub sealed: Vec<u8>,
}

/// Where the answer to a request is: the positions of its events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decided {
    pub first_position: u64,
    pub event_count: u32,
    pub repeated: bool,
}

pub(crate) struct Engine<'a> {
    pub locked: &'a mut Locked,
    pub known: &'a mut Known,
    pub writes: &'a mut Writes,
    pub keyring: &'a Keyring,
    pub entropy: &'a dyn Entropy,
}

impl Engine<'_> {
    /// Decides one request; changes nothing when it refuses.
    pub fn decide(&mut self, request: &AppendRequest) -> Result<Decided, AppendError> {
        let body_hash = self.keyring.body_hash(&request.body);
        if let Some(command) = self.known.commands.get(&request.command_id) {
            return repeat(request, command, body_hash);
        }
        let event_count = event_count(request)?;
        self.check_versions(request)?;
        self.check_seals(request)?;
        self.check_hours(request)?;
        let claims = self.decide_claims(request)?;
        let (events, vault) = self.build(request)?;
        let command =
            KnownCommand { body_hash, first_position: self.locked.next_position, event_count };
        self.accept(request.command_id, command, events, vault, claims);
        Ok(Decided { first_position: command.first_position, event_count, repeated: false })
    }

    fn version(&self, stream: &str) -> u64 {
        self.known.streams.get(stream).map_or(0, |stream| stream.version)
    }

    fn check_versions(&self, request: &AppendRequest) -> Result<(), AppendError> {
        for write in &request.writes {
            let actual = self.version(&write.stream);
            if actual != write.expected {
                let (stream, expected) = (write.stream.clone(), write.expected);
                return Err(AppendError::VersionConflict { stream, expected, actual });
            }
        }
        for (stream, expected) in &request.unchanged {
            let actual = self.version(stream);
            if actual != *expected {
                let (stream, expected) = (stream.clone(), *expected);
                return Err(AppendError::ReadChanged { stream, expected, actual });
            }
        }
        Ok(())
    }

    /// A version or a leaf of an open entry would betray a sealed one before it.
    fn check_seals(&self, request: &AppendRequest) -> Result<(), AppendError> {
        let mixes = |write: &&StreamWrite| {
            let stream = self.known.streams.get(&write.stream);
            stream.is_some_and(|stream| stream.is_sealed != write.seal.is_some())
        };
        match request.writes.iter().find(mixes) {
            Some(write) => Err(AppendError::SealMismatch { stream: write.stream.clone() }),
            None => Ok(()),
        }
    }

    fn check_hours(&self, request: &AppendRequest) -> Result<(), AppendError> {
        let now = self.locked.effective_at;
        match (request.not_before, request.not_after) {
            (Some(not_before), _) if now < not_before => {
                Err(AppendError::TooEarly { not_before, now })
            }
            (_, Some(not_after)) if now >= not_after => {
                Err(AppendError::DeadlinePassed { not_after, now })
            }
            _ => Ok(()),
        }
    }

    /// Releases come first, so that one request may hand a key from one stream to another.
    fn decide_claims(&self, request: &AppendRequest) -> Result<Vec<ClaimChange>, AppendError> {
        let hash = |claim: &Claim| self.keyring.claim_hash(&claim.kind, &claim.value);
        let mut holders: HashMap<Hash, Option<String>> = HashMap::new();
        let mut changes = Vec::new();
        for claim in &request.release {
            let hash = hash(claim);
            if self.known.claims.get(&hash) != Some(&claim.stream) {
                return Err(AppendError::ClaimNotHeld { kind: claim.kind.clone() });
            }
            holders.insert(hash, None);
            changes.push(ClaimChange { hash, stream: None });
        }
        for claim in &request.take {
            let hash = hash(claim);
            let taken = match holders.get(&hash) {
                Some(holder) => holder.is_some(),
                None => self.known.claims.contains_key(&hash),
            };
            if taken {
                return Err(AppendError::ClaimTaken { kind: claim.kind.clone() });
            }
            holders.insert(hash, Some(claim.stream.clone()));
            changes.push(ClaimChange { hash, stream: Some(claim.stream.clone()) });
        }
        Ok(changes)
    }

    fn build(&self, request: &AppendRequest) -> Result<(Vec<Placed>, Vec<VaultRow>), AppendError> {
        let mut events = Vec::new();
        let mut vault = Vec::new();
        let mut seq = self.locked.next_position;
        for write in &request.writes {
            let mut last = self.known.streams.get(&write.stream).copied();
            for event in &write.events {
                let inner = self.envelope(request, &write.stream, event, seq, last, &mut vault)?;
                let version = inner.ver;
                let recorded = self.record(inner, write.seal.as_deref(), &mut vault)?;
                let is_sealed = recorded.is_sealed();
                last = Some(Stream { version, last_leaf: recorded.leaf, is_sealed });
                events.push(Placed { stream: write.stream.clone(), version, recorded });
                seq += 1;
            }
        }
        Ok((events, vault))
    }

    /// The envelope of `event`; what it withholds goes into the vault.
    fn envelope(
        &self,
        request: &AppendRequest,
        stream: &str,
        event: &NewEvent,
        seq: u64,
        last: Option<Stream>,
        vault: &mut Vec<VaultRow>,
    ) -> Result<Envelope, AppendError> {
        let id = self.entropy.event_id(self.locked.at);
        let mut envelope = Envelope {
            log: self.locked.origin.clone(),
            seq,
            id,
            stream: stream.to_owned(),
            ver: last.map_or(1, |stream| stream.version + 1),
            prev: last.map(|stream| stream.last_leaf),
            r#type: event.event_type.clone(),
            schema: event.schema,
            at: self.locked.at,
            effective_at: self.locked.effective_at,
            clock: self.locked.clock,
            actor: event.actor.clone(),
            causation: event.causation,
            correlation: request.correlation,
            rule_set: event.rule_set.clone(),
            data: event.data.clone(),
            cm: BTreeMap::new(),
            sig: Vec::new(),
        };
        for withheld in &event.withheld {
            let (path, value) = (withheld.path.clone(), withheld.value.clone());
            let disclosure = Disclosure { path, salt: self.entropy.salt(), value };
            let commitment = Commitment::to(&disclosure.path, &disclosure.salt, &disclosure.value)
                .map_err(merkle::entry::EntryError::from)?;
            let sealed = self.keyring.seal(&withheld.subject, id, &disclosure, self.entropy)?;
            let (path, subject) = (withheld.path.clone(), withheld.subject.clone());
            envelope.cm.insert(path.clone(), commitment);
            vault.push(VaultRow { event_id: id, path, subject, sealed });
        }
        Ok(envelope)
    }

    /// Makes `envelope` an entry, open or sealed under the key of `seal`.
    fn record(
        &self,
        envelope: Envelope,
        seal: Option<&str>,
        vault: &mut Vec<VaultRow>,
    ) -> Result<Recorded, AppendError> {
        let (position, id) = (envelope.seq, envelope.id);
        let (entry, content) = if let Some(subject) = seal {
            let (entry, content, inner) = seal::close(&envelope, self.entropy.salt())?;
            let sealed = self.keyring.seal(subject, id, &inner, self.entropy)?;
            let (path, subject) = (inner.path, subject.to_owned());
            vault.push(VaultRow { event_id: id, path, subject, sealed });
            (entry, content)
        } else {
            (envelope.to_entry()?, Entry::Open(envelope))
        };
        Ok(Recorded { position, leaf: leaf_hash(&entry), entry, content })
    }

    fn accept(
        &mut self,
        command_id: Uuid,
        command: KnownCommand,
        events: Vec<Placed>,
        vault: Vec<VaultRow>,
        claims: Vec<ClaimChange>,
    ) {
        for event in &events {
            let Placed { stream, version, recorded } = event;
            let (last_leaf, is_sealed) = (recorded.leaf, recorded.is_sealed());
            let stands = Stream { version: *version, last_leaf, is_sealed };
            self.known.streams.insert(stream.clone(), stands);
            self.writes.streams.insert(stream.clone(), stands);
        }
        for change in &claims {
            match &change.stream {
                Some(stream) => self.known.claims.insert(change.hash, stream.clone()),
                None => self.known.claims.remove(&change.hash),
            };
        }
        self.known.commands.insert(command_id, command);
        self.locked.next_position += u64::from(command.event_count);
        self.writes.commands.push((command_id, command));
        self.writes.events.extend(events);
        self.writes.vault.extend(vault);
        self.writes.claims.extend(claims);
    }
}

fn repeat(
    request: &AppendRequest,
    command: &KnownCommand,
    body_hash: Hash,
) -> Result<Decided, AppendError> {
    if command.body_hash != body_hash {
        return Err(AppendError::CommandReused { command_id: request.command_id });
    }
    let KnownCommand { first_position, event_count, .. } = *command;
    Ok(Decided { first_position, event_count, repeated: true })
}

fn event_count(request: &AppendRequest) -> Result<u32, AppendError> {
    let mut streams = HashSet::new();
    let distinct = request.writes.iter().all(|write| streams.insert(&write.stream));
    let filled = request.writes.iter().all(|write| !write.events.is_empty());
    let count: usize = request.writes.iter().map(|write| write.events.len()).sum();
    match u32::try_from(count) {
        Ok(count) if count > 0 && distinct && filled => Ok(count),
        _ => Err(AppendError::Malformed),
    }
}
