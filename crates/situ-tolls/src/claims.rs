//! What the view keeps of each claim, and the cell it counts.

use std::collections::HashMap;
use std::sync::Arc;

use situ_core::{
    Basis, CasualtiesReported, ClaimId, EventId, Figure, Harm, Instant, Known, Name, Outcome,
    OutcomeChanged, PartitionDeclared, Period, PlaceId, Position, Quantity, Recorded, Source,
    SourceId, Text, Valid, When, Who, WindowKind,
};

/// One figure of one event, on all three clocks.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) id: ClaimId,
    pub(crate) report: Arc<Report>,
    pub(crate) cell: Cell,
    pub(crate) quantity: Quantity,
    pub(crate) words: Option<Text>,
    /// As said, for showing; the cell holds only its bounds.
    pub(crate) start: Option<When>,
}

/// What the figures of one event share.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) position: Position,
    pub(crate) learnt_at: Instant,
    pub(crate) as_of: When,
    pub(crate) epoch: Option<Name>,
    pub(crate) source: Source,
}

/// What a claim counts: cells are equal where a newer claim supersedes an older one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Cell {
    pub(crate) outcome: Outcome,
    pub(crate) basis: Basis,
    pub(crate) harm: Harm,
    /// Sorted; empty means the whole situation.
    pub(crate) places: Vec<PlaceId>,
    pub(crate) who: Who,
    pub(crate) span: Span,
}

/// The kind of period and where it starts; it ends at the as-of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Span {
    Incident,
    Cumulative(Option<Moment>),
    Window(WindowKind, Moment),
}

/// The bounds of a [`When`], for comparing; open ends are the ends of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Moment {
    /// First, so that moments sort by their latest end, then by their earliest.
    pub(crate) latest: Instant,
    pub(crate) earliest: Instant,
}

impl Moment {
    pub(crate) fn of(when: &When) -> Self {
        Self {
            latest: when.latest().unwrap_or(Instant::from_unix_nanos(i64::MAX)),
            earliest: when
                .earliest()
                .unwrap_or(Instant::from_unix_nanos(i64::MIN)),
        }
    }

    /// Whether this is over before the other can begin.
    pub(crate) fn is_before(self, other: Self) -> bool {
        self.latest < other.earliest
    }

    /// Whether this is not after the other: over before it, or the same words for the same time.
    pub(crate) fn is_up_to(self, other: Self) -> bool {
        self == other || self.is_before(other)
    }

    /// Whether both may be the same moment.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        !self.is_before(other) && !other.is_before(self)
    }

    /// Whether it is one instant.
    pub(crate) fn is_instant(self) -> bool {
        self.earliest == self.latest
    }
}

impl Claim {
    pub(crate) fn moment(&self) -> Moment {
        Moment::of(&self.report.as_of)
    }

    /// Whether it was known then and speaks of a time already begun at `valid`.
    pub(crate) fn is_visible(&self, valid: Valid, known: Known) -> bool {
        known.includes(self.report.learnt_at, self.report.position)
            && self
                .report
                .as_of
                .earliest()
                .is_none_or(|earliest| earliest <= valid.0)
    }

    /// Whether both stand in one report: in one event, or in a document of the same origin with the same digest or address.
    pub(crate) fn is_of_same_report(&self, other: &Self) -> bool {
        self.id.event == other.id.event
            || self
                .document()
                .is_some_and(|document| other.document() == Some(document))
    }

    fn document(&self) -> Option<(&SourceId, &str)> {
        let digest = self.report.source.digest.as_ref().map(Name::as_str);
        let document = digest.or_else(|| self.report.source.url.as_ref().map(Text::as_str))?;
        Some((&self.report.source.origin, document))
    }
}

impl Cell {
    fn of(figure: &Figure) -> Self {
        let mut places = figure.places.clone();
        places.sort();
        places.dedup();
        let span = match &figure.period {
            Period::Incident => Span::Incident,
            Period::Cumulative { since } => Span::Cumulative(since.as_ref().map(Moment::of)),
            Period::Window { counts, from } => Span::Window(*counts, Moment::of(from)),
        };
        Self {
            outcome: figure.outcome,
            basis: figure.basis,
            harm: figure.scope,
            places,
            who: figure.who(),
            span,
        }
    }

    /// Whether people counted once stay counted: the dead stay dead, while the injured, missing or displaced of yesterday may be
    /// something else today. Only such counts bound those of other moments.
    pub(crate) fn accumulates(&self) -> bool {
        self.outcome == Outcome::Killed
    }

    /// The same cell for other people.
    pub(crate) fn with_who(&self, who: Who) -> Self {
        Self {
            who,
            ..self.clone()
        }
    }
}

/// A declared partition.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) event: EventId,
    pub(crate) position: Position,
    pub(crate) learnt_at: Instant,
    pub(crate) occurred: Option<When>,
    pub(crate) partition: PartitionDeclared,
}

/// A source's counter that began anew.
#[derive(Debug, Clone)]
pub(crate) struct Restart {
    pub(crate) event: EventId,
    pub(crate) position: Position,
    pub(crate) learnt_at: Instant,
    pub(crate) origin: SourceId,
    pub(crate) at: When,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) epoch: Name,
}

/// People who moved from one outcome to another.
#[derive(Debug, Clone)]
pub(crate) struct Moved {
    pub(crate) event: EventId,
    pub(crate) position: Position,
    pub(crate) learnt_at: Instant,
    pub(crate) origin: SourceId,
    pub(crate) at: When,
    pub(crate) change: OutcomeChanged,
}

/// An attack or operation, as far as scopes need it.
#[derive(Debug, Clone)]
pub(crate) struct Incident {
    pub(crate) position: Position,
    pub(crate) learnt_at: Instant,
    pub(crate) harm: Harm,
    pub(crate) part_of: Option<EventId>,
}

/// Everything a situation's tolls are resolved from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims {
    pub(crate) claims: Vec<Claim>,
    pub(crate) declared: Vec<Declared>,
    pub(crate) restarts: Vec<Restart>,
    pub(crate) moved: Vec<Moved>,
    pub(crate) incidents: HashMap<EventId, Incident>,
}

impl Claims {
    /// Adds the figures of a report; gives their cells.
    pub(crate) fn report(
        &mut self,
        recorded: &Recorded,
        as_of: When,
        source: Source,
        reported: CasualtiesReported,
    ) -> impl Iterator<Item = &Cell> {
        let report = Arc::new(Report {
            position: recorded.position,
            learnt_at: recorded.learnt_at,
            as_of,
            epoch: reported.epoch,
            source,
        });
        let first = self.claims.len();
        self.claims
            .extend((1..).zip(reported.figures).map(|(number, figure)| Claim {
                id: ClaimId {
                    event: recorded.id,
                    figure: number,
                },
                report: Arc::clone(&report),
                cell: Cell::of(&figure),
                quantity: figure.quantity,
                words: figure.words,
                start: match figure.period {
                    Period::Incident => None,
                    Period::Cumulative { since } => since,
                    Period::Window { from, .. } => Some(from),
                },
            }));
        self.claims[first..].iter().map(|claim| &claim.cell)
    }
}
