//! Closures told before they begin.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod log;

use log::{Log, brief, pkt};
use situ_services::{Freshness, ServiceStatus, Status};

const SEGMENT: &str = r#""service":"rail","scope":{"of":{"segment":{"from":"alewife","to":"harvard","route":"Red"}}}"#;

fn suspended(log: &mut Log, learnt: &str, day: &str) {
    let payload = format!(r#"{{{SEGMENT},"degree":"none"}}"#);
    log.service("ServiceSuspended", "agency", learnt, day, &payload);
}

fn expected(log: &mut Log, source: &str, learnt: &str, end: u32) {
    let payload = format!(r#"{{{SEGMENT},"expected_end":"2026-02-{end:02}[Asia/Karachi]"}}"#);
    log.service("ServiceOutlookGiven", source, learnt, learnt, &payload);
}

fn ask(log: &Log, at: &str) -> Option<ServiceStatus> {
    let mut services = log.now(at).services;
    assert!(services.len() <= 1);
    services.pop()
}

#[test]
fn a_closure_told_ahead_is_not_there_before_it_begins_and_not_stale_when_it_does() {
    let mut log = Log::empty();
    suspended(&mut log, "1 10:00", "10");
    assert_eq!(ask(&log, "9 23:59"), None);
    let status = ask(&log, "10 12:00").unwrap();
    assert_eq!(brief(&status), "suspended none day 1 unobserved 1 fresh");
    assert!(status.announced);
    assert_eq!(status.last_confirmed.unwrap().at, pkt("1 10:00"));
    // A day after it was to begin nobody has said that it did.
    let status = ask(&log, "11 00:01").unwrap();
    assert_eq!(status.freshness, Freshness::Stale);
    assert_eq!(status.status, Status::Suspended);
}

#[test]
fn an_end_told_ahead_by_the_same_source_keeps_it_fresh_and_closes_nothing() {
    let mut log = Log::empty();
    suspended(&mut log, "1 10:00", "10");
    expected(&mut log, "agency", "1 10:00", 14);
    let status = ask(&log, "14 12:00").unwrap();
    assert_eq!(brief(&status), "suspended none day 5 unobserved 5 fresh");
    assert!(!status.outlook.unwrap().passed);
    let status = ask(&log, "15 00:01").unwrap();
    assert_eq!(
        (status.status, status.freshness),
        (Status::Suspended, Freshness::Stale)
    );
    assert!(status.outlook.unwrap().passed);
}

#[test]
fn an_end_another_source_expects_or_one_told_of_what_was_seen_does_not_keep_it_fresh() {
    let mut log = Log::empty();
    suspended(&mut log, "1 10:00", "10");
    expected(&mut log, "paper", "1 10:00", 14);
    assert_eq!(ask(&log, "12 12:00").unwrap().freshness, Freshness::Stale);
    let mut log = Log::empty();
    suspended(&mut log, "10 10:00", "10");
    expected(&mut log, "agency", "10 10:00", 14);
    let status = ask(&log, "12 12:00").unwrap();
    assert_eq!(
        (status.freshness, status.announced),
        (Freshness::Stale, false)
    );
}

#[test]
fn once_somebody_reports_it_the_report_is_what_counts() {
    let mut log = Log::empty();
    suspended(&mut log, "1 10:00", "10");
    expected(&mut log, "agency", "1 10:00", 20);
    let payload = format!(r#"{{{SEGMENT},"degree":"none"}}"#);
    log.service(
        "ServiceConfirmed",
        "paper",
        "11 12:00",
        "11 12:00",
        &payload,
    );
    let status = ask(&log, "11 13:00").unwrap();
    assert_eq!(brief(&status), "suspended none day 2 unobserved 0 fresh");
    assert!(!status.announced);
    assert_eq!(ask(&log, "13 13:00").unwrap().freshness, Freshness::Stale);
}

#[test]
fn an_announcement_taken_back_is_no_closure() {
    let mut log = Log::empty();
    let payload = format!(r#"{{{SEGMENT},"degree":"none"}}"#);
    let told = log.service("ServiceSuspended", "agency", "1 10:00", "10", &payload);
    log.retract("5 10:00", told);
    let status = ask(&log, "10 12:00").unwrap();
    assert_eq!((status.status, status.rests_on.len()), (Status::Unknown, 0));
}
