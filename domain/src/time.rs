//! Instants and days. The clock itself is elsewhere: whoever decides is told what time it is.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// The zone in which the law's days are counted.
pub const LOCAL_ZONE: &str = "America/Mexico_City";

/// 9999-12-31T23:59:59.999Z.
const MILLIS_MAX: i64 = 253_402_300_799_999;

const MONTHS_ES: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

// The bundled copy, never the machine's: the same history gives the same days everywhere.
static ZONE: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZoneDatabase::bundled().get(LOCAL_ZONE).expect("the bundled tz database has Mexico City")
});

/// A text that is no instant or no day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTime {
    /// Not `YYYY-MM-DDThh:mm:ss.sssZ`.
    #[error("an instant is written YYYY-MM-DDThh:mm:ss.sssZ")]
    InstantFormat,
    /// Not `YYYY-MM-DDThh:mm:ss` with optional milliseconds.
    #[error("a local instant is written YYYY-MM-DDThh:mm:ss")]
    LocalFormat,
    /// Not `YYYY-MM-DD`.
    #[error("a day is written YYYY-MM-DD")]
    DayFormat,
    /// A date or hour the calendar does not have, or one outside 1970–9999.
    #[error("the calendar has no such date or hour between 1970 and 9999")]
    NotInCalendar,
    /// A local hour that a change of the clocks skipped or repeated.
    #[error("that local hour does not exist or exists twice in {LOCAL_ZONE}")]
    ClockChange,
}

/// An instant in whole milliseconds of UTC, years 1970–9999.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant that many milliseconds after 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`InvalidTime::NotInCalendar`] outside the years 1970–9999.
    pub fn from_millis(millis: i64) -> Result<Self, InvalidTime> {
        if (0..=MILLIS_MAX).contains(&millis) {
            Ok(Self(millis))
        } else {
            Err(InvalidTime::NotInCalendar)
        }
    }

    /// Reads exactly `YYYY-MM-DDThh:mm:ss.sssZ`.
    ///
    /// # Errors
    /// [`InvalidTime`] for any other form and for what the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        let local = text.strip_suffix('Z').ok_or(InvalidTime::InstantFormat)?;
        if !matches_shape(local, "0000-00-00T00:00:00.000") {
            return Err(InvalidTime::InstantFormat);
        }
        let zoned = civil(local)?.to_zoned(TimeZone::UTC);
        let millis = zoned.map_err(|_| InvalidTime::NotInCalendar)?.timestamp().as_millisecond();
        Self::from_millis(millis)
    }

    /// Reads `YYYY-MM-DDThh:mm:ss` or `YYYY-MM-DDThh:mm:ss.sss` as an hour of [`LOCAL_ZONE`].
    ///
    /// # Errors
    /// [`InvalidTime::ClockChange`] for an hour that was skipped or repeated; otherwise as
    /// [`Self::parse`].
    pub fn from_local(text: &str) -> Result<Self, InvalidTime> {
        let is_known = matches_shape(text, "0000-00-00T00:00:00")
            || matches_shape(text, "0000-00-00T00:00:00.000");
        if !is_known {
            return Err(InvalidTime::LocalFormat);
        }
        let zoned = ZONE
            .to_ambiguous_zoned(civil(text)?)
            .unambiguous()
            .map_err(|_| InvalidTime::ClockChange)?;
        Self::from_millis(zoned.timestamp().as_millisecond())
    }

    /// Milliseconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// The day this instant falls on in [`LOCAL_ZONE`].
    #[must_use]
    pub fn local_day(self) -> Day {
        Day(self.instant().to_zoned(ZONE.clone()).date())
    }

    /// The instant as people read it, in [`LOCAL_ZONE`]: `12 de abril de 2018, 10:00 h (hora del centro)`.
    /// Seconds are written where there are any.
    #[must_use]
    pub fn in_spanish(self) -> String {
        let local = self.instant().to_zoned(ZONE.clone()).datetime();
        let seconds = match local.second() {
            0 => String::new(),
            second => format!(":{second:02}"),
        };
        format!(
            "{}, {:02}:{:02}{seconds} h (hora del centro)",
            Day(local.date()).in_spanish(),
            local.hour(),
            local.minute()
        )
    }

    fn instant(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).expect("the range is checked on the way in")
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.instant().to_zoned(TimeZone::UTC).datetime();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            utc.year(),
            utc.month(),
            utc.day(),
            utc.hour(),
            utc.minute(),
            utc.second(),
            utc.millisecond()
        )
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidTime;

    fn try_from(text: String) -> Result<Self, InvalidTime> {
        Self::parse(&text)
    }
}

