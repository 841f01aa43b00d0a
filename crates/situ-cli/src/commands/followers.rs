//! `situ followers`: who follows the log, how far, and what went wrong.

use std::collections::HashMap;

use serde::Serialize;
use situ_core::{EventStore as _, Instant, Position, Zone};
use situ_sqlite::{FollowerState, FollowerStatus};

use crate::answer::{self, ResolvedAsOf};
use crate::args::FollowersArgs;
use crate::exit::{Exit, NotThere};
use crate::ledger;
use crate::render::moment;
use crate::render::number::{grouped, plural};
use crate::render::paint::Tone;
use crate::render::table::{Cell, Table};
use crate::run::Session;

/// Where a version of a follower stands.
#[derive(Debug, Serialize)]
struct Follower {
    name: String,
    version: u32,
    state: &'static str,
    position: Position,
    lag: u64,
    lease_until: Option<Instant>,
    caught_up_at: Option<Instant>,
    dead_letters: Vec<DeadLetter>,
}

#[derive(Debug, Serialize)]
struct DeadLetter {
    position: Position,
    fate: &'static str,
    reason: String,
}

impl From<FollowerStatus> for Follower {
    fn from(status: FollowerStatus) -> Self {
        let dead_letters = status.dead_letters.into_iter().map(|letter| DeadLetter {
            position: letter.position,
            fate: letter.fate.word(),
            reason: letter.reason,
        });
        Self {
            dead_letters: dead_letters.collect(),
            name: status.name,
            version: status.version,
            state: status.state.word(),
            position: status.position,
            lag: status.lag,
            lease_until: status.lease,
            caught_up_at: status.caught_up_at,
        }
    }
}

pub(crate) fn run(args: &FollowersArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let path = session.global.store();
    if let Some(name) = &args.reset {
        let store = ledger::open_to_write(path)?;
        if !store.reset(name)? {
            let names: Vec<String> = store
                .followers()?
                .into_iter()
                .map(|status| status.name)
                .collect();
            let known = match names.is_empty() {
                true => "nobody follows this log".to_owned(),
                false => format!("there are {}", names.join(", ")),
            };
            return Err(NotThere(format!("there is no follower {name}; {known}")).into());
        }
        writeln!(session.err, "{name} begins anew")?;
        return Ok(Exit::Answered);
    }
    let store = ledger::open_to_read(path)?;
    let followers = store.followers()?;
    let head = store.head()?;
    if session.global.json {
        let followers: Vec<Follower> = followers.into_iter().map(Follower::from).collect();
        let data = HashMap::from([("followers", followers)]);
        answer::write(
            session.out,
            ResolvedAsOf::head(session.now.instant(), head),
            data,
        )?;
        return Ok(Exit::Answered);
    }
    if followers.is_empty() {
        writeln!(
            session.err,
            "nobody follows this log; `situ watch --name` and `situ views` do"
        )?;
        return Ok(Exit::Answered);
    }
    print(&followers, session)?;
    Ok(Exit::Answered)
}

fn print(followers: &[FollowerStatus], session: &mut Session<'_>) -> anyhow::Result<()> {
    let now = session.now.instant();
    let mut table = Table::default();
    for follower in followers {
        let lag = match follower.lag {
            0 => Cell::new("up to date", Tone::Good),
            lag => Cell::new(
                format!(
                    "{} behind",
                    plural(usize::try_from(lag).unwrap_or(usize::MAX), "event")
                ),
                Tone::Warning,
            ),
        };
        let state = match follower.state {
            FollowerState::Serving => Cell::default(),
            FollowerState::Building => Cell::new("catching up", Tone::Quiet),
        };
        let lease = match (follower.lease, follower.caught_up_at) {
            (Some(until), _) if until > now => "running".to_owned(),
            (_, Some(at)) => format!("not running, last at {}", moment::local(at, Zone::UTC)),
            (_, None) => "not running".to_owned(),
        };
        table.row([
            Cell::new(&*follower.name, Tone::Strong),
            Cell::new(format!("version {}", follower.version), Tone::Quiet),
            Cell::number(
                format!("@{}", grouped(follower.position.get())),
                Tone::Plain,
            ),
            lag,
            Cell::new(lease, Tone::Quiet),
            state,
        ]);
        for letter in &follower.dead_letters {
            let text = format!(
                "{} at @{}: {}",
                letter.fate.word(),
                letter.position,
                letter.reason
            );
            table.row([
                "".into(),
                "".into(),
                "".into(),
                "".into(),
                "".into(),
                Cell::new(text, Tone::Alarm),
            ]);
        }
    }
    table.write(session.out)?;
    Ok(())
}
