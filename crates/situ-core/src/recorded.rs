//! The stored form: what a log keeps of an event, and how it is read back.

mod stored;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::as_of::{Known, Position};
use crate::event::{Access, Event, EventError};
use crate::id::{EventId, SituationId};
use crate::instant::Instant;
use crate::kind::{Kind, Payload, UnknownPayload, with_kind, with_payload};
use crate::source::Source;
use crate::text::Name;
use crate::when::When;

/// An event the log holds.
///
/// The body is the JSON that was written, byte for byte; [`Recorded::event`] decodes it, so that whoever needs only some
/// kinds decodes only those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Where it stands in the log.
    pub position: Position,
    /// When the log took it; never before the event at the position before.
    pub recorded_at: Instant,
    /// When it became public: as given, else `recorded_at`.
    pub learnt_at: Instant,
    /// Its identity.
    pub id: EventId,
    /// The situation it belongs to.
    pub situation: SituationId,
    /// Its kind.
    pub kind: Kind,
    /// The version of its kind.
    pub version: u16,
    /// The rest of the envelope and the payload, as JSON.
    pub body: Box<str>,
}

/// A stored body that does not read as its kind and version say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event at position {position} does not read as {kind} version {version}: {reason}; the file was changed by something else, restore it from a copy"
)]
pub struct DecodeError {
    /// Where it stands.
    pub position: Position,
    /// Its kind.
    pub kind: Kind,
    /// Its version.
    pub version: u16,
    /// What the decoder said.
    pub reason: String,
}

impl Recorded {
    /// Decodes the event as it was given.
    ///
    /// A kind or version this program does not know becomes [`Payload::Unknown`].
    ///
    /// # Errors
    /// When a known kind and version does not parse.
    pub fn event(&self) -> Result<Event, DecodeError> {
        let decoded = with_kind!(
            &self.kind,
            P => if self.is_readable() { self.decode::<P>() } else { self.decode_unknown() },
            unknown => self.decode_unknown()
        );
        decoded.map_err(|error| DecodeError {
            position: self.position,
            kind: self.kind.clone(),
            version: self.version,
            reason: error.to_string(),
        })
    }

    /// Whether this program knows the kind in this version.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.kind.is_readable(self.version)
    }

    /// Whether the event was known then.
    #[must_use]
    pub fn is_known(&self, known: Known) -> bool {
        known.includes(self.learnt_at, self.position)
    }

    /// Every kind has one version so far; a second one dispatches here, through a typed step to the next.
    fn decode<'a, P: Deserialize<'a> + Into<Payload>>(
        &'a self,
    ) -> Result<Event, serde_json::Error> {
        let body: Body<P> = match stored::read(&self.body) {
            Some(body) => body,
            None => serde_json::from_str(&self.body)?,
        };
        Ok(body.into_event(self.id, self.situation.clone(), Into::into))
    }

    /// What is read of a known kind in each of the two ways to read it, if anything.
    #[cfg(test)]
    pub(crate) fn decode_both_ways(&self) -> [Option<Event>; 2] {
        with_kind!(
            &self.kind,
            P => [stored::read::<Body<P>>(&self.body), serde_json::from_str(&self.body).ok()]
                .map(|body| Some(body?.into_event(self.id, self.situation.clone(), Into::into))),
            unknown => [None, None]
        )
    }

    fn decode_unknown(&self) -> Result<Event, serde_json::Error> {
        let body: Body<Box<RawValue>> = serde_json::from_str(&self.body)?;
        let (kind, version) = (self.kind.clone(), self.version);
        let unknown = |json| {
            Payload::Unknown(UnknownPayload {
                kind,
                version,
                json,
            })
        };
        Ok(body.into_event(self.id, self.situation.clone(), unknown))
    }
}

/// The frozen form of a body, whatever the payload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body<P> {
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
    payload: P,
}

impl<P> Body<P> {
    fn into_event(
        self,
        id: EventId,
        situation: SituationId,
        payload: impl FnOnce(P) -> Payload,
    ) -> Event {
        Event {
            id,
            situation,
            occurred: self.occurred,
            learnt_at: self.learnt_at,
            source: self.source,
            recorded_by: self.recorded_by,
            access: self.access,
            caused_by: self.caused_by,
            payload: payload(self.payload),
        }
    }
}

/// The same form, for writing.
#[derive(Serialize)]
struct BodyRef<'a, P: ?Sized> {
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred: Option<&'a When>,
    #[serde(skip_serializing_if = "Option::is_none")]
    learnt_at: Option<Instant>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_by: Option<&'a Name>,
    #[serde(skip_serializing_if = "is_public")]
    access: Access,
    #[serde(skip_serializing_if = "Option::is_none")]
    caused_by: Option<EventId>,
    payload: &'a P,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_public(access: &Access) -> bool {
    *access == Access::Public
}

impl Event {
    /// Checks the event and appends its stored body to `buffer`: the same event gives the same bytes, always.
    ///
    /// # Errors
    /// When [`Event::check`] refuses it, or the body is over [`Event::LIMIT`]; `buffer` is then as before.
    pub fn encode(&self, buffer: &mut Vec<u8>) -> Result<(), EventError> {
        self.check()?;
        let start = buffer.len();
        with_payload!(
            &self.payload,
            payload => self.write_body(payload, buffer),
            unknown unknown => self.write_body(&unknown.json, buffer)
        );
        let length = buffer.len() - start;
        if length > Self::LIMIT {
            buffer.truncate(start);
            return Err(EventError::TooLarge(length));
        }
        Ok(())
    }

    fn write_body<P: Serialize + ?Sized>(&self, payload: &P, buffer: &mut Vec<u8>) {
        let body = BodyRef {
            occurred: self.occurred.as_ref(),
            learnt_at: self.learnt_at,
            source: self.source.as_ref(),
            recorded_by: self.recorded_by.as_ref(),
            access: self.access,
            caused_by: self.caused_by,
            payload,
        };
        serde_json::to_writer(buffer, &body)
            .expect("events have string keys and writing to memory does not fail");
    }
}
