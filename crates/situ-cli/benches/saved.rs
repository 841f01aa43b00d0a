//! What a question costs with saved views beside one that reads the whole log: `cargo bench -p situ-cli [-- --quick] [--once]`.
//!
//! Logs of a million events, as a busy desk would record them, of one situation and of a hundred. Each command is run from its
//! arguments to its answer; medians of CPU time. Times are of this machine; the ratios are what counts.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark program prints, and ends at the first failure"
)]

use std::path::Path;
use std::time::Duration;

use clap::Parser as _;
use rustix::time::{ClockId, clock_gettime};
use situ_cli::{Args, Exit, Now, run};
use situ_core::{
    Basis, CasualtiesReported, Causes, Condition, Count, Degree, Event, EventId, EventStore,
    Extent, Figure, Harm, Instant, Outcome, Payload, Period, PlaceId, Quantity, Role, Service,
    ServiceScope, ServiceSuspended, SituationId, SituationOpened, Source, SourceId, Text, When,
};
use situ_sqlite::SqliteStore;

fn main() {
    let is_said = |word: &str| std::env::args().any(|argument| argument == word);
    let events = if is_said("--quick") {
        100_000
    } else {
        1_000_000
    };
    let rounds = if is_said("--once") { 1 } else { 5 };
    println!("| {events} events, situations | command | whole log | saved | ratio |");
    println!("|---|---|---|---|---|");
    for situations in [1, 100] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        fill(&path, events, situations);
        measure(&path, situations, rounds);
    }
}

const QUESTIONS: [&[&str]; 5] = [
    &["toll", "killed/civilian@PK-BA-0"],
    &["toll", "--place", "PK-BA-0"],
    &["services"],
    &["services", "--at", "2025-01-05"],
    &["show", "@7"],
];

fn measure(path: &Path, situations: u64, rounds: usize) {
    let log = size(path);
    let whole = QUESTIONS.map(|question| asked(path, question, rounds));
    let rebuild = timed(|| command(path, &["rebuild"])).0;
    let with_saved = size(path);
    let saved = QUESTIONS.map(|question| asked(path, question, rounds));
    for ((question, whole), saved) in QUESTIONS.iter().zip(whole).zip(saved) {
        assert_eq!(whole.1, saved.1, "the answers are the same");
        let ratio = saved.0.as_secs_f64() / whole.0.as_secs_f64();
        let (question, whole, saved) = (question.join(" "), whole.0, saved.0);
        println!("| {situations} | {question} | {whole:.2?} | {saved:.2?} | {ratio:.3} |");
    }
    println!("| {situations} | rebuild | {rebuild:.2?} | | |");
    let share = (with_saved - log) as f64 / log as f64;
    println!(
        "| {situations} | saved, of {} MB of log | | {} MB | {share:.2} |",
        log >> 20,
        (with_saved - log) >> 20
    );
}

fn asked(path: &Path, question: &[&str], rounds: usize) -> (Duration, String) {
    let mut answers: Vec<_> = (0..rounds)
        .map(|_| timed(|| command(path, question)))
        .collect();
    answers.sort();
    answers.swap_remove(rounds / 2)
}

fn command(path: &Path, command: &[&str]) -> String {
    let store = path.to_str().unwrap();
    let words = [
        "situ",
        "--store",
        store,
        "--situation",
        "situation-0",
        "--json",
    ];
    let args = Args::try_parse_from(words.iter().chain(command)).unwrap();
    let now = Now::standing_still("2026-12-31T00:00:00Z", [0; 16]).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(&args, &now, &mut &b""[..], &mut out, &mut err);
    assert_eq!(exit, Exit::Answered, "{}", String::from_utf8_lossy(&err));
    String::from_utf8(out).unwrap()
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
    };
    let start = now();
    let done = work();
    (now() - start, done)
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

fn fill(path: &Path, events: u64, situations: u64) {
    let store = SqliteStore::create(path).unwrap();
    let now = Instant::from_unix_nanos(1_770_181_200_000_000_000);
    for first in (0..events).step_by(1000) {
        let batch: Vec<Event> = (first..first + 1000)
            .map(|n| event(n, situations))
            .collect();
        store.append(&batch, &Condition::None, now).unwrap();
    }
}

fn event(number: u64, situations: u64) -> Event {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7;
    let learnt_at =
        Instant::from_unix_nanos(1_700_000_000_000_000_000 + number as i64 * 60_000_000_000);
    let mut digest = [0; 10];
    digest[2..].copy_from_slice(&number.to_be_bytes());
    let (month, day) = (1 + scattered % 12, 1 + scattered / 12 % 28);
    let day = format!("2025-{month:02}-{day:02}[Asia/Karachi]");
    let mut source = Source::new(SourceId::new(format!("source-{}", scattered % 40)).unwrap());
    if number.is_multiple_of(3) {
        source.via.push(SourceId::new("an-agency").unwrap());
        let url = format!("https://example.org/2025/02/report-{number}");
        source.url = Some(Text::new(url).unwrap());
    }
    if number.is_multiple_of(5) {
        let quote = "at least 197 of them were killed over the past four days";
        source.quote = Some(Text::new(quote).unwrap());
    }
    let situation = if number < situations {
        number
    } else {
        scattered % situations
    };
    Event {
        occurred: Some(day.parse().unwrap()),
        learnt_at: Some(learnt_at),
        source: Some(source),
        ..Event::new(
            EventId::from_content(learnt_at, digest),
            SituationId::new(format!("situation-{situation}")).unwrap(),
            payload(number, scattered, situations),
        )
    }
}

/// Mostly figures, some services; each situation begins with its opening.
fn payload(number: u64, scattered: u64, situations: u64) -> Payload {
    let place = PlaceId::new(format!("PK-BA-{}", scattered % 36)).unwrap();
    if number < situations {
        return SituationOpened {
            title: "Balochistan".parse().unwrap(),
            zone: "Asia/Karachi".parse().unwrap(),
            places: vec![place],
        }
        .into();
    }
    if number.is_multiple_of(5) {
        return ServiceSuspended {
            service: Service::MobileData,
            scope: ServiceScope::of(Extent::Area { place }),
            degree: Degree::None,
            causes: Causes::default(),
            ordered_by: None,
            ordinal: None,
            words: Some(Text::new("remain suspended in several districts").unwrap()),
        }
        .into();
    }
    let roles = [
        Role::Civilian,
        Role::SecurityForces,
        Role::NonStateArmed,
        Role::All,
    ];
    let figure = |index: u64| Figure {
        outcome: [Outcome::Killed, Outcome::Injured][usize::from(index == 2)],
        who: roles[index as usize],
        sex: None,
        age: None,
        quantity: Quantity::at_least(Count::new(number / 1000 + index).unwrap()),
        words: None,
        scope: Harm::All,
        places: vec![place.clone()],
        period: Period::Cumulative {
            since: Some("2025-01-01[Asia/Karachi]".parse::<When>().unwrap()),
        },
        basis: Basis::Reported,
    };
    CasualtiesReported {
        figures: (0..1 + number % 4).map(figure).collect(),
        words: None,
        epoch: None,
    }
    .into()
}
