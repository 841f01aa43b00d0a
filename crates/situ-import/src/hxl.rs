//! Tables with a row of HXL tags: the tags name the columns.

use std::io::{self, BufReader, Cursor, Read as _};

use crate::input::{Input, LINE_LIMIT};
use crate::services::on_one_line;

/// How many rows may stand above the tags, as HXL has it.
const ROWS: usize = 25;

/// A table from its row of tags on, with the rows above as empty lines: columns are named by their tags, those without by what stands
/// in the row of tags instead of one, or above it.
///
/// A table without such a row is an error when it is read.
pub(crate) fn tagged(input: Input) -> Input {
    match untagged(input) {
        Ok(input) => input,
        Err(error) => Box::new(BufReader::new(Failing(Some(error)))),
    }
}

/// Fails at the first read.
struct Failing(Option<io::Error>);

impl io::Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

fn untagged(mut input: Input) -> io::Result<Input> {
    let mut start = Vec::new();
    input
        .by_ref()
        .take(LINE_LIMIT as u64)
        .read_to_end(&mut start)?;
    let mut builder = csv::ReaderBuilder::new();
    let mut reader = builder
        .has_headers(false)
        .flexible(true)
        .from_reader(&start[..]);
    let mut above = csv::ByteRecord::new();
    let mut row = csv::ByteRecord::new();
    for _ in 0..ROWS {
        if !reader
            .read_byte_record(&mut row)
            .map_err(io::Error::other)?
        {
            break;
        }
        if !is_tags(&row) {
            std::mem::swap(&mut above, &mut row);
            continue;
        }
        let names = row.iter().enumerate().map(|(column, cell)| {
            let name = match (tag(cell), cell.trim_ascii()) {
                (Some(tag), _) => tag.into_bytes(),
                (None, b"") => above.get(column).unwrap_or_default().trim_ascii().to_vec(),
                (None, cell) => cell.to_vec(),
            };
            on_one_line(&String::from_utf8_lossy(&name))
        });
        // Lines end as in the rest, so that they are counted alike.
        let newline = start.iter().position(|byte| *byte == b'\n');
        let returns = newline.is_some_and(|at| at > 0 && start[at - 1] == b'\r');
        let (end, terminator) = match returns {
            true => ("\r\n", csv::Terminator::CRLF),
            false => ("\n", csv::Terminator::Any(b'\n')),
        };
        let mut builder = csv::WriterBuilder::new();
        let mut writer = builder.terminator(terminator).from_writer(Vec::new());
        writer.write_record(names).map_err(io::Error::other)?;
        let position =
            row.position().map_or(1, csv::Position::line) + u64::from(returns && !above.is_empty());
        let lines = usize::try_from(position.saturating_sub(1)).unwrap_or(0);
        let mut head = end.repeat(lines).into_bytes();
        head.extend(
            writer
                .into_inner()
                .map_err(csv::IntoInnerError::into_error)?,
        );
        let end = usize::try_from(reader.position().byte()).unwrap_or(start.len());
        let rest = start.split_off(end.min(start.len()));
        let rest = match rest.strip_prefix(b"\n") {
            Some(rest) => rest.to_vec(),
            None => rest,
        };
        return Ok(Box::new(
            Cursor::new(head).chain(Cursor::new(rest)).chain(input),
        ));
    }
    let reason =
        format!("there is no row of HXL tags, such as #affected+killed, in the first {ROWS} rows");
    Err(io::Error::new(io::ErrorKind::InvalidData, reason))
}

/// Whether at least half of the cells that say something are tags, and one is.
fn is_tags(row: &csv::ByteRecord) -> bool {
    let said = row.iter().filter(|cell| !cell.trim_ascii().is_empty());
    let (tags, other): (Vec<_>, Vec<_>) = said.partition(|cell| tag(cell).is_some());
    !tags.is_empty() && tags.len() >= other.len()
}

/// A tag with its attributes, in small letters and without spaces; `None` for what is none.
fn tag(cell: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(cell).ok()?.trim();
    let mut pieces = text.strip_prefix('#')?.split('+').map(str::trim);
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic())
            && word
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    pieces.clone().all(is_word).then(|| {
        let pieces: Vec<String> = pieces.by_ref().map(str::to_ascii_lowercase).collect();
        format!("#{}", pieces.join("+"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_other_words() {
        for (cell, expected) in [
            ("#affected", Some("#affected")),
            (" #Affected +Killed+f ", Some("#affected+killed+f")),
            ("#adm1", Some("#adm1")),
            ("affected", None),
            ("#", None),
            ("#1", None),
            ("#affected+", None),
            ("# affected killed", None),
        ] {
            assert_eq!(tag(cell.as_bytes()).as_deref(), expected, "{cell}");
        }
    }

    #[test]
    fn rows_above_the_tags_leave_their_lines_behind() {
        for (table, expected) in [
            (
                "Who,\"What\nfor\",How many\n#org,,#affected\nA,b,3\n",
                "\n\n#org,What for,#affected\nA,b,3\n",
            ),
            (
                "Who,How many\r\n#org,#affected\r\nA,3\r\n",
                "\r\n#org,#affected\r\nA,3\r\n",
            ),
            ("#org\nA\n", "#org\nA\n"),
            // A row that says nothing is no row of tags.
            ("Who,\n,\n#org,\nA,\n", "\n\n#org,\nA,\n"),
        ] {
            let mut read = String::new();
            let mut input = tagged(Box::new(table.as_bytes()));
            input.read_to_string(&mut read).unwrap();
            assert_eq!(read, expected);
        }
    }
}
