//! Saved views, beside the log in its file: made on demand, deleted at any time, believed only as far as they are checked.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use situ_core::{Position, Recorded};

use crate::failure::{Failure, FileError};
use crate::reader::{Reader, number, to_position};
use crate::store::SqliteStore;

/// Not of the schema of a log: a file with them is one without them, for every program.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS saved_view (
    view TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    layout INTEGER NOT NULL,
    position INTEGER NOT NULL,
    before BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS saved_part (
    view TEXT NOT NULL,
    part TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    chunks INTEGER NOT NULL,
    digest BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (view, part, chunk)
) STRICT;";

/// The most bytes of a part in one row.
const CHUNK: usize = if cfg!(test) { 1 << 10 } else { 8 << 20 };

/// About how many bytes are written in one transaction, so that whoever appends meanwhile need not wait long.
const STEP: usize = 8 << 20;

/// A view that may be saved: what is saved of another version or layout is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SavedView {
    /// Its name.
    pub name: &'static str,
    /// The version of its meaning.
    pub version: u32,
    /// The version of the layout of its bytes.
    pub layout: u32,
}

/// The log up to a position, and the digest of every event up to there.
///
/// The digest is a chain: that of the events before, and the row of the last one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prefix {
    position: Position,
    before: [u8; 32],
    digest: [u8; 32],
}

impl Prefix {
    /// Goes on to the next event.
    pub fn take(&mut self, recorded: &Recorded) {
        let Recorded {
            position,
            recorded_at,
            learnt_at,
            id,
            situation,
            kind,
            version,
            body,
        } = recorded;
        let mut hasher = Sha256::new();
        hasher.update(self.digest);
        hasher.update(position.get().to_be_bytes());
        hasher.update(recorded_at.unix_nanos().to_be_bytes());
        hasher.update(learnt_at.unix_nanos().to_be_bytes());
        hasher.update(id.as_uuid().as_bytes());
        hasher.update(version.to_be_bytes());
        for text in [situation.as_str(), kind.as_str(), body] {
            update_with_length(&mut hasher, text.as_bytes());
        }
        self.before = self.digest;
        self.digest = hasher.finalize().into();
        self.position = *position;
    }

    /// The position of the last event.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The digest of all events.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}

/// Where views were saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedAt {
    /// Some were not.
    Nowhere,
    /// All of them here, in this log.
    Prefix(Prefix),
    /// They are of another version: nothing is wrong with them, but they are of no use.
    OtherVersion,
    /// They are of no use, as said.
    Useless(&'static str),
}

/// What is saved of a view, checked or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedStatus {
    /// Its name.
    pub name: String,
    /// The version of its meaning.
    pub version: u32,
    /// The version of the layout of its bytes.
    pub layout: u32,
    /// Up to where the log was folded.
    pub position: Position,
    /// How many bytes it takes.
    pub bytes: u64,
}

/// Saved views.
impl SqliteStore {
    /// Looks whether all of these views were saved in these versions, at one position of this log.
    ///
    /// The digest of the whole log up to there is not made anew; that the event there is the one it was made of, is checked.
    #[must_use]
    pub fn saved_at(&self, views: &[SavedView]) -> SavedAt {
        self.read(|reader| saved_at(reader, views))
            .unwrap_or(SavedAt::Useless("it cannot be read"))
    }

    /// Reads a part of a view that was saved at `prefix`; `None` where it is missing or is not what was written.
    #[must_use]
    pub fn saved_part(&self, view: &SavedView, prefix: &Prefix, part: &str) -> Option<Vec<u8>> {
        let read = self.read(|reader| saved_part(reader.connection(), view, prefix, part));
        read.ok().flatten()
    }

    /// Saves a view in parts, in place of what was saved of it.
    ///
    /// Others may append meanwhile. Broken off, it leaves the view unsaved. Returns how many bytes the parts have.
    ///
    /// # Errors
    /// When the file cannot be written; the log itself is not touched.
    pub fn save<'a>(
        &self,
        view: &SavedView,
        prefix: &Prefix,
        parts: impl IntoIterator<Item = (&'a str, Vec<u8>)>,
    ) -> Result<u64, FileError> {
        let mut connection = self.connect_to_change()?;
        save(&mut connection, view, prefix, parts).map_err(|failure| failure.at(self.path()))
    }

    /// Deletes everything that is saved; says whether there was anything.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn drop_saved(&self) -> Result<bool, FileError> {
        let connection = self.connect_to_change()?;
        drop_saved(&connection).map_err(|failure| failure.at(self.path()))
    }

    /// What is saved, of any view and version; nothing where that cannot be read.
    #[must_use]
    pub fn saved_status(&self) -> Vec<SavedStatus> {
        let read = self.read(|reader| saved_status(reader.connection()));
        read.unwrap_or_default()
    }
}

