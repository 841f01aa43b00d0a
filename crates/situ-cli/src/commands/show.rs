//! `situ show`: everything about one event or claim.

use serde::Serialize;
use serde_json::value::RawValue;
use situ_core::{
    Access, ClaimId, ClaimRef, Event, EventId, Instant, Payload, Position, Recorded,
    RetractionReason,
};

use crate::answer::{self, ResolvedAsOf};
use crate::args::ShowArgs;
use crate::exit::{Exit, NotThere};
use crate::ledger::{self, Citation};
use crate::question::Question;
use crate::reference::Reference;
use crate::render::moment;
use crate::render::names::{Names, list, spelled};
use crate::render::paint::Tone;
use crate::render::summary::{acts_in_full, people, period, summary};
use crate::render::table::{Cell, Table};
use crate::run::Session;
use crate::saved;

/// The answer.
#[derive(Debug, Serialize)]
struct Shown {
    claim: ClaimRef,
    position: Position,
    recorded_at: Instant,
    learnt_at: Instant,
    /// The event as it was given, in the wire form.
    event: Box<RawValue>,
    /// The retraction that stands against the event, or against the figure asked for.
    retraction: Option<Retraction>,
    /// The figures of the event that are retracted one by one.
    retracted_figures: Vec<Retraction>,
    referred_to_by: Vec<Referrer>,
}

#[derive(Debug, Serialize)]
struct Retraction {
    target: ClaimRef,
    by: EventId,
    position: Position,
    reason: RetractionReason,
    replacement: Option<ClaimRef>,
}

#[derive(Debug, Serialize)]
struct Referrer {
    event: EventId,
    position: Option<Position>,
    field: &'static str,
}

pub(crate) fn run(args: &ShowArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let reference: Reference = args.reference.parse()?;
    let store = ledger::open_to_read(session.global.store())?;
    let (ledger, census) = saved::census(&store, session.err)?;
    let found = reference.find(&store)?;
    let question = Question::about(session, &ledger, found.recorded.situation.clone())?;
    let known = question.as_of.known;
    if !found.recorded.is_known(known) {
        return Err(NotThere(format!("{reference} was not known then")).into());
    }
    let event = found.recorded.event()?;
    let register = &ledger.register;
    let retraction = |retraction: &situ_core::Retraction| Retraction {
        target: retraction.target,
        by: retraction.event,
        position: retraction.position,
        reason: retraction.reason,
        replacement: retraction.replacement,
    };
    let of_figure = |figure| {
        let claim = ClaimId {
            event: event.id,
            figure,
        };
        register.claim_retraction(claim, known)
    };
    let whole = register.event_retraction(event.id, known);
    let standing = match found.figure {
        Some(figure) => of_figure(figure),
        None => whole,
    };
    let figures = (1..=figure_count(&event)).filter_map(of_figure);
    let shown = Shown {
        claim: found.claim_ref(),
        position: found.recorded.position,
        recorded_at: found.recorded.recorded_at,
        learnt_at: found.recorded.learnt_at,
        event: RawValue::from_string(found.recorded.to_line())?,
        retraction: standing.map(retraction),
        retracted_figures: figures
            .filter(|own| matches!(own.target, ClaimRef::Claim(_)))
            .map(retraction)
            .collect(),
        referred_to_by: census
            .references_to(event.id, known)
            .map(|reference| {
                Ok(Referrer {
                    event: reference.from,
                    position: store.position_of(reference.from)?,
                    field: reference.field,
                })
            })
            .collect::<anyhow::Result<_>>()?,
    };
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(&question), shown)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&store);
    let names = question.names(register, &cite);
    print(&shown, &event, &found.recorded, &names, session)?;
    Ok(Exit::Answered)
}

fn figure_count(event: &Event) -> u16 {
    match &event.payload {
        Payload::CasualtiesReported(reported) => {
            u16::try_from(reported.figures.len()).unwrap_or(u16::MAX)
        }
        _ => 0,
    }
}

