//! Writing: one connection, one transaction for all who wait.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::Sender;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use situ_core::{
    AppendError, Appended, Condition, Event, EventId, Instant, Kind, Position, SituationId,
};

use crate::checkpoint::Checkpointer;
use crate::failure::Failure;
use crate::reader::{to_id, to_position};

/// A batch on its way into the log.
#[derive(Debug)]
pub(crate) struct Job {
    drafts: Vec<Draft>,
    /// The bodies of all drafts, one after another.
    bodies: String,
    condition: Condition,
    now: Instant,
    reply: Sender<Reply>,
}

/// What a caller who waits is told.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The batch was written, or not.
    Done(Result<Appended, AppendError>),
    /// The desk is free: write everybody's jobs.
    Write,
}

/// An event on its way into the log.
#[derive(Debug)]
struct Draft {
    id: EventId,
    situation: SituationId,
    kind: Kind,
    version: u16,
    learnt_at: Option<Instant>,
    body: Range<usize>,
}

impl Job {
    /// Encodes a batch; done by the caller, outside the transaction.
    pub(crate) fn new(
        batch: &[Event],
        condition: &Condition,
        now: Instant,
        reply: Sender<Reply>,
    ) -> Result<Self, AppendError> {
        let mut bodies = Vec::with_capacity(batch.len() * 512);
        let mut drafts = Vec::with_capacity(batch.len());
        for (index, event) in batch.iter().enumerate() {
            let start = bodies.len();
            event
                .encode(&mut bodies)
                .map_err(|reason| AppendError::Invalid { index, reason })?;
            drafts.push(Draft {
                id: event.id,
                situation: event.situation.clone(),
                kind: event.payload.kind(),
                version: event.payload.version(),
                learnt_at: event.learnt_at,
                body: start..bodies.len(),
            });
        }
        Ok(Self {
            drafts,
            bodies: String::from_utf8(bodies).expect("JSON is UTF-8"),
            condition: condition.clone(),
            now,
            reply,
        })
    }
}

/// The one connection that writes.
#[derive(Debug)]
pub(crate) struct Writer {
    // Before the connection, so that the checkpointing thread ends first and the last to close is this one.
    checkpointer: Checkpointer,
    connection: Connection,
    path: PathBuf,
    tail: Option<Tail>,
}

impl Writer {
    pub(crate) fn new(mut connection: Connection, path: PathBuf) -> Result<Self, Failure> {
        Ok(Self {
            checkpointer: Checkpointer::watch(&mut connection)?,
            connection,
            path,
            tail: None,
        })
    }

    /// Writes the jobs of everybody who waits, in one transaction, and replies to each.
    ///
    /// A job that is refused leaves nothing and does not disturb the others; if the file fails, all jobs fail. `announce` is
    /// called when there are new events to read, before anybody is told that theirs are there.
    pub(crate) fn write(&mut self, jobs: Vec<Job>, announce: impl FnOnce()) {
        match self.transact(&jobs, announce) {
            Ok(outcomes) => {
                for (job, outcome) in jobs.into_iter().zip(outcomes) {
                    // Nobody waits for the reply of a thread that is gone.
                    let _ = job.reply.send(Reply::Done(outcome));
                }
            }
            Err(failure) => {
                self.tail = None;
                for job in jobs {
                    let storage = AppendError::Storage(failure.storage(&self.path));
                    let _ = job.reply.send(Reply::Done(Err(storage)));
                }
            }
        }
        self.checkpointer
            .committed(&mut self.connection, &self.path);
    }

    /// Writes what is no event, in a transaction of its own; nothing of it stays when `write` fails.
    pub(crate) fn apart<T, E: From<Failure>>(
        &mut self,
        write: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let written = self.transact_apart(write);
        self.checkpointer
            .committed(&mut self.connection, &self.path);
        written
    }