impl From<Timestamp> for String {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.to_string()
    }
}

/// A day of the calendar, years 1970–9999, written `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

impl Day {
    /// Reads exactly `YYYY-MM-DD`.
    ///
    /// # Errors
    /// [`InvalidTime`] for any other form and for what the calendar does not have.
    pub fn parse(text: &str) -> Result<Self, InvalidTime> {
        if !matches_shape(text, "0000-00-00") {
            return Err(InvalidTime::DayFormat);
        }
        let date: Date = text.parse().map_err(|_| InvalidTime::NotInCalendar)?;
        if date.year() < 1970 {
            return Err(InvalidTime::NotInCalendar);
        }
        Ok(Self(date))
    }

    /// The day `days` natural days later; `None` after the year 9999.
    #[must_use]
    pub fn plus_days(self, days: u16) -> Option<Self> {
        self.0.checked_add(jiff::Span::new().days(i64::from(days))).ok().map(Self)
    }

    /// The day `days` natural days earlier; `None` before 1970.
    #[must_use]
    pub fn minus_days(self, days: u16) -> Option<Self> {
        let date = self.0.checked_sub(jiff::Span::new().days(i64::from(days))).ok()?;
        (date.year() >= 1970).then_some(Self(date))
    }

    /// How many natural days this day is after another; 0 when it is not after it.
    #[must_use]
    pub fn days_after(self, earlier: Self) -> u32 {
        u32::try_from((self.0 - earlier.0).get_days()).unwrap_or(0)
    }

    /// The first instant of the day in [`LOCAL_ZONE`].
    ///
    /// # Errors
    /// [`InvalidTime::NotInCalendar`] when it lies outside 1970–9999 of UTC.
    pub fn local_start(self) -> Result<Timestamp, InvalidTime> {
        let start = self.0.to_zoned(ZONE.clone()).map_err(|_| InvalidTime::NotInCalendar)?;
        Timestamp::from_millis(start.timestamp().as_millisecond())
    }

    /// The day as people read it: `12 de abril de 2018`.
    ///
    /// # Panics
    /// Never: a month is one of twelve.
    #[must_use]
    pub fn in_spanish(self) -> String {
        let month = usize::try_from(self.0.month() - 1).expect("months count from 1");
        format!("{} de {} de {}", self.0.day(), MONTHS_ES[month], self.0.year())
    }

