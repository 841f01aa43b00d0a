//! A subscription to the log: every event once, in order, from any point of the past into the live present.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant as Moment};

use situ_core::{EventStore, Position, ReadError, Recorded};

use crate::filter::{Filter, Sieve};

/// Hands out what stands in a log after a position, and then whatever is appended, by whichever process.
///
/// It is an iterator that waits; [`Subscription::next_timeout`] waits for so long only, [`Cancel`] ends a wait at once. After a
/// [`ReadError`] it may be asked again and goes on where it was. Whoever keeps [`Signal::position`] once a signal is dealt with
/// goes on after it next time: nothing is left out, and nothing comes twice.
///
/// ```
/// use std::sync::Arc;
/// use situ_core::{Condition, Event, EventId, EventStore, Instant, Name, Position, SituationId, SituationOpened, Zone};
/// use situ_follow::{Signal, Subscription};
///
/// let store: Arc<dyn EventStore> = Arc::new(situ_memory::MemoryStore::default());
/// let opened = SituationOpened { title: Name::new("Floods")?, zone: Zone::UTC, places: vec![] };
/// let now = Instant::from_unix_nanos(0);
/// let event = Event::new(EventId::from_content(now, [0; 10]), SituationId::new("floods")?, opened);
/// store.append(&[event], &Condition::None, now)?;
///
/// let mut subscription = Subscription::after(store, Position::START)?;
/// let Some(Signal::Events { events, .. }) = subscription.next().transpose()? else { panic!() };
/// assert_eq!(events[0].situation.as_str(), "floods");
/// assert_eq!(subscription.next().transpose()?, Some(Signal::CaughtUp(Position::new(1))));
///
/// subscription.canceller().cancel();
/// assert!(subscription.next().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Subscription {
    store: Arc<dyn EventStore>,
    sieve: Sieve,
    /// Up to where everything has been handed out.
    position: Position,
    /// What is read and not handed out yet: the beginning of an append whose end is not read.
    pending: Vec<Recorded>,
    /// Whether the last thing said was that there is no more.
    has_caught_up: bool,
    is_cancelled: Arc<AtomicBool>,
    page: usize,
    held: usize,
}

/// What a subscriber is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signal {
    /// What came next and passed the filter.
    Events {
        /// One append or several, in order, and none in parts but for what the filter held back.
        ///
        /// Where one instant stands on more than 65,536 events, as after a large import, they may be cut anywhere: the log does
        /// not tell appends of one instant apart.
        events: Vec<Recorded>,
        /// Up to where the log has been looked through: at or after the last of the events.
        reached: Position,
    },
    /// The log has been looked through up to here, and nothing has passed the filter since the signal before.
    Checkpoint(Position),
    /// There was no more than this in the log when it was last looked at; said once, until there is more.
    CaughtUp(Position),
}

impl Signal {
    /// Where to go on after this signal: everything up to here has been told.
    #[must_use]
    pub const fn position(&self) -> Position {
        match self {
            Self::Events { reached, .. } => *reached,
            Self::Checkpoint(position) | Self::CaughtUp(position) => *position,
        }
    }
}

/// Why there is no subscription.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// The position is of another log, or of this one before it was replaced by an older copy.
    #[error(
        "position {after} is asked for, and the log ends at {head}; it is not the log that position was taken from, begin anew"
    )]
    Ahead {
        /// After which position to begin.
        after: Position,
        /// Where the log ends.
        head: Position,
    },
    /// The log cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// How many events are read at a time.
const PAGE: usize = 4096;

/// How many events of one instant are held back to hand them out together.
const HELD: usize = 65_536;

impl Subscription {
    /// Subscribes to what stands after a position: [`Position::START`] for everything, the log's head for what is new.
    ///
    /// # Errors
    /// When the log ends before that position, or cannot be read.
    pub fn after(store: Arc<dyn EventStore>, after: Position) -> Result<Self, SubscribeError> {
        let head = store.head()?;
        if head < after {
            return Err(SubscribeError::Ahead { after, head });
        }
        Ok(Self {
            store,
            sieve: Sieve::default(),
            position: after,
            pending: Vec::new(),
            has_caught_up: false,
            is_cancelled: Arc::default(),
            page: PAGE,
            held: HELD,
        })
    }

