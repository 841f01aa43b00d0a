//! The notices of SCENARIO B: told from the beginning, from anywhere, or live, the list is the same.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::sync::Arc;
use std::thread;

use situ_core::{Condition, Event, EventStore, Instant, Position, Recorded, from_line};
use situ_follow::{Asked, Follower, Notice, Signal, Subscription};
use situ_sqlite::SqliteStore;

const DEMO: &str = include_str!("../../crates/situ-cli/demo/balochistan-2026.ndjson");
const BEFORE_AND_AFTER: &str =
    include_str!("../../crates/situ-cli/demo/balochistan-2026-before-and-after.ndjson");

fn now() -> Instant {
    "2026-02-06T15:00:00Z".parse().unwrap()
}

/// The events of the scenario in the order they were learnt.
fn scenario() -> Vec<Event> {
    let lines = DEMO.lines().chain(BEFORE_AND_AFTER.lines());
    let event = |(number, line)| from_line(line, number, || panic!("it has an id")).unwrap();
    let mut events: Vec<Event> = (1..).zip(lines).map(event).collect();
    events.sort_by_key(|event| event.learnt_at);
    events
}

fn told<'a>(recorded: impl IntoIterator<Item = &'a Recorded>, after: Position) -> Vec<Notice> {
    let mut follower = Follower::new(Asked::everything(), after);
    let mut notices = Vec::new();
    for recorded in recorded {
        notices.extend(follower.apply(recorded).unwrap());
    }
    notices.extend(follower.pass_time(now()));
    notices
}

fn in_file(test: impl FnOnce(Arc<SqliteStore>, &[Event])) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path().join("log.db")).unwrap();
    test(Arc::new(store), &scenario());
}

#[test]
fn followed_live_and_told_from_the_beginning_it_is_the_same_list() {
    in_file(|store, events| {
        let reader = SqliteStore::open_read_only(store.path()).unwrap();
        let subscription = Subscription::after(Arc::new(reader), Position::START).unwrap();
        let count = u64::try_from(events.len()).unwrap();
        let live = thread::scope(|scope| {
            let live = scope.spawn(|| {
                let mut follower = Follower::new(Asked::everything(), Position::START);
                let mut notices = Vec::new();
                for signal in subscription {
                    match signal.unwrap() {
                        Signal::Events { events, .. } => {
                            for recorded in &events {
                                notices.extend(follower.apply(recorded).unwrap());
                            }
                        }
                        Signal::CaughtUp(position) if position.get() == count => break,
                        _ => {}
                    }
                }
                notices.extend(follower.pass_time(now()));
                notices
            });
            for batch in events.chunks(3) {
                store.append(batch, &Condition::None, now()).unwrap();
            }
            live.join().unwrap()
        });
        let log = store.read_after(Position::START, 1000).unwrap();
        let replayed = told(&log, Position::START);
        assert!(replayed.len() > 80, "{}", replayed.len());
        assert_eq!(live, replayed);
    });
}

#[test]
fn whoever_begins_later_is_told_the_rest_of_the_list() {
    in_file(|store, events| {
        store.append(events, &Condition::None, now()).unwrap();
        let log = store.read_after(Position::START, 1000).unwrap();
        let whole = told(&log, Position::START);
        for after in (0..=log.len()).step_by(5) {
            let after = Position::new(u64::try_from(after).unwrap());
            let rest = told(&log, after);
            // What time does after the event at that position is still to be told.
            let is_after = |notice: &&Notice| {
                notice.position() > after || notice.position() == after && is_of_time(notice)
            };
            let expected: Vec<Notice> = whole.iter().filter(is_after).cloned().collect();
            assert_eq!(rest, expected, "after {after}");
        }
    });
}

fn is_of_time(notice: &Notice) -> bool {
    matches!(notice, Notice::Service(told) if told.change.events.is_empty())
}
