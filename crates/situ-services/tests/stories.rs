//! One rule of the meaning of services a test.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod log;

use std::time::Duration;

use log::{Log, as_of, brief, find, id, instant, pkt, situation};
use situ_core::{AsOf, Extent, Known, PlaceId, Position, Projection, Service, SourceId, Valid};
use situ_services::{
    Board, ConflictKind, Contribution, Freshness, How, Services, SetAsideReason, Status,
    TimeToLive, Touched,
};

const DATA: Service = Service::MobileData;

fn area(place: &str, degree: &str) -> String {
    format!(
        r#"{{"service":"mobile_data","scope":{{"of":{{"area":{{"place":"{place}"}}}}}},"degree":"{degree}"}}"#
    )
}

fn numbered(place: &str, nth: u32, on: u32) -> String {
    let day = format!("2026-02-{on:02}[Asia/Karachi]");
    area(place, "none").replace(
        r#""none"}"#,
        &format!(r#""none","ordinal":{{"nth":{nth},"on":"{day}"}}}}"#),
    )
}

fn of(place: &str) -> String {
    format!(r#"{{"of":{{"area":{{"place":"{place}"}}"#)
}

fn status(board: &Board, place: &str) -> String {
    brief(find(board, DATA, &of(place)))
}

/// Balochistan with Quetta and Gwadar in it.
fn province() -> Log {
    let mut log = Log::empty();
    log.place("quetta", "PK-BA");
    log.place("gwadar", "PK-BA");
    log
}

#[test]
fn a_smaller_restoration_carves_itself_out_and_a_larger_one_closes_what_lies_inside() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 20:00",
        "1",
        &area("PK-BA", "none"),
    );
    log.service(
        "ServiceRestored",
        "a",
        "2 10:00",
        "2",
        &area("quetta", "normal"),
    );
    log.service(
        "ServiceSuspended",
        "a",
        "2 11:00",
        "2",
        &area("gwadar", "none"),
    );
    let board = log.now("2 12:00");
    assert_eq!(
        status(&board, "quetta"),
        "operating normal day - unobserved - fresh"
    );
    let all = find(&board, DATA, &of("PK-BA"));
    assert_eq!(brief(all), "suspended none day 2 unobserved 1 fresh");
    assert_eq!(all.scope.except.len(), 1);
    assert_eq!(
        status(&board, "gwadar"),
        "suspended none day 2 unobserved 0 fresh"
    );

    log.service(
        "ServiceRestored",
        "a",
        "3 10:00",
        "3",
        &area("PK-BA", "normal"),
    );
    let board = log.now("3 12:00");
    for place in ["quetta", "gwadar", "PK-BA"] {
        assert_eq!(
            status(&board, place),
            "operating normal day - unobserved - fresh",
            "{place}"
        );
    }
}

#[test]
fn still_suspended_in_the_province_does_not_undo_what_came_back_in_a_city() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("PK-BA", "none"),
    );
    let back = log.service(
        "ServiceRestored",
        "a",
        "2 10:00",
        "2",
        &area("quetta", "normal"),
    );
    let still = log.service(
        "ServiceConfirmed",
        "a",
        "3 10:00",
        "3",
        &area("PK-BA", "none"),
    );
    let board = log.now("3 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(quetta.status, Status::Operating);
    let carved = quetta
        .set_aside
        .iter()
        .find(|aside| aside.event == still)
        .unwrap();
    assert_eq!(carved.reason, SetAsideReason::Carved { by: back });

    log.service(
        "ServiceSuspended",
        "a",
        "4 10:00",
        "4",
        &area("PK-BA", "none"),
    );
    let board = log.now("4 12:00");
    assert_eq!(
        status(&board, "quetta"),
        "suspended none day 1 unobserved 0 fresh"
    );
}

#[test]
fn what_is_excepted_from_a_restoration_stays_as_it_was() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("PK-BA", "none"),
    );
    let payload = r#"{"service":"mobile_data","scope":{"of":{"area":{"place":"PK-BA"}},"except":[{"area":{"place":"gwadar"}}]},"degree":"normal"}"#;
    let back = log.service("ServiceRestored", "a", "3 10:00", "3", payload);
    let board = log.now("3 12:00");
    let gwadar = find(&board, DATA, &of("gwadar"));
    assert_eq!(brief(gwadar), "suspended none day 3 unobserved 0 fresh");
    assert_eq!(gwadar.last_confirmed.as_ref().unwrap().event, back);
    let all = find(&board, DATA, &of("PK-BA"));
    assert_eq!((all.status, all.scope.except.len()), (Status::Operating, 1));
}

