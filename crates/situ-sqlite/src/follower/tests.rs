use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use situ_core::{Condition, Event, EventId, EventStore, Name, SituationId, SituationOpened, Zone};

use super::*;
use crate::read_model::{Column, ColumnType};

const LINES: Table = Table {
    name: "lines",
    columns: &[
        Column::key("position", ColumnType::Integer),
        Column::required("words", ColumnType::Text),
        Column::optional("weight", ColumnType::Real),
    ],
};

const TERM: Duration = Duration::from_secs(10);

fn at(seconds: i64) -> Instant {
    Instant::from_unix_nanos(seconds * 1_000_000_000)
}

fn model(version: u32) -> Declaration {
    Declaration::new("model", version, &[LINES]).unwrap()
}

fn line(position: u64, words: &str) -> Change {
    Change::Put {
        table: "lines",
        row: vec![position.into(), words.into(), Value::Null],
    }
}

fn commit(position: u64, reached: Reached, changes: &[Change]) -> Commit<'_> {
    Commit {
        position: Position::new(position),
        reached,
        changes,
        dead_letters: &[],
    }
}

/// A log with ten events, and a connection as people with SQL tools have one.
fn in_file(test: impl FnOnce(&Path, &SqliteStore, &Connection)) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = SqliteStore::create(&path).unwrap();
    append(&store, 0, at(0));
    test(&path, &store, &Connection::open(&path).unwrap());
    assert_eq!(store.check().unwrap().findings, []);
}

fn append(store: &SqliteStore, number: u8, learnt_at: Instant) {
    let opened = SituationOpened {
        title: Name::new("title").unwrap(),
        zone: Zone::UTC,
        places: vec![],
    };
    let event = |index| Event {
        learnt_at: Some(learnt_at),
        ..Event::new(
            EventId::from_content(at(0), [0, 0, 0, 0, number, index, 0, 0, 0, 0]),
            SituationId::new("s").unwrap(),
            opened.clone(),
        )
    };
    let batch: Vec<_> = (0..10).map(event).collect();
    store.append(&batch, &Condition::None, at(1)).unwrap();
}

/// What people see in a table: `None` where there is none.
fn seen(connection: &Connection, table: &str) -> Option<Vec<String>> {
    let sql = format!("SELECT position || ' ' || words FROM {table} ORDER BY position");
    let read = || {
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect()
    };
    match read() {
        Err(error) if error.to_string().starts_with("no such table") => None,
        rows => Some(rows.unwrap()),
    }
}

fn said<T>(outcome: Result<T, FollowError>) -> String {
    outcome.map(|_| ()).unwrap_err().to_string()
}

fn status(store: &SqliteStore) -> Vec<(u32, u64, &'static str)> {
    let followers = store.followers().unwrap().into_iter();
    followers
        .map(|each| (each.version, each.position.get(), each.state.word()))
        .collect()
}

