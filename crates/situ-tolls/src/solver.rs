//! Bounds on unknown counts from claims and linear constraints, each with its proof.
//!
//! Every constraint relates one whole to a sum of parts. Bounds are propagated to a fixpoint; a bound that got tighter keeps
//! what made it so. Where a count can be nothing any more, it is frozen and its clash kept: one contradiction does not spread.

mod ladders;

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

pub(crate) use ladders::{Climb, Ladders};
use ladders::{Raise, Raised};

/// A count to be bounded.
pub(crate) type Node = usize;
/// A claim or a declaration, by number.
pub(crate) type Evidence = u32;
type ProofIx = u32;
/// The most terms an expression shows.
const TERMS: usize = 24;

/// A claim: the count of a node lies between two ends.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) node: Node,
    pub(crate) least: i64,
    pub(crate) most: Option<i64>,
    pub(crate) evidence: Evidence,
}

/// How a whole relates to the sum of some parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sense {
    /// whole ≥ sum: the parts do not overlap.
    AtLeast,
    /// whole ≤ sum: the parts leave nobody out.
    AtMost,
    /// whole = sum.
    Equal,
}

/// A constraint.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// What it is called in a proof.
    pub(crate) name: &'static str,
    pub(crate) whole: Node,
    pub(crate) parts: Vec<Node>,
    pub(crate) sense: Sense,
    /// The declaration it comes from, if it is not one that always holds.
    pub(crate) evidence: Option<Evidence>,
}

/// Counts, claims and constraints.
#[derive(Debug, Clone, Default)]
pub(crate) struct System {
    nodes: usize,
    /// In the order of their evidence.
    facts: Vec<Fact>,
    rules: Rc<Rules>,
    /// After so many, contradictory cycles have gone round.
    rounds: usize,
}

/// Constraints, which systems of other facts may share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    list: Vec<Rule>,
    of: OnceCell<RulesOf>,
    ladders: Ladders,
    /// The rules of the list among which the climbs of ladders come in their turn: sorted by their first parts.
    turns: Range<usize>,
}

/// For each node, the rules it is in.
#[derive(Debug, Clone)]
struct RulesOf {
    /// Where those of each node begin, and where those of the last end.
    starts: Vec<usize>,
    rules: Vec<usize>,
}

impl RulesOf {
    fn node(&self, node: Node) -> &[usize] {
        &self.rules[self.starts[node]..self.starts[node + 1]]
    }
}

impl Rules {
    /// Rules, and ladders whose climbs come among some of them, part after part.
    pub(crate) fn with_ladders(list: Vec<Rule>, ladders: Ladders, turns: Range<usize>) -> Self {
        Self {
            ladders,
            turns,
            ..Self::from(list)
        }
    }

    /// The same rules and more behind them, with the same ladders.
    pub(crate) fn and(&self, more: &[Rule]) -> Self {
        let list = [self.list.as_slice(), more].concat();
        Self::with_ladders(list, self.ladders.clone(), self.turns.clone())
    }
}

impl From<Vec<Rule>> for Rules {
    fn from(list: Vec<Rule>) -> Self {
        Self {
            list,
            ..Self::default()
        }
    }
}

/// One end of a node's interval, and the step that put it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) value: i64,
    proof: ProofIx,
}

/// A node that can be nothing any more.
#[derive(Debug, Clone)]
pub(crate) struct Clash {
    pub(crate) node: Node,
    pub(crate) lower: Option<End>,
    pub(crate) upper: End,
}

impl Clash {
    /// By how many the ends miss each other.
    pub(crate) fn gap(&self) -> u64 {
        (self.lower.map_or(0, |end| end.value) - self.upper.value).unsigned_abs()
    }
}

/// The bounds at the fixpoint.
#[derive(Debug, Clone)]
pub(crate) struct Solution {
    lower: Vec<Option<End>>,
    upper: Vec<Option<End>>,
    proofs: Vec<Step>,
    /// The inputs of all steps, one step after the other.
    inputs: Vec<Input>,
    frozen: Vec<bool>,
    /// Nodes whose ends moved since the last round.
    tightened: Vec<Node>,
    pub(crate) clashes: Vec<Clash>,
}