    /// Hands out only what passes a filter from here on; how far the log has been looked through is told all the same.
    #[must_use]
    pub fn matching(mut self, filter: Filter) -> Self {
        self.sieve = Sieve::new(filter);
        self
    }

    /// Up to where everything has been told.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// A handle that ends this subscription from elsewhere.
    #[must_use]
    pub fn canceller(&self) -> Cancel {
        Cancel {
            is_cancelled: Arc::clone(&self.is_cancelled),
            store: Arc::downgrade(&self.store),
        }
    }

    /// Whether it was cancelled: no signal will come any more.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::SeqCst)
    }

    /// Waits for the next signal; `None` when the time is over or the subscription cancelled.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn next_timeout(&mut self, timeout: Duration) -> Result<Option<Signal>, ReadError> {
        let start = Moment::now();
        let mut rings = None;
        loop {
            if self.is_cancelled() {
                return Ok(None);
            }
            if let Some(signal) = self.look()? {
                return Ok(Some(signal));
            }
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Ok(None);
            }
            // The bell is first asked for when there is nothing to read, and then the log is looked at once more.
            let bell = self.store.bell();
            if let Some(rings) = rings {
                bell.wait(rings, left);
            }
            rings = Some(bell.rings());
        }
    }

    /// The next signal, if there is one without waiting.
    pub(crate) fn look(&mut self) -> Result<Option<Signal>, ReadError> {
        self.sieve.catch_up(self.store.as_ref(), self.position)?;
        let events = self.read()?;
        let Some(reached) = events.last().map(|last| last.position) else {
            let has_said_so = mem::replace(&mut self.has_caught_up, true);
            return Ok((!has_said_so).then_some(Signal::CaughtUp(self.position)));
        };
        let events = self.sieve.sift(events);
        self.position = reached;
        self.has_caught_up = false;
        Ok(Some(match events.is_empty() {
            true => Signal::Checkpoint(reached),
            false => Signal::Events { events, reached },
        }))
    }

    #[cfg(any(test, feature = "async"))]
    pub(crate) fn store(&self) -> &dyn EventStore {
        self.store.as_ref()
    }

    /// Reads on, and splits no append: its events are of one instant, and where the log ends, an append does.
    fn read(&mut self) -> Result<Vec<Recorded>, ReadError> {
        loop {
            let last = self.pending.last();
            let after = last.map_or(self.position, |last| last.position);
            let page = self.store.read_after(after, self.page)?;
            let is_end = page.len() < self.page;
            self.pending.extend(page);
            let whole = match whole(&self.pending) {
                _ if is_end => self.pending.len(),
                0 if self.pending.len() >= self.held => self.pending.len(),
                whole => whole,
            };
            if is_end || whole > 0 {
                let rest = self.pending.split_off(whole);
                return Ok(mem::replace(&mut self.pending, rest));
            }
        }
    }
}

/// How many of the events are surely of appends that end among them.
fn whole(events: &[Recorded]) -> usize {
    let last = events.last().map(|last| last.recorded_at);
    let before = |recorded: &Recorded| Some(recorded.recorded_at) != last;
    events.iter().rposition(before).map_or(0, |index| index + 1)
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("position", &self.position)
            .field("sieve", &self.sieve)
            .finish_non_exhaustive()
    }
}

/// Waits for each signal; ends when the subscription is cancelled, and never else.
impl Iterator for Subscription {
    type Item = Result<Signal, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_timeout(Duration::MAX).transpose()
    }
}

/// Ends a [`Subscription`] from elsewhere, also while it waits; it keeps no log open.
#[derive(Clone)]
pub struct Cancel {
    is_cancelled: Arc<AtomicBool>,
    store: Weak<dyn EventStore>,
}

impl Cancel {
    /// Ends the subscription: whoever waits for it is told at once, and what it had not handed out yet it never will.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::SeqCst);
        if let Some(store) = self.store.upgrade() {
            store.bell().ring();
        }
    }
}

impl std::fmt::Debug for Cancel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cancel")
            .field("is_cancelled", &self.is_cancelled)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
