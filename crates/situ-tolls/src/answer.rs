//! From a solved network to the answers a reader gets.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use situ_core::{
    AsOf, Basis, ClaimRef, Harm, Interval, Known, Outcome, Position, Register, SituationId, Who,
    WindowKind,
};

use crate::brief::{Brief, Outline};
use crate::carry::Carried;
use crate::claims::{Cell, CellIx, Claim, Claims, Moment, Places, Span};
use crate::clashes::{Clashes, clashes};
use crate::figure_name::FigureName;
use crate::flags::Told;
use crate::lines::{Aside, Current, Listed, Standing, standing};
use crate::network::{Context, Network, Partition, ends};
use crate::policy::{Picked, Policy, newest, weight};
use crate::reinstated::Reinstated;
use crate::repair::{Repair, repair};
use crate::sides::Sides;
use crate::solver::{End, Evidence, Node, Solution, System};
use crate::toll::{
    Bounds, ClaimShown, Conflict, Flag, Implied, Part, Parts, Proof, Reading, SetAside, Support,
    Toll, TollPeriod,
};
use crate::tolls::Question;
use crate::why::Why;
use crate::words::{disputed, said, single, words};

/// Resolves every figure asked for, clan by clan.
pub(crate) fn tolls(
    situation: &SituationId,
    claims: &Claims,
    register: &Register,
    as_of: AsOf,
    question: &Question,
) -> Vec<Toll> {
    let named = question.figure.as_ref().map(|name| clan_of(claims, name));
    let clans = match &named {
        Some(cells) => vec![cells.as_slice()],
        None => claims.kin.clans(question.outcome),
    };
    let figures = figures(situation, claims, register, as_of, question, &clans);
    figures.into_values().collect()
}

/// Resolves every figure asked for of some clans; the one asked for by name is read from all of them as one.
fn figures(
    situation: &SituationId,
    claims: &Claims,
    register: &Register,
    as_of: AsOf,
    question: &Question,
    clans: &[&[CellIx]],
) -> BTreeMap<Group, Toll> {
    let mut figures = BTreeMap::new();
    for cells in clans {
        let clan = Clan::new(situation, claims, register, as_of, question, cells);
        figures.extend(clan.tolls());
    }
    figures
}

/// What stands of a clan as of two clocks, to be resolved.
pub(crate) struct Clan<'a> {
    asking: Asking<'a>,
    claims: &'a Claims,
    as_of: AsOf,
    pub(crate) standing: Standing<'a>,
}

impl<'a> Clan<'a> {
    pub(crate) fn new(
        situation: &'a SituationId,
        claims: &'a Claims,
        register: &'a Register,
        as_of: AsOf,
        question: &'a Question,
        cells: &[CellIx],
    ) -> Self {
        let asking = Asking {
            situation,
            register,
            known: as_of.known,
            question,
        };
        let named = question.figure.as_ref().map(Group::named);
        Self {
            standing: asking.standing(claims, cells, as_of, named.as_ref()),
            asking,
            claims,
            as_of,
        }
    }

    /// The answer for every figure of it that is asked for.
    fn tolls(&self) -> BTreeMap<Group, Toll> {
        let question = self.asking.question;
        self.each(|resolved, group, nodes| resolved.toll(group, nodes, question))
    }

    /// Every figure of it that is asked for, as far as telling how it changed needs it.
    pub(crate) fn outlines(&self) -> BTreeMap<Group, Outline> {
        let question = self.asking.question;
        self.each(|resolved, group, nodes| resolved.outline(group, nodes, question))
    }

    fn each<T>(
        &self,
        read: impl Fn(&Resolved<'_>, &Group, &[Node]) -> Option<T>,
    ) -> BTreeMap<Group, T> {
        let mut figures = BTreeMap::new();
        let mut each = |resolved: &Resolved<'_>, group: &Group, nodes: &[Node]| {
            if let Some(figure) = read(resolved, group, nodes) {
                figures.insert(group.clone(), figure);
            }
        };
        let named = self.asking.question.figure.as_ref().map(Group::named);
        let standing = &self.standing;
        (self.asking).resolve(self.claims, standing, self.as_of, named.as_ref(), &mut each);
        figures
    }
}

/// Why the figure a question names is what it is.
pub(crate) fn why(
    situation: &SituationId,
    claims: &Claims,
    register: &Register,
    as_of: AsOf,
    figure: &FigureName,
    question: &Question,
) -> Option<Why> {
    let asking = Asking {
        situation,
        register,
        known: as_of.known,
        question,
    };
    let mut why = None;
    let mut each = |resolved: &Resolved<'_>, group: &Group, nodes: &[Node]| {
        why = resolved.why(group, nodes, question);
    };
    let (cells, asked) = (clan_of(claims, figure), Group::named(figure));
    let standing = asking.standing(claims, &cells, as_of, Some(&asked));
    asking.resolve(claims, &standing, as_of, Some(&asked), &mut each);
    why
}

