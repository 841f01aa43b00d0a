//! Failures of the machine or the file, as sentences.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;
use situ_core::{ReadError, StorageError};

/// A failure of the machine or the file below a log. What was acknowledged before is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The disk is used up; reading takes some space too.
    #[error("{}: the disk is full, nothing was written; free some space, then try again", .0.display())]
    Full(PathBuf),
    /// The file or its folder cannot be written, or the log was opened for reading only.
    #[error("{}: the file cannot be written; allow writing to it and to its folder, or append to a copy", .0.display())]
    ReadOnly(PathBuf),
    /// The file cannot be read, or SQLite cannot keep its two files beside it, as it must while a log is in use.
    #[error("{path}: the file cannot be read where it is, for that takes writing to its folder too; copy it, with {path}-wal if that is there, to a folder of yours", path = .0.display())]
    Unreadable(PathBuf),
    /// Another program kept the file locked.
    #[error("{}: another program has kept the file locked for too long; close that program, then try again", .0.display())]
    Locked(PathBuf),
    /// The name leads to another file than the one that was opened, or to none.
    #[error("{}: the file was replaced or removed while it was in use; open it anew", .0.display())]
    Replaced(PathBuf),
    /// Another caller, who wrote for several, panicked: a defect of situ.
    #[error("{}: the append this one was written with broke off, and this one may be in the log or not; append again, what is there already is not added twice", .0.display())]
    Interrupted(PathBuf),
    /// The file does not hold what it should.
    #[error("{}: the file is damaged ({reason}); keep it as it is, and restore a copy", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The file is no SQLite database at all.
    #[error("{}: the file is not a log of situ, nor a database at all; check the name", .0.display())]
    NotADatabase(PathBuf),
    /// The operating system does not let us at the file.
    #[error("{}: the file cannot be opened; check that its folder exists and that you may read and write there", .0.display())]
    CannotOpen(PathBuf),
    /// The disk failed.
    #[error("{}: reading or writing the disk failed ({reason}); check the disk, then try again", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// Anything else SQLite may say.
    #[error("{}: the database refused ({reason}); run `situ check` on it", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
}

/// What stops a read or a write below the contract.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0}")]
    Damaged(String),
}

impl Failure {
    /// Names the file and the way out.
    pub(crate) fn at(&self, path: &Path) -> FileError {
        let path = path.to_owned();
        let reason = self.to_string();
        let Self::Sqlite(error) = self else {
            return FileError::Damaged { path, reason };
        };
        match error.sqlite_error_code() {
            _ if is_out_of_space(error) => FileError::Full(path),
            Some(ErrorCode::ReadOnly) => FileError::ReadOnly(path),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => FileError::Locked(path),
            Some(ErrorCode::DatabaseCorrupt) => FileError::Damaged { path, reason },
            Some(ErrorCode::NotADatabase) => FileError::NotADatabase(path),
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                FileError::CannotOpen(path)
            }
            Some(ErrorCode::SystemIoFailure) => FileError::Disk { path, reason },
            Some(_) => FileError::Other { path, reason },
            None if is_conversion(error) => FileError::Damaged { path, reason },
            None => FileError::Other { path, reason },
        }
    }

    pub(crate) fn storage(&self, path: &Path) -> StorageError {
        Box::new(self.at(path))
    }

    /// The same for a file that is only read.
    pub(crate) fn at_reading(&self, path: &Path) -> FileError {
        match self.at(path) {
            FileError::ReadOnly(path) | FileError::CannotOpen(path) => FileError::Unreadable(path),
            other => other,
        }
    }

    pub(crate) fn read(&self, path: &Path) -> ReadError {
        ReadError::Storage(Box::new(self.at_reading(path)))
    }
}

/// Whether the disk is full; for the index of the write-ahead log SQLite has a code of its own.
fn is_out_of_space(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        error.code == ErrorCode::DiskFull
            || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
    })
}

/// Whether a value is not of the type its column has.
fn is_conversion(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::QueryReturnedNoRows
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_names_the_file_and_the_way_out() {
        let check = |code, expected: &str| {
            let error =
                rusqlite::Error::SqliteFailure(Error::new(code), Some("as said".to_owned()));
            let sentence = Failure::Sqlite(error).at(Path::new("log.db")).to_string();
            assert_eq!(sentence, expected);
        };
        use rusqlite::ffi::*;
        for full in [SQLITE_FULL, SQLITE_IOERR_SHMSIZE] {
            check(
                full,
                "log.db: the disk is full, nothing was written; free some space, then try again",
            );
        }
        check(
            SQLITE_READONLY_DIRECTORY,
            "log.db: the file cannot be written; allow writing to it and to its folder, or append to a copy",
        );
        check(
            SQLITE_BUSY,
            "log.db: another program has kept the file locked for too long; close that program, then try again",
        );
        check(
            SQLITE_CORRUPT,
            "log.db: the file is damaged (as said); keep it as it is, and restore a copy",
        );
        check(
            SQLITE_NOTADB,
            "log.db: the file is not a log of situ, nor a database at all; check the name",
        );
        check(
            SQLITE_CANTOPEN,
            "log.db: the file cannot be opened; check that its folder exists and that you may read and write there",
        );
        check(
            SQLITE_IOERR_READ,
            "log.db: reading or writing the disk failed (as said); check the disk, then try again",
        );
        check(
            SQLITE_CONSTRAINT,
            "log.db: the database refused (as said); run `situ check` on it",
        );
    }
}
