//! The canonical form, RFC 8785.

use std::fmt::Write as _;

use super::{Object, Value};

/// A number whose canonical form this verifier does not know how to write.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error(
    "the number {0:e} is outside 1e-6 to 1e21, where its canonical form would need an exponent"
)]
pub struct UnwritableNumber(pub f64);

/// The canonical form of `value`: members sorted by UTF-16 code units, no white space.
///
/// # Errors
/// For a number outside ±[1e-6, 1e21) other than zero: there ECMAScript writes an exponent.
pub fn canonical(value: &Value) -> Result<String, UnwritableNumber> {
    let mut out = String::new();
    write_value(&mut out, value)?;
    Ok(out)
}

/// The canonical form of a value of the profile.
///
/// # Panics
/// If `value` holds a float, which [`super::Rules::Profile`] never makes.
#[must_use]
pub fn canonical_profile(value: &Value) -> String {
    canonical(value).expect("the profile has no floats")
}

fn write_value(out: &mut String, value: &Value) -> Result<(), UnwritableNumber> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Integer(n) => out.push_str(&n.to_string()),
        Value::Float(n) => write_float(out, *n)?,
        Value::String(text) => write_string(out, text),
        Value::Array(elements) => {
            out.push('[');
            for (i, element) in elements.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(out, element)?;
            }
            out.push(']');
        }
        Value::Object(members) => write_object(out, members)?,
    }
    Ok(())
}

fn write_object(out: &mut String, members: &Object) -> Result<(), UnwritableNumber> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push('{');
    for (i, (name, value)) in sorted.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_string(out, name);
        out.push(':');
        write_value(out, value)?;
    }
    out.push('}');
    Ok(())
}

/// ECMAScript's `Number::toString`. Both it and Rust's `{}` write the shortest digits that read back
/// as the same double; within this range neither writes an exponent.
fn write_float(out: &mut String, n: f64) -> Result<(), UnwritableNumber> {
    if n == 0.0 {
        out.push('0');
        return Ok(());
    }
    if !(1e-6..1e21).contains(&n.abs()) {
        return Err(UnwritableNumber(n));
    }
    out.push_str(&n.to_string());
    Ok(())
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' => {
                write!(out, "\\u{:04x}", u32::from(character)).expect("a String takes any text");
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::super::{Rules, parse};
    use super::*;

    fn rewritten(text: &str) -> String {
        canonical(&parse(text.as_bytes(), Rules::Any).unwrap()).unwrap()
    }

    #[test]
    fn members_are_sorted_by_utf_16_code_units() {
        // RFC 8785 §3.2.3: U+1F600 is a surrogate pair and sorts before U+FB33.
        let text = "{\"\u{20ac}\":1,\"\\r\":2,\"\u{fb33}\":3,\"1\":4,\"\u{1f600}\":5,\"\u{80}\":6,\"\u{f6}\":7}";
        let expected = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
        assert_eq!(rewritten(text), expected);
    }

    #[test]
    fn strings_are_escaped_no_more_than_needed() {
        assert_eq!(
            rewritten(r#""\u20ac$\u000f\nA'\u0042\u0022\u005c\\\"\/\u007f""#),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\u{7f}\""
        );
    }

    #[test]
    fn numbers_are_written_as_ecmascript_writes_them() {
        for (text, expected) in [
            ("-0", "0"),
            ("0.0", "0"),
            ("1.0", "1"),
            ("4.50", "4.5"),
            ("2e-3", "0.002"),
            ("0.000001", "0.000001"),
            ("333333333.33333329", "333333333.3333333"),
            ("1234567.8", "1234567.8"),
            ("9007199254740993", "9007199254740992"),
            ("123456789012345680000", "123456789012345680000"),
            ("295147905179352830000", "295147905179352830000"),
            ("-1.5e3", "-1500"),
        ] {
            assert_eq!(rewritten(text), expected);
        }
    }

    #[test]
    fn a_number_that_needs_an_exponent_is_refused() {
        for text in ["1e21", "1e-7", "-1e300", "5e-324"] {
            let value = parse(text.as_bytes(), Rules::Any).unwrap();
            assert!(canonical(&value).is_err(), "{text}");
        }
        assert!(parse(b"1e400", Rules::Any).is_err());
    }
}
