//! Appends batches to a log from two threads and says so, until it is killed: `appender FILE ROUND`.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::thread;

use situ_core::{Condition, EventStore, Instant};
use situ_sqlite::SqliteStore;
use situ_tests::numbered_batch;

fn main() -> Result<(), Box<dyn Error>> {
    let [_, file, round] = std::env::args()
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "FILE ROUND")?;
    let round: u16 = round.parse()?;
    let store = SqliteStore::open_or_create(Path::new(&file))?;
    thread::scope(|scope| {
        let append =
            |thread| append_for_ever(&store, round, thread).map_err(|error| error.to_string());
        let other = scope.spawn(move || append(1));
        append(0)?;
        other.join().map_err(|_| "a thread panicked")?
    })?;
    Ok(())
}

/// Appends one batch after another; each line says which one is durable, and where it begins.
fn append_for_ever(store: &SqliteStore, round: u16, thread: u8) -> Result<(), Box<dyn Error>> {
    for number in 0.. {
        let batch = numbered_batch(round, thread, number);
        let appended = store.append(&batch, &Condition::None, Instant::from_unix_nanos(0))?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{thread} {number} {}", appended.positions[0])?;
        out.flush()?;
    }
    Ok(())
}
