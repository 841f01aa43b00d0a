//! `situ export`: events, claims, tolls and services for other programs.

mod package;
mod parquet;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use situ_core::{Access, AsOf, EventStore as _, Known, Position, Recorded, Register, SituationId};
use situ_import::export::{CsvWriter, Exported, Geometry, Guard, cloud_event, feature, json_row};
use situ_rows::{CLAIMS, EVENTS, Row, SERVICES, TOLLS, Table, event_row};
use situ_services::TimeToLive;
use situ_sqlite::SqliteStore;
use situ_tolls::Policy;

use crate::args::{EventsFormat, ExportArgs, Exports, TableArgs, TableFormat};
use crate::exit::{Exit, Hinted};
use crate::ledger::{self, Ledger};
use crate::question::Question;
use crate::render::number::plural;
use crate::run::Session;
use crate::saved;

/// What is exported of which log.
struct Asked {
    store: SqliteStore,
    head: Position,
    as_of: AsOf,
    /// The position it is resolved at.
    position: Position,
    situation: Option<SituationId>,
    takes_restricted: bool,
}

/// What was left out of an export, for whoever reads it to know.
#[derive(Debug, Clone, Copy, Default)]
struct LeftOut {
    /// Restricted events.
    restricted: u64,
    /// Claims about a time that had not begun.
    not_begun: u64,
    /// Events that do not say when they were learnt: a log takes them for learnt when it takes them.
    unstamped: u64,
}

pub(crate) fn run(args: &ExportArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let asked = asked(args, session)?;
    match &args.what {
        Exports::Events(args) => {
            let mut left_out = LeftOut::default();
            let output = args.output.as_deref();
            let is_binary = args.format == EventsFormat::Parquet;
            if args.spreadsheet_safe && args.format != EventsFormat::Csv {
                let message = "--spreadsheet-safe is for CSV";
                return Err(Hinted::new(message, "leave it out, or add --format csv").into());
            }
            let guard = guard(args.spreadsheet_safe);
            let notes = written(output, is_binary, session.out, |out| {
                events(&asked, args.format, guard, out, &mut left_out)
            })?;
            said(&left_out, notes, session.err)?;
        }
        Exports::Claims(args) => table(&CLAIMS, args, &Policy::default(), &asked, session)?,
        Exports::Tolls(args) => table(&TOLLS, &args.table, &args.policy, &asked, session)?,
        Exports::Services(args) => table(&SERVICES, args, &Policy::default(), &asked, session)?,
        Exports::Package(args) => package::write(args, &asked, session)?,
    }
    Ok(Exit::Answered)
}

fn asked(args: &ExportArgs, session: &mut Session<'_>) -> anyhow::Result<Asked> {
    let store = ledger::open_to_read(session.global.store())?;
    let ledger = saved::ledger(&store, session.err)?;
    let question = question(session, &ledger)?;
    Ok(Asked {
        store,
        head: ledger.head,
        as_of: question.as_of,
        position: question.position,
        situation: session.global.situation.clone(),
        takes_restricted: args.restricted,
    })
}

/// Times are read in the zone of the situation named, or of the first one.
fn question(session: &mut Session<'_>, ledger: &Ledger) -> anyhow::Result<Question> {
    match (&session.global.situation, ledger.situations.first()) {
        (None, Some(first)) => Question::about(session, ledger, first.clone()),
        _ => Question::resolve(session, ledger),
    }
}

impl Asked {
    /// Passes on every event that is let in, in the order of the log, and counts the restricted that are not.
    fn each(
        &self,
        left_out: &mut LeftOut,
        mut each: impl FnMut(&Recorded) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        const PAGE: usize = 1_000;
        let mut reached = Position::START;
        while reached < self.head {
            let page = self.store.read_after(reached, PAGE)?;
            let Some(last) = page.last() else {
                break;
            };
            reached = last.position;
            for recorded in page
                .iter()
                .filter(|recorded| recorded.position <= self.head)
            {
                let is_restricted = recorded.event()?.access == Access::Restricted;
                if !is_restricted || self.takes_restricted {
                    each(recorded)?;
                } else if self.is_asked(recorded) {
                    left_out.restricted += 1;
                }
            }
        }
        Ok(())
    }

    /// Whether an event is of a situation that is exported, and was known.
    fn is_asked(&self, recorded: &Recorded) -> bool {
        recorded.is_known(self.as_of.known) && self.is_of(&recorded.situation)
    }

    fn is_of(&self, situation: &SituationId) -> bool {
        self.situation
            .as_ref()
            .is_none_or(|asked| asked == situation)
    }