/// One step of a proof: a claim, or a constraint applied to ends that stood before.
#[derive(Debug, Clone)]
struct Step {
    /// The count and the end of it that the step moved.
    node: Node,
    side: Side,
    value: i64,
    /// The constraint used; none for a claim.
    rule: Option<&'static str>,
    /// The claim, or the declaration the constraint comes from.
    evidence: Option<Evidence>,
    /// Where its inputs stand among those of all steps.
    inputs: Range<usize>,
}

/// Which end of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Lower,
    Upper,
}

/// One step of a derivation: an end of a count, from a claim or from a constraint and the ends found before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Derived {
    pub(crate) node: Node,
    pub(crate) side: Side,
    pub(crate) value: i64,
    /// The constraint used; none for a claim.
    pub(crate) rule: Option<&'static str>,
    /// The steps whose values are added, by their place in the derivation.
    pub(crate) plus: Vec<usize>,
    /// The steps whose values are taken away.
    pub(crate) minus: Vec<usize>,
    /// The claim it is, or the declaration its constraint comes from.
    pub(crate) evidence: Option<Evidence>,
}

/// An end that a step adds or takes away.
#[derive(Debug, Clone, Copy)]
struct Input {
    is_plus: bool,
    proof: ProofIx,
}

impl System {
    /// So many counts, with what is claimed of them, in the order of the evidence, and how they relate.
    pub(crate) fn new(nodes: usize, facts: Vec<Fact>, rules: Rc<Rules>) -> Self {
        Self {
            nodes,
            facts,
            rules,
            rounds: 2 * nodes + 8,
        }
    }

    pub(crate) fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Propagates to the fixpoint, using only evidence that `allowed` accepts.
    pub(crate) fn solve(&self, allowed: impl Fn(Evidence) -> bool) -> Solution {
        let mut solution = Solution {
            lower: vec![None; self.nodes],
            upper: vec![None; self.nodes],
            proofs: Vec::new(),
            inputs: Vec::new(),
            frozen: vec![false; self.nodes],
            tightened: Vec::new(),
            clashes: Vec::new(),
        };
        solution.take_facts(self, &allowed);
        let rules_of = self.rules_of();
        let turns = &self.rules.turns;
        let mut climbing = Climbing::new(&self.rules.ladders, self.nodes);
        // Round by round, in the order of the rules, those whose counts got tighter: short proofs come first, and the order of
        // facts does not matter. Contradictory cycles would creep; they stop at their clash, or when they have gone round.
        let mut due: Vec<usize> = Vec::new();
        let mut tightened: Vec<Node> = Vec::new();
        for _ in 0..=self.rounds {
            due.clear();
            tightened.clear();
            tightened.append(&mut solution.tightened);
            // Once each: a total of thousands of parts gets tighter by every one of them.
            tightened.sort_unstable();
            tightened.dedup();
            if tightened.is_empty() {
                break;
            }
            for node in &tightened {
                due.extend_from_slice(rules_of.node(*node));
            }
            due.sort_unstable();
            due.dedup();
            let is_held = |rule: &&Rule| rule.evidence.is_none_or(&allowed);
            let of = |due: &[usize]| -> Vec<&Rule> {
                let rules = due.iter().map(|rule| &self.rules.list[*rule]);
                rules.filter(is_held).collect()
            };
            let (before, rest) = due.split_at(due.partition_point(|rule| *rule < turns.start));
            let (among, after) = rest.split_at(rest.partition_point(|rule| *rule < turns.end));
            solution.apply_all(&of(before));
            climbing.round(&mut solution, &tightened, &of(among));
            solution.apply_all(&of(after));
        }
        solution
    }

    /// For each node the first of those that rules relate it to, over any number of steps.
    pub(crate) fn components(&self) -> Vec<Node> {
        let mut above: Vec<Node> = (0..self.nodes).collect();
        for rule in &self.rules.list {
            for part in &rule.parts {
                join(&mut above, *part, rule.whole);
            }
        }
        for (a, b) in self.rules.ladders.joins() {
            join(&mut above, a, b);
        }
        (0..self.nodes).map(|node| head(&mut above, node)).collect()
    }

