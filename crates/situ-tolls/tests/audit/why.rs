//! Why a figure is what it is.

use situ_core::{
    ClaimRef, Coverage, Harm, Outcome, PartitionDeclared, RetractionReason, Role, Who,
};
use situ_tolls::{Derivation, FigureName, Policy, Reading, Verdict, WhichEnd, Why};

use crate::desk::{Desk, at, civilians, killed, learnt, situation, source};

fn why(desk: &Desk, figure: &FigureName, policy: &Policy) -> Why {
    let tolls = desk.tolls();
    let as_of = at(28, desk.all());
    tolls
        .why(&situation(), as_of, figure, policy, Reading::Point)
        .unwrap()
}

/// A derivation in short, step by step.
fn steps(derivation: &Derivation) -> Vec<String> {
    let steps = derivation.steps.iter().map(|step| {
        let sign = match step.end {
            WhichEnd::Least => "≥",
            WhichEnd::Most => "≤",
        };
        let by = step.constraint.unwrap_or("claim");
        let as_of = step.as_of.as_ref().unwrap().edtf();
        let who = step.figure.who.role;
        format!(
            "{who} {as_of} {sign} {} by {by} {:?} − {:?}",
            step.expression, step.plus, step.minus
        )
    });
    steps.collect()
}

#[test]
fn an_end_is_derived_step_by_step_from_claims_and_named_constraints() {
    let mut desk = Desk::default();
    let report = vec![
        killed(Role::All, 255),
        killed(Role::SecurityForces, 22),
        killed(Role::NonStateArmed, 197),
    ];
    desk.report_via(("official", &[]), 4, 4, report);
    let parts = [Role::Civilian, Role::SecurityForces, Role::NonStateArmed];
    let partition = desk.record(
        5,
        |event| event,
        PartitionDeclared {
            outcome: Outcome::Killed,
            scope: Harm::All,
            places: Vec::new(),
            whole: Who::any(Role::All),
            parts: parts.map(Who::any).to_vec(),
            coverage: Coverage::Exhaustive,
        },
    );
    let why = why(&desk, &civilians(), &Policy::Latest);
    assert_eq!(why.toll.shown, Some(36));
    let [least, most] = &why.derivations[..] else {
        panic!("{:?}", why.derivations);
    };
    assert_eq!((least.end, least.value), (WhichEnd::Least, 36));
    assert_eq!((most.end, most.value), (WhichEnd::Most, 36));
    assert_eq!(
        (least.reading, most.reading),
        (Reading::Point, Reading::Point)
    );
    assert_eq!(
        steps(least),
        [
            "all 2026-05-04 ≥ 255 by claim [] − []",
            "security_forces 2026-05-04 ≤ 22 by claim [] − []",
            "non_state_armed 2026-05-04 ≤ 197 by claim [] − []",
            "civilian 2026-05-04 ≥ 255 − 22 − 197 by partition [1] − [2, 3]",
        ]
    );
    let last = least.steps.last().unwrap();
    assert_eq!(last.declared_by, Some(ClaimRef::Event(partition)));
    assert!(
        last.means
            .unwrap()
            .starts_with("a whole is at least the sum")
    );
    assert_eq!(
        least.steps[0].claim.as_ref().unwrap().source,
        source("official")
    );
    assert_eq!(
        last.figure.to_string(),
        "killed/civilian/since:2026-05-01[UTC]"
    );
    let used: Vec<bool> = why.used.iter().map(|used| used.claim.is_some()).collect();
    assert_eq!(used, [true, true, true, false]);
}

