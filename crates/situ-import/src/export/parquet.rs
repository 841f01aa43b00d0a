//! Rows as Parquet.

use std::io::{self, Write};
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};
use situ_rows::{Cell, Column, ColumnType, Row, Table};

/// How many rows are held back to be written together.
const GROUP: usize = 1 << 16;

/// Writes the rows of a table as Parquet, compressed by Snappy.
///
/// Whole numbers are `INT64`; texts are strings, JSON is marked as such; a moment is a timestamp in UTC of nanoseconds, so that
/// nothing of it is lost; a list is a list of strings. What is not there is null: a bound that is open, a list of nothing.
pub struct ParquetWriter<'t, W: Write> {
    table: &'t Table,
    held_back: Vec<Row>,
    /// It asks for an output that may be sent to another thread; what it wrote is taken out after each group.
    writer: SerializedFileWriter<Vec<u8>>,
    output: W,
}

impl<'t, W: Write> ParquetWriter<'t, W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When `output` cannot be written.
    pub fn new(table: &'t Table, output: W) -> io::Result<Self> {
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
        let writer =
            SerializedFileWriter::new(Vec::new(), schema(table)?, properties.build().into());
        Ok(Self {
            table,
            held_back: Vec::new(),
            writer: writer?,
            output,
        })
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
        self.held_back.push(row.clone());
        if self.held_back.len() == GROUP {
            self.group()?;
        }
        Ok(())
    }

    /// Ends the file; without that it cannot be read.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        if !self.held_back.is_empty() {
            self.group()?;
        }
        let rest = self.writer.into_inner()?;
        self.output.write_all(&rest)?;
        self.output.flush()
    }

    /// Writes what is held back.
    fn group(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.held_back);
        let mut group = self.writer.next_row_group()?;
        for (number, column) in self.table.columns.iter().enumerate() {
            let cells = rows.iter().map(|row| &row.cells[number]);
            match column.column_type {
                ColumnType::Integer | ColumnType::Instant => integers(&mut group, column, cells)?,
                ColumnType::Text | ColumnType::Json => texts(&mut group, column, cells)?,
                ColumnType::List => lists(&mut group, cells)?,
            }
        }
        group.close()?;
        self.writer.flush()?;
        self.output.write_all(self.writer.inner())?;
        self.writer.inner_mut().clear();
        Ok(())
    }
}

type Group<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

fn integers<'r>(
    group: &mut Group<'_>,
    column: &Column,
    cells: impl Iterator<Item = &'r Cell>,
) -> io::Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        let value = match cell {
            Cell::Null => None,
            Cell::Integer(number) => Some(*number),
            Cell::Instant(instant) => Some(instant.unix_nanos()),
            other => unreachable!("column {} holds {other:?}", column.name),
        };
        levels.push(i16::from(value.is_some()));
        values.extend(value);
    }
    let levels = (!column.is_required).then_some(levels.as_slice());
    let mut writer = next(group)?;
    writer
        .typed::<Int64Type>()
        .write_batch(&values, levels, None)?;
    Ok(writer.close()?)
}

fn texts<'r>(
    group: &mut Group<'_>,
    column: &Column,
    cells: impl Iterator<Item = &'r Cell>,
) -> io::Result<()> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for cell in cells {
        match cell {
            Cell::Null => {}
            Cell::Text(text) => values.push(ByteArray::from(text.as_str())),
            other => unreachable!("column {} holds {other:?}", column.name),
        }
        levels.push(i16::from(*cell != Cell::Null));
    }
    let levels = (!column.is_required).then_some(levels.as_slice());
    let mut writer = next(group)?;
    writer
        .typed::<ByteArrayType>()
        .write_batch(&values, levels, None)?;
    Ok(writer.close()?)
}

/// Levels are those of [`list`]: 0 where there is no list, 2 for an element; an element that is not the first of its list
/// repeats at level 1.
fn lists<'r>(group: &mut Group<'_>, cells: impl Iterator<Item = &'r Cell>) -> io::Result<()> {
    let (mut values, mut defined, mut repeated) = (Vec::new(), Vec::new(), Vec::new());
    for cell in cells {
        let items: &[String] = match cell {
            Cell::List(items) => items,
            _ => &[],
        };
        defined.extend(std::iter::repeat_n(2, items.len()));
        repeated.extend((0..items.len()).map(|at| i16::from(at > 0)));
        values.extend(items.iter().map(|item| ByteArray::from(item.as_str())));
        if items.is_empty() {
            defined.push(0);
            repeated.push(0);
        }
    }
    let mut writer = next(group)?;
    let typed = writer.typed::<ByteArrayType>();
    typed.write_batch(&values, Some(&defined), Some(&repeated))?;
    Ok(writer.close()?)
}

fn next<'g>(
    group: &'g mut Group<'_>,
) -> Result<parquet::file::writer::SerializedColumnWriter<'g>, ParquetError> {
    let writer = group.next_column()?;
    Ok(writer.expect("the schema has a leaf for each column of the table"))
}

fn schema(table: &Table) -> Result<TypePtr, ParquetError> {
    let fields = table.columns.iter().map(field).collect::<Result<_, _>>()?;
    let root = Type::group_type_builder(table.name).with_fields(fields);
    Ok(Arc::new(root.build()?))
}

fn field(column: &Column) -> Result<TypePtr, ParquetError> {
    let timestamp = LogicalType::timestamp(true, TimeUnit::NANOS);
    let (physical, logical) = match column.column_type {
        ColumnType::Integer => (Physical::INT64, None),
        ColumnType::Instant => (Physical::INT64, Some(timestamp)),
        ColumnType::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        ColumnType::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        ColumnType::List => return list(column.name),
    };
    let repetition = match column.is_required {
        true => Repetition::REQUIRED,
        false => Repetition::OPTIONAL,
    };
    primitive(column.name, physical, logical, repetition)
}

/// A list as the format has it: an optional group of repeated groups of one element each.
fn list(name: &str) -> Result<TypePtr, ParquetError> {
    let text = Some(LogicalType::String);
    let element = primitive("element", Physical::BYTE_ARRAY, text, Repetition::REQUIRED)?;
    let repeated = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![element]);
    let list = Type::group_type_builder(name)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(repeated.build()?)]);
    Ok(Arc::new(list.build()?))
}

fn primitive(
    name: &str,
    physical: Physical,
    logical: Option<LogicalType>,
    repetition: Repetition,
) -> Result<TypePtr, ParquetError> {
    let primitive = Type::primitive_type_builder(name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical);
    Ok(Arc::new(primitive.build()?))
}

#[cfg(test)]
mod tests;
