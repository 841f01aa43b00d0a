//! The wire form: one JSON object a line, tag first.

mod strict;

use std::io::{self, BufRead};
use std::num::NonZeroU16;

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::{Access, Event, EventError};
use crate::id::{EventId, SituationId};
use crate::instant::Instant;
use crate::kind::{Kind, Payload, UnknownPayload, with_kind};
use crate::recorded::Recorded;
use crate::source::Source;
use crate::text::{Name, is_forbidden};
use crate::when::When;

use self::strict::{DEPTH, Error, Raw, read};

/// Reads one line. `number` is its line number, for the error; `new_id` gives an id to an event that has none.
///
/// A kind or version this program does not know becomes [`Payload::Unknown`], byte for byte; [`Kind::nearest`] tells a kind of
/// the future from a slip of the pen.
///
/// # Errors
/// Says where, what, and what to do.
pub fn from_line(
    text: &str,
    number: usize,
    new_id: impl FnOnce() -> EventId,
) -> Result<Event, WireError> {
    let text = text.strip_suffix('\r').unwrap_or(text);
    let refuse = |offset: usize, error: Error| WireError {
        line: number,
        column: offset + error.at.unwrap_or(0) + 1,
        reason: printable(&error.reason),
    };
    check_line(text.as_bytes()).map_err(|error| refuse(0, error))?;
    // The envelope is one level; what nests in the payload is counted from the payload.
    let line: Line<'_> = read(text, DEPTH + 1).map_err(|error| refuse(0, error))?;
    let Raw(json) = line.payload;
    let offset = json.as_ptr() as usize - text.as_ptr() as usize;
    let version = line.version.map(NonZeroU16::get);
    let payload =
        read_payload(line.kind.as_str(), version, json).map_err(|error| refuse(offset, error))?;
    let event = Event {
        id: line.id.unwrap_or_else(new_id),
        situation: line.situation,
        occurred: line.occurred,
        learnt_at: line.learnt_at,
        source: line.source,
        recorded_by: line.recorded_by,
        access: line.access,
        caused_by: line.caused_by,
        payload,
    };
    match check(&event, text.len()) {
        Ok(()) => Ok(event),
        Err(error) => {
            let is_envelope = matches!(
                error,
                EventError::NoOccurred { .. } | EventError::NoSource(_) | EventError::TooLarge(_)
            );
            let offset = if is_envelope { 0 } else { offset };
            Err(refuse(offset, Error::custom(error)))
        }
    }
}

/// Reads lines one after another, holding one at a time: an event, or why it is none, for each.
///
/// A line over the limit is refused before it is read whole. An input that fails is an error too, and the last one.
///
/// ```
/// let input = b"{\"kind\": \"SituationOpened\"}\nnonsense\n";
/// let mut lines = situ_core::from_lines(&input[..], || unreachable!("refused before it needs an id"));
/// let reasons: Vec<_> = lines.map(|line| line.unwrap_err().to_string()).collect();
/// assert_eq!(reasons[0], "line 1, column 1: field `situation` is missing; add it");
/// assert!(reasons[1].starts_with("line 2, column 1: `nonsense` is no value; "));
/// ```
pub fn from_lines<R: BufRead, F: FnMut() -> EventId>(input: R, new_id: F) -> Lines<R, F> {
    Lines {
        input,
        new_id,
        number: 0,
        line: Vec::new(),
        state: State::AtStart,
    }
}

/// A line that is no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {reason}")]
pub struct WireError {
    /// Line, from 1.
    pub line: usize,
    /// Byte of the line, from 1.
    pub column: usize,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// The longest line, in bytes: room for a body at its limit with most of its letters escaped.
pub const LINE_LIMIT: usize = 4 * Event::LIMIT;

/// The events of an input, line by line; made by [`from_lines`].
#[derive(Debug)]
pub struct Lines<R, F> {
    input: R,
    new_id: F,
    number: usize,
    line: Vec<u8>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    AtStart,
    /// The line was refused before its end.
    InLine,
    Ended,
}

impl<R, F> Lines<R, F> {
    /// The number of the line read last, from 1; 0 before the first.
    pub const fn number(&self) -> usize {
        self.number
    }

