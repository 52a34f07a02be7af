//! Seats and ballots: who takes one, who leaves, what is committed to and what is revealed.

use crate::content::{Ballot, Document, Seat};
use crate::document::read_document;
use crate::event::{
    AssignmentAccepted, BallotCommitted, BallotMissed, BallotRevealed, ConflictDeclared,
    TenderPublished,
};
use crate::id::{EvaluatorId, Mask};
use crate::rejection::{InputRejection, in_range};
use crate::scoring::SCORE_MAX;
use crate::text::{self, PROSE_CHARS_MAX};
use crate::time::Timestamp;

use super::command::{CloseReveal, CommitBallot, Reveal};
use super::link::Link;
use super::panel::{Member, Panel, Standing};
use super::rejection::EvaluationRejection as R;
use super::state::{Evaluation, EvaluationEvent};

/// The member of a ballot that says why.
const JUSTIFICATION: &str = "ballot.justification";

impl Evaluation {
    pub(super) fn accept(
        &self,
        evaluator_id: Option<EvaluatorId>,
        link: Link,
    ) -> Result<Vec<EvaluationEvent>, R> {
        let panel = self.sitting_panel()?;
        let member = seat_holder(panel, evaluator_id)?;
        match member.standing {
            Standing::Drawn => {}
            Standing::Accepted | Standing::Committed(_) | Standing::Revealed(_) => {
                return Err(R::AssignmentAlreadyAccepted);
            }
            Standing::Missed => return Err(R::BallotMissed),
        }
        check_link(link)?;
        let Seat { seat, evaluator_id, pseudonym } = member.seat.clone();
        let (tender_id, ocid) = (panel.drawn.tender_id, panel.drawn.ocid.clone());
        let event = AssignmentAccepted { tender_id, ocid, seat, evaluator_id, pseudonym };
        Ok(vec![EvaluationEvent::Accepted(Box::new(event))])
    }

    pub(super) fn declare_conflict(
        &self,
        call: Option<TenderPublished>,
        evaluator_id: Option<EvaluatorId>,
        reason: &str,
        now: Timestamp,
    ) -> Result<Vec<EvaluationEvent>, R> {
        let deadline = self.own(call)?.schedule.commit_end;
        let panel = self.sitting_panel()?;
        let member = seat_holder(panel, evaluator_id)?;
        match member.standing {
            Standing::Drawn | Standing::Accepted => {}
            Standing::Committed(_) | Standing::Revealed(_) => {
                return Err(R::BallotAlreadyCommitted);
            }
            Standing::Missed => return Err(R::BallotMissed),
        }
        // An alternate who enters later has no vote, only the blame for its absence.
        if now >= deadline {
            return Err(R::VotingEnded { deadline, now });
        }
        let reason = text::line("reason", reason, PROSE_CHARS_MAX)?;
        let seat = member.seat.seat;
        let event = ConflictDeclared {
            tender_id: panel.drawn.tender_id,
            ocid: panel.drawn.ocid.clone(),
            seat,
            pseudonym: member.seat.pseudonym.clone(),
            replacement: panel.next_alternate().map(|next| Seat { seat, ..next.clone() }),
            reason,
        };
        Ok(vec![EvaluationEvent::ConflictDeclared(Box::new(event))])
    }

    pub(super) fn commit(
        &self,
        command: CommitBallot,
        now: Timestamp,
    ) -> Result<Vec<EvaluationEvent>, R> {
        let CommitBallot { call, evaluator_id, link, is_opened, commitment } = command;
        let schedule = self.own(call)?.schedule;
        let panel = self.sitting_panel()?;
        if now < schedule.commit_start {
            return Err(R::VotingNotStarted { start: schedule.commit_start, now });
        }
        if now >= schedule.commit_end {
            return Err(R::VotingEnded { deadline: schedule.commit_end, now });
        }
        if !is_opened {
            return Err(R::TenderNotOpened);
        }
        let member = seat_holder(panel, evaluator_id)?;
        match member.standing {
            Standing::Accepted | Standing::Committed(_) => {}
            Standing::Drawn => return Err(R::AssignmentNotAccepted),
            Standing::Revealed(_) => return Err(R::BallotAlreadyRevealed),
            Standing::Missed => return Err(R::BallotMissed),
        }
        check_link(link)?;
        check_32_bytes("commitment", &commitment)?;
        let Seat { seat, pseudonym, .. } = member.seat.clone();
        let (tender_id, ocid) = (panel.drawn.tender_id, panel.drawn.ocid.clone());
        let event = BallotCommitted { tender_id, ocid, seat, pseudonym, commitment };
        Ok(vec![EvaluationEvent::Committed(Box::new(event))])
    }

