//! Which claims cannot all be right: every minimal set of them, as far as the search goes.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet, VecDeque};

use crate::answer::{Group, Resolved};
use crate::lines::Current;
use crate::network::Network;
use crate::sides::{Dispute, Side, Sides};
use crate::solver::{Clash, End, Evidence, Node, Solution, System};
use crate::toll::{Certainty, Conflict};

/// The search for minimal sets stops at so many.
const MOST_SETS: usize = 48;
/// It stops after leaving out so many choices of evidence.
const MOST_CHOICES: usize = 64;

/// The clashes under `point`.
#[derive(Default)]
pub(crate) struct Clashes {
    found: Vec<FoundClash>,
    /// Nodes among whose claims the search stopped at its limit.
    cut: BTreeSet<Node>,
}

/// A clash, with a minimal set of evidence.
struct FoundClash {
    node: Node,
    gap: u64,
    evidence: Vec<Evidence>,
    words: String,
    /// It needs a constraint that may not hold.
    is_tentative: bool,
}

/// The minimal sets of clashing evidence.
#[derive(Default)]
struct MinimalSets {
    sets: Vec<Vec<Evidence>>,
    is_cut: bool,
}

/// The clashes under `point`, certain ones and then those that need a constraint that may not hold.
///
/// Sides that exclude each other over a figure are in dispute, and that says it all: a clash between them that needs a claim of
/// that figure is none of its own. So each side's claims of it are looked at without those of the others.
pub(crate) fn clashes(
    network: &Network<'_>,
    sides: &Sides<'_>,
    system: &System,
    point: &Solution,
) -> Clashes {
    let mut clashes = Clashes::default();
    // What never gets an upper end clashes with nothing, but may relate what does.
    let with_bounded = |system: &System| system.bounded(&network.is_bounded);
    let bounded = with_bounded(system);
    let whole_tentative = network.tentative_system();
    let tentative = whole_tentative.as_ref().map(with_bounded);
    let may_clash = tentative.as_ref().map(|system| system.solve(|_| true));
    let certain = (system, &bounded, point, false);
    let possible = whole_tentative.iter().zip(&tentative).zip(&may_clash);
    let possible = possible.map(|((whole, system), solution)| (whole, system, solution, true));
    let mut disputes = None;
    for (whole, system, solution, is_tentative) in [certain].into_iter().chain(possible) {
        if solution.clashes.is_empty() {
            continue;
        }
        let disputes = disputes.get_or_insert_with(|| sides.disputes());
        // What no constraint relates is looked at apart, as it would be if the rest were not there.
        let component_of = whole.components();
        let clashing = solution.clashes.iter();
        let clashing: BTreeSet<Node> = clashing.map(|clash| component_of[clash.node]).collect();
        for component in clashing {
            let mut related = vec![false; network.current.len()];
            for fact in system.facts() {
                if let Some(related) = related.get_mut(fact.evidence as usize) {
                    *related |= component_of[fact.node] == component;
                }
            }
            let search = Search {
                system,
                is_tentative,
                related: &related,
                sides,
                disputes,
            };
            search.run(&mut clashes);
        }
    }
    clashes
}

/// A search among the claims that are related.
struct Search<'a> {
    system: &'a System,
    is_tentative: bool,
    /// For each claim whether it is one of them.
    related: &'a [bool],
    sides: &'a Sides<'a>,
    disputes: &'a [Dispute],
}

