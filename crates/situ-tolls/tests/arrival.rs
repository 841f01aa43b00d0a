//! For every history: what highest may show, what a retraction of a retraction restores, that the order of arrival does not matter
//! where the clocks are equal, and that people who move are counted once.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod restored;

use proptest::prelude::*;
use situ_core::{
    AsOf, Basis, CasualtiesReported, ClaimId, ClaimRef, ClaimRetracted, Condition, Count,
    CounterRestarted, Coverage, Event, EventId, EventStore, Figure, Harm, Instant, Known, Name,
    Outcome, OutcomeChanged, PartitionDeclared, Payload, Period, Position, Projection, Quantity,
    RetractionReason, Role, SituationId, Source, SourceId, Valid, When, Who, WindowKind,
};
use situ_memory::MemoryStore;
use situ_tolls::{Certainty, FlagKind, Policy, Question, Reading, Series, Toll, Tolls};

const HOUR: i64 = 3_600_000_000_000;

/// What a random event says; times are hours.
#[derive(Debug, Clone)]
struct Told {
    id: u8,
    occurred: u8,
    source: u8,
    says: Says,
}

#[derive(Debug, Clone)]
enum Says {
    /// Who, how many, exactly or at least, since when, a running count or a window.
    Figures(Vec<(u8, u8, bool, u8, bool)>),
    Retracts(u8, Option<u8>),
    Partition(bool),
    Restart,
    /// From injured to killed, or back from missing to injured.
    Moves(u8, bool),
}

fn says() -> impl Strategy<Value = Says> {
    let figure = (
        0..6u8,
        0..6u8,
        any::<bool>(),
        0..3u8,
        prop::bool::weighted(0.25),
    );
    prop_oneof![
        6 => prop::collection::vec(figure, 1..4).prop_map(Says::Figures),
        2 => (0..14u8, prop::option::of(1..3u8)).prop_map(|(target, figure)| Says::Retracts(target, figure)),
        1 => any::<bool>().prop_map(Says::Partition),
        1 => Just(Says::Restart),
        2 => (0..9u8, any::<bool>()).prop_map(|(number, died)| Says::Moves(number, died)),
    ]
}

/// Events of several ids, each once.
fn history() -> impl Strategy<Value = Vec<Told>> {
    let told = (0..6u8, 0..3u8, says());
    prop::collection::vec(told, 1..14).prop_map(|told| {
        (0..)
            .zip(told)
            .map(|(id, (occurred, source, says))| Told {
                id,
                occurred,
                source,
                says,
            })
            .collect()
    })
}

fn hour(hour: u8) -> Instant {
    Instant::from_unix_nanos(1_770_000_000_000_000_000 + i64::from(hour) * HOUR)
}

fn id(number: u8) -> EventId {
    EventId::from_content(hour(0), [number; 10])
}

fn situation() -> SituationId {
    SituationId::new("s").unwrap()
}

fn count(number: u8) -> Count {
    Count::new(u64::from(number)).unwrap()
}

fn figure((who, number, exact, start, window): (u8, u8, bool, u8, bool), occurred: u8) -> Figure {
    let number = count(number * 7);
    let start = When::instant(hour(start.min(occurred)));
    let roles = [
        Role::All,
        Role::Civilian,
        Role::SecurityForces,
        Role::NonStateArmed,
        Role::All,
        Role::Civilian,
    ];
    Figure {
        outcome: if who > 3 {
            Outcome::Injured
        } else {
            Outcome::Killed
        },
        who: roles[usize::from(who)],
        sex: None,
        age: None,
        quantity: if exact {
            Quantity::exactly(number)
        } else {
            Quantity::at_least(number)
        },
        words: None,
        scope: Harm::All,
        places: Vec::new(),
        period: if window {
            Period::Window {
                counts: WindowKind::Occurrence,
                from: start,
            }
        } else {
            Period::Cumulative { since: Some(start) }
        },
        basis: Basis::Reported,
    }
}

