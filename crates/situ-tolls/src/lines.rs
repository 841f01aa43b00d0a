//! Which claim of each line is current, as of two clocks.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use situ_core::{
    AsOf, ClaimId, ClaimRef, Instant, Known, Name, Outcome, Register, Retraction, RetractionReason,
    SourceId,
};

use crate::claims::{Cell, CellIx, Claim, Claims, Kept, Line, Moment, Restart};
use crate::toll::Reason;

/// The claims of a situation, sorted into those that stand and those set aside.
#[derive(Debug, Default)]
pub(crate) struct Standing<'a> {
    /// The current claims of every line, with what a reader should know about each, in the order of the log.
    pub(crate) current: Vec<Current<'a>>,
    /// By source and cell, of each the newest first.
    pub(crate) aside: Vec<Aside<'a>>,
    /// The claims that would be current had they not been retracted without a replacement.
    pub(crate) fallen: Vec<Current<'a>>,
}

/// What stands, by name. Where it is the same, so are the answers read from it, as long as nothing but reports and what takes them
/// back has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stood {
    current: Vec<(ClaimId, Option<Name>, Option<ClaimId>)>,
    aside: Vec<(ClaimId, Reason, Option<ClaimRef>, Option<RetractionReason>)>,
    fallen: Vec<(ClaimId, Option<Name>)>,
}

impl Standing<'_> {
    /// What stands, by name.
    pub(crate) fn by_name(&self) -> Stood {
        let current = self.current.iter().map(|current| {
            let stale_after = current.stale_after.map(|claim| claim.id);
            (current.claim.id, current.epoch.cloned(), stale_after)
        });
        let aside = (self.aside.iter())
            .map(|aside| (aside.claim.id, aside.reason, aside.by, aside.retraction));
        let fallen = self.fallen.iter();
        Stood {
            current: current.collect(),
            aside: aside.collect(),
            fallen: fallen
                .map(|fallen| (fallen.claim.id, fallen.epoch.cloned()))
                .collect(),
        }
    }
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

/// Which claims of a cell that are not current are listed; retracted ones bear on others, and always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Listed {
    Retracted,
    /// And what else is said of the as-of that stands.
    SameAsOf,
    /// And every older as-of.
    All,
}

/// Sorts the claims of some cells visible at `as_of`.
pub(crate) fn standing<'a>(
    claims: &'a Claims,
    cells: &[CellIx],
    register: &Register,
    as_of: AsOf,
    listed: &dyn Fn(&Cell) -> Listed,
) -> Standing<'a> {
    let mut sorting = Sorting {
        claims,
        register,
        as_of,
        standing: Standing::default(),
    };
    let kept = cells.iter().map(|index| &claims.cells[*index]);
    let mut lines: Vec<(&Cell, &Line)> = kept
        .flat_map(|Kept { cell, lines, .. }| lines.iter().map(|line| (&**cell, line)))
        .collect();
    // Whatever came later, and whatever else is kin, answers come in one order.
    lines.sort_unstable_by(|(cell, line), (other_cell, other)| {
        (&line.origin, cell).cmp(&(&other.origin, other_cell))
    });
    for (cell, line) in lines {
        sorting.line(line, listed(cell));
    }
    let mut standing = sorting.standing;
    standing
        .current
        .sort_by_key(|current| current.claim.order_of_log());
    standing
}

struct Sorting<'a, 'r> {
    claims: &'a Claims,
    register: &'r Register,
    as_of: AsOf,
    standing: Standing<'a>,
}

