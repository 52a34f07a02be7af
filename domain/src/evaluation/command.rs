//! What may be asked of an evaluation, with the facts that each decision needs.

use crate::content::Ballot;
use crate::draw::Candidate;
use crate::event::{EvaluationComputed, TenderPublished};
use crate::id::{AccountRef, EvaluatorId, Mask, ProposalId};
use crate::scoring::ScoredProposal;
use crate::vocabulary::CompanySize;

use super::link::Link;

/// What may be asked of an evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvaluationCommand {
    /// Announce the draw of a panel.
    ScheduleDraw(Box<ScheduleDraw>),
    /// Draw the panel that was announced.
    DrawPanel(Box<DrawPanel>),
    /// Take one's seat.
    Accept {
        /// The evaluator whose account asks, if it is one's.
        evaluator_id: Option<EvaluatorId>,
        /// How it stands to those who take part.
        link: Link,
    },
    /// Leave one's seat because of a conflict of interest.
    DeclareConflict {
        /// The call, if it is published.
        call: Option<Box<TenderPublished>>,
        /// The evaluator whose account asks, if it is one's.
        evaluator_id: Option<EvaluatorId>,
        /// Why, for everybody to read.
        reason: String,
    },
    /// Commit to a ballot, in place of an earlier one.
    Commit(Box<CommitBallot>),
    /// Reveal the ballot that was committed to.
    Reveal(Box<Reveal>),
    /// Record whose ballots were not revealed in time.
    CloseReveal(Box<CloseReveal>),
    /// Compute the points.
    Compute(Box<Compute>),
    /// Break a tie of the first rank.
    BreakTie(Box<BreakTie>),
    /// Issue the ruling.
    IssueRuling(Box<IssueRuling>),
}

/// Everything the announcement of a draw is decided on.
#[derive(Clone, PartialEq, Eq)]
pub struct ScheduleDraw {
    /// The call, if it is published.
    pub call: Option<TenderPublished>,
    /// Everybody who is accredited; whoever names the buying unit among its interests is left out, and
    /// so is whoever's interests are lost.
    pub candidates: Vec<Candidate>,
    /// How many seats.
    pub seats: u32,
    /// How many alternates at most.
    pub alternates: u32,
    /// The operator's number, which the draw reveals.
    pub contribution: [u8; 32],
}

impl std::fmt::Debug for ScheduleDraw {
    /// Leaves the operator's number out: whoever knew it could foretell the draw.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScheduleDraw")
            .field("call", &self.call)
            .field("candidates", &self.candidates)
            .field("seats", &self.seats)
            .field("alternates", &self.alternates)
            .finish_non_exhaustive()
    }
}

/// Everything a draw is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawPanel {
    /// The call, if it is published.
    pub call: Option<TenderPublished>,
    /// Everybody who was accredited when the draw was announced.
    pub candidates: Vec<Candidate>,
    /// The operator's number.
    pub contribution: [u8; 32],
    /// Number and hash of the block that anchored the announcement, once it is confirmed.
    pub block: Option<(u64, [u8; 32])>,
}

/// A commitment to a ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitBallot {
    /// The call, if it is published.
    pub call: Option<TenderPublished>,
    /// The evaluator whose account asks, if it is one's.
    pub evaluator_id: Option<EvaluatorId>,
    /// How it stands to those who take part.
    pub link: Link,
    /// Whether there are opened proposals.
    pub is_opened: bool,
    /// Commitment (proof format §2.1) to the ballot at the path `/data/ballot`.
    pub commitment: String,
}

/// Everything a reveal is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reveal {
    /// The call, if it is published.
    pub call: Option<TenderPublished>,
    /// The opened proposals, in the order of the masks.
    pub masks: Vec<Mask>,
    /// The evaluator whose account asks, if it is one's.
    pub evaluator_id: Option<EvaluatorId>,
    /// What was committed to.
    pub ballot: Ballot,
    /// The commitment's salt, unpadded base64url of 32 bytes.
    pub salt: String,
    /// The commitment computed from the ballot and the salt.
    pub computed: String,
}

/// What the end of the reveal is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloseReveal {
    /// The call, if it is published.
    pub call: Option<TenderPublished>,
}

/// Everything the points are computed from, besides the ballots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compute {
    /// The call, if it is published.
    pub call: Option<TenderPublished>,
    /// The opened proposals with their sheets and prices; none before the economic opening.
    pub proposals: Vec<ScoredProposal>,
}

/// What a tie is broken on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakTie {
    /// The opened proposals, at least the tied ones.
    pub proposals: Vec<TiedProposal>,
}

/// A proposal as a tie is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TiedProposal {
    /// The proposal.
    pub mask: Mask,
    /// Its id, the key of the draw.
    pub proposal_id: ProposalId,
    /// The size of its company.
    pub size: CompanySize,
}

/// Everything a ruling is decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueRuling {
    /// Why.
    pub reasons: String,
    /// Who issues it.
    pub caller: AccountRef,
    /// Who signed a technical sheet of the tender.
    pub technical_signers: Vec<AccountRef>,
    /// The result computed again from what is public, see [`Evaluation::compute`](super::Evaluation::compute).
    pub recomputed: EvaluationComputed,
}
