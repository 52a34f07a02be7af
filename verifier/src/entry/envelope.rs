//! The two kinds of envelope and the rules of their members.

use super::EnvelopeError;
use super::paths;
use crate::encoding;
use crate::json::{Object, Value};
use crate::members::{Members, ShapeError};
use crate::merkle::Hash;

const OPEN_MEMBERS: [&str; 18] = [
    "log",
    "seq",
    "id",
    "stream",
    "ver",
    "prev",
    "type",
    "schema",
    "at",
    "effectiveAt",
    "clock",
    "causation",
    "correlation",
    "ruleSet",
    "data",
    "cm",
    "sig",
    "actor",
];
const SEALED_MEMBERS: [&str; 9] =
    ["at", "clock", "cm", "id", "log", "pad", "schema", "seq", "type"];
const ACTOR_KINDS: [&str; 6] =
    ["official", "company", "evaluator", "citizen", "authority", "system"];

/// What `effectiveAt` is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The wall clock.
    Wall,
    /// The clock of a demonstration or rehearsal.
    Simulated,
    /// The date of an event that happened elsewhere and earlier.
    Imported,
}

impl Clock {
    fn read(text: &str) -> Option<Self> {
        match text {
            "wall" => Some(Self::Wall),
            "simulated" => Some(Self::Simulated),
            "imported" => Some(Self::Imported),
            _ => None,
        }
    }

    /// The word of the format.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wall => "wall",
            Self::Simulated => "simulated",
            Self::Imported => "imported",
        }
    }
}

/// The members both kinds have, which must agree between a sealed entry and its inner envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The log's origin.
    pub log: String,
    /// Position in the log.
    pub seq: u64,
    /// Event id.
    pub id: String,
    /// Recording by the log's wall clock, milliseconds since 1970.
    pub at_ms: i64,
    /// What `effectiveAt` is worth.
    pub clock: Clock,
}

/// An envelope whose members are readable.
#[derive(Debug, Clone)]
pub struct OpenEnvelope {
    /// The members shared with sealed entries.
    pub header: Header,
    /// The stream.
    pub stream: String,
    /// Version in the stream, from 1.
    pub ver: u64,
    /// The previous leaf of the stream.
    pub prev: Option<Hash>,
    /// Event type.
    pub kind: String,
    /// The business clock, milliseconds since 1970.
    pub effective_at_ms: i64,
    /// The event type's own members.
    pub data: Object,
    /// Commitments by path.
    pub commitments: Vec<(String, Hash)>,
    /// Commitments to signatures, in order.
    pub signatures: Vec<Hash>,
}

/// An envelope that shows nothing but its place and time.
#[derive(Debug, Clone)]
pub struct SealedEnvelope {
    /// Its place and time.
    pub header: Header,
    /// The commitment to the inner envelope.
    pub commitment: Hash,
}

/// An envelope.
#[derive(Debug, Clone)]
pub enum Envelope {
    /// Readable.
    Open(Box<OpenEnvelope>),
    /// Sealed.
    Sealed(SealedEnvelope),
}

impl Envelope {
    /// Place and time.
    #[must_use]
    pub const fn header(&self) -> &Header {
        match self {
            Self::Open(open) => &open.header,
            Self::Sealed(sealed) => &sealed.header,
        }
    }
}

impl OpenEnvelope {
    /// Reads an envelope of the table in §2.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn read(value: &Value) -> Result<Self, EnvelopeError> {
        let actor_withheld = value.get("cm").is_some_and(|cm| cm.get("/actor").is_some());
        let names = if actor_withheld { &OPEN_MEMBERS[..17] } else { &OPEN_MEMBERS[..] };
        let members = Members::exactly(value, "envelope", names)?;
        if !actor_withheld {
            read_actor(members.value("actor")?)?;
        }
        let ver = members.read("ver", "a position from 1", encoding::position)?;
        if ver == 0 {
            return Err(members.wrong("ver", "a position from 1").into());
        }
        let prev = match members.value("prev")? {
            Value::Null => None,
            _ => Some(members.read("prev", "a leaf hash", encoding::unbase64url_array)?),
        };
        if prev.is_none() != (ver == 1) {
            return Err(EnvelopeError::Previous { ver });
        }
        if members.value("causation")? != &Value::Null {
            members.read("causation", "an event id or null", event_id)?;
        }
        members.read("correlation", "a UUID", |text| encoding::is_uuid(text).then_some(()))?;
        read_rule_set(&members)?;
        Ok(Self {
            header: read_header(&members)?,
            stream: members.read("stream", "a stream name", stream_name)?,
            ver,
            prev,
            kind: members.read("type", "an event type", event_type)?,
            effective_at_ms: members.read("effectiveAt", "an instant", encoding::instant_ms)?,
            data: members.object("data")?.clone(),
            commitments: read_commitments(value, &members)?,
            signatures: read_signatures(&members)?,
        })
    }
}

