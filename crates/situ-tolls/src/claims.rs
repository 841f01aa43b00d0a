//! What the view keeps of each claim, and the cell it counts.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use situ_core::{
    Basis, CasualtiesReported, ClaimId, EventId, Figure, Harm, Instant, Known, Name, Outcome,
    OutcomeChanged, PartitionDeclared, Period, PlaceId, Position, Quantity, Recorded, Source,
    SourceId, Text, Valid, When, Who, WindowKind,
};

use crate::kin::Kin;

/// One figure of one event, on all three clocks.
#[derive(Debug, Clone)]
pub(crate) struct Claim {
    pub(crate) id: ClaimId,
    pub(crate) report: Arc<Report>,
    pub(crate) cell: Arc<Cell>,
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
    /// The bounds of `as_of`.
    pub(crate) moment: Moment,
    pub(crate) epoch: Option<Name>,
    pub(crate) source: Source,
    /// The words of the report as a whole.
    pub(crate) words: Option<Text>,
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
        self.report.moment
    }

    /// Whether it was known then and speaks of a time already begun at `valid`.
    pub(crate) fn is_visible(&self, valid: Valid, known: Known) -> bool {
        self.report.moment.earliest <= valid.0
            && known.includes(self.report.learnt_at, self.report.position)
    }

    /// The order of a line: newer as-of first; on the same as-of fewer relays, then learnt later.
    pub(crate) fn precedence(&self) -> (Moment, Reverse<usize>, Instant) {
        let report = &self.report;
        (
            report.moment,
            Reverse(report.source.via.len()),
            report.learnt_at,
        )
    }

    /// Where a claim stands in the log: the last resort of every order, so that it is total.
    pub(crate) fn order_of_log(&self) -> (Position, u16) {
        (self.report.position, self.id.figure)
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

    /// Whether both are running counts of the same people, since whenever.
    pub(crate) fn is_but_for_start(&self, other: &Self) -> bool {
        matches!(
            (self.span, other.span),
            (Span::Cumulative(_), Span::Cumulative(_))
        ) && Self {
            span: self.span,
            ..other.clone()
        } == *self
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
    pub(crate) cells: Vec<Kept>,
    index: HashMap<Arc<Cell>, CellIx>,
    pub(crate) kin: Kin,
    pub(crate) declared: Vec<Declared>,
    pub(crate) restarts: Vec<Restart>,
    pub(crate) moved: Vec<Moved>,
    pub(crate) incidents: HashMap<EventId, Incident>,
}

/// A cell by number, in the order of the log.
pub(crate) type CellIx = usize;

/// A cell with its lines.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) cell: Arc<Cell>,
    pub(crate) lines: Vec<Line>,
}

/// What one origin says of one cell, over all epochs.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) origin: SourceId,
    /// From the first to the last that can be current; of what is equal in that, the one that came first last.
    claims: Vec<Claim>,
    /// What decides who sees each claim, side by side: most of a long line is only looked at.
    seen: Vec<Seen>,
    /// Whether a claim names the epoch of its counter.
    pub(crate) names_epochs: bool,
}

/// From when on a claim is seen.
#[derive(Debug, Clone, Copy)]
struct Seen {
    /// The earliest moment of its as-of.
    begun: Instant,
    learnt_at: Instant,
    position: Position,
}

impl Line {
    /// The claims that are visible then, from the last to the first that can be current; what is equal in that, as it came.
    pub(crate) fn visible(&self, valid: Valid, known: Known) -> impl Iterator<Item = &Claim> {
        let claims = self.seen.iter().zip(&self.claims).rev();
        let is_visible = move |seen: &Seen| {
            seen.begun <= valid.0 && known.includes(seen.learnt_at, seen.position)
        };
        claims.filter_map(move |(seen, claim)| is_visible(seen).then_some(claim))
    }

    /// Every claim.
    pub(crate) fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// What an origin says; nothing yet.
    pub(crate) const fn new(origin: SourceId) -> Self {
        Self {
            origin,
            claims: Vec::new(),
            seen: Vec::new(),
            names_epochs: false,
        }
    }

    fn add(&mut self, claim: Claim) {
        let precedence = claim.precedence();
        let is_before = |other: &Claim| other.precedence() < precedence;
        // Mostly it is the newest.
        let at = match self.claims.last() {
            Some(last) if !is_before(last) => self.claims.partition_point(is_before),
            _ => self.claims.len(),
        };
        self.put(at, claim);
    }

    /// Makes room for as many claims.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.claims.reserve_exact(count);
        self.seen.reserve_exact(count);
    }

    /// Adds a claim that comes last in the order of the line.
    pub(crate) fn add_last(&mut self, claim: Claim) {
        self.put(self.claims.len(), claim);
    }

    fn put(&mut self, at: usize, claim: Claim) {
        let report = &claim.report;
        let seen = Seen {
            begun: report.moment.earliest,
            learnt_at: report.learnt_at,
            position: report.position,
        };
        self.names_epochs |= report.epoch.is_some();
        self.claims.insert(at, claim);
        self.seen.insert(at, seen);
    }
}

impl Claims {
    /// Adds the figures of a report; gives their cells.
    pub(crate) fn report(
        &mut self,
        recorded: &Recorded,
        as_of: When,
        source: Source,
        reported: CasualtiesReported,
    ) -> Vec<CellIx> {
        let report = Arc::new(Report {
            position: recorded.position,
            learnt_at: recorded.learnt_at,
            moment: Moment::of(&as_of),
            as_of,
            epoch: reported.epoch,
            source,
            words: reported.words,
        });
        (1..)
            .zip(reported.figures)
            .map(|(number, figure)| {
                let id = ClaimId {
                    event: recorded.id,
                    figure: number,
                };
                self.add(id, &report, figure)
            })
            .collect()
    }

    fn add(&mut self, id: ClaimId, report: &Arc<Report>, figure: Figure) -> CellIx {
        let index = self.cell(Cell::of(&figure));
        let Kept { cell, lines } = &mut self.cells[index];
        let claim = Claim {
            id,
            report: Arc::clone(report),
            cell: Arc::clone(cell),
            quantity: figure.quantity,
            words: figure.words,
            start: match figure.period {
                Period::Incident => None,
                Period::Cumulative { since } => since,
                Period::Window { from, .. } => Some(from),
            },
        };
        let origin = &report.source.origin;
        let line = match lines.iter().position(|line| line.origin == *origin) {
            Some(line) => &mut lines[line],
            None => {
                lines.push(Line::new(origin.clone()));
                lines.last_mut().expect("just pushed")
            }
        };
        line.add(claim);
        index
    }

    /// The number of a cell that is claimed.
    pub(crate) fn number_of(&self, cell: &Cell) -> Option<CellIx> {
        self.index.get(cell).copied()
    }

    fn cell(&mut self, cell: Cell) -> CellIx {
        match self.index.get(&cell) {
            Some(index) => *index,
            None => self.take_in(Arc::new(cell), Vec::new()),
        }
    }

    /// Keeps a cell that was not there, and gives its number.
    pub(crate) fn take_in(&mut self, cell: Arc<Cell>, lines: Vec<Line>) -> CellIx {
        let index = self.cells.len();
        self.kin.add_cell(&cell, index);
        self.index.insert(Arc::clone(&cell), index);
        self.cells.push(Kept { cell, lines });
        index
    }

    /// Every claim, cell by cell.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Claim> {
        self.cells
            .iter()
            .flat_map(|kept| &kept.lines)
            .flat_map(Line::claims)
    }
}
