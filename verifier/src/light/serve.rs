//! The network's light node: JSON-RPC whose every answer is proven, in front of a node that is not
//! believed.

mod answers;
mod params;

use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tiny_http::{Header, Method, Request, Response, Server};

use super::sync::{LightClient, LightError};
use crate::json::{self, Rules, Value, canonical, object};
use answers::{Fault, answer};

/// The longest request, in bytes.
const REQUEST_BYTES_MAX: u64 = 1024 * 1024;
/// The most calls in one request.
const CALLS_MAX: usize = 100;
const WORKERS: usize = 4;

/// A light client that answers JSON-RPC.
pub struct LightNode {
    server: Server,
    client: RwLock<LightClient>,
    /// Why the chain is no longer followed: then nothing is answered.
    refused: RwLock<Option<String>>,
}

impl LightNode {
    /// Listens on `address`; port 0 takes any that is free.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub fn bind(client: LightClient, address: SocketAddr) -> std::io::Result<Self> {
        let server = Server::http(address).map_err(std::io::Error::other)?;
        Ok(Self { server, client: RwLock::new(client), refused: RwLock::new(None) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.server_addr().to_ip()
    }

    /// Follows the chain every `period` and answers, until the process ends. `say` is told what an
    /// operator should know: reorganisations, a node that is behind, a chain that is refused.
    pub fn run(&self, period: Duration, say: &(dyn Fn(&str) + Sync)) {
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    while let Ok(request) = self.server.recv() {
                        self.serve(request);
                    }
                });
            }
            self.follow(period, say);
        });
    }

    /// Ends [`Self::run`] once the requests that are being answered are answered.
    pub fn stop(&self) {
        self.refuse_chain("the node was stopped");
        (0..WORKERS).for_each(|_| self.server.unblock());
    }

    fn follow(&self, period: Duration, say: &(dyn Fn(&str) + Sync)) {
        let mut said = String::new();
        while self.refusal().is_none() {
            std::thread::sleep(period);
            let outcome = {
                let mut client = self.client.write().unwrap_or_else(PoisonError::into_inner);
                client.sync(&mut |_, _| ())
            };
            let news = match outcome {
                Ok(synced) => {
                    synced.reorganisations.iter().for_each(|found| say(&found.to_string()));
                    String::new()
                }
                Err(LightError::Refused(refusal)) => self.refuse_chain(&refusal.to_string()),
                Err(error) => error.to_string(),
            };
            if !news.is_empty() && news != said {
                say(&news);
            }
            said = news;
        }
    }

    fn refuse_chain(&self, reason: &str) -> String {
        let mut refused = self.refused.write().unwrap_or_else(PoisonError::into_inner);
        *refused = Some(reason.to_owned());
        format!("refused, nothing is answered any more: {reason}")
    }

    fn refusal(&self) -> Option<String> {
        self.refused.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn serve(&self, mut request: Request) {
        let outcome = if let Some(status) = refuse(&request) {
            request.respond(Response::empty(status))
        } else {
            let mut body = Vec::new();
            let read = request.as_reader().take(REQUEST_BYTES_MAX + 1).read_to_end(&mut body);
            let answer = match read {
                Ok(_) if body.len() as u64 <= REQUEST_BYTES_MAX => self.answer_body(&body),
                _ => fault(Value::Null, &Fault::Request("the request is longer than 1 MiB")),
            };
            let text = canonical(&answer).unwrap_or_default();
            let json = Header::from_bytes("content-type", "application/json");
            let json = json.expect("a header of plain ASCII");
            request.respond(Response::from_string(text).with_header(json))
        };
        // Whoever asked may have hung up.
        outcome.ok();
    }

    /// The answer to a request's body: to one call, or to many.
    fn answer_body(&self, body: &[u8]) -> Value {
        match json::parse(body, Rules::Any) {
            Err(_) => fault(Value::Null, &Fault::Json),
            Ok(Value::Array(calls)) if calls.is_empty() || calls.len() > CALLS_MAX => {
                fault(Value::Null, &Fault::Request("1 to 100 calls in one request"))
            }
            Ok(Value::Array(calls)) => {
                Value::Array(calls.iter().map(|call| self.answer_call(call)).collect())
            }
            Ok(call) => self.answer_call(&call),
        }
    }

    fn answer_call(&self, call: &Value) -> Value {
        let id = call.get("id").cloned().unwrap_or(Value::Null);
        let none = Value::Array(Vec::new());
        let params = call.get("params").unwrap_or(&none);
        let (Some(method), Some(params)) =
            (call.get("method").and_then(Value::as_str), params.as_array())
        else {
            return fault(id, &Fault::Request("a call has a method, and params that are an array"));
        };
        if let Some(reason) = self.refusal() {
            return fault(id, &Fault::Refused(reason));
        }
        let client = self.client.read().unwrap_or_else(PoisonError::into_inner);
        match answer(&client, method, params) {
            Ok(result) => object([("id", id), ("jsonrpc", "2.0".into()), ("result", result)]),
            Err(error) => fault(id, &error),
        }
    }
}

/// A page that a browser shows must not reach this node by a name of its own (DNS rebinding).
fn refuse(request: &Request) -> Option<u16> {
    if *request.method() != Method::Post {
        return Some(405);
    }
    let host = request.headers().iter().find(|header| header.field.equiv("host"));
    let host = host.map_or("", |header| header.value.as_str());
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    (!is_address && name != "localhost").then_some(403)
}

fn fault(id: Value, error: &Fault) -> Value {
    let error =
        object([("code", Value::Integer(error.code())), ("message", error.to_string().into())]);
    object([("error", error), ("id", id), ("jsonrpc", "2.0".into())])
}
