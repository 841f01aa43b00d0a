//! A figure in short, for telling how it changed.

use serde::Serialize;

use crate::toll::{Conflict, FlagKind, Toll};

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
        let mut flags: Vec<FlagKind> = toll.flags.iter().map(|flag| flag.flag).collect();
        flags.sort_unstable();
        flags.dedup();
        Self {
            shown: toll.shown,
            least: toll.least,
            most: toll.most,
            words: toll.words.clone(),
            conflicts: toll.conflicts.len(),
            flags,
        }
    }
}

/// The conflicts of one figure that another does not have: the same claims, clashing for as certain.
pub(crate) fn conflicts_beside(of: Option<&Toll>, other: Option<&Toll>) -> Vec<Conflict> {
    let others = other.map_or(&[][..], |toll| &toll.conflicts);
    let is_new = |conflict: &&Conflict| {
        !others
            .iter()
            .any(|other| (other.certainty, &other.claims) == (conflict.certainty, &conflict.claims))
    };
    let conflicts = of.map_or(&[][..], |toll| &toll.conflicts);
    conflicts.iter().filter(is_new).cloned().collect()
}
