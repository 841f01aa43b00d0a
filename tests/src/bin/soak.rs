//! One of many processes on one log: `soak append FILE PROCESS BATCHES`, or `soak follow FILE AFTER UNTIL`.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use situ_core::{Condition, EventStore, Instant, Position};
use situ_follow::{Signal, Subscription};
use situ_sqlite::SqliteStore;
use situ_tests::{light_batch, numbers};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [what, file, first, second] = &arguments[..] else {
        return Err("append FILE PROCESS BATCHES, or follow FILE AFTER UNTIL".into());
    };
    let store = SqliteStore::open(Path::new(file))?;
    match what.as_str() {
        "append" => append(&store, first.parse()?, second.parse()?),
        _ => follow(store, first.parse()?, second.parse()?),
    }
}

/// Appends from two threads; the instants of a thread's batches come in twos.
fn append(store: &SqliteStore, process: u16, batches: u32) -> Result<(), Box<dyn Error>> {
    let append = |thread: u8| {
        for number in 0..batches {
            let batch = light_batch(process, thread, number);
            let now = Instant::from_unix_nanos(i64::from(number / 2));
            let appended = store.append(&batch, &Condition::None, now);
            appended.map_err(|error| error.to_string())?;
        }
        Ok::<_, String>(())
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| append(1));
        append(0)?;
        other.join().map_err(|_| "a thread panicked")?
    })?;
    Ok(())
}

/// Follows the log and says each event it is told of, as `POSITION PROCESS THREAD NUMBER`, and `caught up` on the way.
///
/// A signal that ends within a batch, or nothing for a minute, is an error.
fn follow(store: SqliteStore, after: Position, until: Position) -> Result<(), Box<dyn Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut subscription = Subscription::after(Arc::new(store), after)?;
    while subscription.position() < until {
        let signal = subscription.next_timeout(Duration::from_secs(60))?;
        match signal.ok_or("nothing came for a minute")? {
            Signal::Events { events, .. } => {
                for recorded in &events {
                    let (process, thread, number) = numbers(recorded.id);
                    let position = recorded.position;
                    writeln!(out, "{position} {process} {thread} {number}")?;
                }
                let last = events.last().ok_or("no events")?;
                let (process, thread, number) = numbers(last.id);
                let batch = light_batch(process, thread, number);
                if batch.last().map(|event| event.id) != Some(last.id) {
                    return Err(format!("a batch is split at {}", last.position).into());
                }
            }
            Signal::Checkpoint(position) => {
                return Err(format!("nothing was to be left out before {position}").into());
            }
            Signal::CaughtUp(position) => {
                writeln!(out, "caught up at {position}")?;
                out.flush()?;
            }
        }
    }
    out.flush()?;
    Ok(())
}
