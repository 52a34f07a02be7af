//! The entry: one event as its hashed bytes, open or sealed (`docs/proof-format.md` §2).

mod members;
mod sealed;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::canonical::{self, ParseError, ProfileError};
use crate::commitment::Commitment;
use crate::hash::{Hash, hash_from_base64url, to_base64url};
use crate::instant;
use members::{Members, canonical_uuid};

pub use sealed::{SEALED_ENTRY_BYTES, SealedEnvelope};

/// First line of every entry.
pub const FIRST_LINE: &[u8] = b"smart-tenders/event@v1\n";
/// Largest entry, in bytes: its length is a `uint16` in an entry bundle.
pub const ENTRY_BYTES_MAX: usize = 65_535;
/// Longest text of an origin or of one of an actor's members, in bytes.
pub const NAME_BYTES_MAX: usize = 128;
const KINDS: [&str; 6] = ["official", "company", "evaluator", "citizen", "authority", "system"];

/// What `effectiveAt` is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The log's own wall clock.
    Wall,
    /// The clock of a demonstration or rehearsal, which an operator moves.
    Simulated,
    /// The date that the source of an import states.
    Imported,
}

/// Who acted, by pseudonym.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// `official`, `company`, `evaluator`, `citizen`, `authority` or `system`.
    pub kind: String,
    /// Pseudonymous id; never a name.
    pub r#ref: String,
    /// The role the actor acted in.
    pub role: String,
}

/// The rules the act was judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSetRef {
    /// Name and year.
    pub id: String,
    /// `0x` hex SHA-256 of the rule set's canonical JSON.
    pub hash: String,
}

/// One event in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Origin of the log.
    pub log: String,
    /// Position in the log, from 0.
    pub seq: u64,
    /// Event id, `UUIDv7`.
    pub id: Uuid,
    /// Name of the stream.
    pub stream: String,
    /// Version in the stream, from 1.
    pub ver: u64,
    /// Leaf hash of the stream's previous entry; `None` exactly at version 1.
    pub prev: Option<Hash>,
    /// Name of the event type, `UpperCamelCase`.
    pub r#type: String,
    /// Version of the event type, from 1.
    pub schema: u16,
    /// Wall clock, milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// Business clock, milliseconds since 1970-01-01 UTC.
    pub effective_at: i64,
    /// What the business clock is worth.
    pub clock: Clock,
    /// Who acted; `None` exactly when `cm` has `/actor`.
    pub actor: Option<Actor>,
    /// The event that caused this one.
    pub causation: Option<Uuid>,
    /// Shared by everything that one request caused.
    pub correlation: Uuid,
    /// The rules the act was judged by.
    pub rule_set: Option<RuleSetRef>,
    /// The event type's own members.
    pub data: Map<String, Value>,
    /// Commitments to withheld members, by path.
    pub cm: BTreeMap<String, Commitment>,
    /// Commitments to the signatures of the command.
    pub sig: Vec<Commitment>,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most entries are open")]
pub enum Entry {
    /// All of it, but for what it withholds.
    Open(Envelope),
    /// Its place and its time.
    Sealed(SealedEnvelope),
}

impl Entry {
    /// Reads the bytes of an entry.
    ///
    /// # Errors
    /// When they are anything else.
    pub fn from_entry(entry: &[u8]) -> Result<Self, EntryError> {
        let value = value_of(entry)?;
        if value["type"] != sealed::TYPE {
            return Envelope::from_value(value).map(Self::Open);
        }
        SealedEnvelope::from_value(value, entry).map(Self::Sealed)
    }

    /// Origin of the log.
    #[must_use]
    pub fn log(&self) -> &str {
        match self {
            Self::Open(envelope) => &envelope.log,
            Self::Sealed(envelope) => &envelope.log,
        }
    }

