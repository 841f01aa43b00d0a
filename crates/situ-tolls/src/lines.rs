//! Which claim of each line is current, as of two clocks.

use std::collections::BTreeMap;

use situ_core::{
    AsOf, ClaimRef, Known, Name, Position, Register, Retraction, RetractionReason, SourceId,
};

use crate::claims::{Cell, Claim, Claims, Moment};
use crate::toll::Reason;

/// The claims of a situation, sorted into those that stand and those set aside.
#[derive(Debug, Default)]
pub(crate) struct Standing<'a> {
    /// The current claims of every line, with what a reader should know about each.
    pub(crate) current: Vec<Current<'a>>,
    pub(crate) aside: Vec<Aside<'a>>,
}

/// A claim that is current on its line.
#[derive(Debug, Clone)]
pub(crate) struct Current<'a> {
    pub(crate) claim: &'a Claim,
    /// The counter's epoch, as said or as the restarts say.
    pub(crate) epoch: Option<&'a Name>,
    /// A newer claim of the line was retracted, and nothing replaces it.
    pub(crate) stale_after: Option<&'a Claim>,
}

/// A claim that is not used.
#[derive(Debug, Clone)]
pub(crate) struct Aside<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) reason: Reason,
    pub(crate) by: Option<ClaimRef>,
    pub(crate) retraction: Option<RetractionReason>,
}

type Line<'a> = (&'a SourceId, &'a Cell, Option<&'a Name>);

/// Sorts the claims visible at `as_of`.
pub(crate) fn standing<'a>(claims: &'a Claims, register: &Register, as_of: AsOf) -> Standing<'a> {
    let mut lines: BTreeMap<Line<'a>, Vec<&'a Claim>> = BTreeMap::new();
    for claim in claims
        .claims
        .iter()
        .filter(|claim| claim.is_visible(as_of.valid, as_of.known))
    {
        let line = (
            &claim.report.source.origin,
            &claim.cell,
            epoch(claims, register, claim, as_of),
        );
        lines.entry(line).or_default().push(claim);
    }
    let mut standing = Standing::default();
    for ((_, _, epoch), line) in lines {
        sort_line(&line, epoch, claims, register, as_of, &mut standing);
    }
    standing
}

/// The epoch a claim belongs to: its own, else that of the latest restart of its source's counter not after it.
fn epoch<'a>(
    claims: &'a Claims,
    register: &Register,
    claim: &'a Claim,
    as_of: AsOf,
) -> Option<&'a Name> {
    if claim.report.epoch.is_some() {
        return claim.report.epoch.as_ref();
    }
    claims
        .restarts
        .iter()
        .filter(|restart| as_of.known.includes(restart.learnt_at, restart.position))
        .filter(|restart| restart.origin == claim.report.source.origin)
        .filter(|restart| {
            restart
                .outcome
                .is_none_or(|outcome| outcome == claim.cell.outcome)
        })
        .filter(|restart| restart.at.earliest() <= claim.report.as_of.earliest())
        .filter(|restart| {
            register
                .event_retraction(restart.event, as_of.known)
                .is_none()
        })
        .max_by_key(|restart| (Moment::of(&restart.at), restart.learnt_at, restart.position))
        .map(|restart| &restart.epoch)
}

/// Newer as-of first; on the same as-of fewer relays, then learnt later.
fn precedence(claim: &Claim) -> impl Ord + use<> {
    (
        claim.moment(),
        std::cmp::Reverse(claim.report.source.via.len()),
        claim.report.learnt_at,
    )
}

fn sort_line<'a>(
    line: &[&'a Claim],
    epoch: Option<&'a Name>,
    claims: &Claims,
    register: &Register,
    as_of: AsOf,
    standing: &mut Standing<'a>,
) {
    let mut live: Vec<&'a Claim> = Vec::new();
    let mut retracted: Vec<&'a Claim> = Vec::new();
    let mut unreplaced: Vec<&'a Claim> = Vec::new();
    for claim in line {
        match register.claim_retraction(claim.id, as_of.known) {
            None => live.push(claim),
            Some(retraction) => {
                if !is_replaced(retraction, claims, register, as_of.known) {
                    unreplaced.push(claim);
                }
                retracted.push(claim);
                standing.aside.push(Aside {
                    claim,
                    reason: Reason::Retracted,
                    by: Some(ClaimRef::Event(retraction.event)),
                    retraction: Some(retraction.reason),
                });
            }
        }
    }
    drop_relays(&retracted, &mut live, register, as_of.known, standing);
    live.sort_by(|a, b| {
        precedence(b)
            .cmp(&precedence(a))
            .then(order_of_log(a).cmp(&order_of_log(b)))
    });
    let Some(first) = live.first().copied() else {
        return;
    };
    let stale_after = unreplaced
        .into_iter()
        .filter(|claim| precedence(claim) > precedence(first))
        .max_by(|a, b| {
            precedence(a)
                .cmp(&precedence(b))
                .then(order_of_log(b).cmp(&order_of_log(a)))
        });
    let mut kept: Vec<&'a Claim> = Vec::new();
    for claim in live {
        let reason = if claim.moment() != first.moment() {
            Reason::Superseded
        } else if kept.iter().any(|kept| kept.quantity == claim.quantity) {
            Reason::Repeated
        } else if precedence(claim) == precedence(first) {
            kept.push(claim);
            standing.current.push(Current {
                claim,
                epoch,
                stale_after,
            });
            continue;
        } else {
            Reason::Revised
        };
        standing.aside.push(Aside {
            claim,
            reason,
            by: Some(ClaimRef::Claim(first.id)),
            retraction: None,
        });
    }
}

/// A relay falls with its origin: the same number as of the same moment, passed on by more, when it was retracted nearer to it.
fn drop_relays<'a>(
    retracted: &[&'a Claim],
    live: &mut Vec<&'a Claim>,
    register: &Register,
    known: Known,
    standing: &mut Standing<'a>,
) {
    live.retain(|relay| {
        let is_origin = |origin: &&&Claim| {
            origin.moment() == relay.moment()
                && origin.quantity == relay.quantity
                && origin.report.source.via.len() < relay.report.source.via.len()
        };
        let origin = retracted.iter().find(is_origin);
        let Some(retraction) =
            origin.and_then(|origin| register.claim_retraction(origin.id, known))
        else {
            return true;
        };
        standing.aside.push(Aside {
            claim: relay,
            reason: Reason::Retracted,
            by: Some(ClaimRef::Event(retraction.event)),
            retraction: Some(retraction.reason),
        });
        false
    });
}

/// Whether a retraction names what stands instead, and that was known and is not retracted itself.
fn is_replaced(
    retraction: &Retraction,
    claims: &Claims,
    register: &Register,
    known: Known,
) -> bool {
    retraction.replacement.is_some_and(|replacement| {
        let retracted = match replacement {
            ClaimRef::Event(event) => register.event_retraction(event, known),
            ClaimRef::Claim(claim) => register.claim_retraction(claim, known),
        };
        let is_it = |claim: &&Claim| match replacement {
            ClaimRef::Event(event) => claim.id.event == event,
            ClaimRef::Claim(id) => claim.id == id,
        };
        let was_known =
            |claim: &Claim| known.includes(claim.report.learnt_at, claim.report.position);
        retracted.is_none() && claims.claims.iter().find(is_it).is_some_and(was_known)
    })
}

/// Where a claim stands in the log: the last resort of every order, so that it is total.
fn order_of_log(claim: &Claim) -> (Position, u16) {
    (claim.report.position, claim.id.figure)
}