fn payload(told: &Told) -> Payload {
    match &told.says {
        Says::Figures(figures) => CasualtiesReported {
            figures: figures
                .iter()
                .map(|each| figure(*each, told.occurred))
                .collect(),
            words: None,
            epoch: None,
        }
        .into(),
        Says::Retracts(target, figure) => retracted(*target, *figure).into(),
        Says::Partition(exhaustive) => PartitionDeclared {
            outcome: Outcome::Killed,
            scope: Harm::All,
            places: Vec::new(),
            whole: Who::any(Role::All),
            parts: [Role::Civilian, Role::SecurityForces, Role::NonStateArmed]
                .map(Who::any)
                .to_vec(),
            coverage: if *exhaustive {
                Coverage::Exhaustive
            } else {
                Coverage::Partial
            },
        }
        .into(),
        Says::Restart => CounterRestarted {
            epoch: Name::new(format!("e{}", told.id)).unwrap(),
            outcome: None,
            words: None,
        }
        .into(),
        Says::Moves(number, died) => OutcomeChanged {
            people: Who::any(Role::All),
            from: if *died {
                Outcome::Injured
            } else {
                Outcome::Missing
            },
            to: if *died {
                Outcome::Killed
            } else {
                Outcome::Injured
            },
            count: count(*number),
            scope: Harm::All,
            places: Vec::new(),
        }
        .into(),
    }
}

fn retracted(target: u8, figure: Option<u8>) -> ClaimRetracted {
    let event = id(target);
    let claim = figure.map(|figure| ClaimId {
        event,
        figure: u16::from(figure),
    });
    ClaimRetracted {
        target: claim.map_or(ClaimRef::Event(event), ClaimRef::Claim),
        reason: RetractionReason::Other,
        replacement: None,
        words: None,
    }
}

fn event(told: &Told) -> Event {
    Event {
        occurred: Some(When::instant(hour(told.occurred))),
        learnt_at: Some(hour(6)),
        source: Some(Source::new(
            SourceId::new(format!("source-{}", told.source)).unwrap(),
        )),
        ..Event::new(id(told.id), situation(), payload(told))
    }
}

fn fold(history: &[Told]) -> Tolls {
    let store = MemoryStore::default();
    let events: Vec<Event> = history.iter().map(event).collect();
    store.append(&events, &Condition::None, hour(20)).unwrap();
    let log = store.read_after(Position::START, 1000).unwrap();
    // Saved and restored half way, which changes nothing.
    restored::fold(&log, log.len() / 2)
}

fn now() -> AsOf {
    AsOf {
        valid: Valid(hour(7)),
        known: Known::Position(Position::new(1000)),
    }
}

fn ask(tolls: &Tolls, policy: Policy, series: Series) -> Vec<Toll> {
    let question = Question {
        policy,
        series,
        superseded: true,
        ..Question::default()
    };
    tolls.at(&situation(), now(), &question).tolls
}

const POLICIES: [Policy; 5] = [
    Policy::Latest,
    Policy::Highest,
    Policy::Lowest,
    Policy::Envelope,
    Policy::Consensus,
];

/// A figure without the order of the log in it.
fn without_order(toll: &Toll) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut flags: Vec<FlagKind> = toll.flags.iter().map(|flag| flag.flag).collect();
    flags.sort_unstable();
    let mut said: Vec<(SourceId, String, When)> = toll
        .claims
        .iter()
        .map(|claim| {
            (
                claim.source.clone(),
                claim.said.clone(),
                claim.as_of.clone(),
            )
        })
        .collect();
    said.sort_by_key(|(source, said, as_of)| (source.clone(), said.clone(), as_of.to_string()));
    (
        toll.figure.clone(),
        (toll.shown, toll.words.clone()),
        (toll.point.interval(), toll.floor.interval()),
        toll.set_aside.len(),
        (said, flags),
    )
}

