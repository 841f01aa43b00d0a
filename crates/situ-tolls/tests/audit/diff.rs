//! What differs between two states of knowledge, and by which events.

use situ_core::{AsOf, ClaimRef, Known, Position, RetractionReason, Role};
use situ_tolls::{Difference, DifferenceKind, Question};

use crate::desk::{Desk, at, killed, learnt, situation};

/// A difference in short: figure, kind, numbers and the positions of the events that did it.
fn short(difference: &Difference) -> String {
    let shown = |brief: &Option<situ_tolls::Brief>| {
        let shown = brief.as_ref().and_then(|brief| brief.shown);
        shown.map_or("-".to_owned(), |shown| shown.to_string())
    };
    let because = difference.because.iter();
    let because: Vec<String> = because
        .map(|cause| format!("@{} {}", cause.position, cause.class.words()))
        .collect();
    format!(
        "{} {:?} {}→{}: {}",
        difference.figure,
        difference.kind,
        shown(&difference.from),
        shown(&difference.to),
        because.join(", ")
    )
}

fn diff(desk: &Desk, from: AsOf, to: AsOf) -> Vec<String> {
    let tolls = desk.tolls();
    let differences = tolls.diff(&situation(), from, to, &Question::default());
    differences.iter().map(short).collect()
}

fn position(position: u64) -> Known {
    Known::Position(Position::new(position))
}

/// Civilians 10, then 14, a late 12; security forces 5, retracted in the end; rescue workers unchanged.
fn told() -> Desk {
    let mut desk = Desk::default();
    let first = vec![killed(Role::Civilian, 10), killed(Role::Rescue, 2)];
    desk.report_via(("ministry", &[]), 2, 2, first);
    let forces = vec![killed(Role::SecurityForces, 5)];
    let forces = desk.report_via(("ministry", &[]), 3, 3, forces);
    desk.civilians("ministry", 5, 5, 14);
    desk.civilians("ministry", 4, 6, 12);
    desk.retract(
        7,
        ClaimRef::Claim(forces),
        RetractionReason::DoubleCount,
        None,
    );
    desk
}

#[test]
fn figures_that_came_went_or_changed_are_told_with_the_events_that_did_it() {
    let desk = told();
    assert_eq!(
        diff(&desk, at(9, position(1)), at(9, position(4))),
        [
            "killed/civilian Changed 10→14: @3 new report",
            "killed/security_forces Appeared -→5: @2 new source",
        ]
    );
    assert_eq!(
        diff(&desk, at(9, learnt(6)), at(9, learnt(7))),
        ["killed/security_forces Changed 5→-: @5 retraction"]
    );
    assert_eq!(
        diff(&desk, at(9, position(4)), at(9, position(1))),
        [
            "killed/civilian Changed 14→10: @3 new report",
            "killed/security_forces Went 5→-: @2 new source",
        ]
    );
}

#[test]
fn where_the_clocks_differ_all_that_counts_on_one_side_only_is_told() {
    let desk = told();
    assert_eq!(
        diff(&desk, at(4, position(5)), at(9, position(5))),
        ["killed/civilian Changed 12→14: @3 new report"]
    );
    assert_eq!(
        diff(&desk, at(9, learnt(4)), at(9, position(4))),
        ["killed/civilian Changed 10→14: @3 new report, @4 late arrival"]
    );
}

#[test]
fn an_event_that_changed_nothing_is_no_reason() {
    let desk = told();
    assert!(diff(&desk, at(9, position(3)), at(9, position(4))).is_empty());
    assert!(diff(&desk, at(9, position(4)), at(9, position(4))).is_empty());
    let tolls = desk.tolls();
    let question = Question::default();
    let differences = tolls.diff(
        &situation(),
        at(9, position(0)),
        at(9, position(1)),
        &question,
    );
    let kinds = differences.iter().map(|difference| difference.kind);
    assert!(kinds.eq([DifferenceKind::Appeared; 2]));
}
