//! From the opening to the award.

use serde_json::{Value, json};

use super::log::{Log, base64, document, hash, money, tender_id};

const JUSTIFICATION: &str = "Valoración fundada en la propuesta técnica, sus anexos y los compromisos verificables que asume.";

struct Proposal {
    mask: &'static str,
    position: &'static str,
    legal_name: &'static str,
    rfc: &'static str,
    size: &'static str,
    price: u64,
    sheet: [u32; 4],
}

const PROPOSALS: [Proposal; 3] = [
    Proposal {
        mask: "A",
        position: "58",
        legal_name: "TECNOLOGÍA WEB DIGITAL DEL BAJÍO, S.A. DE C.V.",
        rfc: "TWD110728KB1",
        size: "pequena",
        price: 156_000_000,
        sheet: [1700, 1250, 800, 400],
    },
    Proposal {
        mask: "B",
        position: "56",
        legal_name: "ACCESO INCLUYENTE MÉXICO, S.C. DE R.L.",
        rfc: "AIM160905H25",
        size: "micro",
        price: 179_000_000,
        sheet: [1600, 1300, 850, 450],
    },
    Proposal {
        mask: "C",
        position: "54",
        legal_name: "CONSULTORES MARKEC DE PRUEBA, S.A. DE C.V.",
        rfc: "CMP140312QX5",
        size: "mediana",
        price: 184_800_000,
        sheet: [1800, 1300, 850, 400],
    },
];

/// Who votes, and the scores for A, B and C.
const BALLOTS: [(&str, [[u32; 3]; 3]); 5] = [
    ("EV-7Q2", [[55, 50, 60], [90, 85, 88], [70, 60, 55]]),
    ("EV-K4M", [[50, 45, 58], [88, 80, 92], [72, 65, 60]]),
    ("EV-P9D", [[52, 48, 62], [92, 84, 90], [75, 62, 58]]),
    ("EV-B2N", [[58, 52, 55], [86, 82, 85], [68, 58, 57]]),
    ("EV-X8H", [[100, 100, 100], [35, 30, 40], [20, 15, 10]]),
];

const CANDIDATES: [&str; 12] = [
    "EV-7Q2", "EV-B2N", "EV-C5W", "EV-D8J", "EV-F3L", "EV-G6S", "EV-H9V", "EV-K4M", "EV-M4Z",
    "EV-P9D", "EV-R3T", "EV-X8H",
];

/// The company that is awarded, as events say it.
pub fn supplier() -> Value {
    tenderer(&PROPOSALS[1])
}

/// Records everything up to the award.
pub fn play(log: &mut Log) {
    technical_opening(log);
    panel(log);
    ballots(log);
    economic_opening(log);
    award(log);
}

fn technical_opening(log: &mut Log) {
    let at = "2018-04-13T23:30:00.000Z";
    for proposal in &PROPOSALS {
        let contents = format!("Propuesta técnica de {}", proposal.legal_name);
        let documents = json!([document("propuesta-tecnica.txt", &contents)]);
        let data =
            json!({"mask": proposal.mask, "position": proposal.position, "documents": documents});
        log.tender("ProposalOpened", at, data);
    }
    let entries: Vec<Value> = PROPOSALS
        .iter()
        .rev()
        .map(|it| json!({"disposition": "opened", "position": it.position, "mask": it.mask}))
        .collect();
    log.tender("ProposalsOpened", at, json!({"proposals": entries, "opened": 3}));
}

fn panel(log: &mut Log) {
    let announcement = json!({
        "seats": 5, "alternates": 5, "candidates": 12,
        "listHash": hash("candidates"), "contributionHash": hash("contribution of the operator"),
    });
    log.tender("PanelDrawScheduled", "2018-04-13T23:31:00.000Z", announcement);
    let seats = |pseudonyms: &[&str]| -> Vec<Value> {
        pseudonyms.iter().zip(1..).map(|(pseudonym, seat)| seat_of(pseudonym, seat)).collect()
    };
    let drawn = json!({
        "candidates": CANDIDATES,
        "contribution": hash("contribution"),
        "blockNumber": "412",
        "blockHash": hash("block 412"),
        "seed": hash("seed"),
        "panel": seats(&["EV-7Q2", "EV-K4M", "EV-P9D", "EV-R3T", "EV-X8H"]),
        "alternates": seats(&["EV-B2N", "EV-C5W", "EV-D8J", "EV-F3L", "EV-G6S"]),
    });
    log.tender("PanelDrawn", "2018-04-14T00:00:00.000Z", drawn);
    let conflict = json!({
        "seat": 4, "pseudonym": "EV-R3T", "replacement": seat_of("EV-B2N", 4),
        "reason": "Trabajó para la unidad compradora",
    });
    log.tender("ConflictDeclared", "2018-04-14T00:10:00.000Z", conflict);
    for ((pseudonym, _), seat) in BALLOTS.iter().zip(1..) {
        let at = format!("2018-04-14T01:0{seat}:00.000Z");
        log.tender("AssignmentAccepted", &at, seat_of(pseudonym, seat));
    }
}

