//! The views for people with SQL tools, as they see them; and read models that are restarted, replaced, stopped and reset.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;
use situ_core::{
    AsOf, Condition, Event, EventId, EventStore, Instant, Known, Position, Projection as _,
    Recorded, SituationId, Valid, from_line, replay,
};
use situ_follow::{OnUndigestible, Progress, ReadModel, RunError, Runner, SqlViews, Undigestible};
use situ_services::{Services, TimeToLive};
use situ_sqlite::{
    Change, Column, ColumnType, Declaration, Fate, FollowError, FollowerState, SqliteStore, Table,
};
use situ_tests::{Random, balochistan, dump, learnt, rumours};
use situ_tolls::{Question, Tolls};

/// A log in a folder of its own.
struct Log {
    store: SqliteStore,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

fn log() -> Log {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = SqliteStore::create(&path).unwrap();
    Log {
        store,
        path,
        _folder: folder,
    }
}

impl Log {
    /// A log of these events, each recorded when it was learnt.
    fn of(events: &[Event]) -> Self {
        let log = log();
        for event in events {
            let at = event.learnt_at.unwrap();
            let batch = std::slice::from_ref(event);
            log.store.append(batch, &Condition::None, at).unwrap();
        }
        log
    }

    fn raw(&self) -> Connection {
        Connection::open(&self.path).unwrap()
    }
}

/// A log of the first `count` of a row of rumours, recorded at once.
fn rumoured(seed: u64, count: u64) -> Log {
    let log = log();
    let events: Vec<_> = rumours(seed)
        .take(usize::try_from(count).unwrap())
        .collect();
    log.store
        .append(&events, &Condition::None, learnt(count))
        .unwrap();
    log
}

fn at(seconds: i64) -> Instant {
    Instant::from_unix_nanos(seconds * 1_000_000_000)
}

fn catch_up<M: ReadModel + Clone>(runner: &mut Runner<'_, M>, now: Instant) -> Position {
    loop {
        if let Progress::CaughtUp { position } = runner.step(now).unwrap() {
            return position;
        }
    }
}

fn keep(store: &SqliteStore, page: usize) {
    let mut runner = Runner::new(store, SqlViews::default()).page(page);
    catch_up(&mut runner, at(0));
    runner.finish().unwrap();
}

const VIEWS: [&str; 4] = ["v_claims", "v_tolls", "v_services", "v_situations"];

fn views(path: &Path) -> [Vec<String>; 4] {
    let connection = Connection::open(path).unwrap();
    VIEWS.map(|view| dump(&connection, view))
}

/// The rows of a query, as a shell prints them.
fn query(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let values = (0..columns).map(|column| {
            Ok(match row.get::<_, rusqlite::types::Value>(column)? {
                rusqlite::types::Value::Null => "null".to_owned(),
                rusqlite::types::Value::Integer(number) => number.to_string(),
                rusqlite::types::Value::Real(number) => number.to_string(),
                rusqlite::types::Value::Text(text) => text,
                rusqlite::types::Value::Blob(_) => "blob".to_owned(),
            })
        });
        Ok(values.collect::<rusqlite::Result<Vec<_>>>()?.join(" | "))
    };
    let rows = statement.query_map([], row).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_views_say_of_balochistan_what_the_answers_say() {
    let log = Log::of(&balochistan());
    keep(&log.store, Runner::<SqlViews>::PAGE);
    let raw = log.raw();
    assert_eq!(
        query(
            &raw,
            "SELECT shown, least, most, words, as_of, sources FROM v_tolls WHERE name = 'killed/non_state_armed'"
        ),
        [
            r#"93 | 238 | null | 93–216, disputed | 2026-02-06[Asia/Karachi] | ["bla","cm","dm","ispr","ps","security-official"]"#
        ]
    );
    assert_eq!(
        query(
            &raw,
            "SELECT said, v_claims.period, v_claims.occurred FROM v_claims JOIN v_tolls USING (situation, name)
             WHERE name = 'killed/non_state_armed' AND source = 'ispr' ORDER BY v_claims.position"
        ),
        [
            "92 | cumulative | 2026-01-31[Asia/Karachi]",
            "133 | cumulative | 2026-01-31[Asia/Karachi]",
            "216 | cumulative | 2026-02-05[Asia/Karachi]"
        ]
    );
    assert_eq!(
        query(
            &raw,
            "SELECT name, status, since_earliest, fresh_until < '2026-02-08T12:00:00.000Z' FROM v_services WHERE service = 'rail'"
        ),
        ["rail@between:PK-BA | operating | 2026-02-04T19:00:00.000Z | 1"]
    );
    assert_eq!(
        query(
            &raw,
            "SELECT name, shown FROM v_tolls WHERE basis = 'body_recovered'"
        ),
        ["killed/non_state_armed/body_recovered | 167"]
    );
    assert_eq!(
        query(&raw, "SELECT * FROM v_situations"),
        [
            "balochistan-2026 | Balochistan, 31 January – 6 February 2026 | Asia/Karachi | 62 | 2026-02-06T13:13:00.000Z | 61 | 2026-02-05T13:16:00.000Z"
        ]
    );

    let situation = SituationId::new("balochistan-2026").unwrap();
    let (mut tolls, mut services) = (Tolls::default(), Services::default());
    let head = replay(&log.store, Position::START, |recorded| {
        services.apply(recorded)?;
        tolls.apply(recorded).map(|_| ())
    })
    .unwrap();
    // Its last event is of figures; the last of services is the one before.
    let as_of = |position: u64| {
        let recorded = log
            .store
            .read_after(Position::new(position - 1), 1)
            .unwrap();
        AsOf {
            valid: Valid(recorded[0].recorded_at),
            known: Known::Position(Position::new(position)),
        }
    };
    assert_tolls(&raw, &tolls, &situation, as_of(head.get()));
    let board = services.at(&situation, as_of(head.get() - 1), &TimeToLive::default());
    let expected: Vec<_> = board
        .services
        .iter()
        .map(|status| format!("{} | {}", status.id, status.degree))
        .collect();
    let mut rows = query(&raw, "SELECT name, degree FROM v_services");
    rows.sort();
    let mut expected = expected;
    expected.sort();
    assert_eq!(rows, expected);
}

/// The rows of a situation say what an answer to everything says.
fn assert_tolls(raw: &Connection, tolls: &Tolls, situation: &SituationId, as_of: AsOf) {
    let number = |number: Option<u64>| number.map_or("null".to_owned(), |n| n.to_string());
    let answer = tolls.at(situation, as_of, &Question::default());
    let mut expected: Vec<_> = answer
        .tolls
        .iter()
        .map(|toll| {
            let (shown, most) = (number(toll.shown), number(toll.most));
            let (least, conflicts) = (toll.least, toll.conflicts.len());
            format!("{} | {shown} | {least} | {most} | {conflicts}", toll.figure)
        })
        .collect();
    expected.sort();
    let rows = query(
        raw,
        &format!(
            "SELECT name, shown, least, most, conflicts FROM v_tolls
             WHERE situation = '{situation}' AND basis NOT IN ('identified', 'body_recovered') ORDER BY name"
        ),
    );
    assert_eq!(rows, expected, "{situation}");
}

#[test]
fn a_retracted_claim_says_by_what_as_long_as_that_stands_and_restricted_evidence_is_counted() {
    let log = rumoured(7, 300);
    keep(&log.store, 1);
    let raw = log.raw();
    let mut tolls = Tolls::default();
    let head = replay(&log.store, Position::START, |recorded| {
        tolls.apply(recorded).map(|_| ())
    })
    .unwrap();
    let register = tolls.register();
    let rows = query(
        &raw,
        "SELECT event, figure, coalesce(retracted_by, '') FROM v_claims ORDER BY position, figure",
    );
    let mut retracted = 0;
    for row in &rows {
        let [event, figure, by] = row.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{row}");
        };
        let known = Known::Position(head);
        let expected = match figure {
            "0" => register.event_retraction(event.parse().unwrap(), known),
            _ => register.claim_retraction(format!("{event}#{figure}").parse().unwrap(), known),
        };
        let expected = expected.map_or(String::new(), |retraction| retraction.event.to_string());
        assert_eq!(by, expected);
        retracted += usize::from(!by.is_empty());
    }
    assert!(
        rows.len() > 200 && (20..150).contains(&retracted),
        "{retracted}"
    );
    for table in ["v_tolls", "v_services"] {
        let count = |condition: &str| {
            let sql = format!("SELECT count(*) FROM {table} WHERE {condition}");
            raw.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert!(count("restricted > 0") > 0 && count("restricted = 0") > 0);
    }
}

#[test]
fn rows_depend_on_the_events_alone_and_not_on_pages_and_restarts() {
    for seed in 0..3 {
        let log = rumoured(seed, 120);
        keep(&log.store, 4096);
        let cold = views(&log.path);
        assert!(cold.iter().all(|view| !view.is_empty()));
        assert!(log.store.reset(SqlViews::NAME).unwrap());
        keep(&log.store, 1);
        assert_eq!(views(&log.path), cold, "seed {seed}, one by one");
        assert!(log.store.reset(SqlViews::NAME).unwrap());
        let mut random = Random(seed);
        loop {
            let page = 1 + usize::try_from(random.below(20)).unwrap();
            let mut runner = Runner::new(&log.store, SqlViews::default()).page(page);
            let mut progress = runner.step(at(0)).unwrap();
            while matches!(progress, Progress::Recalling { .. }) || random.below(6) > 0 {
                progress = runner.step(at(0)).unwrap();
            }
            runner.finish().unwrap();
            if matches!(progress, Progress::CaughtUp { .. }) {
                break;
            }
        }
        assert_eq!(views(&log.path), cold, "seed {seed}, with restarts");
    }
}

#[test]
fn a_retraction_recorded_in_another_situation_counts_at_once() {
    let log = rumoured(8, 60);
    keep(&log.store, 4096);
    let raw = log.raw();
    let shown = "SELECT situation, json_extract(claims, '$[0]') FROM v_tolls WHERE shown > 0 AND json_array_length(claims) = 1 LIMIT 1";
    let row = query(&raw, shown).remove(0);
    let (situation, claim) = row.split_once(" | ").unwrap();
    let line = format!(
        r#"{{"kind":"ClaimRetracted","version":1,"situation":"elsewhere","payload":{{"target":"{claim}","reason":"fabricated"}}}}"#
    );
    let id = EventId::from_content(learnt(60), [1; 10]);
    let retraction = from_line(&line, 1, || id).unwrap();
    let before = dump(&raw, "v_tolls");
    log.store
        .append(&[retraction], &Condition::None, learnt(61))
        .unwrap();
    keep(&log.store, 4096);
    assert_ne!(dump(&raw, "v_tolls"), before);
    let mut tolls = Tolls::default();
    let head = replay(&log.store, Position::START, |recorded| {
        tolls.apply(recorded).map(|_| ())
    })
    .unwrap();
    let as_of = AsOf {
        valid: Valid(learnt(61)),
        known: Known::Position(head),
    };
    assert_tolls(&raw, &tolls, &situation.parse().unwrap(), as_of);
}

/// Counts events by kind, and says in which version.
#[derive(Debug, Clone)]
struct Counted {
    declaration: Declaration,
    counts: std::collections::BTreeMap<String, i64>,
    refused: Option<Position>,
}

const COUNTS: Table = Table {
    name: "counts",
    columns: &[
        Column::key("kind", ColumnType::Text),
        Column::required("events", ColumnType::Integer),
        Column::required("version", ColumnType::Integer),
    ],
};

impl Counted {
    fn new(version: u32) -> Self {
        Self {
            declaration: Declaration::new("counted", version, &[COUNTS]).unwrap(),
            counts: std::collections::BTreeMap::new(),
            refused: None,
        }
    }

