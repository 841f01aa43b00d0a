//! Reading: connections of their own, one page at a time.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, Row, params};
use situ_core::{EventId, Instant, Kind, Position, Recorded, SituationId};
use uuid::Uuid;

use crate::failure::Failure;
use crate::schema::{self, Reading};
use crate::store::SituationCount;

/// Connections for reading, as many as there are readers at once.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    reading: Reading,
    idle: Mutex<Vec<Reader>>,
}

/// How many idle connections are kept.
const IDLE: usize = 8;

impl Readers {
    pub(crate) fn new(path: PathBuf, reading: Reading) -> Self {
        let idle = Mutex::default();
        Self {
            path,
            reading,
            idle,
        }
    }

    /// Which file is read, and how.
    pub(crate) fn file(&self) -> (PathBuf, Reading) {
        (self.path.clone(), self.reading)
    }

    /// The file, wherever the working folder is now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Lends a reader to `read`.
    pub(crate) fn with<T>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let idle = self.idle().pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => Reader::open(&self.path, self.reading)?,
        };
        let answer = read(&mut reader)?;
        let mut idle = self.idle();
        if idle.len() < IDLE {
            idle.push(reader);
        }
        Ok(answer)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that reads, and the names it has seen.
#[derive(Debug)]
pub(crate) struct Reader {
    connection: Connection,
    names: Names,
}

impl Reader {
    fn open(path: &Path, reading: Reading) -> Result<Self, Failure> {
        let connection = schema::connect_to_read(path, reading)?;
        let names = Names::default();
        Ok(Self { connection, names })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Reads a page: one short read transaction, so that the write-ahead log is not held back.
    pub(crate) fn read_after(
        &mut self,
        position: Position,
        limit: usize,
    ) -> Result<Vec<Recorded>, Failure> {
        let mut statement = self.connection.prepare_cached(
            "SELECT position, id, situation, kind, version, learnt_at, recorded_at, body
             FROM event WHERE position > ?1 ORDER BY position LIMIT ?2",
        )?;
        let limit_or_max = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![number(position), limit_or_max])?;
        let mut page = Vec::with_capacity(limit.min(4096));
        while let Some(row) = rows.next()? {
            page.push(recorded(row, &mut self.names, &self.connection)?);
        }
        Ok(page)
    }

    pub(crate) fn head(&self) -> Result<Position, Failure> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT max(position) FROM event")?;
        let head: Option<i64> = statement.query_row([], |row| row.get(0))?;
        Ok(head.map_or(Position::START, to_position))
    }

    pub(crate) fn position_of(&self, id: EventId) -> Result<Option<Position>, Failure> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT position FROM event WHERE id = ?1")?;
        let found = statement.query_row([id.as_uuid().as_bytes()], |row| row.get(0));
        Ok(found.optional()?.map(to_position))
    }

    pub(crate) fn situations(&self) -> Result<Vec<SituationCount>, Failure> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id, count, last FROM situation ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut situations = Vec::new();
        while let Some(row) = rows.next()? {
            situations.push(SituationCount {
                situation: to_situation(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?,
                count: row.get::<_, i64>(1)?.unsigned_abs(),
                last: to_position(row.get(2)?),
            });
        }
        Ok(situations)
    }
}

fn recorded(
    row: &Row<'_>,
    names: &mut Names,
    connection: &Connection,
) -> Result<Recorded, Failure> {
    let text = row.get_ref(7)?.as_str().map_err(rusqlite::Error::from)?;
    Ok(Recorded {
        position: to_position(row.get(0)?),
        id: to_id(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?,
        situation: names.situation(row.get(2)?, connection)?,
        kind: names.kind(row.get(3)?, connection)?,
        version: row.get(4)?,
        learnt_at: Instant::from_unix_nanos(row.get(5)?),
        recorded_at: Instant::from_unix_nanos(row.get(6)?),
        body: text.into(),
    })
}

/// Situations and kinds by number: they are numbered from 1 without holes, and never renamed.
#[derive(Debug, Default)]
struct Names {
    situations: Vec<SituationId>,
    kinds: Vec<Kind>,
}

impl Names {
    fn situation(&mut self, number: i64, connection: &Connection) -> Result<SituationId, Failure> {
        if let Some(known) = get(&self.situations, number) {
            return Ok(known.clone());
        }
        let sql = "SELECT number, id FROM situation WHERE number >= ?1 ORDER BY number";
        extend(&mut self.situations, connection, sql, to_situation)?;
        let missing = || {
            Failure::Damaged(format!(
                "an event names situation {number}, which is not in the file"
            ))
        };
        get(&self.situations, number).cloned().ok_or_else(missing)
    }

    fn kind(&mut self, number: i64, connection: &Connection) -> Result<Kind, Failure> {
        if let Some(known) = get(&self.kinds, number) {
            return Ok(known.clone());
        }
        let sql = "SELECT number, name FROM kind WHERE number >= ?1 ORDER BY number";
        extend(&mut self.kinds, connection, sql, |name| {
            Ok(Kind::from_name(name))
        })?;
        let missing = || {
            Failure::Damaged(format!(
                "an event names kind {number}, which is not in the file"
            ))
        };
        get(&self.kinds, number).cloned().ok_or_else(missing)
    }
}

fn get<T>(names: &[T], number: i64) -> Option<&T> {
    names.get(usize::try_from(number).ok()?.checked_sub(1)?)
}

/// Reads the names that were not there the last time.
fn extend<T>(
    names: &mut Vec<T>,
    connection: &Connection,
    sql: &str,
    read: impl Fn(&str) -> Result<T, Failure>,
) -> Result<(), Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut next = names.len() as i64 + 1;
    let mut rows = statement.query([next])?;
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(0)? != next {
            return Err(Failure::Damaged(format!("name {next} is missing")));
        }
        names.push(read(
            row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?,
        )?);
        next += 1;
    }
    Ok(())
}

pub(crate) fn to_situation(id: &str) -> Result<SituationId, Failure> {
    SituationId::new(id)
        .map_err(|error| Failure::Damaged(format!("a situation is named so: {error}")))
}

pub(crate) fn to_id(bytes: &[u8]) -> Result<EventId, Failure> {
    let uuid = Uuid::from_slice(bytes);
    uuid.map(EventId::new)
        .map_err(|_| Failure::Damaged(format!("an event id has {} bytes", bytes.len())))
}

/// Positions in a file are never negative: the insert trigger counts from 1.
pub(crate) fn to_position(number: i64) -> Position {
    Position::new(number.unsigned_abs())
}

pub(crate) fn number(position: Position) -> i64 {
    i64::try_from(position.get()).unwrap_or(i64::MAX)
}
