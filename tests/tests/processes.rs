//! Two processes append to one file at the same time, while a third reads it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant as Moment};

use situ_core::{EventStore, Position, Recorded};
use situ_sqlite::SqliteStore;
use situ_tests::{numbered_batch, numbers};

/// The processes that append, by the round they are told.
const PROCESSES: [u16; 2] = [1, 2];

/// How many batches each process acknowledges at least.
const BATCHES: usize = 100;

/// How long nothing may come while both append.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn two_processes_append_to_one_file_and_a_third_reads_a_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = SqliteStore::create(&path).unwrap();
    let (sender, said) = channel();
    let mut acks = Acks::new();
    let seen = thread::scope(|scope| {
        let mut appenders = PROCESSES.map(|process| Appender::start(&path, process));
        for (process, appender) in PROCESSES.into_iter().zip(&mut appenders) {
            let (out, sender) = (appender.0.stdout.take().unwrap(), sender.clone());
            scope.spawn(move || listen(process, BufReader::new(out), &sender));
        }
        drop(sender);
        let mut seen = vec![];
        while !are_interleaved(&acks) {
            read_on(&store, &mut seen);
            acks.extend(said.try_iter());
            for appender in &mut appenders {
                let ended = appender.0.try_wait().unwrap();
                assert_eq!(ended, None, "one could not append while the other did");
            }
        }
        drop(appenders);
        acks.extend(said.iter());
        seen
    });
    let held = store.read_after(Position::START, usize::MAX).unwrap();
    assert!(held.starts_with(&seen));
    check_batches(&held, &acks);
    assert_eq!(store.check().unwrap().findings, []);
}

/// Which batch of which process and thread, and where the process said it begins.
type Acks = BTreeMap<(u16, u8, u32), Position>;

/// A process that appends until this is dropped.
struct Appender(Child);

impl Appender {
    fn start(path: &Path, process: u16) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_appender"))
            .arg(path)
            .arg(process.to_string())
            .stdout(Stdio::piped())
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Appender {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

fn listen(process: u16, mut out: impl BufRead, sender: &Sender<((u16, u8, u32), Position)>) {
    let mut line = String::new();
    while out.read_line(&mut line).unwrap() > 0 {
        // The kill may have cut the last line.
        if let Some(ack) = line.strip_suffix('\n') {
            let [thread, number, position] = ack.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{ack}");
            };
            let batch = (process, thread.parse().unwrap(), number.parse().unwrap());
            sender.send((batch, position.parse().unwrap())).unwrap();
        }
        line.clear();
    }
}

/// Whether each process has said enough, and something after the other one began.
fn are_interleaved(acks: &Acks) -> bool {
    let [one, other] = PROCESSES.map(|process| {
        let own = acks.iter().filter(|((by, ..), _)| *by == process);
        own.map(|(_, position)| *position).collect::<BTreeSet<_>>()
    });
    one.len() >= BATCHES
        && other.len() >= BATCHES
        && one.first() < other.last()
        && other.first() < one.last()
}

/// Waits for what another process appends, and reads it.
fn read_on(store: &SqliteStore, seen: &mut Vec<Recorded>) {
    let reached = seen.last().map_or(Position::START, |last| last.position);
    let asked = Moment::now();
    let head = store.wait_after(reached, PATIENCE).unwrap();
    assert!(head > reached, "nothing was appended");
    assert!(asked.elapsed() < PATIENCE, "the wait went on to the end");
    let page = store.read_after(reached, usize::MAX).unwrap();
    assert_eq!(page[0].position, reached.next());
    let last = page.last().unwrap();
    assert!(last.position >= head);
    let (process, thread, number) = numbers(last.id);
    let batch = numbered_batch(process, thread, number);
    assert_eq!(last.id, batch.last().unwrap().id, "half a batch is seen");
    seen.extend(page);
}

/// Checks that there is no hole, that every batch is whole and every acknowledged one is where its process said, and that each
/// thread's batches are in its order.
fn check_batches(held: &[Recorded], acks: &Acks) {
    for (recorded, position) in held.iter().zip(1..) {
        assert_eq!(recorded.position, Position::new(position));
    }
    let mut next = BTreeMap::new();
    let mut found = Acks::new();
    let mut rest = held;
    while let Some(first) = rest.first() {
        let (process, thread, number) = numbers(first.id);
        let expected = next.entry((process, thread)).or_insert(0);
        assert_eq!(number, *expected, "process {process}, thread {thread}");
        *expected += 1;
        let batch = numbered_batch(process, thread, number);
        assert!(rest.len() >= batch.len(), "ends in a half batch");
        let (whole, after) = rest.split_at(batch.len());
        for (recorded, event) in whole.iter().zip(&batch) {
            assert_eq!(recorded.id, event.id);
        }
        found.insert((process, thread, number), first.position);
        rest = after;
    }
    for (batch, position) in acks {
        assert_eq!(found.get(batch), Some(position), "{batch:?}");
    }
}
