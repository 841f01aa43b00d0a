//! Events: what sources claim, and what recorders note, one immutable statement each.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::casualties::{Figure, Harm, Outcome, Period, Who};
use crate::id::{ClaimId, ClaimIdError, EventId, PlaceId, SituationId, SourceId};
use crate::instant::Instant;
use crate::kind::{Kind, Payload, UnknownPayload};
use crate::place::{CodeSystem, Point, PointPrecision};
use crate::quantity::Count;
use crate::service::{Causes, Degree, Extent, Ordinal, Service, ServiceScope};
use crate::source::{Credibility, Reliability, Source, SourceKind};
use crate::text::{Name, Text, Verbatim};
use crate::vocabulary::vocabulary;
use crate::when::{When, Zone};

/// An event as given: the envelope a recorder fills in, and the payload.
///
/// Any value of the fields is fine by itself; [`Event::check`] says what a kind needs of its envelope, and every store calls
/// it before it takes an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its identity, given once and for ever.
    pub id: EventId,
    /// The situation it belongs to.
    pub situation: SituationId,
    /// The time the statement is about: an attack's moment, the as-of of figures, a suspension's start (absent: unknown), the
    /// moment a confirmation or restoration speaks of.
    pub occurred: Option<When>,
    /// When this became public, or reached us; absent: when it was recorded.
    pub learnt_at: Option<Instant>,
    /// Who claims it.
    pub source: Option<Source>,
    /// Who recorded it.
    pub recorded_by: Option<Name>,
    /// Who may see it in exports.
    pub access: Access,
    /// The event this one was derived from.
    pub caused_by: Option<EventId>,
    /// What is claimed.
    pub payload: Payload,
}

vocabulary! {
    /// Who may see an event in exports.
    #[derive(Default)]
    pub enum Access ("access") {
        /// Everyone.
        #[default]
        Public = "public",
        /// Nobody who does not ask for it.
        Restricted = "restricted",
    }
}

/// A situation begins to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SituationOpened {
    /// What people call it.
    pub title: Name,
    /// The zone its days are counted in.
    pub zone: Zone,
    /// The places it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceId>,
}

/// A place is described; a later description of the same place replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlaceDescribed {
    /// Its id.
    pub place: PlaceId,
    /// Its names, in any script; the first is shown.
    #[cfg_attr(any(test, feature = "schema"), schemars(length(min = 1)))]
    pub names: Vec<Name>,
    /// Its codes in public lists.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<PlaceCode>,
    /// The places it lies in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<PlaceId>,
    /// A point for the map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<PlacePoint>,
}

/// A place's code in a public list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlaceCode {
    /// The list.
    pub system: CodeSystem,
    /// The code.
    pub code: Name,
}

/// A point, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PlacePoint {
    /// The point.
    pub at: Point,
    /// What it stands for.
    pub precision: PointPrecision,
}

/// A source is described; a later description of the same source replaces an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceDescribed {
    /// Its id.
    pub id: SourceId,
    /// Its name.
    pub name: Name,
    /// What kind of source it is.
    pub kind: SourceKind,
    /// The party it belongs to; sources of one party are not independent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Name>,
}

/// A source, or one thing it said, is assessed on the Admiralty scale; never baked into a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceAssessed {
    /// The source.
    pub assessed: SourceId,
    /// Who assesses it.
    pub by: Name,
    /// How far the source can be trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reliability: Option<Reliability>,
    /// How far what it said can be believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credibility: Option<Credibility>,
    /// The event whose credibility is meant; absent: the source at large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<EventId>,
}

vocabulary! {
    /// How an attack was carried out.
    pub enum AttackMode ("attack mode") {
        /// With small arms.
        ArmedAssault = "armed_assault",
        /// With a bomb.
        Bombing = "bombing",
        /// By somebody who meant to die in it.
        SuicideAttack = "suicide_attack",
        /// With artillery, mortars or rockets.
        Shelling = "shelling",
        /// From aircraft.
        AirStrike = "air_strike",
        /// From uncrewed aircraft.
        Drone = "drone",
        /// People were taken.
        Abduction = "abduction",
        /// With fire.
        Arson = "arson",
        /// Against installations.
        Sabotage = "sabotage",
        /// Otherwise.
        Other = "other",
        /// Not known.
        Unknown = "unknown",
    }
}

