//! Scalars of the schema.
//!
//! An input scalar takes any string: what it says is read where the field's name is known, so that whoever
//! mistyped an id is told which one.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use domain::rejection::InputRejection;
use domain::{Day, Timestamp};
use uuid::Uuid;

macro_rules! text_scalar {
    ($(#[$doc:meta])* $name:ident, $graphql:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub(crate) struct $name(pub(crate) String);

        $(#[$doc])*
        #[Scalar(name = $graphql)]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => Ok(Self(text)),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    };
}

text_scalar!(
    /// A UUID in lower case with hyphens.
    UuidText, "UUID"
);
text_scalar!(
    /// A place in the log, or a number of events, in canonical decimal: 64 bits do not fit into a JSON number.
    Position, "Position"
);
text_scalar!(
    /// An instant of UTC, `YYYY-MM-DDThh:mm:ss.sssZ`.
    Instant, "Instant"
);
text_scalar!(
    /// A day, `YYYY-MM-DD`.
    DayText, "Day"
);

impl UuidText {
    pub(crate) fn read(&self, field: &str) -> Result<Uuid, InputRejection> {
        Uuid::try_parse(&self.0)
            .ok()
            .filter(|id| id.to_string() == self.0)
            .ok_or_else(|| format(field, "un UUID en minúsculas con guiones"))
    }
}

impl From<Uuid> for UuidText {
    fn from(id: Uuid) -> Self {
        Self(id.to_string())
    }
}

impl Position {
    pub(crate) fn read(&self, field: &str) -> Result<u64, InputRejection> {
        let text = self.0.as_str();
        text.parse().ok().filter(|number: &u64| number.to_string() == text).ok_or_else(|| {
            format(field, "un número entero en decimal, sin signo ni ceros a la izquierda")
        })
    }
}

impl From<u64> for Position {
    fn from(position: u64) -> Self {
        Self(position.to_string())
    }
}

impl Instant {
    pub(crate) fn read(&self, field: &str) -> Result<Timestamp, InputRejection> {
        Timestamp::parse(&self.0)
            .map_err(|_| format(field, "un instante que exista, como 2018-04-12T14:00:00.000Z"))
    }

    /// Milliseconds since 1970-01-01 UTC; every stored instant lies in 1970–9999.
    pub(crate) fn from_millis(millis: i64) -> Self {
        Self(Timestamp::from_millis(millis).map(|instant| instant.to_string()).unwrap_or_default())
    }
}

impl From<Timestamp> for Instant {
    fn from(instant: Timestamp) -> Self {
        Self(instant.to_string())
    }
}

impl DayText {
    pub(crate) fn read(&self, field: &str) -> Result<Day, InputRejection> {
        Day::parse(&self.0).map_err(|_| format(field, "un día que exista, como 2018-04-12"))
    }
}

impl From<Day> for DayText {
    fn from(day: Day) -> Self {
        Self(day.to_string())
    }
}

pub(crate) fn format(field: &str, expected: &'static str) -> InputRejection {
    InputRejection::Format { field: field.to_owned(), expected }
}
