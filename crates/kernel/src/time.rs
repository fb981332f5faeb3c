//! Time as a value: a millisecond timestamp.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::Invalid;

/// Milliseconds since the Unix epoch, UTC. Shown as RFC 3339 with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000Z"))]
pub struct Timestamp(i64);

impl Timestamp {
    /// The timestamp `millis` milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch (the unit of JWT dates).
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Reads the start of a span: a time, or a date for the start of that day in UTC.
    ///
    /// # Errors
    /// `invalid_time`.
    pub fn parse_since(raw: &str) -> Result<Self, Invalid> {
        match midnight(raw) {
            Some(start) => Ok(Self(start)),
            None => raw.parse().map_err(|_| neither_time_nor_date()),
        }
    }

    /// Reads the end of a span, the first moment that is no longer in it: a time, or a date for the end of that day in UTC. So the span
    /// includes the day, and not the time.
    ///
    /// # Errors
    /// `invalid_time`.
    pub fn parse_until(raw: &str) -> Result<Self, Invalid> {
        match midnight(raw) {
            Some(start) => Ok(Self(start).plus(Duration::from_hours(24))),
            None => raw.parse().map_err(|_| neither_time_nor_date()),
        }
    }

    /// This time plus `span`; saturates at the latest timestamp.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis_of(span)))
    }

    /// This time minus `span`; saturates at the earliest timestamp.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis_of(span)))
    }

    /// The time elapsed since `earlier`; zero if `earlier` is not before this.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

fn neither_time_nor_date() -> Invalid {
    Invalid::new(
        "invalid_time",
        "must be an RFC 3339 time such as 2026-01-31T12:00:00.000Z, or a date such as 2026-01-31",
    )
}

/// Midnight UTC at the start of a date such as `2026-01-31`. None if `raw` is no date in this form, or one that the calendar lacks.
fn midnight(raw: &str) -> Option<i64> {
    let is_form = raw.len() == 10
        && raw.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let date: jiff::civil::Date = is_form.then(|| raw.parse().ok()).flatten()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::try_from(date.duration_since(epoch).as_millis()).ok()
}

pub(crate) fn millis_of(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = Invalid;
    fn from_str(raw: &str) -> Result<Self, Invalid> {
        raw.parse::<jiff::Timestamp>()
            .map(|time| Self(time.as_millisecond()))
            .map_err(|_| {
                Invalid::new(
                    "invalid_time",
                    "must be an RFC 3339 time such as 2026-01-31T12:00:00.000Z",
                )
            })
    }
}

/// RFC 3339 in formats that people read, the number in the others.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer).map(Self);
        }
        let raw = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        raw.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc_with_exactly_three_decimals() {
        assert_eq!(
            Timestamp::from_millis(0).to_string(),
            "1970-01-01T00:00:00.000Z"
        );
        assert_eq!(
            Timestamp::from_millis(1_700_000_000_120).to_string(),
            "2023-11-14T22:13:20.120Z"
        );
    }

    #[test]
    fn a_shown_time_reads_back_and_offsets_are_understood() {
        let time = Timestamp::from_millis(1_700_000_000_123);
        assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        assert_eq!(
            "2023-11-14T23:13:20.123+01:00"
                .parse::<Timestamp>()
                .unwrap(),
            time
        );
        assert_eq!(
            "yesterday".parse::<Timestamp>().unwrap_err().code,
            "invalid_time"
        );
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        assert_eq!(
            Timestamp::from_millis(i64::MAX).plus(Duration::from_secs(1)),
            Timestamp::from_millis(i64::MAX)
        );
        assert_eq!(
            Timestamp::from_millis(5).since(Timestamp::from_millis(9)),
            Duration::ZERO
        );
    }

    #[test]
    fn a_date_in_a_filter_is_the_whole_day_in_utc() {
        let at = |raw: &str| raw.parse::<Timestamp>().unwrap();
        for (day, start, end) in [
            ("2026-11-01", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
            ("2024-02-29", "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
            ("1969-12-31", "1969-12-31T00:00:00Z", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(Timestamp::parse_since(day), Ok(at(start)));
            assert_eq!(Timestamp::parse_until(day), Ok(at(end)));
        }
        assert!(Timestamp::parse_until("9999-12-31").is_ok());
        assert!(Timestamp::parse_since("0000-01-01").is_ok());
        let time = "2026-11-01T10:00:00+01:00";
        assert_eq!(Timestamp::parse_since(time), Ok(at("2026-11-01T09:00:00Z")));
        assert_eq!(Timestamp::parse_until(time), Ok(at("2026-11-01T09:00:00Z")));
    }

    #[test]
    fn what_is_neither_a_time_nor_a_date_is_refused() {
        for raw in [
            "",
            "2026",
            "2026-11",
            "2026-02-30",
            "2025-02-29",
            "2026-13-01",
            "2026-00-10",
            "20261101",
            "2026-W45-1",
            "26-11-01",
            " 2026-11-01",
            "2026-11-01Z",
            "2026-11-01T00:00:00",
            "01/11/2026",
            "１２３４-０１-０１",
            "-000001-01-01",
        ] {
            for parsed in [Timestamp::parse_since(raw), Timestamp::parse_until(raw)] {
                assert_eq!(parsed.unwrap_err().code, "invalid_time", "{raw}");
            }
        }
    }
}
