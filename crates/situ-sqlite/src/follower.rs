//! Followers that keep their position in the file: leases, commits of rows together with the position, and what there is.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use situ_core::{Instant, Position, ReadError, StorageError};

use crate::failure::{Failure, FileError};
use crate::read_model::{Change, Declaration, Table, Value, from_any_version};
use crate::reader::{number, to_position};
use crate::store::SqliteStore;

/// The tables that say where followers stand: made when the first one comes, and no part of the log.
const BOOKKEEPING: &str = include_str!("follower.sql");

/// The log, for people with SQL tools.
const EVENTS_VIEW: &str = include_str!("events_view.sql");

/// The right to move a follower's position and write its rows, held by one at a time.
///
/// It lasts until the moment it was taken for, and every [`Lease::commit`] and [`Lease::renew`] prolongs it. Once that moment is
/// over another may take it, and then this one writes nothing any more. Dropping it does not give it back, for that takes a
/// write that may fail: [`Lease::release`] does.
#[derive(Debug)]
pub struct Lease<'a> {
    store: &'a SqliteStore,
    declaration: Declaration,
    token: Vec<u8>,
    position: Position,
    state: FollowerState,
    until: Instant,
    term: Duration,
}

/// What one commit writes: everything or nothing.
#[derive(Debug, Clone, Copy)]
pub struct Commit<'a> {
    /// Where the follower stands now: up to here it has taken in every event.
    pub position: Position,
    /// Whether that was the head of the log when it was read; a version that was being built is then served.
    pub reached: Reached,
    /// What becomes of its rows, in this order.
    pub changes: &'a [Change],
    /// The events it could not take in.
    pub dead_letters: &'a [DeadLetter],
}

/// How far a follower has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// There was more.
    Middle,
    /// There was nothing more.
    Head,
}

/// An event a follower could not take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Where the event stands.
    pub position: Position,
    /// What became of it.
    pub fate: Fate,
    /// Why.
    pub reason: String,
}

/// What became of an event that could not be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The follower went on without it.
    Skipped,
    /// The follower stands before it.
    Stopped,
}

/// Where a version of a follower stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowerStatus {
    /// The follower.
    pub name: String,
    /// The version.
    pub version: u32,
    /// The last event it has taken in.
    pub position: Position,
    /// How many events of the log come after that.
    pub lag: u64,
    /// Whether it has caught up with the log since it began.
    pub state: FollowerState,
    /// Until when somebody holds its lease, whether that moment is over or not; `None` where it was given back.
    pub lease: Option<Instant>,
    /// When it last stood at the head of the log; `None` while it does not.
    pub caught_up_at: Option<Instant>,
    /// The events it could not take in, in the order of the log.
    pub dead_letters: Vec<DeadLetter>,
}

/// Whether a version of a follower has caught up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowerState {
    /// Not yet: nobody sees its tables, and an older version is served where there is one.
    Building,
    /// Once it had: its tables are what people see.
    Serving,
}

/// Why a follower may not write; nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// Somebody else holds the lease.
    #[error("somebody else runs follower {name}, at least until {until}")]
    Held {
        /// The follower.
        name: String,
        /// When the lease ends, unless it is prolonged.
        until: Instant,
    },
    /// The lease ended, and somebody else took it over.
    #[error("somebody else has taken over follower {0}")]
    Lost(String),
    /// It was reset, or a newer version is served in its place.
    #[error(
        "follower {name} version {version} is there no more: it was reset, or a newer version has replaced it"
    )]
    Gone {
        /// The follower.
        name: String,
        /// The version.
        version: u32,
    },
    /// A newer version is served already.
    #[error(
        "follower {name} is served in version {serving}, and this program makes version {version}; update it, or reset the follower"
    )]
    Newer {
        /// The follower.
        name: String,
        /// The version this program makes.
        version: u32,
        /// The version served.
        serving: u32,
    },
    /// The position is not where this follower left it.
    #[error(
        "follower {name} stands at {actual}, not at {expected} where it was left; something else moved it, reset the follower"
    )]
    Moved {
        /// The follower.
        name: String,
        /// Where it was left.
        expected: Position,
        /// Where it is.
        actual: Position,
    },
    /// A commit that goes back, or beyond the log.
    #[error("follower {name} cannot go from {from} to {to} in a log with head {head}")]
    BadPosition {
        /// The follower.
        name: String,
        /// Where it stands.
        from: Position,
        /// Where it was to go.
        to: Position,
        /// The last event.
        head: Position,
    },
    /// Something else in the file has the name of a table.
    #[error(
        "there is a table or view `{0}` already that is not of this follower; remove or rename it"
    )]
    Taken(String),
    /// The tables in the file are not those declared, under the same version.
    #[error("table `{0}` was declared otherwise in this version; raise the version")]
    Changed(String),
    /// A change that does not fit the tables declared.
    #[error("a row of `{table}` does not fit: {reason}")]
    Row {
        /// The table.
        table: String,
        /// What does not fit.
        reason: String,
    },
    /// The machine or the file failed.
    #[error(transparent)]
    Storage(StorageError),
}

