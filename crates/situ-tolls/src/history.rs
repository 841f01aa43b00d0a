//! How a figure changed as knowledge changed, and by which events.

use std::collections::BTreeSet;

use serde::Serialize;
use situ_core::{
    AsOf, ClaimRef, EventId, Instant, Known, Position, Recorded, SituationId, SourceId, Valid,
};

use crate::answer::{Group, clan_of};
use crate::bearing::{Bearing, Does, bearings, bearings_of};
use crate::brief::{Brief, Outline, conflicts_beside};
use crate::claims::{CellIx, Claim, Claims, Line};
use crate::figure_name::FigureName;
use crate::lines::epoch;
use crate::policy::Policy;
use crate::toll::{ClaimShown, Conflict, Reading};
use crate::tolls::{Question, Tolls};

/// One step in what was known of a figure.
///
/// The changes of a figure follow one another: each begins with what the one before it ended with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The state of knowledge it is so from.
    pub known: Known,
    /// What kind of change it is; that of the first of its causes, where one bears on the figure itself.
    pub class: ChangeClass,
    /// The events that did it, those that bear on the figure itself first.
    pub causes: Vec<Cause>,
    /// The figure before; none where nothing was known of it.
    pub from: Option<Brief>,
    /// The figure after.
    pub to: Option<Brief>,
    /// The conflicts that were not there before.
    pub arose: Vec<Conflict>,
    /// The conflicts that are no more.
    pub settled: Vec<Conflict>,
}

impl Change {
    /// Whether a reader would see another figure than before.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        self.from != self.to || !self.arose.is_empty() || !self.settled.is_empty()
    }
}

/// An event that changed a figure, or bears on it without changing it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// What it is to the figure.
    pub class: ChangeClass,
    /// The event.
    pub event: EventId,
    /// Where it stands in the log.
    pub position: Position,
    /// When it was learnt.
    pub learnt_at: Instant,
    /// The claims it makes or takes back: those of the figure, else those of figures that bound it.
    pub claims: Vec<CauseClaim>,
}

/// A claim that is made or taken back, and the count it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CauseClaim {
    /// The count, with its start where the source says one.
    pub figure: FigureName,
    /// The claim.
    #[serde(flatten)]
    pub claim: ClaimShown,
}

/// The classes of changes; where several apply, the first of them here is the main one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeClass {
    /// A claim was taken back and another stands in its place.
    Correction,
    /// A claim was taken back.
    Retraction,
    /// A retraction was taken back.
    Restoration,
    /// A source counts anew.
    Restart,
    /// A source that had said nothing of the figure does.
    NewSource,
    /// The same as-of of a line was stated again, with another number.
    Revision,
    /// A newer as-of of a line.
    NewReport,
    /// An as-of older than the line's newest: it changes no current figure.
    LateArrival,
    /// The same number for the same as-of, said again.
    Repetition,
    /// A claim of another figure that bounds this one.
    Related,
    /// People moved from one outcome to another.
    OutcomeChange,
    /// A whole was said to consist of parts.
    Partition,
    /// A source, a place or an incident was described.
    Description,
    /// Nothing but a conflict came up, by a claim of another figure.
    ConflictArose,
    /// Nothing but a conflict went, by a claim of another figure.
    ConflictSettled,
}

impl ChangeClass {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Correction => "correction",
            Self::Retraction => "retraction",
            Self::Restoration => "restoration",
            Self::Restart => "restart",
            Self::NewSource => "new source",
            Self::Revision => "revision",
            Self::NewReport => "new report",
            Self::LateArrival => "late arrival",
            Self::Repetition => "repetition",
            Self::OutcomeChange => "outcome change",
            Self::Partition => "partition",
            Self::Description => "description",
            Self::Related => "related figure",
            Self::ConflictArose => "conflict arose",
            Self::ConflictSettled => "conflict settled",
        }
    }
}

