//! The opinion on a dossier: what is proven, what is not, what was not examined.

use std::fmt;

use super::contradiction::{Contradiction, plain};
use crate::encoding::hex;
use crate::json::{Value, canonical_profile, object};
use crate::merkle::Hash;
use crate::policy::Policy;
use crate::verdict::json::count;

/// How one topic stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It was checked from the proofs alone, and holds.
    Proven,
    /// Nothing contradicts it, and nothing outside the log stands behind it (yet), or part of it is
    /// not shown (any more).
    NotProven,
    /// It contradicts what the proofs show.
    Refused,
    /// There is nothing to examine, or no way to.
    NotExamined,
}

impl Standing {
    /// The standing in one word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::NotProven => "not-proven",
            Self::Refused => "refused",
            Self::NotExamined => "not-examined",
        }
    }

    const fn mark(&self) -> &'static str {
        match self {
            Self::Proven => "✔",
            Self::NotProven => "…",
            Self::Refused => "✘",
            Self::NotExamined => "–",
        }
    }
}

/// One line of the opinion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at, in one or two words.
    pub topic: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// What was found.
    pub says: String,
}

/// What a check found that refused nothing.
pub(super) enum Found {
    /// It holds.
    Proven(String),
    /// It is there, and nothing outside the log stands behind it.
    Unanchored(String),
    /// What is there holds, and something is not shown (any more).
    Incomplete(String),
    /// It is not there so far.
    Absent(&'static str),
}

/// The topic that says whether a chain stands behind all.
pub(super) const ANCHORING: &str = "anchoring";

/// The most characters of a text of the dossier that are printed.
const SAYS_CHARS_MAX: usize = 1000;

impl Finding {
    pub(super) fn new(topic: &'static str, found: Result<Found, Contradiction>) -> Self {
        let (standing, says) = match found {
            Ok(Found::Proven(says)) => (Standing::Proven, says),
            Ok(Found::Unanchored(says) | Found::Incomplete(says)) => (Standing::NotProven, says),
            Ok(Found::Absent(says)) => (Standing::NotExamined, says.to_owned()),
            Err(contradiction) => (Standing::Refused, contradiction.to_string()),
        };
        // What was found quotes the events, and they say what their authors like.
        Self { topic, standing, says: plain(&says, SAYS_CHARS_MAX) }
    }
}

/// The opinion with everything it rests on.
#[derive(Debug)]
pub struct Opinion {
    /// SHA-256 of the policy's JCS.
    pub policy: Hash,
    /// The contracting process, as it can be printed.
    pub ocid: String,
    /// The size of the log the dossier was made at, as it says.
    pub size: u64,
    /// How many events, documents and releases it has.
    pub counts: [usize; 3],
    /// Whether some event is of a demonstration or a rehearsal.
    pub simulated: bool,
    /// Whether some event says that it happened elsewhere and earlier.
    pub imported: bool,
    /// One line a topic, in the order of §12.
    pub findings: Vec<Finding>,
    /// Whether witnesses signed every checkpoint.
    pub(super) witnessed: bool,
}

impl Opinion {
    pub(super) fn new(policy: &Policy, ocid: &str, size: u64, counts: [usize; 3]) -> Self {
        let (policy, findings) = (policy.fingerprint, Vec::new());
        let ocid = plain(ocid, SAYS_CHARS_MAX);
        let (simulated, imported, witnessed) = (false, false, false);
        Self { policy, ocid, size, counts, simulated, imported, findings, witnessed }
    }

    fn has(&self, standing: &Standing) -> bool {
        self.findings.iter().any(|finding| finding.standing == *standing)
    }

    /// Whether something is not shown (any more).
    fn is_incomplete(&self) -> bool {
        let lacks = |it: &Finding| it.standing == Standing::NotProven && it.topic != ANCHORING;
        self.findings.iter().any(lacks)
    }