    fn exported(&self, left_out: &mut LeftOut) -> anyhow::Result<Exported> {
        let mut exported = Exported::default();
        self.each(left_out, |recorded| Ok(exported.take(recorded)?))?;
        Ok(exported)
    }

    /// Makes the rows of a table, and passes each on with its situation.
    fn rows(
        &self,
        table: &Table,
        exported: &Exported,
        policy: &Policy,
        left_out: &mut LeftOut,
        mut each: impl FnMut(&SituationId, &Row) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if table.name == CLAIMS.name {
            let mut restricted = LeftOut::default();
            return self.each(&mut restricted, |recorded| {
                let event = recorded.event()?;
                let earliest = event.occurred.as_ref().and_then(situ_core::When::earliest);
                let has_begun = earliest.is_none_or(|earliest| earliest <= self.as_of.valid.0);
                if !self.is_of(&recorded.situation) {
                    return Ok(());
                }
                for row in exported.claims(recorded, self.as_of)? {
                    if has_begun {
                        each(&recorded.situation, &row)?;
                    } else {
                        left_out.not_begun += 1;
                    }
                }
                Ok(())
            });
        }
        for situation in exported.situations().filter(|other| self.is_of(other)) {
            let rows = if table.name == TOLLS.name {
                exported.tolls(situation, self.as_of, policy)
            } else {
                exported.services(situation, self.as_of, &TimeToLive::default())
            };
            for row in &rows {
                each(situation, row)?;
            }
        }
        Ok(())
    }
}

/// Writes the events.
fn events(
    asked: &Asked,
    format: EventsFormat,
    guard: Guard,
    out: &mut dyn Write,
    left_out: &mut LeftOut,
) -> anyhow::Result<Notes> {
    let mut notes = Notes::default();
    let mut unstamped = 0;
    let mut each = |write: &mut dyn FnMut(&Recorded) -> anyhow::Result<()>| {
        asked.each(left_out, |recorded| {
            if !asked.is_asked(recorded) {
                return Ok(());
            }
            if recorded.event()?.learnt_at.is_none() {
                unstamped += 1;
            }
            write(recorded)
        })
    };
    match format {
        EventsFormat::Ndjson => {
            each(&mut |recorded| Ok(writeln!(out, "{}", recorded.to_line())?))?;
            left_out.unstamped = unstamped;
        }
        EventsFormat::Cloudevents => {
            each(&mut |recorded| Ok(writeln!(out, "{}", cloud_event(recorded)?)?))?;
        }
        EventsFormat::CloudeventsBatch => {
            let mut before = "[\n";
            each(&mut |recorded| {
                write!(out, "{before}{}", cloud_event(recorded)?)?;
                before = ",\n";
                Ok(())
            })?;
            let end = if before == "[\n" { "[]" } else { "\n]" };
            writeln!(out, "{end}")?;
        }
        EventsFormat::Csv => {
            let mut writer = CsvWriter::new(&EVENTS, guard, out)?;
            each(&mut |recorded| Ok(writer.row(&event_row(recorded)?)?))?;
            notes.guarded = writer.finish()?;
        }
        EventsFormat::Parquet => {
            let mut writer = parquet::writer(&EVENTS, out)?;
            each(&mut |recorded| Ok(writer.row(&event_row(recorded)?)?))?;
            writer.finish()?;
        }
    }
    Ok(notes)
}

const fn guard(is_safe: bool) -> Guard {
    if is_safe {
        Guard::Formulas
    } else {
        Guard::None
    }
}

/// Writes to a new file if one is named, which is there whole or not at all, else to standard output.
fn written<T>(
    output: Option<&Path>,
    is_binary: bool,
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let Some(path) = output else {
        if is_binary {
            let message = "Parquet is not written to standard output";
            return Err(Hinted::new(message, "name a new file with --output").into());
        }
        return write(out);
    };
    let cannot = || format!("cannot write {}", path.display());
    let file = File::create_new(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            let message = format!("{} is there already", path.display());
            anyhow::Error::from(Hinted::new(message, "name a new file with --output"))
        }
        _ => anyhow::Error::from(error).context(cannot()),
    })?;
    let mut file = BufWriter::new(file);
    let done = write(&mut file).and_then(|done| {
        file.flush().with_context(cannot)?;
        Ok(done)
    });
    if done.is_err() {
        // What is left of it is not an export; that it stays is no second trouble.
        let _ = fs::remove_file(path);
    }
    done
}

