//! Validators and conditional requests (RFC 9110 §13).

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::Timestamp;
use jiff::tz::TimeZone;
use merkle::hash::{sha256, to_hex};

/// What does not change as long as its address does not.
pub(crate) const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// What is to be asked for again each time.
pub(crate) const REVALIDATE: &str = "no-cache";

const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// A body with its validators.
pub(crate) struct Cached {
    pub(crate) body: Vec<u8>,
    pub(crate) content_type: &'static str,
    pub(crate) cache_control: &'static str,
    pub(crate) last_modified: Option<Timestamp>,
}

impl Cached {
    /// The body, or 304 when the client has it already.
    pub(crate) fn answer(self, asked: &HeaderMap) -> Response {
        let etag = format!("\"{}\"", to_hex(&sha256(&self.body)).trim_start_matches("0x"));
        let is_known = match asked.get(IF_NONE_MATCH) {
            Some(known) => matches_any(known, &etag),
            None => self
                .last_modified
                .zip(asked.get(IF_MODIFIED_SINCE))
                .is_some_and(|(modified, since)| is_not_after(modified, since)),
        };
        let mut response = if is_known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(self.body).into_response()
        };
        let headers = response.headers_mut();
        if !is_known {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        }
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.cache_control));
        headers.insert(ETAG, text_value(&etag));
        if let Some(date) = self.last_modified.and_then(http_date) {
            headers.insert(LAST_MODIFIED, text_value(&date));
        }
        response
    }
}

fn matches_any(known: &HeaderValue, etag: &str) -> bool {
    let Ok(known) = known.to_str() else { return false };
    known.split(',').map(str::trim).any(|it| it == "*" || it.trim_start_matches("W/") == etag)
}

/// Dates of HTTP have whole seconds.
fn is_not_after(modified: Timestamp, since: &HeaderValue) -> bool {
    let since =
        since.to_str().ok().and_then(|text| jiff::fmt::strtime::parse(HTTP_DATE, text).ok());
    let since =
        since.and_then(|it| it.to_datetime().ok()).and_then(|it| it.to_zoned(TimeZone::UTC).ok());
    since.is_some_and(|it| modified.as_millis().div_euclid(1_000) <= it.timestamp().as_second())
}

fn http_date(instant: Timestamp) -> Option<String> {
    let instant = jiff::Timestamp::from_millisecond(instant.as_millis()).ok()?;
    Some(instant.to_zoned(TimeZone::UTC).strftime(HTTP_DATE).to_string())
}

fn text_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("hexadecimal digits and dates are visible ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_http_is_read_as_it_is_written() {
        let instant = Timestamp::parse("2018-04-12T14:00:00.900Z").unwrap();
        let written = http_date(instant).unwrap();
        assert_eq!(written, "Thu, 12 Apr 2018 14:00:00 GMT");
        assert!(is_not_after(instant, &text_value(&written)));
        assert!(!is_not_after(instant, &text_value("Thu, 12 Apr 2018 13:59:59 GMT")));
        assert!(!is_not_after(instant, &text_value("yesterday")));
    }

    #[test]
    fn one_of_several_tags_is_enough() {
        let matches = |known| matches_any(&text_value(known), "\"aa\"");
        assert!(matches("\"bb\", W/\"aa\""));
        assert!(matches("*"));
        assert!(!matches("\"a\""));
    }
}
