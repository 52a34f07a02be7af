//! From the points to the last payment: everything is computed again.

use serde_json::{Value, json};
use verifier::dossier::Standing;

use super::{act, data, finding, opinion, refuses};
use crate::world::dossier::Act;
use crate::world::story::{hmac, money, told, told_without_blocks};

#[test]
pub fn the_points_are_computed_again() {
    let topic = "points";
    let computed = |edit: fn(&mut Value)| data("EvaluationComputed", 0, edit);
    let differ = "the points are others";
    refuses(topic, differ, computed(|it| it["scores"][0]["economic"] = 2513.into()));
    refuses(topic, differ, computed(|it| it["scores"][1]["technical"] = 3901.into()));
    refuses(topic, differ, computed(|it| it["scores"][0]["results"][0]["social"] = 1521.into()));
    refuses(topic, differ, computed(|it| it["scores"][0]["results"][1]["total"] = 8418.into()));
    refuses(topic, differ, computed(|it| it["scores"][1]["results"][0]["rank"] = 1.into()));
    refuses(topic, differ, computed(|it| drop(it["scores"].as_array_mut().unwrap().pop())));
    refuses(topic, "how it aggregates", computed(|it| it["aggregation"] = "mean".into()));
    refuses(
        topic,
        "not solvent are others",
        computed(|it| {
            it["unsolvent"] = json!([{"mask": "B", "cause": "budget"}]);
        }),
    );
    refuses(
        topic,
        "the outliers are others",
        computed(|it| {
            it["outliers"] = json!([{"pseudonym": "EV-AAA", "cells": 1, "of": 4}]);
        }),
    );
    // A dearer budget or a higher minimum changes who is solvent.
    refuses(topic, differ, data("TenderPublished", 0, |it| it["budget"] = money(170_000_000)));
    refuses(topic, differ, data("TenderPublished", 0, |it| it["technicalMinimum"] = 4000.into()));
    refuses(
        topic,
        "an envelope is not opened before it",
        act("EconomicOpened", 1, |act| {
            act.is_recorded = false;
        }),
    );
    refuses(topic, "no ballot is revealed before it", |kind, _, act| {
        act.is_recorded = kind != "BallotRevealed";
    });
}

#[test]
pub fn points_are_computed_only_from_a_quorum_of_whole_ballots() {
    let topic = "points";
    // Of each ballot, for the first proposal: no scores, and scores that no integer would hold.
    let scores = |scores: Value| {
        move |kind: &str, _: usize, act: &mut Act| {
            if kind == "BallotRevealed" {
                act.data["ballot"]["proposals"][0]["scores"] = scores.clone();
            }
        }
    };
    refuses(topic, "how many criteria it scores", scores(json!([])));
    refuses(topic, "a score is above 100", scores(json!([u32::MAX, u32::MAX])));
    refuses(topic, "its proposals", |kind, _, act| {
        if kind == "BallotRevealed" {
            act.data["ballot"]["proposals"][1]["mask"] = "A".into();
        }
    });
    let few = "too few ballots are revealed before it";
    refuses(topic, few, act("BallotRevealed", 2, |act| act.is_recorded = false));
    refuses(topic, few, |kind, _, act| {
        if kind == "TenderPublished" || kind == "EvaluationComputed" {
            act.data["aggregation"] = "trimmedMean".into();
        }
    });
}

#[test]
pub fn the_award_follows_from_the_points() {
    let topic = "award";
    refuses(
        topic,
        "its order does not follow",
        data("RulingIssued", 0, |it| {
            it["order"] = json!(["B", "A"]);
        }),
    );
    refuses(
        topic,
        "who is not solvent",
        data("RulingIssued", 0, |it| {
            it["unsolvent"] = json!([{"mask": "C", "cause": "budget"}]);
        }),
    );
    refuses(
        topic,
        "there is no ruling before it",
        act("RulingIssued", 0, |act| {
            act.is_recorded = false;
        }),
    );
    let award = |name: &'static str, other: Value| {
        data("AwardIssued", 0, move |it| it[name] = other.clone())
    };
    refuses(topic, "who is first", award("mask", "B".into()));
    refuses(topic, "the company is not the first one's", award("supplier", json!({})));
    refuses(topic, "the amount", award("amount", money(179_000_001)));
    refuses(topic, "its points", award("total", 8385.into()));
    refuses(topic, "the last day to sign", award("signBy", "2018-04-29".into()));
    refuses(topic, "there is a solvent proposal", |kind, _, act| {
        if kind == "AwardIssued" {
            act.kind = "TenderDeserted".into();
        }
    });
}