    fn transact_apart<T, E: From<Failure>>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)
                .map_err(Failure::from)?;
        let written = write(&transaction)?;
        transaction.commit().map_err(Failure::from)?;
        Ok(written)
    }

    fn transact(
        &mut self,
        jobs: &[Job],
        announce: impl FnOnce(),
    ) -> Result<Vec<Result<Appended, AppendError>>, Failure> {
        let transaction =
            Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let mut tail = Tail::refreshed(self.tail.take(), &transaction)?;
        let before = tail.head;
        let mut outcomes = Vec::with_capacity(jobs.len());
        for job in jobs {
            outcomes.push(match tail.write(job, &transaction) {
                Ok(appended) => Ok(appended),
                Err(Stop::Refused(refusal)) => Err(refusal),
                Err(Stop::Failed(failure)) => return Err(failure),
            });
        }
        if tail.head > before {
            tail.save_counts(&transaction)?;
            transaction.commit()?;
            announce();
        }
        self.tail = Some(tail);
        Ok(outcomes)
    }

    /// Makes the next transaction panic before it commits.
    #[cfg(test)]
    pub(crate) fn break_tail(&mut self) {
        let nowhere = SituationId::new("nowhere").unwrap();
        self.tail.as_mut().unwrap().uncounted.push(nowhere);
    }

    #[cfg(test)]
    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }
}

/// Why a job ends early: it is refused, or nothing works.
enum Stop {
    Refused(AppendError),
    Failed(Failure),
}

impl From<AppendError> for Stop {
    fn from(refusal: AppendError) -> Self {
        Self::Refused(refusal)
    }
}

impl<T: Into<Failure>> From<T> for Stop {
    fn from(failure: T) -> Self {
        Self::Failed(failure.into())
    }
}

/// What the writer needs to know of the end of the log, kept from one transaction to the next.
#[derive(Debug)]
struct Tail {
    /// `PRAGMA data_version`: moves when another connection has written, and all below is out of date.
    data_version: i64,
    head: i64,
    recorded_at: Option<Instant>,
    /// The largest id: a larger one cannot be in the log, so ids that grow with time are not looked up.
    highest: Option<EventId>,
    situations: HashMap<SituationId, Standing>,
    kinds: HashMap<Kind, i64>,
    /// The situations with events that are not counted in the table yet.
    uncounted: Vec<SituationId>,
}

/// Where a situation stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    number: i64,
    count: i64,
    last: i64,
    is_uncounted: bool,
}

/// Where the events of a batch stand, and which of them are to be added.
struct Placed {
    positions: Vec<Position>,
    fresh: Vec<usize>,
    highest: Option<EventId>,
}

impl Tail {
    /// Keeps what is known if nobody else has written since; called inside the write transaction.
    fn refreshed(kept: Option<Self>, connection: &Connection) -> Result<Self, Failure> {
        let data_version = connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        match kept {
            Some(tail) if tail.data_version == data_version => Ok(tail),
            _ => Self::read(data_version, connection),
        }
    }

