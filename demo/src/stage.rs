//! Where the play stands: the case, the system, the hour, and how an act is done.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use jiff::civil::DateTime;
use serde_json::{Value, json};

use crate::api::{Api, Outcome};
use crate::case::Case;
use crate::clock;
use crate::report::{Act, Refusal, Report};
use crate::system::System;

/// The play.
pub struct Stage<'a> {
    pub case: &'a Case,
    pub system: &'a System,
    pub report: &'a mut Report,
    /// Folder of the receipts, each in a file named after its step.
    pub receipts: &'a Path,
    /// The business clock.
    pub now: String,
}

/// What an act did.
pub struct Done {
    /// What it was about.
    pub subject: String,
    pub ocid: Option<String>,
    /// Ids of its events, in order.
    pub events: Vec<String>,
}

impl Stage<'_> {
    pub fn clock_at(&mut self, local: DateTime) -> Result<()> {
        self.now = self.case.instant(local)?;
        clock::move_to(&self.system.state.operator_socket, &self.now)
    }

    /// An act that must be accepted.
    pub fn done(
        &mut self,
        step: &str,
        role: &str,
        api: &Api,
        mutation: &str,
        input: Value,
    ) -> Result<Done> {
        match api.command(step, mutation, input)? {
            Outcome::Rejected { code, message } => {
                bail!("step {step}: {mutation} was refused: {code}: {message}")
            }
            Outcome::Accepted { subject, ocid, events, receipt } => {
                // Its author keeps it from now on, whatever the log does later.
                if let Some(receipt) = receipt {
                    std::fs::write(receipt_file(self.receipts, step), receipt)
                        .context("writing a receipt")?;
                }
                let names: Vec<String> = events
                    .iter()
                    .map(|event| format!("{} at {}", event.kind, event.position))
                    .collect();
                println!("  ✔ {} {role:<13} {mutation:<18} {}", self.now, names.join(", "));
                let ids = events.iter().map(|event| event.id.clone()).collect();
                let now = Instant::now();
                self.report.accepted.extend(events.iter().map(|event| (event.position, now)));
                self.report.acts.push(Act {
                    step: step.to_owned(),
                    role: role.to_owned(),
                    at: self.now.clone(),
                    events: events.into_iter().map(Into::into).collect(),
                });
                Ok(Done { subject, ocid, events: ids })
            }
        }
    }

    /// An act that must be refused.
    pub fn refused(
        &mut self,
        step: &str,
        role: &str,
        api: &Api,
        mutation: &str,
        input: Value,
    ) -> Result<()> {
        match api.command(step, mutation, input)? {
            Outcome::Accepted { .. } => {
                self.report.deviate(format!("step {step}: {mutation} was accepted for {role}"));
            }
            Outcome::Rejected { code, message } => {
                println!("  ✔ {} {role:<13} {mutation:<18} refused: {code}", self.now);
                let (step, role) = (step.to_owned(), role.to_owned());
                self.report.refusals.push(Refusal { step, role, code, message });
            }
        }
        Ok(())
    }

    /// What recorded events say to everybody, each with its type.
    pub fn said(&self, events: &[String]) -> Result<Vec<(String, Value)>> {
        let text = "query($id: UUID!) { event(id: $id) { type data } }";
        let api = Api::anonymous(self.system);
        let said = |id: &String| {
            let answer = api.ask(text, &json!({"id": id}))?;
            let kind = answer["event"]["type"].as_str().context("an event without a type")?;
            Ok((kind.to_owned(), answer["event"]["data"].clone()))
        };
        events.iter().map(said).collect()
    }

    /// What the only event of a type among `events` says.
    pub fn said_by(&self, events: &[String], kind: &str) -> Result<Value> {
        let said = self.said(events)?;
        let found = said.into_iter().find(|(found, _)| found == kind);
        found.map(|(_, data)| data).with_context(|| format!("no {kind} was recorded"))
    }
}

/// Where the author of a step keeps the receipt.
pub fn receipt_file(folder: &Path, step: &str) -> PathBuf {
    folder.join(format!("{step}.receipt.json"))
}

/// An amount as the API takes it.
pub fn money(centavos: &str) -> Value {
    json!({"centavos": centavos, "currency": "MXN"})
}
