//! The store: what callers hold.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Moment};

use situ_core::{
    AppendError, Appended, Bell, Condition, Event, EventId, EventStore, Instant, Position,
    ReadError, Recorded, SituationId, check_batch,
};

use crate::check::{self, Report};
use crate::doorbell::Doorbells;
use crate::failure::{Failure, FileError};
use crate::identity::Identity;
use crate::listener::{self, Listener};
use crate::open::{self, OpenError, Start};
use crate::reader::{Reader, Readers};
use crate::schema::{self, Reading};
use crate::writer::{Job, Reply, Writer};

/// A log in one SQLite file, shared between threads, and with other processes.
///
/// Dropping it closes the file; what was acknowledged is there already.
///
/// ```
/// use situ_core::{EventStore, Position};
/// use situ_sqlite::SqliteStore;
///
/// let folder = tempfile::tempdir()?;
/// let store = SqliteStore::create(folder.path().join("log.db"))?;
/// assert_eq!(store.head()?, Position::START);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct SqliteStore {
    /// As given, for messages.
    path: PathBuf,
    /// Started when somebody waits. Before the writer, so that the last to close the file is that one.
    listener: Mutex<Option<Listener>>,
    /// How long the listener may miss a commit.
    net: Duration,
    readers: Readers,
    /// Of the file as it was opened.
    identity: Identity,
    desk: Mutex<Desk>,
    /// `None` for a log that is only read; locked by whoever has the desk, and by followers.
    writer: Option<Mutex<Writer>>,
    bell: Arc<Bell>,
    /// `None` where no file may be made beside the log.
    doorbells: Arc<Option<Doorbells>>,
}

/// Where callers who append meet.
#[derive(Debug, Default)]
struct Desk {
    queue: Vec<Job>,
    is_busy: bool,
}

/// How much of a log belongs to a situation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SituationCount {
    /// The situation.
    pub situation: SituationId,
    /// How many events it has.
    pub count: u64,
    /// Where the last of them stands.
    pub last: Position,
}

impl SqliteStore {
    /// Creates a log where there is no file yet, or an empty one.
    ///
    /// # Errors
    /// When there is something already, or the file cannot be written.
    pub fn create(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::for_writing(path.as_ref(), Start::Create)
    }

