//! What a status costs beside a floor in the same run: `cargo bench -p situ-services`.
//!
//! A million reports about services, 100 provinces of 100 districts each. Prints the median time of the status of one district at a
//! random as-of, beside the floor: finding the reports on it, and on the province it lies in, in ordered maps, and looking at the
//! clocks of each; then the fold of everything beside the bare parsing of the same lines, and the replay of a file into the fold
//! beside the bare scan of its rows. Times are of this machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that prints what it measured"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant as Clock};

use rusqlite::Connection;
use rustix::time::{ClockId, clock_gettime};
use situ_core::{
    AsOf, Causes, Condition, Degree, Event, EventId, EventStore as _, Extent, Instant, Known,
    Payload, PlaceDescribed, PlaceId, Position, Projection as _, Recorded, Service,
    ServiceConfirmed, ServiceRestored, ServiceScope, ServiceSuspended, SituationId, Source,
    SourceId, Valid, When, replay,
};
use situ_services::{ServiceStatus, Services, TimeToLive};
use situ_sqlite::SqliteStore;

const EVENTS: u64 = 1_000_000;
const PROVINCES: u64 = 100;
const DISTRICTS: u64 = 100;
const HOUR: i64 = 3600 * 1_000_000_000;
const FIRST: i64 = 1_700_000_000 * 1_000_000_000;
const SERVICES: [Service; 2] = [Service::Electricity, Service::Water];

/// A small generator, so that every run measures the same questions.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn moment(position: u64) -> Instant {
    // A hundred reports an hour.
    Instant::from_unix_nanos(FIRST + i64::try_from(position).unwrap() * HOUR / 100)
}

fn province(number: u64) -> PlaceId {
    PlaceId::new(format!("province-{number}")).unwrap()
}

fn district(number: u64) -> PlaceId {
    PlaceId::new(format!("district-{number}")).unwrap()
}

fn event(position: u64, occurred: bool, payload: impl Into<Payload>) -> Event {
    let learnt_at = moment(position);
    let mut digest = [0; 10];
    digest[2..].copy_from_slice(&position.to_be_bytes());
    let source = SourceId::new(format!("source-{}", position % 7)).unwrap();
    Event {
        occurred: occurred.then(|| When::instant(learnt_at)),
        learnt_at: Some(learnt_at),
        source: Some(Source::new(source)),
        ..Event::new(
            EventId::from_content(learnt_at, digest),
            SituationId::new("situation").unwrap(),
            payload,
        )
    }
}

fn recorded(position: u64, event: &Event) -> Recorded {
    let learnt_at = moment(position);
    let mut body = Vec::new();
    event.encode(&mut body).unwrap();
    Recorded {
        position: Position::new(position),
        recorded_at: learnt_at,
        learnt_at,
        id: event.id,
        situation: event.situation.clone(),
        kind: event.payload.kind(),
        version: event.payload.version(),
        body: String::from_utf8(body).unwrap().into(),
    }
}

/// One report in a hundred is about a whole province.
fn report(random: &mut Random) -> (Service, PlaceId, Payload) {
    let service = SERVICES[usize::try_from(random.below(2)).unwrap()];
    let place = if random.below(100) == 0 {
        province(random.below(PROVINCES))
    } else {
        district(random.below(PROVINCES * DISTRICTS))
    };
    let scope = ServiceScope::of(Extent::Area {
        place: place.clone(),
    });
    let payload = match random.below(4) {
        0 => ServiceSuspended {
            service,
            scope,
            degree: Degree::None,
            causes: Causes::default(),
            ordered_by: None,
            ordinal: None,
            words: None,
        }
        .into(),
        1 => ServiceRestored {
            service,
            scope,
            degree: Degree::Normal,
            words: None,
        }
        .into(),
        _ => ServiceConfirmed {
            service,
            scope,
            degree: if random.below(2) == 0 {
                Degree::None
            } else {
                Degree::Normal
            },
            ordinal: None,
            words: None,
        }
        .into(),
    };
    (service, place, payload)
}

type Floor = BTreeMap<Service, BTreeMap<PlaceId, Vec<(Instant, Position, Instant)>>>;

/// CPU time of this process.
fn cpu(work: impl FnOnce()) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(
            time.tv_sec.unsigned_abs(),
            u32::try_from(time.tv_nsec).unwrap(),
        )
    };
    let start = now();
    work();
    now() - start
}

/// Looks at every column of every row.
fn scan(connection: &Connection) {
    let sql = "SELECT position, id, situation, kind, version, learnt_at, recorded_at, body FROM event ORDER BY position";
    let mut statement = connection.prepare_cached(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        for column in 0..8 {
            black_box(row.get_ref(column).unwrap());
        }
    }
}

