//! The conformance suite sees what is wrong with broken stores.

#![expect(clippy::unwrap_used, reason = "a broken fixture should end the test")]

use std::collections::BTreeSet;
use std::time::Duration;

use situ_core::{
    Access, AppendError, Appended, Bell, Condition, Event, EventId, EventStore, Instant, Name,
    Payload, Position, ReadError, Recorded, SituationId, SituationOpened, Zone,
};
use situ_memory::MemoryStore;
use situ_memory::conformance::{self, RULES};

use Fault::*;

/// What is wrong with a store.
#[derive(Debug, Clone, Copy)]
enum Fault {
    HeadIsOneAhead,
    BurnsPositions,
    DropsPartOfTheEnvelope,
    TidiesUnknownPayloads,
    TakesEventsOneByOne,
    CountsRepeatedEvents,
    ForgetsWhereRepeatedEventsStand,
    SwallowsConflicts,
    FillsDefaultsFirst,
    StopsTheClock,
    LearnsWhenRecording,
    IgnoresConditions,
    AlwaysChecksConditions,
    SplitsBatches,
    LearnsFromTheFuture,
    IgnoresPageSizes,
    NeverWaits,
    SaysWhatItWasAsked,
    NeverRings,
}

/// Each fault, and rules it breaks.
const FAULTS: &[(Fault, &[&str])] = &[
    (
        HeadIsOneAhead,
        &["an empty log has its head at the start and nothing to read"],
    ),
    (BurnsPositions, &["positions count from 1 without holes"]),
    (
        DropsPartOfTheEnvelope,
        &["an event reads back as it was given"],
    ),
    (
        TidiesUnknownPayloads,
        &["an unknown kind or version is kept byte for byte"],
    ),
    (
        TakesEventsOneByOne,
        &[
            "a batch with an event that cannot be taken leaves nothing",
            "many appenders make no hole, and no reader sees half a batch",
        ],
    ),
    (
        CountsRepeatedEvents,
        &[
            "an event sent again gets the position it has",
            "the same batch sent by many at once is added once",
        ],
    ),
    (
        ForgetsWhereRepeatedEventsStand,
        &[
            "a batch partly sent before adds only what is new",
            "an event twice in one batch is added once",
        ],
    ),
    (
        SwallowsConflicts,
        &["another event under the same id is a conflict that says where the first stands"],
    ),
    (
        FillsDefaultsFirst,
        &["sameness is judged before defaults are filled in"],
    ),
    (StopsTheClock, &["recorded_at never runs backwards"]),
    (
        LearnsWhenRecording,
        &["learnt_at is as given, else recorded_at"],
    ),
    (
        IgnoresConditions,
        &[
            "a condition compares the head of each situation it names",
            "of appends that expect the same head one wins",
        ],
    ),
    (
        AlwaysChecksConditions,
        &["a condition is checked only if something would be added"],
    ),
    (SplitsBatches, &["a batch holds at most 1,000 events"]),
    (
        LearnsFromTheFuture,
        &["an event is learnt at most two days ahead of the clock"],
    ),
    (IgnoresPageSizes, &["pages of any size join into the log"]),
    (NeverWaits, &["whoever waits is woken by an append"]),
    (
        SaysWhatItWasAsked,
        &[
            "whoever waits for what is there already does not wait",
            "whoever waits in vain gets the head when the time is over",
        ],
    ),
    (
        NeverRings,
        &[
            "what is appended has rung the bell before append returns",
            "a waker left at the bell is woken by the next append",
        ],
    ),
];

#[test]
fn the_suite_names_the_rule_a_broken_store_breaks() {
    for (fault, expected) in FAULTS {
        let breaches = conformance::breaches(|| Broken {
            fault: *fault,
            inner: MemoryStore::default(),
            silent: Bell::default(),
        });
        let broken: Vec<_> = breaches.iter().map(|breach| breach.rule).collect();
        for rule in *expected {
            assert!(broken.contains(rule), "{fault:?} breaks only {breaches:#?}");
        }
    }
}

#[test]
fn every_rule_is_broken_by_some_store() {
    let broken: BTreeSet<_> = FAULTS.iter().flat_map(|(_, rules)| *rules).collect();
    let rules: BTreeSet<_> = RULES.iter().map(|rule| &rule.name).collect();
    assert_eq!(broken, rules);
}

struct Broken {
    fault: Fault,
    inner: MemoryStore,
    silent: Bell,
}

