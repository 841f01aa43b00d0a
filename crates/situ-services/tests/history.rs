//! A history tells every change of a status once: from, to, by which event, and what kind of change it is.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod log;

use log::{Log, as_of, pkt, situation};
use situ_core::{AsOf, EventId, Instant, Known, Position, Valid};
use situ_services::{Change, StatusId, TimeToLive};

fn province() -> Log {
    let mut log = Log::empty();
    log.place("quetta", "PK-BA");
    log.place("gwadar", "PK-BA");
    log
}

fn told(log: &mut Log, kind: &str, source: &str, when: &str, place: &str, degree: &str) -> EventId {
    let payload = format!(
        r#"{{"service":"water","scope":{{"of":{{"area":{{"place":"{place}"}}}}}},"degree":"{degree}"}}"#
    );
    log.service(kind, source, when, when, &payload)
}

fn changes(log: &Log, id: &str, until: &str, known: Known) -> Vec<Change> {
    let id: StatusId = id.parse().unwrap();
    let time_to_live = TimeToLive::default();
    log.services()
        .history(&situation(), &id, as_of(until, known), &time_to_live)
}

const ALL: Known = Known::Position(Position::new(u64::MAX));

/// Day and hour in Pakistan, class, the number of each event in the log, and what it became.
fn lines(log: &Log, changes: &[Change]) -> Vec<String> {
    let number = |event: &EventId| {
        let mut recorded = log.recorded.iter();
        let found = recorded.find(|recorded| recorded.id == *event).unwrap();
        format!("@{}", found.position)
    };
    changes
        .iter()
        .map(|change| {
            let events: Vec<_> = change.events.iter().map(number).collect();
            let to = change.to.as_ref();
            let to = to.map(|to| format!("{:?} {:?}", to.status, to.freshness).to_lowercase());
            format!(
                "{} {} [{}] {}",
                hour(change.at),
                change.class.words(),
                events.join(" "),
                to.unwrap_or_default()
            )
        })
        .collect()
}

fn hour(instant: Instant) -> String {
    let since = instant.unix_nanos() - pkt("1 00:00").unix_nanos();
    let hours = since / 3_600_000_000_000;
    format!("{} {:02}h", hours / 24 + 1, hours % 24)
}

fn history(log: &Log, id: &str, until: &str) -> Vec<String> {
    let as_taken = lines(log, &changes(log, id, until, ALL));
    // What is learnt in the order it is recorded changes alike along both clocks.
    let as_public = lines(log, &changes(log, id, until, Known::Learnt(pkt(until))));
    assert_eq!(as_taken, as_public);
    as_taken
}

#[test]
fn a_suspension_is_new_confirmed_goes_stale_is_confirmed_again_and_restored() {
    let mut log = province();
    told(
        &mut log,
        "ServiceSuspended",
        "a",
        "1 10:00",
        "quetta",
        "none",
    );
    told(
        &mut log,
        "ServiceConfirmed",
        "b",
        "2 10:00",
        "quetta",
        "none",
    );
    told(
        &mut log,
        "ServiceConfirmed",
        "a",
        "7 10:00",
        "quetta",
        "none",
    );
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "8 10:00",
        "quetta",
        "partial",
    );
    told(
        &mut log,
        "ServiceSuspended",
        "a",
        "8 12:00",
        "quetta",
        "none",
    );
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "8 14:00",
        "quetta",
        "normal",
    );
    assert_eq!(
        history(&log, "water@quetta", "20 00:00"),
        [
            "1 10h new [@4] suspended fresh",
            "2 10h confirmed [@5] suspended fresh",
            "5 10h went stale [] suspended stale",
            "7 10h confirmed [@6] suspended fresh",
            "8 10h restored [@7] restricted fresh",
            "8 12h worse [@8] suspended fresh",
            "8 14h restored [@9] operating fresh",
            "11 14h went stale [] operating stale",
        ]
    );
    let until = |known| lines(&log, &changes(&log, "water@quetta", "7 09:59", known));
    assert_eq!(until(Known::Learnt(pkt("7 09:59"))).len(), 3);
    // What is known later vouches for the moment.
    assert_eq!(until(ALL)[3], "7 09h confirmed [@6] suspended fresh");
}

#[test]
fn what_comes_back_inside_carves_and_what_covers_it_is_heard_inside() {
    let mut log = province();
    told(
        &mut log,
        "ServiceSuspended",
        "a",
        "1 10:00",
        "PK-BA",
        "none",
    );
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "2 10:00",
        "quetta",
        "normal",
    );
    told(
        &mut log,
        "ServiceConfirmed",
        "a",
        "2 12:00",
        "PK-BA",
        "none",
    );
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "3 10:00",
        "PK-BA",
        "normal",
    );
    assert_eq!(
        history(&log, "water@PK-BA", "3 12:00"),
        [
            "1 10h new [@4] suspended fresh",
            "2 10h carved [@5] suspended fresh",
            "2 12h confirmed [@6] suspended fresh",
            "3 10h restored [@7] operating fresh",
        ]
    );
    assert_eq!(
        history(&log, "water@quetta", "3 12:00"),
        [
            "1 10h new [@4] suspended fresh",
            "2 10h restored [@5] operating fresh",
            "2 12h set aside [@6] operating fresh",
            "3 10h confirmed [@7] operating fresh",
        ]
    );
    assert_eq!(history(&log, "water@gwadar", "3 12:00").len(), 3);
    assert_eq!(history(&log, "water@karachi", "3 12:00"), [""; 0]);
}