/// An attack took place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AttackOccurred {
    /// How.
    pub mode: AttackMode,
    /// Whom or what it was aimed at, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Name>,
    /// Where, as far as named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceId>,
    /// Set where there were more, unnamed places: the place they all lie in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unnamed_places_within: Option<PlaceId>,
    /// The larger attack or operation it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<EventId>,
    /// The source's own words ("coordinated attacks").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

vocabulary! {
    /// What kind of operation it was.
    pub enum OperationMode ("operation mode") {
        /// Searching and clearing an area.
        Clearance = "clearance",
        /// A raid.
        Raid = "raid",
        /// A strike from afar.
        Strike = "strike",
        /// A siege.
        Siege = "siege",
        /// Arrests.
        Arrest = "arrest",
        /// A cordon.
        Cordon = "cordon",
        /// A rescue.
        Rescue = "rescue",
        /// Any other.
        Other = "other",
    }
}

vocabulary! {
    /// How far an operation has got.
    pub enum OperationState ("operation state") {
        /// It has begun.
        Started = "started",
        /// It goes on.
        Ongoing = "ongoing",
        /// It is over.
        Concluded = "concluded",
    }
}

/// A force conducted an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OperationConducted {
    /// Who.
    pub actor: Name,
    /// Against whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Name>,
    /// What kind.
    pub mode: OperationMode,
    /// How far it has got.
    pub state: OperationState,
    /// Where, as far as named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceId>,
    /// The events it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_response_to: Vec<EventId>,
    /// The larger operation it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<EventId>,
    /// The source's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

/// A source gave casualty figures; each is a claim of its own, `EVENT#n`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CasualtiesReported {
    /// The figures, at least one.
    #[cfg_attr(any(test, feature = "schema"), schemars(length(min = 1)))]
    pub figures: Vec<Figure>,
    /// The source's own words for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
    /// The epoch of the source's counter, if it restarted; absent: as the restarts recorded say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Name>,
}

/// People moved from one outcome to another: an injured person died.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OutcomeChanged {
    /// Which people.
    pub people: Who,
    /// What they were counted as.
    pub from: Outcome,
    /// What they are counted as now.
    pub to: Outcome,
    /// How many.
    pub count: Count,
    /// Whose harm.
    #[serde(default, skip_serializing_if = "Harm::is_all")]
    pub scope: Harm,
    /// Where; empty means the whole situation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceId>,
}

vocabulary! {
    /// What a speaker does by saying something.
    pub enum Act ("act") {
        /// Condemns it.
        Condemns = "condemns",
        /// Expresses sympathy.
        Condoles = "condoles",
        /// Calls on somebody to act.
        Urges = "urges",
        /// Demands something.
        Demands = "demands",
        /// Says it was its own doing.
        ClaimsResponsibility = "claims_responsibility",
        /// Denies it.
        Denies = "denies",
        /// Says whose doing it was.
        Attributes = "attributes",
        /// Makes something known.
        Announces = "announces",
        /// Orders something.
        Orders = "orders",
        /// Warns of something.
        Warns = "warns",
        /// Threatens somebody.
        Threatens = "threatens",
        /// Acknowledges something.
        Acknowledges = "acknowledges",
        /// Corrects an earlier statement.
        Corrects = "corrects",
        /// Says again what it stands for.
        Reaffirms = "reaffirms",
        /// Anything else.
        Other = "other",
    }
}

/// One thing a statement does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SpeechAct {
    /// What is done.
    pub act: Act,
    /// To whom.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addressed_to: Vec<Name>,
    /// In which words, or about what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

/// Somebody made a statement. It is no evidence of another attack, and figures in it are events of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StatementIssued {
    /// Who spoke.
    pub speaker: Name,
    /// For whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Name>,
    /// What the statement does, at least one act.
    #[cfg_attr(any(test, feature = "schema"), schemars(length(min = 1)))]
    pub acts: Vec<SpeechAct>,
    /// The events it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub about: Vec<EventId>,
    /// Its words at large.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