fn print_replay(store: &SqliteStore, connection: &Connection) {
    let (mut scans, mut folds) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        scans.push(cpu(|| scan(connection)));
        folds.push(cpu(|| {
            let mut services = Services::default();
            let apply = |recorded: &Recorded| services.apply(recorded).map(drop);
            replay(store, Position::START, apply).unwrap();
            drop(services);
        }));
    }
    let (scan, fold) = (median(scans), median(folds));
    println!(
        "replayed from a file in {:.2} s of CPU time, {:.2} times the bare scan of its rows",
        fold.as_secs_f64(),
        fold.as_secs_f64() / scan.as_secs_f64()
    );
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let mut random = Random(1);
    let mut services = Services::default();
    let mut floor = Floor::new();
    let (mut position, mut fold, mut parse) = (0, Duration::ZERO, Duration::ZERO);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = SqliteStore::create(&path).unwrap();
    let mut batch = Vec::new();
    let mut apply = |services: &mut Services, position: u64, event: Event| {
        let recorded = &recorded(position, &event);
        batch.push(event);
        if batch.len() == 1_000 {
            store
                .append(&batch, &Condition::None, moment(position))
                .unwrap();
            batch.clear();
        }
        let clock = Clock::now();
        black_box(recorded.event().unwrap());
        parse += clock.elapsed();
        let clock = Clock::now();
        services.apply(recorded).unwrap();
        fold += clock.elapsed();
    };
    for number in 0..PROVINCES * DISTRICTS {
        position += 1;
        let described = PlaceDescribed {
            place: district(number),
            names: vec![situ_core::Name::new("District").unwrap()],
            codes: Vec::new(),
            within: vec![province(number / DISTRICTS)],
            point: None,
        };
        apply(&mut services, position, event(position, false, described));
    }
    for _ in 0..EVENTS {
        position += 1;
        let (service, place, payload) = report(&mut random);
        let lines = floor.entry(service).or_default();
        let at = moment(position);
        lines
            .entry(place)
            .or_default()
            .push((at, Position::new(position), at));
        apply(&mut services, position, event(position, true, payload));
    }
    let last = position;
    println!(
        "{EVENTS} reports folded in {:.2} s, {:.2} times the bare parsing of their lines",
        fold.as_secs_f64(),
        fold.as_secs_f64() / parse.as_secs_f64()
    );
    print_replay(&store, &Connection::open(&path).unwrap());

    let situation = SituationId::new("situation").unwrap();
    let (mut asked, mut floors, mut boards, mut seen) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for round in 0..50_000 {
        let number = random.below(PROVINCES * DISTRICTS);
        let service = SERVICES[usize::try_from(random.below(2)).unwrap()];
        let moment = moment(PROVINCES * DISTRICTS + random.below(EVENTS));
        let known = if round % 2 == 0 {
            Known::Position(Position::new(last))
        } else {
            Known::Learnt(moment)
        };
        let as_of = AsOf {
            valid: Valid(moment),
            known,
        };
        let scope = Extent::Area {
            place: district(number),
        };
        let clock = Clock::now();
        let status = services.status(&situation, service, &scope, as_of, &TimeToLive::default());
        asked.push(clock.elapsed());
        seen += status.map_or(0, |status: ServiceStatus| status.rests_on.len());
        let (inner, outer) = (district(number), province(number / DISTRICTS));
        let clock = Clock::now();
        let lines = &floor[&service];
        let bearing = [&outer, &inner]
            .into_iter()
            .filter_map(|place| lines.get(place))
            .flatten();
        let visible = bearing
            .filter(|(at, position, learnt)| *at <= moment && known.includes(*learnt, *position));
        black_box(visible.count());
        floors.push(clock.elapsed());
        if round < 20 {
            let clock = Clock::now();
            black_box(services.about(&situation, &outer, as_of, &TimeToLive::default()));
            boards.push(clock.elapsed());
        }
    }
    let (asked, floor) = (median(asked), median(floors));
    println!(
        "status of one district: median {:.1} µs ({:.0} times the floor of {:.2} µs), with {:.1} claims it rests on",
        asked.as_secs_f64() * 1e6,
        asked.as_secs_f64() / floor.as_secs_f64(),
        floor.as_secs_f64() * 1e6,
        f64::from(u32::try_from(seen).unwrap()) / 50_000.0,
    );
    println!(
        "all of a province and its {DISTRICTS} districts: median {:.1} ms",
        median(boards).as_secs_f64() * 1e3
    );
}
