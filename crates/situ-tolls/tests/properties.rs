//! For every history: incremental = rebuilt = asked as of then, no claim is lost, and the current claims are those of a naive
//! model.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod restored;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sha2::Digest as _;
use situ_core::{
    AsOf, Basis, CasualtiesReported, ClaimId, ClaimRef, ClaimRetracted, Condition, Count,
    CounterRestarted, Coverage, Event, EventId, EventStore, Figure, Harm, Instant, Known, Name,
    Outcome, PartitionDeclared, Payload, Period, Position, Projection, Quantity, Recorded,
    RetractionReason, Role, SituationId, Source, SourceId, Valid, When, Who, WindowKind,
};
use situ_memory::MemoryStore;
use situ_tolls::{
    Brief, Citation, Difference, FigureName, LogState, Notice, Policy, Question, Reading, Toll,
    Tolls,
};

const HOUR: i64 = 3_600_000_000_000;

/// What a random event says; times are hours, targets are indices of other events.
#[derive(Debug, Clone)]
struct Told {
    learnt: u8,
    occurred: u8,
    source: u8,
    relays: u8,
    says: Says,
}

#[derive(Debug, Clone)]
enum Says {
    Figures(Vec<(u8, u8, u8, u8, u8)>),
    Retracts(u8, Option<u8>),
    Partition(bool),
    Restart,
}

fn told() -> impl Strategy<Value = Told> {
    let figure = (0..5u8, 0..6u8, 0..3u8, 0..12u8, 0..4u8);
    let says = prop_oneof![
        6 => prop::collection::vec(figure, 1..4).prop_map(Says::Figures),
        3 => (0..30u8, prop::option::of(1..3u8)).prop_map(|(target, figure)| Says::Retracts(target, figure)),
        1 => any::<bool>().prop_map(Says::Partition),
        1 => Just(Says::Restart),
    ];
    (0..8u8, 0..6u8, 0..3u8, 0..2u8, says).prop_map(|(learnt, occurred, source, relays, says)| {
        Told {
            learnt,
            occurred,
            source,
            relays,
            says,
        }
    })
}

fn hour(hour: u8) -> Instant {
    Instant::from_unix_nanos(1_770_000_000_000_000_000 + i64::from(hour) * HOUR)
}

fn id(index: usize) -> EventId {
    EventId::from_content(hour(0), [u8::try_from(index).unwrap(); 10])
}

fn situation() -> SituationId {
    SituationId::new("s").unwrap()
}

fn role(index: u8) -> Role {
    [
        Role::All,
        Role::Civilian,
        Role::SecurityForces,
        Role::NonStateArmed,
        Role::Police,
    ][usize::from(index)]
}

fn figure((who, number, form, start, kind): (u8, u8, u8, u8, u8), occurred: u8) -> Figure {
    let count = Count::new(u64::from(number) * 7).unwrap();
    let start = When::instant(hour((start % 3).min(occurred)));
    Figure {
        outcome: Outcome::Killed,
        who: role(who),
        sex: None,
        age: None,
        quantity: [
            Quantity::exactly(count),
            Quantity::at_least(count),
            Quantity::about(count),
        ][usize::from(form)],
        words: None,
        scope: if kind == 3 {
            Harm::Operations
        } else {
            Harm::All
        },
        places: Vec::new(),
        period: match kind {
            1 => Period::Window {
                counts: WindowKind::Occurrence,
                from: start,
            },
            2 => Period::Window {
                counts: WindowKind::Unstated,
                from: start,
            },
            _ => Period::Cumulative { since: Some(start) },
        },
        basis: Basis::Reported,
    }
}

fn event(index: usize, told: &Told) -> Event {
    let payload: Payload = match &told.says {
        Says::Figures(figures) => CasualtiesReported {
            figures: figures
                .iter()
                .map(|each| figure(*each, told.occurred))
                .collect(),
            words: None,
            epoch: None,
        }
        .into(),
        Says::Retracts(target, figure) => {
            let event = id(usize::from(*target));
            let target = figure.map_or(ClaimRef::Event(event), |figure| {
                ClaimRef::Claim(ClaimId {
                    event,
                    figure: u16::from(figure),
                })
            });
            ClaimRetracted {
                target,
                reason: RetractionReason::Other,
                replacement: None,
                words: None,
            }
            .into()
        }
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
            epoch: Name::new(format!("e{index}")).unwrap(),
            outcome: None,
            words: None,
        }
        .into(),
    };
    let source = |name: String| SourceId::new(name).unwrap();
    Event {
        occurred: Some(When::instant(hour(told.occurred))),
        learnt_at: Some(hour(told.learnt)),
        source: Some(Source {
            via: (0..told.relays)
                .map(|relay| source(format!("relay-{relay}")))
                .collect(),
            ..Source::new(source(format!("source-{}", told.source)))
        }),
        ..Event::new(id(index), situation(), payload)
    }
}

