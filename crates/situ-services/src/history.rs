//! How a status changed, as knowledge grew and as time went by, and by which events.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use situ_core::{AsOf, Degree, EventId, Extent, Instant, Known, Position, SituationId, Valid};

use crate::board::{
    Board, Conflict, Contribution, Evidence, Freshness, ServiceStatus, SetAsideReason, Since,
    Status,
};
use crate::claim::{Claim, severity};
use crate::ledger::{Ledger, Turn, parts};
use crate::services::Services;
use crate::status_id::StatusId;
use crate::time_to_live::TimeToLive;

/// One change of a status.
///
/// The changes of a status follow one another: each begins with what the one before it ended with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Whose.
    pub id: StatusId,
    /// The moment it is so from, for whoever asks then.
    pub at: Instant,
    /// The state of knowledge it is so from.
    pub known: Known,
    /// What kind of change it is.
    pub class: ChangeClass,
    /// The events that did it; none where nothing but time went by.
    pub events: Vec<EventId>,
    /// How it was before; none where nobody had spoken of it.
    pub from: Option<Brief>,
    /// How it was after; none where it is no longer anything of its own, all unnamed members being known.
    pub to: Option<Brief>,
    /// The conflicts that were not there before.
    pub arose: Vec<Conflict>,
}

/// What a reader sees of a status at first sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Brief {
    /// The status.
    pub status: Status,
    /// The degree.
    pub degree: Degree,
    /// Whether that is recent enough to rely on.
    pub freshness: Freshness,
    /// Since when.
    pub since: Since,
    /// What lies inside and is in another state.
    pub except: Vec<Extent>,
    /// How many unnamed members there are at least, where it is the status of such.
    pub at_least: Option<u32>,
}

/// In a word or two: `suspended`, `last known suspended`.
impl fmt::Display for Brief {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.freshness == Freshness::Stale {
            f.write_str("last known ")?;
        }
        f.write_str(self.status.word())
    }
}

/// The classes of changes; where several apply, the first of them here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeClass {
    /// A claim was taken back, or the taking back was.
    Retraction,
    /// Reports contradict each other as they did not before.
    Conflict,
    /// Reports no longer contradict each other about how it is.
    Settled,
    /// Spoken of for the first time, or worse after it was as usual or unknown.
    New,
    /// Worse than it was, having been restricted already.
    Worse,
    /// Better than it was, in part or all of it.
    Restored,
    /// It is no longer known how it is.
    Unclear,
    /// Something inside it is in another state than before, and so in another than the rest.
    Carved,
    /// Unnamed members became known, or their number changed.
    Counted,
    /// Nobody has said so for longer than its time to live.
    WentStale,
    /// Another start than was known before.
    Redated,
    /// Said again.
    Confirmed,
    /// A claim of a larger scope that does not bear on this one: it was carved out of that, or is excepted.
    Aside,
    /// A claim that changes nothing current, about what was before.
    Late,
}

impl ChangeClass {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Retraction => "retraction",
            Self::Conflict => "conflict",
            Self::Settled => "settled",
            Self::New => "new",
            Self::Worse => "worse",
            Self::Restored => "restored",
            Self::Unclear => "unclear",
            Self::Carved => "carved",
            Self::Counted => "counted",
            Self::WentStale => "went stale",
            Self::Redated => "redated",
            Self::Confirmed => "confirmed",
            Self::Aside => "set aside",
            Self::Late => "late arrival",
        }
    }
}

impl Brief {
    pub(crate) fn of(status: &ServiceStatus) -> Self {
        Self {
            status: status.status,
            degree: status.degree,
            freshness: status.freshness,
            since: status.since.clone(),
            except: status.scope.except.clone(),
            at_least: status.unnamed.as_ref().map(|unnamed| unnamed.at_least),
        }
    }
}

impl Services {
    /// How a status changed for whoever had asked at the time, up to `as_of.valid`, as knowledge grew up to `as_of.known`.
    ///
    /// `as_of.known` names the clock knowledge grows along: positions of the log one by one, or moments of learning, where all that
    /// was learnt at one moment is one step. The moment asked about goes along with it: after each step it is the latest moment
    /// anything was learnt by then. Between the steps time goes by: a status goes stale, a closure announced begins.
    #[must_use]
    pub fn history(
        &self,
        situation: &SituationId,
        id: &StatusId,
        as_of: AsOf,
        time_to_live: &TimeToLive,
    ) -> Vec<Change> {
        let Some(ledger) = self.ledger(situation) else {
            return Vec::new();
        };
        let mut walk = Walk {
            services: self,
            ledger,
            id,
            time_to_live,
            limit: as_of.valid.0,
            at: None,
            known: Known::Position(Position::START),
            bearing: BTreeSet::new(),
            status: None,
            next: None,
            changes: Vec::new(),
        };
        for step in steps(ledger, id, as_of.known) {
            walk.learn(&step);
        }
        walk.pass_time(as_of.valid.0.saturating_add_nanos(1));
        walk.changes
    }

