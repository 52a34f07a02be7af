//! The companies' side: taking part, sealed proposals, their openings.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::acts::Cast;
use crate::api::Api;
use crate::case::Proposal;
use crate::commitment::{base64, hex, sha256};
use crate::secrecy;
use crate::stage::{Stage, money};

/// An opened proposal: its letter, and whose it is, which the play knows by the hash of the document.
#[derive(Debug, Clone)]
pub struct Opened {
    pub mask: String,
    /// The company's key in the case.
    pub company: String,
}

/// From the published call to the end of receipt.
pub fn receive(stage: &mut Stage, people: &Cast, tender: &str, companies: &[String]) -> Result<()> {
    let case = stage.case;
    for (place, company) in case.companies.iter().enumerate() {
        let step = format!("participant-{}", company.key);
        let input = json!({"tenderId": tender, "companyId": companies[place],
            "declaresNoConflict": true});
        stage.done(&step, "company", &people.companies[place], "registerParticipant", input)?;
    }
    for proposal in &case.proposals {
        let (api, id) = bidder(stage, people, companies, &proposal.company)?;
        stage.clock_at(proposal.submitted_at)?;
        let step = format!("proposal-{}", proposal.company);
        let input = envelopes(tender, id, proposal);
        stage.done(&step, "company", api, "submitProposal", input)?;
        stage.report.bids.push(step);
    }
    let first = &case.proposals[0];
    let (api, id) = bidder(stage, people, companies, &first.company)?;
    let input = envelopes(tender, id, first);
    stage.refused("proposal-twice", "company", api, "submitProposal", input)?;
    let other = &people.companies[people.companies.len() - 1];
    let input = envelopes(tender, id, first);
    stage.refused("proposal-of-another", "company", other, "replaceProposal", input)?;
    let input = json!({"tenderId": tender});
    let (role, contracting) = ("contracting", &people.contracting);
    stage.refused("open-early", role, contracting, "openTechnical", input)?;
    secrecy::check(stage)?;
    let late = &case.late_proposal;
    let (api, id) = bidder(stage, people, companies, &late.company)?;
    let proposal = case.proposals.iter().find(|it| it.company == late.company);
    let proposal = proposal.context("the late proposal is of a company without another")?;
    stage.clock_at(late.submitted_at)?;
    secrecy::check(stage)?;
    let input = envelopes(tender, id, proposal);
    stage.refused("proposal-late", "company", api, "submitProposal", input)
}

/// The technical opening, in the order of the letters.
pub fn open(stage: &mut Stage, people: &Cast, tender: &str) -> Result<Vec<Opened>> {
    stage.clock_at(stage.case.tender.technical_opening)?;
    let input = json!({"tenderId": tender});
    let (role, api) = ("contracting", &people.contracting);
    let done = stage.done("open-technical", role, api, "openTechnical", input.clone())?;
    let mut opened = Vec::new();
    for (kind, data) in stage.said(&done.events)? {
        if kind == "ProposalOpened" {
            let hash = data["documents"][0]["sha256"].as_str().context("no document")?;
            let of = |it: &&Proposal| hex(&sha256(it.documents[0].text.as_bytes())) == hash;
            let proposal = stage.case.proposals.iter().find(of);
            opened.push(Opened {
                mask: data["mask"].as_str().context("a proposal without a letter")?.to_owned(),
                company: proposal.context("a document of nobody's")?.company.clone(),
            });
        }
    }
    stage.report.opening = done.events.last().cloned();
    stage.refused("open-economic-early", role, api, "openEconomic", input)?;
    Ok(opened)
}

/// The technical sheets; sealed until the last ballot is revealed.
pub fn score(stage: &mut Stage, people: &Cast, tender: &str, proposals: &[Opened]) -> Result<()> {
    stage.clock_at(stage.case.sheets_at)?;
    for proposal in proposals {
        let sheets = &stage.case.technical_sheets;
        let sheet = sheets.iter().find(|sheet| sheet.company == proposal.company);
        let sheet = sheet.with_context(|| format!("no sheet for {}", proposal.company))?;
        let input = json!({"tenderId": tender, "mask": proposal.mask, "scores": sheet.scores,
            "justification": sheet.justification});
        let step = format!("sheet-{}", proposal.company);
        stage.done(&step, "technical", &people.technical, "signTechnicalSheet", input)?;
    }
    Ok(())
}

fn bidder<'a>(
    stage: &Stage,
    people: &'a Cast<'a>,
    companies: &'a [String],
    key: &str,
) -> Result<(&'a Api<'a>, &'a str)> {
    let place = stage.case.companies.iter().position(|company| company.key == key);
    let place = place.with_context(|| format!("the case has no company {key}"))?;
    Ok((&people.companies[place], &companies[place]))
}

/// A proposal in its two envelopes: the first document is technical, the others are economic.
fn envelopes(tender: &str, company: &str, proposal: &Proposal) -> Value {
    let documents: Vec<Value> = proposal
        .documents
        .iter()
        .map(|document| {
            json!({"name": document.name, "mediaType": "text/plain",
                "content": base64(document.text.as_bytes())})
        })
        .collect();
    json!({"tenderId": tender, "companyId": company, "technical": documents[..1],
        "price": money(&proposal.price_centavos), "economic": documents[1..]})
}
