//! `situ toll`: how many people, by whom it is said, and why.

use serde::Serialize;
use situ_core::{SituationId, SourceId};
use situ_tolls::{Policy, Toll};

use crate::answer::{self, ResolvedAsOf};
use crate::args::{TollArgs, Which};
use crate::asked::Folded;
use crate::exit::{Exit, NotThere};
use crate::ledger::Citation;
use crate::question::{Caveats, Question};
use crate::render;
use crate::render::toll::{self, Detail};
use crate::run::Session;
use crate::series::{Series, series};

/// The answer.
#[derive(Debug, Serialize)]
struct Figures {
    situation: SituationId,
    figures: Vec<Toll>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series: Option<Vec<Series>>,
    #[serde(flatten)]
    caveats: Caveats,
}

pub(crate) fn run(args: &TollArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let folded = Folded::read(session)?;
    let question = Question::resolve(session, &folded.ledger)?;
    let asked = situ_tolls::Question {
        superseded: args.evidence || session.global.json,
        series: args.series.0,
        ..folded.which(&question, &args.which, Some(&args.read))?
    };
    let found = folded.tolls.at(&question.situation, question.as_of, &asked);
    let found = found.tolls;
    let told_by = |by| series(by, &found, &folded.tolls, &question, &asked);
    let figures = Figures {
        series: args.by.map(told_by).transpose()?,
        figures: found,
        caveats: Caveats::of(&folded.census, &question),
        situation: question.situation.clone(),
    };
    if figures.figures.is_empty() {
        if let Some(figure) = &asked.figure {
            return Err(folded.unknown(&question, figure).into());
        }
        if is_narrowed(&args.which) {
            return Err(NotThere(format!(
                "there is no such figure in {}, as known then",
                figures.situation
            ))
            .into());
        }
    }
    if let Policy::Trusted(order) = &asked.policy {
        for source in order.iter().filter(|id| !claims_any(&figures.figures, id)) {
            writeln!(
                session.err,
                "note: {source} claims none of these figures; check the name in --policy"
            )?;
        }
    }
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(&question), figures)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&folded.store);
    let register = &folded.ledger.register;
    let names = question.names(register, &cite);
    writeln!(session.out, "{}\n", question.heading(register))?;
    if figures.figures.is_empty() {
        writeln!(session.out, "No figure was known.")?;
    }
    if let Some(series) = &figures.series {
        if series.is_empty() {
            writeln!(
                session.out,
                "No such figure is known place by place, or over time."
            )?;
        }
        render::series::write(series, args.chart, &names, session.out)?;
        figures.caveats.write(session.out)?;
        return Ok(Exit::Answered);
    }
    if args.chart {
        toll::chart(&figures.figures, &names, args.windows, session.out)?;
        figures.caveats.write(session.out)?;
        return Ok(Exit::Answered);
    }
    let detail = if args.evidence {
        Detail::Evidence
    } else {
        Detail::Brief
    };
    let shown = (detail, args.windows);
    toll::write(&figures.figures, &names, shown, session.out)?;
    figures.caveats.write(session.out)?;
    Ok(Exit::Answered)
}

fn claims_any(figures: &[Toll], source: &SourceId) -> bool {
    let mut claims = figures.iter().flat_map(|toll| &toll.claims);
    claims.any(|claim| claim.source == *source)
}

/// Whether certain figures were asked for, which may not be there.
const fn is_narrowed(which: &Which) -> bool {
    which.outcome.is_some()
        || which.who.is_some()
        || which.scope.is_some()
        || which.place.is_some()
        || which.basis.is_some()
}