impl SqliteStore {
    /// Takes the lease of a follower from `now` for `term`, and makes its tables where they are not there yet.
    ///
    /// A follower that was never here begins at [`Position::START`]; so does one whose tables somebody removed. A version higher
    /// than the one being served is built beside it, and takes its place with the first commit that has
    /// [`Reached::Head`]; until then, people go on seeing the old one, and its runner may go on.
    ///
    /// ```
    /// use std::time::Duration;
    /// use situ_core::{Instant, Position};
    /// use situ_sqlite::{Commit, Declaration, Reached, SqliteStore};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let store = SqliteStore::create(folder.path().join("log.db"))?;
    /// let ticker = Declaration::new("ticker", 1, &[])?;
    /// let now: Instant = "2026-02-04T12:00:00Z".parse()?;
    /// let mut lease = store.lease(&ticker, now, Duration::from_secs(10))?;
    /// assert!(store.lease(&ticker, now, Duration::from_secs(10)).is_err());
    /// let nothing_new = Commit { position: Position::START, reached: Reached::Head, changes: &[], dead_letters: &[] };
    /// lease.commit(nothing_new, now)?;
    /// lease.release()?;
    /// assert_eq!(store.followers()?[0].lease, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When somebody else holds it, a newer version is served, the tables do not fit what is in the file, or the file cannot be
    /// written.
    pub fn lease(
        &self,
        declaration: &Declaration,
        now: Instant,
        term: Duration,
    ) -> Result<Lease<'_>, FollowError> {
        // Who waits asks often, and must not be in the way of whoever writes.
        let row = self.read(|reader| Row::read(reader.connection(), declaration));
        if let Some(row) = row.map_err(|ReadError::Storage(error)| FollowError::Storage(error))? {
            row.check_free(declaration, now)?;
        }
        let until = after(now, term);
        let taken = self.write(|connection| take(connection, declaration, now, until))?;
        Ok(Lease {
            store: self,
            declaration: declaration.clone(),
            token: taken.token,
            position: taken.position,
            state: taken.state,
            until,
            term,
        })
    }

    /// Where every follower stands, by name and version.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn followers(&self) -> Result<Vec<FollowerStatus>, ReadError> {
        self.read(|reader| {
            let snapshot = reader.connection().unchecked_transaction()?;
            match has_followers(&snapshot)? {
                true => followers(&snapshot),
                false => Ok(Vec::new()),
            }
        })
    }

    /// Forgets a follower in all its versions, with its tables, views and dead letters: it begins anew. Says whether it was there.
    ///
    /// Whoever runs it notices at its next commit, and writes nothing. Until it has caught up again people see no tables; to
    /// build them anew without a gap, raise the version instead.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn reset(&self, follower: &str) -> Result<bool, FollowError> {
        self.write(|connection| {
            if !has_followers(connection)? {
                return Ok(false);
            }
            for view in views(connection, follower)? {
                connection.execute_batch(&format!("DROP VIEW \"{view}\""))?;
            }
            drop_versions(connection, follower, i64::MAX)
        })
    }

    /// Writes in one transaction, or nothing.
    fn write<T>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T, Stop>,
    ) -> Result<T, FollowError> {
        let Some(mut writer) = self.writer() else {
            let read_only = FileError::ReadOnly(self.path().to_owned());
            return Err(FollowError::Storage(Box::new(read_only)));
        };
        writer.apart(write).map_err(|stop| match stop {
            Stop::Refused(refusal) => refusal,
            Stop::Failed(failure) => FollowError::Storage(failure.storage(self.path())),
        })
    }
}

