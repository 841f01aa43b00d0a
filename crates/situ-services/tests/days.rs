//! Days of service, and the last days at a glance.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod log;

use chrono::Weekday;
use log::{Log, as_of, pkt, situation};
use situ_core::{Known, Position, Service};
use situ_services::{DayState, ServiceDays, TimeToLive};

const ALL: Known = Known::Position(Position::new(u64::MAX));

fn told(log: &mut Log, kind: &str, source: &str, learnt: &str, when: &str, degree: &str) {
    let payload = format!(
        r#"{{"service":"sea","scope":{{"of":{{"route":{{"name":"ferry"}}}}}},"degree":"{degree}"}}"#
    );
    log.service(kind, source, learnt, when, &payload);
}

#[test]
fn days_of_service_are_counted_where_they_are_given_and_days_all_the_same() {
    let mut log = Log::empty();
    // 2 February 2026 is a Monday.
    told(&mut log, "ServiceSuspended", "a", "2 12:00", "2", "none");
    told(&mut log, "ServiceConfirmed", "a", "5 12:00", "5", "none");
    let asked = as_of("5 18:00", ALL);
    let zone = log.services().register().zone(&situation(), ALL);
    let count = |days: &ServiceDays| {
        let mut status = log.now("5 18:00").services.remove(0);
        days.count(&mut status, zone, asked.valid);
        (status.day, status.service_day)
    };
    let days = ServiceDays::default();
    assert_eq!(count(&days), (Some(4), None));
    let days = days.with(Service::Sea, [Weekday::Mon, Weekday::Thu]);
    assert_eq!(count(&days), (Some(4), Some(2)));
    let days = ServiceDays::default().with(Service::Rail, [Weekday::Mon]);
    assert_eq!(count(&days), (Some(4), None));
}

fn brief(day: Option<&DayState>) -> String {
    day.map_or_else(String::new, |state| {
        format!("{:?} {:?}", state.status, state.freshness).to_lowercase()
    })
}

#[test]
fn each_day_is_as_it_was_at_its_worst_and_says_where_it_was_only_last_known() {
    let mut log = Log::empty();
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "2 12:00",
        "2 12:00",
        "normal",
    );
    told(
        &mut log,
        "ServiceSuspended",
        "a",
        "3 10:00",
        "3 10:00",
        "none",
    );
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "3 14:00",
        "3 14:00",
        "normal",
    );
    told(
        &mut log,
        "ServiceRestored",
        "a",
        "4 08:00",
        "4 08:00",
        "partial",
    );
    told(
        &mut log,
        "ServiceConfirmed",
        "a",
        "9 10:00",
        "9 10:00",
        "none",
    );
    told(
        &mut log,
        "ServiceConfirmed",
        "b",
        "9 10:00",
        "9 10:00",
        "normal",
    );
    let days = |at: &str, known, count| {
        let id = "sea@route:ferry".parse().unwrap();
        let time_to_live = TimeToLive::default();
        let days = log
            .services()
            .days(&situation(), &id, as_of(at, known), &time_to_live, count);
        let days = days.iter();
        days.map(|(_, day)| brief(day.as_ref())).collect::<Vec<_>>()
    };
    assert_eq!(
        days("9 12:00", ALL, 9),
        [
            "",
            "operating fresh",
            "suspended fresh",
            "restricted fresh",
            "restricted fresh",
            "restricted fresh",
            "restricted fresh",
            "restricted stale",
            "disputed fresh",
        ]
    );
    assert_eq!(days("3 09:00", ALL, 2), ["operating fresh"; 2]);
    assert_eq!(days("3 09:00", Known::Learnt(pkt("2 11:00")), 2), [""; 2]);
    assert_eq!(days("3 09:00", ALL, 0), [""; 0]);
}

#[test]
fn a_day_on_which_much_happens_is_as_bad_as_its_worst_minute() {
    let mut log = Log::empty();
    for minute in 0..240 {
        let degree = match minute {
            150 => "none",
            _ if minute % 2 == 0 => "partial",
            _ => "normal",
        };
        let when = format!("2 {:02}:{:02}", minute / 60, minute % 60);
        told(&mut log, "ServiceConfirmed", "a", &when, &when, degree);
    }
    let days = log.services().days(
        &situation(),
        &"sea@route:ferry".parse().unwrap(),
        as_of("2 20:00", Known::Position(Position::new(u64::MAX))),
        &TimeToLive::default(),
        1,
    );
    assert_eq!(brief(days[0].1.as_ref()), "suspended fresh");
}
