//! The contract: guarantee, signatures, deliverables, penalty, invoices, payments, ratings.

use anyhow::{Context as _, Result};
use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use crate::acts::Cast;
use crate::api::Api;
use crate::case::Milestone;
use crate::commitment::{base64, sha256};
use crate::report::MilestoneOutcome;
use crate::stage::{Stage, money};

/// What happens to a deliverable on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Deliver,
    Return,
    Redeliver,
    Accept,
    Invoice,
    Pay,
}

/// The contract with everybody who acts on it.
struct Execution<'a, 'b> {
    stage: &'a mut Stage<'b>,
    people: &'a Cast<'a>,
    supplier: &'a Api<'a>,
    contract: String,
}

/// Plays the contract to its end.
pub fn carry_out(stage: &mut Stage, people: &Cast, tender: &str) -> Result<()> {
    let winner = stage.report.winner.clone().context("nobody is awarded")?;
    let place = stage.case.companies.iter().position(|company| company.key == winner);
    let supplier = &people.companies[place.context("the winner is no company")?];
    let case = &stage.case.contract;
    stage.clock_at(case.prepared_at)?;
    let milestones: Vec<Value> = case
        .milestones
        .iter()
        .map(|it| json!({"id": it.id, "title": it.title, "percent": it.percent, "due": it.due.to_string()}))
        .collect();
    let input = json!({"tenderId": tender, "guaranteePercent": case.guarantee_percent,
        "penaltyPerDayPerMille": case.penalty_per_day_per_mille, "milestones": milestones});
    let (role, contracting) = ("contracting", &people.contracting);
    let done = stage.done("contract", role, contracting, "prepareContract", input)?;
    let prepared = stage.said_by(&done.events, "ContractPrepared")?;
    let contract = done.subject;
    let mut execution = Execution { stage, people, supplier, contract };
    execution.note_values(&prepared)?;
    execution.sign(&prepared)?;
    execution.deliver_and_pay()?;
    execution.close()
}

impl Execution<'_, '_> {
    fn input(&self, mut members: Value) -> Value {
        members["contractId"] = self.contract.as_str().into();
        members
    }

    fn note_values(&mut self, prepared: &Value) -> Result<()> {
        for milestone in prepared["milestones"].as_array().context("no deliverables")? {
            self.stage.report.scores.milestones.push(MilestoneOutcome {
                id: milestone["id"].as_str().unwrap_or_default().to_owned(),
                value: centavos(&milestone["amount"])?,
                days_late: 0,
                penalty: 0,
                paid: 0,
            });
        }
        Ok(())
    }

    fn sign(&mut self, prepared: &Value) -> Result<()> {
        let case = &self.stage.case.contract;
        self.stage.clock_at(case.guarantee_at)?;
        let input = self.input(json!({}));
        let supplier = self.supplier;
        self.stage.refused("sign-early", "company", supplier, "signContract", input.clone())?;
        let amount = centavos(&prepared["amount"])?;
        let percent = u64::try_from(case.guarantee_percent)?;
        let guarantee = amount.saturating_mul(percent).div_ceil(100);
        let lodge = self.input(
            json!({"amount": money(&guarantee.to_string()), "reference": "FIANZA-2018-0001"}),
        );
        self.stage.done("guarantee", "company", supplier, "lodgeGuarantee", lodge)?;
        // The share of the amount as the case counts it, in whole centavos.
        self.stage.report.scores.guarantee = Some(amount * percent / 100);
        self.stage.clock_at(case.signed_at)?;
        self.stage.done("sign-supplier", "company", supplier, "signContract", input.clone())?;
        let buyer = &self.people.contracting;
        self.stage.done("sign-buyer", "contracting", buyer, "signContract", input).map(drop)
    }

    /// Everything that happens to the deliverables, day by day.
    fn deliver_and_pay(&mut self) -> Result<()> {
        let mut steps: Vec<(Date, Step, usize)> = Vec::new();
        for (place, milestone) in self.stage.case.contract.milestones.iter().enumerate() {
            steps.push((milestone.delivered, Step::Deliver, place));
            steps.extend(milestone.returned.iter().map(|day| (*day, Step::Return, place)));
            steps.extend(milestone.redelivered.map(|day| (day, Step::Redeliver, place)));
            steps.push((milestone.accepted, Step::Accept, place));
            steps.push((milestone.invoiced, Step::Invoice, place));
            steps.push((milestone.paid, Step::Pay, place));
        }
        steps.sort();
        for (day, step, place) in steps {
            self.stage.clock_at(noon(day))?;
            self.step(step, place)?;
        }
        Ok(())
    }

    fn step(&mut self, step: Step, place: usize) -> Result<()> {
        let milestone = &self.stage.case.contract.milestones[place];
        match step {
            Step::Deliver | Step::Redeliver => self.deliver(milestone, step, place),
            Step::Return => {
                let input = self.input(json!({"milestoneId": milestone.id,
                    "reason": "El entregable está incompleto: faltan páginas de la auditoría."}));
                let (step, api) = (format!("return-{}", milestone.id), &self.people.contract_admin);
                self.stage.done(&step, "contract_admin", api, "returnDeliverable", input).map(drop)
            }
            Step::Accept => self.accept(milestone, place),
            Step::Invoice => self.invoice(milestone, place),
            Step::Pay => self.pay(milestone, place),
        }
    }