    pub(super) fn reveal(
        &self,
        command: Reveal,
        now: Timestamp,
    ) -> Result<Vec<EvaluationEvent>, R> {
        let Reveal { call, masks, evaluator_id, ballot, salt, computed } = command;
        let call = self.own(call)?;
        let panel = self.sitting_panel()?;
        if now < call.schedule.reveal_start {
            return Err(R::RevealNotStarted { start: call.schedule.reveal_start, now });
        }
        if now >= call.schedule.reveal_end {
            return Err(R::RevealEnded { deadline: call.schedule.reveal_end, now });
        }
        // Otherwise a ballot of no scores would pass, and nothing could be computed from it.
        if masks.is_empty() {
            return Err(R::TenderNotOpened);
        }
        let member = seat_holder(panel, evaluator_id)?;
        match &member.standing {
            Standing::Drawn | Standing::Accepted => return Err(R::NothingCommitted),
            // Only the last commitment lives: an earlier one reveals nothing.
            Standing::Committed(live) if *live == computed => {}
            Standing::Committed(_) => return Err(R::CommitmentMismatch),
            Standing::Revealed(_) => return Err(R::BallotAlreadyRevealed),
            Standing::Missed => return Err(R::BallotMissed),
        }
        if ballot.tender_id != call.tender_id {
            return Err(R::BallotOfAnother { field: "ballot.tenderId" });
        }
        if ballot.pseudonym != member.seat.pseudonym {
            return Err(R::BallotOfAnother { field: "ballot.pseudonym" });
        }
        check_ballot(&ballot, masks, call.social_criteria.len())?;
        check_32_bytes("salt", &salt)?;
        let (tender_id, ocid, seat) = (call.tender_id, call.ocid, member.seat.seat);
        let event = BallotRevealed { tender_id, ocid, seat, ballot, salt };
        Ok(vec![EvaluationEvent::Revealed(Box::new(event))])
    }

    pub(super) fn close_reveal(
        &self,
        command: CloseReveal,
        now: Timestamp,
    ) -> Result<Vec<EvaluationEvent>, R> {
        let deadline = self.own(command.call)?.schedule.reveal_end;
        let panel = self.panel().ok_or(R::PanelNotDrawn)?;
        if now < deadline {
            return Err(R::RevealOpen { deadline, now });
        }
        let missed = |member: &Member| {
            let committed = match member.standing {
                Standing::Drawn | Standing::Accepted => false,
                Standing::Committed(_) => true,
                Standing::Revealed(_) | Standing::Missed => return None,
            };
            Some(EvaluationEvent::Missed(Box::new(BallotMissed {
                tender_id: panel.drawn.tender_id,
                ocid: panel.drawn.ocid.clone(),
                seat: member.seat.seat,
                pseudonym: member.seat.pseudonym.clone(),
                committed,
            })))
        };
        let events: Vec<EvaluationEvent> = panel.members.iter().filter_map(missed).collect();
        if events.is_empty() { Err(R::NothingMissed) } else { Ok(events) }
    }

    /// The panel, while its ballots still count.
    fn sitting_panel(&self) -> Result<&Panel, R> {
        match self {
            Self::Unscheduled | Self::Scheduled(_) => Err(R::PanelNotDrawn),
            Self::Drawn(panel) => Ok(panel),
            Self::Computed(_) | Self::Ruled(..) => Err(R::EvaluationAlreadyComputed),
        }
    }
}

fn seat_holder(panel: &Panel, evaluator_id: Option<EvaluatorId>) -> Result<&Member, R> {
    evaluator_id.and_then(|id| panel.member_of(id)).ok_or(R::NotOnThePanel)
}

/// Refuses whoever scores a company that it is linked to, or may be.
fn check_link(link: Link) -> Result<(), R> {
    match link {
        Link::Free => Ok(()),
        Link::Linked => Err(R::ConflictOfInterest),
        Link::Unknown => Err(R::InterestsUnknown),
    }
}

/// Refuses what is not 32 bytes in unpadded base64url whose unused bits are zero (proof format §1).
fn check_32_bytes(field: &str, text: &str) -> Result<(), InputRejection> {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_canonical = text.len() == 43
        && text.bytes().all(is_digit)
        && text.ends_with(|last| "AEIMQUYcgkosw048".contains(last));
    if is_canonical {
        Ok(())
    } else {
        Err(InputRejection::Format {
            field: field.to_owned(),
            expected: "32 bytes en base64url: 43 letras, dígitos, guiones o guiones bajos",
        })
    }
}

/// Refuses a ballot that could not be counted or recorded. Nothing of it is corrected: it is what was
/// committed to, or it is not.
fn check_ballot(ballot: &Ballot, expected: Vec<Mask>, criteria: usize) -> Result<(), R> {
    if !ballot.proposals.iter().map(|proposal| &proposal.mask).eq(&expected) {
        return Err(R::BallotMasks { expected });
    }
    for (index, proposal) in ballot.proposals.iter().enumerate() {
        if proposal.scores.len() != criteria {
            return Err(R::ScoresCount { index, expected: criteria });
        }
        for (place, score) in proposal.scores.iter().enumerate() {
            let field = format!("ballot.proposals[{index}].scores[{place}]");
            in_range(&field, u64::from(*score), 0, u64::from(SCORE_MAX))?;
        }
    }
    let probability = u64::from(ballot.delivery_probability_percent);
    in_range("ballot.deliveryProbabilityPercent", probability, 0, 100)?;
    let written = &ballot.justification;
    let Document { name, media_type, sha256, bytes } = written;
    let read = read_document(JUSTIFICATION, name, media_type, sha256.clone(), *bytes)?;
    if read != *written {
        let expected = "el nombre y el tipo del documento sin espacios alrededor y en forma NFC";
        return Err(InputRejection::Format { field: JUSTIFICATION.to_owned(), expected }.into());
    }
    Ok(())
}
