//! The cases a casualty desk meets, one story each, with the exact numbers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod restored;

use situ_core::{
    AsOf, AttackMode, AttackOccurred, Basis, CasualtiesReported, ClaimId, ClaimRef, ClaimRetracted,
    Condition, Count, CounterRestarted, Coverage, Event, EventId, EventStore, Figure, Harm,
    Instant, Known, Name, Outcome, OutcomeChanged, PartitionDeclared, Payload, Period, PlaceId,
    Position, Quantity, RetractionReason, Role, SituationId, Source, SourceDescribed, SourceId,
    SourceKind, Text, Valid, When, Who, WindowKind,
};
use situ_memory::MemoryStore;
use situ_tolls::{
    Casualties, Certainty, FlagKind, Policy, Question, Reading, Reason, Series, Toll, TollPeriod,
    Tolls, Why,
};

/// A desk that records one event after another; days are days of February 2026 in UTC.
#[derive(Default)]
struct Desk {
    store: MemoryStore,
    next: u8,
}

fn count(number: u64) -> Count {
    Count::new(number).unwrap()
}

fn exactly(number: u64) -> Quantity {
    Quantity::exactly(count(number))
}

fn day(day: u32) -> When {
    format!("2026-02-{day:02}[UTC]").parse().unwrap()
}

fn noon(day: u32) -> Instant {
    format!("2026-02-{day:02}T12:00:00Z").parse().unwrap()
}

/// A moment of February, as "03T01:00".
fn at(time: &str) -> When {
    format!("2026-02-{time}:00Z").parse().unwrap()
}

fn source(id: &str) -> Source {
    Source {
        url: Some(Text::new(format!("urn:{id}")).unwrap()),
        ..Source::new(SourceId::new(id).unwrap())
    }
}

fn killed(who: Role, quantity: Quantity) -> Figure {
    Figure {
        outcome: Outcome::Killed,
        who,
        sex: None,
        age: None,
        quantity,
        words: None,
        scope: Harm::All,
        places: Vec::new(),
        period: Period::Cumulative {
            since: Some(day(1)),
        },
        basis: Basis::Reported,
    }
}

fn in_place(place: &str, figure: Figure) -> Figure {
    let places = vec![PlaceId::new(place).unwrap()];
    Figure { places, ..figure }
}

fn window(counts: WindowKind, from: u32, figure: Figure) -> Figure {
    Figure {
        period: Period::Window {
            counts,
            from: day(from),
        },
        ..figure
    }
}

impl Desk {
    fn record(
        &mut self,
        learnt: u32,
        envelope: impl FnOnce(Event) -> Event,
        payload: impl Into<Payload>,
    ) -> EventId {
        self.next += 1;
        let id = EventId::from_content(noon(learnt), [self.next; 10]);
        let event = Event::new(id, SituationId::new("s").unwrap(), payload);
        let event = envelope(Event {
            learnt_at: Some(noon(learnt)),
            ..event
        });
        self.store
            .append(&[event], &Condition::None, noon(28))
            .unwrap();
        id
    }

    fn report(&mut self, origin: &str, as_of: u32, figures: Vec<Figure>) -> EventId {
        self.report_learnt(origin, as_of, as_of, figures)
    }

    fn report_learnt(
        &mut self,
        origin: &str,
        as_of: u32,
        learnt: u32,
        figures: Vec<Figure>,
    ) -> EventId {
        let envelope = |event| Event {
            occurred: Some(day(as_of)),
            source: Some(source(origin)),
            ..event
        };
        self.record(
            learnt,
            envelope,
            CasualtiesReported {
                figures,
                words: None,
                epoch: None,
            },
        )
    }

    fn report_at(&mut self, origin: &str, as_of: When, figure: Figure) -> EventId {
        let envelope = |event| Event {
            occurred: Some(as_of),
            source: Some(source(origin)),
            ..event
        };
        let reported = CasualtiesReported {
            figures: vec![figure],
            words: None,
            epoch: None,
        };
        self.record(5, envelope, reported)
    }

    fn retract(&mut self, learnt: u32, target: ClaimRef, replacement: Option<ClaimRef>) -> EventId {
        let retracted = ClaimRetracted {
            target,
            reason: RetractionReason::SourceError,
            replacement,
            words: None,
        };
        self.record(learnt, |event| event, retracted)
    }

    /// Sources of one party are one side: what they say differently is a conflict, and no dispute.
    fn of_one_party(&mut self, sources: &[&str]) {
        for id in sources {
            let described = SourceDescribed {
                id: SourceId::new(*id).unwrap(),
                name: Name::new(*id).unwrap(),
                kind: SourceKind::Official,
                party: Some(Name::new("State").unwrap()),
            };
            self.record(1, |event| event, described);
        }
    }

    fn partition(&mut self, coverage: Coverage) -> EventId {
        let partition = PartitionDeclared {
            outcome: Outcome::Killed,
            scope: Harm::All,
            places: Vec::new(),
            whole: Who::any(Role::All),
            parts: [Role::NonStateArmed, Role::SecurityForces, Role::Civilian]
                .map(Who::any)
                .to_vec(),
            coverage,
        };
        self.record(1, |event| event, partition)
    }

    /// Saved and restored half way, which changes nothing.
    fn tolls(&self) -> Tolls {
        let log = self.store.read_after(Position::START, 1000).unwrap();
        restored::fold(&log, log.len() / 2)
    }

    fn ask(&self, valid: u32, question: &Question) -> Vec<Toll> {
        self.ask_known(valid, Known::Position(self.store.head().unwrap()), question)
    }

    fn ask_known(&self, valid: u32, known: Known, question: &Question) -> Vec<Toll> {
        self.tolls()
            .at(
                &SituationId::new("s").unwrap(),
                AsOf {
                    valid: Valid(noon(valid)),
                    known,
                },
                question,
            )
            .tolls
    }

    fn why(&self, valid: u32, figure: &str) -> Why {
        let as_of = AsOf {
            valid: Valid(noon(valid)),
            known: Known::Position(self.store.head().unwrap()),
        };
        let (policy, reading) = (Policy::default(), Reading::Floor);
        self.tolls()
            .why(
                &SituationId::new("s").unwrap(),
                as_of,
                &figure.parse().unwrap(),
                &policy,
                reading,
            )
            .unwrap()
    }

    /// The running count of people killed.
    fn killed(&self, valid: u32, who: Role) -> Toll {
        self.killed_by(valid, who, Policy::Latest)
    }

    fn killed_by(&self, valid: u32, who: Role, policy: Policy) -> Toll {
        let question = Question {
            superseded: true,
            who: Some(Who::any(who)),
            scope: Some(Harm::All),
            policy,
            ..Question::default()
        };
        self.ask(valid, &question).into_iter().next().unwrap()
    }
}

fn claim(event: EventId, figure: u16) -> ClaimRef {
    ClaimRef::Claim(ClaimId { event, figure })
}

fn ends(toll: &Toll) -> (u64, Option<u64>) {
    (toll.point.least, toll.point.most)
}

#[test]
fn a_window_on_top_of_a_running_count_is_never_added() {
    let mut desk = Desk::default();
    desk.report("a", 4, vec![killed(Role::All, exactly(255))]);
    desk.report(
        "a",
        4,
        vec![window(
            WindowKind::Occurrence,
            3,
            killed(Role::All, exactly(30)),
        )],
    );
    assert_eq!(desk.killed(4, Role::All).shown, Some(255));
    assert_eq!(
        desk.ask(4, &Question::default())[1]
            .implied
            .as_ref()
            .map(|implied| implied.least),
        Some(225)
    );
}

