//! What an event changed, figure by figure, for whoever follows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use situ_core::{
    AsOf, EventId, Instant, Kind, Known, Position, Recorded, Retraction, SituationId, Valid,
};

use crate::answer::{Clan, Group, clan_of};
use crate::brief::{Brief, Outline, conflicts_beside};
use crate::claims::{Cell, CellIx, Claims, Moment};
use crate::figure_name::FigureName;
use crate::history::{Cause, Change, ChangeClass, Walk};
use crate::lines::Stood;
use crate::toll::Conflict;
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
    /// partition, a description, what takes them back) that of the whole situation. Whoever asks event by event has a [`Watch`].
    #[must_use]
    pub fn notices(
        &self,
        recorded: &Recorded,
        touched: &Touched,
        valid: Valid,
        question: &Question,
    ) -> Vec<Notice> {
        Watch::new(valid, question.clone()).notices(self, recorded, touched)
    }
}

/// Keeps watch on the figures of all situations, and tells every change once.
///
/// It tells what [`Tolls::notices`] tells. It keeps how each figure stood when it was last looked at, so that an event costs what
/// resolving the counts of the same people costs once, and nothing is resolved where what stands stays the same.
#[derive(Debug, Clone)]
pub struct Watch {
    valid: Valid,
    question: Question,
    /// The last event looked at: what is kept holds only if none was left out.
    reached: Position,
    kept: Kept,
}

impl Watch {
    /// Watches the figures a question asks for, as they are said of a moment.
    #[must_use]
    pub fn new(valid: Valid, question: Question) -> Self {
        Self {
            valid,
            question,
            reached: Position::START,
            kept: Kept::default(),
        }
    }

    /// What the last event applied to a view changed; `touched` is what [`situ_core::Projection::apply`] gave for it.
    ///
    /// It costs least where every event is looked at, of one view.
    pub fn notices(
        &mut self,
        tolls: &Tolls,
        recorded: &Recorded,
        touched: &Touched,
    ) -> Vec<Notice> {
        if self.reached.next() != recorded.position {
            self.kept = Kept::default();
        }
        self.reached = recorded.position;
        let (situation, figures) = match touched {
            Touched::Nothing => return Vec::new(),
            Touched::Figures(situation, figures) => (situation, figures.as_slice()),
            Touched::Situation(situation) => (situation, &[][..]),
        };
        let (valid, question) = (self.valid, &self.question);
        let telling = |(situation, claims)| Telling {
            tolls,
            claims,
            recorded,
            situation,
            valid,
            question,
        };
        let register = tolls.register();
        let mut in_favour = register.retractions_in_favour_of(recorded.id);
        if recorded.kind == Kind::ClaimRetracted || in_favour.next().is_some() {
            self.kept.far_reaching += 1;
        }
        if recorded.kind == Kind::ClaimRetracted {
            // What is taken back may be a claim of any situation; where it is none, it may bear on all of them.
            let about = register.retracted_in_the_end(recorded.id);
            let own = tolls.claims(situation).map(|claims| (situation, claims));
            let others = tolls.situations().filter(|(id, _)| *id != situation);
            let all: Vec<Telling<'_>> = own.into_iter().chain(others).map(telling).collect();
            if let Some(telling) = all.iter().find(|telling| telling.makes_claims(about)) {
                let cells = telling.claims.cells_of(about);
                return telling.notices(&mut self.kept, cells, about);
            }
            let notices = all
                .iter()
                .flat_map(|telling| telling.notices_of_all(&mut self.kept, about));
            return notices.collect();
        }
        let Some(telling) = tolls
            .claims(situation)
            .map(|claims| telling((situation, claims)))
        else {
            return Vec::new();
        };
        match touched {
            Touched::Figures(..) => {
                let cells = telling.cells_of(figures);
                telling.notices(&mut self.kept, &cells, recorded.id)
            }
            _ => telling.notices_of_all(&mut self.kept, recorded.id),
        }
    }
}

/// Figures of one clan, as far as telling needs them.
type Outlines = BTreeMap<Group, Outline>;

/// How figures stood when they were last looked at: of each situation its clans, each by the first of its cells.
#[derive(Debug, Clone, Default)]
struct Kept {
    situations: HashMap<SituationId, HashMap<CellIx, KeptClan>>,
    /// How many events came that may change what stands of other clans than their own: what takes back, and what is put in place
    /// of that.
    far_reaching: u64,
}

#[derive(Debug, Clone)]
struct KeptClan {
    stood: Stood,
    outlines: Arc<Outlines>,
    /// How many cells it had.
    cells: usize,
    /// How many far-reaching events had come.
    far_reaching: u64,
}