/// A service was cut or restricted, since `occurred`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceSuspended {
    /// Which service.
    pub service: Service,
    /// Where.
    pub scope: ServiceScope,
    /// How much of it is left.
    pub degree: Degree,
    /// Why.
    #[serde(default, skip_serializing_if = "Causes::is_empty")]
    pub causes: Causes,
    /// Who ordered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_by: Option<Name>,
    /// Which day of the suspension some day was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordinal: Option<Ordinal>,
    /// The source's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

/// A service is still as it was, as of `occurred`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceConfirmed {
    /// Which service.
    pub service: Service,
    /// Where.
    pub scope: ServiceScope,
    /// How much of it there is.
    pub degree: Degree,
    /// Which day of the suspension some day was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordinal: Option<Ordinal>,
    /// The source's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

/// A service is back, since `occurred`, to a degree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceRestored {
    /// Which service.
    pub service: Service,
    /// Where; what is excepted stays down.
    pub scope: ServiceScope,
    /// How much of it is back.
    pub degree: Degree,
    /// The source's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

/// Somebody said when a service is expected back; this never closes anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceOutlookGiven {
    /// Which service.
    pub service: Service,
    /// Where.
    pub scope: ServiceScope,
    /// When it is expected back.
    pub expected_end: When,
    /// The source's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

/// Some groups of people make up another, for one outcome and scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PartitionDeclared {
    /// What became of them.
    pub outcome: Outcome,
    /// Whose harm.
    #[serde(default, skip_serializing_if = "Harm::is_all")]
    pub scope: Harm,
    /// Where; empty means the whole situation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceId>,
    /// The whole.
    pub whole: Who,
    /// Its parts, which do not overlap; at least two.
    #[cfg_attr(any(test, feature = "schema"), schemars(length(min = 2)))]
    pub parts: Vec<Who>,
    /// Whether nobody is left over.
    pub coverage: Coverage,
}

vocabulary! {
    /// Whether parts make up all of a whole.
    pub enum Coverage ("coverage") {
        /// Nobody is left over.
        Exhaustive = "exhaustive",
        /// There may be a remainder.
        Partial = "partial",
    }
}

/// A source began counting anew at `occurred`: later figures are of a new epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CounterRestarted {
    /// The name of the new epoch.
    pub epoch: Name,
    /// The outcome whose counter restarted; absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Why, in the source's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

/// A record of a dataset was published: its fields, verbatim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordPublished {
    /// The dataset.
    pub dataset: Name,
    /// The record's key in it.
    pub key: Name,
    /// What each field says.
    pub fields: BTreeMap<Name, RecordField>,
}

/// What a field of a record says (null: absent), and whether its compiler stated it or derived it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecordField {
    /// As the compiler collected it.
    Stated(Option<Verbatim>),
    /// Filled in or extrapolated by the compiler; never reaches a projection of figures.
    Derived(Option<Verbatim>),
}

/// A whole event, or one figure of it: `EVENT` or `EVENT#n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimRef {
    /// The whole event.
    Event(EventId),
    /// One figure.
    Claim(ClaimId),
}

impl ClaimRef {
    /// The event meant, or the one that carries the figure.
    #[must_use]
    pub const fn event(self) -> EventId {
        match self {
            Self::Event(event) => event,
            Self::Claim(claim) => claim.event,
        }
    }
}

impl fmt::Display for ClaimRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event) => event.fmt(f),
            Self::Claim(claim) => claim.fmt(f),
        }
    }
}

impl FromStr for ClaimRef {
    type Err = ClaimIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(event) => Ok(Self::Event(event)),
            Err(_) => text.parse().map(Self::Claim),
        }
    }
}

impl Serialize for ClaimRef {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClaimRef {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::id::parse_str(deserializer, "an event or a claim (EVENT or EVENT#n)")
    }
}

vocabulary! {
    /// Why a claim does not stand.
    pub enum RetractionReason ("reason") {
        /// The source was wrong.
        SourceError = "source_error",
        /// We wrote it down wrongly.
        Transcription = "transcription",
        /// People were counted twice.
        DoubleCount = "double_count",
        /// The source was misquoted.
        Misquote = "misquote",
        /// Somebody else said it.
        Misattribution = "misattribution",
        /// The same claim is recorded elsewhere (the replacement).
        DuplicateOf = "duplicate_of",
        /// It was made up.
        Fabricated = "fabricated",
        /// Any other reason.
        Other = "other",
    }
}

