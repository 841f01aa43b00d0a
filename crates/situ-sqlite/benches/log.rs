//! What the log costs over bare SQLite, as ratios in one run: `cargo bench -p situ-sqlite [-- --quick] [read …]`.
//!
//! The floor writes the same rows, encoded beforehand, into the same schema with the same pragmas; for reading it scans the
//! same rows. Rounds of both are interleaved and medians compared: CPU time of the process, unless "wall" is said.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark program prints, and ends at the first failure"
)]

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant as Moment};

use rusqlite::{Connection, params};
use rustix::time::{ClockId, clock_gettime};
use situ_core::{
    Act, Basis, CasualtiesReported, Causes, Condition, Count, Degree, Event, EventId, EventStore,
    Extent, Figure, Harm, Instant, Name, Outcome, Payload, Period, PlaceId, Position, Projection,
    Quantity, Recorded, Role, Service, ServiceScope, ServiceSuspended, SituationId, Source,
    SourceId, SpeechAct, StatementIssued, Text, When, replay,
};
use situ_sqlite::SqliteStore;
use situ_tolls::Tolls;
use tempfile::tempdir;

fn main() {
    let size = match std::env::args().any(|argument| argument == "--quick") {
        true => Size::QUICK,
        false => Size::FULL,
    };
    println!("| what | to reach | reached |");
    println!("|---|---|---|");
    let measures: [(&str, Measure); 5] = [
        ("append", append),
        ("onto", append_onto),
        ("durable", durable),
        ("callers", callers),
        ("read", read),
    ];
    let is_named = |name: &str| std::env::args().any(|argument| argument == name);
    let all = !measures.iter().any(|(name, _)| is_named(name));
    for (name, measure) in measures {
        if all || is_named(name) {
            measure(&size);
        }
    }
}

type Measure = fn(&Size);

/// How much is measured.
struct Size {
    rounds: usize,
    batches: u64,
    large: u64,
    durable: usize,
}

impl Size {
    const FULL: Self = Self {
        rounds: 9,
        batches: 20,
        large: 1_000_000,
        durable: 300,
    };
    const QUICK: Self = Self {
        rounds: 3,
        batches: 10,
        large: 100_000,
        durable: 100,
    };
}

fn line(what: &str, to_reach: &str, reached: f64) {
    println!("| {what} | {to_reach} | {reached:.2} |");
}

fn append(size: &Size) {
    let batches = batches(0..size.batches, 50);
    let rows: Vec<_> = batches.iter().map(|batch| rows(batch)).collect();
    let (mut own, mut floor) = (vec![], vec![]);
    for _ in 0..size.rounds {
        in_new_file(|path, store| {
            drop(store);
            floor.push(cpu(|| {
                let mut raw = Raw::open(path);
                for rows in &rows {
                    raw.insert(rows);
                }
            }));
        });
        in_new_file(|_, store| {
            own.push(cpu(|| {
                append_all(&store, &batches);
                drop(store);
            }));
        });
    }
    line(
        "append, batches of 1,000, over the floor's throughput",
        "≥ 0.70",
        median(floor) / median(own),
    );
}

fn append_onto(size: &Size) {
    for situations in [1, 50, 5000] {
        let first = size.large / 1000;
        let (mut onto_empty, mut onto_large) = (vec![], vec![]);
        in_new_file(|_, large| {
            for number in 0..first {
                append_all(&large, &batches(number..number + 1, situations));
            }
            for round in 0..size.rounds as u64 {
                let start = first + round * size.batches;
                let batches = batches(start..start + size.batches, situations);
                onto_large.push(cpu(|| append_all(&large, &batches)));
                in_new_file(|_, empty| {
                    onto_empty.push(cpu(|| append_all(&empty, &batches)));
                });
            }
        });
        line(
            &format!(
                "append onto {} rows over onto none, {situations} situations",
                size.large
            ),
            "≥ 0.8",
            median(onto_empty) / median(onto_large),
        );
    }
}

