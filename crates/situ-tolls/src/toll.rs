//! The answer: one figure, and everything it rests on.

use serde::Serialize;
use situ_core::{
    AgeBand, Basis, ClaimId, ClaimRef, EventId, Harm, Instant, Interval, Name, Outcome, PlaceId,
    Position, Quantity, RetractionReason, Role, Sex, SourceId, Text, When, WindowKind,
};

use crate::figure_name::FigureName;
use crate::tolls::Series;

/// One figure as of two clocks: what is shown, its bounds, the evidence used and not used, and who disagrees.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Toll {
    /// Its name, which asks for it again.
    pub figure: FigureName,
    /// What became of the people.
    pub outcome: Outcome,
    /// Their role.
    pub who: Role,
    /// Their sex, if told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Their age band, if told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeBand>,
    /// Whose harm.
    pub scope: Harm,
    /// Where; empty means the whole situation.
    pub places: Vec<PlaceId>,
    /// How it is known.
    pub basis: Basis,
    /// Over which time.
    pub period: TollPeriod,
    /// The number a reader is shown; none where only words or an interval can be given.
    pub shown: Option<u64>,
    /// The lower end under `reading`.
    pub least: u64,
    /// The upper end under `reading`; none where there is no upper end.
    pub most: Option<u64>,
    /// The figure in words.
    pub words: String,
    /// The reading `least`, `most` and `words` come from.
    pub reading: Reading,
    /// Whether a counter that began anew is carried on over the restart.
    pub series: Series,
    /// The rule that picked what is shown.
    pub policy: PolicyUsed,
    /// The as-of of the claim that is shown, else of the newest evidence.
    pub as_of: Option<When>,
    /// What the claims say if a bare number is an exact count.
    pub point: Bounds,
    /// What the claims say if a running count is a lower bound.
    pub floor: Bounds,
    /// The current claims of this figure: who said it, and when.
    pub claims: Vec<ClaimShown>,
    /// The groups it falls into, under `point`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<Parts>,
    /// The claims and declarations it rests on, with what each contributed.
    pub rests_on: Vec<Support>,
    /// The claims not used, and why.
    pub set_aside: Vec<SetAside>,
    /// The claims that cannot all be right, the widest gap first. Sides that exclude each other over a figure are in dispute, which
    /// is a flag; a conflict between them over that figure is not listed besides.
    pub conflicts: Vec<Conflict>,
    /// The claims that the policy `consistent` gave up, of this figure or of others that constraints relate to it.
    pub given_up: Vec<ClaimRef>,
    /// Whether there may be more conflicts: the search for minimal sets stopped at its limit.
    pub more_conflicts: bool,
    /// What a reader should know before using it.
    pub flags: Vec<Flag>,
    /// What a window implies at its start, if it counts people harmed in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implied: Option<Implied>,
}

/// How a bare number is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// What is known of the people: every running count is at least so many.
    #[default]
    Floor,
    /// What the source counted.
    Point,
}

/// A policy by name and version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyUsed {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: u32,
}

/// The time a figure counts over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TollPeriod {
    /// One incident.
    Incident,
    /// A running count; `since` is the earliest start among the current claims, where there are any.
    Cumulative {
        /// Where counting started, if said.
        since: Option<When>,
    },
    /// A stretch of time.
    Window {
        /// What it counts.
        counts: WindowKind,
        /// Where it starts.
        from: When,
    },
}

/// Both ends of a figure under one reading, each with its proof.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Bounds {
    /// The lower end.
    pub least: u64,
    /// The upper end, if there is one.
    pub most: Option<u64>,
    /// In words.
    pub words: String,
    /// Why the lower end holds; none for the bare "0 or more".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_by: Option<Proof>,
    /// Why the upper end holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_by: Option<Proof>,
}

impl Bounds {
    /// The numbers it may be.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        Interval {
            least: self.least,
            most: self.most,
        }
    }
}

/// Why an end of a figure holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The arithmetic: "255 − 22 − 36".
    pub expression: String,
    /// The constraints used, by name, in the order of use.
    pub constraints: Vec<&'static str>,
    /// The claims and declarations used.
    pub witnesses: Vec<ClaimRef>,
}

/// A claim, with who said it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClaimShown {
    /// Its name.
    #[serde(serialize_with = "crate::toll::as_text")]
    pub claim: ClaimId,
    /// Where its event stands in the log.
    pub position: Position,
    /// Who claims it.
    pub source: SourceId,
    /// The party the source belonged to, as known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<Name>,
    /// Who passed it on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<SourceId>,
    /// How many.
    pub quantity: Quantity,
    /// The quantity in words.
    pub said: String,
    /// The source's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
    /// Its as-of.
    pub as_of: When,
    /// Where it starts counting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<When>,
    /// Whose harm it counts.
    pub scope: Harm,
    /// When it was learnt.
    pub learnt_at: Instant,
    /// What it comes to by what its source told since; none where it stands as it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carried: Option<CarriedOn>,
}

