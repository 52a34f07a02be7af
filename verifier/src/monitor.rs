//! A watch over a log: it replays what is new, round after round, and gives alarm once of whatever is
//! wrong, with what an outsider needs to see it.
//!
//! Once a log was refused the watch goes no further: what comes after something that excludes an
//! honest log is worth nothing until somebody has looked into it.

mod alarm;
mod file;
mod mirrors;
mod round;
mod standing;

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

pub use alarm::AlarmKind;
pub use round::Round;
pub use standing::Standing;

use alarm::Alarm;
use mirrors::View;
use standing::Memory;

use crate::encoding::instant;
use crate::json::{Value, object};
use crate::log::evidence::{Shown, StateProof};
use crate::log::tiles::Tiles;
use crate::log::{LogError, LogReport, LogSource, StateError, StateFile, verify_log_with_state};
use crate::policy::{Consensus, Policy};
use crate::refusal::{Cause, Refusal};
use crate::verdict::Outcome;

/// Why a watch ends: its own files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MonitorError {
    /// The state of the replay, or the file beside it.
    #[error(transparent)]
    State(#[from] StateError),
    /// Evidence cannot be written.
    #[error("writing evidence to {}", .folder.display())]
    Evidence {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// What is watched, and when it is alarming.
#[derive(Debug, Clone)]
pub struct Watch<'a> {
    /// The log that is replayed, and the node.
    pub source: LogSource<'a>,
    /// Other addresses of the same log.
    pub mirrors: &'a [String],
    /// Where the replay is kept.
    pub state: StateFile<'a>,
    /// Where alarms that stand are kept.
    pub memory: &'a Path,
    /// Folder for evidence files.
    pub evidence: Option<&'a Path>,
    /// So many periods without a block, and the policy's tolerance, are a stalled chain.
    pub stalled_after_periods: u64,
    /// The newest entry may be so old, in seconds.
    pub stale_after_s: u64,
    /// In so many rounds one after another something may not be read.
    pub unreachable_after_rounds: u64,
}

/// What a round comes across.
enum Finding {
    Wrong(Alarm),
    Unread { subject: String, why: String },
}

/// A watch that goes on.
pub struct Monitor<'a> {
    watch: Watch<'a>,
    policy: &'a Policy,
    memory: Memory,
    /// The largest checkpoint of the last round, from whichever address: a mirror may show another
    /// history next time, or be gone.
    largest: Option<View>,
}

impl<'a> Monitor<'a> {
    /// Takes up a watch where `watch.memory` says that it was left.
    ///
    /// # Errors
    /// If that file is damaged, or of another policy.
    pub fn new(watch: Watch<'a>, policy: &'a Policy) -> Result<Self, MonitorError> {
        let memory = Memory::read(watch.memory, policy)?;
        Ok(Self { watch, policy, memory, largest: None })
    }

    /// Looks at everything once; `give` is called for each alarm that did not stand before, when its
    /// evidence is on the disk.
    ///
    /// *A crash before the alarm is remembered gives it again, with another evidence file.*
    ///
    /// # Errors
    /// If the watch's own files cannot be read or written.
    pub fn round(
        &mut self,
        now_ms: i64,
        progress: &mut crate::log::Progress<'_>,
        give: &mut dyn FnMut(&Standing),
    ) -> Result<Round, MonitorError> {
        if let Some(end) = self.memory.end() {
            return Ok(self.after_the_end(end, now_ms));
        }
        let (watch, policy) = (&self.watch, self.policy);
        let lag_max_s = policy.max_delay_s.saturating_add(policy.tolerance_s);
        let mut findings = Vec::new();
        let replayed = verify_log_with_state(&watch.source, &watch.state, policy, progress);
        let (report, mut round, judged) = match replayed {
            Ok(report) => {
                let mut round = Round::of(&report, now_ms, lag_max_s);
                let judged = self.examine(&report, &mut round, &mut findings);
                (Some(report), round, judged)
            }
            Err(LogError::State(error)) if !matches!(error, StateError::NodeBehind { .. }) => {
                return Err(error.into());
            }
            Err(error) => {
                findings.push(Finding::Unread { subject: String::new(), why: chain_of(&error) });
                (None, Round::unread(now_ms, lag_max_s), false)
            }
        };
        self.look_at_mirrors(report.as_ref(), &mut findings);
        self.settle(findings, judged, &mut round, give)?;
        Ok(round)
    }

    /// The line of a round in which nothing is asked.
    fn after_the_end(&self, end: &Standing, now_ms: i64) -> Round {
        let why = format!(
            "not gone on from a log that was refused ({}); once that was looked into, delete {} to watch it again",
            end.says,
            self.watch.memory.display()
        );
        let lag_max_s = self.policy.max_delay_s.saturating_add(self.policy.tolerance_s);
        let mut round = Round::unread(now_ms, lag_max_s);
        round.refuse();
        round.note = Some(why);
        round.standing.clone_from(&self.memory.standing);
        round
    }

