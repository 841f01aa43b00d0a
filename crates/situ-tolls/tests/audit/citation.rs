//! A citation, checked against the log it came from and against others.

use sha2::Digest as _;
use situ_core::{ClaimRef, EventId, Known, Position, Projection as _, Recorded, RetractionReason};
use situ_tolls::{
    Checked, Citation, CitationError, Discrepancy, LogState, Note, Policy, Question, Tolls,
};

use crate::desk::{Desk, at, civilians, fold, learnt, situation};

fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

fn find(log: &[Recorded], id: EventId) -> Option<&Recorded> {
    log.iter().find(|recorded| recorded.id == id)
}

/// Cites civilians killed as of 9 May.
fn cite(log: &[Recorded], known: Known) -> Citation {
    let as_of = at(9, known);
    let question = Question {
        figure: Some(civilians()),
        ..Question::default()
    };
    let toll = fold(log).at(&situation(), as_of, &question).tolls.remove(0);
    let state = LogState {
        position: log.last().unwrap().position,
        head: log.last().unwrap().id,
        learnt: log.iter().map(|recorded| recorded.learnt_at).max().unwrap(),
    };
    let find = |id| find(log, id);
    Citation::of(
        &toll,
        &situation(),
        as_of,
        state,
        &Policy::Latest,
        &find,
        &sha256,
    )
    .unwrap()
}

fn check(citation: &Citation, log: &[Recorded]) -> Checked {
    citation.check(&fold(log), &|id| find(log, id), &sha256)
}

/// A ministry at 10 and 14; nothing is learnt in the order of the log.
fn told() -> Desk {
    let mut desk = Desk::default();
    desk.civilians("ministry", 5, 5, 14);
    desk.civilians("ministry", 2, 2, 10);
    desk
}

fn all(log: &[Recorded]) -> Known {
    Known::Position(log.last().unwrap().position)
}

/// The same events in a log of another order, as another machine may have imported them.
fn renumbered(log: impl IntoIterator<Item = Recorded>) -> Vec<Recorded> {
    let positions = (1..).map(Position::new);
    let numbered = log.into_iter().zip(positions);
    numbered
        .map(|(recorded, position)| Recorded {
            position,
            ..recorded
        })
        .collect()
}

#[test]
fn a_citation_is_one_line_that_says_figure_clocks_rule_and_evidence() {
    let log = told().log();
    let text = cite(&log, all(&log)).to_string();
    let start = "cite=situ/1; figure=killed/civilian; shown=14; least=14; most=none; reading=floor; policy=latest/1; \
                 situation=s; valid=2026-05-09T12:00:00Z; known=position; learnt=2026-05-05T12:00:00Z; position=2; head=";
    assert!(text.starts_with(start), "{text}");
    assert!(text.contains(&format!("rests={}#1:", log[0].id)), "{text}");
    assert!(!text.contains('\n') && text.contains("; sha256="), "{text}");
}

#[test]
fn a_citation_holds_when_the_log_has_grown_and_the_claim_is_taken_back_since() {
    let mut desk = told();
    let log = desk.log();
    let (then, public) = (cite(&log, all(&log)), cite(&log, learnt(8)));
    desk.civilians("ministry", 8, 9, 20);
    let claim = ClaimRef::Event(log[0].id);
    desk.retract(10, claim, RetractionReason::SourceError, None);
    for citation in [then, public] {
        let checked = check(&citation, &desk.log());
        assert!(checked.holds(), "{checked:?}");
        assert_eq!(checked.notes, []);
        assert_eq!(checked.toll.unwrap().shown, Some(14));
    }
}

#[test]
fn in_a_log_of_another_order_the_moment_of_learning_stands_for_the_position() {
    let log = told().log();
    let citation = cite(&log, all(&log));
    let turned = renumbered(log.iter().rev().cloned());
    let checked = check(&citation, &turned);
    assert!(checked.holds(), "{checked:?}");
    let [Note::OtherLog { there, learnt, .. }] = &checked.notes[..] else {
        panic!("{checked:?}");
    };
    assert_eq!(
        (*there, *learnt),
        (Some(Position::new(1)), log[0].learnt_at)
    );
    assert_eq!(checked.as_of.known, Known::Learnt(log[0].learnt_at));
    let without_head = renumbered([log[0].clone()]);
    let checked = check(&citation, &without_head);
    assert!(checked.holds(), "{checked:?}");
    assert!(matches!(
        checked.notes[0],
        Note::OtherLog { there: None, .. }
    ));
}

