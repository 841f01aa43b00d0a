//! Rows as CSV.

use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};

use situ_rows::{Cell, Row, Table};

/// Whether cells are guarded against spreadsheets that take a text for a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Cells hold what was said, byte for byte.
    None,
    /// A text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return, or a full-width form of the first four, gets
    /// an apostrophe before it; so does one that begins with an apostrophe, so that each guard can be taken off again.
    Formulas,
}

/// Writes the rows of a table as CSV (RFC 4180: CRLF, quotes doubled), UTF-8, the names of the columns first.
///
/// What is not there is an empty field, 0 is `0`; no text is empty, so nothing else is an empty field. A list is a JSON array.
#[derive(Debug)]
pub struct CsvWriter<'t, W: Write> {
    table: &'t Table,
    writer: csv::Writer<W>,
    guard: Guard,
    guarded: u64,
}

impl<'t, W: Write> CsvWriter<'t, W> {
    /// Writes the names of the columns.
    ///
    /// # Errors
    /// When `output` cannot be written.
    pub fn new(table: &'t Table, guard: Guard, output: W) -> io::Result<Self> {
        let mut writer = WriterBuilder::new()
            .terminator(Terminator::CRLF)
            .from_writer(output);
        writer.write_record(table.columns.iter().map(|column| column.name))?;
        Ok(Self {
            table,
            writer,
            guard,
            guarded: 0,
        })
    }

    /// Writes the row of HXL tags, which stands right below the names of the columns.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn tags(&mut self) -> io::Result<()> {
        let tags = self.table.columns.iter().map(|column| column.hxl);
        Ok(self.writer.write_record(tags)?)
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When the output cannot be written.
    ///
    /// # Panics
    /// When the row is not of the table.
    pub fn row(&mut self, row: &Row) -> io::Result<()> {
        let (columns, cells) = (self.table.columns.len(), row.cells.len());
        assert_eq!(columns, cells, "a row of {}", self.table.name);
        for cell in &row.cells {
            let mut field = match cell {
                Cell::Null => String::new(),
                Cell::Integer(number) => number.to_string(),
                Cell::Instant(instant) => instant.to_string(),
                Cell::Text(text) => text.clone(),
                Cell::List(items) => serde_json::Value::from(items.clone()).to_string(),
            };
            if self.guard == Guard::Formulas && is_formula(&field) {
                field.insert(0, '\'');
                self.guarded += 1;
            }
            self.writer.write_field(field)?;
        }
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    /// Writes what is still held back, and says how many cells were guarded.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> io::Result<u64> {
        self.writer.flush()?;
        Ok(self.guarded)
    }
}

/// Whether a spreadsheet may take a field for a formula, or would eat its apostrophe.
fn is_formula(field: &str) -> bool {
    field.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠', '\''])
}

#[cfg(test)]
mod tests;
