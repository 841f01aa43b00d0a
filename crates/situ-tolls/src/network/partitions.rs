//! Wholes and their parts: as declared, and as every group of people has them.

use std::collections::{BTreeMap, BTreeSet};

use situ_core::{AgeBand, Coverage, EventId, Instant, PlaceId, Role, Sex, Who};

use super::{Count, Network, number};
use crate::claims::{Cell, Declared, Moment};
use crate::solver::{Evidence, Node, Sense};

/// A whole's parts, at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) parts: Vec<(Who, Node)>,
    /// How many parts the whole has, found or not.
    pub(crate) all_parts: usize,
    pub(crate) declared: Option<EventId>,
    pub(crate) exhaustive: bool,
}

impl Network<'_> {
    pub(super) fn add_partitions(&mut self) {
        let mut next = 0;
        while next < self.counts.len() {
            let count = self.counts[next].clone();
            for declared in self.declared.clone() {
                let partition = &declared.partition;
                let is_about = |who: &Who| *who == count.cell.who;
                if declared.is_about(&count.cell)
                    && (is_about(&partition.whole) || partition.parts.iter().any(is_about))
                {
                    for who in partition.parts.iter().chain([&partition.whole]) {
                        self.add(Count {
                            cell: count.cell.with_who(*who),
                            ..count.clone()
                        });
                    }
                }
            }
            for part in missing_parts(&count, &self.index) {
                self.add(Count {
                    cell: count.cell.with_who(part),
                    ..count.clone()
                });
            }
            next += 1;
        }
        let counted: BTreeSet<Who> = self.counts.iter().map(|count| count.cell.who).collect();
        for whole in 0..self.counts.len() {
            for (index, declared) in self.declared.clone().into_iter().enumerate() {
                if declared.is_about(&self.counts[whole].cell)
                    && declared.partition.whole == self.counts[whole].cell.who
                {
                    let evidence = number(self.current.len() + self.moved.len() + index);
                    let exhaustive = declared.partition.coverage == Coverage::Exhaustive;
                    let declaration = Some((declared.event, evidence));
                    self.add_partition(whole, &declared.partition.parts, exhaustive, declaration);
                }
            }
            for parts in parts_of(self.counts[whole].cell.who) {
                if !parts.iter().any(|part| counted.contains(part)) {
                    continue;
                }
                self.add_partition(whole, &parts, false, None);
            }
        }
    }

    fn add_partition(
        &mut self,
        whole: Node,
        who: &[Who],
        exhaustive: bool,
        declared: Option<(EventId, Evidence)>,
    ) {
        let parts: Vec<(Who, Node)> = who
            .iter()
            .filter_map(|who| Some((*who, self.newest_up_to(whole, *who)?)))
            .collect();
        if parts.is_empty() {
            return;
        }
        let same_moment =
            |(_, node): &(Who, Node)| self.counts[*node].as_of == self.counts[whole].as_of;
        let is_equal = exhaustive && parts.len() == who.len() && parts.iter().all(same_moment);
        let sense = if is_equal {
            Sense::Equal
        } else {
            Sense::AtLeast
        };
        let nodes = parts.iter().map(|(_, node)| *node).collect();
        // A single part of a partition that always holds is a subset, and bounded as one.
        if parts.len() > 1 || declared.is_some() {
            self.rule(
                "partition",
                whole,
                nodes,
                sense,
                declared.map(|(_, evidence)| evidence),
            );
        }
        let declared = declared.map(|(event, _)| event);
        self.partitions.push((
            whole,
            Partition {
                parts,
                all_parts: who.len(),
                declared,
                exhaustive,
            },
        ));
    }

    /// The newest count of other people in the same cell that is not after this one.
    fn newest_up_to(&self, whole: Node, who: Who) -> Option<Node> {
        let whole = &self.counts[whole];
        let same_moment = Count {
            cell: whole.cell.with_who(who),
            ..whole.clone()
        };
        if let Some(node) = self.index.get(&same_moment) {
            return Some(*node);
        }
        if !whole.cell.accumulates() {
            return None;
        }
        let begins = Count {
            as_of: Moment {
                latest: whole.as_of.earliest,
                earliest: Instant::from_unix_nanos(i64::MIN),
            },
            ..same_moment
        };
        let (count, node) = self.index.range(..&begins).next_back()?;
        (count.cell == begins.cell && count.epoch == begins.epoch).then_some(*node)
    }

    /// The partitions of a count.
    pub(crate) fn partitions_of(&self, whole: Node) -> impl Iterator<Item = &Partition> {
        let first = self.partitions.partition_point(|(of, _)| *of < whole);
        let own = self.partitions[first..].iter();
        own.take_while(move |(of, _)| *of == whole)
            .map(|(_, partition)| partition)
    }
}

impl Declared {
    /// Whether the partition is of these people's figures: same outcome, scope and places.
    fn is_about(&self, cell: &Cell) -> bool {
        let partition = &self.partition;
        partition.outcome == cell.outcome
            && partition.scope == cell.harm
            && same_places(&partition.places, &cell.places)
    }
}

fn same_places(declared: &[PlaceId], sorted: &[PlaceId]) -> bool {
    let declared: BTreeSet<_> = declared.iter().collect();
    declared.len() == sorted.len() && sorted.iter().all(|place| declared.contains(place))
}

/// The partitions every group of people has.
fn parts_of(whole: Who) -> Vec<Vec<Who>> {
    let mut partitions = Vec::new();
    let roles: Vec<Who> = Role::ALL
        .iter()
        .filter(|role| role.part_of() == Some(whole.role))
        .map(|role| Who {
            role: *role,
            ..whole
        })
        .collect();
    if !roles.is_empty() {
        partitions.push(roles);
    }
    if whole.sex.is_none() {
        partitions.push(
            Sex::ALL
                .iter()
                .map(|sex| Who {
                    sex: Some(*sex),
                    ..whole
                })
                .collect(),
        );
    }
    if whole.age.is_none() {
        partitions.push(
            [AgeBand::Child, AgeBand::Adult]
                .iter()
                .map(|age| Who {
                    age: Some(*age),
                    ..whole
                })
                .collect(),
        );
    }
    partitions
}

/// Roles nobody claims a count for, beside others of the same whole that somebody does.
fn missing_parts(count: &Count, index: &BTreeMap<Count, Node>) -> Vec<Who> {
    let has = |who: Who| {
        index.contains_key(&Count {
            cell: count.cell.with_who(who),
            ..count.clone()
        })
    };
    let main = [Role::Civilian, Role::SecurityForces, Role::NonStateArmed];
    if count.cell.who != Who::any(Role::All) || !main.iter().any(|role| has(Who::any(*role))) {
        return Vec::new();
    }
    main.into_iter()
        .map(Who::any)
        .filter(|who| !has(*who))
        .collect()
}
