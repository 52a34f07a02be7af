//! What anybody can follow: the feed of all events, and the record as it was.

use std::io::{BufRead as _, BufReader};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::report::Report;
use crate::rest;
use crate::stage::Stage;

/// The feed from its beginning names every position once, in order; the record as of the call has no award.
pub fn check(stage: &mut Stage) -> Result<()> {
    feed(stage)?;
    let ocid = stage.report.ocid.clone().context("no process is planned")?;
    let record = format!("{}/ocds/records/{ocid}", stage.system.state.api_url);
    let published = stage.case.instant(stage.case.tender.published_at)?;
    let then = compiled(&format!("{record}?effectiveAt={published}"))?;
    let now = compiled(&record)?;
    let is_awarded = stage.report.winner.is_some();
    let report = &mut *stage.report;
    expect(report, "the record as of the call is active", then["tender"]["status"] == "active");
    expect(report, "the record as of the call has no award", then["awards"].is_null());
    expect(report, "the record has its award", now["awards"].is_array() == is_awarded);
    println!("  ✔ the feed names every event, and the record as of the call has no award");
    Ok(())
}

fn expect(report: &mut Report, what: &str, holds: bool) {
    if !holds {
        report.deviate(format!("{what}: it is not so"));
    }
}

fn compiled(url: &str) -> Result<Value> {
    let answer = rest::get(url)?;
    anyhow::ensure!(answer.status == 200, "{url} answered {}", answer.status);
    let package: Value = serde_json::from_slice(&answer.body).context("a record is not JSON")?;
    Ok(package["records"][0]["compiledRelease"].clone())
}

/// Reads server-sent events until the last act's. The stream begins with the id that it goes on from.
fn feed(stage: &mut Stage) -> Result<()> {
    let last = stage.report.acts.iter().flat_map(|act| &act.events).map(|event| event.position);
    let last = i64::try_from(last.max().context("nothing happened")?)?;
    let url = format!("{}/events?after=-1", stage.system.state.api_url);
    let mut expected = -1;
    for line in BufReader::new(rest::stream(&url)?).lines() {
        let line = line.context("reading the feed")?;
        let Some(id) = line.strip_prefix("id:") else { continue };
        if id.trim() != expected.to_string() {
            stage.report.deviate(format!("the feed goes on with {id}, not {expected}"));
            return Ok(());
        }
        if expected == last {
            return Ok(());
        }
        expected += 1;
    }
    stage.report.deviate(format!("the feed ended before position {expected}"));
    Ok(())
}
