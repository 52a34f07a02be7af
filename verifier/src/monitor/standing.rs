//! The alarms that stand, kept between rounds and between processes, so that each is given once.

use std::path::{Path, PathBuf};

use super::alarm::{Alarm, AlarmKind};
use crate::encoding::{self, hex};
use crate::json::{Value, object};
use crate::log::StateError;
use crate::log::state;
use crate::members::Members;
use crate::policy::Policy;

const FIRST_WORD: &str = "smart-tenders/watch@v1";

/// An alarm that was given and has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its kind.
    pub kind: AlarmKind,
    /// The address it is about, where there may be several; otherwise empty.
    pub subject: String,
    /// Since when, milliseconds since 1970.
    pub since_ms: i64,
    /// What was said then.
    pub says: String,
    /// Its evidence file, if there is a folder for them.
    pub file: Option<PathBuf>,
}

impl Standing {
    pub(super) fn is(&self, alarm: &Alarm) -> bool {
        self.kind == alarm.kind && self.subject == alarm.subject
    }

    pub(super) fn to_json(&self) -> Value {
        let file = self.file.as_ref().map_or(Value::Null, |file| {
            // Only shown: a name that is not Unicode is not read back into a path that matters.
            file.to_string_lossy().into_owned().into()
        });
        object([
            ("alarm", self.kind.name().into()),
            ("file", file),
            ("says", self.says.clone().into()),
            ("since", encoding::instant(self.since_ms.into()).into()),
            ("subject", self.subject.clone().into()),
        ])
    }

    fn from_json(value: &Value) -> Option<Self> {
        let names = ["alarm", "file", "says", "since", "subject"];
        let members = Members::exactly(value, "standing alarm", &names).ok()?;
        let file = match members.value("file").ok()? {
            Value::Null => None,
            file => Some(PathBuf::from(file.as_str()?)),
        };
        Some(Self {
            kind: members.read("alarm", "the name of an alarm", AlarmKind::named).ok()?,
            subject: members.string("subject").ok()?.to_owned(),
            since_ms: members.read("since", "an instant", encoding::instant_ms).ok()?,
            says: members.string("says").ok()?.to_owned(),
            file,
        })
    }
}

/// What a watch remembers beside the state of its replay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) standing: Vec<Standing>,
    /// In how many rounds one after another each of these could not be read.
    pub(super) unread: Vec<(String, u64)>,
}

impl Memory {
    pub(super) fn read(path: &Path, policy: &Policy) -> Result<Self, StateError> {
        let Some(kept) = state::read(path, FIRST_WORD, policy)? else { return Ok(Self::default()) };
        Self::from_json(&kept).ok_or_else(|| StateError::Damaged { path: path.to_owned() })
    }

    pub(super) fn write(&self, path: &Path, policy: &Policy) -> Result<(), StateError> {
        let unread = |(subject, rounds): &(String, u64)| {
            object([("rounds", rounds.to_string().into()), ("subject", subject.clone().into())])
        };
        let kept = object([
            ("origin", policy.origin.clone().into()),
            ("policy", hex(&policy.fingerprint).into()),
            ("standing", Value::Array(self.standing.iter().map(Standing::to_json).collect())),
            ("unread", Value::Array(self.unread.iter().map(unread).collect())),
        ]);
        state::write(path, FIRST_WORD, &kept)
    }

    fn from_json(kept: &Value) -> Option<Self> {
        let names = ["origin", "policy", "standing", "unread"];
        let members = Members::exactly(kept, "watch", &names).ok()?;
        let unread = |value: &Value| {
            let members = Members::exactly(value, "unread", &["rounds", "subject"]).ok()?;
            Some((members.string("subject").ok()?.to_owned(), members.position("rounds").ok()?))
        };
        let standing = members.array("standing").ok()?.iter().map(Standing::from_json);
        Some(Self {
            standing: standing.collect::<Option<_>>()?,
            unread: members.array("unread").ok()?.iter().map(unread).collect::<Option<_>>()?,
        })
    }

    /// Counts a round in which `subject` could not be read; returns how many it were by now.
    pub(super) fn missed(&mut self, subject: &str) -> u64 {
        if let Some((_, rounds)) = self.unread.iter_mut().find(|(other, _)| other == subject) {
            *rounds += 1;
            return *rounds;
        }
        self.unread.push((subject.to_owned(), 1));
        1
    }

    /// The alarm after which the log is not gone on from.
    pub(super) fn end(&self) -> Option<&Standing> {
        self.standing.iter().find(|standing| standing.kind.ends_the_watch())
    }
}