impl Lease<'_> {
    /// What the follower declares.
    #[must_use]
    pub const fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// The last event the follower has taken in.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Whether it has caught up since it began.
    #[must_use]
    pub const fn state(&self) -> FollowerState {
        self.state
    }

    /// When the lease ends, unless it is prolonged.
    #[must_use]
    pub const fn until(&self) -> Instant {
        self.until
    }

    /// Writes rows, position and dead letters in one transaction, and prolongs the lease to `now` and its term.
    ///
    /// # Errors
    /// When the lease was lost, the follower reset or replaced, its position moved, or a change does not fit; or when the file
    /// cannot be written. Nothing was written then, and the lease stands as before.
    pub fn commit(&mut self, commit: Commit<'_>, now: Instant) -> Result<(), FollowError> {
        let until = after(now, self.term);
        let state = self.store.write(|connection| {
            self.check(connection)?;
            write_commit(connection, self, &commit, now, until)
        })?;
        (self.position, self.state, self.until) = (commit.position, state, until);
        Ok(())
    }

    /// Prolongs the lease to `now` and its term.
    ///
    /// # Errors
    /// Those of [`Lease::commit`].
    pub fn renew(&mut self, now: Instant) -> Result<(), FollowError> {
        let until = after(now, self.term);
        self.store.write(|connection| {
            self.check(connection)?;
            let set = "UPDATE follower SET until = ?3 WHERE name = ?1 AND version = ?2";
            let who = params![self.name(), self.version(), until.unix_nanos()];
            connection.prepare_cached(set)?.execute(who)?;
            Ok(())
        })?;
        self.until = until;
        Ok(())
    }

    /// Gives the lease back, so that the next one need not wait.
    ///
    /// # Errors
    /// When the file cannot be written; the lease then ends by itself. One that was lost already is no error.
    pub fn release(self) -> Result<(), FollowError> {
        self.store.write(|connection| {
            if !has_followers(connection)? {
                return Ok(());
            }
            let set = "UPDATE follower SET token = NULL, until = NULL
                       WHERE name = ?1 AND version = ?2 AND token = ?3";
            let who = params![self.name(), self.version(), self.token];
            connection.prepare_cached(set)?.execute(who)?;
            Ok(())
        })
    }

    fn name(&self) -> &str {
        self.declaration.name()
    }

    fn version(&self) -> u32 {
        self.declaration.version()
    }

    /// Whether this is still the one who may write, and the position is where it was left.
    fn check(&self, connection: &Connection) -> Result<(), Stop> {
        let name = || self.name().to_owned();
        let Some(row) = Row::read(connection, &self.declaration)? else {
            let (name, version) = (name(), self.version());
            return Err(FollowError::Gone { name, version }.into());
        };
        if row.token.as_ref() != Some(&self.token) {
            return Err(FollowError::Lost(name()).into());
        }
        if row.position != self.position {
            return Err(FollowError::Moved {
                name: name(),
                expected: self.position,
                actual: row.position,
            }
            .into());
        }
        Ok(())
    }
}

/// Why writing ends early: it is refused, or nothing works.
enum Stop {
    Refused(FollowError),
    Failed(Failure),
}

impl From<FollowError> for Stop {
    fn from(refusal: FollowError) -> Self {
        Self::Refused(refusal)
    }
}

impl<T: Into<Failure>> From<T> for Stop {
    fn from(failure: T) -> Self {
        Self::Failed(failure.into())
    }
}

/// A lease just taken.
struct Taken {
    token: Vec<u8>,
    position: Position,
    state: FollowerState,
}

