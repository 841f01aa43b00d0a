//! The views for people with SQL tools, as they see them: what they say, and that they are always whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::path::Path;

use rusqlite::Connection;
use situ_core::{Condition, Event, EventStore, Instant};
use situ_follow::{Progress, Runner, SqlViews};
use situ_sqlite::SqliteStore;
use situ_tests::{balochistan, dump};

const NOW: &str = "2026-02-08T12:00:00Z";

fn now() -> Instant {
    NOW.parse().unwrap()
}

/// Appends each event at the moment it was learnt.
fn append(store: &SqliteStore, events: &[Event]) {
    for event in events {
        let at = event.learnt_at.unwrap();
        let batch = std::slice::from_ref(event);
        store.append(batch, &Condition::None, at).unwrap();
    }
}

fn catch_up(store: &SqliteStore, page: usize) {
    let mut runner = Runner::new(store, SqlViews::default()).page(page);
    while !matches!(runner.step(now()).unwrap(), Progress::CaughtUp { .. }) {}
    runner.finish().unwrap();
}

/// The views of a file, with what they say.
const VIEWS: [&str; 5] = [
    "v_claims",
    "v_tolls",
    "v_services",
    "v_situations",
    "v_events",
];

fn views(path: &Path) -> Vec<(String, Vec<String>)> {
    let connection = Connection::open(path).unwrap();
    VIEWS
        .map(|view| (view.to_owned(), dump(&connection, view)))
        .into()
}

#[test]
fn debug() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = SqliteStore::create(&path).unwrap();
    append(&store, &balochistan());
    catch_up(&store, 4096);
    for (view, rows) in views(&path) {
        println!("== {view} {}", rows.len());
        for row in rows.iter().take(400) {
            println!("{row}");
        }
    }
}
