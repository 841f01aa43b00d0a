//! The services of Balochistan, 31 January to 5 February 2026.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod log;

use log::{Log, brief, find, pkt};
use situ_core::{Known, Service};
use situ_services::{Board, ConflictKind, Contribution, Day, Freshness, How, LastDay, Status};

const RAIL: &str = r#"{"between":{"a":"PK-BA"}}"#;
const SEVERAL: &str = "some_of";
const DERA: &str = r#"{"of":{"segment":{"from":"dera-ghazi-khan""#;
const NUSHKI: &str = r#"{"of":{"segment":{"from":"nushki""#;

fn last_day(day: u32, on: &str) -> Option<LastDay> {
    let on = Day(on.parse().unwrap());
    Some(LastDay { day, on })
}

fn check_rail_of_the_fifth_day(board: &Board) {
    let rail = find(board, Service::Rail, RAIL);
    assert_eq!(brief(rail), "suspended none day 5 unobserved 0 fresh");
    assert_eq!(rail.since.how, How::Inferred);
    assert_eq!(rail.since.earliest, Some(pkt("31 00:00")));
    let end = pkt("1 00:00").saturating_add_nanos(-1);
    assert_eq!(rail.since.latest, Some(end));
    assert!(rail.conflicts.is_empty());
}

#[test]
fn at_noon_of_4_february_trains_are_halted_for_the_fifth_day() {
    let board = Log::demo().now("4 12:00");
    check_rail_of_the_fifth_day(&board);
    let rail = find(&board, Service::Rail, RAIL);
    let confirmed = rail.last_confirmed.as_ref().unwrap();
    assert_eq!(
        confirmed.when.as_ref().unwrap().as_str(),
        "2026-02-04[Asia/Karachi]"
    );
    assert_eq!(confirmed.at, pkt("4 10:00"));
    let start = rail
        .rests_on
        .iter()
        .find(|evidence| evidence.event == confirmed.event)
        .unwrap();
    assert!(start.contributes.contains(&Contribution::Start));
    assert_eq!(rail.rests_on.len(), 2);
}

#[test]
fn half_past_midnight_in_pakistan_is_the_fifth_day_though_still_the_third_in_utc() {
    let board = Log::demo().now("4 00:30");
    check_rail_of_the_fifth_day(&board);
    let confirmed = find(&board, Service::Rail, RAIL)
        .last_confirmed
        .as_ref()
        .unwrap();
    assert_eq!(confirmed.at, pkt("4 00:30"));
}

#[test]
fn an_ordinal_covers_earlier_days_of_its_run() {
    let log = Log::demo();
    for (at, expected) in [
        ("31 00:00", "suspended none day 1 unobserved 0 fresh"),
        ("2 12:00", "suspended none day 3 unobserved 0 fresh"),
        ("3 23:59", "suspended none day 4 unobserved 0 fresh"),
    ] {
        let board = log.now(at);
        let rail = find(&board, Service::Rail, RAIL);
        assert_eq!(brief(rail), expected, "{at}");
        assert_eq!(rail.last_confirmed, None, "{at}");
        assert!(
            rail.rests_on[0]
                .contributes
                .contains(&Contribution::Vouches)
        );
    }
    assert!(log.now("30 23:59").services.is_empty());
}

#[test]
fn mobile_telephony_is_cut_in_three_or_more_districts_nobody_named() {
    let board = Log::demo().now("4 12:00");
    for service in [Service::MobileVoice, Service::MobileData] {
        let mobile = find(&board, service, SEVERAL);
        assert_eq!(brief(mobile), "suspended none day - unobserved - fresh");
        let unnamed = mobile.unnamed.as_ref().unwrap();
        assert_eq!(unnamed.at_least, 3);
        assert_eq!(
            unnamed.words.as_ref().unwrap().as_str(),
            "several districts"
        );
        assert_eq!(
            (mobile.since.how, mobile.since.earliest),
            (How::Unknown, None)
        );
        let confirmed = mobile.last_confirmed.as_ref().unwrap();
        assert_eq!(
            confirmed.when.as_ref().unwrap().as_str(),
            "2026-02-04[Asia/Karachi]"
        );
    }
}

#[test]
fn two_roads_are_named_as_closed_and_one_or_more_others_are_not() {
    let board = Log::demo().now("4 12:00");
    for scope in [DERA, NUSHKI] {
        let road = find(&board, Service::Road, scope);
        assert_eq!(brief(road), "suspended none day - unobserved - fresh");
        assert!(road.unnamed.is_none());
    }
    let others = find(&board, Service::Road, SEVERAL);
    assert_eq!(brief(others), "suspended none day - unobserved - fresh");
    assert_eq!(others.unnamed.as_ref().unwrap().at_least, 1);
    assert_eq!(board.services.len(), 6);
}

#[test]
fn three_days_later_everything_is_last_known_suspended_and_nothing_restored() {
    let board = Log::demo().now("7 12:00");
    assert_eq!(board.services.len(), 6);
    for status in &board.services {
        assert_eq!(brief(status), "suspended none day - unobserved - stale");
    }
    let rail = find(&board, Service::Rail, RAIL);
    assert_eq!(rail.last_day, last_day(5, "2026-02-04"));
    let road = find(&board, Service::Road, DERA);
    assert_eq!(road.last_day, None);
    assert_eq!(road.fresh_until, Some(pkt("6 10:00")));
}

