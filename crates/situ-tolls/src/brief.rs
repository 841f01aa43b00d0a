//! A figure in short, for telling how it changed.

use serde::Serialize;

use situ_core::{ClaimRef, Interval};

use crate::figure_name::FigureName;
use crate::toll::{Conflict, Flag, FlagKind, Toll};

/// What a reader sees of a figure first: two are equal where nothing a reader would notice differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brief {
    /// The number shown.
    pub shown: Option<u64>,
    /// The lower end under the reading asked for.
    pub least: u64,
    /// The upper end, if there is one.
    pub most: Option<u64>,
    /// In words.
    pub words: String,
    /// How many sets of claims clash.
    pub conflicts: usize,
    /// What a reader should know, each kind once.
    pub flags: Vec<FlagKind>,
}

impl Brief {
    /// A figure in short.
    #[must_use]
    pub fn of(toll: &Toll) -> Self {
        let interval = Interval {
            least: toll.least,
            most: toll.most,
        };
        Self::new(
            toll.shown,
            interval,
            toll.words.clone(),
            &toll.conflicts,
            &toll.flags,
        )
    }

    pub(crate) fn new(
        shown: Option<u64>,
        Interval { least, most }: Interval,
        words: String,
        conflicts: &[Conflict],
        flags: &[Flag],
    ) -> Self {
        let mut flags: Vec<FlagKind> = flags.iter().map(|flag| flag.flag).collect();
        flags.sort_unstable();
        flags.dedup();
        Self {
            shown,
            least,
            most,
            words,
            conflicts: conflicts.len(),
            flags,
        }
    }
}

/// What telling how a figure changed needs of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outline {
    pub(crate) figure: FigureName,
    pub(crate) brief: Brief,
    pub(crate) conflicts: Vec<Conflict>,
    /// The claims and declarations it rests on.
    pub(crate) rests_on: Vec<ClaimRef>,
}

impl Outline {
    pub(crate) fn of(toll: Toll) -> Self {
        Self {
            brief: Brief::of(&toll),
            figure: toll.figure,
            conflicts: toll.conflicts,
            rests_on: toll.rests_on.iter().map(|support| support.claim).collect(),
        }
    }
}

/// The conflicts of one figure that another does not have: the same claims, clashing for as certain.
pub(crate) fn conflicts_beside(of: Option<&Outline>, other: Option<&Outline>) -> Vec<Conflict> {
    let others = other.map_or(&[][..], |outline| &outline.conflicts);
    let is_new = |conflict: &&Conflict| {
        !others
            .iter()
            .any(|other| (other.certainty, &other.claims) == (conflict.certainty, &conflict.claims))
    };
    let conflicts = of.map_or(&[][..], |outline| &outline.conflicts);
    conflicts.iter().filter(is_new).cloned().collect()
}
