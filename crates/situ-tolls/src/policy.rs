//! The rules that pick what to show among claims that stand side by side.

use std::cmp::Reverse;

use situ_core::{Interval, SourceId};

use crate::claims::{Claim, Moment};
use crate::toll::PolicyUsed;

/// The rule that picks what is shown. Bounds and conflicts stand beside it, always. There is no mean.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// The newest: by as-of, then by when it was learnt, then by id.
    #[default]
    Latest,
    /// The first source of the order that has a claim; its newest.
    Trusted(Vec<SourceId>),
    /// The greatest finite upper end; where there is none, the greatest lower end.
    Highest,
    /// The smallest lower end.
    Lowest,
    /// The smallest interval that holds every claim.
    Envelope,
    /// What every claim allows; nothing where they exclude each other.
    Consensus,
}

/// What a policy picked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Picked<'a> {
    /// One claim.
    Claim(&'a Claim),
    /// An interval that is nobody's claim.
    Interval(Interval),
    /// Nothing.
    Nothing,
}

impl PartialEq for Claim {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Policy {
    /// Name and version, as answers carry them.
    #[must_use]
    pub const fn used(&self) -> PolicyUsed {
        let name = match self {
            Self::Latest => "latest",
            Self::Trusted(_) => "trusted",
            Self::Highest => "highest",
            Self::Lowest => "lowest",
            Self::Envelope => "envelope",
            Self::Consensus => "consensus",
        };
        PolicyUsed { name, version: 1 }
    }

    /// Picks among the newest claims of independent origins.
    pub(crate) fn pick<'a>(&self, candidates: &[&'a Claim]) -> Picked<'a> {
        let points = || candidates.iter().map(|claim| claim.quantity.point());
        let claim = match self {
            Self::Latest => candidates.iter().max_by_key(|claim| newest(claim)),
            Self::Trusted(order) => candidates
                .iter()
                .filter(|claim| order.contains(&claim.report.source.origin))
                .min_by_key(|claim| {
                    order
                        .iter()
                        .position(|source| *source == claim.report.source.origin)
                }),
            Self::Highest => candidates.iter().max_by_key(|claim| {
                let point = claim.quantity.point();
                (point.most.unwrap_or(point.least), newest(claim))
            }),
            Self::Lowest => candidates
                .iter()
                .min_by_key(|claim| (claim.quantity.point().least, Reverse(newest(claim)))),
            Self::Envelope => {
                return points()
                    .reduce(Interval::envelope)
                    .map_or(Picked::Nothing, Picked::Interval);
            }
            Self::Consensus => {
                let common = points().try_fold(Interval::ANY, Interval::intersect);
                return common
                    .filter(|_| !candidates.is_empty())
                    .map_or(Picked::Nothing, Picked::Interval);
            }
        };
        claim.map_or(Picked::Nothing, |claim| Picked::Claim(claim))
    }
}

/// The order of `latest`, total: by as-of, then learnt, then id.
pub(crate) fn newest(claim: &Claim) -> (Moment, situ_core::Instant, situ_core::ClaimId) {
    (claim.moment(), claim.report.learnt_at, claim.id)
}
