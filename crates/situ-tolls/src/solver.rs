//! Bounds on unknown counts from claims and linear constraints, each with its proof.
//!
//! Every constraint relates one whole to a sum of parts. Bounds are propagated to a fixpoint; a bound that got tighter keeps
//! what made it so. Where a count can be nothing any more, it is frozen and its clash kept: one contradiction does not spread.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

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
    pub(crate) nodes: usize,
    pub(crate) facts: Vec<Fact>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) rules_of: OnceCell<Vec<Vec<usize>>>,
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
    frozen: Vec<bool>,
    /// Nodes whose ends moved since the last round.
    tightened: Vec<Node>,
    pub(crate) clashes: Vec<Clash>,
}

#[derive(Debug, Clone)]
struct Step {
    /// The count and the end of it that the step moved.
    node: Node,
    side: Side,
    value: i64,
    /// The constraint used and whether it is one that changes the arithmetic; none for a claim.
    rule: Option<&'static str>,
    plus: Vec<ProofIx>,
    minus: Vec<ProofIx>,
    /// The claim it is, or the declaration its constraint comes from.
    own: Option<Evidence>,
    /// Its own, and that of every step behind it; sorted.
    evidence: Vec<Evidence>,
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

impl System {
    /// Propagates to the fixpoint, using only evidence that `allowed` accepts.
    pub(crate) fn solve(&self, allowed: impl Fn(Evidence) -> bool) -> Solution {
        let mut solution = Solution {
            lower: vec![None; self.nodes],
            upper: vec![None; self.nodes],
            proofs: Vec::new(),
            frozen: vec![false; self.nodes],
            tightened: Vec::new(),
            clashes: Vec::new(),
        };
        solution.take_facts(self, &allowed);
        let rules_of = self.rules_of();
        // Round by round, in the order of the rules, those whose counts got tighter: short proofs come first, and the order of
        // facts does not matter. Contradictory cycles would creep; they stop at their clash, or when they have gone round.
        for _ in 0..=(2 * self.nodes + 8) {
            let tightened = std::mem::take(&mut solution.tightened);
            let due: BTreeSet<usize> = tightened
                .into_iter()
                .flat_map(|node| rules_of[node].iter().copied())
                .collect();
            if due.is_empty() {
                break;
            }
            for rule in due.into_iter().map(|rule| &self.rules[rule]) {
                if rule.evidence.is_none_or(&allowed) {
                    solution.apply(rule);
                }
            }
        }
        solution
    }

    /// For each node, the rules it is in.
    fn rules_of(&self) -> &[Vec<usize>] {
        self.rules_of.get_or_init(|| {
            let mut rules_of = vec![Vec::new(); self.nodes];
            for (index, rule) in self.rules.iter().enumerate() {
                for node in rule.parts.iter().chain([&rule.whole]) {
                    rules_of[*node].push(index);
                }
            }
            rules_of
        })
    }