    /// Opens a log that exists.
    ///
    /// # Errors
    /// When there is none, or the file is something else, or it cannot be written.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::for_writing(path.as_ref(), Start::Open)
    }

    /// Opens a log, or creates it where there is no file yet, or an empty one.
    ///
    /// # Errors
    /// When the file is something else, or it cannot be written.
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        Self::for_writing(path.as_ref(), Start::OpenOrCreate)
    }

    /// Opens a log that exists, for reading only; other processes may write to it meanwhile.
    ///
    /// # Errors
    /// When there is none, or the file is something else. The folder must allow for the two files SQLite keeps beside a log in
    /// use; a log in a folder that cannot be written is read from a copy.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let absolute = absolute(path)?;
        Self::for_reading(path, absolute, Reading::Shared)
    }

    /// Opens a log that exists, for a short look that makes no file and changes none, not even beside it.
    ///
    /// A log in use is read like any other. One at rest is read as it lies there; whoever begins to write to it meanwhile may make
    /// reading fail, so this is for what can do without an answer.
    ///
    /// # Errors
    /// When there is none, or the file is something else.
    pub fn open_without_trace(path: impl AsRef<Path>) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let absolute = absolute(path)?;
        let reading = open::without_trace(&absolute);
        let store = Self::for_reading(path, absolute, reading)?;
        Ok(Self {
            doorbells: Arc::new(None),
            ..store
        })
    }

    fn for_reading(path: &Path, absolute: PathBuf, reading: Reading) -> Result<Self, OpenError> {
        drop(open::for_reading(&absolute, reading)?);
        Ok(Self::new(path, absolute, reading, None))
    }

    fn for_writing(path: &Path, start: Start) -> Result<Self, OpenError> {
        let absolute = absolute(path)?;
        let connection = open::for_writing(&absolute, start)?;
        let writer =
            Writer::new(connection, absolute.clone()).map_err(|failure| failure.at(path))?;
        let writer = Some(Mutex::new(writer));
        Ok(Self::new(path, absolute, Reading::Shared, writer))
    }

    fn new(
        path: &Path,
        absolute: PathBuf,
        reading: Reading,
        writer: Option<Mutex<Writer>>,
    ) -> Self {
        Self {
            path: path.to_owned(),
            listener: Mutex::default(),
            net: listener::NET,
            doorbells: Arc::new(Some(Doorbells::new(&absolute))),
            identity: Identity::of(&absolute),
            readers: Readers::new(absolute, reading),
            desk: Mutex::default(),
            writer,
            bell: Arc::default(),
        }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where the event with this id stands.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn position_of(&self, id: EventId) -> Result<Option<Position>, ReadError> {
        self.read(|reader| reader.position_of(id))
    }

    /// The situations of the log, in order of their ids.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn situations(&self) -> Result<Vec<SituationCount>, ReadError> {
        self.read(|reader| reader.situations())
    }

    /// Reads the whole file and says what is wrong with it.
    ///
    /// # Errors
    /// When the file cannot be read at all.
    pub fn check(&self) -> Result<Report, ReadError> {
        self.read(|reader| check::check(reader.connection()))
    }

    /// Has a thread ring the bell for what others append; says whether there is one.
    fn listen(&self) -> bool {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if listener.as_ref().is_none_or(Listener::has_ended) {
            let (bell, doorbells) = (Arc::clone(&self.bell), Arc::clone(&self.doorbells));
            *listener = Listener::start(bell, doorbells, self.readers.file(), self.net).ok();
        }
        listener.is_some()
    }

    /// Wakes whoever waits for new events, here and in other processes.
    fn announce(&self) {
        self.bell.ring();
        if let Some(doorbells) = self.doorbells.as_ref() {
            doorbells.ring();
        }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection that writes, when it is free; `None` for a log that is only read.
    pub(crate) fn writer(&self) -> Option<MutexGuard<'_, Writer>> {
        let writer = self.writer.as_ref()?;
        Some(writer.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Refuses to go on with a file that is not there any more under its name.
    fn check_file(&self) -> Result<(), FileError> {
        match self.identity.is_of(self.readers.path()) {
            true => Ok(()),
            false => Err(FileError::Replaced(self.path.clone())),
        }
    }

    /// A connection of its own for changing what is not the log.
    pub(crate) fn connect_to_change(&self) -> Result<rusqlite::Connection, FileError> {
        if self.writer.is_none() {
            return Err(FileError::ReadOnly(self.path.clone()));
        }
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = schema::connect(self.readers.path(), flags);
        connection.map_err(|error| Failure::from(error).at(&self.path))
    }

    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, Failure>,
    ) -> Result<T, ReadError> {
        self.check_file()
            .map_err(|error| ReadError::Storage(Box::new(error)))?;
        self.readers
            .with(read)
            .map_err(|failure| failure.read(&self.path))
    }
}

impl EventStore for SqliteStore {
    /// Whoever finds the desk free writes for everybody who waits there: one transaction, one flush to the disk.
    fn append(
        &self,
        batch: &[Event],
        condition: &Condition,
        now: Instant,
    ) -> Result<Appended, AppendError> {
        check_batch(batch, now)?;
        let Some(writer) = &self.writer else {
            let read_only = FileError::ReadOnly(self.path.clone());
            return Err(AppendError::Storage(Box::new(read_only)));
        };
        self.check_file()
            .map_err(|error| AppendError::Storage(Box::new(error)))?;
        let (reply, replies) = channel();
        let job = Job::new(batch, condition, now, reply)?;
        let mut desk = self.desk();
        desk.queue.push(job);
        let is_free = !std::mem::replace(&mut desk.is_busy, true);
        drop(desk);
        if !is_free {
            match replies.recv() {
                Ok(Reply::Write) => {}
                Ok(Reply::Done(outcome)) => return outcome,
                // Whoever wrote for us panicked, and our job went down with it.
                Err(_) => {
                    let interrupted = FileError::Interrupted(self.path.clone());
                    return Err(AppendError::Storage(Box::new(interrupted)));
                }
            }
        }
        let leaving = LeavesDesk(self);
        let jobs = std::mem::take(&mut self.desk().queue);
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        writer.write(jobs, || self.announce());
        drop((writer, leaving));
        match replies.try_recv() {
            Ok(Reply::Done(outcome)) => outcome,
            _ => unreachable!("the job was in the queue that was written"),
        }
    }

