//! From current claims to counts and constraints: which figures bound which.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use situ_core::{
    AgeBand, AsOf, Basis, ClaimRef, Coverage, EventId, Harm, Instant, Name, Outcome, PlaceId,
    Position, Register, Role, Sex, SituationId, SourceId, Who, WindowKind,
};

use crate::carry::Carried;
use crate::claims::{Cell, Claim, Claims, Declared, Moment, Moved, Restart, Span};
use crate::lines::{Aside, Current, Standing};
use crate::solver::{Evidence, Fact, Node, Rule, Sense, Solution, System};
use crate::toll::Reading;
use crate::tolls::Series;

/// A counter of one source, after it began anew.
type Epoch = (SourceId, Name);

/// People who moved in or out at a moment: two counts differ by just them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Shift {
    before: Node,
    after: Node,
    /// The changes, by their place among those that carry anything, and whether they move people in.
    changes: Vec<(usize, bool)>,
}

/// A count carried over a counter that began anew.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Total {
    whole: Node,
    parts: Vec<Node>,
    /// By its place among those that carry anything.
    restart: usize,
}

/// One count: a cell of one epoch, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Count {
    pub(crate) cell: Cell,
    pub(crate) epoch: Option<Epoch>,
    pub(crate) as_of: Moment,
}

/// The counts of a situation as of two clocks, and everything that bounds them.
pub(crate) struct Network<'a> {
    pub(crate) counts: Vec<Count>,
    /// How many counts are figures; those behind them are numbers of people who moved.
    figures: usize,
    index: BTreeMap<Count, Node>,
    pub(crate) current: Vec<Current<'a>>,
    /// Each current claim, carried on.
    pub(crate) carried: Vec<Carried<'a>>,
    moved: Vec<&'a Moved>,
    shifts: Vec<Shift>,
    pub(crate) declared: Vec<&'a Declared>,
    restarts: Vec<&'a Restart>,
    totals: Vec<Total>,
    named: HashMap<ClaimRef, Evidence>,
    rules: Vec<Rule>,
    /// Rules that may not hold, for windows of unstated kind and as-ofs that may be one moment: they bound no figure, and show
    /// possible conflicts.
    tentative: Vec<Rule>,
    /// Evidence the bounds of a node must not rest on.
    pub(crate) banned: BTreeMap<Node, Vec<Evidence>>,
    /// By whole.
    partitions: Vec<(Node, Partition)>,
    /// The running counts.
    pub(crate) running: Vec<Node>,
    context: Context<'a>,
}

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

/// A whole's parts, at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) parts: Vec<(Who, Node)>,
    /// How many parts the whole has, found or not.
    pub(crate) all_parts: usize,
    pub(crate) declared: Option<EventId>,
    pub(crate) exhaustive: bool,
}

/// What a situation's claims are resolved in.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) situation: &'a SituationId,
    pub(crate) claims: &'a Claims,
    pub(crate) register: &'a Register,
    pub(crate) as_of: AsOf,
}

impl<'a> Network<'a> {
    pub(crate) fn new(
        context: Context<'a>,
        standing: &Standing<'a>,
        asked: Option<&Cell>,
        series: Series,
    ) -> Self {
        let carried = context.carry(&standing.current, series);
        let mut moved: Vec<&Moved> = carried
            .iter()
            .flat_map(|one| one.changes.iter().copied())
            .collect();
        moved.sort_by_key(|moved| moved.position);
        moved.dedup_by_key(|moved| moved.position);
        let restarts = carried.iter().filter_map(|one| one.continues);
        let mut restarts: Vec<&Restart> = restarts.map(|(_, restart)| restart).collect();
        restarts.sort_by_key(|restart| restart.position);
        restarts.dedup_by_key(|restart| restart.position);
        let mut network = Self {
            counts: Vec::new(),
            figures: 0,
            index: BTreeMap::new(),
            current: standing.current.clone(),
            carried,
            moved,
            shifts: Vec::new(),
            declared: context.declared(),
            restarts,
            totals: Vec::new(),
            named: HashMap::new(),
            rules: Vec::new(),
            tentative: Vec::new(),
            banned: BTreeMap::new(),
            partitions: Vec::new(),
            running: Vec::new(),
            context,
        };
        network.named = network
            .evidence()
            .map(|evidence| (network.name_of(evidence), evidence))
            .collect();
        network.add_counts();
        let has_start =
            |cell: &Cell| matches!(cell.span, Span::Cumulative(since) if since.is_some());
        if let Some(cell) = asked.filter(|cell| has_start(cell)) {
            network.add_asked(cell);
        }
        network.add_partitions();
        // Without a start it is a figure of an answer to everything: only one that nothing spoke of is added.
        if let Some(cell) = asked.filter(|cell| !has_start(cell)) {
            let is_it = |aside: &Aside<'_>| cell.is_but_for_start(&aside.claim.cell);
            if !standing.aside.iter().any(is_it) {
                network.add_asked(cell);
            }
        }
        network.add_containments();
        network.add_windows();
        network.add_carrying();
        let is_running =
            |node: &Node| matches!(network.counts[*node].cell.span, Span::Cumulative(_));
        network.running = network.nodes().filter(is_running).collect();
        network.ban_totals_of_retracted(standing);
        network
    }

