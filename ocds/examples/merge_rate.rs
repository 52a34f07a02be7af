//! `merge_rate FILE`: merges release packages, one a line, and prints how many per second of one thread, with reading
//! and printing JSON and without.

use std::{hint::black_box, time::Instant};

use anyhow::Context as _;
use ocds::{
    extensions::merge_rules,
    merge::{MergeError, Rules, compiled_release, versioned_release},
};
use serde_json::Value;

type Merge = fn(&Rules, &[Value]) -> Result<Value, MergeError>;

fn main() -> anyhow::Result<()> {
    let path = std::env::args_os().nth(1).context("usage: merge_rate FILE")?;
    let text = std::fs::read_to_string(path)?;
    let lines: Vec<&str> = text.lines().collect();
    let rules = merge_rules();
    let kinds: [(&str, Merge); 2] =
        [("compiled", compiled_release), ("versioned", versioned_release)];
    for (kind, merge) in kinds {
        let start = Instant::now();
        for line in &lines {
            let mut package: Value = serde_json::from_str(line)?;
            let releases: Vec<Value> = serde_json::from_value(package["releases"].take())?;
            black_box(merge(rules, &releases)?.to_string());
        }
        println!("{kind}: {:.0} with JSON", rate(lines.len(), start));
        let packages: Vec<Vec<Value>> = lines
            .iter()
            .map(|line| {
                let mut package: Value = serde_json::from_str(line)?;
                Ok(serde_json::from_value(package["releases"].take())?)
            })
            .collect::<anyhow::Result<_>>()?;
        let start = Instant::now();
        for releases in &packages {
            black_box(merge(rules, releases)?);
        }
        println!("{kind}: {:.0} without", rate(lines.len(), start));
    }
    Ok(())
}

/// Processes per second.
fn rate(processes: usize, start: Instant) -> f64 {
    f64::from(u32::try_from(processes).unwrap_or(u32::MAX)) / start.elapsed().as_secs_f64()
}
