//! Which claims to give up so that the rest can all be right: those that weigh least together.

use std::collections::BTreeSet;

use crate::lines::Current;
use crate::policy::newest;
use crate::solver::{Evidence, Node, System};

/// How often the search for the lightest choice may branch before the best one found so far must do.
const MOST_BRANCHES: usize = 20_000;
/// How many rounds it may take to find what clashes before whatever clashes still is given up as it comes.
const MOST_ROUNDS: usize = 256;

/// The claims given up.
#[derive(Debug, Default)]
pub(crate) struct Repair {
    /// Each with the node it is claimed of.
    given_up: Vec<(Evidence, Node)>,
    /// What rules relate each node to; empty where nothing is given up.
    component_of: Vec<Node>,
}

/// What it costs to give up a claim: its weight, and below that how new it is.
type Cost = u64;

/// Gives up the claims that weigh least together, the older of those of equal weight, so that nothing clashes any more;
/// declarations are never given up.
///
/// This is a hitting set of all minimal clashing sets, of least weight, found without knowing all of them: the best choice for
/// the sets known so far is tried, and what clashes still is a new set (Moreno-Centeno and Karp, "The implicit hitting set
/// approach", 2013). What no constraint relates is mended apart, as it would be if the rest were not there.
pub(crate) fn repair(
    system: &System,
    is_bounded: &[bool],
    current: &[Current<'_>],
    weight: impl Fn(&Current<'_>) -> u32,
) -> Repair {
    let bounded = system.bounded(is_bounded);
    let whole = bounded.solve(|_| true);
    if whole.clashes.is_empty() {
        return Repair::default();
    }
    let component_of = system.components();
    let claims: Vec<(Evidence, Node)> = system
        .facts()
        .iter()
        .filter(|fact| (fact.evidence as usize) < current.len())
        .map(|fact| (fact.evidence, fact.node))
        .collect();
    let clashing = whole.clashes.iter().map(|clash| component_of[clash.node]);
    let mut given_up = Vec::new();
    for component in clashing.collect::<BTreeSet<Node>>() {
        let mut related: Vec<(Evidence, Node)> = claims.clone();
        related.retain(|(_, node)| component_of[*node] == component);
        related.sort_by_key(|(one, _)| newest(current[*one as usize].claim));
        let mut costs: Vec<Option<Cost>> = vec![None; current.len()];
        for (age, (one, _)) in (0..).zip(&related) {
            let weight = weight(&current[*one as usize]);
            costs[*one as usize] = Some((Cost::from(weight) << 32) + age);
        }
        let lightest = lightest(&bounded, &costs);
        related.retain(|(one, _)| lightest.contains(one));
        given_up.extend(related);
    }
    Repair {
        given_up,
        component_of,
    }
}

impl Repair {
    pub(crate) fn is_nothing(&self) -> bool {
        self.given_up.is_empty()
    }

    pub(crate) fn gives_up(&self, evidence: Evidence) -> bool {
        self.given_up.iter().any(|(one, _)| *one == evidence)
    }

    /// The claims given up among those that constraints relate to some nodes.
    pub(crate) fn related_to(&self, nodes: &[Node]) -> Vec<Evidence> {
        let component = |node: &Node| self.component_of.get(*node);
        let given_up = self.given_up.iter();
        let related = given_up.filter(|(_, of)| {
            let mut nodes = nodes.iter();
            nodes.any(|node| component(node) == component(of))
        });
        related.map(|(one, _)| *one).collect()
    }
}

/// The lightest claims to leave out so that nothing clashes; what has no cost is not of this component, or a declaration.
fn lightest(system: &System, costs: &[Option<Cost>]) -> Vec<Evidence> {
    let cost = |one: &Evidence| costs.get(*one as usize).copied().flatten();
    let is_declaration = |one: Evidence| one as usize >= costs.len();
    let mut sets: Vec<Vec<(Cost, Evidence)>> = Vec::new();
    let mut left_out: Vec<Evidence> = Vec::new();
    for round in 0.. {
        let is_looked_at = |one: Evidence| {
            (is_declaration(one) || cost(&one).is_some()) && !left_out.contains(&one)
        };
        let solution = system.solve(is_looked_at);
        if solution.clashes.is_empty() {
            break;
        }
        let clashes = solution.clashes.iter();
        let clashing = clashes.map(|clash| {
            let set = system.minimal(&solution.clash_evidence(clash));
            let mut set: Vec<(Cost, Evidence)> = set
                .iter()
                .filter_map(|one| Some((cost(one)?, *one)))
                .collect();
            set.sort_unstable();
            set
        });
        let clashing: BTreeSet<Vec<(Cost, Evidence)>> = clashing.collect();
        if round < MOST_ROUNDS {
            sets.extend(clashing);
            left_out = Choice::lightest(&sets);
        } else {
            let lightest = clashing.iter().filter_map(|set| set.first());
            left_out.extend(lightest.map(|(_, one)| *one));
        }
    }
    left_out
}

/// The search for the lightest evidence that hits every set: branch and bound.
struct Choice<'a> {
    /// Each set, its lightest evidence first.
    sets: &'a [Vec<(Cost, Evidence)>],
    best: Option<(Cost, Vec<Evidence>)>,
    branches: usize,
}

impl<'a> Choice<'a> {
    fn lightest(sets: &'a [Vec<(Cost, Evidence)>]) -> Vec<Evidence> {
        let mut choice = Self {
            sets,
            best: None,
            branches: 0,
        };
        choice.branch(0, &mut Vec::new(), &mut Vec::new());
        choice.best.map(|(_, best)| best).unwrap_or_default()
    }

    /// Hits the first set that is not hit yet with each of its evidence in turn, but for what other branches look at.
    fn branch(&mut self, cost: Cost, chosen: &mut Vec<Evidence>, barred: &mut Vec<Evidence>) {
        self.branches += 1;
        let is_hit = |set: &Vec<(Cost, Evidence)>| set.iter().any(|(_, one)| chosen.contains(one));
        let unhit: Vec<&Vec<(Cost, Evidence)>> =
            self.sets.iter().filter(|set| !is_hit(set)).collect();
        // Sets that share nothing must each be hit once more.
        let mut apart: Vec<&Vec<(Cost, Evidence)>> = Vec::new();
        for set in &unhit {
            let shares = |other: &&Vec<(Cost, Evidence)>| set.iter().any(|one| other.contains(one));
            if !apart.iter().any(shares) {
                apart.push(set);
            }
        }
        let at_least = apart.iter().filter_map(|set| set.first());
        let at_least = cost + at_least.map(|(cost, _)| cost).sum::<Cost>();
        if self
            .best
            .as_ref()
            .is_some_and(|(best, _)| at_least >= *best)
        {
            return;
        }
        let Some(first) = unhit.first() else {
            self.best = Some((cost, chosen.clone()));
            return;
        };
        let barred_before = barred.len();
        for (more, one) in first.iter() {
            if barred.contains(one) {
                continue;
            }
            if self.best.is_some() && self.branches > MOST_BRANCHES {
                break;
            }
            chosen.push(*one);
            self.branch(cost + more, chosen, barred);
            chosen.pop();
            barred.push(*one);
        }
        barred.truncate(barred_before);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::solver::tests::small;

    proptest! {
        #[test]
        fn what_is_given_up_mends_everything_and_nothing_lighter_would(
            system in small(),
            weights in prop::collection::vec(1..4_u64, 6),
        ) {
            let costs: Vec<Option<Cost>> = weights[..system.facts().len()]
                .iter()
                .enumerate()
                .map(|(age, weight)| Some((weight << 32) + age as Cost))
                .collect();
            let given_up = lightest(&system, &costs);
            let mends = |set: &dyn Fn(Evidence) -> bool| system.solve(|one| !set(one)).clashes.is_empty();
            prop_assert!(mends(&|one| given_up.contains(&one)));
            let cost = |one: Evidence| costs[one as usize].unwrap();
            let total: Cost = given_up.iter().map(|one| cost(*one)).sum();
            for bits in 0..1_u32 << system.facts().len() {
                let is_in = |one: Evidence| bits >> one & 1 == 1;
                let all = (0..).take(system.facts().len());
                let other: Cost = all.filter(|one| is_in(*one)).map(cost).sum();
                prop_assert!(other >= total || !mends(&is_in));
            }
        }
    }
}