/// The cells that may bear on a figure.
pub(crate) fn clan_of(claims: &Claims, name: &FigureName) -> Vec<CellIx> {
    claims
        .kin
        .clans_of(name.outcome, name.basis, name.who, &name.places)
        .concat()
}

/// The cells a question is about; where it names no basis, of every basis.
pub(crate) fn cells_asked(
    situation: &SituationId,
    claims: &Claims,
    register: &Register,
    known: Known,
    question: &Question,
) -> Vec<CellIx> {
    if let Some(name) = &question.figure {
        let asked = Group::named(name);
        let is_asked = |cell: &CellIx| asked.holds(&claims.cells[*cell].cell);
        return clan_of(claims, name).into_iter().filter(is_asked).collect();
    }
    let is_asked = |cell: &CellIx| {
        let cell = &claims.cells[*cell].cell;
        let question = &Question {
            basis: question.basis.or(Some(cell.basis)),
            ..question.clone()
        };
        let asking = Asking {
            situation,
            register,
            known,
            question,
        };
        asking.asks(&Group::of(cell))
    };
    (0..claims.cells.len()).filter(is_asked).collect()
}

/// A question, and what it depends on.
struct Asking<'a> {
    situation: &'a SituationId,
    register: &'a Register,
    known: Known,
    question: &'a Question,
}

impl<'a> Asking<'a> {
    /// What stands of one clan.
    fn standing(
        &self,
        claims: &'a Claims,
        cells: &[CellIx],
        as_of: AsOf,
        named: Option<&Group>,
    ) -> Standing<'a> {
        let is_asked = |cell: &Cell| match named {
            Some(named) => named.holds(cell),
            None => self.asks(&Group::of(cell)),
        };
        let listed = |cell: &Cell| match (is_asked(cell), self.question.superseded) {
            (false, _) => Listed::Retracted,
            (true, false) => Listed::SameAsOf,
            (true, true) => Listed::All,
        };
        standing(claims, cells, self.register, as_of, &listed)
    }

    /// Resolves one clan, and gives each of its figures that is asked for, or the one that is asked for by name.
    fn resolve(
        &self,
        claims: &Claims,
        standing: &Standing<'_>,
        as_of: AsOf,
        named: Option<&Group>,
        each: &mut dyn FnMut(&Resolved<'_>, &Group, &[Node]),
    ) {
        if standing.current.is_empty() && standing.aside.is_empty() {
            return;
        }
        let asked = named.map(Group::cell);
        let context = Context {
            situation: self.situation,
            claims,
            register: self.register,
            as_of,
        };
        let network = Network::new(context, standing, asked.as_ref(), self.question.series);
        let mut groups = match named {
            Some(named) => BTreeMap::from([(named.clone(), nodes_of(named, &network))]),
            None => groups(&network, standing),
        };
        groups.retain(|group, _| self.asks(group));
        if groups.is_empty() {
            return;
        }
        let [system, floor_system] = network.systems();
        let point = system.solve(|_| true);
        let repair = match &self.question.policy {
            Policy::Consistent(order) => {
                repair(&system, &network.is_bounded, &network.current, |current| {
                    weight(&current.claim.report.source.origin, order)
                })
            }
            _ => Repair::default(),
        };
        let is_kept = |one: Evidence| !repair.gives_up(one);
        let reinstated = Reinstated::new(context, standing, asked.as_ref(), self.question.series);
        let sides = Sides::new(&network, self.situation, self.register, self.known);
        let resolved = Resolved {
            situation: self.situation,
            register: self.register,
            context,
            known: as_of.known,
            standing,
            members: named.is_none().then(|| members(standing)),
            clashes: clashes(&network, &sides, &system, &point),
            sides: &sides,
            without: without_banned(&network, &system, &floor_system, is_kept),
            floor: floor_system.solve(is_kept),
            point: if repair.is_nothing() {
                point
            } else {
                system.solve(is_kept)
            },
            repair: &repair,
            network: &network,
            reinstated: reinstated.as_ref(),
        };
        for (group, nodes) in groups {
            each(&resolved, &group, &nodes);
        }
    }
}

