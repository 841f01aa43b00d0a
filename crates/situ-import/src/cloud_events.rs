//! Events that come as CloudEvents 1.0: one a line, or in an array.

use std::fmt;
use std::io::{self, BufRead};

use serde::Deserializer as _;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use situ_core::{Event, EventId, WireError, from_line};

use crate::export::from_cloud_event;
use crate::input::{BoundedLines, LINE_LIMIT, Line};
use crate::json::{Scanner, Whole};

/// Whether an input holds CloudEvents and no lines of the wire form: it begins with an array, or the object on its first line has the
/// attribute `specversion`. What it takes of the input, up to the end of that line, it adds to `taken`, also where it fails.
///
/// # Errors
/// When it cannot be read.
pub fn holds_cloud_events(input: &mut dyn BufRead, taken: &mut Vec<u8>) -> io::Result<bool> {
    loop {
        let room = (LINE_LIMIT + 1).saturating_sub(taken.len());
        let read = io::Read::take(&mut *input, room as u64).read_until(b'\n', taken)?;
        let begin = without_mark(taken).trim_ascii();
        if begin.first() == Some(&b'[') {
            return Ok(true);
        }
        if read == 0 || !begin.is_empty() {
            let mut is_found = false;
            // What is no object is told by whoever reads it; what stands before its fault counts.
            let _ = serde_json::Deserializer::from_slice(begin)
                .deserialize_map(Attributes(&mut is_found));
            return Ok(is_found);
        }
    }
}

/// Looks for `specversion` among the keys of an object.
struct Attributes<'a>(&'a mut bool);

impl<'de> Visitor<'de> for Attributes<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            *self.0 |= key == "specversion";
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

fn without_mark(begin: &[u8]) -> &[u8] {
    begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin)
}

/// The events of an input of CloudEvents, each with the bytes it was given to [`cloud_event`](crate::export::cloud_event) with.
///
/// What it holds is one of them.
pub struct CloudEvents<R> {
    layout: Layout<R>,
    buffer: Vec<u8>,
    number: usize,
}

enum Layout<R> {
    /// Of which nothing was read yet.
    Begin(R),
    Lines(BoundedLines<R>),
    Array {
        text: Scanner<R>,
        is_begun: bool,
    },
    Ended,
}

impl<R: BufRead> CloudEvents<R> {
    /// The events of an input.
    pub const fn new(input: R) -> Self {
        Self {
            layout: Layout::Begin(input),
            buffer: Vec::new(),
            number: 0,
        }
    }

    /// The line the event read last begins on, from 1; 0 before the first.
    pub const fn number(&self) -> usize {
        self.number
    }

    /// The CloudEvent read last; of one over the limit, nothing.
    pub fn line(&self) -> &[u8] {
        &self.buffer
    }

    /// The next event, or why it is none; `None` at the end.
    pub fn next_event(
        &mut self,
        new_id: impl FnOnce() -> EventId,
    ) -> Option<Result<Event, WireError>> {
        let refuse = |line: usize, reason: String| {
            Some(Err(WireError {
                line,
                column: 1,
                reason,
            }))
        };
        match self.read() {
            Ok(None) => return None,
            Ok(Some(Ok(()))) => {}
            Ok(Some(Err(reason))) => return refuse(self.number, reason.to_owned()),
            Err(error) => {
                self.layout = Layout::Ended;
                let reason = format!("the input cannot be read any further: {error}");
                return refuse(self.number, reason);
            }
        }
        let Ok(text) = std::str::from_utf8(&self.buffer) else {
            return refuse(self.number, "no UTF-8; convert the file first".to_owned());
        };
        Some(match from_cloud_event(text) {
            Err(error) => return refuse(self.number, error.to_string()),
            Ok(line) => from_line(line, self.number, new_id).map_err(|error| WireError {
                column: 1,
                reason: format!("in `data`, column {}: {}", error.column, error.reason),
                ..error
            }),
        })
    }

