//! Changes of bytes, of parts, of JSON members, and of what strings encode.

use serde_json::{Value, json};
use verifier::encoding;
use verifier::json::{Rules, canonical, parse};

/// Makes inputs out of seeds.
pub struct Mutator {
    seeds: Vec<Vec<u8>>,
    json: bool,
    state: u64,
}

impl Mutator {
    /// Changes bytes only.
    pub fn bytes(seeds: Vec<Vec<u8>>) -> Self {
        assert!(!seeds.is_empty(), "no seed");
        Self { seeds, json: false, state: 1 }
    }

    /// Most of the time changes members of JSON, and writes them canonically.
    pub fn json(seeds: Vec<Vec<u8>>) -> Self {
        Self { json: true, ..Self::bytes(seeds) }
    }

    pub fn reseed(&mut self, seed: u64) {
        self.state = seed | 1;
    }

    /// A number below `end` (xorshift64*).
    fn below(&mut self, end: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let mixed = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(mixed).unwrap() % end.max(1)
    }

    fn seed(&mut self) -> Vec<u8> {
        let at = self.below(self.seeds.len());
        self.seeds[at].clone()
    }

    /// The next input: a seed with one to three changes.
    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        if self.json
            && self.below(4) > 0
            && let Ok(mut value) = serde_json::from_slice(&input)
        {
            for _ in 0..=self.below(3) {
                self.change_member(&mut value);
            }
            if let Some(bytes) = canonical_bytes(&value) {
                return bytes;
            }
        }
        for _ in 0..=self.below(3) {
            self.change_bytes(&mut input);
        }
        input
    }

    /// One change of bytes.
    fn change_bytes(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        let byte = u8::try_from(self.below(256)).unwrap();
        if bytes.is_empty() {
            return bytes.push(byte);
        }
        match self.below(8) {
            0 => bytes[at] ^= 1 << (byte % 8),
            1 => bytes[at] = byte,
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'['][usize::from(byte % 8)],
            // Half of the time behind the end, where a reader may have stopped reading.
            3 => bytes.insert(if byte < 128 { bytes.len() } else { at }, byte),
            4 => drop(bytes.remove(at)),
            5 => bytes.truncate(at),
            6 => drop(bytes.drain(at..(at + 1 + self.below(40)).min(bytes.len()))),
            _ => self.splice(bytes, at),
        }
    }

    /// A part of any seed, in place of a part of this one.
    fn splice(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let other = self.seed();
        let from = self.below(other.len());
        let to = (from + self.below(200)).min(other.len());
        let end = (at + self.below(200)).min(bytes.len());
        bytes.splice(at..end, other[from..to].iter().copied());
    }

    /// One change of a member of a JSON value.
    fn change_member(&mut self, value: &mut Value) {
        let mut places = Vec::new();
        pointers(value, String::new(), &mut places);
        let pointer = places[self.below(places.len())].clone();
        let kind = self.below(6);
        let other = match kind {
            0 => Some(self.constant()),
            // The same member of another seed, or any other member of this one.
            1 => self.same_member(&pointer),
            2 => value.pointer(&places[self.below(places.len())]).cloned(),
            _ => None,
        };
        let Some(place) = value.pointer_mut(&pointer) else { return };
        match (other, place) {
            (Some(other), place) => *place = other,
            (None, Value::String(text)) => *text = self.change_text(text),
            (None, Value::Array(items)) => self.change_items(items),
            (None, Value::Object(members)) if kind == 3 => {
                let name = members.keys().nth(self.below(members.len())).cloned();
                name.and_then(|name| members.remove(&name));
            }
            (None, place) => *place = self.constant(),
        }
    }

    fn change_items(&mut self, items: &mut Vec<Value>) {
        let (at, other) = (self.below(items.len()), self.below(items.len()));
        match self.below(4) {
            _ if items.is_empty() => items.push(self.constant()),
            0 => drop(items.remove(at)),
            1 => items.insert(at, items[other].clone()),
            2 => items.swap(at, other),
            _ => items.truncate(at),
        }
    }

    /// What the string encodes, changed and encoded again; or its characters.
    fn change_text(&mut self, text: &str) -> String {
        if let Some(mut bytes) = encoding::unhex(text).filter(|_| self.below(8) > 0) {
            self.change_bytes(&mut bytes);
            return encoding::hex(&bytes);
        }
        let entry = encoding::unbase64url(text).filter(|bytes| bytes.len() > 15);
        if let Some(mut bytes) = entry.filter(|_| self.below(8) > 0) {
            self.change_entry(&mut bytes);
            return encoding::base64url(&bytes);
        }
        let mut bytes = text.as_bytes().to_vec();
        self.change_bytes(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// An entry has JSON behind its first line, which stays canonical half of the time.
    fn change_entry(&mut self, bytes: &mut Vec<u8>) {
        let envelope = bytes.get(23..).and_then(|rest| serde_json::from_slice(rest).ok());
        if let Some(mut envelope) = envelope.filter(|_| self.below(2) == 0) {
            self.change_member(&mut envelope);
            if let Some(envelope) = canonical_bytes(&envelope) {
                bytes.truncate(23);
                return bytes.extend(envelope);
            }
        }
        self.change_bytes(bytes);
    }

    fn constant(&mut self) -> Value {
        let constants = [
            json!(null),
            json!(true),
            json!(0),
            json!(-1),
            json!(9_007_199_254_740_991_i64),
            json!(""),
            json!("0"),
            json!("1"),
            json!("18446744073709551615"),
            json!("0x"),
            json!([]),
            json!({}),
            json!("/data/x"),
            json!("9999-12-31T23:59:59.999Z"),
        ];
        constants[self.below(constants.len())].clone()
    }

    fn same_member(&mut self, pointer: &str) -> Option<Value> {
        serde_json::from_slice::<Value>(&self.seed()).ok()?.pointer(pointer).cloned()
    }
}

fn canonical_bytes(value: &Value) -> Option<Vec<u8>> {
    let value = parse(value.to_string().as_bytes(), Rules::Any).ok()?;
    canonical(&value).ok().map(String::into_bytes)
}

/// Every place in a JSON value, as RFC 6901 pointers.
fn pointers(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                pointers(item, format!("{at}/{i}"), out);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let name = name.replace('~', "~0").replace('/', "~1");
                pointers(member, format!("{at}/{name}"), out);
            }
        }
        _ => {}
    }
    out.push(at);
}
