//! What lies within what: in people, scope, place, time and basis.

use std::collections::BTreeMap;

use situ_core::{Basis, Harm, Instant, Outcome, PlaceId, WindowKind};

use super::{Context, Count, Network};
use crate::claims::{Moment, Span};
use crate::solver::{Node, Rule, Sense};

impl Network<'_> {
    /// Whatever lies within a count, in people, scope, place, time and basis, is no more than it.
    pub(super) fn add_containments(&mut self) {
        let mut outer: BTreeMap<(Outcome, Harm), Outer> = BTreeMap::new();
        for (node, count) in self.counts.iter().enumerate() {
            let key = (count.cell.outcome, count.cell.harm);
            outer.entry(key).or_default().push(node, count);
        }
        for outer in outer.values_mut() {
            outer.sort();
        }
        for part in 0..self.counts.len() {
            let inner = &self.counts[part];
            let mut found: Vec<(&'static str, Node)> = Vec::new();
            for harm in self.context.harms_around(inner.cell.harm) {
                let Some(outer) = outer.get(&(inner.cell.outcome, harm)) else {
                    continue;
                };
                for whole in outer.around(inner).filter(|whole| *whole != part) {
                    let name = self.context.containment(inner, &self.counts[whole]);
                    found.extend(name.map(|name| (name, whole)));
                }
            }
            for (name, whole) in found {
                self.rule(name, whole, vec![part], Sense::AtLeast, None);
            }
        }
        self.add_same_moments();
    }

    /// Counts of one cell whose as-ofs may be one moment may be the same.
    fn add_same_moments(&mut self) {
        let nodes: Vec<(&Count, Node)> = self
            .index
            .iter()
            .map(|(count, node)| (count, *node))
            .collect();
        let same_cell =
            |a: &(&Count, Node), b: &(&Count, Node)| a.0.cell == b.0.cell && a.0.epoch == b.0.epoch;
        for nodes in nodes.chunk_by(same_cell) {
            for (index, (count, node)) in nodes.iter().enumerate() {
                let others = nodes[..index].iter();
                let same = others.filter(|(other, _)| count.may_be_the_same(other));
                self.tentative.extend(same.map(|(_, other)| Rule {
                    name: "same moment",
                    whole: *other.min(node),
                    parts: vec![*other.max(node)],
                    sense: Sense::Equal,
                    evidence: None,
                }));
            }
        }
    }
}

/// The counts of one outcome and harm that others may lie within.
#[derive(Default)]
struct Outer {
    others: Vec<(Moment, Node)>,
    windows: Vec<OuterWindow>,
}

struct OuterWindow {
    from: Moment,
    as_of: Moment,
    node: Node,
    /// The last end of this window and of all that start before it.
    last: Instant,
}

impl Outer {
    fn push(&mut self, node: Node, count: &Count) {
        match count.cell.span {
            Span::Window(_, from) => self.windows.push(OuterWindow {
                from,
                as_of: count.as_of,
                node,
                last: count.as_of.latest,
            }),
            Span::Cumulative(_) | Span::Incident => self.others.push((count.as_of, node)),
        }
    }

    fn sort(&mut self) {
        self.windows
            .sort_by_key(|window| (window.from.earliest, window.node));
        let mut last = None;
        for window in &mut self.windows {
            window.last = last.map_or(window.last, |last: Instant| last.max(window.last));
            last = Some(window.last);
        }
    }

    /// The counts that a count may lie within by their time alone: windows only where they begin by then and end no sooner, so
    /// that those of a long row of windows do not all look at each other.
    fn around(&self, inner: &Count) -> impl Iterator<Item = Node> {
        let as_of = inner.as_of;
        let others = self.others.iter();
        let others = others.filter(move |(outer, _)| as_of.is_up_to(*outer));
        let begun = match inner.cell.span {
            Span::Window(_, from) => {
                let is_begun = |window: &OuterWindow| window.from.earliest <= from.earliest;
                &self.windows[..self.windows.partition_point(is_begun)]
            }
            Span::Cumulative(_) | Span::Incident => &[],
        };
        let windows = begun.iter().rev();
        let windows = windows
            .take_while(move |window| window.last >= as_of.latest)
            .filter(move |window| as_of.is_up_to(window.as_of));
        others
            .map(|(_, node)| *node)
            .chain(windows.map(|window| window.node))
    }
}

