//! Events from NDJSON, in batches that are taken whole or not at all.

use std::fs::File;
use std::io::{BufRead, BufWriter, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use anyhow::Context as _;
use serde::Serialize;
use situ_core::{
    AppendError, BATCH_LIMIT, Event, EventId, Kind, Lines, Payload, UnknownPayload, WireError,
    from_lines,
};
use situ_import::CloudEvents;
use situ_sqlite::SqliteStore;

use super::Added;
use super::trial::Trial;
use crate::exit::Hinted;
use crate::ledger;
use crate::now::Now;
use crate::render::number::grouped;

/// A line that was left out.
#[derive(Debug, Serialize)]
struct Reject<'a> {
    line: usize,
    column: usize,
    reason: &'a str,
    text: &'a str,
}

/// What was read of a line.
struct Read {
    line: usize,
    /// An event, or why it is none.
    event: Result<Event, WireError>,
    /// The line itself, where it may have to go to the rejects.
    text: Vec<u8>,
}

/// How an input is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// Where lines that are no event go; absent: the first one ends it.
    pub(crate) rejects: Option<&'a Path>,
    pub(crate) allow_unknown: bool,
    pub(crate) dry_run: bool,
    pub(crate) form: Form,
}

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// In the wire form, one a line.
    Wire,
    /// As CloudEvents, one a line or in an array.
    CloudEvents,
}

/// The events of an input, in either form.
enum Reader<'a, F> {
    Wire(Lines<&'a mut dyn BufRead, F>),
    CloudEvents(CloudEvents<&'a mut dyn BufRead>, F),
}

impl<F: FnMut() -> EventId> Reader<'_, F> {
    fn next(&mut self) -> Option<Result<Event, WireError>> {
        match self {
            Self::Wire(lines) => lines.next(),
            Self::CloudEvents(events, new_id) => events.next_event(new_id),
        }
    }

    /// The number of the line read last.
    fn number(&self) -> usize {
        match self {
            Self::Wire(lines) => lines.number(),
            Self::CloudEvents(events, _) => events.number(),
        }
    }

    /// What was read last, as it stood.
    fn text(&self) -> &[u8] {
        match self {
            Self::Wire(lines) => lines.line(),
            Self::CloudEvents(events, _) => events.line(),
        }
    }
}

/// The log lines go to.
#[derive(Clone, Copy)]
pub(crate) struct Log<'a> {
    pub(crate) store: &'a SqliteStore,
    pub(crate) path: &'a Path,
    pub(crate) now: &'a Now,
}

/// Where what was read goes.
struct Intake<'a> {
    rules: Rules<'a>,
    name: &'a str,
    log: Log<'a>,
    trial: Trial<'a>,
    rejects: Option<Rejects<'a>>,
    added: Added,
}

/// The file of the lines left out: a new one, made when there is a line to write.
pub(crate) struct Rejects<'a> {
    path: &'a Path,
    file: Option<BufWriter<File>>,
}

/// How many batches are read ahead of the one that is written.
const AHEAD: usize = 2;

