//! One request to a witness, bounded in size and time whatever it does.

use std::fmt::Write as _;
use std::time::Duration;

use merkle::hash::{Hash, to_base64};

/// The most that is read of an answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;
/// Media type of a size in a conflict.
const TLOG_SIZE: &str = "text/x.tlog.size";

/// What is sent.
pub(super) struct Submission {
    pub old_size: u64,
    pub proof: Vec<Hash>,
    pub note: String,
    pub timeout: Duration,
}

/// What a witness said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Signature lines, not verified.
    Cosigned(String),
    /// The size of the last checkpoint it cosigned.
    OtherSize(u64),
    /// The proof does not hold for it.
    NotExtended,
    /// Another status.
    Other(u16),
}

/// Why a witness gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No answer, too slow or too long.
    #[error("the witness did not answer")]
    Transport(#[source] Box<ureq::Error>),
    /// A conflict without a size.
    #[error("the witness's conflict does not say a size")]
    Conflict,
    /// The request broke off.
    #[error("the request broke off")]
    BrokenOff(#[source] tokio::task::JoinError),
}

/// Sends a checkpoint and waits for the answer, at most as long as the submission says.
pub(super) async fn submit(url: &str, submission: Submission) -> Result<Answer, ClientError> {
    let url = format!("{url}/add-checkpoint");
    let asked = tokio::task::spawn_blocking(move || post(&url, &submission)).await;
    asked.map_err(ClientError::BrokenOff)?
}

fn post(url: &str, submission: &Submission) -> Result<Answer, ClientError> {
    let transport = |error: ureq::Error| ClientError::Transport(Box::new(error));
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(submission.timeout))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent("smart-tenders")
        .build()
        .into();
    let mut answer = agent.post(url).send(body(submission)).map_err(transport)?;
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let is_size = kind.is_some_and(|kind| kind.starts_with(TLOG_SIZE));
    match status {
        422 => return Ok(Answer::NotExtended),
        200 | 409 => {}
        other => return Ok(Answer::Other(other)),
    }
    let limited = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    let text = limited.read_to_string().map_err(transport)?;
    if status == 200 {
        return Ok(Answer::Cosigned(text));
    }
    let size = text.strip_suffix('\n').filter(|_| is_size).and_then(|size| size.parse().ok());
    size.map(Answer::OtherSize).ok_or(ClientError::Conflict)
}

fn body(submission: &Submission) -> String {
    let mut body = format!("old {}\n", submission.old_size);
    for hash in &submission.proof {
        writeln!(body, "{}", to_base64(hash)).expect("a string takes every line");
    }
    body.push('\n');
    body.push_str(&submission.note);
    body
}
