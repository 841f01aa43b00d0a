//! For every log: a watch that keeps what it saw tells what one tells that keeps nothing, and that is what the answers before and
//! after each event say.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use proptest::prelude::*;
use situ_core::{
    AsOf, Basis, CasualtiesReported, ClaimId, ClaimRef, ClaimRetracted, Condition, Count,
    CounterRestarted, Coverage, Event, EventId, EventStore, Figure, Harm, Instant, Known, Name,
    Outcome, OutcomeChanged, PartitionDeclared, Payload, Period, PlaceDescribed, PlaceId, Position,
    Projection, Quantity, Recorded, RetractionReason, Role, SituationId, Source, SourceDescribed,
    SourceId, SourceKind, Valid, When, Who, WindowKind,
};
use situ_memory::MemoryStore;
use situ_tolls::{Brief, Notice, Policy, Question, Reading, Tolls, Watch};

const HOUR: i64 = 3_600_000_000_000;

/// What a random event says; times are hours, targets are indices of other events.
#[derive(Debug, Clone)]
struct Told {
    situation: u8,
    learnt: u8,
    occurred: u8,
    source: u8,
    says: Says,
}

#[derive(Debug, Clone)]
enum Says {
    Figures(Vec<Told5>),
    Retracts {
        target: u8,
        figure: Option<u8>,
        replacement: Option<u8>,
    },
    Partition,
    Restart,
    Moves,
    PlaceWithin(u8),
    Party(bool),
}

/// Who, how many, where, over which period, and whether they were killed.
type Told5 = (u8, u8, u8, u8, bool);

fn told() -> impl Strategy<Value = Told> {
    let figure = (0..3u8, 0..5u8, 0..3u8, 0..3u8, any::<bool>());
    let target = || 0..14u8;
    let retracts = (
        target(),
        prop::option::of(1..3u8),
        prop::option::of(target()),
    );
    let says = prop_oneof![
        8 => prop::collection::vec(figure, 1..3).prop_map(Says::Figures),
        4 => retracts.prop_map(|(target, figure, replacement)| Says::Retracts { target, figure, replacement }),
        1 => Just(Says::Partition),
        1 => Just(Says::Restart),
        1 => Just(Says::Moves),
        1 => (0..2u8).prop_map(Says::PlaceWithin),
        1 => any::<bool>().prop_map(Says::Party),
    ];
    (0..2u8, 0..4u8, 0..5u8, 0..2u8, says).prop_map(
        |(situation, learnt, occurred, source, says)| Told {
            situation,
            learnt,
            occurred,
            source,
            says,
        },
    )
}

fn hour(hour: u8) -> Instant {
    Instant::from_unix_nanos(1_770_000_000_000_000_000 + i64::from(hour) * HOUR)
}

fn id(index: u8) -> EventId {
    EventId::from_content(hour(0), [index; 10])
}

fn situation(number: u8) -> SituationId {
    SituationId::new(format!("situation-{number}")).unwrap()
}

fn source(number: u8) -> SourceId {
    SourceId::new(format!("source-{number}")).unwrap()
}

fn place(number: u8) -> PlaceId {
    PlaceId::new(format!("place-{number}")).unwrap()
}

fn figure((who, number, at, period, is_killed): Told5) -> Figure {
    Figure {
        outcome: if is_killed {
            Outcome::Killed
        } else {
            Outcome::Injured
        },
        who: [Role::All, Role::Civilian, Role::SecurityForces][usize::from(who)],
        sex: None,
        age: None,
        quantity: Quantity::exactly(Count::new(u64::from(number) * 7).unwrap()),
        words: None,
        scope: Harm::All,
        places: (at > 0).then(|| place(at - 1)).into_iter().collect(),
        period: match period {
            0 => Period::Cumulative { since: None },
            1 => Period::Cumulative {
                since: Some(When::instant(hour(0))),
            },
            _ => Period::Window {
                counts: WindowKind::Occurrence,
                from: When::instant(hour(0)),
            },
        },
        basis: Basis::Reported,
    }
}

