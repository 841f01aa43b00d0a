//! What stands on ladders is as if each rung were a rule of its own.

use proptest::prelude::*;

use super::{fact, *};

impl Rules {
    /// Every part and whole of the climbs and of the rules they come among, with their names.
    pub(crate) fn pairs(&self) -> Vec<(Node, Node, &'static str)> {
        let among = self.list[self.turns.clone()].iter();
        let mut pairs: Vec<(Node, Node, &str)> = among
            .map(|rule| (rule.parts[0], rule.whole, rule.name))
            .collect();
        for part in 0..self.ladders.parts() {
            for climb in self.ladders.climbs_of(part) {
                let rungs = &self.ladders.rungs[climb.from..climb.end];
                let wholes = rungs.iter().copied().chain(climb.also);
                pairs.extend(wholes.map(|whole| (part, whole, climb.name)));
            }
        }
        pairs
    }
}

/// Counts that may get an upper end, rungs of two ladders, and others that never get one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bounded,
    Rung(usize),
    Free,
}

const NODES: usize = 8;
/// Those behind them climb nothing, and nothing climbs to them: numbers of people who moved.
const PARTS: usize = 7;
const NAMES: [&str; 2] = ["older count", "subset"];

/// What a part climbs of a ladder: from which rung on, and perhaps one more.
type Climbs = Option<(usize, Option<usize>)>;

/// The rules of a system with its ladders, and the same where every rung is a rule of its own.
#[derive(Debug)]
struct Pair {
    system: System,
    explicit: System,
    is_bounded: Vec<bool>,
}

impl Pair {
    fn new(
        kinds: &[Kind],
        order: &[u8],
        climbs: &[[Climbs; 2]],
        pairs: Vec<(Node, Node)>,
        around: [Vec<Rule>; 2],
        facts: Vec<Fact>,
    ) -> Self {
        let mut ladders = Ladders::among(NODES);
        let rungs = [0, 1].map(|ladder| {
            let mut rungs: Vec<Node> = (0..NODES)
                .filter(|node| kinds[*node] == Kind::Rung(ladder))
                .collect();
            rungs.sort_by_key(|node| order[*node]);
            (ladders.put_up(&rungs), rungs)
        });
        let mut pairs: Vec<Rule> = pairs
            .into_iter()
            .filter(|(part, whole)| {
                let is_rung = |node: &Node| matches!(kinds[*node], Kind::Rung(_));
                part != whole && !is_rung(part) && !is_rung(whole)
            })
            .map(|(part, whole)| no_more_than("place", part, whole))
            .filter(|rule| keeps_unbounded(kinds, rule))
            .collect();
        pairs.sort_by_key(|rule| rule.parts[0]);
        let [mut before, mut after] = around;
        before.retain(|rule| keeps_unbounded(kinds, rule));
        after.retain(|rule| keeps_unbounded(kinds, rule));
        let mut listed = before.clone();
        for (part, climbs) in climbs.iter().enumerate() {
            let mut climbing = Vec::new();
            for (ladder, (range, rungs)) in rungs.iter().enumerate() {
                let Some((from, also)) = climbs[ladder].filter(|_| part < PARTS) else {
                    continue;
                };
                let from = from.min(rungs.len());
                let also = also.filter(|also| *also < from).map(|also| rungs[also]);
                climbing.push(Climb {
                    name: NAMES[ladder],
                    from: range.start + from,
                    end: range.end,
                    also,
                });
                let wholes = rungs[from..].iter().copied().chain(also);
                let wholes = wholes.filter(|whole| *whole != part);
                listed.extend(wholes.map(|whole| no_more_than(NAMES[ladder], part, whole)));
            }
            if part < PARTS {
                ladders.climb(climbing);
            }
            listed.extend(pairs.iter().filter(|rule| rule.parts[0] == part).cloned());
        }
        listed.extend(after.iter().cloned());
        let turns = before.len()..before.len() + pairs.len();
        let list = [before, pairs, after].concat();
        let facts: Vec<Fact> = (0..)
            .zip(facts)
            .map(|(evidence, claim)| Fact {
                most: claim.most.filter(|_| kinds[claim.node] == Kind::Bounded),
                evidence,
                ..claim
            })
            .collect();
        let rules = Rules::with_ladders(list, ladders, turns);
        Self {
            system: System::new(NODES, facts.clone(), Rc::new(rules)),
            explicit: System::new(NODES, facts, Rc::new(Rules::from(listed))),
            is_bounded: kinds.iter().map(|kind| *kind == Kind::Bounded).collect(),
        }
    }
}

fn no_more_than(name: &'static str, part: Node, whole: Node) -> Rule {
    Rule {
        name,
        whole,
        parts: vec![part],
        sense: Sense::AtLeast,
        evidence: None,
    }
}