#[test]
fn a_total_below_its_parts_is_a_conflict_of_all_four_with_gap_5() {
    let mut desk = Desk::default();
    let report = desk.report(
        "a",
        4,
        vec![
            killed(Role::All, exactly(250)),
            killed(Role::NonStateArmed, exactly(197)),
            killed(Role::SecurityForces, exactly(22)),
            killed(Role::Civilian, exactly(36)),
        ],
    );
    let all = desk.killed(4, Role::All);
    assert_eq!(all.shown, Some(250));
    assert_eq!(all.least, 255, "as floor the parts count");
    assert!(
        all.flags
            .iter()
            .any(|flag| flag.flag == FlagKind::StaleTotal),
        "{:?}",
        all.flags
    );
    let [conflict] = &all.conflicts[..] else {
        panic!("one conflict: {:?}", all.conflicts)
    };
    assert_eq!((conflict.gap, conflict.certainty), (5, Certainty::Certain));
    assert_eq!(
        conflict.claims,
        [1, 2, 3, 4].map(|figure| claim(report, figure))
    );
    assert_eq!(
        desk.killed(4, Role::Civilian).shown,
        Some(36),
        "parts are never scaled"
    );
}

#[test]
fn a_total_above_its_parts_leaves_a_remainder() {
    let total_and = |militants: Quantity, coverage: Option<Coverage>| {
        let mut desk = Desk::default();
        if let Some(coverage) = coverage {
            desk.partition(coverage);
        }
        let parts = [
            killed(Role::All, exactly(260)),
            killed(Role::NonStateArmed, militants),
            killed(Role::SecurityForces, exactly(22)),
            killed(Role::Civilian, exactly(36)),
        ];
        desk.report("a", 4, parts.to_vec());
        let all = desk.killed(4, Role::All);
        let remainder = all.parts.as_ref().unwrap().remainder;
        (
            remainder.least,
            remainder.most,
            all.conflicts.first().map(|conflict| conflict.gap),
        )
    };
    assert_eq!(total_and(exactly(197), None), (5, Some(5), None));
    assert_eq!(
        total_and(Quantity::at_least(count(197)), None),
        (0, Some(5), None)
    );
    assert_eq!(
        total_and(exactly(197), Some(Coverage::Partial)),
        (5, Some(5), None)
    );
    assert_eq!(
        total_and(exactly(197), Some(Coverage::Exhaustive)),
        (0, Some(0), Some(5))
    );
}

#[test]
fn a_later_as_of_may_be_lower_also_under_highest() {
    let mut desk = Desk::default();
    let first = desk.report("a", 3, vec![killed(Role::All, exactly(359))]);
    desk.report("a", 5, vec![killed(Role::All, exactly(253))]);
    for policy in [Policy::Latest, Policy::Highest] {
        let all = desk.killed_by(5, Role::All, policy);
        assert_eq!(all.shown, Some(253));
        assert_eq!(
            (all.set_aside[0].claim, all.set_aside[0].reason),
            (claim(first, 1), Reason::Superseded)
        );
    }
    assert_eq!(
        desk.killed(4, Role::All).shown,
        Some(359),
        "before it, 359 still stands"
    );
}

#[test]
fn a_late_arrival_with_an_older_as_of_changes_no_current_figure() {
    let mut desk = Desk::default();
    desk.report("a", 5, vec![killed(Role::All, exactly(253))]);
    desk.report_learnt("a", 3, 6, vec![killed(Role::All, exactly(200))]);
    let all = desk.killed(6, Role::All);
    assert_eq!(
        (all.shown, all.set_aside[0].said.to_string().as_str()),
        (Some(253), "200")
    );
}

#[test]
fn two_sources_stand_side_by_side_until_they_exclude_each_other() {
    let mut desk = Desk::default();
    let a = desk.report("a", 5, vec![killed(Role::All, exactly(216))]);
    let b = desk.report("b", 6, vec![killed(Role::All, exactly(93))]);
    let by = |policy| desk.killed_by(6, Role::All, policy);
    let trusted = Policy::Trusted(vec![SourceId::new("a").unwrap()]);
    let shown: Vec<_> = [
        Policy::Latest,
        trusted,
        Policy::Highest,
        Policy::Lowest,
        Policy::Envelope,
        Policy::Consensus,
    ]
    .map(|policy| by(policy).shown)
    .to_vec();
    assert_eq!(
        shown,
        [Some(93), Some(216), Some(216), Some(93), None, None]
    );
    let all = by(Policy::Latest);
    assert_eq!(all.words, "93–216, disputed");
    let disputed = all
        .flags
        .iter()
        .find(|flag| flag.flag == FlagKind::Disputed)
        .unwrap();
    assert_eq!(disputed.claims, [claim(a, 1), claim(b, 1)]);
}

#[test]
fn a_window_partly_over_a_running_count_bounds_it_from_both_sides() {
    let mut desk = Desk::default();
    desk.report("a", 4, vec![killed(Role::All, exactly(184))]);
    desk.report(
        "a",
        5,
        vec![window(
            WindowKind::Occurrence,
            3,
            killed(Role::All, exactly(20)),
        )],
    );
    desk.report(
        "b",
        5,
        vec![killed(Role::All, Quantity::at_least(count(1)))],
    );
    assert_eq!(ends(&desk.killed(5, Role::All)), (184, Some(204)));
}

#[test]
fn a_retracted_figure_falls_back_to_the_line_and_does_not_come_back_by_subtraction() {
    let mut desk = Desk::default();
    desk.partition(Coverage::Exhaustive);
    let figures = |civilians| {
        vec![
            killed(Role::All, exactly(255)),
            killed(Role::NonStateArmed, exactly(197)),
            killed(Role::SecurityForces, exactly(22)),
            killed(Role::Civilian, exactly(civilians)),
        ]
    };
    let report = desk.report("a", 4, figures(36));
    let retraction = desk.retract(5, claim(report, 4), None);
    let civilians = desk.killed(5, Role::Civilian);
    assert_eq!((civilians.shown, ends(&civilians)), (None, (0, None)));
    assert_eq!(
        (civilians.set_aside[0].claim, civilians.set_aside[0].reason),
        (claim(report, 4), Reason::Retracted)
    );
    assert_eq!(civilians.set_aside[0].by, Some(ClaimRef::Event(retraction)));

    desk.retract(6, ClaimRef::Event(retraction), None);
    assert_eq!(
        desk.killed(6, Role::Civilian).shown,
        Some(36),
        "a retraction retracted restores the claim"
    );

    let mut desk = Desk::default();
    desk.report("a", 3, vec![killed(Role::Civilian, exactly(31))]);
    let report = desk.report("a", 4, vec![killed(Role::Civilian, exactly(36))]);
    desk.retract(5, claim(report, 1), None);
    let civilians = desk.killed(5, Role::Civilian);
    assert_eq!(civilians.shown, Some(31));
    assert!(
        civilians
            .flags
            .iter()
            .any(|flag| flag.flag == FlagKind::Stale)
    );
}

#[test]
fn a_corrected_figure_is_not_stale() {
    let mut desk = Desk::default();
    let wrong = desk.report("a", 4, vec![killed(Role::Civilian, exactly(63))]);
    let right = desk.report_learnt("a", 4, 5, vec![killed(Role::Civilian, exactly(36))]);
    desk.retract(5, claim(wrong, 1), Some(claim(right, 1)));
    let civilians = desk.killed(5, Role::Civilian);
    assert_eq!(civilians.shown, Some(36));
    assert!(civilians.flags.is_empty(), "{:?}", civilians.flags);
}

