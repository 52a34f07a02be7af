//! The panel, the ballots and the result of the reference case.

use uuid::Uuid;

use super::{TENDER, local, tender_published};
use crate::aggregate::Aggregate;
use crate::content::{Ballot, BallotScores, Document};
use crate::draw::Candidate;
use crate::evaluation::{
    CommitBallot, Compute, DrawPanel, Evaluation, EvaluationCommand, EvaluationEvent, IssueRuling,
    Link, Reveal, ScheduleDraw,
};
use crate::event::{BallotMissed, DomainEvent, EvaluatorAccredited, EvaluatorApplied, TieBroken};
use crate::id::{AccountRef, EvaluatorId, Mask, Pseudonym};
use crate::money::Money;
use crate::scoring::ScoredProposal;
use crate::vocabulary::TieBreak;

/// The operator's number.
pub(crate) const CONTRIBUTION: [u8; 32] = [7; 32];
/// The block that anchors the announcement, chosen so that EV-R3T and EV-X8H are drawn.
pub(crate) const BLOCK: (u64, [u8; 32]) = (812, [2; 32]);
/// Who has a conflict of interest that nobody can know before the opening.
pub(crate) const CONFLICTED: &str = "EV-R3T";
/// Whose ballot favours one proposal against all others.
pub(crate) const COLLUDING: &str = "EV-X8H";

const PSEUDONYMS: [&str; 12] = [
    "EV-7Q2", "EV-K4M", "EV-P9D", "EV-R3T", "EV-X8H", "EV-B2N", "EV-C5W", "EV-D8J", "EV-F3L",
    "EV-G6S", "EV-H9V", "EV-M4Z",
];
/// Ballot by ballot, proposal by proposal (MARKEC, ACCESO, TEC); the colluding one is the last.
pub(crate) const VOTES: [[[u32; 3]; 3]; 5] = [
    [[70, 60, 55], [90, 85, 88], [55, 50, 60]],
    [[72, 65, 60], [88, 80, 92], [50, 45, 58]],
    [[75, 62, 58], [92, 84, 90], [52, 48, 62]],
    [[68, 58, 57], [86, 82, 85], [58, 52, 55]],
    [[20, 15, 10], [35, 30, 40], [100, 100, 100]],
];

pub(crate) fn pseudonym(text: &str) -> Pseudonym {
    text.parse().unwrap()
}

pub(crate) fn masks() -> Vec<Mask> {
    (0..3).map(|place| Mask::at(place).unwrap()).collect()
}

/// Everybody who is accredited: twelve of four organisations.
pub(crate) fn candidates() -> Vec<Candidate> {
    let candidate = |(index, text): (u128, &&str)| Candidate {
        evaluator_id: EvaluatorId(Uuid::from_u128(
            0x0162_0000_0000_7000_8000_0000_0000_0100 + index,
        )),
        pseudonym: pseudonym(text),
        organisation: format!("Organización {}", index % 4 + 1),
        interests: Some(vec!["TWD110728KB1".to_owned()]),
    };
    (0..).zip(&PSEUDONYMS).map(candidate).collect()
}

pub(crate) fn evaluator(text: &str) -> Option<EvaluatorId> {
    let candidates = candidates();
    candidates.iter().find(|it| it.pseudonym.as_str() == text).map(|it| it.evaluator_id)
}

/// MARKEC as A, ACCESO INCLUYENTE as B, TECNOLOGÍA WEB as C.
pub(crate) fn proposals() -> Vec<ScoredProposal> {
    [(4350, 184_800_000), (4200, 179_000_000), (4150, 156_000_000)]
        .into_iter()
        .zip(masks())
        .map(|((technical, price), mask)| {
            let price = Money::mxn(price).unwrap();
            ScoredProposal { mask, technical, price }
        })
        .collect()
}

pub(crate) fn ballot(of: &Pseudonym, votes: &[[u32; 3]; 3]) -> Ballot {
    let scores = masks().into_iter().zip(votes);
    Ballot {
        tender_id: TENDER,
        pseudonym: of.clone(),
        proposals: scores
            .map(|(mask, scores)| BallotScores { mask, scores: scores.to_vec() })
            .collect(),
        justification: Document {
            name: "justificacion.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            sha256: format!("0x{}", "5a".repeat(32)),
            bytes: 96,
        },
        delivery_probability_percent: 80,
    }
}

/// A commitment's text: nothing in this crate computes one.
pub(crate) fn commitment(of: &Pseudonym) -> String {
    format!("{:A<43}", of.as_str())
}

pub(crate) fn schedule_draw() -> ScheduleDraw {
    ScheduleDraw {
        call: Some(tender_published()),
        candidates: candidates(),
        seats: 5,
        alternates: 5,
        contribution: CONTRIBUTION,
    }
}

pub(crate) fn draw_panel() -> DrawPanel {
    DrawPanel {
        call: Some(tender_published()),
        candidates: candidates(),
        contribution: CONTRIBUTION,
        block: Some(BLOCK),
    }
}

pub(crate) fn accept(evaluator_id: Option<EvaluatorId>) -> EvaluationCommand {
    EvaluationCommand::Accept { evaluator_id, link: Link::Free }
}

pub(crate) fn leave(evaluator_id: Option<EvaluatorId>, reason: &str) -> EvaluationCommand {
    let call = Some(Box::new(tender_published()));
    EvaluationCommand::DeclareConflict { call, evaluator_id, reason: reason.to_owned() }
}

