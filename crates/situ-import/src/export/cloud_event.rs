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
    let source = match &event.source {
        Some(source) => format!("urn:situ:source:{}", encoded(source.origin.as_str())),
        None => "urn:situ:recorder".to_owned(),
    };
    let kind = recorded.kind.as_str();
    let data = RawValue::from_string(recorded.to_line()).expect("a line is JSON");
    let cloud = Written {
        specversion: "1.0",
        id: recorded.id,
        source,
        r#type: format!("situ.{kind}"),
        subject: recorded.situation.as_str(),
        time: recorded.learnt_at,
        dataschema: format!("urn:situ:schema:{}:{}", encoded(kind), recorded.version),
        datacontenttype: "application/json",
        sequence: format!("{:020}", recorded.position.get()),
        recordedtime: recorded.recorded_at,
        data,
    };
    Ok(serde_json::to_string(&cloud).expect("CloudEvents have string keys"))
}

/// A CloudEvent that carries no event of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CloudEventError {
    /// It does not read as a CloudEvent.
    #[error("this is no CloudEvent in JSON: {0}")]
    Json(String),
    /// It is of a version this program does not know.
    #[error("specversion is `{0}`; write 1.0")]
    Version(String),
    /// Its id is not that of the event it carries.
    #[error(
        "the CloudEvent is `{outer}`, but the event in `data` is `{inner}`; write one id in both"
    )]
    Id {
        /// The id of the CloudEvent.
        outer: String,
        /// The id of the event.
        inner: String,
    },
}

/// The event a CloudEvent carries, as a line of the wire form: the bytes [`cloud_event`] was given.
///
/// # Errors
/// When it is no CloudEvent 1.0 in JSON, or its id is not that of the event. Whether the line is an event says
/// [`situ_core::from_line`].
pub fn from_cloud_event(text: &str) -> Result<&str, CloudEventError> {
    let read: Read<'_> =
        serde_json::from_str(text).map_err(|error| CloudEventError::Json(error.to_string()))?;
    if read.specversion != "1.0" {
        return Err(CloudEventError::Version(read.specversion));
    }
    let inner: Inner = serde_json::from_str(read.data.get())
        .map_err(|error| CloudEventError::Json(format!("in `data`: {error}")))?;
    if inner.id != read.id {
        return Err(CloudEventError::Id {
            outer: read.id,
            inner: inner.id,
        });
    }
    Ok(read.data.get())
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

#[derive(Deserialize)]
struct Read<'a> {
    specversion: String,
    id: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
struct Inner {
    id: String,
}
