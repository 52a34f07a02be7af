//! The business "no": a code for programs, a sentence for the person, and what was compared.

use std::fmt::Debug;

/// A refusal of a command. Never an incident: see [`crate::event::CorruptHistory`] for those.
pub trait Refusal: std::error::Error {
    /// A stable slug, e.g. `minimum-period`.
    fn code(&self) -> &'static str;

    /// One Spanish sentence or two: what is wrong and what to do next.
    fn message_es(&self) -> String;

    /// The input member to correct, by its camelCase path, if there is one.
    fn field(&self) -> Option<String> {
        None
    }

    /// What was compared, as pairs for programs; instants and amounts as they are recorded.
    fn details(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A member of the input that is not of its shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputRejection {
    /// Nothing was written.
    #[error("{field} is empty")]
    Empty {
        /// The member's path.
        field: String,
    },
    /// More characters than the field takes.
    #[error("{field} has more than {chars_max} characters")]
    TooLong {
        /// The member's path.
        field: String,
        /// The most it takes.
        chars_max: usize,
    },
    /// Fewer characters than the field needs.
    #[error("{field} has fewer than {chars_min} characters")]
    TooShort {
        /// The member's path.
        field: String,
        /// The least it needs.
        chars_min: usize,
    },
    /// A control, direction or other invisible character.
    #[error("{field} holds an invisible character")]
    Invisible {
        /// The member's path.
        field: String,
    },
    /// Not in the format of the field.
    #[error("{field} is not in its format")]
    Format {
        /// The member's path.
        field: String,
        /// The format, in Spanish, as the object of "escriba …".
        expected: &'static str,
    },
    /// Fewer or more entries, or a smaller or larger number, than the field takes.
    #[error("{field} is outside {min} to {max}")]
    OutOfRange {
        /// The member's path.
        field: String,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// The same id twice in one list.
    #[error("{field} repeats the id {id}")]
    RepeatedId {
        /// The list's path.
        field: String,
        /// The id that occurs more than once.
        id: String,
    },
}

impl InputRejection {
    fn member(&self) -> &str {
        match self {
            Self::Empty { field }
            | Self::TooLong { field, .. }
            | Self::TooShort { field, .. }
            | Self::Invisible { field }
            | Self::Format { field, .. }
            | Self::OutOfRange { field, .. }
            | Self::RepeatedId { field, .. } => field,
        }
    }
}

impl Refusal for InputRejection {
    fn code(&self) -> &'static str {
        match self {
            Self::Empty { .. } => "empty-field",
            Self::TooLong { .. } => "text-too-long",
            Self::TooShort { .. } => "text-too-short",
            Self::Invisible { .. } => "invisible-character",
            Self::Format { .. } => "invalid-format",
            Self::OutOfRange { .. } => "out-of-range",
            Self::RepeatedId { .. } => "repeated-id",
        }
    }

    fn message_es(&self) -> String {
        let field = self.member();
        match self {
            Self::Empty { .. } => format!("El campo «{field}» está vacío: escriba un valor."),
            Self::TooLong { chars_max, .. } => {
                format!("El campo «{field}» admite {chars_max} caracteres: acórtelo.")
            }
            Self::TooShort { chars_min, .. } => {
                format!(
                    "El campo «{field}» necesita al menos {chars_min} caracteres: explíquelo más."
                )
            }
            Self::Invisible { .. } => format!(
                "El campo «{field}» contiene caracteres invisibles o de control: escríbalo de nuevo sin ellos."
            ),
            Self::Format { expected, .. } => {
                format!("El campo «{field}» no tiene el formato esperado: escriba {expected}.")
            }
            Self::OutOfRange { min, max, .. } => {
                format!("El campo «{field}» debe estar entre {min} y {max}: corríjalo.")
            }
            Self::RepeatedId { id, .. } => format!(
                "En «{field}» el identificador «{id}» aparece más de una vez: use uno distinto para cada elemento."
            ),
        }
    }

    fn field(&self) -> Option<String> {
        Some(self.member().to_owned())
    }

    fn details(&self) -> Vec<(&'static str, String)> {
        let mut details = vec![("rule", self.code().to_owned())];
        match self {
            Self::TooLong { chars_max, .. } => details.push(("charsMax", chars_max.to_string())),
            Self::TooShort { chars_min, .. } => details.push(("charsMin", chars_min.to_string())),
            Self::OutOfRange { min, max, .. } => {
                details.push(("min", min.to_string()));
                details.push(("max", max.to_string()));
            }
            Self::RepeatedId { id, .. } => details.push(("id", id.clone())),
            Self::Empty { .. } | Self::Invisible { .. } | Self::Format { .. } => {}
        }
        details
    }
}

/// Names in their order, as they are read out and as programs take them apart: `A, B, C`.
pub(crate) fn listed<T: ToString>(names: &[T]) -> String {
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Refuses a list in which an id occurs twice.
///
/// # Errors
/// [`InputRejection::RepeatedId`] with the first id that does.
pub fn unique_ids<'a, T: ToString + PartialEq + 'a>(
    field: &str,
    ids: impl IntoIterator<Item = &'a T>,
) -> Result<(), InputRejection> {
    let mut seen: Vec<&T> = Vec::new();
    for id in ids {
        if seen.contains(&id) {
            return Err(InputRejection::RepeatedId { field: field.to_owned(), id: id.to_string() });
        }
        seen.push(id);
    }
    Ok(())
}

/// Refuses a number, or a length, outside `min` to `max`.
///
/// # Errors
/// [`InputRejection::OutOfRange`].
pub fn in_range(field: &str, value: u64, min: u64, max: u64) -> Result<(), InputRejection> {
    if (min..=max).contains(&value) {
        Ok(())
    } else {
        Err(InputRejection::OutOfRange { field: field.to_owned(), min, max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_rejection_names_its_field_and_its_rule() {
        let rejection = InputRejection::TooLong { field: "title".to_owned(), chars_max: 200 };
        assert_eq!(rejection.code(), "text-too-long");
        assert_eq!(rejection.field().as_deref(), Some("title"));
        assert!(rejection.message_es().contains("«title»"));
        assert!(rejection.details().contains(&("charsMax", "200".to_owned())));
    }

    #[test]
    fn an_id_that_occurs_twice_is_named() {
        let twice = unique_ids("items", &["1".to_owned(), "2".to_owned(), "1".to_owned()]);
        let named = InputRejection::RepeatedId { field: "items".to_owned(), id: "1".to_owned() };
        assert_eq!(twice, Err(named));
        assert_eq!(unique_ids("items", &["1".to_owned()]), Ok(()));
    }
}
