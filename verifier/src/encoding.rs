//! The scalar encodings of the proof format, each with exactly one spelling per value (§1).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// `0x` and lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(2 + bytes.len() * 2);
    out.push_str("0x");
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// The bytes of [`hex`]; `None` for any other spelling.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks_exact(2).map(|pair| Some((nibble(pair[0])? << 4) | nibble(pair[1])?)).collect()
}

/// Exactly `N` bytes of [`hex`].
#[must_use]
pub fn unhex_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    unhex(text)?.try_into().ok()
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Unpadded base64url.
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of unpadded base64url whose unused bits are zero; `None` for any other spelling.
#[must_use]
pub fn unbase64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Exactly `N` bytes of [`base64url`].
#[must_use]
pub fn unbase64url_array<const N: usize>(text: &str) -> Option<[u8; N]> {
    unbase64url(text)?.try_into().ok()
}

/// Padded standard base64, as signed notes use it.
#[must_use]
pub fn base64_standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of padded standard base64 whose unused bits are zero; `None` for any other spelling.
#[must_use]
pub fn unbase64_standard(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// A position: canonical decimal from `0` to `18446744073709551615`.
#[must_use]
pub fn position(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}

/// Milliseconds since 1970-01-01T00:00:00Z of an instant `YYYY-MM-DDThh:mm:ss.sssZ`.
#[must_use]
pub fn instant_ms(text: &str) -> Option<i64> {
    const PATTERN: &[u8; 24] = b"dddd-dd-ddTdd:dd:dd.dddZ";
    let bytes = text.as_bytes();
    if bytes.len() != PATTERN.len() {
        return None;
    }
    let fits = |(byte, want): (&u8, &u8)| match want {
        b'd' => byte.is_ascii_digit(),
        _ => byte == want,
    };
    if !bytes.iter().zip(PATTERN).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let valid_date = year >= 1970 && (1..=days_in(year, month)?).contains(&day);
    if !valid_date || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Some(seconds * 1000 + number(20, 23)?)
}

/// The instant that is `ms` milliseconds after 1970, or the plain number outside years 1970–9999.
///
/// # Panics
/// Never: the number of days was checked to fit.
#[must_use]
pub fn instant(ms: i128) -> String {
    const LAST_MS: i128 = 253_402_300_799_999;
    if !(0..=LAST_MS).contains(&ms) {
        return format!("{ms} ms after 1970");
    }
    let (day_number, rest) = (ms / 86_400_000, ms % 86_400_000);
    let mut year = 1970;
    let mut days = i64::try_from(day_number).expect("within the years just checked");
    while days >= days_in_year(year) {
        days -= days_in_year(year);
        year += 1;
    }
    let mut month = 1;
    while let Some(length) = days_in(year, month)
        && days >= length
    {
        days -= length;
        month += 1;
    }
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1000 % 60, rest % 1000);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z", days + 1)
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

const fn days_in(year: i64, month: i64) -> Option<i64> {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if is_leap(year) { 29 } else { 28 }),
        _ => None,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let whole_years: i64 = (1970..year).map(days_in_year).sum();
    let whole_months: i64 = (1..month).filter_map(|earlier| days_in(year, earlier)).sum();
    whole_years + whole_months + day - 1
}

/// Whether `text` is a UUID in lower case with hyphens, of any version.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => nibble(byte).is_some(),
        })
}

/// The 16 bytes of a UUID in lower case with hyphens.
#[must_use]
pub fn uuid_bytes(text: &str) -> Option<[u8; 16]> {
    let digits = is_uuid(text).then(|| text.replace('-', ""))?;
    unhex_array(&format!("0x{digits}"))
}

/// Whether `text` is an event id: a `UUIDv7` in lower case with hyphens.
#[must_use]
pub fn is_event_id(text: &str) -> bool {
    is_uuid(text)
        && text.as_bytes()[14] == b'7'
        && matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_has_one_spelling() {
        assert_eq!(unhex(&hex(&[0, 0xab, 0xff])), Some(vec![0, 0xab, 0xff]));
        for wrong in ["", "00", "0X00", "0xAB", "0x0", "0x0g", "0x 0"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
        assert_eq!(unhex_array::<2>("0x00"), None);
    }

    #[test]
    fn base64url_has_one_spelling() {
        assert_eq!(unbase64url("_-8"), Some(vec![0xff, 0xef]));
        for wrong in ["_-9", "_-8=", "/+8", "_-8\n", "A"] {
            assert_eq!(unbase64url(wrong), None, "{wrong}");
        }
        for wrong in ["/+9=", "/+8", "_-8="] {
            assert_eq!(unbase64_standard(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn positions_have_one_spelling() {
        assert_eq!(position("0"), Some(0));
        assert_eq!(position("18446744073709551615"), Some(u64::MAX));
        for wrong in ["", "00", "01", "+1", "-0", "18446744073709551616", "1 ", "١"] {
            assert_eq!(position(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn instants_are_dates_that_exist() {
        assert_eq!(instant_ms("1970-01-01T00:00:00.000Z"), Some(0));
        assert_eq!(instant_ms("2024-02-29T12:34:56.789Z"), Some(1_709_210_096_789));
        for wrong in [
            "1969-12-31T23:59:59.999Z",
            "2023-02-29T00:00:00.000Z",
            "2024-13-01T00:00:00.000Z",
            "2024-00-01T00:00:00.000Z",
            "2024-01-00T00:00:00.000Z",
            "2024-01-01T24:00:00.000Z",
            "2024-01-01T00:60:00.000Z",
            "2024-01-01T23:59:60.000Z",
            "2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00.000z",
            "2024-01-01 00:00:00.000Z",
            "2024-01-01T00:00:00.000+00:00",
        ] {
            assert_eq!(instant_ms(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn instants_survive_a_round_trip() {
        for text in
            ["1970-01-01T00:00:00.000Z", "2024-02-29T12:34:56.789Z", "9999-12-31T23:59:59.999Z"]
        {
            assert_eq!(instant(instant_ms(text).unwrap().into()), text);
        }
    }

    #[test]
    fn an_event_id_is_a_version_7_uuid() {
        assert!(is_event_id("01890a5d-ac96-774b-bcce-b302099a8057"));
        for wrong in [
            "01890a5d-ac96-474b-bcce-b302099a8057",
            "01890a5d-ac96-774b-ccce-b302099a8057",
            "01890A5D-ac96-774b-bcce-b302099a8057",
            "01890a5dac96774bbcceb302099a8057",
        ] {
            assert!(!is_event_id(wrong), "{wrong}");
        }
    }
}
