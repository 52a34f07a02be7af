//! The announcement of a draw, and the draw.

use crate::draw::{self, Candidate, Drawn};
use crate::event::{PanelDrawScheduled, PanelDrawn, TenderPublished};
use crate::hash::to_hex;
use crate::id::{Pseudonym, UnitKey};
use crate::time::Timestamp;

use super::command::{DrawPanel, ScheduleDraw};
use super::rejection::EvaluationRejection as R;
use super::state::{Evaluation, EvaluationEvent};
use super::{SEATS_MAX, quorum};

impl Evaluation {
    pub(super) fn schedule_draw(
        &self,
        command: ScheduleDraw,
        now: Timestamp,
    ) -> Result<Vec<EvaluationEvent>, R> {
        let ScheduleDraw { call, candidates, seats, alternates, contribution } = command;
        let call = call.ok_or(R::TenderUnknown)?;
        match self {
            Self::Unscheduled => {}
            Self::Scheduled(_) | Self::Drawn(_) | Self::Computed(_) | Self::Ruled(..) => {
                return Err(R::DrawAlreadyScheduled);
            }
        }
        let deadline = call.schedule.receipt_end;
        if now < deadline {
            return Err(R::ReceiptOpen { deadline, now });
        }
        seats_in_range("seats", seats, quorum(&call))?;
        seats_in_range("alternates", alternates, 0)?;
        let (eligible, _) = eligible(candidates, &call.unit_key);
        if eligible.len() < seats as usize {
            return Err(R::TooFewCandidates { eligible: eligible.len(), seats });
        }
        let event = PanelDrawScheduled {
            tender_id: call.tender_id,
            ocid: call.ocid,
            seats,
            alternates,
            candidates: u32::try_from(eligible.len()).unwrap_or(u32::MAX),
            list_hash: draw::list_hash(&pseudonyms(&eligible)),
            contribution_hash: draw::contribution_hash(&contribution),
        };
        Ok(vec![EvaluationEvent::DrawScheduled(Box::new(event))])
    }

    pub(super) fn draw_panel(
        &self,
        command: DrawPanel,
        now: Timestamp,
    ) -> Result<Vec<EvaluationEvent>, R> {
        let DrawPanel { call, candidates, contribution, block } = command;
        let call = self.own(call)?;
        let scheduled = match self {
            Self::Unscheduled => return Err(R::DrawNotScheduled),
            Self::Scheduled(scheduled) => scheduled,
            Self::Drawn(_) | Self::Computed(_) | Self::Ruled(..) => {
                return Err(R::PanelAlreadyDrawn);
            }
        };
        let due = call.schedule.panel_draw;
        if now < due {
            return Err(R::DrawNotDue { due, now });
        }
        // Nobody could vote any more.
        let deadline = call.schedule.commit_end;
        if now >= deadline {
            return Err(R::VotingEnded { deadline, now });
        }
        let (block_number, block_hash) = block.ok_or(R::DrawNotAnchored)?;
        let eligible = announced(candidates, &call.unit_key, &scheduled.list_hash)
            .ok_or(R::CandidatesChanged)?;
        if draw::contribution_hash(&contribution) != scheduled.contribution_hash {
            return Err(R::ContributionChanged);
        }
        let seed =
            draw::seed(scheduled.tender_id, &scheduled.list_hash, &contribution, &block_hash);
        let Drawn { panel, alternates } =
            draw::draw(&seed, &eligible, scheduled.seats, scheduled.alternates);
        let event = PanelDrawn {
            tender_id: scheduled.tender_id,
            ocid: scheduled.ocid.clone(),
            candidates: pseudonyms(&eligible),
            contribution: to_hex(&contribution),
            block_number,
            block_hash: to_hex(&block_hash),
            seed: to_hex(&seed),
            panel,
            alternates,
        };
        Ok(vec![EvaluationEvent::Drawn(Box::new(event))])
    }

    /// The call, if it is the one this evaluation is of.
    pub(super) fn own(&self, call: Option<TenderPublished>) -> Result<TenderPublished, R> {
        let own = self.scheduled().map(|scheduled| scheduled.tender_id);
        call.filter(|call| own.is_none_or(|own| own == call.tender_id)).ok_or(R::TenderUnknown)
    }
}

fn seats_in_range(field: &'static str, number: u32, min: u32) -> Result<(), R> {
    if (min..=SEATS_MAX).contains(&number) {
        Ok(())
    } else {
        Err(R::SeatsOutOfRange { field, min, max: SEATS_MAX })
    }
}

/// The candidates without an interest in the unit that buys, and those whose interests are lost. Who will
/// offer is not known yet.
fn eligible(candidates: Vec<Candidate>, unit_key: &UnitKey) -> (Vec<Candidate>, Vec<Candidate>) {
    let (mut free, mut unknown) = (Vec::new(), Vec::new());
    for candidate in candidates {
        match &candidate.interests {
            Some(interests) if interests.iter().any(|it| it == unit_key.as_str()) => {}
            Some(_) => free.push(candidate),
            None => unknown.push(candidate),
        }
    }
    (free, unknown)
}

/// The candidates that were announced. Whoever's interests were lost since is one if the list says so: it
/// will take no seat, and the draw goes on.
fn announced(
    candidates: Vec<Candidate>,
    unit_key: &UnitKey,
    list_hash: &str,
) -> Option<Vec<Candidate>> {
    let is_announced =
        |candidates: &[Candidate]| draw::list_hash(&pseudonyms(candidates)) == list_hash;
    let (mut eligible, unknown) = eligible(candidates, unit_key);
    if !is_announced(&eligible) {
        eligible.extend(unknown);
    }
    is_announced(&eligible).then_some(eligible)
}

/// The candidates' pseudonyms, sorted.
fn pseudonyms(candidates: &[Candidate]) -> Vec<Pseudonym> {
    let mut pseudonyms: Vec<Pseudonym> =
        candidates.iter().map(|candidate| candidate.pseudonym.clone()).collect();
    pseudonyms.sort_unstable();
    pseudonyms
}
