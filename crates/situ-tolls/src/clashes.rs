//! Which claims cannot all be right.

use crate::answer::{Group, Resolved};
use crate::lines::Current;
use crate::solver::{Clash, End, Evidence, Node, Solution, System};
use crate::toll::{Certainty, Conflict};

/// The clashes under `point`, certain ones and then those that need a window of unstated kind, each with a minimal set of
/// evidence and in words; the same set once, where its gap is largest.
pub(crate) fn clashes(system: &System, point: &Solution, tentative: &System) -> Vec<FoundClash> {
    let mut found: Vec<FoundClash> = Vec::new();
    let only_possible = tentative.solve(|_| true);
    for (system, solution, is_tentative) in
        [(system, point, false), (tentative, &only_possible, true)]
    {
        for clash in &solution.clashes {
            let set = system.minimal(&solution.clash_evidence(clash));
            let words = clash_in_words(solution, clash);
            match found.iter_mut().find(|other| other.evidence == set) {
                Some(other) if other.gap >= clash.gap() || is_tentative => {}
                Some(other) => {
                    (other.node, other.gap, other.words) = (clash.node, clash.gap(), words);
                }
                None => found.push(FoundClash {
                    node: clash.node,
                    gap: clash.gap(),
                    evidence: set,
                    words,
                    is_tentative,
                }),
            }
        }
    }
    found
}

/// A clash, with a minimal set of evidence.
pub(crate) struct FoundClash {
    node: Node,
    gap: u64,
    evidence: Vec<Evidence>,
    words: String,
    /// It needs a constraint that may not hold.
    is_tentative: bool,
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

impl Resolved<'_> {
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
        let mut conflicts: Vec<Conflict> = self
            .clashes
            .iter()
            .filter(concerns)
            .map(|clash| Conflict {
                certainty: certainty(clash),
                claims: self.names(&clash.evidence),
                gap: clash.gap,
                words: clash.words.clone(),
            })
            .collect();
        conflicts.sort_by(|a, b| b.gap.cmp(&a.gap).then(a.claims.cmp(&b.claims)));
        conflicts
    }
}
