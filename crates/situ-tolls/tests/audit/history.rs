//! How a figure changed, and by which events.

use situ_core::{
    ClaimRef, Coverage, Known, Outcome, PartitionDeclared, RetractionReason, Role, SourceDescribed,
    SourceKind, Who,
};
use situ_tolls::{Change, FigureName, Policy, Reading};

use crate::desk::{Desk, at, civilians, killed, learnt, situation, source};

fn history(desk: &Desk, figure: &FigureName, known: Known) -> Vec<Change> {
    let tolls = desk.tolls();
    tolls.history(
        &situation(),
        at(28, known),
        figure,
        &Policy::Latest,
        Reading::Floor,
    )
}

/// A change in short: what it is, from what to what, and the conflicts that came and went.
fn short(change: &Change) -> String {
    let shown = |brief: &Option<situ_tolls::Brief>| {
        let shown = brief.as_ref().and_then(|brief| brief.shown);
        shown.map_or("-".to_owned(), |shown| shown.to_string())
    };
    let conflicts = match (change.arose.len(), change.settled.len()) {
        (0, 0) => String::new(),
        (arose, settled) => format!(" +{arose}-{settled}"),
    };
    let (from, to) = (shown(&change.from), shown(&change.to));
    format!("{} {from}→{to}{conflicts}", change.class.words())
}

fn shorts(desk: &Desk, figure: &FigureName, known: Known) -> Vec<String> {
    history(desk, figure, known).iter().map(short).collect()
}

fn check<const N: usize>(desk: &Desk, expected: [&str; N]) {
    assert_eq!(shorts(desk, &civilians(), desk.all()), expected);
}

#[test]
fn reports_late_ones_and_revisions_are_told_apart() {
    let mut desk = Desk::default();
    desk.civilians("ministry", 2, 2, 10);
    desk.civilians("ministry", 4, 4, 14);
    desk.civilians("ministry", 3, 5, 12);
    desk.civilians("ministry", 4, 6, 15);
    desk.civilians("ministry", 4, 7, 15);
    desk.civilians("hospital", 7, 7, 9);
    desk.civilians("ministry", 8, 8, 13);
    check(
        &desk,
        [
            "new source -→10",
            "new report 10→14",
            "late arrival 14→14",
            "revision 14→15",
            "repetition 15→15",
            "new source 15→9",
            "new report 9→13",
        ],
    );
}

#[test]
fn what_is_taken_back_is_a_retraction_and_what_stands_instead_a_correction() {
    let mut desk = Desk::default();
    let first = desk.civilians("ministry", 2, 2, 10);
    let second = desk.civilians("ministry", 3, 3, 36);
    let right = desk.civilians("ministry", 3, 4, 38);
    let wrong = RetractionReason::Transcription;
    desk.retract(4, ClaimRef::Claim(second), wrong, Some(right));
    let taken_back = desk.retract(5, ClaimRef::Event(right.event), wrong, None);
    desk.retract(6, ClaimRef::Event(taken_back), wrong, None);
    desk.retract(
        7,
        ClaimRef::Event(right.event),
        RetractionReason::DoubleCount,
        Some(first),
    );
    let expected = [
        "new source -→10",
        "new report 10→36",
        "correction 36→38",
        "retraction 38→10",
        "restoration 10→38",
        "correction 38→10",
    ];
    check(&desk, expected);
    assert_eq!(shorts(&desk, &civilians(), learnt(28)), expected);
    let changes = history(&desk, &civilians(), desk.all());
    // The correction is two events of the log, and one step.
    let positions = changes[2].causes.iter().map(|cause| cause.position.get());
    assert_eq!(positions.collect::<Vec<_>>(), [3, 4]);
    assert_eq!(changes[3].causes[0].claims[0].claim.claim, right);
}

/// The dead are civilians and security forces, and nobody else.
fn declare_parts(desk: &mut Desk, day: u32) {
    let parts = [Role::Civilian, Role::SecurityForces];
    let partition = PartitionDeclared {
        outcome: Outcome::Killed,
        scope: situ_core::Harm::All,
        places: Vec::new(),
        whole: Who::any(Role::All),
        parts: parts.map(Who::any).to_vec(),
        coverage: Coverage::Exhaustive,
    };
    desk.record(day, |event| event, partition);
}