    /// What a report says beyond its verdict; returns whether all of it could be judged.
    fn examine(&self, report: &LogReport, round: &mut Round, findings: &mut Vec<Finding>) -> bool {
        if let Outcome::Refused(refusal) = &report.outcome {
            findings.push(Finding::Wrong(self.refused(report, refusal)));
            return false;
        }
        if let Some(stalled) = self.stalled(report, round.now_ms) {
            findings.push(Finding::Wrong(stalled));
        }
        if let Some(stale) = self.stale(report, round.now_ms) {
            findings.push(Finding::Wrong(stale));
        }
        match self.lag(report, round) {
            Ok(late) => {
                findings.extend(late.map(Finding::Wrong));
                return true;
            }
            Err(LogError::Refused(refusal)) => {
                findings.push(Finding::Wrong(self.refused(report, &refusal)));
            }
            Err(error) => {
                findings.push(Finding::Unread { subject: String::new(), why: chain_of(&error) });
            }
        }
        false
    }

    fn refused(&self, report: &LogReport, refusal: &Refusal) -> Alarm {
        let position = match &*refusal.cause {
            Cause::Log(fault) => fault.position(),
            _ => None,
        };
        let entry = position.zip(report.checkpoint).and_then(|(position, (size, _))| {
            let log = Tiles::at(self.watch.source.api).ok()?;
            // What cannot be read now is left out: the alarm does not wait for it.
            Shown::read(&log, position, size).ok()
        });
        let mut shows = shown_by(report, self.watch.source.api);
        shows.push(("check", refusal.check.to_string().into()));
        shows.push(("entry", entry.map_or(Value::Null, |entry| entry.to_json())));
        shows.push((
            "position",
            position.map_or(Value::Null, |position| position.to_string().into()),
        ));
        let (kind, says) = (AlarmKind::of(refusal), refusal.to_string());
        Alarm { kind, subject: String::new(), says, shows }
    }

    fn stalled(&self, report: &LogReport, now_ms: i64) -> Option<Alarm> {
        let (chain, state) = (&self.policy.chain, report.state.as_ref()?);
        // Nobody promises blocks in a chain for development.
        if chain.consensus == Consensus::Dev {
            return None;
        }
        let wait_s = chain.period_s.saturating_mul(self.watch.stalled_after_periods);
        let limit_s = wait_s.saturating_add(self.policy.tolerance_s);
        let age_ms = i128::from(now_ms) - state.block_ms;
        (age_ms > i128::from(limit_s) * 1000).then(|| Alarm {
            kind: AlarmKind::StalledChain,
            subject: String::new(),
            says: format!(
                "the newest confirmed block, {}, is of {}: older than {} periods and the tolerance, {limit_s} s",
                state.block,
                instant(state.block_ms),
                self.watch.stalled_after_periods
            ),
            shows: shown_by(report, self.watch.source.api),
        })
    }

    fn stale(&self, report: &LogReport, now_ms: i64) -> Option<Alarm> {
        let newest_ms = report.evidence.newest_at_ms?;
        let limit_s = self.watch.stale_after_s;
        let age_ms = i128::from(now_ms) - i128::from(newest_ms);
        (age_ms > i128::from(limit_s) * 1000).then(|| Alarm {
            kind: AlarmKind::StaleCheckpoint,
            subject: String::new(),
            says: format!(
                "the newest entry under the log's checkpoint is of {}: older than {limit_s} s",
                instant(newest_ms.into())
            ),
            shows: shown_by(report, self.watch.source.api),
        })
    }

    /// How long the first entry that is not anchored has waited, and the alarm if it is too long.
    ///
    /// Measured by the time of the block under which it is not anchored: so the chain went on.
    fn lag(&self, report: &LogReport, round: &mut Round) -> Result<Option<Alarm>, LogError> {
        let Some(state) = &report.state else { return Ok(None) };
        let waiting = report.evidence.waiting.zip(report.checkpoint);
        let Some((leaf, (size, _))) = waiting else {
            round.lag_s = Some(0);
            return Ok(None);
        };
        let log = Tiles::at(self.watch.source.api)?;
        let entry = Shown::read(&log, report.anchored, size)?;
        let at_ms = entry.at_ms(leaf)?;
        let lag_ms = (state.block_ms - i128::from(at_ms)).max(0);
        round.lag_s = i64::try_from(lag_ms / 1000).ok();
        if lag_ms <= i128::from(round.lag_max_s) * 1000 {
            return Ok(None);
        }
        let says = format!(
            "position {}, recorded at {}, is not anchored in block {} of {}: later than {} s",
            report.anchored,
            instant(at_ms.into()),
            state.block,
            instant(state.block_ms),
            round.lag_max_s
        );
        let mut shows = shown_by(report, self.watch.source.api);
        shows.push(("entry", entry.to_json()));
        shows.push(("position", report.anchored.to_string().into()));
        Ok(Some(Alarm { kind: AlarmKind::LateAnchoring, subject: String::new(), says, shows }))
    }

