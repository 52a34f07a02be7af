//! Buying units (unidades compradoras).

use crate::aggregate::{Aggregate, aggregate_events};
use crate::event::{CorruptHistory, UnitRegistered};
use crate::id::UnitKey;
use crate::rejection::{InputRejection, Refusal};
use crate::text::{self, TITLE_CHARS_MAX};
use crate::time::Timestamp;

/// What may be asked of a buying unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitCommand {
    /// Enter it in the register.
    Register(RegisterUnit),
}

/// What is written to register a unit.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegisterUnit {
    /// Its key, nine digits or capital letters.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The body it buys for.
    pub buyer: String,
}

aggregate_events!(
    /// What is recorded of a buying unit.
    UnitEvent of "buying unit" {
        /// It entered the register.
        Registered(UnitRegistered),
    }
);

/// How a command to a buying unit is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitRejection {
    /// A member of the input is not of its shape.
    #[error(transparent)]
    Input(#[from] InputRejection),
    /// The key is in the register.
    #[error("unit {key} is registered")]
    AlreadyRegistered {
        /// The key.
        key: UnitKey,
    },
}

impl Refusal for UnitRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Input(input) => input.code(),
            Self::AlreadyRegistered { .. } => "unit-already-registered",
        }
    }

    fn message_es(&self) -> String {
        match self {
            Self::Input(input) => input.message_es(),
            Self::AlreadyRegistered { key } => format!(
                "La unidad compradora {key} ya está registrada: use la existente o escriba otra clave."
            ),
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            Self::Input(input) => input.field(),
            Self::AlreadyRegistered { .. } => Some("key".to_owned()),
        }
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Input(input) => input.details(),
            Self::AlreadyRegistered { key } => vec![("key", key.to_string())],
        }
    }
}

/// A buying unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Unit {
    /// Not in the register.
    #[default]
    Unregistered,
    /// In the register.
    Registered(Box<UnitRegistered>),
}

impl Unit {
    /// The unit's data, if it is in the register.
    #[must_use]
    pub fn registered(&self) -> Option<&UnitRegistered> {
        match self {
            Self::Unregistered => None,
            Self::Registered(unit) => Some(unit),
        }
    }
}

impl Aggregate for Unit {
    type Command = UnitCommand;
    type Event = UnitEvent;
    type Rejection = UnitRejection;

    fn decide(
        &self,
        command: UnitCommand,
        _now: Timestamp,
    ) -> Result<Vec<UnitEvent>, UnitRejection> {
        match (self, command) {
            (Self::Registered(unit), UnitCommand::Register(_)) => {
                Err(UnitRejection::AlreadyRegistered { key: unit.key.clone() })
            }
            (Self::Unregistered, UnitCommand::Register(input)) => {
                Ok(vec![UnitEvent::Registered(Box::new(UnitRegistered {
                    key: read_key("key", &input.key)?,
                    name: text::line("name", &input.name, TITLE_CHARS_MAX)?,
                    buyer: text::line("buyer", &input.buyer, TITLE_CHARS_MAX)?,
                }))])
            }
        }
    }

    fn evolve(self, event: &UnitEvent) -> Result<Self, CorruptHistory> {
        match (self, event) {
            (Self::Unregistered, UnitEvent::Registered(unit)) => Ok(Self::Registered(unit.clone())),
            (Self::Registered(_), UnitEvent::Registered(_)) => Err(CorruptHistory::OutOfOrder {
                aggregate: "buying unit",
                status: "registered",
                event_type: "UnitRegistered",
            }),
        }
    }
}

/// Reads the key of a unit.
///
/// # Errors
/// [`InputRejection`] that names `field`.
pub fn read_key(field: &str, text: &str) -> Result<UnitKey, InputRejection> {
    text.trim().to_uppercase().parse().map_err(|_| InputRejection::Format {
        field: field.to_owned(),
        expected: "la clave de la unidad compradora, nueve dígitos o letras",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::tests::given;

    fn register() -> RegisterUnit {
        RegisterUnit {
            key: " 009000999 ".to_owned(),
            name: "Unidad de prueba".to_owned(),
            buyer: "Coordinación de Estrategia Digital Nacional (demostración)".to_owned(),
        }
    }

    fn registered() -> UnitEvent {
        UnitEvent::Registered(Box::new(UnitRegistered {
            key: "009000999".parse().unwrap(),
            name: "Unidad de prueba".to_owned(),
            buyer: "Coordinación de Estrategia Digital Nacional (demostración)".to_owned(),
        }))
    }

    #[test]
    fn a_unit_enters_the_register() {
        given::<Unit>([]).when(UnitCommand::Register(register())).then([registered()]);
    }

    #[test]
    fn a_key_is_registered_once() {
        given::<Unit>([registered()])
            .when(UnitCommand::Register(register()))
            .then_rejected(UnitRejection::AlreadyRegistered { key: "009000999".parse().unwrap() });
    }

    #[test]
    fn a_key_of_another_shape_is_refused() {
        let command = RegisterUnit { key: "09-000".to_owned(), ..register() };
        given::<Unit>([]).when(UnitCommand::Register(command)).then_rejected(
            InputRejection::Format {
                field: "key".to_owned(),
                expected: "la clave de la unidad compradora, nueve dígitos o letras",
            }
            .into(),
        );
    }

    #[test]
    fn a_unit_without_a_name_is_refused() {
        let command = RegisterUnit { name: "  ".to_owned(), ..register() };
        given::<Unit>([])
            .when(UnitCommand::Register(command))
            .then_rejected(InputRejection::Empty { field: "name".to_owned() }.into());
    }

    #[test]
    fn a_second_registration_in_history_is_corrupt() {
        assert!(Unit::replay(&[registered(), registered()]).is_err());
    }
}
