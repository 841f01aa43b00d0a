//! `situ correct`: records the right figure, and retracts the wrong one in its favour, in one batch.

use anyhow::Context as _;
use serde::Serialize;
use situ_core::{
    CasualtiesReported, ClaimId, ClaimRef, ClaimRetracted, Event, EventStore as _, Known, Payload,
    Position, RetractionReason, Text,
};

use super::retract::learnt;
use crate::answer::{self, ResolvedAsOf};
use crate::args::CorrectArgs;
use crate::exit::{Exit, Hinted, NotThere};
use crate::ledger::{self, Citation};
use crate::reference::{Found, Reference};
use crate::render::number;
use crate::run::Session;
use crate::said;
use crate::saved;

/// What was recorded.
#[derive(Debug, Serialize)]
struct Corrected {
    target: ClaimRef,
    replacement: ClaimRef,
    reason: RetractionReason,
    was: String,
    is: String,
    positions: Vec<Position>,
}

pub(crate) fn run(args: &CorrectArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let path = session.global.store();
    let said = said::quantity(&args.to).context("cannot read --to")?;
    let reference: Reference = args.claim.parse()?;
    let store = ledger::open_to_write(path)?;
    let ledger = saved::ledger(&store, session.err)?;
    let found = reference.find(&store)?;
    let known = Known::Position(ledger.head);
    let (target, wrong, reported) = figure(&found)?;
    if let Some(standing) = ledger.register.claim_retraction(target, known) {
        let by = Citation(&store).event(standing.event);
        let instead = standing
            .replacement
            .map(|instead| Citation(&store).of(instead));
        let hint = match instead {
            Some(instead) => format!("correct what stands instead of it, {instead}"),
            None => {
                format!("record the figure anew with `situ add casualties`, or retract {by} first")
            }
        };
        let message = format!("{} is retracted already, by {by}", args.claim);
        return Err(Hinted::new(message, hint).into());
    }
    let mut figure = reported.figures[usize::from(target.figure) - 1].clone();
    figure.quantity = said.quantity;
    // Words for the number belong to the wrong one; words for the people ("including children") still hold.
    let are_of_number = |words: &Text| said::quantity(words.as_str()).is_ok();
    let kept = figure.words.take().filter(|words| !are_of_number(words));
    figure.words = said.words.or(kept);
    let before = &reported.figures[usize::from(target.figure) - 1];
    if figure == *before {
        let says = number::regrouped(&figure.quantity.to_string());
        let message = format!("{} says {says} already", args.claim);
        return Err(Hinted::new(message, "nothing was recorded; check the claim and --to").into());
    }
    let zone = ledger.register.zone(&wrong.situation, known);
    let learnt_at = learnt(args.learnt.as_deref(), session, zone)?;
    let right = Event {
        id: session.now.new_id(),
        learnt_at,
        payload: CasualtiesReported {
            figures: vec![figure.clone()],
            ..reported.clone()
        }
        .into(),
        ..wrong.clone()
    };
    let replacement = ClaimId {
        event: right.id,
        figure: 1,
    };
    let mut retraction = Event::new(
        session.now.new_id(),
        wrong.situation.clone(),
        ClaimRetracted {
            target: ClaimRef::Claim(target),
            reason: args.reason,
            replacement: Some(ClaimRef::Claim(replacement)),
            words: None,
        },
    );
    retraction.learnt_at = learnt_at;
    // The right figure comes first: whoever reads up to between the two sees one more claim, never a hole.
    let appended = ledger::append(&store, path, &[right, retraction], session.now)?;
    session.recorded = Some(format!(
        "recorded as @{} and @{}",
        appended.positions[0], appended.positions[1]
    ));
    let done = Corrected {
        target: ClaimRef::Claim(target),
        replacement: ClaimRef::Claim(replacement),
        reason: args.reason,
        was: number::regrouped(
            &reported.figures[usize::from(target.figure) - 1]
                .quantity
                .to_string(),
        ),
        is: number::regrouped(&figure.quantity.to_string()),
        positions: appended.positions,
    };
    if session.global.json {
        answer::write(
            session.out,
            ResolvedAsOf::head(session.now.instant(), store.head()?),
            done,
        )?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&store);
    writeln!(
        session.out,
        "{} said {}; {} says {} instead (retracted @{}: {})",
        cite.of(done.target),
        done.was,
        cite.of(done.replacement),
        done.is,
        done.positions[1],
        done.reason.as_str().replace('_', " "),
    )?;
    Ok(Exit::Answered)
}

/// The figure meant, its event, and the figures beside it.
fn figure(found: &Found) -> anyhow::Result<(ClaimId, Event, CasualtiesReported)> {
    let position = found.recorded.position;
    let event = found.recorded.event()?;
    let Payload::CasualtiesReported(reported) = event.payload.clone() else {
        return Err(NotThere(format!(
            "@{position} is {}, which has no figures",
            found.recorded.kind
        ))
        .into());
    };
    let figure = match found.figure {
        Some(figure) => figure,
        None if reported.figures.len() == 1 => 1,
        None => {
            let message = format!("@{position} has {} figures", reported.figures.len());
            return Err(Hinted::new(
                message,
                format!("name one, as @{position}#1; `situ show @{position}` lists them"),
            )
            .into());
        }
    };
    let claim = ClaimId {
        event: event.id,
        figure,
    };
    Ok((claim, event, reported))
}
