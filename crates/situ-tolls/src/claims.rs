//! What the view keeps of each claim, and the cell it counts.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

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
    pub(crate) places: Places,
    pub(crate) who: Who,
    pub(crate) span: Span,
}

/// A set of places. Cells are copied and compared a lot: it is cheap to clone, and quick to compare with its clones.
#[derive(Debug, Clone, Default, Eq)]
pub(crate) struct Places(Arc<[PlaceId]>);

impl From<Vec<PlaceId>> for Places {
    fn from(sorted: Vec<PlaceId>) -> Self {
        Self(sorted.into())
    }
}

impl Deref for Places {
    type Target = [PlaceId];

    fn deref(&self) -> &[PlaceId] {
        &self.0
    }
}

impl PartialEq for Places {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl PartialOrd for Places {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Places {
    fn cmp(&self, other: &Self) -> Ordering {
        if Arc::ptr_eq(&self.0, &other.0) {
            return Ordering::Equal;
        }
        self.0.cmp(&other.0)
    }
}

impl Hash for Places {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
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
            places: places.into(),
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

    /// Whether it counts those of one incident that has a name.
    pub(crate) fn is_of_a_named_incident(&self) -> bool {
        self.span == Span::Incident && matches!(self.harm, Harm::Event(_))
    }

    /// Whether this is of an incident that has a name, and the other of one that has none: it may be another incident.
    pub(crate) fn is_named_beside(&self, other: &Self) -> bool {
        self.is_of_a_named_incident()
            && other.span == Span::Incident
            && !other.is_of_a_named_incident()
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
    /// Where each report stands and which cells it counts; put together when it is first asked for.
    reports: OnceLock<HashMap<EventId, (Position, Vec<CellIx>)>>,
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
    /// In the order of the log.
    claims: Vec<Claim>,
    /// From the first to the last that can be current; of what is equal in that, the one that came first last. In blocks, none of
    /// them empty: a claim that comes late moves its block, not the line.
    order: Vec<Block>,
    /// Which claims a retraction was ever aimed at, in the order of the log.
    retracted: Vec<u32>,
    /// Whether a claim names the epoch of its counter.
    pub(crate) names_epochs: bool,
}

/// Claims that follow one another in the order of a line.
#[derive(Debug, Clone)]
struct Block {
    seen: Vec<Seen>,
    /// The least of them all, each: where that is not seen, none of them is.
    least: Seen,
}

/// What decides who sees a claim and where it stands, side by side: most of a long line is only looked at.
#[derive(Debug, Clone, Copy)]
struct Seen {
    moment: Moment,
    learnt_at: Instant,
    relays: u32,
    /// Which claim of the line it is.
    number: u32,
}

impl Seen {
    fn of(claim: &Claim, number: usize) -> Self {
        Self {
            moment: claim.moment(),
            learnt_at: claim.report.learnt_at,
            relays: u32::try_from(claim.report.source.via.len()).unwrap_or(u32::MAX),
            number: u32::try_from(number).expect("fewer than 2^32 claims"),
        }
    }

    /// As [`Claim::precedence`].
    fn precedence(&self) -> (Moment, Reverse<u32>, Instant) {
        (self.moment, Reverse(self.relays), self.learnt_at)
    }

    /// Whether it is one of the first so many, and is seen.
    fn is_visible(&self, valid: Valid, known: Known, first: usize) -> bool {
        let is_known = match known {
            Known::Position(_) => (self.number as usize) < first,
            Known::Learnt(learnt) => self.learnt_at <= learnt,
        };
        is_known && self.moment.earliest <= valid.0
    }

    /// The least of both, each.
    fn least(self, other: Self) -> Self {
        Self {
            moment: Moment {
                latest: self.moment.latest.min(other.moment.latest),
                earliest: self.moment.earliest.min(other.moment.earliest),
            },
            learnt_at: self.learnt_at.min(other.learnt_at),
            relays: self.relays.min(other.relays),
            number: self.number.min(other.number),
        }
    }
}

impl Block {
    /// The most claims of a block.
    const MOST: usize = 64;

    fn of(seen: Seen) -> Self {
        Self {
            seen: vec![seen],
            least: seen,
        }
    }

    /// Whether all of it comes before others of a precedence.
    fn is_before(&self, precedence: (Moment, Reverse<u32>, Instant)) -> bool {
        let last = self.seen.last();
        last.is_none_or(|last| last.precedence() < precedence)
    }