    /// What changed on the board of a situation from one moment and state of knowledge to another.
    #[must_use]
    pub fn changes(
        &self,
        situation: &SituationId,
        from: AsOf,
        to: AsOf,
        time_to_live: &TimeToLive,
    ) -> Vec<Change> {
        let by_id = |board: Board| -> BTreeMap<StatusId, ServiceStatus> {
            let statuses = board.services.into_iter();
            statuses.map(|status| (status.id.clone(), status)).collect()
        };
        let before = by_id(self.at(situation, from, time_to_live));
        let after = by_id(self.at(situation, to, time_to_live));
        let ids: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        ids.into_iter()
            .filter_map(|id| change(id, to, before.get(id), after.get(id)))
            .collect()
    }
}

/// All that becomes known at once.
struct Step<'a> {
    known: Known,
    learnt_at: Instant,
    turns: Vec<Turn<'a>>,
}

fn steps<'a>(ledger: &'a Ledger, id: &StatusId, known: Known) -> Vec<Step<'a>> {
    let mut turns: Vec<_> = ledger
        .turns(id.service())
        .filter(|turn| known.includes(turn.learnt_at, turn.position))
        .collect();
    let mut steps: Vec<Step<'a>> = Vec::new();
    match known {
        Known::Position(_) => turns.sort_by_key(|turn| turn.position),
        Known::Learnt(_) => turns.sort_by_key(|turn| (turn.learnt_at, turn.position)),
    }
    for turn in turns {
        let learnt_at = turn.learnt_at;
        let known = match known {
            Known::Position(_) => Known::Position(turn.position),
            Known::Learnt(_) => Known::Learnt(learnt_at),
        };
        match steps.last_mut() {
            Some(step) if step.known == known => step.turns.push(turn),
            _ => steps.push(Step {
                known,
                learnt_at,
                turns: vec![turn],
            }),
        }
    }
    steps
}

/// Whoever asks again and again.
struct Walk<'a> {
    services: &'a Services,
    ledger: &'a Ledger,
    id: &'a StatusId,
    time_to_live: &'a TimeToLive,
    limit: Instant,
    at: Option<Instant>,
    known: Known,
    /// The scopes whose claims bear on it, as known then.
    bearing: BTreeSet<Extent>,
    status: Option<ServiceStatus>,
    /// When something announced begins.
    next: Option<Instant>,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn learn(&mut self, step: &Step<'_>) {
        let now = self.at.map_or(step.learnt_at, |at| at.max(step.learnt_at));
        let now = now.min(self.limit);
        // A description, and a member named in "some of", may change what lies in what.
        let is_geography = |turn: &Turn<'_>| {
            let claim = turn.claim;
            claim.is_none_or(|claim| matches!(claim.scope.of, Extent::SomeOf { .. }))
        };
        if self.bearing.is_empty() || step.turns.iter().any(is_geography) {
            self.bearing = self.services.bearing(self.ledger, self.id, step.known);
        }
        let bears = |turn: &&Turn<'_>| {
            let is_on = |claim: &Claim| {
                let mut scopes = parts(claim).into_iter();
                scopes.any(|(scope, _)| self.bearing.contains(&scope))
            };
            is_geography(turn) || turn.claim.is_some_and(is_on)
        };
        let events: Vec<_> = step
            .turns
            .iter()
            .filter(bears)
            .map(|turn| turn.event)
            .collect();
        if events.is_empty() {
            self.pass_time(now.saturating_add_nanos(1));
        } else {
            self.pass_time(now);
        }
        self.at = Some(now);
        self.known = step.known;
        if !events.is_empty() {
            self.ask(now, events);
        }
    }

    /// Asks at every moment before `end` at which the answer changes though nothing is learnt.
    fn pass_time(&mut self, end: Instant) {
        while let Some(at) = self.at {
            let expires = self.status.as_ref().and_then(|status| status.fresh_until);
            let expires = expires.map(|until| until.saturating_add_nanos(1));
            let moments = [expires, self.next].into_iter().flatten();
            let Some(moment) = moments.filter(|moment| *moment > at && *moment < end).min() else {
                return;
            };
            self.at = Some(moment);
            self.ask(moment, Vec::new());
        }
    }

    fn ask(&mut self, at: Instant, learnt: Vec<EventId>) {
        let as_of = AsOf {
            valid: Valid(at),
            known: self.known,
        };
        let (status, next) = self
            .services
            .in_full(self.ledger, self.id, as_of, self.time_to_live);
        let changed = change(self.id, as_of, self.status.as_ref(), status.as_ref());
        if let Some(mut change) = changed {
            if change.events.is_empty() && change.class != ChangeClass::WentStale {
                change.events = learnt;
            }
            self.changes.push(change);
        }
        (self.status, self.next) = (status, next);
    }
}