    fn refusing(position: u64) -> Self {
        Self {
            refused: Some(Position::new(position)),
            ..Self::new(1)
        }
    }
}

impl ReadModel for Counted {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn digest(&mut self, recorded: &Recorded) -> Result<Vec<Change>, Undigestible> {
        if self.refused == Some(recorded.position) {
            let reason = "it is too much".to_owned();
            return Err(Undigestible { reason });
        }
        let kind = recorded.kind.as_str();
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        let version = i64::from(self.declaration.version());
        let row = vec![kind.into(), (*count).into(), version.into()];
        Ok(vec![Change::Put {
            table: COUNTS.name,
            row,
        }])
    }
}

/// How many events are counted, and in which version; `None` where there are no rows.
fn counted(connection: &Connection) -> (i64, Option<(i64, i64)>) {
    let sql = "SELECT coalesce(sum(events), 0), min(version), max(version) FROM counts";
    let row = connection.query_row(sql, [], |row| {
        let versions = row.get::<_, Option<i64>>(1)?.zip(row.get(2)?);
        Ok((row.get(0)?, versions))
    });
    row.unwrap()
}

#[test]
fn while_a_new_version_is_built_people_see_the_old_one_and_then_the_new_one_and_never_nothing() {
    let log = rumoured(1, 500);
    let store = &log.store;
    let mut old = Runner::new(store, Counted::new(1));
    assert_eq!(catch_up(&mut old, at(0)), Position::new(500));
    let is_over = AtomicBool::new(false);
    let over = || is_over.load(Ordering::SeqCst);
    let looks = thread::scope(|scope| {
        scope.spawn(|| {
            let mut more = rumours(1).skip(500);
            while !over() {
                let batch: Vec<_> = more.by_ref().take(3).collect();
                let now = batch[0].learnt_at.unwrap();
                store.append(&batch, &Condition::None, now).unwrap();
            }
        });
        scope.spawn(move || {
            let replaced = (0..).find_map(|second| {
                let outcome = old.step(at(second));
                old.wait(Duration::from_secs(1)).unwrap();
                outcome.err()
            });
            let newer = RunError::Follow(FollowError::Newer {
                name: "counted".to_owned(),
                version: 1,
                serving: 2,
            });
            assert_eq!(replaced.unwrap().to_string(), newer.to_string());
        });
        scope.spawn(|| {
            let mut new = Runner::new(store, Counted::new(2)).page(50);
            let is_served = || {
                let followers = store.followers().unwrap();
                let is_new = |version| version == 2;
                followers.iter().any(|follower| {
                    is_new(follower.version) && follower.state == FollowerState::Serving
                })
            };
            while !is_served() {
                new.step(at(0)).unwrap();
            }
            new.finish().unwrap();
        });
        let raw = log.raw();
        let (mut before, mut looks) = (500, [0, 0]);
        while looks[1] < 5 {
            let (count, versions) = counted(&raw);
            let (least, most) = versions.expect("there are rows");
            assert_eq!(least, most, "rows of one version only");
            assert!(count >= before, "{count} after {before}");
            before = count;
            looks[usize::try_from(least - 1).unwrap()] += 1;
        }
        is_over.store(true, Ordering::SeqCst);
        looks
    });
    assert!(looks[0] > 5, "{looks:?}");
    let followers = store.followers().unwrap();
    assert_eq!(followers.len(), 1);
    assert_eq!(followers[0].version, 2);
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'counted__1%'";
    assert_eq!(query(&log.raw(), tables), ["0"]);
    assert_eq!(store.check().unwrap().findings, []);
}

#[test]
fn an_event_that_cannot_be_taken_in_stops_the_read_model_before_it_until_a_program_can() {
    let log = rumoured(3, 20);
    let mut runner = Runner::new(&log.store, Counted::refusing(8));
    for _ in 0..2 {
        let stopped = runner.step(at(0)).unwrap_err();
        assert_eq!(
            stopped.to_string(),
            "counted cannot take in the event at position 8: it is too much"
        );
    }
    runner.finish().unwrap();
    let follower = log.store.followers().unwrap().remove(0);
    assert_eq!((follower.position.get(), follower.lag), (7, 13));
    let [letter] = &follower.dead_letters[..] else {
        panic!("{follower:?}");
    };
    assert_eq!((letter.position.get(), letter.fate), (8, Fate::Stopped));
    assert_eq!(letter.reason, "it is too much");
    let mut runner = Runner::new(&log.store, Counted::new(1));
    catch_up(&mut runner, at(0));
    assert_eq!(counted(&log.raw()).0, 20);
    assert_eq!(log.store.followers().unwrap()[0].dead_letters, []);
}

#[test]
fn an_event_that_is_skipped_is_a_dead_letter_and_stays_out_after_a_restart() {
    let log = rumoured(3, 20);
    let skip = |model: Counted| {
        Runner::new(&log.store, model)
            .on_undigestible(OnUndigestible::Skip)
            .page(6)
    };
    let mut runner = skip(Counted::refusing(8));
    for _ in 0..2 {
        runner.step(at(0)).unwrap();
    }
    runner.finish().unwrap();
    // A program that could take it in goes on from the rows there are.
    let mut runner = skip(Counted::new(1));
    assert_eq!(catch_up(&mut runner, at(0)), Position::new(20));
    assert_eq!(counted(&log.raw()).0, 19);
    let letters = log.store.followers().unwrap().remove(0).dead_letters;
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].position.get(), letters[0].fate),
        (8, Fate::Skipped)
    );
    // One that cannot take in any more what is in the rows does not go on as if it could.
    runner.finish().unwrap();
    let mut runner = Runner::new(&log.store, Counted::refusing(5));
    let refused = runner.step(at(0)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "counted cannot take in the event at position 5: it is too much"
    );
}