    /// Counts, claims and constraints under a reading.
    pub(crate) fn system(&self, reading: Reading) -> System {
        self.system_with(reading, &[])
    }

    /// The same under `point`, with windows of unstated kind read as windows of occurrence, and overlapping as-ofs as one; none
    /// where that changes nothing.
    pub(crate) fn tentative_system(&self) -> Option<System> {
        let changes = !self.tentative.is_empty();
        changes.then(|| self.system_with(Reading::Point, &self.tentative))
    }

    fn system_with(&self, reading: Reading, tentative: &[Rule]) -> System {
        let facts = self.current.iter().zip(0..).map(|(current, evidence)| {
            let quantity = current.claim.quantity;
            let interval = match reading {
                Reading::Point => quantity.point(),
                Reading::Floor => quantity.floor(),
            };
            Fact {
                node: self.index[&Count::of(current)],
                least: signed(interval.least),
                most: interval.most.map(signed),
                evidence,
            }
        });
        let moved = self.moved.iter().enumerate().map(|(index, moved)| {
            let count = signed(moved.change.count.get());
            Fact {
                node: self.figures + index,
                least: count,
                most: Some(count),
                evidence: number(self.current.len() + index),
            }
        });
        System {
            nodes: self.counts.len(),
            facts: facts.chain(moved).collect(),
            rules: [&self.rules, tentative].concat(),
            ..System::default()
        }
    }

    /// Every claim, change of outcome, declaration and restart, by number.
    fn evidence(&self) -> impl Iterator<Item = Evidence> + use<> {
        let events = self.moved.len() + self.declared.len() + self.restarts.len();
        0..number(self.current.len() + events)
    }

