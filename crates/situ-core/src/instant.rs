//! A point on the time line, to the nanosecond.

use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment, in nanoseconds since 1970-01-01T00:00:00Z, between the years 1900 and 2200.
///
/// Read from RFC 3339 with seconds and an offset of at most 18 hours; written in UTC. The offset is not kept: a day that a
/// source meant in its own zone is a [`crate::When`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(NonZeroU64);

/// What the epoch is kept as: with no moment at zero, a moment that may be missing takes no more room than one that is there.
const EPOCH: u64 = 1 << 63;

/// A text that is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InstantError {
    /// Not RFC 3339 as far as it is accepted here.
    #[error(
        "`{0}` is no instant; write date, time with seconds, and offset: 2026-02-04T10:00:00+05:00"
    )]
    Form(String),
    /// A sixtieth second.
    #[error("`{0}` is a leap second, which clocks disagree about; write second 59")]
    LeapSecond(String),
    /// An offset no place on Earth uses.
    #[error("`{0}` has an offset beyond 18 hours; check its sign and digits")]
    Offset(String),
    /// Outside 1900 to 2200.
    #[error("`{0}` lies outside the years 1900 to 2200; check the year")]
    Year(String),
}

impl Instant {
    /// Takes nanoseconds since the Unix epoch as they are; `i64::MIN` becomes the moment after it.
    #[must_use]
    pub const fn from_unix_nanos(nanos: i64) -> Self {
        match NonZeroU64::new(nanos.cast_unsigned() ^ EPOCH) {
            Some(moment) => Self(moment),
            None => Self(NonZeroU64::MIN),
        }
    }

    /// Returns nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_nanos(self) -> i64 {
        (self.0.get() ^ EPOCH).cast_signed()
    }

    /// Moves by `nanos`, stopping at the ends of the range of the type.
    #[must_use]
    pub const fn saturating_add_nanos(self, nanos: i64) -> Self {
        Self::from_unix_nanos(self.unix_nanos().saturating_add(nanos))
    }

    /// Whether it lies in the years an instant may be written in, 1900 to 2200.
    #[must_use]
    pub fn can_be_written(self) -> bool {
        (1900..=2200).contains(&self.to_utc().year())
    }

    /// Returns the moment for use with chrono.
    #[must_use]
    pub const fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(self.unix_nanos())
    }
}

/// Panics never: moments that nanoseconds cannot hold (before 1677, after 2262) become the nearest one they can.
impl From<DateTime<Utc>> for Instant {
    fn from(moment: DateTime<Utc>) -> Self {
        let nearest = if moment.year() < 1970 {
            i64::MIN
        } else {
            i64::MAX
        };
        Self::from_unix_nanos(moment.timestamp_nanos_opt().unwrap_or(nearest))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instant").field(&self.unix_nanos()).finish()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl FromStr for Instant {
    type Err = InstantError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(instant) = whole_second(text) {
            return Ok(instant);
        }
        let bytes = text.as_bytes();
        let form = || InstantError::Form(text.to_owned());
        let rest = text.get(19..).ok_or_else(form)?;
        let plain = bytes[..19]
            .iter()
            .zip(b"dddd-dd-ddTdd:dd:dd")
            .all(|(byte, pattern)| match pattern {
                b'd' => byte.is_ascii_digit(),
                other => byte == other,
            });
        if !plain || !is_fraction_and_offset(rest) {
            return Err(form());
        }
        if &bytes[17..19] == b"60" {
            return Err(InstantError::LeapSecond(text.to_owned()));
        }
        if offset_minutes(rest).is_some_and(|minutes| minutes > 18 * 60) {
            return Err(InstantError::Offset(text.to_owned()));
        }
        let moment = DateTime::parse_from_rfc3339(text)
            .map_err(|_| form())?
            .with_timezone(&Utc);
        if !(1900..=2200).contains(&moment.year()) {
            return Err(InstantError::Year(text.to_owned()));
        }
        Ok(moment.into())
    }
}

/// Reads `dddd-dd-ddTdd:dd:ddZ`, the form most instants are stored in; `None` for every other text, and for one that is wrong.
///
/// What it reads is printed as the same text.
pub(crate) fn whole_second(text: &str) -> Option<Instant> {
    let [
        c0,
        c1,
        y0,
        y1,
        b'-',
        m0,
        m1,
        b'-',
        d0,
        d1,
        b'T',
        time @ ..,
        b'Z',
    ] = <&[u8; 20]>::try_from(text.as_bytes()).ok()?
    else {
        return None;
    };
    let [h0, h1, b':', n0, n1, b':', s0, s1] = time else {
        return None;
    };
    let year = pair(c0, c1)? * 100 + pair(y0, y1)?;
    if !(1900..=2200).contains(&year) {
        return None;
    }
    let moment = NaiveDate::from_ymd_opt(year.cast_signed(), pair(m0, m1)?, pair(d0, d1)?)?
        .and_hms_opt(pair(h0, h1)?, pair(n0, n1)?, pair(s0, s1)?)?;
    let seconds = moment.and_utc().timestamp();
    Some(Instant::from_unix_nanos(seconds * 1_000_000_000))
}