    fn read_after(&self, position: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        self.read(|reader| reader.read_after(position, limit))
    }

    fn head(&self) -> Result<Position, ReadError> {
        self.read(|reader| reader.head())
    }

    fn wait_after(&self, position: Position, timeout: Duration) -> Result<Position, ReadError> {
        let start = Moment::now();
        loop {
            let rings = self.bell.rings();
            let head = self.head()?;
            let left = timeout.saturating_sub(start.elapsed());
            if head > position || left.is_zero() {
                return Ok(head);
            }
            let is_heard = self.listen();
            let patience = if is_heard { left } else { left.min(self.net) };
            self.bell.wait(rings, patience);
        }
    }

    /// Asked for the first time, it starts a thread that listens to other processes, until the store is dropped.
    ///
    /// Where the system starts no more threads, the bell rings for this process alone until it is asked for again.
    fn bell(&self) -> &Bell {
        self.listen();
        &self.bell
    }
}

/// Calls the next caller to the desk, or frees it; also when writing panics.
struct LeavesDesk<'a>(&'a SqliteStore);

impl Drop for LeavesDesk<'_> {
    fn drop(&mut self) {
        let mut desk = self.0.desk();
        match desk.queue.first() {
            Some(next) => next.call(),
            None => desk.is_busy = false,
        }
    }
}

/// Fixes a relative path, so that a later change of the working folder does not matter.
fn absolute(path: &Path) -> Result<PathBuf, OpenError> {
    std::path::absolute(path).map_err(|_| FileError::CannotOpen(path.to_owned()).into())
}

#[cfg(test)]
#[cfg(unix)]
mod waking;

#[cfg(test)]
mod tests {
    use super::*;
    use situ_core::{Name, SituationOpened, Zone};
    use std::thread::{self, ScopedJoinHandle};

    pub(super) fn batch(number: u8) -> Vec<Event> {
        let opened = SituationOpened {
            title: Name::new("n".repeat(250)).unwrap(),
            zone: Zone::UTC,
            places: vec![],
        };
        let event = |index| {
            let id = EventId::from_content(NOW, [number, index, 0, 0, 0, 0, 0, 0, 0, 0]);
            Event::new(id, SituationId::new("s").unwrap(), opened.clone())
        };
        (0..20).map(event).collect()
    }

    pub(super) const NOW: Instant = Instant::from_unix_nanos(0);

    pub(super) fn in_file(test: impl FnOnce(&Path, &SqliteStore)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        test(&path, &SqliteStore::create(&path).unwrap());
    }

    pub(super) fn append(store: &SqliteStore, number: u8) -> Result<u64, String> {
        store
            .append(&batch(number), &Condition::None, NOW)
            .map(|appended| appended.positions[0].get())
            .map_err(|error| error.to_string())
    }

    fn pragma(store: &SqliteStore, sql: &str) {
        let writer = store.writer.as_ref().unwrap().lock().unwrap();
        writer.connection().query_row(sql, [], |_| Ok(())).unwrap();
    }

    #[test]
    fn a_full_disk_loses_nothing_and_appending_goes_on_when_there_is_space() {
        in_file(|path, store| {
            assert_eq!(append(store, 1), Ok(1));
            pragma(store, "PRAGMA max_page_count = 1");
            let mut number = 2;
            let refused = loop {
                match append(store, number) {
                    Ok(_) => number += 1,
                    Err(refused) => break refused,
                }
            };
            assert_eq!(
                refused,
                format!(
                    "{}: the disk is full, nothing was written; free some space, then try again",
                    path.display()
                )
            );
            let head = u64::from(number - 1) * 20;
            assert_eq!(store.head().unwrap().get(), head);
            pragma(store, "PRAGMA max_page_count = 1000000");
            assert_eq!(append(store, number), Ok(head + 1));
            assert_eq!(store.check().unwrap().findings, []);
        });
    }