/// Whether a rule brings no upper end to a count that never gets one.
fn keeps_unbounded(kinds: &[Kind], rule: &Rule) -> bool {
    let is_bounded = |node: &Node| kinds[*node] == Kind::Bounded;
    let all_are = rule.parts.iter().all(is_bounded);
    (rule.sense == Sense::AtMost || !is_bounded(&rule.whole) || all_are)
        && (rule.sense == Sense::AtLeast || !all_are || is_bounded(&rule.whole))
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        2 => Just(Kind::Bounded),
        2 => Just(Kind::Rung(0)),
        1 => Just(Kind::Rung(1)),
        1 => Just(Kind::Free),
    ]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let parts = prop::collection::btree_set(0..NODES, 1..4);
    let rule = (0..NODES, parts, 0..3usize).prop_map(|(whole, parts, sense)| Rule {
        name: "partition",
        whole,
        parts: parts.into_iter().filter(|part| *part != whole).collect(),
        sense: [Sense::AtLeast, Sense::AtMost, Sense::Equal][sense],
        evidence: None,
    });
    let rule = rule.prop_filter("has parts", |rule| !rule.parts.is_empty());
    prop::collection::vec(rule, 0..3)
}

fn pair() -> impl Strategy<Value = Pair> {
    let climb = prop::option::of((0..5usize, prop::option::of(0..4usize)));
    let climbs = prop::collection::vec([climb.clone(), climb], NODES);
    let pairs = prop::collection::vec((0..PARTS, 0..NODES), 0..6);
    let claim = (0..NODES, 0..9i64, prop::option::of(0..4i64));
    let claim =
        claim.prop_map(|(node, least, width)| fact(node, least, width.map(|w| least + w), 0));
    (
        prop::collection::vec(kind(), PARTS),
        prop::collection::vec(any::<u8>(), NODES),
        climbs,
        pairs,
        [rules(), rules()],
        prop::collection::vec(claim, 0..8),
    )
        .prop_map(|(mut kinds, order, climbs, pairs, around, facts)| {
            kinds.push(Kind::Bounded);
            Pair::new(&kinds, &order, &climbs, pairs, around, facts)
        })
}

/// Both ends of a count with all that leads there, and whether it clashes.
fn found(solution: &Solution, node: Node) -> (Vec<Derived>, Vec<Derived>, bool) {
    let steps = |end: Option<End>| end.map_or(Vec::new(), |end| solution.steps(end));
    (
        steps(solution.lower(node)),
        steps(solution.upper(node)),
        solution.is_clashing(node),
    )
}

/// The clashes in the order they were found, with the evidence of each.
fn clashes(solution: &Solution) -> Vec<(Node, u64, Vec<Evidence>)> {
    let clashes = solution.clashes.iter();
    clashes
        .map(|clash| (clash.node, clash.gap(), solution.clash_evidence(clash)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn bounds_proofs_and_clashes_are_those_of_a_rule_for_every_pair(pair in pair(), left_out in 0..9u32) {
        let Pair { system, explicit, is_bounded } = &pair;
        let is_allowed = |one: Evidence| one != left_out;
        let (solution, expected) = (system.solve(is_allowed), explicit.solve(is_allowed));
        let bounded = system.bounded(is_bounded).solve(is_allowed);
        for (node, is_bounded) in is_bounded.iter().enumerate() {
            prop_assert_eq!(found(&solution, node), found(&expected, node), "{}", node);
            prop_assert!(*is_bounded || expected.upper(node).is_none());
            if *is_bounded {
                prop_assert_eq!(found(&bounded, node), found(&expected, node), "{}", node);
            }
        }
        prop_assert_eq!(clashes(&solution), clashes(&expected));
        prop_assert_eq!(clashes(&bounded), clashes(&expected));
        prop_assert_eq!(system.components(), explicit.components());
    }

    #[test]
    fn minimal_sets_and_their_widest_clashes_are_those_of_a_rule_for_every_pair(pair in pair()) {
        let Pair { system, explicit, is_bounded } = &pair;
        let solution = explicit.solve(|_| true);
        for clash in &solution.clashes {
            let evidence = solution.clash_evidence(clash);
            let minimal = system.bounded(is_bounded).minimal(&evidence);
            prop_assert_eq!(&minimal, &system.minimal(&evidence));
            prop_assert_eq!(&minimal, &explicit.minimal(&evidence));
            let widest = |system: &System| {
                let (node, clash, solution) = system.widest(&minimal)?;
                let expression = |end| solution.expression(end);
                Some((node, clash.gap(), clash.lower.map(expression), expression(clash.upper)))
            };
            prop_assert_eq!(widest(system), widest(explicit));
        }
    }
}