    /// 0 everything proven, 1 something refused, 3 not (all) anchored, or not (all) shown.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.has(&Standing::Refused) {
            1
        } else if self.has(&Standing::NotProven) {
            3
        } else {
            0
        }
    }

    /// The opinion in one word for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.exit_code() {
            0 => "proven",
            1 => "refused",
            _ if self.is_incomplete() => "incomplete",
            _ => "not-anchored",
        }
    }

    /// What nobody should conclude from this opinion.
    #[must_use]
    pub fn not_examined(&self) -> Vec<&'static str> {
        let mut gaps = vec![
            "whether later events exist: a dossier shows what its writer put in, up to its size",
            "whether proposals were recorded that neither the end of receipt nor the opening names: who has a receipt can tell",
            "whether what is called unopenable could be opened: who has its receipt can tell",
            "whether the draw's block is the first that anchored its announcement: the state of its parent tells",
            "the ancestry of the anchoring blocks back to the genesis block",
            "who acted, and the signatures committed to: this version examines commitments only",
            "that releases say what the events say: only their bytes are compared",
            "whether what the events and documents say is true",
        ];
        if self.is_incomplete() {
            gaps.push("whether what is not shown was erased as the law says, or only left out of the dossier");
        }
        if !self.witnessed {
            gaps.push("whether others were shown the same log: not every checkpoint has a witness");
        }
        gaps
    }

    /// The opinion as one line of canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let finding = |finding: &Finding| {
            object([
                ("says", finding.says.clone().into()),
                ("standing", finding.standing.word().into()),
                ("topic", finding.topic.into()),
            ])
        };
        let [events, documents, releases] = self.counts;
        canonical_profile(&object([
            ("documents", count(documents)),
            ("events", count(events)),
            ("exitCode", Value::Integer(self.exit_code().into())),
            ("findings", Value::Array(self.findings.iter().map(finding).collect())),
            (
                "notExamined",
                Value::Array(self.not_examined().into_iter().map(Value::from).collect()),
            ),
            ("imported", self.imported.into()),
            ("ocid", self.ocid.clone().into()),
            ("policy", hex(&self.policy).into()),
            ("releases", count(releases)),
            ("simulated", self.simulated.into()),
            ("size", self.size.to_string().into()),
            ("verdict", self.word().into()),
        ]))
    }

    fn write_findings(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        standings: &[Standing],
    ) -> fmt::Result {
        let those = || self.findings.iter().filter(|it| standings.contains(&it.standing));
        if those().next().is_none() {
            return Ok(());
        }
        writeln!(f, "\n{title}")?;
        for Finding { topic, standing, says } in those() {
            writeln!(f, "  {} {topic:<14} {says}", standing.mark())?;
        }
        Ok(())
    }
}

impl fmt::Display for Opinion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exit_code() {
            0 => writeln!(f, "PROVEN, everything that is there")?,
            1 => writeln!(f, "REFUSED")?,
            _ if self.is_incomplete() => writeln!(f, "NOT REFUSED, NOT ALL SHOWN")?,
            _ => writeln!(f, "COMPLETE, NOT (ALL) ANCHORED IN A SEALED CHAIN")?,
        }
        let [events, documents, releases] = self.counts;
        writeln!(f, "  process      {}", self.ocid)?;
        writeln!(f, "  made at      log size {}", self.size)?;
        writeln!(f, "  holds        {events} events, {documents} documents, {releases} releases")?;
        if self.simulated {
            writeln!(f, "  clock        SIMULATED: a demonstration or rehearsal")?;
        }
        if self.imported {
            writeln!(
                f,
                "  clock        IMPORTED: the hours of some events are only what they say"
            )?;
        }
        writeln!(f, "  policy       {}", hex(&self.policy))?;
        self.write_findings(f, "PROVEN", &[Standing::Proven])?;
        self.write_findings(f, "NOT PROVEN", &[Standing::Refused, Standing::NotProven])?;
        self.write_findings(f, "NOT EXAMINED", &[Standing::NotExamined])?;
        if !self.has(&Standing::NotExamined) {
            writeln!(f, "\nNOT EXAMINED")?;
        }
        for gap in self.not_examined() {
            writeln!(f, "  – {gap}")?;
        }
        Ok(())
    }
}
