//! Keeps the views for SQL tools and says what it has written, until it is killed: `keeper FILE PAGE`.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use situ_core::Instant;
use situ_follow::{Progress, Runner, SqlViews};
use situ_sqlite::SqliteStore;

/// So short that whoever comes next need not wait long for the lease of the one that was killed.
const TERM: Duration = Duration::from_millis(20);

fn main() -> Result<(), Box<dyn Error>> {
    let [_, file, page] = std::env::args()
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "FILE PAGE")?;
    let store = SqliteStore::open(Path::new(&file))?;
    let mut runner = Runner::new(&store, SqlViews::default())
        .term(TERM)
        .page(page.parse()?);
    loop {
        let progress = runner.step(now()?)?;
        match progress {
            Progress::Waiting { .. } | Progress::CaughtUp { .. } => runner.wait(TERM)?,
            _ => {}
        }
        if let Progress::Behind { .. } | Progress::CaughtUp { .. } = progress {
            let mut out = std::io::stdout().lock();
            writeln!(out, "{progress:?}")?;
            out.flush()?;
        }
    }
}

fn now() -> Result<Instant, Box<dyn Error>> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(Instant::from_unix_nanos(i64::try_from(since.as_nanos())?))
}
