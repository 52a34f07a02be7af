//! The operator's Unix socket: the simulated business clock, which the public API never moves, and the metrics.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(90);

/// Moves the clock to `instant`, unless a play that was interrupted moved it there or further already.
pub fn move_to(socket: &Path, instant: &str) -> Result<()> {
    let started = Instant::now();
    loop {
        match try_move(socket, instant) {
            Err(error) if started.elapsed() > PATIENCE => {
                return Err(error).context("moving the business clock");
            }
            // The server is being started again.
            Err(_) => std::thread::sleep(Duration::from_millis(300)),
            done => return done,
        }
    }
}

fn try_move(socket: &Path, instant: &str) -> Result<()> {
    let (_, now) = call(socket, "GET", "/clock", None)?;
    let now = now["now"].as_str().context("the operator's socket says no time")?.to_owned();
    // The format has a fixed width, so that text order is time order.
    if now.as_str() >= instant {
        return Ok(());
    }
    let (status, answer) = call(socket, "POST", "/clock", Some(&json!({"to": instant})))?;
    if status != 200 {
        bail!("the clock was not moved from {now} to {instant}: {answer}");
    }
    Ok(())
}

/// What the operator can read of the running system.
pub fn metrics(socket: &Path) -> Result<String> {
    let (status, answer) = call(socket, "GET", "/metrics", None)?;
    anyhow::ensure!(status == 200, "the operator's socket answered {status} for the metrics");
    Ok(answer.as_str().unwrap_or_default().to_owned())
}

fn call(socket: &Path, method: &str, path: &str, body: Option<&Value>) -> Result<(u16, Value)> {
    let mut stream = UnixStream::connect(socket)
        .with_context(|| format!("connecting to {}", socket.display()))?;
    stream.set_read_timeout(Some(Duration::from_mins(1)))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: operator\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    Ok((
        status.context("the operator's socket gave no HTTP answer")?,
        serde_json::from_str(body).unwrap_or_else(|_| Value::from(body)),
    ))
}