impl EventStore for Broken {
    fn append(
        &self,
        batch: &[Event],
        condition: &Condition,
        now: Instant,
    ) -> Result<Appended, AppendError> {
        let mut batch = batch.to_vec();
        let mut condition = condition.clone();
        match self.fault {
            DropsPartOfTheEnvelope => batch
                .iter_mut()
                .for_each(|event| event.access = Access::Public),
            TidiesUnknownPayloads => batch.iter_mut().for_each(tidy),
            TakesEventsOneByOne => return self.append_in_chunks(&batch, 1, &condition, now),
            SplitsBatches => return self.append_in_chunks(&batch, 1000, &condition, now),
            FillsDefaultsFirst => batch.iter_mut().for_each(|event| {
                event.learnt_at.get_or_insert(now);
            }),
            IgnoresConditions => condition = Condition::None,
            AlwaysChecksConditions => self.check(&condition)?,
            LearnsFromTheFuture => batch.iter_mut().for_each(|event| {
                event.learnt_at = event.learnt_at.map(|learnt_at| learnt_at.min(now));
            }),
            _ => {}
        }
        let mut outcome = self.inner.append(&batch, &condition, now);
        let added = outcome.as_ref().map_or(0, |appended| appended.added);
        match (self.fault, &mut outcome) {
            (BurnsPositions, _) if added < batch.len() => self.burn(now)?,
            (CountsRepeatedEvents, Ok(appended)) => appended.added = batch.len(),
            (ForgetsWhereRepeatedEventsStand, Ok(appended)) if added < batch.len() => {
                appended.positions.fill(self.inner.head().unwrap());
            }
            (SwallowsConflicts, Err(AppendError::IdConflict { .. })) => {
                let positions = vec![];
                return Ok(Appended { positions, added });
            }
            _ => {}
        }
        outcome
    }

    fn read_after(&self, position: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        let limit = match self.fault {
            IgnoresPageSizes => usize::MAX,
            _ => limit,
        };
        let mut page = self.inner.read_after(position, limit)?;
        match self.fault {
            BurnsPositions => page.retain(|recorded| recorded.situation != burnt()),
            StopsTheClock => {
                let first = self.inner.read_after(Position::START, 1)?;
                for recorded in &mut page {
                    recorded.recorded_at = first[0].recorded_at;
                }
            }
            LearnsWhenRecording => {
                for recorded in &mut page {
                    recorded.learnt_at = recorded.recorded_at;
                }
            }
            _ => {}
        }
        Ok(page)
    }

    fn head(&self) -> Result<Position, ReadError> {
        let head = self.inner.head()?;
        Ok(match self.fault {
            HeadIsOneAhead => head.next(),
            _ => head,
        })
    }

    fn wait_after(&self, position: Position, timeout: Duration) -> Result<Position, ReadError> {
        match self.fault {
            NeverWaits => self.inner.head(),
            SaysWhatItWasAsked => Ok(position),
            _ => self.inner.wait_after(position, timeout),
        }
    }

    fn bell(&self) -> &Bell {
        match self.fault {
            NeverRings => &self.silent,
            _ => self.inner.bell(),
        }
    }
}

impl Broken {
    fn append_in_chunks(
        &self,
        batch: &[Event],
        size: usize,
        condition: &Condition,
        now: Instant,
    ) -> Result<Appended, AppendError> {
        let mut whole = Appended {
            positions: vec![],
            added: 0,
        };
        for chunk in batch.chunks(size) {
            let part = self.inner.append(chunk, condition, now)?;
            std::thread::yield_now();
            whole.positions.extend(part.positions);
            whole.added += part.added;
        }
        Ok(whole)
    }

    /// Appends an event nobody gets to see.
    fn burn(&self, now: Instant) -> Result<(), AppendError> {
        let mut digest = [0xff; 10];
        digest[2..].copy_from_slice(&self.inner.head().unwrap().get().to_be_bytes());
        let opened = SituationOpened {
            title: Name::new("burnt").unwrap(),
            zone: Zone::UTC,
            places: vec![],
        };
        let event = Event::new(EventId::from_content(now, digest), burnt(), opened);
        self.inner.append(&[event], &Condition::None, now).map(drop)
    }

    /// Checks a condition though nothing may be added.
    fn check(&self, condition: &Condition) -> Result<(), AppendError> {
        let Condition::Heads(heads) = condition else {
            return Ok(());
        };
        let held = self.inner.read_after(Position::START, usize::MAX).unwrap();
        for (situation, expected) in heads {
            let last = held
                .iter()
                .rfind(|recorded| recorded.situation == *situation);
            let actual = last.map_or(Position::START, |last| last.position);
            if actual != *expected {
                return Err(AppendError::HeadMoved {
                    situation: situation.clone(),
                    expected: *expected,
                    actual,
                });
            }
        }
        Ok(())
    }
}

fn burnt() -> SituationId {
    SituationId::new("burnt").unwrap()
}

fn tidy(event: &mut Event) {
    if let Payload::Unknown(unknown) = &mut event.payload {
        let value: serde_json::Value = serde_json::from_str(unknown.json.get()).unwrap();
        unknown.json = serde_json::value::to_raw_value(&value).unwrap();
    }
}
