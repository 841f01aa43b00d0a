//! `situ services history`: how a status changed as it became known and as time went by.

use serde::Serialize;
use situ_core::{Known, SituationId};
use situ_services::{Change, StatusId};

use super::{Asked, why};
use crate::answer::{self, ResolvedAsOf};
use crate::args::Axis;
use crate::commands::history::along;
use crate::exit::Exit;
use crate::ledger::Citation;
use crate::question::Caveats;
use crate::render::services;
use crate::run::Session;

/// The answer.
#[derive(Debug, Serialize)]
struct History {
    situation: SituationId,
    id: StatusId,
    changes: Vec<Change>,
    #[serde(flatten)]
    caveats: Caveats,
}

pub(crate) fn run(
    id: &str,
    axis: Option<Axis>,
    mut asked: Asked,
    session: &mut Session<'_>,
) -> anyhow::Result<Exit> {
    let id = why::find_id(id, &asked)?;
    asked.question.as_of = along(axis, session, &asked.question)?;
    let question = &asked.question;
    let (situation, as_of) = (&question.situation, question.as_of);
    let history = History {
        changes: asked
            .services
            .history(situation, &id, as_of, &asked.time_to_live),
        situation: situation.clone(),
        caveats: Caveats::of(&asked.census, question),
        id,
    };
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(question), history)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&asked.store);
    let register = &asked.ledger.register;
    let names = question.names(register, &cite);
    writeln!(session.out, "{}\n", question.heading(register))?;
    let clock = match as_of.known {
        Known::Position(_) => "as the log took it",
        Known::Learnt(_) => "as it became public",
    };
    writeln!(session.out, "{}, {clock}", history.id)?;
    services::write_history(&history.changes, &names, session.out)?;
    history.caveats.write(session.out)?;
    Ok(Exit::Answered)
}
