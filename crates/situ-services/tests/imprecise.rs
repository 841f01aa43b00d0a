//! What is told to the day, or of a longer time, against what is told of moments within it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod log;

use log::{Log, brief, find};
use situ_core::Service;
use situ_services::{Board, ConflictKind, ServiceStatus, Status};

const WATER: Service = Service::Water;

fn told(log: &mut Log, kind: &str, source: &str, learnt: &str, when: &str, degree: &str) {
    let payload = format!(
        r#"{{"service":"water","scope":{{"of":{{"area":{{"place":"quetta"}}}}}},"degree":"{degree}"}}"#
    );
    log.service(kind, source, learnt, when, &payload);
}

fn numbered(log: &mut Log, source: &str, day: u32, nth: u32) {
    let payload = format!(
        r#"{{"service":"water","scope":{{"of":{{"area":{{"place":"quetta"}}}}}},"degree":"none","ordinal":{{"nth":{nth},"on":"2026-02-{day:02}[Asia/Karachi]"}}}}"#
    );
    log.service(
        "ServiceConfirmed",
        source,
        &format!("{day} 12:00"),
        &day.to_string(),
        &payload,
    );
}

fn water(board: &Board) -> &ServiceStatus {
    find(board, WATER, "quetta")
}

/// The status at a moment, all known, and how many conflicts there are, certain and possible.
fn at(log: &Log, valid: &str) -> (Status, usize, usize) {
    let board = log.now(valid);
    let status = water(&board);
    let possible = status
        .conflicts
        .iter()
        .filter(|conflict| conflict.possible)
        .count();
    (status.status, status.conflicts.len() - possible, possible)
}

use Status::{Disputed, Operating, Restricted, Suspended};

#[test]
fn back_within_some_days_is_not_back_before_they_are_over() {
    let mut log = Log::empty();
    told(&mut log, "ServiceSuspended", "a", "1 12:00", "1", "none");
    told(&mut log, "ServiceConfirmed", "a", "5 12:00", "5", "none");
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "12 12:00",
        "1/9",
        "normal",
    );
    for (moment, status) in [
        ("3 20:00", Suspended),
        ("5 20:00", Suspended),
        ("6 20:00", Suspended),
        ("10 20:00", Operating),
    ] {
        assert_eq!(at(&log, moment), (status, 0, 0), "{moment}");
    }
    let board = log.now("10 20:00");
    let since = &water(&board).since;
    assert_eq!(
        (since.earliest, since.latest),
        (
            Some(log::pkt("5 00:00")),
            Some(log::pkt("10 00:00").saturating_add_nanos(-1))
        ),
    );
    let runs = &water(&board).runs;
    assert_eq!((runs.len(), runs[0].days), (2, None));
}

#[test]
fn back_on_a_day_counts_from_its_start_unless_it_was_down_that_day() {
    let mut log = Log::empty();
    told(&mut log, "ServiceSuspended", "a", "1 12:00", "1", "none");
    told(&mut log, "ServiceRestored", "a", "3 18:00", "3", "normal");
    assert_eq!(at(&log, "3 09:00"), (Operating, 0, 0));
    assert_eq!(water(&log.now("3 09:00")).runs[0].days, Some(2));
    told(&mut log, "ServiceConfirmed", "a", "3 10:00", "3", "none");
    assert_eq!(at(&log, "3 09:00"), (Suspended, 0, 0));
    assert_eq!(at(&log, "3 18:00"), (Operating, 0, 0));
    assert_eq!(water(&log.now("3 18:00")).runs[0].days, Some(3));
}

#[test]
fn down_and_back_on_one_day_was_down_that_day() {
    let mut log = Log::empty();
    told(&mut log, "ServiceSuspended", "a", "2 10:00", "2", "none");
    told(&mut log, "ServiceRestored", "a", "2 18:00", "2", "normal");
    assert_eq!(at(&log, "2 09:00"), (Suspended, 0, 0));
    assert_eq!(at(&log, "2 19:00"), (Operating, 0, 0));
    let board = log.now("3 12:00");
    let days: Vec<_> = water(&board)
        .runs
        .iter()
        .map(|run| (run.status, run.days))
        .collect();
    assert_eq!(days, [(Suspended, Some(1)), (Operating, None)]);
}

#[test]
fn an_exact_return_is_not_outranked_by_a_suspension_told_of_the_day_or_of_longer() {
    for (onset, back) in [("2", "2 18:00"), ("1/9", "2"), ("1/9", "2 18:00")] {
        let mut log = Log::empty();
        told(&mut log, "ServiceSuspended", "a", "12 12:00", onset, "none");
        told(&mut log, "ServiceRestored", "a", "12 12:00", back, "normal");
        assert_eq!(at(&log, "2 20:00").0, Operating, "{onset} {back}");
        assert_eq!(at(&log, "10 20:00"), (Operating, 0, 0), "{onset} {back}");
    }
    let mut log = Log::empty();
    told(&mut log, "ServiceSuspended", "a", "12 12:00", "2", "none");
    told(
        &mut log,
        "ServiceConfirmed",
        "b",
        "12 12:00",
        "2 13:00",
        "partial",
    );
    assert_eq!(at(&log, "2 20:00"), (Restricted, 0, 1));
}