fn log(history: &[Told]) -> Vec<Recorded> {
    let store = MemoryStore::default();
    let events: Vec<Event> = history
        .iter()
        .enumerate()
        .map(|(index, told)| event(index, told))
        .collect();
    store.append(&events, &Condition::None, hour(20)).unwrap();
    store.read_after(Position::START, 1000).unwrap()
}

/// Saved and restored half way, which changes nothing.
fn fold<'a>(log: impl IntoIterator<Item = &'a Recorded>) -> Tolls {
    let log: Vec<&Recorded> = log.into_iter().collect();
    restored::fold(log.iter().copied(), log.len() / 2)
}

fn fold_at_once<'a>(log: impl IntoIterator<Item = &'a Recorded>) -> Tolls {
    let mut tolls = Tolls::default();
    for recorded in log {
        tolls.apply(recorded).unwrap();
    }
    tolls
}

fn ask(tolls: &Tolls, valid: u8, known: Known) -> Vec<Toll> {
    tolls
        .at(
            &situation(),
            AsOf {
                valid: Valid(hour(valid)),
                known,
            },
            &Question {
                superseded: true,
                ..Question::default()
            },
        )
        .tolls
}

/// The claims that stand at the end, by the plainest rules: seen, not retracted, newest of their line.
fn naive(history: &[Told], valid: u8) -> BTreeSet<ClaimId> {
    let retracted = |target: usize, figure: u16| is_retracted(history, target, figure);
    let mut claims = Vec::new();
    for (index, told) in history
        .iter()
        .enumerate()
        .filter(|(_, told)| told.occurred <= valid)
    {
        let Says::Figures(figures) = &told.says else {
            continue;
        };
        for (number, figure) in (1u16..).zip(figures) {
            if !retracted(index, number) {
                let (who, _, _, start, kind) = *figure;
                let (start, kind) = ((start % 3).min(told.occurred), kind);
                let line = (
                    told.source,
                    who,
                    start,
                    if kind == 0 { 4 } else { kind },
                    naive_epoch(history, told),
                );
                let rank = (told.occurred, std::cmp::Reverse(told.relays), told.learnt);
                let said = (figure.1 * 7, figure.2);
                claims.push((
                    line,
                    rank,
                    said,
                    ClaimId {
                        event: id(index),
                        figure: number,
                    },
                ));
            }
        }
    }
    let mut current: Vec<(_, _, ClaimId)> = Vec::new();
    for (line, rank, said, claim) in &claims {
        let newest = claims
            .iter()
            .filter(|(other, ..)| other == line)
            .map(|(_, rank, ..)| *rank)
            .max();
        let is_repeated = current
            .iter()
            .any(|(other, other_said, _)| other == line && other_said == said);
        if newest == Some(*rank) && !is_repeated {
            current.push((*line, *said, *claim));
        }
    }
    current.into_iter().map(|(.., claim)| claim).collect()
}

fn naive_epoch(history: &[Told], claim: &Told) -> Option<usize> {
    let restarts = history.iter().enumerate().filter(|(index, told)| {
        matches!(told.says, Says::Restart)
            && told.source == claim.source
            && told.occurred <= claim.occurred
            && !is_retracted(history, *index, 0)
    });
    restarts
        .max_by_key(|(index, told)| (told.occurred, told.learnt, *index))
        .map(|(index, _)| index)
}

