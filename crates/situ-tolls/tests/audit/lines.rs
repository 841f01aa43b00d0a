//! What each line says, with every revision.

use situ_core::{ClaimRef, Known, RetractionReason, Role};
use situ_tolls::{ClaimStanding, Line, Question};

use crate::desk::{Desk, at, civilians, day, killed, learnt, situation};

/// A line in short: source, then what it says and how that stands, newest first.
fn said(line: &Line) -> String {
    let said = line.said.iter().map(|said| {
        let standing = format!("{:?}", said.standing).to_lowercase();
        format!("{} {standing}", said.claim.said)
    });
    format!("{}: {}", line.source, said.collect::<Vec<_>>().join(", "))
}

fn question() -> Question {
    Question {
        figure: Some(civilians()),
        ..Question::default()
    }
}

fn lines(desk: &Desk, valid: u32, known: Known) -> Vec<String> {
    let lines = desk
        .tolls()
        .lines(&situation(), at(valid, known), &question());
    lines.iter().map(said).collect()
}

/// A ministry that states 3 May three times, misquoted once, and 5 May once; a hospital beside it.
fn told() -> Desk {
    let mut desk = Desk::default();
    desk.civilians("ministry", 2, 2, 10);
    desk.civilians("ministry", 3, 3, 12);
    let misquoted = vec![killed(Role::Civilian, 21)];
    let misquote = desk.report_via(("ministry", &["paper"]), 3, 4, misquoted);
    desk.civilians("ministry", 3, 6, 14);
    desk.civilians("hospital", 4, 7, 9);
    let misquote = ClaimRef::Claim(misquote);
    desk.retract(8, misquote, RetractionReason::Misquote, None);
    desk.civilians("ministry", 3, 9, 14);
    desk.civilians("ministry", 5, 10, 15);
    desk
}

#[test]
fn a_line_is_read_with_all_its_claims_and_how_each_stands() {
    let desk = told();
    assert_eq!(
        lines(&desk, 12, desk.all()),
        [
            "hospital: 9 current",
            "ministry: 15 current, 14 superseded, 14 superseded, 12 superseded, 21 retracted, 10 superseded",
        ]
    );
    assert_eq!(
        lines(&desk, 12, learnt(4)),
        ["ministry: 12 current, 21 revised, 10 superseded"]
    );
    assert_eq!(lines(&desk, 2, desk.all()), ["ministry: 10 current"]);
    assert!(lines(&desk, 12, learnt(1)).is_empty());
}

#[test]
fn what_a_line_said_for_3_may_as_known_on_10_may_is_a_question_of_its_own() {
    let desk = told();
    let tolls = desk.tolls();
    let said_for = |known| {
        let lines = tolls.lines_for(&situation(), &day(3), known, &question());
        lines.iter().map(said).collect::<Vec<_>>()
    };
    let on_the_10th = "ministry: 14 current, 14 repeated, 12 revised, 21 retracted";
    assert_eq!(said_for(learnt(10)), [on_the_10th]);
    assert_eq!(
        said_for(learnt(7)),
        ["ministry: 14 current, 12 revised, 21 revised"]
    );
    assert_eq!(said_for(learnt(3)), ["ministry: 12 current"]);
    let lines = tolls.lines_for(&situation(), &day(3), learnt(10), &question());
    let misquote = lines[0].said.last().unwrap();
    assert_eq!(misquote.retraction, Some(RetractionReason::Misquote));
    assert_eq!(misquote.standing, ClaimStanding::Retracted);
    assert!(matches!(misquote.by, Some(ClaimRef::Event(_))));
}

#[test]
fn lines_of_every_basis_are_listed_unless_one_is_asked_for() {
    let mut desk = Desk::default();
    let bodies = situ_core::Figure {
        basis: situ_core::Basis::BodyRecovered,
        ..killed(Role::Civilian, 7)
    };
    desk.report_via(("hospital", &[]), 3, 3, vec![bodies]);
    let tolls = desk.tolls();
    let count = |basis| {
        let question = Question {
            basis,
            ..Question::default()
        };
        tolls
            .lines(&situation(), at(4, desk.all()), &question)
            .len()
    };
    assert_eq!(count(None), 1);
    assert_eq!(count(Some(situ_core::Basis::Reported)), 0);
}
