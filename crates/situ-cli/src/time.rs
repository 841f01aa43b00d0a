//! Times as people type them, in the situation's zone.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime};
use interim::{Dialect, Interval, parse_date_string, parse_duration};
use situ_core::{Instant, InstantError, When, WhenError, Zone};

/// What "now" and "local" mean for the times on one command line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) now: Instant,
    pub(crate) zone: Zone,
}

/// A moment, and whether somebody who did not write it as an instant should be told which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) instant: Instant,
    pub(crate) was_exact: bool,
}

/// A text that names no moment, or more than one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TimeError {
    #[error("`{0}` can be read as two dates, depending on the country; write it as YYYY-MM-DD")]
    DayOrMonthFirst(String),
    #[error("`{0}` does not say which week; write `last {0}`, or the date")]
    WhichWeek(String),
    #[error("`{0}` is read in two ways (the coming one, or the one of next week); write the date")]
    NextWeekday(String),
    #[error("`{0}` does not say which year; write for example `4 February 2026`")]
    WhichYear(String),
    #[error("`{0}` does not say on which day; write for example `today {0}`")]
    WhichDay(String),
    #[error("`{0}` does not say in which direction; write `{0} ago`")]
    WhichDirection(String),
    #[error(
        "{local} occurs twice in {zone}, when the clocks are set back; write it with its offset, as {first} or {second}"
    )]
    Twice {
        local: NaiveDateTime,
        zone: Zone,
        first: String,
        second: String,
    },
    #[error(
        "{local} does not occur in {zone}, where the clocks are set forward over it; write another time"
    )]
    Never { local: NaiveDateTime, zone: Zone },
    #[error(
        "there was no {day} in {zone}, where the calendar went from the day before to the day after; write another day"
    )]
    NoSuchDay { day: NaiveDate, zone: Zone },
    #[error(
        "`{0}` is no time; write 2026-02-04T12:00:00+05:00, 2026-02-04 12:00, 2026-02-04, `yesterday 14:00`, `3 hours ago` or `last friday`"
    )]
    Unreadable(String),
    #[error(
        "`{text}` is another moment whenever it is read, so importing twice would add everything twice; write the date or the moment, such as {now}"
    )]
    Moves { text: String, now: Instant },
    #[error(
        "`{0}` is no date and no moment; write 2026-02-04, 2026-02-04 12:00 or 2026-02-04T12:00:00+05:00"
    )]
    NotFixed(String),
    #[error(transparent)]
    Instant(#[from] InstantError),
    #[error(transparent)]
    When(#[from] WhenError),
}

/// What a text says, before the zone turns it into a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Exact(Instant),
    Elapsed(Instant),
    Local(NaiveDateTime),
    Day(NaiveDate),
}

impl Clock {
    /// Reads a moment; a day means its last moment.
    pub(crate) fn instant(self, text: &str) -> Result<Resolved, TimeError> {
        let (instant, was_exact) = match self.said(text)? {
            Said::Exact(instant) => (instant, true),
            Said::Elapsed(instant) => (instant, false),
            Said::Local(local) => (self.moment(local)?, false),
            Said::Day(day) => (self.zone.end_of(day), false),
        };
        Ok(Resolved { instant, was_exact })
    }

    /// Reads a moment that is the same one whenever it is read.
    pub(crate) fn fixed(self, text: &str) -> Result<Resolved, TimeError> {
        const DAYS: i64 = 8;
        let read = self.instant(text).map_err(|error| match error {
            // Their advice is to write words that move.
            TimeError::WhichWeek(_)
            | TimeError::WhichDay(_)
            | TimeError::WhichDirection(_)
            | TimeError::Unreadable(_) => TimeError::NotFixed(text.to_owned()),
            other => other,
        })?;
        let later = Self {
            now: self.now.saturating_add_nanos(DAYS * 86_400 * 1_000_000_000),
            ..self
        };
        match later.instant(text) {
            Ok(again) if again == read => Ok(read),
            _ => Err(TimeError::Moves {
                text: text.to_owned(),
                now: read.instant,
            }),
        }
    }

    /// Reads the moment something starts to count from; a day means its first moment.
    pub(crate) fn start(self, text: &str) -> Result<Resolved, TimeError> {
        match self.said(text)? {
            Said::Day(day) => Ok(Resolved {
                instant: self.zone.start_of(day),
                was_exact: false,
            }),
            _ => self.instant(text),
        }
    }

