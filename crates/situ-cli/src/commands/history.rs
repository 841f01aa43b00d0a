//! `situ history`: how a figure changed as knowledge changed.

use serde::Serialize;
use situ_core::{AsOf, Known, SituationId};
use situ_tolls::{Change, FigureName};

use crate::answer::{self, ResolvedAsOf};
use crate::args::{Axis, HistoryArgs, KnownArg};
use crate::asked::Folded;
use crate::exit::{Exit, Hinted};
use crate::ledger::Citation;
use crate::question::{Caveats, Question};
use crate::render::changes;
use crate::run::Session;

/// The answer.
#[derive(Debug, Serialize)]
struct History {
    situation: SituationId,
    figure: FigureName,
    changes: Vec<Change>,
    #[serde(flatten)]
    caveats: Caveats,
}

pub(crate) fn run(args: &HistoryArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let folded = Folded::read(session)?;
    let mut question = Question::resolve(session, &folded.ledger)?;
    let figure = Folded::figure(&question, &args.figure)?;
    question.as_of = along(args.axis, session, &question)?;
    let (policy, reading) = (&args.read.policy, args.read.reading.0);
    let situation = question.situation.clone();
    let history = History {
        changes: folded
            .tolls
            .history(&situation, question.as_of, &figure, policy, reading),
        caveats: Caveats::of(&folded.census, &question),
        figure,
        situation,
    };
    if history.changes.is_empty() {
        return Err(folded.unknown(&question, &history.figure).into());
    }
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(&question), history)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&folded.store);
    let register = &folded.ledger.register;
    let names = question.names(register, &cite);
    writeln!(session.out, "{}\n", question.heading(register))?;
    let clock = match question.as_of.known {
        Known::Position(_) => "as the log took it",
        Known::Learnt(_) => "as it became public",
    };
    let figure = history.figure.display_in(question.zone);
    writeln!(session.out, "{figure}, {clock}, by {}", policy.used().name)?;
    if args.chart {
        changes::chart(&history.changes, &names, session.out)?;
    } else {
        changes::history(&history.changes, &history.figure, &names, session.out)?;
    }
    history.caveats.write(session.out)?;
    Ok(Exit::Answered)
}

/// The clocks, with the known one of the axis asked for.
pub(crate) fn along(
    axis: Option<Axis>,
    session: &Session<'_>,
    question: &Question,
) -> anyhow::Result<AsOf> {
    let known = question.as_of.known;
    let is_now = matches!(session.global.known, KnownArg::Now);
    let known = match (axis, known) {
        (None | Some(Axis::Learnt), Known::Position(_)) if is_now => {
            Known::Learnt(session.now.instant())
        }
        (Some(Axis::Learnt), Known::Position(position)) => {
            let message =
                format!("--known @{position} is a position, and --axis learnt goes by moments");
            return Err(Hinted::new(message, "write --known TIME, or --axis recorded").into());
        }
        (Some(Axis::Recorded), Known::Learnt(_)) => {
            let message = "--known names a moment, and --axis recorded goes by positions";
            return Err(Hinted::new(message, "write --known @POSITION, or --axis learnt").into());
        }
        _ => known,
    };
    Ok(AsOf {
        known,
        ..question.as_of
    })
}
