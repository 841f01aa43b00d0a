//! The stored form: what makes a file a log, and how connections to it are set up.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant as Moment};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

/// Marks a file as a log of situ: "situ" in ASCII.
pub(crate) const APPLICATION_ID: i32 = 0x7369_7475;

/// The version of the schema this program reads and writes.
pub(crate) const VERSION: i32 = 1;

/// The tables, and the triggers that keep events as they are.
///
/// Events are keyed by position, and ids begin with their time: keys that scatter over a large tree are what makes
/// appending slow. `prev` links an event to the one before in its situation; `situation.count` and `situation.last` are
/// written once a transaction. A `REPLACE` fires no delete triggers unless the connection asks for them, so the insert
/// triggers refuse it too.
pub(crate) const SCHEMA: &str = include_str!("schema.sql");

/// How long a connection waits for another process to finish writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it rests before it asks again.
const PAUSE: Duration = Duration::from_millis(1);

/// Has a connection wait for other processes.
pub(crate) fn be_patient(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_handler(Some(ask_again))
}

/// Waits for another process. SQLite's own handler soon asks ten times a second only, and a process that appends without a
/// pause leaves so short a gap between two transactions that whoever asks so seldom may wait for ever.
fn ask_again(asked: i32) -> bool {
    let is_patient = PAUSE.saturating_mul(asked.unsigned_abs()) < PATIENCE;
    if is_patient {
        thread::sleep(PAUSE);
    }
    is_patient
}

/// Opens a connection and sets what a connection does not remember.
pub(crate) fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let mut connection =
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    be_patient(&mut connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "recursive_triggers", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    // A statement is planned once, not again for every value it is asked with: planning costs as much as reading twenty rows.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(connection)
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Side by side with others, through the two files SQLite keeps beside a log in use, and makes if they are not there.
    Shared,
    /// As it lies there; nothing else is looked at, and nothing made.
    AtRest,
}

/// Opens a connection that reads.
pub(crate) fn connect_to_read(path: &Path, reading: Reading) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    match reading {
        Reading::Shared => connect(path, flags),
        Reading::AtRest => {
            let name = path
                .to_str()
                .ok_or_else(|| rusqlite::Error::InvalidPath(path.to_owned()))?;
            let name = name
                .replace('%', "%25")
                .replace('?', "%3f")
                .replace('#', "%23");
            let address = format!("file:{name}?immutable=1");
            connect(Path::new(&address), flags | OpenFlags::SQLITE_OPEN_URI)
        }
    }
}

/// What a database says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) application_id: i32,
    pub(crate) version: i32,
    /// How many tables, indexes and triggers it has.
    pub(crate) objects: i64,
}

impl Marks {
    pub(crate) fn read(connection: &Connection) -> rusqlite::Result<Self> {
        let number = |sql| connection.query_row(sql, [], |row| row.get(0));
        Ok(Self {
            application_id: number("PRAGMA application_id")?,
            version: number("PRAGMA user_version")?,
            objects: connection
                .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?,
        })
    }

    /// Whether nobody has written to the database yet.
    pub(crate) fn is_blank(self) -> bool {
        self.application_id == 0 && self.version == 0 && self.objects == 0
    }
}

/// Makes a blank database a log, and says whether it was this call that did: another process may do the same at the same time.
pub(crate) fn initialise(connection: &mut Connection) -> rusqlite::Result<bool> {
    use_write_ahead_log(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let is_blank = Marks::read(&transaction)?.is_blank();
    if is_blank {
        transaction.execute_batch(SCHEMA)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(is_blank)
}

/// Lets readers and the writer work side by side. The file remembers it, but a copy made by `VACUUM INTO` does not.
///
/// For this alone SQLite does not ask the busy handler, and fails at once where another process does the same.
pub(crate) fn use_write_ahead_log(connection: &Connection) -> rusqlite::Result<()> {
    let start = Moment::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if is_busy(&error) && start.elapsed() < PATIENCE => thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}