/// The number two digits write.
fn pair(tens: &u8, ones: &u8) -> Option<u32> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// Whether what follows the seconds is at most nine fractional digits, then `Z` or `±hh:mm`.
fn is_fraction_and_offset(rest: &str) -> bool {
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            &fraction[digits..]
        }
        None => rest,
    };
    offset == "Z"
        || matches!(offset.as_bytes(), [b'+' | b'-', a, b, b':', c, d] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit()))
}

fn offset_minutes(rest: &str) -> Option<u32> {
    let (hours, minutes) = rest.get(rest.len().checked_sub(5)?..)?.split_once(':')?;
    Some(hours.parse::<u32>().ok()? * 60 + minutes.parse::<u32>().ok()?)
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::id::parse_str(
            deserializer,
            "an instant (RFC 3339 with seconds and offset)",
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_instant_is_rfc_3339_with_seconds_and_offset() {
        let check = |text: &str, expected: Result<&str, &str>| {
            let got = text
                .parse::<Instant>()
                .map(|instant| instant.to_string())
                .map_err(|error| error.to_string());
            assert_eq!(
                got,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{text}"
            );
        };
        let form = |text: &str| {
            let expected = format!(
                "`{text}` is no instant; write date, time with seconds, and offset: 2026-02-04T10:00:00+05:00"
            );
            check(text, Err(&expected));
        };
        check("2026-02-04T10:00:00+05:00", Ok("2026-02-04T05:00:00Z"));
        check(
            "2026-02-04T05:00:00.123456789Z",
            Ok("2026-02-04T05:00:00.123456789Z"),
        );
        check("1900-01-01T00:00:00Z", Ok("1900-01-01T00:00:00Z"));
        form("2026-02-04T10:00:00");
        form("2026-02-04T10:00+05:00");
        form("2026-02-04 10:00:00Z");
        form("2026-02-30T10:00:00Z");
        form("2026-02-04T24:00:00Z");
        form("2026-02-04T10:60:00Z");
        form("0000-00-00T00:00:00Z");
        form("2026-02-04T10:00:00.1234567890Z");
        form("2026-02-04T10:00:00z");
        form("2026-02-04T10:00:00+0500");
        form("");
        form("é026-02-04T10:00:00Z");
        check(
            "2016-12-31T23:59:60Z",
            Err(
                "`2016-12-31T23:59:60Z` is a leap second, which clocks disagree about; write second 59",
            ),
        );
        check(
            "2026-02-04T10:00:00+18:01",
            Err(
                "`2026-02-04T10:00:00+18:01` has an offset beyond 18 hours; check its sign and digits",
            ),
        );
        check(
            "1899-12-31T23:59:59Z",
            Err("`1899-12-31T23:59:59Z` lies outside the years 1900 to 2200; check the year"),
        );
        check(
            "2201-01-01T00:00:00Z",
            Err("`2201-01-01T00:00:00Z` lies outside the years 1900 to 2200; check the year"),
        );
    }

    #[test]
    fn a_moment_that_may_be_missing_takes_no_more_room() {
        assert_eq!(size_of::<Option<Instant>>(), 8);
        let ends = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX].map(Instant::from_unix_nanos);
        let nanos = ends.map(Instant::unix_nanos);
        assert_eq!(nanos, [i64::MIN + 1, i64::MIN + 1, -1, 0, 1, i64::MAX]);
        assert!(ends.is_sorted());
    }

    proptest! {
        #[test]
        fn a_whole_second_is_read_as_chrono_reads_it(
            seconds in -2_208_988_800_i64..7_289_654_400,
            at in 0..20_usize,
            changed in "[0-9TZ:+ -]",
        ) {
            let instant = Instant::from_unix_nanos(seconds * 1_000_000_000);
            let mut text = instant.to_string();
            prop_assert_eq!(whole_second(&text), Some(instant));
            text.replace_range(at..=at, &changed);
            if let Some(read) = whole_second(&text) {
                let expected = DateTime::parse_from_rfc3339(&text).unwrap();
                prop_assert_eq!(read, Instant::from(expected.to_utc()));
                prop_assert_eq!(read.to_string(), text);
            }
        }
    }
}