    fn insert(&mut self, seen: Seen) {
        let precedence = seen.precedence();
        let at = (self.seen).partition_point(|other| other.precedence() < precedence);
        self.seen.insert(at, seen);
        self.least = self.least.least(seen);
    }

    /// Keeps the first half, and gives the other.
    fn split(&mut self) -> Self {
        let seen = self.seen.split_off(self.seen.len() / 2);
        let least = |seen: &[Seen]| seen[1..].iter().copied().fold(seen[0], Seen::least);
        self.least = least(&self.seen);
        Self {
            least: least(&seen),
            seen,
        }
    }
}

impl Line {
    /// The claims that are visible then, from the last to the first that can be current; what is equal in that, as it came.
    pub(crate) fn visible(&self, valid: Valid, known: Known) -> impl Iterator<Item = &Claim> {
        let first = match known {
            Known::Position(position) => self.up_to(position),
            Known::Learnt(_) => self.claims.len(),
        };
        let is_visible = move |seen: &&Seen| seen.is_visible(valid, known, first);
        let blocks = self.order.iter().rev();
        let blocks = blocks.filter(move |block| is_visible(&&block.least));
        let seen = blocks.flat_map(|block| block.seen.iter().rev());
        seen.filter(is_visible)
            .map(|seen| &self.claims[seen.number as usize])
    }

    /// How many claims stand in the log up to a position.
    fn up_to(&self, position: Position) -> usize {
        match self.claims.last() {
            Some(last) if last.report.position > position => {
                (self.claims).partition_point(|claim| claim.report.position <= position)
            }
            _ => self.claims.len(),
        }
    }

    /// Every claim, in the order of the line.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Claim> {
        let seen = self.order.iter().flat_map(|block| &block.seen);
        seen.map(|seen| &self.claims[seen.number as usize])
    }

    /// Every claim, in the order of the log.
    pub(crate) fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The claims of the event that stands there.
    pub(crate) fn claims_at(&self, position: Position) -> &[Claim] {
        let end = self.up_to(position);
        let is_of_another = |claim: &Claim| claim.report.position != position;
        let before = self.claims[..end].iter().rposition(is_of_another);
        &self.claims[before.map_or(0, |before| before + 1)..end]
    }

    /// A few claims around a position of the log.
    pub(crate) fn beside(&self, position: Position) -> &[Claim] {
        let at = self.up_to(position);
        &self.claims[at.saturating_sub(2)..self.claims.len().min(at + 2)]
    }

    /// The claims before a moment that a retraction was ever aimed at and that are visible then, in the order of
    /// [`Line::visible`].
    pub(crate) fn retracted_before(
        &self,
        moment: Moment,
        valid: Valid,
        known: Known,
    ) -> Vec<&Claim> {
        let claims = self
            .retracted
            .iter()
            .map(|number| &self.claims[*number as usize]);
        let is_meant = |claim: &&Claim| claim.moment() < moment && claim.is_visible(valid, known);
        let mut claims: Vec<&Claim> = claims.filter(is_meant).collect();
        claims.sort_by_key(|claim| Reverse(claim.precedence()));
        claims
    }

    /// Takes in that a retraction is aimed at the event that stands there.
    fn mark_retracted(&mut self, position: Position) {
        let end = self.up_to(position);
        let start = end - self.claims_at(position).len();
        for number in (start..end).filter_map(|number| u32::try_from(number).ok()) {
            if let Err(place) = self.retracted.binary_search(&number) {
                self.retracted.insert(place, number);
            }
        }
    }

    /// What an origin says; nothing yet.
    pub(crate) const fn new(origin: SourceId) -> Self {
        Self {
            origin,
            claims: Vec::new(),
            order: Vec::new(),
            retracted: Vec::new(),
            names_epochs: false,
        }
    }

    /// What an origin says, given in the order of [`Line::in_order`].
    pub(crate) fn ordered(
        origin: SourceId,
        in_order: Vec<Claim>,
        is_retracted: impl Fn(&Claim) -> bool,
    ) -> Self {
        let names_epochs = in_order.iter().any(|claim| claim.report.epoch.is_some());
        let mut numbers = vec![0; in_order.len()];
        let mut claims: Vec<(usize, Claim)> = in_order.into_iter().enumerate().collect();
        let is_sorted = claims.is_sorted_by_key(|(_, claim)| claim.order_of_log());
        if !is_sorted {
            claims.sort_unstable_by_key(|(_, claim)| claim.order_of_log());
        }
        for (number, (place, _)) in claims.iter().enumerate() {
            numbers[*place] = number;
        }
        let claims: Vec<Claim> = claims.into_iter().map(|(_, claim)| claim).collect();
        let retracted = (0..).zip(&claims).filter(|(_, claim)| is_retracted(claim));
        let retracted = retracted.map(|(number, _)| number).collect();
        let seen = numbers.into_iter();
        let seen: Vec<Seen> = seen
            .map(|number| Seen::of(&claims[number], number))
            .collect();
        let mut line = Self {
            names_epochs,
            retracted,
            claims,
            ..Self::new(origin)
        };
        for seen in seen {
            line.push(seen);
        }
        line
    }