fn payload(index: u8, told: &Told) -> Payload {
    match &told.says {
        Says::Figures(figures) => CasualtiesReported {
            figures: figures.iter().copied().map(figure).collect(),
            words: None,
            epoch: None,
        }
        .into(),
        Says::Retracts {
            target,
            figure,
            replacement,
        } => ClaimRetracted {
            target: figure.map_or(ClaimRef::Event(id(*target)), |figure| {
                ClaimRef::Claim(ClaimId {
                    event: id(*target),
                    figure: u16::from(figure),
                })
            }),
            reason: RetractionReason::SourceError,
            replacement: replacement.map(|replacement| ClaimRef::Event(id(replacement))),
            words: None,
        }
        .into(),
        Says::Partition => PartitionDeclared {
            outcome: Outcome::Killed,
            scope: Harm::All,
            places: Vec::new(),
            whole: Who::any(Role::All),
            parts: [Role::Civilian, Role::SecurityForces]
                .map(Who::any)
                .to_vec(),
            coverage: Coverage::Exhaustive,
        }
        .into(),
        Says::Restart => CounterRestarted {
            epoch: Name::new(format!("e{index}")).unwrap(),
            outcome: None,
            words: None,
        }
        .into(),
        Says::Moves => OutcomeChanged {
            count: Count::new(1).unwrap(),
            from: Outcome::Injured,
            to: Outcome::Killed,
            people: Who::any(Role::Civilian),
            scope: Harm::All,
            places: Vec::new(),
        }
        .into(),
        Says::PlaceWithin(outer) => PlaceDescribed {
            place: place(1 - outer),
            names: vec![Name::new("a place").unwrap()],
            codes: Vec::new(),
            within: vec![place(*outer)],
            point: None,
        }
        .into(),
        Says::Party(has_party) => SourceDescribed {
            id: source(told.source),
            name: Name::new("a source").unwrap(),
            kind: SourceKind::Official,
            party: has_party.then(|| Name::new("party").unwrap()),
        }
        .into(),
    }
}

fn log(history: &[Told]) -> Vec<Recorded> {
    let event = |(index, told): (u8, &Told)| Event {
        occurred: Some(When::instant(hour(told.occurred))),
        learnt_at: Some(hour(told.learnt)),
        source: Some(Source::new(source(told.source))),
        ..Event::new(id(index), situation(told.situation), payload(index, told))
    };
    let events: Vec<Event> = (0..).zip(history).map(event).collect();
    let store = MemoryStore::default();
    store.append(&events, &Condition::None, hour(20)).unwrap();
    store.read_after(Position::START, 1000).unwrap()
}

fn questions() -> [Question; 3] {
    let asked = |figure: &str| Question {
        figure: Some(figure.parse().unwrap()),
        ..Question::default()
    };
    [
        Question::default(),
        asked("killed/civilian"),
        asked("killed/all@place-0"),
    ]
}

/// Before the event at a position, and with it.
fn around(position: Position) -> [Known; 2] {
    let before = Position::new(position.get() - 1);
    [before, position].map(Known::Position)
}

/// Whether a notice says what the answers and the history of its figure say.
fn check(tolls: &Tolls, notice: &Notice, valid: Valid) -> Result<(), TestCaseError> {
    let states = around(notice.position).map(|known| {
        let as_of = AsOf { valid, known };
        let answer = tolls.at(&notice.situation, as_of, &Question::default());
        let mut all = answer.tolls.iter();
        let toll = all.find(|toll| toll.figure == notice.figure);
        toll.map(Brief::of)
    });
    prop_assert_eq!(
        [&notice.from, &notice.to],
        states.each_ref(),
        "{:?}",
        notice
    );
    let as_of = AsOf {
        valid,
        known: Known::Position(notice.position),
    };
    let (situation, figure) = (&notice.situation, &notice.figure);
    let history = tolls.history(situation, as_of, figure, &Policy::Latest, Reading::Floor);
    let is_alone = |change: &&situ_tolls::Change| {
        let mut causes = change.causes.iter();
        change.known == as_of.known && causes.all(|cause| cause.position == notice.position)
    };
    // A correction of two events is one step of a history.
    if let Some(change) = history.last().filter(is_alone)
        && (&change.from, &change.to) == (&notice.from, &notice.to)
    {
        prop_assert_eq!(
            (change.class, &change.causes),
            (notice.class, &notice.causes)
        );
        prop_assert_eq!(
            (&change.arose, &change.settled),
            (&notice.arose, &notice.settled)
        );
    }
    Ok(())
}

proptest! {
    #[test]
    fn what_was_kept_changes_nothing_that_is_told(history in prop::collection::vec(told(), 1..14), valid in 2..6u8, begin in 0..14usize) {
        let log = log(&history);
        let valid = Valid(hour(valid));
        for question in questions() {
            let mut tolls = Tolls::default();
            let mut watch = Watch::new(valid, question.clone());
            let mut later = Watch::new(valid, question.clone());
            for (index, recorded) in log.iter().enumerate() {
                let touched = tolls.apply(recorded).unwrap();
                let told = watch.notices(&tolls, recorded, &touched);
                prop_assert_eq!(&told, &tolls.notices(recorded, &touched, valid, &question));
                if index >= begin {
                    prop_assert_eq!(&told, &later.notices(&tolls, recorded, &touched));
                }
            }
        }
    }

    #[test]
    fn a_notice_says_what_the_answers_around_it_and_the_history_say(history in prop::collection::vec(told(), 1..14), valid in 2..6u8) {
        let valid = Valid(hour(valid));
        let mut tolls = Tolls::default();
        let mut watch = Watch::new(valid, Question::default());
        for recorded in &log(&history) {
            let touched = tolls.apply(recorded).unwrap();
            for notice in watch.notices(&tolls, recorded, &touched) {
                check(&tolls, &notice, valid)?;
            }
        }
    }
}