impl Search<'_> {
    fn run(&self, clashes: &mut Clashes) {
        let is_ours = |dispute: &&Dispute| dispute.claims().iter().any(|one| self.is_related(*one));
        let disputes: Vec<&Dispute> = self.disputes.iter().filter(is_ours).collect();
        let disputing = disputes.iter().flat_map(|dispute| dispute.sides());
        let disputing: BTreeSet<Side> = disputing.copied().collect();
        let mut choices: Vec<Option<Side>> = disputing.into_iter().map(Some).collect();
        if choices.is_empty() {
            choices.push(None);
        }
        for side in choices {
            let is_looked_at = |one: Evidence| {
                let is_of_others = || {
                    self.sides.of(one) != side
                        && disputes.iter().any(|dispute| dispute.is_over(one))
                };
                self.is_related(one) && !is_of_others()
            };
            // What is only possible is shown where it meets the eye, and not hunted down.
            let most_choices = if self.is_tentative { 1 } else { MOST_CHOICES };
            let minimal = minimal_sets(self.system, is_looked_at, most_choices);
            if minimal.is_cut && !self.is_tentative {
                let facts = self.system.facts().iter();
                let related = facts.filter(|fact| self.is_related(fact.evidence));
                clashes.cut.extend(related.map(|fact| fact.node));
            }
            for set in minimal.sets {
                let is_known = clashes.found.iter().any(|found| found.evidence == set);
                if !is_known && !is_covered(&set, self.sides, &disputes) {
                    clashes.found.push(self.found(set));
                }
            }
        }
    }

    /// Declarations may relate to anything.
    fn is_related(&self, evidence: Evidence) -> bool {
        self.related.get(evidence as usize).is_none_or(|is| *is)
    }

    /// The widest clash of exactly this evidence.
    fn found(&self, evidence: Vec<Evidence>) -> FoundClash {
        let widest = self.system.widest(&evidence);
        let (node, widest, solution) = widest.expect("a clashing set clashes");
        FoundClash {
            node,
            gap: widest.gap(),
            words: clash_in_words(&solution, &widest),
            evidence,
            is_tentative: self.is_tentative,
        }
    }
}

/// Whether a set is of several sides and needs a claim over which one of them excludes another.
fn is_covered(set: &[Evidence], sides: &Sides<'_>, disputes: &[&Dispute]) -> bool {
    let of_set: BTreeSet<Side> = set.iter().filter_map(|one| sides.of(*one)).collect();
    disputes.iter().any(|dispute| {
        let of_both = dispute.sides().iter().filter(|side| of_set.contains(side));
        of_both.count() > 1 && set.iter().any(|one| dispute.is_over(*one))
    })
}

/// Every minimal clashing set among some evidence, by Reiter's tree: what clashes is left out, one piece of each set after
/// another, until nothing clashes; whatever clashes still is another set. Sets that only show once others are gone come first.
fn minimal_sets(
    system: &System,
    is_looked_at: impl Fn(Evidence) -> bool,
    most_choices: usize,
) -> MinimalSets {
    let mut minimal = MinimalSets::default();
    let mut waiting: VecDeque<(Vec<Evidence>, usize)> = VecDeque::from([(Vec::new(), 0)]);
    let mut seen: HashSet<Vec<Evidence>> = HashSet::new();
    let mut enough: Vec<Vec<Evidence>> = Vec::new();
    let mut choices = 0;
    while let Some((left_out, known_before)) = waiting.pop_front() {
        let is_in = |small: &Vec<Evidence>| small.iter().all(|one| left_out.contains(one));
        if enough.iter().any(is_in) {
            continue;
        }
        choices += 1;
        if choices > most_choices || minimal.sets.len() >= MOST_SETS {
            minimal.is_cut = true;
            break;
        }
        let solution = system.solve(|one| is_looked_at(one) && !left_out.contains(&one));
        if solution.clashes.is_empty() {
            enough.push(left_out);
            continue;
        }
        let clashes = solution.clashes.iter();
        let numbers = clashes.map(|clash| minimal.within(&solution.clash_evidence(clash), system));
        let numbers: BTreeSet<usize> = numbers.collect();
        let known = minimal.sets.len();
        for number in numbers {
            for one in &minimal.sets[number] {
                let mut more = left_out.clone();
                more.push(*one);
                more.sort_unstable();
                if !seen.insert(more.clone()) {
                    continue;
                }
                if number >= known_before {
                    waiting.push_front((more, known));
                } else {
                    waiting.push_back((more, known));
                }
            }
        }
    }
    minimal
}

