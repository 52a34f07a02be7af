//! How a command is answered.

use std::time::Duration;

use application::{Accepted, ExecuteError, Rejection, SignedReceipt, public_name};
use async_graphql::{Context, Result, SimpleObject, Union};
use domain::Refusal;
use domain::rejection::InputRejection;

use super::faults::fault;
use super::inputs::CommandInput;
use super::log::EventRef;
use super::scalars::{Position, UuidText};
use super::{identity, state};

/// A command that was carried out.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct CommandAccepted {
    /// The id its caller chose.
    command_id: UuidText,
    /// What was recorded; empty when a draft was moved.
    events: Vec<EventRef>,
    /// What it is about: unit key, item code, or the id of what was made or changed.
    subject: String,
    /// The contracting process, once there is one.
    ocid: Option<String>,
    /// Give it to a query as `minPosition` to read what this command did.
    min_position: Position,
    /// What its caller holds in hand; null when a draft was moved.
    receipt: Option<Receipt>,
}

/// A receipt (acuse): the log's signed promise that the event is recorded and will be anchored.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Receipt {
    /// The signed note.
    note: String,
    /// The author's file for `verifier receipt`: the note, the entry, and what the entry withholds from others.
    file: String,
}

impl From<SignedReceipt> for Receipt {
    fn from(receipt: SignedReceipt) -> Self {
        // Canonical JSON is UTF-8.
        let file = String::from_utf8(receipt.file).unwrap_or_default();
        Self { note: receipt.note, file }
    }
}

impl From<Accepted> for CommandAccepted {
    fn from(accepted: Accepted) -> Self {
        let event = |it: application::EventRef| {
            EventRef::new(it.id, it.position, &it.event_type, it.stream)
        };
        Self {
            command_id: accepted.command_id.into(),
            events: accepted.events.into_iter().map(event).collect(),
            subject: accepted.subject,
            ocid: accepted.ocid.map(String::from),
            min_position: accepted.min_position.into(),
            receipt: accepted.receipt.map(Receipt::from),
        }
    }
}

/// A command that a rule refused; nothing happened.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct CommandRejected {
    /// A stable slug.
    pub(crate) code: String,
    /// What is wrong and what to do, in Spanish.
    message: String,
    /// Path of the input member to correct, below the command's content.
    field: Option<String>,
    /// What was compared.
    details: Vec<Detail>,
}

/// One thing that was compared.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Detail {
    /// What it is.
    key: String,
    /// Its value.
    value: String,
}

impl CommandRejected {
    fn new(code: &str, message: &str, details: Vec<(String, String)>) -> Self {
        let details = details.into_iter().map(|(key, value)| Detail { key, value }).collect();
        Self { code: code.to_owned(), message: message.to_owned(), field: None, details }
    }

    pub(crate) fn not_authenticated() -> Self {
        Self::new(
            "not-authenticated",
            "Esta acción necesita una cuenta: entre con la suya.",
            vec![],
        )
    }

    pub(crate) fn too_many_attempts(wait: Duration) -> Self {
        let seconds = wait.as_secs() + 1;
        Self::new(
            "too-many-attempts",
            &format!("Demasiados intentos: espere {seconds} segundos e intente de nuevo."),
            vec![("retryAfterSeconds".to_owned(), seconds.to_string())],
        )
    }
}

impl From<Rejection> for CommandRejected {
    fn from(rejection: Rejection) -> Self {
        let rejected = Self::new(rejection.code, &rejection.message_es, rejection.details);
        Self { field: rejection.field, ..rejected }
    }
}

impl From<InputRejection> for CommandRejected {
    fn from(rejection: InputRejection) -> Self {
        let details = rejection.details().into_iter().map(|(key, value)| (key.to_owned(), value));
        let rejected = Self::new(rejection.code(), &rejection.message_es(), details.collect());
        Self { field: rejection.field(), ..rejected }
    }
}

/// The answer to a command.
#[derive(Union, Debug, Clone)]
pub(crate) enum CommandResult {
    /// It was carried out.
    Accepted(CommandAccepted),
    /// A rule refused it.
    Rejected(CommandRejected),
}

/// Carries out a command of the account that is logged in.
pub(crate) async fn execute(ctx: &Context<'_>, input: impl CommandInput) -> Result<CommandResult> {
    let (name, is_public) = public_name(ctx.field().name());
    let name = name.to_owned();
    let answer = answer(ctx, input).await;
    let outcome = match &answer {
        Ok(CommandResult::Accepted(_)) => "accepted".to_owned(),
        // Why something sealed was refused may tell what is sealed already.
        Ok(CommandResult::Rejected(rejected)) if is_public => rejected.code.clone(),
        Ok(CommandResult::Rejected(_)) => "rejected".to_owned(),
        Err(_) => "fault".to_owned(),
    };
    tracing::info!(command.name = name, command.outcome = outcome, "a command was answered");
    metrics::counter!("commands_total", "command" => name, "outcome" => outcome).increment(1);
    answer
}

async fn answer(ctx: &Context<'_>, input: impl CommandInput) -> Result<CommandResult> {
    let Some(account) = &identity(ctx)?.account else {
        return Ok(CommandResult::Rejected(CommandRejected::not_authenticated()));
    };
    let state = state(ctx)?;
    let read = input.command_id().read("commandId");
    let read = read.and_then(|command_id| Ok((command_id, input.into_command()?)));
    let (command_id, command) = match read {
        Ok(read) => read,
        Err(rejection) => return Ok(CommandResult::Rejected(rejection.into())),
    };
    match state.application.execute(&account.caller(), command_id, command).await {
        Ok(accepted) => {
            if !accepted.events.is_empty() {
                state.note_append(None);
            }
            Ok(CommandResult::Accepted(accepted.into()))
        }
        Err(ExecuteError::Rejected(rejection)) => Ok(CommandResult::Rejected(rejection.into())),
        Err(ExecuteError::Fault(error)) => {
            state.note_append(Some(&error));
            Err(fault(&error))
        }
    }
}
