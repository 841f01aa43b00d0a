//! The cases a casualty desk meets, one story each, with the exact numbers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use situ_core::{
    AsOf, Basis, CasualtiesReported, ClaimId, ClaimRef, ClaimRetracted, Condition, Count,
    CounterRestarted, Coverage, Event, EventId, EventStore, Figure, Harm, Instant, Known, Name,
    Outcome, OutcomeChanged, PartitionDeclared, Payload, Period, PlaceId, Position, Projection,
    Quantity, RetractionReason, Role, SituationId, Source, SourceDescribed, SourceId, SourceKind,
    Text, Valid, When, Who, WindowKind,
};
use situ_memory::MemoryStore;
use situ_tolls::{Certainty, FlagKind, Policy, Question, Reason, Toll, TollPeriod, Tolls};

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

    fn tolls(&self) -> Tolls {
        let mut tolls = Tolls::default();
        situ_core::replay(&self.store, Position::START, |recorded| {
            tolls.apply(recorded).map(|_| ())
        })
        .unwrap();
        tolls
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
    let gwadar = in_place("gwadar", killed(Role::All, exactly(58)));
    desk.report("b", 5, vec![gwadar]);
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

#[test]
fn people_who_moved_after_the_as_of_are_told_until_a_later_as_of_absorbs_them() {
    let mut desk = Desk::default();
    let injured = |number| Figure {
        outcome: Outcome::Injured,
        ..killed(Role::All, exactly(number))
    };
    desk.report("a", 4, vec![killed(Role::All, exactly(10)), injured(50)]);
    let envelope = |event| Event {
        occurred: Some(day(5)),
        source: Some(source("a")),
        ..event
    };
    let change = OutcomeChanged {
        people: Who::any(Role::All),
        from: Outcome::Injured,
        to: Outcome::Killed,
        count: count(1),
        scope: Harm::All,
        places: Vec::new(),
    };
    let moved = desk.record(5, envelope, change);
    for toll in desk.ask(5, &Question::default()) {
        let flag = toll
            .flags
            .iter()
            .find(|flag| flag.flag == FlagKind::MovedSince)
            .unwrap();
        assert_eq!(flag.claims, [ClaimRef::Event(moved)]);
    }
    desk.report("a", 6, vec![killed(Role::All, exactly(11)), injured(49)]);
    assert!(
        desk.ask(6, &Question::default())
            .iter()
            .all(|toll| toll.flags.is_empty())
    );
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
