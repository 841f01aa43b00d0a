//! What an import costs over reading the file and inserting its bytes: `cargo bench -p situ-cli --bench import [-- --quick]`.
//!
//! The command is run as a process of its own, from the file to the last commit; the floor reads the same file and inserts each
//! line into a bare table, as many at a time, with the same pragmas. Wall time, medians of interleaved rounds; the most memory
//! the process had, as Linux tells. Times are of this machine; the ratios are what counts.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark program prints, and ends at the first failure"
)]

mod events;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant as Moment};

use flate2::read::MultiGzDecoder;
use rusqlite::Connection;
use situ_core::to_line;

use self::events::event;

/// Events a batch of the import holds, and lines one of the floor.
const BATCH: usize = 1_000;

fn main() {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let (sizes, rounds) = match is_quick {
        true => ([10_000, 100_000], 3),
        false => ([100_000, 1_000_000], 5),
    };
    println!("| input | lines | MB | situ | lines/s | floor | ratio | peak memory |");
    println!("|---|---|---|---|---|---|---|---|");
    let folder = tempfile::tempdir().unwrap();
    for events in sizes {
        let path = folder.path().join("events.ndjson");
        write_events(&path, events);
        measure("wire NDJSON", &path, None, rounds);
    }
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/gaza-daily");
    if data.exists() {
        let history = data.join("casualties_daily.history.jsonl.gz");
        let map =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../situ-import/mappings/gaza-daily.toml");
        measure("gaza-daily, a history", &history, Some(&map), rounds);
    } else {
        println!("SKIPPED: gaza-daily, the largest set there is, is not beside this checkout");
    }
}

fn write_events(path: &Path, events: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for number in 0..events {
        writeln!(file, "{}", to_line(&event(number, 100)).unwrap()).unwrap();
    }
    file.flush().unwrap();
}

fn measure(what: &str, path: &Path, map: Option<&Path>, rounds: usize) {
    let (mut own, mut floor, mut peak) = (vec![], vec![], 0);
    let mut lines = 0;
    for _ in 0..rounds {
        let (count, took) = bare(path);
        lines = count;
        floor.push(took);
        let (took, memory) = import(path, map);
        own.push(took);
        peak = peak.max(memory);
    }
    let (own, floor) = (median(own), median(floor));
    let per_second = lines as f64 / own.as_secs_f64();
    let ratio = own.as_secs_f64() / floor.as_secs_f64();
    let megabytes = fs::metadata(path).unwrap().len() >> 20;
    let peak = peak >> 10;
    println!(
        "| {what} | {lines} | {megabytes} | {own:.2?} | {per_second:.0} | {floor:.2?} | {ratio:.2} | {peak} MB |"
    );
}

/// Runs the command on a new log: how long it took, and the most kilobytes it had in memory.
fn import(path: &Path, map: Option<&Path>) -> (Duration, u64) {
    let folder = tempfile::tempdir().unwrap();
    let situ = |arguments: &[&str]| {
        let mut situ = Command::new(env!("CARGO_BIN_EXE_situ"));
        situ.current_dir(&folder)
            .args(arguments)
            .stdout(Stdio::null());
        situ
    };
    assert!(situ(&["init"]).status().unwrap().success());
    let mut arguments = vec!["import", path.to_str().unwrap()];
    if let Some(map) = map {
        arguments.extend(["--map", map.to_str().unwrap()]);
    }
    let start = Moment::now();
    let mut child = situ(&arguments).stderr(Stdio::null()).spawn().unwrap();
    let (process, mut peak) = (child.id(), 0);
    let (ended, end) = mpsc::channel();
    thread::spawn(move || ended.send(child.wait().unwrap()));
    let status = loop {
        peak = peak.max(peak_memory(process));
        match end.recv_timeout(Duration::from_millis(2)) {
            Ok(status) => break status,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => panic!("nobody waits for it"),
        }
    };
    let took = start.elapsed();
    assert!(status.success());
    (took, peak)
}

/// The most memory a process had so far, in kilobytes; 0 where the system does not tell.
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.map_or(0, |number| number.parse().unwrap())
}

/// Reads a file and inserts its lines as they are: how many there were, and how long it took.
fn bare(path: &Path) -> (usize, Duration) {
    let folder = tempfile::tempdir().unwrap();
    let log: PathBuf = folder.path().join("bare.db");
    let start = Moment::now();
    let mut connection = Connection::open(log).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
             CREATE TABLE line (position INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;",
        )
        .unwrap();
    let file = File::open(path).unwrap();
    let input: Box<dyn BufRead> = match path.extension() {
        Some(extension) if extension == "gz" => {
            Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(file))))
        }
        _ => Box::new(BufReader::new(file)),
    };
    let mut lines = input.lines().map(Result::unwrap);
    let mut count = 0;
    loop {
        let batch: Vec<_> = lines.by_ref().take(BATCH).collect();
        if batch.is_empty() {
            break;
        }
        count += batch.len();
        let transaction = connection.transaction().unwrap();
        let sql = "INSERT INTO line (body) VALUES (?1)";
        let mut insert = transaction.prepare_cached(sql).unwrap();
        for line in &batch {
            insert.execute([line]).unwrap();
        }
        drop(insert);
        transaction.commit().unwrap();
    }
    drop(connection);
    (count, start.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.swap_remove(times.len() / 2)
}