/// What a claim comes to: people moved from one outcome to another after its as-of, or its counter began anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CarriedOn {
    /// How many it comes to.
    pub quantity: Quantity,
    /// The quantity in words.
    pub said: String,
    /// How it comes to that: "10, and 1 moved from injured".
    pub words: String,
    /// The events that carry it, oldest first.
    pub by: Vec<EventId>,
}

pub(crate) fn as_text<T: std::fmt::Display, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The groups a figure falls into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// The declaration that says so; none for the partition every role has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declared_by: Option<EventId>,
    /// Whether nobody is left over.
    pub exhaustive: bool,
    /// Each group, under `point`.
    pub parts: Vec<Part>,
    /// How many are in no group, under `point`.
    pub remainder: Interval,
    /// Whether the parts sum to the whole.
    pub sum_checks: bool,
}

/// One group of a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its role.
    pub who: Role,
    /// Its sex, if told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Its age band, if told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeBand>,
    /// The numbers it may be, under `point`.
    pub point: Interval,
}

/// Evidence used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Support {
    /// The claim, or the event that declares something.
    pub claim: ClaimRef,
    /// What it contributed, in words.
    pub contributed: String,
}

/// Evidence not used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// The claim.
    pub claim: ClaimRef,
    /// Who said it.
    pub source: SourceId,
    /// What it said.
    #[serde(serialize_with = "crate::toll::as_text")]
    pub said: Quantity,
    /// Why it is not used.
    pub reason: Reason,
    /// The claim or event that set it aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ClaimRef>,
    /// Why a retraction was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retraction: Option<RetractionReason>,
}

/// Why a claim is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It was retracted.
    Retracted,
    /// The same line has a newer as-of.
    Superseded,
    /// The same line states the same as-of again, through fewer relays or later.
    Revised,
    /// The same claim, said again.
    Repeated,
}

impl Reason {
    /// The reason in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Retracted => "retracted",
            Self::Superseded => "superseded by a newer as-of of the same line",
            Self::Revised => "the same as-of, stated again nearer to the source or later",
            Self::Repeated => "the same claim, said again",
        }
    }
}

/// Claims that cannot all be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// Whether they clash for certain, or only if their as-ofs are one moment, or a window counts what it does not say.
    pub certainty: Certainty,
    /// The cells of the claims, by name.
    pub cells: Vec<FigureName>,
    /// The claims and declarations; without any one of them there is no clash.
    pub claims: Vec<ClaimRef>,
    /// By how many people they miss each other.
    pub gap: u64,
    /// The clash in words: "at least 255 (197 + 22 + 36) against at most 250".
    pub words: String,
}

/// How certain a conflict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// For certain.
    Certain,
    /// Only if as-ofs that may be one moment are, or a window of unstated kind counts people harmed in it.
    Possible,
}

/// What a reader should know before using a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Flag {
    /// What kind of warning it is.
    pub flag: FlagKind,
    /// In words.
    pub words: String,
    /// The claims it is about.
    pub claims: Vec<ClaimRef>,
}

/// The kinds of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FlagKind {
    /// Nobody claims it; it follows from other figures.
    Derived,
    /// Independent sources give numbers that exclude each other.
    Disputed,
    /// A newer claim of its line was retracted and nothing replaces it.
    Stale,
    /// Some end of it followed from a claim that was retracted, and nothing replaces that.
    DerivedFromRetracted,
    /// The parts known of the people already sum to more than the total that is shown.
    StaleTotal,
    /// People moved into or out of this outcome after its as-of, as another source says, or on it: they are not counted in it.
    MovedSince,
    /// A counter began anew: what it came to before is not in it, or, in the continuous series, is.
    CounterRestarted,
    /// It clashes for certain, and its time was coded from words such as "the past four days".
    PeriodSuspect,
    /// The killed of a source rose and its injured did not fall by as many: some may be counted as both. A flag of casualties.
    PossibleDoubleCount,
    /// The total equals the sum of its own report's parts, so it is no independent evidence.
    TotalEqualsOwnParts,
    /// The same number as an earlier claim of another origin, or the sum of its parts there.
    Relay,
    /// A party speaks of its own people.
    SelfDeclared,
    /// The window does not say whether it counts those harmed or those announced in it.
    WindowUnstated,
    /// A group of a declared partition has no claim.
    UnobservedParts,
}

/// What a window implies about the running count at its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Implied {
    /// The start of the window.
    pub at: When,
    /// The numbers the running count may have been then, under `point`.
    pub least: u64,
    /// The upper end.
    pub most: Option<u64>,
    /// The arithmetic.
    pub expression: String,
    /// The condition, in words: it always begins with "if".
    pub condition: &'static str,
}
