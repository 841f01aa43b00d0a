//! The contract of a read model.

use situ_core::{DecodeError, Recorded};
use situ_sqlite::{Change, Declaration};

/// Rows folded from the log: a pure function of the events, one after another.
///
/// It looks at nothing but its arguments, so that the same events give the same rows on every machine, in whatever pages they come. A
/// [`crate::Runner`] feeds it and has its changes written. What it keeps in memory is folded anew at every start, from the
/// first event up to where its rows stand; its changes are then left aside.
pub trait ReadModel {
    /// Its name, version and tables.
    fn declaration(&self) -> &Declaration;

    /// Takes in the event at the next position; returns what that changes at once.
    ///
    /// # Errors
    /// When the event cannot be taken in; the read model is then as before.
    fn digest(&mut self, recorded: &Recorded) -> Result<Vec<Change>, Undigestible>;

    /// What changed since it was asked last and is worked out once for many events; asked before every commit.
    ///
    /// The rows must depend on the events alone, not on when this was asked.
    fn settle(&mut self) -> Vec<Change> {
        Vec::new()
    }
}

/// Why a read model cannot take in an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Undigestible {
    /// What is wrong with it, for whoever looks at the dead letters.
    pub reason: String,
}

impl From<DecodeError> for Undigestible {
    fn from(error: DecodeError) -> Self {
        let reason = error.to_string();
        Self { reason }
    }
}