    fn look_at_mirrors(&mut self, report: Option<&LogReport>, findings: &mut Vec<Finding>) {
        if self.watch.mirrors.is_empty() {
            return;
        }
        let (policy, mut views) = (self.policy, Vec::new());
        let accepted = report.filter(|report| !matches!(report.outcome, Outcome::Refused(_)));
        let note = accepted.and_then(|report| report.evidence.checkpoint.as_ref());
        views.extend(note.and_then(|note| View::seen(self.watch.source.api, note, policy)));
        for api in self.watch.mirrors {
            match View::read(api, policy) {
                Ok(view) => views.push(view),
                Err(error) => {
                    let why = chain_of(&error);
                    findings.push(Finding::Unread { subject: api.clone(), why });
                }
            }
        }
        views.extend(self.largest.take());
        self.largest = mirrors::compare(views, findings);
    }

    /// Gives the alarms that did not stand before, ends those that are over, and remembers both.
    fn settle(
        &mut self,
        findings: Vec<Finding>,
        judged: bool,
        round: &mut Round,
        give: &mut dyn FnMut(&Standing),
    ) -> Result<(), MonitorError> {
        let before = self.memory.clone();
        let alarms = self.alarms(findings, round);
        let holds = |standing: &Standing| {
            // What could not be looked at is neither better nor worse.
            let unknown = !judged && standing.kind != AlarmKind::Unreachable;
            unknown || alarms.iter().any(|alarm| standing.is(alarm))
        };
        let (standing, ended) = before.standing.iter().cloned().partition(holds);
        (self.memory.standing, round.ended) = (standing, ended);
        for alarm in &alarms {
            if self.memory.standing.iter().any(|standing| standing.is(alarm)) {
                continue;
            }
            let given = self.write(alarm, round.now_ms)?;
            give(&given);
            round.raised.push(self.memory.standing.len());
            self.memory.standing.push(given);
        }
        if self.memory.end().is_some() {
            round.refuse();
        }
        if self.memory != before {
            self.memory.write(self.watch.memory, self.policy)?;
        }
        round.standing.clone_from(&self.memory.standing);
        Ok(())
    }

    /// The alarms that hold now; what could not be read is one after some rounds only.
    fn alarms(&mut self, findings: Vec<Finding>, round: &mut Round) -> Vec<Alarm> {
        let mut alarms: Vec<Alarm> = Vec::new();
        let mut unread: Vec<(String, String)> = Vec::new();
        for finding in findings {
            match finding {
                Finding::Wrong(alarm) => alarms.push(alarm),
                Finding::Unread { subject, .. }
                    if unread.iter().any(|(other, _)| *other == subject) => {}
                Finding::Unread { subject, why } => unread.push((subject, why)),
            }
        }
        self.memory.unread.retain(|(subject, _)| unread.iter().any(|(other, _)| other == subject));
        for (subject, why) in unread {
            let rounds = self.memory.missed(&subject);
            let of = if subject.is_empty() { "" } else { ": " };
            // A node's address may hold a key, and what is said is made to be passed on.
            let why = why.replace(self.watch.source.rpc.trim_end_matches('/'), "the chain node");
            let says = format!("{subject}{of}{why}");
            if rounds >= self.watch.unreachable_after_rounds {
                let (kind, shows) = (AlarmKind::Unreachable, Vec::new());
                alarms.push(Alarm { kind, subject, says: says.clone(), shows });
            }
            round.note.get_or_insert(says);
        }
        alarms
    }

    fn write(&self, alarm: &Alarm, now_ms: i64) -> Result<Standing, MonitorError> {
        let write = |folder: &Path| {
            let failed = |source| MonitorError::Evidence { folder: folder.to_owned(), source };
            file::write(folder, alarm, now_ms, self.policy).map_err(failed)
        };
        Ok(Standing {
            kind: alarm.kind,
            subject: alarm.subject.clone(),
            since_ms: now_ms,
            says: alarm.says.clone(),
            file: self.watch.evidence.map(write).transpose()?,
        })
    }
}

/// What every alarm about a report shows: the signed checkpoints and the proven state.
fn shown_by(report: &LogReport, api: &str) -> Vec<(&'static str, Value)> {
    let evidence = &report.evidence;
    let note = |from: &str, note: &Option<String>| {
        let note = note.clone()?;
        Some(object([("from", from.into()), ("note", note.into())]))
    };
    let checkpoints = [note("seen before", &evidence.before), note(api, &evidence.checkpoint)];
    let state = evidence.state.as_ref().map_or(Value::Null, StateProof::to_json);
    vec![
        ("checkpoints", Value::Array(checkpoints.into_iter().flatten().collect())),
        ("state", state),
        ("verdict", report.to_value()),
    ]
}

/// An error with its causes, in one sentence.
fn chain_of(error: &dyn Error) -> String {
    let (mut text, mut cause) = (error.to_string(), error.source());
    while let Some(because) = cause {
        let because_text = because.to_string();
        // Some errors say their cause themselves.
        if !text.ends_with(&because_text) {
            text = format!("{text}: {because_text}");
        }
        cause = because.source();
    }
    text
}
