//! What lies within what: in people, scope, place, time and basis.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use situ_core::{Basis, Harm, Instant, Outcome, PlaceId, WindowKind};

use super::{Context, Count, Network};
use crate::claims::{Moment, Span};
use crate::solver::{Climb, Ladders, Node, Rule, Sense};

impl Network<'_> {
    /// Whatever lies within a count, in people, scope, place, time and basis, is no more than it.
    ///
    /// Every pair is a rule of its own; but where counts of one cell can never get an upper end they stand on a ladder.
    pub(super) fn add_containments(&mut self) -> Ladders {
        let series = self.series();
        let around = self.series_around(&series);
        let windows = self.outer_windows();
        let windows_around: Vec<Vec<(usize, Node)>> = (0..self.figures)
            .map(|part| self.windows_around(part, &windows))
            .collect();
        let bounded = self.bounded_series(&series, &around, &windows_around);
        let mut ladders = Ladders::among(self.counts.len());
        let rungs: Vec<Range<usize>> = (series.list.iter().zip(&bounded))
            .map(|(one, is_bounded)| match *is_bounded || one.is_of_windows {
                true => 0..0,
                false => ladders.put_up(&one.by_earliest),
            })
            .collect();
        let mut rules: Vec<Rule> = Vec::new();
        for (part, windows_around) in windows_around.into_iter().enumerate() {
            let inner = &self.counts[part];
            // In the order of whose harm, running counts and incidents before windows, and as they stand.
            let mut found: Vec<(usize, bool, Node, &'static str)> = Vec::new();
            let mut climbs: Vec<Climb> = Vec::new();
            for wider in &around[series.of[part]] {
                let outer = &series.list[wider.series];
                let rungs = &rungs[wider.series];
                if rungs.is_empty() {
                    let wholes = outer.nodes.iter().copied();
                    let wholes = wholes
                        .filter(|whole| *whole != part && inner.may_bound(&self.counts[*whole]));
                    found.extend(wholes.map(|whole| (wider.rank, false, whole, wider.name)));
                } else if !self.is_unstated(part) {
                    let climb = self.climb(part, outer, rungs, wider.name);
                    climbs.extend(climb);
                }
            }
            found.sort_unstable();
            let windows = windows_around.into_iter().filter_map(|(rank, whole)| {
                let name = self.context.containment(inner, &self.counts[whole])?;
                Some((rank, true, whole, name))
            });
            found.extend(windows);
            found.sort_by_key(|(rank, is_window, ..)| (*rank, *is_window));
            ladders.climb(climbs);
            rules.extend(found.into_iter().map(|(_, _, whole, name)| Rule {
                name,
                whole,
                parts: vec![part],
                sense: Sense::AtLeast,
                evidence: None,
            }));
        }
        for rule in rules {
            self.rule(rule.name, rule.whole, rule.parts, rule.sense, None);
        }
        for (one, _) in series.list.iter().zip(&bounded).filter(|(_, is)| **is) {
            self.add_same_moments(&one.nodes);
        }
        self.is_bounded = (0..self.counts.len())
            .map(|node| series.of.get(node).is_none_or(|of| bounded[*of]))
            .collect();
        ladders
    }

    /// How a part climbs a ladder; none where no rung is of its moment or later.
    fn climb(
        &self,
        part: Node,
        outer: &Counted,
        rungs: &Range<usize>,
        name: &'static str,
    ) -> Option<Climb> {
        let inner = &self.counts[part];
        let is_too_early = |whole: &Node| self.counts[*whole].as_of.earliest <= inner.as_of.latest;
        let first = match inner.cell.accumulates() {
            true => outer.by_earliest.partition_point(is_too_early),
            false => outer.by_earliest.len(),
        };
        let same = outer
            .nodes
            .binary_search_by_key(&inner.as_of, |whole| self.counts[*whole].as_of);
        let also = same.ok().map(|place| outer.nodes[place]);
        let climb = Climb {
            name,
            from: rungs.start + first,
            end: rungs.end,
            also: also.filter(|whole| *whole != part),
        };
        (climb.from < climb.end || climb.also.is_some()).then_some(climb)
    }

    /// The counts, cell by cell and epoch by epoch.
    fn series(&self) -> Series {
        let nodes: Vec<(&Count, Node)> = (self.index.iter())
            .map(|(count, node)| (count, *node))
            .collect();
        let is_of_one =
            |a: &(&Count, Node), b: &(&Count, Node)| a.0.cell == b.0.cell && a.0.epoch == b.0.epoch;
        let mut series = Series {
            list: Vec::new(),
            of: vec![0; self.figures],
        };
        for counts in nodes.chunk_by(is_of_one) {
            let nodes: Vec<Node> = counts.iter().map(|(_, node)| *node).collect();
            for node in &nodes {
                series.of[*node] = series.list.len();
            }
            let mut by_earliest = nodes.clone();
            by_earliest.sort_by_key(|node| self.counts[*node].as_of.earliest);
            series.list.push(Counted {
                is_of_windows: matches!(counts[0].0.cell.span, Span::Window(..)),
                nodes,
                by_earliest,
            });
        }
        series
    }

    /// For each series those, but for windows, that it lies within by all but time.
    fn series_around(&self, series: &Series) -> Vec<Vec<Wider>> {
        let first = |one: &Counted| &self.counts[one.nodes[0]];
        let mut outer: HashMap<(Outcome, Harm, &[PlaceId]), Vec<usize>> = HashMap::new();
        let mut sets_of: HashMap<&PlaceId, BTreeSet<&[PlaceId]>> = HashMap::new();
        for (index, one) in series.list.iter().enumerate() {
            let cell = &first(one).cell;
            if !one.is_of_windows {
                let key = (cell.outcome, cell.harm, &*cell.places);
                outer.entry(key).or_default().push(index);
                for place in &*cell.places {
                    sets_of.entry(place).or_default().insert(&cell.places);
                }
            }
        }
        let mut places_around: HashMap<&[PlaceId], Vec<&[PlaceId]>> = HashMap::new();
        let around = series.list.iter().map(|one| {
            let inner = first(one);
            let places: &Vec<&[PlaceId]> = places_around
                .entry(&inner.cell.places)
                .or_insert_with_key(|places| self.context.sets_around(places, &sets_of));
            let harms = self.context.harms_around(inner.cell.harm);
            let mut wider = Vec::new();
            for (rank, harm) in harms.into_iter().enumerate() {
                let keys = places.iter().map(|set| (inner.cell.outcome, harm, *set));
                for index in keys.filter_map(|key| outer.get(&key)).flatten() {
                    let name = self.context.lies_within(inner, first(&series.list[*index]));
                    wider.extend(name.map(|name| Wider {
                        rank,
                        name,
                        series: *index,
                    }));
                }
            }
            wider
        });
        around.collect()
    }

    /// Which series may ever get an upper end, under whichever reading: those claimed with one, and what lies within them or is
    /// related to them by a rule that brings it there.
    fn bounded_series(
        &self,
        series: &Series,
        around: &[Vec<Wider>],
        windows_around: &[Vec<(usize, Node)>],
    ) -> Vec<bool> {
        let mut within: Vec<Vec<usize>> = vec![Vec::new(); series.list.len()];
        for (inner, wider) in around.iter().enumerate() {
            for wider in wider {
                within[wider.series].push(inner);
            }
        }
        for (part, windows) in windows_around.iter().enumerate() {
            for (_, window) in windows {
                within[series.of[*window]].push(series.of[part]);
            }
        }
        let rules = || self.rules.iter().chain(&self.tentative);
        // Behind the figures are numbers of people who moved, which are all bounded.
        let of = |node: &Node| series.of.get(*node).copied();
        let mut related: Vec<Vec<&Rule>> = vec![Vec::new(); series.list.len()];
        for rule in rules() {
            for one in rule.parts.iter().chain([&rule.whole]).filter_map(of) {
                related[one].push(rule);
            }
        }
        let claimed = self.current.iter().zip(&self.nodes_of);
        let claimed = claimed.filter(|(current, _)| current.claim.quantity.point().most.is_some());
        let mut reached: Vec<usize> = claimed.map(|(_, node)| series.of[*node]).collect();
        let moved = rules().filter(|rule| {
            rule.parts
                .iter()
                .chain([&rule.whole])
                .any(|node| of(node).is_none())
        });
        reached.extend(
            moved
                .flat_map(|rule| rule.parts.iter().chain([&rule.whole]))
                .filter_map(of),
        );
        let mut bounded = vec![false; series.list.len()];
        while let Some(one) = reached.pop() {
            if std::mem::replace(&mut bounded[one], true) {
                continue;
            }
            reached.extend(&within[one]);
            let is_bounded = |node: &Node| of(node).is_none_or(|of| bounded[of]);
            for rule in &related[one] {
                if rule.sense != Sense::AtMost && is_bounded(&rule.whole) {
                    reached.extend(rule.parts.iter().filter_map(of));
                }
                if rule.sense != Sense::AtLeast && rule.parts.iter().all(is_bounded) {
                    reached.extend(of(&rule.whole));
                }
            }
        }
        bounded
    }

    /// The windows by outcome and harm, as others may lie within them.
    fn outer_windows(&self) -> BTreeMap<(Outcome, Harm), Vec<OuterWindow>> {
        let mut outer: BTreeMap<(Outcome, Harm), Vec<OuterWindow>> = BTreeMap::new();
        for (node, count) in self.counts[..self.figures].iter().enumerate() {
            if let Span::Window(_, from) = count.cell.span {
                let key = (count.cell.outcome, count.cell.harm);
                outer.entry(key).or_default().push(OuterWindow {
                    from,
                    as_of: count.as_of,
                    node,
                    last: count.as_of.latest,
                });
            }
        }
        for windows in outer.values_mut() {
            windows.sort_by_key(|window| (window.from.earliest, window.node));
            let mut last = None;
            for window in windows {
                window.last = last.map_or(window.last, |last: Instant| last.max(window.last));
                last = Some(window.last);
            }
        }
        outer
    }

    /// The windows that a window lies within, each by the place of its harm among those around: only where they begin by then and
    /// end no sooner, so that those of a long row of windows do not all look at each other.
    fn windows_around(
        &self,
        part: Node,
        outer: &BTreeMap<(Outcome, Harm), Vec<OuterWindow>>,
    ) -> Vec<(usize, Node)> {
        let inner = &self.counts[part];
        let Span::Window(_, from) = inner.cell.span else {
            return Vec::new();
        };
        let as_of = inner.as_of;
        let harms = self.context.harms_around(inner.cell.harm);
        let mut around = Vec::new();
        for (rank, harm) in harms.into_iter().enumerate() {
            let windows = outer.get(&(inner.cell.outcome, harm));
            let windows = windows.map_or(&[][..], Vec::as_slice);
            let is_begun = |window: &OuterWindow| window.from.earliest <= from.earliest;
            let begun = windows[..windows.partition_point(is_begun)].iter().rev();
            let wholes = begun
                .take_while(|window| window.last >= as_of.latest)
                .filter(|window| as_of.is_up_to(window.as_of))
                .map(|window| window.node)
                .filter(|whole| *whole != part)
                .filter(|whole| {
                    self.context
                        .containment(inner, &self.counts[*whole])
                        .is_some()
                });
            around.extend(wholes.map(|whole| (rank, whole)));
        }
        around
    }

    /// Counts of one cell whose as-ofs may be one moment may be the same.
    fn add_same_moments(&mut self, nodes: &[Node]) {
        for (index, node) in nodes.iter().enumerate() {
            for other in &nodes[..index] {
                if self.counts[*node].may_be_the_same(&self.counts[*other]) {
                    self.tentative.push(Rule {
                        name: "same moment",
                        whole: *other.min(node),
                        parts: vec![*other.max(node)],
                        sense: Sense::Equal,
                        evidence: None,
                    });
                }
            }
        }
    }
}