    /// Name of the event type; `Sealed` for every sealed entry.
    #[must_use]
    pub fn r#type(&self) -> &str {
        match self {
            Self::Open(envelope) => &envelope.r#type,
            Self::Sealed(_) => sealed::TYPE,
        }
    }

    /// Version of the event type, or of the sealed entry's form.
    #[must_use]
    pub const fn schema(&self) -> u16 {
        match self {
            Self::Open(envelope) => envelope.schema,
            Self::Sealed(envelope) => envelope.schema,
        }
    }

    /// Position in the log, from 0.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        match self {
            Self::Open(envelope) => envelope.seq,
            Self::Sealed(envelope) => envelope.seq,
        }
    }

    /// Event id.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        match self {
            Self::Open(envelope) => envelope.id,
            Self::Sealed(envelope) => envelope.id,
        }
    }

    /// Wall clock, milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub const fn at(&self) -> i64 {
        match self {
            Self::Open(envelope) => envelope.at,
            Self::Sealed(envelope) => envelope.at,
        }
    }

    /// What the business clock is worth.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        match self {
            Self::Open(envelope) => envelope.clock,
            Self::Sealed(envelope) => envelope.clock,
        }
    }
}

/// Why an envelope cannot be an entry, or bytes are not one.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// A member breaks the rule that the format gives it.
    #[error("the member {0} of the envelope breaks its rule")]
    Member(&'static str),
    /// A value is outside the profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The bytes are not a canonical entry.
    #[error("not a canonical entry")]
    Parse(#[from] ParseError),
    /// The first line is not that of an entry.
    #[error("the first line is not that of an entry")]
    FirstLine,
    /// Larger than [`ENTRY_BYTES_MAX`].
    #[error(
        "the entry has {bytes} bytes, more than {ENTRY_BYTES_MAX}: put long text into a document"
    )]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
}

impl Envelope {
    /// The entry's bytes.
    ///
    /// # Errors
    /// When a member breaks the format, or the entry gets too large.
    pub fn to_entry(&self) -> Result<Vec<u8>, EntryError> {
        entry_of(&self.to_value()?)
    }

    /// The envelope as a value: what a sealed entry commits to at the path `""`.
    ///
    /// # Errors
    /// When a member breaks the format.
    pub fn to_value(&self) -> Result<Value, EntryError> {
        self.check()?;
        let mut value = json!({
            "log": self.log,
            "seq": self.seq.to_string(),
            "id": self.id.to_string(),
            "stream": self.stream,
            "ver": self.ver.to_string(),
            "prev": self.prev.map(|leaf| to_base64url(&leaf)),
            "type": self.r#type,
            "schema": self.schema.to_string(),
            "at": instant::format(self.at).ok_or(EntryError::Member("at"))?,
            "effectiveAt":
                instant::format(self.effective_at).ok_or(EntryError::Member("effectiveAt"))?,
            "clock": self.clock,
            "causation": self.causation.map(|id| id.to_string()),
            "correlation": self.correlation.to_string(),
            "ruleSet": self.rule_set,
            "data": self.data,
            "cm": self.cm.iter().map(|(path, cm)| (path.clone(), Value::from(cm.to_text())))
                .collect::<Map<_, _>>(),
            "sig": self.sig.iter().map(|cm| cm.to_text()).collect::<Vec<_>>(),
        });
        if let (Some(actor), Value::Object(members)) = (&self.actor, &mut value) {
            members.insert("actor".into(), json!(actor));
        }
        Ok(value)
    }

    /// Reads an entry that [`Envelope::to_entry`] wrote.
    ///
    /// # Errors
    /// When the bytes are anything else.
    pub fn from_entry(entry: &[u8]) -> Result<Self, EntryError> {
        Self::from_value(value_of(entry)?)
    }

    /// Reads a value that [`Envelope::to_value`] made.
    ///
    /// # Errors
    /// When the value is anything else.
    pub fn from_value(value: Value) -> Result<Self, EntryError> {
        let mut members = Members::of(value)?;
        let envelope = Self {
            log: members.text("log")?,
            seq: members.position("seq")?,
            id: members.uuid("id")?,
            stream: members.text("stream")?,
            ver: members.position("ver")?,
            prev: members.optional("prev", hash_from_base64url)?,
            r#type: members.text("type")?,
            schema: members
                .position("schema")?
                .try_into()
                .map_err(|_| EntryError::Member("schema"))?,
            at: members.instant("at")?,
            effective_at: members.instant("effectiveAt")?,
            clock: members.parsed("clock")?,
            actor: if members.has("actor") { Some(members.parsed("actor")?) } else { None },
            causation: members.optional("causation", canonical_uuid)?,
            correlation: members.uuid("correlation")?,
            rule_set: members.parsed("ruleSet")?,
            data: members.parsed("data")?,
            cm: members
                .parsed::<BTreeMap<String, String>>("cm")?
                .into_iter()
                .map(|(path, text)| Some((path, Commitment::from_text(&text)?)))
                .collect::<Option<_>>()
                .ok_or(EntryError::Member("cm"))?,
            sig: members
                .parsed::<Vec<String>>("sig")?
                .iter()
                .map(|text| Commitment::from_text(text))
                .collect::<Option<_>>()
                .ok_or(EntryError::Member("sig"))?,
        };
        members.end()?;
        envelope.check()?;
        Ok(envelope)
    }