/// A figure: cells that differ only in where a running count starts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Group {
    pub(crate) outcome: Outcome,
    pub(crate) period: Period,
    pub(crate) harm: Harm,
    pub(crate) places: Places,
    pub(crate) basis: Basis,
    pub(crate) who: Who,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Period {
    /// Every running count, or those with one start.
    Cumulative(Option<Moment>),
    Incident,
    Window(Moment, WindowKind),
}

impl Group {
    pub(crate) fn of(cell: &Cell) -> Self {
        Self {
            outcome: cell.outcome,
            period: match cell.span {
                Span::Cumulative(_) => Period::Cumulative(None),
                Span::Incident => Period::Incident,
                Span::Window(kind, from) => Period::Window(from, kind),
            },
            harm: cell.harm,
            places: cell.places.clone(),
            basis: cell.basis,
            who: cell.who,
        }
    }

    /// The figure of a name; one with a start holds the cells of that start alone.
    pub(crate) fn named(name: &FigureName) -> Self {
        let mut places = name.places.clone();
        places.sort();
        places.dedup();
        Self {
            outcome: name.outcome,
            period: match &name.period {
                situ_core::Period::Cumulative { since } => {
                    Period::Cumulative(since.as_ref().map(Moment::of))
                }
                situ_core::Period::Incident => Period::Incident,
                situ_core::Period::Window { counts, from } => {
                    Period::Window(Moment::of(from), *counts)
                }
            },
            harm: name.scope,
            places: places.into(),
            basis: name.basis,
            who: name.who,
        }
    }

    /// Whether a count with this name is one of this figure.
    pub(crate) fn is_named(&self, name: &FigureName) -> bool {
        self.holds(&Self::named(name).cell())
    }

    /// The cell a figure without a claim would be read from.
    fn cell(&self) -> Cell {
        Cell {
            outcome: self.outcome,
            basis: self.basis,
            harm: self.harm,
            places: self.places.clone(),
            who: self.who,
            span: match self.period {
                Period::Cumulative(since) => Span::Cumulative(since),
                Period::Incident => Span::Incident,
                Period::Window(from, kind) => Span::Window(kind, from),
            },
        }
    }

    /// Whether a cell is one of this figure.
    pub(crate) fn holds(&self, cell: &Cell) -> bool {
        let is_of_period = match (self.period, cell.span) {
            (Period::Cumulative(None), Span::Cumulative(_))
            | (Period::Incident, Span::Incident) => true,
            (Period::Cumulative(start), Span::Cumulative(since)) => start == since,
            (Period::Window(from, kind), Span::Window(other_kind, other_from)) => {
                (from, kind) == (other_from, other_kind)
            }
            _ => false,
        };
        is_of_period
            && (self.outcome, self.harm, self.basis, self.who)
                == (cell.outcome, cell.harm, cell.basis, cell.who)
            && self.places == cell.places
    }
}

/// Every figure with its counts, in the order of [`by_newest`].
fn groups(network: &Network<'_>, standing: &Standing<'_>) -> BTreeMap<Group, Vec<Node>> {
    let mut groups: BTreeMap<Group, Vec<Node>> = BTreeMap::new();
    for node in network.nodes() {
        let group = Group::of(&network.counts[node].cell);
        groups.entry(group).or_default().push(node);
    }
    for nodes in groups.values_mut() {
        by_newest(nodes, network);
    }
    for aside in &standing.aside {
        groups.entry(Group::of(&aside.claim.cell)).or_default();
    }
    groups
}

/// The counts of one figure, in the order of [`by_newest`].
pub(crate) fn nodes_of(figure: &Group, network: &Network<'_>) -> Vec<Node> {
    let is_its_own = |node: &Node| figure.holds(&network.counts[*node].cell);
    let mut nodes: Vec<Node> = network.nodes().filter(is_its_own).collect();
    by_newest(&mut nodes, network);
    nodes
}

/// The first is the one the bounds of a figure are read from: the newest as-of, and there the earliest start.
fn by_newest(nodes: &mut [Node], network: &Network<'_>) {
    nodes.sort_by_key(|node| {
        let count = &network.counts[*node];
        let start = match count.cell.span {
            Span::Cumulative(since) => since.map(|since| (since.earliest, since.latest)),
            _ => None,
        };
        // A series carried over a restart stands before the epoch it ends with.
        let is_whole = count.epoch.is_none();
        Reverse((count.as_of, start.is_some(), Reverse(start), is_whole))
    });
}

/// Solutions under `point` and `floor` without the evidence that the bounds of some nodes must not rest on.
pub(crate) struct Without {
    evidence: Vec<Evidence>,
    people: Vec<(Who, Outcome)>,
    point: Solution,
    floor: Solution,
}

