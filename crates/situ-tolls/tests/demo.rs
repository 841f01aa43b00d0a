//! The figures of 4 February: the demo's story, told and asked.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod restored;

use situ_core::{
    AsOf, Basis, Event, EventId, Harm, Instant, Kind, Known, Outcome, Position, Projection,
    Recorded, Role, Sex, SituationId, Valid, Who, from_line,
};
use situ_tolls::{FlagKind, Question, Reading, Toll, TollPeriod, Tolls};

const DEMO: &str = include_str!("../../situ-cli/demo/balochistan-2026.ndjson");

/// Records events one after another, at the moment each was learnt.
fn record(events: impl IntoIterator<Item = Event>) -> Vec<Recorded> {
    let mut recorded_at = Instant::from_unix_nanos(0);
    (1..)
        .zip(events)
        .map(|(position, event)| {
            let mut body = Vec::new();
            event.encode(&mut body).unwrap();
            recorded_at = recorded_at.max(event.learnt_at.unwrap());
            Recorded {
                position: Position::new(position),
                recorded_at,
                learnt_at: event.learnt_at.unwrap(),
                id: event.id,
                situation: event.situation.clone(),
                kind: event.payload.kind(),
                version: event.payload.version(),
                body: String::from_utf8(body).unwrap().into(),
            }
        })
        .collect()
}

/// Every event of the log, in its order.
#[test]
fn the_view_is_restored_as_it_was_at_every_position() {
    let log = record(demo());
    let known = Known::Position(Position::new(1000));
    let whole = restored::fold(&log, log.len() + 1);
    let situation = SituationId::new("balochistan-2026").unwrap();
    let bytes = whole.save(&situation);
    let expected = ask(&whole, "2026-02-06T12:00:00+05:00", known);
    for half in 0..log.len() {
        let restored = restored::fold(&log, half);
        assert_eq!(restored.save(&situation), bytes, "{half}");
        assert_eq!(
            ask(&restored, "2026-02-06T12:00:00+05:00", known),
            expected,
            "{half}"
        );
    }
}

#[test]
fn bytes_that_are_not_what_was_saved_are_refused_or_read_and_never_panic() {
    let tolls = restored::fold(&record(demo()), 10);
    let situation = SituationId::new("balochistan-2026").unwrap();
    let saved = tolls.save(&situation);
    let restore = |bytes: &[u8]| {
        let parts = [(situation.clone(), bytes)];
        Tolls::restore(tolls.register().clone(), Position::new(1), parts)
    };
    assert!(restore(&saved).is_ok());
    for at in 0..saved.len() {
        let mut bytes = saved.clone();
        bytes[at] ^= 0x55;
        drop(restore(&bytes));
        // An empty part says that nothing is claimed.
        assert!(at == 0 || restore(&saved[..at]).is_err(), "{at}");
    }
}

fn demo() -> Vec<Event> {
    DEMO.lines()
        .map(|line| from_line(line, 1, || unreachable!("every line has an id")).unwrap())
        .collect()
}

fn fold(events: Vec<Event>) -> Tolls {
    let mut tolls = Tolls::default();
    for recorded in record(events) {
        tolls.apply(&recorded).unwrap();
    }
    tolls
}

fn ask(tolls: &Tolls, valid: &str, known: Known) -> Vec<Toll> {
    let as_of = AsOf {
        valid: Valid(valid.parse().unwrap()),
        known,
    };
    tolls
        .at(
            &SituationId::new("balochistan-2026").unwrap(),
            as_of,
            &Question::default(),
        )
        .tolls
}

fn noon(events: Vec<Event>) -> Vec<Toll> {
    ask(
        &fold(events),
        "2026-02-04T12:00:00+05:00",
        Known::Position(Position::new(1000)),
    )
}

fn find(tolls: &[Toll], who: Who, scope: Harm) -> Option<&Toll> {
    let running = |toll: &&Toll| matches!(toll.period, TollPeriod::Cumulative { .. });
    tolls.iter().filter(running).find(|toll| {
        (toll.who, toll.sex, toll.age) == (who.role, who.sex, who.age)
            && toll.scope == scope
            && toll.outcome == Outcome::Killed
            && toll.basis == Basis::Reported
    })
}

