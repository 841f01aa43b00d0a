//! The fold, and the questions it answers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;

use situ_core::{
    AsOf, DecodeError, EventId, Extent, Instant, Kind, Known, Payload, PlaceId, Position,
    Projection, Recorded, Register, Service, SituationId, Valid,
};

use crate::board::{
    Board, Contribution, Evidence, Nearby, PlaceBoard, Relation, ServiceStatus, Unnamed,
};
use crate::claim::{Claim, members, normal, severity};
use crate::ledger::{Ledger, Part, parts};
use crate::status_id::StatusId;
use crate::time_to_live::TimeToLive;
use crate::timeline::{Question, Timeline, unnamed_down};

/// What runs and what does not, folded from the log.
///
/// It keeps every claim on all clocks, so asking as of any moment and any state of knowledge is a look-up, not a replay.
#[derive(Debug, Clone, Default)]
pub struct Services {
    pub(crate) register: Register,
    ledgers: Vec<Ledger>,
    situations: BTreeMap<SituationId, u32>,
    /// What events were, as of the last retraction: nothing else asks.
    seen: HashMap<EventId, Seen>,
    /// The ledgers that came by events since.
    unseen: Vec<u32>,
    pub(crate) reached: Position,
}

/// What an event was, so that it is known what a retraction of it changes.
#[derive(Debug, Clone, Copy)]
enum Seen {
    Claim { ledger: u32, claim: u32 },
    Retraction { of: EventId },
    Description { ledger: u32 },
}

/// One service in one scope: what claims speak of and statuses are given for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// The situation.
    pub situation: SituationId,
    /// The service.
    pub service: Service,
    /// The scope, in one spelling: the ends of a stretch in order, "some of" a place without count, words and named members.
    pub scope: Extent,
}

/// What an event changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Touched {
    /// Nothing.
    #[default]
    Nothing,
    /// The status of these, and of what lies in them.
    Lines(Vec<Line>),
    /// What lies in what, or the zone days are counted in: any status of the situation.
    Situation(SituationId),
}

impl Services {
    /// What was known then of every service anybody had spoken of.
    #[must_use]
    pub fn at(&self, situation: &SituationId, as_of: AsOf, time_to_live: &TimeToLive) -> Board {
        let answered = self.ledger(situation).map(|ledger| {
            let lines = ledger.lines();
            lines
                .filter_map(|(service, extent)| {
                    let answered = self.answered(ledger, service, extent, as_of, time_to_live)?;
                    answered.timeline.spelled.is_some().then_some(answered)
                })
                .collect::<Vec<_>>()
        });
        Board {
            position: self.resolved_at(as_of.known),
            services: self.carve(situation, as_of.known, answered.unwrap_or_default()),
        }
    }

    /// What was known then of every service in one place: of the place itself by whatever covers it, of what lies in it, and
    /// beside that of what may concern it.
    #[must_use]
    pub fn about(
        &self,
        situation: &SituationId,
        place: &PlaceId,
        as_of: AsOf,
        time_to_live: &TimeToLive,
    ) -> PlaceBoard {
        let (mut inside, mut nearby, mut relations) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(ledger) = self.ledger(situation) {
            let area = Extent::Area {
                place: place.clone(),
            };
            for service in ledger.services() {
                let here = self.answered(ledger, service, &area, as_of, time_to_live);
                let is_named = here
                    .as_ref()
                    .is_some_and(|here| here.timeline.spelled.is_some());
                inside.extend(here.filter(|here| !here.timeline.is_empty()));
                for extent in ledger.extents(service).filter(|extent| **extent != area) {
                    let relation = match self.relation(ledger, service, extent, place, as_of.known)
                    {
                        Some(Relation::MayInclude) if is_named => None,
                        relation => relation,
                    };
                    let answered = relation
                        .and_then(|_| self.answered(ledger, service, extent, as_of, time_to_live))
                        .filter(|answered| answered.timeline.spelled.is_some())
                        .filter(|answered| {
                            // What is said of all of a larger place says nothing of unnamed members beside it.
                            relation != Some(Relation::MayInclude) || answered.speaks_of_itself()
                        });
                    match (relation, answered) {
                        (Some(Relation::Inside), Some(answered)) => inside.push(answered),
                        (Some(relation), Some(answered)) => {
                            nearby.push(answered);
                            relations.push(relation);
                        }
                        _ => {}
                    }
                }
            }
        }
        let count = inside.len();
        let mut inside = self.carve(
            situation,
            as_of.known,
            inside.into_iter().chain(nearby).collect(),
        );
        let nearby = inside.split_off(count);
        PlaceBoard {
            position: self.resolved_at(as_of.known),
            place: place.clone(),
            inside,
            nearby: relations
                .into_iter()
                .zip(nearby)
                .map(|(relation, status)| Nearby { relation, status })
                .collect(),
        }
    }