/// What a reader who saw the one and now sees the other is told; nothing where there is nothing to tell.
pub(crate) fn change(
    id: &StatusId,
    as_of: AsOf,
    before: Option<&ServiceStatus>,
    after: Option<&ServiceStatus>,
) -> Option<Change> {
    let (from, to) = (before.map(Brief::of), after.map(Brief::of));
    let known_conflicts = before.map_or(&[][..], |before| &before.conflicts);
    let arose: Vec<_> = after
        .into_iter()
        .flat_map(|after| &after.conflicts)
        .filter(|conflict| !known_conflicts.contains(conflict))
        .cloned()
        .collect();
    let events = new_events(before, after);
    let class = match (before, after) {
        (None, None) => return None,
        (None, Some(_)) => ChangeClass::New,
        (Some(_), None) => ChangeClass::Counted,
        (Some(before), Some(after)) => class(before, after, &arose, &events)?,
    };
    Some(Change {
        id: id.clone(),
        at: as_of.valid.0,
        known: as_of.known,
        class,
        events,
        from,
        to,
        arose,
    })
}

fn class(
    before: &ServiceStatus,
    after: &ServiceStatus,
    arose: &[Conflict],
    events: &[EventId],
) -> Option<ChangeClass> {
    let clashes = arose.iter().any(|conflict| !conflict.possible);
    let is_disputed = |status: &ServiceStatus| status.status == Status::Disputed;
    let same_degree = before.degree == after.degree && before.status == after.status;
    let confirmed = |status: &ServiceStatus| {
        let confirmed = status.last_confirmed.as_ref();
        confirmed.map(|confirmed| confirmed.event)
    };
    Some(if retracted(before) != retracted(after) {
        ChangeClass::Retraction
    } else if is_disputed(after) && !is_disputed(before) || same_degree && clashes {
        ChangeClass::Conflict
    } else if is_disputed(before) && !is_disputed(after) {
        ChangeClass::Settled
    } else if !same_degree {
        match (severity(before.degree), severity(after.degree)) {
            (_, None) => ChangeClass::Unclear,
            (None | Some(0), Some(now)) if now > 0 => ChangeClass::New,
            (None, Some(_)) => ChangeClass::Restored,
            (Some(was), Some(now)) if now > was => ChangeClass::Worse,
            _ => ChangeClass::Restored,
        }
    } else if before.scope.except != after.scope.except {
        ChangeClass::Carved
    } else if before.unnamed != after.unnamed {
        ChangeClass::Counted
    } else if after.freshness == Freshness::Stale && before.freshness != Freshness::Stale {
        ChangeClass::WentStale
    } else if (before.since.earliest, before.since.latest, before.since.how)
        != (after.since.earliest, after.since.latest, after.since.how)
    {
        ChangeClass::Redated
    } else if confirmed(before) != confirmed(after)
        || before.freshness != after.freshness
        || confirms(after).any(|event| rests_on(before).all(|known| known != event))
    {
        ChangeClass::Confirmed
    } else if !events.is_empty() {
        let is_of_larger = |event: &EventId| {
            after.set_aside.iter().any(|aside| {
                let reason = aside.reason;
                aside.event == *event
                    && matches!(
                        reason,
                        SetAsideReason::Carved { .. } | SetAsideReason::Excepted
                    )
            })
        };
        if events.iter().all(is_of_larger) {
            ChangeClass::Aside
        } else {
            ChangeClass::Late
        }
    } else {
        return None;
    })
}

fn rests_on(status: &ServiceStatus) -> impl Iterator<Item = EventId> {
    status.rests_on.iter().map(|evidence| evidence.event)
}

/// What it rests on, but for when it is expected back.
fn confirms(status: &ServiceStatus) -> impl Iterator<Item = EventId> {
    let is_outlook = |evidence: &&Evidence| evidence.contributes == [Contribution::Outlook];
    let evidence = status
        .rests_on
        .iter()
        .filter(move |evidence| !is_outlook(evidence));
    evidence.map(|evidence| evidence.event)
}

/// The claims retracted, and by what.
fn retracted(status: &ServiceStatus) -> BTreeMap<EventId, EventId> {
    let retracted = status
        .set_aside
        .iter()
        .filter_map(|aside| match aside.reason {
            SetAsideReason::Retracted { by, .. } => Some((aside.event, by)),
            _ => None,
        });
    retracted.collect()
}

/// The events the one answer names as evidence, or sets aside, and the other does not.
fn new_events(before: Option<&ServiceStatus>, after: Option<&ServiceStatus>) -> Vec<EventId> {
    let named = |status: Option<&ServiceStatus>| {
        let mut named: Vec<EventId> = Vec::new();
        if let Some(status) = status {
            named.extend(rests_on(status));
            named.extend(status.set_aside.iter().map(|aside| aside.event));
            named.extend(retracted(status).into_values());
        }
        named
    };
    let (known, mut new) = (named(before), named(after));
    let mut seen: BTreeSet<_> = known.into_iter().collect();
    new.retain(|event| seen.insert(*event));
    new
}