fn durable(size: &Size) {
    let (mut own, mut floor) = (vec![], vec![]);
    let events = batches(0..1, 1).remove(0);
    let rows = rows(&events);
    in_new_file(|raw_path, _| {
        let mut raw = Raw::open(raw_path);
        in_new_file(|_, store| {
            for (event, row) in events.iter().zip(&rows).take(size.durable) {
                floor.push(wall(|| raw.insert(std::slice::from_ref(row))));
                own.push(wall(|| append_one(&store, event)));
            }
        });
    });
    line(
        "one durable append over raw insert and commit (wall)",
        "≥ 0.8",
        median(floor) / median(own),
    );
}

fn callers(size: &Size) {
    const CALLERS: usize = 32;
    let events = batches(0..10, 50).concat();
    let mut ratios = vec![];
    for _ in 0..size.rounds {
        let mut one = 0.0;
        in_new_file(|_, store| {
            let events = &events[..size.durable];
            let time = wall(|| events.iter().for_each(|event| append_one(&store, event)));
            one = events.len() as f64 / time;
        });
        in_new_file(|_, store| {
            let time = wall(|| {
                thread::scope(|scope| {
                    for events in events.chunks(size.durable).take(CALLERS) {
                        let store = &store;
                        scope.spawn(move || {
                            events.iter().for_each(|event| append_one(store, event));
                        });
                    }
                });
            });
            let appended = events.len().min(CALLERS * size.durable);
            ratios.push(appended as f64 / time / one);
        });
    }
    line("32 durable callers over one (wall)", "≥ 8", median(ratios));
}

fn read(size: &Size) {
    in_new_file(|path, store| {
        let count = size.large / 5;
        let batches = batches(0..count / 1000, 50);
        append_all(&store, &batches);
        let payload: usize = batches
            .iter()
            .flat_map(|batch| rows(batch))
            .map(|row| row.body.len())
            .sum();
        drop(batches);
        let raw = Raw::open(path);
        let (mut scan, mut only_read, mut decoded, mut folded) = (vec![], vec![], vec![], vec![]);
        for _ in 0..size.rounds {
            scan.push(cpu(|| raw.scan()));
            only_read.push(cpu(|| {
                replay(&store, Position::START, |_| Ok(())).unwrap();
            }));
            decoded.push(cpu(|| decode(&store)));
            folded.push(cpu(|| drop(fold(&store))));
        }
        line(
            "reading every event over the bare scan (no decoding)",
            "-",
            median(only_read) / median(scan.clone()),
        );
        line(
            "decoding every event, whatever its kind, over the bare scan",
            "-",
            median(decoded) / median(scan.clone()),
        );
        line(
            "replay into tolls, decode and fold, over the bare scan",
            "≤ 4.5",
            median(folded) / median(scan.clone()),
        );
        println!(
            "| bare scan, events a second | - | {:.0} |",
            count as f64 / median(scan)
        );
        drop(raw);
        drop(store);
        let file = std::fs::metadata(path).unwrap().len();
        line(
            "bytes in the file over payload bytes",
            "≤ 1.5",
            file as f64 / payload as f64,
        );
    });
}

/// Decodes every event, whatever its kind.
fn decode(store: &SqliteStore) {
    let decode = |recorded: &Recorded| {
        std::hint::black_box(recorded.event()?);
        Ok(())
    };
    replay(store, Position::START, decode).unwrap();
}

/// Fills the view of tolls, which decodes only what it needs.
fn fold(store: &SqliteStore) -> Tolls {
    let mut tolls = Tolls::default();
    replay(store, Position::START, |recorded| {
        tolls.apply(recorded).map(drop)
    })
    .unwrap();
    tolls
}

/// Bare SQLite on the schema of a log.
struct Raw {
    connection: Connection,
    checkpointer: Connection,
    position: i64,
    heads: HashMap<i64, i64>,
    numbers: HashMap<Arc<str>, i64>,
    written: usize,
}

/// A row, encoded beforehand.
struct Row {
    id: [u8; 16],
    situation: Arc<str>,
    kind: Arc<str>,
    learnt_at: i64,
    body: String,
}