    /// What clashes can come of: without the counts that `is_bounded` does not hold of.
    ///
    /// Those must be counts that never get an upper end, whatever is claimed, as every part of a bounded count is bounded: then
    /// nothing comes back from them, and the rest clashes just as it does beside them.
    pub(crate) fn bounded(&self, is_bounded: &[bool]) -> Self {
        let facts = self.facts.iter().filter(|fact| is_bounded[fact.node]);
        let rules = self.rules.list.iter();
        let rules = rules.filter(|rule| nodes_of(rule).all(|node| is_bounded[node]));
        let rules: Vec<Rule> = rules.cloned().collect();
        Self {
            nodes: self.nodes,
            facts: facts.cloned().collect(),
            rules: Rc::new(Rules::from(rules)),
            rounds: self.rounds,
        }
    }

    /// What follows from some evidence alone, without the counts that it says nothing of; with the nodes they are here.
    fn only(&self, evidence: &[Evidence]) -> (Self, Vec<Node>) {
        let facts = evidence.iter().flat_map(|one| {
            let first = self.facts.partition_point(|fact| fact.evidence < *one);
            let own = self.facts[first..].iter();
            own.take_while(|fact| fact.evidence == *one)
        });
        let mut facts: Vec<Fact> = facts.cloned().collect();
        facts.sort_by_key(|fact| fact.evidence);
        let mut nodes: BTreeSet<Node> = BTreeSet::new();
        let mut rules: BTreeSet<usize> = BTreeSet::new();
        let mut reached: Vec<Node> = facts.iter().map(|fact| fact.node).collect();
        while let Some(node) = reached.pop() {
            if nodes.insert(node) {
                for rule in self.rules_of().node(node) {
                    if rules.insert(*rule) {
                        reached.extend(nodes_of(&self.rules.list[*rule]));
                    }
                }
            }
        }
        let nodes: Vec<Node> = nodes.into_iter().collect();
        let here = |node: &mut Node| *node = nodes.partition_point(|other| *other < *node);
        for fact in &mut facts {
            here(&mut fact.node);
        }
        let rules = rules.into_iter().map(|rule| {
            let mut rule = self.rules.list[rule].clone();
            rule.parts.iter_mut().for_each(here);
            here(&mut rule.whole);
            rule
        });
        let rules: Vec<Rule> = rules.collect();
        let system = Self {
            nodes: nodes.len(),
            facts,
            rules: Rc::new(Rules::from(rules)),
            rounds: self.rounds,
        };
        (system, nodes)
    }

    /// The widest clash of just this evidence, by the node it is of here, and what it is found in.
    pub(crate) fn widest(&self, evidence: &[Evidence]) -> Option<(Node, Clash, Solution)> {
        let (system, nodes) = self.only(evidence);
        let solution = system.solve(|one| evidence.contains(&one));
        let clashes = solution.clashes.iter();
        let widest = clashes.max_by_key(|clash| clash.gap())?.clone();
        Some((nodes[widest.node], widest, solution))
    }

    fn rules_of(&self) -> &RulesOf {
        self.rules.of.get_or_init(|| {
            let nodes = nodes_of;
            let mut starts = vec![0; self.nodes + 1];
            for node in self.rules.list.iter().flat_map(nodes) {
                starts[node + 1] += 1;
            }
            for node in 0..self.nodes {
                starts[node + 1] += starts[node];
            }
            let mut next = starts.clone();
            let mut rules = vec![0; starts[self.nodes]];
            for (index, rule) in self.rules.list.iter().enumerate() {
                for node in nodes(rule) {
                    rules[next[node]] = index;
                    next[node] += 1;
                }
            }
            RulesOf { starts, rules }
        })
    }

    /// Leaves out what a clash does not need: without any one of the rest there is no clash.
    pub(crate) fn minimal(&self, clashing: &[Evidence]) -> Vec<Evidence> {
        let (system, _) = self.only(clashing);
        let mut kept = clashing.to_vec();
        for candidate in clashing {
            let without: Vec<Evidence> = kept
                .iter()
                .copied()
                .filter(|evidence| evidence != candidate)
                .collect();
            if !system
                .solve(|evidence| without.contains(&evidence))
                .clashes
                .is_empty()
            {
                kept = without;
            }
        }
        kept
    }
}

/// Every node of a rule.
fn nodes_of(rule: &Rule) -> impl Iterator<Item = Node> {
    rule.parts.iter().chain([&rule.whole]).copied()
}

/// The first of those a node is joined with.
fn head(above: &mut [Node], node: Node) -> Node {
    let mut head = node;
    while above[head] != head {
        above[head] = above[above[head]];
        head = above[head];
    }
    head
}