    /// Leaves out what a clash does not need: without any one of the rest there is no clash.
    pub(crate) fn minimal(&self, clashing: &[Evidence]) -> Vec<Evidence> {
        let mut kept = clashing.to_vec();
        for candidate in clashing {
            let without: Vec<Evidence> = kept
                .iter()
                .copied()
                .filter(|evidence| evidence != candidate)
                .collect();
            if !self
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

impl Step {
    fn fact(fact: &Fact, side: Side, value: i64) -> Self {
        Self {
            node: fact.node,
            side,
            value,
            rule: None,
            plus: Vec::new(),
            minus: Vec::new(),
            own: Some(fact.evidence),
            evidence: vec![fact.evidence],
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
    pub(crate) fn evidence(&self, end: End) -> &[Evidence] {
        &self.proofs[end.proof as usize].evidence
    }

    /// The evidence of both ends of a clash, sorted.
    pub(crate) fn clash_evidence(&self, clash: &Clash) -> Vec<Evidence> {
        let mut evidence = self.evidence(clash.upper).to_vec();
        evidence.extend(clash.lower.iter().flat_map(|end| self.evidence(*end)));
        evidence.sort_unstable();
        evidence.dedup();
        evidence
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
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the audit that prints it comes next")
    )]
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
        let step = &self.proofs[proof as usize];
        let mut derive = |part: &ProofIx| self.derive(*part, places, steps);
        let plus = step.plus.iter().map(&mut derive).collect();
        let minus = step.minus.iter().map(&mut derive).collect();
        steps.push(Derived {
            node: step.node,
            side: step.side,
            value: step.value,
            rule: step.rule,
            plus,
            minus,
            evidence: step.own,
        });
        places.insert(proof, steps.len() - 1);
        steps.len() - 1
    }

    fn terms(&self, proof: ProofIx, is_plus: bool, terms: &mut Vec<(bool, i64)>) {
        // A proof used twice is written twice, so a long one is cut rather than written out.
        if terms.len() > TERMS {
            return;
        }
        let step = &self.proofs[proof as usize];
        if step.rule.is_none() {
            terms.push((is_plus, step.value));
        }
        for part in &step.plus {
            self.terms(*part, is_plus, terms);
        }
        for part in &step.minus {
            self.terms(*part, !is_plus, terms);
        }
    }

    fn names(&self, proof: ProofIx, seen: &mut BTreeSet<ProofIx>, names: &mut Vec<&'static str>) {
        if !seen.insert(proof) {
            return;
        }
        let step = &self.proofs[proof as usize];
        for part in step.plus.iter().chain(&step.minus) {
            self.names(*part, seen, names);
        }
        if let Some(name) = step.rule
            && !names.contains(&name)
        {
            names.push(name);
        }
    }

    /// Takes what is claimed of each node, and only then looks for clashes: of many claims the two farthest apart clash.
    fn take_facts(&mut self, system: &System, allowed: &impl Fn(Evidence) -> bool) {
        for fact in system.facts.iter().filter(|fact| allowed(fact.evidence)) {
            if fact.least > self.least(fact.node) {
                self.set_end(Step::fact(fact, Side::Lower, fact.least));
            }
            if let Some(most) = fact.most.filter(|most| self.is_below(fact.node, *most)) {
                self.set_end(Step::fact(fact, Side::Upper, most));
            }
        }
        for fact in &system.facts {
            self.freeze_if_clashing(fact.node);
        }
    }

    fn apply(&mut self, rule: &Rule) {
        if matches!(rule.sense, Sense::AtLeast | Sense::Equal) {
            self.whole_is_at_least(rule);
        }
        if matches!(rule.sense, Sense::AtMost | Sense::Equal) {
            self.whole_is_at_most(rule);
        }
    }

    /// whole ≥ sum of the parts' lower ends; each part ≤ the whole's upper end less the others' lower ends.
    fn whole_is_at_least(&mut self, rule: &Rule) {
        let ends: Vec<Option<End>> = rule
            .parts
            .iter()
            .map(|part| self.usable(self.lower[*part], *part))
            .collect();
        let known: Vec<End> = ends.iter().copied().flatten().collect();
        let sum: i64 = known.iter().map(|end| end.value).sum();
        if !known.is_empty() {
            self.raise(rule, rule.whole, sum, &known, &[]);
        }
        let Some(whole) = self.usable(self.upper[rule.whole], rule.whole) else {
            return;
        };
        for (index, part) in rule.parts.iter().enumerate() {
            let others: Vec<End> = ends
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index)
                .filter_map(|(_, end)| *end)
                .collect();
            let most = whole.value - others.iter().map(|end| end.value).sum::<i64>();
            self.lower_to(rule, *part, most, &[whole], &others);
        }
    }

    /// whole ≤ sum of the parts' upper ends; each part ≥ the whole's lower end less the others' upper ends.
    fn whole_is_at_most(&mut self, rule: &Rule) {
        let ends: Vec<Option<End>> = rule
            .parts
            .iter()
            .map(|part| self.usable(self.upper[*part], *part))
            .collect();
        if let Some(all) = ends.iter().copied().collect::<Option<Vec<End>>>() {
            let sum = all.iter().map(|end| end.value).sum();
            self.lower_to(rule, rule.whole, sum, &all, &[]);
        }
        let Some(whole) = self.usable(self.lower[rule.whole], rule.whole) else {
            return;
        };
        for (index, part) in rule.parts.iter().enumerate() {
            let others = ends
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index)
                .map(|(_, end)| *end);
            let Some(others) = others.collect::<Option<Vec<End>>>() else {
                continue;
            };
            let least = whole.value - others.iter().map(|end| end.value).sum::<i64>();
            if least > 0 {
                self.raise(rule, *part, least, &[whole], &others);
            }
        }
    }

    /// A frozen node's ends prove nothing more.
    fn usable(&self, end: Option<End>, node: Node) -> Option<End> {
        end.filter(|_| !self.is_clashing(node))
    }

    fn raise(&mut self, rule: &Rule, node: Node, value: i64, plus: &[End], minus: &[End]) {
        if value > self.least(node) && !self.is_clashing(node) {
            self.set_end(Step::sum(rule, (node, Side::Lower), value, plus, minus));
            self.freeze_if_clashing(node);
        }
    }

    fn lower_to(&mut self, rule: &Rule, node: Node, value: i64, plus: &[End], minus: &[End]) {
        if self.is_below(node, value) && !self.is_clashing(node) {
            self.set_end(Step::sum(rule, (node, Side::Upper), value, plus, minus));
            self.freeze_if_clashing(node);
        }
    }

    fn least(&self, node: Node) -> i64 {
        self.lower[node].map_or(0, |end| end.value)
    }

    /// Whether a value is below the upper end of a node.
    fn is_below(&self, node: Node, value: i64) -> bool {
        self.upper[node].is_none_or(|end| value < end.value)
    }

    fn set_end(&mut self, mut step: Step) {
        for part in step.plus.iter().chain(&step.minus) {
            step.evidence
                .extend_from_slice(&self.proofs[*part as usize].evidence);
        }
        step.evidence.sort_unstable();
        step.evidence.dedup();
        let (node, side, value) = (step.node, step.side, step.value);
        let proof = ProofIx::try_from(self.proofs.len()).expect("fewer than 2^32 steps");
        self.proofs.push(step);
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

impl Step {
    fn sum(
        rule: &Rule,
        (node, side): (Node, Side),
        value: i64,
        plus: &[End],
        minus: &[End],
    ) -> Self {
        let proofs = |ends: &[End]| ends.iter().map(|end| end.proof).collect();
        Self {
            node,
            side,
            value,
            rule: Some(rule.name),
            plus: proofs(plus),
            minus: proofs(minus),
            own: rule.evidence,
            evidence: rule.evidence.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
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
        let system = System {
            nodes: 4,
            facts: vec![
                fact(0, 255, Some(255), 0),
                fact(1, 22, Some(22), 1),
                fact(2, 36, Some(36), 2),
            ],
            rules: vec![total(&[1, 2, 3], Sense::Equal)],
            ..System::default()
        };
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
        let system = System {
            nodes: 4,
            facts,
            rules: vec![total(&[1, 2, 3], Sense::AtLeast)],
            ..System::default()
        };
        let solution = system.solve(|_| true);
        let clash = &solution.clashes[0];
        assert_eq!(clash.gap(), 5);
        assert_eq!(
            system.minimal(&solution.clash_evidence(clash)),
            [0, 1, 2, 3]
        );
    }

    /// Small systems: three parts and a whole, some claims, some rules.
    fn small() -> impl Strategy<Value = System> {
        let facts = prop::collection::vec((0..4usize, 0..6i64, prop::option::of(0..4i64)), 0..6);
        let rule = (
            0..4usize,
            prop::collection::btree_set(0..4usize, 1..4),
            0..3usize,
        );
        (facts, prop::collection::vec(rule, 0..4)).prop_map(|(facts, rules)| System {
            nodes: 4,
            facts: (0..)
                .zip(facts)
                .map(|(evidence, (node, least, width))| {
                    fact(node, least, width.map(|width| least + width), evidence)
                })
                .collect(),
            rules: rules
                .into_iter()
                .map(|(whole, parts, sense)| Rule {
                    name: "rule",
                    whole,
                    parts: parts.into_iter().filter(|part| *part != whole).collect(),
                    sense: [Sense::AtLeast, Sense::AtMost, Sense::Equal][sense],
                    evidence: None,
                })
                .filter(|rule| !rule.parts.is_empty())
                .collect(),
            ..System::default()
        })
    }

    fn holds(system: &System, counts: [i64; 4]) -> bool {
        let facts = system.facts.iter().all(|fact| {
            counts[fact.node] >= fact.least
                && fact.most.is_none_or(|most| counts[fact.node] <= most)
        });
        facts
            && system.rules.iter().all(|rule| {
                let sum: i64 = rule.parts.iter().map(|part| counts[*part]).sum();
                match rule.sense {
                    Sense::AtLeast => counts[rule.whole] >= sum,
                    Sense::AtMost => counts[rule.whole] <= sum,
                    Sense::Equal => counts[rule.whole] == sum,
                }
            })
    }

    proptest! {
        #[test]
        fn no_count_that_fits_every_claim_lies_outside_the_bounds(system in small()) {
            let solution = system.solve(|_| true);
            for n in 0..10_i64.pow(4) {
                let counts = [n / 1000, n / 100 % 10, n / 10 % 10, n % 10];
                if !holds(&system, counts) {
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
