//! Runs a read model: takes its lease, catches up, commits.

use std::collections::BTreeSet;
use std::time::Duration;

use situ_core::{EventStore, Instant, Position, ReadError, Recorded};
use situ_sqlite::{
    Change, Commit, DeadLetter, Fate, FollowError, FollowerState, Lease, Reached, SqliteStore,
};

use crate::read_model::{ReadModel, Undigestible};

/// Runs a read model, step by step, as long as whoever holds it likes.
///
/// Any number of programs may hold one for the same read model: one has the lease and writes, the others wait for it to end.
/// A step does one page of work; call [`Runner::step`] until there is nothing more, then [`Runner::wait`], and so on.
///
/// ```
/// use situ_core::Instant;
/// use situ_follow::{Progress, Runner, SqlViews};
/// use situ_sqlite::SqliteStore;
///
/// let folder = tempfile::tempdir()?;
/// let store = SqliteStore::create(folder.path().join("log.db"))?;
/// let mut runner = Runner::new(&store, SqlViews::default());
/// let now: Instant = "2026-02-04T12:00:00Z".parse()?;
/// while !matches!(runner.step(now)?, Progress::CaughtUp { .. }) {}
/// runner.finish()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Runner<'a, M> {
    store: &'a SqliteStore,
    blank: M,
    model: M,
    /// The last event the model was fed.
    folded: Position,
    lease: Option<Lease<'a>>,
    /// The events its rows were written without.
    skipped: BTreeSet<Position>,
    on_undigestible: OnUndigestible,
    term: Duration,
    page: usize,
}

/// What becomes of a read model when it meets an event it cannot take in. Either way the event is among its dead letters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnUndigestible {
    /// It stands before the event, and every step fails, until a program comes that can take it in.
    #[default]
    Stop,
    /// It goes on without the event.
    Skip,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Somebody else runs the read model, at least until then.
    Waiting {
        /// When its lease ends, unless it is prolonged.
        until: Instant,
    },
    /// The lease ended before this step, and somebody else took it over. Nothing was written.
    Lost,
    /// What is kept in memory is being folded anew.
    Recalling {
        /// How far.
        folded: Position,
        /// Where the rows stand.
        position: Position,
    },
    /// A page was written, and there is more.
    Behind {
        /// Where the rows stand.
        position: Position,
    },
    /// There is nothing more for now.
    CaughtUp {
        /// Where the rows stand.
        position: Position,
    },
}

/// Why a step failed. Nothing of it was written, and the next one tries again.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// An event the read model cannot take in, where it is to stop at one; what comes before it was written, and the event is among
    /// the dead letters.
    #[error("{name} cannot take in the event at position {position}: {reason}")]
    Undigestible {
        /// The read model.
        name: String,
        /// The event.
        position: Position,
        /// What is wrong with it.
        reason: String,
    },
    /// The log could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The rows could not be written.
    #[error(transparent)]
    Follow(#[from] FollowError),
}

impl<'a, M: ReadModel + Clone> Runner<'a, M> {
    /// How long a lease lasts by default.
    pub const TERM: Duration = Duration::from_secs(10);

    /// The most events in one step by default.
    pub const PAGE: usize = 4096;

    /// Runs `model`, which was fed nothing yet, on a log.
    #[must_use]
    pub fn new(store: &'a SqliteStore, model: M) -> Self {
        Self {
            store,
            blank: model.clone(),
            model,
            folded: Position::START,
            lease: None,
            skipped: BTreeSet::new(),
            on_undigestible: OnUndigestible::default(),
            term: Self::TERM,
            page: Self::PAGE,
        }
    }

    /// Sets what an event that cannot be taken in does.
    #[must_use]
    pub const fn on_undigestible(mut self, on_undigestible: OnUndigestible) -> Self {
        self.on_undigestible = on_undigestible;
        self
    }

    /// Sets how long the lease lasts after each step: longer than a step and the wait after it take.
    #[must_use]
    pub const fn term(mut self, term: Duration) -> Self {
        self.term = term;
        self
    }

    /// Sets the most events in one step; 0 counts as 1.
    #[must_use]
    pub const fn page(mut self, page: usize) -> Self {
        self.page = if page == 0 { 1 } else { page };
        self
    }

    /// Does the next page of work; `now` is what time it is.
    ///
    /// # Errors
    /// See [`RunError`].
    pub fn step(&mut self, now: Instant) -> Result<Progress, RunError> {
        match self.advance(now) {
            Err(RunError::Follow(FollowError::Held { until, .. })) => {
                Ok(Progress::Waiting { until })
            }
            Err(RunError::Follow(FollowError::Lost(_) | FollowError::Gone { .. })) => {
                self.lease = None;
                Ok(Progress::Lost)
            }
            outcome => outcome,
        }
    }

