//! The contract of a log.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::as_of::Position;
use crate::bell::Bell;
use crate::event::{Event, EventError};
use crate::id::{EventId, SituationId};
use crate::instant::Instant;
use crate::recorded::Recorded;

/// An append-only log of events, shared between threads.
///
/// Positions count from 1 without holes; `recorded_at` never runs backwards; a reader never sees position n + 1 before n.
/// Every implementation passes the conformance suite of `situ-memory`.
pub trait EventStore: Send + Sync {
    /// Appends a batch, whole or not at all, and returns when it is durable.
    ///
    /// An event whose id the log holds with the same bytes (as given, before defaults) is not added again and gets the
    /// position it has, so a batch may be sent twice. The condition is checked only if something would be added. `now` is
    /// the recorder's clock: events are recorded at `now`, or at the last event's time if that is later.
    ///
    /// # Errors
    /// See [`AppendError`]; nothing of the batch is then in the log.
    fn append(
        &self,
        batch: &[Event],
        condition: &Condition,
        now: Instant,
    ) -> Result<Appended, AppendError>;

    /// Reads at most `limit` events after a position, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn read_after(&self, position: Position, limit: usize) -> Result<Vec<Recorded>, ReadError>;

    /// The position of the last event; [`Position::START`] for an empty log.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn head(&self) -> Result<Position, ReadError>;

    /// Waits until the head is after `position`, or the time is over; returns the head.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn wait_after(&self, position: Position, timeout: Duration) -> Result<Position, ReadError>;

    /// The bell of this log: it rings when there are new events to read, whoever appended them.
    ///
    /// What was appended through this store has rung it before `append` returns. A store that others append to as well may
    /// begin to listen to them when it is asked for its bell.
    fn bell(&self) -> &Bell;
}

/// What must hold of the log for a batch to be taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    #[default]
    None,
    /// The last event of each of these situations stands here ([`Position::START`]: the situation has none).
    Heads(BTreeMap<SituationId, Position>),
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Where each event of the batch stands, in the batch's order.
    pub positions: Vec<Position>,
    /// How many were not there before.
    pub added: usize,
}

/// The most events in one batch.
pub const BATCH_LIMIT: usize = 1000;

/// How far ahead of the recorder's clock `learnt_at` may lie, in nanoseconds: two days.
pub const LEARNT_AHEAD_NANOS: i64 = 2 * 24 * 3600 * 1_000_000_000;

/// A failure of the machine or the file below a store; the message names the file and the way out.
pub type StorageError = Box<dyn std::error::Error + Send + Sync>;

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// An event whose parts do not fit together.
    #[error("event {} of the batch: {reason}", index + 1)]
    Invalid {
        /// Which event of the batch, from 0.
        index: usize,
        /// What is wrong with it.
        reason: EventError,
    },
    /// An event said to be learnt more than two days from now.
    #[error("event {} of the batch: learnt_at {learnt_at} is more than two days ahead of the clock; check its year and offset", index + 1)]
    LearntAhead {
        /// Which event of the batch, from 0.
        index: usize,
        /// When it is said to have been learnt.
        learnt_at: Instant,
    },
    /// The log, or the batch itself, holds another event under this id.
    #[error("event {} of the batch: the id {id} belongs to another event already{}; give the new event an id of its own", index + 1, held_at(*.position))]
    IdConflict {
        /// Which event of the batch, from 0.
        index: usize,
        /// The id.
        id: EventId,
        /// Where the other event stands; `None` when it is in the same batch.
        position: Option<Position>,
    },
    /// A situation's last event is not where the condition says.
    #[error(
        "situation {situation} is at position {actual}, not {expected}; read what is new, then append again"
    )]
    HeadMoved {
        /// The situation.
        situation: SituationId,
        /// Where its last event was expected.
        expected: Position,
        /// Where it is.
        actual: Position,
    },
    /// More events than a batch may have.
    #[error("{0} events in one batch, over the limit of {BATCH_LIMIT}; split it")]
    BatchTooLarge(usize),
    /// The machine or the file failed; what was acknowledged before is still there.
    #[error(transparent)]
    Storage(StorageError),
}

fn held_at(position: Option<Position>) -> String {
    position.map_or_else(
        || " in this batch".to_owned(),
        |position| format!(", at position {position}"),
    )
}

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The machine or the file failed.
    #[error(transparent)]
    Storage(StorageError),
}

/// Checks what every store checks of a batch before it looks at the log: size, and each event's clock.
///
/// # Errors
/// [`AppendError::BatchTooLarge`] or [`AppendError::LearntAhead`].
pub fn check_batch(batch: &[Event], now: Instant) -> Result<(), AppendError> {
    if batch.len() > BATCH_LIMIT {
        return Err(AppendError::BatchTooLarge(batch.len()));
    }
    let latest = now.saturating_add_nanos(LEARNT_AHEAD_NANOS);
    for (index, event) in batch.iter().enumerate() {
        if let Some(learnt_at) = event.learnt_at.filter(|learnt_at| *learnt_at > latest) {
            return Err(AppendError::LearntAhead { index, learnt_at });
        }
    }
    Ok(())
}
