//! `situ demo`: tells a real crisis, and prints what was known of it on one day, or in the end.

use std::io::BufReader;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use situ_core::{
    AsOf, Event, EventId, Instant, Known, Payload, Position, Projection as _, SituationId, Valid,
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

/// What was known on 4 February.
const REPORT: &str = include_str!("../../demo/balochistan-2026.ndjson");

/// How the figures came out before and after.
const BEFORE_AND_AFTER: &str = include_str!("../../demo/balochistan-2026-before-and-after.ndjson");

const WHAT_THIS_IS: &str = "What sources claimed about one crisis, as it could be known on one day. Every line names the claim it rests on: @16#3 is the third figure of the event at position 16.";

const WHAT_THE_WHOLE_IS: &str = "What sources claimed about one crisis, from the first report to the last. Every line names the claim it rests on: @16#3 is the third figure of the event at position 16.";

/// The moment asked about: 4 February 2026, noon in Karachi.
const NOON: &str = "2026-02-04T07:00:00Z";

/// The moment asked about where the whole is told: 6 February 2026, 20:00 in Karachi.
const IN_THE_END: &str = "2026-02-06T15:00:00Z";

/// The event of the totals of 4 February, which is shown and corrected in what to try next.
const TOTALS: &str = "019c2705-8880-7000-8000-000000000010";

/// The answer.
#[derive(Debug, Serialize)]
struct Told {
    added: usize,
    already_there: usize,
    situation: SituationId,
    figures: Vec<Toll>,
    services: Vec<ServiceStatus>,
}

pub(crate) fn run(args: &DemoArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    if let Some(path) = session.global.store_given() {
        return tell(args, path, Some(path), session);
    }
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    tell(args, &folder.path().join("demo.db"), None, session)
}

fn tell(
    args: &DemoArgs,
    path: &Path,
    kept: Option<&Path>,
    session: &mut Session<'_>,
) -> anyhow::Result<Exit> {
    let (what_this_is, asked_at) = if args.whole {
        (WHAT_THE_WHOLE_IS, IN_THE_END)
    } else {
        (WHAT_THIS_IS, NOON)
    };
    let store = ledger::open_or_create(path)?;
    let story = story(args, session)?;
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
    let asked_at: Instant = asked_at
        .parse()
        .expect("the moment of the demo is an instant");
    let zone = ledger
        .register
        .zone(&situation, Known::Position(ledger.head));
    let question = Question {
        zone,
        counted_in: zone,
        as_of: AsOf {
            valid: Valid(asked_at),
            known: Known::Learnt(asked_at),
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
    paragraph(out, 0, what_this_is, Tone::Quiet)?;
    writeln!(out, "\n{}\n", question.heading(&ledger.register))?;
    happened(&store, &question, &names, out)?;
    writeln!(out)?;
    let shown = (toll::Detail::Brief, toll::Windows::All);
    toll::write(&told.figures, &names, shown, out)?;
    writeln!(out, "\n{}", Tone::Strong.paint("Services"))?;
    services::write(&told.services, &names, out)?;
    let next = if args.whole {
        questions_of_the_whole()
    } else {
        questions_of_the_report(&cite)
    };
    write_next(&told, args, kept, &next, out)?;
    Ok(Exit::Answered)
}

/// The events in the order they became public; a log told in that order can be asked as known at any position.
fn story(args: &DemoArgs, session: &Session<'_>) -> anyhow::Result<Vec<Event>> {
    let files = if args.whole {
        &[REPORT, BEFORE_AND_AFTER][..]
    } else {
        &[REPORT]
    };
    let lines = files
        .iter()
        .flat_map(|file| from_lines(BufReader::new(file.as_bytes()), || session.now.new_id()));
    let events: Result<Vec<Event>, _> = lines.collect();
    let mut events = events.context("cannot read the demo")?;
    events.sort_by_key(|event| event.learnt_at);
    Ok(events)
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

/// A question to try next, and why.
type Next = (String, &'static str);

fn questions_of_the_report(cite: &Citation<'_>) -> Vec<Next> {
    let totals: EventId = TOTALS.parse().expect("the id of an event of the demo");
    let totals = cite.event(totals);
    vec![
        (
            "toll --at '2026-02-04 12:00' --evidence".to_owned(),
            "why each figure is what it is",
        ),
        (
            "toll --at '2026-02-04 07:00' --known then".to_owned(),
            "what was known that morning",
        ),
        (
            "services --at '2026-02-07 12:00'".to_owned(),
            "three days on, nobody reports",
        ),
        (format!("show {totals}"), "one report, and its figures"),
        (
            format!("correct {totals}#3 --to 38"),
            "what if a figure was mistyped?",
        ),
    ]
}

fn questions_of_the_whole() -> Vec<Next> {
    let militants = "toll --at 2026-02-06 --who non_state_armed";
    vec![
        (format!("{militants} --evidence"), "93 or 216: why"),
        (format!("{militants} --policy highest"), "by another rule"),
        (
            "toll --at '2026-02-02 20:00' --known then".to_owned(),
            "Monday evening",
        ),
        (
            "services --at '2026-02-05 20:00' --known then".to_owned(),
            "trains run again",
        ),
    ]
}

/// What to try next; every line works when pasted.
fn write_next(
    told: &Told,
    args: &DemoArgs,
    kept: Option<&Path>,
    next: &[Next],
    out: &mut dyn std::io::Write,
) -> anyhow::Result<()> {
    let Some(path) = kept else {
        let whole = if args.whole { "--whole " } else { "" };
        let text = format!(
            "That was told from {} in a temporary file. Keep it with `situ demo {whole}--store demo.db`, then ask:",
            plural(told.added, "event")
        );
        writeln!(out)?;
        paragraph(out, 0, &text, Tone::Plain)?;
        return questions(next, "demo.db", out);
    };
    let path = path.display().to_string();
    let added = plural(told.added, "event");
    let there = if told.already_there > 0 {
        format!(", {} were there already", told.already_there)
    } else {
        String::new()
    };
    writeln!(out, "\n{added} added to {path}{there}. Now ask:")?;
    questions(next, &shell_word(&path), out)
}

fn questions(next: &[Next], path: &str, out: &mut dyn std::io::Write) -> anyhow::Result<()> {
    let mut table = Table::indented(2);
    for (question, why) in next {
        table.row([
            Cell::from(format!("situ {question} --store {path}")),
            Cell::new(*why, Tone::Quiet),
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
