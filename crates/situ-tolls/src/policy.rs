//! The rules that pick what to show among claims that stand side by side.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use situ_core::{IdError, Interval, SourceId};

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
    /// The newest of what is left when the claims that weigh least together are given up, so that nothing clashes any more. Every
    /// claim weighs 1; those of the sources named weigh more, the first the most. [`crate::Toll::given_up`] says which were.
    Consistent(Vec<SourceId>),
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
            Self::Consistent(_) => "consistent",
        };
        PolicyUsed { name, version: 1 }
    }

    /// Picks among the newest claims of independent origins.
    pub(crate) fn pick<'a>(&self, candidates: &[&'a Claim]) -> Picked<'a> {
        let points = || candidates.iter().map(|claim| claim.quantity.point());
        let claim = match self {
            Self::Latest | Self::Consistent(_) => {
                candidates.iter().max_by_key(|claim| newest(claim))
            }
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

/// What a claim of a source weighs under `consistent`: 1, or more by its place in the order of trust.
pub(crate) fn weight(source: &SourceId, order: &[SourceId]) -> u32 {
    let place = order.iter().position(|trusted| trusted == source);
    let more = place.map_or(0, |place| order.len() - place);
    u32::try_from(more).map_or(u32::MAX, |more| more.saturating_add(1))
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.used().name)?;
        let (Self::Trusted(order) | Self::Consistent(order)) = self else {
            return Ok(());
        };
        for (index, source) in order.iter().enumerate() {
            write!(f, "{}{source}", if index == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}

/// A text that is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// No such policy.
    #[error(
        "unknown policy `{0}`; it is one of latest, trusted:ID,ID, highest, lowest, envelope, consensus, consistent or consistent:ID,ID"
    )]
    Unknown(String),
    /// A source that cannot be one.
    #[error(transparent)]
    Source(#[from] IdError),
}

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let order = |order: &str| -> Result<Vec<SourceId>, IdError> {
            order.split(',').map(str::parse).collect()
        };
        Ok(match text.split_once(':') {
            None => match text {
                "latest" => Self::Latest,
                "highest" => Self::Highest,
                "lowest" => Self::Lowest,
                "envelope" => Self::Envelope,
                "consensus" => Self::Consensus,
                "consistent" => Self::Consistent(Vec::new()),
                _ => return Err(PolicyError::Unknown(text.to_owned())),
            },
            Some(("trusted", sources)) => Self::Trusted(order(sources)?),
            Some(("consistent", sources)) => Self::Consistent(order(sources)?),
            Some(_) => return Err(PolicyError::Unknown(text.to_owned())),
        })
    }
}

/// The order of `latest`, total: by as-of, then learnt, then id.
pub(crate) fn newest(claim: &Claim) -> (Moment, situ_core::Instant, situ_core::ClaimId) {
    (claim.moment(), claim.report.learnt_at, claim.id)
}
