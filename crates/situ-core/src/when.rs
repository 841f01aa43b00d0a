//! When something happened, as precisely as a source said.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone,
};
use chrono_tz::Tz;
use edtf_core::{Bound, BoundDate, Edtf};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::instant::{Instant, InstantError, whole_second};
use crate::short::Short;
use crate::vocabulary::vocabulary;

/// An IANA time zone, such as `Asia/Karachi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(Tz);

/// A text that is no time zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone `{0}`; write an IANA name such as Asia/Karachi")]
pub struct ZoneError(String);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The zone's IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The local calendar day of a moment.
    #[must_use]
    pub fn day_of(self, instant: Instant) -> NaiveDate {
        self.local(instant).date()
    }

    /// The wall clock at a moment.
    #[must_use]
    pub fn local(self, instant: Instant) -> NaiveDateTime {
        instant.to_utc().with_timezone(&self.0).naive_local()
    }

    /// The moment with its offset, for printing.
    #[must_use]
    pub fn at(self, instant: Instant) -> DateTime<Tz> {
        instant.to_utc().with_timezone(&self.0)
    }

    /// The first moment of a local day; where the clock skips midnight, the first moment after the gap.
    #[must_use]
    pub fn start_of(self, day: NaiveDate) -> Instant {
        self.moment(day.and_time(NaiveTime::MIN))
    }

    /// The last nanosecond of a local day.
    #[must_use]
    pub fn end_of(self, day: NaiveDate) -> Instant {
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        self.start_of(next).saturating_add_nanos(-1)
    }

    /// The moment of a wall-clock time: the earlier where it occurs twice, the end of the gap where it does not occur.
    #[must_use]
    pub fn moment(self, local: NaiveDateTime) -> Instant {
        let mut probe = local;
        // The longest gap there has been is a whole day (Samoa skipped 30 December 2011).
        for _ in 0..=(25 * 4) {
            match self.0.offset_from_local_datetime(&probe) {
                LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => {
                    let ahead = i64::from(offset.fix().local_minus_utc()) * 1_000_000_000;
                    return Instant::from(probe.and_utc()).saturating_add_nanos(-ahead);
                }
                LocalResult::None => probe += TimeDelta::minutes(15),
            }
        }
        local.and_utc().into()
    }

    /// How many moments a wall-clock time names: 0 in a gap, 2 where clocks are set back, else 1.
    #[must_use]
    pub fn occurrences(self, local: NaiveDateTime) -> usize {
        match self.0.from_local_datetime(&local) {
            LocalResult::None => 0,
            LocalResult::Single(_) => 1,
            LocalResult::Ambiguous(..) => 2,
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        name.parse()
            .map(Self)
            .map_err(|_| ZoneError(name.to_owned()))
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::id::parse_str(deserializer, "an IANA time zone")
    }
}

vocabulary! {
    /// How finely a source told the time.
    pub enum Precision ("precision") {
        /// A moment with seconds and offset.
        Instant = "instant",
        /// A local day.
        Day = "day",
        /// A local month, or a season.
        Month = "month",
        /// A year or more.
        Year = "year",
        /// From one time to another, or one of several.
        Interval = "interval",
    }
}

/// When something happened: what the source said, and the earliest and latest moment it can mean.
///
/// Written as an [`Instant`], or as EDTF (ISO 8601-2 annex A, levels 0 to 2) with the zone its days are counted in, in the
/// brackets of RFC 9557: `2026-01-31~[Asia/Karachi]`, `2026-01-29/2026-01-30[Asia/Karachi]`, `../2026-02-04[Asia/Karachi]`.
/// An interval may also run between instants: `2026-01-31T05:00:00Z/..`. A day is a day in a zone, never midnight UTC.
///
/// ```
/// use situ_core::When;
/// let day: When = "2026-02-04[Asia/Karachi]".parse()?;
/// assert_eq!(day.earliest().unwrap().to_string(), "2026-02-03T19:00:00Z");
/// assert_eq!(day.latest().unwrap().to_string(), "2026-02-04T18:59:59.999999999Z");
/// # Ok::<(), situ_core::WhenError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct When {
    text: Short<30>,
    zone: Option<Zone>,
    earliest: Option<Instant>,
    latest: Option<Instant>,
    precision: Precision,
}

