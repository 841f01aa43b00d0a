//! The pairs that bound each other are those of the plain definition, on ladders or not.

use std::collections::BTreeSet;

use proptest::prelude::*;
use situ_core::{
    AsOf, AttackMode, AttackOccurred, CasualtiesReported, Condition, Coverage, Event, EventId,
    EventStore as _, Figure, Known, Name, PartitionDeclared, Payload, Period, PlaceDescribed,
    Position, Projection as _, Quantity, Role, SituationId, Source, SourceId, Valid, When, Who,
    Zone,
};
use situ_memory::MemoryStore;

use super::*;
use crate::lines::{Listed, standing};
use crate::tolls::Tolls;

const HOUR: i64 = 3_600_000_000_000;

/// One figure: who, outcome and basis, whose harm, where, over which time, how many, as of when; each by number.
type Told = ([u8; 7], u64);

fn hour(hour: u8) -> Instant {
    Instant::from_unix_nanos(1_770_000_000_000_000_000 + i64::from(hour) * HOUR)
}

fn id(index: u8) -> EventId {
    EventId::from_content(hour(0), [index; 10])
}

/// An hour of two days, or the second or third day.
fn as_of(moment: u8) -> When {
    let day = |moment: u8| Zone::UTC.day_of(hour((moment - 4) * 24));
    match moment {
        0..5 => When::instant(hour(1 + moment * 9)),
        _ => When::day(day(moment), Zone::UTC),
    }
}

fn figure(([who, kind, harm, place, span, form, _], number): Told) -> Figure {
    let count = situ_core::Count::new(number).unwrap();
    let from = When::instant(hour(span % 2));
    let places = [vec![], vec!["town"], vec!["country"]];
    let places = places[usize::from(place)].iter();
    Figure {
        outcome: [Outcome::Killed, Outcome::Injured][usize::from(kind % 2)],
        who: [Role::All, Role::Civilian, Role::Medical][usize::from(who)],
        sex: None,
        age: None,
        quantity: [Quantity::exactly(count), Quantity::at_least(count)][usize::from(form.min(1))],
        words: None,
        scope: [
            Harm::All,
            Harm::Attacks,
            Harm::Operations,
            Harm::Event(id(0)),
            Harm::Event(id(1)),
        ][usize::from(harm)],
        places: places.map(|place| PlaceId::new(*place).unwrap()).collect(),
        period: match span {
            0 | 1 => Period::Cumulative { since: Some(from) },
            2 | 3 => Period::Window {
                counts: [WindowKind::Occurrence, WindowKind::Unstated][usize::from(span - 2)],
                from,
            },
            _ => Period::Incident,
        },
        basis: [Basis::Reported, Basis::Identified][usize::from(kind / 2)],
    }
}

fn event(index: u8, payload: impl Into<Payload>, occurred: When) -> Event {
    Event {
        occurred: Some(occurred),
        learnt_at: Some(hour(0)),
        source: Some(Source::new(
            SourceId::new(format!("source-{index}")).unwrap(),
        )),
        ..Event::new(id(index), SituationId::new("s").unwrap(), payload)
    }
}

/// Two attacks, the second within the first; a town in a country; then what is told, and perhaps a partition.
fn fold(told: &[Told], is_parted: bool) -> Tolls {
    let attack = |part_of| AttackOccurred {
        mode: AttackMode::ArmedAssault,
        targets: Vec::new(),
        places: Vec::new(),
        unnamed_places_within: None,
        part_of,
        words: None,
    };
    let town = PlaceDescribed {
        place: PlaceId::new("town").unwrap(),
        names: vec![Name::new("Town").unwrap()],
        codes: Vec::new(),
        within: vec![PlaceId::new("country").unwrap()],
        point: None,
    };
    let partition = PartitionDeclared {
        outcome: Outcome::Killed,
        scope: Harm::All,
        places: Vec::new(),
        whole: Who::any(Role::All),
        parts: [Role::Civilian, Role::Medical].map(Who::any).to_vec(),
        coverage: Coverage::Exhaustive,
    };
    let mut events = vec![
        event(0, attack(None), as_of(0)),
        event(1, attack(Some(id(0))), as_of(0)),
        event(2, town, as_of(0)),
    ];
    if is_parted {
        events.push(event(3, partition, as_of(0)));
    }
    for (index, told) in (4..).zip(told) {
        let reported = CasualtiesReported {
            figures: vec![figure(*told)],
            words: None,
            epoch: None,
        };
        events.push(event(index, reported, as_of(told.0[6])));
    }
    let store = MemoryStore::default();
    store.append(&events, &Condition::None, hour(99)).unwrap();
    let mut tolls = Tolls::default();
    for recorded in store.read_after(Position::START, 1000).unwrap() {
        tolls.apply(&recorded).unwrap();
    }
    tolls
}

/// Every count that is no more than another, and why, by looking at each pair; without those that bound no figure.
fn naive(network: &Network<'_>) -> BTreeSet<(Node, Node, &'static str)> {
    let mut pairs = BTreeSet::new();
    for part in network.nodes() {
        let inner = &network.counts[part];
        let harms = network.context.harms_around(inner.cell.harm);
        for whole in network.nodes().filter(|whole| *whole != part) {
            let outer = &network.counts[whole];
            let may_be = harms.contains(&outer.cell.harm)
                && network.is_unstated(part) == network.is_unstated(whole);
            let name = network.context.containment(inner, outer);
            pairs.extend(name.filter(|_| may_be).map(|name| (part, whole, name)));
        }
    }
    pairs
}

fn told() -> impl Strategy<Value = Told> {
    let at = (0..3u8, 0..4u8, 0..5u8, 0..3u8, 0..5u8, 0..4u8, 0..7u8);
    let at = at.prop_map(|(who, kind, harm, place, span, form, moment)| {
        [who, kind, harm, place, span, form, moment]
    });
    (at, 0..20u64)
}

proptest! {
    #[test]
    fn what_is_no_more_than_what_is_as_by_looking_at_every_pair(
        told in prop::collection::vec(told(), 1..10),
        is_parted in any::<bool>(),
    ) {
        let tolls = fold(&told, is_parted);
        let as_of = AsOf {
            valid: Valid(hour(99)),
            known: Known::Position(Position::new(99)),
        };
        for (situation, claims) in tolls.situations() {
            let register = tolls.register();
            let cells: Vec<usize> = (0..claims.cells.len()).collect();
            let standing = standing(claims, &cells, register, as_of, &|_| Listed::All);
            let context = Context { situation, claims, register, as_of };
            let network = Network::new(context, &standing, None, crate::Series::Published);
            let pairs: BTreeSet<_> = network.all_rules.pairs().into_iter().collect();
            prop_assert_eq!(pairs, naive(&network));
            for system in network.systems().into_iter().chain(network.tentative_system()) {
                let solution = system.solve(|_| true);
                for node in network.nodes().filter(|node| !network.is_bounded[*node]) {
                    prop_assert!(solution.upper(node).is_none(), "{:?}", network.counts[node]);
                }
            }
        }
    }
}
