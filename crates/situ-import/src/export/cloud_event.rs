//! Events as CloudEvents 1.0, and back.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use situ_core::{DecodeError, EventId, Instant, Recorded};

/// An event as a CloudEvent 1.0 in its JSON form, without a line break.
///
/// `id` is the event's; `source` says who claims it, `urn:situ:source:ORIGIN`, or `urn:situ:recorder` where nobody does; `type`
/// is `situ.KIND`, `dataschema` `urn:situ:schema:KIND:VERSION`, `subject` the situation, `time` when it was learnt. The
/// extensions `sequence` (the position, in digits of one length) and `recordedtime` are those of the CloudEvents project.
/// `data` is the event as given, whole: the bytes of the wire form.
///
/// # Errors
/// When it does not read as its kind says.
pub fn cloud_event(recorded: &Recorded) -> Result<String, DecodeError> {
    let event = recorded.event()?;
    let origin = event.source.as_ref().map(|source| source.origin.as_str());
    let kind = recorded.kind.as_str();
    let data = RawValue::from_string(recorded.to_line()).expect("a line is JSON");
    let cloud = Written {
        specversion: "1.0",
        id: recorded.id,
        source: source_of(origin),
        r#type: type_of(kind),
        subject: recorded.situation.as_str(),
        time: recorded.learnt_at,
        dataschema: schema_of(kind, recorded.version),
        datacontenttype: JSON,
        sequence: format!("{:020}", recorded.position.get()),
        recordedtime: recorded.recorded_at,
        data,
    };
    Ok(serde_json::to_string(&cloud).expect("CloudEvents have string keys"))
}

/// A CloudEvent that carries no event of ours, or contradicts it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudEventError {
    /// It does not read as a CloudEvent.
    #[error("this is no CloudEvent in JSON: {0}")]
    Json(String),
    /// It is of a version this program does not know.
    #[error("specversion is `{0}`; write 1.0")]
    Version(String),
    /// An attribute every CloudEvent has to have is missing.
    #[error("this is no CloudEvent: `{0}` is missing; add it")]
    Missing(&'static str),
    /// An attribute says other than the event.
    #[error(
        "`{attribute}` is `{outer}`, but the event in `data` makes it `{inner}`; write one in both"
    )]
    Contradicts {
        /// The attribute.
        attribute: &'static str,
        /// What it says, cut where that is long.
        outer: String,
        /// What it would be by the event.
        inner: String,
    },
}

