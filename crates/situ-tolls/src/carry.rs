//! What a claim comes to when it is carried on: by people who moved since its as-of, and over a counter that began anew.
//!
//! Only what a claim's own source tells carries it. Nothing is carried twice: a later as-of of the line has absorbed it.

use std::borrow::Cow;

use situ_core::{AsOf, Basis, Count, EventId, Form, Interval, Outcome, Quantity};

use crate::claims::{Cell, Claim, Moment, Moved, Restart, Span};
use crate::lines::{Current, epoch_at, restarts};
use crate::network::Context;
use crate::solver::Evidence;
use crate::toll::CarriedOn;
use crate::tolls::Series;

/// A current claim, carried on.
#[derive(Debug, Clone)]
pub(crate) struct Carried<'a> {
    /// The claim with the quantity it comes to; as it was said, where nothing carries it or the sum is no count.
    pub(crate) claim: Cow<'a, Claim>,
    /// The changes since its as-of, oldest first.
    pub(crate) changes: Vec<&'a Moved>,
    /// The last claim of the epoch before, by its place among the current ones, and the restart after it.
    pub(crate) continues: Option<(Evidence, &'a Restart)>,
    /// How it comes to its quantity: "10, and 1 moved from injured".
    words: Option<String>,
}

impl<'a> Carried<'a> {
    fn as_said(claim: &'a Claim) -> Self {
        Self {
            claim: Cow::Borrowed(claim),
            changes: Vec::new(),
            continues: None,
            words: None,
        }
    }

    /// How it comes to its quantity, where that is not as it was said.
    pub(crate) fn words(&self) -> Option<&str> {
        self.words
            .as_deref()
            .filter(|_| matches!(self.claim, Cow::Owned(_)))
    }

    /// Whether something should carry it that cannot be added up.
    pub(crate) fn is_stuck(&self) -> bool {
        let is_carried = !self.changes.is_empty() || self.continues.is_some();
        is_carried && self.words().is_none()
    }

    /// The events that carry it, oldest first.
    pub(crate) fn events(&self, all: &[Self]) -> Vec<EventId> {
        let mut events: Vec<EventId> = self.changes.iter().map(|moved| moved.event).collect();
        if let Some((before, restart)) = self.continues {
            let earlier = all[before as usize].events(all);
            events = [earlier, vec![restart.event], events].concat();
        }
        events
    }

    /// As answers carry it.
    pub(crate) fn shown(&self, all: &[Self]) -> Option<CarriedOn> {
        Some(CarriedOn {
            words: self.words()?.to_owned(),
            quantity: self.claim.quantity,
            said: self.claim.quantity.to_string(),
            by: self.events(all),
        })
    }

    fn change(&mut self, moved: &'a Moved) {
        let (outcome, count) = (self.claim.cell.outcome, moved.change.count.get());
        let is_in = moved.change.to == outcome;
        let said = self.claim.quantity;
        let before = self.words.take().unwrap_or_else(|| said.to_string());
        self.words = Some(if is_in {
            format!("{before}, and {count} moved from {}", moved.change.from)
        } else {
            format!("{before}, less {count} moved to {}", moved.change.to)
        });
        let is_first = self.changes.is_empty();
        self.changes.push(moved);
        let sum = if is_in {
            plus(said, count)
        } else {
            minus(said, count)
        };
        let is_sound = is_first || matches!(self.claim, Cow::Owned(_));
        self.claim = self.with(sum.filter(|_| is_sound));
    }

    fn continue_from(&mut self, before: Evidence, earlier: &Self, restart: &'a Restart) {
        let now = self.words.take();
        let now = now.unwrap_or_else(|| self.claim.quantity.to_string());
        let then = earlier.words().map_or_else(
            || earlier.claim.quantity.to_string(),
            |words| format!("{} ({words})", earlier.claim.quantity),
        );
        self.words = Some(format!(
            "{then} before the counter began anew on {}, and {now} since",
            restart.at.edtf()
        ));
        self.continues = Some((before, restart));
        let is_sound = self.changes.is_empty() || matches!(self.claim, Cow::Owned(_));
        let sum = sum(earlier.claim.quantity, self.claim.quantity);
        self.claim = self.with(sum.filter(|_| is_sound && !earlier.is_stuck()));
    }

    /// The same claim of another quantity; as it was said, where there is none.
    fn with(&self, quantity: Option<Quantity>) -> Cow<'a, Claim> {
        match (quantity, &self.claim) {
            (Some(quantity), claim) => Cow::Owned(Claim {
                quantity,
                ..claim.clone().into_owned()
            }),
            (None, claim) => claim.clone(),
        }
    }
}

