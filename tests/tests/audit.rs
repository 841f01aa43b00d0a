//! The audit of the figures of Balochistan: how the count of militants came about, why it is 93 or 216, and nothing later in it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use serde_json::Value;
use situ_core::{
    AsOf, Condition, Event, EventStore, Instant, Known, Position, Projection, SituationId, Valid,
    replay,
};
use situ_sqlite::SqliteStore;
use situ_tests::balochistan;
use situ_tolls::{Change, Policy, Question, Reading, Tolls, Verdict};

/// The end of the story, 20:00 in Karachi.
const END: &str = "2026-02-06T15:00:00Z";

fn situation() -> SituationId {
    SituationId::new("balochistan-2026").unwrap()
}

fn fold(events: &[Event]) -> Tolls {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path().join("situ.db")).unwrap();
    let end: Instant = END.parse().unwrap();
    store.append(events, &Condition::None, end).unwrap();
    let mut tolls = Tolls::default();
    replay(&store, Position::START, |recorded| {
        tolls.apply(recorded).map(drop)
    })
    .unwrap();
    tolls
}

fn known_at(moment: Instant) -> AsOf {
    AsOf {
        valid: Valid(END.parse().unwrap()),
        known: Known::Learnt(moment),
    }
}

/// A change in short: its class, the number shown before and after.
fn short(change: &Change) -> String {
    let shown = |brief: &Option<situ_tolls::Brief>| {
        let shown = brief.as_ref().and_then(|brief| brief.shown);
        shown.map_or("-".to_owned(), |shown| shown.to_string())
    };
    let (from, to) = (shown(&change.from), shown(&change.to));
    format!("{} {from}→{to}", change.class.words())
}

#[test]
fn the_count_of_militants_is_told_from_67_to_93_report_by_report() {
    let tolls = fold(&balochistan());
    let figure = "killed/non_state_armed".parse().unwrap();
    let as_of = known_at(END.parse().unwrap());
    let (policy, reading) = (Policy::Latest, Reading::Floor);
    let changes = tolls.history(&situation(), as_of, &figure, &policy, reading);
    let told: Vec<String> = changes.iter().map(short).collect();
    assert_eq!(
        told,
        [
            "new source -→67",
            "new report 67→108",
            "new source 108→92",
            "new report 92→133",
            "new source 133→7",
            "new source 7→145",
            "new source 145→150",
            "new report 150→177",
            "new report 177→7",
            "new source 7→184",
            "related figure 184→184",
            "new report 184→216",
            "new report 216→93",
        ]
    );
}

#[test]
fn of_two_sides_latest_picks_93_and_highest_216() {
    let tolls = fold(&balochistan());
    let figure = "killed/non_state_armed".parse().unwrap();
    let as_of = known_at(END.parse().unwrap());
    let picked = |policy| {
        let why = tolls.why(&situation(), as_of, &figure, &policy, Reading::Floor);
        let considered = why.unwrap().considered;
        let weighed = considered.iter().filter(|considered| {
            matches!(considered.verdict, Verdict::Picked | Verdict::PassedOver)
        });
        let weighed = weighed
            .map(|considered| format!("{} {}", considered.claim.source, considered.claim.said));
        weighed.collect::<Vec<_>>()
    };
    assert_eq!(picked(Policy::Latest), ["bla 93", "ispr 216"]);
    assert_eq!(picked(Policy::Highest), ["ispr 216", "bla 93"]);
}

/// The same without the places of events in the log, which differ between a log and a cut that leaves out earlier ones.
fn without_positions(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.remove("position");
            for field in fields.values_mut() {
                *field = without_positions(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_positions(item.take());
            }
        }
        _ => {}
    }
    value
}

/// Lines, and of two figures why and how.
fn audit(tolls: &Tolls, as_of: AsOf) -> Value {
    let (policy, reading) = (Policy::Latest, Reading::Floor);
    let lines = tolls.lines(&situation(), as_of, &Question::default());
    let figures = ["killed/civilian", "killed/security_forces"].map(|name| {
        let figure = name.parse().unwrap();
        let why = tolls.why(&situation(), as_of, &figure, &policy, reading);
        let history = tolls.history(&situation(), as_of, &figure, &policy, reading);
        (why, history)
    });
    without_positions(serde_json::to_value((lines, figures)).unwrap())
}

#[test]
fn nothing_learnt_later_is_in_lines_reasons_or_histories() {
    let mut story = balochistan();
    let moments: Vec<Instant> = story.iter().filter_map(|event| event.learnt_at).collect();
    // Told backwards, so that what was learnt later stands earlier in the log.
    story.reverse();
    let whole = fold(&story);
    for moment in moments.iter().step_by(9) {
        let mut events = story.clone();
        events.retain(|event| event.learnt_at <= Some(*moment));
        let cut = fold(&events);
        let as_of = known_at(*moment);
        assert_eq!(
            audit(&whole, as_of),
            audit(&cut, as_of),
            "as known at {moment}"
        );
    }
}
