//! What changes on the board, event by event and as time goes by, for whoever follows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use situ_core::{AsOf, EventId, Instant, Known, Position, Recorded, SituationId, Valid};

use crate::board::ServiceStatus;
use crate::history::{Brief, Change, ChangeClass, change};
use crate::services::{Services, Touched};
use crate::status_id::StatusId;
use crate::time_to_live::TimeToLive;

/// A status that changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notice {
    /// The situation.
    pub situation: SituationId,
    /// The last event of the situation that was known: the one that did it, unless only time went by.
    pub position: Position,
    /// What changed.
    #[serde(flatten)]
    pub change: Change,
    /// What the event changed for the moment it speaks of, where it leaves the status as it is now.
    pub past: Option<PastChange>,
}

/// How a status of an earlier moment reads, as known now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PastChange {
    /// The moment asked about: the end of the time the event speaks of.
    pub valid: Valid,
    /// The status of that moment as it was known before the event.
    pub from: Option<Brief>,
    /// The status of that moment as it is known with the event.
    pub to: Option<Brief>,
}

/// Keeps watch on the boards of all situations, and tells every change once.
///
/// Each situation has a clock of its own that goes by when its events were learnt, so that a log told afterwards reads as it
/// happened; [`Watch::pass_time`] is for whoever has another clock. Feed it every event after the view had it.
#[derive(Debug, Clone)]
pub struct Watch {
    time_to_live: TimeToLive,
    valid: Option<Valid>,
    boards: BTreeMap<SituationId, Watched>,
}

/// The board of one situation as last told.
#[derive(Debug, Clone)]
struct Watched {
    clock: Instant,
    position: Position,
    statuses: BTreeMap<StatusId, ServiceStatus>,
    /// The moments at which an answer changes though nothing is learnt, and where to find them.
    due: BTreeSet<(Instant, StatusId)>,
    due_at: BTreeMap<StatusId, Instant>,
}

impl Watch {
    /// Watches what is so for whoever asks at the time.
    #[must_use]
    pub const fn new(time_to_live: TimeToLive) -> Self {
        Self {
            time_to_live,
            valid: None,
            boards: BTreeMap::new(),
        }
    }

    /// Watches what is known of one moment; no time goes by.
    #[must_use]
    pub const fn of_moment(time_to_live: TimeToLive, valid: Valid) -> Self {
        Self {
            time_to_live,
            valid: Some(valid),
            boards: BTreeMap::new(),
        }
    }

    /// Passes over an event before the first that is told: only the clocks go on. [`Watch::look`] comes after the last of these.
    pub fn pass_over(&mut self, recorded: &Recorded) {
        let watched = self.watched(&recorded.situation, recorded.learnt_at);
        watched.clock = watched.clock.max(recorded.learnt_at);
        watched.position = recorded.position;
    }

    /// Looks at the boards as they stand, telling nothing.
    pub fn look(&mut self, services: &Services) {
        let (time_to_live, valid) = (&self.time_to_live, self.valid);
        for (situation, watched) in &mut self.boards {
            let ids = services.ids(situation, Known::Position(watched.position));
            let mut asking = Asking {
                services,
                situation,
                time_to_live,
                valid,
                watched,
            };
            for id in ids {
                let at = asking.watched.clock;
                asking.ask(&id, at);
            }
        }
    }

    /// What the last event applied changed, and before that what time changed until it was learnt.
    ///
    /// `touched` is what [`situ_core::Projection::apply`] gave for it. It costs what asking for every status it may bear on costs.
    pub fn notices(
        &mut self,
        services: &Services,
        recorded: &Recorded,
        touched: &Touched,
    ) -> Vec<Notice> {
        let own = &recorded.situation;
        let concerned = match touched {
            Touched::Nothing => own,
            Touched::Lines(lines) => lines.first().map_or(own, |line| &line.situation),
            Touched::Situation(situation) => situation,
        };
        let mut notices = Vec::new();
        if concerned != own {
            notices.extend(self.tell(services, own, recorded, &Touched::Nothing));
        }
        notices.extend(self.tell(services, concerned, recorded, touched));
        notices
    }

    /// What time changes until `now`, that moment included, on every board; the clocks go on to it.
    pub fn pass_time(&mut self, services: &Services, now: Instant) -> Vec<Notice> {
        let (time_to_live, valid) = (&self.time_to_live, self.valid);
        let boards = self.boards.iter_mut().flat_map(|(situation, watched)| {
            let mut asking = Asking {
                services,
                situation,
                time_to_live,
                valid,
                watched,
            };
            let notices = asking.pass_time(now.saturating_add_nanos(1));
            asking.watched.clock = asking.watched.clock.max(now);
            notices
        });
        boards.collect()
    }