    #[test]
    fn a_reader_does_not_wait_for_a_writer_and_a_writer_says_who_is_in_the_way() {
        in_file(|path, store| {
            append(store, 1).unwrap();
            let other = rusqlite::Connection::open(path).unwrap();
            other
                .execute_batch("BEGIN IMMEDIATE; UPDATE situation SET count = 7")
                .unwrap();
            pragma(store, "PRAGMA busy_timeout = 1");
            assert_eq!(
                append(store, 2).unwrap_err(),
                format!(
                    "{}: another program has kept the file locked for too long; close that program, then try again",
                    path.display()
                )
            );
            let page = store.read_after(Position::START, 100).unwrap();
            assert_eq!(page.len(), 20);
            assert_eq!(store.situations().unwrap()[0].count, 20);
            other.execute_batch("ROLLBACK").unwrap();
            assert_eq!(append(store, 2), Ok(21));
        });
    }

    #[test]
    fn a_copy_made_by_sqlite_lets_readers_and_the_writer_work_side_by_side() {
        in_file(|path, store| {
            append(store, 1).unwrap();
            let copy = path.with_file_name("copy.db");
            let raw = rusqlite::Connection::open(path).unwrap();
            raw.execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
                .unwrap();
            let store = SqliteStore::open(&copy).unwrap();
            let raw = rusqlite::Connection::open(&copy).unwrap();
            let reading = raw.unchecked_transaction().unwrap();
            let count = |sql| reading.query_row(sql, [], |row| row.get::<_, i64>(0));
            assert_eq!(count("SELECT count(*) FROM event"), Ok(20));
            pragma(&store, "PRAGMA busy_timeout = 1");
            assert_eq!(append(&store, 2), Ok(21));
        });
    }

    #[test]
    fn a_writer_that_panics_does_not_take_those_who_wait_with_it() {
        in_file(|path, store| {
            append(store, 1).unwrap();
            store.writer.as_ref().unwrap().lock().unwrap().break_tail();
            store.desk().is_busy = true;
            let outcomes = thread::scope(|scope| {
                let callers = [2, 3, 4].map(|number| scope.spawn(move || append(store, number)));
                while store.desk().queue.len() < callers.len() {
                    thread::yield_now();
                }
                drop(LeavesDesk(store));
                callers.map(ScopedJoinHandle::join)
            });
            let interrupted = format!(
                "{}: the append this one was written with broke off, and this one may be in the log or not; append again, what is there already is not added twice",
                path.display()
            );
            let (panicked, told): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_err);
            assert_eq!(panicked.len(), 1);
            for outcome in told {
                assert_eq!(outcome.unwrap(), Err(interrupted.clone()));
            }
            assert_eq!(append(store, 3), Ok(21));
            assert_eq!(store.check().unwrap().findings, []);
        });
    }

    #[cfg(unix)]
    #[test]
    fn a_log_that_is_replaced_or_removed_is_not_gone_on_with() {
        in_file(|path, store| {
            append(store, 1).unwrap();
            let older = path.with_file_name("older.db");
            drop(SqliteStore::create(&older).unwrap());
            let replaced = format!(
                "{}: the file was replaced or removed while it was in use; open it anew",
                path.display()
            );
            let waiting = thread::scope(|scope| {
                let forever = Duration::from_secs(600);
                let waiting = scope.spawn(move || store.wait_after(Position::new(20), forever));
                while store.listener.lock().unwrap().is_none() {
                    thread::yield_now();
                }
                std::fs::rename(&older, path).unwrap();
                waiting.join().unwrap()
            });
            assert_eq!(waiting.unwrap_err().to_string(), replaced);
            assert_eq!(append(store, 2), Err(replaced.clone()));
            std::fs::remove_file(path).unwrap();
            assert_eq!(store.head().unwrap_err().to_string(), replaced);
        });
    }

    #[test]
    fn what_another_connection_wrote_is_seen_by_the_next_append() {
        in_file(|path, store| {
            let other = SqliteStore::open(path).unwrap();
            assert_eq!(append(store, 1), Ok(1));
            assert_eq!(append(&other, 2), Ok(21));
            assert_eq!(append(store, 3), Ok(41));
            assert_eq!(append(store, 2), Ok(21));
            let condition =
                Condition::Heads([(SituationId::new("s").unwrap(), Position::new(60))].into());
            assert!(other.append(&batch(4), &condition, NOW).is_ok());
            assert_eq!(store.check().unwrap().findings, []);
        });
    }
}