fn role(tolls: &[Toll], role: Role, scope: Harm) -> &Toll {
    find(tolls, Who::any(role), scope).unwrap()
}

#[test]
fn a_start_nobody_counts_from_is_told_as_it_was_asked() {
    let tolls = fold(demo());
    let as_of = AsOf {
        valid: Valid("2026-02-04T12:00:00+05:00".parse().unwrap()),
        known: Known::Position(Position::new(1000)),
    };
    let name = "killed/civilian/since:2026-01-30[Asia/Karachi]";
    let question = Question {
        figure: Some(name.parse().unwrap()),
        ..Question::default()
    };
    let situation = SituationId::new("balochistan-2026").unwrap();
    let [toll] = &tolls.at(&situation, as_of, &question).tolls[..] else {
        panic!("whoever died since 31 January died since 30 January");
    };
    let since = "2026-01-30[Asia/Karachi]".parse().unwrap();
    assert_eq!(toll.period, TollPeriod::Cumulative { since: Some(since) });
    assert_eq!(toll.floor.least, 36);
}

/// The event that carries row 5, and the partition of row 12.
fn without(drop: impl Fn(&Event) -> bool) -> Vec<Event> {
    demo().into_iter().filter(|event| !drop(event)).collect()
}

fn is_row_5(event: &Event) -> bool {
    event.id
        == "019c2705-8880-7000-8000-00000000000f"
            .parse::<EventId>()
            .unwrap()
}

fn is_row_12(event: &Event) -> bool {
    event.payload.kind() == Kind::PartitionDeclared
}

#[test]
fn killed_in_all_is_at_least_255_and_its_parts_sum() {
    let tolls = noon(demo());
    let all = role(&tolls, Role::All, Harm::All);
    assert_eq!(
        (all.shown, all.least, all.most, all.words.as_str()),
        (Some(255), 255, None, "at least 255")
    );
    let parts = all.parts.as_ref().unwrap();
    let point: Vec<_> = parts
        .parts
        .iter()
        .map(|part| (part.who, part.point.least, part.point.most))
        .collect();
    assert_eq!(
        point,
        [
            (Role::NonStateArmed, 197, Some(197)),
            (Role::SecurityForces, 22, Some(22)),
            (Role::Civilian, 36, Some(36))
        ]
    );
    assert_eq!(
        (
            parts.remainder.least,
            parts.remainder.most,
            parts.sum_checks
        ),
        (0, Some(0), true)
    );
    let flag = all
        .flags
        .iter()
        .find(|flag| flag.flag == FlagKind::TotalEqualsOwnParts)
        .unwrap();
    assert!(flag.words.contains("197 + 22 + 36"), "{}", flag.words);
    assert!(all.conflicts.is_empty());
}

#[test]
fn militants_killed_are_at_least_197() {
    let tolls = noon(demo());
    for scope in [Harm::Operations, Harm::All] {
        let militants = role(&tolls, Role::NonStateArmed, scope);
        assert_eq!(
            (militants.shown, militants.least, militants.most),
            (Some(197), 197, None),
            "{scope}"
        );
    }
}

#[test]
fn without_row_5_the_militants_are_derived_from_rows_6_and_12() {
    let tolls = noon(without(is_row_5));
    let militants = role(&tolls, Role::NonStateArmed, Harm::All);
    assert_eq!(
        (militants.point.least, militants.point.most),
        (197, Some(197))
    );
    assert_eq!((militants.least, militants.most), (0, None));
    let proof = militants.point.least_by.as_ref().unwrap();
    assert_eq!(proof.expression, "255 − 22 − 36");
    let partition = demo().into_iter().find(is_row_12).unwrap().id;
    let row_6: EventId = "019c2705-8880-7000-8000-000000000010".parse().unwrap();
    let events: Vec<_> = proof
        .witnesses
        .iter()
        .map(|witness| witness.event())
        .collect();
    assert_eq!(events, [row_6, row_6, row_6, partition]);
    assert!(
        militants
            .flags
            .iter()
            .any(|flag| flag.flag == FlagKind::Derived)
    );
}

