//! `situ init`: makes the file, and opens a situation in it.

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use situ_core::{Event, EventStore as _, Name, Position, SituationId, SituationOpened};

use super::retract::learnt;
use crate::answer::{self, ResolvedAsOf};
use crate::args::InitArgs;
use crate::exit::{Exit, Hinted};
use crate::ledger;
use crate::run::Session;
use crate::saved;

/// What was made.
#[derive(Debug, Serialize)]
struct Made {
    file: String,
    situation: Option<SituationId>,
    head: Position,
}

pub(crate) fn run(args: &InitArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let path = session.global.store();
    let opening = opening(args, session)?;
    if opening.is_none() && has_something(path) {
        // What is no log is told as such.
        ledger::open_to_read(path)?;
        let hint = "open one more situation in it with --situation ID --title TITLE --zone ZONE";
        return Err(Hinted::new(format!("{} is there already", path.display()), hint).into());
    }
    let store = ledger::open_or_create(path)?;
    if let Some(event) = &opening {
        let ledger = saved::ledger(&store, session.err)?;
        if ledger.situations.contains(&event.situation) {
            let message = format!(
                "{} holds the situation {} already",
                path.display(),
                event.situation
            );
            return Err(Hinted::new(message, "record events in it with `situ add`").into());
        }
        ledger::append(&store, path, std::slice::from_ref(event), session.now)?;
    }
    let made = Made {
        file: path.display().to_string(),
        situation: opening.map(|event| event.situation),
        head: store.head()?,
    };
    let said = match &made.situation {
        Some(situation) => format!(
            "{}: situation {situation} is open, head is {}",
            made.file, made.head
        ),
        None => format!("{}: an empty log", made.file),
    };
    session.recorded = Some(said.clone());
    if session.global.json {
        answer::write(
            session.out,
            ResolvedAsOf::head(session.now.instant(), made.head),
            made,
        )?;
        return Ok(Exit::Answered);
    }
    writeln!(session.out, "{said}")?;
    Ok(Exit::Answered)
}

/// Whether there is more than an empty file, which is nobody's data.
fn has_something(path: &Path) -> bool {
    path.metadata().is_ok_and(|file| file.len() > 0)
}

/// The event that opens the situation asked for, if one is.
fn opening(args: &InitArgs, session: &mut Session<'_>) -> anyhow::Result<Option<Event>> {
    match (&session.global.situation, &args.title, args.zone) {
        (Some(situation), Some(title), Some(zone)) => {
            let opened = SituationOpened {
                title: Name::new(title.as_str()).context("cannot use --title")?,
                zone,
                places: args.places.clone(),
            };
            let mut event = Event::new(session.now.new_id(), situation.clone(), opened);
            event.learnt_at = learnt(args.learnt.as_deref(), session, zone)?;
            Ok(Some(event))
        }
        (None, None, None) => Ok(None),
        (Some(situation), ..) => Err(Hinted::new(
            format!("the situation {situation} needs a title and a time zone"),
            "add --title 'What people call it' --zone Asia/Karachi",
        )
        .into()),
        (None, ..) => Err(Hinted::new(
            "a title and a time zone are of a situation, and none is named",
            "add --situation ID, such as --situation balochistan-2026",
        )
        .into()),
    }
}
