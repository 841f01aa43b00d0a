//! What is asked of a place is answered for what lies in it, and says what covers it and what else may concern it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod log;

use log::{Log, as_of, pkt, situation};
use situ_core::{Known, PlaceId, Position};
use situ_services::{PlaceBoard, Relation, ServiceStatus, StatusId, TimeToLive};

/// The province with two districts in it, one of which has a town.
fn province() -> Log {
    let mut log = Log::empty();
    log.place("quetta", "PK-BA");
    log.place("gwadar", "PK-BA");
    log.place("jiwani", "gwadar");
    log
}

fn told(log: &mut Log, kind: &str, when: &str, service: &str, scope: &str, degree: &str) {
    let payload = format!(r#"{{"service":"{service}","scope":{scope},"degree":"{degree}"}}"#);
    log.service(kind, "a", when, when, &payload);
}

fn area(place: &str) -> String {
    format!(r#"{{"of":{{"area":{{"place":"{place}"}}}}}}"#)
}

fn about(log: &Log, place: &str, at: &str, known: Known) -> PlaceBoard {
    let place = PlaceId::new(place).unwrap();
    let time_to_live = TimeToLive::default();
    log.services()
        .about(&situation(), &place, as_of(at, known), &time_to_live)
}

fn now(log: &Log, place: &str, at: &str) -> PlaceBoard {
    about(log, place, at, Known::Position(Position::new(u64::MAX)))
}

/// `ID status`, then what covers it.
fn brief(status: &ServiceStatus) -> String {
    let covered: Vec<_> = status.covered_by.iter().map(StatusId::to_string).collect();
    let covered = match covered.as_slice() {
        [] => String::new(),
        covered => format!(" < {}", covered.join(" ")),
    };
    format!("{} {:?}{covered}", status.id, status.status).to_lowercase()
}

fn inside(board: &PlaceBoard) -> Vec<String> {
    board.inside.iter().map(brief).collect()
}

fn nearby(board: &PlaceBoard) -> Vec<(Relation, String)> {
    let nearby = board.nearby.iter();
    nearby
        .map(|nearby| (nearby.relation, brief(&nearby.status)))
        .collect()
}

#[test]
fn a_province_wide_suspension_covers_a_district_nobody_spoke_of() {
    let mut log = province();
    told(
        &mut log,
        "ServiceSuspended",
        "1 10:00",
        "sms",
        &area("PK-BA"),
        "none",
    );
    let board = now(&log, "gwadar", "1 12:00");
    assert_eq!(inside(&board), ["sms@gwadar suspended < sms@pk-ba"]);
    assert_eq!(
        inside(&now(&log, "PK-BA", "1 12:00")),
        ["sms@pk-ba suspended"]
    );
    assert_eq!(inside(&now(&log, "karachi", "1 12:00")), [""; 0]);
}

#[test]
fn a_town_that_came_back_lies_in_the_district_and_is_listed_as_its_exception() {
    let mut log = province();
    told(
        &mut log,
        "ServiceSuspended",
        "1 10:00",
        "sms",
        &area("PK-BA"),
        "none",
    );
    told(
        &mut log,
        "ServiceRestored",
        "1 11:00",
        "sms",
        &area("jiwani"),
        "normal",
    );
    let board = now(&log, "gwadar", "1 12:00");
    assert_eq!(
        inside(&board),
        ["sms@gwadar suspended < sms@pk-ba", "sms@jiwani operating"]
    );
    assert_eq!(
        board.inside[0].scope.except,
        [board.inside[1].scope.of.clone()]
    );
    assert_eq!(
        inside(&now(&log, "quetta", "1 12:00")),
        ["sms@quetta suspended < sms@pk-ba"]
    );
}

#[test]
fn a_district_spoken_of_after_the_province_is_covered_as_long_as_the_run_is_the_same() {
    let mut log = province();
    told(
        &mut log,
        "ServiceSuspended",
        "1 10:00",
        "sms",
        &area("PK-BA"),
        "none",
    );
    told(
        &mut log,
        "ServiceConfirmed",
        "1 11:00",
        "sms",
        &area("gwadar"),
        "none",
    );
    assert_eq!(
        inside(&now(&log, "gwadar", "1 12:00")),
        ["sms@gwadar suspended < sms@pk-ba"]
    );
    told(
        &mut log,
        "ServiceRestored",
        "1 13:00",
        "sms",
        &area("gwadar"),
        "normal",
    );
    assert_eq!(
        inside(&now(&log, "gwadar", "1 14:00")),
        ["sms@gwadar operating"]
    );
}

#[test]
fn stretches_and_connections_reach_a_place_in_which_they_end() {
    let mut log = province();
    let road = r#"{"of":{"segment":{"from":"quetta","to":"gwadar"}}}"#;
    told(
        &mut log,
        "ServiceSuspended",
        "1 10:00",
        "road",
        road,
        "none",
    );
    let rail = r#"{"of":{"between":{"a":"PK-BA"}}}"#;
    told(
        &mut log,
        "ServiceSuspended",
        "1 10:00",
        "rail",
        rail,
        "none",
    );
    let board = now(&log, "quetta", "1 12:00");
    assert_eq!(inside(&board), [""; 0]);
    let road = "road@segment:gwadar..quetta suspended".to_owned();
    let rail = "rail@between:pk-ba suspended".to_owned();
    let reaching = [
        (Relation::Reaches, rail.clone()),
        (Relation::Reaches, road.clone()),
    ];
    assert_eq!(nearby(&board), reaching);
    let board = now(&log, "PK-BA", "1 12:00");
    assert_eq!(
        (inside(&board), nearby(&board)),
        (vec![road], vec![(Relation::Reaches, rail)])
    );
}

#[test]
fn several_districts_may_include_this_one_unless_it_is_spoken_of_itself() {
    let mut log = province();
    let several =
        r#"{"of":{"some_of":{"within":"PK-BA","at_least":3,"words":"several districts"}}}"#;
    told(
        &mut log,
        "ServiceSuspended",
        "1 10:00",
        "sms",
        several,
        "none",
    );
    let maybe = "sms@some_of:pk-ba suspended".to_owned();
    let board = now(&log, "quetta", "1 12:00");
    assert_eq!(
        (inside(&board), nearby(&board)),
        (vec![], vec![(Relation::MayInclude, maybe.clone())])
    );
    assert_eq!(inside(&now(&log, "PK-BA", "1 12:00")), [maybe]);
    told(
        &mut log,
        "ServiceConfirmed",
        "1 11:00",
        "sms",
        &area("quetta"),
        "none",
    );
    let board = now(&log, "quetta", "1 12:00");
    assert_eq!(
        (inside(&board), nearby(&board)),
        (vec!["sms@quetta suspended".to_owned()], vec![])
    );
}

#[test]
fn an_operator_or_network_without_a_place_is_never_said_to_be_here() {
    let mut log = province();
    let operator = r#"{"of":{"operator":{"name":"Power Company"}}}"#;
    told(
        &mut log,
        "ServiceSuspended",
        "1 10:00",
        "electricity",
        operator,
        "partial",
    );
    let board = now(&log, "quetta", "1 12:00");
    assert_eq!(inside(&board), [""; 0]);
    let operator = "electricity@operator:power%20company restricted".to_owned();
    assert_eq!(nearby(&board), [(Relation::NoPlace, operator)]);
}

#[test]
fn what_lies_where_is_as_known_then() {
    let mut log = Log::empty();
    log.tell(
        "PlaceDescribed",
        "2 10:00",
        r#"{"place":"quetta","names":["Quetta"],"within":["PK-BA"]}"#,
        "",
    );
    told(
        &mut log,
        "ServiceSuspended",
        "1 10:00",
        "sms",
        &area("PK-BA"),
        "none",
    );
    let asked = |known| inside(&about(&log, "quetta", "1 12:00", Known::Learnt(pkt(known))));
    assert_eq!(asked("2 09:59"), [""; 0]);
    assert_eq!(asked("2 10:00"), ["sms@quetta suspended < sms@pk-ba"]);
}
