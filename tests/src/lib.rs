//! Whole-system tests of situ; see `tests/`.

mod data;
mod rumours;

pub use data::{mapping, shared};
pub use rumours::{Random, learnt, rumours};

use situ_core::{
    Act, Event, EventId, Instant, Name, SituationId, SituationOpened, Source, SourceId, SpeechAct,
    StatementIssued, Text, Zone, from_line,
};

/// What was known in Balochistan on 4 February 2026, and how the figures came out before and after, as `situ demo` tells it.
const BALOCHISTAN: [&str; 2] = [
    include_str!("../../crates/situ-cli/demo/balochistan-2026.ndjson"),
    include_str!("../../crates/situ-cli/demo/balochistan-2026-before-and-after.ndjson"),
];

/// The whole story of Balochistan, in the order it became public.
///
/// A row of figures was learnt at 18:00 in Karachi on the last day of its as-of, one minute later for each row; the services
/// of a day after its rows; the report of 4 February at 10:00.
///
/// # Panics
/// Never: its lines are events.
#[must_use]
pub fn balochistan() -> Vec<Event> {
    let lines = BALOCHISTAN.iter().flat_map(|file| file.lines());
    let event = |line| from_line(line, 1, || unreachable!("every line has an id"));
    let mut events: Vec<Event> = lines.map(|line| event(line).expect("an event")).collect();
    events.sort_by_key(|event| event.learnt_at);
    events
}

/// A batch that can be told from its ids, and made again: 1 to 7 statements, together up to 28 kB.
///
/// # Panics
/// Never: its texts are within limits.
#[must_use]
pub fn numbered_batch(round: u16, thread: u8, number: u32) -> Vec<Event> {
    let size = 1 + (number % 7) as u8;
    (0..size)
        .map(|index| numbered_event(round, thread, number, index))
        .collect()
}

/// A batch of 1 to 100 small events that can be told from its ids, and made again.
///
/// # Panics
/// Never: its title is a name.
#[must_use]
pub fn light_batch(round: u16, thread: u8, number: u32) -> Vec<Event> {
    let at = Instant::from_unix_nanos(i64::from(round) * 1_000_000);
    let [a, b, c, d] = number.to_be_bytes();
    let event = |index: u8| {
        let id = EventId::from_content(at, [0, 0, 0, 0, thread, a, b, c, d, index]);
        let situation = SituationId::new(format!("situation-{}", number % 5)).expect("an id");
        let opened = SituationOpened {
            title: Name::new("a situation").expect("a name"),
            zone: Zone::UTC,
            places: vec![],
        };
        Event::new(id, situation, opened)
    };
    (0..1 + (number.wrapping_mul(37) % 100) as u8)
        .map(event)
        .collect()
}

/// The round, thread and number of the batch an event was made for.
#[must_use]
pub fn numbers(id: EventId) -> (u16, u8, u32) {
    let [millis @ .., thread, a, b, c, d, _] = *id.as_uuid().as_bytes();
    let round = u16::from_be_bytes([millis[4], millis[5]]);
    (round, thread, u32::from_be_bytes([a, b, c, d]))
}

fn numbered_event(round: u16, thread: u8, number: u32, index: u8) -> Event {
    let [a, b, c, d] = number.to_be_bytes();
    let at = Instant::from_unix_nanos(i64::from(round) * 1_000_000);
    let id = EventId::from_content(at, [0, 0, 0, 0, thread, a, b, c, d, index]);
    let words = "said ".repeat(1 + (number as usize * 31 + usize::from(index) * 7) % 800);
    let statement = StatementIssued {
        speaker: Name::new("speaker").expect("a name"),
        on_behalf_of: None,
        acts: vec![SpeechAct {
            act: Act::Announces,
            addressed_to: vec![],
            words: Some(Text::new(words).expect("at most 4,000 bytes")),
        }],
        about: vec![],
        words: None,
    };
    let situation = SituationId::new(format!("situation-{}", number % 5)).expect("an id");
    Event {
        occurred: Some(situ_core::When::instant(at)),
        source: Some(Source::new(SourceId::new("source").expect("an id"))),
        ..Event::new(id, situation, statement)
    }
}

/// Every row of a table or view, sorted: the values with their types, so that two dumps are equal only where every value is.
///
/// # Panics
/// When it cannot be read.
#[must_use]
pub fn dump(connection: &rusqlite::Connection, table: &str) -> Vec<String> {
    let mut statement = connection
        .prepare(&format!("SELECT * FROM \"{table}\""))
        .expect("there is such a table");
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let values = (0..columns).map(|column| row.get_ref(column));
        let values = values.collect::<Result<Vec<_>, _>>()?;
        Ok(format!("{values:?}"))
    };
    let rows = statement.query_map([], row).expect("reads");
    let mut rows: Vec<String> = rows.collect::<Result<_, _>>().expect("reads");
    rows.sort();
    rows
}

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
