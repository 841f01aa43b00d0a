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

/// The order of a line: [`Claim::precedence`].
pub(crate) type Precedence = (Moment, Reverse<usize>, Instant);

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
    pub(crate) fn precedence(&self) -> Precedence {
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
    origins: HashMap<SourceId, OriginIx>,
    pub(crate) kin: Kin,
    pub(crate) declared: Vec<Declared>,
    pub(crate) restarts: Vec<Restart>,
    pub(crate) moved: Vec<Moved>,
    pub(crate) incidents: HashMap<EventId, Incident>,
}

/// A cell by number, in the order of the log.
pub(crate) type CellIx = usize;

/// An origin by number, in the order of the log.
type OriginIx = usize;

/// A cell with its lines.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) cell: Arc<Cell>,
    pub(crate) lines: Vec<Line>,
    /// Whose each line is, side by side: looking for one must not look at every line.
    origins: Vec<OriginIx>,
}

/// What one origin says of one cell, over all epochs.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) origin: SourceId,
    /// As they came.
    claims: Vec<Claim>,
    /// The order of the line, from the first to the last that can be current; of what is equal in that, the one that came first
    /// last. In blocks, none of them empty: a claim that comes late moves its block, not the line.
    order: Vec<Vec<Seen>>,
    /// Whether a claim names the epoch of its counter.
    pub(crate) names_epochs: bool,
}

/// What decides who sees a claim and where it stands, side by side: most of a long line is only looked at.
#[derive(Debug, Clone, Copy)]
struct Seen {
    precedence: Precedence,
    position: Position,
    /// Which claim of the line it is, as they came.
    number: usize,
}

impl Seen {
    fn is_visible(&self, valid: Valid, known: Known) -> bool {
        let (moment, _, learnt_at) = self.precedence;
        moment.earliest <= valid.0 && known.includes(learnt_at, self.position)
    }
}

impl Line {
    /// The most claims of a block of the order.
    const BLOCK: usize = 64;

    /// The claims that are visible then, from the last to the first that can be current; what is equal in that, as it came.
    pub(crate) fn visible(&self, valid: Valid, known: Known) -> impl Iterator<Item = &Claim> {
        let seen = self.order.iter().rev().flat_map(|block| block.iter().rev());
        seen.filter(move |seen| seen.is_visible(valid, known))
            .map(|seen| &self.claims[seen.number])
    }

    /// Every claim, in the order of the line.
    pub(crate) fn claims(&self) -> impl DoubleEndedIterator<Item = &Claim> {
        let seen = self.order.iter().flatten();
        seen.map(|seen| &self.claims[seen.number])
    }

    /// The claims of the last event applied, which stood there.
    pub(crate) fn last_of(&self, position: Position) -> impl Iterator<Item = &Claim> {
        let last_first = self.claims.iter().rev();
        last_first.take_while(move |claim| claim.report.position == position)
    }

    /// How many claims there are.
    pub(crate) const fn len(&self) -> usize {
        self.claims.len()
    }

    /// What an origin says; nothing yet.
    pub(crate) const fn new(origin: SourceId) -> Self {
        Self {
            origin,
            claims: Vec::new(),
            order: Vec::new(),
            names_epochs: false,
        }
    }

    fn add(&mut self, claim: Claim) {
        let precedence = claim.precedence();
        let is_before = |seen: &Seen| seen.precedence < precedence;
        let ends_before = |block: &Vec<Seen>| block.last().is_none_or(is_before);
        // Mostly it is the newest.
        if self.order.last().is_none_or(ends_before) {
            return self.add_last(claim);
        }
        let mut index = self.order.partition_point(ends_before);
        if self.order[index].len() == Self::BLOCK {
            let later = self.order[index].split_off(Self::BLOCK / 2);
            self.order.insert(index + 1, later);
            index += usize::from(ends_before(&self.order[index]));
        }
        let seen = self.take_in(claim);
        let block = &mut self.order[index];
        block.insert(block.partition_point(is_before), seen);
    }