    /// How a scope concerns a place, other than by being it.
    fn relation(
        &self,
        ledger: &Ledger,
        service: Service,
        extent: &Extent,
        place: &PlaceId,
        known: Known,
    ) -> Option<Relation> {
        let area = Extent::Area {
            place: place.clone(),
        };
        let reach = ledger.reach(&self.register, service, extent, known);
        if ledger.lies_in(&self.register, &reach, &area, known) {
            return Some(Relation::Inside);
        }
        let touches = ledger.touches(&self.register, &area, extent, known);
        match extent {
            Extent::Area { .. } => None,
            Extent::Segment { .. } | Extent::Between { .. } => touches.then_some(Relation::Reaches),
            Extent::SomeOf { .. } | Extent::Facility { place: Some(_), .. } => {
                touches.then_some(Relation::MayInclude)
            }
            Extent::Route { .. }
            | Extent::Operator { .. }
            | Extent::Network { .. }
            | Extent::Facility { place: None, .. } => Some(Relation::NoPlace),
        }
    }

    fn answered<'a>(
        &'a self,
        ledger: &'a Ledger,
        service: Service,
        extent: &Extent,
        as_of: AsOf,
        time_to_live: &TimeToLive,
    ) -> Option<Answered<'a>> {
        let question = self.question(ledger, service, as_of);
        let timeline = question.timeline(extent);
        let status = finish(question, &timeline, time_to_live)?;
        Some(Answered { timeline, status })
    }

    /// What was known then of one service in one scope, whether or not anybody spoke of just that.
    ///
    /// `None`: nobody spoke of it, nor of anything it lies in. Unlike on a board, `except` lists only what the claim in force
    /// excepts.
    #[must_use]
    pub fn status(
        &self,
        situation: &SituationId,
        service: Service,
        scope: &Extent,
        as_of: AsOf,
        time_to_live: &TimeToLive,
    ) -> Option<ServiceStatus> {
        let ledger = self.ledger(situation)?;
        self.answered(ledger, service, &normal(scope), as_of, time_to_live)
            .filter(|answered| !answered.timeline.is_empty())
            .map(|answered| answered.status)
    }

    /// The same by name and as on a board: `except` lists what lies in it and is in another state.
    #[must_use]
    pub fn find(
        &self,
        situation: &SituationId,
        id: &StatusId,
        as_of: AsOf,
        time_to_live: &TimeToLive,
    ) -> Option<ServiceStatus> {
        self.in_full(self.ledger(situation)?, id, as_of, time_to_live)
            .0
    }

    /// The names of all statuses anybody had spoken of by then, also of those that are nothing of their own at some moment.
    #[must_use]
    pub fn ids(&self, situation: &SituationId, known: Known) -> Vec<StatusId> {
        let Some(ledger) = self.ledger(situation) else {
            return Vec::new();
        };
        let is_spoken_of = |(service, extent): &(Service, &Extent)| {
            ledger.entries(*service, extent, known).next().is_some()
        };
        let lines = ledger.lines().filter(is_spoken_of);
        lines
            .map(|(service, extent)| StatusId::new(service, extent))
            .collect()
    }

    /// A status as on a board, and when something begins that is told ahead.
    pub(crate) fn in_full(
        &self,
        ledger: &Ledger,
        id: &StatusId,
        as_of: AsOf,
        time_to_live: &TimeToLive,
    ) -> (Option<ServiceStatus>, Option<Instant>) {
        let (service, scope) = (id.service(), id.scope());
        let itself = self.answered(ledger, service, scope, as_of, time_to_live);
        let Some(itself) = itself.filter(|answered| !answered.timeline.is_empty()) else {
            let next = self.question(ledger, service, as_of).timeline(scope).next;
            return (None, next);
        };
        let mut next = itself.timeline.next;
        let mut answered = vec![itself];
        for extent in ledger.extents(service).filter(|extent| *extent != scope) {
            let reach = ledger.reach(&self.register, service, extent, as_of.known);
            if !ledger.lies_in(&self.register, &reach, scope, as_of.known) {
                continue;
            }
            let timeline = self.question(ledger, service, as_of).timeline(extent);
            next = [next, timeline.next].into_iter().flatten().min();
            let inner = self.answered(ledger, service, extent, as_of, time_to_live);
            // What nobody had spoken of by then is no exception of its own.
            answered.extend(inner.filter(|inner| inner.timeline.spelled.is_some()));
        }
        let statuses = self.carve(&ledger.situation, as_of.known, answered);
        (statuses.into_iter().next(), next)
    }

    /// The scopes whose claims bear on a status: of what lies in it, and of all that lies in.
    pub(crate) fn bearing(&self, ledger: &Ledger, id: &StatusId, known: Known) -> BTreeSet<Extent> {
        let (service, scope) = (id.service(), id.scope());
        let whole = match scope {
            Extent::SomeOf { within, .. } => Extent::Area {
                place: within.clone(),
            },
            other => other.clone(),
        };
        let mut bearing = BTreeSet::new();
        let reach = |extent: &Extent| ledger.reach(&self.register, service, extent, known);
        let inner = ledger.extents(service).map(&reach).filter(|inner| {
            ledger.lies_in(&self.register, inner, &whole, known) || inner.extent == *scope
        });
        for inner in inner.chain([reach(scope)]) {
            bearing.extend(ledger.outer_lines(&self.register, service, &inner, known));
        }
        bearing
    }

    /// Whether a status is of something in a place, of the place itself, or of something the place lies in, as known now.
    #[must_use]
    pub fn concerns(&self, situation: &SituationId, id: &StatusId, place: &PlaceId) -> bool {
        let Some(ledger) = self.ledger(situation) else {
            return false;
        };
        let (service, known) = (id.service(), Known::Position(self.reached));
        let area = Extent::Area {
            place: place.clone(),
        };
        let lies = |inner: &Extent, outer: &Extent| {
            let reach = ledger.reach(&self.register, service, inner, known);
            ledger.lies_in(&self.register, &reach, outer, known)
        };
        let covers = match id.scope() {
            Extent::SomeOf { within, .. } => lies(
                &area,
                &Extent::Area {
                    place: within.clone(),
                },
            ),
            scope => lies(&area, scope),
        };
        covers || lies(id.scope(), &area)
    }

    /// The statuses that what an event touched may bear on: those it speaks of, what lies in them, and what these lie in.
    pub(crate) fn concerned(
        &self,
        situation: &SituationId,
        touched: &Touched,
    ) -> BTreeSet<StatusId> {
        let touched = match touched {
            Touched::Nothing => return BTreeSet::new(),
            Touched::Situation(_) => {
                let known = Known::Position(self.reached);
                return self.ids(situation, known).into_iter().collect();
            }
            Touched::Lines(touched) => touched,
        };
        let Some(ledger) = self.ledger(situation) else {
            return BTreeSet::new();
        };
        let known = Known::Position(self.reached);
        let mut concerned = BTreeSet::new();
        for Line { service, scope, .. } in touched {
            let extents: Vec<&Extent> = ledger.extents(*service).collect();
            for extent in &extents {
                let reach = ledger.reach(&self.register, *service, extent, known);
                if !ledger.lies_in(&self.register, &reach, scope, known) {
                    continue;
                }
                let outer = ledger.outer_lines(&self.register, *service, &reach, known);
                concerned.extend(outer.iter().map(|outer| StatusId::new(*service, outer)));
                let counted = extents.iter().filter(|other| match other {
                    Extent::SomeOf { within, .. } => {
                        let area = Extent::Area {
                            place: within.clone(),
                        };
                        ledger.lies_in(&self.register, &reach, &area, known)
                    }
                    _ => false,
                });
                concerned.extend(counted.map(|other| StatusId::new(*service, other)));
            }
        }
        concerned
    }

    /// The end of the time that a claim, or what a retraction takes back, speaks of.
    pub(crate) fn spoken_of(&self, recorded: &Recorded) -> Option<Instant> {
        let ledger = self.ledger(&recorded.situation)?;
        if let Some(claim) = ledger.claim_at(recorded.position) {
            return Some(claim.span().to);
        }
        let mut event = ledger.other_at(recorded.position)?.retracts?;
        let mut passed = BTreeSet::new();
        while passed.insert(event) {
            match self.seen.get(&event)? {
                Seen::Claim { ledger, claim } => {
                    let claim = self.ledgers[*ledger as usize].claim(*claim);
                    return Some(claim.span().to);
                }
                Seen::Retraction { of } => event = *of,
                Seen::Description { .. } => return None,
            }
        }
        None
    }

    /// The descriptions and retractions the view goes by.
    #[must_use]
    pub const fn register(&self) -> &Register {
        &self.register
    }

    pub(crate) fn ledger(&self, situation: &SituationId) -> Option<&Ledger> {
        let number = *self.situations.get(situation)?;
        self.ledgers.get(number as usize)
    }

    fn question<'a>(&'a self, ledger: &'a Ledger, service: Service, as_of: AsOf) -> Question<'a> {
        Question {
            register: &self.register,
            ledger,
            zone: self.register.zone(&ledger.situation, as_of.known),
            service,
            as_of,
        }
    }

    fn resolved_at(&self, known: Known) -> Position {
        match known {
            Known::Position(position) => position.min(self.reached),
            Known::Learnt(_) => self.reached,
        }
    }

    /// Lists in each scope what lies in it and is in another state.
    fn carve(
        &self,
        situation: &SituationId,
        known: Known,
        answered: Vec<Answered<'_>>,
    ) -> Vec<ServiceStatus> {
        let Some(ledger) = self.ledger(situation) else {
            return Vec::new();
        };
        let index: BTreeMap<_, _> = answered
            .iter()
            .enumerate()
            .map(|(index, answered)| (answered.line(), index))
            .collect();
        let unspoken: Vec<_> = answered
            .iter()
            .enumerate()
            .filter(|(_, answered)| answered.timeline.spelled.is_none())
            .collect();
        let mut inside: Vec<(usize, Extent, bool)> = Vec::new();
        for Answered { timeline, status } in &answered {
            let reach = &timeline.reach;
            for outer in ledger.outer_lines(&self.register, status.service, reach, known) {
                if outer == reach.extent {
                    continue;
                }
                if let Some(outer) = index.get(&(status.service, &outer)) {
                    let differs = answered[*outer].status.status != status.status;
                    inside.push((*outer, status.scope.of.clone(), differs));
                }
            }
            for (index, outer) in &unspoken {
                let (service, area) = outer.line();
                let is_outer = service == status.service
                    && *area != reach.extent
                    && ledger.lies_in(&self.register, reach, area, known);
                if is_outer {
                    let differs = outer.status.status != status.status;
                    inside.push((*index, status.scope.of.clone(), differs));
                }
            }
        }
        let statuses = answered.into_iter().map(|answered| answered.status);
        let mut statuses: Vec<_> = statuses.collect();
        for (outer, inner, differs) in inside {
            let except = &mut statuses[outer].scope.except;
            let listed = except
                .iter()
                .position(|listed| normal(listed) == normal(&inner));
            match (listed, differs) {
                (None, true) => except.push(inner),
                (Some(listed), false) => drop(except.remove(listed)),
                _ => {}
            }
        }
        statuses
    }

    /// The ledger of a situation, to add something to.
    fn ledger_mut(&mut self, situation: &SituationId) -> &mut Ledger {
        let number = match self.situations.get(situation) {
            Some(number) => *number,
            None => self.add_ledger(Ledger::new(situation.clone())),
        };
        let ledger = &mut self.ledgers[number as usize];
        if ledger.is_taken() {
            self.unseen.push(number);
        }
        ledger
    }

    fn add_ledger(&mut self, ledger: Ledger) -> u32 {
        let number =
            u32::try_from(self.ledgers.len()).expect("a log has fewer than 2^32 situations");
        self.situations.insert(ledger.situation.clone(), number);
        self.ledgers.push(ledger);
        number
    }

    /// Takes in a ledger that was saved.
    pub(crate) fn take_in(&mut self, ledger: Ledger) {
        let number = self.add_ledger(ledger);
        self.unseen.push(number);
    }

    /// Looks through the events that came since the last retraction.
    fn see(&mut self) {
        for ledger in std::mem::take(&mut self.unseen) {
            let (claims, others) = self.ledgers[ledger as usize].take_new();
            let claims = claims.map(|(claim, said)| (said.event, Seen::Claim { ledger, claim }));
            let others = others.map(|other| match other.retracts {
                Some(of) => (other.event, Seen::Retraction { of }),
                None => (other.event, Seen::Description { ledger }),
            });
            self.seen.extend(claims.chain(others));
        }
    }

    /// What a retraction changes, through retractions of retractions.
    fn touched_by_retraction(&self, mut target: EventId) -> Touched {
        let mut passed = BTreeSet::new();
        while passed.insert(target) {
            match self.seen.get(&target) {
                Some(Seen::Retraction { of }) => target = *of,
                Some(Seen::Claim { ledger, claim }) => {
                    let ledger = &self.ledgers[*ledger as usize];
                    let claim = ledger.claim(*claim);
                    return lines(&ledger.situation, claim.service, &parts(claim));
                }
                Some(Seen::Description { ledger }) => {
                    let ledger = &self.ledgers[*ledger as usize];
                    return Touched::Situation(ledger.situation.clone());
                }
                None => return Touched::Nothing,
            }
        }
        Touched::Nothing
    }
}

