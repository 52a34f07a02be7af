//! The exact bytes of a release: RFC 8785 (JCS), in full.
//!
//! Entries of the log hold integers only; OCDS amounts are JSON numbers with a fraction, so numbers are written
//! here as ECMAScript writes them (RFC 8785 §3.2.2.3).

use std::fmt::Write as _;

use serde_json::{Number, Value};
use sha2::{Digest, Sha256};

/// Integers above this are no longer exact in the doubles RFC 8785 prescribes.
const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;

/// The canonical form of a JSON value: UTF-8, members sorted by UTF-16 code units, no white space.
#[must_use]
pub fn to_canonical(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

/// SHA-256 of the canonical form.
#[must_use]
pub fn sha256(value: &Value) -> [u8; 32] {
    Sha256::digest(to_canonical(value)).into()
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => write_number(text, number),
        Value::String(string) => write_string(text, string),
        Value::Array(values) => {
            text.push('[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_value(text, value);
            }
            text.push(']');
        }
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_by(|(one, _), (two, _)| one.encode_utf16().cmp(two.encode_utf16()));
            text.push('{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write_string(text, name);
                text.push(':');
                write_value(text, value);
            }
            text.push('}');
        }
    }
}

/// RFC 8785 §3.2.2.2: only what JSON forbids is escaped, and with the shortest escape.
fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            control @ '\0'..'\u{20}' => {
                write!(text, "\\u{:04x}", u32::from(control)).expect("a String takes every text");
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

fn write_number(text: &mut String, number: &Number) {
    let is_safe = match (number.as_u64(), number.as_i64()) {
        (Some(positive), _) => positive <= SAFE_INTEGER_MAX,
        (None, Some(negative)) => negative.unsigned_abs() <= SAFE_INTEGER_MAX,
        (None, None) => false,
    };
    if is_safe {
        write!(text, "{number}").expect("a String takes every text");
    } else {
        write_double(text, number.as_f64().expect("every number of serde_json is a double"));
    }
}

/// ECMA-262 `Number::toString`: the shortest digits that read back as the same double.
fn write_double(text: &mut String, double: f64) {
    if double == 0.0 {
        text.push('0'); // minus zero too
        return;
    }
    if double < 0.0 {
        text.push('-');
    }
    let (digits, point) = shortest_digits(double.abs());
    let count = i32::try_from(digits.len()).expect("a double has at most 17 digits");
    if count <= point && point <= 21 {
        text.push_str(&digits);
        push_zeros(text, point - count);
    } else if 0 < point && point <= 21 {
        let (whole, fraction) = digits.split_at(point.unsigned_abs() as usize);
        text.push_str(whole);
        text.push('.');
        text.push_str(fraction);
    } else if -6 < point && point <= 0 {
        text.push_str("0.");
        push_zeros(text, -point);
        text.push_str(&digits);
    } else {
        let (first, rest) = digits.split_at(1);
        text.push_str(first);
        if !rest.is_empty() {
            text.push('.');
            text.push_str(rest);
        }
        write!(text, "e{:+}", point - 1).expect("a String takes every text");
    }
}

/// The digits of a positive double and after how many of them the decimal point stands.
///
/// Taken from `serde_json`'s text, which of two equally near shortest decimals chooses the even one as ECMAScript
/// does; that of the standard library does not.
fn shortest_digits(double: f64) -> (String, i32) {
    let text = Value::from(double).to_string();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.parse().expect("an exponent is a decimal integer");
    let padded = format!("{whole}{fraction}");
    let significant = padded.trim_start_matches('0');
    let length = |text: &str| i32::try_from(text.len()).expect("at most some hundred digits");
    let point = length(whole) + exponent - (length(&padded) - length(significant));
    (significant.trim_end_matches('0').to_owned(), point)
}

fn push_zeros(text: &mut String, count: i32) {
    text.extend((0..count).map(|_| '0'));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// RFC 8785 appendix B.
    #[test]
    fn numbers_are_written_as_the_rfc_samples() {
        let samples: [(u64, &str); 24] = [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ];
        for (bits, expected) in samples {
            let mut text = String::new();
            write_double(&mut text, f64::from_bits(bits));
            assert_eq!(text, expected, "{bits:x}");
        }
    }

    /// RFC 8785 §3.2.2 and §3.2.3.
    #[test]
    fn members_are_sorted_and_texts_escaped_as_in_the_rfc() {
        let value = json!({
            "numbers": [333_333_333.333_333_3, 1e30, 4.50, 2e-3, 0.000_000_000_000_000_000_000_000_001],
            "string": "\u{20ac}$\u{f}\nA'B\"\\\\\"/",
            "literals": [null, true, false]
        });
        assert_eq!(
            to_canonical(&value),
            "{\"literals\":[null,true,false],\
             \"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
             \"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"
        );
        let order = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            to_canonical(&order),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
    }

    #[test]
    fn an_integer_that_is_no_exact_double_is_written_as_the_double() {
        assert_eq!(to_canonical(&json!(9_007_199_254_740_993_u64)), "9007199254740992");
        assert_eq!(to_canonical(&json!(-5)), "-5");
    }

    proptest! {
        #[test]
        fn a_canonical_number_reads_back_as_the_same_double(bits in any::<u64>()) {
            let double = f64::from_bits(bits);
            prop_assume!(double.is_finite());
            let mut text = String::new();
            write_double(&mut text, double);
            let read: f64 = text.parse().unwrap();
            // Minus zero is written as zero.
            prop_assert!(read.to_bits() == double.to_bits() || bits << 1 == 0);
        }
    }
}