#[test]
fn a_body_that_does_not_read_is_a_dead_letter_of_the_views() {
    let log = rumoured(3, 20);
    log.raw()
        .execute_batch(
            "INSERT INTO event SELECT 21, randomblob(16), situation, kind, version, learnt_at, recorded_at, 0, '{}'
             FROM event WHERE position = 20",
        )
        .unwrap();
    let mut runner = Runner::new(&log.store, SqlViews::default());
    let stopped = runner.step(at(0)).unwrap_err().to_string();
    let expected = "sql_views cannot take in the event at position 21: the event at position 21 does not read as ";
    assert!(stopped.starts_with(expected), "{stopped}");
    let cold = views_up_to_20(&log.path);
    let mut runner = runner.on_undigestible(OnUndigestible::Skip);
    assert_eq!(catch_up(&mut runner, at(0)), Position::new(21));
    assert_eq!(views(&log.path), cold);
}

/// The rows of the views as they are kept before anybody is shown them.
fn views_up_to_20(path: &Path) -> [Vec<String>; 4] {
    let connection = Connection::open(path).unwrap();
    VIEWS.map(|view| dump(&connection, &format!("sql_views__1__{view}")))
}

#[test]
fn of_two_runners_one_waits_and_goes_on_when_the_lease_of_the_other_has_ended() {
    let log = rumoured(4, 90);
    let runner = || Runner::new(&log.store, SqlViews::default()).page(30);
    let (mut one, mut other) = (runner(), runner());
    let behind = |position| Progress::Behind {
        position: Position::new(position),
    };
    let recalling = |folded, position| Progress::Recalling {
        folded: Position::new(folded),
        position: Position::new(position),
    };
    assert_eq!(one.step(at(0)).unwrap(), behind(30));
    let until = at(10);
    assert_eq!(other.step(at(9)).unwrap(), Progress::Waiting { until });
    assert_eq!(other.step(at(10)).unwrap(), recalling(30, 30));
    assert_eq!(other.step(at(10)).unwrap(), behind(60));
    assert_eq!(one.step(at(10)).unwrap(), Progress::Lost);
    let until = at(20);
    assert_eq!(one.step(at(10)).unwrap(), Progress::Waiting { until });
    // What it had in memory without having written it is left aside, or goes on to where the rows are.
    let caught_up = Progress::CaughtUp {
        position: Position::new(90),
    };
    let mut steps = Vec::new();
    while steps.last() != Some(&caught_up) {
        steps.push(one.step(at(20)).unwrap());
    }
    assert_eq!(steps.len(), 2, "{steps:?}");
    assert_eq!(other.step(at(21)).unwrap(), Progress::Lost);
    one.finish().unwrap();
    let kept = views(&log.path);
    assert!(log.store.reset(SqlViews::NAME).unwrap());
    keep(&log.store, 4096);
    assert_eq!(views(&log.path), kept);
}