    /// Reads a CloudEvent into the buffer.
    fn read(&mut self) -> io::Result<Option<Result<(), &'static str>>> {
        if let Layout::Begin(_) = self.layout {
            self.begin()?;
        }
        match &mut self.layout {
            Layout::Begin(_) | Layout::Ended => Ok(None),
            Layout::Lines(lines) => loop {
                let read = lines.next_line()?;
                self.buffer.clear();
                let read = match read {
                    None => return Ok(None),
                    Some(Line::Text("")) => continue,
                    Some(Line::Text(text)) => {
                        self.buffer.extend_from_slice(text.as_bytes());
                        Ok(())
                    }
                    Some(Line::Bad(reason)) => Err(reason),
                };
                self.number = usize::try_from(lines.number()).unwrap_or(usize::MAX);
                return Ok(Some(read));
            },
            Layout::Array { text, is_begun } => {
                let is_first = !std::mem::replace(is_begun, true);
                if is_first {
                    text.skip_mark()?;
                    text.bump()?;
                }
                self.buffer.clear();
                if !text.goes_on(is_first, b']')? {
                    text.end()?;
                    self.layout = Layout::Ended;
                    return Ok(None);
                }
                text.next_byte()?;
                self.number = usize::try_from(text.line).unwrap_or(usize::MAX);
                Ok(Some(match text.value(&mut self.buffer)? {
                    Whole::Yes => Ok(()),
                    Whole::No => Err("the event is over the limit of 1 MiB"),
                }))
            }
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        let Layout::Begin(mut input) = std::mem::replace(&mut self.layout, Layout::Ended) else {
            return Ok(());
        };
        let begin = without_mark(input.fill_buf()?).trim_ascii_start();
        self.layout = if begin.first() == Some(&b'[') {
            Layout::Array {
                text: Scanner { input, line: 1 },
                is_begun: false,
            }
        } else {
            Layout::Lines(BoundedLines::new(input))
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"specversion":"1.0","id":"019c1000-0000-7000-8000-000000000001","source":"urn:situ:recorder","type":"situ.SituationOpened","data":{"kind":"SituationOpened","version":1,"id":"019c1000-0000-7000-8000-000000000001","situation":"s","payload":{"title":"S","zone":"Asia/Karachi"}}}"#;

    fn read(text: &str) -> Vec<String> {
        let bytes = text.as_bytes();
        let mut events = CloudEvents::new(io::BufReader::with_capacity(7, bytes));
        let mut read = Vec::new();
        let id = || unreachable!("every event has an id");
        while let Some(event) = events.next_event(id) {
            read.push(match event {
                Ok(event) => format!(
                    "{}: {}",
                    events.number(),
                    situ_core::to_line(&event).unwrap()
                ),
                Err(error) => error.to_string(),
            });
        }
        read
    }

    #[test]
    fn events_are_read_from_lines_and_from_an_array() {
        let (_, data) = EVENT.split_once("\"data\":").unwrap();
        let line = data.strip_suffix('}').unwrap();
        let one = |number: u64| format!("{number}: {line}");
        assert_eq!(
            read(&format!("\u{feff}{EVENT}\n\n{EVENT}\n")),
            [one(1), one(3)]
        );
        assert_eq!(
            read(&format!("\u{feff}[{EVENT},\n{EVENT}\n]\n")),
            [one(1), one(2)]
        );
        assert_eq!(read("[ ]"), [""; 0]);
    }

    #[test]
    fn what_is_no_event_is_told_with_its_line() {
        let other = EVENT.replace("situ.", "").replacen("000001", "000002", 1);
        let cases = [
            ("[1]", "line 1, column 1: this is no CloudEvent in JSON: "),
            (
                "[\n{}",
                "line 2, column 1: this is no CloudEvent in JSON: missing field",
            ),
            (&other, "line 1, column 1: `id` is `019c1000"),
            (
                &EVENT.replace("Asia/Karachi", "Asia"),
                "line 1, column 1: in `data`, column ",
            ),
        ];
        for (text, expected) in cases {
            let said = read(text);
            assert!(said[0].starts_with(expected), "{said:?}");
        }
        let cut = read(&format!("[{EVENT},"));
        let expected = "line 1, column 1: the input cannot be read any further: line 1: the file ends within what begins on line 1";
        assert_eq!(cut[1..], [expected]);
    }

    #[test]
    fn what_an_input_holds_is_seen_at_its_beginning() {
        let wire = r#"{"kind":"X","payload":{"words":"\"specversion\": 1"}}"#;
        let in_data = r#"{"payload":{"specversion":1},"kind":"X"}"#;
        let cut = &EVENT[..40];
        for (text, expected) in [
            (EVENT, true),
            (cut, true),
            (in_data, false),
            ("\n\n[", true),
            ("  [", true),
            ("\u{feff}\n[", true),
            (wire, false),
            ("", false),
            ("{}\n{\"specversion\":1}", false),
        ] {
            for capacity in [1, 7, 1000] {
                let mut input = io::BufReader::with_capacity(capacity, text.as_bytes());
                let mut taken = Vec::new();
                let found = holds_cloud_events(&mut input, &mut taken).unwrap();
                assert_eq!(found, expected, "{text}");
                io::Read::read_to_end(&mut input, &mut taken).unwrap();
                assert_eq!(taken, text.as_bytes());
            }
        }
    }
}