#[test]
pub fn the_contract_is_what_was_awarded_and_its_parts_add_up() {
    let topic = "contract";
    let contract = |edit: fn(&mut Value)| data("ContractPrepared", 0, edit);
    let other = "it is not what was awarded";
    refuses(topic, other, contract(|it| it["amount"] = money(180_000_000)));
    refuses(topic, other, contract(|it| it["awardId"] = "x".into()));
    refuses(topic, other, contract(|it| it["supplier"]["rfc"] = "x".into()));
    refuses(
        topic,
        "a deliverable's value",
        contract(|it| {
            it["milestones"][1]["amount"] = money(89_500_001);
        }),
    );
    refuses(
        topic,
        "the sum of the shares",
        contract(|it| {
            it["milestones"][1]["percent"] = 40.into();
        }),
    );
    refuses(
        topic,
        "two deliverables have one id",
        contract(|it| {
            it["milestones"][1]["id"] = "D1".into();
        }),
    );
    refuses(
        topic,
        "the guarantee is smaller",
        data("GuaranteeLodged", 0, |it| {
            it["amount"] = money(17_899_999);
        }),
    );
    refuses(
        topic,
        "a party did not sign before it",
        act("ContractSigned", 1, |act| {
            act.is_recorded = false;
        }),
    );
    refuses(
        topic,
        "what it rests on is not in the dossier",
        act("AwardIssued", 0, |act| {
            act.is_recorded = false;
        }),
    );
}

#[test]
pub fn penalties_and_payments_are_computed_again() {
    let topic = "execution";
    let amount = |kind, nth, centavos| data(kind, nth, move |it| it["amount"] = money(centavos));
    refuses(topic, "the penalty in centavos", amount("PenaltyApplied", 0, 1_790_001));
    refuses(topic, "the value less the penalty", amount("InvoiceRegistered", 1, 89_500_000));
    refuses(topic, "the amount invoiced", amount("PaymentOrdered", 0, 89_500_001));
    refuses(topic, "the amount invoiced", amount("PaymentRecorded", 1, 89_500_000));
    refuses(
        topic,
        "how many days late it is",
        data("DeliverableSubmitted", 2, |it| {
            it["daysLate"] = 3.into();
        }),
    );
    refuses(
        topic,
        "how many days late it is",
        data("PenaltyApplied", 0, |it| {
            it["daysLate"] = 3.into();
        }),
    );
    refuses(
        topic,
        "how late the first delivery was",
        data("DeliverableSubmitted", 1, |it| {
            it["daysLate"] = 1.into();
        }),
    );
    let gone = |kind, nth| act(kind, nth, |act| act.is_recorded = false);
    refuses(topic, "its late deliverable has no penalty", gone("PenaltyApplied", 0));
    refuses(topic, "is not accepted before it", gone("DeliverableAccepted", 1));
    refuses(topic, "nothing was to be delivered", gone("DeliverableReturned", 0));
    refuses(topic, "nothing waits for a decision", gone("DeliverableSubmitted", 2));
    refuses(topic, "there is no invoice", gone("InvoiceRegistered", 0));
    refuses(topic, "the payment was not to be ordered", gone("PaymentOrdered", 0));
    refuses(topic, "a deliverable is not paid", gone("PaymentRecorded", 1));
    refuses(topic, "what it rests on is not in the dossier", gone("ContractActivated", 0));
    let settled = |name: &'static str| data("SettlementIssued", 0, move |it| it[name] = money(5));
    refuses(topic, "the amount", settled("amount"));
    refuses(topic, "all penalties", settled("penalties"));
    refuses(topic, "all payments", settled("paid"));
    refuses(
        topic,
        "the contract has no such deliverable",
        data("PaymentOrdered", 0, |it| {
            it["milestoneId"] = "D9".into();
        }),
    );
}

/// A guarantee that covers less than the delay costs, and what is paid then.
fn guarantee(centavos: u64) -> impl Fn(&str, usize, &mut Act) {
    let paid = 89_500_000 - centavos;
    move |kind, nth, act| match (kind, nth) {
        ("ContractPrepared", _) => act.data["guaranteePercent"] = 0.into(),
        ("GuaranteeLodged", _) => act.data["amount"] = money(centavos),
        ("PenaltyApplied", _) => {
            act.data["amount"] = money(centavos);
            act.is_recorded = centavos > 0;
        }
        ("InvoiceRegistered" | "PaymentOrdered" | "PaymentRecorded", 1) => {
            act.data["amount"] = money(paid);
        }
        ("SettlementIssued", _) => {
            act.data["penalties"] = money(centavos);
            act.data["paid"] = money(89_500_000 + paid);
        }
        _ => {}
    }
}

