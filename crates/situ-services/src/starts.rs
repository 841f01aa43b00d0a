//! Where a run began, as its claims tell or imply it.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use chrono::NaiveDate;
use situ_core::{EventId, Instant, Position, Zone};

use crate::answer::{days_between, keep_first};
use crate::board::{Conflict, ConflictKind, How, Says, Since, Witness};
use crate::claim::{Claim, Mark, MarkKind, Span, is_down};
use crate::timeline::{Question, Step, Timeline};

impl<'a> Question<'a> {
    /// Where a run began: as stated, else as the newest ordinal implies, else between what was before and its first claim.
    pub(crate) fn start(self, timeline: &Timeline<'a>, run: RangeInclusive<usize>) -> Start {
        let steps = &timeline.steps[run.clone()];
        let told = self.told_starts(steps);
        let Some(chosen) = choose(&told) else {
            let first = &steps[0].mark;
            let before = run
                .start()
                .checked_sub(1)
                .map(|before| &timeline.steps[before]);
            let since = Since {
                earliest: before.map(|step| step.mark.span.from),
                latest: Some(first.span.to.min(self.as_of.valid.0)),
                how: How::Unknown,
                rests_on: before
                    .into_iter()
                    .map(|step| step.mark.event)
                    .chain([first.event])
                    .collect(),
            };
            return Start {
                since,
                days: None,
                conflicts: Vec::new(),
            };
        };
        let agreeing = told.iter().filter(|other| other.agrees(chosen));
        let mut rests_on: Vec<_> = agreeing.map(|start| start.event).collect();
        rests_on.dedup();
        let before = run.start().checked_sub(1);
        let before = before.map(|before| &timeline.steps[before]);
        let since = Since {
            earliest: narrowed(&steps[0].mark, chosen.span.earliest, before),
            latest: chosen.span.latest,
            how: chosen.how,
            rests_on,
        };
        let days = chosen.days(self);
        let mut conflicts: Vec<_> = told
            .iter()
            .filter(|other| other.clashes(chosen))
            .map(|other| self.start_conflict(chosen, other))
            .collect();
        conflicts.extend(self.broken(timeline, run, chosen));
        Start {
            since,
            days,
            conflicts,
        }
    }

    /// Every claim about where a run began, as far as it is about this run and not about a change of degree within it.
    fn told_starts(self, steps: &[Step<'a>]) -> Vec<Told<'a>> {
        let mut told: Vec<Told<'a>> = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            let mark = &step.mark;
            let is_first_degree =
                mark.degree == steps[0].mark.degree || !is_down(steps[0].mark.degree);
            if !is_first_degree {
                break;
            }
            let is_start = match mark.kind {
                MarkKind::Onset => true,
                MarkKind::Return => index == 0,
                _ => false,
            };
            let stated = (mark.is_dated && is_start).then_some((mark.span, How::Stated));
            let implied = mark
                .implied_start(self.zone)
                .filter(|span| span.from <= self.as_of.valid.0)
                .map(|span| (span, How::Inferred));
            let starts = stated.into_iter().chain(implied);
            told.extend(starts.map(|(span, how)| Told::new(mark, span, how)));
        }
        keep_first(&mut told, |told| (told.event, told.how == How::Stated));
        told
    }

    pub(crate) fn start_conflict(self, chosen: &Told<'a>, other: &Told<'a>) -> Conflict {
        let gap_days = chosen.days(self).zip(other.days(self)).map(|(one, other)| {
            let (first, second) = if one.1 < other.0 {
                (one, other)
            } else {
                (other, one)
            };
            days_between(first.1, second.0)
        });
        Conflict {
            kind: ConflictKind::Start,
            possible: false,
            witnesses: vec![self.says_start(other), self.says_start(chosen)],
            gap_days,
        }
    }

    /// Claims that do not fit a run unbroken since its start: otherwise after it, or already so before it.
    fn broken(
        self,
        timeline: &Timeline<'a>,
        run: RangeInclusive<usize>,
        chosen: &Told<'a>,
    ) -> Option<Conflict> {
        let is_after = |step: &&Step<'a>| step.mark.span.from > chosen.span.to;
        // Steps stand in the order of their latest moments: none before one that ends by then is after it.
        let earlier = timeline.steps[..*run.start()].iter().rev();
        let mut may_be_after = earlier.take_while(|step| step.mark.span.to > chosen.span.to);
        let interrupted = may_be_after.find(is_after);
        let is_before =
            |step: &&Step<'a>| step.mark.is_direct() && step.mark.span.to < chosen.span.from;
        let already = timeline.steps[run].iter().find(is_before);
        let (kind, step) = match (interrupted, already) {
            (Some(step), _) => (ConflictKind::Unbroken, step),
            (None, Some(step)) => (ConflictKind::Start, step),
            (None, None) => return None,
        };
        Some(Conflict {
            kind,
            possible: false,
            witnesses: vec![self.says_degree(&step.mark), self.says_start(chosen)],
            gap_days: None,
        })
    }

    fn says_start(self, told: &Told<'a>) -> Witness {
        let Span {
            earliest, latest, ..
        } = told.span;
        let how = told.how;
        let says = Says::Start {
            earliest,
            latest,
            how,
        };
        self.witness(told.event, told.source, says)
    }
}

/// The stretches of one status, and where each began.
pub(crate) type Starts = Vec<(RangeInclusive<usize>, Start)>;

/// Where a run began, and what clashes about it.
pub(crate) struct Start {
    pub(crate) since: Since,
    /// The local days it may have been; told starts only.
    days: Option<(NaiveDate, NaiveDate)>,
    pub(crate) conflicts: Vec<Conflict>,
}

impl Start {
    /// The same start, with the conflicts, which stay behind no more.
    pub(crate) fn take(&mut self) -> Self {
        Self {
            since: self.since.clone(),
            days: self.days,
            conflicts: std::mem::take(&mut self.conflicts),
        }
    }

