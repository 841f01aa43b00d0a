//! Who speaks for whom: the claims of one party are of one side, and of a source without a party its own.

use std::collections::BTreeMap;

use situ_core::{Known, Name, Register, SituationId, SourceId};

use crate::answer::Group;
use crate::claims::Claim;
use crate::network::Network;
use crate::policy::newest;
use crate::solver::Evidence;

/// A side by number.
pub(crate) type Side = usize;

/// The sides of a network's current claims.
pub(crate) struct Sides<'a> {
    network: &'a Network<'a>,
    of: Vec<(Side, Option<&'a Name>)>,
}

/// Sides that exclude each other over one figure.
pub(crate) struct Dispute {
    sides: Vec<Side>,
    /// Every current claim of theirs of the figure.
    claims: Vec<Evidence>,
}

impl<'a> Sides<'a> {
    pub(crate) fn new(
        network: &'a Network<'a>,
        situation: &SituationId,
        register: &'a Register,
        known: Known,
    ) -> Self {
        let mut numbers: BTreeMap<(Option<&Name>, Option<&SourceId>), Side> = BTreeMap::new();
        let of = network.current.iter().map(|current| {
            let origin = &current.claim.report.source.origin;
            let party = register
                .source(situation, origin, known)
                .and_then(|source| source.party.as_ref());
            let next = numbers.len();
            let key = (party, party.is_none().then_some(origin));
            (*numbers.entry(key).or_insert(next), party)
        });
        let of = of.collect();
        Self { network, of }
    }

    /// The side of a claim; a declaration has none.
    pub(crate) fn of(&self, evidence: Evidence) -> Option<Side> {
        self.of.get(evidence as usize).map(|(side, _)| *side)
    }

    /// The party a claim's source belonged to.
    pub(crate) fn party(&self, evidence: Evidence) -> Option<&'a Name> {
        self.of.get(evidence as usize)?.1
    }

    /// The newest of some claims of each side, in the order of the log: those of one side are not independent.
    pub(crate) fn newest<'c>(
        &self,
        claims: impl Iterator<Item = (Evidence, &'c Claim)>,
    ) -> Vec<(Side, &'c Claim)> {
        let mut newest_of: BTreeMap<Side, &Claim> = BTreeMap::new();
        for (evidence, claim) in claims {
            let Some(side) = self.of(evidence) else {
                continue;
            };
            let best = newest_of.entry(side).or_insert(claim);
            if newest(claim) > newest(best) {
                *best = claim;
            }
        }
        let mut newest_of: Vec<(Side, &Claim)> = newest_of.into_iter().collect();
        newest_of.sort_by_key(|(_, claim)| claim.order_of_log());
        newest_of
    }

    /// The figures over which sides exclude each other.
    pub(crate) fn disputes(&self) -> Vec<Dispute> {
        let mut figures: BTreeMap<Group, Vec<Evidence>> = BTreeMap::new();
        for (evidence, current) in (0..).zip(&self.network.current) {
            let figure = Group::of(&current.claim.cell);
            figures.entry(figure).or_default().push(evidence);
        }
        let dispute = |claims: Vec<Evidence>| {
            let carried = |one: &Evidence| (*one, self.network.carried(*one));
            let newest = self.newest(claims.iter().map(carried));
            let excludes =
                |a: &Claim, b: &Claim| a.quantity.point().intersect(b.quantity.point()).is_none();
            let is_excluded =
                |claim: &Claim| newest.iter().any(|(_, other)| excludes(claim, other));
            let excluded = newest.iter().filter(|(_, claim)| is_excluded(claim));
            let sides: Vec<Side> = excluded.map(|(side, _)| *side).collect();
            let of_sides = |one: &Evidence| self.of(*one).is_some_and(|side| sides.contains(&side));
            let claims = claims.into_iter().filter(of_sides).collect();
            Dispute { sides, claims }
        };
        let disputes = figures.into_values().map(dispute);
        disputes
            .filter(|dispute| !dispute.sides.is_empty())
            .collect()
    }
}

impl Dispute {
    pub(crate) fn sides(&self) -> &[Side] {
        &self.sides
    }

    pub(crate) fn claims(&self) -> &[Evidence] {
        &self.claims
    }

    /// Whether a claim is one of those the sides exclude each other over.
    pub(crate) fn is_over(&self, evidence: Evidence) -> bool {
        self.claims.contains(&evidence)
    }
}