#[test]
pub fn penalties_stop_where_the_guarantee_is_used_up() {
    for centavos in [1_000_000, 1, 0] {
        let opinion = opinion(&told_without_blocks(&guarantee(centavos)));
        assert_eq!(finding(&opinion, "execution").standing, Standing::Proven, "{opinion}");
    }
    refuses("execution", "the penalty in centavos", |kind, nth, act| {
        guarantee(1_000_000)(kind, nth, act);
        if kind == "PenaltyApplied" {
            act.data["amount"] = money(1_790_000);
        }
    });
    refuses("execution", "its late deliverable has no penalty", |kind, nth, act| {
        guarantee(1_000_000)(kind, nth, act);
        act.is_recorded &= kind != "PenaltyApplied";
    });
}

/// Makes a tie of the first rank: as many technical points for B as it lacks.
fn tie(kind: &str, nth: usize, act: &mut Act) {
    match (kind, nth) {
        ("TechnicalSheetSigned" | "TechnicalSheetOpened", 1) => {
            act.data["scores"] = json!([2264, 1900]);
        }
        ("EvaluationComputed", _) => {
            let b = &mut act.data["scores"][1];
            b["technical"] = 4164.into();
            b["results"][0]["total"] = 8384.into();
            b["results"][0]["rank"] = 1.into();
            b["results"][1]["total"] = 8384.into();
        }
        ("TieBroken", _) => act.is_recorded = true,
        _ => {}
    }
}

/// Makes A's company larger than B's, or B's than A's, wherever its size is recorded.
fn larger(mask: &str, kind: &str, nth: usize, act: &mut Act) {
    let place = usize::from(mask == "B");
    match kind {
        "CompanyRegistered" if nth == place => act.data["size"] = "mediana".into(),
        "ParticipantRegistered" | "EconomicOpened" if nth == place => {
            act.data["tenderer"]["size"] = "mediana".into();
        }
        "ProposalReplaced" if mask == "A" => act.withheld[0].1["size"] = "mediana".into(),
        "ProposalSubmitted" if mask == "B" && nth == 1 => {
            act.withheld[0].1["size"] = "mediana".into();
        }
        _ => {}
    }
}

#[test]
pub fn a_tie_goes_to_the_smaller_company() {
    let edit = |kind: &str, nth: usize, act: &mut Act| {
        tie(kind, nth, act);
        larger("B", kind, nth, act);
    };
    assert_eq!(opinion(&told(&edit, None)).exit_code(), 0);
    let other_way = |kind: &str, nth: usize, act: &mut Act| {
        edit(kind, nth, act);
        if kind == "TieBroken" {
            act.data["method"] = "draw".into();
        }
    };
    refuses("award", "how the tie is broken", other_way);
    refuses("award", "the tie's order is another", |kind, nth, act| {
        tie(kind, nth, act);
        larger("A", kind, nth, act);
    });
    refuses(
        "award",
        "what it rests on is not in the dossier before it: TieBroken",
        |kind, nth, act| {
            edit(kind, nth, act);
            act.is_recorded &= kind != "TieBroken";
        },
    );
    refuses("award", "its company's size is not one", |kind, nth, act| {
        edit(kind, nth, act);
        if kind == "EconomicOpened" {
            act.data["tenderer"]["size"] = "enorme".into();
        }
    });
    refuses("award", "there was no tie", act("TieBroken", 0, |act| act.is_recorded = true));
}

#[test]
pub fn a_tie_of_companies_of_one_size_goes_by_the_seed() {
    use std::cell::RefCell;
    let (seed, ids) = (RefCell::new([0; 32]), RefCell::new(Vec::<String>::new()));
    let drawn = |kind: &str, nth: usize, act: &mut Act| {
        tie(kind, nth, act);
        match kind {
            "PanelDrawn" => {
                let text = act.data["seed"].as_str().unwrap();
                let byte =
                    |at: usize| u8::from_str_radix(&text[2 + 2 * at..4 + 2 * at], 16).unwrap();
                *seed.borrow_mut() = std::array::from_fn(byte);
            }
            "EconomicOpened" => {
                ids.borrow_mut().push(act.data["proposalId"].as_str().unwrap().to_owned());
            }
            "TieBroken" => act.data["method"] = "draw".into(),
            _ => {}
        }
    };
    let opinion = opinion(&told(&drawn, None));
    let ranks: Vec<_> = ids.borrow().iter().map(|id| hmac(&seed.borrow(), id)).collect();
    let found = finding(&opinion, "award");
    if ranks[0] < ranks[1] {
        assert_eq!(found.standing, Standing::Proven, "{opinion}");
    } else {
        assert!(found.says.contains("the tie's order is another"), "{opinion}");
    }
}
