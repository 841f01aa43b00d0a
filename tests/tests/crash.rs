//! A process killed while it appends loses nothing it acknowledged, and leaves no half batch and no hole.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use situ_core::{EventStore, Position};
use situ_sqlite::SqliteStore;
use situ_tests::{numbered_batch, numbers};

const ROUNDS: u16 = 200;

/// How many rounds go on with the same file.
const ROUNDS_PER_FILE: u16 = 25;

#[test]
fn nothing_acknowledged_is_lost_when_the_writer_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = 0x5175;
    let mut acknowledged = 0;
    for round in 0..ROUNDS {
        let file = folder
            .path()
            .join(format!("{}.db", round / ROUNDS_PER_FILE));
        let before = match file.exists() {
            true => SqliteStore::open_or_create(&file).unwrap().head().unwrap(),
            false => Position::START,
        };
        let acks = run_and_kill(&file, round, next(&mut random) % 30);
        acknowledged += acks.len();
        check_round(&file, round, before, &acks);
    }
    assert!(acknowledged > usize::from(ROUNDS), "{acknowledged} batches");
    for file in 0..ROUNDS / ROUNDS_PER_FILE {
        let store = SqliteStore::open(folder.path().join(format!("{file}.db"))).unwrap();
        assert_eq!(store.check().unwrap().findings, []);
    }
}

/// What the child said: which batch of which thread, and where it begins.
type Acks = HashMap<(u8, u32), Position>;

fn run_and_kill(file: &Path, round: u16, lines: u64) -> Acks {
    let mut child = spawn(file, round);
    let mut out = BufReader::new(child.stdout.take().expect("is piped"));
    let mut acks = Acks::new();
    for _ in 0..lines {
        acks.extend(read_ack(&mut out));
    }
    child.kill().expect("is running");
    child.wait().expect("was killed");
    while let Some(ack) = read_ack(&mut out) {
        acks.extend([ack]);
    }
    acks
}

fn spawn(file: &Path, round: u16) -> Child {
    Command::new(env!("CARGO_BIN_EXE_appender"))
        .arg(file)
        .arg(round.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// Reads a whole line; the kill may have cut the last one.
fn read_ack(out: &mut impl BufRead) -> Option<((u8, u32), Position)> {
    let mut line = String::new();
    out.read_line(&mut line).expect("reads");
    let mut words = line.strip_suffix('\n')?.split(' ');
    let mut word = || words.next().expect("three words");
    let thread = word().parse().expect("a thread");
    let number = word().parse().expect("a number");
    Some(((thread, number), word().parse().expect("a position")))
}

fn check_round(file: &Path, round: u16, before: Position, acks: &Acks) {
    let store = SqliteStore::open_or_create(file).expect("opens after the kill");
    let held = store.read_after(before, 100_000).expect("reads");
    let mut next = before.next();
    for recorded in &held {
        assert_eq!(recorded.position, next, "round {round}");
        next = next.next();
    }
    let mut batches = HashMap::new();
    let mut rest: &[_] = &held;
    while let Some(first) = rest.first() {
        let (of_round, thread, number) = numbers(first.id);
        assert_eq!(of_round, round);
        let batch = numbered_batch(round, thread, number);
        let (whole, after) = rest
            .split_at_checked(batch.len())
            .unwrap_or_else(|| panic!("round {round} ends in a half batch"));
        for (recorded, event) in whole.iter().zip(&batch) {
            assert_eq!(recorded.event().as_ref(), Ok(event), "round {round}");
        }
        batches.insert((thread, number), first.position);
        rest = after;
    }
    for (batch, position) in acks {
        assert_eq!(batches.get(batch), Some(position), "round {round}");
    }
}

/// A fixed sequence of numbers without a pattern.
fn next(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}
