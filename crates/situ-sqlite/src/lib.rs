//! The log in one SQLite file: append, read, wait.
//!
//! [`SqliteStore`] implements [`situ_core::EventStore`]. What was acknowledged is durable; the database itself refuses changes
//! to events; many threads and processes may append to one file, and a reader never waits for a writer. This is the only
//! crate that speaks SQL. It never looks into an event beyond its envelope, and keeps no views.
//!
//! Start at [`SqliteStore`], then `schema.sql` for the stored form; [`SqliteStore::check`] says whether a file is in order.

mod store;

mod open;
mod schema;

mod reader;
mod writer;

mod bell;
mod check;
mod checkpoint;
mod failure;

pub use check::{Finding, Report};
pub use failure::FileError;
pub use open::OpenError;
pub use store::{SituationCount, SqliteStore};
