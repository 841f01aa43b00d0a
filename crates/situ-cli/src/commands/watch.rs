//! `situ watch`: every change of a figure or a status, as it comes.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use chrono::Datelike as _;
use situ_core::{EventStore as _, Instant, Known, PlaceId, Position, Recorded, Valid, Zone};
use situ_follow::{Asked, Follower, Notice, Signal, Subscription};
use situ_sqlite::{Commit, Declaration, FollowError, Lease, Reached, SqliteStore};

use super::services::time_to_live;
use crate::args::{From, KnownArg, OnlyOf, WatchArgs};
use crate::asked;
use crate::exit::{Exit, Hinted};
use crate::ledger::{self, Citation, Ledger};
use crate::question;
use crate::render::names::Names;
use crate::render::notices;
use crate::run::Session;
use crate::settings::Settings;
use crate::time::Clock;

/// How long a name is taken for, unless it is prolonged: so long a watch that was killed keeps others from going by its name.
const TERM: Duration = Duration::from_secs(10);

/// How long to wait at most before looking at the clock again.
const PATIENCE: Duration = Duration::from_secs(3600);

pub(crate) fn run(args: &WatchArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    if args.only == Some(OnlyOf::Services) && names_figures(args) {
        let message = "--only services leaves out every figure, and a figure is asked for";
        return Err(Hinted::new(message, "leave one of them out").into());
    }
    if !matches!(session.global.known, KnownArg::Now) {
        let hint = "begin after a position with --from @POSITION";
        return Err(Hinted::new(
            "what is watched is told as the log takes it, without --known",
            hint,
        )
        .into());
    }
    let path = session.global.store();
    let store = Arc::new(match args.name {
        Some(_) => ledger::open_to_write(path)?,
        None => ledger::open_to_read(path)?,
    });
    let asked = asked(args, &store, session)?;
    let mut cursor = Cursor::open(args, &store, session)?;
    let subscription = Subscription::after(Arc::clone(&store) as _, Position::START)?;
    if session.now.goes_on() {
        let cancel = subscription.canceller();
        // Somebody else may have set a handler already, when this is no process of its own; then it ends as that says.
        let _ = ctrlc::set_handler(move || cancel.cancel());
    }
    let mut follower = Follower::new(asked, cursor.position);
    if let Some(until) = cursor.told_until {
        follower = follower.and_what_time_does_after(until);
    }
    let mut watching = Watching {
        follower,
        store: &store,
        args,
        session,
    };
    let outcome = watching.follow(subscription, &mut cursor);
    // However it ended, the name is free again.
    let closed = cursor.close();
    outcome?;
    closed?;
    Ok(Exit::Answered)
}

/// What is asked for, from the command line.
fn asked(
    args: &WatchArgs,
    store: &SqliteStore,
    session: &mut Session<'_>,
) -> anyhow::Result<Asked> {
    let ledger = Ledger::read(store, |_| Ok(()))?;
    let situation = match (&session.global.situation, ledger.situations.len()) {
        (Some(_), _) => Some(question::situation(
            session.global.situation.as_ref(),
            &ledger,
        )?),
        (None, 1) => ledger.situations.first().cloned(),
        (None, _) => None,
    };
    let head = Known::Position(ledger.head);
    let zone = situation
        .as_ref()
        .map_or(Zone::UTC, |situation| ledger.register.zone(situation, head));
    let valid = match &session.global.at {
        Some(text) => {
            let now = session.now.instant();
            let at = Clock { now, zone }
                .instant(text)
                .context("cannot read --at")?;
            question::echo(session, "at", at, zone)?;
            Some(Valid(at.instant))
        }
        None => None,
    };
    if let Some(place) = &args.which.place
        && !is_described(place, &ledger)
    {
        writeln!(
            session.err,
            "no place {place} is described so far; check its id, or wait for it"
        )?;
    }
    let settings = Settings::beside(session.global.store())?;
    let figures = asked::which(store, zone, &args.which, Some(&args.read))?;
    Ok(Asked {
        situation: session.global.situation.clone(),
        place: args.which.place.clone(),
        figures: (args.only != Some(OnlyOf::Services)).then_some(figures),
        services: (args.only != Some(OnlyOf::Figures) && !names_figures(args))
            .then(|| time_to_live(&args.stale, &settings)),
        valid,
    })
}

/// Whether figures of some kind are asked for.
fn names_figures(args: &WatchArgs) -> bool {
    let which = &args.which;
    which.figure.is_some()
        || which.outcome.is_some()
        || which.who.is_some()
        || which.scope.is_some()
        || which.basis.is_some()
}

fn is_described(place: &PlaceId, ledger: &Ledger) -> bool {
    let head = Known::Position(ledger.head);
    let mut situations = ledger.situations.iter();
    situations.any(|situation| ledger.register.place(situation, place, head).is_some())
}

/// Where telling begins, and what keeps how far it came.
struct Cursor<'a> {
    position: Position,
    /// Until when what time did is told already: by whoever went by its name before, or to nobody who begins now.
    told_until: Option<Instant>,
    lease: Option<Lease<'a>>,
}