fn saved_at(reader: &mut Reader, views: &[SavedView]) -> Result<SavedAt, Failure> {
    if !is_there(reader.connection())? {
        return Ok(SavedAt::Nowhere);
    }
    let mut common: Option<Prefix> = None;
    for view in views {
        let sql =
            "SELECT version, layout, position, before, digest FROM saved_view WHERE view = ?1";
        let mut statement = reader.connection().prepare_cached(sql)?;
        let row = statement
            .query_row([view.name], |row| {
                let prefix = Prefix {
                    position: to_position(row.get(2)?),
                    before: row.get(3)?,
                    digest: row.get(4)?,
                };
                Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?, prefix))
            })
            .optional()?;
        let Some((version, layout, prefix)) = row else {
            return Ok(SavedAt::Nowhere);
        };
        if (version, layout) != (view.version, view.layout) {
            return Ok(SavedAt::OtherVersion);
        }
        if common.is_some_and(|common| common != prefix) {
            return Ok(SavedAt::Useless("its parts are of different positions"));
        }
        common = Some(prefix);
    }
    let prefix = common.unwrap_or_default();
    match is_of_this_log(reader, &prefix)? {
        true => Ok(SavedAt::Prefix(prefix)),
        false => Ok(SavedAt::Useless("it is of another log")),
    }
}

/// Whether the event at the end of the prefix is the one its digest was made of.
fn is_of_this_log(reader: &mut Reader, prefix: &Prefix) -> Result<bool, Failure> {
    let mut found = Prefix {
        digest: prefix.before,
        ..Prefix::default()
    };
    if let Some(before) = prefix.position.get().checked_sub(1) {
        for recorded in reader.read_after(Position::new(before), 1)? {
            found.take(&recorded);
        }
    }
    Ok(found == *prefix)
}

fn saved_part(
    connection: &Connection,
    view: &SavedView,
    prefix: &Prefix,
    part: &str,
) -> Result<Option<Vec<u8>>, Failure> {
    let sql = "SELECT chunk, chunks, digest, bytes FROM saved_part
               WHERE view = ?1 AND part = ?2 ORDER BY chunk";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![view.name, part])?;
    let mut bytes = Vec::new();
    let (mut next, mut expected) = (0, None);
    while let Some(row) = rows.next()? {
        let (chunk, chunks): (i64, i64) = (row.get(0)?, row.get(1)?);
        let read = row.get_ref(3)?.as_blob().map_err(rusqlite::Error::from)?;
        let place = (part, chunk, chunks);
        let digest: [u8; 32] = row.get(2)?;
        if chunk != next || digest != digest_of(view, prefix, place, read) {
            return Ok(None);
        }
        bytes.extend_from_slice(read);
        next += 1;
        expected = Some(chunks);
    }
    Ok((expected == Some(next)).then_some(bytes))
}

/// The digest of a chunk of a part of a view, in its place and at its position of its log.
fn digest_of(
    view: &SavedView,
    prefix: &Prefix,
    (part, chunk, chunks): (&str, i64, i64),
    bytes: &[u8],
) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(prefix.digest);
    hasher.update(view.version.to_be_bytes());
    hasher.update(view.layout.to_be_bytes());
    hasher.update(chunk.to_be_bytes());
    hasher.update(chunks.to_be_bytes());
    for text in [view.name, part] {
        update_with_length(&mut hasher, text.as_bytes());
    }
    hasher.update(bytes);
    hasher.finalize().into()
}

fn update_with_length(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

fn save<'a>(
    connection: &mut Connection,
    view: &SavedView,
    prefix: &Prefix,
    parts: impl IntoIterator<Item = (&'a str, Vec<u8>)>,
) -> Result<u64, Failure> {
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    let transaction = connection.transaction()?;
    transaction.execute_batch(TABLES)?;
    // First of all, so that nothing is believed of a save that is broken off.
    transaction.execute("DELETE FROM saved_view WHERE view = ?1", [view.name])?;
    transaction.execute("DELETE FROM saved_part WHERE view = ?1", [view.name])?;
    transaction.commit()?;
    let mut saved = 0;
    let mut parts = parts.into_iter();
    let mut next = parts.next();
    while next.is_some() {
        let transaction = connection.transaction()?;
        let mut written = 0;
        while let Some((part, bytes)) = next.take() {
            save_part(&transaction, view, prefix, part, &bytes)?;
            written += bytes.len();
            next = parts.next();
            if written >= STEP {
                break;
            }
        }
        transaction.commit()?;
        checkpoint(connection);
        saved += written as u64;
    }
    let sql = "INSERT INTO saved_view (view, version, layout, position, before, digest)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let Prefix {
        position,
        before,
        digest,
    } = prefix;
    connection.execute(
        sql,
        params![
            view.name,
            view.version,
            view.layout,
            number(*position),
            before,
            digest
        ],
    )?;
    checkpoint(connection);
    Ok(saved)
}