/// A claim or a whole event does not stand. A retraction can itself be retracted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClaimRetracted {
    /// What does not stand; it may not be recorded yet.
    pub target: ClaimRef,
    /// Why.
    pub reason: RetractionReason,
    /// What stands instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<ClaimRef>,
    /// In which words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
}

/// An event whose parts do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The kind speaks of a time, and none is given.
    #[error("{kind} needs `occurred`: {meaning}")]
    NoOccurred {
        /// The kind.
        kind: Kind,
        /// What the time would mean.
        meaning: &'static str,
    },
    /// The kind is a claim, and nobody claims it.
    #[error("{0} needs `source`: who claims it, as {{\"origin\": \"some-id\"}}")]
    NoSource(Kind),
    /// A list that must not be empty is.
    #[error("{kind} needs {what}")]
    Missing {
        /// The kind.
        kind: Kind,
        /// What is missing.
        what: &'static str,
    },
    /// A time of learning that no reader takes.
    #[error("`learnt_at` {0} lies outside the years 1900 to 2200; check the year")]
    LearntAt(Instant),
    /// Values that contradict each other.
    #[error("{kind}: {what}")]
    Contradiction {
        /// The kind.
        kind: Kind,
        /// Which values, and what to do.
        what: String,
    },
    /// A payload kept as unknown, of a kind and version that is known.
    #[error(
        "{kind} version {version} is known here, so its payload cannot be given as an unknown one; give it as `Payload::{kind}`"
    )]
    KnownKind {
        /// The kind.
        kind: Kind,
        /// The version.
        version: u16,
    },
    /// The event is too large.
    #[error(
        "the event takes {0} bytes, over the limit of 262 144 (256 KiB); split it, or cite the document instead of quoting it"
    )]
    TooLarge(usize),
}

impl Event {
    /// The largest body, in bytes.
    pub const LIMIT: usize = 256 * 1024;

    /// An event with an empty envelope.
    #[must_use]
    pub fn new(id: EventId, situation: SituationId, payload: impl Into<Payload>) -> Self {
        Self {
            id,
            situation,
            occurred: None,
            learnt_at: None,
            source: None,
            recorded_by: None,
            access: Access::Public,
            caused_by: None,
            payload: payload.into(),
        }
    }

    /// Checks that the envelope has what the kind needs and the payload does not contradict itself.
    ///
    /// # Errors
    /// Says what is missing or contradicts, and what to do.
    pub fn check(&self) -> Result<(), EventError> {
        let kind = || self.payload.kind();
        if let Some(learnt_at) = self.learnt_at.filter(|at| !at.can_be_written()) {
            return Err(EventError::LearntAt(learnt_at));
        }
        if let Payload::Unknown(unknown) = &self.payload {
            return check_unknown(unknown);
        }
        if self.occurred.is_none()
            && let Some(meaning) = kind().occurred_means()
        {
            return Err(EventError::NoOccurred {
                kind: kind(),
                meaning,
            });
        }
        if self.source.is_none() && kind().is_claim() {
            return Err(EventError::NoSource(kind()));
        }
        if let Some(what) = missing(&self.payload) {
            return Err(EventError::Missing { kind: kind(), what });
        }
        match contradiction(self) {
            Some(what) => Err(EventError::Contradiction { kind: kind(), what }),
            None => Ok(()),
        }
    }
}

impl Kind {
    /// What `occurred` means to a kind that cannot do without.
    #[must_use]
    pub const fn occurred_means(&self) -> Option<&'static str> {
        match self {
            Self::AttackOccurred | Self::OperationConducted => Some("when it happened or began"),
            Self::CasualtiesReported => Some("the as-of of its figures"),
            Self::OutcomeChanged => Some("when it changed"),
            Self::StatementIssued => Some("when it was issued"),
            Self::ServiceConfirmed => Some("the moment it speaks of"),
            Self::ServiceRestored => Some("when the service came back"),
            Self::CounterRestarted => Some("when counting began anew"),
            _ => None,
        }
    }

    /// Whether it is a claim somebody makes, which needs its source, rather than a note of the recorder.
    #[must_use]
    pub const fn is_claim(&self) -> bool {
        matches!(
            self,
            Self::AttackOccurred
                | Self::OperationConducted
                | Self::CasualtiesReported
                | Self::OutcomeChanged
                | Self::StatementIssued
                | Self::ServiceSuspended
                | Self::ServiceConfirmed
                | Self::ServiceRestored
                | Self::ServiceOutlookGiven
                | Self::CounterRestarted
                | Self::RecordPublished
        )
    }
}