/// Only histories whose retractions aim backwards are asked, so nothing goes in a circle.
fn is_retracted(history: &[Told], target: usize, figure: u16) -> bool {
    history
        .iter()
        .enumerate()
        .any(|(index, told)| match told.says {
            Says::Retracts(aimed, aimed_figure) => {
                usize::from(aimed) == target
                    && index > target
                    && aimed_figure.is_none_or(|aimed| u16::from(aimed) == figure)
                    && !is_retracted(history, index, 0)
            }
            _ => false,
        })
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

fn find(log: &[Recorded], id: EventId) -> Option<&Recorded> {
    log.iter().find(|recorded| recorded.id == id)
}

/// A log with one byte of the body of one event changed.
fn changed(log: &[Recorded], event: EventId, byte: prop::sample::Index, sign: u8) -> Vec<Recorded> {
    let mut changed = log.to_vec();
    let recorded = changed
        .iter_mut()
        .find(|recorded| recorded.id == event)
        .unwrap();
    let mut body = recorded.body.to_string().into_bytes();
    *byte.get_mut(&mut body[..]) = sign;
    recorded.body = String::from_utf8(body).unwrap().into();
    changed
}

/// The view of a log, where every event of it can be read.
fn folded(log: &[Recorded]) -> Option<Tolls> {
    let mut tolls = Tolls::default();
    for recorded in log {
        tolls.apply(recorded).ok()?;
    }
    Some(tolls)
}

/// Whether a state of knowledge is not after another of the same clock.
fn is_by(known: Known, other: Known) -> bool {
    match (known, other) {
        (Known::Position(known), Known::Position(other)) => known <= other,
        (Known::Learnt(known), Known::Learnt(other)) => known <= other,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn incremental_is_rebuilt_is_asked_as_of_then(history in prop::collection::vec(told(), 1..14), valid in 0..7u8) {
        let log = log(&history);
        let whole = fold(&log);
        for length in 0..=log.len() {
            let position = Position::new(u64::try_from(length).unwrap());
            let known = Known::Position(position);
            let prefix = fold_at_once(&log[..length]);
            let expected = ask(&prefix, valid, known);
            prop_assert_eq!(&ask(&whole, valid, known), &expected);
            prop_assert_eq!(&ask(&prefix, valid, Known::Position(Position::new(1000))), &expected);
        }
        for learnt in 0..8 {
            let known = Known::Learnt(hour(learnt));
            let public = fold(log.iter().filter(|recorded| recorded.learnt_at <= hour(learnt)));
            prop_assert_eq!(ask(&whole, valid, known), ask(&public, valid, known));
        }
    }

    #[test]
    fn restored_is_folded(history in prop::collection::vec(told(), 1..14), valid in 0..7u8) {
        let log = log(&history);
        let whole = fold_at_once(&log);
        let states = (0..=14).map(|length| Known::Position(Position::new(length)));
        let states: Vec<Known> = states.chain((0..8).map(|learnt| Known::Learnt(hour(learnt)))).collect();
        let expected: Vec<_> = states.iter().map(|known| ask(&whole, valid, *known)).collect();
        for half in 0..=log.len() {
            let restored = restored::fold(&log, half);
            prop_assert_eq!(restored.register(), whole.register());
            prop_assert_eq!(restored.save(&situation()), whole.save(&situation()));
            for (known, expected) in states.iter().zip(&expected) {
                prop_assert_eq!(&ask(&restored, valid, *known), expected);
            }
        }
    }

    #[test]
    fn no_claim_is_lost(history in prop::collection::vec(told(), 1..14), valid in 0..7u8) {
        let log = log(&history);
        let mut expected = BTreeSet::new();
        for (index, told) in history.iter().enumerate().filter(|(_, told)| told.occurred <= valid) {
            if let Says::Figures(figures) = &told.says {
                expected.extend((1..).zip(figures).map(|(figure, _)| ClaimId { event: id(index), figure }));
            }
        }
        let mut found = Vec::new();
        for toll in ask(&fold(&log), valid, Known::Position(Position::new(1000))) {
            found.extend(toll.claims.iter().map(|claim| claim.claim));
            found.extend(toll.set_aside.iter().filter_map(|aside| match aside.claim {
                ClaimRef::Claim(claim) => Some(claim),
                ClaimRef::Event(_) => None,
            }));
        }
        let unique: BTreeSet<ClaimId> = found.iter().copied().collect();
        prop_assert_eq!(found.len(), unique.len());
        prop_assert_eq!(unique, expected);
    }

    #[test]
    fn the_current_claims_are_those_of_the_naive_model(history in prop::collection::vec(told(), 1..14), valid in 0..7u8) {
        let backwards: Vec<Told> = history
            .into_iter()
            .enumerate()
            .filter(|(index, told)| !matches!(told.says, Says::Retracts(target, _) if usize::from(target) >= *index))
            .map(|(_, told)| told)
            .collect();
        // Leaving events out moves the others, so what aims forwards now is left out of the claim as well.
        let aims_forwards = backwards.iter().enumerate().any(|(index, told)| {
            matches!(told.says, Says::Retracts(target, _) if usize::from(target) >= index)
        });
        prop_assume!(!aims_forwards);
        let tolls = ask(&fold(&log(&backwards)), valid, Known::Position(Position::new(1000)));
        let current: BTreeSet<ClaimId> =
            tolls.iter().flat_map(|toll| toll.claims.iter().map(|claim| claim.claim)).collect();
        prop_assert_eq!(current, naive(&backwards, valid));
    }

    #[test]
    fn a_figure_asked_for_by_name_is_the_one_of_the_whole_answer(history in prop::collection::vec(told(), 1..14), valid in 0..7u8) {
        let tolls = fold(&log(&history));
        let as_of = AsOf { valid: Valid(hour(valid)), known: Known::Position(Position::new(1000)) };
        for toll in tolls.at(&situation(), as_of, &Question::default()).tolls {
            let question = Question { figure: Some(toll.figure.clone()), ..Question::default() };
            prop_assert_eq!(tolls.at(&situation(), as_of, &question).tolls, vec![toll]);
        }
    }

    #[test]
    fn a_history_tells_the_figure_at_every_state_of_knowledge(history in prop::collection::vec(told(), 1..9), valid in 0..7u8) {
        let log = log(&history);
        let tolls = fold(&log);
        let positions: Vec<Known> = (0..=log.len()).map(|length| Known::Position(Position::new(u64::try_from(length).unwrap()))).collect();
        let moments: Vec<Known> = (0..8).map(|learnt| Known::Learnt(hour(learnt))).collect();
        for toll in ask(&tolls, valid, Known::Position(Position::new(1000))) {
            let question = Question { figure: Some(toll.figure.clone()), ..Question::default() };
            for states in [&positions, &moments] {
                let as_of = |known| AsOf { valid: Valid(hour(valid)), known };
                let last = as_of(*states.last().unwrap());
                let changes = tolls.history(&situation(), last, &toll.figure, &Policy::Latest, Reading::Floor);
                prop_assert!(changes[0].from.is_none());
                for pair in changes.windows(2) {
                    prop_assert_eq!(&pair[0].to, &pair[1].from);
                }
                for known in states {
                    let then = tolls.at(&situation(), as_of(*known), &question).tolls;
                    let told = changes.iter().rfind(|change| is_by(change.known, *known));
                    let told = told.and_then(|change| change.to.clone());
                    prop_assert_eq!(told, then.first().map(Brief::of), "{} as known at {:?}", toll.figure, known);
                }
            }
        }
    }

    #[test]
    fn every_change_is_told_once_and_so_is_what_changed_in_the_past(history in prop::collection::vec(told(), 1..12), valid in 0..7u8) {
        let log = log(&history);
        let question = Question::default();
        let valid_at = Valid(hour(valid));
        let mut live = Tolls::default();
        for (recorded, told) in log.iter().zip(&history) {
            let touched = live.apply(recorded).unwrap();
            let notices = live.notices(recorded, &touched, valid_at, &question);
            let before = Known::Position(Position::new(recorded.position.get() - 1));
            let briefs = |valid: u8, known| -> BTreeMap<String, Brief> {
                let tolls = live.at(&situation(), AsOf { valid: Valid(hour(valid)), known }, &question).tolls;
                tolls.iter().map(|toll| (toll.figure.to_string(), Brief::of(toll))).collect()
            };
            let states = [before, Known::Position(recorded.position)];
            let [from, to] = states.map(|known| briefs(valid, known));
            let told_of: BTreeMap<String, &Notice> =
                notices.iter().map(|notice| (notice.figure.to_string(), notice)).collect();
            prop_assert_eq!(told_of.len(), notices.len());
            for figure in from.keys().chain(to.keys()) {
                let notice = told_of.get(figure);
                if from.get(figure) != to.get(figure) {
                    prop_assert!(notice.is_some(), "{} is not told at {}", figure, recorded.position);
                }
                if let Some(notice) = notice {
                    prop_assert_eq!((&notice.from, &notice.to), (&from.get(figure).cloned(), &to.get(figure).cloned()));
                    prop_assert!(!notice.causes.is_empty(), "{:?}", notice);
                    let causes = notice.causes.iter();
                    prop_assert!(causes.map(|cause| cause.event).all(|event| event == recorded.id));
                }
            }
            let is_claim = matches!(told.says, Says::Figures(_)) && told.occurred < valid;
            for notice in &notices {
                if let Some(past) = &notice.past {
                    let then = (0..valid).find(|then| Valid(hour(*then)) == past.valid);
                    prop_assert!(then.is_some() && past.from != past.to, "{:?}", past);
                    let [from, to] = states.map(|known| briefs(then.unwrap(), known).remove(&notice.figure.to_string()));
                    prop_assert_eq!((&past.from, &past.to), (&from, &to));
                }
            }
            let [from, to] = states.map(|known| briefs(told.occurred, known));
            if is_claim {
                let newest = |figure: &str| -> Option<u8> {
                    let before = history[..=recorded.position.get() as usize - 1].iter().filter(|other| other.occurred <= valid);
                    before.filter_map(|other| match &other.says {
                        Says::Figures(figures) => figures.iter().any(|each| {
                            let each = self::figure(*each, other.occurred);
                            let name = FigureName::of(&each);
                            let name = match each.period {
                                Period::Cumulative { .. } => name.without_start(),
                                _ => name,
                            };
                            name.to_string() == figure
                        }).then_some(other.occurred),
                        _ => None,
                    }).max()
                };
                for figure in from.keys().chain(to.keys()) {
                    if from.get(figure) != to.get(figure) && newest(figure) > Some(told.occurred) {
                        let past = told_of.get(figure).and_then(|notice| notice.past.as_ref());
                        prop_assert!(past.is_some(), "the past of {} is not told at {}", figure, recorded.position);
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_differs_from_itself_and_what_differs_has_its_reasons(
        history in prop::collection::vec(told(), 1..14),
        valid in 0..7u8,
        states in (0..14u64, 0..14u64),
    ) {
        let tolls = fold(&log(&history));
        let as_of = |position| AsOf { valid: Valid(hour(valid)), known: Known::Position(Position::new(position)) };
        let (a, b) = (as_of(states.0), as_of(states.1));
        let question = Question::default();
        prop_assert!(tolls.diff(&situation(), a, a, &question).is_empty());
        let there = tolls.diff(&situation(), a, b, &question);
        for difference in &there {
            prop_assert!(difference.from != difference.to || difference.arose != difference.settled);
            prop_assert!(!difference.because.is_empty(), "{difference:?}");
        }
        let back = tolls.diff(&situation(), b, a, &question);
        let turned = |difference: &Difference| (difference.figure.clone(), difference.to.clone(), difference.from.clone());
        let plain = |difference: &Difference| (difference.figure.clone(), difference.from.clone(), difference.to.clone());
        prop_assert_eq!(there.iter().map(plain).collect::<Vec<_>>(), back.iter().map(turned).collect::<Vec<_>>());
    }

    #[test]
    fn a_citation_reads_back_and_holds_on_its_log_and_on_no_log_with_a_byte_changed(
        history in prop::collection::vec(told(), 1..10),
        valid in 0..7u8,
        learnt in prop::option::of(0..8u8),
        (event, byte, sign) in (any::<prop::sample::Index>(), any::<prop::sample::Index>(), b' '..b'~'),
    ) {
        let log = log(&history);
        let tolls = fold(&log);
        let position = Position::new(u64::try_from(log.len()).unwrap());
        let known = learnt.map_or(Known::Position(position), |learnt| Known::Learnt(hour(learnt)));
        let as_of = AsOf { valid: Valid(hour(valid)), known };
        for policy in [Policy::Latest, Policy::Trusted(vec![SourceId::new("source-1;%").unwrap(), SourceId::new("source-0").unwrap()])] {
            let question = Question { policy: policy.clone(), ..Question::default() };
            for toll in tolls.at(&situation(), as_of, &question).tolls {
                let state = LogState { position, head: log.last().unwrap().id, learnt: hour(7) };
                let cited = Citation::of(&toll, &situation(), as_of, state, &policy, &|id| find(&log, id), &sha256).unwrap();
                let text = cited.to_string();
                prop_assert_eq!(text.parse(), Ok(cited.clone()), "{}", text);
                let broken: String = text.replace('-', "-\n> ");
                prop_assert_eq!(broken.parse(), Ok(cited.clone()), "{}", broken);
                let checked = cited.check(&tolls, &|id| find(&log, id), &sha256);
                prop_assert!(checked.holds() && checked.notes.is_empty(), "{:?}", checked);
                prop_assert_eq!(checked.toll, Some(toll));

                if cited.rests.is_empty() {
                    continue;
                }
                let changed = changed(&log, event.get(&cited.rests).event, byte, sign);
                prop_assume!(changed != log);
                if let Some(tolls) = folded(&changed) {
                    let checked = cited.check(&tolls, &|id| find(&changed, id), &sha256);
                    prop_assert!(!checked.holds(), "{}", text);
                }
            }
        }
    }

    #[test]
    fn bounds_hold_every_claim_that_does_not_clash(history in prop::collection::vec(told(), 1..14)) {
        for toll in ask(&fold(&log(&history)), 6, Known::Position(Position::new(1000))) {
            prop_assert!(toll.most.is_none_or(|most| toll.least <= most), "{toll:?}");
            prop_assert!(toll.point.most.is_none_or(|most| toll.point.least <= most), "{toll:?}");
        }
    }
}
