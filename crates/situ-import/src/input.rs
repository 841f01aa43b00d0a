//! Inputs, compressed or not, read a bounded line at a time.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

/// The longest line or row of an input, in bytes: more is refused before it is held.
pub(crate) const LINE_LIMIT: usize = 1024 * 1024;

/// An opened input.
pub type Input = Box<dyn BufRead>;

/// A file that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open {path}: {cause}")]
pub struct InputError {
    path: String,
    cause: io::Error,
}

/// Opens a file to read; one whose name ends in `.gz` is decompressed as it is read.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> Result<Input, InputError> {
    let file = File::open(path).map_err(|cause| InputError {
        path: path.display().to_string(),
        cause,
    })?;
    let file = BufReader::with_capacity(64 * 1024, file);
    let is_gzip = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    Ok(if is_gzip {
        Box::new(BufReader::with_capacity(
            64 * 1024,
            Unpacked(MultiGzDecoder::new(file)),
        ))
    } else {
        Box::new(file)
    })
}

/// What is decompressed; where that fails, it is said what to do.
struct Unpacked<R>(R);

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => error,
            kind => {
                let advice = "the compressed file is cut short or damaged; fetch it again";
                io::Error::new(kind, format!("{error}: {advice}"))
            }
        })
    }
}

/// Reads lines of bounded length, one at a time.
pub(crate) struct BoundedLines<R = Input> {
    input: R,
    buffer: Vec<u8>,
    number: u64,
}

/// A line that was read.
pub(crate) enum Line<'a> {
    Text(&'a str),
    /// Why it is none.
    Bad(&'static str),
}

impl<R: BufRead> BoundedLines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            number: 0,
        }
    }

    /// The number of the line read last, from 1.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The next line without its end; `None` at the end of the input.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        self.buffer.clear();
        let limit = LINE_LIMIT as u64 + 1;
        let read = self
            .input
            .by_ref()
            .take(limit)
            .read_until(b'\n', &mut self.buffer)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        let is_ended = self.buffer.last() == Some(&b'\n');
        if !is_ended && self.buffer.len() > LINE_LIMIT {
            self.skip_line()?;
            return Ok(Some(Line::Bad("the line is over the limit of 1 MiB")));
        }
        let start = if self.number == 1 && self.buffer.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let text = self.buffer[start..].trim_ascii_end();
        Ok(Some(match std::str::from_utf8(text) {
            Ok(text) => Line::Text(text),
            Err(_) => Line::Bad("the line is no UTF-8; convert the file first"),
        }))
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let held = self.input.fill_buf()?;
            if held.is_empty() {
                return Ok(());
            }
            let end = held.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(held.len(), |end| end + 1);
            self.input.consume(length);
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

/// Lets so many bytes through for a row, so that a field without an end is not held whole.
pub(crate) struct Gate {
    input: Input,
    seen: Rc<Seen>,
}

/// The handle of a [`Gate`].
pub(crate) struct Keeper(Rc<Seen>);

struct Seen {
    left: Cell<usize>,
    /// Whether the first line ended with a carriage return; none ended yet: `None`.
    returns: Cell<Option<bool>>,
    /// How many quotes there were: a table that closes what it opens has an even number.
    quotes: Cell<usize>,
    has_ended: Cell<bool>,
}

impl Gate {
    pub(crate) fn new(input: Input) -> (Self, Keeper) {
        let seen = Rc::new(Seen {
            left: Cell::new(2 * LINE_LIMIT),
            returns: Cell::new(None),
            quotes: Cell::new(0),
            has_ended: Cell::new(false),
        });
        let keeper = Keeper(Rc::clone(&seen));
        (Self { input, seen }, keeper)
    }
}

impl Keeper {
    /// A row ended: the next one may be as long again.
    pub(crate) fn row_ended(&self) {
        self.0.left.set(2 * LINE_LIMIT);
    }

    /// Whether the input is over, and a quote in it was never closed.
    pub(crate) fn ended_in_quotes(&self) -> bool {
        self.0.has_ended.get() && !self.0.quotes.get().is_multiple_of(2)
    }

    /// The line a row starts on, of the one the reader of CSV stood on: it reads no further than a carriage return, and so stands
    /// before the end of the row before.
    pub(crate) fn line(&self, position: &csv::Position) -> u64 {
        let is_behind = position.byte() > 0 && self.0.returns.get() == Some(true);
        position.line() + u64::from(is_behind)
    }
}

impl Read for Gate {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        if self.seen.returns.get().is_none()
            && let Some(end) = buffer[..read].iter().position(|byte| *byte == b'\n')
        {
            self.seen
                .returns
                .set(Some(end > 0 && buffer[end - 1] == b'\r'));
        }
        self.seen.has_ended.set(read == 0);
        let quotes = buffer[..read].iter().filter(|byte| **byte == b'"').count();
        self.seen.quotes.set(self.seen.quotes.get() + quotes);
        match self.seen.left.get().checked_sub(read) {
            Some(left) => self.seen.left.set(left),
            None => {
                let reason = "a row is over the limit of 1 MiB; a quoted field may have no end";
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &'static [u8]) -> Vec<Result<String, &'static str>> {
        let mut lines = BoundedLines::new(Box::new(bytes));
        let mut read = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            read.push(match line {
                Line::Text(text) => Ok(text.to_owned()),
                Line::Bad(reason) => Err(reason),
            });
        }
        read
    }

    #[test]
    fn a_line_is_read_without_its_end_and_the_mark_at_the_start() {
        let read = all(b"\xef\xbb\xbfa\r\n\nb\xff\nc");
        let utf8 = Err("the line is no UTF-8; convert the file first");
        assert_eq!(
            read,
            [Ok("a".into()), Ok(String::new()), utf8, Ok("c".into())]
        );
    }

    #[test]
    fn a_line_without_end_is_refused_and_what_follows_is_read() {
        let mut bytes = vec![b'x'; 3 * LINE_LIMIT];
        bytes.extend(b"\nnext\n");
        let read = all(bytes.leak());
        let long = Err("the line is over the limit of 1 MiB");
        assert_eq!(read, [long, Ok("next".into())]);
    }
}
