//! The citizens' side: accreditation, draw, ballots.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::acts::Cast;
use crate::anchoring;
use crate::api::Api;
use crate::bids::Opened;
use crate::case::Votes;
use crate::commitment::{base64url, commitment, hex, salt, sha256};
use crate::stage::Stage;

/// Who sits on the panel: the pseudonym and its place among the case's candidates.
pub struct Member {
    pub pseudonym: String,
    pub candidate: usize,
}

/// The candidates apply and are accredited.
pub fn accredit(stage: &mut Stage, people: &Cast) -> Result<()> {
    stage.clock_at(stage.case.tender.registered_at)?;
    for (candidate, api) in stage.case.candidates.iter().zip(&people.candidates) {
        let name = &candidate.pseudonym;
        let input =
            json!({"pseudonym": name, "organisation": candidate.organisation, "interests": []});
        let step = format!("apply-{name}");
        let id = stage.done(&step, "citizen", api, "applyAsEvaluator", input)?.subject;
        let step = format!("accredit-{name}");
        let input = json!({"evaluatorId": id});
        stage.done(&step, "oic", &people.oic, "accreditEvaluator", input)?;
    }
    let input = json!({"pseudonym": stage.case.candidates[0].pseudonym, "organisation": "Otra",
        "interests": []});
    stage.refused("same-pseudonym", "citizen", &people.candidates[1], "applyAsEvaluator", input)
}

/// The draw: announced, settled by the block that anchors the announcement, then drawn; whoever has a conflict leaves.
pub fn draw(stage: &mut Stage, people: &Cast, tender: &str) -> Result<Vec<Member>> {
    let (role, contracting) = ("contracting", &people.contracting);
    let seats = stage.case.seats.len();
    let alternates = (stage.case.candidates.len() - seats).min(seats);
    let input = json!({"tenderId": tender, "seats": seats, "alternates": alternates});
    stage.done("schedule-draw", role, contracting, "scheduleDraw", input)?;
    let announced = stage.report.accepted.last().context("nothing was recorded")?.0;
    stage.clock_at(stage.case.tender.panel_draw)?;
    println!("  … the draw waits for the block that anchors its announcement");
    anchoring::wait_for_confirmation(stage.system, announced)?;
    let input = json!({"tenderId": tender});
    let done = stage.done("draw", role, contracting, "drawPanel", input.clone())?;
    let drawn = stage.said_by(&done.events, "PanelDrawn")?;
    let mut panel = members(stage, &drawn["panel"])?;
    for member in &mut panel {
        if stage.case.candidates[member.candidate].conflict {
            *member = replace(stage, people, tender, member)?;
        }
    }
    let seated: Vec<usize> = panel.iter().map(|member| member.candidate).collect();
    let outsider = (0..people.candidates.len()).find(|place| !seated.contains(place));
    if let Some(outsider) = outsider {
        let api = &people.candidates[outsider];
        stage.refused("accept-outsider", "evaluator", api, "acceptAssignment", input.clone())?;
    }
    for member in &panel {
        let api = &people.candidates[member.candidate];
        let step = format!("accept-{}", member.pseudonym);
        stage.done(&step, "evaluator", api, "acceptAssignment", input.clone())?;
    }
    Ok(panel)
}

/// A member with a conflict leaves; the next alternate has the seat.
fn replace(stage: &mut Stage, people: &Cast, tender: &str, member: &Member) -> Result<Member> {
    let api = &people.candidates[member.candidate];
    let input = json!({"tenderId": tender, "reason": "Trabajé para la unidad compradora"});
    let done = stage.done("conflict", "evaluator", api, "declareConflict", input)?;
    let declared = stage.said_by(&done.events, "ConflictDeclared")?;
    let replacement = members(stage, &json!([declared["replacement"]]))?;
    replacement.into_iter().next().context("nobody took the seat")
}