/// A status, and the timeline it is read from.
struct Answered<'a> {
    timeline: Timeline<'a>,
    status: ServiceStatus,
}

impl Answered<'_> {
    /// Whether the claim in force speaks of just this scope.
    fn speaks_of_itself(&self) -> bool {
        let itself = self.timeline.lines.len() - 1;
        let last = self.timeline.steps.last();
        last.is_some_and(|last| last.mark.rank == itself)
    }

    fn line(&self) -> (Service, &Extent) {
        (self.status.service, &self.timeline.reach.extent)
    }
}

/// The status of a timeline, with the count of unnamed members; `None` where all members are named or known.
fn finish<'a>(
    question: Question<'a>,
    timeline: &Timeline<'a>,
    time_to_live: &TimeToLive,
) -> Option<ServiceStatus> {
    let mut status = question.answer(timeline, time_to_live.of(question.service));
    if let Extent::SomeOf { within, .. } = &timeline.reach.extent {
        let told = timeline.steps.iter().rfind(|step| step.mark.is_unnamed);
        let Some(told) = told.map(|step| step.mark.claim) else {
            return Some(status);
        };
        let (claim, back) = unnamed_down(&timeline.steps).unwrap_or((told, Vec::new()));
        let at_least = NonZeroU32::new(unnamed(question, claim, &back))?;
        let words = match &claim.scope.of {
            Extent::SomeOf { words, .. } => words.clone(),
            _ => None,
        };
        status.scope.of = Extent::SomeOf {
            within: within.clone(),
            named: Vec::new(),
            at_least,
            words: words.clone(),
        };
        status.unnamed = Some(Unnamed {
            at_least: at_least.get(),
            words,
        });
        for claim in back.into_iter().chain([claim]) {
            count(&mut status, claim);
        }
    }
    Some(status)
}

