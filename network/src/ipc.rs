//! JSON-RPC over a node's Unix socket: the only way signers are talked to.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A call that gave no result.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// The socket is not there, or broke off.
    #[error("the node cannot be reached")]
    Unreachable(#[from] std::io::Error),
    /// No answer within ten seconds.
    #[error("the node did not answer in time")]
    Late,
    /// The answer is not JSON.
    #[error("the node answered something else than JSON")]
    Syntax(#[from] serde_json::Error),
    /// The node refused the call.
    #[error("the node refused {method} with code {code}")]
    Refused {
        /// Name of the method.
        method: &'static str,
        /// The JSON-RPC error code.
        code: i64,
    },
    /// The result has another type than the method's.
    #[error("the node gave {method} a result of another type")]
    Result {
        /// Name of the method.
        method: &'static str,
    },
}

/// Calls `method` once and gives its result.
///
/// # Errors
/// [`RpcError`]; while a node starts, [`RpcError::Unreachable`] is what to expect.
pub async fn call(socket: &Path, method: &'static str, params: Value) -> Result<Value, RpcError> {
    timeout(ANSWER_WITHIN, exchange(socket, method, params)).await.map_err(|_| RpcError::Late)?
}

/// Calls a method whose result is a number.
///
/// # Errors
/// As [`call`], and [`RpcError::Result`].
pub async fn number(socket: &Path, method: &'static str) -> Result<u64, RpcError> {
    let result = call(socket, method, json!([])).await?;
    let digits = result.as_str().and_then(|text| text.strip_prefix("0x"));
    digits
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .ok_or(RpcError::Result { method })
}

async fn exchange(socket: &Path, method: &'static str, params: Value) -> Result<Value, RpcError> {
    let mut stream = UnixStream::connect(socket).await?;
    let mut request =
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
    request.push('\n');
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
        }
        // Neither node promises a line end after an answer, so the JSON itself says when it is whole.
        let answer: Value = match serde_json::from_slice(&bytes) {
            Ok(answer) => answer,
            Err(error) if error.is_eof() => continue,
            Err(error) => return Err(error.into()),
        };
        if let Some(error) = answer.get("error") {
            return Err(RpcError::Refused { method, code: error["code"].as_i64().unwrap_or(0) });
        }
        return Ok(answer["result"].clone());
    }
}
