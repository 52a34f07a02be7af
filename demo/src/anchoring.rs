//! Waits until everything that was recorded is anchored and confirmed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::api::{Api, number};
use crate::report::{Batch, Card, Latency, Release, Report};
use crate::rest;
use crate::stage::Stage;
use crate::system::System;

/// How long confirmation may take; a killed anchor or node is started again within it.
const PATIENCE: Duration = Duration::from_mins(4);
const PAUSE: Duration = Duration::from_millis(250);

/// Waits, then notes releases, batches and latencies.
pub fn wait(system: &System, report: &mut Report) -> Result<()> {
    let api = Api::anonymous(system);
    let ocid = report.ocid.clone().context("the case published nothing")?;
    let started = Instant::now();
    let mut seen = BTreeMap::new();
    let mut announced = None;
    loop {
        report.releases = releases(&api, &ocid)?;
        let needed = report
            .releases
            .iter()
            .map(|release| release.position)
            .chain(report.accepted.iter().map(|(position, _)| *position))
            .max();
        let batches = batches(&api)?;
        let confirmed = confirmed_size(&batches);
        note_confirmed(&report.accepted, confirmed, &mut seen);
        if announced != Some(confirmed) {
            println!(
                "  … {confirmed} events anchored and confirmed, {} needed",
                needed.map_or(0, |n| n + 1)
            );
            announced = Some(confirmed);
        }
        let is_published = is_published(report);
        if is_published && needed.is_some_and(|needed| needed < confirmed) {
            report.batches = with_gas(system, &batches)?;
            report.latency = latency(&seen, report.block_period_seconds);
            report.card = Some(card(system, &api, &ocid, report)?);
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            bail!(
                "not everything was anchored within {} s: {confirmed} events confirmed, {} release(s): see {}",
                PATIENCE.as_secs(),
                report.releases.len(),
                system.data.join("log").display()
            );
        }
        std::thread::sleep(PAUSE);
    }
}

/// Waits until a batch with the event at `position` is in a block, so that what follows is another batch.
pub fn wait_for_batch(system: &System, position: u64) -> Result<()> {
    wait_until(system, position, &["mined", "confirmed"])
}

/// Waits until a quorum of signers stands behind the block that anchors the event at `position`.
pub fn wait_for_confirmation(system: &System, position: u64) -> Result<()> {
    wait_until(system, position, &["confirmed"])
}

fn wait_until(system: &System, position: u64, states: &[&str]) -> Result<()> {
    let api = Api::anonymous(system);
    let started = Instant::now();
    loop {
        let is_there = |batch: &&Value| states.iter().any(|state| batch["state"] == *state);
        let batches = batches(&api)?;
        if size_of(batches.iter().take_while(is_there)) > position {
            return Ok(());
        }
        if started.elapsed() > PATIENCE {
            bail!("position {position} is not {} after {} s", states[0], PATIENCE.as_secs());
        }
        std::thread::sleep(PAUSE);
    }
}

/// Waits until the last act has its release.
pub fn wait_for_publication(stage: &mut Stage) -> Result<()> {
    let api = Api::anonymous(stage.system);
    let ocid = stage.report.ocid.clone().context("the case published nothing")?;
    let started = Instant::now();
    while !is_published(stage.report) {
        stage.report.releases = releases(&api, &ocid)?;
        anyhow::ensure!(started.elapsed() < PATIENCE, "the last act has no release in time");
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Whether the last act has its release: a release is named after the position of its event.
fn is_published(report: &Report) -> bool {
    let last = report.acts.iter().flat_map(|act| &act.events).map(|event| event.position).max();
    last.is_some_and(|last| {
        let suffix = format!("-{last}");
        report.releases.iter().any(|release| release.id.ends_with(&suffix))
    })
}

/// The published call's card; its block must be the one that the chain has at that height.
fn card(system: &System, api: &Api, ocid: &str, report: &mut Report) -> Result<Card> {
    let text = "query($ocid: String!) { tender(ocid: $ocid) {
        title description unitName budget { centavos } registeredAt
        anchor { blockNumber blockHash } } }";
    let answer = api.ask(text, &json!({"ocid": ocid}))?;
    let tender = &answer["tender"];
    let text = |value: &Value| {
        let text = value.as_str().map(str::to_owned);
        text.with_context(|| format!("the card of the call is incomplete: {answer}"))
    };
    let card = Card {
        title: text(&tender["title"])?,
        description: text(&tender["description"])?,
        buying_unit: text(&tender["unitName"])?,
        budget_centavos: text(&tender["budget"]["centavos"])?,
        registered_at: text(&tender["registeredAt"])?,
        block_number: number(&tender["anchor"]["blockNumber"])?,
        block_hash: text(&tender["anchor"]["blockHash"])?,
    };
    let height = format!("{:#x}", card.block_number);
    let block = rest::rpc(&system.state.rpc_url, "eth_getBlockByNumber", &json!([height, false]))?;
    if block["hash"] != card.block_hash.as_str() {
        report.deviate(format!("the chain's block {height} is not that of the card: {block}"));
    }
    Ok(card)
}

