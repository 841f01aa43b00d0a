//! What is no log is refused with a sentence, and a log refuses to be changed.

use std::fs;
use std::path::Path;
use std::thread;

use rusqlite::Connection;
use situ_core::{
    Condition, Event, EventId, EventStore, Instant, Name, Position, SituationId, SituationOpened,
    Zone,
};
use situ_sqlite::{Finding, OpenError, SqliteStore};
use tempfile::tempdir;

const NOW: Instant = Instant::from_unix_nanos(1_770_181_200_000_000_000);

fn event(number: u8, situation: &str) -> Event {
    let opened = SituationOpened {
        title: Name::new(number.to_string()).expect("a name"),
        zone: Zone::UTC,
        places: vec![],
    };
    let id = EventId::from_content(NOW, [0, 0, 0, 0, 0, 0, 0, 0, 0, number]);
    Event::new(id, SituationId::new(situation).expect("an id"), opened)
}

/// Makes a log with two situations and four events.
fn log(path: &Path) -> SqliteStore {
    let store = SqliteStore::create(path).expect("an empty folder");
    let batch = [event(1, "a"), event(2, "b"), event(3, "a"), event(4, "a")];
    store.append(&batch, &Condition::None, NOW).expect("fits");
    store
}

/// Checks what opening a file says, where `{}` stands for its path; opening leaves it as it is.
fn check_open(make: impl FnOnce(&Path), expected: &str) {
    let folder = tempdir().expect("a temporary folder");
    let path = folder.path().join("log.db");
    make(&path);
    let before = fs::read(&path).ok();
    let expected = expected.replace("{}", &path.display().to_string());
    for open in [
        SqliteStore::open,
        SqliteStore::open_read_only,
        SqliteStore::open_without_trace,
    ] {
        let error = open(&path).map(drop).expect_err("must be refused");
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(fs::read(&path).ok(), before);
}

fn database(path: &Path, sql: &str) {
    let connection = Connection::open(path).expect("opens");
    connection.execute_batch(sql).expect("runs");
}

#[test]
fn a_missing_file_is_refused() {
    check_open(
        |_| {},
        "{}: there is no such file; check the name, or create a log there",
    );
}

#[test]
fn an_empty_file_is_refused_when_opened_and_taken_when_creating() {
    let empty = |path: &Path| fs::write(path, "").expect("writes");
    check_open(empty, "{}: the file is empty; create a log there");
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    for create in [SqliteStore::create, SqliteStore::open_or_create] {
        empty(&path);
        assert!(create(&path).is_ok());
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    check_open(
        |path| fs::write(path, "kind,killed\n".repeat(1000)).expect("writes"),
        "{}: the file is not a log of situ, nor a database at all; check the name",
    );
}

#[test]
fn the_database_of_another_program_is_refused() {
    let foreign =
        "{}: this is the database of another program, not a log of situ; choose another file";
    check_open(|path| database(path, "CREATE TABLE event (x)"), foreign);
    check_open(|path| database(path, "PRAGMA application_id = 7"), foreign);
}

#[test]
fn a_newer_log_is_refused() {
    check_open(
        |path| {
            drop(log(path));
            database(path, "PRAGMA user_version = 2");
        },
        "{}: this log has format 2, and this situ knows formats up to 1; update situ",
    );
}

#[test]
fn a_truncated_log_is_refused() {
    check_open(
        |path| {
            drop(log(path));
            let bytes = fs::read(path).expect("reads");
            fs::write(path, &bytes[..bytes.len() / 2]).expect("writes");
        },
        "{}: the file is damaged (database disk image is malformed); keep it as it is, and restore a copy",
    );
}

#[test]
fn creating_does_not_touch_what_is_there() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    drop(log(&path));
    let error = SqliteStore::create(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "{}: there is a file already; open it, or choose another name",
            path.display()
        )
    );
    let opened = SqliteStore::open_or_create(&path).unwrap();
    assert_eq!(opened.head().unwrap(), Position::new(4));
}

#[test]
fn a_folder_that_is_not_there_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("no").join("log.db");
    assert_eq!(
        SqliteStore::create(&path).unwrap_err().to_string(),
        format!(
            "{}: the file cannot be opened; check that its folder exists and that you may read and write there",
            path.display()
        )
    );
}