impl Kept {
    /// How the figures of a clan stood before the event.
    fn before(&mut self, telling: &Telling<'_>, cells: &[CellIx]) -> Arc<Outlines> {
        let kept = self.situations.get(telling.situation);
        let kept = cells.first().and_then(|first| kept?.get(first));
        match kept {
            // Whatever came since looked at the clan.
            Some(kept) if (kept.cells, kept.far_reaching) == (cells.len(), self.far_reaching) => {
                Arc::clone(&kept.outlines)
            }
            _ => self.at(telling, cells, telling.before()),
        }
    }

    /// How the figures of a clan stood at a position.
    fn at(&mut self, telling: &Telling<'_>, cells: &[CellIx], at: Position) -> Arc<Outlines> {
        let Some(first) = cells.first() else {
            return Arc::default();
        };
        let clan = telling.clan(cells, telling.valid, at);
        let stood = clan.standing.by_name();
        let situations = &mut self.situations;
        let kept = match situations.get_mut(telling.situation) {
            Some(kept) => kept,
            None => situations.entry(telling.situation.clone()).or_default(),
        };
        let outlines = match kept.get(first) {
            Some(kept) if kept.stood == stood => Arc::clone(&kept.outlines),
            _ => Arc::new(clan.outlines()),
        };
        let clan = KeptClan {
            stood,
            outlines: Arc::clone(&outlines),
            cells: cells.len(),
            far_reaching: self.far_reaching,
        };
        kept.insert(*first, clan);
        outlines
    }

    fn forget(&mut self, situation: &SituationId) {
        self.situations.remove(situation);
    }
}

/// An event to be told to somebody who asks a question.
#[derive(Clone, Copy)]
struct Telling<'a> {
    tolls: &'a Tolls,
    claims: &'a Claims,
    recorded: &'a Recorded,
    situation: &'a SituationId,
    valid: Valid,
    question: &'a Question,
}

impl<'a> Telling<'a> {
    fn cells_of(&self, figures: &[TouchedFigure]) -> Vec<CellIx> {
        let cells = figures
            .iter()
            .filter_map(|figure| self.claims.number_of(&figure.0));
        cells.collect()
    }

    fn makes_claims(&self, event: EventId) -> bool {
        !self.claims.cells_of(event).is_empty()
    }

    /// What an event that makes or takes back the claims of `about` in some cells did to the figures of their clans.
    fn notices(&self, kept: &mut Kept, cells: &[CellIx], about: EventId) -> Vec<Notice> {
        let claims = if about == self.recorded.id {
            self.claims
                .claims_at(self.recorded.position, cells, |_| true)
        } else {
            self.claims.claims_of(about, |_| true)
        };
        let Some(claim) = claims.first() else {
            return Vec::new();
        };
        let named = self.question.figure.as_ref();
        let clan = named.map(|name| clan_of(self.claims, name));
        let clans = match &clan {
            Some(clan) if cells.iter().any(|cell| clan.contains(cell)) => vec![clan.as_slice()],
            Some(_) => return Vec::new(),
            None => self.clans_of(cells),
        };
        self.told(kept, &clans, cells, Some(claim.moment()))
    }

    /// What an event that may bear on every figure did.
    fn notices_of_all(&self, kept: &mut Kept, about: EventId) -> Vec<Notice> {
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
        self.told(kept, &clans, &[], moment)
    }

    fn clans_of(&self, cells: &[CellIx]) -> Vec<&'a [CellIx]> {
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

    /// The changes of the figures of some clans: those that changed, and those of the event's own cells. An event without cells
    /// may change answers though what stands stays the same.
    fn told(
        &self,
        kept: &mut Kept,
        clans: &[&[CellIx]],
        own: &[CellIx],
        moment: Option<Moment>,
    ) -> Vec<Notice> {
        let mut past = moment.map_or_else(BTreeMap::new, |moment| self.past(clans, own, moment));
        let before = clans.iter().map(|cells| kept.before(self, cells));
        let from: Vec<Arc<Outlines>> = before.collect();
        if own.is_empty() {
            kept.forget(self.situation);
        }
        let at = self.recorded.position;
        let with = clans.iter().map(|cells| kept.at(self, cells, at));
        let to: Vec<Arc<Outlines>> = with.collect();
        let is_own = |group: &Group| {
            let mut own = own.iter().map(|cell| &self.claims.cells[*cell].cell);
            own.any(|cell| group.holds(cell))
        };
        let mut both: BTreeMap<&Group, [Option<&Outline>; 2]> = BTreeMap::new();
        for (from, to) in from.iter().zip(&to) {
            let is_same = Arc::ptr_eq(from, to);
            for (place, outlines) in [from, to].into_iter().enumerate() {
                for (group, outline) in &**outlines {
                    if !is_same || past.contains_key(group) || is_own(group) {
                        both.entry(group).or_default()[place] = Some(outline);
                    }
                }
            }
        }
        both.into_iter()
            .filter_map(|(group, [from, to])| {
                let past = past.remove(group);
                let is_told = past.is_some() || is_own(group) || differ(from, to);
                is_told.then(|| self.notice(from, to, past, own)).flatten()
            })
            .collect()
    }