fn count(status: &mut ServiceStatus, claim: &Claim) {
    let evidence = &mut status.rests_on;
    match evidence
        .iter_mut()
        .find(|evidence| evidence.event == claim.event)
    {
        Some(evidence) => evidence.contributes.push(Contribution::Count),
        None => evidence.insert(
            0,
            Evidence {
                event: claim.event,
                source: claim.source.clone(),
                contributes: vec![Contribution::Count],
            },
        ),
    }
    status.set_aside.retain(|aside| aside.event != claim.event);
}

/// How many members are left over when those are taken off that the claim names, that were as bad at its moment, or that came back.
fn unnamed(question: Question<'_>, claim: &Claim, back: &[&Claim]) -> u32 {
    let Extent::SomeOf { within, named, .. } = &claim.scope.of else {
        return 0;
    };
    let Question {
        register,
        ledger,
        service,
        as_of,
        ..
    } = question;
    let known = as_of.known;
    let area = Extent::Area {
        place: within.clone(),
    };
    let reach = |extent: &Extent| ledger.reach(register, service, extent, known);
    let then = Question {
        as_of: AsOf {
            valid: Valid(claim.span().to.min(as_of.valid.0)),
            known,
        },
        ..question
    };
    let severe = claim.degree().and_then(severity).unwrap_or(0);
    let was_as_bad = |extent: &&Extent| {
        if **extent == area
            || matches!(extent, Extent::SomeOf { .. })
            || !ledger.lies_in(register, &reach(extent), &area, known)
        {
            return false;
        }
        let timeline = then.timeline(extent);
        let last = timeline.steps.len().checked_sub(1);
        timeline.spelled.is_some() && last.is_some_and(|last| timeline.is_at_least(last, severe))
    };
    let mut known_members: BTreeSet<Extent> = named.iter().map(normal).collect();
    known_members.extend(ledger.extents(service).filter(was_as_bad).cloned());
    // What lies in another member is that member again.
    let is_part = |member: &&Extent| {
        let outer = ledger.outer_lines(register, service, &reach(member), known);
        outer
            .iter()
            .any(|outer| outer != *member && known_members.contains(outer))
    };
    let counted = known_members
        .iter()
        .filter(|member| !is_part(member))
        .count();
    let known_back = |claim: &Claim| match &claim.scope.of {
        Extent::SomeOf { named, .. } => named
            .iter()
            .filter(|member| known_members.contains(&normal(member)))
            .count(),
        _ => 0,
    };
    let back = back
        .iter()
        .map(|claim| members(&claim.scope).saturating_sub(size(known_back(claim))));
    members(&claim.scope)
        .saturating_sub(size(counted))
        .saturating_sub(back.sum())
}

