//! Rows of a file: of CSV, or of JSON as its layout says.

use std::collections::BTreeMap;
use std::io;

use crate::hxl;
use crate::input::{BoundedLines, Gate, Input, Keeper, Line};
use crate::json::{Array, fields_of};
use crate::mapper::Fields;
use crate::mapping::{Mapping, Shape};
use crate::table::Keys;

/// The rows of an input, one at a time.
pub(crate) struct Rows {
    layout: Layout,
    rename: BTreeMap<String, String>,
}

/// A row, or why it is none.
pub(crate) type Row = Result<Fields, String>;

enum Layout {
    /// JSON of which nothing was read yet: its first sign tells lines from an array.
    Begin(Option<Input>),
    Csv {
        reader: Box<csv::Reader<Gate>>,
        keeper: Keeper,
        header: Option<Vec<String>>,
    },
    /// One object a line.
    Lines(BoundedLines),
    /// Objects in an array, or under names.
    Array(Array),
}

impl Rows {
    /// The rows of an input, laid out as a mapping says.
    pub(crate) fn new(input: Input, mapping: &Mapping) -> Self {
        let rules = &mapping.records;
        let layout = if matches!(mapping.shape(), Shape::Csv | Shape::Hxl) {
            let input = match mapping.shape() {
                Shape::Hxl => hxl::tagged(input),
                _ => input,
            };
            let (gate, keeper) = Gate::new(input);
            let mut builder = csv::ReaderBuilder::new();
            builder.has_headers(false).flexible(true);
            let reader = builder.delimiter(rules.separator()).from_reader(gate);
            Layout::Csv {
                reader: Box::new(reader),
                keeper,
                header: None,
            }
        } else if rules.rows.is_some() || rules.named.is_some() {
            let (path, named) = (rules.rows.as_deref(), rules.named.as_deref());
            Layout::Array(Array::new(input, path, named))
        } else {
            Layout::Begin(Some(input))
        };
        Self {
            layout,
            rename: rules.rename.clone(),
        }
    }

    /// The next row and its line, or why it is none; `None` at the end.
    pub(crate) fn next_row(&mut self) -> io::Result<Option<(u64, Row)>> {
        let rename = &self.rename;
        if let Layout::Begin(input) = &mut self.layout
            && let Some(mut input) = input.take()
        {
            self.layout = if begins_array(&mut input)? {
                Layout::Array(Array::new(input, None, None))
            } else {
                Layout::Lines(BoundedLines::new(input))
            };
        }
        match &mut self.layout {
            Layout::Csv {
                reader,
                keeper,
                header,
            } => next_of_csv(reader, keeper, header, rename),
            Layout::Begin(_) => Ok(None),
            Layout::Lines(lines) => loop {
                let row = match lines.next_line()? {
                    None => return Ok(None),
                    Some(Line::Text("")) => continue,
                    Some(Line::Bad(reason)) => Err(reason.to_owned()),
                    Some(Line::Text(text)) => fields_of(text, rename),
                };
                return Ok(Some((lines.number(), row)));
            },
            Layout::Array(array) => array.next_row(rename),
        }
    }

    /// The first of these columns that the file, read to its end, turned out to lack; of JSON each row says for itself.
    pub(crate) fn lacks<'a>(&self, columns: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let Layout::Csv { header, .. } = &self.layout else {
            return None;
        };
        let header = header.as_deref().unwrap_or_default();
        columns
            .into_iter()
            .find(|column| !header.iter().any(|name| name == column))
    }
}

/// Whether an input of JSON begins with an array; where that is all of many blank lines, it does not.
fn begins_array(input: &mut Input) -> io::Result<bool> {
    let begin = input.fill_buf()?;
    let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin);
    Ok(begin.trim_ascii_start().first() == Some(&b'['))
}

fn next_of_csv(
    reader: &mut csv::Reader<Gate>,
    keeper: &Keeper,
    header: &mut Option<Vec<String>>,
    rename: &BTreeMap<String, String>,
) -> io::Result<Option<(u64, Row)>> {
    loop {
        let mut record = csv::ByteRecord::new();
        let is_read = reader.read_byte_record(&mut record).map_err(unread)?;
        if !is_read && header.is_none() {
            let reason = "the file is empty, without a row of names";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        if !is_read {
            return Ok(None);
        }
        keeper.row_ended();
        let line = record
            .position()
            .map_or(0, |position| keeper.line(position));
        // A row that no line break ended may hold all that came after a quote.
        if keeper.ended_in_quotes() {
            let reason = "the file ends within a quote, which may begin on this line; close it, or double a quote that is meant";
            return Ok(Some((line, Err(reason.to_owned()))));
        }
        let Ok(cells) = csv::StringRecord::from_byte_record(record) else {
            let reason = "no UTF-8; convert the file first";
            if header.is_none() {
                let reason = format!("the row of names is {reason}");
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
            return Ok(Some((line, Err(reason.to_owned()))));
        };
        let Some(names) = header else {
            if let Some(error) = mistaken(&cells) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
            *header = Some(names_of(&cells, rename));
            continue;
        };
        // Spreadsheets leave rows without anything in them behind.
        if cells.iter().all(str::is_empty) {
            continue;
        }
        let is_over = cells.iter().skip(names.len()).any(|cell| !cell.is_empty());
        if is_over || cells.len() < names.len() {
            let reason = format!("{} cells under {} names", cells.len(), names.len());
            return Ok(Some((line, Err(reason))));
        }
        let cells = names
            .iter()
            .zip(&cells)
            .filter(|(name, _)| !name.is_empty());
        let fields = cells.map(|(name, cell)| (name.clone(), cell.into()));
        return Ok(Some((line, Ok(fields.collect()))));
    }
}

/// What else stands between the names, where all of them make up one cell.
fn mistaken(cells: &csv::StringRecord) -> Option<String> {
    let only = cells.get(0).filter(|_| cells.len() == 1)?;
    let (sign, name) = [(';', "semicolon"), ('\t', "tab"), ('|', "vertical bar")]
        .into_iter()
        .find(|(sign, _)| only.contains(*sign))?;
    Some(format!(
        "the row of names is one cell with a {name} in it; if that separates cells, say records.separator = {sign:?} in the mapping"
    ))
}

/// The names of columns; a name that comes twice is numbered.
fn names_of(cells: &csv::StringRecord, rename: &BTreeMap<String, String>) -> Vec<String> {
    let mut own = Keys::default();
    let names = cells.iter().map(|cell| {
        let cell = cell.trim();
        match rename.get(cell).map_or(cell, String::as_str) {
            "" => String::new(),
            name => own.name(name.to_owned()),
        }
    });
    names.collect()
}

fn unread(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, format!("no CSV: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_column_has_a_name_of_its_own() {
        for (cells, expected) in [
            (vec!["a", "a", "a"], vec!["a", "a#2", "a#3"]),
            (vec!["a", "a#2", "a"], vec!["a", "a#2", "a#3"]),
            (vec!["a", "a", "a#2"], vec!["a", "a#2", "a#2#2"]),
            (vec!["", "b ", "", "c"], vec!["", "a", "", "c"]),
        ] {
            let rename = BTreeMap::from([("b".to_owned(), "a".to_owned())]);
            let cells = csv::StringRecord::from(cells);
            assert_eq!(names_of(&cells, &rename), expected);
        }
    }
}
