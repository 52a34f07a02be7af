//! Amounts of money in whole centavos; a fraction of a centavo does not exist.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The largest amount, 10^15 centavos: far above any budget, far below what overflows a sum.
pub const CENTAVOS_MAX: u64 = 1_000_000_000_000_000;

/// A currency by its three-letter code (ISO 4217).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    /// The Mexican peso.
    pub const MXN: Self = Self(*b"MXN");

    /// The three capital letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A value that is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMoney {
    /// Not three capital letters.
    #[error("a currency is three capital letters")]
    Currency,
    /// Not a whole number of centavos in canonical decimal.
    #[error("centavos are a whole number in decimal, without sign or leading zero")]
    Centavos,
    /// Above [`CENTAVOS_MAX`].
    #[error("an amount is at most {CENTAVOS_MAX} centavos")]
    TooLarge,
}

impl TryFrom<String> for Currency {
    type Error = InvalidMoney;

    fn try_from(text: String) -> Result<Self, InvalidMoney> {
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(InvalidMoney::Currency),
        }
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

/// An amount, never negative; in JSON `{"centavos":"200000000","currency":"MXN"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "RecordedMoney", into = "RecordedMoney")]
pub struct Money {
    centavos: u64,
    currency: Currency,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedMoney {
    centavos: String,
    currency: Currency,
}

impl Money {
    /// An amount in whole centavos.
    ///
    /// # Errors
    /// [`InvalidMoney::TooLarge`] above [`CENTAVOS_MAX`].
    pub fn new(centavos: u64, currency: Currency) -> Result<Self, InvalidMoney> {
        if centavos > CENTAVOS_MAX {
            return Err(InvalidMoney::TooLarge);
        }
        Ok(Self { centavos, currency })
    }

    /// An amount in Mexican pesos, from whole centavos.
    ///
    /// # Errors
    /// [`InvalidMoney::TooLarge`] above [`CENTAVOS_MAX`].
    pub fn mxn(centavos: u64) -> Result<Self, InvalidMoney> {
        Self::new(centavos, Currency::MXN)
    }

    /// An amount from centavos in canonical decimal, as they are written in JSON.
    ///
    /// # Errors
    /// [`InvalidMoney::Centavos`] for a sign, a leading zero or anything but digits.
    pub fn from_decimal(centavos: &str, currency: Currency) -> Result<Self, InvalidMoney> {
        let is_canonical = !centavos.is_empty()
            && centavos.len() <= 19
            && centavos.bytes().all(|byte| byte.is_ascii_digit())
            && (centavos == "0" || !centavos.starts_with('0'));
        if !is_canonical {
            return Err(InvalidMoney::Centavos);
        }
        Self::new(centavos.parse().map_err(|_| InvalidMoney::TooLarge)?, currency)
    }

    /// Whole centavos, 0 to [`CENTAVOS_MAX`].
    #[must_use]
    pub fn centavos(&self) -> u64 {
        self.centavos
    }

    /// The currency.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The median of amounts of one currency; of an even number the mean of the middle two, half
    /// up to the centavo. `None` for no amounts or for more than one currency.
    #[must_use]
    pub fn median(amounts: &[Self]) -> Option<Self> {
        let currency = amounts.first()?.currency;
        if amounts.iter().any(|amount| amount.currency != currency) {
            return None;
        }
        let mut centavos: Vec<u64> = amounts.iter().map(|amount| amount.centavos).collect();
        centavos.sort_unstable();
        let middle = centavos.len() / 2;
        let median = if centavos.len() % 2 == 1 {
            centavos[middle]
        } else {
            (centavos[middle - 1] + centavos[middle]).div_ceil(2)
        };
        Some(Self { centavos: median, currency })
    }
}

impl fmt::Display for Money {
    /// Writes pesos and centavos, e.g. `$2,000,000.00 MXN`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pesos = (self.centavos / 100).to_string();
        let first = pesos.len() % 3;
        let mut grouped = String::from(&pesos[..first]);
        for (index, digit) in pesos[first..].chars().enumerate() {
            if index % 3 == 0 && !grouped.is_empty() {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        write!(f, "${grouped}.{:02} {}", self.centavos % 100, self.currency)
    }
}

impl From<Money> for RecordedMoney {
    fn from(money: Money) -> Self {
        Self { centavos: money.centavos.to_string(), currency: money.currency }
    }
}

impl TryFrom<RecordedMoney> for Money {
    type Error = InvalidMoney;

    fn try_from(recorded: RecordedMoney) -> Result<Self, InvalidMoney> {
        Self::from_decimal(&recorded.centavos, recorded.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mxn(centavos: u64) -> Money {
        Money::mxn(centavos).unwrap()
    }

    #[test]
    fn an_amount_is_a_decimal_string_in_json() {
        let json = r#"{"centavos":"200000000","currency":"MXN"}"#;
        let money: Money = serde_json::from_str(json).unwrap();
        assert_eq!(money, mxn(200_000_000));
        assert_eq!(serde_json::to_string(&money).unwrap(), json);
    }

    #[test]
    fn a_sign_a_leading_zero_or_a_number_is_refused() {
        for centavos in ["\"-1\"", "\"01\"", "\"\"", "1", "\"1.5\"", "\"1000000000000001\""] {
            let json = format!(r#"{{"centavos":{centavos},"currency":"MXN"}}"#);
            assert!(serde_json::from_str::<Money>(&json).is_err(), "{json}");
        }
        assert!(serde_json::from_str::<Money>(r#"{"centavos":"1","currency":"mxn"}"#).is_err());
    }

    #[test]
    fn the_median_of_an_even_number_rounds_half_up_to_the_centavo() {
        assert_eq!(Money::median(&[mxn(1), mxn(2)]), Some(mxn(2)));
        assert_eq!(Money::median(&[mxn(4), mxn(2)]), Some(mxn(3)));
        assert_eq!(Money::median(&[mxn(3), mxn(1), mxn(9)]), Some(mxn(3)));
        assert_eq!(Money::median(&[]), None);
    }

    #[test]
    fn the_median_of_two_currencies_does_not_exist() {
        let usd = Currency::try_from("USD".to_owned()).unwrap();
        assert_eq!(Money::median(&[mxn(1), Money::new(1, usd).unwrap()]), None);
    }

    #[test]
    fn an_amount_reads_as_pesos() {
        assert_eq!(mxn(200_000_000).to_string(), "$2,000,000.00 MXN");
        assert_eq!(mxn(5).to_string(), "$0.05 MXN");
        assert_eq!(mxn(12_345).to_string(), "$123.45 MXN");
    }

    proptest! {
        #[test]
        fn a_written_amount_reads_back(centavos in 0..=CENTAVOS_MAX) {
            let money = mxn(centavos);
            let json = serde_json::to_string(&money).unwrap();
            prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        }

        #[test]
        fn the_median_lies_between_the_extremes(amounts in prop::collection::vec(0..=CENTAVOS_MAX, 1..9)) {
            let all: Vec<Money> = amounts.iter().map(|&centavos| mxn(centavos)).collect();
            let median = Money::median(&all).unwrap().centavos();
            prop_assert!(amounts.iter().min().unwrap() <= &median);
            prop_assert!(amounts.iter().max().unwrap() >= &median);
        }
    }
}