#[test]
fn an_exception_keeps_the_degree_there_was_and_goes_when_that_comes_back_too() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("gwadar", "partial"),
    );
    let payload = r#"{"service":"mobile_data","scope":{"of":{"area":{"place":"PK-BA"}},"except":[{"area":{"place":"gwadar"}}]},"degree":"normal"}"#;
    log.service("ServiceRestored", "a", "3 10:00", "3", payload);
    let board = log.now("3 12:00");
    assert_eq!(
        status(&board, "gwadar"),
        "restricted partial day 3 unobserved 0 fresh"
    );
    assert_eq!(find(&board, DATA, &of("PK-BA")).scope.except.len(), 1);
    log.service(
        "ServiceRestored",
        "a",
        "4 10:00",
        "4",
        &area("gwadar", "normal"),
    );
    let board = log.now("4 12:00");
    assert!(find(&board, DATA, &of("PK-BA")).scope.except.is_empty());
}

#[test]
fn only_another_source_can_contradict_a_stated_start() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    log.service(
        "ServiceSuspended",
        "a",
        "3 10:00",
        "3",
        &area("quetta", "none"),
    );
    assert!(log.now("3 12:00").services[0].conflicts.is_empty());
    log.service(
        "ServiceSuspended",
        "b",
        "3 10:00",
        "2",
        &area("quetta", "none"),
    );
    let board = log.now("3 12:00");
    let [conflict] = board.services[0].conflicts.as_slice() else {
        panic!("{:#?}", board.services[0].conflicts);
    };
    assert_eq!(
        (conflict.kind, conflict.gap_days),
        (ConflictKind::Start, Some(1))
    );
    assert_eq!(board.services[0].day, Some(3));
}

#[test]
fn a_word_about_the_province_does_not_keep_a_city_from_being_vouched_for() {
    let mut log = province();
    log.service(
        "ServiceRestored",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "normal"),
    );
    log.service(
        "ServiceConfirmed",
        "a",
        "4 10:00",
        "4",
        &area("PK-BA", "none"),
    );
    log.service(
        "ServiceConfirmed",
        "a",
        "5 10:00",
        "5",
        &area("quetta", "normal"),
    );
    let board = log.now("3 12:00");
    assert_eq!(
        status(&board, "quetta"),
        "operating normal day - unobserved - fresh"
    );
}

#[test]
fn what_is_excepted_from_a_suspension_is_not_spoken_of() {
    let mut log = province();
    let payload = r#"{"service":"mobile_data","scope":{"of":{"area":{"place":"PK-BA"}},"except":[{"area":{"place":"gwadar"}}]},"degree":"none"}"#;
    log.service("ServiceSuspended", "a", "1 10:00", "1", payload);
    let board = log.now("1 12:00");
    assert_eq!(board.services.len(), 1);
    assert_eq!(board.services[0].scope.except.len(), 1);
    let services = log.services();
    let known = Known::Learnt(pkt("1 12:00"));
    let ask = |place: &str| {
        let place = PlaceId::new(place).unwrap();
        let scope = Extent::Area { place };
        let as_of = as_of("1 12:00", known);
        services.status(&situation(), DATA, &scope, as_of, &TimeToLive::default())
    };
    assert_eq!(ask("gwadar").unwrap().status, Status::Unknown);
    assert_eq!(ask("quetta").unwrap().status, Status::Suspended);
    assert!(ask("karachi").is_none());
}

#[test]
fn unnamed_members_shrink_as_members_become_known_and_go_when_none_are_left() {
    let some = r#"{"service":"mobile_data","scope":{"of":{"some_of":{"within":"PK-BA","at_least":2}}},"degree":"none"}"#;
    let mut log = province();
    log.service("ServiceSuspended", "a", "1 10:00", "1", some);
    let left = |log: &Log| {
        let board = log.now("5 12:00");
        let several = board
            .services
            .iter()
            .find(|status| status.unnamed.is_some());
        several.map(|status| status.unnamed.as_ref().unwrap().at_least)
    };
    assert_eq!(left(&log), Some(2));
    log.service(
        "ServiceSuspended",
        "b",
        "4 10:00",
        "4",
        &area("gwadar", "none"),
    );
    assert_eq!(left(&log), Some(2), "down later is not down then");
    log.service(
        "ServiceConfirmed",
        "b",
        "4 10:00",
        "1",
        &area("quetta", "none"),
    );
    assert_eq!(left(&log), Some(1));
    log.service(
        "ServiceRestored",
        "b",
        "4 11:00",
        "4",
        &area("quetta", "normal"),
    );
    assert_eq!(left(&log), Some(1), "it was one of those down then");
    log.service(
        "ServiceConfirmed",
        "b",
        "4 10:00",
        "1",
        &area("gwadar", "none"),
    );
    assert_eq!(left(&log), None);
}

