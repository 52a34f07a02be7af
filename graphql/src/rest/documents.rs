//! Documents that an event made public.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::{Path, State as From};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use axum::response::Response;
use merkle::Hash;

use super::caching::{Cached, IMMUTABLE};
use crate::{Problem, State};

/// The bytes of a public document.
#[utoipa::path(
    get, path = "/documents/{sha256}", tag = "Documents",
    params(("sha256" = String, Path, description = "`0x` and the SHA-256 of the bytes in lower-case hexadecimal")),
    responses(
        (status = 200, description = "The document's exact bytes, to be saved under its name",
         content_type = "application/octet-stream"),
        (status = 304, description = "Not modified"),
        (status = 404, description = "No such document, or it is not public (yet)", body = Problem,
         content_type = "application/problem+json")
    )
)]
pub(super) async fn document(
    From(state): From<State>,
    Path(sha256): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // One answer for all: nobody finds out by its hash whether a sealed document exists.
    let not_found = || Problem::not_found("No hay ningún documento público con esa huella.");
    let hash = read_hash(&sha256).ok_or_else(not_found)?;
    let view = state.reader.view(0, Duration::ZERO).await?;
    let document = view.document(&sha256).await?.ok_or_else(not_found)?;
    let bytes = state.application.document(&hash).await;
    let body = bytes.map_err(|error| Problem::broken(&error))?.ok_or_else(not_found)?;
    let mut response = Cached {
        body,
        content_type: content_type(&document.media_type),
        cache_control: IMMUTABLE,
        last_modified: None,
    }
    .answer(&headers);
    let headers = response.headers_mut();
    headers.insert(CONTENT_DISPOSITION, disposition(&document.name));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// There is one way to write a hash, the one that events have.
pub(crate) fn read_hash(text: &str) -> Option<Hash> {
    let digits = text.strip_prefix("0x")?;
    let is_lower = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    if digits.len() != 64 || !digits.bytes().all(is_lower) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..32).map(byte).collect();
    bytes?.try_into().ok()
}

/// The types that documents may have; of any other nothing is claimed.
fn content_type(media_type: &str) -> &'static str {
    match media_type {
        "text/plain" => "text/plain; charset=utf-8",
        "text/markdown" => "text/markdown; charset=utf-8",
        "text/csv" => "text/csv; charset=utf-8",
        "application/json" => "application/json",
        "application/pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

/// Always saved, never shown as a page of this site (RFC 6266): whoever wrote it is not the operator.
fn disposition(name: &str) -> HeaderValue {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || " ._-()".contains(it);
    let fallback: String = name.chars().map(|it| if is_plain(it) { it } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a String takes every text");
        }
    }
    HeaderValue::from_str(&format!(
        "attachment; filename=\"{fallback}\"; filename*=UTF-8''{encoded}"
    ))
    .expect("letters, digits and a few signs are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        let written = disposition("técnica \"A\"; x=\r\n.pdf");
        assert_eq!(
            written,
            "attachment; filename=\"t_cnica _A__ x___.pdf\"; \
             filename*=UTF-8''t%C3%A9cnica%20%22A%22%3B%20x%3D%0D%0A.pdf"
        );
    }

    #[test]
    fn every_kind_of_document_has_a_type_and_no_other_is_claimed() {
        for media_type in domain::document::MEDIA_TYPES {
            assert!(content_type(media_type).starts_with(media_type), "{media_type}");
        }
        assert_eq!(content_type("text/html"), "application/octet-stream");
    }

    #[test]
    fn a_hash_is_written_in_one_way() {
        let text = merkle::hash::to_hex(&[0xAB; 32]);
        assert_eq!(read_hash(&text), Some([0xAB; 32]));
        for other in [&text[2..], &text.to_uppercase(), &text[..64], "", "0x", "0xé"] {
            assert_eq!(read_hash(other), None, "{other}");
        }
    }
}
