//! How cells are written for SQL tools: plain numbers and texts, and lists as JSON.

use chrono::SecondsFormat;
use situ_core::Instant;
use situ_rows::{Cell, Row};
use situ_sqlite::Value;

/// The values of a row.
pub(crate) fn values(row: Row) -> Vec<Value> {
    row.cells.into_iter().map(value).collect()
}

/// The value of a cell; a list is a JSON array of texts.
pub(crate) fn value(cell: Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => Value::Integer(number),
        Cell::Instant(at) => Value::Text(instant(at)),
        Cell::Text(text) => Value::Text(text),
        Cell::List(items) => Value::Text(serde_json::Value::from(items).to_string()),
    }
}

/// A moment in UTC to the millisecond, rounded down: all have the same length, so that they sort and compare as texts.
pub(crate) fn instant(instant: Instant) -> String {
    instant
        .to_utc()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}
