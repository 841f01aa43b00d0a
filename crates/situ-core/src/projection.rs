//! The contract of a view, and the fold that fills it.

use crate::as_of::Position;
use crate::recorded::{DecodeError, Recorded};
use crate::store::{EventStore, ReadError};

/// A view folded from the log: a pure function of the events, one after another.
///
/// It looks at nothing but its arguments, so the same events give the same answer on every machine. It keeps what it needs on
/// all clocks: asked as of a position, it answers as if it had been fed only up to there.
pub trait Projection {
    /// The view's name, as kept beside saved views.
    const NAME: &'static str;
    /// The version of its meaning: raised whenever the same events would give another answer.
    const VERSION: u32;
    /// What an event changed, so that whoever follows can be told.
    type Touched;

    /// Folds in the event at the next position.
    ///
    /// # Errors
    /// When a kind the view needs does not read as stored; the view is then as before.
    fn apply(&mut self, recorded: &Recorded) -> Result<Self::Touched, DecodeError>;
}

/// Why a view could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An event did not read as stored.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// How many events are read at a time: few enough to be still in the cache when they are folded.
const PAGE: usize = 256;

/// Feeds every event after `after` to `each`, in order, and returns the position reached.
///
/// # Errors
/// When the log cannot be read, or `each` refuses an event.
pub fn replay<S, F>(store: &S, after: Position, mut each: F) -> Result<Position, ReplayError>
where
    S: EventStore + ?Sized,
    F: FnMut(&Recorded) -> Result<(), DecodeError>,
{
    let mut reached = after;
    loop {
        let page = store.read_after(reached, PAGE)?;
        let Some(last) = page.last() else {
            return Ok(reached);
        };
        reached = last.position;
        for recorded in &page {
            each(recorded)?;
        }
    }
}
