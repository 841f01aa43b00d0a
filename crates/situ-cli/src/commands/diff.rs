//! `situ diff`: what differs between two states of knowledge.

use serde::Serialize;
use situ_core::{AsOf, SituationId};
use situ_tolls::Difference;

use crate::answer::{self, ResolvedAsOf};
use crate::args::{DiffArgs, KnownArg};
use crate::asked::Folded;
use crate::exit::{Exit, Hinted};
use crate::ledger::Citation;
use crate::question::{Caveats, Question};
use crate::render::changes;
use crate::run::Session;

/// The answer.
#[derive(Debug, Serialize)]
struct Differences {
    situation: SituationId,
    /// The two clocks of the first state; those of the second are the answer's own.
    from: ResolvedAsOf,
    differences: Vec<Difference>,
    #[serde(flatten)]
    caveats: Caveats,
}

pub(crate) fn run(args: &DiffArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let KnownArg::Between(from, to) = session.global.known.clone() else {
        let message = "diff compares two states of knowledge";
        let hint =
            "name both with --known A..B, such as --known 2026-02-04..now or --known @20..@30";
        return Err(Hinted::new(message, hint).into());
    };
    let folded = Folded::read(session)?;
    let from = Question::known_as(session, &folded.ledger, &from)?;
    let question = Question::known_as(session, &folded.ledger, &to)?;
    let asked = folded.which(&question, &args.which, Some(&args.read))?;
    let (before, after): (AsOf, AsOf) = (from.as_of, question.as_of);
    let differences = Differences {
        situation: question.situation.clone(),
        from: ResolvedAsOf::from(&from),
        differences: folded
            .tolls
            .diff(&question.situation, before, after, &asked),
        caveats: Caveats::of(&folded.census, &question),
    };
    let differs = !differences.differences.is_empty();
    let exit = if differs && args.exit_code {
        Exit::No
    } else {
        Exit::Answered
    };
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(&question), differences)?;
        return Ok(exit);
    }
    let cite = Citation(&folded.store);
    let register = &folded.ledger.register;
    let names = question.names(register, &cite);
    let (before, after) = (from.known_in_words(), question.known_in_words());
    writeln!(session.out, "{}", question.title(register))?;
    writeln!(
        session.out,
        "at {}: {before}, against {after}\n",
        question.at_in_words()
    )?;
    if differs {
        changes::differences(&differences.differences, &names, session.out)?;
    } else {
        writeln!(session.out, "No figure differs.")?;
    }
    differences.caveats.write(session.out)?;
    Ok(exit)
}