#[test]
fn rows_and_position_move_together_or_not_at_all() {
    in_file(|_, store, raw| {
        let mut lease = store.lease(&model(1), at(0), TERM).unwrap();
        lease
            .commit(
                commit(2, Reached::Head, &[line(1, "a"), line(2, "b")]),
                at(0),
            )
            .unwrap();
        let set = |set| Change::Amend {
            table: "lines",
            key: vec![1i64.into()],
            set,
        };
        let remove = |position: i64| Change::Remove {
            table: "lines",
            key: vec![position.into()],
        };
        let put = |row| Change::Put {
            table: "lines",
            row,
        };
        let words = || Value::from("x");
        for (misfit, reason) in [
            (put(vec![3i64.into(), words()]), "2 values for 3 columns"),
            (
                put(vec![3i64.into(), Value::Null, Value::Null]),
                "Null in column words",
            ),
            (
                put(vec!["3".into(), words(), Value::Null]),
                "Text(\"3\") in column position",
            ),
            (
                put(vec![3i64.into(), words(), Value::Real(f64::NAN)]),
                "Real(NaN) in column weight",
            ),
            (set(vec![]), "no column is set"),
            (
                set(vec![("position", 9i64.into())]),
                "there is no column position beside the key",
            ),
            (set(vec![("words", Value::Null)]), "Null in column words"),
            (
                remove(9),
                "it is not there; something else changed the table, reset the follower",
            ),
        ] {
            let changes = [line(3, "c"), remove(1), misfit];
            let refused = lease.commit(commit(4, Reached::Head, &changes), at(0));
            assert_eq!(
                said(refused),
                format!("a row of `lines` does not fit: {reason}")
            );
        }
        let other = Change::Remove {
            table: "others",
            key: vec![],
        };
        let refused = lease.commit(commit(4, Reached::Head, &[other]), at(0));
        assert_eq!(
            said(refused),
            "a row of `others` does not fit: there is no such table"
        );
        for (to, head) in [(1, 10), (11, 10)] {
            let refused = lease.commit(commit(to, Reached::Head, &[line(3, "c")]), at(0));
            let expected =
                format!("follower model cannot go from 2 to {to} in a log with head {head}");
            assert_eq!(said(refused), expected);
        }
        assert_eq!(seen(raw, "lines").unwrap(), ["1 a", "2 b"]);
        assert_eq!(status(store), [(1, 2, "serving")]);
        let changes = [set(vec![("words", "z".into())]), remove(2), line(4, "d")];
        lease
            .commit(commit(4, Reached::Middle, &changes), at(0))
            .unwrap();
        assert_eq!(seen(raw, "lines").unwrap(), ["1 z", "4 d"]);
        assert_eq!(store.followers().unwrap()[0].lag, 6);
    });
}

#[test]
fn a_lease_is_held_by_one_until_it_ends_and_whoever_lost_it_writes_nothing() {
    in_file(|path, store, raw| {
        let mut first = store.lease(&model(1), at(0), TERM).unwrap();
        let elsewhere = SqliteStore::open(path).unwrap();
        let held = |now| said(elsewhere.lease(&model(1), at(now), TERM));
        let until = |until| {
            format!("somebody else runs follower model, at least until 1970-01-01T00:00:{until}Z")
        };
        assert_eq!(held(9), until(10));
        first
            .commit(commit(1, Reached::Head, &[line(1, "first")]), at(9))
            .unwrap();
        assert_eq!(held(18), until(19));
        first.renew(at(18)).unwrap();
        assert_eq!(held(27), until(28));
        let mut second = elsewhere.lease(&model(1), at(28), TERM).unwrap();
        assert_eq!(second.position(), Position::new(1));
        let late = first.commit(commit(2, Reached::Head, &[line(2, "late")]), at(28));
        assert_eq!(said(late), "somebody else has taken over follower model");
        assert_eq!(
            said(first.renew(at(28))),
            "somebody else has taken over follower model"
        );
        first.release().unwrap();
        second
            .commit(commit(2, Reached::Head, &[line(2, "second")]), at(29))
            .unwrap();
        assert_eq!(seen(raw, "lines").unwrap(), ["1 first", "2 second"]);
        second.release().unwrap();
        assert_eq!(store.followers().unwrap()[0].lease, None);
        let third = store.lease(&model(1), at(29), TERM).unwrap();
        assert_eq!(third.position(), Position::new(2));
        raw.execute("UPDATE follower SET position = 1", []).unwrap();
        let mut third = third;
        let moved = third.commit(commit(3, Reached::Head, &[line(3, "c")]), at(29));
        assert_eq!(
            said(moved),
            "follower model stands at 1, not at 2 where it was left; something else moved it, reset the follower"
        );
        assert_eq!(seen(raw, "lines").unwrap().len(), 2);
    });
}

