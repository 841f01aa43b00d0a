//! The answer: the status of every service and scope, with its evidence.

use chrono::NaiveDate;
use serde::{Serialize, Serializer};
use situ_core::{
    Degree, EventId, Instant, Name, PlaceId, Position, RetractionReason, Service, ServiceScope,
    SourceId, Text, When,
};

use crate::status_id::StatusId;

/// The status of every service and scope anybody spoke of, as of one moment and one state of knowledge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Board {
    /// The last position the view had folded in when it answered.
    pub position: Position,
    /// One entry a service and scope, ordered by both.
    pub services: Vec<ServiceStatus>,
}

/// What is known of the services of one place, as of one moment and one state of knowledge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaceBoard {
    /// The last position the view had folded in when it answered.
    pub position: Position,
    /// The place.
    pub place: PlaceId,
    /// The place itself, whether or not anybody spoke of just that ([`ServiceStatus::covered_by`] says by what it is covered),
    /// and what lies in it.
    pub inside: Vec<ServiceStatus>,
    /// What may concern it.
    pub nearby: Vec<Nearby>,
}

/// A status that may concern a place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Nearby {
    /// How.
    pub relation: Relation,
    /// The status.
    pub status: ServiceStatus,
}

/// How a scope concerns a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It lies in the place.
    Inside,
    /// A stretch or connection with an end in it, or in a larger place it lies in.
    Reaches,
    /// Something in a larger place, and nobody says where: unnamed members of "several districts", say.
    MayInclude,
    /// A route, operator, network or building nobody says the place of.
    NoPlace,
}

/// What is known of one service in one scope.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServiceStatus {
    /// Its name, the same in every answer.
    pub id: StatusId,
    /// The service.
    pub service: Service,
    /// Where; `except` lists what lies inside but is in another state, or was excepted by the claim in force.
    pub scope: ServiceScope,
    /// How much of the service there is, last known; `unknown` where that is disputed.
    pub degree: Degree,
    /// What that amounts to.
    pub status: Status,
    /// The larger scopes whose claims it rests on, the largest first: "the province-wide suspension covers this district".
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub covered_by: Vec<StatusId>,
    /// Since when it has been at this degree or worse (operating: since when it operates).
    pub since: Since,
    /// Since when it has been at this very degree, where that is later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<Since>,
    /// The last claim, not later than the moment asked about, that says so.
    pub last_confirmed: Option<LastConfirmed>,
    /// Set where that was told before it was to begin: nobody has reported it since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub announced: bool,
    /// Whether that is recent enough to rely on.
    pub freshness: Freshness,
    /// Until when it is; absent where nothing confirms the status.
    pub fresh_until: Option<Instant>,
    /// Which day of the run the day asked about is; `None` where the start is not known to a day, once stale, and for what is
    /// neither suspended nor restricted.
    pub day: Option<u32>,
    /// Which day of service of the run it is, where [`crate::ServiceDays`] were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_day: Option<u32>,
    /// How many days of the run, up to the one asked about, nobody reported or vouched for.
    pub unobserved: Option<u32>,
    /// Once stale: which day of the run was last confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_day: Option<LastDay>,
    /// Set for the members of "some of" a place nobody named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unnamed: Option<Unnamed>,
    /// Why, as stated and as assessed, over the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// Who ordered it, over the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ordered_by: Vec<Party>,
    /// When it is expected back, as last said during the run; closes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlook: Option<Outlook>,
    /// The claims the status rests on, oldest first.
    pub rests_on: Vec<Evidence>,
    /// The claims on this service and scope that the status does not rest on, and why.
    pub set_aside: Vec<SetAside>,
    /// Claims that contradict each other.
    pub conflicts: Vec<Conflict>,
    /// What went before, over the occurred axis, oldest first; the last one goes on.
    pub runs: Vec<Run>,
}

/// What a degree amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing runs.
    Suspended,
    /// Less than usual runs.
    Restricted,
    /// It runs as usual.
    Operating,
    /// Nobody says.
    Unknown,
    /// Reports of one moment contradict each other.
    Disputed,
}

impl Status {
    /// In a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Restricted => "restricted",
            Self::Operating => "operating",
            Self::Unknown => "unknown",
            Self::Disputed => "disputed",
        }
    }
}

/// Between which moments something began, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Since {
    /// Not before; `None`: no bound.
    pub earliest: Option<Instant>,
    /// Not after; `None`: no bound.
    pub latest: Option<Instant>,
    /// How that is known.
    pub how: How,
    /// The claims it rests on.
    pub rests_on: Vec<EventId>,
}

/// How a start or an end is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A claim tells it.
    Stated,
    /// It follows from an ordinal ("fifth day").
    Inferred,
    /// Nobody tells it; the bounds follow from what was the case before and after.
    Unknown,
}