    fn read(data_version: i64, connection: &Connection) -> Result<Self, Failure> {
        let last = connection
            .prepare_cached(
                "SELECT position, recorded_at FROM event ORDER BY position DESC LIMIT 1",
            )?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let highest = connection
            .prepare_cached("SELECT id FROM event ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| row.get::<_, Vec<u8>>(0))
            .optional()?;
        Ok(Self {
            data_version,
            head: last.map_or(0, |(position, _)| position),
            recorded_at: last.map(|(_, nanos)| Instant::from_unix_nanos(nanos)),
            highest: highest.map(|bytes| to_id(&bytes)).transpose()?,
            situations: HashMap::new(),
            kinds: HashMap::new(),
            uncounted: Vec::new(),
        })
    }

    fn write(&mut self, job: &Job, connection: &Connection) -> Result<Appended, Stop> {
        let placed = self.place(job, connection)?;
        let added = placed.fresh.len();
        if added > 0 {
            self.check(&job.condition, connection)?;
            self.insert(job, &placed.fresh, connection)?;
            self.highest = placed.highest;
        }
        Ok(Appended {
            positions: placed.positions,
            added,
        })
    }

    /// Says where each event of the batch stands, or will; writes nothing.
    fn place(&mut self, job: &Job, connection: &Connection) -> Result<Placed, Stop> {
        let mut placed = Placed {
            positions: Vec::with_capacity(job.drafts.len()),
            fresh: Vec::with_capacity(job.drafts.len()),
            highest: self.highest,
        };
        for (index, draft) in job.drafts.iter().enumerate() {
            let is_higher = placed.highest.is_none_or(|highest| draft.id > highest);
            let held = if is_higher {
                placed.highest = Some(draft.id);
                None
            } else {
                self.held(job, index, &placed, connection)?
            };
            placed.positions.push(held.unwrap_or_else(|| {
                placed.fresh.push(index);
                to_position(self.head + placed.fresh.len() as i64)
            }));
        }
        Ok(placed)
    }

    /// Where the same event stands already, in the log or earlier in the batch.
    fn held(
        &mut self,
        job: &Job,
        index: usize,
        placed: &Placed,
        connection: &Connection,
    ) -> Result<Option<Position>, Stop> {
        let draft = &job.drafts[index];
        let conflict = |position| AppendError::IdConflict {
            index,
            id: draft.id,
            position,
        };
        let is_twin = |other: &usize| job.drafts[*other].id == draft.id;
        if let Some(twin) = placed.fresh.iter().copied().find(is_twin) {
            return match job.is_same(twin, index) {
                true => Ok(Some(placed.positions[twin])),
                false => Err(conflict(None).into()),
            };
        }
        let standing = self.standing(&draft.situation, connection)?;
        let kind = self.kind(&draft.kind, connection)?;
        let mut statement = connection.prepare_cached(
            "SELECT position, situation, kind, version, body FROM event WHERE id = ?1",
        )?;
        let mut rows = statement.query([draft.id.as_uuid().as_bytes()])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        let position = to_position(row.get(0)?);
        let is_same = Some(row.get(1)?) == standing.map(|standing| standing.number)
            && Some(row.get(2)?) == kind
            && row.get::<_, u16>(3)? == draft.version
            && row.get_ref(4)?.as_bytes().map_err(rusqlite::Error::from)?
                == job.body(draft).as_bytes();
        match is_same {
            true => Ok(Some(position)),
            false => Err(conflict(Some(position)).into()),
        }
    }

    fn check(&mut self, condition: &Condition, connection: &Connection) -> Result<(), Stop> {
        let Condition::Heads(heads) = condition else {
            return Ok(());
        };
        for (situation, &expected) in heads {
            let standing = self.standing(situation, connection)?;
            let actual = standing.map_or(Position::START, |standing| to_position(standing.last));
            if actual != expected {
                return Err(Stop::Refused(AppendError::HeadMoved {
                    situation: situation.clone(),
                    expected,
                    actual,
                }));
            }
        }
        Ok(())
    }

    fn insert(
        &mut self,
        job: &Job,
        fresh: &[usize],
        connection: &Connection,
    ) -> Result<(), Failure> {
        let recorded_at = self.recorded_at.map_or(job.now, |last| last.max(job.now));
        let mut statement = connection.prepare_cached(
            "INSERT INTO event (position, id, situation, kind, version, learnt_at, recorded_at, prev, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for draft in fresh.iter().map(|index| &job.drafts[*index]) {
            let position = self.head + 1;
            let (situation, prev) = self.advance(&draft.situation, position, connection)?;
            statement.execute(params![
                position,
                draft.id.as_uuid().as_bytes(),
                situation,
                self.kind_or_new(&draft.kind, connection)?,
                draft.version,
                draft.learnt_at.unwrap_or(recorded_at).unix_nanos(),
                recorded_at.unix_nanos(),
                prev,
                job.body(draft),
            ])?;
            self.head = position;
        }
        self.recorded_at = Some(recorded_at);
        Ok(())
    }

    /// Moves a situation on to `position`; returns its number and where it stood before.
    fn advance(
        &mut self,
        situation: &SituationId,
        position: i64,
        connection: &Connection,
    ) -> Result<(i64, i64), Failure> {
        if self.standing(situation, connection)?.is_none() {
            connection
                .prepare_cached("INSERT INTO situation (id, count, last) VALUES (?1, 0, 0)")?
                .execute([situation.as_str()])?;
            let number = connection.last_insert_rowid();
            let standing = Standing {
                number,
                count: 0,
                last: 0,
                is_uncounted: false,
            };
            self.situations.insert(situation.clone(), standing);
        }
        let standing = self
            .situations
            .get_mut(situation)
            .expect("was looked up or inserted above");
        let prev = std::mem::replace(&mut standing.last, position);
        standing.count += 1;
        if !std::mem::replace(&mut standing.is_uncounted, true) {
            self.uncounted.push(situation.clone());
        }
        Ok((standing.number, prev))
    }

    fn standing(
        &mut self,
        situation: &SituationId,
        connection: &Connection,
    ) -> Result<Option<Standing>, Failure> {
        if let Some(standing) = self.situations.get(situation) {
            return Ok(Some(*standing));
        }
        let standing = connection
            .prepare_cached("SELECT number, count, last FROM situation WHERE id = ?1")?
            .query_row([situation.as_str()], |row| {
                Ok(Standing {
                    number: row.get(0)?,
                    count: row.get(1)?,
                    last: row.get(2)?,
                    is_uncounted: false,
                })
            })
            .optional()?;
        if let Some(standing) = standing {
            self.situations.insert(situation.clone(), standing);
        }
        Ok(standing)
    }

    fn kind(&mut self, kind: &Kind, connection: &Connection) -> Result<Option<i64>, Failure> {
        if let Some(number) = self.kinds.get(kind) {
            return Ok(Some(*number));
        }
        let number = connection
            .prepare_cached("SELECT number FROM kind WHERE name = ?1")?
            .query_row([kind.as_str()], |row| row.get(0))
            .optional()?;
        if let Some(number) = number {
            self.kinds.insert(kind.clone(), number);
        }
        Ok(number)
    }

    fn kind_or_new(&mut self, kind: &Kind, connection: &Connection) -> Result<i64, Failure> {
        if let Some(number) = self.kind(kind, connection)? {
            return Ok(number);
        }
        connection
            .prepare_cached("INSERT INTO kind (name) VALUES (?1)")?
            .execute([kind.as_str()])?;
        let number = connection.last_insert_rowid();
        self.kinds.insert(kind.clone(), number);
        Ok(number)
    }

    /// Writes where the situations of this transaction stand now, once each.
    fn save_counts(&mut self, connection: &Connection) -> Result<(), Failure> {
        let mut statement = connection
            .prepare_cached("UPDATE situation SET count = ?2, last = ?3 WHERE number = ?1")?;
        for situation in self.uncounted.drain(..) {
            let standing = self
                .situations
                .get_mut(&situation)
                .expect("situations with new events are known");
            statement.execute([standing.number, standing.count, standing.last])?;
            standing.is_uncounted = false;
        }
        Ok(())
    }
}

impl Job {
    /// Calls the caller to the desk.
    pub(crate) fn call(&self) {
        // Nobody but the caller holds the other end, and it waits.
        let _ = self.reply.send(Reply::Write);
    }

    fn body(&self, draft: &Draft) -> &str {
        &self.bodies[draft.body.clone()]
    }

    fn is_same(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.drafts[one], &self.drafts[other]);
        one.situation == other.situation
            && one.kind == other.kind
            && one.version == other.version
            && self.body(one) == self.body(other)
    }
}
