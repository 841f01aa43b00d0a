//! Times, in the situation's zone.

use chrono::{Datelike, NaiveDate, Timelike};
use situ_core::{Instant, Precision, When, Zone};

/// A moment with date, time and zone: "2026-02-04 12:00 PKT". Seconds only where there are some.
pub(crate) fn local(instant: Instant, zone: Zone) -> String {
    let moment = zone.at(instant);
    let format = if moment.second() == 0 {
        "%Y-%m-%d %H:%M %Z"
    } else {
        "%Y-%m-%d %H:%M:%S %Z"
    };
    moment.format(format).to_string()
}

/// A moment without its zone, for a column that says it above.
pub(crate) fn minute(instant: Instant, zone: Zone) -> String {
    zone.at(instant).format("%Y-%m-%d %H:%M").to_string()
}

/// The zone's abbreviation or offset at a moment.
pub(crate) fn zone_name(instant: Instant, zone: Zone) -> String {
    zone.at(instant).format("%Z").to_string()
}

/// A day as it is spoken: "4 Feb", with the year where it is not `year`.
pub(crate) fn day(day: NaiveDate, year: i32) -> String {
    if day.year() == year {
        day.format("%-d %b").to_string()
    } else {
        day.format("%-d %b %Y").to_string()
    }
}

/// A moment as it is spoken: "4 Feb 10:00".
pub(crate) fn moment(instant: Instant, zone: Zone, year: i32) -> String {
    let local = zone.local(instant);
    format!("{} {}", day(local.date(), year), local.format("%H:%M"))
}

/// A time as precisely as the source said: "4 Feb", "about 31 Jan", "3–4 Feb", "since 31 Jan".
pub(crate) fn when(when: &When, zone: Zone, year: i32) -> String {
    let zone = when.zone().unwrap_or(zone);
    let spoken = |instant: Instant| day(zone.day_of(instant), year);
    match (when.precision(), when.earliest(), when.latest()) {
        (Precision::Instant, Some(instant), _) => moment(instant, zone, year),
        (Precision::Day, Some(first), _) => match when.edtf().chars().last() {
            Some('~') => format!("about {}", spoken(first)),
            Some('?') => format!("{} (uncertain)", spoken(first)),
            Some('%') => format!("about {} (uncertain)", spoken(first)),
            _ => spoken(first),
        },
        (Precision::Interval, first, last) if !when.edtf().starts_with(['[', '{']) => {
            match (first, last) {
                (Some(first), Some(last)) => span(zone.day_of(first), zone.day_of(last), year),
                (Some(first), None) => format!("since {}", spoken(first)),
                (None, Some(last)) => format!("until {}", spoken(last)),
                (None, None) => when.edtf().to_owned(),
            }
        }
        (Precision::Interval, Some(first), Some(last)) if is_one_of_two(when.edtf()) => {
            either(zone.day_of(first), zone.day_of(last), year)
        }
        _ => when.edtf().to_owned(),
    }
}

/// Whether a set is one of two days: `[2026-01-29,2026-01-30]`.
fn is_one_of_two(edtf: &str) -> bool {
    let inside = edtf
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let two = inside.and_then(|inside| inside.split_once(','));
    let is_day = |text: &str| text.parse::<NaiveDate>().is_ok();
    two.is_some_and(|(one, other)| is_day(one) && is_day(other))
}

/// One of two days: "29 or 30 Jan", "31 Jan or 1 Feb".
fn either(one: NaiveDate, other: NaiveDate, year: i32) -> String {
    if (one.year(), one.month()) == (other.year(), other.month()) {
        return format!("{} or {}", one.day(), day(other, year));
    }
    format!("{} or {}", day(one, year), day(other, year))
}

/// Two days: "3–4 Feb", "31 Jan–4 Feb".
pub(crate) fn span(first: NaiveDate, last: NaiveDate, year: i32) -> String {
    if first == last {
        return day(first, year);
    }
    if (first.year(), first.month()) == (last.year(), last.month()) {
        return format!("{}–{}", first.day(), day(last, year));
    }
    format!("{}–{}", day(first, year), day(last, year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_spoken_as_precisely_as_it_was_said() {
        let zone: Zone = "Asia/Karachi".parse().unwrap();
        let check = |text: &str, expected: &str| {
            assert_eq!(when(&text.parse().unwrap(), zone, 2026), expected, "{text}");
        };
        check("2026-02-04[Asia/Karachi]", "4 Feb");
        check("2025-12-31[Asia/Karachi]", "31 Dec 2025");
        check("2026-01-31~[Asia/Karachi]", "about 31 Jan");
        check("2026-02-03/2026-02-04[Asia/Karachi]", "3–4 Feb");
        check("2026-01-31/2026-02-04[Asia/Karachi]", "31 Jan–4 Feb");
        check("2026-01-31/..[Asia/Karachi]", "since 31 Jan");
        check("../2026-02-04[Asia/Karachi]", "until 4 Feb");
        check("2026-02-04T05:00:00Z", "4 Feb 10:00");
        check("2026-02[Asia/Karachi]", "2026-02");
        check("[2026-01-29,2026-01-30][Asia/Karachi]", "29 or 30 Jan");
        check("[2026-01-31,2026-02-01][Asia/Karachi]", "31 Jan or 1 Feb");
        check(
            "[2026-01-29..2026-01-31][Asia/Karachi]",
            "[2026-01-29..2026-01-31]",
        );
        check(
            "{2026-01-29,2026-01-30}[Asia/Karachi]",
            "{2026-01-29,2026-01-30}",
        );
    }

    #[test]
    fn a_moment_is_shown_with_its_zone() {
        let karachi: Zone = "Asia/Karachi".parse().unwrap();
        assert_eq!(
            local("2026-02-04T07:00:00Z".parse().unwrap(), karachi),
            "2026-02-04 12:00 PKT"
        );
        assert_eq!(
            local("2026-02-04T18:59:59.999Z".parse().unwrap(), karachi),
            "2026-02-04 23:59:59 PKT"
        );
        assert_eq!(
            local("2026-02-04T07:00:00Z".parse().unwrap(), Zone::UTC),
            "2026-02-04 07:00 UTC"
        );
    }
}