#[test]
fn another_basis_is_another_cell_shown_when_asked_for() {
    let mut desk = Desk::default();
    let identified = Figure {
        basis: Basis::Identified,
        ..killed(Role::All, exactly(24_686))
    };
    desk.report("a", 4, vec![killed(Role::All, exactly(34_622)), identified]);
    let shown: Vec<_> = desk
        .ask(4, &Question::default())
        .iter()
        .map(|toll| toll.shown)
        .collect();
    assert_eq!(shown, [Some(34_622)]);
    let question = Question {
        superseded: true,
        basis: Some(Basis::Identified),
        ..Question::default()
    };
    let identified = &desk.ask(4, &question)[0];
    assert_eq!(
        (identified.shown, identified.set_aside.len()),
        (Some(24_686), 0)
    );
}

#[test]
fn a_counter_that_restarts_supersedes_nothing_of_its_old_epoch() {
    let mut desk = Desk::default();
    let old = desk.report("a", 3, vec![killed(Role::All, exactly(4047))]);
    let envelope = |event| Event {
        occurred: Some(day(4)),
        source: Some(source("a")),
        ..event
    };
    let restarted = CounterRestarted {
        epoch: Name::new("second").unwrap(),
        outcome: None,
        words: None,
    };
    desk.record(4, envelope, restarted);
    desk.report("a", 5, vec![killed(Role::All, exactly(123))]);
    let all = desk.killed(5, Role::All);
    assert_eq!(all.shown, Some(123));
    assert!(
        all.conflicts.is_empty() && all.set_aside.is_empty(),
        "{all:?}"
    );
    assert!(
        all.claims.iter().any(|shown| shown.claim.event == old),
        "the old epoch stays readable"
    );
}

#[test]
fn the_same_as_of_again_is_a_revision_and_fewer_relays_win() {
    let mut desk = Desk::default();
    let direct = desk.report("a", 4, vec![killed(Role::Civilian, exactly(18))]);
    let relayed = |event| {
        let via = vec![SourceId::new("outlet").unwrap()];
        Event {
            occurred: Some(day(4)),
            source: Some(Source { via, ..source("a") }),
            ..event
        }
    };
    let misquote = CasualtiesReported {
        figures: vec![killed(Role::Civilian, exactly(15))],
        words: None,
        epoch: None,
    };
    desk.record(5, relayed, misquote);
    let civilians = desk.killed(5, Role::Civilian);
    assert_eq!(
        (civilians.shown, civilians.claims[0].claim.event),
        (Some(18), direct)
    );
    assert_eq!(civilians.set_aside[0].reason, Reason::Revised);
}

#[test]
fn one_report_that_says_two_numbers_is_a_conflict_within_the_line() {
    let mut desk = Desk::default();
    let report = desk.report(
        "a",
        3,
        vec![
            killed(Role::Civilian, exactly(31)),
            killed(Role::Civilian, exactly(17)),
        ],
    );
    let civilians = desk.killed(3, Role::Civilian);
    assert_eq!(civilians.claims.len(), 2);
    assert_eq!(
        civilians.conflicts[0].claims,
        [claim(report, 1), claim(report, 2)]
    );
    assert_eq!(civilians.conflicts[0].gap, 14);
}

#[test]
fn a_window_before_a_later_start_shows_that_an_earlier_start_counts_too_few() {
    let mut desk = Desk::default();
    let before = desk.report(
        "a",
        2,
        vec![window(
            WindowKind::Occurrence,
            1,
            killed(Role::All, exactly(41)),
        )],
    );
    let since = |from, quantity| Figure {
        period: Period::Cumulative {
            since: Some(day(from)),
        },
        ..killed(Role::All, quantity)
    };
    let later = desk.report("b", 6, vec![since(3, Quantity::at_least(count(197)))]);
    let whole = desk.report("a", 8, vec![since(1, exactly(216))]);
    let all = desk.killed(8, Role::All);
    let conflict = &all.conflicts[0];
    assert_eq!((conflict.gap, conflict.certainty), (22, Certainty::Certain));
    let mut claims = [claim(before, 1), claim(later, 1), claim(whole, 1)];
    claims.sort();

    assert_eq!(conflict.claims, claims);
}

#[test]
fn sources_of_one_moment_that_may_differ_clash_only_possibly() {
    let mut desk = Desk::default();
    desk.of_one_party(&["a", "b"]);
    desk.report("a", 4, vec![killed(Role::All, exactly(10))]);
    desk.report("b", 4, vec![killed(Role::All, exactly(12))]);
    let all = desk.killed(4, Role::All);
    assert_eq!(
        (all.conflicts[0].gap, all.conflicts[0].certainty),
        (2, Certainty::Possible)
    );
}

#[test]
fn a_group_nobody_speaks_of_is_not_said_to_be_nobody() {
    let mut desk = Desk::default();
    let parts = [
        killed(Role::All, exactly(48)),
        killed(Role::Civilian, exactly(31)),
        killed(Role::SecurityForces, exactly(17)),
    ];
    desk.report("a", 4, parts.to_vec());
    let groups: Vec<_> = desk
        .ask(4, &Question::default())
        .iter()
        .map(|toll| toll.who)
        .collect();
    assert_eq!(groups, [Role::All, Role::Civilian, Role::SecurityForces]);
}

#[test]
fn a_retracted_figure_of_a_report_without_address_does_not_come_back_from_its_total() {
    let mut desk = Desk::default();
    desk.partition(Coverage::Exhaustive);
    let envelope = |event| Event {
        occurred: Some(day(4)),
        source: Some(Source::new(SourceId::new("a").unwrap())),
        ..event
    };
    let figures = vec![
        killed(Role::All, exactly(255)),
        killed(Role::NonStateArmed, exactly(197)),
        killed(Role::SecurityForces, exactly(22)),
        killed(Role::Civilian, exactly(36)),
    ];
    let reported = CasualtiesReported {
        figures,
        words: None,
        epoch: None,
    };
    let report = desk.record(4, envelope, reported);
    desk.retract(5, claim(report, 4), None);
    let civilians = desk.killed(5, Role::Civilian);
    assert_eq!((civilians.shown, ends(&civilians)), (None, (0, None)));
}

#[test]
fn independent_sources_that_exclude_each_other_are_in_dispute_and_it_is_no_conflict_besides() {
    let mut desk = Desk::default();
    let a = desk.report("a", 4, vec![killed(Role::All, exactly(10))]);
    let b = desk.report("b", 4, vec![killed(Role::All, exactly(12))]);
    let all = desk.killed(4, Role::All);
    let disputed = &all.flags[0];
    assert_eq!(disputed.flag, FlagKind::Disputed);
    assert_eq!(disputed.claims, [claim(a, 1), claim(b, 1)]);
    assert!(all.conflicts.is_empty(), "{:?}", all.conflicts);
}

#[test]
fn what_one_side_says_clashes_though_another_disputes_it() {
    let mut desk = Desk::default();
    let whole = desk.report("a", 4, vec![killed(Role::All, exactly(10))]);
    let part = desk.report("a", 4, vec![killed(Role::Civilian, exactly(12))]);
    desk.report("b", 4, vec![killed(Role::All, exactly(50))]);
    let all = desk.killed(4, Role::All);
    let [conflict] = &all.conflicts[..] else {
        panic!("one conflict: {:?}", all.conflicts)
    };
    assert_eq!(conflict.claims, [claim(whole, 1), claim(part, 1)]);
    let cells = conflict.cells.iter().map(ToString::to_string);
    let cells: Vec<String> = cells.collect();
    let since = "since:2026-02-01[UTC]";
    assert_eq!(
        cells,
        [
            format!("killed/all/{since}"),
            format!("killed/civilian/{since}")
        ]
    );
}

