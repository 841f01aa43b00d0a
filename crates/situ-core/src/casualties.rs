//! The words of casualty figures: who, what became of them, how it is known, over which time.

use serde::{Deserialize, Serialize};

use crate::id::{EventId, PlaceId};
use crate::quantity::Quantity;
use crate::text::Text;
use crate::vocabulary::vocabulary;
use crate::when::When;

vocabulary! {
    /// Which people. `all` falls into civilian, security forces, non-state armed and unclassified; security forces fall into
    /// military, paramilitary, police and other. The remaining roles are subsets of `all` that may overlap with any other.
    pub enum Role ("role") {
        /// Everyone.
        All = "all",
        /// Civilians.
        Civilian = "civilian",
        /// The state's armed forces and police together.
        SecurityForces = "security_forces",
        /// Armed forces of a state.
        Military = "military",
        /// Paramilitary forces of a state.
        Paramilitary = "paramilitary",
        /// Police.
        Police = "police",
        /// Security forces that are none of the three.
        OtherSecurity = "other_security",
        /// Members of armed groups that are no state's forces.
        NonStateArmed = "non_state_armed",
        /// Counted, but said to be nobody in particular.
        Unclassified = "unclassified",
        /// Health workers (subset).
        Medical = "medical",
        /// Rescue workers (subset).
        Rescue = "rescue",
        /// Humanitarian workers (subset).
        Humanitarian = "humanitarian",
        /// Journalists (subset).
        Journalist = "journalist",
        /// Officials of a government (subset).
        Official = "official",
        /// Protesters (subset).
        Protester = "protester",
    }
}

impl Role {
    /// The role this one is a part of: parts of one whole do not overlap.
    #[must_use]
    pub const fn part_of(self) -> Option<Self> {
        match self {
            Self::Civilian | Self::SecurityForces | Self::NonStateArmed | Self::Unclassified => {
                Some(Self::All)
            }
            Self::Military | Self::Paramilitary | Self::Police | Self::OtherSecurity => {
                Some(Self::SecurityForces)
            }
            _ => None,
        }
    }

    /// Whether everyone of this role is also of `other`.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        self == other || other == Self::All || self.part_of() == Some(other)
    }
}

vocabulary! {
    /// Sex, where a source tells it apart.
    pub enum Sex ("sex") {
        /// Women and girls.
        Female = "female",
        /// Men and boys.
        Male = "male",
    }
}

vocabulary! {
    /// Age band, where a source tells it apart.
    pub enum AgeBand ("age band") {
        /// Under 18.
        Child = "child",
        /// 18 and over.
        Adult = "adult",
        /// 60 and over: a subset of adults.
        Elderly = "elderly",
    }
}

/// Which people a figure counts: role × sex × age band, each of the last two "any" where absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Their role.
    #[serde(rename = "who")]
    pub role: Role,
    /// Their sex, if told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Their age band, if told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeBand>,
}

impl Who {
    /// Everyone of a role, whatever sex and age.
    #[must_use]
    pub const fn any(role: Role) -> Self {
        Self {
            role,
            sex: None,
            age: None,
        }
    }

    /// Whether everyone counted here is counted in `other` too.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        let age = match (self.age, other.age) {
            (_, None) | (Some(AgeBand::Elderly), Some(AgeBand::Adult)) => true,
            (own, theirs) => own == theirs,
        };
        self.role.is_within(other.role) && (other.sex.is_none() || self.sex == other.sex) && age
    }
}

vocabulary! {
    /// What became of the people: disjoint current states.
    pub enum Outcome ("outcome") {
        /// Dead.
        Killed = "killed",
        /// Hurt, and alive.
        Injured = "injured",
        /// Whereabouts unknown.
        Missing = "missing",
        /// Taken by an armed group, or held as a prisoner of war.
        Captured = "captured",
        /// Held by a state.
        Detained = "detained",
        /// Forced from home.
        Displaced = "displaced",
        /// Moved out of danger.
        Evacuated = "evacuated",
        /// Brought to safety.
        Rescued = "rescued",
    }
}

