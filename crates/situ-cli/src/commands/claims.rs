//! `situ claims`: what every line says, claim by claim.

use anyhow::Context as _;
use serde::Serialize;
use situ_core::{SituationId, When};
use situ_tolls::Line;

use crate::answer::{self, ResolvedAsOf};
use crate::args::ClaimsArgs;
use crate::asked::Folded;
use crate::exit::{Exit, NotThere};
use crate::ledger::Citation;
use crate::question::{Caveats, Question};
use crate::render::lines;
use crate::run::Session;
use crate::time::Clock;

/// The answer.
#[derive(Debug, Serialize)]
struct Lines {
    situation: SituationId,
    lines: Vec<Line>,
    #[serde(flatten)]
    caveats: Caveats,
}

pub(crate) fn run(args: &ClaimsArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let folded = Folded::read(session)?;
    let question = Question::resolve(session, &folded.ledger)?;
    let asked = folded.which(&question, &args.which, None)?;
    let clock = Clock {
        now: session.now.instant(),
        zone: question.zone,
    };
    let on: Option<When> = args
        .on
        .as_deref()
        .map(|on| clock.when(on).context("cannot read --for"))
        .transpose()?;
    let situation = &question.situation;
    let mut lines = match &on {
        Some(on) => folded
            .tolls
            .lines_for(situation, on, question.as_of.known, &asked),
        None => folded.tolls.lines(situation, question.as_of, &asked),
    };
    if let Some(source) = &args.source {
        lines.retain(|line| line.source == *source);
    }
    if lines.is_empty() {
        return Err(match (&asked.figure, &args.source, &on) {
            (Some(figure), None, None) => folded.unknown(&question, figure),
            _ => NotThere(format!(
                "no such claim of {situation} was known then; `situ claims` without filters lists what was, and by whom"
            )),
        }
        .into());
    }
    let lines = Lines {
        situation: situation.clone(),
        lines,
        caveats: Caveats::of(&folded.census, &question),
    };
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(&question), lines)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&folded.store);
    let register = &folded.ledger.register;
    let names = question.names(register, &cite);
    match &on {
        Some(on) => {
            writeln!(session.out, "{}", question.title(register))?;
            let on = names.when(on);
            writeln!(
                session.out,
                "said for {on}, {}\n",
                question.known_in_words()
            )?;
        }
        None => writeln!(session.out, "{}\n", question.heading(register))?,
    }
    lines::write(&lines.lines, &names, session.out)?;
    lines.caveats.write(session.out)?;
    Ok(Exit::Answered)
}