    fn deliver(&mut self, milestone: &Milestone, step: Step, place: usize) -> Result<()> {
        let text = format!("{} ({step:?})", milestone.title);
        let document = json!({"name": format!("{}.txt", milestone.id), "mediaType": "text/plain",
            "content": base64(text.as_bytes())});
        let input = self.input(json!({"milestoneId": milestone.id, "documents": [document]}));
        let name = format!("{step:?}-{}", milestone.id).to_lowercase();
        let supplier = self.supplier;
        let done = self.stage.done(&name, "company", supplier, "submitDeliverable", input)?;
        let said = self.stage.said_by(&done.events, "DeliverableSubmitted")?;
        let days_late = said["daysLate"].as_u64().context("a delivery without its delay")?;
        self.stage.report.scores.milestones[place].days_late = days_late;
        Ok(())
    }

    /// A late deliverable has its penalty from the day it is accepted.
    fn accept(&mut self, milestone: &Milestone, place: usize) -> Result<()> {
        let input = self.input(json!({"milestoneId": milestone.id}));
        let (role, api) = ("contract_admin", &self.people.contract_admin);
        let step = format!("accept-{}", milestone.id);
        self.stage.done(&step, role, api, "acceptDeliverable", input.clone())?;
        let step = format!("penalty-{}", milestone.id);
        if self.stage.report.scores.milestones[place].days_late == 0 {
            return self.stage.refused(&step, role, api, "applyPenalty", input);
        }
        let done = self.stage.done(&step, role, api, "applyPenalty", input)?;
        let said = self.stage.said_by(&done.events, "PenaltyApplied")?;
        self.stage.report.scores.milestones[place].penalty = centavos(&said["amount"])?;
        Ok(())
    }

    fn invoice(&mut self, milestone: &Milestone, place: usize) -> Result<()> {
        let outcome = &self.stage.report.scores.milestones[place];
        let (value, due) = (outcome.value, outcome.value - outcome.penalty);
        let origin = &self.stage.system.state.origin;
        let hash = sha256(format!("{origin}/invoice-{}", milestone.id).as_bytes());
        let (bytes, _) = hash.split_first_chunk::<16>().context("a hash has 32 bytes")?;
        let invoice = uuid::Builder::from_random_bytes(*bytes).into_uuid().to_string();
        let supplier = self.supplier;
        let with = |amount: u64| json!({"milestoneId": milestone.id, "invoiceId": invoice, "amount": money(&amount.to_string())});
        if due < value {
            let input = self.input(with(value));
            let step = format!("invoice-whole-{}", milestone.id);
            self.stage.refused(&step, "company", supplier, "registerInvoice", input)?;
        }
        let input = self.input(with(due));
        let step = format!("invoice-{}", milestone.id);
        self.stage.done(&step, "company", supplier, "registerInvoice", input).map(drop)
    }

    fn pay(&mut self, milestone: &Milestone, place: usize) -> Result<()> {
        let input = self.input(json!({"milestoneId": milestone.id}));
        let step = format!("order-{}", milestone.id);
        let admin = &self.people.contract_admin;
        let done = self.stage.done(&step, "contract_admin", admin, "orderPayment", input)?;
        let ordered = self.stage.said_by(&done.events, "PaymentOrdered")?;
        let amount = centavos(&ordered["amount"])?;
        let input = self.input(json!({"milestoneId": milestone.id,
            "amount": money(&amount.to_string()), "reference": format!("SPEI-{}", milestone.id)}));
        let step = format!("payment-{}", milestone.id);
        let done =
            self.stage.done(&step, "finance", &self.people.finance, "recordPayment", input)?;
        let paid = self.stage.said_by(&done.events, "PaymentRecorded")?;
        self.stage.report.scores.milestones[place].paid = centavos(&paid["amount"])?;
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        self.stage.clock_at(self.stage.case.contract.completed_at)?;
        let input = self.input(json!({}));
        let (role, admin) = ("contract_admin", &self.people.contract_admin);
        self.stage.done("complete", role, admin, "completeContract", input)?;
        let input = self.input(json!({"stars": 4,
            "comment": "Cumplió con lo convenido; un entregable llegó con cuatro días de retraso."}));
        self.stage.done("performance", role, admin, "ratePerformance", input)?;
        let ratings = &self.stage.case.contract.ratings;
        for (number, (stars, api)) in ratings.iter().zip(&self.people.citizens).enumerate() {
            let input = self.input(json!({"stars": stars}));
            let step = format!("rating-{}", number + 1);
            self.stage.done(&step, "citizen", api, "rateWork", input.clone())?;
            if number == 0 {
                self.stage.refused("rating-twice", "citizen", api, "rateWork", input)?;
            }
        }
        Ok(())
    }
}

fn noon(day: Date) -> DateTime {
    day.at(12, 0, 0, 0)
}

fn centavos(amount: &Value) -> Result<u64> {
    let text = amount["centavos"].as_str();
    text.and_then(|text| text.parse().ok()).with_context(|| format!("{amount} is no amount"))
}