#[test]
fn unnamed_members_that_come_back_are_counted_off_until_all_are_back() {
    let some = |count: u32, degree| {
        format!(
            r#"{{"service":"mobile_data","scope":{{"of":{{"some_of":{{"within":"PK-BA","at_least":{count}}}}}}},"degree":"{degree}"}}"#
        )
    };
    let several = |log: &Log, valid: &str| {
        let board = log.now(valid);
        let several = find(&board, DATA, r#"{"of":{"some_of""#);
        (several.status, several.unnamed.as_ref().unwrap().at_least)
    };
    let mut log = province();
    log.service("ServiceSuspended", "a", "1 10:00", "1", &some(4, "none"));
    assert_eq!(several(&log, "1 12:00"), (Status::Suspended, 4));
    log.service("ServiceRestored", "a", "2 10:00", "2", &some(2, "normal"));
    assert_eq!(several(&log, "2 12:00"), (Status::Suspended, 2));
    log.service("ServiceRestored", "a", "3 10:00", "3", &some(1, "normal"));
    assert_eq!(several(&log, "3 12:00"), (Status::Suspended, 1));
    log.service("ServiceRestored", "a", "4 10:00", "4", &some(1, "normal"));
    assert_eq!(several(&log, "4 12:00").0, Status::Operating);
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("PK-BA", "none"),
    );
    log.service("ServiceRestored", "a", "2 10:00", "2", &some(2, "normal"));
    assert_eq!(
        several(&log, "2 12:00").0,
        Status::Restricted,
        "how many were down is not said"
    );
    log.service(
        "ServiceRestored",
        "a",
        "3 10:00",
        "3",
        &area("PK-BA", "normal"),
    );
    assert_eq!(several(&log, "3 12:00").0, Status::Operating);
}

#[test]
fn a_member_that_lies_in_another_is_not_counted_twice() {
    let mut log = province();
    log.place("airport", "quetta");
    let some = r#"{"service":"mobile_data","scope":{"of":{"some_of":{"within":"PK-BA","at_least":3}}},"degree":"none"}"#;
    log.service("ServiceSuspended", "a", "1 10:00", "1", some);
    for place in ["quetta", "airport"] {
        log.service(
            "ServiceConfirmed",
            "a",
            "1 11:00",
            "1",
            &area(place, "none"),
        );
    }
    let board = log.now("1 12:00");
    let several = find(&board, DATA, "some_of").unnamed.as_ref().unwrap();
    assert_eq!(several.at_least, 2);
}