/// The event a CloudEvent carries, as a line of the wire form: the bytes [`cloud_event`] was given.
///
/// Its `id` is that of the event. An envelope of ours is known by a `type` that begins with `situ.`, or a `source` or `dataschema`
/// that begins with `urn:situ:`: what it says of the event must be what the event says, where both say something; a `time` may be
/// cut to milliseconds, as some programs do. In an envelope of somebody else, the other attributes are theirs.
///
/// # Errors
/// When it is no CloudEvent 1.0 in JSON, or contradicts the event. Whether the line is an event says [`situ_core::from_line`].
pub fn from_cloud_event(text: &str) -> Result<&str, CloudEventError> {
    let read: Read<'_> =
        serde_json::from_str(text).map_err(|error| CloudEventError::Json(error.to_string()))?;
    if read.specversion != "1.0" {
        return Err(CloudEventError::Version(shown(&read.specversion)));
    }
    let r#type = read.r#type.as_deref();
    let r#type = r#type.ok_or(CloudEventError::Missing("type"))?;
    let source = read.source.as_deref();
    let source = source.ok_or(CloudEventError::Missing("source"))?;
    let inner: Inner = serde_json::from_str(read.data.get())
        .map_err(|error| CloudEventError::Json(format!("in `data`: {error}")))?;
    must_be("id", &read.id, &inner.id)?;
    let schema = read.dataschema.as_deref();
    let is_ours = r#type.starts_with("situ.")
        || source.starts_with("urn:situ:")
        || schema.is_some_and(|schema| schema.starts_with("urn:situ:"));
    if !is_ours {
        return Ok(read.data.get());
    }
    must_be("type", r#type, &type_of(&inner.kind))?;
    let origin = inner.source.as_ref().map(|source| source.origin.as_str());
    must_be("source", source, &source_of(origin))?;
    if let Some(subject) = &read.subject {
        must_be("subject", subject, &inner.situation)?;
    }
    if let (Some(schema), Some(version)) = (schema, inner.version) {
        must_be("dataschema", schema, &schema_of(&inner.kind, version))?;
    }
    if let Some(media) = &read.datacontenttype
        && !is_json(media)
    {
        must_be("datacontenttype", media, JSON)?;
    }
    if let (Some(time), Some(learnt_at)) = (&read.time, inner.learnt_at)
        && !is_about(time, learnt_at)
    {
        must_be("time", time, &learnt_at.to_string())?;
    }
    Ok(read.data.get())
}

fn must_be(attribute: &'static str, outer: &str, inner: &str) -> Result<(), CloudEventError> {
    if outer == inner {
        return Ok(());
    }
    Err(CloudEventError::Contradicts {
        attribute,
        outer: shown(outer),
        inner: shown(inner),
    })
}

const JSON: &str = "application/json";

/// Whether a media type is one of JSON: `application/json; charset=utf-8`, `application/cloudevents+json`.
fn is_json(media: &str) -> bool {
    let media = media.split(';').next().unwrap_or(media).trim();
    let (_, subtype) = media.split_once('/').unwrap_or_default();
    let subtype = subtype.to_ascii_lowercase();
    subtype == "json" || subtype.ends_with("+json")
}

/// Whether a text is the moment, or the moment cut to milliseconds.
fn is_about(text: &str, moment: Instant) -> bool {
    const MILLISECOND: i64 = 1_000_000;
    let said = text.parse::<Instant>();
    said.is_ok_and(|said| {
        let cut = moment.unix_nanos().saturating_sub(said.unix_nanos());
        (0..MILLISECOND).contains(&cut)
    })
}

/// What somebody wrote, cut where it is long, without what would hide or reorder the rest of a message.
fn shown(text: &str) -> String {
    const LONG: usize = 80;
    const DIRECTIONS: [char; 11] = [
        '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
        '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
    ];
    let mut shown = String::new();
    for character in text.chars().take(LONG) {
        if character.is_control() || DIRECTIONS.contains(&character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    if text.chars().nth(LONG).is_some() {
        shown.push('…');
    }
    shown
}

fn type_of(kind: &str) -> String {
    format!("situ.{kind}")
}

fn schema_of(kind: &str, version: u16) -> String {
    format!("urn:situ:schema:{}:{version}", encoded(kind))
}

fn source_of(origin: Option<&str>) -> String {
    match origin {
        Some(origin) => format!("urn:situ:source:{}", encoded(origin)),
        None => "urn:situ:recorder".to_owned(),
    }
}

/// A text as a part of a URN: other than letters, digits and `- . _ ~` percent-encoded.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => write!(encoded, "%{byte:02X}").expect("writing to a text does not fail"),
        }
    }
    encoded
}

#[derive(Serialize)]
struct Written<'a> {
    specversion: &'static str,
    id: EventId,
    source: String,
    r#type: String,
    subject: &'a str,
    time: Instant,
    dataschema: String,
    datacontenttype: &'static str,
    sequence: String,
    recordedtime: Instant,
    data: Box<RawValue>,
}

/// The attributes an envelope of ours has, where they are there; extensions say nothing of the event.
#[derive(Deserialize)]
struct Read<'a> {
    specversion: String,
    id: String,
    source: Option<String>,
    r#type: Option<String>,
    subject: Option<String>,
    time: Option<String>,
    dataschema: Option<String>,
    datacontenttype: Option<String>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// What the event says that an envelope says, too.
#[derive(Deserialize)]
struct Inner {
    id: String,
    kind: String,
    version: Option<u16>,
    situation: String,
    learnt_at: Option<Instant>,
    source: Option<InnerSource>,
}

#[derive(Deserialize)]
struct InnerSource {
    origin: String,
}

#[cfg(test)]
mod tests;
