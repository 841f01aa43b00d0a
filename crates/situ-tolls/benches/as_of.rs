//! What an answer costs beside a full replay: `cargo bench -p situ-tolls`.
//!
//! Prints the median time of one question at a random as-of, of a whole situation, and of the fold of everything, with their
//! ratios. Times are of this machine; the ratios are what counts.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that prints what it measured"
)]

use std::time::{Duration, Instant as Clock};

use situ_core::{
    AsOf, AttackMode, AttackOccurred, Basis, CasualtiesReported, Count, Event, EventId, Figure,
    Harm, Instant, Known, Outcome, Payload, Period, Position, Projection, Quantity, Recorded, Role,
    SituationId, Source, SourceId, Valid, When, WindowKind,
};
use situ_tolls::{Policy, Question, Reading, Tolls};

const DAY: i64 = 24 * 3600 * 1_000_000_000;
const FIRST: i64 = 1_700_000_000 * 1_000_000_000;

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

fn situation(index: u64) -> SituationId {
    SituationId::new(format!("situation-{index}")).unwrap()
}

fn day(day: u64) -> Instant {
    Instant::from_unix_nanos(FIRST + i64::try_from(day).unwrap() * DAY)
}

fn figure(who: Role, outcome: Outcome, number: u64, period: Period) -> Figure {
    Figure {
        outcome,
        who,
        sex: None,
        age: None,
        quantity: Quantity::exactly(Count::new(number).unwrap()),
        words: None,
        scope: Harm::All,
        places: Vec::new(),
        period,
        basis: Basis::Reported,
    }
}

fn recorded(
    position: u64,
    situation: SituationId,
    origin: &str,
    as_of: u64,
    figures: Vec<Figure>,
) -> Recorded {
    let reported = CasualtiesReported {
        figures,
        words: None,
        epoch: None,
    };
    told(position, situation, origin, day(as_of), reported.into())
}

