//! A count at the start of a window, the window, and what is counted at its end: 184 of one spokesman, then 20 more, then a report
//! with 197, 255, 22 and 36 and the partition between them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use situ_core::{
    AsOf, Basis, CasualtiesReported, ClaimRef, Condition, Count, Coverage, Event, EventId,
    EventStore, Figure, Harm, Instant, Known, Name, Outcome, PartitionDeclared, Payload, Period,
    Position, Projection, Quantity, Role, SituationId, Source, SourceDescribed, SourceId,
    SourceKind, Valid, When, Who, WindowKind,
};
use situ_memory::MemoryStore;
use situ_tolls::{Certainty, Question, Toll, TollPeriod, Tolls};

const SINCE: &str = "2026-01-31[Asia/Karachi]";
const WINDOW_STARTS: &str = "2026-02-03T10:00:00+05:00";
const INSIDE: &str = "2026-02-03T22:00:00+05:00";
const WINDOW_ENDS: &str = "2026-02-04T10:00:00+05:00";

/// A log told one event after another, in the order of the ids.
#[derive(Default)]
struct Log {
    store: MemoryStore,
    told: Vec<Event>,
}

fn exactly(number: u64) -> Quantity {
    Quantity::exactly(Count::new(number).unwrap())
}

fn at_least(number: u64) -> Quantity {
    Quantity::at_least(Count::new(number).unwrap())
}

fn killed(who: Role, quantity: Quantity, period: Period) -> Figure {
    Figure {
        outcome: Outcome::Killed,
        who,
        sex: None,
        age: None,
        quantity,
        words: None,
        scope: Harm::All,
        places: Vec::new(),
        period,
        basis: Basis::Reported,
    }
}

fn running(who: Role, quantity: Quantity) -> Figure {
    let since = Some(SINCE.parse().unwrap());
    killed(who, quantity, Period::Cumulative { since })
}

impl Log {
    fn tell(&mut self, origin: Option<&str>, as_of: Option<&str>, payload: impl Into<Payload>) {
        let learnt: Instant = WINDOW_ENDS.parse().unwrap();
        let number = u8::try_from(self.told.len()).unwrap();
        let id = EventId::from_content(learnt, [number; 10]);
        let situation = SituationId::new("s").unwrap();
        let event = Event {
            occurred: as_of.map(|as_of| When::instant(as_of.parse().unwrap())),
            learnt_at: Some(learnt),
            source: origin.map(|origin| Source::new(SourceId::new(origin).unwrap())),
            ..Event::new(id, situation, payload)
        };
        self.store
            .append(std::slice::from_ref(&event), &Condition::None, learnt)
            .unwrap();
        self.told.push(event);
    }

    fn report(&mut self, origin: &str, as_of: &str, figures: Vec<Figure>) {
        let reported = CasualtiesReported {
            figures,
            words: None,
            epoch: None,
        };
        self.tell(Some(origin), Some(as_of), reported);
    }

    /// 184 as of a moment, then the window of 20, and a count of militants at its end with the rest of its report.
    fn of(as_of_184: &str, militants: Quantity) -> Self {
        let mut log = Self::count_and_window(as_of_184);
        let official = "security-official";
        let rest = vec![
            running(Role::NonStateArmed, militants),
            running(Role::All, exactly(255)),
            running(Role::SecurityForces, exactly(22)),
            running(Role::Civilian, exactly(36)),
        ];
        log.report(official, WINDOW_ENDS, rest);
        let parts = [Role::NonStateArmed, Role::SecurityForces, Role::Civilian];
        let partition = PartitionDeclared {
            outcome: Outcome::Killed,
            scope: Harm::All,
            places: Vec::new(),
            whole: Who::any(Role::All),
            parts: parts.map(Who::any).to_vec(),
            coverage: Coverage::Exhaustive,
        };
        log.tell(None, None, partition);
        log
    }