fn join(above: &mut [Node], a: Node, b: Node) {
    let (a, b) = (head(above, a), head(above, b));
    above[a.max(b)] = a.min(b);
}

/// Lower ends on their way up the ladders, while a system is solved.
struct Climbing<'a> {
    ladders: &'a Ladders,
    /// The nodes that got tighter in the round before.
    is_due: Vec<bool>,
    /// What every rung may take.
    raised: Raised,
    /// What only rungs that are due may take: of parts that are not due themselves.
    raised_due: Raised,
}

impl<'a> Climbing<'a> {
    fn new(ladders: &'a Ladders, nodes: usize) -> Self {
        Self {
            ladders,
            is_due: vec![false; nodes],
            raised: Raised::on(ladders),
            raised_due: Raised::on(ladders),
        }
    }

    /// One round of the climbs and of the rules among them: part after part, as if each rung were a rule of its own.
    fn round(&mut self, solution: &mut Solution, tightened: &[Node], among: &[&Rule]) {
        let parts = self.ladders.parts();
        let due = &tightened[..tightened.partition_point(|node| *node < parts)];
        let mut among = among.iter().copied().peekable();
        for node in due {
            self.is_due[*node] = true;
        }
        if due.iter().any(|node| self.ladders.is_rung(*node)) {
            for part in 0..parts {
                self.turn(solution, part, &mut among);
            }
        } else {
            for part in due {
                self.turn(solution, *part, &mut among);
            }
        }
        for rule in among {
            solution.apply(rule);
        }
        let mut reached = self.raised.reached(self.ladders);
        reached.extend(self.raised_due.reached(self.ladders));
        for node in reached {
            self.settle(solution, node);
        }
        self.raised.clear(self.ladders);
        self.raised_due.clear(self.ladders);
        for node in due {
            self.is_due[*node] = false;
        }
    }

    /// The rules of the parts before one, then what that climbs.
    fn turn<'r>(
        &mut self,
        solution: &mut Solution,
        part: Node,
        among: &mut std::iter::Peekable<impl Iterator<Item = &'r Rule>>,
    ) {
        while let Some(rule) = among.next_if(|rule| rule.parts[0] < part) {
            solution.apply(rule);
        }
        self.settle(solution, part);
        let Some(end) = solution.usable(part, Side::Lower) else {
            return;
        };
        let is_due = self.is_due[part];
        for climb in self.ladders.climbs_of(part) {
            let raise = Raise {
                value: end.value,
                part,
                proof: end.proof,
                name: climb.name,
            };
            let raised = if is_due {
                &mut self.raised
            } else {
                &mut self.raised_due
            };
            if climb.from < climb.end {
                raised.send(self.ladders, climb.from, raise);
            }
            if let Some(also) = climb.also.filter(|also| is_due || self.is_due[*also]) {
                self.settle(solution, also);
                solution.raise(also, raise);
            }
        }
    }

    /// Gives a rung what has come up to it so far.
    fn settle(&self, solution: &mut Solution, node: Node) {
        let raise = self.raised.at(self.ladders, node);
        let due = (self.raised_due.at(self.ladders, node)).filter(|_| self.is_due[node]);
        if let Some(raise) = Raise::higher(raise, due) {
            solution.raise(node, raise);
        }
    }
}

impl Solution {
    pub(crate) fn lower(&self, node: Node) -> Option<End> {
        self.lower[node]
    }

    pub(crate) fn upper(&self, node: Node) -> Option<End> {
        self.upper[node]
    }

    pub(crate) fn is_clashing(&self, node: Node) -> bool {
        self.frozen[node]
    }

    /// The evidence an end rests on, sorted.
    pub(crate) fn evidence(&self, end: End) -> Vec<Evidence> {
        self.evidence_of([end])
    }

    /// The evidence of both ends of a clash, sorted.
    pub(crate) fn clash_evidence(&self, clash: &Clash) -> Vec<Evidence> {
        self.evidence_of(clash.lower.into_iter().chain([clash.upper]))
    }

    fn evidence_of(&self, ends: impl IntoIterator<Item = End>) -> Vec<Evidence> {
        let mut steps: Vec<ProofIx> = ends.into_iter().map(|end| end.proof).collect();
        let mut seen = BTreeSet::new();
        let mut evidence = Vec::new();
        while let Some(proof) = steps.pop() {
            if seen.insert(proof) {
                evidence.extend(self.step(proof).evidence);
                steps.extend(self.inputs(proof).iter().map(|input| input.proof));
            }
        }
        evidence.sort_unstable();
        evidence.dedup();
        evidence
    }