    /// The day it was, where that is known to a day.
    pub(crate) fn day(&self) -> Option<NaiveDate> {
        self.days
            .filter(|(first, last)| first == last)
            .map(|(first, _)| first)
    }
}

/// What one claim tells about where a run began.
#[derive(Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) event: EventId,
    source: Option<NonZeroU32>,
    position: Position,
    pub(crate) span: Span,
    pub(crate) how: How,
}

impl<'a> Told<'a> {
    pub(crate) const fn new(mark: &Mark<'a>, span: Span, how: How) -> Self {
        Self {
            claim: mark.claim,
            event: mark.event,
            source: mark.source,
            position: mark.position,
            span,
            how,
        }
    }

    fn days(&self, question: Question<'a>) -> Option<(NaiveDate, NaiveDate)> {
        let (earliest, latest) = (self.span.earliest?, self.span.latest?);
        let day = |instant| question.zone.day_of(instant);
        let first = day(earliest);
        let last = if latest == earliest {
            first
        } else {
            day(latest)
        };
        Some((first, last))
    }

    fn overlaps(&self, other: &Self) -> bool {
        let before = |one: &Self, other: &Self| {
            one.span
                .latest
                .zip(other.span.earliest)
                .is_some_and(|(end, start)| end < start)
        };
        !before(self, other) && !before(other, self)
    }

    fn agrees(&self, chosen: &Self) -> bool {
        self.overlaps(chosen)
    }

    /// A source that states another start for the same run again only says that it goes on.
    fn clashes(&self, chosen: &Self) -> bool {
        let repeats =
            self.how == How::Stated && chosen.how == How::Stated && self.source == chosen.source;
        !self.overlaps(chosen) && !repeats
    }
}

/// A start that an ordinal implies, where another one prevails.
#[derive(Clone, Copy)]
pub(crate) struct Displaced<'a> {
    pub(crate) implied: Told<'a>,
    pub(crate) by: Told<'a>,
}

/// Of the starts told of one run: the earliest one stated, else the one the newest ordinal implies.
fn choose<'t, 'a>(told: &'t [Told<'a>]) -> Option<&'t Told<'a>> {
    let told_as = |how| told.iter().filter(move |start| start.how == how);
    let stated =
        told_as(How::Stated).min_by_key(|start| (start.span.to, start.span.from, start.position));
    let ordinal_day = |start: &Told<'a>| start.claim.ordinal.as_ref()?.on.latest();
    let newest = |start: &&Told<'a>| {
        let claim = start.claim;
        (ordinal_day(start), claim.learnt_at, claim.position)
    };
    stated.or_else(|| told_as(How::Inferred).max_by_key(newest))
}

/// The start that prevails over the one implied, in the run the ordinal was told of, where that is later. `direct` are the marks that
/// tell how it was, in order.
pub(crate) fn prevailing<'a>(
    direct: &[Mark<'a>],
    implied: &Mark<'a>,
    zone: Zone,
) -> Option<Told<'a>> {
    let is_itself = |mark: &Mark<'a>| mark.event == implied.event && mark.rank == implied.rank;
    let itself = direct.iter().position(is_itself)?;
    let goes_on = |mark: &&Mark<'a>| {
        let is_of_larger = mark.kind == MarkKind::Still && mark.rank < implied.rank;
        is_of_larger || mark.kind == MarkKind::Exception || is_down(mark.degree)
    };
    let before = direct[..itself].iter().rev().take_while(goes_on).count();
    let after = direct[itself..].iter().take_while(goes_on).count();
    let run = &direct[itself - before..itself + after];
    let is_of_first_degree = |mark: &&Mark<'a>| mark.degree == run[0].degree;
    let mut told = Vec::new();
    for mark in run.iter().take_while(is_of_first_degree) {
        if mark.kind == MarkKind::Onset && mark.is_dated {
            told.push(Told::new(mark, mark.span, How::Stated));
        }
        let implied = mark.implied_start(zone);
        told.extend(implied.map(|span| Told::new(mark, span, How::Inferred)));
    }
    choose(&told).copied().filter(|chosen| {
        implied.span.latest < chosen.span.earliest && chosen.span.from <= direct[itself].span.from
    })
}

/// The bound before which it had not begun: for a return, not before what still tells otherwise.
pub(crate) fn narrowed(
    mark: &Mark<'_>,
    earliest: Option<Instant>,
    before: Option<&Step<'_>>,
) -> Option<Instant> {
    let down_at = before.map(|before| before.mark.span.from);
    match (mark.kind, earliest, down_at) {
        (MarkKind::Return, Some(earliest), Some(down_at)) if down_at <= mark.span.to => {
            Some(earliest.max(down_at))
        }
        _ => earliest,
    }
}