    /// Reads a time as precisely as it is said: everything [`Clock::instant`] reads, and EDTF, in the situation's zone
    /// unless it names its own.
    pub(crate) fn when(self, text: &str) -> Result<When, TimeError> {
        if text.ends_with(']') && text.contains('[') {
            return Ok(text.parse()?);
        }
        match self.said(text) {
            Ok(Said::Exact(instant) | Said::Elapsed(instant)) => Ok(When::instant(instant)),
            Ok(Said::Local(local)) => Ok(When::instant(self.moment(local)?)),
            Ok(Said::Day(day)) => Ok(When::day(day, self.zone)),
            Err(unreadable @ TimeError::Unreadable(_)) => {
                let looks_like_edtf =
                    text.contains(|c: char| c.is_ascii_digit()) || text.contains("..");
                match text
                    .parse()
                    .or_else(|_| format!("{text}[{}]", self.zone).parse())
                {
                    Ok(when) => Ok(when),
                    Err(error) if looks_like_edtf => Err(error.into()),
                    Err(_) => Err(unreadable),
                }
            }
            Err(other) => Err(other),
        }
    }

    /// Refuses years that moments cannot hold, which would move to the nearest one they can, and days that were not.
    fn said(self, text: &str) -> Result<Said, TimeError> {
        let said = self.read(text)?;
        let day = match said {
            Said::Exact(instant) | Said::Elapsed(instant) => self.zone.day_of(instant),
            Said::Local(local) => local.date(),
            Said::Day(day) => day,
        };
        if !(1900..=2200).contains(&day.year()) {
            return Err(InstantError::Year(text.to_owned()).into());
        }
        if matches!(said, Said::Day(_)) && self.zone.day_of(self.zone.start_of(day)) != day {
            let zone = self.zone;
            return Err(TimeError::NoSuchDay { day, zone });
        }
        Ok(said)
    }

    fn read(self, text: &str) -> Result<Said, TimeError> {
        let text = text.trim();
        let starts_with_date = text
            .get(..10)
            .is_some_and(|start| start.parse::<NaiveDate>().is_ok());
        if starts_with_date {
            return iso(text);
        }
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let unreadable = || TimeError::Unreadable(text.to_owned());
        // The library would move a 25th hour to the next day, and take an offset for a time of its own.
        if words
            .iter()
            .any(|word| has_offset(word) || is_beyond_a_day(word))
        {
            return Err(unreadable());
        }
        match words.as_slice() {
            ["now"] => Ok(Said::Elapsed(self.now)),
            [first, ..]
                if first.contains('/')
                    && text.len() <= 16
                    && !text.contains("..")
                    && is_slashed(first) =>
            {
                Err(TimeError::DayOrMonthFirst(text.to_owned()))
            }
            [time] if is_clock(time) => Err(TimeError::WhichDay(text.to_owned())),
            ["next", day, ..] if is_weekday(day) => Err(TimeError::NextWeekday(text.to_owned())),
            [day, ..] if is_weekday(day) => Err(TimeError::WhichWeek(text.to_owned())),
            ["last", day, rest @ ..] if is_weekday(day) => {
                self.last_weekday(day, rest).ok_or_else(unreadable)
            }
            [number, unit] if number.parse::<u32>().is_ok() && is_unit(unit) => {
                Err(TimeError::WhichDirection(text.to_owned()))
            }
            [.., "ago"] => self.ago(text).ok_or_else(unreadable),
            ["today" | "yesterday" | "tomorrow"] => Ok(Said::Day(
                self.by_library(text).ok_or_else(unreadable)?.date(),
            )),
            ["today" | "yesterday" | "tomorrow", ..] => self
                .by_library(text)
                .map(Said::Local)
                .ok_or_else(unreadable),
            [day, month, rest @ ..] if is_named_date(day, month) => self.named_date(text, rest),
            _ => Err(unreadable()),
        }
    }

    /// "3 hours ago" is counted on the time line, "2 days ago" on the calendar.
    fn ago(self, text: &str) -> Option<Said> {
        match parse_duration(text).ok()? {
            Interval::Seconds(seconds) => Some(Said::Elapsed(
                self.now
                    .saturating_add_nanos(i64::from(seconds) * 1_000_000_000),
            )),
            Interval::Days(_) | Interval::Months(_) => {
                let day = self.by_library(text)?.date();
                Some(Said::Local(day.and_time(self.zone.local(self.now).time())))
            }
        }
    }

    /// The library takes a Friday for its own "last Friday"; people do not.
    fn last_weekday(self, day: &str, rest: &[&str]) -> Option<Said> {
        let today = self.zone.day_of(self.now);
        let coming = self.by_library(&format!("{day} 23:59:59.999"))?.date();
        let last = coming.checked_sub_days(chrono::Days::new(7))?;
        debug_assert!(last < today);
        self.day_with_time(last, rest)
    }

