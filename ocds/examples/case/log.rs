//! A log that is written by hand.

use std::fmt::Write as _;

use ocds::canonical;
use serde_json::{Value, json};

/// The tender of both processes.
const TENDER: &str = "5b1f7a52-3d77-4d0e-8a43-6f0f8f0c0002";
/// The contract of the process that has one.
const CONTRACT: &str = "5b1f7a52-3d77-4d0e-8a43-6f0f8f0c0004";

/// Events as they are recorded, one process's.
pub struct Log {
    ocid: String,
    events: Vec<Value>,
    position: u64,
}

impl Log {
    /// The plan and the call.
    pub fn of_called_tender(ocid: &str) -> Self {
        let text = include_str!("../../tests/golden/events.json");
        let text = text.replace(super::OCID, ocid);
        let events: Vec<Value> = serde_json::from_str(&text).expect("JSON");
        Self { ocid: ocid.to_owned(), events, position: 60 }
    }

    /// All events, oldest first.
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// Records an event of the tender or its evaluation.
    pub fn tender(&mut self, event_type: &str, at: &str, mut data: Value) {
        data["tenderId"] = TENDER.into();
        self.record(event_type, at, data);
    }

    /// Records an event of the contract.
    pub fn contract(&mut self, event_type: &str, at: &str, mut data: Value) {
        data["contractId"] = CONTRACT.into();
        self.record(event_type, at, data);
    }

    fn record(&mut self, event_type: &str, at: &str, mut data: Value) {
        data["ocid"] = self.ocid.as_str().into();
        let position = self.position;
        // The publisher's own entries lie between.
        self.position += 2;
        self.events.push(json!({
            "position": position.to_string(),
            "id": format!("0162ba19-8e80-7000-8000-{position:012}"),
            "type": event_type,
            "schema": 1,
            "effectiveAt": at,
            "data": data,
        }));
    }
}

/// The tender's id, where an event says it a second time.
pub fn tender_id() -> Value {
    TENDER.into()
}

/// Pesos.
pub fn money(centavos: u64) -> Value {
    json!({"centavos": centavos.to_string(), "currency": "MXN"})
}

/// A text file of these contents.
pub fn document(name: &str, contents: &str) -> Value {
    let bytes = contents.len();
    json!({"name": name, "mediaType": "text/plain", "sha256": hash(contents), "bytes": bytes})
}

/// Stands in for a hash somebody computed.
pub fn hash(of: &str) -> String {
    let mut text = String::from("0x");
    for byte in canonical::sha256(&of.into()) {
        write!(text, "{byte:02x}").expect("a String takes every text");
    }
    text
}

/// Stands in for 32 bytes in base64url.
pub fn base64(of: &str) -> String {
    hash(of)[2..45].to_owned()
}
