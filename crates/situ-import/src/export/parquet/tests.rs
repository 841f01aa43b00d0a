//! What was written is read again, by the library's own reader of records.

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use situ_core::Instant;

use super::*;

const TABLE: Table = Table {
    name: "each",
    means: "a column of each type",
    key: &["number"],
    columns: &[
        Column::required("number", ColumnType::Integer, "#n", "a number"),
        Column::optional("high", ColumnType::Integer, "#h", "an open bound"),
        Column::required("at", ColumnType::Instant, "#a", "a moment"),
        Column::optional("until", ColumnType::Instant, "#u", "a moment"),
        Column::optional("words", ColumnType::Text, "#w", "a text"),
        Column::required("body", ColumnType::Json, "#b", "an object"),
        Column::optional("places", ColumnType::List, "#p", "texts"),
    ],
};

/// Row `number`: what may be missing is there in every second, third or fifth row.
fn row(number: i64) -> Row {
    let at: Instant = "2026-02-01T05:00:00.123456789Z".parse().unwrap();
    let places = (0..number % 4).map(|place| format!("place-{place}"));
    let cells = vec![
        number.into(),
        (number % 2 == 0).then_some(number - 1).into(),
        at.into(),
        (number % 3 == 0).then_some(at).into(),
        (number % 5 == 0).then(|| format!("کوئٹہ {number}")).into(),
        "{}".into(),
        match number % 4 {
            0 => Cell::Null,
            _ => Cell::List(places.collect()),
        },
    ];
    Row {
        cells,
        places: Vec::new(),
    }
}

/// What was read, as a cell: a timestamp of nanoseconds comes as a number.
fn cell(column: &Column, field: &Field) -> Cell {
    match field {
        Field::Null => Cell::Null,
        Field::Long(nanoseconds) if column.column_type == ColumnType::Instant => {
            Instant::from_unix_nanos(*nanoseconds).into()
        }
        Field::Long(number) => Cell::Integer(*number),
        Field::Str(text) => Cell::Text(text.clone()),
        Field::Bytes(bytes) => Cell::Text(bytes.as_utf8().unwrap().to_owned()),
        Field::ListInternal(list) => {
            let text = |field: &Field| match field {
                Field::Str(text) => text.clone(),
                other => panic!("an element is {other:?}"),
            };
            Cell::List(list.elements().iter().map(text).collect())
        }
        other => panic!("column {} holds {other:?}", column.name),
    }
}

#[test]
fn what_is_written_is_read_again_over_several_groups() {
    let count = i64::try_from(GROUP).unwrap() + 10;
    let mut bytes = Vec::new();
    let mut writer = ParquetWriter::new(&TABLE, &mut bytes).unwrap();
    for number in 0..count {
        writer.row(&row(number)).unwrap();
    }
    writer.finish().unwrap();

    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 2);
    let mut numbers = 0..count;
    for (read, number) in reader.get_row_iter(None).unwrap().zip(&mut numbers) {
        let read = read.unwrap();
        let fields = TABLE.columns.iter().zip(read.get_column_iter());
        let cells: Vec<_> = fields
            .map(|(column, (name, field))| {
                assert_eq!(name, column.name);
                cell(column, field)
            })
            .collect();
        assert_eq!(cells, row(number).cells);
    }
    assert_eq!(numbers.next(), None, "every row was there");
}

#[test]
fn a_table_without_rows_is_a_file_with_columns() {
    let mut bytes = Vec::new();
    ParquetWriter::new(&TABLE, &mut bytes)
        .unwrap()
        .finish()
        .unwrap();
    let reader = SerializedFileReader::new(bytes::Bytes::from(bytes)).unwrap();
    let file = reader.metadata().file_metadata();
    assert_eq!((file.num_rows(), file.schema().get_fields().len()), (0, 7));
}
