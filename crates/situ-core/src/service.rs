//! The words of services: what is suspended, where, how far, and why.

use std::num::{NonZeroU16, NonZeroU32};

use serde::{Deserialize, Serialize};

use crate::id::{PlaceId, SourceId};
use crate::text::{Name, Text};
use crate::vocabulary::vocabulary;
use crate::when::When;

vocabulary! {
    /// A service people depend on.
    pub enum Service ("service") {
        /// Trains.
        Rail = "rail",
        /// Roads.
        Road = "road",
        /// Flights and airports.
        Air = "air",
        /// Ships and ports.
        Sea = "sea",
        /// Buses.
        Bus = "bus",
        /// A crossing of a border.
        BorderCrossing = "border_crossing",
        /// Mobile telephony.
        MobileVoice = "mobile_voice",
        /// Mobile internet.
        MobileData = "mobile_data",
        /// Internet by wire.
        FixedInternet = "fixed_internet",
        /// Text messages.
        Sms = "sms",
        /// Social media.
        SocialMedia = "social_media",
        /// Electric power.
        Electricity = "electricity",
        /// Water.
        Water = "water",
        /// Gas by pipe.
        Gas = "gas",
        /// Fuel at stations.
        Fuel = "fuel",
        /// Health care.
        Health = "health",
        /// Schools and universities.
        Education = "education",
        /// Banks and cash.
        Banking = "banking",
        /// Markets and shops.
        Market = "market",
        /// Any other.
        Other = "other",
    }
}

vocabulary! {
    /// How much of a service there is. `none` is suspended, `normal` operating, `unknown` unknown, every other restricted.
    pub enum Degree ("degree") {
        /// Nothing.
        None = "none",
        /// A little.
        Minimal = "minimal",
        /// Some of it.
        Partial = "partial",
        /// On and off.
        Intermittent = "intermittent",
        /// All of it, worse.
        Degraded = "degraded",
        /// By another way.
        Detour = "detour",
        /// As usual.
        Normal = "normal",
        /// Not said.
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Why a service is not as usual.
    pub enum Cause ("cause") {
        /// An attack.
        Attack = "attack",
        /// Damage.
        Damage = "damage",
        /// A security operation.
        SecurityOperation = "security_operation",
        /// An order of a government.
        GovernmentOrder = "government_order",
        /// An order of a court.
        CourtOrder = "court_order",
        /// A curfew.
        Curfew = "curfew",
        /// A protest.
        Protest = "protest",
        /// A strike.
        Strike = "strike",
        /// Weather.
        Weather = "weather",
        /// A natural hazard.
        NaturalHazard = "natural_hazard",
        /// A loss of power.
        PowerLoss = "power_loss",
        /// A cable cut.
        CableCut = "cable_cut",
        /// A technical fault.
        Technical = "technical",
        /// A decision of the operator.
        OperatorDecision = "operator_decision",
        /// An accident.
        Accident = "accident",
        /// Not known.
        Unknown = "unknown",
    }
}

/// Where a service is meant, less what is excepted.
///
/// In JSON the shape is a single key: `{"area": {"place": "PK-BA"}}`, with `"except": […]` beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceScope {
    /// What is meant.
    pub of: Extent,
    /// What is not, though it lies inside.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Extent>,
}

impl ServiceScope {
    /// A scope without exceptions.
    #[must_use]
    pub const fn of(of: Extent) -> Self {
        Self {
            of,
            except: Vec::new(),
        }
    }
}

/// The shape of a scope. One lies in another only if that is declared, never by guess from names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Extent {
    /// Everything in a place.
    Area {
        /// The place.
        place: PlaceId,
    },
    /// The stretch of a route between two places.
    Segment {
        /// One end.
        from: PlaceId,
        /// The other end.
        to: PlaceId,
        /// The route it is a stretch of, if named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        route: Option<Name>,
    },
    /// A whole route.
    Route {
        /// Its name.
        name: Name,
    },
    /// Everything an operator runs.
    Operator {
        /// Its name.
        name: Name,
    },
    /// A network.
    Network {
        /// Its name.
        name: Name,
    },
    /// One building or installation.
    Facility {
        /// Its name.
        name: Name,
        /// Where it is, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<PlaceId>,
    },
    /// All connections between two places.
    Between {
        /// One side.
        a: PlaceId,
        /// The other side; absent: everywhere else.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        b: Option<PlaceId>,
    },
    /// Some, not all, of what lies within a place: those named, and others unnamed up to a count.
    SomeOf {
        /// The place they lie in.
        within: PlaceId,
        /// Those named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        named: Vec<Extent>,
        /// How many at least, named ones included ("several" = 3).
        at_least: NonZeroU32,
        /// The source's words ("several districts").
        #[serde(default, skip_serializing_if = "Option::is_none")]
        words: Option<Text>,
    },
}

/// "For a fifth consecutive day": which day of an unbroken run a day was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ordinal {
    /// Which day, from 1.
    pub nth: NonZeroU16,
    /// The day that was the nth.
    pub on: When,
}

/// Why, as stated by the source, and as assessed by somebody else: the two kept apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Causes {
    /// The cause the source states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Cause>,
    /// The cause as assessed, and by whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessed: Option<AssessedCause>,
}

impl Causes {
    pub(crate) fn is_empty(&self) -> bool {
        self.stated.is_none() && self.assessed.is_none()
    }
}

/// A cause as assessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AssessedCause {
    /// The cause.
    pub cause: Cause,
    /// Who assessed it.
    pub by: SourceId,
}
