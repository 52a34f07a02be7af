//! Whether the hours that deadlines are measured with are worth something.

use super::case::Case;
use super::contradiction::Contradiction;
use super::opinion::Found;
use crate::encoding::instant;
use crate::entry::Clock;

/// Types of events, and the hour of the call's schedule that they do not come before. The end of
/// receipt and the ballots' hours have topics of their own.
const NOT_BEFORE: [(&str, &str); 7] = [
    ("ProposalOpened", "technicalOpening"),
    ("ProposalsOpened", "technicalOpening"),
    ("PanelDrawScheduled", "receiptEnd"),
    ("PanelDrawn", "panelDraw"),
    ("TechnicalSheetOpened", "economicOpening"),
    ("EconomicOpened", "economicOpening"),
    ("AwardIssued", "awardAt"),
];

/// Checks the hours.
pub(super) fn check(case: &Case) -> Result<Found, Contradiction> {
    let mut by_wall = 0;
    for event in case.events.iter().filter(|event| event.clock == Clock::Wall) {
        let Some(open) = &event.envelope else { continue };
        by_wall += 1;
        // What was sealed shows its own hour only when it is opened: nothing else ties it to the log.
        event.same(
            "its hour is not that of its recording",
            instant(open.effective_at_ms.into()).as_str(),
            instant(open.header.at_ms.into()).as_str(),
        )?;
    }
    for (kind, hour) in NOT_BEFORE {
        for event in case.all(kind) {
            let due = case.call(event)?.get("schedule")?.instant(hour)?;
            event.require(event.effective_at_ms() >= due, "it came before its hour")?;
        }
    }
    let all = case.events.iter().filter(|event| event.envelope.is_some()).count();
    if all == 0 {
        return Ok(Found::Absent("no event shows its hour"));
    }
    Ok(Found::Proven(format!(
        "no opening, draw or award came before its hour; {by_wall} of {all} hours are those of the recording"
    )))
}
