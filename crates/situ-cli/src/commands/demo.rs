//! `situ demo`: tells a real crisis, and prints what was known of it on one day.

use std::io::BufReader;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use situ_core::{
    AsOf, Event, Instant, Known, Payload, Position, Projection as _, SituationId, Valid,
    from_lines, replay,
};
use situ_services::{ServiceStatus, Services, TimeToLive};
use situ_sqlite::SqliteStore;
use situ_tolls::{Toll, Tolls};

use crate::answer::{self, ResolvedAsOf};
use crate::args::DemoArgs;
use crate::exit::Exit;
use crate::ledger::{self, Citation, Ledger};
use crate::question::Question;
use crate::render::names::Names;
use crate::render::number::plural;
use crate::render::paint::Tone;
use crate::render::summary::{acts_in_full, speaker, summary};
use crate::render::table::{Cell, Table, paragraph};
use crate::render::{services, toll};
use crate::run::Session;

const STORY: &str = include_str!("../../demo/balochistan-2026.ndjson");

const WHAT_THIS_IS: &str = "What sources claimed about one crisis, as it could be known on one day. Every line names the claim it rests on: @16#3 is the third figure of the event at position 16.";

/// The moment asked about: 4 February 2026, noon in Karachi.
const NOON: &str = "2026-02-04T07:00:00Z";

/// The answer.
#[derive(Debug, Serialize)]
struct Told {
    added: usize,
    already_there: usize,
    situation: SituationId,
    figures: Vec<Toll>,
    services: Vec<ServiceStatus>,
}

pub(crate) fn run(_: &DemoArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    if let Some(path) = session.global.store_given() {
        return tell(path, Some(path), session);
    }
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    tell(&folder.path().join("demo.db"), None, session)
}

fn tell(path: &Path, kept: Option<&Path>, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let store = ledger::open_or_create(path)?;
    let story = story(session)?;
    let appended = ledger::append(&store, path, &story, session.now)?;
    session.recorded = kept.map(|path| {
        let added = plural(appended.added, "event");
        format!("{added} added to {}", path.display())
    });
    let situation = story[0].situation.clone();
    let (mut tolls, mut services) = (Tolls::default(), Services::default());
    let ledger = Ledger::read(&store, |recorded| {
        tolls.apply(recorded)?;
        services.apply(recorded).map(drop)
    })?;
    let noon: Instant = NOON.parse().expect("the moment of the demo is an instant");
    let zone = ledger
        .register
        .zone(&situation, Known::Position(ledger.head));
    let question = Question {
        zone,
        counted_in: zone,
        as_of: AsOf {
            valid: Valid(noon),
            known: Known::Learnt(noon),
        },
        position: ledger.head,
        situation,
    };
    let told = Told {
        added: appended.added,
        already_there: story.len() - appended.added,
        figures: tolls
            .at(
                &question.situation,
                question.as_of,
                &situ_tolls::Question::default(),
            )
            .tolls,
        services: services
            .at(&question.situation, question.as_of, &TimeToLive::default())
            .services,
        situation: question.situation.clone(),
    };
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(&question), told)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&store);
    let names = question.names(&ledger.register, &cite);
    let out = &mut *session.out;
    paragraph(out, 0, WHAT_THIS_IS, Tone::Quiet)?;
    writeln!(out, "\n{}\n", question.heading(&ledger.register))?;
    happened(&store, &question, &names, out)?;
    writeln!(out)?;
    let shown = (toll::Detail::Brief, toll::Windows::All);
    toll::write(&told.figures, &names, shown, out)?;
    writeln!(out, "\n{}", Tone::Strong.paint("Services"))?;
    services::write(&told.services, &names, out)?;
    next(&told, kept, out)?;
    Ok(Exit::Answered)
}

fn story(session: &Session<'_>) -> anyhow::Result<Vec<Event>> {
    let lines = from_lines(BufReader::new(STORY.as_bytes()), || session.now.new_id());
    let events: Result<Vec<Event>, _> = lines.collect();
    events.context("cannot read the demo")
}

/// Attacks, operations, and what was said about them.
fn happened(
    store: &SqliteStore,
    question: &Question,
    names: &Names<'_>,
    out: &mut dyn std::io::Write,
) -> anyhow::Result<()> {
    let mut table = Table::indented(2);
    replay(store, Position::START, |recorded| {
        if recorded.situation != question.situation || !recorded.is_known(question.as_of.known) {
            return Ok(());
        }
        let event = recorded.event()?;
        let said = match &event.payload {
            Payload::AttackOccurred(_) | Payload::OperationConducted(_) => summary(&event, names),
            Payload::StatementIssued(statement) => {
                let when = event
                    .occurred
                    .as_ref()
                    .map(|when| format!("; {}", names.when(when)))
                    .unwrap_or_default();
                format!("{} {}{when}", speaker(statement), acts_in_full(statement))
            }
            _ => return Ok(()),
        };
        let by = event
            .source
            .as_ref()
            .map(|source| names.source(&source.origin))
            .unwrap_or_default();
        table.row([
            Cell::number(format!("@{}", recorded.position), Tone::Quiet),
            Cell::from(if said.contains(&by) {
                said
            } else {
                format!("{said} ({by})")
            }),
        ]);
        Ok(())
    })?;
    writeln!(
        out,
        "{}",
        Tone::Strong.paint("What was said to have happened")
    )?;
    table.write(out)?;
    Ok(())
}

/// What to try next; every line works when pasted.
fn next(told: &Told, kept: Option<&Path>, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    let Some(path) = kept else {
        let text = format!(
            "That was told from {} in a temporary file. Keep it with `situ demo --store demo.db`, then ask:",
            plural(told.added, "event")
        );
        writeln!(out)?;
        paragraph(out, 0, &text, Tone::Plain)?;
        return questions("demo.db", out);
    };
    let path = path.display().to_string();
    let added = plural(told.added, "event");
    let there = if told.already_there > 0 {
        format!(", {} were there already", told.already_there)
    } else {
        String::new()
    };
    writeln!(out, "\n{added} added to {path}{there}. Now ask:")?;
    questions(&shell_word(&path), out)
}

fn questions(path: &str, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    let questions = [
        (
            "toll --at '2026-02-04 12:00' --evidence",
            "why each figure is what it is",
        ),
        (
            "toll --at '2026-02-04 07:00' --known then",
            "what was known that morning",
        ),
        (
            "services --at '2026-02-07 12:00'",
            "three days on, nobody reports",
        ),
        ("show @16", "one report, and its figures"),
        ("correct @16#3 --to 38", "what if a figure was mistyped?"),
    ];
    let mut table = Table::indented(2);
    for (question, why) in questions {
        table.row([
            Cell::from(format!("situ {question} --store {path}")),
            Cell::new(why, Tone::Quiet),
        ]);
    }
    table.write(out)?;
    Ok(())
}

/// A path as a shell takes it.
fn shell_word(path: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-~".contains(c);
    if path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}
