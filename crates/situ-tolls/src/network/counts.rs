//! Which counts there are: what is claimed, what carries it on, and what is asked for.

use std::collections::BTreeMap;

use situ_core::Harm;

use super::{Count, Epoch, Network, Shift, Total, number};
use crate::claims::{Cell, Moment, Moved, Span};
use crate::solver::{Node, Rule, Sense};

impl Network<'_> {
    /// Every current claim has its count, and one on the superscope where partitions run; every group of figures one more, with
    /// its earliest start and latest as-of, which a question without a start is about.
    pub(super) fn add_counts(&mut self) {
        // In an order of their own: where claims clash, bounds stop somewhere, and not elsewhere because the log came otherwise.
        let claimed = self.current.iter().map(Count::of).enumerate();
        let mut claimed: Vec<(usize, Count)> = claimed.collect();
        claimed.sort_unstable_by(|(_, count), (_, other)| count.cmp(other));
        self.nodes_of = vec![0; claimed.len()];
        for (index, count) in claimed {
            self.nodes_of[index] = self.add(count.clone());
            if count.cell.harm != Harm::All && !count.cell.is_of_a_named_incident() {
                self.add(Count {
                    cell: Cell {
                        harm: Harm::All,
                        ..count.cell.clone()
                    },
                    ..count
                });
            }
        }
        self.add_carried_counts();
        let mut references: BTreeMap<Cell, (Option<Moment>, Moment, Option<Epoch>)> =
            BTreeMap::new();
        for count in &self.counts {
            let Span::Cumulative(since) = count.cell.span else {
                continue;
            };
            let group = Cell {
                span: Span::Cumulative(None),
                ..count.cell.clone()
            };
            let entry =
                references
                    .entry(group)
                    .or_insert((since, count.as_of, count.epoch.clone()));
            entry.0 = earlier_start(entry.0, since);
            if count.as_of > entry.1 {
                (entry.1, entry.2) = (count.as_of, count.epoch.clone());
            }
        }
        for (group, (since, as_of, epoch)) in references {
            self.add(Count {
                cell: Cell {
                    span: Span::Cumulative(since),
                    ..group
                },
                epoch,
                as_of,
            });
        }
    }

    /// What each claim comes to is a count of its own: at the moment of each change, and on the whole series where a counter
    /// began anew.
    fn add_carried_counts(&mut self) {
        let mut tops: Vec<Option<Node>> = vec![None; self.current.len()];
        let mut oldest_first: Vec<usize> = (0..self.current.len()).collect();
        oldest_first.sort_by_key(|index| {
            let claim = self.current[*index].claim;
            (claim.moment(), claim.id)
        });
        for index in oldest_first {
            let carried = self.carried[index].clone();
            if carried.changes.is_empty() && carried.continues.is_none() {
                continue;
            }
            let mut top = self.nodes_of[index];
            let outcome = self.counts[top].cell.outcome;
            let is_one_moment = |a: &&Moved, b: &&Moved| Moment::of(&a.at) == Moment::of(&b.at);
            for changes in carried.changes.chunk_by(is_one_moment) {
                let after = self.add(Count {
                    as_of: Moment::of(&changes[0].at),
                    ..self.counts[top].clone()
                });
                let place = |moved: &&Moved| {
                    let of = |other: &Moved| other.position;
                    self.moved
                        .partition_point(|other| of(other) < moved.position)
                };
                let changes = changes
                    .iter()
                    .map(|moved| (place(moved), moved.change.to == outcome));
                let shift = Shift {
                    before: top,
                    after,
                    changes: changes.collect(),
                };
                if !self.shifts.contains(&shift) {
                    self.shifts.push(shift);
                }
                top = after;
            }
            if let Some((before, restart)) = carried.continues {
                let before = before as usize;
                let earlier = tops[before].unwrap_or(self.nodes_of[before]);
                let whole = self.add(Count {
                    cell: self.counts[earlier].cell.clone(),
                    epoch: None,
                    as_of: self.counts[top].as_of,
                });
                let restart = self
                    .restarts
                    .partition_point(|other| other.position < restart.position);
                let total = Total {
                    whole,
                    parts: vec![earlier, top],
                    restart,
                };
                if !self.totals.contains(&total) {
                    self.totals.push(total);
                }
                top = whole;
            }
            tops[index] = Some(top);
        }
    }

    /// Adds the numbers of people who moved, behind all figures, and what makes one count of others and them.
    pub(super) fn add_carrying(&mut self) {
        self.figures = self.counts.len();
        for index in 0..self.moved.len() {
            let is_its = |(change, _): &(usize, bool)| *change == index;
            let shift = self
                .shifts
                .iter()
                .find(|shift| shift.changes.iter().any(is_its))
                .expect("a change that is kept carries a count");
            self.counts.push(self.counts[shift.after].clone());
        }
        for Shift {
            before,
            after,
            changes,
        } in self.shifts.clone()
        {
            let nodes = |is_in: bool| {
                let of = changes.iter().filter(move |change| change.1 == is_in);
                of.map(|(change, _)| self.figures + change)
            };
            let (moved_in, moved_out): (Vec<Node>, Vec<Node>) =
                (nodes(true).collect(), nodes(false).collect());
            let mut is_sum = |whole: Node, part: Node, moved: Vec<Node>| {
                self.rules.push(Rule {
                    name: "outcome change",
                    whole,
                    parts: [vec![part], moved].concat(),
                    sense: Sense::Equal,
                    evidence: None,
                });
            };
            match (moved_in.is_empty(), moved_out.is_empty()) {
                (_, true) => is_sum(after, before, moved_in),
                (true, false) => is_sum(before, after, moved_out),
                (false, false) => {
                    let between = self.counts.len();
                    is_sum(between, before, moved_in);
                    is_sum(between, after, moved_out);
                    self.counts.push(self.counts[after].clone());
                }
            }
        }
        for total in &self.totals {
            let before = self.current.len() + self.moved.len() + self.declared.len();
            self.rules.push(Rule {
                name: "continuous series",
                whole: total.whole,
                parts: total.parts.clone(),
                sense: Sense::Equal,
                evidence: Some(number(before + total.restart)),
            });
        }
    }

    /// A running count that is asked for, as of the newest moment its people are spoken of, claimed or not: since its start, or
    /// since the earliest there is.
    pub(super) fn add_asked(&mut self, asked: &Cell) {
        let Span::Cumulative(start) = asked.span else {
            return;
        };
        let is_running = |count: &&Count| matches!(count.cell.span, Span::Cumulative(_));
        let is_claimed = |count: &&Count| asked.is_but_for_start(&count.cell);
        let running = || self.counts.iter().filter(is_running);
        if start.is_none() && running().any(|count| is_claimed(&count)) {
            return;
        }
        let newest = running()
            .filter(is_claimed)
            .max_by_key(|count| count.as_of)
            .or_else(|| running().max_by_key(|count| count.as_of));
        let starts = running().map(|count| match count.cell.span {
            Span::Cumulative(since) => since,
            _ => None,
        });
        let start = start.or_else(|| starts.reduce(earlier_start).flatten());
        if let Some(newest) = newest {
            let count = Count {
                cell: Cell {
                    span: Span::Cumulative(start),
                    ..asked.clone()
                },
                epoch: newest.epoch.clone(),
                as_of: newest.as_of,
            };
            self.add(count);
        }
    }
}

/// The start of the figure both counts belong to: an unsaid one gives way to one that is said.
fn earlier_start(a: Option<Moment>, b: Option<Moment>) -> Option<Moment> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if (b.earliest, b.latest) < (a.earliest, a.latest) {
            b
        } else {
            a
        }),
        (a, b) => a.or(b),
    }
}
