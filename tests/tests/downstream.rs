//! A crate of somebody else follows the log: the ticker of `docs/following.md`, as it stands there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rusqlite::Connection;
use situ_core::{Condition, Event, EventStore as _, Instant, from_line};
use situ_sqlite::SqliteStore;

const TICKER: &str = env!("CARGO_BIN_EXE_ticker-under-test");

const DEMO: &str = include_str!("../../crates/situ-cli/demo/balochistan-2026.ndjson");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn append(store: &SqliteStore, lines: &str) {
    let event = |(number, line)| -> Event {
        from_line(line, number, || panic!("every line has an id")).unwrap()
    };
    let batch: Vec<Event> = (1..).zip(lines.lines()).map(event).collect();
    let now: Instant = "2026-02-06T15:00:00Z".parse().unwrap();
    store.append(&batch, &Condition::None, now).unwrap();
}

fn once(path: &Path) -> Vec<String> {
    let output = Command::new(TICKER)
        .arg(path)
        .arg("--once")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.lines().map(str::to_owned).collect()
}

/// What the ticker keeps in its table, as it prints it.
fn kept(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).unwrap();
    let mut rows = connection
        .prepare("SELECT position, changes FROM headlines ORDER BY position")
        .unwrap();
    let rows = rows
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let lines = rows.flat_map(|row| {
        let (position, changes): (i64, String) = row.unwrap();
        let line = move |change: &str| format!("@{position} {change}");
        changes.lines().map(line).collect::<Vec<_>>()
    });
    lines.collect()
}

#[test]
fn a_ticker_prints_every_change_and_keeps_it_in_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = SqliteStore::create(&path).unwrap();
    append(&store, DEMO);
    let printed = once(&path);
    assert!(
        printed.contains(&"@16 killed/civilian: at least 36 (new source)".to_owned()),
        "{printed:#?}"
    );
    assert!(
        printed
            .iter()
            .any(|line| line.starts_with("@25 road@segment:nushki..taftan: suspended"))
    );
    assert_eq!(kept(&path), printed);
    assert_eq!(once(&path), printed);
    assert_eq!(kept(&path), printed);
}

#[test]
fn a_ticker_goes_on_with_what_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = SqliteStore::create(&path).unwrap();
    let lines: Vec<&str> = DEMO.lines().collect();
    append(&store, &lines[..15].join("\n"));
    let mut ticker = Command::new(TICKER)
        .arg(&path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut printed = BufReader::new(ticker.stdout.take().unwrap()).lines();
    let first = printed.next().unwrap().unwrap();
    assert_eq!(
        first,
        "@15 killed/non_state_armed: at least 197 (related figure)"
    );
    assert_eq!(
        printed.next().unwrap().unwrap(),
        "@15 killed/non_state_armed/operations: at least 197 (new source)"
    );
    append(&store, lines[15]);
    assert_eq!(
        printed.next().unwrap().unwrap(),
        "@16 killed/all: at least 255 (new source)"
    );
    ticker.kill().unwrap();
    ticker.wait().unwrap();
}

#[test]
fn the_page_shows_the_ticker_as_it_stands() {
    let page = fs::read_to_string(root().join("docs/following.md")).unwrap();
    let ticker = fs::read_to_string(root().join("tests/ticker/src/main.rs")).unwrap();
    assert!(ticker.lines().count() < 80);
    assert!(
        page.contains(&format!("```rust\n{ticker}```")),
        "docs/following.md shows another ticker"
    );
}
