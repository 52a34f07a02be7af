//! Hashes and how they are written: `0x` and lower-case hexadecimal.

use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// SHA-256 of a value's canonical JSON.
pub(crate) fn canonical_hash(value: &Value) -> [u8; 32] {
    let mut canonical = String::new();
    write_canonical(value, &mut canonical);
    Sha256::digest(canonical.as_bytes()).into()
}

/// 32 bytes as `0x` and lower-case hexadecimal.
pub(crate) fn to_hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::from("0x"), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes every byte");
        hex
    })
}

/// Reads exactly what [`to_hex`] writes.
pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 64)?;
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

/// RFC 8785 for values of ASCII member names, integers and strings.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| name.as_str());
            out.push('{');
            for (index, (name, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(&Value::from(name.as_str()), out);
                out.push(':');
                write_canonical(member, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_reads_back_and_nothing_else_reads() {
        assert_eq!(from_hex(&to_hex(&[0xa7; 32])), Some([0xa7; 32]));
        let wrong =
            ["a7".repeat(33), format!("0x{}", "A7".repeat(32)), format!("0x{}", "a7".repeat(31))];
        assert!(wrong.iter().all(|text| from_hex(text).is_none()));
        assert_eq!(from_hex(&format!("0x{}", "é".repeat(32))), None);
    }
}
