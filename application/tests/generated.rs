//! Generated cases come out as an independent program computes them: `demo/case/make_case.py SEED` makes them, and
//! `demo/case/oracle.py` says what must come out, in exact rationals and in another language.
#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command as Program;

use application::ProcedureAct;
use domain::event::EvaluationComputed;
use domain::{Aggregation, DomainEvent, Role};
use serde_json::{Value, json};
use support::play::{Play, REASONS, text};
use support::{World, caller, rejection};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/case")
}

fn python(script: &str, argument: &str) -> Value {
    let output = Program::new("python3").arg(folder().join(script)).arg(argument).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The case of a seed, and what must come out of it.
fn case(seed: u32) -> (Value, Value) {
    let case = python("make_case.py", &seed.to_string());
    let file = std::env::temp_dir().join(format!("case-{seed}-{}.json", std::process::id()));
    std::fs::write(&file, case.to_string()).unwrap();
    let expected = python("oracle.py", file.to_str().unwrap());
    std::fs::remove_file(file).unwrap();
    (case, expected)
}

/// Plays a seed's case as far as it goes, and compares field by field.
async fn comes_out_as_computed(seed: u32) {
    let (case, expected) = case(seed);
    let play = Play::publish(World::with_case(case).await).await;
    play.opened_and_drawn().await;
    play.evaluated().await;
    let computed = computed(&play).await;
    let found = in_the_oracles_terms(&play, &computed).await;
    for member in ["solvent", "scores", "ranking", "ties"] {
        assert_eq!(found[member], expected[member], "{member} of seed {seed}");
    }
    let contracting = caller(Role::Contracting, 4);
    let ruling = ProcedureAct::IssueRuling { reasons: REASONS.to_owned() };
    if expected["award"].is_null() {
        let refused = rejection(play.act(&contracting, ruling.clone()).await);
        let is_tied = expected["solvent"] != json!([]);
        let code = if is_tied { "tie-unbroken" } else { "nobody-solvent" };
        assert_eq!(refused.code, code, "seed {seed}");
        if !is_tied {
            let reasons = REASONS.to_owned();
            play.done(&contracting, ProcedureAct::DeclareDeserted { reasons }).await;
            return;
        }
        play.done(&contracting, ProcedureAct::BreakTie).await;
    }
    play.done(&contracting, ruling).await;
    play.world.at("2018-04-15T13:00:00").await;
    play.done(&contracting, ProcedureAct::IssueAward { reasons: REASONS.to_owned() }).await;
    let events = play.events(&play.tender_id.stream()).await;
    let Some(DomainEvent::AwardIssued(award)) = events.last() else { panic!("{events:?}") };
    if !expected["award"].is_null() {
        let place = play.companies.iter().position(|id| *id == award.supplier.company_id);
        let key = &play.world.case["companies"][place.unwrap()]["key"];
        let found = json!({"company": key, "centavos": award.amount.centavos()});
        assert_eq!(found, expected["award"], "seed {seed}");
    }
    let unguarded = play.world.application.store().unguarded();
    assert!(unguarded.is_empty(), "{unguarded:#?}");
}

async fn computed(play: &Play) -> EvaluationComputed {
    let events = play.events(&play.tender_id.evaluation_stream()).await;
    let computed = events.into_iter().find_map(|event| match event {
        DomainEvent::EvaluationComputed(computed) => Some(computed),
        _ => None,
    });
    computed.unwrap()
}

/// What was recorded, by the companies' keys and with the oracle's names.
async fn in_the_oracles_terms(play: &Play, computed: &EvaluationComputed) -> Value {
    let masks: BTreeMap<String, usize> = play.masks().await.into_iter().collect();
    let key = |mask: &str| text(&play.world.case["companies"][masks[mask]]["key"]);
    let mut scores = json!({});
    let mut totals: BTreeMap<&str, Vec<(u32, String)>> = BTreeMap::new();
    for score in &computed.scores {
        let key = key(score.mask.as_str());
        scores[&key] = json!({"technical": score.technical, "economic": score.economic});
        for result in &score.results {
            let name = match result.aggregation {
                Aggregation::Median => "median",
                Aggregation::TrimmedMean => "trimmed_mean",
                Aggregation::Mean => "mean",
            };
            scores[&key][name] = json!({"social": result.social, "total": result.total});
            totals.entry(name).or_default().push((result.rank, key.clone()));
        }
    }
    let mut solvent: Vec<String> = computed.scores.iter().map(|it| key(it.mask.as_str())).collect();
    solvent.sort();
    let (mut ranking, mut ties) = (json!({}), json!({}));
    for (name, mut ranked) in totals {
        ranked.sort();
        ties[name] = ranked.windows(2).any(|pair| pair[0].0 == pair[1].0).into();
        ranking[name] = ranked.into_iter().map(|(_, key)| Value::from(key)).collect();
    }
    json!({"solvent": solvent, "scores": scores, "ranking": ranking, "ties": ties})
}

macro_rules! seeds {
    ($($name:ident: $seed:literal),+ $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            comes_out_as_computed($seed).await;
        }
    )+};
}

seeds!(
    seed_1_comes_out_as_computed: 1,
    seed_2_comes_out_as_computed: 2,
    seed_3_comes_out_as_computed: 3,
    seed_4_comes_out_as_computed: 4,
    seed_5_comes_out_as_computed: 5,
    seed_6_comes_out_as_computed: 6,
    seed_7_comes_out_as_computed: 7,
    seed_8_comes_out_as_computed: 8,
    seed_9_comes_out_as_computed: 9,
    seed_10_comes_out_as_computed: 10,
    a_case_with_a_proposal_that_is_not_solvent_comes_out_as_computed: 26,
    a_tie_is_refused_until_it_is_broken: 958,
);