#[test]
fn a_suspension_learnt_after_a_return_within_its_time_may_be_the_one_that_ended() {
    for (back, learnt, source) in [
        ("2 18:00", "2 19:00", "b"),
        ("2", "2 19:00", "b"),
        ("2 18:00", "2 19:00", "a"),
    ] {
        let mut log = Log::empty();
        told(&mut log, "ServiceRestored", "a", learnt, back, "normal");
        told(&mut log, "ServiceSuspended", source, "4 12:00", "2", "none");
        assert_eq!(at(&log, "3 12:00"), (Suspended, 0, 1), "{back}");
    }
    // News of the evening that follows news of the morning is no contradiction.
    let mut log = Log::empty();
    told(&mut log, "ServiceRestored", "a", "2 10:00", "2", "normal");
    told(&mut log, "ServiceSuspended", "b", "2 18:00", "2", "none");
    assert_eq!(at(&log, "2 20:00"), (Suspended, 0, 0));
}

#[test]
fn before_the_start_that_prevails_another_one_makes_a_dispute_and_no_run() {
    let mut log = Log::empty();
    numbered(&mut log, "a", 2, 3);
    assert_eq!(
        brief(water(&log.now("31 12:00"))),
        "suspended none day 1 unobserved 0 fresh"
    );
    numbered(&mut log, "b", 4, 4);
    let board = log.now("31 12:00");
    let before = water(&board);
    assert_eq!(before.status, Disputed);
    assert_eq!(before.conflicts.len(), 1);
    assert_eq!(
        (before.conflicts[0].kind, before.conflicts[0].gap_days),
        (ConflictKind::Start, Some(1))
    );
    assert_eq!(before.rests_on.len(), 2);
    for (day, nth) in [("1 00:00", 1), ("2 12:00", 2), ("4 12:00", 4)] {
        let board = log.now(day);
        let expected = format!("suspended none day {nth} unobserved 0 fresh");
        assert_eq!(brief(water(&board)), expected, "{day}");
        assert_eq!(water(&board).conflicts.len(), 1, "{day}");
    }
}

#[test]
fn before_a_stated_start_an_ordinal_that_implies_an_earlier_one_makes_a_dispute() {
    let mut log = Log::empty();
    told(&mut log, "ServiceSuspended", "a", "1 12:00", "1", "none");
    numbered(&mut log, "b", 3, 5);
    assert_eq!(at(&log, "30 12:00"), (Disputed, 1, 0));
    assert_eq!(at(&log, "31 12:00"), (Disputed, 1, 0));
    assert_eq!(at(&log, "1 12:00"), (Suspended, 1, 0));
    assert_eq!(at(&log, "3 12:00"), (Suspended, 1, 0));
    assert_eq!(water(&log.now("3 12:00")).day, Some(3));
}

#[test]
fn back_as_told_ahead_is_an_outlook_and_closes_nothing() {
    let mut log = Log::empty();
    told(&mut log, "ServiceSuspended", "a", "1 12:00", "1", "none");
    told(&mut log, "ServiceRestored", "a", "2 12:00", "5", "normal");
    for (moment, passed) in [("3 12:00", false), ("6 12:00", true)] {
        let board = log.now(moment);
        let outlook = water(&board).outlook.as_ref().map(|outlook| outlook.passed);
        assert_eq!(
            (water(&board).status, outlook),
            (Suspended, Some(passed)),
            "{moment}"
        );
    }
    assert_eq!(water(&log.now("1 18:00")).outlook, None);
}

#[test]
fn an_outlook_is_shown_where_nobody_said_how_it_is() {
    let mut log = Log::empty();
    let payload = r#"{"service":"water","scope":{"of":{"area":{"place":"quetta"}}},"expected_end":"2026-02-05[Asia/Karachi]"}"#;
    let told = log.service("ServiceOutlookGiven", "a", "2 12:00", "", payload);
    let board = log.now("3 12:00");
    let status = water(&board);
    assert_eq!(status.status, Status::Unknown);
    assert_eq!(
        status.outlook.as_ref().map(|outlook| outlook.event),
        Some(told)
    );
    assert_eq!(
        status
            .rests_on
            .iter()
            .map(|evidence| evidence.event)
            .collect::<Vec<_>>(),
        [told]
    );
}