#[test]
fn consistent_gives_up_the_claim_of_the_source_that_is_trusted_least() {
    let mut desk = Desk::default();
    let whole = desk.report("a", 4, vec![killed(Role::All, exactly(10))]);
    let part = desk.report("b", 4, vec![killed(Role::Civilian, exactly(12))]);
    let consistent = |order: &[&str]| {
        let order = order.iter().map(|id| SourceId::new(*id).unwrap()).collect();
        let all = desk.killed_by(4, Role::All, Policy::Consistent(order));
        (all.shown, all.point.least, all.given_up)
    };
    assert_eq!(
        consistent(&["a", "b"]),
        (Some(10), 10, vec![claim(part, 1)])
    );
    assert_eq!(consistent(&["b"]), (None, 12, vec![claim(whole, 1)]));
}

#[test]
fn of_three_sources_that_clash_the_two_farthest_apart_are_named() {
    let mut desk = Desk::default();
    desk.of_one_party(&["a", "b", "c"]);
    let low = desk.report("a", 4, vec![killed(Role::All, exactly(10))]);
    desk.report("b", 4, vec![killed(Role::All, exactly(20))]);
    let high = desk.report("c", 4, vec![killed(Role::All, exactly(90))]);
    let conflict = &desk.killed(4, Role::All).conflicts[0];
    assert_eq!(
        (conflict.gap, &conflict.claims[..]),
        (80, &[claim(low, 1), claim(high, 1)][..])
    );
}

#[test]
fn a_window_of_unstated_kind_bounds_no_window_within_it() {
    let mut desk = Desk::default();
    let unstated = window(WindowKind::Unstated, 1, killed(Role::All, exactly(5)));
    desk.report("a", 5, vec![unstated]);
    let at_least_3 = killed(Role::All, Quantity::at_least(count(3)));
    desk.report("b", 4, vec![window(WindowKind::Occurrence, 2, at_least_3)]);
    let tolls = desk.ask(6, &Question::default());
    let occurrence = tolls.iter().find(|toll| toll.shown == Some(3)).unwrap();
    assert_eq!(ends(occurrence), (3, None));
}

#[test]
fn what_may_begin_later_on_the_same_day_bounds_nothing_from_above() {
    let mut desk = Desk::default();
    let from_day_3 = window(WindowKind::Occurrence, 3, killed(Role::All, exactly(3)));
    let from_1_am = Figure {
        period: Period::Window {
            counts: WindowKind::Occurrence,
            from: at("03T01:00"),
        },
        ..killed(Role::All, exactly(9))
    };
    desk.report_at("a", at("03T01:00"), killed(Role::All, exactly(100)));
    desk.report_at("a", at("05T11:00"), from_day_3);
    desk.report_at("b", at("05T10:00"), from_1_am);
    let at_least_150 = killed(Role::All, Quantity::at_least(count(150)));
    desk.report_at("b", at("05T11:00"), at_least_150);
    for toll in desk.ask(5, &Question::default()) {
        assert!(toll.conflicts.is_empty(), "{:?}", toll.conflicts);
    }
}

#[test]
fn parts_of_one_day_clash_for_certain_with_a_later_total_below_them() {
    for (one, other) in [("a", "b"), ("b", "a")] {
        let mut desk = Desk::default();
        desk.report_at(one, at("03T01:00"), killed(Role::Civilian, exactly(6)));
        desk.report(other, 3, vec![killed(Role::SecurityForces, exactly(6))]);
        desk.report("c", 5, vec![killed(Role::All, exactly(10))]);
        let conflict = &desk.killed(5, Role::All).conflicts[0];
        assert_eq!((conflict.gap, conflict.certainty), (2, Certainty::Certain));
    }
}

#[test]
fn the_same_number_elsewhere_is_no_relay_and_no_part() {
    let mut desk = Desk::default();
    let quetta = vec![
        in_place("quetta", killed(Role::All, exactly(58))),
        in_place("gwadar", killed(Role::Civilian, exactly(36))),
        in_place("gwadar", killed(Role::SecurityForces, exactly(22))),
    ];
    desk.report("a", 4, quetta);
    let nushki = in_place("nushki", killed(Role::All, exactly(58)));
    desk.report("b", 5, vec![nushki]);
    for toll in desk.ask(6, &Question::default()) {
        assert!(toll.flags.is_empty(), "{:?}", toll.flags);
    }
}

#[test]
fn a_figure_whose_replacement_is_retracted_too_leaves_the_line_stale() {
    let mut desk = Desk::default();
    desk.report("a", 3, vec![killed(Role::All, exactly(20))]);
    let wrong = desk.report("a", 4, vec![killed(Role::All, exactly(63))]);
    let wrong_too = desk.report_learnt("a", 4, 5, vec![killed(Role::All, exactly(36))]);
    desk.retract(5, claim(wrong, 1), Some(claim(wrong_too, 1)));
    desk.retract(6, claim(wrong_too, 1), Some(claim(wrong, 1)));
    let all = desk.killed(6, Role::All);
    assert_eq!(
        (all.shown, all.flags[0].flag),
        (Some(20), FlagKind::Stale),
        "{all:?}"
    );
}

#[test]
fn a_claim_set_aside_does_not_say_since_when_a_figure_counts() {
    let mut desk = Desk::default();
    let since = |start: &str, figure: Figure| Figure {
        period: Period::Cumulative {
            since: Some(start.parse().unwrap()),
        },
        ..figure
    };
    let misdated = since("2020-01-01[UTC]", killed(Role::All, exactly(50)));
    let misdated = desk.report("a", 4, vec![misdated]);
    desk.report("a", 4, vec![killed(Role::All, exactly(5))]);
    desk.retract(5, claim(misdated, 1), None);
    assert_eq!(
        desk.killed(6, Role::All).period,
        TollPeriod::Cumulative {
            since: Some(day(1))
        }
    );
}

fn missing(quantity: Quantity) -> Figure {
    Figure {
        outcome: Outcome::Missing,
        ..killed(Role::All, quantity)
    }
}

#[test]
fn people_missing_yesterday_may_be_found_today() {
    let mut desk = Desk::default();
    desk.report("a", 3, vec![missing(exactly(50))]);
    desk.report("b", 6, vec![missing(exactly(10))]);
    let missing = &desk.ask(6, &Question::default())[0];
    assert_eq!((missing.shown, missing.least), (Some(10), 10));
    assert!(missing.conflicts.is_empty(), "{:?}", missing.conflicts);
}

#[test]
fn the_floor_holds_an_overlapping_as_of_too_and_the_clash_is_only_possible() {
    let mut desk = Desk::default();
    desk.of_one_party(&["a", "b"]);
    let envelope = |event| Event {
        occurred: Some("2026-02-04T18:00:00Z".parse().unwrap()),
        source: Some(source("a")),
        ..event
    };
    let figures = vec![killed(Role::All, Quantity::at_least(count(40)))];
    let a = desk.record(
        4,
        envelope,
        CasualtiesReported {
            figures,
            words: None,
            epoch: None,
        },
    );
    let b = desk.report("b", 4, vec![killed(Role::All, exactly(30))]);
    let all = desk.killed(5, Role::All);
    assert_eq!((all.shown, all.least), (Some(30), 40));
    let [conflict] = &all.conflicts[..] else {
        panic!("one conflict: {:?}", all.conflicts)
    };
    assert_eq!(
        (conflict.gap, conflict.certainty),
        (10, Certainty::Possible)
    );
    assert_eq!(conflict.claims, [claim(a, 1), claim(b, 1)]);
}

