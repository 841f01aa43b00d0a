//! Several processes append, and others follow them, from the start or joining late: each is told everything once, in order.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use situ_core::{EventStore, Position};
use situ_sqlite::SqliteStore;
use situ_tests::{light_batch, numbers};

/// The processes that append, from two threads each.
const PROCESSES: [u16; 2] = [1, 2];

/// How many batches each thread appends.
const BATCHES: u32 = 1000;

/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn every_follower_of_two_writing_processes_is_told_200_000_events_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = &folder.path().join("log.db");
    let store = SqliteStore::create(path).unwrap();
    let size: usize = (0..BATCHES)
        .map(|number| light_batch(1, 0, number).len())
        .sum();
    let total = size as u64 * PROCESSES.len() as u64 * 2;
    assert!(total >= 200_000, "{total} events");
    let told = thread::scope(|scope| {
        let follow = |after| {
            let child = start(path, ["follow", &format!("{after}"), &format!("{total}")]);
            scope.spawn(move || listen(child))
        };
        let mut followers = vec![(0, follow(0)), (0, follow(0))];
        // Somebody listens and is killed: what it leaves behind is in nobody's way.
        kill_when_it_listens(path, start(path, ["follow", "0", &format!("{total}")]));
        let count = BATCHES.to_string();
        let writers =
            PROCESSES.map(|process| start(path, ["append", &process.to_string(), &count]));
        for late in [total / 4, total / 2] {
            wait_for(&store, late);
            followers.extend([(0, follow(0)), (late, follow(late))]);
        }
        for mut writer in writers {
            assert!(writer.wait().unwrap().success());
        }
        followers.push((total, follow(total)));
        followers
            .into_iter()
            .map(|(after, follower)| (after, follower.join().unwrap()))
            .collect::<Vec<_>>()
    });
    let held = store.read_after(Position::START, usize::MAX).unwrap();
    assert_eq!(held.len() as u64, total);
    let lines: Vec<_> = held
        .iter()
        .map(|recorded| {
            let (process, thread, number) = numbers(recorded.id);
            format!("{} {process} {thread} {number}", recorded.position)
        })
        .collect();
    for (after, told) in told {
        assert!(
            told == lines[after as usize..],
            "whoever began after {after} was told something else"
        );
    }
    assert_eq!(store.check().unwrap().findings, []);
    drop(store);
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(
        left,
        std::slice::from_ref(path),
        "nothing is left beside the log"
    );
}

fn start(path: &Path, [what, first, second]: [&str; 3]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soak"));
    command.arg(what).arg(path).args([first, second]);
    command.stdout(Stdio::piped()).spawn().unwrap()
}

/// The events a follower says it was told, to its end.
fn listen(mut child: Child) -> Vec<String> {
    let out = BufReader::new(child.stdout.take().unwrap());
    let lines = out.lines().map(Result::unwrap);
    let told = lines
        .filter(|line| !line.starts_with("caught up"))
        .collect();
    assert!(child.wait().unwrap().success());
    told
}

/// Kills the third of those who listen, once all three do.
fn kill_when_it_listens(path: &Path, mut child: Child) {
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "caught up at 0\n");
    let bells = path.with_file_name("log.db-bells");
    while fs::read_dir(&bells).map_or(0, Iterator::count) < 3 {
        thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn wait_for(store: &SqliteStore, position: u64) {
    while store.head().unwrap().get() < position {
        let head = store.head().unwrap();
        assert!(
            store.wait_after(head, PATIENCE).unwrap() > head,
            "nothing is appended"
        );
    }
}
