//! The last days of services at a glance: a column a day, the higher the worse.

use std::io::{self, Write};

use situ_core::Degree;
use situ_services::{DayState, Freshness, Status};

use super::moment;
use super::names::Names;
use super::paint::Tone;
use super::services::state_word;
use super::table::{Cell, Table, paragraph};
use crate::commands::services::{Strip, StripDay};

/// The days that stand side by side on a page.
const MOST_DAYS: usize = 20;

/// A line for each status, below the first and the last day; many days are drawn in pieces of about the same length.
pub(crate) fn write(strips: &[Strip], names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let count = strips.first().map_or(0, |strip| strip.days.len());
    let piece = count.div_ceil(count.div_ceil(MOST_DAYS).max(1));
    for first in (0..count).step_by(piece.max(1)) {
        let mut table = Table::indented(2);
        for (index, strip) in strips.iter().enumerate() {
            let days = &strip.days[first..strip.days.len().min(first + piece)];
            if index == 0 {
                table.row(["".into(), axis(days, names).into(), "".into()]);
            }
            let drawn: String = days.iter().map(|day| column(day.state.as_ref())).collect();
            table.row([
                Cell::new(strip.id.to_string(), Tone::Strong),
                Cell::from(drawn),
                Cell::from(words(days, names)),
            ]);
        }
        table.write(out)?;
    }
    let legend = "each day at its worst: █ suspended, ▅ restricted (▇ minimal ▅ partial ▄ intermittent ▃ degraded ▂ detour), ▁ operating, \
                  ! disputed, ? unknown, · not spoken of; ~ only last known so";
    paragraph(out, 2, legend, Tone::Quiet)
}

/// Two signs: how bad, and whether that was only last known.
fn column(state: Option<&DayState>) -> String {
    let Some(state) = state else {
        return "· ".to_owned();
    };
    let height = match (state.status, state.degree) {
        (Status::Disputed, _) => '!',
        (_, Degree::None) => '█',
        (_, Degree::Minimal) => '▇',
        (_, Degree::Partial) => '▅',
        (_, Degree::Intermittent) => '▄',
        (_, Degree::Degraded) => '▃',
        (_, Degree::Detour) => '▂',
        (_, Degree::Normal) => '▁',
        (_, Degree::Unknown) => '?',
    };
    let known = match state.freshness {
        Freshness::Stale => '~',
        Freshness::Fresh | Freshness::Unconfirmed => ' ',
    };
    format!("{height}{known}")
}

/// The first day, and the last where there is room.
fn axis(days: &[StripDay], names: &Names<'_>) -> String {
    let day = |day: &StripDay| moment::day(day.day.0, names.year);
    let (Some(first), Some(last)) = (days.first().map(day), days.last().map(day)) else {
        return String::new();
    };
    let width = days.len() * 2;
    let room = width.saturating_sub(first.len() + last.len());
    if room < 2 {
        return first;
    }
    format!("{first}{}{last}", " ".repeat(room))
}

/// "suspended 31 Jan–4 Feb, operating 5–6 Feb".
fn words(days: &[StripDay], names: &Names<'_>) -> String {
    let word = |day: &StripDay| {
        day.state.as_ref().map(|state| {
            let word = state_word(state.status, state.degree);
            match state.freshness {
                Freshness::Stale => format!("last known {word}"),
                Freshness::Fresh | Freshness::Unconfirmed => word,
            }
        })
    };
    let mut stretches: Vec<(String, &StripDay, &StripDay)> = Vec::new();
    let mut is_going_on = false;
    for day in days {
        let Some(word) = word(day) else {
            is_going_on = false;
            continue;
        };
        match stretches.last_mut() {
            Some((same, _, last)) if *same == word && is_going_on => *last = day,
            _ => stretches.push((word, day, day)),
        }
        is_going_on = true;
    }
    let stretches = stretches.iter().map(|(word, first, last)| {
        format!(
            "{word} {}",
            moment::span(first.day.0, last.day.0, names.year)
        )
    });
    stretches.collect::<Vec<_>>().join(", ")
}