/// Two sides, one with two sources, a superseded claim, a retracted one, and one on another basis.
fn told() -> Desk {
    let mut desk = Desk::default();
    for id in ["army", "ministry"] {
        let described = situ_core::SourceDescribed {
            id: source(id),
            name: situ_core::Name::new(id).unwrap(),
            kind: situ_core::SourceKind::Official,
            party: Some(situ_core::Name::new("state").unwrap()),
        };
        desk.record(1, |event| event, described);
    }
    desk.civilians("army", 2, 2, 10);
    desk.civilians("army", 3, 3, 12);
    desk.civilians("ministry", 4, 4, 14);
    desk.civilians("rebels", 5, 5, 40);
    let wrong = desk.civilians("rebels", 6, 6, 400);
    desk.retract(
        7,
        ClaimRef::Claim(wrong),
        RetractionReason::Transcription,
        None,
    );
    let bodies = situ_core::Figure {
        basis: situ_core::Basis::BodyRecovered,
        ..killed(Role::Civilian, 7)
    };
    desk.report_via(("hospital", &[]), 5, 5, vec![bodies]);
    desk
}

fn considered(why: &Why) -> Vec<String> {
    let considered = why.considered.iter().map(|considered| {
        let claim = &considered.claim;
        format!(
            "{} {}: {:?}, {}",
            claim.source, claim.said, considered.verdict, considered.because
        )
    });
    considered.collect()
}

#[test]
fn every_claim_of_a_figure_is_named_with_what_became_of_it() {
    let desk = told();
    let latest = why(&desk, &civilians(), &Policy::Latest);
    assert_eq!(
        considered(&latest),
        [
            "rebels 40: Picked, the newest as-of; where several have it, the one learnt last",
            "ministry 14: PassedOver, its as-of is older than 2026-05-05",
            "army 12: SpokenFor, 14 as of 2026-05-04 is newer and speaks for state",
        ]
    );
    let not_used = latest.not_used.iter();
    let not_used: Vec<_> = not_used
        .map(|not| (not.claim.said.as_str(), not.because))
        .collect();
    assert_eq!(
        not_used,
        [
            ("10", "superseded by a newer as-of of the same line"),
            ("400", "retracted"),
        ]
    );
    let beside: Vec<_> = latest
        .beside
        .iter()
        .map(|beside| beside.figure.to_string())
        .collect();
    assert_eq!(
        beside,
        ["killed/civilian/body_recovered/since:2026-05-01[UTC]"]
    );
}

#[test]
fn each_rule_says_what_it_made_of_each_claim() {
    let desk = told();
    let check = |policy: Policy, expected: [(&str, Verdict); 3]| {
        let why = why(&desk, &civilians(), &policy);
        let verdicts = why.considered.iter();
        let verdicts: Vec<_> = verdicts
            .map(|considered| (considered.claim.source.as_str(), considered.verdict))
            .collect();
        assert_eq!(verdicts, expected, "{}", why.rule.words);
        assert_eq!(why.rule.policy, policy.used());
    };
    let army = ("army", Verdict::SpokenFor);
    let (ministry, rebels) = (
        ("ministry", Verdict::Picked),
        ("rebels", Verdict::PassedOver),
    );
    check(Policy::Lowest, [ministry, rebels, army]);
    check(
        Policy::Trusted(vec![source("ministry")]),
        [ministry, rebels, army],
    );
    let rebels = ("rebels", Verdict::Picked);
    check(
        Policy::Highest,
        [rebels, ("ministry", Verdict::PassedOver), army],
    );
    let counted = [
        ("ministry", Verdict::Counted),
        ("rebels", Verdict::Counted),
        army,
    ];
    check(Policy::Envelope, counted);
    let passed = [
        ("ministry", Verdict::PassedOver),
        ("rebels", Verdict::PassedOver),
        army,
    ];
    check(Policy::Consensus, passed);
}

#[test]
fn nothing_is_told_of_a_figure_nobody_knew_then() {
    let desk = told();
    let tolls = desk.tolls();
    let why = |known| {
        let as_of = at(28, known);
        tolls.why(
            &situation(),
            as_of,
            &civilians(),
            &Policy::Latest,
            Reading::Floor,
        )
    };
    assert!(why(learnt(1)).is_none());
    assert_eq!(why(learnt(2)).unwrap().toll.shown, Some(10));
}
