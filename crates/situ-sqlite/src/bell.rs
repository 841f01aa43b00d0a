//! Waking whoever waits for new events.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Rings after every commit of this process.
///
/// Other processes are noticed by looking again every [`Bell::PATIENCE`]; a bell that rings across processes would only have to
/// call [`Bell::ring`].
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rings: Mutex<u64>,
    rung: Condvar,
}

impl Bell {
    /// The longest a waiter sleeps before it looks at the file again.
    pub(crate) const PATIENCE: Duration = Duration::from_millis(50);

    pub(crate) fn ring(&self) {
        *self.lock() += 1;
        self.rung.notify_all();
    }

    /// How often it has rung; taken before looking, so that a ring between looking and sleeping is not missed.
    pub(crate) fn rings(&self) -> u64 {
        *self.lock()
    }

    /// Sleeps until it has rung more than `rings` times, or the time is over.
    pub(crate) fn wait(&self, rings: u64, timeout: Duration) {
        let has_not_rung = |now: &mut u64| *now == rings;
        drop(
            self.rung
                .wait_timeout_while(self.lock(), timeout.min(Self::PATIENCE), has_not_rung),
        );
    }

    fn lock(&self) -> MutexGuard<'_, u64> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