#[test]
fn a_counter_that_restarts_leaves_the_counts_of_others_as_they_were() {
    let mut desk = Desk::default();
    desk.report("a", 3, vec![killed(Role::All, exactly(4047))]);
    desk.report("b", 4, vec![killed(Role::All, exactly(5000))]);
    let envelope = |event| Event {
        occurred: Some(day(4)),
        source: Some(source("a")),
        ..event
    };
    let restarted = CounterRestarted {
        epoch: Name::new("second").unwrap(),
        outcome: None,
        words: None,
    };
    desk.record(4, envelope, restarted);
    desk.report("a", 5, vec![killed(Role::All, exactly(123))]);
    let all = desk.killed(5, Role::All);
    assert_eq!((all.shown, all.least), (Some(123), 5000));
    assert!(all.conflicts.is_empty(), "{:?}", all.conflicts);
}

#[test]
fn another_sources_total_may_bound_what_a_retracted_figure_counted() {
    for other in ["a-other", "z-other"] {
        let mut desk = Desk::default();
        desk.partition(Coverage::Exhaustive);
        let figures = vec![
            killed(Role::All, exactly(255)),
            killed(Role::NonStateArmed, exactly(197)),
            killed(Role::SecurityForces, exactly(22)),
            killed(Role::Civilian, exactly(36)),
        ];
        let report = desk.report("m", 4, figures);
        desk.report(other, 4, vec![killed(Role::All, exactly(255))]);
        desk.retract(5, claim(report, 4), None);
        assert_eq!(
            ends(&desk.killed(5, Role::Civilian)),
            (36, Some(36)),
            "{other}"
        );
    }
}

#[test]
fn a_relay_falls_with_its_origin() {
    let mut desk = Desk::default();
    let origin = desk.report("a", 4, vec![killed(Role::All, exactly(359))]);
    let relayed = |event| {
        let via = vec![SourceId::new("outlet").unwrap()];
        Event {
            occurred: Some(day(4)),
            source: Some(Source { via, ..source("a") }),
            ..event
        }
    };
    let figures = vec![killed(Role::All, exactly(359))];
    let relay = desk.record(
        5,
        relayed,
        CasualtiesReported {
            figures,
            words: None,
            epoch: None,
        },
    );
    let retraction = desk.retract(6, claim(origin, 1), None);
    let all = desk.killed(6, Role::All);
    assert_eq!((all.shown, all.least), (None, 0));
    let aside: Vec<_> = all
        .set_aside
        .iter()
        .map(|aside| (aside.claim, aside.by))
        .collect();
    assert!(
        aside.contains(&(claim(relay, 1), Some(ClaimRef::Event(retraction)))),
        "{aside:?}"
    );
}

fn injured(number: u64) -> Figure {
    Figure {
        outcome: Outcome::Injured,
        ..killed(Role::All, exactly(number))
    }
}

impl Desk {
    /// So many people moved from injured to killed.
    fn died(&mut self, origin: &str, on: u32, number: u64) -> EventId {
        let envelope = |event| Event {
            occurred: Some(day(on)),
            source: Some(source(origin)),
            ..event
        };
        let change = OutcomeChanged {
            people: Who::any(Role::All),
            from: Outcome::Injured,
            to: Outcome::Killed,
            count: count(number),
            scope: Harm::All,
            places: Vec::new(),
        };
        self.record(on, envelope, change)
    }

    fn restart(&mut self, origin: &str, on: u32) -> EventId {
        let envelope = |event| Event {
            occurred: Some(day(on)),
            source: Some(source(origin)),
            ..event
        };
        let restarted = CounterRestarted {
            epoch: Name::new(format!("from {on}")).unwrap(),
            outcome: None,
            words: None,
        };
        self.record(on, envelope, restarted)
    }

    /// The running counts of everyone killed and injured.
    fn killed_and_injured(&self, valid: u32) -> [Toll; 2] {
        let question = Question {
            who: Some(Who::any(Role::All)),
            ..Question::default()
        };
        self.ask(valid, &question).try_into().unwrap()
    }
}

fn flagged(toll: &Toll, kind: FlagKind) -> Vec<&[ClaimRef]> {
    let flags = toll.flags.iter().filter(|flag| flag.flag == kind);
    flags.map(|flag| &flag.claims[..]).collect()
}

#[test]
fn an_injured_person_who_dies_is_counted_among_the_dead_and_no_longer_among_the_injured() {
    let mut desk = Desk::default();
    let report = desk.report("a", 4, vec![killed(Role::All, exactly(10)), injured(50)]);
    let died = desk.died("a", 5, 1);
    let [killed, injured] = desk.killed_and_injured(5);
    assert_eq!((killed.shown, injured.shown), (Some(11), Some(49)));
    assert_eq!(ends(&killed), (11, Some(11)));
    assert_eq!(ends(&injured), (49, Some(49)));
    assert_eq!(killed.words, "at least 11: 10, and 1 moved from injured");
    assert_eq!(injured.words, "at least 49: 50, less 1 moved to killed");
    for (toll, figure) in [(&killed, 1), (&injured, 2)] {
        let names = [claim(report, figure), ClaimRef::Event(died)];
        let proof = toll.point.least_by.as_ref().unwrap();
        assert_eq!(proof.constraints, ["outcome change"]);
        assert_eq!(proof.witnesses, names);
        let rests_on: Vec<ClaimRef> = toll.rests_on.iter().map(|support| support.claim).collect();
        assert_eq!(rests_on, names);
        let [said] = &toll.claims[..] else {
            panic!("one claim: {:?}", toll.claims)
        };
        let carried = said.carried.as_ref().unwrap();
        assert_eq!(said.quantity, exactly(if figure == 1 { 10 } else { 50 }));
        assert_eq!(carried.by, [died]);
        assert!(toll.flags.is_empty(), "{:?}", toll.flags);
        assert!(toll.conflicts.is_empty(), "{:?}", toll.conflicts);
    }
    let before = desk.killed_and_injured(4).map(|toll| toll.shown);
    assert_eq!(before, [Some(10), Some(50)], "on the day before");

    let why = desk.why(5, "killed/all");
    let steps: Vec<(&str, Option<ClaimRef>)> = why.derivations[0]
        .steps
        .iter()
        .map(|step| (step.expression.as_str(), step.declared_by))
        .collect();
    assert_eq!(
        steps,
        [
            ("10", None),
            ("1", Some(ClaimRef::Event(died))),
            ("10 + 1", None)
        ]
    );
    assert_eq!(why.considered[0].claim, killed.claims[0]);
}

#[test]
fn casualties_are_the_killed_and_the_injured_and_those_who_may_be_counted_twice_are_said() {
    let casualties = |desk: &Desk| {
        let as_of = AsOf {
            valid: Valid(noon(8)),
            known: Known::Position(desk.store.head().unwrap()),
        };
        let situation = SituationId::new("s").unwrap();
        let both = desk
            .tolls()
            .casualties(&situation, as_of, &Question::default());
        let [both] = both.try_into().unwrap();
        both
    };
    let point = |both: &Casualties| (both.shown, both.point.least, both.point.most);
    let mut desk = Desk::default();
    let old = desk.report("a", 4, vec![killed(Role::All, exactly(10)), injured(50)]);
    assert_eq!(point(&casualties(&desk)), (Some(60), 60, Some(60)));
    let died = desk.died("a", 5, 1);
    let told: Casualties = casualties(&desk);
    assert_eq!(point(&told), (Some(60), 60, Some(60)));
    assert_eq!(told.point.expression, "11 + 49");
    let names = [claim(old, 1), claim(old, 2), ClaimRef::Event(died)];
    assert!(names.iter().all(|name| told.rests_on.contains(name)));
    assert!(told.flags.is_empty(), "{:?}", told.flags);

    desk.retract(5, ClaimRef::Event(died), None);
    let new = desk.report("a", 6, vec![killed(Role::All, exactly(11)), injured(50)]);
    let untold = casualties(&desk);
    assert_eq!(point(&untold), (None, 60, Some(61)));
    assert_eq!(untold.point.words, "60 to 61");
    assert_eq!(untold.point.expression, "11 + 50 − 1");
    let [flag] = &untold.flags[..] else {
        panic!("one flag: {:?}", untold.flags)
    };
    assert_eq!(flag.flag, FlagKind::PossibleDoubleCount);
    assert_eq!(flag.claims, [claim(new, 1), claim(new, 2)]);
}

