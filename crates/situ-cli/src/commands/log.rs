//! `situ log`: the events recorded, newest last.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::Datelike as _;
use serde::Serialize;
use serde_json::value::RawValue;
use situ_core::{
    Event, EventStore as _, Instant, Known, Position, Projection as _, Recorded, Register,
    SituationId, Source, SourceId, Zone,
};
use situ_follow::{Signal, Subscription};
use situ_sqlite::SqliteStore;

use super::schema;
use crate::answer::{self, ResolvedAsOf};
use crate::args::{KnownArg, LogArgs};
use crate::exit::{Exit, Hinted, NotThere};
use crate::ledger::{self, Citation, Ledger};
use crate::question::{self, Question};
use crate::render::moment;
use crate::render::names::Names;
use crate::render::paint::Tone;
use crate::render::summary::summary;
use crate::render::table::{Cell, Table};
use crate::run::Session;
use crate::saved;
use crate::time::Clock;

/// An event of the log, as listed.
#[derive(Debug, Serialize)]
struct Entry {
    position: Position,
    recorded_at: Instant,
    learnt_at: Instant,
    retracted: bool,
    event: Box<RawValue>,
}

/// What is asked of the log.
struct Filter {
    situation: Option<SituationId>,
    kinds: Vec<String>,
    source: Option<SourceId>,
    known: Known,
    since: Option<Instant>,
    until: Option<Instant>,
}

pub(crate) fn run(args: &LogArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let store = ledger::open_to_read(session.global.store())?;
    if args.follow {
        must_be_of_now(session)?;
        // Times are read in the zone of a situation, so there must be one.
        while store.wait_after(Position::START, PATIENCE)? == Position::START {}
    }
    let ledger = saved::ledger(&store, session.err)?;
    if ledger.situations.is_empty() {
        return empty(session, &ledger);
    }
    let question = question(session, &ledger)?;
    let filter = filter(args, session, &ledger, &question)?;
    let listed = list(&store, &filter, args.limit.unwrap_or(usize::MAX))?;
    let known = question.as_of.known;
    if args.follow {
        return follow(listed, filter, store, ledger, session);
    }
    if session.global.json {
        let entries: Result<Vec<Entry>, _> = listed
            .iter()
            .map(|recorded| entry(recorded, &ledger.register, known))
            .collect();
        let data = HashMap::from([("events", entries?)]);
        answer::write(session.out, ResolvedAsOf::from(&question), data)?;
        return Ok(Exit::Answered);
    }
    print(&listed, &ledger, &question, &Citation(&store), session)?;
    Ok(Exit::Answered)
}

/// How long to wait at a time for a log to begin.
const PATIENCE: Duration = Duration::from_secs(3600);

fn must_be_of_now(session: &Session<'_>) -> anyhow::Result<()> {
    if matches!(session.global.known, KnownArg::Now) {
        return Ok(());
    }
    let message = "what comes is not known yet: --follow goes without --known";
    Err(Hinted::new(message, "leave one of them out").into())
}

/// Lists what is there, then goes on with what comes, each event as known when it came.
fn follow(
    listed: Vec<Recorded>,
    filter: Filter,
    store: SqliteStore,
    mut ledger: Ledger,
    session: &mut Session<'_>,
) -> anyhow::Result<Exit> {
    let filter = Filter {
        known: Known::Position(Position::new(u64::MAX)),
        ..filter
    };
    let store = Arc::new(store);
    let after = ledger.head;
    let subscription = Subscription::after(Arc::clone(&store) as _, after)?;
    if session.now.goes_on() {
        let cancel = subscription.canceller();
        // Somebody else may have set a handler already, when this is no process of its own; then it ends as that says.
        let _ = ctrlc::set_handler(move || cancel.cancel());
    }
    for recorded in &listed {
        line_of(recorded, &ledger, &store, session)?;
    }
    session.out.flush()?;
    for signal in subscription {
        let Signal::Events { events, reached } = signal? else {
            continue;
        };
        for recorded in &events {
            ledger.register.apply(recorded)?;
            if filter.passes(recorded)? {
                line_of(recorded, &ledger, &store, session)?;
            }
        }
        ledger.head = reached;
        session.out.flush()?;
    }
    Ok(Exit::Answered)
}

/// One event on one line, as known when it came.
fn line_of(
    recorded: &Recorded,
    ledger: &Ledger,
    store: &SqliteStore,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let known = Known::Position(ledger.head.max(recorded.position));
    if session.global.json {
        let entry = entry(recorded, &ledger.register, known)?;
        serde_json::to_writer(&mut *session.out, &entry).map_err(std::io::Error::from)?;
        writeln!(session.out)?;
        return Ok(());
    }
    let has_several = session.global.situation.is_none() && ledger.situations.len() > 1;
    let mut table = Table::list();
    table.row(row(recorded, ledger, &Citation(store), known, has_several)?);
    table.write(session.out)?;
    Ok(())
}

fn empty(session: &mut Session<'_>, ledger: &Ledger) -> anyhow::Result<Exit> {
    if let Some(named) = &session.global.situation {
        return Err(NotThere(format!("there is no situation {named}: the log is empty")).into());
    }
    if session.global.json {
        let data = HashMap::from([("events", Vec::<Entry>::new())]);
        answer::write(
            session.out,
            ResolvedAsOf::head(session.now.instant(), ledger.head),
            data,
        )?;
    } else {
        writeln!(session.err, "the log is empty")?;
    }
    Ok(Exit::Answered)
}

