//! A process killed while it keeps the views for SQL tools leaves tables that go with their position, and another takes over.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use situ_core::{Condition, EventStore, Position};
use situ_follow::{Runner, SqlViews};
use situ_sqlite::SqliteStore;
use situ_tests::{Random, dump, learnt, rumours};

/// Two processes are killed in each.
const ROUNDS: usize = 150;

/// How many rounds go on with the same file.
const ROUNDS_PER_FILE: usize = 30;

/// How many rounds are between two comparisons, which take longer than the rounds.
const ROUNDS_PER_CHECK: usize = 3;

/// How many events come before each round.
const EVENTS: usize = 8;

/// How long nothing may be heard of two processes, one of which can always go on.
const PATIENCE: Duration = Duration::from_secs(30);

const TABLES: [&str; 4] = ["v_claims", "v_tolls", "v_services", "v_situations"];

#[test]
fn tables_go_with_their_position_whenever_whoever_keeps_them_is_killed() {
    let mut random = Random(0x5175);
    let mut positions = Vec::new();
    for file in 0..ROUNDS / ROUNDS_PER_FILE {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        SqliteStore::create(&path).unwrap();
        let mut story = rumours(file as u64);
        for round in 0..ROUNDS_PER_FILE {
            let events: Vec<_> = story.by_ref().take(EVENTS).collect();
            let store = SqliteStore::open(&path).unwrap();
            let at = learnt((round * EVENTS + EVENTS) as u64);
            store.append(&events, &Condition::None, at).unwrap();
            drop(store);
            kill_two(&path, &mut random);
            // What a kill breaks is still broken after the next ones.
            if round % ROUNDS_PER_CHECK == ROUNDS_PER_CHECK - 1 {
                positions.push(check_against_a_cold_rebuild(&path, round));
            }
        }
    }
    let mut differ = positions.clone();
    differ.sort_unstable();
    differ.dedup();
    assert!(
        differ.len() > ROUNDS / ROUNDS_PER_CHECK / 5,
        "{positions:?}"
    );
}

/// Kills whoever has just written, and the other one after it has taken over.
fn kill_two(path: &Path, random: &mut Random) {
    let (sender, said) = channel();
    let page = 1 + random.below(4);
    let mut keepers = [0, 1].map(|number| Keeper::start(path, page, number, sender.clone()));
    drop(sender);
    let mut active = listen(&said);
    for _ in 0..random.below(5) {
        active = listen(&said);
    }
    pause(random);
    keepers[active].kill();
    while listen(&said) == active {}
    pause(random);
    keepers[1 - active].kill();
}

/// Any moment will do.
fn pause(random: &mut Random) {
    for _ in 0..random.below(2000) {
        thread::yield_now();
    }
}

fn listen(said: &Receiver<usize>) -> usize {
    said.recv_timeout(PATIENCE).expect("one of them goes on")
}

/// A process that keeps the views, and a thread that listens to it.
struct Keeper(Child);

impl Keeper {
    fn start(path: &Path, page: u64, number: usize, sender: Sender<usize>) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_keeper"))
            .arg(path)
            .arg(page.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for _ in out.lines() {
                // The test is over.
                if sender.send(number).is_err() {
                    return;
                }
            }
        });
        Self(child)
    }

    fn kill(&mut self) {
        let ended = self.0.try_wait().unwrap();
        assert_eq!(ended, None, "it failed before it was killed");
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Builds the tables anew in a copy, up to where they stand, in one go.
fn check_against_a_cold_rebuild(path: &Path, round: usize) -> Position {
    let copy = path.with_file_name("copy.db");
    let raw = Connection::open(path).unwrap();
    raw.execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
        .unwrap();
    let store = SqliteStore::open(&copy).unwrap();
    let position = store.followers().unwrap()[0].position;
    assert!(store.reset(SqlViews::NAME).unwrap());
    if position > Position::START {
        let page = usize::try_from(position.get()).unwrap();
        let mut runner = Runner::new(&store, SqlViews::default()).page(page);
        runner.step(learnt(0)).unwrap();
        assert_eq!(store.followers().unwrap()[0].position, position);
        let cold = Connection::open(&copy).unwrap();
        for table in TABLES {
            let kept = format!("{}__{}__{table}", SqlViews::NAME, SqlViews::VERSION);
            assert_eq!(
                dump(&raw, &kept),
                dump(&cold, &kept),
                "{table}, round {round}"
            );
        }
    }
    assert_eq!(store.check().unwrap().findings, []);
    drop(store);
    std::fs::remove_file(&copy).unwrap();
    position
}