/// Keeps one row: the newest event.
#[derive(Debug, Clone)]
struct Newest {
    declaration: Declaration,
    newest: Option<Position>,
    written: Option<Position>,
}

const NEWEST: Table = Table {
    name: "newest",
    columns: &[Column::key("position", ColumnType::Integer)],
};

impl ReadModel for Newest {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn digest(&mut self, recorded: &Recorded) -> Result<Vec<Change>, Undigestible> {
        self.newest = Some(recorded.position);
        Ok(vec![])
    }

    fn settle(&mut self) -> Vec<Change> {
        let table = NEWEST.name;
        let row = |position: Position| vec![position.get().into()];
        let before = std::mem::replace(&mut self.written, self.newest);
        if before == self.newest {
            return vec![];
        }
        let gone = before.map(|position| Change::Remove {
            table,
            key: row(position),
        });
        let new = self.newest.map(|position| Change::Put {
            table,
            row: row(position),
        });
        gone.into_iter().chain(new).collect()
    }
}

#[test]
fn after_a_restart_a_read_model_knows_what_is_written() {
    let log = rumoured(6, 60);
    let newest = Newest {
        declaration: Declaration::new("newest_event", 1, &[NEWEST]).unwrap(),
        newest: None,
        written: None,
    };
    for steps in 1..4 {
        let mut runner = Runner::new(&log.store, newest.clone()).page(10);
        for _ in 0..2 * steps {
            runner.step(at(0)).unwrap();
        }
        runner.finish().unwrap();
    }
    let kept = query(&log.raw(), "SELECT * FROM newest_event__1__newest");
    assert_eq!(kept, ["60"]);
}