#[test]
fn a_contradiction_is_a_conflict_until_it_is_settled_or_taken_back() {
    let mut log = province();
    told(
        &mut log,
        "ServiceSuspended",
        "a",
        "1 10:00",
        "quetta",
        "none",
    );
    let other = told(
        &mut log,
        "ServiceConfirmed",
        "b",
        "1 10:00",
        "quetta",
        "normal",
    );
    log.retract("1 11:00", other);
    told(
        &mut log,
        "ServiceConfirmed",
        "b",
        "1 12:00",
        "quetta",
        "none",
    );
    told(
        &mut log,
        "ServiceConfirmed",
        "c",
        "1 12:00",
        "quetta",
        "normal",
    );
    told(
        &mut log,
        "ServiceConfirmed",
        "a",
        "1 14:00",
        "quetta",
        "none",
    );
    assert_eq!(
        lines(&log, &changes(&log, "water@quetta", "1 16:00", ALL)),
        [
            "1 10h new [@4] suspended fresh",
            "1 10h conflict [@5] disputed fresh",
            "1 11h retraction [@6] suspended fresh",
            "1 12h confirmed [@7] suspended fresh",
            "1 12h conflict [@8] disputed fresh",
            "1 14h settled [@9] suspended fresh",
        ]
    );
    let public = changes(
        &log,
        "water@quetta",
        "1 16:00",
        Known::Learnt(pkt("1 16:00")),
    );
    assert_eq!(lines(&log, &public)[0], "1 10h new [@4 @5] disputed fresh");
    assert_eq!(public[0].arose.len(), 1);
}

#[test]
fn members_that_become_known_are_counted_off() {
    let mut log = province();
    let several = r#"{"service":"water","scope":{"of":{"some_of":{"within":"PK-BA","at_least":2}}},"degree":"none"}"#;
    log.service("ServiceSuspended", "a", "1 10:00", "1 10:00", several);
    told(
        &mut log,
        "ServiceSuspended",
        "a",
        "1 09:00",
        "quetta",
        "none",
    );
    told(
        &mut log,
        "ServiceSuspended",
        "a",
        "1 08:00",
        "gwadar",
        "none",
    );
    let changes = changes(&log, "water@some_of:PK-BA", "2 00:00", ALL);
    let counts: Vec<_> = changes
        .iter()
        .map(|change| change.to.as_ref().and_then(|to| to.at_least))
        .collect();
    assert_eq!(counts, [Some(2), Some(1), None]);
    assert_eq!(
        lines(&log, &changes),
        [
            "1 10h new [@4] suspended fresh",
            "1 10h counted [@5] suspended fresh",
            "1 10h counted [@6] ",
        ]
    );
}

#[test]
fn a_claim_that_comes_late_moves_the_start_or_changes_nothing() {
    let mut log = province();
    told(
        &mut log,
        "ServiceSuspended",
        "a",
        "3 10:00",
        "quetta",
        "none",
    );
    let payload =
        r#"{"service":"water","scope":{"of":{"area":{"place":"quetta"}}},"degree":"none"}"#;
    log.service("ServiceSuspended", "b", "3 12:00", "2", payload);
    log.service(
        "ServiceRestored",
        "b",
        "3 13:00",
        "1",
        &payload.replace("none", "normal"),
    );
    assert_eq!(
        history(&log, "water@quetta", "3 14:00"),
        [
            "3 10h new [@4] suspended fresh",
            "3 12h conflict [@5] suspended fresh",
            "3 13h late arrival [@6] suspended fresh",
        ]
    );
}

#[test]
fn a_closure_announced_is_new_when_it_begins() {
    let mut log = province();
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "1 10:00",
        "quetta",
        "normal",
    );
    let payload =
        r#"{"service":"water","scope":{"of":{"area":{"place":"quetta"}}},"degree":"none"}"#;
    log.service("ServiceSuspended", "a", "1 12:00", "3", payload);
    let lines = history(&log, "water@quetta", "3 12:00");
    assert_eq!(lines[0], "1 10h new [@4] operating fresh");
    assert_eq!(lines[1], "3 00h new [@5] suspended fresh");
    assert_eq!(lines.len(), 2);
}

#[test]
fn what_changed_on_a_board_from_one_state_of_knowledge_to_another() {
    let mut log = province();
    told(
        &mut log,
        "ServiceSuspended",
        "a",
        "1 10:00",
        "PK-BA",
        "none",
    );
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "2 10:00",
        "quetta",
        "normal",
    );
    told(&mut log, "ServiceSuspended", "a", "2 10:00", "sibi", "none");
    let at = |position: u64| AsOf {
        valid: Valid(pkt("2 12:00")),
        known: Known::Position(Position::new(position)),
    };
    let services = log.services();
    let told = |from, to| {
        let changes = services.changes(&situation(), at(from), at(to), &TimeToLive::default());
        let changes = changes.iter();
        changes
            .map(|change| format!("{} {}", change.id, change.class.words()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(3, 4), ["water@PK-BA new"]);
    assert_eq!(told(4, 5), ["water@PK-BA carved", "water@quetta new"]);
    assert_eq!(told(5, 6), ["water@sibi new"]);
    assert_eq!(told(6, 6), [""; 0]);
}