impl Tolls {
    /// How a figure asked at `as_of.valid` changed as knowledge grew up to `as_of.known`, under a policy and a reading.
    ///
    /// `as_of.known` names the clock the steps are taken along: positions of the log one by one, or moments of learning, where
    /// all that was learnt at one moment is one step. Listed is every step that changed the figure in [`Brief`] or its
    /// conflicts, and every claim or retraction of the figure itself that changed nothing, such as a late arrival.
    #[must_use]
    pub fn history(
        &self,
        situation: &SituationId,
        as_of: AsOf,
        figure: &FigureName,
        policy: &Policy,
        reading: Reading,
    ) -> Vec<Change> {
        let Some(walk) = Walk::new(self, situation, as_of.valid, figure, policy, reading) else {
            return Vec::new();
        };
        walk.changes(
            None,
            &walk.steps(|bearing| bearing.is_known(as_of.known), as_of.known),
        )
    }
}

/// A walk along one clock of knowledge, looking at one figure.
pub(crate) struct Walk<'a> {
    tolls: &'a Tolls,
    situation: &'a SituationId,
    claims: &'a Claims,
    valid: Valid,
    question: Question,
    group: Group,
    /// The counts of the figure itself.
    own: Vec<CellIx>,
    bearings: Vec<Bearing<'a>>,
}

