//! How soon another process is woken, and what waiting and waking cost: `cargo bench -p situ-sqlite --bench wake [-- --quick]`.
//!
//! Another process waits, reads what is new, and says when it had it, on the clock both share. Each round begins when it sleeps
//! again. All times are wall times but for the cost of waiting, which is CPU time of the process that waits.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark program prints, and ends at the first failure"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use situ_core::{
    Condition, Event, EventId, EventStore, Instant, Name, SituationId, SituationOpened, Zone,
};
use situ_sqlite::SqliteStore;
use tempfile::tempdir;

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    match &arguments[..] {
        [_, what, path] if what == "--wait" => wait(Path::new(path)),
        [_, what, path] if what == "--idle" => idle(Path::new(path)),
        _ => measure(arguments.iter().any(|argument| argument == "--quick")),
    }
}

const IDLE: Duration = Duration::from_secs(10);

/// Says when each new event was there.
fn wait(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    let mut reached = store.head().unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready").unwrap();
    loop {
        out.flush().unwrap();
        store.wait_after(reached, Duration::MAX).unwrap();
        let page = store.read_after(reached, 1000).unwrap();
        let had = now(ClockId::Monotonic);
        reached = page.last().unwrap().position;
        writeln!(out, "{}", had.as_nanos()).unwrap();
    }
}

/// Says how much of a core it takes to wait in vain.
fn idle(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    let head = store.head().unwrap();
    store.wait_after(head, Duration::from_millis(200)).unwrap();
    let start = now(ClockId::ProcessCPUTime);
    store.wait_after(head, IDLE).unwrap();
    let used = now(ClockId::ProcessCPUTime) - start;
    println!("{:.3}", used.as_secs_f64() / IDLE.as_secs_f64() * 100.0);
}

fn measure(is_quick: bool) {
    let rounds = if is_quick { 200 } else { 2000 };
    println!("| what | to reach | reached |");
    println!("|---|---|---|");
    let folder = tempdir().unwrap();
    let path = folder.path().join("log.db");
    let lonely = SqliteStore::create(folder.path().join("lonely.db")).unwrap();
    let store = SqliteStore::create(&path).unwrap();
    let mut waiter = Waiter::start(&path);
    let (mut after, mut with_commit, mut heard, mut unheard) = (vec![], vec![], vec![], vec![]);
    for round in 0..rounds {
        let [called, returned] = append(&store, round);
        let woken = waiter.woken();
        after.push(micros(woken) - micros(returned));
        with_commit.push(micros(woken) - micros(called));
        heard.push(micros(returned) - micros(called));
        let [called, returned] = append(&lonely, round);
        unheard.push(micros(returned) - micros(called));
    }
    drop(waiter);
    line(
        "woken after append returned, median",
        "≤ 0.3 ms",
        &quantile(&mut after, 0.5),
    );
    line(
        "woken after append returned, 99th percentile",
        "-",
        &quantile(&mut after, 0.99),
    );
    line(
        "woken after append was called, commit included, median",
        "-",
        &quantile(&mut with_commit, 0.5),
    );
    line(
        "append alone, somebody listening, median",
        "-",
        &quantile(&mut heard, 0.5),
    );
    line(
        "append alone, nobody listening, median",
        "-",
        &quantile(&mut unheard, 0.5),
    );

    let path = folder.path().join("without.db");
    let store = SqliteStore::create(&path).unwrap();
    fs::write(folder.path().join("without.db-bells"), "in the way").unwrap();
    let mut waiter = Waiter::start(&path);
    let mut after: Vec<_> = (0..rounds / 20)
        .map(|round| {
            let [_, returned] = append(&store, round);
            micros(waiter.woken()) - micros(returned)
        })
        .collect();
    drop(waiter);
    line(
        "the same without a doorbell, median",
        "-",
        &quantile(&mut after, 0.5),
    );
    line(
        "the same without a doorbell, 99th percentile",
        "-",
        &quantile(&mut after, 0.99),
    );

    let mut idler = spawn("--idle", &path);
    let mut percent = String::new();
    BufReader::new(idler.stdout.take().unwrap())
        .read_line(&mut percent)
        .unwrap();
    idler.wait().unwrap();
    line(
        "of a core, while nothing comes",
        "≤ 1 %",
        &format!("{} %", percent.trim()),
    );
}

fn line(what: &str, to_reach: &str, reached: &str) {
    println!("| {what} | {to_reach} | {reached} |");
}

/// When append was called, and when it returned.
fn append(store: &SqliteStore, number: u64) -> [Duration; 2] {
    // The other process needs some time to go to sleep.
    thread::park_timeout(Duration::from_millis(2));
    let mut digest = [0; 10];
    digest[2..].copy_from_slice(&number.to_be_bytes());
    let opened = SituationOpened {
        title: Name::new("a situation").unwrap(),
        zone: Zone::UTC,
        places: vec![],
    };
    let at = Instant::from_unix_nanos(0);
    let event = Event::new(
        EventId::from_content(at, digest),
        SituationId::new("s").unwrap(),
        opened,
    );
    let called = now(ClockId::Monotonic);
    store.append(&[event], &Condition::None, at).unwrap();
    [called, now(ClockId::Monotonic)]
}

/// Another process that waits.
struct Waiter {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Waiter {
    fn start(path: &Path) -> Self {
        let mut child = spawn("--wait", path);
        let out = BufReader::new(child.stdout.take().unwrap());
        let mut waiter = Self { child, out };
        assert_eq!(waiter.line(), "ready");
        thread::park_timeout(Duration::from_millis(200));
        waiter
    }

    fn woken(&mut self) -> Duration {
        Duration::from_nanos(self.line().parse().unwrap())
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn spawn(what: &str, path: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .arg(what)
        .arg(path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn now(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn micros(moment: Duration) -> f64 {
    moment.as_secs_f64() * 1e6
}

/// The times are sorted on the way; one is written in milliseconds.
fn quantile(micros: &mut [f64], share: f64) -> String {
    micros.sort_by(f64::total_cmp);
    let index = (micros.len() as f64 * share) as usize;
    format!("{:.3} ms", micros[index.min(micros.len() - 1)] / 1e3)
}
