//! `situ import`: files into the log, as a mapping says.

use std::io::{Cursor, Read as _, Write};
use std::path::Path;

use anyhow::Context as _;
use situ_core::{Event, EventStore as _, Instant, Position, Projection as _, replay};
use situ_import::{
    Feed, GitFile, History, ImportError, Imported, Mapping, Outlet, Refused, Reject, Shape, Source,
    Table, VersionsTold, holds_cloud_events,
};
use situ_sqlite::SqliteStore;

use super::add::lines::{self, Rejects};
use super::add::trial::Trial;
use super::add::{self, Added};
use crate::args::{ImportArgs, ImportFrom, ImportGitArgs, ImportRules, KnownArg};
use crate::exit::{Exit, Hinted};
use crate::ledger;
use crate::now::Now;
use crate::render::number::plural;
use crate::run::Session;
use crate::time::Clock;

pub(crate) fn run(args: &ImportArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    if session.global.at.is_some() || session.global.known != KnownArg::Now {
        let message = "an import asks nothing, so --at and --known mean nothing here";
        return Err(Hinted::new(
            message,
            "leave them out; --learnt says when a table became public",
        )
        .into());
    }
    let store = ledger::open_to_write(session.global.store())?;
    let (rules, mut added) = match (&args.from, &args.file) {
        (Some(ImportFrom::Git(git)), _) => (&git.rules, from_git(git, &store, session)?),
        (None, Some(file)) => (&args.rules, from_file(args, file, &store, session)?),
        (None, None) => return Err(Hinted::new("nothing to import", "name a file").into()),
    };
    added.dry_run = rules.dry_run;
    added.head = store.head()?;
    add::end(&added, session)
}

fn from_file(
    args: &ImportArgs,
    file: &Path,
    store: &SqliteStore,
    session: &mut Session<'_>,
) -> anyhow::Result<Added> {
    let is_standard_input = file == Path::new("-");
    let name = match is_standard_input {
        true => "standard input".to_owned(),
        false => file.display().to_string(),
    };
    let Some(map) = &args.map else {
        let log = lines::Log {
            store,
            path: session.global.store(),
            now: session.now,
        };
        let mut opened;
        let input = match is_standard_input {
            true => &mut *session.input,
            false => {
                opened = situ_import::open(file)?;
                &mut opened
            }
        };
        // What cannot be read is told by the reader, with its line.
        let mut begin = Vec::new();
        let form = match holds_cloud_events(input, &mut begin) {
            Ok(true) => lines::Form::CloudEvents,
            Ok(false) | Err(_) => lines::Form::Wire,
        };
        let rules = lines::Rules {
            rejects: args.rules.rejects.as_deref(),
            allow_unknown: args.allow_unknown,
            dry_run: args.rules.dry_run,
            form,
        };
        let mut input = Cursor::new(begin).chain(input);
        return lines::add(&mut input, &name, rules, log, session.err);
    };
    if is_standard_input {
        let hint = "name the file; one that is compressed is read by the end of its name";
        return Err(Hinted::new("a mapping reads files, not standard input", hint).into());
    }
    let mapping = mapping(map)?;
    let learnt = match &args.learnt {
        Some(text) => {
            let clock = Clock {
                now: session.now.instant(),
                zone: mapping.zone(),
            };
            Some(clock.fixed(text).context("cannot read --learnt")?.instant)
        }
        None => None,
    };
    let input = situ_import::open(file)?;
    let mut source: Box<dyn Source> = match mapping.shape() {
        Shape::History => {
            let told = versions_told(&mapping, store)?;
            Box::new(History::new(input, mapping).following(told))
        }
        Shape::Csv | Shape::Hxl | Shape::Json => Box::new(Table::new(input, mapping, learnt)),
        Shape::Cap | Shape::GtfsRt | Shape::Wzdx => Box::new(Feed::new(input, mapping, learnt)),
    };
    let origin = Origin {
        name: &name,
        remedy: "mend the file or the mapping",
    };
    tell(source.as_mut(), origin, &args.rules, store, session)
}

fn from_git(
    args: &ImportGitArgs,
    store: &SqliteStore,
    session: &mut Session<'_>,
) -> anyhow::Result<Added> {
    let mapping = mapping(&args.map)?;
    if !matches!(mapping.shape(), Shape::Csv | Shape::Hxl | Shape::Json) {
        let message = format!("the mapping {} is of no table", args.map.display());
        let hint = "say how the file itself is laid out: shape = \"csv\", \"hxl\" or \"json\"";
        return Err(Hinted::new(message, hint).into());
    }
    let file = GitFile::open(&args.repository, &args.path)?;
    let name = args.path.display().to_string();
    let told = versions_told(&mapping, store)?;
    let mut history = History::of_git(file, mapping).following(told);
    // What is committed stays as it is.
    let origin = Origin {
        name: &name,
        remedy: "mend the mapping",
    };
    tell(&mut history, origin, &args.rules, store, session)
}