/// Checks by name: that is what a log holds, and what it is read back by.
fn check_unknown(unknown: &UnknownPayload) -> Result<(), EventError> {
    let kind = Kind::from_name(unknown.kind.as_str());
    let version = unknown.version;
    match kind.is_readable(version) {
        true => Err(EventError::KnownKind { kind, version }),
        false => Ok(()),
    }
}

fn missing(payload: &Payload) -> Option<&'static str> {
    let (is_missing, what) = match payload {
        Payload::CasualtiesReported(reported) => (
            reported.figures.is_empty(),
            "at least one entry in `figures`",
        ),
        Payload::StatementIssued(statement) => {
            (statement.acts.is_empty(), "at least one entry in `acts`")
        }
        Payload::PlaceDescribed(place) => (place.names.is_empty(), "at least one entry in `names`"),
        Payload::PartitionDeclared(partition) => {
            (partition.parts.len() < 2, "at least two entries in `parts`")
        }
        Payload::SourceAssessed(assessed) => (
            assessed.reliability.is_none() && assessed.credibility.is_none(),
            "`reliability`, `credibility`, or both",
        ),
        _ => (false, ""),
    };
    is_missing.then_some(what)
}

fn contradiction(event: &Event) -> Option<String> {
    let spoken_of = || event.occurred.as_ref().and_then(When::latest);
    match &event.payload {
        Payload::CasualtiesReported(reported) => {
            let as_of = event.occurred.as_ref()?;
            if as_of.latest().is_none() {
                return Some(format!("the as-of {as_of} has no end; write up to when the people were counted"));
            }
            if reported.figures.len() > usize::from(u16::MAX) {
                return Some(format!("{} figures in one event; split it", reported.figures.len()));
            }
            reported.figures.iter().enumerate().find_map(|(index, figure)| {
                let start = match &figure.period {
                    Period::Cumulative { since: Some(start) } | Period::Window { from: start, .. } => start,
                    _ => return None,
                };
                let ends_first = as_of.latest().zip(start.earliest()).is_some_and(|(end, start)| end < start);
                ends_first.then(|| {
                    format!("figure {} counts from {start}, after its as-of {as_of}; check both times", index + 1)
                })
            })
        }
        Payload::OutcomeChanged(change) if change.from == change.to => {
            Some(format!("`from` and `to` are both {}; name two outcomes", change.from))
        }
        Payload::PartitionDeclared(partition) => partition_contradiction(partition),
        Payload::ServiceSuspended(suspended) => scope_contradiction(&suspended.scope).or_else(|| {
            (suspended.degree == Degree::Normal)
                .then(|| "degree `normal` suspends nothing; record ServiceRestored or ServiceConfirmed".to_owned())
        }).or_else(|| {
            // It speaks of the start; how long it knows of is said by when it was learnt.
            let known = event.learnt_at.map(|learnt_at| learnt_at.max(spoken_of().unwrap_or(learnt_at)));
            ordinal_contradiction(suspended.ordinal.as_ref()?, known)
        }),
        Payload::ServiceConfirmed(confirmed) => scope_contradiction(&confirmed.scope).or_else(|| {
            let ordinal = confirmed.ordinal.as_ref()?;
            match confirmed.degree {
                Degree::Normal | Degree::Unknown => {
                    Some(format!("degree `{}` counts no days; leave out `ordinal`", confirmed.degree))
                }
                _ => ordinal_contradiction(ordinal, spoken_of().max(event.learnt_at)),
            }
        }),
        Payload::ServiceRestored(restored) => scope_contradiction(&restored.scope).or_else(|| {
            (restored.degree == Degree::None)
                .then(|| "degree `none` restores nothing; record ServiceSuspended or ServiceConfirmed".to_owned())
        }),
        Payload::ServiceOutlookGiven(outlook) => scope_contradiction(&outlook.scope),
        _ => None,
    }
}