fn print(
    shown: &Shown,
    event: &Event,
    recorded: &Recorded,
    names: &Names<'_>,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let cite = names.cite;
    let title = format!("@{} {}", shown.position, recorded.kind);
    writeln!(session.out, "{}", Tone::Strong.paint(&title))?;
    let mut table = Table::indented(2);
    let mut row =
        |name: &str, text: String| table.row([Cell::new(name, Tone::Quiet), Cell::from(text)]);
    row("says", summary(event, names));
    if let Some(when) = &event.occurred {
        row("occurred", when.to_string());
    }
    for (name, text) in said(event, names) {
        row(name, text);
    }
    row("learnt", moment::local(shown.learnt_at, names.zone));
    row("recorded", moment::local(shown.recorded_at, names.zone));
    if let Some(name) = &event.recorded_by {
        row("recorded by", name.to_string());
    }
    if event.access == Access::Restricted {
        row("access", "restricted: left out of exports".to_owned());
    }
    if let Some(cause) = event.caused_by {
        row("derived from", cite.event(cause));
    }
    row("situation", event.situation.to_string());
    row("id", event.id.to_string());
    for (number, figure) in figures(event) {
        let asked = matches!(shown.claim, ClaimRef::Claim(claim) if claim.figure == number);
        let claim = ClaimRef::Claim(ClaimId {
            event: event.id,
            figure: number,
        });
        let gone = shown
            .retracted_figures
            .iter()
            .find(|retraction| retraction.target == claim);
        let mut text = format!(
            "{} {}; {}",
            figure.outcome,
            people(figure, names),
            period(&figure.period, names)
        );
        if let Some(words) = &figure.words {
            text += &format!("; \"{words}\"");
        }
        if let Some(gone) = gone {
            text += &format!("; {}", retracted(gone, cite));
        }
        if asked || shown.claim == ClaimRef::Event(event.id) {
            row(&format!("#{number}"), text);
        }
    }
    if let Some(retraction) = shown
        .retraction
        .as_ref()
        .filter(|retraction| retraction.target == ClaimRef::Event(event.id))
    {
        row("retracted", retracted(retraction, cite));
    }
    for referrer in &shown.referred_to_by {
        row(
            "referred to",
            format!(
                "by {}, in {}",
                cite.event(referrer.event),
                spelled(referrer.field)
            ),
        );
    }
    table.write(session.out)?;
    writeln!(session.out, "\n{}", shown.event)?;
    Ok(())
}

/// Who says so, and in which words.
fn said(event: &Event, names: &Names<'_>) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(source) = &event.source {
        let via = source.via.iter().map(|via| names.source(via));
        let via = if source.via.is_empty() {
            String::new()
        } else {
            format!(", via {}", list(via))
        };
        rows.push(("source", format!("{}{via}", names.source(&source.origin))));
        if let Some(quote) = &source.quote {
            rows.push(("quote", format!("\"{quote}\"")));
        }
        if let Some(url) = &source.url {
            rows.push(("published", url.to_string()));
        }
    }
    if let Payload::StatementIssued(statement) = &event.payload {
        rows.push(("in full", acts_in_full(statement)));
    }
    if let Some(words) = words(&event.payload) {
        rows.push(("words", format!("\"{words}\"")));
    }
    rows
}

fn words(payload: &Payload) -> Option<String> {
    let words = match payload {
        Payload::AttackOccurred(attack) => &attack.words,
        Payload::OperationConducted(operation) => &operation.words,
        Payload::CasualtiesReported(reported) => &reported.words,
        Payload::StatementIssued(statement) => &statement.words,
        Payload::ServiceSuspended(suspended) => &suspended.words,
        Payload::ServiceConfirmed(confirmed) => &confirmed.words,
        Payload::ServiceRestored(restored) => &restored.words,
        Payload::ServiceOutlookGiven(outlook) => &outlook.words,
        Payload::CounterRestarted(restarted) => &restarted.words,
        Payload::ClaimRetracted(retracted) => &retracted.words,
        _ => &None,
    };
    words.as_ref().map(ToString::to_string)
}

fn figures(event: &Event) -> impl Iterator<Item = (u16, &situ_core::Figure)> {
    let figures = match &event.payload {
        Payload::CasualtiesReported(reported) => reported.figures.as_slice(),
        _ => &[],
    };
    (1..).zip(figures)
}

fn retracted(retraction: &Retraction, cite: &Citation<'_>) -> String {
    let instead = retraction
        .replacement
        .map(|replacement| format!(", instead {}", cite.of(replacement)))
        .unwrap_or_default();
    format!(
        "retracted by {} ({}){instead}",
        cite.event(retraction.by),
        spelled(retraction.reason.as_str())
    )
}
