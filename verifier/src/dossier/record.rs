//! Reading what events say; whatever is not of its shape refuses the event.

use std::fmt;

use super::contradiction::Contradiction;
use super::event::Event;
use crate::encoding;
use crate::json::{Value, canonical_profile};
use crate::merkle::Hash;

/// The most centavos an amount has: sums and shares of such amounts fit `u128` by far.
const CENTAVOS_MAX: u64 = 1_000_000_000_000_000;

/// A value that an event says or discloses.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub event: &'a Event,
    pub value: &'a Value,
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Money<'a> {
    pub centavos: u64,
    pub currency: &'a str,
}

impl fmt::Display for Money<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { centavos, currency } = self;
        write!(f, "{}.{:02} {currency}", centavos / 100, centavos % 100)
    }
}

impl<'a> Record<'a> {
    fn member<T>(
        self,
        name: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, Contradiction> {
        let value = self.value.get(name).and_then(read);
        value.ok_or_else(|| self.event.refuse("a member is missing or not of its shape", name))
    }

    pub(super) fn get(self, name: &'static str) -> Result<Self, Contradiction> {
        let value = self.member(name, Some)?;
        Ok(Self { value, ..self })
    }

    pub(super) fn text(self, name: &'static str) -> Result<&'a str, Contradiction> {
        self.member(name, Value::as_str)
    }

    pub(super) fn flag(self, name: &'static str) -> Result<bool, Contradiction> {
        self.member(name, |value| if let Value::Bool(flag) = value { Some(*flag) } else { None })
    }

    pub(super) fn number(self, name: &'static str) -> Result<u32, Contradiction> {
        self.member(name, number)
    }

    pub(super) fn position(self, name: &'static str) -> Result<u64, Contradiction> {
        self.member(name, |value| encoding::position(value.as_str()?))
    }

    pub(super) fn instant(self, name: &'static str) -> Result<i64, Contradiction> {
        self.member(name, |value| encoding::instant_ms(value.as_str()?))
    }

    pub(super) fn hash(self, name: &'static str) -> Result<Hash, Contradiction> {
        self.member(name, |value| encoding::unhex_array(value.as_str()?))
    }

    pub(super) fn money(self, name: &'static str) -> Result<Money<'a>, Contradiction> {
        self.member(name, |value| {
            let centavos = encoding::position(value.get("centavos")?.as_str()?)?;
            let currency = value.get("currency")?.as_str()?;
            (centavos <= CENTAVOS_MAX).then_some(Money { centavos, currency })
        })
    }

    pub(super) fn list(self, name: &'static str) -> Result<Vec<Self>, Contradiction> {
        let items = self.member(name, Value::as_array)?;
        Ok(items.iter().map(|value| Self { value, ..self }).collect())
    }

    pub(super) fn numbers(self, name: &'static str) -> Result<Vec<u32>, Contradiction> {
        self.member(name, |value| value.as_array()?.iter().map(number).collect())
    }

    pub(super) fn texts(self, name: &'static str) -> Result<Vec<&'a str>, Contradiction> {
        self.member(name, |value| value.as_array()?.iter().map(Value::as_str).collect())
    }

    /// A contradiction unless the value is `shown`.
    pub(super) fn is(self, what: &'static str, shown: &Value) -> Result<(), Contradiction> {
        self.event.same(
            what,
            canonical_profile(self.value).as_str(),
            canonical_profile(shown).as_str(),
        )
    }
}

fn number(value: &Value) -> Option<u32> {
    if let Value::Integer(number) = value { u32::try_from(*number).ok() } else { None }
}

/// What sorts masks in the order they are given in: A, B, …, Z, AA, …
pub(super) const fn mask_order(mask: &str) -> (usize, &str) {
    (mask.len(), mask)
}

/// A ratio rounded half up to a whole number.
pub(super) const fn half_up(numerator: u128, denominator: u128) -> u128 {
    (numerator + numerator + denominator) / (denominator + denominator)
}
