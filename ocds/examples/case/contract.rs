//! From the contract to the last rating.

use serde_json::{Value, json};

use super::{
    log::{Log, document, money},
    procedure::supplier,
};

const AMOUNT: u64 = 179_000_000;
const PENALTY: u64 = 1_432_000;

struct Deliverable {
    id: &'static str,
    title: &'static str,
    percent: u64,
    due: &'static str,
    delivered: &'static str,
    accepted: &'static str,
    invoiced: &'static str,
    pay_by: &'static str,
    paid: &'static str,
}

const DELIVERABLES: [Deliverable; 4] = [
    Deliverable {
        id: "D1",
        title: "Plan de trabajo",
        percent: 10,
        due: "2018-05-04",
        delivered: "2018-05-04",
        accepted: "2018-05-08",
        invoiced: "2018-05-09",
        pay_by: "2018-05-29",
        paid: "2018-05-25",
    },
    Deliverable {
        id: "D2",
        title: "Auditoría de 40 páginas",
        percent: 40,
        due: "2018-06-01",
        delivered: "2018-06-05",
        accepted: "2018-06-13",
        invoiced: "2018-06-14",
        pay_by: "2018-07-04",
        paid: "2018-07-12",
    },
    Deliverable {
        id: "D3",
        title: "Pruebas con personas usuarias",
        percent: 30,
        due: "2018-06-29",
        delivered: "2018-06-29",
        accepted: "2018-07-03",
        invoiced: "2018-07-04",
        pay_by: "2018-07-24",
        paid: "2018-07-20",
    },
    Deliverable {
        id: "D4",
        title: "Nueva prueba y capacitación",
        percent: 20,
        due: "2018-07-20",
        delivered: "2018-07-20",
        accepted: "2018-07-24",
        invoiced: "2018-07-25",
        pay_by: "2018-08-14",
        paid: "2018-08-08",
    },
];

/// Records everything from the contract on.
pub fn play(log: &mut Log) {
    signature(log);
    for deliverable in &DELIVERABLES {
        execution(log, deliverable);
    }
    end(log);
}

fn signature(log: &mut Log) {
    let milestones: Vec<Value> = DELIVERABLES
        .iter()
        .map(|it| {
            let amount = money(AMOUNT * it.percent / 100);
            json!({
                "id": it.id, "title": it.title, "percent": it.percent, "amount": amount, "due": it.due
            })
        })
        .collect();
    let prepared = json!({
        "tenderId": super::log::tender_id(),
        "awardId": "5b1f7a52-3d77-4d0e-8a43-6f0f8f0c0003",
        "unitKey": "009000999",
        "title": "SERVICIOS PARA LA MEJORA CONTINUA DE ACCESIBILIDAD",
        "supplier": supplier(),
        "amount": money(AMOUNT),
        "signBy": "2018-04-28",
        "guaranteePercent": 10,
        "penaltyPerDayPerMille": 5,
        "milestones": milestones,
    });
    log.contract("ContractPrepared", "2018-04-16T15:00:00.000Z", prepared);
    let guarantee = json!({"amount": money(AMOUNT / 10), "reference": "FZA-2018-0417"});
    log.contract("GuaranteeLodged", "2018-04-19T15:00:00.000Z", guarantee);
    let at = "2018-04-20T17:00:00.000Z";
    log.contract("ContractSigned", at, json!({"party": "supplier"}));
    log.contract("ContractSigned", at, json!({"party": "buyer"}));
    log.contract("ContractActivated", at, json!({"signedAt": at}));
}

fn execution(log: &mut Log, it: &Deliverable) {
    let at = |day: &str| format!("{day}T17:00:00.000Z");
    let is_late = it.id == "D2";
    let delivery = |version: u32| {
        let contents = format!("{}, versión {version}", it.title);
        json!({
            "milestoneId": it.id,
            "daysLate": if is_late { 4 } else { 0 },
            "documents": [document("entregable.txt", &contents)],
        })
    };
    log.contract("DeliverableSubmitted", &at(it.delivered), delivery(1));
    if is_late {
        let reason = json!({"milestoneId": it.id, "reason": "Faltan 3 de las 40 páginas"});
        log.contract("DeliverableReturned", &at("2018-06-08"), reason);
        log.contract("DeliverableSubmitted", &at("2018-06-11"), delivery(2));
    }
    log.contract("DeliverableAccepted", &at(it.accepted), json!({"milestoneId": it.id}));
    let mut amount = AMOUNT * it.percent / 100;
    if is_late {
        amount -= PENALTY;
        let penalty = json!({"milestoneId": it.id, "daysLate": 4, "amount": money(PENALTY)});
        log.contract("PenaltyApplied", &at(it.accepted), penalty);
    }
    let invoice = json!({
        "milestoneId": it.id,
        "invoiceId": format!("7d0e8a43-3d77-4d0e-8a43-6f0f8f0c{}", it.id.replace('D', "010")),
        "amount": money(amount),
        "payBy": it.pay_by,
    });
    log.contract("InvoiceRegistered", &at(it.invoiced), invoice);
    let order = json!({"milestoneId": it.id, "amount": money(amount)});
    log.contract("PaymentOrdered", &at(it.invoiced), order);
    let payment = json!({
        "milestoneId": it.id, "amount": money(amount), "reference": format!("SPEI-{}", it.paid)
    });
    log.contract("PaymentRecorded", &at(it.paid), payment);
}

fn end(log: &mut Log) {
    let at = "2018-08-10T17:00:00.000Z";
    log.contract("ContractCompleted", at, json!({}));
    let settlement = json!({
        "amount": money(AMOUNT), "penalties": money(PENALTY), "paid": money(AMOUNT - PENALTY)
    });
    log.contract("SettlementIssued", at, settlement);
    let rating = json!({"stars": 4, "comment": "Un entregable tardío; la calidad fue buena."});
    log.contract("PerformanceRated", "2018-08-11T15:00:00.000Z", rating);
    for (stars, n) in [5, 4, 5, 5, 4, 5, 3].into_iter().zip(1..) {
        let at = format!("2018-08-12T15:0{n}:00.000Z");
        log.contract("WorkRated", &at, json!({"stars": stars}));
    }
}
