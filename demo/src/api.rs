//! The public GraphQL API, as one user sees it.

use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rest;
use crate::system::System;

/// What a command answers.
const RESULT: &str = "{ __typename
    ... on CommandAccepted { subject ocid events { id position type stream } receipt { file } }
    ... on CommandRejected { code message field details { key value } } }";

/// One user's way to the API.
pub struct Api<'a> {
    system: &'a System,
    token: Option<String>,
}

/// A command's answer.
#[derive(Debug, Clone)]
pub enum Outcome {
    Accepted {
        subject: String,
        ocid: Option<String>,
        events: Vec<Event>,
        /// The author's file of the receipt.
        receipt: Option<String>,
    },
    Rejected {
        code: String,
        message: String,
    },
}

/// An event that a command recorded.
#[derive(Debug, Clone)]
pub struct Event {
    pub id: String,
    pub position: u64,
    pub kind: String,
}

impl<'a> Api<'a> {
    pub fn anonymous(system: &'a System) -> Self {
        Self { system, token: None }
    }

    pub fn with_token(system: &'a System, token: String) -> Self {
        Self { system, token: Some(token) }
    }

    /// A query or mutation; errors of the protocol are errors here, refusals are data.
    pub fn ask(&self, text: &str, variables: &Value) -> Result<Value> {
        let url = format!("{}/graphql", self.system.state.api_url);
        let body = json!({"query": text, "variables": variables});
        let started = Instant::now();
        loop {
            let answer = rest::post(&url, self.token.as_deref(), &body)?;
            let answer: Value =
                serde_json::from_slice(&answer.body).context("the API's answer is not JSON")?;
            let Some(errors) = answer.get("errors") else {
                let data = answer.get("data");
                return data.cloned().with_context(|| format!("the API answered {answer}"));
            };
            // Whoever is told so asks the same again: a command id makes that safe.
            let passing = errors[0]["extensions"]["code"] == "unavailable";
            if !passing || started.elapsed() > rest::PATIENCE {
                bail!("the API answered with errors: {errors}");
            }
            std::thread::sleep(rest::PAUSE);
        }
    }

    /// One command. Its id depends on the log and the step only, so that a play can be resumed.
    pub fn command(&self, step: &str, mutation: &str, mut input: Value) -> Result<Outcome> {
        let name = format!("{}/{step}", self.system.state.origin);
        let command_id = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
        input["commandId"] = command_id.to_string().into();
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let text = format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {RESULT} }}");
        let answer = self
            .ask(&text, &json!({"input": input}))
            .with_context(|| format!("step {step} ({mutation})"))?;
        outcome(&answer[mutation]).with_context(|| format!("step {step}: {answer}"))
    }
}

/// Reads the union that every command answers.
pub fn outcome(value: &Value) -> Result<Outcome> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if value["__typename"] == "CommandRejected" {
        return Ok(Outcome::Rejected {
            code: text(&value["code"]).context("a refusal without a code")?,
            message: text(&value["message"]).context("a refusal without a message")?,
        });
    }
    let events = value["events"].as_array().context("an answer without events")?;
    Ok(Outcome::Accepted {
        subject: text(&value["subject"]).context("an answer without a subject")?,
        ocid: text(&value["ocid"]),
        events: events.iter().map(event).collect::<Result<_>>()?,
        receipt: text(&value["receipt"]["file"]),
    })
}

fn event(value: &Value) -> Result<Event> {
    Ok(Event {
        id: value["id"].as_str().context("an event without an id")?.to_owned(),
        position: number(&value["position"])?,
        kind: value["type"].as_str().context("an event without a type")?.to_owned(),
    })
}

/// A 64-bit number, which the API writes as text.
pub fn number(value: &Value) -> Result<u64> {
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .with_context(|| format!("{value} is not a position"))
}