/// A text that tells no time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhenError {
    /// A day, month or year without the zone it is counted in.
    #[error(
        "`{0}` does not say in which zone; write {0}[Asia/Karachi], or an instant with its offset"
    )]
    NoZone(String),
    /// The zone in brackets is not known.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// Not EDTF.
    #[error(
        "`{text}` is no date: {reason} (character {at}); write 2026-02-04, 2026-02, 2026-01-31~, 2026-01-31/2026-02-04, or ../2026-02-04"
    )]
    Edtf {
        /// What was read.
        text: String,
        /// What the grammar expected.
        reason: &'static str,
        /// Byte offset in the text, from 1.
        at: usize,
    },
    /// A moment that is no instant.
    #[error(transparent)]
    Instant(#[from] InstantError),
    /// Outside 1900 to 2200.
    #[error("`{0}` lies outside the years 1900 to 2200; check the year")]
    Year(String),
    /// The end is before the start.
    #[error("`{0}` ends before it starts; write the earlier time first")]
    UpsideDown(String),
}

impl When {
    /// A moment.
    #[must_use]
    pub fn instant(instant: Instant) -> Self {
        Self::moment(instant.to_string().as_str().into(), instant)
    }

    fn moment(text: Short<30>, instant: Instant) -> Self {
        Self {
            text,
            zone: None,
            earliest: Some(instant),
            latest: Some(instant),
            precision: Precision::Instant,
        }
    }

    /// A local day.
    #[must_use]
    pub fn day(day: NaiveDate, zone: Zone) -> Self {
        Self {
            text: format!("{day}[{zone}]").as_str().into(),
            zone: Some(zone),
            earliest: Some(zone.start_of(day)),
            latest: Some(zone.end_of(day)),
            precision: Precision::Day,
        }
    }

    /// A time that was read before it was saved; `None` where text and zone do not go together.
    pub(crate) fn checked(
        text: &str,
        zone: Option<Zone>,
        (earliest, latest): (Option<Instant>, Option<Instant>),
        precision: Precision,
    ) -> Option<Self> {
        let is_of = |zone: Zone| {
            let rest = text.strip_suffix(']')?.strip_suffix(zone.name())?;
            rest.strip_suffix('[')
        };
        if zone.is_some_and(|zone| is_of(zone).is_none()) {
            return None;
        }
        Some(Self {
            text: text.into(),
            zone,
            earliest,
            latest,
            precision,
        })
    }

    /// The earliest moment it can mean; `None` where it has no start, or an unknown one.
    #[must_use]
    pub const fn earliest(&self) -> Option<Instant> {
        self.earliest
    }

    /// The latest moment it can mean; `None` where it has no end, or an unknown one.
    #[must_use]
    pub const fn latest(&self) -> Option<Instant> {
        self.latest
    }

    /// How finely it was told.
    #[must_use]
    pub const fn precision(&self) -> Precision {
        self.precision
    }

    /// The zone its days are counted in; `None` for instants.
    #[must_use]
    pub const fn zone(&self) -> Option<Zone> {
        self.zone
    }

    /// What was said, with the zone.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// What was said, without the zone.
    #[must_use]
    pub fn edtf(&self) -> &str {
        let text = self.as_str();
        match self.zone {
            Some(zone) => &text[..text.len() - zone.name().len() - 2],
            None => text,
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for When {
    type Err = WhenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(instant) = whole_second(text) {
            return Ok(Self::moment(text.into(), instant));
        }
        let (time, zone) = split_zone(text)?;
        if let (Some(zone), Some(day)) = (zone, plain_day(time)) {
            return Ok(Self {
                text: text.into(),
                zone: Some(zone),
                earliest: Some(zone.start_of(day)),
                latest: Some(zone.end_of(day)),
                precision: Precision::Day,
            });
        }
        if time.contains('T') {
            return instants(time, zone);
        }
        let zone = zone.ok_or_else(|| WhenError::NoZone(text.to_owned()))?;
        let (earliest, latest, precision) = dates(time, zone)?;
        Ok(Self {
            text: format!("{time}[{zone}]").as_str().into(),
            zone: Some(zone),
            earliest,
            latest,
            precision,
        })
    }
}

/// Splits `2026-02-04[Asia/Karachi]`; a set of EDTF level 2 also ends in a bracket, but holds no letters.
fn split_zone(text: &str) -> Result<(&str, Option<Zone>), WhenError> {
    match text
        .strip_suffix(']')
        .and_then(|inner| inner.rsplit_once('['))
    {
        Some((time, name))
            if !time.is_empty() || name.starts_with(|first: char| first.is_ascii_alphabetic()) =>
        {
            Ok((time, Some(name.parse()?)))
        }
        _ => Ok((text, None)),
    }
}

/// The most common form, read without the grammar.
fn plain_day(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        bytes[range].iter().try_fold(0u32, |sum, byte| {
            byte.is_ascii_digit()
                .then(|| sum * 10 + u32::from(byte - b'0'))
        })
    };
    let year = number(0..4).filter(|year| (1900..=2200).contains(year))?;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, number(5..7)?, number(8..10)?)
}

