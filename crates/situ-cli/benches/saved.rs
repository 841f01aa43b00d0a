//! What a question costs with saved views beside one that reads the whole log: `cargo bench -p situ-cli [-- --quick] [--once]`.
//!
//! Logs of a million events, as a busy desk would record them, of one situation and of a hundred. Each command is run from its
//! arguments to its answer; medians of CPU time. Times are of this machine; the ratios are what counts.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark program prints, and ends at the first failure"
)]

mod events;

use std::path::Path;
use std::time::Duration;

use clap::Parser as _;
use rustix::time::{ClockId, clock_gettime};
use situ_cli::{Args, Exit, Now, run};
use situ_core::{Condition, Event, EventStore, Instant};
use situ_sqlite::SqliteStore;

use self::events::event;

fn main() {
    let is_said = |word: &str| std::env::args().any(|argument| argument == word);
    let events = if is_said("--quick") {
        100_000
    } else {
        1_000_000
    };
    let rounds = if is_said("--once") { 1 } else { 5 };
    println!("| {events} events, situations | command | whole log | saved | ratio |");
    println!("|---|---|---|---|---|");
    for situations in [1, 100] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        fill(&path, events, situations);
        measure(&path, situations, rounds);
    }
}

const QUESTIONS: [&[&str]; 5] = [
    &["toll", "killed/civilian@PK-BA-0"],
    &["toll", "--place", "PK-BA-0"],
    &["services"],
    &["services", "--at", "2025-01-05"],
    &["show", "@7"],
];

fn measure(path: &Path, situations: u64, rounds: usize) {
    let log = size(path);
    let whole = QUESTIONS.map(|question| asked(path, question, rounds));
    let rebuild = timed(|| command(path, &["rebuild"])).0;
    let with_saved = size(path);
    let saved = QUESTIONS.map(|question| asked(path, question, rounds));
    for ((question, whole), saved) in QUESTIONS.iter().zip(whole).zip(saved) {
        assert_eq!(whole.1, saved.1, "the answers are the same");
        let ratio = saved.0.as_secs_f64() / whole.0.as_secs_f64();
        let (question, whole, saved) = (question.join(" "), whole.0, saved.0);
        println!("| {situations} | {question} | {whole:.2?} | {saved:.2?} | {ratio:.3} |");
    }
    println!("| {situations} | rebuild | {rebuild:.2?} | | |");
    let share = (with_saved - log) as f64 / log as f64;
    println!(
        "| {situations} | saved, of {} MB of log | | {} MB | {share:.2} |",
        log >> 20,
        (with_saved - log) >> 20
    );
}

fn asked(path: &Path, question: &[&str], rounds: usize) -> (Duration, String) {
    let mut answers: Vec<_> = (0..rounds)
        .map(|_| timed(|| command(path, question)))
        .collect();
    answers.sort();
    answers.swap_remove(rounds / 2)
}

fn command(path: &Path, command: &[&str]) -> String {
    let store = path.to_str().unwrap();
    let words = [
        "situ",
        "--store",
        store,
        "--situation",
        "situation-0",
        "--json",
    ];
    let args = Args::try_parse_from(words.iter().chain(command)).unwrap();
    let now = Now::standing_still("2026-12-31T00:00:00Z", [0; 16]).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(&args, &now, &mut &b""[..], &mut out, &mut err);
    assert_eq!(exit, Exit::Answered, "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out).unwrap()
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let start = now();
    let done = work();
    (now() - start, done)
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

fn fill(path: &Path, events: u64, situations: u64) {
    let store = SqliteStore::create(path).unwrap();
    let now = Instant::from_unix_nanos(1_770_181_200_000_000_000);
    for first in (0..events).step_by(1000) {
        let batch: Vec<Event> = (first..first + 1000)
            .map(|n| event(n, situations))
            .collect();
        store.append(&batch, &Condition::None, now).unwrap();
    }
}
