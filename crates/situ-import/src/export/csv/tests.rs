use super::*;
use situ_rows::{Column, ColumnType};

const TABLE: Table = Table {
    name: "two",
    means: "Two columns.",
    key: &[],
    columns: &[
        Column::optional("low", ColumnType::Integer, "#affected+low", "a number"),
        Column::optional("words", ColumnType::Text, "#description", "a text"),
    ],
};

fn written(guard: Guard, rows: &[[Cell; 2]]) -> (String, u64) {
    let mut bytes = Vec::new();
    let mut writer = CsvWriter::new(&TABLE, guard, &mut bytes).unwrap();
    for cells in rows {
        let row = Row {
            cells: cells.to_vec(),
            places: Vec::new(),
        };
        writer.row(&row).unwrap();
    }
    let guarded = writer.finish().unwrap();
    (String::from_utf8(bytes).unwrap(), guarded)
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn what_is_not_there_is_empty_and_zero_is_zero() {
    let rows = [
        [Cell::Null, text("a, \"b\"\nc")],
        [Cell::Integer(0), Cell::Null],
        [
            Cell::Integer(-1),
            Cell::List(vec!["a".into(), "b\"".into()]),
        ],
    ];
    let expected =
        "low,words\r\n,\"a, \"\"b\"\"\nc\"\r\n0,\r\n-1,\"[\"\"a\"\",\"\"b\\\"\"\"\"]\"\r\n";
    assert_eq!(written(Guard::None, &rows), (expected.to_owned(), 0));
}

#[test]
fn formulas_are_guarded_where_asked_and_the_guard_comes_off() {
    for start in ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'"] {
        let said = format!("{start}cmd");
        let rows = [[Cell::Null, text(&said)]];
        let read = |(csv, guarded): (String, u64)| {
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let record = reader.records().next().unwrap().unwrap();
            (record[1].to_owned(), guarded)
        };
        assert_eq!(read(written(Guard::None, &rows)), (said.clone(), 0));
        let (field, guarded) = read(written(Guard::Formulas, &rows));
        assert_eq!((field.strip_prefix('\''), guarded), (Some(&*said), 1));
    }
    let harmless = [[Cell::Integer(3), text("a=b")]];
    assert_eq!(written(Guard::Formulas, &harmless).1, 0);
}

#[test]
fn the_tags_stand_below_the_names() {
    let mut bytes = Vec::new();
    let mut writer = CsvWriter::new(&TABLE, Guard::None, &mut bytes).unwrap();
    writer.tags().unwrap();
    writer.finish().unwrap();
    assert_eq!(bytes, b"low,words\r\n#affected+low,#description\r\n");
}