fn without_banned(
    network: &Network<'_>,
    point: &System,
    floor: &System,
    is_kept: impl Fn(Evidence) -> bool,
) -> Vec<Without> {
    let mut without: Vec<Without> = Vec::new();
    for (people, evidence) in &network.banned {
        match without.iter_mut().find(|other| other.evidence == *evidence) {
            Some(other) => other.people.push(*people),
            None => without.push(Without {
                evidence: evidence.clone(),
                people: vec![*people],
                point: point.solve(|one| is_kept(one) && !evidence.contains(&one)),
                floor: floor.solve(|one| is_kept(one) && !evidence.contains(&one)),
            }),
        }
    }
    without
}

/// Everything an answer is read from.
pub(crate) struct Resolved<'a> {
    pub(crate) situation: &'a SituationId,
    pub(crate) register: &'a Register,
    pub(crate) context: Context<'a>,
    pub(crate) known: Known,
    pub(crate) standing: &'a Standing<'a>,
    pub(crate) network: &'a Network<'a>,
    pub(crate) reinstated: Option<&'a Reinstated<'a>>,
    pub(crate) point: Solution,
    pub(crate) floor: Solution,
    pub(crate) without: Vec<Without>,
    /// None where one figure is asked for by name.
    members: Option<Members>,
    pub(crate) sides: &'a Sides<'a>,
    pub(crate) repair: &'a Repair,
    pub(crate) clashes: Clashes,
}

impl Asking<'_> {
    fn asks(&self, group: &Group) -> bool {
        let question = self.question;
        let basis = match question.basis {
            Some(basis) => group.basis == basis,
            None if question.figure.is_some() => true,
            None => !matches!(
                group.basis,
                Basis::Identified | Basis::BodyRecovered | Basis::Estimated
            ),
        };
        let place = question.place.as_ref().is_none_or(|outer| {
            let lies = |place| {
                self.register
                    .lies_within(self.situation, place, outer, self.known)
            };
            !group.places.is_empty() && group.places.iter().all(lies)
        });
        basis
            && place
            && question
                .outcome
                .is_none_or(|outcome| group.outcome == outcome)
            && question.who.is_none_or(|who| group.who == who)
            && question.scope.is_none_or(|scope| group.harm == scope)
    }
}

/// The claims of each figure of an answer to everything, by place among those that are current and those set aside.
type Members = BTreeMap<Group, (Vec<usize>, Vec<usize>)>;

fn members(standing: &Standing<'_>) -> Members {
    let mut members = Members::new();
    for (index, current) in standing.current.iter().enumerate() {
        let figure = Group::of(&current.claim.cell);
        members.entry(figure).or_default().0.push(index);
    }
    for (index, aside) in standing.aside.iter().enumerate() {
        let figure = Group::of(&aside.claim.cell);
        members.entry(figure).or_default().1.push(index);
    }
    members
}

/// One figure, as far as every use of it needs it.
struct Read<'r> {
    figure: FigureName,
    period: TollPeriod,
    /// The claim that is shown, else the newest that stands.
    newest_claim: Option<&'r Claim>,
    shown: Option<u64>,
    words: String,
    flags: Vec<Flag>,
    conflicts: Vec<Conflict>,
    parts: Option<Parts>,
    point: Bounds,
    floor: Bounds,
    current: Vec<(Evidence, &'r Current<'r>)>,
    aside: Vec<&'r Aside<'r>>,
}

impl Read<'_> {
    /// The bounds under the reading asked for.
    const fn bounds(&self, question: &Question) -> &Bounds {
        match question.reading {
            Reading::Floor => &self.floor,
            Reading::Point => &self.point,
        }
    }
}

