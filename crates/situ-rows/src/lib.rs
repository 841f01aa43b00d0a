//! The log of situ and its answers as rows of tables.
//!
//! The tables [`EVENTS`], [`CLAIMS`], [`TOLLS`] and [`SERVICES`] are what people with spreadsheets and SQL tools rely on: the
//! SQL views keep their rows in the file of the log, exports write them to files. `docs/sql-views.md` is their contract. A
//! change of a column, or of what stands in one, is made here and nowhere else.

mod cell;
mod claims;
mod events;
mod figures;
mod services;
mod tables;
mod tolls;

pub use cell::{Cell, Row};
pub use claims::{claim_rows, retraction_cells};
pub use events::{Noted, event_row};
pub use figures::AsideBases;
pub use services::service_row;
pub use tables::{CLAIMS, Column, ColumnType, EVENTS, RETRACTION, SERVICES, TOLLS, Table};
pub use tolls::toll_row;
