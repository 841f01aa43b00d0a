//! Names of things: newtypes, so that a source cannot be passed for a place.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::short::Short;
use crate::text::{self, Name, TextError};

/// The identity of an event: a UUID, by default version 7 so that ids sort by time.
///
/// An importer may give its own, stable one; [`EventId::from_content`] makes one that keeps time first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(Uuid);

impl EventId {
    /// Wraps a UUID.
    #[must_use]
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// Makes a stable id: 48 bits of `learnt` milliseconds, then `digest` with the version (8) and variant bits of RFC 9562.
    ///
    /// `digest` is the first ten bytes of a hash the importer computes over source, record, field and version.
    #[must_use]
    pub fn from_content(learnt: crate::Instant, digest: [u8; 10]) -> Self {
        let milliseconds = u64::try_from(learnt.unix_nanos().div_euclid(1_000_000)).unwrap_or(0);
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&digest);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Returns the UUID.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        self.0
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

/// A text that is no event id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no event id; write a UUID such as 019c2500-0000-7000-8000-000000000001")]
pub struct EventIdError(String);

impl FromStr for EventId {
    type Err = EventIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() != 36 {
            return Err(EventIdError(text.to_owned()));
        }
        Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| EventIdError(text.to_owned()))
    }
}

impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = Uuid::encode_buffer();
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut buffer))
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse_str(deserializer, "an event id (a UUID)")
    }
}

/// One figure of one event, written `EVENT#n` with `n` counting from 1.
///
/// Evidence, retractions and conflicts name claims, not events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimId {
    /// The event that carries the figure.
    pub event: EventId,
    /// Which figure of the event, from 1.
    pub figure: u16,
}

impl fmt::Display for ClaimId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.event, self.figure)
    }
}

/// A text that is no claim id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no claim; write EVENT#n, with n the figure's number in the event, from 1")]
pub struct ClaimIdError(String);

impl FromStr for ClaimId {
    type Err = ClaimIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || ClaimIdError(text.to_owned());
        let (event, figure) = text.split_once('#').ok_or_else(wrong)?;
        let event = event.parse().map_err(|_| wrong())?;
        match figure.parse() {
            Ok(figure) if figure > 0 && !figure_has_sign(text) => Ok(Self { event, figure }),
            _ => Err(wrong()),
        }
    }
}

fn figure_has_sign(text: &str) -> bool {
    text.contains('+')
}

impl Serialize for ClaimId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClaimId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parse_str(deserializer, "a claim (EVENT#n)")
    }
}

/// Reads a string and parses it, without allocating where the input is borrowed.
pub(crate) fn parse_str<'de, D, T>(deserializer: D, expected: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    struct Visitor<T>(&'static str, std::marker::PhantomData<T>);
    impl<T: FromStr<Err: fmt::Display>> serde::de::Visitor<'_> for Visitor<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    deserializer.deserialize_str(Visitor(expected, std::marker::PhantomData))
}

/// A text that cannot name a thing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The rules of every text.
    #[error(transparent)]
    Text(#[from] TextError),
    /// White space would make the id impossible to type on a command line.
    #[error("`{0}` has white space; write an id without, such as `dera-ghazi-khan`")]
    WhiteSpace(String),
}

macro_rules! slug {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        ///
        /// 1 to 256 bytes, no white space, no control characters; cheap to clone.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Short<22>);

        impl $name {
            /// Checks and keeps `id`.
            ///
            /// # Errors
            /// When it is empty, too long, or holds white space or a forbidden character.
            pub fn new(id: impl AsRef<str>) -> Result<Self, IdError> {
                let id = id.as_ref();
                let is_plain = text::is_graphic(id) && (1..=Name::LIMIT).contains(&id.len());
                if !is_plain {
                    text::check(id, Name::LIMIT)?;
                    if id.contains(char::is_whitespace) {
                        return Err(IdError::WhiteSpace(id.to_owned()));
                    }
                }
                Ok(Self(id.into()))
            }

            /// An id that was checked before it was saved.
            pub(crate) fn checked(id: &Arc<str>) -> Self {
                Self(Short::sharing(id))
            }

            /// Borrows the id.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(id: &str) -> Result<Self, Self::Err> {
                Self::new(id)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                parse_str(deserializer, "an id (text without white space)")
            }
        }
    };
}

slug! {
    /// The identity of a situation, such as `balochistan-2026`.
    SituationId
}
slug! {
    /// The identity of a place: a P-code, an ISO 3166-2 code, or a slug of your own.
    PlaceId
}
slug! {
    /// The identity of a source, such as `ispr`.
    SourceId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_as_they_print() {
        let event: EventId = "019c2500-0000-7000-8000-000000000001".parse().unwrap();
        let claim: ClaimId = "019c2500-0000-7000-8000-000000000001#2".parse().unwrap();
        assert_eq!(claim, ClaimId { event, figure: 2 });
        assert_eq!(claim.to_string().parse(), Ok(claim));
        for wrong in [
            "",
            "x",
            "019c2500-0000-7000-8000-000000000001",
            "019c2500-0000-7000-8000-000000000001#0",
            "019c2500-0000-7000-8000-000000000001#+1",
        ] {
            assert!(wrong.parse::<ClaimId>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_id_has_no_white_space() {
        assert!(PlaceId::new("PK-BA").is_ok());
        assert_eq!(
            PlaceId::new("Dera Ghazi").unwrap_err().to_string(),
            "`Dera Ghazi` has white space; write an id without, such as `dera-ghazi-khan`"
        );
    }

    #[test]
    fn a_content_id_sorts_by_time_first() {
        let early = EventId::from_content(crate::Instant::from_unix_nanos(1_000_000), [0xff; 10]);
        let late = EventId::from_content(crate::Instant::from_unix_nanos(2_000_000), [0; 10]);
        assert!(early < late);
    }
}
