//! The log in one SQLite file: append, read, wait.
//!
//! [`SqliteStore`] implements [`situ_core::EventStore`]. What was acknowledged is durable; the database itself refuses changes
//! to events; many threads and processes may append to one file, and a reader never waits for a writer. This is the only
//! crate that speaks SQL. It never looks into an event beyond its envelope, and folds no views; for those who do it keeps tables and
//! positions of followers ([`SqliteStore::lease`]), moved together or not at all.
//!
//! Start at [`SqliteStore`], then `schema.sql` for the stored form; [`SqliteStore::check`] says whether a file is in order.

mod store;

mod open;
mod schema;

mod reader;
mod writer;

mod follower;
mod read_model;

mod doorbell;
mod identity;
mod listener;

mod check;
mod checkpoint;
mod failure;
mod saved;

pub use check::{Finding, Report};
pub use failure::FileError;
pub use follower::{
    Commit, DeadLetter, Fate, FollowError, FollowerState, FollowerStatus, Lease, Reached,
};
pub use open::OpenError;
pub use read_model::{
    Change, Column, ColumnRole, ColumnType, Declaration, DeclarationError, Table, Value,
};
pub use saved::{Prefix, SavedAt, SavedStatus, SavedView};
pub use store::{SituationCount, SqliteStore};
