//! What would follow had no claim been retracted without a replacement: what followed from such a claim is not known any more,
//! and a reader is told.

use situ_core::{ClaimId, ClaimRef};

use crate::answer::{Group, nodes_of};
use crate::claims::Cell;
use crate::lines::{Current, Standing};
use crate::network::{Context, Network, ends};
use crate::solver::{End, Node, Solution};
use crate::toll::Bounds;
use crate::tolls::Series;

/// The counts as they would be, under both readings.
pub(crate) struct Reinstated<'a> {
    network: Network<'a>,
    point: Solution,
    floor: Solution,
    fallen: Vec<ClaimId>,
}

impl<'a> Reinstated<'a> {
    /// None where every claim that was retracted is replaced, or there is none.
    pub(crate) fn new(
        context: Context<'a>,
        standing: &Standing<'a>,
        asked: Option<&Cell>,
        series: Series,
    ) -> Option<Self> {
        if standing.fallen.is_empty() {
            return None;
        }
        let is_fallen =
            |current: &Current<'_>| standing.fallen.iter().any(|one| stands_for(one, current));
        let standing_still = standing.current.iter().filter(|one| !is_fallen(one));
        let current = standing_still.chain(&standing.fallen).cloned();
        let mut reinstated = Standing {
            current: current.collect(),
            ..Standing::default()
        };
        reinstated
            .current
            .sort_by_key(|current| current.claim.order_of_log());
        let network = Network::new(context, &reinstated, asked, series);
        let [point, floor] = network.systems().map(|system| system.solve(|_| true));
        Some(Self {
            point,
            floor,
            fallen: standing.fallen.iter().map(|one| one.claim.id).collect(),
            network,
        })
    }

    /// The fallen claims that some end of a figure rested on, which is not so tight any more; none of the figure's own.
    pub(crate) fn gave(&self, group: &Group, point: &Bounds, floor: &Bounds) -> Vec<ClaimRef> {
        let Some(node) = nodes_of(group, &self.network).first().copied() else {
            return Vec::new();
        };
        let is_own = |claim: ClaimId| {
            let cell = self.network.evidence_named(ClaimRef::Claim(claim));
            let cell = cell.and_then(|one| self.network.claim_of(one));
            cell.is_some_and(|claim| group.holds(&claim.cell))
        };
        let mut gave: Vec<ClaimRef> = [(&self.point, point), (&self.floor, floor)]
            .into_iter()
            .flat_map(|(solution, bounds)| tighter(solution, node, bounds))
            .flat_map(|(solution, end)| solution.evidence(end).to_vec())
            .map(|evidence| self.network.name_of(evidence))
            .filter(|name| match name {
                ClaimRef::Claim(claim) => self.fallen.contains(claim) && !is_own(*claim),
                ClaimRef::Event(_) => false,
            })
            .collect();
        gave.sort_unstable();
        gave.dedup();
        gave
    }
}

/// Whether a fallen claim would stand on the line of one that stands now.
fn stands_for(fallen: &Current<'_>, current: &Current<'_>) -> bool {
    current
        .stale_after
        .is_some_and(|after| after.id == fallen.claim.id)
}

/// The ends of a count that are tighter than those of a figure.
fn tighter<'s>(solution: &'s Solution, node: Node, bounds: &Bounds) -> Vec<(&'s Solution, End)> {
    let (least, most) = ends(solution, node);
    let lower = solution.lower(node).filter(|_| least > bounds.least);
    let is_lower = |most: u64| bounds.most.is_none_or(|now| most < now);
    let upper = solution.upper(node).filter(|_| most.is_some_and(is_lower));
    let ends = [lower, upper].into_iter().flatten();
    ends.map(|end| (solution, end)).collect()
}
