//! Rows as JSON.

use serde::ser::{Serialize, SerializeMap, Serializer};

use situ_rows::{Row, Table};

/// A row as a JSON object, column by column, without a line break; what is not there is null.
///
/// # Panics
/// When the row is not of the table.
#[must_use]
pub fn json_row(table: &Table, row: &Row) -> String {
    serde_json::to_string(&Object { table, row }).expect("rows have string keys")
}

/// A row by the names of its columns.
pub(super) struct Object<'a> {
    pub(super) table: &'a Table,
    pub(super) row: &'a Row,
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (columns, cells) = (self.table.columns, &self.row.cells);
        assert_eq!(columns.len(), cells.len(), "a row of {}", self.table.name);
        let mut map = serializer.serialize_map(Some(columns.len()))?;
        for (column, cell) in columns.iter().zip(cells) {
            map.serialize_entry(column.name, cell)?;
        }
        map.end()
    }
}