impl Context<'_> {
    /// The name of the constraint by which one count is no more than another, if it is; whose harm is checked already.
    fn containment(self, inner: &Count, outer: &Count) -> Option<&'static str> {
        let (part, whole) = (&inner.cell, &outer.cell);
        let lies_within = part.outcome == whole.outcome
            && part.who.is_within(whole.who)
            && inner.may_bound(outer)
            && inner.epoch == outer.epoch
            && basis_within(part.basis, whole.basis)
            && self.places_within(&part.places, &whole.places)
            && self.span_within(inner, outer);
        if !lies_within {
            return None;
        }
        Some(if part.who != whole.who {
            "subset"
        } else if part.harm != whole.harm {
            "scope"
        } else if part.places != whole.places {
            "place"
        } else if part.basis != whole.basis {
            "basis order"
        } else if part.span != whole.span {
            "time"
        } else {
            "older count"
        })
    }

    /// Whose harm a harm is part of, itself first: an event's, that of what it is `part_of`, the attacks' or operations', all.
    pub(crate) fn harms_around(self, harm: Harm) -> Vec<Harm> {
        let mut around = vec![harm];
        let mut step = harm;
        while let Harm::Event(event) = step {
            let known = self.as_of.known;
            let incident = self.claims.incidents.get(&event).filter(|incident| {
                known.includes(incident.learnt_at, incident.position)
                    && self.register.event_retraction(event, known).is_none()
            });
            let Some(incident) = incident else { break };
            let next = incident
                .part_of
                .map(Harm::Event)
                .filter(|next| !around.contains(next));
            if !around.contains(&incident.harm) {
                around.push(incident.harm);
            }
            let Some(next) = next else { break };
            around.push(next);
            step = next;
        }
        if !around.contains(&Harm::All) {
            around.push(Harm::All);
        }
        around
    }

    pub(crate) fn places_within(self, inner: &[PlaceId], outer: &[PlaceId]) -> bool {
        let lies = |place: &PlaceId| {
            outer.iter().any(|outer| {
                self.register
                    .lies_within(self.situation, place, outer, self.as_of.known)
            })
        };
        outer.is_empty() || (!inner.is_empty() && inner.iter().all(lies))
    }

    /// Whether the time one count covers lies within that of another.
    fn span_within(self, inner: &Count, outer: &Count) -> bool {
        match (inner.cell.span, outer.cell.span) {
            (Span::Incident, Span::Incident) => true,
            (Span::Cumulative(inner), Span::Cumulative(outer)) => starts_by(outer, inner),
            (Span::Window(kind, from), Span::Cumulative(since)) => {
                kind != WindowKind::Reporting
                    && inner.cell.accumulates()
                    && starts_by(since, Some(from))
            }
            (Span::Window(inner_kind, inner_from), Span::Window(outer_kind, outer_from)) => {
                inner_kind != WindowKind::Reporting
                    && outer_kind != WindowKind::Reporting
                    && starts_by(Some(outer_from), Some(inner_from))
            }
            _ => false,
        }
    }
}

/// Whether a running count that starts at `outer` has begun when one that starts at `inner` begins; an unsaid start may be any.
pub(super) fn starts_by(outer: Option<Moment>, inner: Option<Moment>) -> bool {
    outer == inner
        || outer.zip(inner).is_some_and(|(outer, inner)| {
            outer.earliest <= inner.earliest && outer.latest <= inner.latest
        })
}

fn basis_within(inner: Basis, outer: Basis) -> bool {
    inner == outer
        || matches!(
            (inner, outer),
            (Basis::Identified | Basis::BodyRecovered, Basis::Reported)
                | (Basis::Reported, Basis::PresumedIncluded)
        )
}