    fn count_and_window(as_of_184: &str) -> Self {
        let mut log = Self::default();
        for id in ["ps", "security-official"] {
            let described = SourceDescribed {
                id: SourceId::new(id).unwrap(),
                name: Name::new(id).unwrap(),
                kind: SourceKind::Official,
                party: Some(Name::new("State of Pakistan").unwrap()),
            };
            log.tell(None, None, described);
        }
        let count = vec![running(Role::NonStateArmed, exactly(184))];
        log.report("ps", as_of_184, count);
        let window = Period::Window {
            counts: WindowKind::Occurrence,
            from: When::instant(WINDOW_STARTS.parse().unwrap()),
        };
        let window = vec![killed(Role::NonStateArmed, exactly(20), window)];
        log.report("security-official", WINDOW_ENDS, window);
        log
    }

    fn ask(&self) -> Vec<Toll> {
        let mut tolls = Tolls::default();
        let head = situ_core::replay(&self.store, Position::START, |recorded| {
            tolls.apply(recorded).map(drop)
        });
        let as_of = AsOf {
            valid: Valid(WINDOW_ENDS.parse().unwrap()),
            known: Known::Position(head.unwrap()),
        };
        let situation = SituationId::new("s").unwrap();
        tolls.at(&situation, as_of, &Question::default()).tolls
    }

    fn militants(&self) -> Toll {
        let running = |toll: &Toll| {
            toll.who == Role::NonStateArmed && matches!(toll.period, TollPeriod::Cumulative { .. })
        };
        self.ask().into_iter().find(running).unwrap()
    }

    /// The numbers of the claims in each conflict, in order, and the gap; a partition is no claim.
    fn clashes(&self, toll: &Toll) -> Vec<(Vec<u64>, u64)> {
        let number = |name: &ClaimRef| {
            let ClaimRef::Claim(claim) = name else {
                return None;
            };
            let event = self.told.iter().find(|event| event.id == claim.event);
            let Payload::CasualtiesReported(reported) = &event.unwrap().payload else {
                return None;
            };
            reported.figures[usize::from(claim.figure) - 1]
                .quantity
                .shown()
        };
        let conflicts = toll.conflicts.iter();
        let mut clashes: Vec<_> = conflicts
            .map(|conflict| {
                assert_eq!(conflict.certainty, Certainty::Certain, "{conflict:?}");
                let mut numbers: Vec<u64> = conflict.claims.iter().filter_map(number).collect();
                numbers.sort_unstable();
                (numbers, conflict.gap)
            })
            .collect();
        clashes.sort();
        clashes
    }
}

#[test]
fn a_bare_197_clashes_with_the_window_directly_and_through_the_partition() {
    let log = Log::of(WINDOW_STARTS, exactly(197));
    let directly = (vec![20, 184, 197], 7);
    let through_the_partition = (vec![20, 22, 36, 184, 255], 7);
    let militants = log.militants();
    assert_eq!(
        log.clashes(&militants),
        [through_the_partition, directly],
        "{:#?}",
        militants.conflicts
    );
}

#[test]
fn at_least_197_leaves_only_the_clash_through_the_partition() {
    let log = Log::of(WINDOW_STARTS, at_least(197));
    let militants = log.militants();
    assert_eq!(
        log.clashes(&militants),
        [(vec![20, 22, 36, 184, 255], 7)],
        "{:#?}",
        militants.conflicts
    );
}

#[test]
fn a_count_taken_inside_the_window_leaves_room_for_197() {
    let mut log = Log::count_and_window(INSIDE);
    log.report(
        "security-official",
        WINDOW_ENDS,
        vec![running(Role::NonStateArmed, at_least(1))],
    );
    let point = log.militants().point;
    assert_eq!((point.least, point.most), (184, Some(204)));

    for militants in [exactly(197), at_least(197)] {
        let log = Log::of(INSIDE, militants);
        for toll in log.ask() {
            assert_eq!(toll.conflicts, [], "{militants}");
        }
        let point = log.militants().point;
        assert_eq!((point.least, point.most), (197, Some(197)), "{militants}");
    }
}