#[test]
fn casualties_of_two_sources_hold_whoever_died_since_the_injured_were_counted() {
    let mut desk = Desk::default();
    desk.report("a", 4, vec![injured(50)]);
    desk.report("b", 4, vec![killed(Role::All, exactly(7))]);
    desk.report("b", 5, vec![killed(Role::All, exactly(9))]);
    let tolls = desk.tolls();
    let as_of = AsOf {
        valid: Valid(noon(8)),
        known: Known::Position(desk.store.head().unwrap()),
    };
    let situation = SituationId::new("s").unwrap();
    let figure = Some("injured/all".parse().unwrap());
    let question = Question {
        figure,
        ..Question::default()
    };
    let [both] = tolls
        .casualties(&situation, as_of, &question)
        .try_into()
        .unwrap();
    assert_eq!((both.point.least, both.point.most), (57, Some(59)));
    assert_eq!(both.killed.to_string(), "killed/all");
    let [civilians] = tolls
        .casualties(
            &situation,
            as_of,
            &Question {
                figure: Some("killed/civilian".parse().unwrap()),
                ..Question::default()
            },
        )
        .try_into()
        .unwrap();
    let ends = (civilians.point.least, civilians.point.most);
    assert_eq!(
        (civilians.shown, ends),
        (None, (0, Some(59))),
        "at most all of them"
    );
}

#[test]
fn changes_follow_one_another_until_a_later_as_of_absorbs_them_and_vanish_when_retracted() {
    let mut desk = Desk::default();
    desk.report("a", 2, vec![killed(Role::All, exactly(10)), injured(50)]);
    desk.died("a", 5, 2);
    let first = desk.died("a", 3, 1);
    let shown = |desk: &Desk, valid| desk.killed_and_injured(valid).map(|toll| toll.shown);
    assert_eq!(shown(&desk, 3), [Some(11), Some(49)]);
    assert_eq!(shown(&desk, 5), [Some(13), Some(47)]);
    let [killed_now, _] = desk.killed_and_injured(5);
    assert_eq!(
        killed_now.words,
        "at least 13: 10, and 1 moved from injured, and 2 moved from injured"
    );

    desk.report("a", 4, vec![killed(Role::All, exactly(12))]);
    assert_eq!(
        shown(&desk, 5),
        [Some(14), Some(47)],
        "the count of the dead has absorbed the first change, that of the injured has not"
    );
    desk.retract(6, ClaimRef::Event(first), None);
    assert_eq!(shown(&desk, 6), [Some(14), Some(48)]);
    desk.report("a", 6, vec![killed(Role::All, exactly(20)), injured(40)]);
    let now = desk.killed_and_injured(6);
    assert_eq!(now.each_ref().map(|toll| toll.shown), [Some(20), Some(40)]);
    assert!(now.iter().all(|toll| toll.flags.is_empty()), "{now:#?}");
}

#[test]
fn people_moved_as_another_source_says_are_told_and_not_counted() {
    let mut desk = Desk::default();
    let report = desk.report("a", 4, vec![killed(Role::All, exactly(10)), injured(50)]);
    let died = desk.died("b", 5, 1);
    let [killed, injured] = desk.killed_and_injured(5);
    assert_eq!((killed.shown, injured.shown), (Some(10), Some(50)));
    for (toll, figure) in [(&killed, 1), (&injured, 2)] {
        assert_eq!(
            flagged(toll, FlagKind::MovedSince),
            [[claim(report, figure), ClaimRef::Event(died)]]
        );
    }
}

#[test]
fn people_who_moved_may_be_of_a_smaller_group_and_are_of_every_larger_one() {
    let mut desk = Desk::default();
    let civilians = |figure| Figure {
        who: Role::Civilian,
        ..figure
    };
    let women = Figure {
        sex: Some(situ_core::Sex::Female),
        ..killed(Role::Civilian, exactly(3))
    };
    let figures = vec![
        killed(Role::All, exactly(30)),
        killed(Role::Civilian, exactly(10)),
        women,
        civilians(injured(5)),
    ];
    desk.report("a", 4, figures);
    let envelope = |event| Event {
        occurred: Some(day(5)),
        source: Some(source("a")),
        ..event
    };
    let change = OutcomeChanged {
        people: Who::any(Role::Civilian),
        from: Outcome::Injured,
        to: Outcome::Killed,
        count: count(2),
        scope: Harm::All,
        places: Vec::new(),
    };
    desk.record(5, envelope, change);
    let tolls = desk.ask(5, &Question::default());
    let shown: Vec<_> = tolls
        .iter()
        .map(|toll| (toll.figure.to_string(), toll.shown))
        .filter(|(_, shown)| shown.is_some())
        .collect();
    let expected = [
        ("killed/all", 32),
        ("killed/civilian", 12),
        ("killed/civilian/female", 3),
        ("injured/civilian", 3),
    ];
    assert_eq!(
        shown,
        expected.map(|(name, number)| (name.to_owned(), Some(number)))
    );
    let women = tolls.iter().find(|toll| toll.sex.is_some()).unwrap();
    assert_eq!(flagged(women, FlagKind::MovedSince).len(), 1);
}

#[test]
fn more_cannot_move_from_an_outcome_than_are_counted_in_it() {
    let mut desk = Desk::default();
    let report = desk.report("a", 4, vec![killed(Role::All, exactly(10)), injured(1)]);
    let died = desk.died("a", 5, 3);
    let [killed, injured] = desk.killed_and_injured(5);
    assert_eq!((killed.shown, injured.shown), (Some(13), Some(1)));
    let clashing = [claim(report, 2), ClaimRef::Event(died)];
    assert_eq!(injured.conflicts[0].claims, clashing);
    assert_eq!(injured.conflicts[0].gap, 2);
    assert_eq!(flagged(&injured, FlagKind::MovedSince), [clashing]);
}

#[test]
fn rival_counts_of_the_moment_people_moved_clash_only_possibly() {
    let mut desk = Desk::default();
    let report = desk.report("a", 4, vec![killed(Role::All, exactly(10))]);
    let died = desk.died("a", 5, 1);
    let other = desk.report("b", 5, vec![killed(Role::All, exactly(20))]);
    let all = desk.killed(5, Role::All);
    assert!(all.conflicts.is_empty(), "a dispute: {:?}", all.conflicts);
    let disputed = flagged(&all, FlagKind::Disputed);
    assert_eq!(disputed, [[claim(report, 1), claim(other, 1)]]);
    let flag = all
        .flags
        .iter()
        .find(|flag| flag.flag == FlagKind::Disputed);
    assert_eq!(all.words, "11–20, disputed", "{flag:?} {died}");
}