/// The gaps of certain conflicts, unless the search for more of them stopped at its limit.
fn gaps(toll: &Toll) -> Option<Vec<u64>> {
    let certain = toll.conflicts.iter();
    let certain = certain.filter(|conflict| conflict.certainty == Certainty::Certain);
    (!toll.more_conflicts).then(|| certain.map(|conflict| conflict.gap).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn highest_never_shows_more_than_the_most_that_a_live_claim_says(history in history()) {
        for series in [Series::Published, Series::Continuous] {
            for toll in ask(&fold(&history), Policy::Highest, series) {
                let says = toll.claims.iter().map(|claim| {
                    let carried = claim.carried.as_ref().map(|carried| carried.quantity);
                    let point = carried.unwrap_or(claim.quantity).point();
                    point.most.unwrap_or(point.least)
                });
                if let Some(most) = says.max() {
                    prop_assert!(toll.shown.is_none_or(|shown| shown <= most), "{toll:?}");
                }
            }
        }
    }

    #[test]
    fn a_retraction_that_is_retracted_leaves_everything_as_it_was(
        history in history(),
        target in any::<prop::sample::Index>(),
        figure in prop::option::of(1..3u8),
    ) {
        let before = fold(&history);
        let told = |id, says| Told { id, occurred: 0, source: 0, says };
        let mut undone = history.clone();
        let target = u8::try_from(target.index(history.len())).unwrap();
        undone.push(told(200, Says::Retracts(target, figure)));
        undone.push(told(201, Says::Retracts(200, None)));
        let after = fold(&undone);
        for policy in POLICIES {
            prop_assert_eq!(
                ask(&before, policy.clone(), Series::Published),
                ask(&after, policy, Series::Published)
            );
        }
    }

    #[test]
    fn the_order_of_arrival_does_not_matter_where_the_clocks_are_equal(
        (history, shuffled) in history().prop_flat_map(|history| (Just(history.clone()), Just(history).prop_shuffle())),
    ) {
        let (as_told, shuffled) = (fold(&history), fold(&shuffled));
        for policy in POLICIES {
            for series in [Series::Published, Series::Continuous] {
                let of = |tolls| ask(tolls, policy.clone(), series);
                let (as_told, shuffled) = (of(&as_told), of(&shuffled));
                let plain = |tolls: &[Toll]| tolls.iter().map(without_order).collect::<Vec<_>>();
                prop_assert_eq!(plain(&as_told), plain(&shuffled), "{:?}", policy);
                for (one, other) in as_told.iter().zip(&shuffled) {
                    let both = gaps(one).zip(gaps(other));
                    prop_assert!(both.is_none_or(|(one, other)| one == other), "{one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn people_who_move_from_injured_to_killed_are_counted_once(
        killed in 0..60u8,
        injured in 30..60u8,
        died in prop::collection::vec((1..6u8, 0..5u8), 0..6),
        absorbed in prop::option::of(1..6u8),
    ) {
        let figures = |occurred, killed: u64, injured: u64| {
            let of = |outcome, number| Figure {
                outcome,
                quantity: Quantity::exactly(Count::new(number).unwrap()),
                ..figure((0, 0, true, 0, false), occurred)
            };
            vec![of(Outcome::Killed, killed), of(Outcome::Injured, injured)]
        };
        let report = |number, occurred, killed, injured| Event {
            occurred: Some(When::instant(hour(occurred))),
            learnt_at: Some(hour(6)),
            source: Some(Source::new(SourceId::new("source-0").unwrap())),
            ..Event::new(
                id(number),
                situation(),
                CasualtiesReported { figures: figures(occurred, killed, injured), words: None, epoch: None },
            )
        };
        let (killed, injured) = (u64::from(killed), u64::from(injured));
        let mut events = vec![report(100, 0, killed, injured)];
        for (number, (occurred, moved)) in (0..).zip(&died) {
            let says = Says::Moves(*moved, true);
            events.push(event(&Told { id: number, occurred: *occurred, source: 0, says }));
        }
        let moved_by = |by: u8| -> u64 {
            died.iter().filter(|(at, _)| *at <= by).map(|(_, moved)| u64::from(*moved)).sum()
        };
        if let Some(by) = absorbed {
            events.push(report(101, by, killed + moved_by(by), injured - moved_by(by)));
        }
        let store = MemoryStore::default();
        store.append(&events, &Condition::None, hour(20)).unwrap();
        let mut tolls = Tolls::default();
        for recorded in store.read_after(Position::START, 1000).unwrap() {
            tolls.apply(&recorded).unwrap();
        }
        for reading in [Reading::Point, Reading::Floor] {
            let question = Question { reading, ..Question::default() };
            let [both] = tolls.casualties(&situation(), now(), &question).try_into().unwrap();
            prop_assert_eq!((both.twice, both.shown), (0, Some(killed + injured)), "{:?}", both);
            prop_assert_eq!((both.point.least, both.point.most), (killed + injured, Some(killed + injured)));
            prop_assert_eq!(both.floor.least, killed + injured);
        }
        let shown: Vec<_> = ask(&tolls, Policy::Latest, Series::Published).iter().map(|toll| toll.shown).collect();
        let all = moved_by(u8::MAX);
        prop_assert_eq!(shown, [Some(killed + all), Some(injured - all)]);
    }
}
