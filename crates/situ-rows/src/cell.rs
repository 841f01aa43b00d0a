//! What stands in a field of a table.

use serde::{Serialize, Serializer};
use situ_core::{Instant, PlaceId, When};

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// There is none: an open bound, an unnamed source. Never zero.
    Null,
    /// A whole number.
    Integer(i64),
    /// A moment, with all its digits.
    Instant(Instant),
    /// A text, never empty.
    Text(String),
    /// Several texts, at least one.
    List(Vec<String>),
}

/// A row of a table: one cell for each of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The cells, in the order of the columns.
    pub cells: Vec<Cell>,
    /// The places it names.
    pub places: Vec<PlaceId>,
}

impl Cell {
    /// A list; null for none.
    pub(crate) fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> Self {
        let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
        if items.is_empty() {
            return Self::Null;
        }
        Self::List(items)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// A number over `i64::MAX` becomes `i64::MAX`: no position, count of events or number of people comes near.
impl From<u64> for Cell {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Cell {
    fn from(holds: bool) -> Self {
        Self::Integer(i64::from(holds))
    }
}

impl From<Instant> for Cell {
    fn from(instant: Instant) -> Self {
        Self::Instant(instant)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Instant(instant) => serializer.collect_str(instant),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => items.serialize(serializer),
        }
    }
}

/// The earliest and the latest moment of a time, null where there is none.
pub(crate) fn bounds(when: Option<&When>) -> [Cell; 2] {
    [
        when.and_then(When::earliest).into(),
        when.and_then(When::latest).into(),
    ]
}

/// The word a value is written as in JSON.
pub(crate) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a word of a vocabulary is written as {other:?}"),
    }
}
