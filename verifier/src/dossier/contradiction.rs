//! What a check says that refuses.

use std::fmt;

/// A record that contradicts what the others show, or that lacks what it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The position and type of the event that is refused; `None` if it is the dossier itself.
    pub event: Option<(u64, String)>,
    /// What is wrong with it.
    pub what: &'static str,
    /// The values it is about; may be empty.
    pub evidence: String,
}

impl Contradiction {
    /// A fault of the dossier itself.
    pub(super) fn of_dossier(what: &'static str, evidence: impl fmt::Display) -> Self {
        Self { event: None, what, evidence: plain(&evidence.to_string(), EVIDENCE_CHARS_MAX) }
    }
}

/// The most characters of evidence that are printed.
pub(super) const EVIDENCE_CHARS_MAX: usize = 400;

/// A text without what could command a terminal or turn its direction, and not longer than anybody
/// reads.
pub(super) fn plain(text: &str, chars_max: usize) -> String {
    let commands = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        c.is_control() || turns
    };
    let mut plain: String = text
        .chars()
        .take(chars_max)
        .map(|c| if commands(c) { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    if text.chars().nth(chars_max).is_some() {
        plain.push('…');
    }
    plain
}

impl std::error::Error for Contradiction {}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((position, kind)) = &self.event {
            write!(f, "position {position}, {kind}: ")?;
        }
        write!(f, "{}", self.what)?;
        if self.evidence.is_empty() { Ok(()) } else { write!(f, ": {}", self.evidence) }
    }
}
