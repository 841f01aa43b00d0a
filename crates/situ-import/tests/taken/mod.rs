//! A log in memory that tests import into.

use situ_core::{AppendError, Condition, Event, EventStore as _};
use situ_import::{Imported, Outlet, Refused, Reject};
use situ_memory::MemoryStore;

/// A log that takes what comes and keeps what does not.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) store: MemoryStore,
    pub(crate) rejects: Vec<String>,
}

impl Outlet for Log {
    type Error = AppendError;

    fn append(&mut self, batch: &[Event]) -> Result<usize, Refused<AppendError>> {
        let now = "2032-12-01T00:00:00Z".parse().unwrap();
        Ok(self.store.append(batch, &Condition::None, now)?.added)
    }

    fn reject(&mut self, reject: &Reject) -> Result<(), AppendError> {
        self.rejects.push(reject.to_string());
        Ok(())
    }

    fn progress(&mut self, _: &Imported) {}
}
