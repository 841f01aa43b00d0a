//! Events from NDJSON, in batches that are taken whole or not at all.

use std::fs::File;
use std::io::{BufRead, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use situ_core::{
    AppendError, BATCH_LIMIT, Event, Kind, Payload, UnknownPayload, WireError, from_lines,
};
use situ_sqlite::SqliteStore;

use super::Added;
use super::trial::Trial;
use crate::exit::Hinted;
use crate::ledger;
use crate::now::Now;

/// A line that was left out.
#[derive(Debug, Serialize)]
struct Reject<'a> {
    line: usize,
    column: usize,
    reason: &'a str,
    text: &'a str,
}

/// An event, and the line it was read from.
struct Read {
    event: Event,
    line: usize,
    text: Vec<u8>,
}

/// How an input is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules<'a> {
    /// Where lines that are no event go; absent: the first one ends it.
    pub(crate) rejects: Option<&'a Path>,
    pub(crate) allow_unknown: bool,
    pub(crate) dry_run: bool,
}

/// Where what was read goes.
struct Intake<'a> {
    rules: Rules<'a>,
    name: &'a str,
    store: &'a SqliteStore,
    path: &'a Path,
    now: &'a Now,
    trial: Trial<'a>,
    rejects: Option<Rejects<'a>>,
    added: Added,
}

/// The file of the lines left out: a new one, made when there is a line to write.
pub(crate) struct Rejects<'a> {
    path: &'a Path,
    file: Option<BufWriter<File>>,
}

/// Adds every line of an input.
pub(crate) fn add(
    input: &mut dyn BufRead,
    name: &str,
    rules: Rules<'_>,
    store: &SqliteStore,
    (path, now): (&Path, &Now),
) -> anyhow::Result<Added> {
    let rejects = rules
        .rejects
        .map(|file| Rejects::new(file, path))
        .transpose()?;
    let mut intake = Intake {
        rules,
        name,
        store,
        path,
        now,
        trial: Trial::new(store),
        rejects,
        added: Added::default(),
    };
    let mut lines = from_lines(input, || now.new_id());
    let mut batch: Vec<Read> = Vec::new();
    while let Some(line) = lines.next() {
        let checked = line.and_then(|event| intake.check_kind(event, lines.number()));
        match checked {
            Ok(event) => batch.push(Read {
                event,
                line: lines.number(),
                text: intake
                    .rejects
                    .as_ref()
                    .map_or(Vec::new(), |_| lines.line().to_vec()),
            }),
            Err(error) => intake.refuse(&error, lines.line(), &batch)?,
        }
        if batch.len() == BATCH_LIMIT {
            intake.append(std::mem::take(&mut batch))?;
        }
    }
    intake.append(batch)?;
    intake.finish()
}

impl Intake<'_> {
    /// Refuses kinds and versions this program does not know, which more often are slips of the pen than of the future.
    fn check_kind(&self, event: Event, line: usize) -> Result<Event, WireError> {
        let Payload::Unknown(UnknownPayload { kind, version, .. }) = &event.payload else {
            return Ok(event);
        };
        if self.rules.allow_unknown {
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

    /// Writes a line to the rejects and goes on, or stops.
    fn refuse(&mut self, error: &WireError, text: &[u8], batch: &[Read]) -> anyhow::Result<()> {
        let Some(rejects) = &mut self.rejects else {
            let written = match batch.first() {
                Some(first) => format!("nothing from line {} on was written", first.line),
                None => "nothing from there on was written".to_owned(),
            };
            let before = self.added.added + self.added.already_there;
            let hint = match before {
                0 => format!(
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

    fn append(&mut self, mut batch: Vec<Read>) -> anyhow::Result<()> {
        while !batch.is_empty() {
            let (first, last) = (batch[0].line, batch[batch.len() - 1].line);
            let events: Vec<Event> = batch.iter().map(|read| read.event.clone()).collect();
            let error = match self.try_append(&events) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let Some(index) = culprit(&error) else {
                return Err(error.context(format!("{}, lines {first} to {last}", self.name)));
            };
            let read = batch.remove(index);
            let refused = WireError {
                line: read.line,
                column: 1,
                reason: reason(&error),
            };
            self.refuse(&refused, &read.text, &batch)?;
        }
        Ok(())
    }

    fn try_append(&mut self, events: &[Event]) -> anyhow::Result<()> {
        let added = if self.rules.dry_run {
            self.trial.add(events, self.now.instant())?
        } else {
            ledger::append(self.store, self.path, events, self.now)?.added
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