#[test]
fn a_counter_that_restarts_can_be_asked_for_as_published_and_as_one_series() {
    let mut desk = Desk::default();
    let old = desk.report("a", 3, vec![killed(Role::All, exactly(4047))]);
    let restart = desk.restart("a", 4);
    let new = desk.report("a", 5, vec![killed(Role::All, exactly(123))]);
    let ask = |series| {
        let question = Question {
            series,
            ..Question::default()
        };
        let [all] = desk.ask(5, &question).try_into().unwrap();
        all
    };
    let names = [claim(new, 1), claim(old, 1), ClaimRef::Event(restart)];

    let published: Toll = ask(Series::Published);
    assert_eq!(
        (published.shown, ends(&published)),
        (Some(123), (123, Some(123)))
    );
    assert_eq!(flagged(&published, FlagKind::CounterRestarted), [names]);

    let continuous: Toll = ask(Series::Continuous);
    assert_eq!(continuous.series, Series::Continuous);
    assert_eq!(
        (continuous.shown, ends(&continuous)),
        (Some(4170), (4170, Some(4170)))
    );
    assert_eq!(
        continuous.words,
        "at least 4170: 4047 before the counter began anew on 2026-02-04, and 123 since"
    );
    let proof = continuous.point.least_by.as_ref().unwrap();
    assert_eq!(proof.constraints, ["continuous series"]);
    let in_order = [claim(old, 1), ClaimRef::Event(restart), claim(new, 1)];
    assert_eq!(proof.witnesses, in_order);
    assert_eq!(flagged(&continuous, FlagKind::CounterRestarted), [names]);
    assert!(
        continuous.conflicts.is_empty(),
        "{:?}",
        continuous.conflicts
    );
}

#[test]
fn a_series_is_carried_over_every_restart_and_with_the_people_who_moved() {
    let mut desk = Desk::default();
    desk.report("a", 2, vec![killed(Role::All, exactly(4000))]);
    desk.died("a", 3, 2);
    desk.restart("a", 4);
    desk.report(
        "a",
        5,
        vec![killed(Role::All, Quantity::at_least(count(100)))],
    );
    desk.restart("a", 6);
    desk.report("a", 7, vec![killed(Role::All, exactly(20))]);
    desk.died("a", 8, 3);
    let question = Question {
        series: Series::Continuous,
        ..Question::default()
    };
    let all = &desk.ask(8, &question)[0];
    assert_eq!((all.shown, ends(all)), (Some(4125), (4125, None)));
    assert_eq!(
        desk.ask(8, &Question::default())[0].shown,
        Some(23),
        "as published"
    );
}

#[test]
fn a_count_that_may_overlap_its_successor_is_not_carried_over_the_restart() {
    let mut desk = Desk::default();
    desk.restart("a", 4);
    let envelope = |event| Event {
        occurred: Some("2026-02-03/2026-02-05[UTC]".parse().unwrap()),
        source: Some(source("a")),
        ..event
    };
    let reported = CasualtiesReported {
        figures: vec![killed(Role::All, exactly(4047))],
        words: None,
        epoch: None,
    };
    desk.record(5, envelope, reported);
    desk.report("a", 7, vec![killed(Role::All, exactly(123))]);
    let question = Question {
        series: Series::Continuous,
        ..Question::default()
    };
    assert_eq!(desk.ask(8, &question)[0].shown, Some(123));
}

#[test]
fn epochs_that_are_named_before_they_begin_do_not_continue_each_other_in_a_circle() {
    let mut desk = Desk::default();
    for (epoch, as_of, number) in [("from 6", 1, 10), ("from 4", 2, 20)] {
        let envelope = |event| Event {
            occurred: Some(day(as_of)),
            source: Some(source("a")),
            ..event
        };
        let reported = CasualtiesReported {
            figures: vec![killed(Role::All, exactly(number))],
            words: None,
            epoch: Some(Name::new(epoch).unwrap()),
        };
        desk.record(5, envelope, reported);
    }
    desk.restart("a", 4);
    desk.restart("a", 6);
    let question = Question {
        series: Series::Continuous,
        ..Question::default()
    };
    assert_eq!(desk.ask(8, &question)[0].shown, Some(30));
}

#[test]
fn a_sum_beyond_what_a_figure_may_be_is_not_made() {
    let mut desk = Desk::default();
    desk.report("a", 3, vec![killed(Role::All, exactly(Count::LIMIT))]);
    desk.restart("a", 4);
    desk.report("a", 5, vec![killed(Role::All, exactly(Count::LIMIT))]);
    desk.report("b", 4, vec![killed(Role::Civilian, exactly(Count::LIMIT))]);
    desk.report("b", 4, vec![killed(Role::Police, exactly(Count::LIMIT))]);
    desk.died("a", 6, Count::LIMIT);
    for series in [Series::Published, Series::Continuous] {
        let question = Question {
            series,
            who: Some(Who::any(Role::All)),
            ..Question::default()
        };
        let all = &desk.ask(8, &question)[0];
        assert_eq!(all.shown, Some(Count::LIMIT));
        assert!(all.point.least >= Count::LIMIT, "{all:?}");
        assert_eq!(flagged(all, FlagKind::MovedSince).len(), 1);
    }
}

#[test]
fn of_531_announced_in_48_hours_499_were_recognised_late() {
    let mut desk = Desk::default();
    let before = desk.report("a", 2, vec![killed(Role::All, exactly(1000))]);
    let figures = vec![
        killed(Role::All, exactly(1531)),
        window(WindowKind::Reporting, 2, killed(Role::All, exactly(531))),
        window(WindowKind::Occurrence, 2, killed(Role::All, exactly(32))),
    ];
    desk.report("a", 4, figures);
    let tolls = desk.ask(4, &Question::default());
    let shown: Vec<_> = tolls
        .iter()
        .map(|toll| (toll.figure.to_string(), toll.shown))
        .collect();
    let expected = [
        ("killed/all", 1531),
        ("killed/all/occurrence:2026-02-02[UTC]", 32),
        ("killed/all/reporting:2026-02-02[UTC]", 531),
    ];
    assert_eq!(
        shown,
        expected.map(|(name, number)| (name.to_owned(), Some(number)))
    );
    assert_eq!(desk.killed(2, Role::All).claims[0].claim.event, before);
    assert_eq!(ends(&tolls[0]), (1531, Some(1531)));
    assert_eq!(
        ends(&tolls[1]),
        (32, Some(32)),
        "what was announced bounds nobody's death"
    );
}

#[test]
fn windows_one_after_the_other_are_no_more_than_the_count_that_covers_them() {
    let mut desk = Desk::default();
    let dead_of = |from, number| {
        vec![window(
            WindowKind::Occurrence,
            from,
            killed(Role::All, exactly(number)),
        )]
    };
    let windows = [
        desk.report("a", 2, dead_of(1, 10)),
        desk.report("a", 3, dead_of(2, 20)),
        desk.report("a", 5, dead_of(4, 30)),
    ];
    let envelope = |event| Event {
        occurred: Some(day(7)),
        source: Some(source("b")),
        ..event
    };
    let reported = CasualtiesReported {
        figures: vec![killed(Role::All, exactly(50))],
        words: None,
        epoch: None,
    };
    let total = desk.record(7, envelope, reported);
    let conflict = &desk.killed(7, Role::All).conflicts[0];
    assert_eq!((conflict.gap, conflict.certainty), (10, Certainty::Certain));
    let mut claims = windows.map(|window| claim(window, 1)).to_vec();
    claims.push(claim(total, 1));
    claims.sort();
    assert_eq!(conflict.claims, claims);
}

#[test]
fn windows_without_a_gap_make_the_longer_one_and_lead_from_one_count_to_another() {
    let mut desk = Desk::default();
    let dead_of = |from, quantity| {
        vec![window(
            WindowKind::Occurrence,
            from,
            killed(Role::All, quantity),
        )]
    };
    let up_to = |number| Quantity::up_to(count(number));
    desk.report("a", 3, dead_of(2, exactly(10)));
    desk.report("a", 4, dead_of(3, up_to(20)));
    desk.report("b", 4, dead_of(2, Quantity::at_least(count(25))));
    let tolls = desk.ask(6, &Question::default());
    let ends_of = |figure: &str| {
        let toll = tolls.iter().find(|toll| toll.figure.to_string() == figure);
        toll.map(ends)
    };
    assert_eq!(
        ends_of("killed/all/occurrence:2026-02-02[UTC]"),
        Some((25, Some(30))),
        "from the second to the fourth: 10 and up to 20"
    );
    assert_eq!(
        ends_of("killed/all/occurrence:2026-02-03[UTC]"),
        Some((15, Some(20))),
        "what the two days had beyond the first"
    );

    let mut desk = Desk::default();
    desk.report("a", 2, vec![killed(Role::All, exactly(100))]);
    desk.report("a", 3, dead_of(2, exactly(10)));
    desk.report("a", 4, dead_of(3, exactly(5)));
    desk.report(
        "b",
        4,
        vec![killed(Role::All, Quantity::at_least(count(1)))],
    );
    assert_eq!(ends(&desk.killed(6, Role::All)), (115, Some(115)));
}

