//! Whether what was opened is what was sealed: technical envelopes, sheets, economic envelopes.

use std::collections::{BTreeMap, BTreeSet};

use super::case::Case;
use super::contradiction::Contradiction;
use super::event::Event;
use super::opinion::Found;
use super::record::Record;
use crate::json::Value;

/// Checks the technical envelopes.
pub(super) fn technical(case: &Case) -> Result<Found, Contradiction> {
    let openings = case.by_mask("ProposalOpened")?;
    let opened = openings.len();
    for event in case.all("ProposalOpened") {
        let entry = proposal(case, &openings, event)?;
        let shown = entry.shown("/data/technical")?.get("documents")?;
        event
            .record()
            .get("documents")?
            .is("its documents are not the sealed ones", shown.value)?;
    }
    if opened == 0 {
        return Ok(Found::Absent("no technical envelope is opened so far"));
    }
    Ok(Found::Proven(format!("{opened} technical envelopes are opened as they were sealed")))
}

/// Checks the technical sheets.
pub(super) fn sheets(case: &Case) -> Result<Found, Contradiction> {
    let openings = case.by_mask("ProposalOpened")?;
    let prices = case.all("EconomicOpened").next();
    for event in case.all("TechnicalSheetOpened") {
        // The sealed sheet is older than its opening: whoever scored did not know the prices.
        let before = prices.is_none_or(|first| event.position < first.position);
        event.require(before, "a price was opened before it")?;
        let record = event.record();
        let position = record.position("position")?;
        let entry = case.sealed(event, position, &["TechnicalSheetSigned"])?;
        for name in ["mask", "scores", "justification"] {
            record
                .get(name)?
                .is("the sheet is not the sealed one", entry.record().get(name)?.value)?;
        }
        check_scores(case, event)?;
        check_mask(&openings, event)?;
    }
    let opened = case.by_mask("TechnicalSheetOpened")?.len();
    if opened == 0 {
        return Ok(Found::Absent("no technical sheet is opened so far"));
    }
    Ok(Found::Proven(format!("{opened} technical sheets are opened as they were sealed")))
}

/// Whether a sheet gives each criterion at most its maximum.
fn check_scores(case: &Case, event: &Event) -> Result<(), Contradiction> {
    let criteria = case.call(event)?.list("technicalCriteria")?;
    let scores = event.record().numbers("scores")?;
    event.same("how many criteria it scores", scores.len(), criteria.len())?;
    for (score, criterion) in scores.into_iter().zip(criteria) {
        let within = score <= criterion.number("maximum")?;
        event.require(within, "a score is above its criterion's maximum")?;
    }
    Ok(())
}

/// Whether a technical envelope was opened under the event's mask.
fn check_mask(openings: &BTreeMap<&str, &Event>, event: &Event) -> Result<(), Contradiction> {
    let mask = event.record().text("mask")?;
    event.require(openings.contains_key(mask), "nothing was opened under its mask")
}

/// Checks the economic envelopes, and who the tenderers are.
pub(super) fn economic(case: &Case) -> Result<Found, Contradiction> {
    let openings = case.by_mask("ProposalOpened")?;
    let mut companies = BTreeSet::new();
    for event in case.all("EconomicOpened") {
        let record = event.record();
        let entry = proposal(case, &openings, event)?;
        let envelope = entry.shown("/data/economic")?;
        for name in ["price", "documents"] {
            let shown = envelope.get(name)?.value;
            record.get(name)?.is("the economic envelope is not the sealed one", shown)?;
        }
        let tenderer = record.get("tenderer")?;
        tenderer.is("the company is not the sealed one", entry.shown("/data/company")?.value)?;
        let id = entry.record().get("proposalId")?.value;
        record.get("proposalId")?.is("the proposal is not the sealed one", id)?;
        let position = record.position("participation")?;
        let participation = case.sealed(event, position, &["ParticipantRegistered"])?;
        let registered = participation.record().get("tenderer")?.value;
        tenderer.is("the company is not the one that took part", registered)?;
        event.require(position < entry.position, "it took part after it submitted")?;
        check_company(case, participation, tenderer)?;
        let first = companies.insert(tenderer.text("companyId")?);
        event.require(first, "its company has another proposal")?;
    }
    let opened = case.by_mask("EconomicOpened")?.len();
    if opened == 0 {
        return Ok(Found::Absent("no economic envelope is opened so far"));
    }
    let says = "economic envelopes are opened as they were sealed, of approved companies";
    Ok(Found::Proven(format!("{opened} {says}")))
}

/// The sealed proposal that an event opens, the one of its mask.
fn proposal<'a>(
    case: &'a Case,
    openings: &BTreeMap<&str, &Event>,
    event: &Event,
) -> Result<&'a Event, Contradiction> {
    let record = event.record();
    let position = record.position("position")?;
    let entry = case.sealed(event, position, &["ProposalSubmitted", "ProposalReplaced"])?;
    let opened = openings.get(record.text("mask")?);
    let opened = opened.ok_or_else(|| event.refuse("nothing was opened under its mask", ""))?;
    event.same("the entry of its mask", position, opened.record().position("position")?)?;
    Ok(entry)
}

/// Whether the company was registered so, and approved before it took part.
fn check_company(
    case: &Case,
    participation: &Event,
    tenderer: Record<'_>,
) -> Result<(), Contradiction> {
    let id = tenderer.get("companyId")?.value;
    let of_company = |kind| {
        let mut all = case.all(kind).filter(|event| event.data.get("companyId") == Some(id));
        let found = all.find(|event| event.position < participation.position);
        found.ok_or_else(|| {
            participation.refuse("its company's record is not there before it", kind)
        })
    };
    let registered = of_company("CompanyRegistered")?;
    for name in ["legalName", "rfc", "size"] {
        tenderer.get(name)?.is(
            "the company is not as it was registered",
            registered.data.get(name).unwrap_or(&Value::Null),
        )?;
    }
    of_company("CompanyApproved").map(|_| ())
}