fn take(
    connection: &Connection,
    declaration: &Declaration,
    now: Instant,
    until: Instant,
) -> Result<Taken, Stop> {
    connection.execute_batch(BOOKKEEPING)?;
    let (name, version) = (declaration.name(), declaration.version());
    if let Some(serving) = serving(connection, name)?.filter(|(serving, _)| *serving > version) {
        return Err(FollowError::Newer {
            name: name.to_owned(),
            version,
            serving: serving.0,
        }
        .into());
    }
    let row = Row::read(connection, declaration)?;
    if let Some(row) = &row {
        row.check_free(declaration, now)?;
    }
    check_names(connection, declaration)?;
    show_events(connection)?;
    let (position, state) = match row {
        Some(row) if are_tables_there(connection, declaration)? => (row.position, row.state),
        _ => {
            begin(connection, declaration)?;
            (Position::START, FollowerState::Building)
        }
    };
    if state == FollowerState::Serving {
        show(connection, declaration)?;
    }
    let token = connection
        .prepare_cached(
            "UPDATE follower SET token = randomblob(16), until = ?3 WHERE name = ?1 AND version = ?2 RETURNING token",
        )?
        .query_row(params![name, version, until.unix_nanos()], |row| row.get(0))?;
    Ok(Taken {
        token,
        position,
        state,
    })
}

/// Makes a version that has taken in nothing yet.
fn begin(connection: &Connection, declaration: &Declaration) -> Result<(), Stop> {
    for table in kept_tables(connection, &declaration.prefix())? {
        connection.execute_batch(&format!("DROP TABLE \"{table}\""))?;
    }
    for table in declaration.tables() {
        connection.execute_batch(&declaration.create_table(table))?;
    }
    let who = params![declaration.name(), declaration.version()];
    connection.execute(
        "INSERT INTO follower (name, version, position, state) VALUES (?1, ?2, 0, 'building')
         ON CONFLICT (name, version) DO UPDATE SET position = 0, state = 'building'",
        who,
    )?;
    let forget = "DELETE FROM dead_letter WHERE follower = ?1 AND version = ?2";
    connection.execute(forget, who)?;
    Ok(())
}

fn write_commit(
    connection: &Connection,
    lease: &Lease<'_>,
    commit: &Commit<'_>,
    now: Instant,
    until: Instant,
) -> Result<FollowerState, Stop> {
    let declaration = &lease.declaration;
    let head = head(connection)?;
    if !(lease.position..=head).contains(&commit.position) {
        return Err(FollowError::BadPosition {
            name: lease.name().to_owned(),
            from: lease.position,
            to: commit.position,
            head,
        }
        .into());
    }
    for change in commit.changes {
        write_change(connection, declaration, change)?;
    }
    // What stopped it before is taken in now, or was skipped.
    connection
        .prepare_cached(
            "DELETE FROM dead_letter WHERE follower = ?1 AND version = ?2 AND position <= ?3 AND fate = 'stopped'",
        )?
        .execute(params![lease.name(), lease.version(), number(commit.position)])?;
    for letter in commit.dead_letters {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO dead_letter (follower, version, position, fate, reason, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                lease.name(),
                lease.version(),
                number(letter.position),
                letter.fate.word(),
                letter.reason,
                now.unix_nanos()
            ])?;
    }
    let is_built = lease.state == FollowerState::Building && commit.reached == Reached::Head;
    let served = serving(connection, lease.name())?.map(|(_, position)| position);
    // Whoever looks must not see a follower go back.
    let state = if is_built && served.is_none_or(|served| served <= commit.position) {
        FollowerState::Serving
    } else {
        lease.state
    };
    connection
        .prepare_cached(
            "UPDATE follower SET position = ?3, state = ?4, until = ?5,
                    caught_up_at = CASE WHEN ?6 IS NULL THEN NULL ELSE max(coalesce(caught_up_at, ?6), ?6) END
             WHERE name = ?1 AND version = ?2",
        )?
        .execute(params![
            lease.name(),
            lease.version(),
            number(commit.position),
            state.word(),
            until.unix_nanos(),
            (commit.reached == Reached::Head).then_some(now.unix_nanos())
        ])?;
    if state != lease.state {
        show(connection, declaration)?;
        drop_versions(connection, lease.name(), lease.version().into())?;
    }
    Ok(state)
}

