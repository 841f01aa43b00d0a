//! What one event claims about services, and the marks it makes on the occurred axis.

use std::num::NonZeroU32;
use std::sync::Arc;

use situ_core::{
    Causes, Degree, Event, EventId, Extent, Instant, Name, Ordinal, Payload, Position, Recorded,
    Service, ServiceScope, SourceId, When, Zone,
};

use crate::board::Status;

/// A claim about a service, as recorded.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) event: EventId,
    pub(crate) position: Position,
    pub(crate) learnt_at: Instant,
    pub(crate) source: Option<SourceId>,
    pub(crate) relays: usize,
    pub(crate) occurred: Option<When>,
    pub(crate) service: Service,
    /// Shared with the claim before on the same line, if that says the same.
    pub(crate) scope: Arc<ServiceScope>,
    pub(crate) says: Says,
    pub(crate) ordinal: Option<Box<Ordinal>>,
    pub(crate) background: Option<Box<Background>>,
}

/// What is claimed.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    Suspended(Degree),
    Confirmed(Degree),
    Restored(Degree),
    Expected(Box<When>),
}

/// Why it was suspended, and by whose order.
#[derive(Debug, Clone)]
pub(crate) struct Background {
    pub(crate) causes: Causes,
    pub(crate) ordered_by: Option<Name>,
}

impl Claim {
    /// Takes what is needed from an event; `None` for one that is not about a service.
    pub(crate) fn new(recorded: &Recorded, event: Event) -> Option<Self> {
        let mut background = None;
        let (service, scope, says, ordinal) = match event.payload {
            Payload::ServiceSuspended(suspended) => {
                let (causes, ordered_by) = (suspended.causes, suspended.ordered_by);
                if causes != Causes::default() || ordered_by.is_some() {
                    background = Some(Box::new(Background { causes, ordered_by }));
                }
                let says = Says::Suspended(suspended.degree);
                (suspended.service, suspended.scope, says, suspended.ordinal)
            }
            Payload::ServiceConfirmed(confirmed) => {
                let says = Says::Confirmed(confirmed.degree);
                (confirmed.service, confirmed.scope, says, confirmed.ordinal)
            }
            Payload::ServiceRestored(restored) => {
                let says = Says::Restored(restored.degree);
                (restored.service, restored.scope, says, None)
            }
            Payload::ServiceOutlookGiven(outlook) => {
                let says = Says::Expected(Box::new(outlook.expected_end));
                (outlook.service, outlook.scope, says, None)
            }
            _ => return None,
        };
        let (source, relays) = event
            .source
            .map_or((None, 0), |source| (Some(source.origin), source.via.len()));
        Some(Self {
            event: recorded.id,
            position: recorded.position,
            learnt_at: recorded.learnt_at,
            source,
            relays,
            occurred: event.occurred,
            service,
            scope: Arc::new(scope),
            says,
            ordinal: ordinal.map(Box::new),
            background,
        })
    }

    /// When it speaks of. Without a start, or with an open one, it is known to be so by the time it was learnt at the latest.
    pub(crate) fn span(&self) -> Span {
        let (earliest, latest) = self.bounds();
        Span::new(earliest, latest, self.learnt_at)
    }

    /// The bounds of when it speaks of, as told.
    pub(crate) fn bounds(&self) -> (Option<Instant>, Option<Instant>) {
        match &self.occurred {
            Some(when) => (when.earliest(), when.latest()),
            None => (Some(self.learnt_at), Some(self.learnt_at)),
        }
    }

    /// The start its ordinal implies: the day that was the nth, less n − 1 days.
    pub(crate) fn implied_start(&self, zone: Zone) -> Option<Span> {
        let ordinal = self.ordinal.as_deref()?;
        let before = chrono::Days::new(u64::from(ordinal.nth.get()) - 1);
        let day = |instant| zone.day_of(instant).checked_sub_days(before);
        let first = day(ordinal.on.earliest()?)?;
        let last = day(ordinal.on.latest()?)?;
        let (earliest, latest) = (zone.start_of(first), zone.end_of(last));
        Some(Span::new(Some(earliest), Some(latest), self.learnt_at))
    }

    /// When it is expected back: an outlook, or a return told before it was to happen.
    pub(crate) fn expected_end(&self) -> Option<&When> {
        match &self.says {
            Says::Expected(end) => Some(end),
            Says::Restored(_) if self.span().to > self.learnt_at => self.occurred.as_ref(),
            _ => None,
        }
    }

    /// The degree it claims; an outlook claims none.
    pub(crate) fn degree(&self) -> Option<Degree> {
        match self.says {
            Says::Suspended(degree) | Says::Confirmed(degree) | Says::Restored(degree) => {
                Some(degree)
            }
            Says::Expected(_) => None,
        }
    }
}

/// A time a claim speaks of: its bounds as told, and the moments they amount to on the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) earliest: Option<Instant>,
    pub(crate) latest: Option<Instant>,
    /// Visible from here on.
    pub(crate) from: Instant,
    /// The latest moment it can speak of: not after it was learnt, unless it was told ahead.
    pub(crate) to: Instant,
    /// What its time to live runs from: never after it was learnt.
    pub(crate) confirmed: Instant,
}

impl Span {
    /// A moment.
    pub(crate) fn at(moment: Instant) -> Self {
        Self::new(Some(moment), Some(moment), moment)
    }

