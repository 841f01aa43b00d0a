//! How values are written for SQL tools: plain numbers and texts, and lists as JSON.

use chrono::SecondsFormat;
use serde::Serialize;
use situ_core::{Instant, When};
use situ_sqlite::Value;

/// A moment in UTC to the millisecond, rounded down: all have the same length, so that they sort and compare as texts.
pub(crate) fn instant(instant: Instant) -> String {
    instant
        .to_utc()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The earliest and the latest moment of a time, null where there is none.
pub(crate) fn bounds(when: Option<&When>) -> [Value; 2] {
    [
        when.and_then(When::earliest).map(instant).into(),
        when.and_then(When::latest).map(instant).into(),
    ]
}

/// A JSON array of texts; null for none.
pub(crate) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> Value {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() {
        return Value::Null;
    }
    serde_json::Value::from(items).to_string().into()
}

/// The word a value is written as in JSON.
pub(crate) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a word of a vocabulary is written as {other:?}"),
    }
}
