//! HTTP with every answer bounded in size and time.

use std::time::Duration;

use ureq::Agent;

const TIMEOUT: Duration = Duration::from_secs(30);

/// Why a server gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// No answer, too slow, too long, or not HTTP.
    #[error("{url} did not answer")]
    Transport {
        /// What was asked for.
        url: String,
        /// Why.
        #[source]
        source: Box<ureq::Error>,
    },
    /// Another status than 200.
    #[error("{url} answered with status {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The status code.
        status: u16,
    },
}

/// A client of one server. It follows no redirects: the operator's choice of address is the
/// auditor's.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    base: String,
}

impl Client {
    pub(crate) fn new(base: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent("smart-tenders-verifier")
            .build();
        Self { agent: config.into(), base: base.trim_end_matches('/').to_owned() }
    }

    /// The body at `path`, at most `bytes_max` long; `None` if there is none (404).
    pub(crate) fn get(&self, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, HttpError> {
        let url = format!("{}{path}", self.base);
        let answer = self.agent.get(&url).call();
        body(url, answer, bytes_max)
    }

    /// The answer to a JSON body sent to the base address.
    pub(crate) fn post_json(&self, json: &str, bytes_max: usize) -> Result<Vec<u8>, HttpError> {
        let url = self.base.clone();
        let request = self.agent.post(&url).header("content-type", "application/json");
        let answer = request.send(json);
        body(url.clone(), answer, bytes_max)?.ok_or(HttpError::Status { url, status: 404 })
    }
}

fn body(
    url: String,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    bytes_max: usize,
) -> Result<Option<Vec<u8>>, HttpError> {
    let transport = |url: String| {
        move |source: ureq::Error| HttpError::Transport { url, source: Box::new(source) }
    };
    let mut answer = answer.map_err(transport(url.clone()))?;
    match answer.status().as_u16() {
        200 => {}
        404 => return Ok(None),
        status => return Err(HttpError::Status { url, status }),
    }
    let limited = answer.body_mut().with_config().limit(bytes_max as u64);
    limited.read_to_vec().map(Some).map_err(transport(url))
}
