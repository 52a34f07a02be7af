//! Plain HTTP and JSON-RPC, tried again while a server restarts.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

/// How long a server may be away before the play gives up: a killed process is started again within it.
pub const PATIENCE: Duration = Duration::from_secs(90);
/// Between two tries.
pub const PAUSE: Duration = Duration::from_millis(300);
const TIMEOUT: Duration = Duration::from_secs(30);

/// An answer with its status, whatever it is.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .http_status_as_error(false)
        .build()
        .into()
}

/// `GET url`.
pub fn get(url: &str) -> Result<Answer> {
    patiently(url, || answer(agent().get(url).call()))
}

/// `GET url`, to be read as it comes.
pub fn stream(url: &str) -> Result<impl std::io::Read> {
    let answer = agent().get(url).header("accept", "text/event-stream").call();
    let answer = answer.with_context(|| format!("calling {url}"))?;
    anyhow::ensure!(answer.status() == 200, "{url} answered {}", answer.status());
    Ok(answer.into_body().into_reader())
}

/// `POST url` with a JSON body; the same request may arrive twice.
pub fn post(url: &str, token: Option<&str>, body: &Value) -> Result<Answer> {
    patiently(url, || {
        let mut request = agent().post(url);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.send_json(body))
    })
}

/// A JSON-RPC call to a chain node.
pub fn rpc(url: &str, method: &str, params: &Value) -> Result<Value> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let answer: Value = serde_json::from_slice(&post(url, None, &body)?.body)
        .with_context(|| format!("the chain node's answer to {method}"))?;
    match answer.get("result") {
        Some(result) => Ok(result.clone()),
        None => bail!("the chain node refused {method}: {answer}"),
    }
}

fn answer(answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer> {
    let mut response = answered?;
    let status = response.status().as_u16();
    let body = response.body_mut().with_config().limit(64 << 20).read_to_vec()?;
    Ok(Answer { status, body })
}

/// Repeats what failed on the way or was refused because the server is not ready.
fn patiently(url: &str, call: impl Fn() -> Result<Answer>) -> Result<Answer> {
    let started = Instant::now();
    loop {
        let result = call();
        let passing = match &result {
            Ok(answer) => matches!(answer.status, 502..=504),
            Err(_) => true,
        };
        if !passing || started.elapsed() > PATIENCE {
            return result.with_context(|| format!("calling {url}"));
        }
        std::thread::sleep(PAUSE);
    }
}