/// Events that become known together.
struct Step<'a> {
    /// The state of knowledge without them, and with them.
    before: Known,
    after: Known,
    events: Vec<&'a Bearing<'a>>,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(
        tolls: &'a Tolls,
        situation: &'a SituationId,
        valid: Valid,
        figure: &FigureName,
        policy: &Policy,
        reading: Reading,
    ) -> Option<Self> {
        let claims = tolls.claims(situation)?;
        let bearings = bearings(situation, claims, tolls.register(), figure);
        let walk = Self::over(tolls, situation, valid, figure, policy, reading)?;
        Some(Self { bearings, ..walk })
    }

    /// Looks at one event alone that makes claims or takes some back, and at what takes others back in its favour.
    pub(crate) fn of_event(
        tolls: &'a Tolls,
        situation: &'a SituationId,
        valid: Valid,
        (figure, policy, reading): (&FigureName, &Policy, Reading),
        event: (&Recorded, &[CellIx]),
    ) -> Option<Self> {
        let walk = Self::over(tolls, situation, valid, figure, policy, reading)?;
        let bearings = bearings_of(event, walk.claims, tolls.register(), figure);
        Some(Self { bearings, ..walk })
    }

    /// Looks at a figure, and at no event yet.
    fn over(
        tolls: &'a Tolls,
        situation: &'a SituationId,
        valid: Valid,
        figure: &FigureName,
        policy: &Policy,
        reading: Reading,
    ) -> Option<Self> {
        let claims = tolls.claims(situation)?;
        let group = Group::named(figure);
        let is_own = |cell: &CellIx| group.holds(&claims.cells[*cell].cell);
        let own = clan_of(claims, figure).into_iter().filter(is_own).collect();
        let question = Question {
            figure: Some(figure.clone()),
            policy: policy.clone(),
            reading,
            ..Question::default()
        };
        Some(Self {
            tolls,
            situation,
            claims,
            valid,
            question,
            group,
            own,
            bearings: Vec::new(),
        })
    }

    /// The events to look at, in steps along the clock of `along`.
    fn steps(&'a self, is_looked_at: impl Fn(&Bearing<'_>) -> bool, along: Known) -> Vec<Step<'a>> {
        let mut events: Vec<&Bearing<'a>> = self
            .bearings
            .iter()
            .filter(|bearing| is_looked_at(bearing))
            .collect();
        let is_learnt = matches!(along, Known::Learnt(_));
        if is_learnt {
            events.sort_by_key(|bearing| (bearing.learnt_at, bearing.position));
        }
        let belong = |a: &&Bearing<'_>, b: &&Bearing<'_>| {
            if is_learnt {
                a.learnt_at == b.learnt_at
            } else {
                are_one_correction(a, b)
            }
        };
        events
            .chunk_by(belong)
            .map(|events| {
                let (first, last) = (events[0], events[events.len() - 1]);
                let (before, after) = if is_learnt {
                    let nanos = first.learnt_at.unix_nanos();
                    let before = Instant::from_unix_nanos(nanos.saturating_sub(1));
                    (Known::Learnt(before), Known::Learnt(first.learnt_at))
                } else {
                    let before = Position::new(first.position.get().saturating_sub(1));
                    (Known::Position(before), Known::Position(last.position))
                };
                Step {
                    before,
                    after,
                    events: events.to_vec(),
                }
            })
            .collect()
    }

    /// The changes over some steps, from the figure as it was before the first.
    fn changes(&self, from: Option<Outline>, steps: &[Step<'_>]) -> Vec<Change> {
        let mut from = from;
        let mut changes = Vec::new();
        for step in steps {
            let to = self.outline(step.after);
            changes.extend(self.change(step, from.as_ref(), to.as_ref()));
            from = to;
        }
        changes
    }

    /// The changes after one state of knowledge, up to another of the same clock.
    pub(crate) fn between(&self, from: Option<Outline>, after: Known, up_to: Known) -> Vec<Change> {
        let is_between =
            |bearing: &Bearing<'_>| bearing.is_known(up_to) && !bearing.is_known(after);
        self.changes(from, &self.steps(is_between, up_to))
    }

    /// What the event at a position did to the figure, from one answer to another; none where it neither changed it nor speaks of it.
    pub(crate) fn step(
        &self,
        position: Position,
        from: Option<&Outline>,
        to: Option<&Outline>,
    ) -> Option<Change> {
        let is_there = |bearing: &&Bearing<'a>| bearing.position == position;
        let before = Position::new(position.get().saturating_sub(1));
        let step = Step {
            before: Known::Position(before),
            after: Known::Position(position),
            events: self.bearings.iter().filter(is_there).collect(),
        };
        self.change(&step, from, to)
    }

    /// Some events that bear on the figure itself, or where there are none, on what bounds it; each as the log took it.
    pub(crate) fn bearing(&self, is_meant: impl Fn(&Bearing<'_>) -> bool) -> Vec<Cause> {
        let (mut direct, mut indirect) = (Vec::new(), Vec::new());
        for bearing in self.bearings.iter().filter(|bearing| is_meant(bearing)) {
            let before = Position::new(bearing.position.get().saturating_sub(1));
            let causes = self.causes(&Step {
                before: Known::Position(before),
                after: Known::Position(bearing.position),
                events: vec![bearing],
            });
            direct.extend(causes.0);
            indirect.extend(causes.1);
        }
        if direct.is_empty() { indirect } else { direct }
    }

    fn outline(&self, known: Known) -> Option<Outline> {
        let as_of = AsOf {
            valid: self.valid,
            known,
        };
        let answer = self.tolls.at(self.situation, as_of, &self.question);
        answer.tolls.into_iter().next().map(Outline::of)
    }

    fn change(
        &self,
        step: &Step<'_>,
        from: Option<&Outline>,
        to: Option<&Outline>,
    ) -> Option<Change> {
        let (direct, indirect) = self.causes(step);
        let mut change = Change {
            known: step.after,
            class: ChangeClass::Related,
            causes: direct,
            arose: conflicts_beside(to, from),
            settled: conflicts_beside(from, to),
            from: from.map(|outline| outline.brief.clone()),
            to: to.map(|outline| outline.brief.clone()),
        };
        if !change.is_seen() && change.causes.is_empty() {
            return None;
        }
        let moves_nothing = |cause: &Cause| {
            matches!(
                cause.class,
                ChangeClass::LateArrival | ChangeClass::Repetition
            )
        };
        if change.causes.iter().all(moves_nothing) && change.is_seen() {
            change
                .causes
                .extend(those_that_moved(indirect, &change, [from, to]));
        }
        change.class = self.main_class(&change);
        Some(change)
    }

    fn main_class(&self, change: &Change) -> ChangeClass {
        let is_direct = |cause: &&Cause| {
            let mut claims = cause.claims.iter();
            claims.any(|claim| self.group.is_named(&claim.figure))
        };
        let has_direct = change.causes.iter().any(|cause| is_direct(&cause));
        let without_conflicts = |brief: &Option<Brief>| {
            brief.clone().map(|brief| Brief {
                conflicts: 0,
                ..brief
            })
        };
        let only_conflicts =
            without_conflicts(&change.from) == without_conflicts(&change.to) && change.is_seen();
        if only_conflicts && !has_direct {
            return if change.arose.is_empty() {
                ChangeClass::ConflictSettled
            } else {
                ChangeClass::ConflictArose
            };
        }
        let classes = change.causes.iter().map(|cause| cause.class);
        classes.min().unwrap_or(ChangeClass::Related)
    }

    /// The causes of a step that bear on the figure itself, and those that bound it; by class, then by place in the log.
    fn causes(&self, step: &Step<'_>) -> (Vec<Cause>, Vec<Cause>) {
        let (mut direct, mut indirect) = (Vec::new(), Vec::new());
        for bearing in &step.events {
            let claims = bearing.claims(self.valid, step.after);
            if claims.is_empty() && matches!(bearing.does, Does::Claims(_)) {
                continue;
            }
            let is_direct = bearing.is_direct(&self.group, &claims) || self.restarts(bearing, step);
            let own: Vec<&Claim> = claims
                .iter()
                .filter(|claim| self.group.holds(&claim.cell))
                .copied()
                .collect();
            let claims = if own.is_empty() { claims } else { own };
            let cause = Cause {
                class: self.class(bearing, &claims, step, is_direct),
                event: bearing.event,
                position: bearing.position,
                learnt_at: bearing.learnt_at,
                claims: claims
                    .into_iter()
                    .map(|claim| self.cause_claim(claim, step.after))
                    .collect(),
            };
            if is_direct {
                direct.push(cause);
            } else {
                indirect.push(cause);
            }
        }
        for causes in [&mut direct, &mut indirect] {
            causes.sort_by_key(|cause| (cause.class, cause.position));
        }
        (direct, indirect)
    }

    /// Whether a counter that the figure is counted by begins anew.
    fn restarts(&self, bearing: &Bearing<'_>, step: &Step<'_>) -> bool {
        let Does::Restarts(origin) = &bearing.does else {
            return false;
        };
        self.said(origin, step.before).next().is_some()
    }

    /// Whether a report is what a retraction known by then puts in place of another.
    fn corrects(&self, report: &Bearing<'_>, step: &Step<'_>) -> bool {
        let mut known = self
            .bearings
            .iter()
            .filter(|other| other.is_known(step.after));
        known.any(|other| replaces(other, report))
    }

    fn cause_claim(&self, claim: &Claim, known: Known) -> CauseClaim {
        let origin = &claim.report.source.origin;
        let described = self.tolls.register().source(self.situation, origin, known);
        let party = described.and_then(|described| described.party.as_ref());
        CauseClaim {
            figure: claim.figure_name(),
            claim: ClaimShown::of(claim, party),
        }
    }

    /// The claims of the figure itself by one origin that were known then; of each line the newest first.
    fn said<'b>(&'b self, origin: &'b SourceId, known: Known) -> impl Iterator<Item = &'a Claim> {
        let lines = self.own.iter().flat_map(|cell| self.lines(*cell, origin));
        lines.flat_map(move |line| line.visible(self.valid, known))
    }

    fn lines(&self, cell: CellIx, origin: &SourceId) -> impl Iterator<Item = &'a Line> {
        let lines = self.claims.cells[cell].lines.iter();
        lines.filter(move |line| line.origin == *origin)
    }

    fn class(
        &self,
        bearing: &Bearing<'_>,
        claims: &[&Claim],
        step: &Step<'_>,
        is_direct: bool,
    ) -> ChangeClass {
        match &bearing.does {
            Does::Claims(_) if self.corrects(bearing, step) => ChangeClass::Correction,
            Does::Claims(_) if !is_direct => ChangeClass::Related,
            Does::Claims(_) => claims
                .iter()
                .map(|claim| self.class_of(claim, step))
                .min()
                .unwrap_or(ChangeClass::Related),
            Does::Retracts { depth, .. } if depth % 2 == 1 => ChangeClass::Restoration,
            Does::Retracts {
                replacement: Some(_),
                ..
            } => ChangeClass::Correction,
            Does::Retracts { .. } => ChangeClass::Retraction,
            Does::Restarts(_) => ChangeClass::Restart,
            Does::MovesOutcome => ChangeClass::OutcomeChange,
            Does::Partitions => ChangeClass::Partition,
            Does::Describes => ChangeClass::Description,
        }
    }

    /// What a claim of the figure is to its line as known before.
    fn class_of(&self, claim: &Claim, step: &Step<'_>) -> ChangeClass {
        let register = self.tolls.register();
        let as_of = AsOf {
            valid: self.valid,
            known: step.after,
        };
        let epoch = |claim| epoch(self.claims, register, claim, as_of);
        let is_live = |other: &&Claim| {
            let retraction = register.claim_retraction(other.id, step.before);
            retraction.is_none()
        };
        let origin = &claim.report.source.origin;
        if self.said(origin, step.before).next().is_none() {
            return ChangeClass::NewSource;
        }
        let own_epoch = epoch(claim);
        if self
            .said(origin, step.before)
            .all(|other| epoch(other) != own_epoch)
        {
            return ChangeClass::Restart;
        }
        let cells = self.claims.number_of(&claim.cell).into_iter();
        let line: Vec<&Claim> = cells
            .flat_map(|cell| self.lines(cell, origin))
            .flat_map(|line| line.visible(self.valid, step.before))
            .take_while(|other| other.moment() >= claim.moment())
            .filter(|other| epoch(other) == own_epoch)
            .filter(is_live)
            .collect();
        let mut same = line
            .iter()
            .filter(|other| other.moment() == claim.moment())
            .peekable();
        if same.peek().is_some() {
            let is_said = same.any(|other| other.quantity == claim.quantity);
            return if is_said {
                ChangeClass::Repetition
            } else {
                ChangeClass::Revision
            };
        }
        if line.iter().any(|other| other.moment() > claim.moment()) {
            ChangeClass::LateArrival
        } else {
            ChangeClass::NewReport
        }
    }
}