    pub(crate) fn new(
        earliest: Option<Instant>,
        latest: Option<Instant>,
        learnt_at: Instant,
    ) -> Self {
        let confirmed = latest.map_or(learnt_at, |latest| latest.min(learnt_at));
        let to = earliest.map_or(confirmed, |earliest| earliest.max(confirmed));
        Self {
            earliest,
            latest,
            from: earliest.unwrap_or(to),
            to,
            confirmed,
        }
    }

    /// Whether all of another time, as told, lies in this one.
    pub(crate) fn contains(self, other: Self) -> bool {
        let begins = self
            .earliest
            .is_none_or(|first| other.earliest >= Some(first));
        let ends = self
            .latest
            .is_none_or(|last| other.latest.is_some_and(|other| other <= last));
        begins && ends
    }

    /// Whether two claims speak of the same time in the same words.
    pub(crate) fn is_same_as(self, other: Self) -> bool {
        (self.earliest, self.latest) == (other.earliest, other.latest)
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }

    /// Whether it amounts to one moment, whatever was told.
    pub(crate) fn is_short(self) -> bool {
        self.from == self.to
    }

    pub(crate) fn is_moment(self) -> bool {
        self.earliest == self.latest
    }
}

/// How a claim comes to bear on a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MarkKind {
    /// The start its ordinal implies.
    ImpliedStart,
    /// It got worse, or began to be told of.
    Onset,
    /// It came back, in part or all of it.
    Return,
    /// It was still so.
    Still,
    /// The rest came back, this did not.
    Exception,
}

/// A claim, as it bears on one scope at one time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark<'a> {
    pub(crate) claim: &'a Claim,
    pub(crate) event: EventId,
    pub(crate) source: Option<NonZeroU32>,
    /// Whether it says when.
    pub(crate) is_dated: bool,
    pub(crate) has_ordinal: bool,
    pub(crate) learnt_at: Instant,
    pub(crate) position: Position,
    pub(crate) kind: MarkKind,
    pub(crate) degree: Degree,
    pub(crate) span: Span,
    /// In force from here on: where its time begins, but for a return whose moment is not known well enough.
    pub(crate) begins: Instant,
    /// How particular the scope it speaks of is; the highest is the scope itself.
    pub(crate) rank: usize,
    /// Whether it speaks of members nobody named.
    pub(crate) is_unnamed: bool,
}

impl Mark<'_> {
    /// The order of marks: by the latest moment, then the earliest, then what was learnt later, then the more particular.
    pub(crate) fn order(&self) -> impl Ord + use<> {
        (
            self.span.to,
            self.span.from,
            self.learnt_at,
            self.rank,
            self.position,
            self.kind,
        )
    }

    /// Whether it tells a change, so that another state before it on the same day is no contradiction.
    pub(crate) fn is_change(&self) -> bool {
        matches!(
            self.kind,
            MarkKind::Onset | MarkKind::Return | MarkKind::ImpliedStart
        )
    }

    /// Whether it was told before it was to begin, so that nobody has seen it yet.
    pub(crate) fn is_announced(&self) -> bool {
        self.span.to > self.learnt_at
    }

    /// The start its ordinal implies, where it has one and its degree counts days.
    pub(crate) fn implied_start(&self, zone: Zone) -> Option<Span> {
        let counts = self.has_ordinal && self.kind != MarkKind::Exception && is_down(self.degree);
        counts.then(|| self.claim.implied_start(zone)).flatten()
    }

    /// Whether it speaks of the moment itself, rather than by implication.
    pub(crate) fn is_direct(&self) -> bool {
        self.kind != MarkKind::ImpliedStart
    }
}

/// What a degree amounts to.
pub(crate) const fn status_of(degree: Degree) -> Status {
    match degree {
        Degree::None => Status::Suspended,
        Degree::Normal => Status::Operating,
        Degree::Unknown => Status::Unknown,
        _ => Status::Restricted,
    }
}

/// How bad a degree is, for "at this degree or worse"; `None` where it is not said.
pub(crate) const fn severity(degree: Degree) -> Option<u8> {
    match degree {
        Degree::None => Some(6),
        Degree::Minimal => Some(5),
        Degree::Partial => Some(4),
        Degree::Intermittent => Some(3),
        Degree::Degraded => Some(2),
        Degree::Detour => Some(1),
        Degree::Normal => Some(0),
        Degree::Unknown => None,
    }
}

pub(crate) const fn is_down(degree: Degree) -> bool {
    matches!(status_of(degree), Status::Suspended | Status::Restricted)
}

/// How many members a scope speaks of at least; one where it is no "some of".
pub(crate) fn members(scope: &ServiceScope) -> u32 {
    match &scope.of {
        Extent::SomeOf { at_least, .. } => at_least.get(),
        _ => 1,
    }
}

/// One spelling for scopes that mean the same: ends in order, "some of" a place without its count, words and members.
pub(crate) fn normal(extent: &Extent) -> Extent {
    match extent {
        Extent::Segment { from, to, route } if from > to => Extent::Segment {
            from: to.clone(),
            to: from.clone(),
            route: route.clone(),
        },
        Extent::Between { a, b: Some(b) } if a > b => Extent::Between {
            a: b.clone(),
            b: Some(a.clone()),
        },
        Extent::SomeOf { within, .. } => Extent::SomeOf {
            within: within.clone(),
            named: Vec::new(),
            at_least: NonZeroU32::MIN,
            words: None,
        },
        other => other.clone(),
    }
}
