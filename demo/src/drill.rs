//! Two attacks by somebody who owns the database, and what an outsider sees of them.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::evidence;
use crate::report::{Drill, Report};
use crate::system::System;
use crate::tool;

/// Changes an entry, then rewrites the log from there on, each time as superuser with the triggers off; the
/// auditor must name the place each time. Puts everything back.
pub fn rehearse(system: &System, out: &Path, report: &mut Report) -> Result<()> {
    println!("Rehearsing two attacks by the owner of the database");
    let publish = report.acts.iter().rev().find_map(|act| act.events.first());
    let position = publish.context("nothing was published")?.position;
    let batch = report
        .batches
        .iter()
        .find(|batch| (batch.first..batch.first + batch.count).contains(&position))
        .map(|batch| batch.index)
        .context("the published call is in no batch")?;
    let at = position.to_string();
    attack(system, out, report, "edit", &at, &format!("position {position}"))?;
    attack(system, out, report, "rewrite", &at, &format!("batch {batch}"))?;
    let after = evidence::replay(system, out)?;
    let expected = if system.has_consensus() { 0 } else { 3 };
    if after.code != expected {
        report.deviate(format!("after the drill the log is not whole again: {}", after.text()));
    }
    Ok(())
}

fn attack(
    system: &System,
    out: &Path,
    report: &mut Report,
    attack: &str,
    position: &str,
    place: &str,
) -> Result<()> {
    tool::operator(system, &["drill", attack, "--position", position], "")?;
    let ended = evidence::replay(system, out);
    // Whatever the auditor said, nothing stays changed.
    tool::operator(system, &["drill", "restore"], "")?;
    let ended = ended?;
    let said = ended.text();
    let finding = said.lines().find(|line| line.contains(place)).map(str::trim);
    if ended.code != 1 || finding.is_none() {
        let code = ended.code;
        report.deviate(format!(
            "{attack}: the auditor ended with {code} and did not name {place}: {said}"
        ));
    }
    let finding = finding.unwrap_or_default().to_owned();
    println!("  ✔ {attack} at position {position}: {finding}");
    let (attack, exit_code) = (attack.to_owned(), ended.code);
    report.drill.push(Drill { attack, exit_code, finding });
    Ok(())
}