pub(crate) fn commit_of(text: &str) -> CommitBallot {
    CommitBallot {
        call: Some(tender_published()),
        evaluator_id: evaluator(text),
        link: Link::Free,
        is_opened: true,
        commitment: commitment(&pseudonym(text)),
    }
}

pub(crate) fn reveal_of(text: &str, votes: &[[u32; 3]; 3]) -> Reveal {
    let pseudonym = pseudonym(text);
    Reveal {
        call: Some(tender_published()),
        masks: masks(),
        evaluator_id: evaluator(text),
        ballot: ballot(&pseudonym, votes),
        salt: "A".repeat(43),
        computed: commitment(&pseudonym),
    }
}

pub(crate) fn compute() -> Compute {
    Compute { call: Some(tender_published()), proposals: proposals() }
}

/// A history, played command by command.
#[derive(Clone, Default)]
pub(crate) struct Played(pub(crate) Vec<EvaluationEvent>);

impl Played {
    pub(crate) fn state(&self) -> Evaluation {
        Evaluation::replay(&self.0).unwrap()
    }

    pub(crate) fn play(mut self, at: &str, command: EvaluationCommand) -> Self {
        let events = self.state().decide(command, local(at)).unwrap();
        self.0.extend(events);
        self
    }

    /// Who sits, by seat.
    pub(crate) fn seated(&self) -> Vec<String> {
        self.state().seats().iter().map(|seat| seat.pseudonym.to_string()).collect()
    }
}

pub(crate) fn scheduled() -> Played {
    let command = EvaluationCommand::ScheduleDraw(Box::new(schedule_draw()));
    Played::default().play("2018-04-13T18:00:00", command)
}

pub(crate) fn drawn() -> Played {
    let command = EvaluationCommand::DrawPanel(Box::new(draw_panel()));
    scheduled().play("2018-04-13T19:00:00", command)
}

/// The conflicted member left, and everybody took their seats.
pub(crate) fn accepted() -> Played {
    let conflict = leave(evaluator(CONFLICTED), "Trabajó para la unidad compradora");
    let played = drawn().play("2018-04-13T19:30:00", conflict);
    let seated = played.seated();
    seated
        .iter()
        .fold(played, |played, text| played.play("2018-04-13T20:00:00", accept(evaluator(text))))
}

pub(crate) fn committed() -> Played {
    let seated = accepted().seated();
    seated.iter().fold(accepted(), |played, text| {
        let command = EvaluationCommand::Commit(Box::new(commit_of(text)));
        played.play("2018-04-14T10:00:00", command)
    })
}

/// Who sits with their votes: the colluding ballot is the colluding member's.
pub(crate) fn votes_by_seat() -> Vec<(String, [[u32; 3]; 3])> {
    let mut honest = VOTES[..4].iter();
    let votes = |text: String| {
        let votes = if text == COLLUDING { &VOTES[4] } else { honest.next().unwrap() };
        (text, *votes)
    };
    accepted().seated().into_iter().map(votes).collect()
}

pub(crate) fn revealed_with(votes: &[(String, [[u32; 3]; 3])]) -> Played {
    votes.iter().fold(committed(), |played, (text, votes)| {
        let command = EvaluationCommand::Reveal(Box::new(reveal_of(text, votes)));
        played.play("2018-04-15T08:00:00", command)
    })
}

pub(crate) fn revealed() -> Played {
    revealed_with(&votes_by_seat())
}

pub(crate) fn computed() -> Played {
    let command = EvaluationCommand::Compute(Box::new(compute()));
    revealed().play("2018-04-15T12:30:00", command)
}

pub(crate) fn issue_ruling(played: &Played) -> IssueRuling {
    IssueRuling {
        reasons: "La propuesta B obtuvo el mayor puntaje".to_owned(),
        caller: AccountRef(Uuid::from_u128(20)),
        technical_signers: vec![AccountRef(Uuid::from_u128(21))],
        recomputed: played.state().computed().unwrap().clone(),
    }
}

pub(crate) fn ruled() -> Played {
    let command = EvaluationCommand::IssueRuling(Box::new(issue_ruling(&computed())));
    computed().play("2018-04-15T12:45:00", command)
}

/// One event of every type of the panel's.
pub(crate) fn golden_evaluation() -> Vec<DomainEvent> {
    let evaluator_id = evaluator(COLLUDING).unwrap();
    let ocid = tender_published().ocid;
    let organisation = "Organización 1".to_owned();
    let mut events: Vec<DomainEvent> = vec![
        EvaluatorApplied {
            evaluator_id,
            pseudonym: pseudonym(COLLUDING),
            organisation: organisation.clone(),
            interests: Some(vec!["TWD110728KB1".to_owned()]),
        }
        .into(),
        EvaluatorAccredited { evaluator_id, pseudonym: pseudonym(COLLUDING), organisation }.into(),
        BallotMissed {
            tender_id: TENDER,
            ocid: ocid.clone(),
            seat: 2,
            pseudonym: pseudonym("EV-K4M"),
            committed: true,
        }
        .into(),
        TieBroken {
            tender_id: TENDER,
            ocid,
            method: TieBreak::CompanySize,
            order: masks()[1..].to_vec(),
        }
        .into(),
    ];
    for event in ruled().0.into_iter().map(DomainEvent::from) {
        if events.iter().all(|known| known.event_type() != event.event_type()) {
            events.push(event);
        }
    }
    events
}