    fn step(&self, proof: ProofIx) -> &Step {
        &self.proofs[proof as usize]
    }

    fn inputs(&self, proof: ProofIx) -> &[Input] {
        &self.inputs[self.step(proof).inputs.clone()]
    }

    /// The arithmetic behind an end: "255 − 22 − 36".
    pub(crate) fn expression(&self, end: End) -> String {
        let mut terms = Vec::new();
        self.terms(end.proof, true, &mut terms);
        // What is added comes first, so that the line never opens with a minus sign.
        terms.sort_by_key(|(is_plus, _)| !is_plus);
        let mut text = String::new();
        let is_cut = terms.len() > TERMS;
        for (is_plus, value) in terms.into_iter().take(TERMS) {
            match (text.is_empty(), is_plus) {
                (true, true) => {}
                (true, false) => text.push('−'),
                (false, true) => text.push_str(" + "),
                (false, false) => text.push_str(" − "),
            }
            text.push_str(&value.to_string());
        }
        if is_cut {
            text.push_str(" …");
        }
        text
    }

    /// The names of the constraints behind an end, outermost last.
    pub(crate) fn constraints(&self, end: End) -> Vec<&'static str> {
        let mut names = Vec::new();
        self.names(end.proof, &mut BTreeSet::new(), &mut names);
        names
    }

    /// The derivation of an end: every step after those it uses, the end itself last; a step used twice stands once.
    pub(crate) fn steps(&self, end: End) -> Vec<Derived> {
        let mut steps = Vec::new();
        self.derive(end.proof, &mut HashMap::new(), &mut steps);
        steps
    }

    fn derive(
        &self,
        proof: ProofIx,
        places: &mut HashMap<ProofIx, usize>,
        steps: &mut Vec<Derived>,
    ) -> usize {
        if let Some(place) = places.get(&proof) {
            return *place;
        }
        let (mut plus, mut minus) = (Vec::new(), Vec::new());
        for input in self.inputs(proof) {
            let place = self.derive(input.proof, places, steps);
            if input.is_plus { &mut plus } else { &mut minus }.push(place);
        }
        let step = self.step(proof);
        steps.push(Derived {
            node: step.node,
            side: step.side,
            value: step.value,
            rule: step.rule,
            plus,
            minus,
            evidence: step.evidence,
        });
        places.insert(proof, steps.len() - 1);
        steps.len() - 1
    }

    fn terms(&self, proof: ProofIx, is_plus: bool, terms: &mut Vec<(bool, i64)>) {
        // A proof used twice is written twice, so a long one is cut rather than written out.
        if terms.len() > TERMS {
            return;
        }
        let step = self.step(proof);
        if step.rule.is_none() {
            terms.push((is_plus, step.value));
        }
        for input in self.inputs(proof) {
            self.terms(input.proof, is_plus == input.is_plus, terms);
        }
    }

    fn names(&self, proof: ProofIx, seen: &mut BTreeSet<ProofIx>, names: &mut Vec<&'static str>) {
        if !seen.insert(proof) {
            return;
        }
        for input in self.inputs(proof) {
            self.names(input.proof, seen, names);
        }
        if let Some(name) = self.step(proof).rule
            && !names.contains(&name)
        {
            names.push(name);
        }
    }

    /// Takes what is claimed of each node, and only then looks for clashes: of many claims the two farthest apart clash.
    fn take_facts(&mut self, system: &System, allowed: &impl Fn(Evidence) -> bool) {
        for fact in system.facts.iter().filter(|fact| allowed(fact.evidence)) {
            let claim = (None, Some(fact.evidence));
            if fact.least > self.least(fact.node) {
                self.set_end(fact.node, Side::Lower, fact.least, claim, []);
            }
            if let Some(most) = fact.most.filter(|most| self.is_below(fact.node, *most)) {
                self.set_end(fact.node, Side::Upper, most, claim, []);
            }
        }
        for fact in &system.facts {
            self.freeze_if_clashing(fact.node);
        }
    }

    fn apply_all(&mut self, rules: &[&Rule]) {
        for rule in rules {
            self.apply(rule);
        }
    }

    /// Raises a rung, which is not bounded from above, to what a part below it has come to.
    fn raise(&mut self, rung: Node, raise: Raise) {
        if raise.value > self.least(rung) {
            let input = Input {
                is_plus: true,
                proof: raise.proof,
            };
            let rule = (Some(raise.name), None);
            self.set_end(rung, Side::Lower, raise.value, rule, [input]);
        }
    }

    fn apply(&mut self, rule: &Rule) {
        if matches!(rule.sense, Sense::AtLeast | Sense::Equal) {
            self.bound(rule, Side::Lower);
        }
        if matches!(rule.sense, Sense::AtMost | Sense::Equal) {
            self.bound(rule, Side::Upper);
        }
    }

    /// For `Lower`, where the whole is at least the sum: it is at least the sum of the parts' lower ends, and each part at most
    /// the whole's upper end less the others' lower ends. For `Upper`, where the whole is at most the sum, the reverse.
    fn bound(&mut self, rule: &Rule, side: Side) {
        let part_ends = || rule.parts.iter().map(|part| self.usable(*part, side));
        let known = part_ends().flatten();
        let (sum, count) = known.fold((0_i64, 0), |(sum, count), end| {
            (sum.saturating_add(end.value), count + 1)
        });
        let unknown = rule.parts.len() - count;
        // No lower end is as good as 0; no upper end is none.
        if count > 0 && (side == Side::Lower || unknown == 0) {
            self.tighten(rule, rule.whole, side, sum, None);
        }
        let Some(whole) = self.usable(rule.whole, side.other()) else {
            return;
        };
        for part in &rule.parts {
            let own = self.usable(*part, side);
            if side == Side::Upper && unknown > usize::from(own.is_none()) {
                continue;
            }
            let others = sum.saturating_sub(own.map_or(0, |own| own.value));
            let value = whole.value.saturating_sub(others);
            self.tighten(rule, *part, side.other(), value, Some(whole));
        }
    }

    /// Moves an end of a node that is not frozen, if that makes it tighter. The inputs are those ends of the rule's parts that the
    /// step is made of: the whole's less the others', or those of all parts.
    fn tighten(&mut self, rule: &Rule, node: Node, side: Side, value: i64, whole: Option<End>) {
        let is_tighter = match side {
            Side::Lower => value > self.least(node),
            Side::Upper => self.is_below(node, value),
        };
        if !is_tighter || self.is_clashing(node) {
            return;
        }
        let of_parts = if whole.is_some() { side.other() } else { side };
        let parts = rule.parts.iter().filter(|part| **part != node);
        let mut inputs: Vec<Input> = whole
            .map(|end| Input {
                is_plus: true,
                proof: end.proof,
            })
            .into_iter()
            .collect();
        inputs.extend(
            parts
                .filter_map(|part| self.usable(*part, of_parts))
                .map(|end| Input {
                    is_plus: whole.is_none(),
                    proof: end.proof,
                }),
        );
        self.set_end(node, side, value, (Some(rule.name), rule.evidence), inputs);
        self.freeze_if_clashing(node);
    }

    /// An end of a node; those of a frozen node prove nothing more.
    fn usable(&self, node: Node, side: Side) -> Option<End> {
        let end = match side {
            Side::Lower => self.lower[node],
            Side::Upper => self.upper[node],
        };
        end.filter(|_| !self.is_clashing(node))
    }

    fn least(&self, node: Node) -> i64 {
        self.lower[node].map_or(0, |end| end.value)
    }

    /// Whether a value is below the upper end of a node.
    fn is_below(&self, node: Node, value: i64) -> bool {
        self.upper[node].is_none_or(|end| value < end.value)
    }

    fn set_end(
        &mut self,
        node: Node,
        side: Side,
        value: i64,
        (rule, evidence): (Option<&'static str>, Option<Evidence>),
        inputs: impl IntoIterator<Item = Input>,
    ) {
        let proof = ProofIx::try_from(self.proofs.len()).expect("fewer than 2^32 steps");
        let start = self.inputs.len();
        self.inputs.extend(inputs);
        self.proofs.push(Step {
            node,
            side,
            value,
            rule,
            evidence,
            inputs: start..self.inputs.len(),
        });
        self.tightened.push(node);
        let end = Some(End { value, proof });
        match side {
            Side::Lower => self.lower[node] = end,
            Side::Upper => self.upper[node] = end,
        }
    }

    fn freeze_if_clashing(&mut self, node: Node) {
        let least = self.least(node);
        if let Some(upper) = self.upper[node].filter(|upper| upper.value < least)
            && !self.is_clashing(node)
        {
            self.frozen[node] = true;
            self.clashes.push(Clash {
                node,
                lower: self.lower[node],
                upper,
            });
        }
    }
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Lower => Self::Upper,
            Self::Upper => Self::Lower,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    mod explicit;

    use proptest::prelude::*;

    use super::*;

    fn fact(node: Node, least: i64, most: Option<i64>, evidence: Evidence) -> Fact {
        Fact {
            node,
            least,
            most,
            evidence,
        }
    }

    fn total(parts: &[Node], sense: Sense) -> Rule {
        Rule {
            name: "partition",
            whole: 0,
            parts: parts.to_vec(),
            sense,
            evidence: None,
        }
    }

    #[test]
    fn a_part_is_the_total_less_the_others() {
        let facts = vec![
            fact(0, 255, Some(255), 0),
            fact(1, 22, Some(22), 1),
            fact(2, 36, Some(36), 2),
        ];
        let rules = Rules::from(vec![total(&[1, 2, 3], Sense::Equal)]);
        let system = System::new(4, facts, Rc::new(rules));
        let solution = system.solve(|_| true);
        let (least, most) = (solution.lower(3).unwrap(), solution.upper(3).unwrap());
        assert_eq!((least.value, most.value), (197, 197));
        assert_eq!(solution.expression(least), "255 − 22 − 36");
        let steps = solution.steps(least);
        let claims: Vec<_> = steps[..3]
            .iter()
            .map(|step| (step.node, step.side, step.value, step.evidence))
            .collect();
        assert_eq!(
            claims,
            [
                (0, Side::Lower, 255, Some(0)),
                (1, Side::Upper, 22, Some(1)),
                (2, Side::Upper, 36, Some(2)),
            ]
        );
        let last = Derived {
            node: 3,
            side: Side::Lower,
            value: 197,
            rule: Some("partition"),
            plus: vec![0],
            minus: vec![1, 2],
            evidence: None,
        };
        assert_eq!(steps[3..], [last]);
        assert_eq!(solution.evidence(most), [0, 1, 2]);
    }

    #[test]
    fn a_total_below_its_parts_clashes_with_all_of_them() {
        let facts = [250, 197, 22, 36].iter().enumerate();
        let facts = facts
            .map(|(node, n)| fact(node, *n, Some(*n), u32::try_from(node).unwrap()))
            .collect();
        let rules = Rules::from(vec![total(&[1, 2, 3], Sense::AtLeast)]);
        let system = System::new(4, facts, Rc::new(rules));
        let solution = system.solve(|_| true);
        let clash = &solution.clashes[0];
        assert_eq!(clash.gap(), 5);
        assert_eq!(
            system.minimal(&solution.clash_evidence(clash)),
            [0, 1, 2, 3]
        );
    }

    /// Small systems: three parts and a whole, some claims, some rules.
    pub(crate) fn small() -> impl Strategy<Value = System> {
        let facts = prop::collection::vec((0..4usize, 0..6i64, prop::option::of(0..4i64)), 0..6);
        let rule = (
            0..4usize,
            prop::collection::btree_set(0..4usize, 1..4),
            0..3usize,
        );
        (facts, prop::collection::vec(rule, 0..4)).prop_map(|(facts, rules)| {
            let facts = (0..)
                .zip(facts)
                .map(|(evidence, (node, least, width))| {
                    fact(node, least, width.map(|width| least + width), evidence)
                })
                .collect();
            let rules = rules
                .into_iter()
                .map(|(whole, parts, sense)| Rule {
                    name: "rule",
                    whole,
                    parts: parts.into_iter().filter(|part| *part != whole).collect(),
                    sense: [Sense::AtLeast, Sense::AtMost, Sense::Equal][sense],
                    evidence: None,
                })
                .filter(|rule| !rule.parts.is_empty())
                .collect::<Vec<_>>();
            System::new(4, facts, Rc::new(Rules::from(rules)))
        })
    }

    fn holds(system: &System, counts: &[i64]) -> bool {
        let facts = system.facts.iter().all(|fact| {
            counts[fact.node] >= fact.least
                && fact.most.is_none_or(|most| counts[fact.node] <= most)
        });
        facts
            && system.rules.list.iter().all(|rule| {
                let sum: i64 = rule.parts.iter().map(|part| counts[*part]).sum();
                match rule.sense {
                    Sense::AtLeast => counts[rule.whole] >= sum,
                    Sense::AtMost => counts[rule.whole] <= sum,
                    Sense::Equal => counts[rule.whole] == sum,
                }
            })
    }

    /// A whole of two parts, one of them again a whole of two: no count is bounded in two ways.
    fn tree() -> impl Strategy<Value = System> {
        let facts = prop::collection::vec((0..5usize, 0..3i64, prop::option::of(0..3i64)), 0..7);
        (facts, 0..3usize, 0..3usize).prop_map(|(facts, upper, lower)| {
            let sense = |sense: usize| [Sense::AtLeast, Sense::AtMost, Sense::Equal][sense];
            let claimed = (0..).zip(facts);
            let claimed = claimed.map(|(evidence, (node, least, width))| {
                fact(node, least, width.map(|width| least + width), evidence)
            });
            let below = Rule {
                whole: 1,
                ..total(&[3, 4], sense(lower))
            };
            let rules = Rules::from(vec![total(&[1, 2], sense(upper)), below]);
            System::new(5, claimed.collect(), Rc::new(rules))
        })
    }

    /// Every choice of five counts below 14 that a tree allows.
    fn fits(system: &System) -> Vec<[i64; 5]> {
        let mut claimed = [(0_i64, 13_i64); 5];
        for fact in &system.facts {
            let (least, most) = &mut claimed[fact.node];
            *least = (*least).max(fact.least);
            *most = (*most).min(fact.most.unwrap_or(13));
        }
        let range = |node: usize| claimed[node].0..=claimed[node].1;
        let mut found = Vec::new();
        for (a, b) in range(0).flat_map(|a| range(1).map(move |b| (a, b))) {
            for (c, d) in range(2).flat_map(|c| range(3).map(move |d| (c, d))) {
                let counts = range(4).map(|e| [a, b, c, d, e]);
                found.extend(counts.filter(|counts| holds(system, counts)));
            }
        }
        found
    }

    proptest! {
        #[test]
        fn where_constraints_form_a_tree_the_bounds_are_the_best_there_are(system in tree()) {
            let solution = system.solve(|_| true);
            let fits = fits(&system);
            prop_assert_eq!(fits.is_empty(), !solution.clashes.is_empty());
            for node in 0..system.nodes {
                let counts = || fits.iter().map(|counts| counts[node]);
                let Some(least) = counts().min() else { continue };
                prop_assert_eq!(solution.lower(node).map_or(0, |end| end.value), least);
                match solution.upper(node) {
                    Some(end) => prop_assert_eq!(Some(end.value), counts().max()),
                    None => prop_assert!(counts().max() >= Some(6), "{:?}", counts().max()),
                }
            }
        }

        #[test]
        fn no_count_that_fits_every_claim_lies_outside_the_bounds(system in small()) {
            let solution = system.solve(|_| true);
            for n in 0..10_i64.pow(4) {
                let counts = [n / 1000, n / 100 % 10, n / 10 % 10, n % 10];
                if !holds(&system, &counts) {
                    continue;
                }
                prop_assert!(solution.clashes.is_empty(), "{counts:?} fits, yet {:?}", solution.clashes);
                for (node, count) in counts.iter().enumerate() {
                    prop_assert!(solution.lower(node).is_none_or(|end| end.value <= *count));
                    prop_assert!(solution.upper(node).is_none_or(|end| end.value >= *count));
                }
            }
        }

        #[test]
        fn a_minimal_set_clashes_and_without_any_one_it_does_not(system in small()) {
            let solution = system.solve(|_| true);
            for clash in &solution.clashes {
                let minimal = system.minimal(&solution.clash_evidence(clash));
                prop_assert!(!system.solve(|one| minimal.contains(&one)).clashes.is_empty());
                for left_out in &minimal {
                    let rest = system.solve(|one| minimal.contains(&one) && one != *left_out);
                    prop_assert!(rest.clashes.is_empty());
                }
            }
        }
    }
}