fn save_part(
    connection: &Connection,
    view: &SavedView,
    prefix: &Prefix,
    part: &str,
    bytes: &[u8],
) -> Result<(), Failure> {
    let sql = "INSERT INTO saved_part (view, part, chunk, chunks, digest, bytes)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = connection.prepare_cached(sql)?;
    // An empty part has a row, too: it says that there is nothing, and does not go missing unnoticed.
    let chunks: Vec<&[u8]> = match bytes.is_empty() {
        true => vec![bytes],
        false => bytes.chunks(CHUNK).collect(),
    };
    let count = chunks.len() as i64;
    for (chunk, bytes) in (0..).zip(chunks) {
        let chunks = count;
        let digest = digest_of(view, prefix, (part, chunk, chunks), bytes);
        statement.execute(params![view.name, part, chunk, chunks, digest, bytes])?;
    }
    Ok(())
}

/// Moves what was written into the file, as far as readers allow; what is left is moved another time.
fn checkpoint(connection: &Connection) {
    let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
}

fn drop_saved(connection: &Connection) -> Result<bool, Failure> {
    let was_there = is_there(connection)?;
    connection.execute_batch(
        "BEGIN IMMEDIATE;
         DROP TABLE IF EXISTS saved_view;
         DROP TABLE IF EXISTS saved_part;
         COMMIT;",
    )?;
    checkpoint(connection);
    Ok(was_there)
}