impl<'a> Sorting<'a, '_> {
    fn line(&mut self, line: &'a Line, listed: Listed) {
        let AsOf { valid, known } = self.as_of;
        let visible = line.visible(valid, known);
        if self.is_of_one_epoch(line) {
            return self.epoch(visible, None, line, listed);
        }
        let mut epochs: BTreeMap<Option<&'a Name>, Vec<&'a Claim>> = BTreeMap::new();
        for claim in visible {
            let epoch = epoch(self.claims, self.register, claim, self.as_of);
            epochs.entry(epoch).or_default().push(claim);
        }
        for (epoch, claims) in epochs {
            self.epoch(claims.into_iter(), epoch, line, listed);
        }
    }

    fn is_of_one_epoch(&self, line: &Line) -> bool {
        !line.names_epochs && self.claims.restarts.is_empty()
    }

    /// Sorts what a line says in one epoch: from the newest as-of back to the one that has a live claim, and all of it where
    /// what is set aside is listed.
    fn epoch(
        &mut self,
        mut newest_first: impl Iterator<Item = &'a Claim>,
        epoch: Option<&'a Name>,
        line: &'a Line,
        listed: Listed,
    ) {
        let mut stale_after: Option<&'a Claim> = None;
        let mut next = newest_first.next();
        let mut first: Option<&'a Claim> = None;
        while let Some(newest) = next {
            let mut same_moment = vec![newest];
            next = None;
            for claim in newest_first.by_ref() {
                if claim.moment() != newest.moment() {
                    next = Some(claim);
                    break;
                }
                same_moment.push(claim);
            }
            let (mut live, unreplaced) = self.live(same_moment, line);
            // What is equal in all that a source says comes by id, whichever the log took first.
            live.sort_by_key(|claim| (Reverse(claim.precedence()), claim.id));
            if let Some(first) = live.first() {
                stale_after = stale_after.or_else(|| {
                    unreplaced
                        .into_iter()
                        .find(|claim| claim.precedence() > first.precedence())
                });
                self.current(&live, epoch, stale_after, listed);
            } else {
                stale_after = stale_after.or(unreplaced.first().copied());
            }
            first = live.first().copied();
            if first.is_some() {
                break;
            }
        }
        if let Some(claim) = stale_after {
            self.standing.fallen.push(Current {
                claim,
                epoch,
                stale_after: None,
            });
        }
        let Some(first) =
            first.filter(|_| listed == Listed::All || !self.register.is_unretracted())
        else {
            return;
        };
        let AsOf { valid, known } = self.as_of;
        let rest: Vec<&Claim> = if listed != Listed::All && self.is_of_one_epoch(line) {
            line.retracted_before(first.moment(), valid, known)
        } else {
            next.into_iter().chain(newest_first).collect()
        };
        for claim in rest {
            match self.register.claim_retraction(claim.id, self.as_of.known) {
                Some(retraction) => self.standing.aside.push(retracted(claim, retraction)),
                None if listed == Listed::All => self.standing.aside.push(Aside {
                    claim,
                    reason: Reason::Superseded,
                    by: Some(ClaimRef::Claim(first.id)),
                    retraction: None,
                }),
                None => {}
            }
        }
    }

    /// The claims of one as-of that are not retracted, and of those that are the ones nothing replaces.
    fn live(
        &mut self,
        same_moment: Vec<&'a Claim>,
        line: &'a Line,
    ) -> (Vec<&'a Claim>, Vec<&'a Claim>) {
        let known = self.as_of.known;
        if self.register.is_unretracted() {
            return (same_moment, Vec::new());
        }
        let (mut live, mut fallen, mut unreplaced) = (Vec::new(), Vec::new(), Vec::new());
        for claim in same_moment {
            match self.register.claim_retraction(claim.id, known) {
                None => live.push(claim),
                Some(retraction) => {
                    if !is_replaced(retraction, self.claims, line, self.register, known) {
                        unreplaced.push(claim);
                    }
                    fallen.push((claim, retraction));
                    self.standing.aside.push(retracted(claim, retraction));
                }
            }
        }
        // A relay falls with its origin: the same number, passed on by more, when it was retracted nearer to it.
        live.retain(|relay: &&Claim| {
            let is_origin = |(origin, _): &&(&Claim, &Retraction)| {
                origin.quantity == relay.quantity
                    && origin.report.source.via.len() < relay.report.source.via.len()
            };
            match fallen.iter().find(is_origin) {
                None => true,
                Some((_, retraction)) => {
                    self.standing.aside.push(retracted(relay, retraction));
                    false
                }
            }
        });
        (live, unreplaced)
    }

    /// Of the live claims of one as-of those nearest to the source and learnt last are current.
    fn current(
        &mut self,
        live: &[&'a Claim],
        epoch: Option<&'a Name>,
        stale_after: Option<&'a Claim>,
        listed: Listed,
    ) {
        let first = live[0];
        for (index, claim) in live.iter().enumerate() {
            let is_said = |other: &&Claim| other.quantity == claim.quantity;
            let reason = if live[..index]
                .iter()
                .take_while(|other| other.precedence() == first.precedence())
                .any(is_said)
            {
                Reason::Repeated
            } else if claim.precedence() == first.precedence() {
                self.standing.current.push(Current {
                    claim,
                    epoch,
                    stale_after,
                });
                continue;
            } else {
                Reason::Revised
            };
            if listed >= Listed::SameAsOf {
                self.standing.aside.push(Aside {
                    claim,
                    reason,
                    by: Some(ClaimRef::Claim(first.id)),
                    retraction: None,
                });
            }
        }
    }
}

