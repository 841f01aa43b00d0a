//! What the views for SQL tools cost beside a replay of the same log: `cargo bench -p situ-follow`.
//!
//! Prints the time to build them from nothing, to take in one more event, and to start again, for one situation of few figures and
//! one of many. Times are of this machine; the ratios are what counts.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that prints what it measured"
)]

use std::time::{Duration, Instant as Clock};

use situ_core::{
    BATCH_LIMIT, Basis, CasualtiesReported, Condition, Count, Event, EventId, EventStore as _,
    Figure, Harm, Instant, Outcome, Period, PlaceId, Position, Projection as _, Quantity, Role,
    SituationId, Source, SourceId, When, replay,
};
use situ_follow::{Progress, Runner, SqlViews};
use situ_sqlite::SqliteStore;
use situ_tolls::Tolls;

const EVENTS: u64 = 50_000;

fn main() {
    println!("{EVENTS} reports of one figure each, in one situation");
    for places in [4, 400] {
        measure(places);
    }
}

fn measure(places: u64) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path().join("log.db")).unwrap();
    let events: Vec<_> = (0..EVENTS + 50)
        .map(|number| report(number, places))
        .collect();
    let (first, more) = events.split_at(usize::try_from(EVENTS).unwrap());
    for batch in first.chunks(BATCH_LIMIT) {
        store.append(batch, &Condition::None, at(EVENTS)).unwrap();
    }
    let replayed = timed(|| {
        let mut tolls = Tolls::default();
        replay(&store, Position::START, |recorded| {
            tolls.apply(recorded).map(|_| ())
        })
        .unwrap();
    });
    let mut runner = Runner::new(&store, SqlViews::default());
    let built = timed(|| catch_up(&mut runner));
    let mut live: Vec<_> = more
        .iter()
        .map(|event| {
            let batch = std::slice::from_ref(event);
            store.append(batch, &Condition::None, at(EVENTS)).unwrap();
            timed(|| catch_up(&mut runner))
        })
        .collect();
    live.sort_unstable();
    runner.finish().unwrap();
    let mut runner = Runner::new(&store, SqlViews::default());
    let started = timed(|| catch_up(&mut runner));
    runner.finish().unwrap();
    let times = |time: Duration| time.as_secs_f64() / replayed.as_secs_f64();
    println!(
        "{places} places: replay of the tolls {replayed:.2?}; built in {built:.2?} ({:.1} ×), started in {started:.2?} ({:.1} ×), one more event in {:.2?}",
        times(built),
        times(started),
        live[live.len() / 2]
    );
}

fn catch_up(runner: &mut Runner<'_, SqlViews>) {
    while !matches!(runner.step(at(EVENTS)).unwrap(), Progress::CaughtUp { .. }) {}
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Clock::now();
    work();
    start.elapsed()
}

fn at(number: u64) -> Instant {
    let minutes = i64::try_from(number).unwrap();
    Instant::from_unix_nanos((1_700_000_000 + minutes * 60) * 1_000_000_000)
}

fn report(number: u64, places: u64) -> Event {
    let [.., a, b, c, d] = number.to_be_bytes();
    let id = EventId::from_content(at(number), [0, 0, 0, 0, 0, 0, a, b, c, d]);
    let place = PlaceId::new(format!("place-{}", number % places)).unwrap();
    let figure = Figure {
        outcome: Outcome::Killed,
        who: Role::Civilian,
        sex: None,
        age: None,
        quantity: Quantity::at_least(Count::new(number).unwrap()),
        words: None,
        scope: Harm::All,
        places: vec![place],
        period: Period::Cumulative { since: None },
        basis: Basis::Reported,
    };
    let reported = CasualtiesReported {
        figures: vec![figure],
        words: None,
        epoch: None,
    };
    let source = SourceId::new(format!("source-{}", number % 3)).unwrap();
    Event {
        occurred: Some(When::instant(at(number))),
        learnt_at: Some(at(number)),
        source: Some(Source::new(source)),
        ..Event::new(id, SituationId::new("s").unwrap(), reported)
    }
}
