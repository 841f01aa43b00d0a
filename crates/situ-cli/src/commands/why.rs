//! `situ why`: why a figure is what it is.

use serde::Serialize;
use situ_core::SituationId;
use situ_tolls::Why;

use crate::answer::{self, ResolvedAsOf};
use crate::args::WhyArgs;
use crate::asked::Folded;
use crate::exit::Exit;
use crate::ledger::Citation;
use crate::question::{Caveats, Question};
use crate::render;
use crate::run::Session;

/// The answer.
#[derive(Debug, Serialize)]
struct Because {
    situation: SituationId,
    #[serde(flatten)]
    why: Why,
    #[serde(flatten)]
    caveats: Caveats,
}

pub(crate) fn run(args: &WhyArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let folded = Folded::read(session)?;
    let question = Question::resolve(session, &folded.ledger)?;
    let figure = Folded::figure(&question, &args.figure)?;
    let (policy, reading) = (&args.read.policy, args.read.reading.0);
    let situation = &question.situation;
    let why = folded
        .tolls
        .why(situation, question.as_of, &figure, policy, reading)
        .ok_or_else(|| folded.unknown(&question, &figure))?;
    let caveats = Caveats::of(&folded.census, &question);
    if session.global.json {
        let situation = situation.clone();
        let because = Because {
            situation,
            why,
            caveats,
        };
        answer::write(session.out, ResolvedAsOf::from(&question), because)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&folded.store);
    let register = &folded.ledger.register;
    let names = question.names(register, &cite);
    writeln!(session.out, "{}\n", question.heading(register))?;
    render::why::write(&why, &names, args.all, session.out)?;
    caveats.write(session.out)?;
    Ok(Exit::Answered)
}
