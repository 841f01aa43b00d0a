//! Moving committed pages from the write-ahead log into the database file, beside the writer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::schema;

/// How many new pages in the write-ahead log call for a checkpoint: 4 MiB.
const STEP: u32 = 1024;

/// How many pages make the writer wait until the write-ahead log can begin anew: 64 MiB.
const LIMIT: u32 = 16 * 1024;

/// How long the writer then waits for readers, every [`STEP`] pages: some of them read a whole file in one go.
const PATIENCE: Duration = Duration::from_millis(100);

/// Decides when to checkpoint, and has a thread do it on a connection of its own.
///
/// A writer that never pauses would leave no moment at which everything is copied, and the write-ahead log would grow for
/// ever; so past a limit the writer itself finishes the checkpoint. A checkpoint that fails is tried again later: it moves what
/// is durable already.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    pages: Arc<AtomicU32>,
    asked_at: u32,
    thread: Option<(SyncSender<()>, JoinHandle<()>)>,
}

impl Checkpointer {
    /// Counts the pages `writer` commits.
    pub(crate) fn watch(writer: &mut Connection) -> rusqlite::Result<Self> {
        let pages = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&pages);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages| {
            counted.store(u32::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            pages,
            asked_at: 0,
            thread: None,
        })
    }

    /// Looks at the size of the write-ahead log, after a commit.
    pub(crate) fn committed(&mut self, writer: &mut Connection, path: &Path) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.asked_at {
            self.asked_at = 0;
        }
        if pages >= LIMIT && pages >= self.asked_at + STEP {
            let _ = restart(writer);
            self.asked_at = pages;
        } else if pages >= self.asked_at + STEP {
            self.ask(path);
            self.asked_at = pages;
        }
    }

    fn ask(&mut self, path: &Path) {
        if self.thread.is_none() {
            self.thread = start(path);
        }
        if let Some((sender, _)) = &self.thread {
            // A full channel means that a checkpoint is about to begin.
            let _ = sender.try_send(());
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.thread.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

/// Copies what is left, so that the write-ahead log begins anew; not where somebody goes on reading an old page for longer.
fn restart(writer: &mut Connection) -> rusqlite::Result<()> {
    writer.busy_timeout(PATIENCE)?;
    let restarted = writer.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()));
    schema::be_patient(writer)?;
    restarted
}

fn start(path: &Path) -> Option<(SyncSender<()>, JoinHandle<()>)> {
    let connection = schema::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).ok()?;
    let (sender, asked) = sync_channel(1);
    let thread = thread::Builder::new()
        .name("situ-checkpoint".to_owned())
        .spawn(move || {
            while asked.recv().is_ok() {
                let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            }
        });
    Some((sender, thread.ok()?))
}