/// Reads an instant, or an interval with an instant at either end.
fn instants(time: &str, zone: Option<Zone>) -> Result<When, WhenError> {
    let Some((start, end)) = time.split_once('/') else {
        return Ok(When::instant(time.parse()?));
    };
    let endpoint = |text: &str| -> Result<(String, Option<Instant>, Option<Instant>), WhenError> {
        match text {
            "" | ".." => Ok((text.to_owned(), None, None)),
            _ if text.contains('T') => {
                let instant: Instant = text.parse()?;
                Ok((instant.to_string(), Some(instant), Some(instant)))
            }
            _ => {
                let zone = zone.ok_or_else(|| WhenError::NoZone(time.to_owned()))?;
                let (earliest, latest, _) = dates(text, zone)?;
                Ok((text.to_owned(), earliest, latest))
            }
        }
    };
    let (start, earliest, _) = endpoint(start)?;
    let (end, _, latest) = endpoint(end)?;
    if earliest
        .zip(latest)
        .is_some_and(|(earliest, latest)| earliest > latest)
    {
        return Err(WhenError::UpsideDown(time.to_owned()));
    }
    let suffix = zone.map(|zone| format!("[{zone}]")).unwrap_or_default();
    let text = format!("{start}/{end}{suffix}").as_str().into();
    Ok(When {
        text,
        zone,
        earliest,
        latest,
        precision: Precision::Interval,
    })
}

type Bounds = (Option<Instant>, Option<Instant>, Precision);

/// Reads EDTF dates in a zone.
fn dates(text: &str, zone: Zone) -> Result<Bounds, WhenError> {
    let edtf = Edtf::parse(text).map_err(|error| WhenError::Edtf {
        text: text.to_owned(),
        reason: error.message,
        at: error.offset + 1,
    })?;
    let bounds = edtf.bounds();
    let day = |bound: Bound| match bound {
        Bound::Date(date) => calendar_day(date)
            .map(Some)
            .ok_or_else(|| WhenError::Year(text.to_owned())),
        Bound::NegativeInfinity | Bound::PositiveInfinity | Bound::Unknown => Ok(None),
    };
    let (first, last) = (day(bounds.earliest)?, day(bounds.latest)?);
    if first.zip(last).is_some_and(|(first, last)| first > last) {
        return Err(WhenError::UpsideDown(text.to_owned()));
    }
    let precision = match &edtf {
        Edtf::Date(date) => match date.precision() {
            edtf_core::Precision::Day => Precision::Day,
            edtf_core::Precision::Year => Precision::Year,
            _ => Precision::Month,
        },
        _ => Precision::Interval,
    };
    Ok((
        first.map(|day| zone.start_of(day)),
        last.map(|day| zone.end_of(day)),
        precision,
    ))
}