impl<'a> Context<'a> {
    /// Every current claim, carried on.
    pub(crate) fn carry(self, current: &[Current<'a>], series: Series) -> Vec<Carried<'a>> {
        let mut carried: Vec<Carried<'a>> = current
            .iter()
            .map(|current| Carried::as_said(current.claim))
            .collect();
        for moved in self.moves() {
            for (current, carried) in current.iter().zip(&mut carried) {
                if self.is_carried_by(current, moved) {
                    carried.change(moved);
                }
            }
        }
        if series == Series::Continuous {
            let mut oldest_first: Vec<usize> = (0..current.len()).collect();
            oldest_first.sort_by_key(|index| current[*index].claim.moment());
            for index in oldest_first {
                if let Some((before, restart)) = self.epoch_before(current, index) {
                    let earlier = carried[before].clone();
                    let before = Evidence::try_from(before).expect("fewer than 2^32 claims");
                    carried[index].continue_from(before, &earlier, restart);
                }
            }
        }
        carried
    }

    /// The changes of outcome known then and begun by then, oldest first.
    pub(crate) fn moves(self) -> Vec<&'a Moved> {
        let AsOf { valid, known } = self.as_of;
        let is_visible = |moved: &&Moved| {
            known.includes(moved.learnt_at, moved.position)
                && Moment::of(&moved.at).earliest <= valid.0
                && self.register.event_retraction(moved.event, known).is_none()
        };
        let mut moves: Vec<&Moved> = self.claims.moved.iter().filter(is_visible).collect();
        moves.sort_by_key(|moved| (Moment::of(&moved.at), moved.learnt_at, moved.event));
        moves
    }

    /// Whether a change is of a claim's own counter, after its as-of.
    fn is_carried_by(self, current: &Current<'_>, moved: &Moved) -> bool {
        let report = &current.claim.report;
        report.source.origin == moved.origin
            && current.claim.moment() < Moment::of(&moved.at)
            && self.is_counted_in(moved, &current.claim.cell)
            && match &report.epoch {
                // A claim that names its epoch belongs to it until a restart of another name.
                Some(epoch) => self
                    .epoch_of(moved, current.claim.cell.outcome)
                    .is_none_or(|of| of == epoch),
                None => self.epoch_of(moved, current.claim.cell.outcome) == current.epoch,
            }
    }

    fn epoch_of(self, moved: &'a Moved, outcome: Outcome) -> Option<&'a situ_core::Name> {
        let at = moved.at.earliest();
        epoch_at(
            self.claims,
            self.register,
            (&moved.origin, outcome),
            at,
            self.as_of.known,
        )
    }

    /// Whether everyone a change moved is counted in a cell, before it or after it.
    pub(crate) fn is_counted_in(self, moved: &Moved, cell: &Cell) -> bool {
        self.is_about(moved, cell) && moved.change.people.is_within(cell.who)
    }

    /// Whether a change moved people into or out of what a cell counts, as far as scope, place, time and basis say.
    pub(crate) fn is_about(self, moved: &Moved, cell: &Cell) -> bool {
        let change = &moved.change;
        let (from, to) = (change.from == cell.outcome, change.to == cell.outcome);
        from != to
            && matches!(cell.span, Span::Cumulative(_) | Span::Incident)
            && matches!(
                cell.basis,
                Basis::Reported | Basis::Verified | Basis::PresumedIncluded
            )
            && self.harms_around(change.scope).contains(&cell.harm)
            && self.places_within(&change.places, &cell.places)
    }

    /// The last claim of the epoch before that of a current claim, and the restart between them: only where its as-of is over
    /// before the restart, so that nobody is counted in both.
    pub(crate) fn epoch_before(
        self,
        current: &[Current<'a>],
        index: usize,
    ) -> Option<(usize, &'a Restart)> {
        let (claim, epoch) = (current[index].claim, current[index].epoch?);
        let origin = &claim.report.source.origin;
        let counter = (origin, claim.cell.outcome);
        let restart = restarts(self.claims, self.register, counter, self.as_of.known)
            .filter(|restart| restart.epoch == *epoch)
            .min_by_key(|restart| (Moment::of(&restart.at), restart.event))?;
        let is_before = |other: &Current<'_>| {
            other.claim.report.source.origin == *origin
                && other.epoch != Some(epoch)
                && other.claim.cell.is_but_for_start(&claim.cell)
                && other.claim.moment().is_before(Moment::of(&restart.at))
                && other.claim.moment().is_before(claim.moment())
        };
        let before = (0..current.len()).filter(|other| is_before(&current[*other]));
        let newest = before.max_by_key(|other| {
            let claim = current[*other].claim;
            (claim.moment(), claim.report.learnt_at, claim.id)
        });
        Some((newest?, restart))
    }
}

fn plus(quantity: Quantity, count: u64) -> Option<Quantity> {
    let added = |number: Count| Count::new(number.get().checked_add(count)?).ok();
    match quantity.form() {
        Form::Exactly(number) => added(number).map(Quantity::exactly),
        Form::MoreThan(number) => added(number).map(Quantity::more_than),
        _ => {
            let Interval { least, most } = quantity.point();
            of(
                least.checked_add(count)?,
                most.map(|most| most.saturating_add(count)),
            )
        }
    }
}

/// Nobody can be taken from where too few are counted.
fn minus(quantity: Quantity, count: u64) -> Option<Quantity> {
    let taken = |number: Count| Count::new(number.get().checked_sub(count)?).ok();
    match quantity.form() {
        Form::Exactly(number) => taken(number).map(Quantity::exactly),
        Form::MoreThan(number) if number.get() >= count => taken(number).map(Quantity::more_than),
        _ => {
            let Interval { least, most } = quantity.point();
            let most = match most {
                Some(most) => Some(most.checked_sub(count)?),
                None => None,
            };
            of(least.saturating_sub(count), most)
        }
    }
}

fn sum(a: Quantity, b: Quantity) -> Option<Quantity> {
    if let (Form::Exactly(a), Form::Exactly(b)) = (a.form(), b.form()) {
        return Count::new(a.get().checked_add(b.get())?)
            .ok()
            .map(Quantity::exactly);
    }
    let (a, b) = (a.point(), b.point());
    let most = a.most.zip(b.most).map(|(a, b)| a.saturating_add(b));
    of(a.least.checked_add(b.least)?, most)
}

fn of(least: u64, most: Option<u64>) -> Option<Quantity> {
    let least = Count::new(least).ok()?;
    match most {
        None => Some(Quantity::at_least(least)),
        Some(most) => Quantity::between(least, Count::new(most).ok()?).ok(),
    }
}