/// The claim that last said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastConfirmed {
    /// The latest moment it can speak of: not after it was learnt, nor after the moment asked about.
    pub at: Instant,
    /// What the source said; `None` for a suspension whose start is unknown.
    pub when: Option<When>,
    /// The event.
    pub event: EventId,
    /// Who says so.
    pub source: Option<SourceId>,
}

/// Whether a status is recent enough to rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Confirmed within the time to live, or vouched for by a later claim.
    Fresh,
    /// Not confirmed for longer than that: "last known suspended".
    Stale,
    /// Nothing that stands says anything.
    Unconfirmed,
}

/// A local calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub NaiveDate);

impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// "5th on 4 Feb".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LastDay {
    /// Which day of the run.
    pub day: u32,
    /// Which date that was.
    pub on: Day,
}

/// Members of "some of" a place that nobody named: a count, never a guess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unnamed {
    /// How many at least, beside those known.
    pub at_least: u32,
    /// The source's words for all of them ("several districts").
    pub words: Option<Text>,
}

/// A cause, and who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The cause.
    pub cause: situ_core::Cause,
    /// Who assessed it; `None`: the source of the event states it.
    pub assessed_by: Option<SourceId>,
    /// The event.
    pub event: EventId,
}

/// Who ordered it, and in which event that is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Party {
    /// The name.
    pub name: Name,
    /// The event.
    pub event: EventId,
}

/// When a service is expected back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// The time expected.
    pub expected_end: When,
    /// Whether all of that time lies before the moment asked about.
    pub passed: bool,
    /// The event.
    pub event: EventId,
    /// Who says so.
    pub source: Option<SourceId>,
}

/// A claim a status rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The event.
    pub event: EventId,
    /// Who says so.
    pub source: Option<SourceId>,
    /// What it contributes.
    pub contributes: Vec<Contribution>,
}

/// What a claim contributes to a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Contribution {
    /// The status itself.
    Status,
    /// The start of the run.
    Start,
    /// That it was so at another moment of the run.
    Confirmation,
    /// That it was left out when the rest was restored.
    Exception,
    /// That it was so without a break, told later.
    Vouches,
    /// One side of a dispute.
    Dispute,
    /// How many members there are at least.
    Count,
    /// When it is expected back.
    Outlook,
}

/// A claim a status does not rest on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// The event.
    pub event: EventId,
    /// Why.
    pub reason: SetAsideReason,
}

/// Why a claim is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SetAsideReason {
    /// It was retracted.
    Retracted {
        /// By this event.
        by: EventId,
        /// For this reason.
        reason: RetractionReason,
    },
    /// It belongs to an earlier run, ended by this event.
    Ended {
        /// The first event of the run that goes on.
        by: EventId,
    },
    /// Its source told the same moment again.
    Revised {
        /// By this event.
        by: EventId,
    },
    /// It speaks of a larger scope, of which this one was carved out by a more particular claim.
    Carved {
        /// The more particular claim.
        by: EventId,
    },
    /// It speaks of a larger scope and excepts this one.
    Excepted,
    /// It excepts this scope, which does not lie in what it speaks of.
    NotInside,
}

/// Claims that cannot all be right.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Conflict {
    /// What they clash about.
    pub kind: ConflictKind,
    /// Set where they clash only if they speak of the same moment, which is not certain.
    pub possible: bool,
    /// The claims, and what each says.
    pub witnesses: Vec<Witness>,
    /// How many days apart they are, for starts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_days: Option<u32>,
}

/// What claims clash about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConflictKind {
    /// How the service was at one moment.
    Status,
    /// When the run began.
    Start,
    /// Whether the run was unbroken.
    Unbroken,
}

/// A claim in a conflict.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Witness {
    /// The event.
    pub event: EventId,
    /// Who says so.
    pub source: Option<SourceId>,
    /// What it says.
    pub says: Says,
}

/// What a claim in a conflict says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Says {
    /// That the service was at this degree.
    Degree(Degree),
    /// That the run began between these moments.
    Start {
        /// Not before.
        earliest: Option<Instant>,
        /// Not after.
        latest: Option<Instant>,
        /// Whether it says so, or it follows from an ordinal.
        how: How,
    },
}

/// A stretch of time at one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Run {
    /// The status.
    pub status: Status,
    /// When it began.
    pub since: Since,
    /// When it ended; `None`: it goes on.
    pub until: Option<Since>,
    /// How many local days it touched, where start and end are known to a day; `None` for one that goes on.
    pub days: Option<u32>,
    /// The last moment a claim speaks of it.
    pub last_confirmed: Option<Instant>,
    /// Who speaks of it.
    pub sources: Vec<SourceId>,
    /// The claims, oldest first.
    pub events: Vec<EventId>,
}
