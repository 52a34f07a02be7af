//! What a watch gives alarm of.

use std::fmt;

use crate::json::Value;
use crate::log::LogFault;
use crate::refusal::{Cause, Refusal};

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AlarmKind {
    /// A check of the replay failed.
    Refused,
    /// The log is no extension of what was seen of it.
    Rewritten,
    /// The log is shorter than what was seen of it, or than what is anchored.
    Shrunk,
    /// Two addresses show histories that are signed by one key and exclude each other.
    SplitView,
    /// An entry is not anchored although a confirmed block is later than was promised.
    LateAnchoring,
    /// The chain has no new block.
    StalledChain,
    /// The newest entry under the log's checkpoint is old.
    StaleCheckpoint,
    /// The log, a mirror or the node could not be read.
    Unreachable,
}

const ALL: [AlarmKind; 8] = [
    AlarmKind::Refused,
    AlarmKind::Rewritten,
    AlarmKind::Shrunk,
    AlarmKind::SplitView,
    AlarmKind::LateAnchoring,
    AlarmKind::StalledChain,
    AlarmKind::StaleCheckpoint,
    AlarmKind::Unreachable,
];

impl AlarmKind {
    /// The name in lines, files and arguments.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Rewritten => "rewritten",
            Self::Shrunk => "shrunk",
            Self::SplitView => "split-view",
            Self::LateAnchoring => "late-anchoring",
            Self::StalledChain => "stalled-chain",
            Self::StaleCheckpoint => "stale-checkpoint",
            Self::Unreachable => "unreachable",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether the log cannot be gone on from: what it showed excludes that it is honest.
    #[must_use]
    pub const fn ends_the_watch(self) -> bool {
        matches!(self, Self::Refused | Self::Rewritten | Self::Shrunk | Self::SplitView)
    }

    /// The alarm that a refusal by the replay is.
    pub(super) fn of(refusal: &Refusal) -> Self {
        match *refusal.cause {
            Cause::Log(LogFault::Rewritten { .. }) => Self::Rewritten,
            Cause::Log(LogFault::Shrunk { .. } | LogFault::Shortened { .. }) => Self::Shrunk,
            _ => Self::Refused,
        }
    }
}

impl fmt::Display for AlarmKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something wrong in this round, whether or not it was so before.
#[derive(Debug)]
pub(super) struct Alarm {
    pub(super) kind: AlarmKind,
    /// The address it is about, where there may be several; otherwise empty.
    pub(super) subject: String,
    /// One sentence.
    pub(super) says: String,
    /// Members of the evidence file.
    pub(super) shows: Vec<(&'static str, Value)>,
}