#[test]
fn as_known_at_seven_in_the_morning_no_service_had_been_spoken_of() {
    let log = Log::demo();
    let early = Known::Learnt(pkt("4 07:00"));
    assert!(log.ask("4 12:00", early).services.is_empty());
    assert!(log.ask("7 12:00", early).services.is_empty());
}

/// What was told on 2 and 5 February.
fn how_it_went_on() -> Log {
    let mut log = Log::demo();
    let opened = r#"{"title":"Balochistan","zone":"Asia/Karachi"}"#;
    log.tell("SituationOpened", "31 18:00", opened, "");
    log.service(
        "ServiceConfirmed",
        "outlet",
        "2 18:00",
        "2",
        r#"{"service":"rail","scope":{"of":{"between":{"a":"PK-BA"}}},"degree":"none","ordinal":{"nth":4,"on":"2026-02-02[Asia/Karachi]"}}"#,
    );
    log.place("quetta", "PK-BA");
    log.service(
        "ServiceRestored",
        "railways",
        "5 18:00",
        "5",
        r#"{"service":"rail","scope":{"of":{"between":{"a":"PK-BA"}}},"degree":"normal","words":"after five days"}"#,
    );
    log.service(
        "ServiceRestored",
        "spokesman",
        "5 18:00",
        "5",
        r#"{"service":"road","scope":{"of":{"area":{"place":"PK-BA"}},"except":[{"facility":{"name":"section at Nushki","place":"nushki"}}]},"degree":"normal"}"#,
    );
    log.service(
        "ServiceConfirmed",
        "outlet",
        "5 18:00",
        "5",
        r#"{"service":"mobile_data","scope":{"of":{"area":{"place":"quetta"}}},"degree":"none","ordinal":{"nth":6,"on":"2026-02-05[Asia/Karachi]"}}"#,
    );
    log
}

#[test]
fn trains_run_since_5_february_after_five_days_that_two_ordinals_count_differently() {
    let board = how_it_went_on().now("5 20:00");
    let rail = find(&board, Service::Rail, RAIL);
    assert_eq!(brief(rail), "operating normal day - unobserved - fresh");
    assert_eq!(
        (rail.since.how, rail.since.earliest),
        (How::Stated, Some(pkt("5 00:00")))
    );
    let statuses: Vec<_> = rail.runs.iter().map(|run| (run.status, run.days)).collect();
    assert_eq!(
        statuses,
        [(Status::Suspended, Some(5)), (Status::Operating, None)]
    );
    assert_eq!(rail.runs[0].since.earliest, Some(pkt("31 00:00")));
    let [conflict] = rail.conflicts.as_slice() else {
        panic!("{:#?}", rail.conflicts);
    };
    assert_eq!(
        (conflict.kind, conflict.gap_days),
        (ConflictKind::Start, Some(1))
    );
    assert_eq!(conflict.witnesses.len(), 2);
}

#[test]
fn as_known_on_2_february_it_was_the_fourth_day_and_nothing_clashed() {
    let log = how_it_went_on();
    let board = log.then("2 20:00");
    let rail = find(&board, Service::Rail, RAIL);
    assert_eq!(brief(rail), "suspended none day 4 unobserved 0 fresh");
    assert!(rail.conflicts.is_empty());
    let board = log.now("2 20:00");
    let rail = find(&board, Service::Rail, RAIL);
    assert_eq!(brief(rail), "suspended none day 3 unobserved 0 fresh");
    assert_eq!(rail.conflicts.len(), 1);
}

#[test]
fn mobile_data_in_quetta_is_off_for_the_sixth_day_and_is_one_of_the_several_districts() {
    let board = how_it_went_on().now("5 20:00");
    let quetta = find(&board, Service::MobileData, "quetta");
    assert_eq!(brief(quetta), "suspended none day 6 unobserved 0 fresh");
    assert_eq!(quetta.since.earliest, Some(pkt("31 00:00")));
    let others = find(&board, Service::MobileData, SEVERAL);
    assert_eq!(others.unnamed.as_ref().unwrap().at_least, 2);
    assert_eq!(
        (others.status, others.freshness),
        (Status::Suspended, Freshness::Stale)
    );
}

#[test]
fn the_highways_are_clear_except_a_section_at_nushki() {
    let board = how_it_went_on().now("5 20:00");
    let dera = find(&board, Service::Road, DERA);
    assert_eq!(brief(dera), "operating normal day - unobserved - fresh");
    assert_eq!(dera.since.earliest, Some(pkt("5 00:00")));
    let nushki = find(&board, Service::Road, NUSHKI);
    assert_eq!(brief(nushki), "restricted partial day - unobserved - fresh");
    assert_eq!(
        nushki.changed.as_ref().unwrap().earliest,
        Some(pkt("5 00:00"))
    );
    let section = find(&board, Service::Road, r#"{"of":{"facility""#);
    assert_eq!(brief(section), "suspended none day - unobserved - fresh");
    let all = find(&board, Service::Road, r#"{"of":{"area""#);
    assert_eq!(all.status, Status::Operating);
    assert!(!all.scope.except.is_empty());
}
