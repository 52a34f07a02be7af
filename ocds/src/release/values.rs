//! How values are written in a release: no empty member, exact decimals, hexadecimal.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// A JSON object that takes no empty text, list or object and no `null`.
#[derive(Clone, Debug, Default)]
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let is_empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.is_empty(),
            Value::Object(object) => object.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !is_empty {
            self.0.insert(name.to_owned(), value);
        }
        self
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object.0)
    }
}

/// A number of hundredths as a decimal: centavos as pesos, centipoints as points.
///
/// Up to 2^53 hundredths the double nearest to the decimal prints as exactly that decimal.
pub(super) fn hundredths(hundredths: u64) -> Value {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    if rest == 0 {
        return Value::from(whole);
    }
    let decimal: f64 = decimal(hundredths).parse().expect("digits, a point and digits");
    Value::from(decimal)
}

/// A number of hundredths as text with both decimals, e.g. `37.50`.
pub(super) fn decimal(hundredths: u64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// `0x` and lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::from("0x");
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes every text");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::canonical::to_canonical;

    #[test]
    fn nothing_empty_becomes_a_member() {
        let object = Object::new()
            .with("text", "")
            .with("null", Value::Null)
            .with("list", json!([]))
            .with("object", Object::new())
            .with("zero", 0)
            .with("no", false);
        assert_eq!(Value::from(object), json!({"zero": 0, "no": false}));
    }

    #[test]
    fn centavos_become_the_same_decimal() {
        assert_eq!(to_canonical(&hundredths(200_000_000)), "2000000");
        assert_eq!(to_canonical(&hundredths(1_999)), "19.99");
        assert_eq!(to_canonical(&hundredths(1_990)), "19.9");
        assert_eq!(to_canonical(&hundredths(1)), "0.01");
        assert_eq!(to_canonical(&hundredths(999_999_999_999_999)), "9999999999999.99");
    }

    proptest! {
        #[test]
        fn no_centavo_is_lost(centavos in 0..=domain::money::CENTAVOS_MAX) {
            let printed = to_canonical(&hundredths(centavos));
            let (whole, fraction) = printed.split_once('.').unwrap_or((&printed, ""));
            let back = format!("{whole}{fraction:0<2}").parse::<u64>().unwrap();
            prop_assert_eq!(back, centavos);
        }
    }
}