#[test]
fn a_waiting_runner_prolongs_its_lease_when_half_of_it_is_over() {
    let log = rumoured(4, 10);
    let mut runner = Runner::new(&log.store, SqlViews::default());
    catch_up(&mut runner, at(0));
    let lease = || log.store.followers().unwrap()[0].lease;
    for (now, until) in [(4, 10), (5, 15), (9, 15), (10, 20)] {
        catch_up(&mut runner, at(now));
        assert_eq!(lease(), Some(at(until)), "at {now}");
    }
    runner.wait(Duration::ZERO).unwrap();
    runner.finish().unwrap();
    assert_eq!(lease(), None);
}

#[test]
fn a_read_model_that_is_reset_while_it_runs_begins_anew() {
    let log = rumoured(5, 90);
    let mut runner = Runner::new(&log.store, SqlViews::default()).page(40);
    catch_up(&mut runner, at(0));
    let kept = views(&log.path);
    assert!(log.store.reset(SqlViews::NAME).unwrap());
    let more: Vec<_> = rumours(5).skip(90).take(1).collect();
    log.store
        .append(&more, &Condition::None, learnt(91))
        .unwrap();
    assert_eq!(runner.step(at(0)).unwrap(), Progress::Lost);
    assert_eq!(catch_up(&mut runner, at(0)), Position::new(91));
    runner.finish().unwrap();
    let anew = views(&log.path);
    assert_ne!(anew, kept);
    assert!(log.store.reset(SqlViews::NAME).unwrap());
    keep(&log.store, 4096);
    assert_eq!(views(&log.path), anew);
}

#[test]
fn an_empty_log_has_empty_views() {
    let log = log();
    keep(&log.store, 4096);
    assert!(views(&log.path).iter().all(Vec::is_empty));
}