    /// Makes room for as many claims.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.claims.reserve_exact(count);
    }

    /// Adds a claim that comes last in the order of the line.
    pub(crate) fn add_last(&mut self, claim: Claim) {
        let seen = self.take_in(claim);
        match self.order.last_mut() {
            Some(block) if block.len() < Self::BLOCK => block.push(seen),
            _ => self.order.push(vec![seen]),
        }
    }

    fn take_in(&mut self, claim: Claim) -> Seen {
        let seen = Seen {
            precedence: claim.precedence(),
            position: claim.report.position,
            number: self.claims.len(),
        };
        self.names_epochs |= claim.report.epoch.is_some();
        self.claims.push(claim);
        seen
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
        let origin = self.origin(&report.source.origin);
        (1..)
            .zip(reported.figures)
            .map(|(number, figure)| {
                let id = ClaimId {
                    event: recorded.id,
                    figure: number,
                };
                self.add(id, &report, origin, figure)
            })
            .collect()
    }

    fn add(
        &mut self,
        id: ClaimId,
        report: &Arc<Report>,
        origin: OriginIx,
        figure: Figure,
    ) -> CellIx {
        let index = self.cell(Cell::of(&figure));
        let kept = &mut self.cells[index];
        let claim = Claim {
            id,
            report: Arc::clone(report),
            cell: Arc::clone(&kept.cell),
            quantity: figure.quantity,
            words: figure.words,
            start: match figure.period {
                Period::Incident => None,
                Period::Cumulative { since } => since,
                Period::Window { from, .. } => Some(from),
            },
        };
        let line = match kept.origins.iter().position(|other| *other == origin) {
            Some(line) => line,
            None => {
                kept.origins.push(origin);
                kept.lines.push(Line::new(report.source.origin.clone()));
                kept.lines.len() - 1
            }
        };
        kept.lines[line].add(claim);
        index
    }

    fn origin(&mut self, origin: &SourceId) -> OriginIx {
        if let Some(number) = self.origins.get(origin) {
            return *number;
        }
        let number = self.origins.len();
        self.origins.insert(origin.clone(), number);
        number
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
        let origins = lines.iter().map(|line| self.origin(&line.origin)).collect();
        self.cells.push(Kept {
            cell,
            lines,
            origins,
        });
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

#[cfg(test)]
mod tests {
    use situ_core::{Count, Role};
    use uuid::Uuid;

    use super::*;

    fn claim(number: u64, moment: i64) -> Claim {
        let as_of = When::instant(Instant::from_unix_nanos(moment));
        let report = Report {
            position: Position::new(number),
            learnt_at: Instant::from_unix_nanos(0),
            moment: Moment::of(&as_of),
            as_of,
            epoch: None,
            source: Source::new(SourceId::new("ispr").unwrap()),
            words: None,
        };
        let cell = Cell {
            outcome: Outcome::Killed,
            basis: Basis::Reported,
            harm: Harm::All,
            places: Vec::new(),
            who: Who::any(Role::All),
            span: Span::Incident,
        };
        Claim {
            id: ClaimId {
                event: EventId::new(Uuid::nil()),
                figure: 1,
            },
            report: Arc::new(report),
            cell: Arc::new(cell),
            quantity: Quantity::exactly(Count::new(number).unwrap()),
            words: None,
            start: None,
        }
    }

    #[test]
    fn a_long_line_keeps_its_order_however_late_its_claims_come() {
        let arrived: Vec<(u64, i64)> = (1..=1000).map(|n| (n, (n * 617 % 331) as i64)).collect();
        let mut line = Line::new(SourceId::new("ispr").unwrap());
        let mut expected: Vec<(u64, i64)> = Vec::new();
        for (number, moment) in &arrived {
            line.add(claim(*number, *moment));
            let at = expected.partition_point(|(_, other)| other < moment);
            expected.insert(at, (*number, *moment));
        }
        let number = |claim: &Claim| claim.report.position.get();
        let in_order: Vec<u64> = line.claims().map(number).collect();
        let wanted: Vec<u64> = expected.iter().map(|(number, _)| *number).collect();
        assert_eq!(in_order, wanted);
        assert_eq!(line.len(), arrived.len());
        let (valid, known) = (
            Valid(Instant::from_unix_nanos(200)),
            Known::Position(Position::new(700)),
        );
        let visible: Vec<u64> = line.visible(valid, known).map(number).collect();
        let is_visible = |(number, moment): &&(u64, i64)| *number <= 700 && *moment <= 200;
        let wanted: Vec<u64> = expected
            .iter()
            .rev()
            .filter(is_visible)
            .map(|(number, _)| *number)
            .collect();
        assert_eq!(visible, wanted);
    }
}
