//! One page that a stranger understands.

use std::path::Path;

use crate::report::{MilestoneOutcome, Report};

/// Prints the page.
pub fn print(report: &Report, out: &Path, programs: &Path) {
    let events: usize = report.acts.iter().map(|act| act.events.len()).sum();
    let right = report.verdicts.iter().filter(|v| v.exit_code == v.expected_exit_code).count();
    println!("\n{}", "─".repeat(78));
    if let Some(card) = &report.card {
        println!("{}\n{}", card.title, card.description);
        println!("  Buying unit     {}", card.buying_unit);
        println!("  Budget          {}", pesos(&card.budget_centavos));
        println!("  Registered      {}", card.registered_at);
        println!("  OCID            {}", report.ocid.as_deref().unwrap_or("none"));
        println!("  Block hash      {}", card.block_hash);
        println!("                  block {} of chain {}", card.block_number, report.chain_id);
    }
    println!();
    println!(
        "What happened   {events} events by {} acts, {} acts refused as they must be",
        report.acts.len(),
        report.refusals.len()
    );
    outcome(report);
    println!(
        "Published       {} OCDS releases, each with a proof of its own",
        report.releases.len()
    );
    let gas: Vec<String> = report.batches.iter().map(|batch| batch.gas_used.to_string()).collect();
    println!("Anchored        {} batches in contract {}", report.batches.len(), report.contract);
    println!("                gas {}", gas.join(", "));
    if let Some(latency) = &report.latency {
        println!(
            "Time            from accepted to confirmed: median {} s = {} block periods, worst {} s = {}",
            latency.median_seconds,
            latency.median_block_periods,
            latency.worst_seconds,
            latency.worst_block_periods
        );
    }
    println!(
        "Verified        {right} of {} checks by the auditor's tool came out as expected",
        report.verdicts.len()
    );
    for drill in &report.drill {
        println!("Attacked        {}: {}", drill.attack, drill.finding);
    }
    if report.chain != "clique" {
        println!(
            "\nThis was a development chain: nothing in it is sealed by anybody, and every verdict says so (3)."
        );
    }
    for deviation in &report.deviations {
        println!("DEVIATION       {deviation}");
    }
    println!("\nResults are in {}. Check one yourself, offline:", out.display());
    let (programs, out) = (programs.display(), out.display());
    let proof = example(report);
    println!("  {programs}/verifier bundle {out}/proofs/{proof} --policy {out}/policy.json");
    println!("{}", "─".repeat(78));
}

/// Points, award and payments.
fn outcome(report: &Report) {
    let scores = &report.scores;
    let ranking = scores.ranking.get(&report.aggregation);
    let points: Vec<String> = ranking
        .into_iter()
        .flatten()
        .filter_map(|key| {
            let total = scores.points.get(key)?.0.get(&report.aggregation)?["total"].as_u64()?;
            Some(format!("{key} {}.{:02}", total / 100, total % 100))
        })
        .collect();
    println!("Evaluated       by {} of the panel: {}", report.aggregation, points.join(", "));
    match scores.award.as_ref().or(scores.award_after_tie.as_ref()) {
        Some(award) => {
            println!("Awarded         {}, {}", award.company, pesos(&award.centavos.to_string()));
        }
        None => println!("Awarded         nobody"),
    }
    let sum = |of: fn(&MilestoneOutcome) -> u64| {
        pesos(&scores.milestones.iter().map(of).sum::<u64>().to_string())
    };
    if !scores.milestones.is_empty() {
        let (paid, penalties) = (sum(|it| it.paid), sum(|it| it.penalty));
        println!(
            "Paid            {paid} for {} deliverables, penalties {penalties}",
            scores.milestones.len()
        );
    }
}

fn example(report: &Report) -> String {
    let release = report.releases.last().map_or("…", |release| &release.id);
    format!("{release}.proof.json")
}

/// `$2,000,000.00 MXN`
fn pesos(centavos: &str) -> String {
    let padded = format!("{centavos:0>3}");
    let (whole, cents) = padded.split_at(padded.len() - 2);
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("${grouped}.{cents} MXN")
}

#[cfg(test)]
mod tests {
    use super::pesos;

    #[test]
    fn money_is_grouped_by_thousands() {
        assert_eq!(pesos("200000000"), "$2,000,000.00 MXN");
        assert_eq!(pesos("99950"), "$999.50 MXN");
        assert_eq!(pesos("5"), "$0.05 MXN");
    }
}
