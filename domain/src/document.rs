//! Documents (anexos) as they are read at the door: a name, a kind, a hash, a size.

use crate::content::Document;
use crate::hash::from_hex;
use crate::rejection::{InputRejection, in_range};
use crate::text::{self, TITLE_CHARS_MAX};

/// The most bytes one document may have.
pub const DOCUMENT_BYTES_MAX: u32 = 65_536;

/// The most documents one envelope or deliverable may have.
pub const DOCUMENTS_MAX: usize = 20;

/// What a document may be.
pub const MEDIA_TYPES: [&str; 5] =
    ["text/plain", "text/markdown", "application/pdf", "application/json", "text/csv"];

/// Reads what is said of a document; its bytes are kept elsewhere.
///
/// # Errors
/// [`InputRejection`] that names the first member of `field` which is not of its shape.
pub fn read_document(
    field: &str,
    name: &str,
    media_type: &str,
    sha256: String,
    bytes: u32,
) -> Result<Document, InputRejection> {
    let name_field = format!("{field}.name");
    let name = text::line(&name_field, name, TITLE_CHARS_MAX)?;
    // A path in a name would leave the folder the document is downloaded to.
    if name.contains(['/', '\\']) || name == "." || name == ".." {
        let expected = "un nombre de archivo sin diagonales, como proposicion.pdf";
        return Err(InputRejection::Format { field: name_field, expected });
    }
    let Some(media_type) = MEDIA_TYPES.into_iter().find(|known| *known == media_type.trim()) else {
        return Err(InputRejection::Format {
            field: format!("{field}.mediaType"),
            expected: "text/plain, text/markdown, application/pdf, application/json o text/csv",
        });
    };
    if from_hex(&sha256).is_none() {
        return Err(InputRejection::Format {
            field: format!("{field}.sha256"),
            expected: "0x y 64 dígitos hexadecimales en minúsculas",
        });
    }
    in_range(&format!("{field}.bytes"), u64::from(bytes), 1, u64::from(DOCUMENT_BYTES_MAX))?;
    Ok(Document { name, media_type: media_type.to_owned(), sha256, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rejection::Refusal;

    fn hash() -> String {
        format!("0x{}", "0f".repeat(32))
    }

    fn field_of(name: &str, media_type: &str, sha256: &str, bytes: u32) -> Option<String> {
        read_document("technical[0]", name, media_type, sha256.to_owned(), bytes)
            .err()
            .and_then(|rejection| rejection.field())
    }

    #[test]
    fn a_document_is_read_into_normal_form() {
        let document = read_document("f", " te\u{301}cnica.md ", "text/markdown ", hash(), 9);
        let expected = Document {
            name: "técnica.md".to_owned(),
            media_type: "text/markdown".to_owned(),
            sha256: hash(),
            bytes: 9,
        };
        assert_eq!(document, Ok(expected));
    }

    #[test]
    fn a_name_is_one_line_and_no_path() {
        for name in ["", "a\nb.md", "../a.md", "a/b", "a\\b", ".", "..", &"ñ".repeat(201)] {
            let field = field_of(name, "text/plain", &hash(), 1);
            assert_eq!(field.as_deref(), Some("technical[0].name"), "{name:?}");
        }
        assert_eq!(field_of(&"ñ".repeat(200), "text/plain", &hash(), 1), None);
    }

    #[test]
    fn only_the_listed_media_types_are_taken() {
        for media_type in MEDIA_TYPES {
            assert_eq!(field_of("a", media_type, &hash(), 1), None);
        }
        for media_type in ["", "text/html", "image/svg+xml", "TEXT/PLAIN", "text/plain;x=1"] {
            let field = field_of("a", media_type, &hash(), 1);
            assert_eq!(field.as_deref(), Some("technical[0].mediaType"), "{media_type}");
        }
    }

    #[test]
    fn a_hash_is_written_in_one_way() {
        for sha256 in ["", "0x", &hash()[2..], &hash().to_uppercase(), &format!("{}0", hash())] {
            let field = field_of("a", "text/csv", sha256, 1);
            assert_eq!(field.as_deref(), Some("technical[0].sha256"), "{sha256}");
        }
    }

    #[test]
    fn a_document_has_one_byte_to_the_most() {
        for bytes in [0, DOCUMENT_BYTES_MAX + 1] {
            let rejection = read_document("d", "a", "text/csv", hash(), bytes).unwrap_err();
            let (field, max) = ("d.bytes".to_owned(), u64::from(DOCUMENT_BYTES_MAX));
            assert_eq!(rejection, InputRejection::OutOfRange { field, min: 1, max });
        }
        assert_eq!(field_of("a", "text/csv", &hash(), 1), None);
        assert_eq!(field_of("a", "text/csv", &hash(), DOCUMENT_BYTES_MAX), None);
    }
}