/// What happened to rows while they were written.
#[derive(Debug, Clone, Copy, Default)]
struct Notes {
    /// Cells guarded against being taken for formulas.
    guarded: u64,
    /// Features without a place on the map.
    nowhere: u64,
}

fn table(
    table: &Table,
    args: &TableArgs,
    policy: &Policy,
    asked: &Asked,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let mut left_out = LeftOut::default();
    let exported = asked.exported(&mut left_out)?;
    let (register, known) = (exported.register(), asked.as_of.known);
    let output = args.output.as_deref();
    let is_binary = args.format == TableFormat::Parquet;
    let notes = written(output, is_binary, session.out, |out| {
        let mut sink = Sink::new(table, args, register, known, out)?;
        asked.rows(table, &exported, policy, &mut left_out, |situation, row| {
            Ok(sink.row(situation, row)?)
        })?;
        Ok(sink.finish()?)
    })?;
    said(&left_out, notes, session.err)
}

/// Where rows go, in one of the formats.
struct Sink<'a> {
    table: &'a Table,
    register: &'a Register,
    known: Known,
    notes: Notes,
    format: Format<'a>,
}

enum Format<'a> {
    Csv(Box<CsvWriter<'a, &'a mut dyn Write>>),
    Lines(&'a mut dyn Write),
    Features {
        out: &'a mut dyn Write,
        before: &'static str,
    },
    Parquet(Box<parquet::ParquetWriter<'a, &'a mut dyn Write>>),
}

impl<'a> Sink<'a> {
    fn new(
        table: &'a Table,
        args: &TableArgs,
        register: &'a Register,
        known: Known,
        out: &'a mut dyn Write,
    ) -> anyhow::Result<Self> {
        let is_csv = args.format == TableFormat::Csv;
        if !is_csv && (args.hxl || args.spreadsheet_safe) {
            let message = "--hxl and --spreadsheet-safe are for CSV";
            return Err(Hinted::new(message, "leave them out, or leave out --format").into());
        }
        let format = match args.format {
            TableFormat::Csv => {
                let guard = guard(args.spreadsheet_safe);
                let mut writer = CsvWriter::new(table, guard, out)?;
                if args.hxl {
                    writer.tags()?;
                }
                Format::Csv(Box::new(writer))
            }
            TableFormat::Ndjson => Format::Lines(out),
            TableFormat::Geojson => {
                write!(out, "{{\"type\":\"FeatureCollection\",\"features\":[")?;
                Format::Features { out, before: "\n" }
            }
            TableFormat::Parquet => Format::Parquet(Box::new(parquet::writer(table, out)?)),
        };
        Ok(Self {
            table,
            register,
            known,
            notes: Notes::default(),
            format,
        })
    }

    fn row(&mut self, situation: &SituationId, row: &Row) -> io::Result<()> {
        match &mut self.format {
            Format::Csv(writer) => writer.row(row),
            Format::Lines(out) => writeln!(out, "{}", json_row(self.table, row)),
            Format::Parquet(writer) => writer.row(row),
            Format::Features { out, before } => {
                let (feature, geometry) =
                    feature(self.table, row, situation, self.register, self.known);
                if geometry == Geometry::None {
                    self.notes.nowhere += 1;
                }
                write!(out, "{before}{feature}")?;
                *before = ",\n";
                Ok(())
            }
        }
    }

    fn finish(mut self) -> io::Result<Notes> {
        match self.format {
            Format::Csv(writer) => self.notes.guarded = writer.finish()?,
            Format::Lines(_) => {}
            Format::Parquet(writer) => writer.finish()?,
            Format::Features { out, .. } => writeln!(out, "\n]}}")?,
        }
        Ok(self.notes)
    }
}

/// Says what is not as a reader would think.
fn said(left_out: &LeftOut, notes: Notes, err: &mut dyn Write) -> anyhow::Result<()> {
    let mut say = |number: u64, one: &str, what: &str| {
        if number == 0 {
            return Ok(());
        }
        let things = plural(usize::try_from(number).unwrap_or(usize::MAX), one);
        writeln!(err, "note: {things} {what}").context("cannot write to standard error")
    };
    say(
        left_out.restricted,
        "restricted event",
        "left out; --restricted takes them in",
    )?;
    say(
        left_out.not_begun,
        "claim",
        "left out: what they speak of had not begun then; --at asks about a later moment",
    )?;
    say(
        left_out.unstamped,
        "event",
        "without a time of learning; in another log that is when they arrive",
    )?;
    say(
        notes.guarded,
        "cell",
        "guarded by an apostrophe against being taken for a formula",
    )?;
    say(notes.nowhere, "feature", "without a point on the map")
}
