//! The kinds of events, each with its payload and newest version.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::event::{
    AttackOccurred, CasualtiesReported, ClaimRetracted, CounterRestarted, OperationConducted,
    OutcomeChanged, PartitionDeclared, PlaceDescribed, RecordPublished, ServiceConfirmed,
    ServiceOutlookGiven, ServiceRestored, ServiceSuspended, SituationOpened, SourceAssessed,
    SourceDescribed, StatementIssued,
};

use crate::nearest::nearest;

/// Lists every kind once: the enum of names, the enum of payloads, and the dispatch between them.
macro_rules! kinds {
    ($( $kind:ident $version:literal, )+) => {
        /// What kind of statement an event is.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind {
            $(
                #[doc = concat!("[`", stringify!($kind), "`](crate::", stringify!($kind), ").")]
                $kind,
            )+
            /// A kind this version of situ does not know.
            Unknown(Arc<str>),
        }

        impl Kind {
            /// Every kind this version knows.
            pub const ALL: &[Self] = &[ $( Self::$kind, )+ ];

            /// The name of the kind.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$kind => stringify!($kind), )+
                    Self::Unknown(name) => name,
                }
            }

            /// The newest version this program writes; 0 for a kind it does not know.
            #[must_use]
            pub const fn newest_version(&self) -> u16 {
                match self {
                    $( Self::$kind => $version, )+
                    Self::Unknown(_) => 0,
                }
            }

            /// Reads a name; a name that is not known becomes [`Kind::Unknown`].
            #[must_use]
            pub fn from_name(name: &str) -> Self {
                match name {
                    $( stringify!($kind) => Self::$kind, )+
                    other => Self::Unknown(other.into()),
                }
            }
        }

        /// What an event carries, by kind.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub enum Payload {
            $(
                #[doc = concat!("The payload of ", stringify!($kind), ".")]
                $kind($kind),
            )+
            /// A kind or version this program does not know, kept byte for byte.
            Unknown(UnknownPayload),
        }

        impl Payload {
            /// The kind.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self {
                    $( Self::$kind(_) => Kind::$kind, )+
                    Self::Unknown(unknown) => unknown.kind.clone(),
                }
            }
        }

        impl PartialEq for Payload {
            fn eq(&self, other: &Self) -> bool {
                match (self, other) {
                    $( (Self::$kind(own), Self::$kind(theirs)) => own == theirs, )+
                    (Self::Unknown(own), Self::Unknown(theirs)) => {
                        own.kind == theirs.kind && own.version == theirs.version && own.json.get() == theirs.json.get()
                    }
                    _ => false,
                }
            }
        }

        $(
            impl From<$kind> for Payload {
                fn from(payload: $kind) -> Self {
                    Self::$kind(payload)
                }
            }
        )+

        /// Runs `$body` with the payload bound to `$payload`, whatever its kind.
        macro_rules! with_payload {
            ($value:expr, $payload:ident => $body:expr, unknown $unknown:ident => $otherwise:expr) => {
                match $value {
                    $( $crate::kind::Payload::$kind($payload) => $body, )+
                    $crate::kind::Payload::Unknown($unknown) => $otherwise,
                }
            };
        }
        pub(crate) use with_payload;

        /// Runs `$body` with the type of a kind's payload bound to `$type`, whatever the kind.
        macro_rules! with_kind {
            ($value:expr, $type:ident => $body:expr, unknown => $otherwise:expr) => {
                match $value {
                    $( $crate::kind::Kind::$kind => { type $type = $crate::event::$kind; $body } )+
                    $crate::kind::Kind::Unknown(_) => $otherwise,
                }
            };
        }
        pub(crate) use with_kind;
    };
}

kinds! {
    SituationOpened 1,
    PlaceDescribed 1,
    SourceDescribed 1,
    SourceAssessed 1,
    AttackOccurred 1,
    OperationConducted 1,
    CasualtiesReported 1,
    OutcomeChanged 1,
    StatementIssued 1,
    ServiceSuspended 1,
    ServiceConfirmed 1,
    ServiceRestored 1,
    ServiceOutlookGiven 1,
    PartitionDeclared 1,
    CounterRestarted 1,
    RecordPublished 1,
    ClaimRetracted 1,
}

impl Kind {
    /// Whether this program knows the kind in this version.
    pub(crate) fn is_readable(&self, version: u16) -> bool {
        (1..=self.newest_version()).contains(&version)
    }

    /// The known kind whose name is nearest to `name`, if it is near enough to be what was meant.
    ///
    /// ```
    /// use situ_core::Kind;
    /// assert_eq!(Kind::nearest("CasualtyReported"), Some(Kind::CasualtiesReported));
    /// assert_eq!(Kind::nearest("WeatherForecast"), None);
    /// ```
    #[must_use]
    pub fn nearest(name: &str) -> Option<Self> {
        nearest(name, Self::ALL.iter().map(Self::as_str)).map(Self::from_name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = std::convert::Infallible;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(Self::from_name(name))
    }
}

/// A payload of a kind or version this program does not know: JSON, byte for byte.
#[derive(Debug, Clone)]
pub struct UnknownPayload {
    /// Its kind, which may be one whose older versions are known.
    pub kind: Kind,
    /// Its version.
    pub version: u16,
    /// The JSON as it was read.
    pub json: Box<RawValue>,
}

impl Payload {
    /// The version: the newest of the kind, or the one an unknown payload came with.
    #[must_use]
    pub fn version(&self) -> u16 {
        match self {
            Self::Unknown(unknown) => unknown.version,
            known => known.kind().newest_version(),
        }
    }
}