/// Leases end at once, so that somebody is always taken by surprise; what each was told it wrote lines up without a gap or overlap.
#[test]
fn of_many_who_compete_no_two_write_the_same() {
    in_file(|path, store, raw| {
        for number in 1..40 {
            append(store, number, at(0));
        }
        let clock = AtomicI64::new(0);
        let written = Mutex::new(Vec::new());
        let lost = AtomicI64::new(0);
        let compete = |writer: u64| {
            let own = SqliteStore::open(path).unwrap();
            let now = || at(clock.fetch_add(1, Ordering::SeqCst));
            loop {
                let Ok(mut lease) = own.lease(&model(1), now(), Duration::from_secs(2)) else {
                    continue;
                };
                loop {
                    let from = lease.position().get();
                    if from == 400 {
                        return;
                    }
                    let words = format!("after {from} by {writer}");
                    let changes = [line(from + 1, &words)];
                    let committed =
                        lease.commit(commit(from + 1, Reached::Middle, &changes), now());
                    match committed {
                        Ok(()) => written.lock().unwrap().push((from, words)),
                        Err(FollowError::Lost(_)) => {
                            lost.fetch_add(1, Ordering::SeqCst);
                            break;
                        }
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        };
        let compete = &compete;
        thread::scope(|scope| {
            for writer in 0..4 {
                scope.spawn(move || compete(writer));
            }
        });
        let mut written = written.into_inner().unwrap();
        written.sort();
        let expected: Vec<_> = written
            .iter()
            .map(|(from, words)| format!("{} {words}", from + 1))
            .collect();
        assert_eq!(expected.len(), 400);
        assert_eq!(seen(raw, "model__1__lines").unwrap(), expected);
        assert!(lost.into_inner() > 0, "nobody lost a lease");
    });
}

#[test]
fn a_new_version_is_built_beside_the_old_one_and_takes_its_place_when_it_has_caught_up() {
    in_file(|_, store, raw| {
        let mut old = store.lease(&model(1), at(0), TERM).unwrap();
        assert_eq!(seen(raw, "lines"), None, "nobody sees what is being built");
        let words = [line(1, "old")];
        old.commit(commit(5, Reached::Middle, &words), at(0))
            .unwrap();
        assert_eq!(seen(raw, "lines"), None);
        old.commit(commit(8, Reached::Head, &[]), at(0)).unwrap();
        let mut new = store.lease(&model(2), at(0), TERM).unwrap();
        assert_eq!(new.position(), Position::START);
        new.commit(commit(3, Reached::Middle, &[line(1, "new")]), at(0))
            .unwrap();
        old.commit(commit(9, Reached::Head, &[line(9, "old")]), at(0))
            .unwrap();
        assert_eq!(seen(raw, "lines").unwrap(), ["1 old", "9 old"]);
        assert_eq!(status(store), [(1, 9, "serving"), (2, 3, "building")]);
        new.commit(commit(8, Reached::Head, &[]), at(0)).unwrap();
        assert_eq!(
            seen(raw, "lines").unwrap(),
            ["1 old", "9 old"],
            "nobody sees it go back"
        );
        new.commit(commit(10, Reached::Head, &[]), at(0)).unwrap();
        assert_eq!(seen(raw, "lines").unwrap(), ["1 new"]);
        assert_eq!(status(store), [(2, 10, "serving")]);
        assert_eq!(seen(raw, "model__1__lines"), None);
        assert_eq!(
            said(old.commit(commit(10, Reached::Head, &[line(1, "old")]), at(0))),
            "follower model version 1 is there no more: it was reset, or a newer version has replaced it"
        );
        assert_eq!(
            said(store.lease(&model(1), at(0), TERM)),
            "follower model is served in version 2, and this program makes version 1; update it, or reset the follower"
        );
        // A version without the table takes its view away.
        let bare = Declaration::new("model", 3, &[]).unwrap();
        let mut bare = store.lease(&bare, at(0), TERM).unwrap();
        bare.commit(commit(10, Reached::Head, &[]), at(0)).unwrap();
        assert_eq!(seen(raw, "lines"), None);
        assert_eq!(status(store), [(3, 10, "serving")]);
    });
}

#[test]
fn what_somebody_removed_is_made_anew_and_what_is_not_ours_is_left_alone() {
    in_file(|_, store, raw| {
        let take = || store.lease(&model(1), at(0), TERM);
        let words = [line(1, "a")];
        let build = || {
            let mut lease = take().unwrap();
            let from = lease.position().get();
            lease
                .commit(commit(10, Reached::Head, &words), at(0))
                .unwrap();
            lease.release().unwrap();
            from
        };
        assert_eq!(build(), 0);
        assert_eq!(build(), 10);
        raw.execute_batch("DROP VIEW lines").unwrap();
        assert_eq!(build(), 10);
        assert_eq!(seen(raw, "lines").unwrap(), ["1 a"]);
        raw.execute_batch("DROP VIEW lines; DROP TABLE model__1__lines")
            .unwrap();
        assert_eq!(build(), 0);
        let mut running = take().unwrap();
        raw.execute_batch("DROP TABLE follower; DROP TABLE dead_letter")
            .unwrap();
        assert_eq!(store.followers().unwrap(), []);
        assert!(matches!(
            running.renew(at(0)),
            Err(FollowError::Gone { .. })
        ));
        assert!(!store.reset("model").unwrap());
        running.release().unwrap();
        assert_eq!(build(), 0);

        const WIDER: Table = Table {
            name: "lines",
            columns: &[Column::key("position", ColumnType::Integer)],
        };
        let wider = Declaration::new("model", 1, &[WIDER]).unwrap();
        assert_eq!(
            said(store.lease(&wider, at(0), TERM)),
            "table `lines` was declared otherwise in this version; raise the version"
        );
        let bare = Declaration::new("model", 1, &[]).unwrap();
        assert!(matches!(
            store.lease(&bare, at(0), TERM),
            Err(FollowError::Changed(_))
        ));
        let other = Declaration::new("other", 1, &[LINES]).unwrap();
        assert_eq!(
            said(store.lease(&other, at(0), TERM)),
            "there is a table or view `lines` already that is not of this follower; remove or rename it"
        );
        assert!(store.reset("model").unwrap());
        assert_eq!(
            (seen(raw, "lines"), seen(raw, "model__1__lines")),
            (None, None)
        );
        raw.execute_batch("CREATE TABLE lines (a)").unwrap();
        assert!(matches!(take(), Err(FollowError::Taken(_))));
        raw.execute_batch("DROP TABLE lines").unwrap();
        assert_eq!(build(), 0);
    });
}

#[test]
fn a_reset_follower_begins_anew_and_whoever_ran_it_writes_nothing() {
    in_file(|_, store, raw| {
        assert!(!store.reset("model").unwrap());
        let mut lease = store.lease(&model(1), at(0), TERM).unwrap();
        let words = [line(1, "a")];
        lease
            .commit(commit(4, Reached::Head, &words), at(0))
            .unwrap();
        assert!(store.reset("model").unwrap());
        assert_eq!(store.followers().unwrap(), []);
        assert_eq!(seen(raw, "lines"), None);
        let late = lease.commit(commit(5, Reached::Head, &[line(2, "b")]), at(0));
        assert!(matches!(late, Err(FollowError::Gone { .. })));
        let anew = store.lease(&model(1), at(0), TERM).unwrap();
        assert_eq!(anew.position(), Position::START);
        let late = lease.commit(commit(5, Reached::Head, &[line(2, "b")]), at(0));
        assert!(matches!(late, Err(FollowError::Lost(_))));
    });
}

#[test]
fn dead_letters_stay_where_an_event_was_skipped_and_go_once_it_was_taken_in() {
    in_file(|_, store, _| {
        let mut lease = store.lease(&model(1), at(0), TERM).unwrap();
        let letter = |position, fate| DeadLetter {
            position: Position::new(position),
            fate,
            reason: format!("because of {position}"),
        };
        let mut go = |to, letters: &[DeadLetter]| {
            let dead_letters = letters;
            lease
                .commit(
                    Commit {
                        dead_letters,
                        ..commit(to, Reached::Middle, &[])
                    },
                    at(0),
                )
                .unwrap();
            store.followers().unwrap().remove(0).dead_letters
        };
        let skipped = letter(2, Fate::Skipped);
        let stopped = letter(5, Fate::Stopped);
        let one = std::slice::from_ref(&skipped);
        assert_eq!(go(3, one), one);
        let both = [skipped.clone(), stopped.clone()];
        assert_eq!(go(4, std::slice::from_ref(&stopped)), both);
        assert_eq!(go(4, &[stopped]), both);
        assert_eq!(go(6, &[]), [skipped]);
    });
}

#[test]
fn a_full_disk_leaves_rows_and_position_as_they_were() {
    in_file(|path, store, raw| {
        let pragma = |sql: &str| {
            let writer = store.writer().unwrap();
            writer.connection().query_row(sql, [], |_| Ok(())).unwrap();
        };
        let mut lease = store.lease(&model(1), at(0), TERM).unwrap();
        lease
            .commit(commit(1, Reached::Head, &[line(1, "a")]), at(0))
            .unwrap();
        pragma("PRAGMA max_page_count = 1");
        let long = "x".repeat(100_000);
        let full = lease.commit(
            commit(2, Reached::Head, &[line(1, "b"), line(2, &long)]),
            at(5),
        );
        assert_eq!(
            said(full),
            format!(
                "{}: the disk is full, nothing was written; free some space, then try again",
                path.display()
            )
        );
        assert_eq!(seen(raw, "lines").unwrap(), ["1 a"]);
        let follower = store.followers().unwrap().remove(0);
        assert_eq!((follower.position.get(), follower.lease), (1, Some(at(10))));
        pragma("PRAGMA max_page_count = 1000000");
        lease
            .commit(commit(2, Reached::Head, &[line(2, &long)]), at(5))
            .unwrap();
        append(store, 1, at(0));
        assert_eq!(store.head().unwrap().get(), 20);
    });
}

#[test]
fn a_log_that_is_only_read_has_followers_to_look_at_and_none_to_run() {
    in_file(|path, store, _| {
        let read_only = SqliteStore::open_read_only(path).unwrap();
        assert_eq!(read_only.followers().unwrap(), []);
        drop(store.lease(&model(1), at(0), TERM).unwrap());
        assert_eq!(status(&read_only), [(1, 0, "building")]);
        let refused = said(read_only.lease(&model(1), at(99), TERM));
        assert!(refused.ends_with(
            "the file cannot be written; allow writing to it and to its folder, or append to a copy"
        ));
    });
}

#[test]
fn the_view_of_the_log_writes_ids_and_moments_as_the_library_does() {
    in_file(|_, store, raw| {
        for (number, learnt_at) in (1..).zip([
            "1900-01-01T00:00:00Z",
            "1969-12-31T23:59:59.999999999Z",
            "1970-01-01T00:00:00.000999Z",
            "1969-07-20T20:17:40.001Z",
            "1970-01-02T23:59:59.5Z",
        ]) {
            append(store, number, learnt_at.parse().unwrap());
        }
        drop(store.lease(&model(1), at(0), TERM).unwrap());
        let mut statement = raw
            .prepare("SELECT position, event, situation, kind, learnt_at, recorded_at, access, body FROM v_events ORDER BY position")
            .unwrap();
        let rows = statement
            .query_map([], |row| {
                let text = |column| row.get::<_, String>(column);
                let position = to_position(row.get(0)?);
                Ok((
                    position,
                    [
                        text(1)?,
                        text(2)?,
                        text(3)?,
                        text(4)?,
                        text(5)?,
                        text(6)?,
                        text(7)?,
                    ],
                ))
            })
            .unwrap();
        let rows: Vec<_> = rows.collect::<Result<_, _>>().unwrap();
        // As it prints, with the fraction cut or filled up to three digits.
        let millis = |instant: Instant| {
            let text = instant.to_string();
            let (seconds, fraction) = text
                .trim_end_matches('Z')
                .split_once('.')
                .unwrap_or((text.trim_end_matches('Z'), ""));
            format!("{seconds}.{:.3}Z", format!("{fraction}000"))
        };
        let events = store.read_after(Position::START, 100).unwrap();
        assert_eq!(events.len(), rows.len());
        for (event, row) in events.iter().zip(&rows) {
            let expected = [
                event.id.to_string(),
                event.situation.to_string(),
                event.kind.as_str().to_owned(),
                millis(event.learnt_at),
                millis(event.recorded_at),
                "public".to_owned(),
                event.body.to_string(),
            ];
            assert_eq!(*row, (event.position, expected));
        }
        let types = "SELECT group_concat(type, ' ') FROM pragma_table_info('v_events')";
        let types: String = raw.query_row(types, [], |row| row.get(0)).unwrap();
        assert_eq!(
            types,
            "INTEGER TEXT TEXT TEXT INTEGER TEXT TEXT TEXT TEXT TEXT TEXT"
        );
    });
}