impl<'a> Cursor<'a> {
    fn open(
        args: &WatchArgs,
        store: &'a SqliteStore,
        session: &Session<'_>,
    ) -> anyhow::Result<Self> {
        let head = store.head()?;
        let begin = match args.from {
            Some(From::Beginning) => Position::START,
            None | Some(From::Now) => head,
            Some(From::After(position)) if position <= head => position,
            Some(From::After(position)) => {
                let message = format!("--from @{position} is beyond the head of the log, @{head}");
                return Err(
                    Hinted::new(message, "leave it out to be told what comes from now on").into(),
                );
            }
        };
        let is_now = matches!(args.from, None | Some(From::Now));
        let begins_now = is_now.then(|| session.now.by_now());
        let Some(name) = &args.name else {
            return Ok(Self {
                position: begin,
                told_until: begins_now,
                lease: None,
            });
        };
        let declaration = Declaration::new(name, 1, &[]).context("cannot go by --name")?;
        let mut followers = store.followers()?.into_iter();
        let known = followers.find(|follower| follower.name == *name);
        let lease = store.lease(&declaration, session.now.by_now(), TERM);
        let lease = lease.map_err(|error| match &error {
            FollowError::Held { until, .. } => {
                let hint = "end the other watch, or wait until its time is over if it was killed";
                Hinted::new(
                    format!("{name} is being watched already, at least until {until}"),
                    hint,
                )
                .into()
            }
            FollowError::Changed(_) => {
                let hint = "choose another name; `situ followers` lists those that are taken";
                Hinted::new(
                    format!("{name} is the name of a follower that keeps tables"),
                    hint,
                )
                .into()
            }
            _ => anyhow::Error::new(error).context(format!("cannot go by the name {name}")),
        })?;
        let is_new = known.is_none();
        let mut cursor = Self {
            position: known.as_ref().map_or(begin, |_| lease.position()),
            told_until: known.map_or(begins_now, |known| known.caught_up_at),
            lease: Some(lease),
        };
        if is_new {
            cursor.told(cursor.position, Reached::Middle, session.now.by_now())?;
        }
        Ok(cursor)
    }

    /// Whether it is time to keep how far it is told, and so to prolong the lease.
    fn is_due(&self, now: Instant) -> bool {
        const SECOND: i64 = 1_000_000_000;
        let term = i64::try_from(TERM.as_nanos()).unwrap_or(i64::MAX);
        let kept_at = |lease: &Lease<'_>| lease.until().saturating_add_nanos(-term);
        let lease = self.lease.as_ref();
        lease.is_some_and(|lease| now >= kept_at(lease).saturating_add_nanos(SECOND))
    }

    /// Prolongs the lease while somebody else takes his time.
    fn renew(&mut self, now: Instant) -> anyhow::Result<()> {
        match &mut self.lease {
            Some(lease) => Ok(lease.renew(now)?),
            None => Ok(()),
        }
    }

    /// Keeps that everything up to here is told.
    fn told(&mut self, position: Position, reached: Reached, now: Instant) -> anyhow::Result<()> {
        self.position = self.position.max(position);
        let Some(lease) = &mut self.lease else {
            return Ok(());
        };
        let commit = Commit {
            position: self.position,
            reached,
            changes: &[],
            dead_letters: &[],
        };
        lease
            .commit(commit, now)
            .context("cannot keep how far it was told")
    }

    fn close(self) -> anyhow::Result<()> {
        match self.lease {
            Some(lease) => Ok(lease.release()?),
            None => Ok(()),
        }
    }
}

struct Watching<'a, 's> {
    follower: Follower,
    store: &'a SqliteStore,
    args: &'a WatchArgs,
    session: &'a mut Session<'s>,
}

impl Watching<'_, '_> {
    fn follow(
        &mut self,
        mut subscription: Subscription,
        cursor: &mut Cursor<'_>,
    ) -> anyhow::Result<()> {
        loop {
            let patience = self.patience(cursor);
            match subscription.next_timeout(patience)? {
                Some(Signal::Events { events, reached }) => {
                    for recorded in &events {
                        if subscription.is_cancelled() {
                            return Ok(());
                        }
                        match self.take_in(recorded, cursor) {
                            // What somebody else was doing was ended by the same signal.
                            Err(_) if subscription.is_cancelled() => return Ok(()),
                            outcome => outcome?,
                        }
                    }
                    if reached > cursor.position {
                        cursor.told(reached, Reached::Middle, self.session.now.by_now())?;
                    }
                }
                Some(Signal::CaughtUp(position)) => {
                    self.pass_time(cursor)?;
                    cursor.told(position, Reached::Head, self.session.now.by_now())?;
                    if self.args.once {
                        return Ok(());
                    }
                }
                Some(Signal::Checkpoint(_)) => {}
                None if subscription.is_cancelled() => return Ok(()),
                None => {
                    self.pass_time(cursor)?;
                    cursor.told(cursor.position, Reached::Head, self.session.now.by_now())?;
                }
            }
            self.session.out.flush()?;
        }
    }