fn size(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn lines(situation: &SituationId, service: Service, parts: &[(Extent, Part)]) -> Touched {
    let mut lines: Vec<_> = parts
        .iter()
        .map(|(scope, _)| Line {
            situation: situation.clone(),
            service,
            scope: scope.clone(),
        })
        .collect();
    lines.sort();
    lines.dedup();
    Touched::Lines(lines)
}

impl Projection for Services {
    const NAME: &'static str = "services";
    const VERSION: u32 = 1;
    type Touched = Touched;

    fn apply(&mut self, recorded: &Recorded) -> Result<Touched, DecodeError> {
        self.register.apply(recorded)?;
        let touched = match recorded.kind {
            Kind::ServiceSuspended
            | Kind::ServiceConfirmed
            | Kind::ServiceRestored
            | Kind::ServiceOutlookGiven => match Claim::new(recorded, recorded.event()?) {
                Some(claim) => {
                    let parts = parts(&claim);
                    let touched = lines(&recorded.situation, claim.service, &parts);
                    self.ledger_mut(&recorded.situation).add(claim, &parts);
                    touched
                }
                None => Touched::Nothing,
            },
            Kind::SituationOpened | Kind::PlaceDescribed => {
                self.ledger_mut(&recorded.situation).note(recorded, None);
                Touched::Situation(recorded.situation.clone())
            }
            Kind::ClaimRetracted => match recorded.event()?.payload {
                Payload::ClaimRetracted(retracted) => {
                    let of = retracted.target.event();
                    self.ledger_mut(&recorded.situation)
                        .note(recorded, Some(of));
                    self.see();
                    self.touched_by_retraction(of)
                }
                _ => Touched::Nothing,
            },
            _ => Touched::Nothing,
        };
        self.reached = recorded.position;
        Ok(touched)
    }
}