fn saved_status(connection: &Connection) -> Result<Vec<SavedStatus>, Failure> {
    if !is_there(connection)? {
        return Ok(Vec::new());
    }
    let sql = "SELECT view, version, layout, position,
                      (SELECT coalesce(sum(length(bytes)), 0) FROM saved_part WHERE saved_part.view = saved_view.view)
               FROM saved_view ORDER BY view";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(SavedStatus {
            name: row.get(0)?,
            version: row.get(1)?,
            layout: row.get(2)?,
            position: to_position(row.get(3)?),
            bytes: row.get::<_, i64>(4)?.unsigned_abs(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn is_there(connection: &Connection) -> Result<bool, Failure> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name IN ('saved_view', 'saved_part')";
    let count: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(count == 2)
}

#[cfg(test)]
mod tests {
    use situ_core::{
        Condition, Event, EventId, EventStore, Instant, Name, SituationId, SituationOpened, Zone,
        replay,
    };

    use super::*;

    const VIEW: SavedView = SavedView {
        name: "counts",
        version: 1,
        layout: 1,
    };

    fn append(store: &SqliteStore, number: u8) {
        let opened = SituationOpened {
            title: Name::new(format!("title {number}")).unwrap(),
            zone: Zone::UTC,
            places: vec![],
        };
        let now = Instant::from_unix_nanos(0);
        let id = EventId::from_content(now, [number; 10]);
        let event = Event::new(id, SituationId::new("s").unwrap(), opened);
        store.append(&[event], &Condition::None, now).unwrap();
    }

    fn prefix(store: &SqliteStore) -> Prefix {
        let mut prefix = Prefix::default();
        replay(store, Position::START, |recorded| {
            prefix.take(recorded);
            Ok(())
        })
        .unwrap();
        prefix
    }

    fn part(number: usize) -> Vec<u8> {
        (0..number).map(|byte| byte as u8).collect()
    }

    /// A log of three events, and a view saved at the second.
    fn saved(test: impl FnOnce(&SqliteStore, &Connection, Prefix)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let store = SqliteStore::create(&path).unwrap();
        append(&store, 1);
        append(&store, 2);
        let prefix = prefix(&store);
        append(&store, 3);
        let parts = [("a", part(3)), ("b", part(0)), ("c", part(2 * CHUNK + 7))];
        let bytes = store.save(&VIEW, &prefix, parts).unwrap();
        assert_eq!(bytes, 2 * CHUNK as u64 + 10);
        let raw = Connection::open(&path).unwrap();
        test(&store, &raw, prefix);
    }

    #[test]
    fn a_view_is_read_as_it_was_saved_and_the_log_stays_in_order() {
        saved(|store, _, prefix| {
            assert_eq!(store.saved_at(&[VIEW]), SavedAt::Prefix(prefix));
            for (name, bytes) in [("a", part(3)), ("b", part(0)), ("c", part(2 * CHUNK + 7))] {
                assert_eq!(store.saved_part(&VIEW, &prefix, name), Some(bytes));
            }
            assert_eq!(store.saved_part(&VIEW, &prefix, "d"), None);
            assert_eq!(store.check().unwrap().findings, []);
            let [status] = store.saved_status().try_into().unwrap();
            assert_eq!(
                (status.name.as_str(), status.position),
                ("counts", Position::new(2))
            );
            assert!(store.drop_saved().unwrap());
            assert!(!store.drop_saved().unwrap());
            assert_eq!(store.saved_at(&[VIEW]), SavedAt::Nowhere);
            assert_eq!(store.check().unwrap().findings, []);
        });
    }

    #[test]
    fn saving_again_takes_the_place_of_what_was_saved() {
        saved(|store, _, before| {
            let prefix = prefix(store);
            store.save(&VIEW, &prefix, [("a", part(5))]).unwrap();
            assert_eq!(store.saved_at(&[VIEW]), SavedAt::Prefix(prefix));
            assert_eq!(store.saved_part(&VIEW, &prefix, "a"), Some(part(5)));
            assert_eq!(store.saved_part(&VIEW, &before, "a"), None);
            assert_eq!(store.saved_part(&VIEW, &prefix, "c"), None);
        });
    }

    #[test]
    fn what_is_of_another_version_position_or_log_is_of_no_use() {
        let useless = |views: &[SavedView], change: &str, why: &'static str| {
            saved(|store, raw, _| {
                raw.execute_batch(change).unwrap();
                assert_eq!(store.saved_at(views), SavedAt::Useless(why), "{change}");
            });
        };
        saved(|store, _, _| {
            let newer = SavedView { version: 2, ..VIEW };
            let laid_out = SavedView { layout: 2, ..VIEW };
            for view in [newer, laid_out] {
                assert_eq!(store.saved_at(&[view]), SavedAt::OtherVersion);
            }
        });
        let other = SavedView {
            name: "other",
            ..VIEW
        };
        useless(
            &[VIEW, other],
            "INSERT INTO saved_view SELECT 'other', 1, 1, 1, before, digest FROM saved_view",
            "its parts are of different positions",
        );
        for change in [
            "UPDATE saved_view SET position = 3",
            "UPDATE saved_view SET position = 4",
            "UPDATE saved_view SET position = 0",
            "UPDATE saved_view SET digest = before",
            "DROP TRIGGER event_stays_as_it_is; UPDATE event SET body = replace(body, 'title 2', 'title 7')",
            "DROP TRIGGER event_stays_as_it_is; UPDATE event SET learnt_at = 7 WHERE position = 2",
        ] {
            useless(&[VIEW], change, "it is of another log");
        }
        useless(
            &[VIEW],
            "ALTER TABLE saved_view RENAME COLUMN digest TO other",
            "it cannot be read",
        );
    }

    #[test]
    fn a_part_that_is_not_what_was_written_is_not_given() {
        let missing = |change: &str, name: &str| {
            saved(|store, raw, prefix| {
                raw.execute_batch(change).unwrap();
                assert_eq!(store.saved_part(&VIEW, &prefix, name), None, "{change}");
            });
        };
        missing(
            "UPDATE saved_part SET bytes = x'000103' WHERE part = 'a'",
            "a",
        );
        missing("UPDATE saved_part SET bytes = x'00' WHERE part = 'b'", "b");
        missing("DELETE FROM saved_part WHERE part = 'c' AND chunk = 2", "c");
        missing("DELETE FROM saved_part WHERE part = 'c' AND chunk = 0", "c");
        missing("DELETE FROM saved_part WHERE part = 'b'", "b");
        missing("DROP TABLE saved_part", "a");
        missing(
            "DELETE FROM saved_part WHERE part = 'a'; UPDATE saved_part SET part = 'a' WHERE part = 'b'",
            "a",
        );
        missing("UPDATE saved_part SET digest = x'00' WHERE part = 'a'", "a");
    }

    #[test]
    fn a_log_that_is_only_read_saves_nothing_and_answers() {
        saved(|store, _, prefix| {
            let reader = SqliteStore::open_read_only(store.path()).unwrap();
            assert!(matches!(
                reader.save(&VIEW, &prefix, [("a", part(3))]),
                Err(FileError::ReadOnly(_))
            ));
            assert!(matches!(reader.drop_saved(), Err(FileError::ReadOnly(_))));
            assert_eq!(reader.saved_at(&[VIEW]), SavedAt::Prefix(prefix));
            assert_eq!(reader.saved_part(&VIEW, &prefix, "a"), Some(part(3)));
        });
    }
}