    fn check(&self) -> Result<(), EntryError> {
        let ensure =
            |holds: bool, member| if holds { Ok(()) } else { Err(EntryError::Member(member)) };
        ensure(is_origin(&self.log), "log")?;
        ensure(is_stream_id(&self.stream), "stream")?;
        ensure(self.id.get_version_num() == 7, "id")?;
        ensure(self.ver > 0, "ver")?;
        ensure(self.prev.is_none() == (self.ver == 1), "prev")?;
        ensure(is_event_type(&self.r#type), "type")?;
        ensure(self.schema > 0, "schema")?;
        ensure(self.actor.is_none() == self.cm.contains_key("/actor"), "actor")?;
        if let Some(actor) = &self.actor {
            let named = [&actor.kind, &actor.r#ref, &actor.role]
                .iter()
                .all(|text| (1..=NAME_BYTES_MAX).contains(&text.len()));
            ensure(named && KINDS.contains(&actor.kind.as_str()), "actor")?;
        }
        if let Some(rules) = &self.rule_set {
            let named = (1..=NAME_BYTES_MAX).contains(&rules.id.len());
            ensure(named && is_hex_hash(&rules.hash), "ruleSet")?;
        }
        ensure(self.paths_are_right(), "cm")
    }

    /// Each path names an absent member of an object that is there, and none is a prefix of another.
    fn paths_are_right(&self) -> bool {
        let data = Value::Object(self.data.clone());
        let absent = |path: &str| {
            let Some((parent, name)) =
                path.strip_prefix("/data").and_then(|path| path.rsplit_once('/'))
            else {
                return path == "/actor";
            };
            let name = name.replace("~1", "/").replace("~0", "~");
            data.pointer(parent)
                .and_then(Value::as_object)
                .is_some_and(|object| !name.is_empty() && !object.contains_key(&name))
        };
        self.cm.keys().all(|path| {
            absent(path)
                && !self.cm.keys().any(|other| {
                    other.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('/'))
                })
        })
    }
}

/// The bytes of an entry with this envelope.
fn entry_of(envelope: &Value) -> Result<Vec<u8>, EntryError> {
    let entry = [FIRST_LINE, &canonical::to_bytes(envelope)?].concat();
    if entry.len() > ENTRY_BYTES_MAX {
        return Err(EntryError::TooLarge { bytes: entry.len() });
    }
    Ok(entry)
}

/// The envelope in the bytes of an entry.
fn value_of(entry: &[u8]) -> Result<Value, EntryError> {
    if entry.len() > ENTRY_BYTES_MAX {
        return Err(EntryError::TooLarge { bytes: entry.len() });
    }
    let json = entry.strip_prefix(FIRST_LINE).ok_or(EntryError::FirstLine)?;
    Ok(canonical::from_bytes(json)?)
}

/// 1 to 128 printable ASCII characters without space or `+`.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'+')
}

/// `^[a-z][A-Za-z0-9._-]{0,127}$`
#[must_use]
pub fn is_stream_id(text: &str) -> bool {
    text.len() <= NAME_BYTES_MAX
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_event_type(text: &str) -> bool {
    text.len() <= 64
        && text != sealed::TYPE
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `0x` and 64 lower-case hexadecimal digits.
fn is_hex_hash(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.strip_prefix("0x").is_some_and(|hex| hex.len() == 64 && hex.bytes().all(digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commitment::Salt;

    fn envelope() -> Envelope {
        Envelope {
            log: "log.example/test".into(),
            seq: 73_894,
            id: "01920000-0000-7000-8000-000000000001".parse().unwrap(),
            stream: "company-01920000-0000-7000-8000-000000000002".into(),
            ver: 1,
            prev: None,
            r#type: "CompanyRegistered".into(),
            schema: 1,
            at: 1_523_541_600_123,
            effective_at: 1_523_541_600_000,
            clock: Clock::Simulated,
            actor: Some(Actor {
                kind: "company".into(),
                r#ref: "a".into(),
                role: "company_admin".into(),
            }),
            causation: None,
            correlation: "01920000-0000-7000-8000-000000000003".parse().unwrap(),
            rule_set: None,
            data: json!({"legalName": "EMPRESA Ñ", "size": "micro"}).as_object().unwrap().clone(),
            cm: BTreeMap::from([(
                "/data/contact".into(),
                Commitment::to("/data/contact", &Salt([1; 32]), &json!({})).unwrap(),
            )]),
            sig: vec![],
        }
    }

    #[test]
    fn an_entry_is_read_back_and_starts_with_its_line() {
        let entry = envelope().to_entry().unwrap();
        assert!(entry.starts_with(b"smart-tenders/event@v1\n{\"actor\":{\"kind\":"));
        assert_eq!(Envelope::from_entry(&entry).unwrap(), envelope());
    }

    #[test]
    fn no_byte_of_an_entry_can_change_unseen() {
        let entry = envelope().to_entry().unwrap();
        for index in 0..entry.len() {
            for mask in [0x01, 0x20, 0x80] {
                let mut changed = entry.clone();
                changed[index] ^= mask;
                let same = Envelope::from_entry(&changed).is_ok_and(|read| read == envelope());
                assert!(!same, "byte {index}");
            }
        }
    }

    type Break<'a> = &'a dyn Fn(&mut Envelope);

    #[test]
    fn a_member_that_breaks_its_rule_is_named() {
        let rules = |id: &str, hash: &str| Some(RuleSetRef { id: id.into(), hash: hash.into() });
        let breaks: [(&str, Break); 14] = [
            ("ruleSet", &|e| e.rule_set = rules("", &format!("0x{}", "a".repeat(64)))),
            ("ruleSet", &|e| e.rule_set = rules("PILOTO-2018", &"a".repeat(66))),
            ("log", &|e| e.log = "has space".into()),
            ("stream", &|e| e.stream = "Tender-1".into()),
            ("id", &|e| e.id = Uuid::nil()),
            ("ver", &|e| e.ver = 0),
            ("prev", &|e| e.ver = 2),
            ("prev", &|e| e.prev = Some([0; 32])),
            ("type", &|e| e.r#type = "Sealed".into()),
            ("schema", &|e| e.schema = 0),
            ("at", &|e| e.at = -1),
            ("actor", &|e| e.actor = None),
            ("cm", &|e| drop(e.data.insert("contact".into(), json!(1)))),
            ("cm", &|e| {
                let commitment = e.cm["/data/contact"];
                e.cm.insert("/data/contact/correo".into(), commitment);
            }),
        ];
        for (member, change) in breaks {
            let mut envelope = envelope();
            change(&mut envelope);
            match envelope.to_entry() {
                Err(EntryError::Member(named)) => assert_eq!(named, member),
                other => panic!("{member}: {other:?}"),
            }
        }
    }

    #[test]
    fn an_entry_too_large_for_an_entry_bundle_is_refused() {
        let mut envelope = envelope();
        envelope.data.insert("text".into(), "x".repeat(65_000).into());
        assert!(matches!(envelope.to_entry(), Err(EntryError::TooLarge { .. })));
    }

    #[test]
    fn unknown_missing_and_misspelt_members_are_refused() {
        let entry = envelope().to_entry().unwrap();
        let text = std::str::from_utf8(&entry).unwrap();
        for (from, to) in [
            ("\"ver\":\"1\"", "\"ver\":\"01\""),
            ("\"sig\":[],", ""),
            ("\"sig\":[],", "\"sig\":[],\"sih\":1,"),
            ("\"clock\":\"simulated\"", "\"clock\":\"sundial\""),
            ("123Z\"", "123+00:00\""),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            assert!(Envelope::from_entry(changed.as_bytes()).is_err(), "{to}");
        }
    }
}
