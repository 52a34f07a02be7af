//! What one round found, in one line.

use std::fmt;

use super::standing::Standing;
use crate::encoding::instant;
use crate::json::{Value, canonical_profile, object};
use crate::log::LogReport;

/// What one round found.
#[derive(Debug)]
pub struct Round {
    /// When, milliseconds since 1970.
    pub now_ms: i64,
    /// `anchored`, `unsealed`, `not-anchored`, `refused` or `unread`.
    pub verdict: &'static str,
    /// 0, 3, 1 or 2, as a verdict's.
    pub exit_code: u8,
    /// Entries by the log's checkpoint.
    pub size: Option<u64>,
    /// Entries anchored.
    pub anchored: Option<u64>,
    /// The block whose state was examined.
    pub block: Option<u64>,
    /// How long the first entry that is not anchored has waited by that block's time, in seconds; 0
    /// if there is none.
    pub lag_s: Option<i64>,
    /// How long it may.
    pub lag_max_s: u64,
    /// Why something could not be read, or why nothing was.
    pub note: Option<String>,
    /// Alarms that stand, the new ones too.
    pub standing: Vec<Standing>,
    /// Alarms given in this round, by their place among those that stand.
    pub raised: Vec<usize>,
    /// Alarms that ended in this round.
    pub ended: Vec<Standing>,
}

impl Round {
    pub(super) fn of(report: &LogReport, now_ms: i64, lag_max_s: u64) -> Self {
        Self {
            verdict: report.outcome.word(),
            exit_code: report.outcome.exit_code(),
            size: report.checkpoint.map(|(size, _)| size),
            anchored: Some(report.anchored),
            block: report.state.as_ref().map(|state| state.block),
            ..Self::unread(now_ms, lag_max_s)
        }
    }

    pub(super) const fn unread(now_ms: i64, lag_max_s: u64) -> Self {
        Self {
            now_ms,
            verdict: "unread",
            exit_code: 2,
            size: None,
            anchored: None,
            block: None,
            lag_s: None,
            lag_max_s,
            note: None,
            standing: Vec::new(),
            raised: Vec::new(),
            ended: Vec::new(),
        }
    }

    pub(super) fn refuse(&mut self) {
        (self.verdict, self.exit_code) = ("refused", 1);
    }

    /// The round as one line of canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let position = |n: Option<u64>| n.map_or(Value::Null, |n: u64| Value::from(n.to_string()));
        let alarm = |(place, standing): (usize, &Standing)| {
            let mut value = standing.to_json();
            if let Value::Object(members) = &mut value {
                members.insert("new".to_owned(), self.raised.contains(&place).into());
            }
            value
        };
        let ended = self.ended.iter().map(Standing::to_json).collect();
        canonical_profile(&object([
            ("alarms", Value::Array(self.standing.iter().enumerate().map(alarm).collect())),
            ("anchored", position(self.anchored)),
            ("block", position(self.block)),
            ("ended", Value::Array(ended)),
            ("exitCode", Value::Integer(self.exit_code.into())),
            ("lagMaxSeconds", position(Some(self.lag_max_s))),
            ("lagSeconds", self.lag_s.map_or(Value::Null, |lag| lag.to_string().into())),
            ("note", self.note.clone().map_or(Value::Null, Value::from)),
            ("size", position(self.size)),
            ("time", instant(self.now_ms.into()).into()),
            ("verdict", self.verdict.into()),
        ]))
    }
}

/// One line, without its end.
impl fmt::Display for Round {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}  {}", instant(self.now_ms.into()), self.verdict)?;
        for (name, number) in
            [("size", self.size), ("anchored", self.anchored), ("block", self.block)]
        {
            if let Some(number) = number {
                write!(f, "  {name} {number}")?;
            }
        }
        if let Some(lag) = self.lag_s {
            write!(f, "  lag {lag} of {} s", self.lag_max_s)?;
        }
        for (place, Standing { kind, says, file, since_ms, .. }) in self.standing.iter().enumerate()
        {
            if !self.raised.contains(&place) {
                write!(f, "  {kind} since {}", instant((*since_ms).into()))?;
                continue;
            }
            write!(f, "  ALARM {kind}: {}", one_line(says))?;
            if let Some(file) = file {
                write!(f, " [{}]", file.display())?;
            }
        }
        for Standing { kind, .. } in &self.ended {
            write!(f, "  {kind} ended")?;
        }
        self.note.as_ref().map_or(Ok(()), |note| write!(f, "  {}", one_line(note)))
    }
}

/// What a server or an entry says may hold line ends and worse.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
