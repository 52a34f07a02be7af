//! The points, the breaking of a tie, and the ruling.

use crate::draw;
use crate::event::{EvaluationComputed, RulingIssued, TenderPublished, TieBroken};
use crate::id::Mask;
use crate::scoring::{self, CountedBallot, Evaluated, ScoredProposal, ScoringError};
use crate::text::{self, PROSE_CHARS_MAX};
use crate::time::Timestamp;
use crate::vocabulary::TieBreak;

use super::command::{BreakTie, Compute, IssueRuling, TiedProposal};
use super::panel::Panel;
use super::quorum;
use super::rejection::EvaluationRejection as R;
use super::state::{Evaluation, EvaluationEvent, Outcome};

impl Evaluation {
    /// Computes the points from the revealed ballots, as [`Compute`] records them and as whoever checks
    /// a recorded evaluation computes them again.
    ///
    /// # Errors
    /// As [`scoring::evaluate`].
    pub fn compute(
        &self,
        call: &TenderPublished,
        proposals: &[ScoredProposal],
    ) -> Result<EvaluationComputed, ScoringError> {
        computed(call, proposals, &self.ballots())
    }

    pub(super) fn compute_points(
        &self,
        command: Compute,
        now: Timestamp,
    ) -> Result<Vec<EvaluationEvent>, R> {
        let Compute { call, proposals } = command;
        let call = self.own(call)?;
        match self {
            Self::Unscheduled | Self::Scheduled(_) | Self::Drawn(_) => {}
            Self::Computed(_) | Self::Ruled(..) => return Err(R::EvaluationAlreadyComputed),
        }
        if proposals.is_empty() {
            return Err(R::EconomicNotOpened);
        }
        let deadline = call.schedule.reveal_end;
        // The prices are opened no earlier; a ballot that came after the points would not count.
        if now < deadline {
            return Err(R::RevealOpen { deadline, now });
        }
        let ballots = self.panel().map(Panel::ballots).unwrap_or_default();
        let quorum = quorum(&call);
        if ballots.len() < quorum as usize {
            return Err(R::QuorumMissing { revealed: ballots.len(), quorum });
        }
        let event = computed(&call, &proposals, &ballots).map_err(R::NotComputable)?;
        Ok(vec![EvaluationEvent::Computed(Box::new(event))])
    }

    pub(super) fn break_tie(&self, command: BreakTie) -> Result<Vec<EvaluationEvent>, R> {
        let outcome = self.outcome().ok_or(R::EvaluationMissing)?;
        if outcome.tie.is_some() {
            return Err(R::TieAlreadyBroken);
        }
        let tied = outcome.first();
        if tied.len() < 2 {
            return Err(R::NoTie);
        }
        let mut proposals = command.proposals;
        proposals.retain(|proposal| tied.contains(&&proposal.mask));
        let brought = |mask: &Mask| proposals.iter().any(|proposal| proposal.mask == *mask);
        let missing: Vec<Mask> =
            tied.iter().filter(|mask| !brought(mask)).map(|mask| (*mask).clone()).collect();
        if !missing.is_empty() {
            return Err(R::TiedProposalsMissing { masks: missing });
        }
        let seed = &outcome.panel.seed;
        proposals.sort_by_cached_key(|TiedProposal { proposal_id, size, .. }| {
            (*size, draw::rank(seed, &proposal_id.to_string()))
        });
        proposals.dedup_by(|a, b| a.mask == b.mask);
        let smallest = proposals.iter().filter(|it| it.size == proposals[0].size).count();
        let event = TieBroken {
            tender_id: outcome.computed.tender_id,
            ocid: outcome.computed.ocid.clone(),
            method: if smallest == 1 { TieBreak::CompanySize } else { TieBreak::Draw },
            order: proposals.into_iter().map(|proposal| proposal.mask).collect(),
        };
        Ok(vec![EvaluationEvent::TieBroken(Box::new(event))])
    }

    pub(super) fn issue_ruling(&self, command: IssueRuling) -> Result<Vec<EvaluationEvent>, R> {
        let IssueRuling { reasons, caller, technical_signers, recomputed } = command;
        let outcome = match self {
            Self::Unscheduled | Self::Scheduled(_) | Self::Drawn(_) => {
                return Err(R::EvaluationMissing);
            }
            Self::Computed(outcome) => outcome,
            Self::Ruled(..) => return Err(R::RulingAlreadyIssued),
        };
        if technical_signers.contains(&caller) {
            return Err(R::TechnicalSigner);
        }
        if recomputed != outcome.computed {
            return Err(R::EvaluationDiffers);
        }
        if outcome.computed.scores.is_empty() {
            return Err(R::NobodySolvent);
        }
        let first = outcome.first();
        if first.len() > 1 && outcome.tie.is_none() {
            return Err(R::TieUnbroken { masks: first.into_iter().cloned().collect() });
        }
        let event = RulingIssued {
            tender_id: outcome.computed.tender_id,
            ocid: outcome.computed.ocid.clone(),
            order: outcome.order(),
            unsolvent: outcome.computed.unsolvent.clone(),
            reasons: text::line("reasons", &reasons, PROSE_CHARS_MAX)?,
        };
        Ok(vec![EvaluationEvent::RulingIssued(Box::new(event))])
    }
}

impl Outcome {
    /// The solvent proposals with their rank by the call's way of aggregating, by mask.
    fn ranks(&self) -> impl Iterator<Item = (u32, &Mask)> {
        let way = self.computed.aggregation;
        self.computed.scores.iter().filter_map(move |score| {
            let result = score.results.iter().find(|result| result.aggregation == way)?;
            Some((result.rank, &score.mask))
        })
    }

    /// The proposals of the first rank, by mask.
    fn first(&self) -> Vec<&Mask> {
        self.ranks().filter(|(rank, _)| *rank == 1).map(|(_, mask)| mask).collect()
    }

    /// All solvent proposals, the best first: ties of the first rank as they were broken, others by mask.
    fn order(&self) -> Vec<Mask> {
        let broken = self.tie.as_ref().map(|tie| tie.order.as_slice()).unwrap_or_default();
        let mut ranked: Vec<(u32, &Mask)> = self.ranks().collect();
        ranked.sort_by_key(|(rank, mask)| {
            (*rank, broken.iter().position(|it| it == *mask), scoring::in_order(mask))
        });
        ranked.into_iter().map(|(_, mask)| mask.clone()).collect()
    }
}

fn computed(
    call: &TenderPublished,
    proposals: &[ScoredProposal],
    ballots: &[CountedBallot],
) -> Result<EvaluationComputed, ScoringError> {
    let Evaluated { scores, unsolvent, outliers } = scoring::evaluate(call, proposals, ballots)?;
    Ok(EvaluationComputed {
        tender_id: call.tender_id,
        ocid: call.ocid.clone(),
        aggregation: call.aggregation,
        scores,
        unsolvent,
        outliers,
    })
}
