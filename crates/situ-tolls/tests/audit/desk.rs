//! A desk that records one event after another; days are days of May 2026 in UTC, and news comes at noon.

use situ_core::{
    AsOf, Basis, CasualtiesReported, ClaimId, ClaimRef, ClaimRetracted, Condition, Count, Event,
    EventId, EventStore, Figure, Harm, Instant, Known, Outcome, Payload, Period, Position,
    Projection, Quantity, Recorded, RetractionReason, Role, SituationId, Source, SourceId, Valid,
    When,
};
use situ_memory::MemoryStore;
use situ_tolls::{FigureName, Tolls};

#[derive(Default)]
pub(crate) struct Desk {
    store: MemoryStore,
    next: u8,
}

/// The figure most stories are about.
pub(crate) fn civilians() -> FigureName {
    "killed/civilian".parse().unwrap()
}

pub(crate) fn situation() -> SituationId {
    SituationId::new("s").unwrap()
}

pub(crate) fn day(day: u32) -> When {
    format!("2026-05-{day:02}[UTC]").parse().unwrap()
}

pub(crate) fn noon(day: u32) -> Instant {
    format!("2026-05-{day:02}T12:00:00Z").parse().unwrap()
}

pub(crate) fn learnt(day: u32) -> Known {
    Known::Learnt(noon(day))
}

pub(crate) fn at(valid: u32, known: Known) -> AsOf {
    AsOf {
        valid: Valid(noon(valid)),
        known,
    }
}

pub(crate) fn exactly(number: u64) -> Quantity {
    Quantity::exactly(Count::new(number).unwrap())
}

/// People killed since 1 May.
pub(crate) fn killed(who: Role, number: u64) -> Figure {
    Figure {
        outcome: Outcome::Killed,
        who,
        sex: None,
        age: None,
        quantity: exactly(number),
        words: None,
        scope: Harm::All,
        places: Vec::new(),
        period: Period::Cumulative {
            since: Some(day(1)),
        },
        basis: Basis::Reported,
    }
}

pub(crate) fn source(id: &str) -> SourceId {
    SourceId::new(id).unwrap()
}

impl Desk {
    /// Records an event of its own, learnt at noon of a day.
    pub(crate) fn record(
        &mut self,
        learnt: u32,
        envelope: impl FnOnce(Event) -> Event,
        payload: impl Into<Payload>,
    ) -> EventId {
        self.next += 1;
        let id = EventId::from_content(noon(learnt), [self.next; 10]);
        let event = envelope(Event {
            learnt_at: Some(noon(learnt)),
            ..Event::new(id, situation(), payload)
        });
        self.store
            .append(&[event], &Condition::None, noon(28))
            .unwrap();
        id
    }

    /// A report by an origin, through so many relays; gives its first claim.
    pub(crate) fn report_via(
        &mut self,
        (origin, via): (&str, &[&str]),
        as_of: u32,
        learnt: u32,
        figures: Vec<Figure>,
    ) -> ClaimId {
        let envelope = |event| Event {
            occurred: Some(day(as_of)),
            source: Some(Source {
                via: via.iter().map(|via| source(via)).collect(),
                ..Source::new(source(origin))
            }),
            ..event
        };
        let reported = CasualtiesReported {
            figures,
            words: None,
            epoch: None,
        };
        ClaimId {
            event: self.record(learnt, envelope, reported),
            figure: 1,
        }
    }

    /// Civilians killed, as an origin reports them.
    pub(crate) fn civilians(
        &mut self,
        origin: &str,
        as_of: u32,
        learnt: u32,
        number: u64,
    ) -> ClaimId {
        let figures = vec![killed(Role::Civilian, number)];
        self.report_via((origin, &[]), as_of, learnt, figures)
    }

    pub(crate) fn retract(
        &mut self,
        learnt: u32,
        target: ClaimRef,
        reason: RetractionReason,
        replacement: Option<ClaimId>,
    ) -> EventId {
        let replacement = replacement.map(ClaimRef::Claim);
        let retracted = ClaimRetracted {
            target,
            reason,
            replacement,
            words: None,
        };
        self.record(learnt, |event| event, retracted)
    }

    pub(crate) fn log(&self) -> Vec<Recorded> {
        self.store.read_after(Position::START, 1000).unwrap()
    }

    pub(crate) fn tolls(&self) -> Tolls {
        fold(&self.log())
    }

    /// All the log holds.
    pub(crate) fn all(&self) -> Known {
        Known::Position(self.store.head().unwrap())
    }
}

pub(crate) fn fold<'a>(log: impl IntoIterator<Item = &'a Recorded>) -> Tolls {
    let mut tolls = Tolls::default();
    for recorded in log {
        tolls.apply(recorded).unwrap();
    }
    tolls
}