fn ballots(log: &mut Log) {
    let commit = |log: &mut Log, pseudonym: &str, seat: u32, at: &str| {
        let commitment = base64(&format!("{pseudonym} {at}"));
        let data = json!({"seat": seat, "pseudonym": pseudonym, "commitment": commitment});
        log.tender("BallotCommitted", at, data);
    };
    for ((pseudonym, _), seat) in BALLOTS.iter().zip(1..) {
        commit(log, pseudonym, seat, &format!("2018-04-14T15:0{seat}:00.000Z"));
    }
    // Another ballot takes the place of the first one.
    commit(log, "EV-K4M", 2, "2018-04-15T00:30:00.000Z");
    for ((pseudonym, scores), seat) in BALLOTS.iter().zip(1..) {
        let proposals: Vec<Value> = PROPOSALS
            .iter()
            .zip(scores)
            .map(|(proposal, scores)| json!({"mask": proposal.mask, "scores": scores}))
            .collect();
        let ballot = json!({
            "tenderId": tender_id(),
            "pseudonym": pseudonym,
            "proposals": proposals,
            "justification": document("justificacion.txt", JUSTIFICATION),
            "deliveryProbabilityPercent": 80,
        });
        let at = format!("2018-04-15T13:0{seat}:00.000Z");
        let data = json!({"seat": seat, "ballot": ballot, "salt": base64(pseudonym)});
        log.tender("BallotRevealed", &at, data);
    }
}

fn economic_opening(log: &mut Log) {
    let at = "2018-04-15T17:30:00.000Z";
    for (proposal, position) in PROPOSALS.iter().zip(1_u32..) {
        let data = json!({
            "mask": proposal.mask, "position": (2000 + position).to_string(), "scores": proposal.sheet,
            "justification": JUSTIFICATION,
        });
        log.tender("TechnicalSheetOpened", at, data);
    }
    for (proposal, n) in PROPOSALS.iter().zip(1_u32..) {
        let contents = format!("Precio sin IVA {} centavos", proposal.price);
        let data = json!({
            "mask": proposal.mask,
            "proposalId": format!("5b1f7a52-3d77-4d0e-8a43-6f0f8f0c001{n}"),
            "position": proposal.position,
            "participation": (50 + n).to_string(),
            "tenderer": tenderer(proposal),
            "price": money(proposal.price),
            "documents": [document("propuesta-economica.txt", &contents)],
        });
        log.tender("EconomicOpened", at, data);
    }
}

fn award(log: &mut Log) {
    let result = |aggregation: &str, social: u32, total: u32, rank: u32| json!({"aggregation": aggregation, "social": social, "total": total, "rank": rank});
    let computed = json!({
        "aggregation": "median",
        "scores": [
            {"mask": "A", "technical": 4150, "economic": 3000, "results": [
                result("median", 1100, 8250, 2), result("trimmedMean", 1100, 8250, 2), result("mean", 1260, 8410, 1)
            ]},
            {"mask": "B", "technical": 4200, "economic": 2615, "results": [
                result("median", 1724, 8539, 1), result("trimmedMean", 1722, 8537, 1), result("mean", 1533, 8348, 2)
            ]},
            {"mask": "C", "technical": 4350, "economic": 2532, "results": [
                result("median", 1262, 8144, 3), result("trimmedMean", 1260, 8142, 3), result("mean", 1088, 7970, 3)
            ]},
        ],
        "unsolvent": [],
        "outliers": [{"pseudonym": "EV-X8H", "cells": 9, "of": 9}],
    });
    log.tender("EvaluationComputed", "2018-04-15T17:40:00.000Z", computed);
    let reasons = "La propuesta B es solvente y reúne el mayor puntaje.";
    let ruling = json!({"order": ["B", "A", "C"], "unsolvent": [], "reasons": reasons});
    log.tender("RulingIssued", "2018-04-15T17:50:00.000Z", ruling);
    let award = json!({
        "awardId": "5b1f7a52-3d77-4d0e-8a43-6f0f8f0c0003",
        "mask": "B",
        "supplier": supplier(),
        "amount": money(PROPOSALS[1].price),
        "total": 8539,
        "signBy": "2018-04-28",
        "reasons": reasons,
    });
    log.tender("AwardIssued", "2018-04-15T18:00:00.000Z", award);
}

fn tenderer(proposal: &Proposal) -> Value {
    let company = match proposal.mask {
        "A" => "6f1c2a52-0d5e-4c55-9b64-0d9f6a1f0013",
        "B" => "6f1c2a52-0d5e-4c55-9b64-0d9f6a1f0012",
        _ => "6f1c2a52-0d5e-4c55-9b64-0d9f6a1f0011",
    };
    json!({
        "companyId": company, "legalName": proposal.legal_name, "rfc": proposal.rfc, "size": proposal.size
    })
}

/// A seat, with the evaluator's place among the candidates in its id.
pub fn seat_of(pseudonym: &str, seat: u32) -> Value {
    let place = CANDIDATES.iter().position(|it| *it == pseudonym).expect("a candidate");
    let evaluator = format!("6f1c2a52-0d5e-4c55-9b64-0d9f6a1f10{place:02}");
    json!({"seat": seat, "evaluatorId": evaluator, "pseudonym": pseudonym})
}