fn write_change(
    connection: &Connection,
    declaration: &Declaration,
    change: &Change,
) -> Result<(), Stop> {
    let (Change::Put { table, .. } | Change::Amend { table, .. } | Change::Remove { table, .. }) =
        change;
    let misfit = |reason: String| FollowError::Row {
        table: (*table).to_owned(),
        reason,
    };
    let table = declaration
        .table(table)
        .ok_or_else(|| misfit("there is no such table".to_owned()))?;
    let written = match change {
        Change::Put { row, .. } => {
            check_row(table, row).map_err(misfit)?;
            let mut put = connection.prepare_cached(&declaration.put(table))?;
            put.execute(params_from_iter(row))?;
            1
        }
        Change::Amend { key, set, .. } => {
            check_key(table, key).map_err(misfit)?;
            check_set(table, set).map_err(misfit)?;
            let columns = set.iter().map(|(column, _)| *column);
            let mut amend = connection.prepare_cached(&declaration.amend(table, columns))?;
            amend.execute(params_from_iter(
                set.iter().map(|(_, value)| value).chain(key),
            ))?
        }
        Change::Remove { key, .. } => {
            check_key(table, key).map_err(misfit)?;
            let mut remove = connection.prepare_cached(&declaration.remove(table))?;
            remove.execute(params_from_iter(key))?
        }
    };
    match written {
        0 => Err(misfit(
            "it is not there; something else changed the table, reset the follower".to_owned(),
        )
        .into()),
        _ => Ok(()),
    }
}

fn check_row(table: &Table, row: &[Value]) -> Result<(), String> {
    if row.len() != table.columns.len() {
        let (values, columns) = (row.len(), table.columns.len());
        return Err(format!("{values} values for {columns} columns"));
    }
    let mut columns = table.columns.iter().zip(row);
    match columns.find(|(column, value)| !column.takes(value)) {
        Some((column, value)) => Err(format!("{value:?} in column {}", column.name)),
        None => Ok(()),
    }
}

fn check_key(table: &Table, key: &[Value]) -> Result<(), String> {
    let columns = table.key().count();
    if key.len() != columns {
        let values = key.len();
        return Err(format!("{values} values for {columns} key columns"));
    }
    let mut columns = table.key().zip(key);
    match columns.find(|((_, column), value)| !column.takes(value)) {
        Some(((_, column), value)) => Err(format!("{value:?} in column {}", column.name)),
        None => Ok(()),
    }
}

fn check_set(table: &Table, set: &[(&str, Value)]) -> Result<(), String> {
    if set.is_empty() {
        return Err("no column is set".to_owned());
    }
    for (name, value) in set {
        let column = table
            .column(name)
            .ok_or_else(|| format!("there is no column {name} beside the key"))?;
        if !column.takes(value) {
            return Err(format!("{value:?} in column {name}"));
        }
    }
    Ok(())
}

/// A version of a follower as the file has it.
struct Row {
    position: Position,
    state: FollowerState,
    token: Option<Vec<u8>>,
    until: Option<Instant>,
}

impl Row {
    fn read(connection: &Connection, declaration: &Declaration) -> Result<Option<Self>, Failure> {
        // Somebody may have removed the tables, which is the same as a reset.
        if !has_followers(connection)? {
            return Ok(None);
        }
        let mut statement = connection.prepare_cached(
            "SELECT position, state, token, until FROM follower WHERE name = ?1 AND version = ?2",
        )?;
        let who = params![declaration.name(), declaration.version()];
        let mut rows = statement.query(who)?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(Self {
            position: to_position(row.get(0)?),
            state: FollowerState::of(&row.get::<_, String>(1)?)?,
            token: row.get(2)?,
            until: row.get::<_, Option<i64>>(3)?.map(Instant::from_unix_nanos),
        }))
    }

    /// Whether nobody holds the lease, or its end is over.
    fn check_free(&self, declaration: &Declaration, now: Instant) -> Result<(), FollowError> {
        match (&self.token, self.until) {
            (Some(_), Some(until)) if until > now => Err(FollowError::Held {
                name: declaration.name().to_owned(),
                until,
            }),
            _ => Ok(()),
        }
    }
}

