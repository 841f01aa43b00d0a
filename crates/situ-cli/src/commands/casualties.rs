//! `situ casualties`: the killed and the injured together.

use serde::Serialize;
use situ_core::SituationId;
use situ_tolls::Casualties;

use crate::answer::{self, ResolvedAsOf};
use crate::args::{CasualtiesOfArgs, Which};
use crate::asked::Folded;
use crate::exit::{Exit, NotThere};
use crate::ledger::Citation;
use crate::question::{Caveats, Question};
use crate::render::number::regrouped;
use crate::render::paint::Tone;
use crate::render::table::paragraph;
use crate::run::Session;

/// The answer.
#[derive(Debug, Serialize)]
struct Answer {
    situation: SituationId,
    casualties: Vec<Casualties>,
    #[serde(flatten)]
    caveats: Caveats,
}

pub(crate) fn run(args: &CasualtiesOfArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let folded = Folded::read(session)?;
    let question = Question::resolve(session, &folded.ledger)?;
    let which = Which {
        figure: None,
        outcome: None,
        who: args.who,
        scope: args.scope.clone(),
        place: args.place.clone(),
        basis: args.basis,
    };
    let asked = situ_tolls::Question {
        series: args.series.0,
        ..folded.which(&question, &which, Some(&args.read))?
    };
    let (situation, as_of) = (&question.situation, question.as_of);
    let answer = Answer {
        casualties: folded.tolls.casualties(situation, as_of, &asked),
        caveats: Caveats::of(&folded.census, &question),
        situation: situation.clone(),
    };
    if answer.casualties.is_empty() {
        return Err(NotThere(format!(
            "of no group of people in {situation} both the killed and the injured are counted, as known then"
        ))
        .into());
    }
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(&question), answer)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&folded.store);
    writeln!(
        session.out,
        "{}\n",
        question.heading(&folded.ledger.register)
    )?;
    for both in &answer.casualties {
        let zone = question.zone;
        let (killed, injured) = (
            both.killed.display_in(zone).to_string(),
            both.injured.display_in(zone),
        );
        let words = Tone::Strong.paint(&regrouped(&both.words)).to_string();
        writeln!(session.out, "{killed} and {injured}: {words}")?;
        let counted = format!(
            "as counted {} ({}) {}",
            both.point.words,
            both.point.expression,
            cite.list(&both.rests_on)
        );
        paragraph(session.out, 2, &regrouped(&counted), Tone::Plain)?;
        for flag in &both.flags {
            let note = format!("note: {} {}", flag.words, cite.list(&flag.claims));
            paragraph(session.out, 2, &note, Tone::Warning)?;
        }
    }
    answer.caveats.write(session.out)?;
    Ok(Exit::Answered)
}
