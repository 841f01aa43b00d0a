//! `situ services why`: the claims a status rests on, those set aside, and what covers it.

use serde::Serialize;
use serde_json::value::RawValue;
use situ_core::{EventId, Extent, Instant, Position, Recorded, SituationId};
use situ_services::{Contribution, ServiceStatus, SetAsideReason, StatusId};
use situ_sqlite::SqliteStore;

use super::Asked;
use crate::answer::{self, ResolvedAsOf};
use crate::exit::{Exit, Hinted, NotThere};
use crate::ledger::Citation;
use crate::question::{Caveats, Question};
use crate::reference;
use crate::render::services;
use crate::run::Session;

/// The answer.
#[derive(Debug, Serialize)]
struct Why {
    situation: SituationId,
    status: ServiceStatus,
    claims: Vec<Said>,
    #[serde(flatten)]
    caveats: Caveats,
}

/// A claim, and what it is to the status.
#[derive(Debug, Serialize)]
pub(crate) struct Said {
    pub(crate) position: Position,
    pub(crate) learnt_at: Instant,
    /// What it contributes; empty for one that is set aside.
    pub(crate) contributes: Vec<Contribution>,
    /// Why it is set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) set_aside: Option<SetAsideReason>,
    /// The event as it was given, in the wire form.
    event: Box<RawValue>,
    #[serde(skip)]
    pub(crate) recorded: Recorded,
}

pub(crate) fn run(id: &str, asked: &Asked, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let mut status = find(id, asked)?;
    asked.count_days(&mut status);
    let rests_on = status
        .rests_on
        .iter()
        .map(|evidence| (evidence.event, evidence.contributes.clone(), None));
    let set_aside = status
        .set_aside
        .iter()
        .map(|aside| (aside.event, Vec::new(), Some(aside.reason)));
    let claims = rests_on
        .chain(set_aside)
        .map(|(event, contributes, reason)| said(&asked.store, event, contributes, reason))
        .collect::<anyhow::Result<_>>()?;
    let why = Why {
        situation: asked.question.situation.clone(),
        status,
        claims,
        caveats: Caveats::of(&asked.census, &asked.question),
    };
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(&asked.question), why)?;
        return Ok(Exit::Answered);
    }
    let register = &asked.ledger.register;
    let cite = Citation(&asked.store);
    let names = asked.question.names(register, &cite);
    writeln!(session.out, "{}\n", asked.question.heading(register))?;
    services::write_why(&why.status, &why.claims, &names, session.out)?;
    why.caveats.write(session.out)?;
    Ok(Exit::Answered)
}

fn said(
    store: &SqliteStore,
    event: EventId,
    contributes: Vec<Contribution>,
    set_aside: Option<SetAsideReason>,
) -> anyhow::Result<Said> {
    let position = store.position_of(event)?;
    let recorded = position.map(|position| reference::at(store, position));
    let recorded = recorded.transpose()?.flatten();
    let recorded = recorded.ok_or_else(|| anyhow::anyhow!("event {event} is no longer there"))?;
    Ok(Said {
        position: recorded.position,
        learnt_at: recorded.learnt_at,
        contributes,
        set_aside,
        event: RawValue::from_string(recorded.to_line())?,
        recorded,
    })
}

/// The status of an id, whole or as far as only one begins so.
fn find(text: &str, asked: &Asked) -> anyhow::Result<ServiceStatus> {
    let id = find_id(text, asked)?;
    let question = &asked.question;
    let (situation, as_of) = (&question.situation, question.as_of);
    let status = asked
        .services
        .find(situation, &id, as_of, &asked.time_to_live);
    status.ok_or_else(|| {
        let is_spoken_of = asked.services.ids(situation, as_of.known).contains(&id);
        let message = if is_spoken_of && matches!(id.scope(), Extent::SomeOf { .. }) {
            format!("{id} is nothing of its own then: all its members are known; `situ services history {id}` tells since when")
        } else {
            format!("nothing is said of {id} in {situation}{}", asked.as_known())
        };
        NotThere(message).into()
    })
}

/// A whole id, or the only one of those spoken of by then that begins so.
pub(super) fn find_id(text: &str, asked: &Asked) -> anyhow::Result<StatusId> {
    let situation = &asked.question.situation;
    let id = text.parse::<StatusId>();
    let ids = asked.services.ids(situation, asked.question.as_of.known);
    if let Ok(id) = &id
        && (ids.contains(id) || is_covered(id, asked))
    {
        return Ok(id.clone());
    }
    let is_empty = ids.is_empty();
    let begins = |id: &StatusId| id.to_string().starts_with(text);
    let mut begun: Vec<_> = ids.into_iter().filter(begins).collect();
    let lists = "`situ services why` without an id lists them all";
    match (begun.len(), id) {
        (1, _) => Ok(begun.remove(0)),
        (0, Err(_)) if text.starts_with('@') => {
            let message = format!("`{text}` is an event, not a status");
            Err(Hinted::new(message, format!("`situ show {text}` shows it; {lists}")).into())
        }
        (0, Err(error)) if !is_empty => Err(Hinted::new(error.to_string(), lists).into()),
        (0, _) => {
            let then = asked.as_known();
            let message = format!("nothing is said of {text} in {situation}{then}");
            Err(NotThere(message).into())
        }
        (count, _) => {
            let ids: Vec<String> = begun.iter().map(StatusId::to_string).collect();
            let message = format!("`{text}` may be any of {count}:\n  {}", ids.join("\n  "));
            Err(Hinted::new(message, "write more of the id").into())
        }
    }
}

/// Whether a larger scope tells of it, though nobody spoke of just that.
fn is_covered(id: &StatusId, asked: &Asked) -> bool {
    let Question {
        situation, as_of, ..
    } = &asked.question;
    let status = asked
        .services
        .find(situation, id, *as_of, &asked.time_to_live);
    status.is_some()
}