    /// Tells what an event changed, and keeps that it is told: each event where somebody acts on it, else about once a second.
    fn take_in(&mut self, recorded: &Recorded, cursor: &mut Cursor<'_>) -> anyhow::Result<()> {
        let position = recorded.position;
        if position <= cursor.position {
            self.session.progress(position, cursor.position);
        }
        let told = self.follower.apply(recorded)?;
        self.tell(Some(recorded), &told, cursor)?;
        if position > cursor.position {
            let now = self.session.now.by_now();
            let acts = self.args.exec.is_some() && !told.is_empty();
            if acts || cursor.is_due(now) {
                self.session.out.flush()?;
                cursor.told(position, Reached::Middle, now)?;
            }
        }
        Ok(())
    }

    /// How long to wait for the next event: until time changes something, or a name must be prolonged.
    fn patience(&self, cursor: &Cursor<'_>) -> Duration {
        let now = self.session.now.by_now();
        let due = self
            .follower
            .next_due()
            .filter(|_| self.session.now.goes_on());
        let due = due.map(|due| due.unix_nanos().saturating_sub(now.unix_nanos()).max(1));
        let due = due.map(|nanos| Duration::from_nanos(nanos.unsigned_abs()));
        let lease = cursor.lease.as_ref().map(|_| TERM / 3);
        [due, lease]
            .into_iter()
            .flatten()
            .fold(PATIENCE, Duration::min)
    }

    fn pass_time(&mut self, cursor: &mut Cursor<'_>) -> anyhow::Result<()> {
        let told = self.follower.pass_time(self.session.now.by_now());
        self.tell(None, &told, cursor)
    }

    fn tell(
        &mut self,
        recorded: Option<&Recorded>,
        told: &[Notice],
        cursor: &mut Cursor<'_>,
    ) -> anyhow::Result<()> {
        if told.is_empty() {
            return Ok(());
        }
        let is_text = self.args.text || self.session.is_terminal;
        if is_text && !self.session.global.json {
            self.print(recorded, told)?;
        } else {
            for notice in told {
                serde_json::to_writer(&mut *self.session.out, notice)
                    .map_err(std::io::Error::from)?;
                writeln!(self.session.out)?;
            }
        }
        if let Some(command) = &self.args.exec {
            self.session.out.flush()?;
            for notice in told {
                hand_over(command, notice, || cursor.renew(self.session.now.by_now()))?;
            }
        }
        Ok(())
    }

    fn print(&mut self, recorded: Option<&Recorded>, told: &[Notice]) -> anyhow::Result<()> {
        let register = self.follower.tolls().register();
        let cite = Citation(self.store);
        let names = |situation, known, at: Instant| {
            let zone = register.zone(situation, known);
            Names {
                register,
                cite: &cite,
                situation,
                known,
                zone,
                year: zone.local(at).year(),
            }
        };
        if let Some(recorded) = recorded {
            let known = Known::Position(recorded.position);
            let names = names(&recorded.situation, known, recorded.learnt_at);
            let event = recorded.event()?;
            notices::of_event(recorded, &event, told, &names, self.session.out)?;
        } else {
            for notice in told {
                let known = Known::Position(notice.position());
                let names = names(notice.situation(), known, self.session.now.by_now());
                notices::of_time(std::slice::from_ref(notice), &names, self.session.out)?;
            }
        }
        Ok(())
    }
}

/// Runs a command with a notice on its standard input, and calls `goes_on` every few seconds while it runs.
fn hand_over(
    command: &str,
    notice: &Notice,
    mut goes_on: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (shell, flag) = if cfg!(windows) {
        ("cmd", "/C")
    } else {
        ("sh", "-c")
    };
    let failed = || format!("cannot run --exec `{command}`");
    let mut child = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::piped())
        .spawn()
        .with_context(failed)?;
    let mut line = serde_json::to_vec(notice)?;
    line.push(b'\n');
    let (sender, ended) = channel();
    // It may take its time, to read as well.
    let waiting = thread::spawn(move || {
        let written = child
            .stdin
            .take()
            .map_or(Ok(()), |mut input| input.write_all(&line));
        // It need not read what it is given.
        let written = written.or_else(|error| match error.kind() {
            ErrorKind::BrokenPipe => Ok(()),
            _ => Err(error),
        });
        let status = child.wait();
        // Nobody listens any more where the lease was lost meanwhile.
        let _ = sender.send(written.and(status));
    });
    let status = loop {
        match ended.recv_timeout(TERM / 3) {
            Ok(status) => break status.with_context(failed)?,
            Err(RecvTimeoutError::Timeout) => goes_on()?,
            Err(RecvTimeoutError::Disconnected) => anyhow::bail!(failed()),
        }
    };
    drop(waiting);
    if status.success() {
        return Ok(());
    }
    let position = notice.position();
    let message = format!("--exec `{command}` ended with {status} at a notice of @{position}");
    let hint = "mend it; with --name the next watch begins with the notices of that event";
    Err(Hinted::new(message, hint).into())
}