    /// What a piece of evidence is.
    fn piece(&self, evidence: Evidence) -> Piece<'a> {
        let index = evidence as usize;
        if let Some(current) = self.current.get(index) {
            return Piece::Claim(current.claim);
        }
        let index = index - self.current.len();
        if let Some(moved) = self.moved.get(index) {
            return Piece::Moved(moved);
        }
        let index = index - self.moved.len();
        match self.declared.get(index) {
            Some(declared) => Piece::Declared(declared),
            None => Piece::Restart(self.restarts[index - self.declared.len()]),
        }
    }

    /// What a piece of evidence is called.
    pub(crate) fn name_of(&self, evidence: Evidence) -> ClaimRef {
        match self.piece(evidence) {
            Piece::Claim(claim) => ClaimRef::Claim(claim.id),
            Piece::Moved(moved) => ClaimRef::Event(moved.event),
            Piece::Declared(declared) => ClaimRef::Event(declared.event),
            Piece::Restart(restart) => ClaimRef::Event(restart.event),
        }
    }

    /// The piece of evidence a name stands for.
    pub(crate) fn evidence_named(&self, name: ClaimRef) -> Option<Evidence> {
        self.named.get(&name).copied()
    }

    /// Where a piece of evidence stands in the log, and which figure of its event it is.
    pub(crate) fn place_of(&self, evidence: Evidence) -> (Position, u16) {
        match self.piece(evidence) {
            Piece::Claim(claim) => claim.order_of_log(),
            Piece::Moved(moved) => (moved.position, 0),
            Piece::Declared(declared) => (declared.position, 0),
            Piece::Restart(restart) => (restart.position, 0),
        }
    }

    /// The claim a piece of evidence is; none for what only relates counts.
    pub(crate) fn claim_of(&self, evidence: Evidence) -> Option<&'a Claim> {
        match self.piece(evidence) {
            Piece::Claim(claim) => Some(claim),
            Piece::Moved(_) | Piece::Declared(_) | Piece::Restart(_) => None,
        }
    }

    /// What a piece of evidence says, in words.
    pub(crate) fn said_by(&self, evidence: Evidence) -> String {
        match self.piece(evidence) {
            Piece::Claim(claim) => claim.quantity.to_string(),
            Piece::Moved(moved) => {
                let change = &moved.change;
                let (count, from, to) = (change.count.get(), change.from, change.to);
                format!("{count} moved from {from} to {to}")
            }
            Piece::Declared(_) => "the partition".to_owned(),
            Piece::Restart(_) => "the counter that began anew".to_owned(),
        }
    }

    /// A current claim, carried on: what a policy compares.
    pub(crate) fn carried(&self, evidence: Evidence) -> &Claim {
        &self.carried[evidence as usize].claim
    }

    /// The counts that are figures.
    pub(crate) fn nodes(&self) -> std::ops::Range<Node> {
        0..self.figures
    }

    /// Whether a clash of this evidence needs as-ofs that only may be one moment, or a window of unstated kind.
    ///
    /// Constraints join as-ofs that are apart for certain, and those in the same words; only the latter may be two moments.
    pub(crate) fn is_only_possible(&self, evidence: &[Evidence]) -> bool {
        let pieces = evidence.iter().map(|one| self.piece(*one));
        let is_unstated = |piece: Piece<'_>| match piece {
            Piece::Claim(claim) => {
                matches!(claim.cell.span, Span::Window(WindowKind::Unstated, _))
            }
            _ => false,
        };
        let said: Vec<(&SourceId, Moment)> = pieces.clone().filter_map(Piece::said).collect();
        let may_be_apart = |(a, at): &(&SourceId, Moment), (b, other): &(&SourceId, Moment)| {
            a != b && at == other && !at.is_instant()
        };
        pieces.clone().any(is_unstated)
            || said
                .iter()
                .enumerate()
                .any(|(index, a)| said[..index].iter().any(|b| may_be_apart(a, b)))
    }

    /// The lower end of the whole may be pulled up, and the upper end of the parts down.
    fn rule(
        &mut self,
        name: &'static str,
        whole: Node,
        parts: Vec<Node>,
        sense: Sense,
        evidence: Option<Evidence>,
    ) {
        let relates_unstated = parts
            .iter()
            .any(|part| self.is_unstated(*part) != self.is_unstated(whole));
        let rules = if relates_unstated {
            &mut self.tentative
        } else {
            &mut self.rules
        };
        rules.push(Rule {
            name,
            whole,
            parts,
            sense,
            evidence,
        });
    }

    fn add(&mut self, count: Count) -> Node {
        let next = self.counts.len();
        let node = *self.index.entry(count.clone()).or_insert(next);
        if node == next {
            self.counts.push(count);
        }
        node
    }

    /// Every current claim has its count, and one on the superscope where partitions run; every group of figures one more, with
    /// its earliest start and latest as-of, which a question without a start is about.
    fn add_counts(&mut self) {
        for current in self.current.clone() {
            let count = Count::of(&current);
            self.add(count.clone());
            if count.cell.harm != Harm::All {
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
        oldest_first.sort_by_key(|index| self.current[*index].claim.moment());
        for index in oldest_first {
            let carried = self.carried[index].clone();
            if carried.changes.is_empty() && carried.continues.is_none() {
                continue;
            }
            let mut top = self.index[&Count::of(&self.current[index])];
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
                let earlier = tops[before].unwrap_or(self.index[&Count::of(&self.current[before])]);
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
    fn add_carrying(&mut self) {
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
    fn add_asked(&mut self, asked: &Cell) {
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

    fn add_partitions(&mut self) {
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
        let up_to = self.index.range(..=&same_moment).rev();
        up_to
            .take_while(|(count, _)| {
                count.cell == same_moment.cell && count.epoch == same_moment.epoch
            })
            .find(|(count, _)| count.may_bound(whole))
            .map(|(_, node)| *node)
    }

    /// The partitions of a count.
    pub(crate) fn partitions_of(&self, whole: Node) -> impl Iterator<Item = &Partition> {
        let first = self.partitions.partition_point(|(of, _)| *of < whole);
        let own = self.partitions[first..].iter();
        own.take_while(move |(of, _)| *of == whole)
            .map(|(_, partition)| partition)
    }

    /// Whatever lies within a count, in people, scope, place, time and basis, is no more than it.
    fn add_containments(&mut self) {
        let mut outer: HashMap<(Outcome, Harm), Outer> = HashMap::new();
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

    /// Windows of occurrence add up with running counts in time; they are never added to one.
    fn add_windows(&mut self) {
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

    fn is_unstated(&self, node: Node) -> bool {
        matches!(
            self.counts[node].cell.span,
            Span::Window(WindowKind::Unstated, _)
        )
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

    /// A retracted figure must not come back by subtraction from a total of its own report.
    fn ban_totals_of_retracted(&mut self, standing: &Standing<'a>) {
        let retracted = standing
            .aside
            .iter()
            .filter(|aside| aside.retraction.is_some())
            .map(|aside| aside.claim);
        for claim in retracted.collect::<Vec<_>>() {
            let totals: Vec<Evidence> = (0..)
                .zip(&self.current)
                .filter(|(_, current)| current.claim.is_of_same_report(claim))
                .filter(|(_, current)| {
                    let who = current.claim.cell.who;
                    who != claim.cell.who && claim.cell.who.is_within(who)
                })
                .map(|(evidence, _)| evidence)
                .collect();
            if totals.is_empty() {
                continue;
            }
            for (node, count) in self.counts.iter().enumerate() {
                if count.cell.who == claim.cell.who && count.cell.outcome == claim.cell.outcome {
                    self.banned.entry(node).or_default().extend(&totals);
                }
            }
        }
    }
}

/// A piece of evidence.
#[derive(Clone, Copy)]
enum Piece<'a> {
    Claim(&'a Claim),
    Moved(&'a Moved),
    Declared(&'a Declared),
    Restart(&'a Restart),
}

impl<'a> Piece<'a> {
    /// Who says of which moment how many.
    fn said(self) -> Option<(&'a SourceId, Moment)> {
        match self {
            Self::Claim(claim) => Some((&claim.report.source.origin, claim.moment())),
            Self::Moved(moved) => Some((&moved.origin, Moment::of(&moved.at))),
            Self::Declared(_) | Self::Restart(_) => None,
        }
    }
}

fn number(index: usize) -> Evidence {
    Evidence::try_from(index).expect("fewer than 2^32 claims")
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

impl Count {
    /// Whether this is of a moment that says something of the other's: not after it, or, for states that pass, the same.
    fn may_bound(&self, later: &Self) -> bool {
        self.as_of == later.as_of || (self.cell.accumulates() && self.as_of.is_before(later.as_of))
    }

    /// Whether both count the same, at moments that may be one.
    fn may_be_the_same(&self, other: &Self) -> bool {
        self.as_of != other.as_of
            && self.as_of.overlaps(other.as_of)
            && self.cell == other.cell
            && self.epoch == other.epoch
    }

    fn of(current: &Current<'_>) -> Self {
        Self {
            cell: (*current.claim.cell).clone(),
            epoch: current
                .epoch
                .map(|name| (current.claim.report.source.origin.clone(), name.clone())),
            as_of: current.claim.moment(),
        }
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

impl<'a> Context<'a> {
    fn declared(self) -> Vec<&'a Declared> {
        let known = self.as_of.known;
        let begun = |declared: &&Declared| {
            declared
                .occurred
                .as_ref()
                .and_then(situ_core::When::earliest)
                .is_none_or(|start| start <= self.as_of.valid.0)
        };
        self.claims
            .declared
            .iter()
            .filter(|declared| known.includes(declared.learnt_at, declared.position))
            .filter(|declared| {
                self.register
                    .event_retraction(declared.event, known)
                    .is_none()
            })
            .filter(begun)
            .collect()
    }

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
fn starts_by(outer: Option<Moment>, inner: Option<Moment>) -> bool {
    outer == inner
        || outer.zip(inner).is_some_and(|(outer, inner)| {
            outer.earliest <= inner.earliest && outer.latest <= inner.latest
        })
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

fn basis_within(inner: Basis, outer: Basis) -> bool {
    inner == outer
        || matches!(
            (inner, outer),
            (Basis::Identified | Basis::BodyRecovered, Basis::Reported)
                | (Basis::Reported, Basis::PresumedIncluded)
        )
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

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Both ends of a node, as numbers of people.
pub(crate) fn ends(solution: &Solution, node: Node) -> (u64, Option<u64>) {
    let people = |value: i64| u64::try_from(value).unwrap_or(0);
    let least = solution.lower(node).map_or(0, |end| people(end.value));
    (least, solution.upper(node).map(|end| people(end.value)))
}
