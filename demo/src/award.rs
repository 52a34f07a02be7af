//! From the economic opening to the award, and what came out of it in the terms of `case/oracle.py`.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::acts::Cast;
use crate::bids::Opened;
use crate::report::{Award, Points, Scores};
use crate::stage::Stage;

const REASONS: &str =
    "La proposición de mayor beneficio social según los criterios de la convocatoria.";

/// Opens, computes, rules and awards; answers whether somebody is awarded.
pub fn award(stage: &mut Stage, people: &Cast, tender: &str, proposals: &[Opened]) -> Result<bool> {
    stage.clock_at(stage.case.tender.economic_opening)?;
    let (role, api) = ("contracting", &people.contracting);
    let input = json!({"tenderId": tender});
    let reasoned = json!({"tenderId": tender, "reasons": REASONS});
    stage.refused("compute-early", role, api, "computeEvaluation", input.clone())?;
    stage.done("open-economic", role, api, "openEconomic", input.clone())?;
    let done = stage.done("compute", role, api, "computeEvaluation", input.clone())?;
    let computed = stage.said_by(&done.events, "EvaluationComputed")?;
    note(stage, &computed, proposals)?;
    if stage.report.scores.solvent.is_empty() {
        stage.clock_at(stage.case.tender.award_at)?;
        stage.done("deserted", role, api, "declareDeserted", reasoned)?;
        return Ok(false);
    }
    let is_tied = stage.report.scores.is_tied(&stage.case.tender.aggregation);
    if is_tied {
        stage.refused("ruling-tied", role, api, "issueRuling", reasoned.clone())?;
        stage.done("tie", role, api, "breakTie", input)?;
    }
    stage.done("ruling", role, api, "issueRuling", reasoned.clone())?;
    stage.clock_at(stage.case.tender.award_at)?;
    let done = stage.done("award", role, api, "issueAward", reasoned)?;
    let issued = stage.said_by(&done.events, "AwardIssued")?;
    let mask = issued["mask"].as_str().context("an award without a letter")?;
    let centavos = issued["amount"]["centavos"].as_str().context("an award without an amount")?;
    let award = Award { company: company(proposals, mask)?, centavos: centavos.parse()? };
    let winner = award.company.clone();
    let scores = &mut stage.report.scores;
    let place = if is_tied { &mut scores.award_after_tie } else { &mut scores.award };
    *place = Some(award);
    stage.report.winner = Some(winner);
    Ok(true)
}

fn company(proposals: &[Opened], mask: &str) -> Result<String> {
    let found = proposals.iter().find(|opened| opened.mask == mask);
    Ok(found.with_context(|| format!("no proposal {mask}"))?.company.clone())
}

/// Notes scores, rankings and ties by the companies' keys.
fn note(stage: &mut Stage, computed: &Value, proposals: &[Opened]) -> Result<()> {
    let mut scores = Scores::default();
    let mut ranks: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for score in computed["scores"].as_array().context("no scores")? {
        let key = company(proposals, score["mask"].as_str().unwrap_or_default())?;
        let number = |value: &Value| value.as_u64().context("a score that is no number");
        let mut points = BTreeMap::from([
            ("technical".to_owned(), json!(number(&score["technical"])?)),
            ("economic".to_owned(), json!(number(&score["economic"])?)),
        ]);
        for result in score["results"].as_array().context("no results")? {
            let name = match result["aggregation"].as_str() {
                Some("trimmedMean") => "trimmed_mean",
                Some(other) => other,
                None => "",
            };
            let (social, total) = (number(&result["social"])?, number(&result["total"])?);
            points.insert(name.to_owned(), json!({"social": social, "total": total}));
            ranks.entry(name.to_owned()).or_default().push((number(&result["rank"])?, key.clone()));
        }
        scores.solvent.push(key.clone());
        scores.points.insert(key, Points(points));
    }
    scores.solvent.sort();
    for (name, mut ranked) in ranks {
        ranked.sort();
        let is_tied = ranked.windows(2).any(|pair| pair[0].0 == pair[1].0);
        scores.top_ties.insert(name.clone(), ranked.len() > 1 && ranked[0].0 == ranked[1].0);
        scores.ties.insert(name.clone(), is_tied);
        scores.ranking.insert(name, ranked.into_iter().map(|(_, key)| key).collect());
    }
    stage.report.scores = scores;
    Ok(())
}
