//! Numbers that an independent program of exact fractions computed, and cases at their limits.

use std::collections::BTreeMap;

use super::*;
use crate::entry::Clock;
use crate::json::{self, Rules};

/// The call that the numbers were computed for.
const CALL: &str = r#"{"budget":{"centavos":"200000000","currency":"MXN"},"socialCriteria":[
    {"weightPercent":40},{"weightPercent":30},{"weightPercent":30}],"technicalMinimum":3750,
    "weights":{"economic":3000,"social":2000,"technical":5000}}"#;
const MASKS: [&str; 6] = ["A", "B", "C", "D", "E", "F"];
const NAMES: [&str; 16] = [
    "EV-00", "EV-01", "EV-02", "EV-03", "EV-04", "EV-05", "EV-06", "EV-07", "EV-08", "EV-09",
    "EV-10", "EV-11", "EV-12", "EV-13", "EV-14", "EV-15",
];

fn event(data: Value) -> Event {
    Event {
        position: 1,
        id: String::new(),
        leaf: [0; 32],
        sealed: false,
        clock: Clock::Wall,
        envelope: None,
        data,
        disclosed: BTreeMap::new(),
        block: None,
        is_sealed_chain: false,
        late: false,
        witnesses: 0,
    }
}

fn numbers(value: &Value) -> Vec<u32> {
    let number = |value: &Value| match value {
        Value::Integer(number) => u32::try_from(*number).unwrap(),
        _ => panic!("{value:?} is no number"),
    };
    value.as_array().unwrap().iter().map(number).collect()
}

fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).unwrap()
}

fn ballots(ballots: &[Value]) -> Ballots<'static> {
    let scores = |ballot: &Value| {
        MASKS.into_iter().zip(ballot.as_array().unwrap().iter().map(numbers)).collect()
    };
    NAMES.into_iter().zip(ballots.iter().map(scores)).collect()
}

#[test]
fn the_points_are_those_of_an_independent_program() {
    let call = event(json::parse(CALL.as_bytes(), Rules::Profile).unwrap());
    let text = include_bytes!("../../../../domain/tests/data/scoring.json");
    let cases = json::parse(text, Rules::Profile).unwrap();
    let cases = cases.as_array().unwrap();
    assert!(cases.len() > 1);
    for case in cases {
        let proposal = |(mask, proposal): (&'static str, &'static Value)| Proposal {
            mask,
            technical: numbers(proposal.get("sheet").unwrap()).iter().sum(),
            price: Money {
                centavos: proposal.get("price").and_then(Value::as_str).unwrap().parse().unwrap(),
                currency: "MXN",
            },
        };
        let case: &'static Value = Box::leak(Box::new(case.clone()));
        let expected = case.get("expected").unwrap();
        let listed = items(case, "proposals");
        let proposals: Vec<_> = MASKS.into_iter().zip(listed).map(proposal).collect();
        let masks = &MASKS[..listed.len()];
        let ballots = ballots(items(case, "ballots"));
        let computed = compute(masks, call.record(), &proposals, &ballots).unwrap();
        let name = case.get("name").unwrap();
        assert_eq!(computed.scores.len(), items(expected, "solvent").len(), "{name:?}");
        for score in &computed.scores {
            let mask = score.get("mask").and_then(Value::as_str).unwrap();
            let place = MASKS.iter().position(|it| *it == mask).unwrap();
            let key = listed[place].get("key").and_then(Value::as_str).unwrap();
            let wanted = expected.get("scores").and_then(|scores| scores.get(key)).unwrap();
            for part in ["technical", "economic"] {
                assert_eq!(score.get(part), wanted.get(part), "{name:?} {key}");
            }
            let results = wanted.get("results").unwrap();
            assert_eq!(items(score, "results").len(), results.as_object().unwrap().len());
            for result in items(score, "results") {
                let way = result.get("aggregation").and_then(Value::as_str).unwrap();
                for part in ["social", "total"] {
                    let wanted = results.get(way).and_then(|it| it.get(part));
                    assert_eq!(result.get(part), wanted, "{name:?} {key} {way}");
                }
            }
        }
        check_outliers(&computed, &numbers(expected.get("outlierCells").unwrap()));
    }
}

fn check_outliers(computed: &Computed, cells: &[u32]) {
    let wanted: Vec<_> = NAMES.iter().zip(cells).filter(|(_, cells)| **cells > 0).collect();
    let found: Vec<_> = computed
        .outliers
        .iter()
        .map(|it| (it.get("pseudonym").and_then(Value::as_str), it.get("cells")))
        .collect();
    let wanted: Vec<_> = wanted
        .into_iter()
        .map(|(name, cells)| (Some(*name), Value::Integer((*cells).into())))
        .collect();
    let wanted: Vec<_> = wanted.iter().map(|(name, cells)| (*name, Some(cells))).collect();
    assert_eq!(found, wanted);
}

#[test]
fn a_half_is_rounded_up_and_the_trimmed_mean_needs_five() {
    assert_eq!([half_up(1, 2), half_up(3, 2), half_up(149, 100), half_up(0, 7)], [1, 2, 1, 0]);
    assert_eq!(aggregate("median", &[10, 15]), Some((25, 2)));
    assert_eq!(aggregate("trimmedMean", &[0, 10, 20, 100]), None);
    assert_eq!(aggregate("trimmedMean", &[0, 10, 20, 30, 100]), Some((60, 3)));
    assert_eq!(aggregate("mean", &[]), None);
}

#[test]
fn a_dearer_or_weaker_proposal_is_not_solvent_and_sets_no_lowest_price() {
    let call = event(json::parse(CALL.as_bytes(), Rules::Profile).unwrap());
    let proposal = |mask, technical, centavos| Proposal {
        mask,
        technical,
        price: Money { centavos, currency: "MXN" },
    };
    let proposals = [
        proposal("A", 3750, 200_000_000),
        proposal("B", 3749, 100),
        proposal("C", 4000, 200_000_001),
        proposal("D", 0, 300_000_000),
    ];
    let scores = MASKS[..4].iter().map(|mask| (*mask, vec![50, 50, 50])).collect();
    let ballots = vec![("EV-00", scores)];
    let computed = compute(&MASKS[..4], call.record(), &proposals, &ballots).unwrap();
    assert_eq!(computed.scores.len(), 1);
    assert_eq!(computed.scores[0].get("economic"), Some(&Value::Integer(3000)));
    let causes: Vec<_> =
        computed.unsolvent.iter().map(|it| it.get("cause").and_then(Value::as_str)).collect();
    assert_eq!(causes, [Some("technicalMinimum"), Some("budget"), Some("technicalMinimum")]);
}