fn mapping(map: &Path) -> anyhow::Result<Mapping> {
    let text = std::fs::read_to_string(map)
        .with_context(|| format!("cannot read the mapping {}", map.display()))?;
    Mapping::from_toml(&text).map_err(|error| {
        let said = error.to_string();
        anyhow::anyhow!("the mapping {}: {}", map.display(), said.trim_end())
    })
}

/// The versions of a history that are in the log already.
fn versions_told(mapping: &Mapping, store: &SqliteStore) -> anyhow::Result<VersionsTold> {
    let mut told = VersionsTold::of(mapping);
    replay(store, Position::START, |recorded| told.apply(recorded))?;
    Ok(told)
}

/// What is imported.
#[derive(Clone, Copy)]
struct Origin<'a> {
    name: &'a str,
    /// What can be done about something in it that cannot be read.
    remedy: &'static str,
}

/// Tells the log all that a source yields.
fn tell(
    source: &mut dyn Source,
    origin: Origin<'_>,
    rules: &ImportRules,
    store: &SqliteStore,
    session: &mut Session<'_>,
) -> anyhow::Result<Added> {
    let path = session.global.store();
    let rejects = rules.rejects.as_deref();
    let mut log = Log {
        store,
        path,
        now: session.now,
        trial: rules.dry_run.then(|| Trial::new(store)),
        rejects: rejects.map(|file| Rejects::new(file, path)).transpose()?,
        origin,
        so_far: 0,
        told: session.now.instant(),
        err: session.err,
    };
    let imported = situ_import::import(source, &mut log);
    let flushed = log.rejects.as_mut().map_or(Ok(()), Rejects::flush);
    let written = log.written();
    let imported = imported.map_err(|error| match error {
        ImportError::Outlet(error) => error,
        ImportError::Read(error) => {
            let hint = match written {
                0 => "nothing was written".to_owned(),
                _ => format!("{} before it are in the log", plural(written, "event")),
            };
            let name = origin.name;
            Hinted::new(format!("{name} cannot be read any further: {error}"), hint).into()
        }
    })?;
    // What ended the import says more than that its rejects cannot be written.
    flushed?;
    for note in source.notes() {
        writeln!(session.err, "note: {note}")?;
    }
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let mut added = Added::default();
    added.added = count(imported.added);
    added.already_there = count(imported.already_there);
    added.rejected = count(imported.rejected);
    added.unread_versions = count(imported.unread_versions);
    Ok(added)
}

/// The log as the outlet of an import.
struct Log<'a> {
    store: &'a SqliteStore,
    path: &'a Path,
    now: &'a Now,
    trial: Option<Trial<'a>>,
    rejects: Option<Rejects<'a>>,
    origin: Origin<'a>,
    /// How many events went through.
    so_far: usize,
    /// When somebody was told last how far it is.
    told: Instant,
    err: &'a mut dyn Write,
}

impl Log<'_> {
    /// How many events are in the log: of a trial, none.
    const fn written(&self) -> usize {
        match self.trial {
            Some(_) => 0,
            None => self.so_far,
        }
    }
}

impl Outlet for Log<'_> {
    type Error = anyhow::Error;

    fn append(&mut self, batch: &[Event]) -> Result<usize, Refused<anyhow::Error>> {
        let added = match &mut self.trial {
            Some(trial) => trial.add(batch, self.now.instant()),
            None => ledger::append(self.store, self.path, batch, self.now)
                .map(|appended| appended.added),
        };
        let added = added.map_err(refused)?;
        self.so_far += batch.len();
        Ok(added)
    }

    fn reject(&mut self, reject: &Reject) -> anyhow::Result<()> {
        match &mut self.rejects {
            Some(rejects) => rejects.write(reject),
            None => {
                let way_out = "or leave such out with --keep-going --rejects FILE";
                let Origin { name, remedy } = self.origin;
                let hint = match self.written() {
                    0 => format!("nothing was written; {remedy}, {way_out}"),
                    written => format!(
                        "{} before it are in the log; {remedy} and import again, which adds nothing twice, {way_out}",
                        plural(written, "event")
                    ),
                };
                Err(Hinted::new(format!("{name}, {reject}"), hint).into())
            }
        }
    }

    fn progress(&mut self, so_far: &Imported) {
        let now = self.now.by_now();
        if now >= self.told.saturating_add_nanos(1_000_000_000) {
            self.told = now;
            let events = plural(self.so_far, "event");
            let place = match so_far.versions {
                0 => format!("line {}", so_far.line),
                version => format!("version {version}"),
            };
            // Whoever does not read it misses nothing.
            let _ = writeln!(self.err, "{}, {place}: {events}", self.origin.name);
        }
    }
}

fn refused(error: anyhow::Error) -> Refused<anyhow::Error> {
    match error.downcast::<situ_core::AppendError>() {
        Ok(error) => error.into(),
        Err(error) => Refused::Other(error),
    }
}