    /// The line read last, without its line break; of a line over the limit, its beginning.
    pub fn line(&self) -> &[u8] {
        &self.line
    }
}

impl<R: BufRead, F: FnMut() -> EventId> Iterator for Lines<R, F> {
    type Item = Result<Event, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.read_line() {
            Ok(false) => None,
            Ok(true) => Some(self.event()),
            Err(error) => {
                self.state = State::Ended;
                let reason =
                    format!("the input cannot be read: {error}; check it, and start again");
                Some(Err(self.refuse(Error::custom(reason))))
            }
        }
    }
}

impl<R: BufRead, F: FnMut() -> EventId> Lines<R, F> {
    fn event(&mut self) -> Result<Event, WireError> {
        check_line(&self.line).map_err(|error| self.refuse(error))?;
        match std::str::from_utf8(&self.line) {
            Ok(text) => from_line(text, self.number, &mut self.new_id),
            Err(error) => {
                let at = error.valid_up_to();
                let byte = self.line.get(at).copied().unwrap_or_default();
                let reason = format!("byte {byte:#04x} is not UTF-8; save the file as UTF-8");
                Err(self.refuse(Error::at(at, reason)))
            }
        }
    }

    fn refuse(&self, error: Error) -> WireError {
        WireError {
            line: self.number,
            column: error.at.unwrap_or(0) + 1,
            reason: printable(&error.reason),
        }
    }

    /// Reads the next line, up to just over the limit; `false` at the end of the input.
    fn read_line(&mut self) -> io::Result<bool> {
        if self.state == State::InLine {
            self.skip_line()?;
        }
        self.line.clear();
        if self.state == State::Ended {
            return Ok(false);
        }
        loop {
            let read = fill(&mut self.input)?;
            if read.is_empty() {
                self.state = State::Ended;
                let is_line = !self.line.is_empty();
                self.number += usize::from(is_line);
                return Ok(is_line);
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            // Two bytes over the limit are kept: a carriage return, and one that shows the line to be too long.
            let room = LINE_LIMIT + 2 - self.line.len();
            let taken = end.unwrap_or(read.len()).min(room);
            self.line.extend_from_slice(&read[..taken]);
            if end == Some(taken) {
                self.input.consume(taken + 1);
                self.number += 1;
                return Ok(true);
            }
            self.input.consume(taken);
            if self.line.len() == LINE_LIMIT + 2 {
                self.state = State::InLine;
                self.number += 1;
                return Ok(true);
            }
        }
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let read = fill(&mut self.input)?;
            let length = read.len();
            let end = read.iter().position(|byte| *byte == b'\n');
            self.input.consume(end.map_or(length, |end| end + 1));
            if length == 0 {
                self.state = State::Ended;
                return Ok(());
            }
            if end.is_some() {
                self.state = State::AtStart;
                return Ok(());
            }
        }
    }
}

/// Asks the input for bytes, again where a signal came between.
fn fill<R: BufRead>(input: &mut R) -> io::Result<&[u8]> {
    loop {
        match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(_) => break,
        }
    }
    input.fill_buf()
}

/// Checks what can be said of a line before it is read.
fn check_line(line: &[u8]) -> Result<(), Error> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let bom = "\u{feff}".as_bytes();
    let problem = if line.len() > LINE_LIMIT {
        format!(
            "the line is over the limit of {LINE_LIMIT} bytes; write one event a line, and cite documents instead of quoting them"
        )
    } else if line.starts_with(bom) {
        "the line begins with a byte order mark; save the file as UTF-8 without one".to_owned()
    } else if line.iter().all(u8::is_ascii_whitespace) {
        "the line is empty; remove it".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::at(0, problem))
}

