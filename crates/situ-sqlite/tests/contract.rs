//! The store keeps every rule of a log, and agrees with a plain list whatever is done to both.

use std::cell::Cell;

use proptest::prelude::*;
use situ_core::{
    AppendError, Appended, Condition, Event, EventId, EventStore, Instant, Name, Position,
    SituationId, SituationOpened, Zone,
};
use situ_memory::{MemoryStore, conformance};
use situ_sqlite::SqliteStore;
use tempfile::tempdir;

#[test]
fn a_log_in_a_file_keeps_every_rule() {
    let folder = tempdir().unwrap();
    let number = Cell::new(0);
    conformance::run(|| {
        number.set(number.get() + 1);
        SqliteStore::create(folder.path().join(format!("{}.db", number.get()))).unwrap()
    });
}

/// Something done to a log.
#[derive(Debug, Clone)]
enum Step {
    /// Events by number, each in one of three situations and with one of two texts.
    Append {
        batch: Vec<(u8, u8, bool)>,
        expected_head: Option<(u8, u8)>,
        now: i64,
    },
    Read {
        after: u64,
        limit: usize,
    },
    Reopen,
    AppendElsewhere(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let event = (0..40u8, 0..3u8, prop::bool::weighted(0.05));
    let expected = prop::option::weighted(0.3, (0..3u8, 0..20u8));
    prop_oneof![
        6 => (prop::collection::vec(event, 0..6), expected, 0..100i64)
            .prop_map(|(batch, expected_head, now)| Step::Append { batch, expected_head, now }),
        2 => (0..50u64, 0..20usize).prop_map(|(after, limit)| Step::Read { after, limit }),
        1 => Just(Step::Reopen),
        1 => (40..80u8).prop_map(Step::AppendElsewhere),
    ]
}

/// The id of an event fixes its situation, so that most repeats are true repeats; ids do not come in order.
fn event(number: u8, situation: u8, is_other: bool) -> Event {
    let opened = SituationOpened {
        title: Name::new(if is_other { "other" } else { "one" }).expect("a name"),
        zone: Zone::UTC,
        places: vec![],
    };
    let scattered = number.reverse_bits();
    let id = EventId::from_content(Instant::from_unix_nanos(0), [scattered; 10]);
    let situation = if is_other { situation } else { number % 3 };
    Event::new(id, situation_id(situation), opened)
}

fn situation_id(number: u8) -> SituationId {
    SituationId::new(format!("s{number}")).expect("an id")
}

fn condition(expected_head: Option<(u8, u8)>) -> Condition {
    expected_head.map_or(Condition::None, |(situation, head)| {
        Condition::Heads([(situation_id(situation), Position::new(head.into()))].into())
    })
}

fn said(outcome: Result<Appended, AppendError>) -> Result<Appended, String> {
    outcome.map_err(|refused| refused.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_in_a_file_agrees_with_a_plain_list(steps in prop::collection::vec(step(), 1..40)) {
        let folder = tempdir().unwrap();
        let path = folder.path().join("log.db");
        let oracle = MemoryStore::default();
        let mut store = SqliteStore::create(&path).unwrap();
        let other = SqliteStore::open(&path).unwrap();
        for step in steps {
            match step {
                Step::Append { batch, expected_head, now } => {
                    let batch: Vec<_> = batch.iter().map(|(number, situation, is_other)| event(*number, *situation, *is_other)).collect();
                    let condition = condition(expected_head);
                    let now = Instant::from_unix_nanos(now);
                    prop_assert_eq!(said(store.append(&batch, &condition, now)), said(oracle.append(&batch, &condition, now)));
                }
                Step::AppendElsewhere(number) => {
                    let batch = [event(number, 0, false)];
                    let now = Instant::from_unix_nanos(0);
                    prop_assert_eq!(said(other.append(&batch, &Condition::None, now)), said(oracle.append(&batch, &Condition::None, now)));
                }
                Step::Read { after, limit } => {
                    let after = Position::new(after);
                    prop_assert_eq!(store.read_after(after, limit).unwrap(), oracle.read_after(after, limit).unwrap());
                }
                Step::Reopen => {
                    drop(store);
                    store = SqliteStore::open(&path).unwrap();
                }
            }
        }
        prop_assert_eq!(store.head().unwrap(), oracle.head().unwrap());
        prop_assert_eq!(store.read_after(Position::START, 1000).unwrap(), oracle.read_after(Position::START, 1000).unwrap());
        prop_assert_eq!(store.check().unwrap().findings, vec![]);
    }
}
