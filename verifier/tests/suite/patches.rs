//! Bytes as a patch: what they have in common with others is not written again.
//!
//! A patch is a list: a text is bytes in base64url, two numbers are a start and a length, a copy of
//! bytes of the base and, behind it, of what the patch has made so far.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::world::b64u;

/// The shortest copy that is shorter than its bytes.
const LENGTH_MIN: usize = 16;

/// Bytes that others are patches of, with the first place of each run of them.
pub struct Base {
    bytes: Vec<u8>,
    places: HashMap<[u8; LENGTH_MIN], usize>,
}

impl Base {
    pub fn new(bytes: &[u8]) -> Self {
        let bytes = bytes.to_vec();
        let mut places = HashMap::new();
        for at in 0..bytes.len() {
            if let Some(run) = run(&bytes, at) {
                places.entry(run).or_insert(at);
            }
        }
        Self { bytes, places }
    }

    /// Writes `bytes` as a patch.
    pub fn write(&self, bytes: &[u8]) -> Value {
        let all = [self.bytes.as_slice(), bytes].concat();
        let mut own = HashMap::new();
        let (mut parts, mut literal) = (Vec::new(), Vec::new());
        // Where the last copy would go on is what a changed value is usually followed by.
        let (mut at, mut next) = (self.bytes.len(), 0);
        while at < all.len() {
            let known = run(&all, at);
            let places = [self.places.get(&known.unwrap_or_default()), own.get(&known)];
            let copies = places.into_iter().flatten().copied().chain([next]);
            let length = |from: usize| {
                all[from..at].iter().zip(&all[at..]).take_while(|(a, b)| a == b).count()
            };
            let best = copies.map(|from| (length(from), from)).max_by_key(|(length, _)| *length);
            if let Some((length, from)) = best.filter(|(length, _)| *length >= LENGTH_MIN) {
                flush(&mut parts, &mut literal);
                parts.extend([Value::from(from), Value::from(length)]);
                next = from + length;
                at += length;
            } else {
                literal.push(all[at]);
                own.entry(known).or_insert(at);
                next += 1;
                at += 1;
            }
        }
        flush(&mut parts, &mut literal);
        Value::Array(parts)
    }
}

fn run(bytes: &[u8], at: usize) -> Option<[u8; LENGTH_MIN]> {
    bytes.get(at..at + LENGTH_MIN)?.try_into().ok()
}

fn flush(parts: &mut Vec<Value>, literal: &mut Vec<u8>) {
    if !literal.is_empty() {
        parts.push(b64u(literal).into());
        literal.clear();
    }
}

/// The bytes that a patch of `base` stands for.
pub fn read(base: &[u8], patch: &Value) -> Vec<u8> {
    let mut all = base.to_vec();
    let mut start = None;
    for part in patch.as_array().unwrap() {
        match (part, start) {
            (Value::String(literal), None) => all.extend(URL_SAFE_NO_PAD.decode(literal).unwrap()),
            (number, None) => start = number.as_u64(),
            (number, Some(from)) => {
                let from = usize::try_from(from).unwrap();
                let length = usize::try_from(number.as_u64().unwrap()).unwrap();
                all.extend_from_within(from..from + length);
                start = None;
            }
        }
    }
    all.split_off(base.len())
}

#[test]
fn a_patch_is_read_as_it_was_written() {
    let base = b"once upon a time there was a zip file with many hashes".to_vec();
    for bytes in [
        b"".to_vec(),
        b"once upon a time there was another zip file with many hashes".to_vec(),
        base.repeat(3),
        vec![0; 100],
    ] {
        for base in [&base, &Vec::new()] {
            assert_eq!(read(base, &Base::new(base).write(&bytes)), bytes);
        }
    }
    assert_eq!(Base::new(&base).write(&base), serde_json::json!([0, base.len()]));
}