#[test]
fn an_exception_that_is_larger_than_its_scope_or_outside_it_suspends_nothing() {
    for except in ["PK-BA", "karachi"] {
        let mut log = province();
        log.place("karachi", "PK-SD");
        log.service(
            "ServiceSuspended",
            "a",
            "1 10:00",
            "1",
            &area("quetta", "none"),
        );
        let payload = area("quetta", "normal").replace(
            "}}},",
            &format!(r#"}}}},"except":[{{"area":{{"place":"{except}"}}}}]}},"#),
        );
        log.service("ServiceRestored", "a", "2 10:00", "2", &payload);
        let board = log.now("2 12:00");
        assert_eq!(board.services.len(), 1, "{except}");
        let place = Extent::Area {
            place: PlaceId::new(except).unwrap(),
        };
        let at = as_of("2 12:00", Known::Position(Position::new(u64::MAX)));
        let status = log
            .services()
            .status(&situation(), DATA, &place, at, &TimeToLive::default())
            .unwrap();
        assert_eq!(status.status, Status::Unknown, "{except}");
        assert_eq!(
            status.set_aside[0].reason,
            SetAsideReason::NotInside,
            "{except}"
        );
    }
}

#[test]
fn a_partial_resumption_ends_the_run_without_service_but_not_the_run_of_days() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    log.service(
        "ServiceRestored",
        "a",
        "3 10:00",
        "3",
        &area("quetta", "partial"),
    );
    let board = log.now("3 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(brief(quetta), "restricted partial day 3 unobserved 1 fresh");
    assert_eq!(
        quetta.changed.as_ref().unwrap().earliest,
        Some(pkt("3 00:00"))
    );
    let runs: Vec<_> = quetta
        .runs
        .iter()
        .map(|run| (run.status, run.days))
        .collect();
    assert_eq!(
        runs,
        [(Status::Suspended, Some(2)), (Status::Restricted, None)]
    );

    log.service(
        "ServiceSuspended",
        "a",
        "4 10:00",
        "4",
        &area("quetta", "none"),
    );
    let board = log.now("4 12:00");
    assert_eq!(
        status(&board, "quetta"),
        "suspended none day 1 unobserved 0 fresh"
    );
}

#[test]
fn two_sources_that_contradict_each_other_about_a_day_leave_it_disputed() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    let down = log.service(
        "ServiceConfirmed",
        "a",
        "4 10:00",
        "4",
        &area("quetta", "none"),
    );
    let up = log.service(
        "ServiceConfirmed",
        "b",
        "4 11:00",
        "4",
        &area("quetta", "normal"),
    );
    let board = log.now("4 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(brief(quetta), "disputed unknown day - unobserved - fresh");
    let [conflict] = quetta.conflicts.as_slice() else {
        panic!("{:#?}", quetta.conflicts);
    };
    assert_eq!(
        (conflict.kind, conflict.possible),
        (ConflictKind::Status, false)
    );
    let witnesses: Vec<_> = conflict
        .witnesses
        .iter()
        .map(|witness| witness.event)
        .collect();
    assert_eq!(witnesses, [down, up]);
    let disputing = |event| {
        let evidence = quetta
            .rests_on
            .iter()
            .find(|evidence| evidence.event == event);
        evidence
            .unwrap()
            .contributes
            .contains(&Contribution::Dispute)
    };
    assert!(disputing(down) && disputing(up));

    log.service(
        "ServiceConfirmed",
        "b",
        "5 10:00",
        "5",
        &area("quetta", "none"),
    );
    assert_eq!(log.now("5 12:00").services[0].status, Status::Suspended);
}

#[test]
fn a_source_that_tells_a_day_otherwise_revises_itself_and_fewer_relays_win() {
    let mut log = province();
    let payload = area("quetta", "none");
    let first = log.service("ServiceConfirmed", "a", "4 10:00", "4", &payload);
    let second = log.service(
        "ServiceConfirmed",
        "a",
        "4 11:00",
        "4",
        &area("quetta", "normal"),
    );
    let board = log.now("4 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(quetta.status, Status::Operating);
    assert_eq!(quetta.set_aside[0].event, first);
    assert_eq!(
        quetta.set_aside[0].reason,
        SetAsideReason::Revised { by: second }
    );
    let relayed =
        r#""source":{"origin":"a","via":["outlet"]},"occurred":"2026-02-04[Asia/Karachi]""#;
    log.tell("ServiceConfirmed", "4 11:30", &payload, relayed);
    assert_eq!(log.now("4 12:00").services[0].status, Status::Operating);
}

#[test]
fn a_source_that_tells_one_moment_in_two_ways_at_once_contradicts_itself_until_it_tells_more() {
    let mut log = province();
    let at = r#""source":{"origin":"a"},"occurred":"2026-02-04T09:00:00+05:00""#;
    let told = ["partial", "none"].map(|degree| {
        let payload = area("quetta", degree);
        log.tell("ServiceSuspended", "4 10:00", &payload, at)
    });
    let board = log.now("4 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(brief(quetta), "disputed unknown day - unobserved - fresh");
    let [conflict] = quetta.conflicts.as_slice() else {
        panic!("{:?}", quetta.conflicts);
    };
    let witnesses: Vec<_> = conflict.witnesses.iter().map(|told| told.event).collect();
    assert_eq!(witnesses, told);
    // A moment later it may well be otherwise, and what is learnt later revises.
    let later = r#""source":{"origin":"a"},"occurred":"2026-02-04T09:01:00+05:00""#;
    let mut settled = log.clone();
    settled.tell(
        "ServiceSuspended",
        "4 10:00",
        &area("quetta", "none"),
        later,
    );
    log.tell(
        "ServiceSuspended",
        "4 10:01",
        &area("quetta", "partial"),
        at,
    );
    for (log, status) in [(settled, Status::Suspended), (log, Status::Restricted)] {
        let board = log.now("4 12:00");
        assert_eq!(find(&board, DATA, &of("quetta")).status, status);
    }
}

#[test]
fn a_confirmation_that_its_source_revised_confirms_nothing() {
    let mut log = province();
    let none = area("quetta", "none");
    let down = log.service("ServiceSuspended", "a", "1 10:00", "1", &none);
    let confirmed = log.service(
        "ServiceConfirmed",
        "a",
        "3 10:00",
        "3",
        &area("PK-BA", "none"),
    );
    let last = |log: &Log| {
        let board = log.now("3 12:00");
        let quetta = find(&board, DATA, &of("quetta"));
        let confirmed = quetta.last_confirmed.as_ref().map(|last| last.event);
        (quetta.status, confirmed, quetta.freshness)
    };
    let fresh = (Status::Suspended, Some(confirmed), Freshness::Fresh);
    assert_eq!(last(&log), fresh);
    // "In part" of the whole province carves nothing out of what was told of the city.
    log.service(
        "ServiceConfirmed",
        "a",
        "3 11:00",
        "3",
        &area("PK-BA", "partial"),
    );
    let stale = (Status::Suspended, Some(down), Freshness::Stale);
    assert_eq!(last(&log), stale);
}

#[test]
fn coming_back_later_on_a_day_contradicts_nobody_who_said_it_was_down_that_day() {
    let mut log = province();
    log.service(
        "ServiceConfirmed",
        "a",
        "4 10:00",
        "4",
        &area("quetta", "none"),
    );
    log.service(
        "ServiceRestored",
        "b",
        "4 18:00",
        "4",
        &area("quetta", "normal"),
    );
    let board = log.now("4 19:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(
        (quetta.status, quetta.conflicts.len()),
        (Status::Operating, 0)
    );
}

#[test]
fn a_claim_about_a_longer_time_clashes_only_possibly() {
    let mut log = province();
    log.service(
        "ServiceConfirmed",
        "a",
        "5 10:00",
        "3/4",
        &area("quetta", "none"),
    );
    log.service(
        "ServiceConfirmed",
        "b",
        "5 10:00",
        "4 14:00",
        &area("quetta", "normal"),
    );
    let board = log.now("5 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(quetta.status, Status::Suspended);
    assert_eq!(quetta.conflicts.len(), 1);
    assert!(quetta.conflicts[0].possible);
}

#[test]
fn a_retracted_restoration_leaves_the_service_down_until_its_retraction_is_retracted() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    let back = log.service(
        "ServiceRestored",
        "a",
        "2 10:00",
        "2",
        &area("quetta", "normal"),
    );
    let retraction = log.retract("2 11:00", back);
    log.retract("2 12:00", retraction);
    let at = |known: &str| {
        let board = log.ask("2 13:00", Known::Learnt(pkt(known)));
        let quetta = find(&board, DATA, &of("quetta"));
        let retracted = quetta.set_aside.iter().any(|aside| aside.event == back);
        (quetta.status, retracted)
    };
    assert_eq!(at("2 10:30"), (Status::Operating, false));
    assert_eq!(at("2 11:30"), (Status::Suspended, true));
    assert_eq!(at("2 12:30"), (Status::Operating, false));
}

#[test]
fn with_every_claim_retracted_the_status_is_unknown_and_says_why() {
    let mut log = province();
    let down = log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    let retraction = log.retract("1 11:00", down);
    let board = log.now("1 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(
        brief(quetta),
        "unknown unknown day - unobserved - unconfirmed"
    );
    let [aside] = quetta.set_aside.as_slice() else {
        panic!("{quetta:#?}");
    };
    assert!(matches!(aside.reason, SetAsideReason::Retracted { by, .. } if by == retraction));
}

#[test]
fn a_suspension_learnt_late_with_an_earlier_start_moves_the_start_back() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "4 10:00",
        "",
        &area("quetta", "none"),
    );
    let board = log.now("4 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(brief(quetta), "suspended none day - unobserved - fresh");
    assert_eq!(
        (quetta.since.how, quetta.since.latest),
        (How::Unknown, Some(pkt("4 10:00")))
    );
    log.service(
        "ServiceSuspended",
        "b",
        "4 11:00",
        "2",
        &area("quetta", "none"),
    );
    let board = log.now("4 12:00");
    assert_eq!(
        status(&board, "quetta"),
        "suspended none day 3 unobserved 1 fresh"
    );
    assert_eq!(log.then("4 10:30").services[0].day, None);
}

#[test]
fn an_unknown_start_lies_between_what_was_before_and_the_first_claim() {
    let mut log = province();
    log.service(
        "ServiceConfirmed",
        "a",
        "1 10:00",
        "1 09:00",
        &area("quetta", "normal"),
    );
    log.service(
        "ServiceConfirmed",
        "a",
        "3 10:00",
        "3 09:00",
        &area("quetta", "none"),
    );
    let board = log.now("3 12:00");
    let since = &find(&board, DATA, &of("quetta")).since;
    assert_eq!(
        (since.earliest, since.latest),
        (Some(pkt("1 09:00")), Some(pkt("3 09:00")))
    );
    assert_eq!(since.how, How::Unknown);
}

#[test]
fn an_open_start_is_not_visible_before_its_end() {
    let mut log = province();
    let more = r#""occurred":"../2026-02-02[Asia/Karachi]""#;
    log.tell("ServiceSuspended", "4 10:00", &area("quetta", "none"), more);
    assert!(log.now("2 12:00").services.is_empty());
    let board = log.now("3 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!((quetta.status, quetta.day), (Status::Suspended, None));
    assert_eq!(
        (quetta.since.how, quetta.since.earliest),
        (How::Stated, None)
    );
}

#[test]
fn an_ordinal_against_a_stated_start_is_a_conflict_and_the_stated_start_stands() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    log.service(
        "ServiceConfirmed",
        "b",
        "4 10:00",
        "4",
        &numbered("quetta", 6, 4),
    );
    let board = log.now("4 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!((quetta.day, quetta.since.how), (Some(4), How::Stated));
    let [conflict] = quetta.conflicts.as_slice() else {
        panic!("{:#?}", quetta.conflicts);
    };
    assert_eq!(
        (conflict.kind, conflict.gap_days),
        (ConflictKind::Start, Some(2))
    );
}

#[test]
fn an_ordinal_that_runs_over_a_restoration_is_a_conflict_at_that_time_and_after() {
    let mut log = province();
    log.service(
        "ServiceRestored",
        "a",
        "2 10:00",
        "2",
        &area("quetta", "normal"),
    );
    log.service(
        "ServiceConfirmed",
        "b",
        "4 10:00",
        "4",
        &numbered("quetta", 4, 4),
    );
    let board = log.now("3 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(quetta.status, Status::Disputed);
    assert_eq!(quetta.conflicts[0].kind, ConflictKind::Unbroken);
    let board = log.now("4 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!((quetta.status, quetta.day), (Status::Suspended, Some(4)));
    assert_eq!(quetta.conflicts[0].kind, ConflictKind::Unbroken);
    assert_eq!(log.then("3 12:00").services[0].status, Status::Operating);
}

#[test]
fn days_nobody_reported_are_said() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    log.service(
        "ServiceSuspended",
        "a",
        "4 10:00",
        "4",
        &area("quetta", "none"),
    );
    let ask = |log: &Log, at| status(&log.now(at), "quetta");
    assert_eq!(
        ask(&log, "4 12:00"),
        "suspended none day 4 unobserved 2 fresh"
    );
    assert_eq!(
        ask(&log, "5 09:00"),
        "suspended none day 5 unobserved 3 fresh"
    );
    assert_eq!(
        ask(&log, "5 10:01"),
        "suspended none day - unobserved - stale"
    );
    log.service(
        "ServiceConfirmed",
        "a",
        "3 10:00",
        "3",
        &area("quetta", "none"),
    );
    assert_eq!(
        ask(&log, "4 12:00"),
        "suspended none day 4 unobserved 0 fresh"
    );
}

#[test]
fn remains_vouches_for_the_days_back_to_what_was_last_known() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "31 10:00",
        "31",
        &area("quetta", "none"),
    );
    let still = log.service(
        "ServiceConfirmed",
        "a",
        "6 10:00",
        "6",
        &area("quetta", "none"),
    );
    let board = log.now("3 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(brief(quetta), "suspended none day 4 unobserved 0 fresh");
    let last = quetta.rests_on.last().unwrap();
    assert_eq!(
        (last.event, last.contributes.as_slice()),
        (still, &[Contribution::Vouches][..])
    );
    let board = log.then("3 12:00");
    assert_eq!(
        status(&board, "quetta"),
        "suspended none day - unobserved - stale"
    );
}

#[test]
fn the_time_to_live_is_the_callers_and_runs_from_what_was_learnt() {
    let mut log = province();
    log.service(
        "ServiceConfirmed",
        "a",
        "4 10:00",
        "4",
        &area("quetta", "none"),
    );
    let services = log.services();
    let freshness = |at: &str, hours: u64| {
        let known = Known::Position(Position::new(99));
        let time_to_live = TimeToLive::all(Duration::from_secs(hours * 3600));
        let board = services.at(&situation(), as_of(at, known), &time_to_live);
        board.services[0].freshness
    };
    assert_eq!(freshness("5 10:00", 24), Freshness::Fresh);
    assert_eq!(freshness("5 10:01", 24), Freshness::Stale);
    assert_eq!(freshness("5 10:01", 48), Freshness::Fresh);
}

#[test]
fn a_forecast_closes_nothing_and_is_shown_with_the_run_it_was_given_in() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    let payload = r#"{"service":"mobile_data","scope":{"of":{"area":{"place":"quetta"}}},"expected_end":"2026-02-02[Asia/Karachi]"}"#;
    let outlook = log.service("ServiceOutlookGiven", "a", "1 11:00", "1 11:00", payload);
    for (at, passed) in [("2 09:00", false), ("3 09:00", true)] {
        let board = log.now(at);
        let quetta = find(&board, DATA, &of("quetta"));
        assert_eq!(quetta.status, Status::Suspended);
        let given = quetta.outlook.as_ref().unwrap();
        assert_eq!((given.event, given.passed), (outlook, passed));
    }
    log.service(
        "ServiceRestored",
        "a",
        "4 10:00",
        "4",
        &area("quetta", "normal"),
    );
    assert_eq!(find(&log.now("4 12:00"), DATA, &of("quetta")).outlook, None);
}

#[test]
fn stated_and_assessed_causes_and_who_ordered_it_are_kept_apart() {
    let mut log = province();
    let payload = r#"{"service":"mobile_data","scope":{"of":{"area":{"place":"quetta"}}},"degree":"none","causes":{"stated":"technical","assessed":{"cause":"government_order","by":"monitor"}},"ordered_by":"Home Department"}"#;
    log.service("ServiceSuspended", "a", "1 10:00", "1", payload);
    let board = log.now("1 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    let causes: Vec<_> = quetta
        .causes
        .iter()
        .map(|cause| {
            (
                cause.cause.as_str(),
                cause.assessed_by.as_ref().map(SourceId::as_str),
            )
        })
        .collect();
    assert_eq!(
        causes,
        [("technical", None), ("government_order", Some("monitor"))]
    );
    assert_eq!(quetta.ordered_by[0].name.as_str(), "Home Department");
}

#[test]
fn a_stretch_lies_in_its_route_and_in_an_area_that_holds_both_its_ends() {
    let road = |scope: &str, degree: &str| {
        format!(r#"{{"service":"road","scope":{{"of":{scope}}},"degree":"{degree}"}}"#)
    };
    let stretch = r#"{"segment":{"from":"quetta","to":"gwadar","route":"M-8"}}"#;
    let backwards = r#"{"segment":{"from":"gwadar","to":"quetta","route":"M-8"}}"#;
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &road(stretch, "none"),
    );
    let open = |log: &Log| {
        find(&log.now("2 12:00"), Service::Road, r#"{"of":{"segment""#).status == Status::Operating
    };
    for (closing, scope) in [
        (true, r#"{"route":{"name":"M-8"}}"#),
        (true, backwards),
        (true, r#"{"area":{"place":"PK-BA"}}"#),
        (false, r#"{"area":{"place":"quetta"}}"#),
        (false, r#"{"area":{"place":"gwadar"}}"#),
        (false, r#"{"route":{"name":"N-25"}}"#),
    ] {
        let mut log = Log {
            recorded: log.recorded.clone(),
        };
        log.service(
            "ServiceRestored",
            "a",
            "2 10:00",
            "2",
            &road(scope, "normal"),
        );
        assert_eq!(open(&log), closing, "{scope}");
    }
}

#[test]
fn days_are_local_days_also_across_a_change_of_the_clocks() {
    let mut log = Log::default();
    let opened = r#"{"title":"Test","zone":"America/New_York"}"#;
    log.tell("SituationOpened", "1 00:00", opened, "");
    // Clocks went forward on 8 March 2026: 47 hours from midnight to midnight.
    log.line(r#"{"kind":"ServiceSuspended","situation":"balochistan-2026","occurred":"2026-03-07T23:30:00-05:00","learnt_at":"2026-03-08T05:00:00Z","source":{"origin":"a"},"payload":{"service":"water","scope":{"of":{"network":{"name":"n"}}},"degree":"none"}}"#);
    let services = log.services();
    for (at, day) in [
        ("2026-03-07T23:59:59-05:00", 1),
        ("2026-03-08T00:00:00-05:00", 2),
        ("2026-03-08T23:59:59-04:00", 2),
        ("2026-03-09T00:00:00-04:00", 3),
    ] {
        let as_of = AsOf {
            valid: Valid(instant(at)),
            known: Known::Position(Position::new(9)),
        };
        let board = services.at(&situation(), as_of, &TimeToLive::default());
        assert_eq!(board.services[0].day, Some(day), "{at}");
    }
}

#[test]
fn a_day_of_25_hours_and_one_without_a_midnight_count_once() {
    let check = |zone: &str, start: &str, days: &[(&str, u32)]| {
        let mut log = Log::default();
        let opened = format!(r#"{{"title":"Test","zone":"{zone}"}}"#);
        log.tell("SituationOpened", "1 00:00", &opened, "");
        log.line(&format!(
            r#"{{"kind":"ServiceSuspended","situation":"balochistan-2026","occurred":"{start}[{zone}]","learnt_at":"2026-03-28T00:00:00Z","source":{{"origin":"a"}},"payload":{{"service":"water","scope":{{"of":{{"network":{{"name":"n"}}}}}},"degree":"none"}}}}"#
        ));
        let services = log.services();
        for (at, day) in days {
            let as_of = AsOf {
                valid: Valid(instant(at)),
                known: Known::Position(Position::new(9)),
            };
            let board = services.at(&situation(), as_of, &TimeToLive::default());
            assert_eq!(board.services[0].day, Some(*day), "{zone} {at}");
        }
    };
    // Clocks went back on 1 November: the hour from one to two came twice.
    check(
        "America/New_York",
        "2026-10-31",
        &[
            ("2026-11-01T00:00:00-04:00", 2),
            ("2026-11-01T01:30:00-04:00", 2),
            ("2026-11-01T01:30:00-05:00", 2),
            ("2026-11-01T23:59:59-05:00", 2),
            ("2026-11-02T00:00:00-05:00", 3),
        ],
    );
    // In Beirut the 29th of March began at one o'clock.
    check(
        "Asia/Beirut",
        "2026-03-28",
        &[
            ("2026-03-28T23:59:59+02:00", 1),
            ("2026-03-29T01:00:00+03:00", 2),
            ("2026-03-29T23:59:59+03:00", 2),
            ("2026-03-30T00:00:00+03:00", 3),
        ],
    );
}

#[test]
fn a_start_from_a_day_on_is_no_known_day() {
    let mut log = province();
    let more = r#""occurred":"2026-02-02/..[Asia/Karachi]""#;
    log.tell("ServiceSuspended", "4 10:00", &area("quetta", "none"), more);
    let board = log.now("4 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!(brief(quetta), "suspended none day - unobserved - fresh");
    let since = (quetta.since.earliest, quetta.since.latest);
    assert_eq!(since, (Some(pkt("2 00:00")), None));
    assert_eq!(log.now("1 23:59").services, []);
}

#[test]
fn of_two_ordinals_that_contradict_each_other_the_newest_counts_and_both_are_witnesses() {
    let mut log = province();
    let mut numbered_day = |source: &str, nth: u32, on: u32| {
        let told = format!("{on} 10:00");
        let day = on.to_string();
        log.service(
            "ServiceConfirmed",
            source,
            &told,
            &day,
            &numbered("quetta", nth, on),
        );
    };
    numbered_day("a", 3, 3);
    numbered_day("b", 6, 4);
    numbered_day("c", 5, 5);
    let board = log.now("5 12:00");
    let quetta = find(&board, DATA, &of("quetta"));
    assert_eq!((quetta.day, quetta.since.how), (Some(5), How::Inferred));
    // a and c say 1 February, b 30 January.
    let [conflict] = quetta.conflicts.as_slice() else {
        panic!("{:#?}", quetta.conflicts);
    };
    assert_eq!(
        (conflict.kind, conflict.gap_days),
        (ConflictKind::Start, Some(2))
    );
    let sources = conflict
        .witnesses
        .iter()
        .map(|witness| witness.source.as_ref().unwrap().as_str());
    assert_eq!(sources.collect::<Vec<_>>(), ["b", "c"]);
    let board = log.then("4 12:00");
    assert_eq!(find(&board, DATA, &of("quetta")).day, Some(6));
}

#[test]
fn an_event_tells_which_lines_it_touches_and_a_retraction_those_of_what_it_retracts() {
    let mut log = province();
    let down = log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    let retraction = log.retract("1 11:00", down);
    log.retract("1 12:00", retraction);
    log.retract("1 12:00", id(999));
    let mut services = Services::default();
    let touched: Vec<_> = log
        .recorded
        .iter()
        .map(|recorded| services.apply(recorded).unwrap())
        .collect();
    assert_eq!(touched[0], Touched::Situation(situation()));
    let Touched::Lines(lines) = &touched[3] else {
        panic!("{touched:?}");
    };
    assert_eq!((lines.len(), lines[0].service), (1, DATA));
    assert_eq!((&touched[4], &touched[5]), (&touched[3], &touched[3]));
    assert_eq!(touched[6], Touched::Nothing);
}

#[test]
fn a_status_prints_under_the_names_that_are_promised() {
    let mut log = province();
    log.service(
        "ServiceSuspended",
        "a",
        "1 10:00",
        "1",
        &area("quetta", "none"),
    );
    let json = serde_json::to_value(log.now("1 12:00")).unwrap();
    let status = &json["services"][0];
    assert_eq!(status["service"], "mobile_data");
    assert_eq!(status["scope"]["of"]["area"]["place"], "quetta");
    assert_eq!(
        (&status["degree"], &status["status"]),
        (&"none".into(), &"suspended".into())
    );
    assert_eq!(status["since"]["earliest"], "2026-01-31T19:00:00Z");
    assert_eq!(status["since"]["how"], "stated");
    assert_eq!(status["last_confirmed"]["at"], "2026-02-01T05:00:00Z");
    assert_eq!(status["freshness"], "fresh");
    assert_eq!(
        (&status["day"], &status["unobserved"]),
        (&1.into(), &0.into())
    );
    assert_eq!(
        status["rests_on"][0]["contributes"],
        serde_json::json!(["start", "status"])
    );
}
