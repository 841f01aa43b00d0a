//! A log that is a `Vec`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Moment};

use situ_core::{
    AppendError, Appended, Bell, Condition, Event, EventId, EventStore, Instant, Position,
    ReadError, Recorded, SituationId, check_batch,
};

/// A log that lives as long as the program.
///
/// ```
/// use situ_core::{Condition, EventStore, Instant, Position};
///
/// let store = situ_memory::MemoryStore::default();
/// store.append(&[], &Condition::None, Instant::from_unix_nanos(0))?;
/// assert_eq!(store.head()?, Position::START);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    log: Mutex<Log>,
    bell: Bell,
}

#[derive(Debug, Default)]
struct Log {
    events: Vec<Recorded>,
    ids: HashMap<EventId, Position>,
}

impl EventStore for MemoryStore {
    fn append(
        &self,
        batch: &[Event],
        condition: &Condition,
        now: Instant,
    ) -> Result<Appended, AppendError> {
        check_batch(batch, now)?;
        let mut log = self.lock();
        let (positions, fresh) = log.place(batch, now)?;
        let added = fresh.len();
        if added > 0 {
            log.check(condition)?;
            log.add(fresh);
            drop(log);
            self.bell.ring();
        }
        Ok(Appended { positions, added })
    }

    fn read_after(&self, position: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        let log = self.lock();
        let start = usize::try_from(position.get()).unwrap_or(usize::MAX);
        let rest = log.events.get(start..).unwrap_or_default();
        Ok(rest.iter().take(limit).cloned().collect())
    }

    fn head(&self) -> Result<Position, ReadError> {
        Ok(self.lock().head())
    }

    fn wait_after(&self, position: Position, timeout: Duration) -> Result<Position, ReadError> {
        let start = Moment::now();
        loop {
            let rings = self.bell.rings();
            let head = self.head()?;
            let left = timeout.saturating_sub(start.elapsed());
            if head > position || left.is_zero() {
                return Ok(head);
            }
            self.bell.wait(rings, left);
        }
    }

    fn bell(&self) -> &Bell {
        &self.bell
    }
}

impl MemoryStore {
    /// Nothing that can panic happens between the first and the last change to the log.
    fn lock(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    fn head(&self) -> Position {
        self.events
            .last()
            .map_or(Position::START, |last| last.position)
    }

    fn head_of(&self, situation: &SituationId) -> Position {
        self.events
            .iter()
            .rfind(|recorded| recorded.situation == *situation)
            .map_or(Position::START, |last| last.position)
    }

    /// Says where each event of the batch stands, or would, and records those that are not there yet.
    fn place(
        &self,
        batch: &[Event],
        now: Instant,
    ) -> Result<(Vec<Position>, Vec<Recorded>), AppendError> {
        let recorded_at = self
            .events
            .last()
            .map_or(now, |last| now.max(last.recorded_at));
        let mut positions = Vec::with_capacity(batch.len());
        let mut fresh: Vec<Recorded> = Vec::new();
        let bodies = batch
            .iter()
            .enumerate()
            .map(|(index, event)| body(index, event))
            .collect::<Result<Vec<_>, _>>()?;
        for (index, (event, body)) in batch.iter().zip(bodies).enumerate() {
            let next = Position::new((self.events.len() + fresh.len()) as u64).next();
            let recorded = Recorded {
                position: next,
                recorded_at,
                learnt_at: event.learnt_at.unwrap_or(recorded_at),
                id: event.id,
                situation: event.situation.clone(),
                kind: event.payload.kind(),
                version: event.payload.version(),
                body,
            };
            let in_batch = fresh.iter().find(|other| other.id == event.id);
            match self.get(event.id).or(in_batch) {
                None => {
                    positions.push(next);
                    fresh.push(recorded);
                }
                Some(held) if is_same(held, &recorded) => positions.push(held.position),
                Some(held) => {
                    return Err(AppendError::IdConflict {
                        index,
                        id: event.id,
                        position: (held.position <= self.head()).then_some(held.position),
                    });
                }
            }
        }
        Ok((positions, fresh))
    }

    fn get(&self, id: EventId) -> Option<&Recorded> {
        let position = self.ids.get(&id)?.get();
        self.events.get(usize::try_from(position - 1).ok()?)
    }

    fn check(&self, condition: &Condition) -> Result<(), AppendError> {
        let Condition::Heads(heads) = condition else {
            return Ok(());
        };
        for (situation, &expected) in heads {
            let actual = self.head_of(situation);
            if actual != expected {
                return Err(AppendError::HeadMoved {
                    situation: situation.clone(),
                    expected,
                    actual,
                });
            }
        }
        Ok(())
    }

    fn add(&mut self, fresh: Vec<Recorded>) {
        self.ids.extend(
            fresh
                .iter()
                .map(|recorded| (recorded.id, recorded.position)),
        );
        self.events.extend(fresh);
    }
}

fn body(index: usize, event: &Event) -> Result<Box<str>, AppendError> {
    let mut body = Vec::new();
    event
        .encode(&mut body)
        .map_err(|reason| AppendError::Invalid { index, reason })?;
    Ok(String::from_utf8(body).expect("JSON is UTF-8").into())
}

/// Whether two events are the same as given: the body holds `learnt_at` only where it was given.
fn is_same(one: &Recorded, other: &Recorded) -> bool {
    one.situation == other.situation
        && one.kind == other.kind
        && one.version == other.version
        && one.body == other.body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;

    #[test]
    fn a_log_in_memory_keeps_every_rule() {
        conformance::run(MemoryStore::default);
    }
}