fn members(stage: &Stage, seats: &Value) -> Result<Vec<Member>> {
    let seats = seats.as_array().context("a panel without seats")?;
    let member = |seat: &Value| {
        let pseudonym = seat["pseudonym"].as_str().context("a seat without a pseudonym")?;
        let candidates = &stage.case.candidates;
        let candidate = candidates.iter().position(|it| it.pseudonym == pseudonym);
        let candidate = candidate.with_context(|| format!("{pseudonym} is no candidate"))?;
        Ok(Member { pseudonym: pseudonym.to_owned(), candidate })
    };
    seats.iter().map(member).collect()
}

/// A ballot on its way: what is committed to, and what is revealed.
struct Ballot {
    commitment: String,
    reveal: Value,
}

/// Commitments, then reveals. One member commits twice; only the later ballot can be revealed.
pub fn vote(
    stage: &mut Stage,
    people: &Cast,
    tender: &str,
    panel: &[Member],
    proposals: &[Opened],
) -> Result<()> {
    stage.clock_at(stage.case.tender.commit_start)?;
    let replaced = stage.case.replaced_ballot.seat;
    let mut older = None;
    let mut ballots = Vec::new();
    for (seat, member) in stage.case.seats.iter().zip(panel) {
        let api = &people.candidates[member.candidate];
        if seat.number == replaced {
            let votes = &stage.case.replaced_ballot.votes;
            let ballot = ballot(stage, tender, member, (seat.number, votes), proposals, "older")?;
            commit(stage, api, tender, &format!("commit-older-{}", seat.number), &ballot)?;
            older = Some((ballot, api));
        }
        let ballot =
            ballot(stage, tender, member, (seat.number, &seat.votes), proposals, "ballot")?;
        commit(stage, api, tender, &format!("commit-{}", seat.number), &ballot)?;
        ballots.push((seat.number, ballot, api));
    }
    if let Some((_, ballot, api)) = ballots.first() {
        let reveal = ballot.reveal.clone();
        stage.refused("reveal-early", "evaluator", api, "revealBallot", reveal)?;
    }
    stage.clock_at(stage.case.tender.reveal_start)?;
    if let Some((ballot, api)) = older {
        stage.refused("reveal-older", "evaluator", api, "revealBallot", ballot.reveal)?;
    }
    for (seat, ballot, api) in ballots {
        let step = format!("reveal-{seat}");
        stage.done(&step, "evaluator", api, "revealBallot", ballot.reveal)?;
    }
    Ok(())
}

fn commit(stage: &mut Stage, api: &Api, tender: &str, step: &str, ballot: &Ballot) -> Result<()> {
    let input = json!({"tenderId": tender, "commitment": ballot.commitment});
    stage.done(step, "evaluator", api, "commitBallot", input).map(drop)
}

fn ballot(
    stage: &Stage,
    tender: &str,
    member: &Member,
    (seat, votes): (usize, &Votes),
    proposals: &[Opened],
    step: &str,
) -> Result<Ballot> {
    let seat = stage.case.seats.iter().find(|it| it.number == seat).context("no such seat")?;
    let scores = |opened: &Opened| {
        let scores = votes.get(&opened.company);
        let scores = scores.with_context(|| format!("no votes for {}", opened.company))?;
        Ok(json!({"mask": opened.mask, "scores": scores}))
    };
    let scores = proposals.iter().map(scores).collect::<Result<Vec<Value>>>()?;
    let justification = seat.justification.as_bytes();
    let percent = seat.delivery_probability_percent;
    let object = json!({
        "tenderId": tender, "pseudonym": member.pseudonym, "proposals": scores,
        "justification": {"name": "justificacion.txt", "mediaType": "text/plain",
            "sha256": hex(&sha256(justification)), "bytes": justification.len()},
        "deliveryProbabilityPercent": percent,
    });
    let salt = salt(&stage.system.state.origin, &format!("{step}-{}", seat.number));
    let reveal = json!({"tenderId": tender, "proposals": scores,
        "justification": seat.justification, "deliveryProbabilityPercent": percent,
        "salt": base64url(&salt)});
    Ok(Ballot { commitment: commitment(&salt, &object), reveal })
}
