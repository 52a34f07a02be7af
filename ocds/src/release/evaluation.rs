//! The citizens' panel, its ballots and the scores → tag `tenderUpdate`, in `tender.evaluation`.

use domain::{
    content::{Outliers, ProposalScore, Seat, Unsolvent},
    event::{
        AssignmentAccepted, BallotCommitted, BallotMissed, BallotRevealed, ConflictDeclared,
        EvaluationComputed, PanelDrawScheduled, PanelDrawn, TechnicalSheetOpened, TieBroken,
    },
    id::Mask,
};
use serde_json::{Value, json};

use super::{
    Moment,
    opening::statistic,
    parts::{documents, one},
    process::Process,
    values::{Object, hundredths},
};

pub(super) fn draw(event: &PanelDrawScheduled, process: Process, moment: &Moment) -> Object {
    let draw = Object::new()
        .with("announcedDate", moment.at.as_str())
        .with("seats", event.seats)
        .with("alternates", event.alternates)
        .with("numberOfCandidates", event.candidates)
        .with("candidatesHash", event.list_hash.as_str())
        .with("contributionHash", event.contribution_hash.as_str());
    process.with_evaluation(Object::new().with("draw", draw))
}

pub(super) fn panel(event: &PanelDrawn, process: Process, moment: &Moment) -> Object {
    let candidates: Value = event.candidates.iter().map(|it| json!(it.as_str())).collect();
    let draw = Object::new()
        .with("drawnDate", moment.at.as_str())
        .with("candidates", candidates)
        .with("contribution", event.contribution.as_str())
        .with("blockNumber", event.block_number.to_string())
        .with("blockHash", event.block_hash.as_str())
        .with("seed", event.seed.as_str());
    let seated = event.panel.iter().map(|it| member(it, "drawn").with("seat", it.seat));
    let alternates =
        event.alternates.iter().map(|it| member(it, "alternate").with("alternateOrder", it.seat));
    let panel: Value = seated.chain(alternates).map(Value::from).collect();
    process.with_evaluation(Object::new().with("draw", draw).with("panel", panel))
}

pub(super) fn acceptance(event: &AssignmentAccepted, process: Process) -> Object {
    let member = Object::new()
        .with("id", event.pseudonym.as_str())
        .with("seat", event.seat)
        .with("status", "accepted");
    process.with_evaluation(Object::new().with("panel", one(member)))
}

pub(super) fn conflict(event: &ConflictDeclared, process: Process) -> Object {
    let leaves = Object::new()
        .with("id", event.pseudonym.as_str())
        .with("seat", event.seat)
        .with("status", "recused")
        .with("rationale", event.reason.as_str());
    let enters =
        event.replacement.as_ref().map(|seat| member(seat, "drawn").with("seat", event.seat));
    let panel: Value = [Some(leaves), enters].into_iter().flatten().map(Value::from).collect();
    process.with_evaluation(Object::new().with("panel", panel))
}

pub(super) fn commitment(event: &BallotCommitted, process: Process, moment: &Moment) -> Object {
    let ballot = Object::new()
        .with("id", event.pseudonym.as_str())
        .with("seat", event.seat)
        .with("status", "committed")
        .with("commitment", event.commitment.as_str())
        .with("committedDate", moment.at.as_str());
    process.with_evaluation(Object::new().with("ballots", one(ballot)))
}

pub(super) fn ballot(event: &BallotRevealed, process: Process, moment: &Moment) -> Object {
    let ballot = &event.ballot;
    let scores = ballot.proposals.iter().map(|it| {
        let object = Object::new().with("id", it.mask.as_str()).with("scores", json!(it.scores));
        Value::from(object)
    });
    let justification = std::slice::from_ref(&ballot.justification);
    let revealed = Object::new()
        .with("id", ballot.pseudonym.as_str())
        .with("seat", event.seat)
        .with("status", "revealed")
        .with("revealedDate", moment.at.as_str())
        .with("salt", event.salt.as_str())
        .with("bids", scores.collect::<Value>())
        .with("documents", documents(justification, "evaluationReports"))
        .with("deliveryProbability", ballot.delivery_probability_percent);
    process.with_evaluation(Object::new().with("ballots", one(revealed)))
}

