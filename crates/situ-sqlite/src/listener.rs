//! Listening to other processes: the thread behind the bell of a log somebody waits at.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use situ_core::Bell;

use crate::doorbell::{Doorbell, Doorbells};
use crate::identity::Identity;
use crate::schema::{self, Reading};

/// How long it takes at most until a commit is noticed whose doorbell was lost.
pub(crate) const NET: Duration = Duration::from_millis(50);

/// A thread that rings the bell for what other processes append.
///
/// Their doorbell wakes it. Every [`NET`] it looks whether the file has changed, so that nothing is missed without a doorbell;
/// and hangs its own anew if somebody took it away.
#[derive(Debug)]
pub(crate) struct Listener {
    doorbells: Arc<Option<Doorbells>>,
    /// Taken when the thread is to end.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// `doorbells` is `None` for a log beside which no file may be made; `net` is [`NET`] but in tests.
    pub(crate) fn start(
        bell: Arc<Bell>,
        doorbells: Arc<Option<Doorbells>>,
        file: (PathBuf, Reading),
        net: Duration,
    ) -> io::Result<Self> {
        let (stop, stopped) = channel();
        let own = Arc::clone(&doorbells);
        let thread = thread::Builder::new()
            .name("situ-listener".to_owned())
            .spawn(move || {
                let doorbells = own.as_ref().as_ref();
                listen(&bell, doorbells, Watch::new(file), net, &stopped);
            })?;
        Ok(Self {
            doorbells,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Whether it ended before its time, because a waker panicked.
    pub(crate) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(doorbells) = self.doorbells.as_ref() {
            doorbells.ring_own();
        }
        if let Some(thread) = self.thread.take() {
            // A waker may hold the store, and be the last to do so when the thread itself has called it.
            if thread.thread().id() != thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

fn listen(
    bell: &Bell,
    doorbells: Option<&Doorbells>,
    mut watch: Watch,
    net: Duration,
    stopped: &Receiver<()>,
) {
    let hang = || doorbells.and_then(Doorbells::hang);
    let mut doorbell = hang();
    watch.has_changed();
    // What was appended before we listened: whoever has looked already looks again.
    bell.ring();
    while stopped.try_recv() != Err(TryRecvError::Disconnected) {
        let is_rung = wait(&mut doorbell, net, stopped);
        // Looked up before ringing: else a commit in between would be taken as rung for.
        if watch.has_changed() || is_rung || !watch.is_there() {
            bell.ring();
        }
        if !is_rung && !doorbell.as_ref().is_some_and(Doorbell::hangs) {
            // The old one would take down the new one, which has its name.
            drop(doorbell.take());
            doorbell = hang();
        }
    }
}

/// Waits for the doorbell, or the time to look at the file; says whether it rang.
fn wait(doorbell: &mut Option<Doorbell>, net: Duration, stopped: &Receiver<()>) -> bool {
    match doorbell.as_ref().map(|hung| hung.wait(net)) {
        Some(Ok(is_rung)) => is_rung,
        Some(Err(_)) => {
            *doorbell = None;
            false
        }
        None => {
            let over = stopped.recv_timeout(net);
            debug_assert_ne!(over, Ok(()), "nothing is ever sent");
            over != Err(RecvTimeoutError::Timeout)
        }
    }
}

/// A connection that sees whether others have written, because it never writes itself.
#[derive(Debug)]
struct Watch {
    file: (PathBuf, Reading),
    identity: Identity,
    connection: Option<Connection>,
    version: Option<i64>,
}

impl Watch {
    fn new(file: (PathBuf, Reading)) -> Self {
        Self {
            identity: Identity::of(&file.0),
            file,
            connection: None,
            version: None,
        }
    }

    /// Whether the file is the one that was there when it began; whoever waits finds out when woken.
    fn is_there(&self) -> bool {
        self.identity.is_of(&self.file.0)
    }

    /// Whether somebody has written since the last look, or may have.
    fn has_changed(&mut self) -> bool {
        let before = self.version;
        self.version = self.look().ok();
        if self.version.is_none() {
            self.connection = None;
        }
        self.version.is_none() || self.version != before
    }

    fn look(&mut self) -> rusqlite::Result<i64> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => schema::connect_to_read(&self.file.0, self.file.1)?,
        };
        let connection = self.connection.insert(connection);
        let mut statement = connection.prepare_cached("PRAGMA data_version")?;
        statement.query_row([], |row| row.get(0))
    }
}
