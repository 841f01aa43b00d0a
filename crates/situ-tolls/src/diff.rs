//! What differs between two states of knowledge.

use std::collections::BTreeMap;

use serde::Serialize;
use situ_core::{AsOf, Known, SituationId};

use crate::answer::Group;
use crate::bearing::Bearing;
use crate::brief::{Brief, Outline, conflicts_beside};
use crate::figure_name::FigureName;
use crate::history::{Cause, Change, Walk};
use crate::toll::Conflict;
use crate::tolls::{Question, Tolls};

/// A figure that differs between two states of knowledge.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The figure.
    pub figure: FigureName,
    /// Whether it came, went or changed.
    pub kind: DifferenceKind,
    /// The figure at the first state; none where nothing was known of it.
    pub from: Option<Brief>,
    /// The figure at the second state.
    pub to: Option<Brief>,
    /// The conflicts only the second state has.
    pub arose: Vec<Conflict>,
    /// The conflicts only the first state has.
    pub settled: Vec<Conflict>,
    /// The events in between that did it, in the order of their being known.
    pub because: Vec<Cause>,
}

/// How a figure differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// Nothing was known of it before.
    Appeared,
    /// Nothing is known of it any more.
    Went,
    /// A reader sees another figure, other flags or other conflicts.
    Changed,
}

impl Tolls {
    /// The figures asked for that differ between two states, in the order of an answer, each with the events that did it.
    ///
    /// Where both states are of one clock and ask about one moment, these are the events whose steps changed the figure;
    /// otherwise all that bear on the figure and count in one state only.
    #[must_use]
    pub fn diff(
        &self,
        situation: &SituationId,
        from: AsOf,
        to: AsOf,
        question: &Question,
    ) -> Vec<Difference> {
        let resolved = |as_of| {
            let answer = self.at(situation, as_of, question);
            let figures = answer.tolls.into_iter();
            figures.map(|toll| (Group::named(&toll.figure), Outline::of(toll)))
        };
        let mut both: BTreeMap<Group, (Option<Outline>, Option<Outline>)> = BTreeMap::new();
        for (group, outline) in resolved(from) {
            both.entry(group).or_default().0 = Some(outline);
        }
        for (group, outline) in resolved(to) {
            both.entry(group).or_default().1 = Some(outline);
        }
        let between = Between {
            tolls: self,
            situation,
            from,
            to,
            question,
        };
        both.into_values()
            .filter_map(|(before, after)| between.difference(before, after))
            .collect()
    }
}

struct Between<'a> {
    tolls: &'a Tolls,
    situation: &'a SituationId,
    from: AsOf,
    to: AsOf,
    question: &'a Question,
}

impl Between<'_> {
    fn difference(&self, before: Option<Outline>, after: Option<Outline>) -> Option<Difference> {
        let [from, to] =
            [&before, &after].map(|figure| figure.as_ref().map(|outline| outline.brief.clone()));
        let arose = conflicts_beside(after.as_ref(), before.as_ref());
        let settled = conflicts_beside(before.as_ref(), after.as_ref());
        if from == to && arose.is_empty() && settled.is_empty() {
            return None;
        }
        let kind = match (&before, &after) {
            (None, _) => DifferenceKind::Appeared,
            (_, None) => DifferenceKind::Went,
            _ => DifferenceKind::Changed,
        };
        let figure = after.as_ref().or(before.as_ref())?.figure.clone();
        Some(Difference {
            because: self.because(&figure, before, after),
            figure,
            kind,
            from,
            to,
            arose,
            settled,
        })
    }

    /// The events that did it.
    fn because(
        &self,
        figure: &FigureName,
        before: Option<Outline>,
        after: Option<Outline>,
    ) -> Vec<Cause> {
        let valid = self.to.valid.max(self.from.valid);
        let (policy, reading) = (&self.question.policy, self.question.reading);
        let Some(walk) = Walk::new(self.tolls, self.situation, valid, figure, policy, reading)
        else {
            return Vec::new();
        };
        let mut seen = Vec::new();
        if self.from.valid == self.to.valid {
            if is_before(self.from.known, self.to.known) {
                seen = causes(walk.between(before, self.from.known, self.to.known));
            } else if is_before(self.to.known, self.from.known) {
                seen = causes(walk.between(after, self.to.known, self.from.known));
            }
        }
        // A figure nobody claims may be answered when asked for by name and not be worth a line of an answer to everything:
        // then no step moves it.
        if !seen.is_empty() {
            return seen;
        }
        let counts = |bearing: &Bearing<'_>, as_of: AsOf| {
            bearing.is_known(as_of.known) && bearing.has_begun(as_of.valid)
        };
        walk.bearing(|bearing| counts(bearing, self.from) != counts(bearing, self.to))
    }
}

/// The causes of the changes a reader sees.
fn causes(changes: Vec<Change>) -> Vec<Cause> {
    let seen = changes.into_iter().filter(Change::is_seen);
    seen.flat_map(|change| change.causes).collect()
}

/// Whether one state of knowledge is before another of the same clock.
fn is_before(known: Known, other: Known) -> bool {
    match (known, other) {
        (Known::Position(known), Known::Position(other)) => known < other,
        (Known::Learnt(known), Known::Learnt(other)) => known < other,
        _ => false,
    }
}