#[test]
fn a_clash_of_a_claim_whose_time_was_told_by_the_hour_it_was_said_makes_its_period_suspect() {
    for (words, is_suspect) in [
        ("over the past four days", true),
        ("since 2 February", false),
    ] {
        let mut desk = Desk::default();
        let before = window(WindowKind::Occurrence, 1, killed(Role::All, exactly(41)));
        desk.report("a", 2, vec![before]);
        let since = |from, figure| Figure {
            period: Period::Cumulative {
                since: Some(day(from)),
            },
            ..figure
        };
        let relative = Figure {
            words: Some(Text::new(words).unwrap()),
            ..killed(Role::All, Quantity::at_least(count(197)))
        };
        let relative = desk.report("b", 6, vec![since(3, relative)]);
        desk.report("a", 8, vec![since(1, killed(Role::All, exactly(216)))]);
        let all = desk.killed(8, Role::All);
        let suspects = flagged(&all, FlagKind::PeriodSuspect);
        let expected = [claim(relative, 1)];
        let expected: &[&[ClaimRef]] = if is_suspect { &[&expected] } else { &[] };
        assert_eq!(suspects, expected, "{words}");
    }
}

#[test]
fn a_total_that_sums_the_earlier_parts_of_another_source_is_a_relay() {
    let mut desk = Desk::default();
    let parts = vec![
        killed(Role::NonStateArmed, exactly(145)),
        killed(Role::SecurityForces, exactly(17)),
        killed(Role::Civilian, exactly(31)),
    ];
    let parts = desk.report("a", 4, parts);
    let total = desk.report("b", 5, vec![killed(Role::All, exactly(48))]);
    assert_eq!(
        flagged(&desk.killed(6, Role::All), FlagKind::Relay),
        [[claim(total, 1), claim(parts, 2), claim(parts, 3)]]
    );
    let mut desk = Desk::default();
    desk.report("b", 3, vec![killed(Role::All, exactly(48))]);
    let later = vec![
        killed(Role::SecurityForces, exactly(17)),
        killed(Role::Civilian, exactly(31)),
    ];
    desk.report("a", 5, later);
    let all = desk.killed(6, Role::All);
    assert!(flagged(&all, FlagKind::Relay).is_empty(), "{:?}", all.flags);
}

#[test]
fn a_part_claimed_elsewhere_is_not_observed_here() {
    let mut desk = Desk::default();
    desk.partition(Coverage::Exhaustive);
    desk.report(
        "a",
        4,
        vec![
            killed(Role::All, exactly(255)),
            killed(Role::SecurityForces, exactly(22)),
            killed(Role::NonStateArmed, exactly(197)),
            in_place("quetta", killed(Role::Civilian, exactly(5))),
        ],
    );
    let all = desk.killed(4, Role::All);
    let unobserved = all
        .flags
        .iter()
        .find(|flag| flag.flag == FlagKind::UnobservedParts);
    assert_eq!(
        unobserved.unwrap().words,
        "nobody claims a figure for civilian"
    );
}

#[test]
fn what_was_derived_from_a_retracted_figure_is_flagged_until_it_is_replaced() {
    let mut desk = Desk::default();
    desk.partition(Coverage::Exhaustive);
    let figures = vec![
        killed(Role::All, exactly(255)),
        killed(Role::SecurityForces, exactly(22)),
        killed(Role::Civilian, exactly(36)),
    ];
    let report = desk.report("a", 4, figures);
    let derived = desk.killed(4, Role::NonStateArmed);
    assert_eq!(
        (derived.shown, ends(&derived)),
        (Some(197), (197, Some(197)))
    );

    desk.retract(5, claim(report, 3), None);
    let derived = desk.killed(5, Role::NonStateArmed);
    assert_eq!((derived.shown, ends(&derived)), (None, (0, Some(233))));
    let names = [claim(report, 3)];
    assert_eq!(flagged(&derived, FlagKind::DerivedFromRetracted), [names]);
    for who in [Role::All, Role::SecurityForces, Role::Civilian] {
        let toll = desk.killed(5, who);
        let none: [&[ClaimRef]; 0] = [];
        assert_eq!(
            flagged(&toll, FlagKind::DerivedFromRetracted),
            none,
            "{who}"
        );
    }

    let right = desk.report_learnt("a", 4, 6, vec![killed(Role::Civilian, exactly(35))]);
    desk.retract(6, claim(report, 3), Some(claim(right, 1)));
    let derived = desk.killed(6, Role::NonStateArmed);
    assert!(flagged(&derived, FlagKind::DerivedFromRetracted).is_empty());
}

#[test]
fn an_answer_says_the_position_it_was_resolved_at() {
    let mut desk = Desk::default();
    desk.report("a", 4, vec![killed(Role::All, exactly(10))]);
    desk.report("a", 5, vec![killed(Role::All, exactly(12))]);
    let tolls = desk.tolls();
    let at = |known| {
        let as_of = AsOf {
            valid: Valid(noon(6)),
            known,
        };
        tolls
            .at(&SituationId::new("s").unwrap(), as_of, &Question::default())
            .position
    };
    assert_eq!(at(Known::Position(Position::new(1))), Position::new(1));
    assert_eq!(at(Known::Position(Position::new(9))), Position::new(2));
    assert_eq!(at(Known::Learnt(noon(4))), Position::new(2));
}

#[test]
fn incidents_with_a_name_say_nothing_of_one_without() {
    let mut desk = Desk::default();
    let of_one = |event: Option<EventId>, who, number| Figure {
        scope: event.map_or(Harm::All, Harm::Event),
        period: Period::Incident,
        ..killed(who, exactly(number))
    };
    let attack = |desk: &mut Desk| {
        let envelope = |event| Event {
            occurred: Some(day(2)),
            source: Some(source("desk")),
            ..event
        };
        let attack = AttackOccurred {
            mode: AttackMode::ArmedAssault,
            targets: Vec::new(),
            places: Vec::new(),
            unnamed_places_within: None,
            part_of: None,
            words: None,
        };
        desk.record(2, envelope, attack)
    };
    let (one, other) = (attack(&mut desk), attack(&mut desk));
    desk.report("a", 3, vec![of_one(Some(one), Role::Civilian, 49)]);
    desk.report("b", 3, vec![of_one(Some(other), Role::SecurityForces, 5)]);
    // Three people in some incident: it may be a third.
    desk.report("c", 3, vec![of_one(None, Role::All, 3)]);
    let tolls = desk.ask(28, &Question::default());
    let mut shown: Vec<(u64, Role, Harm)> = Vec::new();
    shown.extend(tolls.iter().map(|toll| (toll.least, toll.who, toll.scope)));
    shown.sort_by_key(|(least, ..)| *least);
    let expected = [
        (3, Role::All, Harm::All),
        (5, Role::SecurityForces, Harm::Event(other)),
        (49, Role::Civilian, Harm::Event(one)),
    ];
    assert_eq!(shown, expected);
    assert!(tolls.iter().all(|toll| toll.conflicts.is_empty()));
}