/// Reads the payload of a known kind and version, or keeps it as it is.
fn read_payload(name: &str, version: Option<u16>, json: &str) -> Result<Payload, Error> {
    let kind = Kind::from_name(name);
    let version = version.unwrap_or(kind.newest_version().max(1));
    let readable = version <= kind.newest_version();
    with_kind!(
        &kind,
        P => if readable { read::<P>(json, DEPTH).map(Payload::from) } else { unknown(kind, version, json) },
        unknown => unknown(kind, version, json)
    )
}

fn unknown(kind: Kind, version: u16, json: &str) -> Result<Payload, Error> {
    let json = RawValue::from_string(json.to_owned()).map_err(|_| {
        Error::custom("the payload is no JSON; write an object, {..}, of fields and values")
    })?;
    Ok(Payload::Unknown(UnknownPayload {
        kind,
        version,
        json,
    }))
}

/// Checks the event; its size only where the line is long enough to matter, for a body is no longer than its line.
fn check(event: &Event, length: usize) -> Result<(), EventError> {
    if length > Event::LIMIT {
        event.encode(&mut Vec::new())
    } else {
        event.check()
    }
}

/// Makes a reason fit to print: short, and without what would command a terminal or reorder the line.
fn printable(reason: &str) -> String {
    const HEAD: usize = 160;
    const TAIL: usize = 600;
    let shown: Vec<char> = reason.chars().take(HEAD + TAIL + 1).collect();
    let shortened: String = if shown.len() <= HEAD + TAIL {
        reason.to_owned()
    } else {
        let tail: Vec<char> = reason.chars().rev().take(TAIL).collect();
        let head = shown[..HEAD].iter();
        head.chain(&['…']).chain(tail.iter().rev()).collect()
    };
    let mut plain = String::with_capacity(shortened.len());
    for character in shortened.chars() {
        if is_forbidden(character) {
            plain.extend(character.escape_unicode());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// The frozen form of a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    kind: Name,
    #[serde(default)]
    version: Option<NonZeroU16>,
    #[serde(default)]
    id: Option<EventId>,
    situation: SituationId,
    #[serde(default)]
    occurred: Option<When>,
    #[serde(default)]
    learnt_at: Option<Instant>,
    #[serde(default)]
    source: Option<Source>,
    #[serde(default)]
    recorded_by: Option<Name>,
    #[serde(default)]
    access: Access,
    #[serde(default)]
    caused_by: Option<EventId>,
    #[serde(borrow)]
    payload: Raw<'a>,
}

/// The tags that come before the body.
#[derive(Serialize)]
struct Tags<'a> {
    kind: &'a str,
    version: u16,
    id: EventId,
    situation: &'a SituationId,
}

/// Writes an event as one line, without a line break.
///
/// # Errors
/// When [`Event::check`] refuses the event.
pub fn to_line(event: &Event) -> Result<String, EventError> {
    let mut body = Vec::new();
    event.encode(&mut body)?;
    let kind = event.payload.kind();
    let tags = Tags {
        kind: kind.as_str(),
        version: event.payload.version(),
        id: event.id,
        situation: &event.situation,
    };
    Ok(join(
        &tags,
        std::str::from_utf8(&body).expect("JSON is UTF-8"),
    ))
}

impl Recorded {
    /// Writes the event as it was given, as one line of the wire form.
    #[must_use]
    pub fn to_line(&self) -> String {
        join(
            &Tags {
                kind: self.kind.as_str(),
                version: self.version,
                id: self.id,
                situation: &self.situation,
            },
            &self.body,
        )
    }
}

fn join(tags: &Tags<'_>, body: &str) -> String {
    let mut line = serde_json::to_string(tags).expect("tags have string keys");
    line.pop();
    line.push(',');
    line.push_str(body.strip_prefix('{').unwrap_or(body));
    line
}

#[cfg(test)]
mod tests;