    /// The next moment at which time alone changes a status.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        let first = |watched: &Watched| watched.due.first().map(|(at, _)| *at);
        self.boards.values().filter_map(first).min()
    }

    fn tell(
        &mut self,
        services: &Services,
        situation: &SituationId,
        recorded: &Recorded,
        touched: &Touched,
    ) -> Vec<Notice> {
        let watched = self.watched(situation, recorded.learnt_at);
        let now = watched.clock.max(recorded.learnt_at);
        let mut asking = Asking {
            services,
            situation,
            time_to_live: &self.time_to_live,
            valid: self.valid,
            watched: self.boards.get_mut(situation).expect("entered above"),
        };
        let mut notices = asking.pass_time(now);
        asking.watched.clock = now;
        asking.watched.position = recorded.position;
        let concerned = services.concerned(situation, touched);
        let spoken_of = services.spoken_of(recorded);
        for id in &concerned {
            notices.extend(asking.learn(id, recorded.id, spoken_of));
        }
        notices.extend(asking.pass_time(now.saturating_add_nanos(1)));
        notices
    }

    fn watched(&mut self, situation: &SituationId, learnt_at: Instant) -> &mut Watched {
        let new = || Watched {
            clock: learnt_at,
            position: Position::START,
            statuses: BTreeMap::new(),
            due: BTreeSet::new(),
            due_at: BTreeMap::new(),
        };
        self.boards.entry(situation.clone()).or_insert_with(new)
    }
}

/// Somebody who asks for the statuses of one board again and again.
struct Asking<'a> {
    services: &'a Services,
    situation: &'a SituationId,
    time_to_live: &'a TimeToLive,
    valid: Option<Valid>,
    watched: &'a mut Watched,
}

impl Asking<'_> {
    /// Asks at every moment before `end` at which an answer changes though nothing is learnt.
    fn pass_time(&mut self, end: Instant) -> Vec<Notice> {
        let mut notices = Vec::new();
        while let Some((at, id)) = self
            .watched
            .due
            .first()
            .filter(|(at, _)| *at < end)
            .cloned()
        {
            notices.extend(self.ask(&id, at).map(|change| self.notice(change, None)));
        }
        notices
    }

    /// Asks after an event.
    fn learn(
        &mut self,
        id: &StatusId,
        event: EventId,
        spoken_of: Option<Instant>,
    ) -> Option<Notice> {
        let now = self.watched.clock;
        let mut change = self.ask(id, now);
        let is_as_it_was = change
            .as_ref()
            .is_none_or(|change| change.from == change.to);
        let past = spoken_of
            .filter(|then| is_as_it_was && *then < self.valid.unwrap_or(Valid(now)).0)
            .and_then(|then| self.past(id, Valid(then)));
        if change.is_none() && past.is_some() {
            let brief = self.watched.statuses.get(id).map(Brief::of);
            change = Some(Change {
                id: id.clone(),
                at: now,
                known: Known::Position(self.watched.position),
                class: ChangeClass::Late,
                events: Vec::new(),
                from: brief.clone(),
                to: brief,
                arose: Vec::new(),
            });
        }
        let mut change = change?;
        if change.events.is_empty() && change.class != ChangeClass::WentStale {
            change.events.push(event);
        }
        Some(self.notice(change, past))
    }

    fn past(&self, id: &StatusId, valid: Valid) -> Option<PastChange> {
        let position = self.watched.position;
        let before = Position::new(position.get().saturating_sub(1));
        let [from, to] = [before, position].map(|known| {
            let as_of = AsOf {
                valid,
                known: Known::Position(known),
            };
            let status = self
                .services
                .find(self.situation, id, as_of, self.time_to_live);
            status.as_ref().map(Brief::of)
        });
        (from != to).then_some(PastChange { valid, from, to })
    }

    fn notice(&self, change: Change, past: Option<PastChange>) -> Notice {
        Notice {
            situation: self.situation.clone(),
            position: self.watched.position,
            change,
            past,
        }
    }

    /// Asks for one status, and keeps the answer and when it will change by itself.
    fn ask(&mut self, id: &StatusId, at: Instant) -> Option<Change> {
        let as_of = AsOf {
            valid: self.valid.unwrap_or(Valid(at)),
            known: Known::Position(self.watched.position),
        };
        let ledger = self.services.ledger(self.situation)?;
        let (status, next) = self.services.in_full(ledger, id, as_of, self.time_to_live);
        let watched = &mut *self.watched;
        let before = match &status {
            Some(status) => watched.statuses.insert(id.clone(), status.clone()),
            None => watched.statuses.remove(id),
        };
        if let Some(due) = watched.due_at.remove(id) {
            watched.due.remove(&(due, id.clone()));
        }
        let expires = status.as_ref().and_then(|status| status.fresh_until);
        let expires = expires.map(|until| until.saturating_add_nanos(1));
        let due = [expires, next]
            .into_iter()
            .flatten()
            .filter(|due| *due > at)
            .min();
        if let Some(due) = due.filter(|_| self.valid.is_none()) {
            watched.due.insert((due, id.clone()));
            watched.due_at.insert(id.clone(), due);
        }
        change(id, as_of, before.as_ref(), status.as_ref())
    }
}
