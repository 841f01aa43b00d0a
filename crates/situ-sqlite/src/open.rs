//! Opening a file, and refusing what is no log.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::failure::{Failure, FileError};
use crate::schema::{self, APPLICATION_ID, Marks, Reading, VERSION};

/// Why a file was not opened as a log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no file.
    #[error("{}: there is no such file; check the name, or create a log there", .0.display())]
    Missing(PathBuf),
    /// A new log was asked for, and there is a file with something in it.
    #[error("{}: there is a file already; open it, or choose another name", .0.display())]
    Exists(PathBuf),
    /// The name is that of a folder.
    #[error("{}: this is a folder, not a log; name a file in it", .0.display())]
    Folder(PathBuf),
    /// The file is empty, or a database nobody has written to.
    #[error("{}: the file is empty; create a log there", .0.display())]
    Empty(PathBuf),
    /// The database of another program.
    #[error("{}: this is the database of another program, not a log of situ; choose another file", .0.display())]
    Foreign(PathBuf),
    /// A log written by a newer situ.
    #[error("{}: this log has format {version}, and this situ knows formats up to {VERSION}; update situ", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        version: i32,
    },
    /// A SQLite library with a defect that can lose what was written.
    #[error(
        "SQLite {0} can damage a log when it resets its journal; build situ with SQLite 3.51.3 or newer"
    )]
    OldSqlite(String),
    /// The machine or the file failed.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What to do where there is no log yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Start {
    /// Refuse.
    Open,
    /// Make one, and refuse where there is something already.
    Create,
    /// Make one.
    OpenOrCreate,
}

/// Opens the connection that writes.
pub(crate) fn for_writing(path: &Path, start: Start) -> Result<Connection, OpenError> {
    check_sqlite(rusqlite::version_number())?;
    let exists = check_is_file(path)?;
    if start == Start::Open && !exists {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let create = match start {
        Start::Open => OpenFlags::empty(),
        Start::Create | Start::OpenOrCreate => OpenFlags::SQLITE_OPEN_CREATE,
    };
    let failed = |error: rusqlite::Error| match Failure::from(error).at(path) {
        FileError::CannotOpen(path) if exists => FileError::ReadOnly(path),
        other => other,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | create;
    let mut connection = schema::connect(path, flags).map_err(failed)?;
    let marks = Marks::read(&connection).map_err(failed)?;
    match start {
        Start::Create if !marks.is_blank() => return Err(OpenError::Exists(path.to_owned())),
        Start::Create | Start::OpenOrCreate if marks.is_blank() => {
            let is_ours = schema::initialise(&mut connection).map_err(failed)?;
            if start == Start::Create && !is_ours {
                return Err(OpenError::Exists(path.to_owned()));
            }
        }
        _ => {}
    }
    check_marks(path, Marks::read(&connection).map_err(failed)?)?;
    schema::use_write_ahead_log(&connection).map_err(failed)?;
    Ok(connection)
}

/// Opens a connection that reads, after looking at what the file is.
pub(crate) fn for_reading(path: &Path, reading: Reading) -> Result<Connection, OpenError> {
    check_sqlite(rusqlite::version_number())?;
    if !check_is_file(path)? {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let failed = |error: rusqlite::Error| Failure::from(error).at_reading(path);
    let connection = schema::connect_to_read(path, reading).map_err(failed)?;
    check_marks(path, Marks::read(&connection).map_err(failed)?)?;
    Ok(connection)
}

/// How to read a file without making or changing any: shared where the files of a log in use are there and hold something.
pub(crate) fn without_trace(path: &Path) -> Reading {
    let beside = |suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        std::fs::metadata(name).is_ok_and(|file| file.len() > 0)
    };
    if beside("-wal") && beside("-shm") {
        Reading::Shared
    } else {
        Reading::AtRest
    }
}

/// Refuses the SQLite versions whose write-ahead log can be reset under a reader.
fn check_sqlite(version: i32) -> Result<(), OpenError> {
    if version >= 3_051_003 {
        return Ok(());
    }
    let (major, minor, patch) = (version / 1_000_000, version / 1000 % 1000, version % 1000);
    Err(OpenError::OldSqlite(format!("{major}.{minor}.{patch}")))
}

/// Says whether there is a file, and refuses what can never be one.
fn check_is_file(path: &Path) -> Result<bool, OpenError> {
    match path.try_exists() {
        Ok(true) if path.is_dir() => Err(OpenError::Folder(path.to_owned())),
        Ok(exists) => Ok(exists),
        Err(_) => Err(FileError::CannotOpen(path.to_owned()).into()),
    }
}

fn check_marks(path: &Path, marks: Marks) -> Result<(), OpenError> {
    let path = path.to_owned();
    if marks.is_blank() {
        Err(OpenError::Empty(path))
    } else if marks.application_id != APPLICATION_ID {
        Err(OpenError::Foreign(path))
    } else if marks.version > VERSION {
        Err(OpenError::Newer {
            path,
            version: marks.version,
        })
    } else if marks.version < 1 {
        let reason = format!("format {} never existed", marks.version);
        Err(FileError::Damaged { path, reason }.into())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_sqlite_is_refused() {
        assert!(check_sqlite(3_051_003).is_ok());
        assert!(check_sqlite(3_052_000).is_ok());
        assert_eq!(
            check_sqlite(3_051_002).unwrap_err().to_string(),
            "SQLite 3.51.2 can damage a log when it resets its journal; build situ with SQLite 3.51.3 or newer"
        );
    }
}