impl Raw {
    fn open(path: &Path) -> Self {
        let connect = || {
            let connection = Connection::open(path).unwrap();
            connection
                .execute_batch("PRAGMA synchronous = FULL; PRAGMA recursive_triggers = ON; PRAGMA wal_autocheckpoint = 0;")
                .unwrap();
            connection
        };
        Self {
            connection: connect(),
            checkpointer: connect(),
            position: 0,
            heads: HashMap::new(),
            numbers: HashMap::new(),
            written: 0,
        }
    }

    fn number(&mut self, table: &str, column: &str, name: &Arc<str>) -> i64 {
        *self.numbers.entry(Arc::clone(name)).or_insert_with(|| {
            let rest = if table == "situation" {
                ", count, last"
            } else {
                ""
            };
            let zeros = if table == "situation" { ", 0, 0" } else { "" };
            let sql = format!("INSERT INTO {table} ({column}{rest}) VALUES (?1{zeros})");
            self.connection.execute(&sql, [name.as_ref()]).unwrap();
            self.connection.last_insert_rowid()
        })
    }

    fn insert(&mut self, rows: &[Row]) {
        self.connection
            .prepare_cached("BEGIN IMMEDIATE")
            .unwrap()
            .execute([])
            .unwrap();
        let numbered: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row,
                    self.number("situation", "id", &row.situation),
                    self.number("kind", "name", &row.kind),
                )
            })
            .collect();
        let mut statement = self
            .connection
            .prepare_cached("INSERT INTO event (position, id, situation, kind, version, learnt_at, recorded_at, prev, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")
            .unwrap();
        for (row, situation, kind) in numbered {
            self.position += 1;
            let prev = self.heads.insert(situation, self.position).unwrap_or(0);
            let values = params![
                self.position,
                row.id,
                situation,
                kind,
                1,
                row.learnt_at,
                NOW.unix_nanos(),
                prev,
                row.body
            ];
            statement.execute(values).unwrap();
            self.written += row.body.len() + 100;
        }
        drop(statement);
        self.connection
            .prepare_cached("COMMIT")
            .unwrap()
            .execute([])
            .unwrap();
        if self.written > 4 << 20 {
            self.written = 0;
            self.checkpointer
                .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
                .unwrap();
        }
    }

    fn scan(&self) {
        let mut statement = self
            .connection
            .prepare_cached("SELECT position, id, situation, kind, version, learnt_at, recorded_at, body FROM event ORDER BY position")
            .unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut sum = 0;
        while let Some(row) = rows.next().unwrap() {
            for column in [0, 2, 3, 4, 5, 6] {
                sum ^= row.get_ref(column).unwrap().as_i64().unwrap();
            }
            sum ^= row.get_ref(1).unwrap().as_blob().unwrap().len() as i64;
            sum ^= row.get_ref(7).unwrap().as_bytes().unwrap().len() as i64;
        }
        std::hint::black_box(sum);
    }
}

fn rows(batch: &[Event]) -> Vec<Row> {
    let row = |event: &Event| {
        let mut body = Vec::new();
        event.encode(&mut body).unwrap();
        Row {
            id: *event.id.as_uuid().as_bytes(),
            situation: event.situation.as_str().into(),
            kind: event.payload.kind().as_str().into(),
            learnt_at: event.learnt_at.unwrap().unix_nanos(),
            body: String::from_utf8(body).unwrap(),
        }
    };
    batch.iter().map(row).collect()
}

fn in_new_file(run: impl FnOnce(&Path, SqliteStore)) {
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    let store = SqliteStore::create(&path).unwrap();
    run(&path, store);
}

fn append_all(store: &SqliteStore, batches: &[Vec<Event>]) {
    for batch in batches {
        store.append(batch, &Condition::None, NOW).unwrap();
    }
}

fn append_one(store: &SqliteStore, event: &Event) {
    store
        .append(std::slice::from_ref(event), &Condition::None, NOW)
        .unwrap();
}