    /// Adds a claim of the newest event.
    fn add(&mut self, claim: Claim) {
        let seen = Seen::of(&claim, self.claims.len());
        self.names_epochs |= claim.report.epoch.is_some();
        self.claims.push(claim);
        let precedence = seen.precedence();
        let ends_before = |block: &Block| block.is_before(precedence);
        // Mostly it is the newest.
        if self.order.last().is_none_or(ends_before) {
            return self.push(seen);
        }
        let mut index = self.order.partition_point(ends_before);
        if self.order[index].seen.len() == Block::MOST {
            let later = self.order[index].split();
            self.order.insert(index + 1, later);
            index += usize::from(ends_before(&self.order[index]));
        }
        self.order[index].insert(seen);
    }

    /// Puts what comes last in the order.
    fn push(&mut self, seen: Seen) {
        match self.order.last_mut() {
            Some(block) if block.seen.len() < Block::MOST => {
                block.seen.push(seen);
                block.least = block.least.least(seen);
            }
            _ => self.order.push(Block::of(seen)),
        }
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
        let cells: Vec<CellIx> = (1..)
            .zip(reported.figures)
            .map(|(number, figure)| {
                let id = ClaimId {
                    event: recorded.id,
                    figure: number,
                };
                self.add(id, &report, origin, figure)
            })
            .collect();
        if let Some(reports) = self.reports.get_mut() {
            reports.insert(recorded.id, (recorded.position, cells.clone()));
        }
        cells
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

    /// The cells a report counts, each as often as it counts it; none of what is no report.
    pub(crate) fn cells_of(&self, report: EventId) -> &[CellIx] {
        let found = self.reports().get(&report);
        found.map_or(&[], |(_, cells)| cells.as_slice())
    }

    /// The claims a report makes of some cells, in its own order.
    pub(crate) fn claims_of(
        &self,
        report: EventId,
        is_meant: impl Fn(&CellIx) -> bool,
    ) -> Vec<&Claim> {
        let found = self.reports().get(&report);
        found.map_or_else(Vec::new, |(position, cells)| {
            self.claims_at(*position, cells, is_meant)
        })
    }

    /// The same of the report that stands there, which counts these cells.
    pub(crate) fn claims_at(
        &self,
        position: Position,
        cells: &[CellIx],
        is_meant: impl Fn(&CellIx) -> bool,
    ) -> Vec<&Claim> {
        let mut cells: Vec<CellIx> = cells.iter().copied().filter(is_meant).collect();
        cells.sort_unstable();
        cells.dedup();
        let lines = cells.iter().flat_map(|cell| &self.cells[*cell].lines);
        let mut claims: Vec<&Claim> = lines.flat_map(|line| line.claims_at(position)).collect();
        claims.sort_by_key(|claim| claim.id.figure);
        claims
    }

    /// Takes in that a retraction is aimed at a report; gives whether there is such a report.
    pub(crate) fn mark_retracted(&mut self, report: EventId) -> bool {
        let Some((position, cells)) = self.reports().get(&report).cloned() else {
            return false;
        };
        for cell in cells {
            for line in &mut self.cells[cell].lines {
                line.mark_retracted(position);
            }
        }
        true
    }

    fn reports(&self) -> &HashMap<EventId, (Position, Vec<CellIx>)> {
        self.reports.get_or_init(|| {
            let mut reports: HashMap<EventId, (Position, Vec<CellIx>)> = HashMap::new();
            for (cell, kept) in self.cells.iter().enumerate() {
                for claim in kept.lines.iter().flat_map(Line::claims) {
                    let report = reports.entry(claim.id.event);
                    let report = report.or_insert((claim.report.position, Vec::new()));
                    report.1.push(cell);
                }
            }
            reports
        })
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
            places: Places::default(),
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
        let in_order: Vec<u64> = line.in_order().map(number).collect();
        let wanted: Vec<u64> = expected.iter().map(|(number, _)| *number).collect();
        assert_eq!(in_order, wanted);
        assert_eq!(line.claims().len(), arrived.len());
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
