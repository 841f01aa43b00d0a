//! What an event changed, figure by figure, for whoever follows.

use std::collections::BTreeMap;

use serde::Serialize;
use situ_core::{AsOf, EventId, Instant, Kind, Known, Position, Recorded, SituationId, Valid};

use crate::answer::{Group, clan_of, figures};
use crate::brief::{Brief, conflicts_beside};
use crate::claims::{Cell, CellIx, Claim, Claims, Moment};
use crate::figure_name::FigureName;
use crate::history::{Cause, Change, ChangeClass, Walk};
use crate::toll::{Conflict, Toll};
use crate::tolls::{Question, Tolls, Touched, TouchedFigure};

/// A figure that an event changed, now or in the past, or speaks of without changing it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    /// The situation.
    pub situation: SituationId,
    /// The figure.
    pub figure: FigureName,
    /// Where the event stands in the log.
    pub position: Position,
    /// The event.
    pub event: EventId,
    /// When it was learnt.
    pub learnt_at: Instant,
    /// What kind of change it is to the figure.
    pub class: ChangeClass,
    /// The event, with its claims of the figure, or of figures that bound it.
    pub causes: Vec<Cause>,
    /// The figure before, as asked about; none where nothing was known of it.
    pub from: Option<Brief>,
    /// The figure after.
    pub to: Option<Brief>,
    /// The conflicts that were not there before.
    pub arose: Vec<Conflict>,
    /// The conflicts that are no more.
    pub settled: Vec<Conflict>,
    /// What it changed for an earlier moment than the newest anybody speaks of; none where it speaks of no such moment.
    pub past: Option<PastChange>,
}

impl Notice {
    /// Whether a reader of the figure would see another one than before, now or in the past.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        let is_now = self.from != self.to || !self.arose.is_empty() || !self.settled.is_empty();
        is_now || self.past.is_some()
    }
}

/// How a figure of an earlier moment reads, as known now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastChange {
    /// The moment asked about: the end of the as-of the event speaks of.
    pub valid: Valid,
    /// The figure of that moment as it was known before the event.
    pub from: Option<Brief>,
    /// The figure of that moment as it is known with the event.
    pub to: Option<Brief>,
}

impl Tolls {
    /// Every figure asked for that an event changed, in the order of an answer, with the class and the conflicts of the change.
    ///
    /// The event is the last one applied, and `touched` what [`situ_core::Projection::apply`] gave for it. The figures are those asked
    /// about `valid`, as known at the position of the event and at the one before. A claim of a figure is told even where it moves
    /// nothing. An event about an earlier moment than the newest says besides what it changed there.
    ///
    /// It costs what resolving the counts of the same people costs, twice; for what may touch every figure of a situation (a
    /// retraction, a partition, a description) that of the whole situation.
    #[must_use]
    pub fn notices(
        &self,
        recorded: &Recorded,
        touched: &Touched,
        valid: Valid,
        question: &Question,
    ) -> Vec<Notice> {
        match touched {
            Touched::Nothing => Vec::new(),
            Touched::Figures(situation, figures) => self
                .telling(situation, recorded, valid, question)
                .map(|telling| {
                    let cells = telling.cells_of(figures);
                    telling.notices(&cells, recorded.id)
                })
                .unwrap_or_default(),
            Touched::Situation(situation) if recorded.kind == Kind::ClaimRetracted => {
                self.notices_of_retraction(situation, recorded, valid, question)
            }
            Touched::Situation(situation) => self
                .telling(situation, recorded, valid, question)
                .map(|telling| telling.notices_of_all(recorded.id))
                .unwrap_or_default(),
        }
    }

    /// What is taken back may be a claim of any situation; where it is none, it may bear on all of them.
    fn notices_of_retraction(
        &self,
        situation: &SituationId,
        recorded: &Recorded,
        valid: Valid,
        question: &Question,
    ) -> Vec<Notice> {
        let about = self.register().retracted_in_the_end(recorded.id);
        let own = self.situations().filter(|(id, _)| *id == situation);
        let others = self.situations().filter(|(id, _)| *id != situation);
        let all: Vec<Telling<'_>> = own
            .chain(others)
            .map(|(situation, claims)| Telling {
                tolls: self,
                claims,
                recorded,
                situation,
                valid,
                question,
            })
            .collect();
        for telling in &all {
            let cells = telling.cells_with(about);
            if !cells.is_empty() {
                return telling.notices(&cells, about);
            }
        }
        let notices = all.iter().flat_map(|telling| telling.notices_of_all(about));
        notices.collect()
    }