    fn notice(
        &self,
        from: Option<&Outline>,
        to: Option<&Outline>,
        past: Option<PastChange>,
        own: &[CellIx],
    ) -> Option<Notice> {
        let figure = to.or(from)?.figure.clone();
        let walk = self.walk(&figure, own)?;
        let position = self.recorded.position;
        let change = walk.step(position, from, to);
        let unchanged = to.map(|outline| outline.brief.clone());
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

    /// A walk that looks at the event: at it alone where it is about claims, and so is what takes others back in its favour.
    fn walk(&self, figure: &FigureName, own: &[CellIx]) -> Option<Walk<'a>> {
        let Question {
            policy, reading, ..
        } = self.question;
        let (tolls, situation, valid) = (self.tolls, self.situation, self.valid);
        let register = tolls.register();
        let mut in_favour = register.retractions_in_favour_of(self.recorded.id);
        let is_of_claims =
            |one: &Retraction| self.makes_claims(register.retracted_in_the_end(one.event));
        if own.is_empty() || !in_favour.all(is_of_claims) {
            return Walk::new(tolls, situation, valid, figure, policy, *reading);
        }
        let asked = (figure, policy, *reading);
        Walk::of_event(tolls, situation, valid, asked, (self.recorded, own))
    }

    /// What changed of the figures of an earlier moment, where there are claims about a later one.
    fn past(
        &self,
        clans: &[&[CellIx]],
        own: &[CellIx],
        moment: Moment,
    ) -> BTreeMap<Group, PastChange> {
        let valid = Valid(moment.latest);
        if valid >= self.valid {
            return BTreeMap::new();
        }
        let cells = clans.iter().copied().flatten();
        let later: Vec<&Cell> = cells
            .filter(|cell| self.has_later(**cell, moment))
            .map(|cell| &*self.claims.cells[*cell].cell)
            .collect();
        if later.is_empty() {
            return BTreeMap::new();
        }
        let is_later = |group: &Group| later.iter().any(|cell| group.holds(cell));
        let mut both: BTreeMap<Group, [Option<Brief>; 2]> = BTreeMap::new();
        for cells in clans {
            let states = [self.before(), self.recorded.position];
            let states = states.map(|position| self.clan(cells, valid, position));
            let [from, to] = states.each_ref().map(|clan| clan.standing.by_name());
            if !own.is_empty() && from == to {
                continue;
            }
            for (place, clan) in states.iter().enumerate() {
                for (group, outline) in clan.outlines() {
                    if is_later(&group) {
                        both.entry(group).or_default()[place] = Some(outline.brief);
                    }
                }
            }
        }
        let changes = both.into_iter().filter_map(|(group, [from, to])| {
            (from != to).then_some((group, PastChange { valid, from, to }))
        });
        changes.collect()
    }

    fn has_later(&self, cell: CellIx, moment: Moment) -> bool {
        let at = Known::Position(self.recorded.position);
        let mut lines = self.claims.cells[cell].lines.iter();
        lines.any(|line| {
            let newest = line.visible(self.valid, at).next();
            newest.is_some_and(|newest| newest.moment().latest > moment.latest)
        })
    }

    fn clan(&self, cells: &[CellIx], valid: Valid, position: Position) -> Clan<'a> {
        let as_of = AsOf {
            valid,
            known: Known::Position(position),
        };
        let register = self.tolls.register();
        Clan::new(
            self.situation,
            self.claims,
            register,
            as_of,
            self.question,
            cells,
        )
    }

    /// The position before the event.
    fn before(&self) -> Position {
        Position::new(self.recorded.position.get().saturating_sub(1))
    }
}

/// Whether a reader would see a difference.
fn differ(from: Option<&Outline>, to: Option<&Outline>) -> bool {
    from.map(|outline| &outline.brief) != to.map(|outline| &outline.brief)
        || !conflicts_beside(from, to).is_empty()
        || !conflicts_beside(to, from).is_empty()
}