/// The counts of a network, cell by cell and epoch by epoch.
struct Series {
    list: Vec<Counted>,
    /// For each count which series it is of.
    of: Vec<usize>,
}

/// The counts of one cell and epoch.
struct Counted {
    is_of_windows: bool,
    /// In the order of their as-ofs.
    nodes: Vec<Node>,
    by_earliest: Vec<Node>,
}

/// A series that another lies within by all but time.
struct Wider {
    /// The place of its harm among those around that of the other.
    rank: usize,
    name: &'static str,
    series: usize,
}

struct OuterWindow {
    from: Moment,
    as_of: Moment,
    node: Node,
    /// The last end of this window and of all that start before it.
    last: Instant,
}

impl Context<'_> {
    /// The name of the constraint by which one count is no more than another, if it is; whose harm is checked already.
    fn containment(self, inner: &Count, outer: &Count) -> Option<&'static str> {
        (inner.may_bound(outer)).then(|| self.lies_within(inner, outer))?
    }

    /// The same whenever both are of, but for when windows begin.
    fn lies_within(self, inner: &Count, outer: &Count) -> Option<&'static str> {
        let (part, whole) = (&inner.cell, &outer.cell);
        let lies_within = part.outcome == whole.outcome
            && part.who.is_within(whole.who)
            && inner.epoch == outer.epoch
            && basis_within(part.basis, whole.basis)
            && self.places_within(&part.places, &whole.places)
            && self.span_within(inner, outer)
            && !part.is_named_beside(whole);
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

    /// The sets of places, of those that hold some place, that a set lies within.
    fn sets_around<'s>(
        self,
        places: &[PlaceId],
        sets_of: &HashMap<&PlaceId, BTreeSet<&'s [PlaceId]>>,
    ) -> Vec<&'s [PlaceId]> {
        let mut around: Vec<&PlaceId> = places.first().into_iter().collect();
        let mut next = 0;
        let mut sets: BTreeSet<&[PlaceId]> = BTreeSet::from([&[][..]]);
        while let Some(place) = around.get(next).copied() {
            next += 1;
            sets.extend(sets_of.get(place).into_iter().flatten());
            let described = self.register.place(self.situation, place, self.as_of.known);
            for outer in described.map_or(&[][..], |described| &described.within) {
                if !around.contains(&outer) {
                    around.push(outer);
                }
            }
        }
        sets.retain(|outer| self.places_within(places, outer));
        sets.into_iter().collect()
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

#[cfg(test)]
mod tests;
