//! Text at the door: one normal form, no invisible characters, a length for every field.

use unicode_normalization::UnicodeNormalization;

use crate::rejection::InputRejection;

/// How long a title or a name may be, in characters.
pub const TITLE_CHARS_MAX: usize = 200;
/// How long a description, a need or a reason may be, in characters.
pub const PROSE_CHARS_MAX: usize = 4_000;
/// How long a justification has to be, in characters.
pub const JUSTIFICATION_CHARS_MIN: usize = 30;

/// Normalises one line of text: NFC, trimmed, without control or direction characters.
///
/// # Errors
/// [`InputRejection`] that names `field` when nothing is left, when the text is longer than
/// `chars_max` characters, or when it holds a character that cannot be seen.
pub fn line(field: &str, text: &str, chars_max: usize) -> Result<String, InputRejection> {
    // Counted before it is normalised, so that a huge text costs nothing.
    if text.len() > chars_max.saturating_mul(16) {
        return Err(InputRejection::TooLong { field: field.to_owned(), chars_max });
    }
    let normal: String = text.trim().nfc().collect();
    if normal.is_empty() {
        return Err(InputRejection::Empty { field: field.to_owned() });
    }
    if normal.chars().count() > chars_max {
        return Err(InputRejection::TooLong { field: field.to_owned(), chars_max });
    }
    if normal.chars().any(is_invisible) {
        return Err(InputRejection::Invisible { field: field.to_owned() });
    }
    Ok(normal)
}

/// As [`line()`], for a text that has to explain something.
///
/// # Errors
/// As [`line()`], and [`InputRejection::TooShort`] below [`JUSTIFICATION_CHARS_MIN`] characters.
pub fn justification(field: &str, text: &str) -> Result<String, InputRejection> {
    let text = line(field, text, PROSE_CHARS_MAX)?;
    if text.chars().count() < JUSTIFICATION_CHARS_MIN {
        let (field, chars_min) = (field.to_owned(), JUSTIFICATION_CHARS_MIN);
        return Err(InputRejection::TooShort { field, chars_min });
    }
    Ok(text)
}

/// As [`line()`], for a text that may be left out; blank counts as left out.
///
/// # Errors
/// As [`line()`], except that an empty text is `None`.
pub fn optional_line(
    field: &str,
    text: Option<&str>,
    chars_max: usize,
) -> Result<Option<String>, InputRejection> {
    match text.map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => line(field, text, chars_max).map(Some),
    }
}

/// An e-mail address by its shape: one `@`, a domain with a dot; the domain in lower case.
///
/// # Errors
/// [`InputRejection`] that names `field`.
pub fn email(field: &str, text: &str) -> Result<String, InputRejection> {
    let text = line(field, text, 254)?;
    let invalid = || InputRejection::Format {
        field: field.to_owned(),
        expected: "un correo como nombre@dominio.mx",
    };
    let (local, domain) = text.split_once('@').ok_or_else(invalid)?;
    let is_local = (1..=64).contains(&local.len())
        && local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b))
        && local.split('.').all(|part| !part.is_empty());
    let is_domain = domain.contains('.')
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
    if is_local && is_domain {
        Ok(format!("{local}@{}", domain.to_ascii_lowercase()))
    } else {
        Err(invalid())
    }
}

/// A Mexican telephone of ten national digits, returned as E.164 (`+52` and the ten digits).
///
/// Spaces, hyphens, parentheses and a leading `+52` are accepted.
///
/// # Errors
/// [`InputRejection`] that names `field`.
pub fn phone(field: &str, text: &str) -> Result<String, InputRejection> {
    let text = line(field, text, 32)?;
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')')).collect();
    let national = bare.strip_prefix("+52").unwrap_or(&bare);
    let is_phone = national.len() == 10
        && national.bytes().all(|byte| byte.is_ascii_digit())
        && !national.starts_with('0');
    if is_phone {
        Ok(format!("+52{national}"))
    } else {
        Err(InputRejection::Format {
            field: field.to_owned(),
            expected: "un teléfono de diez dígitos, con clave de larga distancia",
        })
    }
}

/// Characters that could make a text read differently from what it is.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fdd0}'..='\u{fdef}'
            | '\u{e0000}'..='\u{e007f}')
        || u32::from(character) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_is_trimmed_and_composed() {
        assert_eq!(line("title", "  Lici\u{301}tación ", 20), Ok("Licítación".to_owned()));
    }

    #[test]
    fn a_text_of_blanks_is_empty() {
        let empty = InputRejection::Empty { field: "title".to_owned() };
        assert_eq!(line("title", " \u{3000}\n", 20), Err(empty));
        assert_eq!(optional_line("parent", Some("  "), 20), Ok(None));
    }

    #[test]
    fn the_length_limit_counts_characters_and_is_inclusive() {
        assert!(line("title", &"ñ".repeat(20), 20).is_ok());
        let too_long = InputRejection::TooLong { field: "title".to_owned(), chars_max: 20 };
        assert_eq!(line("title", &"ñ".repeat(21), 20), Err(too_long.clone()));
        assert_eq!(line("title", &" ".repeat(1_000_000), 20), Err(too_long));
    }

    #[test]
    fn invisible_characters_are_refused() {
        for text in ["a\u{0}b", "a\tb", "a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{ffff}b"] {
            let refused = Err(InputRejection::Invisible { field: "title".to_owned() });
            assert_eq!(line("title", text, 20), refused, "{text:?}");
        }
    }

    #[test]
    fn an_email_needs_a_name_and_a_domain_with_a_dot() {
        assert_eq!(
            email("correo", " Luis.Perez@Example.MX "),
            Ok("Luis.Perez@example.mx".to_owned())
        );
        for text in ["luis", "@example.mx", "luis@", "luis@mx", "a@b@c.mx", "a..b@c.mx", "a@-c.mx"]
        {
            assert!(email("correo", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_phone_has_ten_national_digits() {
        for text in ["5512341063", "55 1234 1063", "+52 (55) 1234-1063"] {
            assert_eq!(phone("telefono", text), Ok("+525512341063".to_owned()), "{text}");
        }
        for text in ["551234106", "55123410634", "0512341063", "55123410a3", "+15512341063"] {
            assert!(phone("telefono", text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_normal_text_is_its_own_normal_form(text in ".{0,40}") {
            if let Ok(normal) = line("title", &text, 80) {
                prop_assert_eq!(line("title", &normal, 80), Ok(normal.clone()));
            }
        }
    }
}