vocabulary! {
    /// How a figure is known. Another basis is another cell, never a revision.
    pub enum Basis ("basis") {
        /// Said by a source.
        Reported = "reported",
        /// Checked by a recorder.
        Verified = "verified",
        /// Each person named.
        Identified = "identified",
        /// Bodies counted.
        BodyRecovered = "body_recovered",
        /// With people presumed dead.
        PresumedIncluded = "presumed_included",
        /// Computed by a model or survey.
        Estimated = "estimated",
    }
}

/// Whose harm: the people of everything, of the attacks, of the operations, or of one event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Harm {
    /// Everything in the situation.
    #[default]
    All,
    /// The attacks.
    Attacks,
    /// The operations.
    Operations,
    /// One attack or operation.
    Event(EventId),
}

/// A text that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scope `{0}`; it is one of all, attacks, operations, or event:ID")]
pub struct HarmError(String);

impl std::fmt::Display for Harm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.pad("all"),
            Self::Attacks => f.pad("attacks"),
            Self::Operations => f.pad("operations"),
            Self::Event(event) => write!(f, "event:{event}"),
        }
    }
}

impl std::str::FromStr for Harm {
    type Err = HarmError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "attacks" => Ok(Self::Attacks),
            "operations" => Ok(Self::Operations),
            _ => match text.strip_prefix("event:").map(str::parse) {
                Some(Ok(event)) => Ok(Self::Event(event)),
                _ => Err(HarmError(text.to_owned())),
            },
        }
    }
}

impl Serialize for Harm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Harm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::id::parse_str(
            deserializer,
            "a scope (all, attacks, operations, or event:ID)",
        )
    }
}

impl Harm {
    /// Whether this is the default, which JSON leaves out.
    pub(crate) fn is_all(&self) -> bool {
        *self == Self::All
    }
}

vocabulary! {
    /// What a window counts.
    pub enum WindowKind ("window") {
        /// People harmed in it.
        Occurrence = "occurrence",
        /// People announced in it, whenever they were harmed.
        Reporting = "reporting",
        /// The source does not say: read as occurrence, but a clash that needs it is only a possible conflict.
        Unstated = "unstated",
    }
}

/// The time a figure counts over; it ends at the event's `occurred`, the figure's as-of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Period {
    /// One incident, start to end.
    Incident,
    /// A running count since a start (absent: since the beginning, whenever that was).
    Cumulative {
        /// The first time counted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<When>,
    },
    /// A stretch of time up to the as-of.
    Window {
        /// What it counts.
        counts: WindowKind,
        /// Where it starts.
        from: When,
    },
}

/// One claim: a quantity of people who share an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(any(test, feature = "schema"), derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// What became of them.
    pub outcome: Outcome,
    /// Their role.
    pub who: Role,
    /// Their sex, if told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    /// Their age band, if told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<AgeBand>,
    /// How many.
    pub quantity: Quantity,
    /// The source's own words for the number or the people ("over", "martyrs", "mostly civilians").
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Text>,
    /// Whose harm.
    #[serde(default, skip_serializing_if = "Harm::is_all")]
    pub scope: Harm,
    /// Where; empty means the whole situation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceId>,
    /// Over which time.
    pub period: Period,
    /// How it is known.
    #[serde(default = "reported", skip_serializing_if = "is_reported")]
    pub basis: Basis,
}

impl Figure {
    /// Which people it counts.
    #[must_use]
    pub const fn who(&self) -> Who {
        Who {
            role: self.who,
            sex: self.sex,
            age: self.age,
        }
    }
}

const fn reported() -> Basis {
    Basis::Reported
}

fn is_reported(basis: &Basis) -> bool {
    *basis == Basis::Reported
}