fn has_followers(connection: &Connection) -> Result<bool, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT count(*) = 2 FROM sqlite_schema WHERE type = 'table' AND name IN ('follower', 'dead_letter')",
    )?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

fn followers(connection: &Connection) -> Result<Vec<FollowerStatus>, Failure> {
    let head = head(connection)?;
    let mut statement = connection.prepare(
        "SELECT name, version, position, state, until, caught_up_at FROM follower ORDER BY name, version",
    )?;
    let mut rows = statement.query([])?;
    let mut followers = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, version): (String, u32) = (row.get(0)?, row.get(1)?);
        let position = to_position(row.get(2)?);
        followers.push(FollowerStatus {
            dead_letters: dead_letters(connection, &name, version)?,
            name,
            version,
            position,
            lag: head.get().saturating_sub(position.get()),
            state: FollowerState::of(&row.get::<_, String>(3)?)?,
            lease: row.get::<_, Option<i64>>(4)?.map(Instant::from_unix_nanos),
            caught_up_at: row.get::<_, Option<i64>>(5)?.map(Instant::from_unix_nanos),
        });
    }
    Ok(followers)
}

fn dead_letters(
    connection: &Connection,
    follower: &str,
    version: u32,
) -> Result<Vec<DeadLetter>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT position, fate, reason FROM dead_letter WHERE follower = ?1 AND version = ?2 ORDER BY position",
    )?;
    let mut rows = statement.query(params![follower, version])?;
    let mut letters = Vec::new();
    while let Some(row) = rows.next()? {
        letters.push(DeadLetter {
            position: to_position(row.get(0)?),
            fate: Fate::of(&row.get::<_, String>(1)?)?,
            reason: row.get(2)?,
        });
    }
    Ok(letters)
}

fn head(connection: &Connection) -> Result<Position, Failure> {
    let mut statement = connection.prepare_cached("SELECT max(position) FROM event")?;
    let head: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(head.map_or(Position::START, to_position))
}

/// The version being served, and where it stands.
fn serving(connection: &Connection, follower: &str) -> Result<Option<(u32, Position)>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT version, position FROM follower WHERE name = ?1 AND state = 'serving' ORDER BY version DESC LIMIT 1",
    )?;
    let found = statement.query_row([follower], |row| {
        Ok((row.get(0)?, to_position(row.get(1)?)))
    });
    Ok(found.optional()?)
}

/// Refuses names that something else in the file has.
fn check_names(connection: &Connection, declaration: &Declaration) -> Result<(), Stop> {
    let ours = from_any_version(declaration.name());
    for table in declaration.tables() {
        let is_ours = |(kind, sql): (String, Option<String>)| {
            kind == "view" && sql.is_some_and(|sql| sql.contains(&ours))
        };
        if object(connection, table.name)?.is_some_and(|object| !is_ours(object)) {
            return Err(FollowError::Taken(table.name.to_owned()).into());
        }
    }
    Ok(())
}

/// Whether every table of a version is there as declared; some that are not declared must not be there.
fn are_tables_there(connection: &Connection, declaration: &Declaration) -> Result<bool, Stop> {
    let mut kept = kept_tables(connection, &declaration.prefix())?;
    for table in declaration.tables() {
        let name = declaration.kept(table);
        let Some((_, sql)) = object(connection, &name)? else {
            return Ok(false);
        };
        if sql.as_deref() != Some(&declaration.create_table(table)) {
            return Err(FollowError::Changed(table.name.to_owned()).into());
        }
        kept.retain(|kept| *kept != name);
    }
    match kept.pop() {
        Some(other) => Err(FollowError::Changed(other).into()),
        None => Ok(true),
    }
}