#[test]
fn without_rows_5_and_12_only_an_upper_end_is_derived() {
    let tolls = noon(without(|event| is_row_5(event) || is_row_12(event)));
    let militants = role(&tolls, Role::NonStateArmed, Harm::All);
    assert_eq!(
        (militants.point.least, militants.point.most),
        (0, Some(197))
    );
    assert_eq!(militants.point.words, "at most 197");
    assert_eq!(militants.shown, None);
}

#[test]
fn civilians_are_36_with_women_and_children_among_them() {
    let tolls = noon(demo());
    let civilians = role(&tolls, Role::Civilian, Harm::All);
    assert_eq!((civilians.shown, civilians.least), (Some(36), 36));
    let women = Who {
        sex: Some(Sex::Female),
        ..Who::any(Role::Civilian)
    };
    let children = Who {
        age: Some(situ_core::AgeBand::Child),
        ..Who::any(Role::Civilian)
    };
    for who in [women, children] {
        let some = find(&tolls, who, Harm::All).unwrap();
        assert_eq!(
            (some.shown, some.least, some.point.most),
            (Some(1), 1, Some(36)),
            "{who:?}"
        );
    }
}

#[test]
fn a_window_changes_no_running_count_and_says_what_it_implies_if() {
    let tolls = noon(demo());
    for toll in &tolls {
        assert!(
            ![Some(285), Some(275), Some(217)].contains(&toll.shown),
            "{toll:?}"
        );
    }
    let implied: Vec<_> = tolls
        .iter()
        .filter_map(|toll| {
            toll.implied
                .as_ref()
                .map(|implied| (toll.who, implied.least, implied.most, implied.condition))
        })
        .collect();
    let condition = "if the window counts people harmed in it";
    assert_eq!(
        implied,
        [
            (Role::All, 225, Some(225), condition),
            (Role::Civilian, 31, Some(31), condition),
            (Role::SecurityForces, 17, Some(17), condition),
            (Role::NonStateArmed, 177, Some(177), condition),
        ]
    );
}

#[test]
fn dozens_stands_on_its_own_scope() {
    let tolls = noon(demo());
    let attacks = role(&tolls, Role::All, Harm::Attacks);
    assert_eq!(
        (attacks.shown, attacks.least, attacks.most),
        (None, 24, None)
    );
    assert_eq!(attacks.words, "dozens (at least 24)");
    assert!(attacks.conflicts.is_empty());
}

#[test]
fn at_seven_no_figure_was_known() {
    let known = Known::Learnt("2026-02-04T07:00:00+05:00".parse().unwrap());
    assert_eq!(ask(&fold(demo()), "2026-02-04T12:00:00+05:00", known), []);
}

#[test]
fn before_the_day_of_the_figures_there_are_none() {
    let known = Known::Position(Position::new(1000));
    assert_eq!(ask(&fold(demo()), "2026-02-03T23:59:59+05:00", known), []);
    assert!(!ask(&fold(demo()), "2026-02-04T00:30:00+05:00", known).is_empty());
}

#[test]
fn under_point_a_bare_number_is_exact() {
    let as_of = AsOf {
        valid: Valid("2026-02-04T12:00:00+05:00".parse().unwrap()),
        known: Known::Position(Position::new(1000)),
    };
    let question = Question {
        superseded: true,
        reading: Reading::Point,
        who: Some(Who::any(Role::All)),
        scope: Some(Harm::All),
        ..Question::default()
    };
    let tolls = fold(demo())
        .at(
            &SituationId::new("balochistan-2026").unwrap(),
            as_of,
            &question,
        )
        .tolls;
    assert_eq!(
        (tolls[0].least, tolls[0].most, tolls[0].words.as_str()),
        (255, Some(255), "255")
    );
}
