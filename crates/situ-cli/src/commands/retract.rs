//! `situ retract`: records that a claim, or a whole event, does not stand.

use anyhow::Context as _;
use serde::Serialize;
use situ_core::{
    ClaimRef, ClaimRetracted, Event, EventId, EventStore as _, Known, Position, SituationId,
    Source, Text, Zone,
};
use situ_sqlite::SqliteStore;

use crate::answer::{self, ResolvedAsOf};
use crate::args::RetractArgs;
use crate::exit::{Exit, Hinted, NotThere};
use crate::ledger;
use crate::question;
use crate::reference::Reference;
use crate::run::Session;
use crate::saved;
use crate::time::Clock;

/// What was recorded.
#[derive(Debug, Serialize)]
struct Retracted {
    target: ClaimRef,
    reason: situ_core::RetractionReason,
    replacement: Option<ClaimRef>,
    event: EventId,
    position: Position,
}

pub(crate) fn run(args: &RetractArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let path = session.global.store();
    let store = ledger::open_to_write(path)?;
    let ledger = saved::ledger(&store, session.err)?;
    let target = target(args, &store)?;
    let situation = match target.situation {
        Some(situation) => situation,
        None => question::situation(session.global.situation.as_ref(), &ledger)?,
    };
    let known = Known::Position(ledger.head);
    if let Some(standing) = ledger
        .register
        .event_retraction(target.claim.event(), known)
        && target.is_there
    {
        let already = ledger::Citation(&store).event(standing.event);
        let message = format!("{} is retracted already, by {already}", args.claim);
        return Err(Hinted::new(message, format!("to take that back, retract {already}")).into());
    }
    let retracted = ClaimRetracted {
        target: target.claim,
        reason: args.reason,
        replacement: args
            .replacement
            .as_deref()
            .map(|text| replacement(text, &store))
            .transpose()?,
        words: args
            .words
            .as_deref()
            .map(Text::new)
            .transpose()
            .context("cannot use --words")?,
    };
    let mut event = Event::new(session.now.new_id(), situation, retracted.clone());
    event.source = args.source.clone().map(Source::new);
    let zone = ledger.register.zone(&event.situation, known);
    event.learnt_at = learnt(args.learnt.as_deref(), session, zone)?;
    let appended = ledger::append(&store, path, std::slice::from_ref(&event), session.now)?;
    session.recorded = Some(format!("recorded as @{}", appended.positions[0]));
    let done = Retracted {
        target: retracted.target,
        reason: retracted.reason,
        replacement: retracted.replacement,
        event: event.id,
        position: appended.positions[0],
    };
    if session.global.json {
        answer::write(
            session.out,
            ResolvedAsOf::head(session.now.instant(), store.head()?),
            done,
        )?;
        return Ok(Exit::Answered);
    }
    let reason = done.reason.as_str().replace('_', " ");
    let name = ledger::Citation(&store).of(done.target);
    writeln!(
        session.out,
        "{name} does not stand: {reason} (recorded @{})",
        done.position
    )?;
    Ok(Exit::Answered)
}

/// What is retracted, and where it belongs, as far as the log knows it.
struct Target {
    claim: ClaimRef,
    situation: Option<SituationId>,
    is_there: bool,
}

fn target(args: &RetractArgs, store: &SqliteStore) -> anyhow::Result<Target> {
    let reference: Reference = args.claim.parse()?;
    match reference.find(store) {
        Ok(found) => Ok(Target {
            claim: found.claim_ref(),
            situation: Some(found.recorded.situation),
            is_there: true,
        }),
        Err(error) if error.is::<NotThere>() && args.dangling => match reference.full() {
            Some(claim) => Ok(Target {
                claim,
                situation: None,
                is_there: false,
            }),
            None => Err(error.context("--dangling needs the whole id of the claim")),
        },
        Err(error) => Err(error),
    }
}

/// What stands instead; it may not be recorded yet.
fn replacement(text: &str, store: &SqliteStore) -> anyhow::Result<ClaimRef> {
    let reference: Reference = text.parse().context("cannot read --replacement")?;
    match reference.find(store) {
        Ok(found) => Ok(found.claim_ref()),
        Err(error) => reference.full().ok_or(error),
    }
}

/// When it became public, if said.
pub(crate) fn learnt(
    text: Option<&str>,
    session: &mut Session<'_>,
    zone: Zone,
) -> anyhow::Result<Option<situ_core::Instant>> {
    let Some(text) = text else {
        return Ok(None);
    };
    let clock = Clock {
        now: session.now.instant(),
        zone,
    };
    let learnt = clock.instant(text).context("cannot read --learnt")?;
    question::echo(session, "learnt at", learnt, zone)?;
    Ok(Some(learnt.instant))
}