    fn telling<'a>(
        &'a self,
        situation: &'a SituationId,
        recorded: &'a Recorded,
        valid: Valid,
        question: &'a Question,
    ) -> Option<Telling<'a>> {
        Some(Telling {
            tolls: self,
            claims: self.claims(situation)?,
            recorded,
            situation,
            valid,
            question,
        })
    }
}

/// An event to be told to somebody who asks a question.
struct Telling<'a> {
    tolls: &'a Tolls,
    claims: &'a Claims,
    recorded: &'a Recorded,
    situation: &'a SituationId,
    valid: Valid,
    question: &'a Question,
}

/// Figures before and after an event.
type BeforeAndAfter = BTreeMap<Group, (Option<Toll>, Option<Toll>)>;

impl Telling<'_> {
    fn cells_of(&self, figures: &[TouchedFigure]) -> Vec<CellIx> {
        let cells = figures
            .iter()
            .filter_map(|figure| self.claims.number_of(&figure.0));
        cells.collect()
    }

    /// The cells an event makes claims of.
    fn cells_with(&self, event: EventId) -> Vec<CellIx> {
        let makes = |cell: &CellIx| self.claims_of(*cell, event).next().is_some();
        (0..self.claims.cells.len()).filter(makes).collect()
    }

    fn claims_of(&self, cell: CellIx, event: EventId) -> impl Iterator<Item = &Claim> {
        let lines = self.claims.cells[cell].lines.iter();
        let claims = lines.flat_map(|line| line.claims().rev());
        claims.filter(move |claim| claim.id.event == event)
    }

    /// What an event that makes or takes back the claims of `about` in some cells did to the figures of their clans.
    fn notices(&self, cells: &[CellIx], about: EventId) -> Vec<Notice> {
        let lines = cells
            .iter()
            .flat_map(|cell| &self.claims.cells[*cell].lines);
        let mut last = lines.flat_map(|line| line.last_of(self.recorded.position));
        let retracted = cells.iter().flat_map(|cell| self.claims_of(*cell, about));
        let Some(claim) = last.next().or_else(|| retracted.into_iter().next()) else {
            return Vec::new();
        };
        let named = self.question.figure.as_ref();
        let clan = named.map(|name| clan_of(self.claims, name));
        let clans = match &clan {
            Some(clan) if cells.iter().any(|cell| clan.contains(cell)) => vec![clan.as_slice()],
            Some(_) => return Vec::new(),
            None => self.clans_of(cells),
        };
        self.told(&clans, cells, Some(claim.moment()))
    }

    /// What an event that may bear on every figure did.
    fn notices_of_all(&self, about: EventId) -> Vec<Notice> {
        let named = self.question.figure.as_ref();
        let clan = named.map(|name| clan_of(self.claims, name));
        let clans = match &clan {
            Some(clan) => vec![clan.as_slice()],
            None => self.claims.kin.clans(self.question.outcome),
        };
        let moved = self
            .claims
            .moved
            .iter()
            .filter(|moved| moved.event == about);
        let moment = moved.map(|moved| Moment::of(&moved.at)).next();
        self.told(&clans, &[], moment)
    }

    fn clans_of(&self, cells: &[CellIx]) -> Vec<&[CellIx]> {
        let mut clans: Vec<&[CellIx]> = Vec::new();
        for cell in cells.iter().map(|cell| &self.claims.cells[*cell].cell) {
            let of_cell =
                self.claims
                    .kin
                    .clans_of(cell.outcome, cell.basis, cell.who, &cell.places);
            for clan in of_cell {
                if !clans.iter().any(|known| std::ptr::eq(*known, clan)) {
                    clans.push(clan);
                }
            }
        }
        clans
    }

    /// The changes of the figures of some clans: those that changed, and those of the event's own cells.
    fn told(&self, clans: &[&[CellIx]], own: &[CellIx], moment: Option<Moment>) -> Vec<Notice> {
        let mut past = moment.map_or_else(BTreeMap::new, |moment| self.past(clans, moment));
        let is_own = |group: &Group| {
            let mut own = own.iter().map(|cell| &self.claims.cells[*cell].cell);
            own.any(|cell| group.holds(cell))
        };
        self.before_and_after(clans, self.valid)
            .into_iter()
            .filter_map(|(group, (from, to))| {
                let past = past.remove(&group);
                let is_told = past.is_some() || is_own(&group) || differ(&from, &to);
                is_told.then(|| self.notice(from, to, past, own)).flatten()
            })
            .collect()
    }

    fn notice(
        &self,
        from: Option<Toll>,
        to: Option<Toll>,
        past: Option<PastChange>,
        own: &[CellIx],
    ) -> Option<Notice> {
        let figure = to.as_ref().or(from.as_ref())?.figure.clone();
        let Question {
            policy, reading, ..
        } = self.question;
        let (tolls, situation, valid, recorded) =
            (self.tolls, self.situation, self.valid, self.recorded);
        let is_plain = recorded.kind == Kind::CasualtiesReported
            && !tolls.register().is_replacement(recorded.id);
        let walk = if is_plain {
            let asked = (&figure, policy, *reading);
            Walk::of_report(tolls, situation, valid, asked, (recorded, own))?
        } else {
            Walk::new(tolls, situation, valid, &figure, policy, *reading)?
        };
        let position = self.recorded.position;
        let change = walk.step(position, from.as_ref(), to.as_ref());
        let unchanged = to.as_ref().map(Brief::of);
        let change = change.or_else(|| {
            past.is_some().then(|| Change {
                known: Known::Position(position),
                class: ChangeClass::Related,
                causes: walk.bearing(|bearing| bearing.position == position),
                from: unchanged.clone(),
                to: unchanged,
                arose: Vec::new(),
                settled: Vec::new(),
            })
        })?;
        Some(Notice {
            situation: self.situation.clone(),
            figure,
            position: self.recorded.position,
            event: self.recorded.id,
            learnt_at: self.recorded.learnt_at,
            class: change.class,
            causes: change.causes,
            from: change.from,
            to: change.to,
            arose: change.arose,
            settled: change.settled,
            past,
        })
    }

    /// What changed of the figures of an earlier moment, where there are claims about a later one.
    fn past(&self, clans: &[&[CellIx]], moment: Moment) -> BTreeMap<Group, PastChange> {
        let valid = Valid(moment.latest);
        let cells = clans.iter().copied().flatten();
        let later: Vec<&Cell> = cells
            .filter(|cell| self.has_later(**cell, moment))
            .map(|cell| &*self.claims.cells[*cell].cell)
            .collect();
        if later.is_empty() || valid >= self.valid {
            return BTreeMap::new();
        }
        let mut figures = self.before_and_after(clans, valid);
        figures.retain(|group, _| later.iter().any(|cell| group.holds(cell)));
        let changes = figures.into_iter().filter_map(|(group, (from, to))| {
            let [from, to] = [from, to].map(|toll| toll.as_ref().map(Brief::of));
            (from != to).then_some((group, PastChange { valid, from, to }))
        });
        changes.collect()
    }

    fn has_later(&self, cell: CellIx, moment: Moment) -> bool {
        let [_, at] = self.positions().map(Known::Position);
        let mut lines = self.claims.cells[cell].lines.iter();
        lines.any(|line| {
            let newest = line.visible(self.valid, at).next();
            newest.is_some_and(|newest| newest.moment().latest > moment.latest)
        })
    }

    fn before_and_after(&self, clans: &[&[CellIx]], valid: Valid) -> BeforeAndAfter {
        let mut both = BeforeAndAfter::new();
        let [before, at] = self.positions();
        for (group, toll) in self.figures(clans, valid, before) {
            both.entry(group).or_default().0 = Some(toll);
        }
        for (group, toll) in self.figures(clans, valid, at) {
            both.entry(group).or_default().1 = Some(toll);
        }
        both
    }

    fn figures(&self, clans: &[&[CellIx]], valid: Valid, known: Position) -> BTreeMap<Group, Toll> {
        let as_of = AsOf {
            valid,
            known: Known::Position(known),
        };
        let register = self.tolls.register();
        figures(
            self.situation,
            self.claims,
            register,
            as_of,
            self.question,
            clans,
        )
    }

    /// Before the event, and with it.
    fn positions(&self) -> [Position; 2] {
        let position = self.recorded.position;
        [Position::new(position.get().saturating_sub(1)), position]
    }
}

/// Whether a reader would see a difference.
fn differ(from: &Option<Toll>, to: &Option<Toll>) -> bool {
    let [from, to] = [from.as_ref(), to.as_ref()];
    from.map(Brief::of) != to.map(Brief::of)
        || !conflicts_beside(from, to).is_empty()
        || !conflicts_beside(to, from).is_empty()
}