#[test]
fn a_folder_is_refused() {
    let folder = tempdir().unwrap();
    let expected = format!(
        "{}: this is a folder, not a log; name a file in it",
        folder.path().display()
    );
    for open in [
        SqliteStore::open,
        SqliteStore::open_read_only,
        SqliteStore::open_without_trace,
        SqliteStore::open_or_create,
    ] {
        assert_eq!(open(folder.path()).unwrap_err().to_string(), expected);
    }
}

/// Running as root, a test cannot forbid writing to a folder; a folder in place of one of SQLite's files is as bad.
#[test]
fn a_log_whose_folder_cannot_be_written_is_refused() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    drop(log(&path));
    fs::create_dir(folder.path().join("log.db-wal")).unwrap();
    let path = path.display();
    assert_eq!(
        SqliteStore::open_read_only(path.to_string())
            .unwrap_err()
            .to_string(),
        format!(
            "{path}: the file cannot be read where it is, for that takes writing to its folder too; copy it, with {path}-wal if that is there, to a folder of yours"
        )
    );
    assert_eq!(
        SqliteStore::open(path.to_string()).unwrap_err().to_string(),
        format!(
            "{path}: the file cannot be written; allow writing to it and to its folder, or append to a copy"
        )
    );
}

#[test]
fn of_many_who_create_a_log_one_does_and_all_can_open_it() {
    let folder = tempdir().unwrap();
    for round in 0..20 {
        let path = folder.path().join(format!("{round}.db"));
        let create = || SqliteStore::create(&path);
        let open = || SqliteStore::open_or_create(&path);
        let (created, opened) = thread::scope(|scope| {
            let creators = [(); 4].map(|()| scope.spawn(create));
            let openers = [(); 4].map(|()| scope.spawn(open));
            (
                creators.map(|thread| thread.join().unwrap()),
                openers.map(|thread| thread.join().unwrap()),
            )
        });
        let opened = opened.map(Result::unwrap);
        assert!(created.iter().filter(|created| created.is_ok()).count() <= 1);
        for refused in created.iter().filter_map(|created| created.as_ref().err()) {
            assert!(matches!(refused, OpenError::Exists(_)), "{refused}");
        }
        opened[0]
            .append(&[event(1, "a")], &Condition::None, NOW)
            .unwrap();
        assert_eq!(opened[3].head().unwrap(), Position::new(1));
    }
}

#[test]
fn a_log_opened_for_reading_is_not_written() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    let writing = log(&path);
    let reading = SqliteStore::open_read_only(&path).unwrap();
    let refused = reading.append(&[event(5, "a")], &Condition::None, NOW);
    assert_eq!(
        refused.unwrap_err().to_string(),
        format!(
            "{}: the file cannot be written; allow writing to it and to its folder, or append to a copy",
            path.display()
        )
    );
    writing
        .append(&[event(5, "a")], &Condition::None, NOW)
        .unwrap();
    assert_eq!(reading.head().unwrap(), Position::new(5));
    drop(writing);
    assert_eq!(reading.read_after(Position::new(4), 9).unwrap().len(), 1);
}

#[test]
fn the_database_refuses_every_change_to_what_is_recorded() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = log(&path);
    let before = store.read_after(Position::START, 100).unwrap();
    let raw = Connection::open(&path).unwrap();
    let row = |position: &str, id: &str| {
        format!(
            "INTO event SELECT {position}, {id}, situation, kind, version, learnt_at, recorded_at, prev, body FROM event WHERE position = 2"
        )
    };
    for sql in [
        "UPDATE event SET body = '{}' WHERE position = 1".to_owned(),
        "UPDATE OR REPLACE event SET position = 2 WHERE position = 1".to_owned(),
        "DELETE FROM event".to_owned(),
        "DELETE FROM event WHERE position = 4".to_owned(),
        format!("REPLACE {}", row("2", "id")),
        format!("REPLACE {}", row("5", "id")),
        format!("REPLACE {}", row("3", "randomblob(16)")),
        format!("INSERT {}", row("6", "randomblob(16)")),
        format!("INSERT {}", row("0", "randomblob(16)")),
        format!("INSERT {}", row("NULL", "randomblob(16)")),
        "UPDATE situation SET id = 'c' WHERE number = 1".to_owned(),
        "REPLACE INTO situation VALUES (1, 'c', 3, 4)".to_owned(),
        "DELETE FROM situation".to_owned(),
        "UPDATE kind SET name = 'AttackOccurred'".to_owned(),
        "REPLACE INTO kind VALUES (1, 'AttackOccurred')".to_owned(),
        "DELETE FROM kind".to_owned(),
    ] {
        let refused = raw.execute_batch(&sql);
        assert!(refused.is_err(), "{sql}");
    }
    assert_eq!(store.read_after(Position::START, 100).unwrap(), before);
    assert_eq!(store.check().unwrap().findings, []);
}

