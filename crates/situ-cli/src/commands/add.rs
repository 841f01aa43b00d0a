//! `situ add`: records events, one by flags, or many from NDJSON.

use std::fs::File;
use std::io::BufReader;

use anyhow::Context as _;
use serde::Serialize;
use situ_core::{Event, EventId, EventStore as _, Position};

use crate::answer::{self, ResolvedAsOf};
use crate::args::AddArgs;
use crate::exit::{Exit, Hinted};
use crate::ledger;
use crate::render::number::plural;
use crate::run::Session;

mod flags;
pub(crate) mod lines;
pub(crate) mod trial;

pub(crate) use flags::harm;

/// What became of the events.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Added {
    pub(crate) added: usize,
    pub(crate) already_there: usize,
    pub(crate) rejected: usize,
    /// Versions of a history that could not be read, and so changed nothing.
    #[serde(skip_serializing_if = "is_none")]
    pub(crate) unread_versions: usize,
    pub(crate) dry_run: bool,
    pub(crate) head: Position,
    /// The one event told by flags.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<Named>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_none(number: &usize) -> bool {
    *number == 0
}

#[derive(Debug, Serialize)]
struct Named {
    id: EventId,
    position: Option<Position>,
}

pub(crate) fn run(args: &AddArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let store = ledger::open_to_write(session.global.store())?;
    let log = lines::Log {
        store: &store,
        path: session.global.store(),
        now: session.now,
    };
    let rules = lines::Rules {
        rejects: args.rejects.as_deref(),
        allow_unknown: args.allow_unknown,
        dry_run: args.dry_run,
        form: lines::Form::Wire,
    };
    let mut added = match (&args.event, &args.file, &args.input) {
        (Some(_), Some(_), _) => {
            return Err(Hinted::new(
                "an event by flags and --file at once",
                "use one or the other",
            )
            .into());
        }
        (Some(event), None, _) => {
            let event = flags::event(event, &args.envelope, &store, session)?;
            one(&event, args, &store, session)?
        }
        (None, Some(path), None) => {
            let file =
                File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
            let name = path.display().to_string();
            lines::add(&mut BufReader::new(file), &name, rules, log, session.err)?
        }
        (None, None, Some(_)) => {
            lines::add(session.input, "standard input", rules, log, session.err)?
        }
        (None, Some(_), Some(_)) => {
            return Err(
                Hinted::new("standard input and --file at once", "use one or the other").into(),
            );
        }
        (None, None, None) => {
            let hint = "`situ add -h` lists the events by flags; --file FILE or `-` reads NDJSON";
            return Err(Hinted::new("nothing to add", hint).into());
        }
    };
    added.dry_run = args.dry_run;
    added.head = store.head()?;
    end(&added, session)
}

/// Says what became of the events; it is trouble where lines were left out.
pub(crate) fn end(added: &Added, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    print(added, session)?;
    Ok(if added.rejected > 0 {
        Exit::Trouble
    } else {
        Exit::Answered
    })
}

fn one(
    event: &Event,
    args: &AddArgs,
    store: &situ_sqlite::SqliteStore,
    session: &Session<'_>,
) -> anyhow::Result<Added> {
    let batch = std::slice::from_ref(event);
    let (is_new, position) = if args.dry_run {
        (
            trial::Trial::new(store).add(batch, session.now.instant())? == 1,
            None,
        )
    } else {
        let appended = ledger::append(store, session.global.store(), batch, session.now)?;
        (appended.added == 1, appended.positions.first().copied())
    };
    Ok(Added {
        added: usize::from(is_new),
        already_there: usize::from(!is_new),
        event: Some(Named {
            id: event.id,
            position,
        }),
        ..Added::default()
    })
}

fn print(added: &Added, session: &mut Session<'_>) -> anyhow::Result<()> {
    let said = said(added);
    session.recorded = (!added.dry_run).then(|| said.clone());
    if session.global.json {
        return answer::write(
            session.out,
            ResolvedAsOf::head(session.now.instant(), added.head),
            added,
        );
    }
    writeln!(session.out, "{said}")?;
    Ok(())
}

/// What became of the events, in words.
fn said(added: &Added) -> String {
    let would = if added.dry_run { "would be " } else { "" };
    let mut said = format!("{} {would}added", plural(added.added, "event"));
    if added.already_there > 0 {
        let were = if added.already_there == 1 {
            "was"
        } else {
            "were"
        };
        said += &format!(", {} {were} there already", added.already_there);
    }
    if added.rejected > 0 {
        said += &format!(", {} rejected", plural(added.rejected, "line"));
    }
    if added.unread_versions > 0 {
        said += &format!(
            ", {} could not be read",
            plural(added.unread_versions, "version")
        );
    }
    said += &format!(", head is {}", added.head);
    if let Some(Named {
        id,
        position: Some(position),
    }) = &added.event
    {
        said += &format!(" (@{position} {id})");
    }
    said
}
