//! Constraints by the many: one part that is no more than any of a whole row of counts.
//!
//! An attack counts no more than everything that is counted later, so thousands of attacks make millions of pairs. Where none of the
//! wholes can ever get an upper end, nothing comes back from them: of all their parts only the highest shows. So they stand in
//! a row, a *ladder*; a part *climbs* it from some rung on, and what a rung comes to is looked up when it is needed.

use std::cmp::Reverse;

use super::{Node, ProofIx};

/// The ladders, and which part climbs which.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ladders {
    /// Ladder after ladder.
    pub(super) rungs: Vec<Node>,
    /// For each rung, the bounds of its ladder.
    bounds: Vec<(usize, usize)>,
    /// For each node that is a rung, which.
    rung_of: Vec<Option<usize>>,
    climbs: Vec<Climb>,
    /// For each part where its climbs begin, and where those of the last end.
    starts: Vec<usize>,
}

/// A part is no more than any rung of a ladder from one on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Climb {
    /// What it is called in a proof.
    pub(crate) name: &'static str,
    /// The first rung above it, and where the ladder ends.
    pub(crate) from: usize,
    pub(crate) end: usize,
    /// One rung more, below those.
    pub(crate) also: Option<Node>,
}

impl Ladders {
    /// No ladders yet, and no climbs, among so many nodes.
    pub(crate) fn among(nodes: usize) -> Self {
        Self {
            rung_of: vec![None; nodes],
            starts: vec![0],
            ..Self::default()
        }
    }

    /// Puts up a ladder; gives where its rungs stand among those of all ladders.
    pub(crate) fn put_up(&mut self, rungs: &[Node]) -> std::ops::Range<usize> {
        let start = self.rungs.len();
        let end = start + rungs.len();
        for (rung, node) in (start..).zip(rungs) {
            self.rung_of[*node] = Some(rung);
        }
        self.rungs.extend(rungs);
        self.bounds.resize(end, (start, end));
        start..end
    }

    /// Says what the next part climbs: part after part, also where that is nothing.
    pub(crate) fn climb(&mut self, climbs: impl IntoIterator<Item = Climb>) {
        self.climbs.extend(climbs);
        self.starts.push(self.climbs.len());
    }

    pub(crate) fn is_rung(&self, node: Node) -> bool {
        self.rung_of.get(node).is_some_and(Option::is_some)
    }

    /// What a part climbs.
    pub(super) fn climbs_of(&self, part: Node) -> &[Climb] {
        match (self.starts.get(part), self.starts.get(part + 1)) {
            (Some(start), Some(end)) => &self.climbs[*start..*end],
            _ => &[],
        }
    }

    /// How many parts may climb.
    pub(super) fn parts(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Pairs of nodes, so many that whoever may bound whom is joined by them.
    pub(super) fn joins(&self) -> Vec<(Node, Node)> {
        let mut joins = Vec::new();
        let mut lowest: Vec<usize> = (0..self.rungs.len()).collect();
        for part in 0..self.parts() {
            for climb in self.climbs_of(part) {
                joins.extend(climb.also.map(|also| (part, also)));
                if climb.from < climb.end {
                    joins.push((part, self.rungs[climb.from]));
                    let last = &mut lowest[climb.end - 1];
                    *last = climb.from.min(*last);
                }
            }
        }
        // Whoever climbs from the lowest rung joins all that are above it.
        for (last, (_, end)) in self.bounds.iter().enumerate() {
            if last + 1 == *end {
                let above = self.rungs[lowest[last]..=last].windows(2);
                joins.extend(above.map(|pair| (pair[0], pair[1])));
            }
        }
        joins
    }
}

/// A lower end on its way up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Raise {
    pub(super) value: i64,
    /// Whose end it is: of equal ones the first counts.
    pub(super) part: Node,
    pub(super) proof: ProofIx,
    pub(super) name: &'static str,
}

impl Raise {
    /// The higher of two; of equal ones that of the first part.
    pub(super) fn higher(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        [a, b]
            .into_iter()
            .flatten()
            .max_by_key(|raise| (raise.value, Reverse(raise.part)))
    }
}

/// What came up the ladders in one round: for each rung the highest of all that started below it, as a tree of prefixes.
#[derive(Debug, Default)]
pub(super) struct Raised {
    highest: Vec<Option<Raise>>,
    /// The ends of the ladders that anything came up.
    ladders: Vec<usize>,
}

impl Raised {
    pub(super) fn on(ladders: &Ladders) -> Self {
        Self {
            highest: vec![None; ladders.rungs.len()],
            ladders: Vec::new(),
        }
    }

    /// Sends an end up all rungs from one on.
    pub(super) fn send(&mut self, ladders: &Ladders, from: usize, raise: Raise) {
        let Some((start, end)) = ladders.bounds.get(from).copied() else {
            return;
        };
        self.ladders.push(end);
        // In a tree of prefixes, by places from 1: the next that holds this one is its lowest bit farther.
        let mut place = from - start + 1;
        while place <= end - start {
            let highest = &mut self.highest[start + place - 1];
            *highest = Raise::higher(Some(raise), *highest);
            place += place & place.wrapping_neg();
        }
    }

    /// The highest that came to a node.
    pub(super) fn at(&self, ladders: &Ladders, node: Node) -> Option<Raise> {
        let rung = (*ladders.rung_of.get(node)?)?;
        let (start, _) = ladders.bounds[rung];
        let mut place = rung - start + 1;
        let mut found: Option<Raise> = None;
        while place > 0 {
            found = Raise::higher(found, self.highest[start + place - 1]);
            place &= place - 1;
        }
        found
    }

    /// The nodes anything may have come to.
    pub(super) fn reached(&mut self, ladders: &Ladders) -> Vec<Node> {
        self.ladders.sort_unstable();
        self.ladders.dedup();
        let ends = self.ladders.iter();
        let bounds = ends.map(|end| ladders.bounds[end - 1]);
        bounds
            .flat_map(|(start, end)| &ladders.rungs[start..end])
            .copied()
            .collect()
    }

    /// Takes down what came up.
    pub(super) fn clear(&mut self, ladders: &Ladders) {
        for end in self.ladders.drain(..) {
            let (start, _) = ladders.bounds[end - 1];
            self.highest[start..end].fill(None);
        }
    }
}
