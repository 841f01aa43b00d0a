//! A dry run: every check a log makes of a batch, and nothing written.

use std::collections::HashMap;

use situ_core::{AppendError, Event, EventId, Instant, check_batch};
use situ_sqlite::SqliteStore;

use crate::reference;

/// What would be in the log after the batches tried so far.
pub(crate) struct Trial<'a> {
    store: &'a SqliteStore,
    /// The kind, version, situation and body of every event tried, which tell whether two are the same.
    tried: HashMap<EventId, String>,
}

impl<'a> Trial<'a> {
    pub(crate) fn new(store: &'a SqliteStore) -> Self {
        Self {
            store,
            tried: HashMap::new(),
        }
    }

    /// Tries a batch, and returns how many of its events would be added.
    pub(crate) fn add(&mut self, batch: &[Event], now: Instant) -> anyhow::Result<usize> {
        check_batch(batch, now)?;
        let mut added = 0;
        for (index, event) in batch.iter().enumerate() {
            let line = situ_core::to_line(event)
                .map_err(|reason| AppendError::Invalid { index, reason })?;
            let (position, held) = match self.tried.get(&event.id) {
                Some(tried) => (None, Some(tried.clone())),
                None => match self.store.position_of(event.id)? {
                    Some(position) => {
                        let recorded = reference::at(self.store, position)?;
                        (Some(position), recorded.map(|recorded| recorded.to_line()))
                    }
                    None => (None, None),
                },
            };
            match held {
                Some(held) if held == line => {}
                Some(_) => {
                    let id = event.id;
                    return Err(AppendError::IdConflict {
                        index,
                        id,
                        position,
                    }
                    .into());
                }
                None => {
                    added += 1;
                    self.tried.insert(event.id, line);
                }
            }
        }
        Ok(added)
    }
}