#[test]
fn a_figure_that_follows_from_others_changes_with_them() {
    let mut desk = Desk::default();
    let report = vec![killed(Role::All, 20), killed(Role::SecurityForces, 5)];
    desk.report_via(("ministry", &[]), 2, 2, report);
    declare_parts(&mut desk, 3);
    desk.civilians("ministry", 2, 4, 15);
    check(
        &desk,
        ["related figure -→-", "partition -→15", "new source 15→15"],
    );
    let changes = history(&desk, &civilians(), desk.all());
    let claims = &changes[0].causes[0].claims;
    let figures = claims.iter().map(|claim| claim.figure.to_string());
    assert!(figures.eq([
        "killed/all/since:2026-05-01[UTC]",
        "killed/security_forces/since:2026-05-01[UTC]"
    ]));
}

#[test]
fn a_conflict_that_comes_and_goes_beside_a_figure_is_a_change_of_it() {
    let mut desk = Desk::default();
    let report = vec![killed(Role::Civilian, 15), killed(Role::All, 20)];
    desk.report_via(("ministry", &[]), 2, 2, report);
    declare_parts(&mut desk, 2);
    let forces = vec![killed(Role::SecurityForces, 8)];
    let claim = desk.report_via(("ministry", &["paper"]), 2, 3, forces);
    desk.retract(4, ClaimRef::Claim(claim), RetractionReason::Misquote, None);
    check(
        &desk,
        [
            "new source -→15",
            "conflict arose 15→15 +1-0",
            "conflict settled 15→15 +0-1",
        ],
    );
    let changes = history(&desk, &civilians(), desk.all());
    assert_eq!(changes[1].arose, changes[2].settled);
    assert_eq!(changes[1].causes[0].class.words(), "related figure");
    assert_eq!(changes[1].causes[0].claims[0].claim.claim, claim);
    assert_eq!(changes[2].causes[0].class.words(), "retraction");
}

#[test]
fn a_description_that_makes_two_sources_one_party_settles_a_dispute() {
    let mut desk = Desk::default();
    desk.civilians("army", 2, 2, 10);
    desk.civilians("ministry", 2, 3, 30);
    let party = situ_core::Name::new("state").unwrap();
    for id in ["army", "ministry"] {
        let described = SourceDescribed {
            id: source(id),
            name: situ_core::Name::new(id).unwrap(),
            kind: SourceKind::Official,
            party: Some(party.clone()),
        };
        desk.record(4, |event| event, described);
    }
    let changes = history(&desk, &civilians(), desk.all());
    let last = changes.last().unwrap();
    assert_eq!(last.class.words(), "description");
    assert_eq!(last.causes[0].position.get(), 4);
    let words = |brief: &Option<situ_tolls::Brief>| brief.as_ref().unwrap().words.clone();
    assert_eq!(words(&last.from), "10–30, disputed");
    assert_eq!(words(&last.to), "at least 30");
}

#[test]
fn what_was_learnt_at_once_is_one_step_and_nothing_learnt_later_is_seen() {
    let mut desk = Desk::default();
    desk.civilians("ministry", 4, 4, 14);
    desk.civilians("ministry", 3, 3, 12);
    desk.civilians("hospital", 2, 3, 9);
    check(
        &desk,
        ["new source -→14", "late arrival 14→14", "new source 14→14"],
    );
    let learnt_at_once = ["new source -→12", "new report 12→14"];
    assert_eq!(shorts(&desk, &civilians(), learnt(9)), learnt_at_once);
    assert_eq!(shorts(&desk, &civilians(), learnt(3)), learnt_at_once[..1]);
    assert!(shorts(&desk, &civilians(), learnt(2)).is_empty());
}

#[test]
fn a_claim_of_a_time_to_come_is_no_change_yet() {
    let mut desk = Desk::default();
    desk.civilians("ministry", 2, 2, 10);
    desk.civilians("ministry", 6, 3, 99);
    let tolls = desk.tolls();
    let (policy, reading) = (Policy::Latest, Reading::Floor);
    let changes = |valid| {
        let as_of = at(valid, desk.all());
        tolls
            .history(&situation(), as_of, &civilians(), &policy, reading)
            .len()
    };
    assert_eq!((changes(5), changes(6)), (1, 2));
}