fn retracted<'a>(claim: &'a Claim, retraction: &Retraction) -> Aside<'a> {
    Aside {
        claim,
        reason: Reason::Retracted,
        by: Some(ClaimRef::Event(retraction.event)),
        retraction: Some(retraction.reason),
    }
}

/// The epoch a claim belongs to: its own, else that of the latest restart of its source's counter not after it.
pub(crate) fn epoch<'a>(
    claims: &'a Claims,
    register: &Register,
    claim: &'a Claim,
    as_of: AsOf,
) -> Option<&'a Name> {
    let report = &claim.report;
    report.epoch.as_ref().or_else(|| {
        let counter = (&report.source.origin, claim.cell.outcome);
        epoch_at(
            claims,
            register,
            counter,
            report.as_of.earliest(),
            as_of.known,
        )
    })
}

/// The epoch of a source's counter of an outcome at a moment, as its restarts say.
pub(crate) fn epoch_at<'a>(
    claims: &'a Claims,
    register: &Register,
    counter: (&SourceId, Outcome),
    at: Option<Instant>,
    known: Known,
) -> Option<&'a Name> {
    restarts(claims, register, counter, known)
        .filter(|restart| restart.at.earliest() <= at)
        .max_by_key(|restart| (Moment::of(&restart.at), restart.learnt_at, restart.event))
        .map(|restart| &restart.epoch)
}

/// The restarts of a source's counter of an outcome that were known then.
pub(crate) fn restarts<'a>(
    claims: &'a Claims,
    register: &Register,
    (origin, outcome): (&SourceId, Outcome),
    known: Known,
) -> impl Iterator<Item = &'a Restart> {
    claims
        .restarts
        .iter()
        .filter(move |restart| known.includes(restart.learnt_at, restart.position))
        .filter(move |restart| restart.origin == *origin)
        .filter(move |restart| restart.outcome.is_none_or(|of| of == outcome))
        .filter(move |restart| register.event_retraction(restart.event, known).is_none())
}

/// Whether a retraction names what stands instead, and that was known and is not retracted itself.
fn is_replaced(
    retraction: &Retraction,
    claims: &Claims,
    line: &Line,
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
        // Mostly a correction stands on the line it corrects, recorded next to the retraction.
        let beside = line.beside(retraction.position).iter().find(is_it);
        let anywhere = || {
            claims
                .claims_of(replacement.event(), |_| true)
                .into_iter()
                .find(|claim| is_it(claim))
        };
        retracted.is_none() && beside.or_else(anywhere).is_some_and(was_known)
    })
}