impl MinimalSets {
    /// The number of a set within clashing evidence, which is kept if it is new.
    fn within(&mut self, clashing: &[Evidence], system: &System) -> usize {
        let is_in = |set: &Vec<Evidence>| set.iter().all(|one| clashing.contains(one));
        self.sets.iter().position(is_in).unwrap_or_else(|| {
            self.sets.push(system.minimal(clashing));
            self.sets.len() - 1
        })
    }
}

fn clash_in_words(solution: &Solution, clash: &Clash) -> String {
    let end = |end: End| {
        let (value, expression) = (end.value.to_string(), solution.expression(end));
        if expression == value {
            value
        } else {
            format!("{value} ({expression})")
        }
    };
    let least = clash.lower.map_or("0".to_owned(), end);
    format!("at least {least} against at most {}", end(clash.upper))
}

impl Clashes {
    /// Whether there may be more clashes of these nodes than were found.
    pub(crate) fn may_have_more(&self, nodes: &[Node]) -> bool {
        nodes.iter().any(|node| self.cut.contains(node))
    }
}

impl Resolved<'_> {
    /// The conflicts that concern a figure: certain ones first, the widest first.
    pub(crate) fn conflicts(
        &self,
        group: &Group,
        node: Option<Node>,
        current: &[(Evidence, &Current<'_>)],
    ) -> Vec<Conflict> {
        let concerns = |clash: &&FoundClash| {
            Some(clash.node) == node
                || group.holds(&self.network.counts[clash.node].cell)
                || current
                    .iter()
                    .any(|(evidence, _)| clash.evidence.contains(evidence))
        };
        let certainty = |clash: &FoundClash| {
            if clash.is_tentative || self.network.is_only_possible(&clash.evidence) {
                Certainty::Possible
            } else {
                Certainty::Certain
            }
        };
        let conflict = |clash: &FoundClash| Conflict {
            certainty: certainty(clash),
            cells: self.cells(&clash.evidence),
            claims: self.names(&clash.evidence),
            gap: clash.gap,
            words: clash.words.clone(),
        };
        let concerned = self.clashes.found.iter().filter(concerns);
        let mut conflicts: Vec<Conflict> = concerned.map(conflict).collect();
        conflicts.sort_by(|a, b| {
            let rank = |conflict: &Conflict| (conflict.certainty, Reverse(conflict.gap));
            rank(a).cmp(&rank(b)).then_with(|| a.claims.cmp(&b.claims))
        });
        conflicts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::solver::tests::small;

    /// Every minimal clashing set, by trying all sets.
    fn tried(system: &System) -> BTreeSet<Vec<Evidence>> {
        let all = u32::try_from(system.facts().len()).unwrap();
        let sets = (0..1_u32 << all).map(|bits| (0..all).filter(move |one| bits >> one & 1 == 1));
        let clashes =
            |set: &Vec<Evidence>| !system.solve(|one| set.contains(&one)).clashes.is_empty();
        let clashing: Vec<Vec<Evidence>> = sets.map(Iterator::collect).filter(clashes).collect();
        let holds_another = |set: &Vec<Evidence>| {
            let is_in = |other: &Vec<Evidence>| other.iter().all(|one| set.contains(one));
            clashing.iter().any(|other| other != set && is_in(other))
        };
        let minimal = clashing.iter().filter(|set| !holds_another(set));
        minimal.cloned().collect()
    }

    proptest! {
        #[test]
        fn the_search_finds_every_minimal_set_and_nothing_else(system in small()) {
            let found = minimal_sets(&system, |_| true, 10_000);
            prop_assert!(!found.is_cut);
            prop_assert_eq!(found.sets.len(), found.sets.iter().collect::<BTreeSet<_>>().len());
            prop_assert_eq!(found.sets.into_iter().collect::<BTreeSet<_>>(), tried(&system));
        }
    }
}
