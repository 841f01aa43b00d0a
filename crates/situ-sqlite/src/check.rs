//! Reading a whole file and saying what is wrong with it.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension};
use situ_core::{EventId, Position};

use crate::failure::Failure;
use crate::reader::{to_id, to_position};
use crate::schema::SCHEMA;

/// What [`crate::SqliteStore::check`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The position of the last event.
    pub head: Position,
    /// What is wrong; empty for a file in order.
    pub findings: Vec<Finding>,
}

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// SQLite finds the file damaged.
    #[error("the file is damaged: {0}")]
    Damaged(String),
    /// A table, index or trigger is missing or was changed, so that something else may have changed events.
    #[error("`{0}` of the schema is missing or was changed")]
    Schema(String),
    /// A position is missing, or comes before 1.
    #[error("after position {after} comes {found}, not {}", after.next())]
    Hole {
        /// The last position in order.
        after: Position,
        /// The one that follows.
        found: Position,
    },
    /// An event recorded before the one at the position before it.
    #[error("the event at position {0} was recorded before the one before it")]
    ClockRanBack(Position),
    /// An event whose link to the one before it in its situation is wrong.
    #[error("the event at position {position} links back to {found}, not {expected}")]
    Link {
        /// The event.
        position: Position,
        /// Where the event before it in its situation stands.
        expected: Position,
        /// Where it says that it stands.
        found: Position,
    },
    /// An event of a situation or kind that has no name.
    #[error("the event at position {0} is of a situation or kind without a name")]
    NoName(Position),
    /// An event id that is no UUID.
    #[error("the event at position {0} has an id that is no UUID")]
    BadId(Position),
    /// A situation whose count or last position does not agree with its events.
    #[error(
        "situation number {number} says {count} events, the last at {last}; there are {actual_count}, the last at {actual_last}"
    )]
    Situation {
        /// The situation's number in the file.
        number: i64,
        /// How many events it says it has.
        count: u64,
        /// Where it says the last one stands.
        last: Position,
        /// How many there are.
        actual_count: u64,
        /// Where the last one stands.
        actual_last: Position,
    },
    /// Two events with one id.
    #[error("the id {0} stands for more than one event")]
    RepeatedId(EventId),
}

/// Checks a file as it stands at one moment.
pub(crate) fn check(connection: &Connection) -> Result<Report, Failure> {
    let snapshot = connection.unchecked_transaction()?;
    let mut findings = damage(&snapshot)?;
    findings.extend(schema(&snapshot)?);
    let (head, standings) = events(&snapshot, &mut findings)?;
    findings.extend(situations(&snapshot, standings)?);
    findings.extend(repeated_ids(&snapshot)?);
    Ok(Report { head, findings })
}

fn damage(connection: &Connection) -> Result<Vec<Finding>, Failure> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let is_damage = |line: &String| line != "ok";
    Ok(lines
        .into_iter()
        .filter(is_damage)
        .map(Finding::Damaged)
        .collect())
}

/// Compares the schema with that of a new file.
fn schema(connection: &Connection) -> Result<Vec<Finding>, Failure> {
    let new = Connection::open_in_memory()?;
    new.execute_batch(SCHEMA)?;
    let (expected, found) = (objects(&new)?, objects(connection)?);
    let differs = |name: &&String| expected.get(*name) != found.get(*name);
    Ok(expected
        .keys()
        .filter(differs)
        .cloned()
        .map(Finding::Schema)
        .collect())
}

fn objects(connection: &Connection) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema")?;
    let objects = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(objects.collect::<Result<_, _>>()?)
}

/// How many events a situation has, and where the last one stands.
type Standings = HashMap<i64, (u64, Position)>;

fn events(
    connection: &Connection,
    findings: &mut Vec<Finding>,
) -> Result<(Position, Standings), Failure> {
    let mut statement = connection.prepare(
        "SELECT position, recorded_at, prev, situation, id,
                EXISTS (SELECT 1 FROM situation WHERE number = event.situation)
                AND EXISTS (SELECT 1 FROM kind WHERE number = event.kind)
         FROM event ORDER BY position",
    )?;
    let mut rows = statement.query([])?;
    let mut standings = Standings::new();
    let mut before = Position::START;
    let mut clock = i64::MIN;
    while let Some(row) = rows.next()? {
        let position = to_position(row.get(0)?);
        if position != before.next() {
            let found = position;
            findings.push(Finding::Hole {
                after: before,
                found,
            });
        }
        before = position;
        let recorded_at = row.get(1)?;
        if recorded_at < clock {
            findings.push(Finding::ClockRanBack(position));
        }
        clock = recorded_at;
        let (count, last) = standings.entry(row.get(3)?).or_default();
        let found = to_position(row.get(2)?);
        if found != *last {
            findings.push(Finding::Link {
                position,
                expected: *last,
                found,
            });
        }
        (*count, *last) = (*count + 1, position);
        if to_id(row.get_ref(4)?.as_bytes().map_err(rusqlite::Error::from)?).is_err() {
            findings.push(Finding::BadId(position));
        }
        if !row.get::<_, bool>(5)? {
            findings.push(Finding::NoName(position));
        }
    }
    Ok((before, standings))
}

fn situations(connection: &Connection, mut standings: Standings) -> Result<Vec<Finding>, Failure> {
    let mut statement = connection.prepare("SELECT number, count, last FROM situation")?;
    let mut rows = statement.query([])?;
    let mut findings = Vec::new();
    while let Some(row) = rows.next()? {
        let number = row.get(0)?;
        let (actual_count, actual_last) = standings.remove(&number).unwrap_or_default();
        let count = row.get::<_, i64>(1)?.unsigned_abs();
        let last = to_position(row.get(2)?);
        if (count, last) != (actual_count, actual_last) {
            findings.push(Finding::Situation {
                number,
                count,
                last,
                actual_count,
                actual_last,
            });
        }
    }
    Ok(findings)
}

fn repeated_ids(connection: &Connection) -> Result<Option<Finding>, Failure> {
    let id: Option<Vec<u8>> = connection
        .query_row(
            "SELECT id FROM event GROUP BY id HAVING count(*) > 1 LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()?;
    Ok(id.and_then(|id| to_id(&id).ok()).map(Finding::RepeatedId))
}