/// Times are read in the zone of the situation named, or of the first one.
fn question(session: &mut Session<'_>, ledger: &Ledger) -> anyhow::Result<Question> {
    let first = ledger.situations.first();
    match (&session.global.situation, first) {
        (None, Some(first)) => Question::about(session, ledger, first.clone()),
        _ => Question::resolve(session, ledger),
    }
}

fn filter(
    args: &LogArgs,
    session: &mut Session<'_>,
    ledger: &Ledger,
    question: &Question,
) -> anyhow::Result<Filter> {
    let clock = Clock {
        now: session.now.instant(),
        zone: question.zone,
    };
    let mut kinds = Vec::new();
    for name in &args.kinds {
        // A kind of the future is listed too, if the log holds it.
        kinds.push(schema::known(name).map_or_else(
            |error| kept(name, ledger, error),
            |kind| Ok(kind.to_string()),
        )?);
    }
    let since = match &args.since {
        Some(text) => {
            let since = clock.start(text).context("cannot read --since")?;
            question::echo(session, "since", since, question.zone)?;
            Some(since.instant)
        }
        None => None,
    };
    let until = match &args.until {
        Some(text) => {
            let until = clock.instant(text).context("cannot read --until")?;
            question::echo(session, "until", until, question.zone)?;
            Some(until.instant)
        }
        None => None,
    };
    Ok(Filter {
        situation: session.global.situation.clone(),
        kinds,
        source: args.source.clone(),
        known: question.as_of.known,
        since,
        until,
    })
}

fn kept(name: &str, ledger: &Ledger, error: anyhow::Error) -> anyhow::Result<String> {
    if ledger.unknown_kinds.contains(name) {
        Ok(name.to_owned())
    } else {
        Err(error)
    }
}

impl Filter {
    fn passes(&self, recorded: &Recorded) -> Result<bool, situ_core::DecodeError> {
        let passes = self
            .situation
            .as_ref()
            .is_none_or(|situation| recorded.situation == *situation)
            && (self.kinds.is_empty()
                || self.kinds.iter().any(|kind| recorded.kind.as_str() == kind))
            && recorded.is_known(self.known)
            && self.since.is_none_or(|since| recorded.learnt_at >= since)
            && self.until.is_none_or(|until| recorded.learnt_at <= until);
        match &self.source {
            Some(source) if passes => Ok(is_from(recorded.event()?.source.as_ref(), source)),
            _ => Ok(passes),
        }
    }
}

fn is_from(source: Option<&Source>, wanted: &SourceId) -> bool {
    source.is_some_and(|source| source.origin == *wanted || source.via.contains(wanted))
}

/// The newest events that pass, oldest of them first.
fn list(store: &SqliteStore, filter: &Filter, limit: usize) -> anyhow::Result<Vec<Recorded>> {
    let mut newest: VecDeque<Recorded> = VecDeque::new();
    situ_core::replay(store, Position::START, |recorded| {
        if filter.passes(recorded)? {
            newest.push_back(recorded.clone());
            if newest.len() > limit {
                newest.pop_front();
            }
        }
        Ok(())
    })?;
    Ok(newest.into())
}

fn entry(recorded: &Recorded, register: &Register, known: Known) -> anyhow::Result<Entry> {
    Ok(Entry {
        position: recorded.position,
        recorded_at: recorded.recorded_at,
        learnt_at: recorded.learnt_at,
        retracted: register.event_retraction(recorded.id, known).is_some(),
        event: RawValue::from_string(recorded.to_line())?,
    })
}

fn print(
    listed: &[Recorded],
    ledger: &Ledger,
    question: &Question,
    cite: &Citation<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    if listed.is_empty() {
        writeln!(session.err, "no event of the log is like that")?;
        return Ok(());
    }
    let has_several = session.global.situation.is_none() && ledger.situations.len() > 1;
    let known = question.as_of.known;
    let mut table = Table::list();
    for recorded in listed {
        table.row(row(recorded, ledger, cite, known, has_several)?);
    }
    table.write(session.out)?;
    Ok(())
}

fn row(
    recorded: &Recorded,
    ledger: &Ledger,
    cite: &Citation<'_>,
    known: Known,
    has_several: bool,
) -> anyhow::Result<[Cell; 5]> {
    let event = recorded.event()?;
    let head = Known::Position(ledger.head);
    let zone = ledger.register.zone(&recorded.situation, head);
    let names = Names {
        register: &ledger.register,
        cite,
        situation: &recorded.situation,
        known,
        zone,
        year: zone.local(recorded.learnt_at).year(),
    };
    Ok([
        Cell::number(format!("@{}", recorded.position), Tone::Strong),
        Cell::new(learnt(recorded, zone), Tone::Quiet),
        Cell::new(kind(recorded, has_several), Tone::Plain),
        Cell::new(source(&event), Tone::Quiet),
        Cell::new(line(&event, recorded, &names), Tone::Plain),
    ])
}

fn learnt(recorded: &Recorded, zone: Zone) -> String {
    let zone_name = moment::zone_name(recorded.learnt_at, zone);
    format!("{} {zone_name}", moment::minute(recorded.learnt_at, zone))
}

fn kind(recorded: &Recorded, has_several: bool) -> String {
    if has_several {
        format!("{} {}", recorded.situation, recorded.kind)
    } else {
        recorded.kind.to_string()
    }
}

fn source(event: &Event) -> String {
    event
        .source
        .as_ref()
        .map(|source| source.origin.to_string())
        .unwrap_or_default()
}

fn line(event: &Event, recorded: &Recorded, names: &Names<'_>) -> String {
    let said = summary(event, names);
    if names
        .register
        .event_retraction(recorded.id, names.known)
        .is_some()
    {
        return format!("[retracted] {said}");
    }
    said
}