/// A day that is counted before it can be known, or from before the years an event may speak of. `known` is the latest moment the
/// claim can know of.
fn ordinal_contradiction(ordinal: &Ordinal, known: Option<Instant>) -> Option<String> {
    const DAY: i64 = 24 * 3600 * 1_000_000_000;
    let on = ordinal.on.earliest()?;
    if known.is_some_and(|known| known < on) {
        return Some(format!(
            "`ordinal` is on {}, after what the claim speaks of and after it was learnt; check the day",
            ordinal.on
        ));
    }
    let start = on.saturating_add_nanos(DAY * (1 - i64::from(ordinal.nth.get())));
    start.to_string().parse::<Instant>().is_err().then(|| {
        let day = ordinal.nth;
        format!(
            "day {day} on {} implies a start before the year 1900; check the number",
            ordinal.on
        )
    })
}

fn partition_contradiction(partition: &PartitionDeclared) -> Option<String> {
    let whole = partition.whole;
    let mut parts = (1..).zip(&partition.parts);
    parts.find_map(|(number, part)| {
        if *part == whole || !part.is_within(whole) {
            return Some(format!(
                "part `{}` does not lie within the whole `{}`",
                part.role, whole.role
            ));
        }
        let (other, _) = (1..number)
            .zip(&partition.parts)
            .find(|(_, other)| part.is_within(**other) || other.is_within(*part))?;
        Some(format!(
            "parts {other} and {number} count the same people; leave one out"
        ))
    })
}

fn scope_contradiction(scope: &ServiceScope) -> Option<String> {
    match &scope.of {
        Extent::SomeOf {
            named, at_least, ..
        } if named.len() > at_least.get() as usize => Some(format!(
            "{} members are named but `at_least` is {at_least}; it counts the named ones too",
            named.len()
        )),
        Extent::SomeOf { named, .. }
            if named
                .iter()
                .any(|member| matches!(member, Extent::SomeOf { .. })) =>
        {
            Some("a member of `some_of` is itself `some_of`; name its members directly".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;

    #[test]
    fn a_payload_is_unknown_only_if_its_kind_or_version_is() {
        let check = |kind, version, expected: Result<(), &str>| {
            let payload = Payload::Unknown(UnknownPayload {
                kind,
                version,
                json: RawValue::from_string("{}".to_owned()).unwrap(),
            });
            let id = EventId::from_content(Instant::from_unix_nanos(0), [0; 10]);
            let event = Event::new(id, SituationId::new("s").unwrap(), payload);
            let refused = event.check().map_err(|refused| refused.to_string());
            assert_eq!(refused, expected.map_err(str::to_owned));
        };
        check(Kind::from_name("AidDelivered"), 1, Ok(()));
        check(Kind::SituationOpened, 2, Ok(()));
        let known = "SituationOpened version 1 is known here, so its payload cannot be given as an unknown one; give it as `Payload::SituationOpened`";
        check(Kind::SituationOpened, 1, Err(known));
        check(Kind::Unknown("SituationOpened".into()), 1, Err(known));
    }

    /// From a clock of chrono's, which knows years no reader of a log takes.
    #[test]
    fn nothing_is_learnt_outside_the_years_that_can_be_read_again() {
        let payload = Payload::Unknown(UnknownPayload {
            kind: Kind::from_name("AidDelivered"),
            version: 1,
            json: RawValue::from_string("{}".to_owned()).unwrap(),
        });
        let id = EventId::from_content(Instant::from_unix_nanos(0), [0; 10]);
        let learnt = |nanos| {
            let learnt_at = Some(Instant::from_unix_nanos(nanos));
            let event = Event::new(id, SituationId::new("s").unwrap(), payload.clone());
            Event { learnt_at, ..event }.check()
        };
        assert_eq!(learnt(0), Ok(()));
        for nanos in [i64::MIN, i64::MAX] {
            let refused = learnt(nanos);
            assert!(
                matches!(refused, Err(EventError::LearntAt(_))),
                "{refused:?}"
            );
        }
    }
}
