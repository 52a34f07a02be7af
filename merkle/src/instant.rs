//! Instants as the format writes them: `YYYY-MM-DDThh:mm:ss.sssZ`.

use jiff::Timestamp;

/// Formats milliseconds since 1970-01-01 UTC, or `None` outside the years 1970 to 9999.
///
/// ```
/// assert_eq!(merkle::instant::format(1_523_541_600_000).unwrap(), "2018-04-12T14:00:00.000Z");
/// ```
#[must_use]
pub fn format(milliseconds: i64) -> Option<String> {
    let instant = Timestamp::from_millisecond(milliseconds).ok()?;
    let text = format!("{instant:.3}");
    (milliseconds >= 0 && text.len() == 24).then_some(text)
}

/// Reads an instant; anything but the one canonical spelling is refused.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let milliseconds = text.parse::<Timestamp>().ok()?.as_millisecond();
    (format(milliseconds)? == text).then_some(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        assert_eq!(parse("1970-01-01T00:00:00.000Z"), Some(0));
        for text in [
            "2018-04-12T14:00:00Z",
            "2018-04-12T14:00:00.0000Z",
            "2018-04-12T09:00:00.000-05:00",
            "2018-04-12t14:00:00.000z",
            "2018-02-30T00:00:00.000Z",
            "2018-04-12T14:00:60.000Z",
            "1969-12-31T23:59:59.999Z",
            " 2018-04-12T14:00:00.000Z",
            "",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
