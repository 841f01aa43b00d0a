//! A newsroom ticker: prints every change of a toll or a service as it comes, and keeps the headlines in a table beside the log.

use std::error::Error;
use std::io::{Write as _, stdout};
use std::sync::Arc;
use std::time::SystemTime;

use situ_core::{Instant, Position, Recorded};
use situ_follow::{
    Asked, Follower, Progress, ReadModel, Runner, Signal, Subscription, Undigestible,
};
use situ_sqlite::{Change, Column, ColumnType, Declaration, SqliteStore, Table, Value};

/// One row for each event that changed something.
const HEADLINES: Table = Table {
    name: "headlines",
    columns: &[
        Column::key("position", ColumnType::Integer),
        Column::required("changes", ColumnType::Text),
    ],
};

#[derive(Clone)]
struct Headlines(Declaration, Follower);

impl ReadModel for Headlines {
    fn declaration(&self) -> &Declaration {
        &self.0
    }

    fn digest(&mut self, recorded: &Recorded) -> Result<Vec<Change>, Undigestible> {
        let notices = self.1.apply(recorded)?;
        if notices.is_empty() {
            return Ok(vec![]);
        }
        let changes: Vec<String> = notices.iter().map(ToString::to_string).collect();
        let position = i64::try_from(recorded.position.get()).unwrap_or(i64::MAX);
        let row = vec![Value::Integer(position), Value::Text(changes.join("\n"))];
        let table = HEADLINES.name;
        Ok(vec![Change::Put { table, row }])
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: ticker LOG [--once]")?;
    let is_once = arguments.next().is_some();
    let store = Arc::new(SqliteStore::open(path)?);
    let declaration = Declaration::new("headlines", 1, &[HEADLINES])?;
    let mut ticker = Follower::new(Asked::everything(), Position::START);
    let mut keeper = Runner::new(&store, Headlines(declaration, ticker.clone()));
    for signal in Subscription::after(Arc::clone(&store) as _, Position::START)? {
        if let Signal::Events { events, .. } = signal? {
            for recorded in &events {
                for notice in ticker.apply(recorded)? {
                    writeln!(stdout(), "@{} {notice}", notice.position())?;
                }
            }
            continue;
        }
        let nanos = SystemTime::UNIX_EPOCH.elapsed()?.as_nanos();
        let now = Instant::from_unix_nanos(i64::try_from(nanos)?);
        while let Progress::Behind { .. } | Progress::Recalling { .. } = keeper.step(now)? {}
        if is_once {
            break;
        }
    }
    Ok(keeper.finish()?)
}