/// Of what bounds a figure only what it rests on, before or after, and what clashes: descriptions where there is nothing else.
fn those_that_moved(
    causes: Vec<Cause>,
    change: &Change,
    figures: [Option<&Outline>; 2],
) -> Vec<Cause> {
    let rests_on = figures
        .into_iter()
        .flatten()
        .flat_map(|outline| outline.rests_on.iter().copied());
    let conflicts = change.arose.iter().chain(&change.settled);
    let clashing = conflicts.flat_map(|conflict| conflict.claims.iter().copied());
    let evidence: BTreeSet<ClaimRef> = rests_on.chain(clashing).collect();
    let moved = causes.iter().filter_map(|cause| {
        let mut cause = cause.clone();
        let is_evidence =
            |claim: &CauseClaim| evidence.contains(&ClaimRef::Claim(claim.claim.claim));
        cause.claims.retain(is_evidence);
        let is_meant = !cause.claims.is_empty()
            || evidence.contains(&ClaimRef::Event(cause.event))
            || matches!(
                cause.class,
                ChangeClass::Restart | ChangeClass::OutcomeChange
            );
        is_meant.then_some(cause)
    });
    let moved: Vec<Cause> = moved.collect();
    if moved.is_empty() { causes } else { moved }
}

/// Whether a retraction names a report as what stands instead.
fn replaces(retraction: &Bearing<'_>, report: &Bearing<'_>) -> bool {
    let Does::Retracts { replacement, .. } = &retraction.does else {
        return false;
    };
    replacement.is_some_and(|replacement: ClaimRef| replacement.event() == report.event)
}

/// Whether one of two events, recorded one after the other and learnt at once, retracts in favour of the other.
fn are_one_correction(a: &Bearing<'_>, b: &Bearing<'_>) -> bool {
    a.position.next() == b.position
        && a.learnt_at == b.learnt_at
        && (replaces(a, b) || replaces(b, a))
}
