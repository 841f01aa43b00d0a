//! What it costs to be told of every change beside the fold of both views: `cargo bench -p situ-follow --bench notices [-- --quick]`.
//!
//! A follower catches up on a log as a busy desk would record it, four reports of casualties to one of services; reading the log
//! is not measured. Times are of this machine; the ratios are what counts.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that prints what it measured"
)]

use std::time::{Duration, Instant as Clock};

use situ_core::{
    Basis, CasualtiesReported, Causes, Count, Degree, Event, EventId, Extent, Figure, Harm, Instant,
    Outcome, Payload, Period, PlaceId, Position, Projection as _, Quantity, Recorded, Role,
    Service, ServiceScope, ServiceSuspended, SituationId, Source, SourceId, When,
};
use situ_follow::{Asked, Follower};
use situ_services::Services;
use situ_tolls::Tolls;

fn main() {
    let share = match std::env::args().any(|argument| argument == "--quick") {
        true => 50,
        false => 1,
    };
    println!("| log | told of | events/s | notices/s | times the fold of both views |");
    println!("|---|---|---|---|---|");
    measure(1_000_000 / share, 100);
    measure(100_000 / share, 1);
}

fn measure(events: u64, situations: u64) {
    let log: Vec<_> = (1..=events)
        .map(|number| recorded(number, situations))
        .collect();
    let (mut tolls, mut services) = (Tolls::default(), Services::default());
    let folded = timed(|| {
        for recorded in &log {
            tolls.apply(recorded).unwrap();
            services.apply(recorded).unwrap();
        }
    });
    let everything = Asked::everything();
    let figures = Asked {
        services: None,
        ..everything.clone()
    };
    let boards = Asked {
        figures: None,
        ..everything.clone()
    };
    for (what, asked) in [
        ("figures", figures),
        ("services", boards),
        ("both", everything),
    ] {
        let mut follower = Follower::new(asked, Position::START);
        let mut notices = 0;
        let told = timed(|| {
            for recorded in &log {
                notices += follower.apply(recorded).unwrap().len();
            }
        });
        let a_second = |count: f64| count / told.as_secs_f64();
        println!(
            "| {events} events, situations: {situations} | {what} | {:.0} | {:.0} | {:.1} |",
            a_second(events as f64),
            a_second(notices as f64),
            told.as_secs_f64() / folded.as_secs_f64()
        );
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Clock::now();
    work();
    start.elapsed()
}

/// The lines of a situation: ten counts by each of ten sources.
const SOURCES: u64 = 10;
const PLACES: u64 = 10;

fn recorded(number: u64, situations: u64) -> Recorded {
    let minutes = i64::try_from(number).unwrap();
    let learnt_at = Instant::from_unix_nanos((1_700_000_000 + minutes * 60) * 1_000_000_000);
    let mut digest = [0; 10];
    digest[2..].copy_from_slice(&number.to_be_bytes());
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    let source = format!("source-{}", scattered % SOURCES);
    let place = format!("place-{}", scattered / SOURCES % PLACES);
    let situation = format!("situation-{}", number % situations);
    let event = Event {
        occurred: Some(When::instant(learnt_at)),
        source: Some(Source::new(SourceId::new(source).unwrap())),
        ..Event::new(
            EventId::from_content(learnt_at, digest),
            SituationId::new(situation).unwrap(),
            payload(number / situations, PlaceId::new(place).unwrap()),
        )
    };
    let mut body = Vec::new();
    event.encode(&mut body).unwrap();
    Recorded {
        position: Position::new(number),
        recorded_at: learnt_at,
        learnt_at,
        id: event.id,
        situation: event.situation.clone(),
        kind: event.payload.kind(),
        version: event.payload.version(),
        body: String::from_utf8(body).unwrap().into(),
    }
}

fn payload(number: u64, place: PlaceId) -> Payload {
    if number.is_multiple_of(5) {
        return ServiceSuspended {
            service: Service::MobileData,
            scope: ServiceScope::of(Extent::Area { place }),
            degree: Degree::None,
            causes: Causes::default(),
            ordered_by: None,
            ordinal: None,
            words: None,
        }
        .into();
    }
    let figure = Figure {
        outcome: Outcome::Killed,
        who: Role::Civilian,
        sex: None,
        age: None,
        quantity: Quantity::at_least(Count::new(number / 100).unwrap()),
        words: None,
        scope: Harm::All,
        places: vec![place],
        period: Period::Cumulative { since: None },
        basis: Basis::Reported,
    };
    CasualtiesReported {
        figures: vec![figure],
        words: None,
        epoch: None,
    }
    .into()
}