fn cpu(run: impl FnOnce()) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let start = now();
    run();
    (now() - start).as_secs_f64()
}

fn wall(run: impl FnOnce()) -> f64 {
    let start = Moment::now();
    run();
    start.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

const NOW: Instant = Instant::from_unix_nanos(1_770_181_200_000_000_000);

/// Batches of 1,000 events as a busy desk would record them: mostly figures, some services, some statements.
fn batches(numbers: std::ops::Range<u64>, situations: u64) -> Vec<Vec<Event>> {
    numbers
        .map(|batch| {
            let event = |index| event(batch * 1000 + index, situations);
            (0..1000).map(event).collect()
        })
        .collect()
}

fn event(number: u64, situations: u64) -> Event {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let learnt_at =
        Instant::from_unix_nanos(1_600_000_000_000_000_000 + number as i64 * 60_000_000_000);
    let mut digest = [0; 10];
    digest[..8].copy_from_slice(&scattered.to_be_bytes());
    let day = format!(
        "2026-{:02}-{:02}[Asia/Karachi]",
        1 + scattered % 12,
        1 + scattered % 28
    );
    let mut source = Source::new(SourceId::new(format!("source-{}", scattered % 40)).unwrap());
    if number.is_multiple_of(3) {
        source.via.push(SourceId::new("an-agency").unwrap());
        source.url =
            Some(Text::new(format!("https://example.org/2026/02/report-{number}")).unwrap());
    }
    if number.is_multiple_of(5) {
        source.quote =
            Some(Text::new("at least 197 of them were killed over the past four days").unwrap());
    }
    let situation = SituationId::new(format!("situation-{}", scattered % situations)).unwrap();
    Event {
        occurred: Some(day.parse().unwrap()),
        learnt_at: Some(learnt_at),
        source: Some(source),
        ..Event::new(
            EventId::from_content(learnt_at, digest),
            situation,
            payload(number),
        )
    }
}

fn payload(number: u64) -> Payload {
    match number % 10 {
        0 | 1 => suspended(number).into(),
        2 => statement().into(),
        _ => casualties(number).into(),
    }
}

fn casualties(number: u64) -> CasualtiesReported {
    let roles = [
        Role::All,
        Role::Civilian,
        Role::SecurityForces,
        Role::NonStateArmed,
    ];
    let figure = |index: u64| {
        let count = Count::new(number * 31 % 400 + index).unwrap();
        Figure {
            outcome: if index == 2 {
                Outcome::Injured
            } else {
                Outcome::Killed
            },
            who: roles[index as usize],
            sex: None,
            age: None,
            quantity: if index == 1 {
                Quantity::at_least(count)
            } else {
                Quantity::exactly(count)
            },
            words: None,
            scope: Harm::All,
            places: vec![PlaceId::new("PK-BA").unwrap()],
            period: Period::Cumulative {
                since: (index == 0).then(|| "2026-01-01[Asia/Karachi]".parse::<When>().unwrap()),
            },
            basis: Basis::Reported,
        }
    };
    CasualtiesReported {
        figures: (0..1 + number % 4).map(figure).collect(),
        words: None,
        epoch: None,
    }
}

fn suspended(number: u64) -> ServiceSuspended {
    let place = PlaceId::new(format!("PK-BA-{}", number % 36)).unwrap();
    ServiceSuspended {
        service: Service::MobileData,
        scope: ServiceScope::of(Extent::Area { place }),
        degree: Degree::None,
        causes: Causes::default(),
        ordered_by: None,
        ordinal: None,
        words: Some(Text::new("remain suspended in several districts").unwrap()),
    }
}

fn statement() -> StatementIssued {
    let act = |act| SpeechAct {
        act,
        addressed_to: vec![Name::new("all states").unwrap()],
        words: Some(Text::new("in the strongest terms").unwrap()),
    };
    StatementIssued {
        speaker: Name::new("the president of the council").unwrap(),
        on_behalf_of: None,
        acts: vec![act(Act::Condemns), act(Act::Urges)],
        about: vec![],
        words: None,
    }
}