fn calendar_day(date: BoundDate) -> Option<NaiveDate> {
    let year = i32::try_from(date.year)
        .ok()
        .filter(|year| (1900..=2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, date.month.into(), date.day.into())
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::id::parse_str(
            deserializer,
            "a time (an instant, or EDTF with a zone: 2026-02-04[Asia/Karachi])",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, earliest: &str, latest: &str, precision: Precision) {
        let when: When = text
            .parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        let show =
            |bound: Option<Instant>| bound.map_or("open".to_owned(), |instant| instant.to_string());
        assert_eq!(
            (show(when.earliest()), show(when.latest())),
            (earliest.to_owned(), latest.to_owned()),
            "{text}"
        );
        assert_eq!(when.precision(), precision, "{text}");
        assert_eq!(when.to_string().parse(), Ok(when.clone()), "{text}");
    }

    #[test]
    fn a_time_keeps_what_was_said_and_its_bounds() {
        check(
            "2026-02-04T10:00:00+05:00",
            "2026-02-04T05:00:00Z",
            "2026-02-04T05:00:00Z",
            Precision::Instant,
        );
        check(
            "2026-02-04[Asia/Karachi]",
            "2026-02-03T19:00:00Z",
            "2026-02-04T18:59:59.999999999Z",
            Precision::Day,
        );
        check(
            "2026-01-31~[Asia/Karachi]",
            "2026-01-30T19:00:00Z",
            "2026-01-31T18:59:59.999999999Z",
            Precision::Day,
        );
        check(
            "2026-02[UTC]",
            "2026-02-01T00:00:00Z",
            "2026-02-28T23:59:59.999999999Z",
            Precision::Month,
        );
        check(
            "2026[UTC]",
            "2026-01-01T00:00:00Z",
            "2026-12-31T23:59:59.999999999Z",
            Precision::Year,
        );
        check(
            "2026-01-29/2026-01-30[UTC]",
            "2026-01-29T00:00:00Z",
            "2026-01-30T23:59:59.999999999Z",
            Precision::Interval,
        );
        check(
            "[2026-01-29,2026-01-30][UTC]",
            "2026-01-29T00:00:00Z",
            "2026-01-30T23:59:59.999999999Z",
            Precision::Interval,
        );
        check(
            "../2026-02-04[UTC]",
            "open",
            "2026-02-04T23:59:59.999999999Z",
            Precision::Interval,
        );
        check(
            "/2026-02-04[UTC]",
            "open",
            "2026-02-04T23:59:59.999999999Z",
            Precision::Interval,
        );
        check(
            "2026-01-31T05:00:00Z/..",
            "2026-01-31T05:00:00Z",
            "open",
            Precision::Interval,
        );
        check(
            "2026-01-31/2026-02-01T05:00:00Z[UTC]",
            "2026-01-31T00:00:00Z",
            "2026-02-01T05:00:00Z",
            Precision::Interval,
        );
        // Clocks in Beirut skip midnight on 29 March 2026; in New York 1 November 2026 lasts 25 hours.
        check(
            "2026-03-29[Asia/Beirut]",
            "2026-03-28T22:00:00Z",
            "2026-03-29T20:59:59.999999999Z",
            Precision::Day,
        );
        check(
            "2026-11-01[America/New_York]",
            "2026-11-01T04:00:00Z",
            "2026-11-02T04:59:59.999999999Z",
            Precision::Day,
        );
    }

    #[test]
    fn what_tells_no_time_is_refused_with_what_to_do() {
        let refused = |text: &str, expected: &str| {
            let error = text.parse::<When>().expect_err(text).to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        };
        refused(
            "2026-02-04",
            "`2026-02-04` does not say in which zone; write 2026-02-04[Asia/Karachi]",
        );
        refused("2026-02-30[UTC]", "`2026-02-30` is no date:");
        refused("2026-02-04[Mars/Base]", "unknown time zone `Mars/Base`");
        refused("yesterday[UTC]", "`yesterday` is no date:");
        refused("1899[UTC]", "`1899` lies outside the years 1900 to 2200");
        refused("2026-02-04/2026-01-01[UTC]", "`2026-02-04/2026-01-01`");
        refused(
            "2026-02-04T05:00:00Z/2026-02-03T05:00:00Z",
            "`2026-02-04T05:00:00Z/2026-02-03T05:00:00Z` ends before",
        );
        refused("2026-02-04T05:00[UTC]", "`2026-02-04T05:00` is no instant");
        refused("", "`` does not say in which zone");
        refused("[]", "`[]` does not say in which zone");
        refused(
            "2026-01-31T05:00:00Z/2026-02-04",
            "`2026-01-31T05:00:00Z/2026-02-04` does not say in which zone",
        );
    }
}