/// All releases of the process, page by page.
fn releases(api: &Api, ocid: &str) -> Result<Vec<Release>> {
    let text = "query($ocid: String!, $after: String) {
        releases(ocid: $ocid, first: 100, after: $after) {
            nodes { releaseId sha256 event { position } } pageInfo { hasNextPage endCursor } } }";
    let mut all = Vec::new();
    let mut after = Value::Null;
    loop {
        let answer = api.ask(text, &json!({"ocid": ocid, "after": after}))?;
        let page = &answer["releases"];
        for node in page["nodes"].as_array().context("no list of releases")? {
            all.push(Release {
                id: node["releaseId"].as_str().context("a release without an id")?.to_owned(),
                position: number(&node["event"]["position"])?,
                sha256: node["sha256"].as_str().context("a release without a hash")?.to_owned(),
            });
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok(all);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// All batches, page by page.
fn batches(api: &Api) -> Result<Vec<Value>> {
    let text = "query($after: String) { batches(first: 100, after: $after) {
        nodes { batchIndex first count state blockNumber blockHash chainTx }
        pageInfo { hasNextPage endCursor } } }";
    let mut all = Vec::new();
    let mut after = Value::Null;
    loop {
        let answer = api.ask(text, &json!({"after": after}))?;
        let page = &answer["batches"];
        all.extend(page["nodes"].as_array().context("no list of batches")?.iter().cloned());
        if page["pageInfo"]["hasNextPage"] != true {
            return Ok(all);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// How many events the unbroken run of confirmed batches holds.
fn confirmed_size(batches: &[Value]) -> u64 {
    size_of(batches.iter().take_while(|batch| batch["state"] == "confirmed"))
}

/// How many events batches hold that follow each other from the start of the log.
fn size_of<'a>(batches: impl Iterator<Item = &'a Value>) -> u64 {
    batches
        .filter_map(|batch| Some(number(&batch["first"]).ok()? + number(&batch["count"]).ok()?))
        .last()
        .unwrap_or(0)
}

fn note_confirmed(accepted: &[(u64, Instant)], confirmed: u64, seen: &mut BTreeMap<u64, f64>) {
    for (position, at) in accepted {
        if *position < confirmed {
            seen.entry(*position).or_insert_with(|| at.elapsed().as_secs_f64());
        }
    }
}

fn with_gas(system: &System, batches: &[Value]) -> Result<Vec<Batch>> {
    batches
        .iter()
        .take_while(|batch| batch["state"] == "confirmed")
        .map(|batch| {
            let chain_tx = batch["chainTx"].as_str().context("a batch without a transaction")?;
            let receipt =
                rest::rpc(&system.state.rpc_url, "eth_getTransactionReceipt", &json!([chain_tx]))?;
            let gas = receipt["gasUsed"].as_str().and_then(|hex| hex.strip_prefix("0x"));
            let gas = gas.context("a receipt without gas")?;
            Ok(Batch {
                index: number(&batch["batchIndex"])?,
                first: number(&batch["first"])?,
                count: number(&batch["count"])?,
                block_number: number(&batch["blockNumber"])?,
                block_hash: batch["blockHash"].as_str().unwrap_or_default().to_owned(),
                chain_tx: chain_tx.to_owned(),
                gas_used: u64::from_str_radix(gas, 16)?,
            })
        })
        .collect()
}

fn latency(seen: &BTreeMap<u64, f64>, period: u64) -> Option<Latency> {
    let mut seconds: Vec<f64> = seen.values().copied().collect();
    seconds.sort_by(f64::total_cmp);
    let (median, worst) = (*seconds.get(seconds.len() / 2)?, *seconds.last()?);
    let rounded = |number: f64| (number * 100.0).round() / 100.0;
    #[expect(clippy::cast_precision_loss, reason = "a block period is a few seconds")]
    let period = period.max(1) as f64;
    Some(Latency {
        events: seconds.len(),
        median_seconds: rounded(median),
        worst_seconds: rounded(worst),
        median_block_periods: rounded(median / period),
        worst_block_periods: rounded(worst / period),
    })
}
