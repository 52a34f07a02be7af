//! Exports what anybody may have and checks it with the auditor's tool.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::report::{Act, Report, Verdict};
use crate::rest;
use crate::stage::receipt_file;
use crate::system::System;
use crate::tool;

/// Exports the packages, the policy and every proof, then verifies all of it.
pub fn export_and_verify(system: &System, out: &Path, report: &mut Report) -> Result<()> {
    println!("Exporting to {} and verifying every proof", out.display());
    let folder = out.to_str().context("the folder for results has a name that is not text")?;
    tool::operator(system, &["export", "--out", folder], "")?;
    // Without consensus nothing is sealed by anybody, and the auditor's tool says so with 3.
    let expected = if system.has_consensus() { 0 } else { 3 };
    let proofs = proofs(out)?;
    let events = report.acts.iter().flat_map(|act| &act.events).count();
    let least = events + report.releases.len();
    if proofs.len() < least {
        report.deviate(format!("{} proofs were exported, not {least} or more", proofs.len()));
    }
    for proof in &proofs {
        let path = out.join("proofs").join(proof);
        verify(system, out, report, &["bundle", &text(&path)], proof, expected)?;
    }
    std::fs::create_dir_all(out.join("releases")).context("making the folder for releases")?;
    for release in report.releases.clone() {
        let url = format!("{}/ocds/releases/{}", system.state.api_url, release.id);
        let served = rest::get(&url)?;
        anyhow::ensure!(served.status == 200, "{url} answered {}", served.status);
        std::fs::write(out.join("releases").join(format!("{}.json", release.id)), served.body)?;
        let proof = out.join("proofs").join(format!("{}.proof.json", release.id));
        let alone = format!("releases/{}.json", release.id);
        for source in [alone.as_str(), "release-package.json", "record-package.json"] {
            let file = text(&out.join(source));
            let arguments = ["release", file.as_str(), "--proof", &text(&proof)];
            let what = format!("{} in {source}", release.id);
            verify(system, out, report, &arguments, &what, expected)?;
        }
    }
    receipts(system, out, report, expected)?;
    dossier(system, out, report, expected)?;
    whole_log(system, out, report, expected)
}

/// Everything of the procedure in one file, and the auditor's opinion of it.
fn dossier(system: &System, out: &Path, report: &mut Report, expected: i32) -> Result<()> {
    let ocid = report.ocid.clone().context("no process is planned")?;
    let path = out.join(format!("{ocid}.zip"));
    let file = text(&path);
    tool::operator(system, &["dossier", &ocid, "--out", &file], "")?;
    let opinion = verify(system, out, report, &["dossier", &file], "dossier", expected)?;
    std::fs::write(out.join("opinion.txt"), opinion).context("writing the opinion")
}

/// The receipt of every act with the proof of its entry; a bidder's also with that of the opening that lists it.
fn receipts(system: &System, out: &Path, report: &mut Report, expected: i32) -> Result<()> {
    let proof_of = |id: &str| text(&out.join("proofs").join(format!("{id}.proof.json")));
    let opening = proof_of(report.opening.as_deref().context("nothing was opened")?);
    let recorded = |act: &Act| Some((act.step.clone(), act.events.first()?.id.clone()));
    let steps: Vec<(String, String)> = report.acts.iter().filter_map(recorded).collect();
    for (step, event) in steps {
        let receipt = text(&receipt_file(&out.join("receipts"), &step));
        let proof = proof_of(&event);
        let mut arguments = vec!["receipt", &receipt, "--proof", &proof];
        if report.bids.contains(&step) {
            arguments.extend(["--opening", &opening]);
        }
        verify(system, out, report, &arguments, &format!("receipt of {step}"), expected)?;
    }
    Ok(())
}

/// `verifier log`: everything from outside, nothing taken on trust.
fn whole_log(system: &System, out: &Path, report: &mut Report, expected: i32) -> Result<()> {
    let ended = replay(system, out)?;
    let verdict =
        Verdict { what: "whole log".into(), exit_code: ended.code, expected_exit_code: expected };
    report.judge(verdict, &ended.text());
    Ok(())
}

/// Runs `verifier log` against the public API and the public chain node.
pub fn replay(system: &System, out: &Path) -> Result<tool::Ended> {
    let mut command = tool::program(system, "verifier");
    command.args(["log", "--api", &system.state.api_url, "--rpc", &system.state.rpc_url]);
    command.arg("--policy").arg(out.join("policy.json"));
    tool::run(command, "")
}

fn verify(
    system: &System,
    out: &Path,
    report: &mut Report,
    arguments: &[&str],
    what: &str,
    expected: i32,
) -> Result<String> {
    let mut command = tool::program(system, "verifier");
    command.args(arguments).arg("--policy").arg(out.join("policy.json"));
    let ended = tool::run(command, "")?;
    let verdict =
        Verdict { what: what.into(), exit_code: ended.code, expected_exit_code: expected };
    report.judge(verdict, &ended.text());
    Ok(ended.stdout)
}

/// Names of the exported proofs, in order.
fn proofs(out: &Path) -> Result<Vec<String>> {
    let mut names: Vec<String> = std::fs::read_dir(out.join("proofs"))
        .context("reading the exported proofs")?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".proof.json"))
        .collect();
    names.sort();
    Ok(names)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
