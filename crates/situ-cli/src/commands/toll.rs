//! `situ toll`: how many people, by whom it is said, and why.

use serde::Serialize;
use situ_core::{Census, Projection as _, SituationId, SourceId};
use situ_tolls::{Policy, Toll, Tolls};

use super::add::harm;
use crate::answer::{self, ResolvedAsOf};
use crate::args::TollArgs;
use crate::exit::{Exit, NotThere};
use crate::ledger::{self, Citation, Ledger};
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
    let store = ledger::open_to_read(session.global.store())?;
    let (mut tolls, mut census) = (Tolls::default(), Census::default());
    let ledger = Ledger::read(&store, |recorded| {
        census.apply(recorded)?;
        tolls.apply(recorded).map(drop)
    })?;
    let question = Question::resolve(session, &ledger)?;
    let asked = situ_tolls::Question {
        figure: None,
        outcome: args.outcome,
        who: args.who.map(|who| who.0),
        scope: args
            .scope
            .as_deref()
            .map(|scope| harm(scope, &store))
            .transpose()?,
        place: args.place.clone(),
        basis: args.basis,
        policy: args.policy.0.clone(),
        reading: args.reading.0,
    };
    let found = tolls.at(&question.situation, question.as_of, &asked).tolls;
    let told_by = |by| series(by, &found, &tolls, &question, &asked);
    let figures = Figures {
        series: args.by.map(told_by).transpose()?,
        figures: found,
        caveats: Caveats::of(&census, &question),
        situation: question.situation.clone(),
    };
    if figures.figures.is_empty() && is_narrowed(args) {
        return Err(NotThere(format!(
            "there is no such figure in {}, as known then",
            figures.situation
        ))
        .into());
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
    let cite = Citation(&store);
    let names = question.names(&ledger.register, &cite);
    writeln!(session.out, "{}\n", question.heading(&ledger.register))?;
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

/// Whether one certain figure was asked for, which may not be there.
const fn is_narrowed(args: &TollArgs) -> bool {
    args.outcome.is_some()
        || args.who.is_some()
        || args.scope.is_some()
        || args.place.is_some()
        || args.basis.is_some()
}
