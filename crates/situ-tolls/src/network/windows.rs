//! How windows and running counts add up in time.

use std::collections::BTreeMap;

use situ_core::WindowKind;

use super::containment::starts_by;
use super::{Count, Network};
use crate::claims::{Cell, Moment, Span};
use crate::solver::{Node, Sense};

/// The counts of the same people in the same scope, place and basis.
#[derive(Default)]
struct Family {
    running: Vec<Node>,
    windows: Vec<(Node, Moment)>,
}

/// Windows one after the other, and what covers them.
struct Row {
    whole: Node,
    parts: Vec<Node>,
    sense: Sense,
}

impl Network<'_> {
    /// Windows of occurrence add up with running counts in time; they are never added to one.
    pub(super) fn add_windows(&mut self) {
        let is_window = |count: &Count| matches!(count.cell.span, Span::Window(..));
        if !self.counts.iter().any(is_window) {
            return;
        }
        let mut families: BTreeMap<Cell, Family> = BTreeMap::new();
        for (node, count) in self.counts.iter().enumerate() {
            let family = families
                .entry(Cell {
                    span: Span::Incident,
                    ..count.cell.clone()
                })
                .or_default();
            match count.cell.span {
                Span::Cumulative(_) => family.running.push(node),
                Span::Window(WindowKind::Occurrence | WindowKind::Unstated, from) => {
                    family.windows.push((node, from));
                }
                Span::Window(WindowKind::Reporting, _) | Span::Incident => {}
            }
        }
        for Family { running, windows } in families.values() {
            for (window, from) in windows {
                for (whole, other) in running
                    .iter()
                    .flat_map(|whole| running.iter().map(move |other| (*whole, *other)))
                {
                    if let Some((name, sense)) = self.additivity(whole, *window, *from, other) {
                        self.rule(name, whole, vec![other, *window], sense, None);
                    }
                }
            }
            let is_stated = |(node, _): &&(Node, Moment)| !self.is_unstated(*node);
            let stated: Vec<(Node, Moment)> = windows.iter().filter(is_stated).copied().collect();
            let mut rows = self.rows(running, windows, &stated);
            if stated.len() < windows.len() {
                rows.extend(self.rows(running, windows, windows));
            }
            for row in rows {
                self.rule("windows in a row", row.whole, row.parts, row.sense, None);
            }
        }
    }

    /// Windows one after the other are together no more than any count that covers them, and just that where they leave no gap:
    /// of each count the row that ends soonest each time, and the shortest row without a gap.
    fn rows(
        &self,
        running: &[Node],
        covering: &[(Node, Moment)],
        windows: &[(Node, Moment)],
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        if windows.len() < 2 || !self.counts[windows[0].0].cell.accumulates() {
            return rows;
        }
        let mut soonest_end: Vec<(Node, Moment)> = windows.to_vec();
        soonest_end.sort_by_key(|(node, from)| (self.counts[*node].as_of, *from));
        let starts = running
            .iter()
            .map(|node| match self.counts[*node].cell.span {
                Span::Cumulative(since) => (*node, since),
                _ => (*node, None),
            });
        let covering = covering.iter().map(|(node, from)| (*node, Some(*from)));
        for (whole, start) in starts.chain(covering) {
            let apart = self.windows_apart(whole, start, &soonest_end);
            if apart.len() > 1 {
                rows.push(Row {
                    whole,
                    parts: apart,
                    sense: Sense::AtLeast,
                });
            }
            let gapless = start.and_then(|start| self.gapless(whole, start, windows));
            rows.extend(gapless.map(|parts| Row {
                whole,
                parts,
                sense: Sense::Equal,
            }));
        }
        for (whole, other) in running
            .iter()
            .flat_map(|whole| running.iter().map(move |other| (*whole, *other)))
        {
            let (count, before) = (&self.counts[whole], &self.counts[other]);
            if count.cell != before.cell || count.epoch != before.epoch {
                continue;
            }
            if let Some(mut parts) = self.gapless(whole, before.as_of, windows) {
                parts.insert(0, other);
                rows.push(Row {
                    whole,
                    parts,
                    sense: Sense::Equal,
                });
            }
        }
        rows
    }

    /// Windows that a count covers and of which none begins before the one before it is over.
    fn windows_apart(
        &self,
        whole: Node,
        start: Option<Moment>,
        soonest_end: &[(Node, Moment)],
    ) -> Vec<Node> {
        let count = &self.counts[whole];
        let mut apart: Vec<Node> = Vec::new();
        for (window, from) in soonest_end {
            let covered = &self.counts[*window];
            let is_covered = *window != whole
                && covered.epoch == count.epoch
                && starts_by(start, Some(*from))
                && covered.as_of.is_up_to(count.as_of);
            let is_after = |last: &Node| self.counts[*last].as_of.is_up_to(*from);
            if is_covered && apart.last().is_none_or(is_after) {
                apart.push(*window);
            }
        }
        apart
    }

    /// The shortest row of two or more windows from a moment to the as-of of a count, each beginning where the one before it ends.
    fn gapless(&self, whole: Node, from: Moment, windows: &[(Node, Moment)]) -> Option<Vec<Node>> {
        let count = &self.counts[whole];
        let mut reached: Vec<(Moment, Vec<Node>)> = vec![(from, Vec::new())];
        let mut next = 0;
        while let Some((at, row)) = reached.get(next).cloned() {
            next += 1;
            for (window, _) in windows.iter().filter(|(_, start)| *start == at) {
                let covered = &self.counts[*window];
                if *window == whole
                    || covered.epoch != count.epoch
                    || covered.as_of == at
                    || !covered.as_of.is_up_to(count.as_of)
                {
                    continue;
                }
                let row = [row.as_slice(), &[*window]].concat();
                if covered.as_of == count.as_of {
                    if row.len() > 1 {
                        return Some(row);
                    }
                } else if !reached.iter().any(|(reached, _)| *reached == covered.as_of) {
                    reached.push((covered.as_of, row));
                }
            }
        }
        None
    }

    /// How a running count relates to a window and another running count of the same people.
    fn additivity(
        &self,
        whole: Node,
        window: Node,
        from: Moment,
        other: Node,
    ) -> Option<(&'static str, Sense)> {
        let (whole, window, other) = (
            &self.counts[whole],
            &self.counts[window],
            &self.counts[other],
        );
        let (Span::Cumulative(start), Span::Cumulative(other_start)) =
            (whole.cell.span, other.cell.span)
        else {
            return None;
        };
        if !whole.cell.accumulates()
            || whole.epoch != other.epoch
            || !starts_by(start, Some(from))
            || !window.as_of.is_up_to(whole.as_of)
        {
            return None;
        }
        let name = "time additivity";
        // The other count begins when the window is over: both lie in the whole, apart.
        if other_start.is_some_and(|other_start| window.as_of.is_before(other_start)) {
            return (starts_by(start, other_start) && other.as_of.is_up_to(whole.as_of))
                .then_some((name, Sense::AtLeast));
        }
        if other_start != start || !other.as_of.is_up_to(whole.as_of) || other.as_of == whole.as_of
        {
            return None;
        }
        let window_ends_the_whole = window.as_of == whole.as_of;
        if other.as_of == from {
            return Some((
                name,
                if window_ends_the_whole {
                    Sense::Equal
                } else {
                    Sense::AtLeast
                },
            ));
        }
        if other.as_of.is_before(from) {
            return Some((name, Sense::AtLeast));
        }
        // The other count ends inside the window: the two overlap and cover the whole.
        (window_ends_the_whole && from.is_before(other.as_of)).then_some((name, Sense::AtMost))
    }
}
