//! From current claims to counts and constraints: which figures bound which.

mod counts;

mod containment;
mod partitions;
mod windows;

use std::collections::BTreeMap;
use std::rc::Rc;

use situ_core::{
    AsOf, ClaimRef, Name, Outcome, Position, Register, SituationId, SourceId, Who, WindowKind,
};

use crate::carry::Carried;
use crate::claims::{Cell, Claim, Claims, Declared, Moment, Moved, Restart, Span};
use crate::lines::{Aside, Current, Standing};
use crate::solver::{Evidence, Fact, Node, Rule, Rules, Sense, Solution, System};
use crate::toll::Reading;

use crate::tolls::Series;
pub(crate) use partitions::Partition;

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
    /// The count of each current claim.
    nodes_of: Vec<Node>,
    /// Each current claim, carried on.
    pub(crate) carried: Vec<Carried<'a>>,
    moved: Vec<&'a Moved>,
    shifts: Vec<Shift>,
    pub(crate) declared: Vec<&'a Declared>,
    restarts: Vec<&'a Restart>,
    totals: Vec<Total>,
    named: BTreeMap<ClaimRef, Evidence>,
    /// As they are put together; then they are all in one place.
    rules: Vec<Rule>,
    all_rules: Rc<Rules>,
    /// Rules that may not hold, for windows of unstated kind and as-ofs that may be one moment: they bound no figure, and show
    /// possible conflicts.
    tentative: Vec<Rule>,
    /// For each count whether it may get an upper end, whatever is claimed as things stand: others never clash.
    pub(crate) is_bounded: Vec<bool>,
    /// Evidence the bounds of a count of these people must not rest on.
    pub(crate) banned: BTreeMap<(Who, Outcome), Vec<Evidence>>,
    /// By whole.
    partitions: Vec<(Node, Partition)>,
    /// The running counts.
    pub(crate) running: Vec<Node>,
    context: Context<'a>,
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
            nodes_of: Vec::new(),
            carried,
            moved,
            shifts: Vec::new(),
            declared: context.declared(),
            restarts,
            totals: Vec::new(),
            named: BTreeMap::new(),
            rules: Vec::new(),
            all_rules: Rc::default(),
            tentative: Vec::new(),
            is_bounded: Vec::new(),
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
        // The rules of windows and of what is carried stand behind the containments, which must know of both: they say which
        // counts may get an upper end.
        let (first, first_tentative) = (network.rules.len(), network.tentative.len());
        network.add_windows();
        network.add_carrying();
        let later = network.rules.len() - first;
        let later_tentative = network.tentative.len() - first_tentative;
        let ladders = network.add_containments();
        network.rules[first..].rotate_left(later);
        network.tentative[first_tentative..].rotate_left(later_tentative);
        let turns = first..network.rules.len() - later;
        let is_running =
            |node: &Node| matches!(network.counts[*node].cell.span, Span::Cumulative(_));
        network.running = network.nodes().filter(is_running).collect();
        network.ban_totals_of_retracted(standing);
        let rules = std::mem::take(&mut network.rules);
        network.all_rules = Rc::new(Rules::with_ladders(rules, ladders, turns));
        network
    }

    /// Counts, claims and constraints under `point` and under `floor`.
    pub(crate) fn systems(&self) -> [System; 2] {
        let system = |reading| self.system(reading, Rc::clone(&self.all_rules));
        [Reading::Point, Reading::Floor].map(system)
    }

    /// The same under `point`, with windows of unstated kind read as windows of occurrence, and overlapping as-ofs as one; none
    /// where that changes nothing.
    pub(crate) fn tentative_system(&self) -> Option<System> {
        let changes = !self.tentative.is_empty();
        let rules = || self.all_rules.and(&self.tentative);
        changes.then(|| self.system(Reading::Point, Rc::new(rules())))
    }

    fn system(&self, reading: Reading, rules: Rc<Rules>) -> System {
        let facts = self.current.iter().zip(0..).map(|(current, evidence)| {
            let quantity = current.claim.quantity;
            let interval = match reading {
                Reading::Point => quantity.point(),
                Reading::Floor => quantity.floor(),
            };
            Fact {
                node: self.nodes_of[evidence as usize],
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
        System::new(self.counts.len(), facts.chain(moved).collect(), rules)
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

    fn is_unstated(&self, node: Node) -> bool {
        matches!(
            self.counts[node].cell.span,
            Span::Window(WindowKind::Unstated, _)
        )
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
            let people = (claim.cell.who, claim.cell.outcome);
            self.banned.entry(people).or_default().extend(&totals);
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
        let mut declared: Vec<&Declared> = self
            .claims
            .declared
            .iter()
            .filter(|declared| known.includes(declared.learnt_at, declared.position))
            .filter(|declared| {
                self.register
                    .event_retraction(declared.event, known)
                    .is_none()
            })
            .filter(begun)
            .collect();
        declared.sort_by_key(|declared| declared.event);
        declared
    }
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