    /// Whether the day is a Saturday or a Sunday.
    #[must_use]
    pub fn is_weekend(self) -> bool {
        matches!(self.0.weekday(), jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = InvalidTime;

    fn from_str(text: &str) -> Result<Self, InvalidTime> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Day {
    type Error = InvalidTime;

    fn try_from(text: String) -> Result<Self, InvalidTime> {
        Self::parse(&text)
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

/// Whether `text` has a digit where `shape` has `0`, and the same byte everywhere else.
fn matches_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, expected)| match expected {
            b'0' => byte.is_ascii_digit(),
            _ => byte == expected,
        })
}

/// The date and hour of a text whose shape was checked; a leap second is not an hour of ours.
fn civil(text: &str) -> Result<DateTime, InvalidTime> {
    let number = |range: std::ops::Range<usize>| -> i8 {
        text[range].parse().expect("two digits, by the shape")
    };
    let date: Date = text[..10].parse().map_err(|_| InvalidTime::NotInCalendar)?;
    let millis: i32 = text.get(20..).map_or(0, |digits| digits.parse().expect("three digits"));
    let time = Time::new(number(11..13), number(14..16), number(17..19), millis * 1_000_000)
        .map_err(|_| InvalidTime::NotInCalendar)?;
    Ok(date.to_datetime(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_hour_of_mexico_city_in_april_2018_is_five_behind_utc() {
        let local = Timestamp::from_local("2018-04-12T09:00:00").unwrap();
        assert_eq!(local.to_string(), "2018-04-12T14:00:00.000Z");
        assert_eq!(local.local_day().to_string(), "2018-04-12");
    }

    #[test]
    fn the_hour_of_mexico_city_in_april_2026_is_six_behind_utc() {
        let local = Timestamp::from_local("2026-04-12T09:00:00.250").unwrap();
        assert_eq!(local.to_string(), "2026-04-12T15:00:00.250Z");
    }

    #[test]
    fn an_hour_that_was_skipped_or_repeated_is_refused() {
        let skipped = Timestamp::from_local("2018-04-01T02:30:00");
        assert_eq!(skipped, Err(InvalidTime::ClockChange));
        let repeated = Timestamp::from_local("2018-10-28T01:30:00");
        assert_eq!(repeated, Err(InvalidTime::ClockChange));
    }

    #[test]
    fn other_forms_of_an_instant_are_refused() {
        for text in [
            "2018-04-12T14:00:00Z",
            "2018-04-12T14:00:00.000",
            "2018-04-12T14:00:00.000+00:00",
            "2018-04-12 14:00:00.000Z",
            "2018-04-12t14:00:00.000z",
            "2018-02-29T14:00:00.000Z",
            "2018-04-12T24:00:00.000Z",
            "2018-04-12T23:59:60.000Z",
            "1969-12-31T23:59:59.999Z",
            "٢018-04-12T14:00:00.000Z",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight_of_mexico_city() {
        let day = Day::parse("2018-04-12").unwrap();
        assert_eq!(day.local_start().unwrap().to_string(), "2018-04-12T05:00:00.000Z");
        assert_eq!(day.plus_days(19).unwrap().to_string(), "2018-05-01");
        assert!(Day::parse("2018-04-14").unwrap().is_weekend());
        assert!(Day::parse("2018-02-30").is_err());
        assert!(Day::parse("2018-4-1").is_err());
    }

    #[test]
    fn people_read_the_hour_of_mexico_city_in_spanish() {
        let read = |text| Timestamp::parse(text).unwrap().in_spanish();
        let expected = "12 de abril de 2018, 10:00 h (hora del centro)";
        assert_eq!(read("2018-04-12T15:00:00.000Z"), expected);
        // The day is the local one, and a deadline with seconds is not rounded to another.
        let expected = "31 de diciembre de 2026, 23:59:59 h (hora del centro)";
        assert_eq!(read("2027-01-01T05:59:59.999Z"), expected);
        assert_eq!(Day::parse("2018-09-01").unwrap().in_spanish(), "1 de septiembre de 2018");
    }

    #[test]
    fn days_are_counted_across_months_and_never_backwards() {
        let day = |text| Day::parse(text).unwrap();
        assert_eq!(day("2018-06-05").days_after(day("2018-06-01")), 4);
        assert_eq!(day("2020-03-01").days_after(day("2020-02-28")), 2);
        assert_eq!(day("2018-06-01").days_after(day("2018-06-01")), 0);
        assert_eq!(day("2018-06-01").days_after(day("2018-06-05")), 0);
        assert_eq!(day("9999-12-31").days_after(day("1970-01-01")), 2_932_896);
    }

    proptest! {
        #[test]
        fn a_written_instant_reads_back(millis in 0..=MILLIS_MAX) {
            let instant = Timestamp::from_millis(millis).unwrap();
            prop_assert_eq!(Timestamp::parse(&instant.to_string()), Ok(instant));
        }

        #[test]
        fn instants_sort_as_their_texts(a in 0..=MILLIS_MAX, b in 0..=MILLIS_MAX) {
            let (a, b) = (Timestamp(a), Timestamp(b));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*") {
            let _ = Timestamp::parse(&text);
            let _ = Timestamp::from_local(&text);
            let _ = Day::parse(&text);
        }
    }
}