fn told(
    position: u64,
    situation: SituationId,
    origin: &str,
    learnt_at: Instant,
    payload: Payload,
) -> Recorded {
    let mut digest = [0; 10];
    digest[2..].copy_from_slice(&position.to_be_bytes());
    let event = Event {
        occurred: Some(When::instant(learnt_at)),
        learnt_at: Some(learnt_at),
        source: Some(Source::new(SourceId::new(origin).unwrap())),
        ..Event::new(EventId::from_content(learnt_at, digest), situation, payload)
    };
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

/// `lines` lines in each of `situations` situations, each with `as_ofs` rising counts; one figure an event.
fn running_counts(situations: u64, lines: u64, as_ofs: u64) -> Vec<Recorded> {
    let roles = [
        Role::Civilian,
        Role::Military,
        Role::Police,
        Role::NonStateArmed,
        Role::Medical,
    ];
    let outcomes = [Outcome::Killed, Outcome::Injured];
    let mut log = Vec::new();
    for as_of in 0..as_ofs {
        for number in 0..situations {
            for line in 0..lines {
                let (role, outcome) = (
                    roles[(line % 5) as usize],
                    outcomes[(line / 5 % 2) as usize],
                );
                let since = Some(When::instant(day(0)));
                let figures = vec![figure(
                    role,
                    outcome,
                    100 + as_of * 3,
                    Period::Cumulative { since },
                )];
                let origin = format!("source-{}", line / 10);
                log.push(recorded(
                    log.len() as u64 + 1,
                    situation(number),
                    &origin,
                    as_of + 1,
                    figures,
                ));
            }
        }
    }
    log
}

/// One situation told day by day: running counts and a daily window for each of five groups.
fn daily_bulletins(days: u64) -> Vec<Recorded> {
    let roles = [
        Role::All,
        Role::Civilian,
        Role::SecurityForces,
        Role::NonStateArmed,
        Role::Medical,
    ];
    (1..=days)
        .map(|as_of| {
            let since = || Period::Cumulative {
                since: Some(When::instant(day(0))),
            };
            let window = || Period::Window {
                counts: WindowKind::Occurrence,
                from: When::instant(day(as_of - 1)),
            };
            let numbers = [30, 10, 10, 10, 2];
            let running = roles
                .iter()
                .zip(numbers)
                .map(|(role, n)| figure(*role, Outcome::Killed, n * as_of, since()));
            let windows = roles
                .iter()
                .zip(numbers)
                .map(|(role, n)| figure(*role, Outcome::Killed, n, window()));
            recorded(
                as_of,
                situation(0),
                "ministry",
                as_of,
                running.chain(windows).collect(),
            )
        })
        .collect()
}

/// One situation of many attacks, an hour apart, each with those killed and injured in it, as a table of attacks tells them.
fn attacks(number: u64) -> Vec<Recorded> {
    let mut log: Vec<Recorded> = Vec::new();
    for attack in 0..number {
        let at = Instant::from_unix_nanos(FIRST + i64::try_from(attack).unwrap() * DAY / 24);
        let mut tell = |payload| {
            let position = log.len() as u64 + 1;
            log.push(told(position, situation(0), "archive", at, payload));
            log[log.len() - 1].id
        };
        let attack_occurred = tell(
            AttackOccurred {
                mode: AttackMode::ArmedAssault,
                targets: Vec::new(),
                places: Vec::new(),
                unnamed_places_within: None,
                part_of: None,
                words: None,
            }
            .into(),
        );
        let of_attack = |outcome, number| Figure {
            scope: Harm::Event(attack_occurred),
            ..figure(Role::All, outcome, number, Period::Incident)
        };
        tell(
            CasualtiesReported {
                figures: vec![
                    of_attack(Outcome::Killed, attack % 5),
                    of_attack(Outcome::Injured, attack % 7),
                ],
                words: None,
                epoch: None,
            }
            .into(),
        );
    }
    log
}

fn fold(log: &[Recorded]) -> Tolls {
    let mut tolls = Tolls::default();
    for recorded in log {
        tolls.apply(recorded).unwrap();
    }
    tolls
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Clock::now();
    let result = work();
    (start.elapsed(), result)
}

fn measure(
    name: &str,
    log: &[Recorded],
    situations: u64,
    days: u64,
    question: &Question,
    rounds: u64,
) {
    let (replay, tolls) = timed(|| fold(log));
    let mut random = Random(7);
    let times = (0..rounds).map(|_| {
        let known = Known::Position(Position::new(1 + random.below(log.len() as u64)));
        let as_of = AsOf {
            valid: Valid(day(1 + random.below(days))),
            known,
        };
        let asked = situation(random.below(situations));
        timed(|| tolls.at(&asked, as_of, question)).0
    });
    print(name, replay, median(times.collect()));
}

fn print(name: &str, replay: Duration, answer: Duration) {
    let ratio = answer.as_secs_f64() / replay.as_secs_f64();
    println!("{name:<58} {replay:>12.2?} {answer:>12.2?} {ratio:>12.6}");
}

/// The whole situation after all of its attacks, beside the fold of them.
fn measure_attacks(number: u64) {
    let log = attacks(number);
    let replay = median((0..9).map(|_| timed(|| fold(&log)).0).collect());
    let tolls = fold(&log);
    let as_of = AsOf {
        valid: Valid(day(2000)),
        known: Known::Position(Position::new(log.len() as u64)),
    };
    let question = Question::default();
    let answer = || timed(|| tolls.at(&situation(0), as_of, &question)).0;
    let answer = median((0..9).map(|_| answer()).collect());
    print(&format!("an answer over {number} attacks"), replay, answer);
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let scale = if quick { 10 } else { 1 };
    println!(
        "{:<58} {:>12} {:>12} {:>12}",
        "", "fold of all", "one answer", "ratio"
    );
    let one = Question {
        figure: Some("killed/police".parse().unwrap()),
        ..Question::default()
    };
    let whole = Question::default();
    let log = running_counts(100, 100, 100 / scale);
    measure(
        "one figure, 100 situations of 100 lines",
        &log,
        100,
        100 / scale,
        &one,
        100,
    );
    measure(
        "a whole situation of them",
        &log,
        100,
        100 / scale,
        &whole,
        100,
    );
    let log = daily_bulletins(1000 / scale);
    let civilians = Question {
        figure: Some("killed/civilian".parse().unwrap()),
        ..Question::default()
    };
    measure(
        "one figure of daily bulletins, running and windows",
        &log,
        1,
        1000 / scale,
        &civilians,
        25,
    );
    measure(
        "all of the daily bulletins",
        &log,
        1,
        1000 / scale,
        &whole,
        25,
    );
    for number in [1000, 4000] {
        measure_attacks(number / scale);
    }
    let bulletins = daily_bulletins(60);
    let tolls = fold(&bulletins);
    let as_of = AsOf {
        valid: Valid(day(2000)),
        known: Known::Position(Position::new(bulletins.len() as u64)),
    };
    let figure = "killed/civilian".parse().unwrap();
    let (policy, reading) = (Policy::Latest, Reading::Floor);
    let (history, changes) = timed(|| {
        tolls
            .history(&situation(0), as_of, &figure, &policy, reading)
            .len()
    });
    println!(
        "history of one figure: {changes} changes in {history:.2?}, {:.2?} each",
        history / u32::try_from(changes.max(1)).unwrap()
    );
}