#[test]
fn what_differs_is_said_exactly() {
    let log = told().log();
    let citation = cite(&log, all(&log));
    let event = log[0].id;

    let without = renumbered([log[1].clone()]);
    assert_eq!(
        check(&citation, &without).discrepancies,
        [
            Discrepancy::EventMissing { event },
            Discrepancy::Number {
                what: "shown",
                cited: Some(14),
                here: Some(10)
            },
            Discrepancy::Number {
                what: "least",
                cited: Some(14),
                here: Some(10)
            },
        ]
    );

    let mut changed = log.clone();
    changed[0].body = changed[0].body.replace("14", "15").into();
    let discrepancies = check(&citation, &changed).discrepancies;
    let position = Position::new(1);
    assert_eq!(
        discrepancies[0],
        Discrepancy::EventChanged { event, position }
    );
    assert_eq!(
        discrepancies[1].to_string(),
        "`shown` was 14, and is 15 here"
    );

    let newer = Citation {
        policy_version: 9,
        ..citation.clone()
    };
    let here = Policy::Latest.used().version;
    let policy = "latest".to_owned();
    assert_eq!(
        check(&newer, &log).discrepancies,
        [Discrepancy::OtherPolicyVersion {
            policy,
            cited: 9,
            here
        }]
    );
    let policy = "guess".to_owned();
    let unknown = Citation {
        policy: policy.clone(),
        ..citation.clone()
    };
    let discrepancies = check(&unknown, &log).discrepancies;
    assert_eq!(discrepancies, [Discrepancy::UnknownPolicy { policy }]);

    let view = Citation {
        view: Tolls::VERSION + 1,
        ..citation.clone()
    };
    let checked = check(&view, &log);
    assert!(checked.holds());
    assert!(matches!(checked.notes[..], [Note::OtherView { .. }]));

    let mut forged = citation;
    forged.digest.0[31] ^= 1;
    assert_eq!(check(&forged, &log).discrepancies, [Discrepancy::Digest]);
}

#[test]
fn a_claim_recorded_later_but_learnt_before_is_said_where_the_moment_of_learning_is_asked_for() {
    let mut desk = told();
    let citation = cite(&desk.log(), learnt(8));
    desk.civilians("hospital", 5, 6, 11);
    let checked = check(&citation, &desk.log());
    assert!(!checked.holds());
    let claims: Vec<_> = checked.notes.iter().map(ToString::to_string).collect();
    assert!(
        claims[0].starts_with("it rests on more here: "),
        "{claims:?}"
    );
}

#[test]
fn a_citation_that_was_cut_or_changed_says_where() {
    let log = told().log();
    let text = cite(&log, all(&log)).to_string();
    let read = |text: &str| text.parse::<Citation>().unwrap_err();
    let cut = text.split("; sha256").next().unwrap();
    assert_eq!(read(cut), CitationError::Missing("sha256"));
    assert!(matches!(read("killed: 14"), CitationError::Form(_)));
    assert!(matches!(
        read("cite=situ/1; killed"),
        CitationError::Piece(_)
    ));
    let twice = CitationError::Twice("shown".to_owned());
    assert_eq!(read(&format!("{text}; shown=15")), twice);
    let says = |from: &str, to: &str| read(&text.replace(from, to)).to_string();
    assert_eq!(
        says("valid=2026-05-09T12:00:00Z", "valid=yesterday"),
        "cannot read `valid` of the citation: `yesterday` is no instant"
    );
    assert_eq!(
        says("shown=14", "shown=many"),
        "cannot read `shown` of the citation: `many` is no number, nor `none`"
    );
}
