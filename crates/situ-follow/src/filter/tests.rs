use std::sync::Arc;

use situ_core::{Condition, from_lines};
use situ_memory::MemoryStore;

use super::*;
use crate::{Signal, Subscription};

/// A log of events written as `KIND | REST OF THE ENVELOPE | PAYLOAD`, each appended by itself.
fn log(events: &[&str]) -> Arc<dyn EventStore> {
    let store = MemoryStore::default();
    for (number, event) in (1..).zip(events) {
        let [kind, envelope, payload] = event.split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{event}");
        };
        let default = |field: &str, value: &str| match envelope.contains(field) {
            true => String::new(),
            false => format!("{field}: {value},"),
        };
        let situation = default("\"situation\"", "\"s\"");
        let source = default("\"source\"", r#"{"origin": "police"}"#);
        let line = format!(
            r#"{{"id": "00000000-0000-7000-8000-{number:012}", "kind": "{kind}", "occurred": "2026-02-01[UTC]", {situation} {source} {envelope} "payload": {payload}}}"#
        );
        let event = from_lines(line.as_bytes(), || unreachable!("has an id")).next();
        let now = situ_core::Instant::from_unix_nanos(1_780_000_000_000_000_000 + number);
        store
            .append(&[event.unwrap().unwrap()], &Condition::None, now)
            .unwrap();
    }
    Arc::new(store)
}

/// Where the events stand that pass, for whoever begins after each position.
fn check(store: &Arc<dyn EventStore>, filter: &Filter, expected: &[u64]) {
    let head = store.head().unwrap();
    for after in 0..=head.get() {
        let subscription = Subscription::after(Arc::clone(store), Position::new(after));
        let mut subscription = subscription.unwrap().matching(filter.clone());
        let mut passed = vec![];
        loop {
            match subscription.look().unwrap().unwrap() {
                Signal::Events { events, reached } => {
                    passed.extend(events.iter().map(|recorded| recorded.position.get()));
                    assert_eq!(reached, head);
                }
                Signal::Checkpoint(reached) => assert_eq!(reached, head),
                Signal::CaughtUp(reached) => {
                    assert_eq!(reached, head);
                    break;
                }
            }
        }
        let expected = expected.iter().filter(|position| **position > after);
        assert!(
            passed.iter().eq(expected),
            "{filter:?} after {after}: {passed:?}"
        );
    }
}

fn places(names: &[&str]) -> Filter {
    Filter {
        places: names
            .iter()
            .map(|name| PlaceId::new(*name).unwrap())
            .collect(),
        ..Filter::default()
    }
}

#[test]
fn an_event_passes_by_kind_situation_and_source_at_once() {
    let attack = r#"{"mode": "bombing"}"#;
    let statement = r#"{"speaker": "x", "acts": [{"act": "condemns"}]}"#;
    let store = log(&[
        &format!("AttackOccurred | | {attack}"),
        &format!(
            r#"AttackOccurred | "source": {{"origin": "army", "via": ["police"]}}, | {attack}"#
        ),
        &format!(r#"StatementIssued | "source": {{"origin": "army"}}, | {statement}"#),
        &format!(r#"StatementIssued | "situation": "t", | {statement}"#),
    ]);
    let kinds = Filter {
        kinds: [Kind::AttackOccurred].into(),
        ..Filter::default()
    };
    let situations = Filter {
        situations: [SituationId::new("s").unwrap()].into(),
        ..Filter::default()
    };
    let sources = Filter {
        sources: [SourceId::new("army").unwrap()].into(),
        ..Filter::default()
    };
    check(&store, &Filter::default(), &[1, 2, 3, 4]);
    check(&store, &kinds, &[1, 2]);
    check(&store, &situations, &[1, 2, 3]);
    check(&store, &sources, &[2, 3]);
    let both = Filter {
        kinds: kinds.kinds,
        ..sources
    };
    check(&store, &both, &[2]);
    check(
        &store,
        &Filter {
            situations: [SituationId::new("none").unwrap()].into(),
            ..both
        },
        &[],
    );
}

#[test]
fn a_place_passes_with_all_that_lies_in_it_as_described_by_then() {
    let figure = |places: &str| {
        format!(
            r#"CasualtiesReported | | {{"figures": [{{"outcome": "killed", "who": "all", "quantity": 3, "period": {{"cumulative": {{}}}}{places}}}]}}"#
        )
    };
    let store = log(&[
        r#"AttackOccurred | | {"mode": "bombing", "places": ["quetta"]}"#,
        r#"PlaceDescribed | | {"place": "quetta", "names": ["Quetta"], "within": ["balochistan"]}"#,
        r#"AttackOccurred | | {"mode": "bombing", "places": ["karachi", "quetta"]}"#,
        r#"AttackOccurred | | {"mode": "bombing", "unnamed_places_within": "balochistan"}"#,
        &figure(""),
        r#"SituationOpened | | {"title": "S", "zone": "UTC", "places": ["balochistan"]}"#,
        &figure(""),
        &figure(r#", "places": ["karachi"]"#),
        r#"ServiceSuspended | | {"service": "rail", "scope": {"of": {"between": {"a": "quetta"}}}, "degree": "none"}"#,
        r#"ServiceSuspended | | {"service": "rail", "scope": {"of": {"area": {"place": "pakistan"}}, "except": [{"area": {"place": "quetta"}}]}, "degree": "none"}"#,
        r#"ServiceSuspended | | {"service": "rail", "scope": {"of": {"some_of": {"within": "pakistan", "named": [{"facility": {"name": "station", "place": "quetta"}}], "at_least": 2}}}, "degree": "none"}"#,
        r#"OutcomeChanged | | {"people": {"who": "all"}, "from": "injured", "to": "killed", "count": 1, "places": ["quetta"]}"#,
    ]);
    check(
        &store,
        &places(&["balochistan"]),
        &[2, 3, 4, 6, 7, 9, 11, 12],
    );
    check(&store, &places(&["quetta"]), &[1, 2, 3, 9, 11, 12]);
    check(&store, &places(&["karachi", "nowhere"]), &[3, 8]);
}

#[test]
fn what_does_not_read_passes_so_that_it_is_found_out() {
    let store = log(&[r#"AttackOccurred | | {"mode": "bombing"}"#]);
    let mut broken = store.read_after(Position::START, 1).unwrap();
    broken[0].body = "{}".into();
    let sift = |filter| Sieve::new(filter).sift(broken.clone()).len();
    let kinds = Filter {
        kinds: [Kind::SituationOpened].into(),
        ..places(&["quetta"])
    };
    assert_eq!((sift(places(&["quetta"])), sift(kinds)), (1, 0));
}