    /// Waits until there is more to do: until there are events that are not taken in yet, or, while somebody else has the lease,
    /// any new ones; at most for `timeout`, and never for longer than half a term.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn wait(&self, timeout: Duration) -> Result<(), ReadError> {
        let position = match &self.lease {
            Some(lease) => lease.position(),
            None => self.store.head()?,
        };
        let timeout = timeout.min(self.term / 2);
        self.store.wait_after(position, timeout).map(|_| ())
    }

    /// Gives the lease back, so that the next one need not wait for it to end.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn finish(self) -> Result<(), FollowError> {
        self.lease.map_or(Ok(()), Lease::release)
    }

    fn advance(&mut self, now: Instant) -> Result<Progress, RunError> {
        let mut lease = match self.lease.take() {
            Some(lease) => lease,
            None => self.take(now)?,
        };
        let outcome = self.advance_with(&mut lease, now);
        self.lease = Some(lease);
        outcome
    }

    fn take(&mut self, now: Instant) -> Result<Lease<'a>, RunError> {
        let declaration = self.model.declaration();
        let lease = self.store.lease(declaration, now, self.term)?;
        let followers = self.store.followers()?.into_iter();
        let own = followers
            .filter(|follower| {
                (follower.name.as_str(), follower.version)
                    == (declaration.name(), declaration.version())
            })
            .flat_map(|follower| follower.dead_letters);
        self.skipped = own
            .filter(|letter| letter.fate == Fate::Skipped)
            .map(|letter| letter.position)
            .collect();
        Ok(lease)
    }

    fn advance_with(&mut self, lease: &mut Lease<'_>, now: Instant) -> Result<Progress, RunError> {
        // A page that was not written is in memory all the same, and so is what was before a reset.
        if self.folded > lease.position() {
            self.model = self.blank.clone();
            self.folded = Position::START;
        }
        if self.folded < lease.position() {
            return self.recall(lease, now);
        }
        let page = self.store.read_after(self.folded, self.page)?;
        if page.is_empty() && lease.state() == FollowerState::Serving {
            self.renew(lease, now)?;
            let position = self.folded;
            return Ok(Progress::CaughtUp { position });
        }
        self.write(lease, &page, now)
    }

    /// Folds what is in memory up to where the rows stand, a page at a time.
    fn recall(&mut self, lease: &mut Lease<'_>, now: Instant) -> Result<Progress, RunError> {
        let position = lease.position();
        let left = usize::try_from(position.get() - self.folded.get()).unwrap_or(usize::MAX);
        let page = self.store.read_after(self.folded, self.page.min(left))?;
        if page.is_empty() && self.folded < position {
            let from = position;
            let (to, head) = (position, self.folded);
            let name = lease.declaration().name().to_owned();
            return Err(FollowError::BadPosition {
                name,
                from,
                to,
                head,
            }
            .into());
        }
        for recorded in &page {
            if !self.skipped.contains(&recorded.position)
                && let Err(Undigestible { reason }) = self.model.digest(recorded)
            {
                return Err(RunError::Undigestible {
                    name: lease.declaration().name().to_owned(),
                    position: recorded.position,
                    reason,
                });
            }
            self.folded = recorded.position;
        }
        if self.folded == position {
            self.model.settle();
        }
        self.renew(lease, now)?;
        let folded = self.folded;
        Ok(Progress::Recalling { folded, position })
    }

    fn write(
        &mut self,
        lease: &mut Lease<'_>,
        page: &[Recorded],
        now: Instant,
    ) -> Result<Progress, RunError> {
        let mut changes = Vec::new();
        let mut dead_letters = Vec::new();
        let mut stopped = None;
        for recorded in page {
            match self.model.digest(recorded) {
                Ok(digested) => changes.extend(digested),
                Err(undigestible) => {
                    let letter = self.dead_letter(recorded, undigestible);
                    dead_letters.push(letter.clone());
                    if letter.fate == Fate::Stopped {
                        stopped = Some(letter);
                        break;
                    }
                }
            }
            self.folded = recorded.position;
        }
        changes.extend(self.model.settle());
        let reached = match page.len() < self.page && stopped.is_none() {
            true => Reached::Head,
            false => Reached::Middle,
        };
        let position = self.folded;
        self.commit(lease, reached, &changes, &dead_letters, now)?;
        match (stopped, reached) {
            (
                Some(DeadLetter {
                    position, reason, ..
                }),
                _,
            ) => Err(RunError::Undigestible {
                name: lease.declaration().name().to_owned(),
                position,
                reason,
            }),
            (None, Reached::Head) => Ok(Progress::CaughtUp { position }),
            (None, Reached::Middle) => Ok(Progress::Behind { position }),
        }
    }

    fn commit(
        &mut self,
        lease: &mut Lease<'_>,
        reached: Reached,
        changes: &[Change],
        dead_letters: &[DeadLetter],
        now: Instant,
    ) -> Result<(), RunError> {
        let commit = Commit {
            position: self.folded,
            reached,
            changes,
            dead_letters,
        };
        Ok(lease.commit(commit, now)?)
    }

    fn dead_letter(&self, recorded: &Recorded, undigestible: Undigestible) -> DeadLetter {
        DeadLetter {
            position: recorded.position,
            fate: match self.on_undigestible {
                OnUndigestible::Stop => Fate::Stopped,
                OnUndigestible::Skip => Fate::Skipped,
            },
            reason: undigestible.reason,
        }
    }

    /// Prolongs the lease once half of it is over, so that waiting costs no writes.
    fn renew(&self, lease: &mut Lease<'_>, now: Instant) -> Result<(), FollowError> {
        let half = i64::try_from(self.term.as_nanos() / 2).unwrap_or(i64::MAX);
        if now.saturating_add_nanos(half) < lease.until() {
            return Ok(());
        }
        lease.renew(now)
    }
}
