//! The log and its answers as files for other programs.
//!
//! Events go out as they were given ([`Recorded::to_line`](situ_core::Recorded::to_line)) or as CloudEvents
//! ([`cloud_event`]). Claims, tolls and services go out as rows of the tables of `situ-rows`: an [`Exported`] makes them as of
//! any two clocks, and [`CsvWriter`], [`json_row`] and [`feature`] write them; so does
//! `ParquetWriter`, with the feature `parquet`. A table is what one gets from the events that were let in, no more: whoever leaves restricted
//! events out leaves them out of every figure, too.
//!
//! Nothing here opens a file or looks at a clock. Start at [`Exported`].

mod exported;

mod cloud_event;
mod csv;
mod geo;
mod json;
mod package;
#[cfg(feature = "parquet")]
mod parquet;

pub use cloud_event::{CloudEventError, cloud_event, from_cloud_event};
pub use csv::{CsvWriter, Guard};
pub use exported::Exported;
pub use geo::{Geometry, feature};
pub use json::json_row;
pub use package::{Package, PackagedFile};
#[cfg(feature = "parquet")]
pub use parquet::ParquetWriter;