/// Lets `sql` loose on a log without its triggers, and checks what is found.
fn check_findings(sql: &str, expected: &[&str]) {
    let folder = tempdir().expect("a temporary folder");
    let path = folder.path().join("log.db");
    drop(log(&path));
    let raw = Connection::open(&path).expect("opens");
    let triggers: Vec<(String, String)> = raw
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .and_then(|mut statement| {
            statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .expect("reads");
    for (name, _) in &triggers {
        raw.execute_batch(&format!("DROP TRIGGER {name}"))
            .expect("drops");
    }
    raw.execute_batch(sql).expect("runs");
    for (_, trigger) in &triggers {
        raw.execute_batch(trigger).expect("creates");
    }
    let report = SqliteStore::open_read_only(&path)
        .expect("opens")
        .check()
        .expect("reads");
    let found: Vec<_> = report.findings.iter().map(Finding::to_string).collect();
    assert_eq!(found, expected, "{sql}");
}

#[test]
fn a_check_finds_what_got_around_the_triggers() {
    check_findings("", &[]);
    check_findings(
        "DELETE FROM event WHERE position = 3",
        &[
            "after position 2 comes 4, not 3",
            "the event at position 4 links back to 3, not 1",
            "situation number 1 says 3 events, the last at 4; there are 2, the last at 4",
        ],
    );
    check_findings(
        "UPDATE event SET recorded_at = recorded_at - 1 WHERE position = 3",
        &["the event at position 3 was recorded before the one before it"],
    );
    check_findings(
        "UPDATE event SET prev = 2 WHERE position = 3",
        &["the event at position 3 links back to 2, not 1"],
    );
    check_findings(
        "UPDATE situation SET count = 9 WHERE number = 2",
        &["situation number 2 says 9 events, the last at 2; there are 1, the last at 2"],
    );
    check_findings(
        "UPDATE event SET id = x'00' WHERE position = 3",
        &["the event at position 3 has an id that is no UUID"],
    );
    check_findings(
        "UPDATE event SET kind = 99 WHERE position = 3",
        &["the event at position 3 is of a situation or kind without a name"],
    );
    check_findings(
        "DROP INDEX event_id; UPDATE event SET id = (SELECT id FROM event WHERE position = 1) WHERE position = 3",
        &[
            "`event_id` of the schema is missing or was changed",
            "the id 019c2705-8880-8000-8000-000000000001 stands for more than one event",
        ],
    );
}

#[test]
fn positions_and_situations_are_looked_up() {
    let folder = tempdir().unwrap();
    let store = log(&folder.path().join("log.db"));
    let position = |number| store.position_of(event(number, "a").id).unwrap();
    assert_eq!(position(3), Some(Position::new(3)));
    assert_eq!(position(9), None);
    let situations: Vec<_> = store
        .situations()
        .unwrap()
        .iter()
        .map(|counted| {
            (
                counted.situation.to_string(),
                counted.count,
                counted.last.get(),
            )
        })
        .collect();
    assert_eq!(situations, [("a".to_owned(), 3, 4), ("b".to_owned(), 1, 2)]);
}

#[test]
fn a_look_without_trace_makes_no_file_and_changes_none() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("50% off?#1.db");
    let files = || {
        let mut files: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    };
    let head = || {
        let store = SqliteStore::open_without_trace(&path).unwrap();
        store.head().unwrap()
    };
    drop(log(&path));
    let at_rest = files();
    assert_eq!(at_rest.len(), 1);
    assert_eq!(head(), Position::new(4));
    assert_eq!(files(), at_rest);

    let writing = SqliteStore::open(&path).unwrap();
    writing
        .append(&[event(5, "a")], &Condition::None, NOW)
        .unwrap();
    let in_use = fs::read(&path).unwrap();
    assert_eq!(in_use, at_rest[0].1, "what is new stands beside the file");
    assert_eq!(head(), Position::new(5));
    assert_eq!(fs::read(&path).unwrap(), in_use);
    assert_eq!(files().len(), 3);
}
