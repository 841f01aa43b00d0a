//! `situ services why`: the claims a status rests on, those set aside, and what covers it.

use serde::Serialize;
use serde_json::value::RawValue;
use situ_core::{EventId, Instant, Position, Recorded, SituationId};
use situ_services::{Contribution, ServiceStatus, SetAsideReason, StatusId};
use situ_sqlite::SqliteStore;

use super::Asked;
use crate::answer::{self, ResolvedAsOf};
use crate::exit::{Exit, Hinted, NotThere};
use crate::ledger::Citation;
use crate::question::Caveats;
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

/// The status of a whole id, or the only one on the board whose id begins so.
pub(super) fn find(text: &str, asked: &Asked) -> anyhow::Result<ServiceStatus> {
    let situation = &asked.question.situation;
    let board = asked
        .services
        .at(situation, asked.question.as_of, &asked.time_to_live)
        .services;
    let id = text.parse::<StatusId>();
    if let Ok(id) = &id {
        let spoken_of = board.iter().find(|status| status.id == *id).cloned();
        let as_of = asked.question.as_of;
        let find = || {
            asked
                .services
                .find(situation, id, as_of, &asked.time_to_live)
        };
        let status = spoken_of.or_else(find);
        if let Some(status) = status {
            return Ok(status);
        }
    }
    let all = board.len();
    let mut begun: Vec<_> = board
        .into_iter()
        .filter(|status| status.id.to_string().starts_with(text))
        .collect();
    match (begun.len(), id) {
        (1, _) => Ok(begun.remove(0)),
        (0, Err(error)) if all > 0 => {
            let hint = "`situ services why` without an id lists them all";
            Err(Hinted::new(error.to_string(), hint).into())
        }
        (0, _) => Err(NotThere(format!(
            "nothing is said of {text} in {situation}, as known then"
        ))
        .into()),
        (count, _) => {
            let ids: Vec<String> = begun.iter().map(|status| status.id.to_string()).collect();
            let message = format!("`{text}` may be any of {count}:\n  {}", ids.join("\n  "));
            Err(Hinted::new(message, "write more of the id").into())
        }
    }
}