/// Evidence by its place in the log, with what it contributes to.
type Roles = BTreeMap<(Position, u16), (Evidence, BTreeSet<&'static str>)>;

impl<'a> Resolved<'a> {
    /// The claims of a figure that are current, and those set aside.
    fn members(&self, group: &Group) -> (Vec<(Evidence, &'a Current<'a>)>, Vec<&'a Aside<'a>>) {
        let current = (0..).zip(&self.network.current);
        let aside = self.standing.aside.iter();
        let Some(members) = &self.members else {
            let current = current.filter(|(_, current)| group.holds(&current.claim.cell));
            let aside = aside.filter(|aside| group.holds(&aside.claim.cell));
            return (current.collect(), aside.collect());
        };
        let none = (Vec::new(), Vec::new());
        let (current, aside) = members.get(group).unwrap_or(&none);
        let current = (current.iter()).map(|index| {
            let evidence = Evidence::try_from(*index).expect("fewer than 2^32 claims");
            (evidence, &self.network.current[*index])
        });
        let aside = aside.iter().map(|index| &self.standing.aside[*index]);
        (current.collect(), aside.collect())
    }
}

impl Resolved<'_> {
    /// The answer for one figure; none where nothing at all is known of it.
    pub(crate) fn toll(&self, group: &Group, nodes: &[Node], question: &Question) -> Option<Toll> {
        let read = self.read(group, nodes, question)?;
        let node = nodes.first().copied();
        let reading = read.bounds(question).interval();
        Some(Toll {
            outcome: group.outcome,
            who: group.who.role,
            sex: group.who.sex,
            age: group.who.age,
            scope: group.harm,
            places: group.places.to_vec(),
            basis: group.basis,
            least: reading.least,
            most: reading.most,
            reading: question.reading,
            series: question.series,
            policy: question.policy.used(),
            as_of: read.newest_claim.map_or_else(
                || self.as_of(node),
                |claim| Some(claim.report.as_of.clone()),
            ),
            claims: read
                .current
                .iter()
                .map(|(evidence, current)| self.shown(*evidence, current.claim))
                .collect(),
            rests_on: self.rests_on(&read),
            set_aside: read.aside.iter().map(|aside| set_aside(aside)).collect(),
            implied: node.and_then(|node| self.implied(group, node, &read.current)),
            given_up: self.names(&self.repair.related_to(nodes)),
            more_conflicts: self.clashes.may_have_more(nodes),
            figure: read.figure,
            period: read.period,
            shown: read.shown,
            words: read.words,
            flags: read.flags,
            conflicts: read.conflicts,
            parts: read.parts,
            point: read.point,
            floor: read.floor,
        })
    }

    /// What telling how a figure changed needs of its answer.
    fn outline(&self, group: &Group, nodes: &[Node], question: &Question) -> Option<Outline> {
        let read = self.read(group, nodes, question)?;
        let roles = self.roles(&read);
        let names = roles
            .values()
            .map(|(evidence, _)| self.network.name_of(*evidence));
        let bounds = read.bounds(question);
        Some(Outline {
            rests_on: names.collect(),
            brief: Brief::new(
                read.shown,
                bounds.interval(),
                read.words,
                &read.conflicts,
                &read.flags,
            ),
            figure: read.figure,
            conflicts: read.conflicts,
        })
    }

    /// Reads one figure; none where nothing at all is known of it.
    fn read(&self, group: &Group, nodes: &[Node], question: &Question) -> Option<Read<'_>> {
        let node = nodes.first().copied();
        let (current, aside) = self.members(group);
        let own: Vec<&Claim> = if current.is_empty() {
            aside.iter().map(|aside| aside.claim).collect()
        } else {
            current.iter().map(|(_, current)| current.claim).collect()
        };
        let point = self.bounds(Reading::Point, node);
        let floor = self.floor(group, nodes);
        let derived_from = self.reinstated.map_or_else(Vec::new, |reinstated| {
            reinstated.gave(group, &point, &floor)
        });
        // Nobody claims it: it is worth a line where something follows, and nothing is not something.
        if own.is_empty() && (point.interval() == Interval::ANY || point.most == Some(0)) {
            return None;
        }
        let own_claims = current
            .iter()
            .map(|(evidence, _)| (*evidence, self.network.carried(*evidence)))
            .filter(|(evidence, _)| !self.repair.gives_up(*evidence));
        let candidates = self.sides.newest(own_claims);
        let candidates: Vec<&Claim> = candidates.into_iter().map(|(_, claim)| claim).collect();
        let picked = question.policy.pick(&candidates);
        let shown = match &picked {
            Picked::Claim(claim) => claim.quantity.shown(),
            Picked::Interval(interval) => single(*interval),
            Picked::Nothing => single(point.interval()).filter(|_| candidates.is_empty()),
        };
        let newest_claim = match picked {
            Picked::Claim(claim) => Some(claim),
            _ => candidates.iter().copied().max_by_key(|claim| newest(claim)),
        };
        let reading = match question.reading {
            Reading::Floor => &floor,
            Reading::Point => &point,
        };
        let conflicts = self.conflicts(group, node, &current);
        let is_disputed = candidates.len() > 1
            && candidates
                .iter()
                .try_fold(Interval::ANY, |common, claim| {
                    common.intersect(claim.quantity.point())
                })
                .is_none();
        let carried = newest_claim.and_then(|claim| self.carried(claim));
        let words = match carried.and_then(Carried::words) {
            _ if is_disputed => disputed(&candidates),
            Some(words) => format!("{}: {words}", said(reading.interval(), newest_claim)),
            None => said(reading.interval(), newest_claim),
        };
        let parts = node.and_then(|node| self.parts(node));
        let asked = question.figure.as_ref();
        let period = period(group, self.network, node, &own, asked);
        let figure = question.figure.clone();
        let flags = self.flags(
            group,
            node,
            &Told {
                floor: &floor,
                current: &current,
                candidates: &candidates,
                is_disputed,
                shown,
                parts: parts.as_ref(),
                conflicts: &conflicts,
                derived_from: &derived_from,
            },
        );
        Some(Read {
            figure: figure.unwrap_or_else(|| figure_name(group, &period)),
            period,
            newest_claim,
            shown,
            words,
            flags,
            conflicts,
            parts,
            point,
            floor,
            current,
            aside,
        })
    }

    /// The as-of of a count nobody claims, in the words of whoever speaks of the same moment.
    pub(crate) fn as_of(&self, node: Option<Node>) -> Option<situ_core::When> {
        let moment = self.network.counts[node?].as_of;
        let claims = self.network.current.iter().map(|current| current.claim);
        claims
            .filter(|claim| claim.moment() == moment)
            .map(|claim| claim.report.as_of.clone())
            .next()
    }

    /// The solution a node's bounds are read from.
    pub(crate) fn solution(&self, reading: Reading, node: Node) -> &Solution {
        let cell = &self.network.counts[node].cell;
        let people = (cell.who, cell.outcome);
        let mut without = self.without.iter();
        let without = without.find(|without| without.people.contains(&people));
        match (reading, without) {
            (Reading::Point, None) => &self.point,
            (Reading::Floor, None) => &self.floor,
            (Reading::Point, Some(without)) => &without.point,
            (Reading::Floor, Some(without)) => &without.floor,
        }
    }

    /// The numbers a node may be under `point`.
    fn interval(&self, node: Node) -> Interval {
        let (least, most) = ends(self.solution(Reading::Point, node), node);
        Interval { least, most }
    }

    /// The floor of a figure: where people counted once stay counted, every running count of it is one, also of an as-of that
    /// overlaps the newest, and of an epoch before the counter began anew.
    fn floor(&self, group: &Group, nodes: &[Node]) -> Bounds {
        let newest = self.bounds(Reading::Floor, nodes.first().copied());
        match self.floor_node(group, nodes) {
            None => newest,
            Some(node) => {
                let highest = self.bounds(Reading::Floor, Some(node));
                let most = newest.most.filter(|most| *most >= highest.least);
                let interval = Interval {
                    least: highest.least,
                    most,
                };
                let most_by = newest.most_by.filter(|_| most.is_some());
                Bounds {
                    words: words(interval),
                    most,
                    most_by,
                    ..highest
                }
            }
        }
    }

    /// The count with the highest floor, where that is higher than the floor of the newest.
    pub(crate) fn floor_node(&self, group: &Group, nodes: &[Node]) -> Option<Node> {
        let first = *nodes.first()?;
        let accumulates = self.network.counts[first].cell.accumulates();
        if !matches!(group.period, Period::Cumulative(_)) || !accumulates {
            return None;
        }
        let least = |node: &Node| ends(self.solution(Reading::Floor, *node), *node).0;
        let highest = nodes.iter().rev().max_by_key(|node| least(node))?;
        (least(highest) > least(&first)).then_some(*highest)
    }

    fn bounds(&self, reading: Reading, node: Option<Node>) -> Bounds {
        let Some(node) = node else {
            return Bounds {
                words: words(Interval::ANY),
                ..Bounds::default()
            };
        };
        let solution = self.solution(reading, node);
        let (least, most) = ends(solution, node);
        // Where claims clash there is no interval; the lower end stands, and the conflict says the rest.
        let most = most.filter(|_| !solution.is_clashing(node));
        Bounds {
            least,
            most,
            words: words(Interval { least, most }),
            least_by: solution.lower(node).map(|end| self.proof(solution, end)),
            most_by: solution
                .upper(node)
                .filter(|_| most.is_some())
                .map(|end| self.proof(solution, end)),
        }
    }

    fn proof(&self, solution: &Solution, end: End) -> Proof {
        Proof {
            expression: solution.expression(end),
            constraints: solution.constraints(end),
            witnesses: self.names(&solution.evidence(end)),
        }
    }

    /// The names of evidence, in the order of the log.
    pub(crate) fn names(&self, evidence: &[Evidence]) -> Vec<ClaimRef> {
        let mut evidence = evidence.to_vec();
        evidence.sort_by_key(|one| self.network.place_of(*one));
        evidence
            .iter()
            .map(|one| self.network.name_of(*one))
            .collect()
    }

    /// The cells some claims count, each once, in the order of names.
    pub(crate) fn cells(&self, evidence: &[Evidence]) -> Vec<FigureName> {
        let claims = evidence
            .iter()
            .filter_map(|one| self.network.claim_of(*one));
        let mut cells: Vec<FigureName> = claims.map(Claim::figure_name).collect();
        cells.sort();
        cells.dedup();
        cells
    }

    fn parts(&self, node: Node) -> Option<Parts> {
        let partitions = self.network.partitions_of(node);
        let claimed = |partition: &&Partition| {
            partition
                .parts
                .iter()
                .any(|(_, part)| self.interval(*part) != Interval::ANY)
        };
        let by_roles = |partition: &&Partition| {
            partition.parts[0].0.sex.is_none() && partition.parts[0].0.age.is_none()
        };
        let partition = partitions
            .filter(claimed)
            .filter(by_roles)
            .max_by_key(|partition| partition.declared.is_some())?;
        let parts: Vec<Part> = partition
            .parts
            .iter()
            .map(|(who, part)| Part {
                who: who.role,
                sex: who.sex,
                age: who.age,
                point: self.interval(*part),
            })
            .collect();
        let add = |sum: u64, part: u64| sum.saturating_add(part);
        let least_sum = parts.iter().map(|part| part.point.least).fold(0, add);
        let most: Option<Vec<u64>> = parts.iter().map(|part| part.point.most).collect();
        let most_sum = most.map(|most| most.into_iter().fold(0, add));
        let whole = self.interval(node);
        let is_clashing = self.point.is_clashing(node);
        let remainder = if partition.exhaustive && partition.parts.len() == partition.all_parts {
            Interval {
                least: 0,
                most: Some(0),
            }
        } else {
            Interval {
                least: most_sum.map_or(0, |most| whole.least.saturating_sub(most)),
                most: whole.most.map(|most| most.saturating_sub(least_sum)),
            }
        };
        Some(Parts {
            declared_by: partition.declared,
            exhaustive: partition.exhaustive,
            sum_checks: !is_clashing
                && Interval {
                    least: least_sum,
                    most: most_sum,
                }
                .meets(whole),
            parts,
            remainder,
        })
    }

    /// A current claim, with what it comes to.
    pub(crate) fn shown(&self, evidence: Evidence, claim: &Claim) -> ClaimShown {
        let carried = &self.network.carried[evidence as usize];
        ClaimShown {
            carried: carried.shown(&self.network.carried),
            ..ClaimShown::of(claim, self.sides.party(evidence))
        }
    }

    /// How a current claim is carried on.
    fn carried(&self, claim: &Claim) -> Option<&Carried<'_>> {
        let evidence = self.network.evidence_named(ClaimRef::Claim(claim.id))?;
        self.network.carried.get(evidence as usize)
    }

    /// The evidence a figure rests on, in the order of the log.
    fn rests_on(&self, read: &Read<'_>) -> Vec<Support> {
        let support = |(evidence, roles): (Evidence, BTreeSet<&'static str>)| Support {
            claim: self.network.name_of(evidence),
            contributed: self.contributed(evidence, &roles),
        };
        self.roles(read).into_values().map(support).collect()
    }

    /// The evidence a figure rests on, by its place in the log, with what each contributes to.
    fn roles(&self, read: &Read<'_>) -> Roles {
        let mut roles = Roles::new();
        let mut add = |name: ClaimRef, role: Option<&'static str>| {
            let Some(evidence) = self.network.evidence_named(name) else {
                return;
            };
            let entry = roles
                .entry(self.network.place_of(evidence))
                .or_insert_with(|| (evidence, BTreeSet::new()));
            entry.1.extend(role);
        };
        for (_, current) in &read.current {
            add(ClaimRef::Claim(current.claim.id), None);
        }
        if let Some(claim) = read.newest_claim.filter(|_| read.shown.is_some()) {
            add(ClaimRef::Claim(claim.id), Some("what is shown"));
            let carried = self.carried(claim).filter(|one| one.words().is_some());
            for event in carried.map_or_else(Vec::new, |one| one.events(&self.network.carried)) {
                add(ClaimRef::Event(event), Some("what is shown"));
            }
        }
        if let Some(event) = read.parts.as_ref().and_then(|parts| parts.declared_by) {
            add(ClaimRef::Event(event), Some("the parts"));
        }
        let proofs = [
            &read.floor.least_by,
            &read.floor.most_by,
            &read.point.least_by,
            &read.point.most_by,
        ];
        for (proof, role) in
            proofs
                .into_iter()
                .zip(["the lower end", "the upper end", "the count", "the count"])
        {
            for witness in proof.iter().flat_map(|proof| &proof.witnesses) {
                add(*witness, Some(role));
            }
        }
        roles
    }

    fn contributed(&self, evidence: Evidence, roles: &BTreeSet<&'static str>) -> String {
        let said = self.network.said_by(evidence);
        let to: Vec<&str> = roles.iter().copied().collect();
        if to.is_empty() {
            format!("{said}, beside the others")
        } else {
            format!("{said} to {}", to.join(", "))
        }
    }

    /// What a window says of the running count at its start.
    fn implied(
        &self,
        group: &Group,
        window: Node,
        current: &[(Evidence, &Current<'_>)],
    ) -> Option<Implied> {
        let Period::Window(_, WindowKind::Occurrence | WindowKind::Unstated) = group.period else {
            return None;
        };
        let count = &self.network.counts[window];
        let running = |node: &Node| {
            let other = &self.network.counts[*node];
            other.as_of == count.as_of
                && Cell {
                    span: count.cell.span,
                    ..other.cell.clone()
                } == count.cell
        };
        let start = |node: &Node| match self.network.counts[*node].cell.span {
            Span::Cumulative(since) => since.map(|since| (since.earliest, since.latest)),
            _ => None,
        };
        let all_running = self.network.running.iter().copied();
        let running = all_running.filter(running).min_by_key(start)?;
        let (running, window) = (self.interval(running), self.interval(window));
        let at = self.window_start(group, current)?;
        Some(Implied {
            at,
            least: window
                .most
                .map_or(0, |window| running.least.saturating_sub(window)),
            most: running.most.map(|most| most.saturating_sub(window.least)),
            expression: format!("{} − {}", words(running), words(window)),
            condition: "if the window counts people harmed in it",
        })
    }

    fn window_start(
        &self,
        group: &Group,
        current: &[(Evidence, &Current<'_>)],
    ) -> Option<situ_core::When> {
        let own = current.iter().map(|(_, current)| current.claim);
        let any = self.network.current.iter().map(|current| current.claim);
        let same_window = |claim: &&Claim| Group::of(&claim.cell).period == group.period;
        own.chain(any).find(same_window)?.start.clone()
    }
}

/// The period as said by a claim: the earliest start of a running count; a figure nobody claims takes the words of who asks, else
/// of whoever counts from the same moment.
fn period(
    group: &Group,
    network: &Network<'_>,
    node: Option<Node>,
    own: &[&Claim],
    asked: Option<&FigureName>,
) -> TollPeriod {
    let start = own
        .iter()
        .filter_map(|claim| claim.start.as_ref())
        .min_by_key(|start| (start.earliest(), start.latest()))
        .or_else(|| asked?.start())
        .or_else(|| {
            let span = network.counts[node?].cell.span;
            if span == Span::Incident {
                return None;
            }
            let claims = network.current.iter().map(|current| current.claim);
            claims
                .filter(|claim| claim.cell.span == span)
                .find_map(|claim| claim.start.as_ref())
        })
        .cloned();
    match (group.period, start) {
        (Period::Window(_, counts), Some(from)) => TollPeriod::Window { counts, from },
        (Period::Window(from, counts), None) => TollPeriod::Window {
            counts,
            from: situ_core::When::instant(from.earliest),
        },
        (Period::Incident, _) => TollPeriod::Incident,
        (Period::Cumulative(_), since) => TollPeriod::Cumulative { since },
    }
}

fn figure_name(group: &Group, period: &TollPeriod) -> FigureName {
    FigureName {
        outcome: group.outcome,
        who: group.who,
        scope: group.harm,
        places: group.places.to_vec(),
        basis: group.basis,
        period: match period {
            TollPeriod::Incident => situ_core::Period::Incident,
            TollPeriod::Cumulative { .. } => situ_core::Period::Cumulative { since: None },
            TollPeriod::Window { counts, from } => situ_core::Period::Window {
                counts: *counts,
                from: from.clone(),
            },
        },
    }
}

fn set_aside(aside: &Aside<'_>) -> SetAside {
    SetAside {
        claim: ClaimRef::Claim(aside.claim.id),
        source: aside.claim.report.source.origin.clone(),
        said: aside.claim.quantity,
        reason: aside.reason,
        by: aside.by,
        retraction: aside.retraction,
    }
}