impl SealedEnvelope {
    /// Reads a sealed envelope of §2.2; the length of the entry is the caller's to check.
    pub(super) fn read(value: &Value) -> Result<Self, EnvelopeError> {
        let members = Members::exactly(value, "sealed envelope", &SEALED_MEMBERS)?;
        if !members.string("pad")?.bytes().all(|byte| byte == b'0') {
            return Err(EnvelopeError::Padding);
        }
        let header = read_header(&members)?;
        let cm = members.object("cm")?;
        let commitment = cm.get("").and_then(Value::as_str).and_then(encoding::unbase64url_array);
        match (cm.len(), commitment) {
            (1, Some(commitment)) => Ok(Self { header, commitment }),
            _ => Err(EnvelopeError::SealedCommitments),
        }
    }
}

fn read_header(members: &Members<'_>) -> Result<Header, ShapeError> {
    members.read("schema", "a version from 1 to 65535", schema_version)?;
    Ok(Header {
        log: members.read("log", "an origin", origin)?,
        seq: members.position("seq")?,
        id: members.read("id", "an event id", event_id)?,
        at_ms: members.read("at", "an instant", encoding::instant_ms)?,
        clock: members.read("clock", "wall, simulated or imported", Clock::read)?,
    })
}

fn read_actor(actor: &Value) -> Result<(), ShapeError> {
    let members = Members::exactly(actor, "actor", &["kind", "ref", "role"])?;
    members.read("kind", "a kind of actor", |kind| ACTOR_KINDS.contains(&kind).then_some(()))?;
    for name in ["ref", "role"] {
        members.read(name, "1 to 128 bytes", short_text)?;
    }
    Ok(())
}

fn read_rule_set(members: &Members<'_>) -> Result<(), ShapeError> {
    let rule_set = members.value("ruleSet")?;
    if rule_set == &Value::Null {
        return Ok(());
    }
    let members = Members::exactly(rule_set, "ruleSet", &["id", "hash"])?;
    members.read("id", "1 to 128 bytes", short_text)?;
    members.hex::<32>("hash").map(|_| ())
}

fn read_commitments(
    envelope: &Value,
    members: &Members<'_>,
) -> Result<Vec<(String, Hash)>, EnvelopeError> {
    let mut commitments: Vec<(String, Hash)> = Vec::new();
    for (path, value) in members.object("cm")? {
        let hash = value.as_str().and_then(encoding::unbase64url_array);
        let hash = hash.ok_or_else(|| members.wrong("cm", "an object of commitments"))?;
        paths::check(envelope, path)
            .map_err(|cause| EnvelopeError::Path { path: path.clone(), cause })?;
        commitments.push((path.clone(), hash));
    }
    Ok(commitments)
}

fn read_signatures(members: &Members<'_>) -> Result<Vec<Hash>, ShapeError> {
    let read = |item: &Value| encoding::unbase64url_array(item.as_str()?);
    let signatures: Option<_> = members.array("sig")?.iter().map(read).collect();
    signatures.ok_or_else(|| members.wrong("sig", "an array of commitments"))
}

/// 1 to 128 printable ASCII characters without space or `+`.
pub(crate) fn origin(text: &str) -> Option<String> {
    let printable = |byte: u8| byte.is_ascii_graphic() && byte != b'+';
    let valid = (1..=128).contains(&text.len()) && text.bytes().all(printable);
    valid.then(|| text.to_owned())
}

fn event_id(text: &str) -> Option<String> {
    encoding::is_event_id(text).then(|| text.to_owned())
}

fn short_text(text: &str) -> Option<()> {
    (1..=128).contains(&text.len()).then_some(())
}

fn schema_version(text: &str) -> Option<()> {
    encoding::position(text).filter(|version| (1..=65_535).contains(version)).map(|_| ())
}

/// `^[a-z][A-Za-z0-9._-]{0,127}$`.
fn stream_name(text: &str) -> Option<String> {
    let (first, rest) = text.as_bytes().split_first()?;
    let follows = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    let valid = first.is_ascii_lowercase() && rest.len() <= 127 && rest.iter().all(follows);
    valid.then(|| text.to_owned())
}

/// `^[A-Z][A-Za-z0-9]{0,63}$`, not `Sealed`.
fn event_type(text: &str) -> Option<String> {
    let (first, rest) = text.as_bytes().split_first()?;
    let valid = first.is_ascii_uppercase()
        && rest.len() <= 63
        && rest.iter().all(u8::is_ascii_alphanumeric)
        && text != "Sealed";
    valid.then(|| text.to_owned())
}