pub(super) fn missed_ballot(event: &BallotMissed, process: Process) -> Object {
    let status = if event.committed { "notRevealed" } else { "notCommitted" };
    let ballot = Object::new()
        .with("id", event.pseudonym.as_str())
        .with("seat", event.seat)
        .with("status", status);
    process.with_evaluation(Object::new().with("ballots", one(ballot)))
}

pub(super) fn sheet(event: &TechnicalSheetOpened, process: Process) -> Object {
    let scores: Value = event.scores.iter().map(|&it| points(it)).collect();
    let sum = event.scores.iter().map(|&it| u64::from(it)).sum();
    let sheet = Object::new()
        .with("id", event.mask.as_str())
        .with("sealedEntry", event.position.to_string())
        .with("scores", scores)
        .with("points", hundredths(sum))
        .with("rationale", event.justification.as_str());
    process.with_evaluation(Object::new().with("technicalSheets", one(sheet)))
}

pub(super) fn scores(event: &EvaluationComputed, process: Process, moment: &Moment) -> Object {
    let solvent = event.scores.iter().map(|it| &it.mask);
    let bids = qualification(solvent, &event.unsolvent)
        .with("statistics", one(statistic("validBids", event.scores.len(), moment)));
    let evaluation = Object::new()
        .with("computedDate", moment.at.as_str())
        .with("socialAggregation", event.aggregation.as_str())
        .with("scores", event.scores.iter().map(score).collect::<Value>())
        .with("unsolventBids", unsolvent(&event.unsolvent))
        .with("outliers", event.outliers.iter().map(outlier).collect::<Value>());
    process.with_evaluation(evaluation).with("bids", bids)
}

pub(super) fn tie(event: &TieBroken, process: Process, moment: &Moment) -> Object {
    let tie = Object::new()
        .with("date", moment.at.as_str())
        .with("method", event.method.as_str())
        .with("order", masks(&event.order));
    process.with_evaluation(Object::new().with("tieBreak", tie))
}

/// Whether each bid qualified, by codelist `bidStatus`.
pub(super) fn qualification<'a>(
    solvent: impl Iterator<Item = &'a Mask>,
    unsolvent: &'a [Unsolvent],
) -> Object {
    let bid = |mask: &Mask, status: &str| {
        Value::from(Object::new().with("id", mask.as_str()).with("status", status))
    };
    let valid = solvent.map(|mask| bid(mask, "valid"));
    let disqualified = unsolvent.iter().map(|it| bid(&it.mask, "disqualified"));
    Object::new().with("details", valid.chain(disqualified).collect::<Value>())
}

pub(super) fn unsolvent(unsolvent: &[Unsolvent]) -> Value {
    let bid = |it: &Unsolvent| {
        Object::new().with("id", it.mask.as_str()).with("cause", it.cause.as_str())
    };
    unsolvent.iter().map(|it| Value::from(bid(it))).collect()
}

pub(super) fn masks(masks: &[Mask]) -> Value {
    masks.iter().map(|it| json!(it.as_str())).collect()
}

/// Centipoints as points.
pub(super) fn points(centipoints: u32) -> Value {
    hundredths(centipoints.into())
}

fn member(seat: &Seat, status: &str) -> Object {
    Object::new().with("id", seat.pseudonym.as_str()).with("status", status)
}

fn score(score: &ProposalScore) -> Value {
    let results = score.results.iter().map(|it| {
        let object = Object::new()
            .with("id", it.aggregation.as_str())
            .with("social", points(it.social))
            .with("total", points(it.total))
            .with("rank", it.rank);
        Value::from(object)
    });
    Object::new()
        .with("id", score.mask.as_str())
        .with("technical", points(score.technical))
        .with("economic", points(score.economic))
        .with("aggregations", results.collect::<Value>())
        .into()
}

fn outlier(outliers: &Outliers) -> Value {
    Object::new()
        .with("id", outliers.pseudonym.as_str())
        .with("cells", outliers.cells)
        .with("of", outliers.of)
        .into()
}