/// Adds every line of an input: one thread reads ahead while another writes.
pub(crate) fn add(
    input: &mut dyn BufRead,
    name: &str,
    rules: Rules<'_>,
    log: Log<'_>,
    err: &mut dyn Write,
) -> anyhow::Result<Added> {
    let rejects = rules
        .rejects
        .map(|file| Rejects::new(file, log.path))
        .transpose()?;
    let intake = Intake {
        rules,
        name,
        log,
        trial: Trial::new(log.store),
        rejects,
        added: Added::default(),
    };
    thread::scope(|scope| {
        let (batches, receiver) = mpsc::sync_channel(AHEAD);
        let intake = scope.spawn(move || intake.take(&receiver));
        read(input, rules, log.now, &batches, &mut |lines| {
            // Whoever does not read it misses nothing.
            let _ = writeln!(err, "{name}: read {} lines", grouped(lines as u64));
        });
        drop(batches);
        intake
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Reads an input to its end, or until nobody takes any more; says about once a second how many lines it has read.
fn read(
    input: &mut dyn BufRead,
    rules: Rules<'_>,
    now: &Now,
    batches: &SyncSender<Vec<Read>>,
    progress: &mut dyn FnMut(usize),
) {
    const SECOND: i64 = 1_000_000_000;
    let goes_on = rules.rejects.is_some();
    let mut told = now.by_now();
    let new_id = || now.new_id();
    let mut lines = match rules.form {
        Form::Wire => Reader::Wire(from_lines(input, new_id)),
        Form::CloudEvents => Reader::CloudEvents(CloudEvents::new(input), new_id),
    };
    let mut batch = Vec::new();
    while let Some(event) = lines.next() {
        let event = event.and_then(|event| check_kind(event, rules, lines.number()));
        let is_last = event.is_err() && !goes_on;
        batch.push(Read {
            line: lines.number(),
            text: match goes_on {
                true => lines.text().to_vec(),
                false => Vec::new(),
            },
            event,
        });
        if batch.len() == BATCH_LIMIT || is_last {
            if batches.send(std::mem::take(&mut batch)).is_err() || is_last {
                return;
            }
            let by_now = now.by_now();
            if by_now >= told.saturating_add_nanos(SECOND) {
                told = by_now;
                progress(lines.number());
            }
        }
    }
    // Who takes no more has said why.
    let _ = batches.send(batch);
}

/// Refuses kinds and versions this program does not know, which more often are slips of the pen than of the future.
fn check_kind(event: Event, rules: Rules<'_>, line: usize) -> Result<Event, WireError> {
    let Payload::Unknown(UnknownPayload { kind, version, .. }) = &event.payload else {
        return Ok(event);
    };
    if rules.allow_unknown {
        return Ok(event);
    }
    let otherwise = "to keep such events as they are, add --allow-unknown";
    let reason = match (kind, Kind::nearest(kind.as_str())) {
        (Kind::Unknown(name), Some(nearest)) => {
            format!("unknown kind `{name}`; did you mean {nearest}? {otherwise}")
        }
        (Kind::Unknown(name), None) => {
            format!("unknown kind `{name}`; `situ schema` lists the kinds; {otherwise}")
        }
        (kind, _) => {
            format!("{kind} version {version} is newer than this program; {otherwise}")
        }
    };
    Err(WireError {
        line,
        column: 1,
        reason,
    })
}

/// Where an event of a batch was read.
struct Place {
    line: usize,
    text: Vec<u8>,
}

impl Intake<'_> {
    /// Takes batches, each whole or not at all, until there are no more.
    fn take(mut self, batches: &Receiver<Vec<Read>>) -> anyhow::Result<Added> {
        for batch in batches {
            let (mut events, mut places): (Vec<Event>, Vec<Place>) = (Vec::new(), Vec::new());
            for Read { line, event, text } in batch {
                match event {
                    Ok(event) => {
                        events.push(event);
                        places.push(Place { line, text });
                    }
                    Err(error) => self.refuse(&error, &text, &places)?,
                }
            }
            self.append(events, places)?;
        }
        self.finish()
    }

    /// Writes a line to the rejects and goes on, or stops.
    fn refuse(&mut self, error: &WireError, text: &[u8], batch: &[Place]) -> anyhow::Result<()> {
        let Some(rejects) = &mut self.rejects else {
            let written = match batch.first() {
                _ if self.rules.dry_run => "nothing was written".to_owned(),
                Some(first) => format!("nothing from line {} on was written", first.line),
                None => "nothing from there on was written".to_owned(),
            };
            let before = self.added.added + self.added.already_there;
            let hint = match before {
                before if before == 0 || self.rules.dry_run => format!(
                    "{written}; mend the line, or leave such lines out with --keep-going --rejects FILE"
                ),
                _ => format!(
                    "{written}, the {before} events before it are in the log; mend the line and add the file again: what is there already is not added twice if it has ids"
                ),
            };
            return Err(Hinted::new(format!("{}, {error}", self.name), hint).into());
        };
        self.added.rejected += 1;
        rejects.write(&Reject {
            line: error.line,
            column: error.column,
            reason: &error.reason,
            text: &String::from_utf8_lossy(text),
        })
    }

    fn append(&mut self, mut events: Vec<Event>, mut places: Vec<Place>) -> anyhow::Result<()> {
        while let [first, ..] = &places[..] {
            let Err(error) = self.try_append(&events) else {
                return Ok(());
            };
            let Some(index) = culprit(&error) else {
                let (first, last) = (first.line, places[places.len() - 1].line);
                return Err(error.context(format!("{}, lines {first} to {last}", self.name)));
            };
            events.remove(index);
            let Place { line, text } = places.remove(index);
            let refused = WireError {
                line,
                column: 1,
                reason: reason(&error),
            };
            self.refuse(&refused, &text, &places)?;
        }
        Ok(())
    }

    fn try_append(&mut self, events: &[Event]) -> anyhow::Result<()> {
        let Log { store, path, now } = self.log;
        let added = if self.rules.dry_run {
            self.trial.add(events, now.instant())?
        } else {
            ledger::append(store, path, events, now)?.added
        };
        self.added.added += added;
        self.added.already_there += events.len() - added;
        Ok(())
    }

    fn finish(mut self) -> anyhow::Result<Added> {
        if let Some(rejects) = &mut self.rejects {
            rejects.flush()?;
        }
        Ok(self.added)
    }
}

/// The event of the batch that is at fault, if it is one.
fn culprit(error: &anyhow::Error) -> Option<usize> {
    match error
        .chain()
        .find_map(|cause| cause.downcast_ref::<AppendError>())?
    {
        AppendError::Invalid { index, .. }
        | AppendError::LearntAhead { index, .. }
        | AppendError::IdConflict { index, .. } => Some(*index),
        _ => None,
    }
}

/// Why, without the place in the batch, which says nothing to whoever reads lines.
fn reason(error: &anyhow::Error) -> String {
    let reason = error.root_cause().to_string();
    match reason.split_once(" of the batch: ") {
        Some((_, reason)) => reason.to_owned(),
        None => reason,
    }
}

impl<'a> Rejects<'a> {
    /// Nothing that is there is written over: it may be the log, the input, or anything else somebody needs.
    pub(crate) fn new(path: &'a Path, store: &Path) -> anyhow::Result<Self> {
        let problem = if path.symlink_metadata().is_ok() {
            "is there already"
        } else if is_beside(path, store) {
            "belongs to the log"
        } else {
            return Ok(Self { path, file: None });
        };
        let message = format!("the file of --rejects, {}, {problem}", path.display());
        Err(Hinted::new(
            message,
            "name a file that is not there yet; nothing was written",
        )
        .into())
    }

    pub(crate) fn write(&mut self, reject: &impl Serialize) -> anyhow::Result<()> {
        let failed = || format!("cannot write the rejects to {}", self.path.display());
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let new = File::create_new(self.path).with_context(failed)?;
                self.file.insert(BufWriter::new(new))
            }
        };
        serde_json::to_writer(&mut *file, reject)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(file))
            .with_context(failed)
    }

    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        file.flush()
            .with_context(|| format!("cannot write the rejects to {}", self.path.display()))
    }
}

/// Whether a path is one of the files SQLite keeps beside a log; they come and go.
fn is_beside(path: &Path, store: &Path) -> bool {
    let Ok(store) = store.canonicalize() else {
        return false;
    };
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let (Ok(folder), Some(name)) = (folder.canonicalize(), path.file_name()) else {
        return false;
    };
    let path = folder.join(name);
    ["-wal", "-shm", "-journal"].into_iter().any(|ending| {
        let mut beside = store.clone().into_os_string();
        beside.push(ending);
        path.as_os_str() == beside
    })
}
