//! `situ views`: tables of claims, tolls and services in the file of the log, for SQL tools.

use std::time::Duration;

use situ_core::EventStore as _;
use situ_follow::{OnUndigestible, Progress, RunError, Runner, SqlViews};

use crate::args::ViewsArgs;
use crate::exit::{Exit, Hinted};
use crate::ledger;
use crate::render::number::grouped;
use crate::run::Session;

/// How long to wait for what comes before the lease is prolonged.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn run(args: &ViewsArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let path = session.global.store();
    let store = ledger::open_to_write(path)?;
    let policy = match args.skip {
        true => OnUndigestible::Skip,
        false => OnUndigestible::Stop,
    };
    let mut runner = Runner::new(&store, SqlViews::default()).on_undigestible(policy);
    let mut said = false;
    loop {
        match runner.step(session.now.by_now()).map_err(explained)? {
            Progress::CaughtUp { position } => {
                if !std::mem::replace(&mut said, true) {
                    let at = grouped(position.get());
                    writeln!(
                        session.err,
                        "v_events, v_claims, v_tolls and v_services are up to date, at @{at}"
                    )?;
                }
                if !args.follow {
                    break;
                }
                runner.wait(PATIENCE)?;
            }
            Progress::Waiting { until } if !args.follow => {
                let message =
                    format!("somebody else keeps the views up to date, at least until {until}");
                return Err(Hinted::new(
                    message,
                    "ask them as they are; `situ followers` says how far they are",
                )
                .into());
            }
            Progress::Waiting { .. } | Progress::Lost => runner.wait(PATIENCE)?,
            Progress::Recalling {
                folded: position, ..
            }
            | Progress::Behind { position } => session.progress(position, store.head()?),
        }
    }
    runner.finish()?;
    Ok(Exit::Answered)
}

fn explained(error: RunError) -> anyhow::Error {
    match &error {
        RunError::Undigestible { .. } => {
            let hint = "`situ views --skip` goes on without it and keeps it among the dead letters of `situ followers`";
            Hinted::new(error.to_string(), hint).into()
        }
        _ => anyhow::Error::new(error).context("cannot keep the views"),
    }
}
