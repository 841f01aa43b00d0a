//! The wire form: one JSON object a line, tag first.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::event::{Access, Event, EventError};
use crate::id::{EventId, SituationId};
use crate::instant::Instant;
use crate::kind::{Kind, Payload, UnknownPayload, with_kind};
use crate::recorded::Recorded;
use crate::source::Source;
use crate::text::Name;
use crate::when::When;

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

/// The frozen form of a line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    version: Option<u16>,
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
    payload: &'a RawValue,
}

/// Reads one line. `number` is its line number, for the error; `new_id` gives an id to an event that has none.
///
/// A kind or version this program does not know becomes [`Payload::Unknown`], byte for byte.
///
/// # Errors
/// Says where, what, and what to do.
pub fn from_line(
    text: &str,
    number: usize,
    new_id: impl FnOnce() -> EventId,
) -> Result<Event, WireError> {
    let at = |offset: usize, error: &serde_json::Error| WireError {
        line: number,
        column: offset + error.column(),
        reason: error.to_string(),
    };
    let line: Line<'_> = serde_json::from_str(text).map_err(|error| at(0, &error))?;
    let kind = Kind::from_name(&line.kind);
    let version = line.version.unwrap_or(kind.newest_version().max(1));
    let json = line.payload.get();
    let offset = json.as_ptr() as usize - text.as_ptr() as usize;
    let readable = (1..=kind.newest_version()).contains(&version);
    let unknown = || {
        Payload::Unknown(UnknownPayload {
            kind: kind.clone(),
            version,
            json: line.payload.to_owned(),
        })
    };
    let payload = with_kind!(
        &kind,
        P => if readable {
            serde_json::from_str::<P>(json).map(Payload::from).map_err(|error| at(offset, &error))?
        } else {
            unknown()
        },
        unknown => unknown()
    );
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
    event.check().map_err(|error| WireError {
        line: number,
        column: 1,
        reason: error.to_string(),
    })?;
    Ok(event)
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
mod tests {
    use super::*;

    #[test]
    fn the_demo_reads_and_writes_back_as_it_was() {
        let demo = include_str!("../../situ-cli/demo/balochistan-2026.ndjson");
        for (index, line) in demo.lines().enumerate() {
            let event = from_line(line, index + 1, || panic!("no id")).unwrap();
            assert_eq!(to_line(&event).unwrap(), line);
        }
    }
}
