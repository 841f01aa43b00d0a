//! `situ services`: which services run and which do not, since when.

use serde::Serialize;
use situ_core::{Census, Projection as _, SituationId};
use situ_services::{ServiceStatus, Services, TimeToLive};

use crate::answer::{self, ResolvedAsOf};
use crate::args::ServicesArgs;
use crate::exit::{Exit, NotThere};
use crate::ledger::{self, Citation, Ledger};
use crate::question::{Caveats, Question};
use crate::render::services;
use crate::run::Session;

/// The answer.
#[derive(Debug, Serialize)]
struct Board {
    situation: SituationId,
    services: Vec<ServiceStatus>,
    #[serde(flatten)]
    caveats: Caveats,
}

pub(crate) fn run(args: &ServicesArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let store = ledger::open_to_read(session.global.store())?;
    let (mut services, mut census) = (Services::default(), Census::default());
    let ledger = Ledger::read(&store, |recorded| {
        census.apply(recorded)?;
        services.apply(recorded).map(drop)
    })?;
    let question = Question::resolve(session, &ledger)?;
    let mut board = Board {
        services: services
            .at(&question.situation, question.as_of, &TimeToLive::default())
            .services,
        caveats: Caveats::of(&census, &question),
        situation: question.situation.clone(),
    };
    if !args.services.is_empty() {
        board
            .services
            .retain(|status| args.services.contains(&status.service));
        if board.services.is_empty() {
            return Err(NotThere(format!(
                "nothing is said of it in {}, as known then",
                board.situation
            ))
            .into());
        }
    }
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(&question), board)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&store);
    let names = question.names(&ledger.register, &cite);
    writeln!(session.out, "{}\n", question.heading(&ledger.register))?;
    if board.services.is_empty() {
        writeln!(session.out, "Nothing was known of any service.")?;
    }
    services::write(&board.services, &names, session.out)?;
    board.caveats.write(session.out)?;
    Ok(Exit::Answered)
}
