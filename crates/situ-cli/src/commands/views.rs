//! `situ views`: tables of claims, tolls and services in the file of the log, for SQL tools.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use situ_core::EventStore as _;
use situ_follow::{OnUndigestible, Progress, RunError, Runner, SqlViews};
use situ_sqlite::SqliteStore;

use crate::args::ViewsArgs;
use crate::exit::{Exit, Hinted};
use crate::ledger;
use crate::render::number::grouped;
use crate::run::Session;

/// How long to wait for what comes before the lease is prolonged.
const PATIENCE: Duration = Duration::from_secs(3);

pub(crate) fn run(args: &ViewsArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let store = Arc::new(ledger::open_to_write(session.global.store())?);
    let policy = if args.skip {
        OnUndigestible::Skip
    } else {
        OnUndigestible::Stop
    };
    let is_cancelled = Arc::new(AtomicBool::new(false));
    if session.now.goes_on() {
        let (is_cancelled, store) = (Arc::clone(&is_cancelled), Arc::clone(&store));
        // Somebody else may have set a handler already, when this is no process of its own; then it ends as that says.
        let _ = ctrlc::set_handler(move || {
            is_cancelled.store(true, Ordering::SeqCst);
            store.bell().ring();
        });
    }
    let mut runner = Runner::new(&store, SqlViews::default()).on_undigestible(policy);
    let outcome = keep(&mut runner, args, &store, &is_cancelled, session);
    // However it ended, somebody else may go on.
    let finished = runner.finish();
    outcome?;
    finished?;
    Ok(Exit::Answered)
}

fn keep(
    runner: &mut Runner<'_, SqlViews>,
    args: &ViewsArgs,
    store: &SqliteStore,
    is_cancelled: &AtomicBool,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let mut has_said = false;
    while !is_cancelled.load(Ordering::SeqCst) {
        // Taken before looking, so that nothing is missed between looking and waiting.
        let rings = store.bell().rings();
        match runner.step(session.now.by_now()).map_err(explained)? {
            Progress::CaughtUp { position } => {
                if !has_said {
                    let at = grouped(position.get());
                    let views = "v_events, v_claims, v_tolls, v_services and v_situations";
                    writeln!(session.err, "{views} are up to date, at @{at}")?;
                    has_said = true;
                }
                if !args.follow {
                    return Ok(());
                }
                store.bell().wait(rings, PATIENCE);
            }
            Progress::Waiting { until } if !args.follow => {
                let message =
                    format!("somebody else keeps the views up to date, at least until {until}");
                let hint = "ask them as they are; `situ followers` says how far they are";
                return Err(Hinted::new(message, hint).into());
            }
            Progress::Waiting { .. } | Progress::Lost => {
                store.bell().wait(rings, PATIENCE);
            }
            Progress::Recalling {
                folded: position, ..
            }
            | Progress::Behind { position } => session.progress(position, store.head()?),
        }
    }
    Ok(())
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