/// Lets people see the tables of a version, and no other views of the follower.
fn show(connection: &Connection, declaration: &Declaration) -> Result<(), Stop> {
    check_names(connection, declaration)?;
    let wanted: Vec<String> = declaration
        .tables()
        .iter()
        .map(|table| declaration.create_view(table))
        .collect();
    for view in views(connection, declaration.name())? {
        let sql = object(connection, &view)?.and_then(|(_, sql)| sql);
        if !sql.is_some_and(|sql| wanted.contains(&sql)) {
            connection.execute_batch(&format!("DROP VIEW \"{view}\""))?;
        }
    }
    for (table, sql) in declaration.tables().iter().zip(&wanted) {
        if object(connection, table.name)?.is_none() {
            connection.execute_batch(sql)?;
        }
    }
    Ok(())
}

/// Makes the view of the log, or brings it to the form this program knows.
fn show_events(connection: &Connection) -> Result<(), Stop> {
    match object(connection, "v_events")? {
        Some((_, Some(sql))) if sql == EVENTS_VIEW.trim_end() => return Ok(()),
        Some((kind, Some(sql))) if kind == "view" && sql.contains("FROM event\n") => {
            connection.execute_batch("DROP VIEW v_events")?;
        }
        Some(_) => return Err(FollowError::Taken("v_events".to_owned()).into()),
        None => {}
    }
    connection.execute_batch(EVENTS_VIEW)?;
    Ok(())
}

/// Forgets every version of a follower below one, and says whether there was any.
fn drop_versions(connection: &Connection, follower: &str, below: i64) -> Result<bool, Stop> {
    let mut statement =
        connection.prepare("SELECT version FROM follower WHERE name = ?1 AND version < ?2")?;
    let versions = statement.query_map(params![follower, below], |row| row.get::<_, u32>(0))?;
    let versions = versions.collect::<Result<Vec<_>, _>>()?;
    for version in &versions {
        for table in kept_tables(connection, &format!("{follower}__{version}__"))? {
            connection.execute_batch(&format!("DROP TABLE \"{table}\""))?;
        }
    }
    for sql in [
        "DELETE FROM dead_letter WHERE follower = ?1 AND version < ?2",
        "DELETE FROM follower WHERE name = ?1 AND version < ?2",
    ] {
        connection.execute(sql, params![follower, below])?;
    }
    Ok(!versions.is_empty())
}

/// The tables whose names begin so.
fn kept_tables(connection: &Connection, prefix: &str) -> Result<Vec<String>, Failure> {
    names(
        connection,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, length(?1)) = ?1",
        prefix,
    )
}

/// The views over the tables of any version of a follower.
fn views(connection: &Connection, follower: &str) -> Result<Vec<String>, Failure> {
    names(
        connection,
        "SELECT name FROM sqlite_schema WHERE type = 'view' AND instr(sql, ?1) > 0",
        &from_any_version(follower),
    )
}

fn names(connection: &Connection, sql: &str, with: &str) -> Result<Vec<String>, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let names = statement.query_map([with], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// What something in the file is, and the statement that made it.
fn object(
    connection: &Connection,
    name: &str,
) -> Result<Option<(String, Option<String>)>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT type, sql FROM sqlite_schema WHERE name = ?1")?;
    let found = statement.query_row([name], |row| Ok((row.get(0)?, row.get(1)?)));
    Ok(found.optional()?)
}

fn after(now: Instant, term: Duration) -> Instant {
    now.saturating_add_nanos(i64::try_from(term.as_nanos()).unwrap_or(i64::MAX))
}

impl FollowerState {
    /// In a word: `building` or `serving`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Building => "building",
            Self::Serving => "serving",
        }
    }

    fn of(word: &str) -> Result<Self, Failure> {
        match word {
            "building" => Ok(Self::Building),
            "serving" => Ok(Self::Serving),
            other => Err(Failure::Damaged(format!("a follower is `{other}`"))),
        }
    }
}

impl Fate {
    /// In a word: `skipped` or `stopped`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Stopped => "stopped",
        }
    }

    fn of(word: &str) -> Result<Self, Failure> {
        match word {
            "skipped" => Ok(Self::Skipped),
            "stopped" => Ok(Self::Stopped),
            other => Err(Failure::Damaged(format!("a dead letter is `{other}`"))),
        }
    }
}

#[cfg(test)]
mod tests;