    fn named_date(self, text: &str, rest: &[&str]) -> Result<Said, TimeError> {
        let Some((year, time)) = rest
            .split_first()
            .filter(|(year, _)| year.len() == 4 && year.parse::<u16>().is_ok())
        else {
            return Err(TimeError::WhichYear(text.to_owned()));
        };
        let unreadable = || TimeError::Unreadable(text.to_owned());
        let end = text.find(year).ok_or_else(unreadable)? + year.len();
        let day = self.by_library(&text[..end]).ok_or_else(unreadable)?.date();
        self.day_with_time(day, time).ok_or_else(unreadable)
    }

    fn day_with_time(self, day: NaiveDate, time: &[&str]) -> Option<Said> {
        if time.is_empty() {
            return Some(Said::Day(day));
        }
        let time = self
            .by_library(&format!("today {}", time.join(" ")))?
            .time();
        Some(Said::Local(day.and_time(time)))
    }

    /// Reads on the wall clock alone, so that the library never chooses between two moments.
    fn by_library(self, text: &str) -> Option<NaiveDateTime> {
        let wall_clock = self.zone.local(self.now).and_utc();
        let read = parse_date_string(text, wall_clock, Dialect::Uk).ok()?;
        Some(read.naive_utc())
    }

    fn moment(self, local: NaiveDateTime) -> Result<Instant, TimeError> {
        let zone = self.zone;
        match zone.occurrences(local) {
            0 => Err(TimeError::Never { local, zone }),
            1 => Ok(zone.moment(local)),
            _ => {
                let first = zone.moment(local);
                let second = self.second_occurrence(local, first);
                let show = |instant| {
                    zone.at(instant)
                        .to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
                };
                Err(TimeError::Twice {
                    local,
                    zone,
                    first: show(first),
                    second: show(second),
                })
            }
        }
    }

    fn second_occurrence(self, local: NaiveDateTime, first: Instant) -> Instant {
        let quarter = 15 * 60 * 1_000_000_000;
        (1..=(25 * 4))
            .map(|step| first.saturating_add_nanos(step * quarter))
            .find(|later| self.zone.local(*later) == local)
            .unwrap_or(first)
    }
}

/// What starts with a date as ISO 8601 writes it.
fn iso(text: &str) -> Result<Said, TimeError> {
    if let Ok(instant) = text.parse() {
        return Ok(Said::Exact(instant));
    }
    if let Ok(day) = text.parse() {
        return Ok(Said::Day(day));
    }
    for format in [
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
    ] {
        if let Ok(local) = NaiveDateTime::parse_from_str(text, format) {
            return match local.time() < NaiveTime::MIN {
                true => Err(TimeError::Unreadable(text.to_owned())),
                false => Ok(Said::Local(local)),
            };
        }
    }
    match text.as_bytes().get(10) {
        Some(b'T') if !text.contains('/') => Err(text
            .parse::<Instant>()
            .map_or_else(TimeError::from, |_| TimeError::Unreadable(text.to_owned()))),
        _ => Err(TimeError::Unreadable(text.to_owned())),
    }
}

fn is_slashed(word: &str) -> bool {
    let parts: Vec<&str> = word.split('/').collect();
    (2..=3).contains(&parts.len())
        && parts.iter().all(|part| {
            (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
}

fn is_clock(word: &str) -> bool {
    let digits = word.trim_end_matches("am").trim_end_matches("pm");
    word.contains(':')
        && digits
            .split(':')
            .all(|part| part.len() <= 2 && part.parse::<u8>().is_ok())
        || (digits.len() < word.len() && digits.parse::<u8>().is_ok())
}

/// "12:00z", "12:00+05:00".
fn has_offset(word: &str) -> bool {
    word.contains('+')
        || word
            .strip_suffix('z')
            .is_some_and(|time| time.ends_with(|c: char| c.is_ascii_digit()))
}

/// "24:00", "99:30".
fn is_beyond_a_day(word: &str) -> bool {
    word.split_once(':')
        .is_some_and(|(hour, _)| hour.parse::<u32>().is_ok_and(|hour| hour > 23))
}

/// A name of a list, whole or cut to three letters or more.
fn is_of(word: &str, names: &[&str]) -> bool {
    word.len() >= 3 && names.iter().any(|name| name.starts_with(word))
}

fn is_weekday(word: &str) -> bool {
    is_of(
        word,
        &[
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
            "sunday",
        ],
    )
}

fn is_month(word: &str) -> bool {
    is_of(
        word,
        &[
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
    )
}

fn is_unit(word: &str) -> bool {
    ["second", "minute", "hour", "day", "week", "month", "year"]
        .contains(&word.trim_end_matches('s'))
}

/// "4 february" or "february 4,".
fn is_named_date(first: &str, second: &str) -> bool {
    let is_day = |word: &str| word.trim_end_matches(',').parse::<u8>().is_ok();
    (is_day(first) && is_month(second)) || (is_month(first) && is_day(second))
}

#[cfg(test)]
mod tests;
