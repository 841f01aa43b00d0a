//! What it costs to be told of every change: `cargo bench -p situ-follow --bench notices [-- --quick] [many] [one]`.
//!
//! A follower catches up on a file as a busy desk would have recorded it: four reports of casualties to one of services, ten sources
//! counting in ten places of each situation. The floor folds the same events from the same file into the same views and tells
//! nothing. CPU time of the process, which is of this machine; the ratios are what counts.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that prints what it measured"
)]

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use situ_core::{
    BATCH_LIMIT, Basis, CasualtiesReported, Causes, ClaimRef, ClaimRetracted, Condition, Count,
    Degree, Event, EventId, EventStore as _, Extent, Figure, Harm, Instant, Outcome, Payload,
    Period, PlaceId, Position, Projection as _, Quantity, RetractionReason, Role, Service,
    ServiceScope, ServiceSuspended, SituationId, Source, SourceId, When, replay,
};
use situ_follow::{Asked, Follower};
use situ_services::Services;
use situ_sqlite::SqliteStore;
use situ_tolls::Tolls;

fn main() {
    let events = match std::env::args().any(|argument| argument == "--quick") {
        true => 20_000,
        false => 1_000_000,
    };
    println!(
        "| log, events | told of | seconds | events/s | notices/s | times the fold of both views |"
    );
    println!("|---|---|---|---|---|---|");
    let log = |name, situations, order| Log {
        name,
        events,
        situations,
        order,
    };
    let all = ["figures", "services", "both"];
    let is_named = |name: &str| std::env::args().any(|argument| argument == name);
    let is_meant = |name: &str| is_named(name) || !is_named("many") && !is_named("one");
    if is_meant("many") {
        measure(&log("100 situations", 100, Order::AsItCame), &all);
        let late = log("100, late and corrected", 100, Order::LateAndCorrected);
        measure(&late, &all);
    }
    if is_meant("one") {
        let late = Log {
            events: events.min(100_000),
            ..log("one, late and corrected", 1, Order::LateAndCorrected)
        };
        measure(&late, &all[..1]);
        // Telling of a service looks at everything ever said of it, which is much in one situation.
        let short = Log {
            events: 20_000,
            ..log("one", 1, Order::AsItCame)
        };
        measure(&short, &all);
    }
}

/// A log to catch up on.
struct Log {
    name: &'static str,
    events: u64,
    situations: u64,
    order: Order,
}

/// How reports come.
enum Order {
    /// Each is the newest of its line.
    AsItCame,
    /// One of twenty is older than what its line said last, and one of two hundred is taken back for another.
    LateAndCorrected,
}

fn measure(log: &Log, told_of: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path().join("log.db")).unwrap();
    let numbers: Vec<u64> = (0..log.events).collect();
    for batch in numbers.chunks(BATCH_LIMIT) {
        let events: Vec<Event> = batch.iter().map(|number| log.event(*number)).collect();
        let now = at(log.events);
        store.append(&events, &Condition::None, now).unwrap();
    }
    let folded = timed(|| {
        let (mut tolls, mut services) = (Tolls::default(), Services::default());
        replay(&store, Position::START, |recorded| {
            tolls.apply(recorded)?;
            services.apply(recorded).map(|_| ())
        })
        .unwrap();
    });
    for what in told_of {
        let mut asked = Asked::everything();
        match *what {
            "figures" => asked.services = None,
            "services" => asked.figures = None,
            _ => {}
        }
        let mut follower = Follower::new(asked, Position::START);
        let mut notices = 0;
        let told = timed(|| {
            replay(&store, Position::START, |recorded| {
                notices += follower.apply(recorded)?.len();
                Ok(())
            })
            .unwrap();
        });
        let seconds = told.as_secs_f64();
        let a_second = |count: f64| count / seconds;
        println!(
            "| {}, {} | {what} | {seconds:.1} | {:.0} | {:.0} | {:.1} |",
            log.name,
            log.events,
            a_second(log.events as f64),
            a_second(notices as f64),
            seconds / folded.as_secs_f64()
        );
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let start = now();
    work();
    now() - start
}

/// The lines of a situation: ten counts by each of ten sources.
const SOURCES: u64 = 10;
const PLACES: u64 = 10;

impl Log {
    /// The events come round the situations, one a minute.
    fn event(&self, number: u64) -> Event {
        let index = number / self.situations;
        match self.order {
            // Twenty and twenty-one before are reports that came in time.
            Order::LateAndCorrected if index % 200 == 121 => Event {
                learnt_at: Some(at(number)),
                ..Event::new(
                    id(number),
                    self.situation(number),
                    ClaimRetracted {
                        target: ClaimRef::Event(id(number - 20 * self.situations)),
                        reason: RetractionReason::SourceError,
                        replacement: Some(ClaimRef::Event(id(number + self.situations))),
                        words: None,
                    },
                )
            },
            Order::LateAndCorrected if index % 200 == 122 => {
                self.report(number, number - 21 * self.situations, index / 100 + 1)
            }
            Order::LateAndCorrected if index % 20 == 7 && index > LATE => {
                self.report(number, number - LATE * self.situations, index / 100)
            }
            _ if index.is_multiple_of(5) => Event {
                occurred: Some(When::instant(at(number))),
                learnt_at: Some(at(number)),
                source: Some(source(number)),
                ..Event::new(id(number), self.situation(number), suspended(place(number)))
            },
            _ => self.report(number, number, index / 100),
        }
    }

    /// A report of the line and the moment of another event.
    fn report(&self, number: u64, of: u64, count: u64) -> Event {
        let figure = Figure {
            outcome: Outcome::Killed,
            who: Role::Civilian,
            sex: None,
            age: None,
            quantity: Quantity::at_least(Count::new(count).unwrap()),
            words: None,
            scope: Harm::All,
            places: vec![place(of)],
            period: Period::Cumulative { since: None },
            basis: Basis::Reported,
        };
        let reported = CasualtiesReported {
            figures: vec![figure],
            words: None,
            epoch: None,
        };
        Event {
            occurred: Some(When::instant(at(of))),
            learnt_at: Some(at(number)),
            source: Some(source(of)),
            ..Event::new(id(number), self.situation(number), reported)
        }
    }

    fn situation(&self, number: u64) -> SituationId {
        SituationId::new(format!("situation-{}", number % self.situations)).unwrap()
    }
}

/// How many events of its situation ago a late report would have been in time: its line has been told of some four times since.
const LATE: u64 = 500;

fn suspended(place: PlaceId) -> Payload {
    ServiceSuspended {
        service: Service::MobileData,
        scope: ServiceScope::of(Extent::Area { place }),
        degree: Degree::None,
        causes: Causes::default(),
        ordered_by: None,
        ordinal: None,
        words: None,
    }
    .into()
}

fn at(number: u64) -> Instant {
    let minutes = i64::try_from(number).unwrap();
    Instant::from_unix_nanos((1_700_000_000 + minutes * 60) * 1_000_000_000)
}

fn id(number: u64) -> EventId {
    let mut digest = [0; 10];
    digest[2..].copy_from_slice(&number.to_be_bytes());
    EventId::from_content(at(number), digest)
}

fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16
}

fn source(number: u64) -> Source {
    let source = format!("source-{}", scattered(number) % SOURCES);
    Source::new(SourceId::new(source).unwrap())
}

fn place(number: u64) -> PlaceId {
    let place = format!("place-{}", scattered(number) / SOURCES % PLACES);
    PlaceId::new(place).unwrap()
}
