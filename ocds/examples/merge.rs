//! `merge compiled|versioned SCHEMA`: merges a JSON array of releases from standard input by the rules of the
//! release schema in the file SCHEMA and prints the merged release.

use std::io::Read as _;

use anyhow::Context as _;
use ocds::merge::{Rules, compiled_release, versioned_release};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let kind = arguments.next().context("usage: merge compiled|versioned SCHEMA")?;
    let schema = arguments.next().context("usage: merge compiled|versioned SCHEMA")?;
    let schema = std::fs::read(&schema).with_context(|| format!("reading {schema}"))?;
    let rules = Rules::from_schema(&serde_json::from_slice(&schema)?)?;
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input)?;
    let releases: Vec<serde_json::Value> = serde_json::from_str(&input)?;
    let merged = match kind.as_str() {
        "compiled" => compiled_release(&rules, &releases)?,
        "versioned" => versioned_release(&rules, &releases)?,
        other => anyhow::bail!("{other} is neither compiled nor versioned"),
    };
    println!("{merged}");
    Ok(())
}
