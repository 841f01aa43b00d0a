//! From current claims to counts and constraints: which figures bound which.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use situ_core::{
    AgeBand, AsOf, Basis, ClaimRef, Coverage, EventId, Harm, Name, Outcome, PlaceId, Position,
    Register, Role, Sex, SituationId, SourceId, Who, WindowKind,
};

use crate::claims::{Cell, Claim, Claims, Declared, Moment, Span};
use crate::lines::{Aside, Current, Standing};
use crate::solver::{Evidence, Fact, Node, Rule, Sense, Solution, System};
use crate::toll::Reading;

/// A counter of one source, after it began anew.
type Epoch = (SourceId, Name);

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
    index: BTreeMap<Count, Node>,
    pub(crate) current: Vec<Current<'a>>,
    pub(crate) declared: Vec<&'a Declared>,
    named: HashMap<ClaimRef, Evidence>,
    rules: Vec<Rule>,
    /// Rules that may not hold, for windows of unstated kind and as-ofs that may be one moment: they bound no figure, and show
    /// possible conflicts.
    tentative: Vec<Rule>,
    /// Evidence the bounds of a node must not rest on.
    pub(crate) banned: BTreeMap<Node, Vec<Evidence>>,
    pub(crate) partitions: Vec<(Node, Partition)>,
    context: Context<'a>,
}

/// The counts of the same people in the same scope, place and basis.
#[derive(Default)]
struct Family {
    running: Vec<Node>,
    windows: Vec<(Node, Moment)>,
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

#[derive(Clone, Copy)]
struct Context<'a> {
    situation: &'a SituationId,
    claims: &'a Claims,
    register: &'a Register,
    as_of: AsOf,
}

impl<'a> Network<'a> {
    pub(crate) fn new(
        situation: &'a SituationId,
        claims: &'a Claims,
        register: &'a Register,
        as_of: AsOf,
        standing: &Standing<'a>,
        asked: Option<&Cell>,
    ) -> Self {
        let context = Context {
            situation,
            claims,
            register,
            as_of,
        };
        let mut network = Self {
            counts: Vec::new(),
            index: BTreeMap::new(),
            current: standing.current.clone(),
            declared: context.declared(),
            named: HashMap::new(),
            rules: Vec::new(),
            tentative: Vec::new(),
            banned: BTreeMap::new(),
            partitions: Vec::new(),
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
        System {
            nodes: self.counts.len(),
            facts: facts.collect(),
            rules: [&self.rules, tentative].concat(),
            ..System::default()
        }
    }

    /// Every claim and declaration, by number.
    fn evidence(&self) -> impl Iterator<Item = Evidence> + use<> {
        0..Evidence::try_from(self.current.len() + self.declared.len())
            .expect("fewer than 2^32 claims")
    }

    /// What a piece of evidence is called.
    pub(crate) fn name_of(&self, evidence: Evidence) -> ClaimRef {
        match self.current.get(evidence as usize) {
            Some(current) => ClaimRef::Claim(current.claim.id),
            None => ClaimRef::Event(self.declared[evidence as usize - self.current.len()].event),
        }
    }

    /// The piece of evidence a name stands for.
    pub(crate) fn evidence_named(&self, name: ClaimRef) -> Option<Evidence> {
        self.named.get(&name).copied()
    }

    /// Where a piece of evidence stands in the log, and which figure of its event it is.
    pub(crate) fn place_of(&self, evidence: Evidence) -> (Position, u16) {
        match self.current.get(evidence as usize) {
            Some(current) => (current.claim.report.position, current.claim.id.figure),
            None => (
                self.declared[evidence as usize - self.current.len()].position,
                0,
            ),
        }
    }

    /// The claim a piece of evidence is; none for a declaration.
    pub(crate) fn claim_of(&self, evidence: Evidence) -> Option<&'a Claim> {
        self.current
            .get(evidence as usize)
            .map(|current| current.claim)
    }

    /// Whether a clash of this evidence needs as-ofs that only may be one moment, or a window of unstated kind.
    ///
    /// Constraints join as-ofs that are apart for certain, and those in the same words; only the latter may be two moments.
    pub(crate) fn is_only_possible(&self, evidence: &[Evidence]) -> bool {
        let claims: Vec<&Claim> = evidence
            .iter()
            .filter_map(|one| self.claim_of(*one))
            .collect();
        let unstated =
            |claim: &&Claim| matches!(claim.cell.span, Span::Window(WindowKind::Unstated, _));
        let may_be_apart = |a: &Claim, b: &Claim| {
            a.report.source.origin != b.report.source.origin
                && a.moment() == b.moment()
                && !a.moment().is_instant()
        };
        claims.iter().any(unstated)
            || claims
                .iter()
                .enumerate()
                .any(|(index, a)| claims[..index].iter().any(|b| may_be_apart(a, b)))
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
        let is_unstated = |node: &Node| {
            matches!(
                self.counts[*node].cell.span,
                Span::Window(WindowKind::Unstated, _)
            )
        };
        let relates_unstated = parts
            .iter()
            .any(|part| is_unstated(part) != is_unstated(&whole));
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
                    let evidence = Evidence::try_from(self.current.len() + index)
                        .expect("fewer than 2^32 claims");
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

    /// Whatever lies within a count, in people, scope, place, time and basis, is no more than it.
    fn add_containments(&mut self) {
        let mut outer: HashMap<(Outcome, Harm), Vec<(Moment, Node)>> = HashMap::new();
        for (node, count) in self.counts.iter().enumerate() {
            outer
                .entry((count.cell.outcome, count.cell.harm))
                .or_default()
                .push((count.as_of, node));
        }
        for part in 0..self.counts.len() {
            let (outcome, as_of) = (self.counts[part].cell.outcome, self.counts[part].as_of);
            for harm in self.context.harms_around(self.counts[part].cell.harm) {
                let around = outer.get(&(outcome, harm)).map_or(&[][..], Vec::as_slice);
                for (outer, whole) in around.iter().filter(|(_, whole)| *whole != part) {
                    if as_of.is_up_to(*outer) {
                        if let Some(name) = self
                            .context
                            .containment(&self.counts[part], &self.counts[*whole])
                        {
                            self.rule(name, *whole, vec![part], Sense::AtLeast, None);
                        }
                    } else if *whole < part
                        && self.counts[*whole].may_be_the_same(&self.counts[part])
                    {
                        self.tentative.push(Rule {
                            name: "same moment",
                            whole: *whole,
                            parts: vec![part],
                            sense: Sense::Equal,
                            evidence: None,
                        });
                    }
                }
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
        }
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
    fn harms_around(self, harm: Harm) -> Vec<Harm> {
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

    fn places_within(self, inner: &[PlaceId], outer: &[PlaceId]) -> bool {
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
